/* A body of /v1/responses: its tools, the form of its answer, its sampling. */
#include "routes/openai/responses_read.h"

#include "base/error.h"
#include "routes/openai/responses_write.h"
#include "task/conversation.h"
#include "task/sampling.h"

#include <string.h>

/* Tools that OpenAI runs itself (web_search, file_search, code_interpreter, mcp …) have nobody here
 * to run them. */
static int read_tools(const json_t *body, json_t *tools, struct hearth_error *error)
{
    size_t i;
    json_t *tool;
    json_array_foreach(json_object_get(body, "tools"), i, tool)
    {
        const char *type = hearth_json_text(tool, "type", "");
        const char *name = hearth_json_text(tool, "name", "");
        if (strcmp(type, "function") != 0)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "tools[%zu]: this server has no tool of its own, so it takes "
                                    "only those of the type function, not %.64s",
                                    i, type);
        if (!*name)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "tools[%zu].name: expected a text that is not empty", i);
        hearth_conversation_add_tool(tools, name, json_object_get(tool, "description"),
                                     json_object_get(tool, "parameters"),
                                     json_object_get(tool, "strict"));
    }
    return 0;
}

static json_t *named_function(const char *name)
{
    return json_pack("{s:s, s:{s:s}}", "type", "function", "function", "name", name);
}

/* {"type":"allowed_tools","mode":…,"tools":[{"type":"function","name":…}]}, one level deeper in
 * chat. */
static json_t *allowed_tools(const json_t *choice)
{
    json_t *tools = json_array();
    size_t i;
    json_t *tool;
    json_array_foreach(json_object_get(choice, "tools"), i, tool)
        json_array_append_new(tools, named_function(hearth_json_text(tool, "name", "")));
    return json_pack("{s:s, s:{s:s, s:o}}", "type", "allowed_tools", "allowed_tools", "mode",
                     hearth_json_text(choice, "mode", "auto"), "tools", tools);
}

static int read_choice(json_t *choice, json_t *conversation, struct hearth_error *error)
{
    const char *type = hearth_json_text(choice, "type", "");
    json_t *ours = NULL;
    if (json_is_string(choice))
        ours = json_incref(choice);
    else if (strcmp(type, "function") == 0)
        ours = named_function(hearth_json_text(choice, "name", ""));
    else if (strcmp(type, "allowed_tools") == 0)
        ours = allowed_tools(choice);
    else if (json_is_object(choice))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "tool_choice: this server has no tool of the type %.64s", type);
    if (ours)
        json_object_set_new(conversation, "tool_choice", ours);
    return 0;
}

/* The members of text.format lie one level deeper in chat's response_format. */
static int read_format(const json_t *body, json_t *conversation, struct hearth_error *error)
{
    static const char *const members[] = {"name", "description", "schema", "strict"};
    const json_t *format = json_object_get(json_object_get(body, "text"), "format");
    const char *type = hearth_json_text(format, "type", "text");
    json_t *ours = json_pack("{s:s}", "type", type);
    if (strcmp(type, "json_schema") == 0) {
        json_t *inner = json_object();
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
            if (json_object_get(format, members[i]))
                json_object_set(inner, members[i], json_object_get(format, members[i]));
        json_object_set_new(ours, "json_schema", inner);
        if (!json_is_object(json_object_get(inner, "schema"))) {
            json_decref(ours);
            return hearth_error_set(error, HEARTH_EINVAL, "text.format.schema: expected an object");
        }
    }
    if (strcmp(type, "text") != 0)
        json_object_set(conversation, "response_format", ours);
    json_decref(ours);
    return 0;
}

static void read_effort(const json_t *body, json_t *conversation)
{
    const char *effort = hearth_json_text(json_object_get(body, "reasoning"), "effort", NULL);
    if (!effort)
        return;
    json_object_set_new(conversation, "reasoning_effort", json_string(effort));
    if (strcmp(effort, "none") == 0)
        json_object_set_new(conversation, "chat_template_kwargs",
                            json_pack("{s:b}", "enable_thinking", 0));
}

static int read_tool_use(const json_t *body, json_t *conversation, const char **ret_param,
                         struct hearth_error *error)
{
    json_t *tools = json_array(), *several = json_object_get(body, "parallel_tool_calls");
    *ret_param = "tools";
    int rc = read_tools(body, tools, error);
    if (!rc && json_array_size(tools)) {
        json_object_set(conversation, "tools", tools);
        if (json_is_boolean(several)) /* else the model's template decides */
            json_object_set(conversation, "parallel_tool_calls", several);
        *ret_param = "tool_choice";
        rc = read_choice(json_object_get(body, "tool_choice"), conversation, error);
    }
    json_decref(tools);
    return rc;
}

static int read_conversation(const json_t *body, const json_t *items, json_t *conversation,
                             const char **ret_param, struct hearth_error *error)
{
    json_t *messages = json_array(), *instructions = json_object_get(body, "instructions");
    json_object_set_new(conversation, "messages", messages);
    if (json_is_string(instructions))
        hearth_conversation_add_text(messages, "system", instructions);
    *ret_param = "input";
    int rc = hearth_responses_messages(items, messages, error);
    if (!rc)
        rc = read_tool_use(body, conversation, ret_param, error);
    if (!rc) {
        *ret_param = "text.format";
        rc = read_format(body, conversation, error);
    }
    read_effort(body, conversation);
    return rc;
}

/* What else may be included is of tools that are not here. */
static int read_logprobs(const json_t *body, struct hearth_sampling *sampling,
                         const char **ret_param, struct hearth_error *error)
{
    json_t *word;
    size_t i;
    json_array_foreach(json_object_get(body, "include"), i, word)
    {
        const char *text = json_string_value(word);
        if (text && strcmp(text, "message.output_text.logprobs") == 0)
            sampling->logprobs = true;
    }
    sampling->top_logprobs = (uint32_t)hearth_body_integer(body, "top_logprobs", 0);
    if (!sampling->top_logprobs || sampling->logprobs)
        return 0;
    *ret_param = "top_logprobs";
    return hearth_error_set(error, HEARTH_EINVAL,
                            "top_logprobs needs message.output_text.logprobs in include");
}

static int read_sampling(const json_t *body, struct hearth_arena *arena,
                         struct hearth_sampling *ret_sampling, const char **ret_param,
                         struct hearth_error *error)
{
    int rc = hearth_sampling_read(body, arena, ret_sampling, ret_param, error);
    if (rc)
        return rc;
    ret_sampling->max_tokens = hearth_max_tokens_read(body, "max_output_tokens", 0);
    return read_logprobs(body, ret_sampling, ret_param, error);
}

int hearth_responses_input(const json_t *body, const json_t *items, enum hearth_task task,
                           struct hearth_arena *arena, struct hearth_buf *conversation,
                           struct hearth_input **ret_input, const char **ret_param,
                           struct hearth_error *error)
{
    json_t *read = json_object();
    int rc = read_conversation(body, items, read, ret_param, error);
    if (!rc) {
        *ret_param = NULL;
        rc = hearth_conversation_input(read, task, conversation, arena, ret_input, error);
    }
    json_decref(read);
    return rc;
}

int hearth_responses_read(const json_t *body, const json_t *items, struct hearth_arena *arena,
                          struct hearth_buf *conversation,
                          struct hearth_generation_request *ret_request, const char **ret_param,
                          struct hearth_error *error)
{
    struct hearth_input *input;
    struct hearth_generation_request request = {
        .shape = &hearth_openai_responses,
        .model = hearth_json_text(body, "model", ""),
        .input_count = 1,
        .n = 1,
        .class_ = hearth_class_read(body),
        .off_disk = hearth_off_disk_read(body),
        .stream = hearth_json_truth(body, "stream", false),
        .timings = hearth_json_truth(body, "timings_per_token", false),
    };
    int rc = read_sampling(body, arena, &request.sampling, ret_param, error);
    if (!rc)
        rc = hearth_responses_input(body, items, HEARTH_TASK_GENERATE, arena, conversation, &input,
                                    ret_param, error);
    if (rc)
        return rc;
    const char *truncation = hearth_json_text(body, "truncation", "");
    input->truncate =
        strcmp(truncation, "auto") == 0 ? HEARTH_TRUNCATE_START : HEARTH_TRUNCATE_NEVER;
    input->keeps_turns = strcmp(truncation, "disabled") == 0;
    request.inputs = input;
    *ret_request = request;
    return 0;
}

/* Null where the body says nothing, but for what has a default. */
json_t *hearth_responses_about(const json_t *body)
{
    static const struct {
        const char *key, *fallback; /* JSON */
    } members[] = {{"instructions", "null"},
                   {"max_output_tokens", "null"},
                   {"max_tool_calls", "null"},
                   {"parallel_tool_calls", "true"},
                   {"previous_response_id", "null"},
                   {"prompt_cache_key", "null"},
                   {"prompt_cache_retention", "null"},
                   {"reasoning", "{\"effort\":null,\"summary\":null}"},
                   {"safety_identifier", "null"},
                   {"service_tier", "\"default\""},
                   {"store", "true"},
                   {"temperature", "1.0"},
                   {"text", "{\"format\":{\"type\":\"text\"}}"},
                   {"tool_choice", "\"auto\""},
                   {"tools", "[]"},
                   {"top_logprobs", "0"},
                   {"top_p", "1.0"},
                   {"truncation", "\"disabled\""},
                   {"user", "null"},
                   {"metadata", "{}"}};
    json_t *about = json_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *given = json_object_get(body, members[i].key);
        json_object_set_new(about, members[i].key,
                            given && !json_is_null(given)
                                ? json_incref(given)
                                : json_loads(members[i].fallback, JSON_DECODE_ANY, NULL));
    }
    return about;
}
