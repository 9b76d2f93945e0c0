/* /v1/chat/completions: the body into an input, the events into OpenAI's shapes. */
#include "gateway/answers.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_write.h"
#include "task/default_model.h"
#include "task/sampling.h"

#include <string.h>

enum { INPUT_MAX = 64 << 20, ENTRIES_MAX = 16 << 20 };

/* Kept of a choice: its logprobs so far, as JSON. */
struct kept {
    struct hearth_buf entries;
    bool begun;
};

static void write_bytes(struct hearth_buf *buf, const struct hearth_bytes *text)
{
    hearth_buf_char(buf, '[');
    for (size_t i = 0; i < text->length; i++)
        hearth_buf_printf(buf, i ? ",%u" : "%u", (unsigned char)text->bytes[i]);
    hearth_buf_char(buf, ']');
}

static void write_alternative(struct hearth_buf *buf, const struct hearth_bytes *text,
                              float logprob)
{
    hearth_buf_text(buf, "{\"token\":");
    hearth_openai_write_token(buf, text, "");
    hearth_buf_text(buf, ",\"logprob\":");
    hearth_openai_write_logprob(buf, logprob);
    hearth_buf_text(buf, ",\"bytes\":");
    write_bytes(buf, text);
}

static void write_token(struct hearth_buf *buf, const struct hearth_token *token)
{
    write_alternative(buf, &token->text, token->logprob);
    hearth_buf_text(buf, ",\"top_logprobs\":[");
    for (uint32_t i = 0; i < token->alternative_count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_alternative(buf, &token->alternatives[i].text, token->alternatives[i].logprob);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "]}");
}

static void write_tokens(struct hearth_buf *buf, const struct hearth_event *event, bool first)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        if (!first || i)
            hearth_buf_char(buf, ',');
        write_token(buf, &event->tokens[i]);
    }
}

static void chunk_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_openai_write_head(choice->generation, "chat.completion.chunk", buf);
    hearth_buf_printf(buf, ",\"choices\":[{\"index\":%u,\"delta\":", choice->index);
}

static void write_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null");
    hearth_openai_close_chunk(choice, NULL, buf);
}

static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{\"content\":");
    hearth_json_write_string(buf, event->bytes.bytes, event->bytes.length);
    if (choice->generation->logprobs && event->has_tokens) {
        hearth_buf_text(buf, "},\"logprobs\":{\"content\":[");
        write_tokens(buf, event, true);
        hearth_buf_text(buf, "],\"refusal\":null}");
    } else {
        hearth_buf_text(buf, "},\"logprobs\":null");
    }
    hearth_openai_close_chunk(choice, NULL, buf);
}

static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{},\"logprobs\":null");
    hearth_openai_close_chunk(choice, hearth_finish_name(choice->done.finish), buf);
}

static void write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_usage_chunk(generation, "chat.completion.chunk", buf);
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct kept *kept = choice->kept;
    if (!choice->generation->logprobs)
        return;
    if (!kept->begun)
        hearth_buf_init(&kept->entries, ENTRIES_MAX);
    kept->begun = true;
    write_tokens(&kept->entries, event, kept->entries.length == 0);
}

static void forget(struct hearth_choice *choice)
{
    hearth_buf_finish(&((struct kept *)choice->kept)->entries);
}

static void write_choice(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_printf(
        buf, "{\"index\":%u,\"message\":{\"role\":\"assistant\",\"content\":", choice->index);
    hearth_json_write_string(buf, choice->text.bytes, choice->text.length);
    hearth_buf_text(buf, ",\"refusal\":null},\"logprobs\":");
    if (choice->generation->logprobs) {
        const struct kept *kept = choice->kept;
        hearth_buf_text(buf, "{\"content\":[");
        hearth_buf_append(buf, kept->entries.bytes, kept->entries.length);
        hearth_buf_text(buf, "],\"refusal\":null}");
    } else {
        hearth_buf_text(buf, "null");
    }
    hearth_buf_printf(buf, ",\"finish_reason\":\"%s\"}", hearth_finish_name(choice->done.finish));
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_answer(generation, "chat.completion", write_choice, buf);
}

const struct hearth_generation_shape hearth_openai_chat = {
    .id_prefix = "chatcmpl-",
    .input_param = "messages",
    .write_answer = write_answer,
    .write_open = write_open,
    .write_delta = write_delta,
    .write_finish = write_finish,
    .write_usage = write_usage,
    .last_words = HEARTH_OPENAI_LAST_WORDS,
    .kept_size = sizeof(struct kept),
    .keep = keep,
    .forget = forget,
};

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
    return input;
}

static int read_body(const json_t *body, struct hearth_arena *arena,
                     struct hearth_generation_request *request, bool *ret_tools,
                     const char **ret_param, struct hearth_error *error)
{
    *ret_param = "response_format";
    int rc = hearth_openai_check_format(body, error);
    if (rc)
        return rc;
    *ret_param = "tool_choice";
    rc = check_tools(body, ret_tools, error);
    if (rc)
        return rc;
    rc = hearth_sampling_read(body, arena, &request->sampling, ret_param, error);
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

void hearth_route_chat_completions(struct hearth_call *call)
{
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    const json_t *body = call->json;
    struct hearth_error error;
    struct hearth_generation_request request = {
        .shape = &hearth_openai_chat,
        .model = hearth_json_text(body, "model", ""),
        .input_count = 1,
        .n = (uint32_t)hearth_body_integer(body, "n", 1),
        .class_ = hearth_class_read(body),
        .stream = hearth_json_truth(body, "stream", false),
        .include_usage = hearth_openai_wants_usage(body),
    };
    const char *param = NULL;
    bool tools;
    if (read_body(body, hearth_call_arena(call), &request, &tools, &param, &error)) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
        return;
    }
    json_t *rendered = template_input(body, tools);
    struct hearth_buf text;
    hearth_buf_init(&text, INPUT_MAX);
    int rc = hearth_json_dump(&text, rendered);
    json_decref(rendered);
    if (rc) {
        hearth_answer_message(call, rc, NULL, "the conversation is too large");
    } else {
        struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                     .kind = HEARTH_INPUT_MESSAGES,
                                     .bytes = text.bytes,
                                     .length = text.length};
        request.inputs = &input;
        hearth_generation_start(call, &request);
    }
    hearth_buf_finish(&text);
}
