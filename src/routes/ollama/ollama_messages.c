/* Ollama's messages as OpenAI's. There, arguments are an object and calls need no ids; a result
 * says by the tool's name, or by its place, which call it answers. */
#include "routes/ollama/ollama_read.h"

#include <string.h>

enum { OPEN_MAX = 64 }; /* calls that wait for their result */

/* Calls of the conversation that have no result yet; borrowed from the messages. */
struct open_calls {
    struct {
        json_t *id; /* a text of any length */
        const char *name;
    } rows[OPEN_MAX];
    size_t count;
    unsigned made; /* ids that we gave */
};

/* Of several results, each takes the first open call of its tool's name, or the first of all. NULL:
 * no call waits. */
static json_t *take(struct open_calls *open, const char *name)
{
    size_t at = 0;
    for (size_t i = open->count; *name && i-- > 0;)
        if (strcmp(open->rows[i].name, name) == 0)
            at = i;
    if (!open->count)
        return NULL;
    json_t *id = open->rows[at].id;
    memmove(&open->rows[at], &open->rows[at + 1], (--open->count - at) * sizeof(open->rows[0]));
    return id;
}

/* The member, if it is a text that is not empty. */
static json_t *given_id(const json_t *given, const char *member)
{
    json_t *id = json_object_get(given, member);
    return json_string_length(id) ? id : NULL;
}

static json_t *call_of(const json_t *given, struct open_calls *open)
{
    const json_t *function = json_object_get(given, "function");
    const char *name = hearth_json_text(function, "name", "");
    json_t *arguments = json_object_get(function, "arguments");
    json_t *said = given_id(given, "id");
    json_t *id = said ? json_incref(said) : json_sprintf("call_%u", open->made++);
    json_t *call =
        json_pack("{s:o, s:s, s:{s:s}}", "id", id, "type", "function", "function", "name", name);
    if (open->count < OPEN_MAX) {
        open->rows[open->count].id = id;
        open->rows[open->count++].name = name;
    }
    json_t *made = json_object_get(call, "function");
    if (json_is_object(arguments) || json_is_string(arguments))
        json_object_set(made, "arguments", arguments);
    else
        json_object_set_new(made, "arguments", json_object());
    return call;
}

static void add_calls(const json_t *given, struct open_calls *open, json_t *message)
{
    size_t i;
    json_t *call, *calls = json_object_get(given, "tool_calls");
    if (!json_array_size(calls))
        return;
    json_t *list = json_array();
    json_array_foreach(calls, i, call)
    {
        json_array_append_new(list, call_of(call, open));
    }
    json_object_set_new(message, "tool_calls", list);
}

static void add_result(const json_t *given, struct open_calls *open, json_t *message)
{
    const char *name = hearth_json_text(given, "tool_name", hearth_json_text(given, "name", ""));
    json_t *said = given_id(given, "tool_call_id");
    json_t *id = said ? said : take(open, name);
    if (id)
        json_object_set(message, "tool_call_id", id);
    if (*name)
        json_object_set_new(message, "name", json_string(name));
}

static json_t *message_of(const json_t *given, struct open_calls *open)
{
    const char *role = hearth_json_text(given, "role", "");
    const char *thinking = hearth_json_text(given, "thinking", "");
    json_t *message =
        json_pack("{s:s, s:s}", "role", role, "content", hearth_json_text(given, "content", ""));
    if (*thinking)
        json_object_set_new(message, "reasoning_content", json_string(thinking));
    add_calls(given, open, message);
    if (strcmp(role, "tool") == 0)
        add_result(given, open, message);
    return message;
}

json_t *hearth_ollama_messages(const json_t *messages)
{
    struct open_calls open = {.count = 0};
    size_t i;
    json_t *message, *list = json_array();
    json_array_foreach((json_t *)messages, i, message)
    {
        json_array_append_new(list, message_of(message, &open));
    }
    return list;
}
