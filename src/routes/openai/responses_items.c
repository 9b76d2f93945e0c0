/* Items of the Responses API, which are messages, calls, their results and thoughts, into the
 * messages that chat templates know. */
#include "routes/openai/responses_read.h"

#include "base/error.h"
#include "task/conversation.h"

#include <string.h>

struct reading {
    json_t *messages;
    json_t *calls; /* id of each call so far: its function's name */
    size_t item;
    struct hearth_error *error;
};

static int fault(const struct reading *reading, const char *member, const char *what)
{
    return hearth_error_set(reading->error, HEARTH_EINVAL, "input[%zu]%s%s: %s", reading->item,
                            *member ? "." : "", member, what);
}

/* The text of a part, or NULL with the fault told. */
static json_t *part_text(const struct reading *reading, const char *member, const json_t *part)
{
    static const char *const types[] = {"input_text", "output_text", "text", "refusal"};
    const char *type = hearth_json_text(part, "type", "");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i]) != 0)
            continue;
        json_t *text = json_object_get(part, strcmp(type, "refusal") == 0 ? "refusal" : "text");
        if (!json_is_string(text))
            fault(reading, member, "a part has no text");
        return json_is_string(text) ? text : NULL;
    }
    fault(reading, member,
          "models here read text only: parts are input_text, output_text or refusal");
    return NULL;
}

/* Templates know "system"; OpenAI's newer name for it is "developer". */
static const char *known_role(const char *role)
{
    static const char *const roles[] = {"system", "user", "assistant"};
    if (strcmp(role, "developer") == 0)
        return "system";
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(role, roles[i]) == 0)
            return roles[i];
    return NULL;
}

static int read_message(struct reading *reading, const json_t *item)
{
    const char *role = known_role(hearth_json_text(item, "role", ""));
    json_t *content = json_object_get(item, "content");
    size_t i;
    json_t *part;
    if (!role)
        return fault(reading, "role", "expected system, developer, user or assistant");
    if (json_is_string(content)) {
        hearth_conversation_add_text(reading->messages, role, content);
        return 0;
    }
    if (!json_is_array(content))
        return fault(reading, "content", "expected a text or a list of parts");
    json_array_foreach(content, i, part)
    {
        json_t *text = part_text(reading, "content", part);
        if (!text)
            return HEARTH_EINVAL;
        hearth_conversation_add_text(reading->messages, role, text);
    }
    return 0;
}

static int read_call(struct reading *reading, const json_t *item)
{
    const char *id = hearth_json_text(item, "call_id", "");
    const char *name = hearth_json_text(item, "name", "");
    const char *arguments = hearth_json_text(item, "arguments", NULL);
    if (!*id || !*name)
        return fault(reading, *id ? "name" : "call_id", "expected a text that is not empty");
    if (!arguments)
        return fault(reading, "arguments", "expected the text of a JSON object");
    hearth_conversation_add_call(reading->messages, id, name, arguments);
    json_object_set_new(reading->calls, id, json_string(name));
    return 0;
}

static int read_output(struct reading *reading, const json_t *item)
{
    const char *id = hearth_json_text(item, "call_id", "");
    const char *name = hearth_json_text(reading->calls, id, NULL);
    json_t *output = json_object_get(item, "output");
    size_t i;
    json_t *part;
    if (!name)
        return fault(reading, "call_id", "no function_call before it has this id");
    if (json_is_string(output)) {
        hearth_conversation_add_result(reading->messages, id, name, output);
        return 0;
    }
    if (!json_is_array(output))
        return fault(reading, "output", "expected a text or a list of parts");
    json_t *parts = json_array();
    json_array_foreach(output, i, part)
    {
        json_t *text = part_text(reading, "output", part);
        if (!text)
            break;
        json_array_append_new(parts, json_pack("{s:s, s:O}", "type", "text", "text", text));
    }
    bool whole = json_array_size(parts) == json_array_size(output);
    if (whole)
        hearth_conversation_add_result(reading->messages, id, name, parts);
    json_decref(parts);
    return whole ? 0 : HEARTH_EINVAL;
}

/* The thoughts themselves where a client has them, else their summary; what another server has
 * encrypted means nothing to a model here. */
static int read_reasoning(struct reading *reading, const json_t *item)
{
    const json_t *content = json_object_get(item, "content");
    size_t i;
    json_t *part;
    if (json_array_size(content) == 0)
        content = json_object_get(item, "summary");
    json_array_foreach(content, i, part)
    {
        const char *text = hearth_json_text(part, "text", NULL);
        if (!text)
            return fault(reading, "content", "a part has no text");
        hearth_conversation_add_reasoning(reading->messages, text);
    }
    return 0;
}

static const struct {
    const char *type;
    int (*read)(struct reading *reading, const json_t *item);
} kinds[] = {
    {"message", read_message},
    {"function_call", read_call},
    {"function_call_output", read_output},
    {"reasoning", read_reasoning},
};

static int read_item(struct reading *reading, const json_t *item)
{
    const char *type = hearth_json_text(item, "type", "message");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(type, kinds[i].type) == 0)
            return kinds[i].read(reading, item);
    return fault(reading, "type",
                 "this server takes message, function_call, function_call_output, reasoning and "
                 "item_reference");
}

int hearth_responses_messages(const json_t *items, json_t *messages, struct hearth_error *error)
{
    struct reading reading = {.messages = messages, .calls = json_object(), .error = error};
    json_t *item;
    int rc = 0;
    json_array_foreach((json_t *)items, reading.item, item)
    {
        rc = read_item(&reading, item);
        if (rc)
            break;
    }
    json_decref(reading.calls);
    return rc;
}
