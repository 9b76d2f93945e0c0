/* The body of /v1/chat/completions into what generation asks for. */
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_write.h"
#include "task/sampling.h"
#include "task/structure.h"

#include <string.h>

/* "none" leaves the tools out; a tool that must be called cannot be promised. */
static int check_tools(const json_t *body, bool *ret_tools, struct hearth_error *error)
{
    const json_t *choice = json_object_get(body, "tool_choice");
    const char *word = json_is_string(choice) ? json_string_value(choice) : "";
    *ret_tools = json_array_size(json_object_get(body, "tools")) > 0 && strcmp(word, "none") != 0;
    if (json_is_object(choice) || strcmp(word, "required") == 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "forcing a tool call is not supported yet; use auto or none");
    return 0;
}

/* What the template reads. Templates know "system"; OpenAI's newer name for it is "developer". */
static json_t *template_input(const json_t *body, bool tools)
{
    static const char *const passed[] = {"chat_template_kwargs", "add_generation_prompt",
                                         "parallel_tool_calls", "reasoning_effort", NULL};
    json_t *input = json_object();
    json_t *messages = json_object_get(body, "messages");
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        if (strcmp(hearth_json_text(message, "role", ""), "developer") == 0)
            json_object_set_new(message, "role", json_string("system"));
    }
    json_object_set(input, "messages", messages);
    if (tools)
        json_object_set(input, "tools", json_object_get(body, "tools"));
    for (const char *const *key = passed; *key; key++) {
        json_t *value = json_object_get(body, *key);
        if (value && !json_is_null(value))
            json_object_set(input, *key, value);
    }
    hearth_structure_pass(body, input);
    return input;
}

/* max_tokens is the older name of max_completion_tokens, which wins where both are given. */
static int read_body(const json_t *body, struct hearth_arena *arena,
                     struct hearth_generation_request *request, bool *ret_tools,
                     const char **ret_param, struct hearth_error *error)
{
    *ret_param = "tool_choice";
    int rc = check_tools(body, ret_tools, error);
    if (rc)
        return rc;
    rc = hearth_sampling_read(body, arena, &request->sampling, ret_param, error);
    if (rc)
        return rc;
    *ret_param = "lora";
    rc = hearth_adapters_read(body, arena, &request->adapters, error);
    if (rc)
        return rc;
    struct hearth_sampling *sampling = &request->sampling;
    sampling->max_tokens = hearth_max_tokens_read(body, "max_completion_tokens",
                                                  hearth_max_tokens_read(body, "max_tokens", 0));
    sampling->top_logprobs = (uint32_t)hearth_body_integer(body, "top_logprobs", 0);
    sampling->logprobs = hearth_json_truth(body, "logprobs", false);
    *ret_param = "top_logprobs";
    if (sampling->top_logprobs && !sampling->logprobs)
        return hearth_error_set(error, HEARTH_EINVAL, "top_logprobs needs logprobs to be true");
    return 0;
}

static struct hearth_generation_request request_of(const json_t *body)
{
    return (struct hearth_generation_request){
        .shape = &hearth_openai_chat,
        .model = hearth_json_text(body, "model", ""),
        .input_count = 1,
        .n = (uint32_t)hearth_body_integer(body, "n", 1),
        .class_ = hearth_class_read(body),
        .stream = hearth_json_truth(body, "stream", false),
        .include_usage = hearth_openai_wants_usage(body),
    };
}

/* Templates read JSON; it is written out once here, and the worker parses it in its sandbox. */
static int write_conversation(const json_t *body, bool tools, struct hearth_buf *conversation,
                              struct hearth_error *error)
{
    json_t *rendered = template_input(body, tools);
    int rc = hearth_json_dump(conversation, rendered);
    json_decref(rendered);
    return rc ? hearth_error_set(error, rc, "the conversation is too large") : 0;
}

int hearth_openai_chat_read(const json_t *body, struct hearth_arena *arena,
                            struct hearth_buf *conversation,
                            struct hearth_generation_request *ret_request, const char **ret_param,
                            struct hearth_error *error)
{
    struct hearth_generation_request request = request_of(body);
    bool tools;
    int rc = read_body(body, arena, &request, &tools, ret_param, error);
    if (rc)
        return rc;
    *ret_param = NULL;
    rc = write_conversation(body, tools, conversation, error);
    if (rc)
        return rc;
    struct hearth_input *input = hearth_arena_alloc(arena, sizeof(*input));
    if (!input)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    *input = (struct hearth_input){.task = HEARTH_TASK_GENERATE,
                                   .kind = HEARTH_INPUT_MESSAGES,
                                   .bytes = conversation->bytes,
                                   .length = conversation->length};
    request.inputs = input;
    *ret_request = request;
    return 0;
}
