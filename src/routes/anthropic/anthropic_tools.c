/* Tools of Anthropic's API, and which of them the model may or must call. */
#include "routes/anthropic/anthropic_read.h"

#include "base/error.h"
#include "task/conversation.h"

#include <string.h>

/* Anthropic runs some tools itself (web_search_20250305 …); a client that offers one waits for
 * results which nobody here would make. */
static int check_tool(const json_t *tool, size_t place, const json_t *names,
                      struct hearth_error *error)
{
    const char *type = hearth_json_text(tool, "type", "custom");
    const char *name = hearth_json_text(tool, "name", "");
    if (strcmp(type, "custom") != 0)
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "tools[%zu].type: this server has no tools of its own, %.64s is one; "
            "only tools of the type custom are taken",
            place, type);
    if (!json_is_object(json_object_get(tool, "input_schema")))
        return hearth_error_set(error, HEARTH_EINVAL, "tools[%zu].input_schema: expected an object",
                                place);
    if (json_object_get(names, name))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "tools[%zu].name: another tool is named %.64s too", place, name);
    return 0;
}

static int read_tools(const json_t *body, json_t *tools, json_t *names, struct hearth_error *error)
{
    size_t i;
    json_t *tool;
    json_array_foreach(json_object_get(body, "tools"), i, tool)
    {
        int rc = check_tool(tool, i, names, error);
        if (rc)
            return rc;
        const char *name = hearth_json_text(tool, "name", "");
        json_object_set_new(names, name, json_true());
        hearth_conversation_add_tool(tools, name, json_object_get(tool, "description"),
                                     json_object_get(tool, "input_schema"),
                                     json_object_get(tool, "strict"));
    }
    return 0;
}

/* `ret_choice` is a new reference. */
static int read_choice(const json_t *body, const json_t *names, json_t **ret_choice,
                       struct hearth_error *error)
{
    const json_t *choice = json_object_get(body, "tool_choice");
    const char *type = hearth_json_text(choice, "type", "auto");
    const char *name = hearth_json_text(choice, "name", "");
    if (strcmp(type, "tool") == 0) {
        if (!json_object_get(names, name))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "tool_choice.name: there is no tool %.64s among the tools",
                                    name);
        *ret_choice = json_pack("{s:s, s:{s:s}}", "type", "function", "function", "name", name);
        return 0;
    }
    if (strcmp(type, "any") == 0 && json_object_size(names) == 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "tool_choice: any needs tools to choose from");
    *ret_choice = json_string(strcmp(type, "any") == 0 ? "required" : type);
    return 0;
}

static int read_all(const json_t *body, json_t *conversation, json_t *names,
                    struct hearth_error *error)
{
    json_t *tools = json_array(), *choice = NULL;
    int rc = read_tools(body, tools, names, error);
    if (!rc)
        rc = read_choice(body, names, &choice, error);
    if (!rc && json_array_size(tools)) {
        bool one = hearth_json_truth(json_object_get(body, "tool_choice"),
                                     "disable_parallel_tool_use", false);
        json_object_set(conversation, "tools", tools);
        json_object_set(conversation, "tool_choice", choice);
        if (one) /* else the model's template decides whether it can make several */
            json_object_set_new(conversation, "parallel_tool_calls", json_false());
    }
    json_decref(tools);
    json_decref(choice);
    return rc;
}

int hearth_anthropic_read_tools(const json_t *body, json_t *conversation,
                                struct hearth_error *error)
{
    if (json_array_size(json_object_get(body, "mcp_servers")))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "mcp_servers: this server calls no other servers");
    json_t *names = json_object();
    int rc = read_all(body, conversation, names, error);
    json_decref(names);
    return rc;
}
