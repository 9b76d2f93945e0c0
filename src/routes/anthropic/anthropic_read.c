/* A body of /v1/messages or /v1/messages/count_tokens, whole. */
#include "routes/anthropic/anthropic_read.h"

#include "base/error.h"
#include "routes/anthropic/anthropic_write.h"
#include "task/conversation.h"
#include "task/sampling.h"

#include <string.h>

/* A message of the assistant at the end is the beginning of the answer, which the model goes on
 * with. */
static void read_prefill(const json_t *messages, json_t *conversation)
{
    size_t count = json_array_size(messages);
    const json_t *last = json_array_get(messages, count ? count - 1 : 0);
    if (strcmp(hearth_json_text(last, "role", ""), "assistant") == 0 &&
        !json_object_get(last, "tool_calls"))
        json_object_set_new(conversation, "continue_final_message", json_true());
}

/* Models that can think do so only where the client asks for it, since clients that did not ask
 * take the first block for the answer. How much they may think is for templates that know a budget.
 */
static void read_thinking(const json_t *body, json_t *conversation)
{
    const json_t *thinking = json_object_get(body, "thinking");
    const char *type = hearth_json_text(thinking, "type", "disabled");
    json_t *budget = json_object_get(thinking, "budget_tokens");
    json_t *variables = json_object();
    json_object_set_new(variables, "enable_thinking", json_boolean(strcmp(type, "disabled") != 0));
    if (json_is_integer(budget))
        json_object_set(variables, "thinking_budget", budget);
    json_object_set_new(conversation, "chat_template_kwargs", variables);
    const char *effort = hearth_json_text(json_object_get(body, "output_config"), "effort", NULL);
    if (effort)
        json_object_set_new(conversation, "reasoning_effort", json_string(effort));
}

/* A schema for the answer: `output_config.format`, or where it was before, `output_format`. */
static int read_format(const json_t *body, json_t *conversation, struct hearth_error *error)
{
    const json_t *format = json_object_get(json_object_get(body, "output_config"), "format");
    const char *place = "output_config.format";
    if (!json_is_object(format)) {
        format = json_object_get(body, "output_format");
        place = "output_format";
    }
    if (!json_is_object(format))
        return 0;
    json_t *schema = json_object_get(format, "schema");
    if (strcmp(hearth_json_text(format, "type", ""), "json_schema") != 0 || !json_is_object(schema))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%s: expected the type json_schema and a schema that is an object",
                                place);
    json_object_set_new(conversation, "response_format",
                        json_pack("{s:s, s:{s:s, s:O, s:b}}", "type", "json_schema", "json_schema",
                                  "name", "answer", "schema", schema, "strict", 1));
    return 0;
}

static int read_conversation(const json_t *body, json_t *conversation, struct hearth_error *error)
{
    json_t *messages = json_array();
    json_object_set_new(conversation, "messages", messages);
    int rc = hearth_anthropic_read_messages(body, messages, error);
    if (!rc)
        rc = hearth_anthropic_read_tools(body, conversation, error);
    if (!rc)
        rc = read_format(body, conversation, error);
    read_prefill(messages, conversation);
    read_thinking(body, conversation);
    return rc;
}

static int read_input(const json_t *body, enum hearth_task task, struct hearth_arena *arena,
                      struct hearth_buf *text, struct hearth_input **ret_input,
                      struct hearth_error *error)
{
    json_t *conversation = json_object();
    int rc = read_conversation(body, conversation, error);
    if (!rc)
        rc = hearth_conversation_input(conversation, task, text, arena, ret_input, error);
    json_decref(conversation);
    return rc;
}

/* The answer names the text that ended it, and the body is gone by then: they are copied. */
static int keep_stops(struct hearth_sampling *sampling, struct hearth_arena *arena,
                      struct hearth_error *error)
{
    struct hearth_bytes *kept =
        hearth_arena_alloc(arena, (sampling->stop_count + 1) * sizeof(*kept));
    for (uint32_t i = 0; kept && i < sampling->stop_count; i++) {
        const struct hearth_bytes *stop = &sampling->stops[i];
        kept[i] = (struct hearth_bytes){hearth_arena_strndup(arena, stop->bytes, stop->length),
                                        stop->length};
        if (!kept[i].bytes)
            kept = NULL;
    }
    if (!kept)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    sampling->stops = kept;
    return 0;
}

/* Under the names that our own reader knows. */
static int read_sampling(const json_t *body, struct hearth_arena *arena,
                         struct hearth_sampling *ret_sampling, struct hearth_error *error)
{
    static const char *const names[][2] = {{"temperature", "temperature"},
                                           {"top_p", "top_p"},
                                           {"top_k", "top_k"},
                                           {"stop_sequences", "stop"}};
    json_t *known = json_object();
    const char *param = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(body, names[i][0]);
        if (value)
            json_object_set(known, names[i][1], value);
    }
    int rc = hearth_sampling_read(known, arena, ret_sampling, &param, error);
    json_decref(known);
    if (rc)
        return rc;
    ret_sampling->max_tokens = hearth_max_tokens_read(body, "max_tokens", 0);
    return keep_stops(ret_sampling, arena, error);
}

int hearth_anthropic_read(const json_t *body, struct hearth_arena *arena,
                          struct hearth_buf *conversation,
                          struct hearth_generation_request *ret_request, struct hearth_error *error)
{
    struct hearth_input *input;
    struct hearth_generation_request request = {
        .shape = &hearth_anthropic_messages,
        .model = hearth_json_text(body, "model", ""),
        .input_count = 1,
        .n = 1,
        .class_ = HEARTH_CLASS_NORMAL,
        .stream = hearth_json_truth(body, "stream", false),
    };
    int rc = read_sampling(body, arena, &request.sampling, error);
    if (!rc)
        rc = read_input(body, HEARTH_TASK_GENERATE, arena, conversation, &input, error);
    if (rc)
        return rc;
    request.inputs = input;
    *ret_request = request;
    return 0;
}

int hearth_anthropic_count_read(const json_t *body, struct hearth_arena *arena,
                                struct hearth_buf *conversation, struct hearth_input **ret_input,
                                struct hearth_error *error)
{
    return read_input(body, HEARTH_TASK_TOKENIZE, arena, conversation, ret_input, error);
}
