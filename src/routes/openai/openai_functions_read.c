/* The roles and names that OpenAI's chat had before tools: "developer" is what templates know as
 * "system", `functions` are tools, and a message of the role "function" is a tool's result. */
#include "routes/openai/openai_read.h"

#include <string.h>

static bool is_there(const json_t *value)
{
    return value && !json_is_null(value);
}

bool hearth_openai_sends_functions(const json_t *body)
{
    return is_there(json_object_get(body, "functions"));
}

/* {"type":"function","function":…} */
static json_t *function_of(json_t *function)
{
    json_t *tool = json_object();
    json_object_set_new(tool, "type", json_string("function"));
    json_object_set(tool, "function", function);
    return tool;
}

/* The call of a function had no id, nor had its result. */
static void read_message(json_t *message)
{
    const char *role = hearth_json_text(message, "role", "");
    json_t *call = json_object_get(message, "function_call");
    if (strcmp(role, "developer") == 0)
        json_object_set_new(message, "role", json_string("system"));
    else if (strcmp(role, "function") == 0)
        json_object_set_new(message, "role", json_string("tool"));
    if (!is_there(call) || is_there(json_object_get(message, "tool_calls")))
        return;
    json_t *calls = json_array();
    json_array_append_new(calls, function_of(call));
    json_object_set_new(message, "tool_calls", calls);
}

/* Words mean the same; {"name":…} names one. */
static void read_choice(json_t *choice, json_t *input)
{
    if (json_is_object(choice))
        json_object_set_new(input, "tool_choice", function_of(choice));
    else if (is_there(choice))
        json_object_set(input, "tool_choice", choice);
}

void hearth_openai_read_functions(const json_t *body, json_t *input)
{
    json_t *functions = json_object_get(body, "functions"), *message, *function;
    size_t i;
    json_array_foreach(json_object_get(input, "messages"), i, message) read_message(message);
    if (!is_there(functions))
        return;
    json_t *tools = json_array();
    json_array_foreach(functions, i, function) json_array_append_new(tools, function_of(function));
    json_object_set_new(input, "tools", tools);
    json_object_set_new(input, "parallel_tool_calls", json_false());
    read_choice(json_object_get(body, "function_call"), input);
}
