/* The body of /v1/chat/completions into what generation asks for. */
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_write.h"
#include "task/sampling.h"
#include "task/structure.h"

#include <string.h>

/* The worker reads the rest of a conversation, in its sandbox: what is wrong with it is said there,
 * with its place. */
static json_t *template_input(const json_t *body)
{
    static const char *const passed[] = {"tools",
                                         "tool_choice",
                                         "parallel_tool_calls",
                                         "chat_template_kwargs",
                                         "add_generation_prompt",
                                         "continue_final_message",
                                         "reasoning_effort",
                                         "reasoning_format",
                                         "enable_thinking",
                                         NULL};
    json_t *input = json_object();
    json_object_set(input, "messages", json_object_get(body, "messages"));
    for (const char *const *key = passed; *key; key++) {
        json_t *value = json_object_get(body, *key);
        if (value && !json_is_null(value))
            json_object_set(input, *key, value);
    }
    hearth_structure_pass(body, input);
    hearth_openai_read_functions(body, input);
    return input;
}

/* max_tokens is the older name of max_completion_tokens, which wins where both are given. */
static int read_body(const json_t *body, struct hearth_arena *arena,
                     struct hearth_generation_request *request, const char **ret_param,
                     struct hearth_error *error)
{
    int rc = hearth_sampling_read(body, arena, &request->sampling, ret_param, error);
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
        .shape = hearth_openai_sends_functions(body) ? &hearth_openai_chat_functions
                                                     : &hearth_openai_chat,
        .model = hearth_json_text(body, "model", ""),
        .input_count = 1,
        .n = (uint32_t)hearth_body_integer(body, "n", 1),
        .class_ = hearth_class_read(body),
        .off_disk = hearth_off_disk_read(body),
        .stream = hearth_json_truth(body, "stream", false),
        .include_usage = hearth_openai_wants_usage(body),
        .timings = hearth_json_truth(body, "timings_per_token", false),
    };
}

/* Templates read JSON; it is written out once here, and the worker parses it in its sandbox. */
static int write_conversation(const json_t *body, struct hearth_buf *conversation,
                              struct hearth_error *error)
{
    json_t *rendered = template_input(body);
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
    int rc = read_body(body, arena, &request, ret_param, error);
    if (rc)
        return rc;
    *ret_param = NULL;
    rc = write_conversation(body, conversation, error);
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
