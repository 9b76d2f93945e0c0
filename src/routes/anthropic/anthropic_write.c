#include "routes/anthropic/anthropic_write.h"

#include "base/json.h"

static void write_buf(struct hearth_buf *buf, const struct hearth_buf *text)
{
    hearth_json_write_string(buf, text->bytes, text->length);
}

void hearth_anthropic_write_head(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"id\":\"%s\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
                      generation->id);
    hearth_json_write_text(buf, generation->model);
    hearth_buf_text(buf, ",\"content\":");
}

/* A text that ends an answer may be the template's own, which the client did not ask for. */
static const struct hearth_bytes *stop_of(const struct hearth_choice *choice)
{
    const struct hearth_sampling *sampling = &choice->generation->sampling;
    uint32_t stop = choice->done.stop;
    return stop && stop <= sampling->stop_count ? &sampling->stops[stop - 1] : NULL;
}

static const char *stop_reason(const struct hearth_choice *choice)
{
    switch (choice->done.finish) {
    case HEARTH_FINISH_LENGTH:
        return "max_tokens";
    case HEARTH_FINISH_TOOLS:
        return "tool_use";
    case HEARTH_FINISH_STOP:
        break;
    }
    return stop_of(choice) ? "stop_sequence" : "end_turn";
}

void hearth_anthropic_write_stop(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_bytes *stop = stop_of(choice);
    hearth_buf_printf(buf, "\"stop_reason\":\"%s\",\"stop_sequence\":", stop_reason(choice));
    if (stop)
        hearth_json_write_string(buf, stop->bytes, stop->length);
    else
        hearth_buf_text(buf, "null");
}

/* What the cache had is not counted among the input, as there. */
void hearth_anthropic_write_usage(const struct hearth_choice *choice, bool of_message,
                                  struct hearth_buf *buf)
{
    const struct hearth_inference_done *done = &choice->done;
    hearth_buf_printf(buf,
                      "{\"input_tokens\":%u,\"cache_creation_input_tokens\":0,"
                      "\"cache_read_input_tokens\":%u,\"output_tokens\":%u%s}",
                      done->prompt_tokens - done->cached_tokens, done->cached_tokens,
                      done->completion_tokens, of_message ? ",\"service_tier\":\"standard\"" : "");
}

void hearth_anthropic_write_signature(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "\"signature\":\"%s\"", choice->generation->id);
}

static void write_thinking(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"type\":\"thinking\",\"thinking\":");
    write_buf(buf, &choice->reasoning);
    hearth_buf_char(buf, ',');
    hearth_anthropic_write_signature(choice, buf);
    hearth_buf_char(buf, '}');
}

/* `input` is an object, where OpenAI has its text. One that was cut off is none: the call is left
 * out, and stop_reason says why. */
static bool write_call(const struct hearth_generated_call *call, bool first, struct hearth_buf *buf)
{
    static const char nothing[] = "{}";
    bool empty = call->arguments.length == 0;
    const char *text = empty ? nothing : call->arguments.bytes;
    size_t length = empty ? sizeof(nothing) - 1 : call->arguments.length;
    struct hearth_error error;
    json_t *input = hearth_json_parse(text, length, &error);
    bool whole = json_is_object(input);
    json_decref(input);
    if (!whole)
        return false;
    hearth_buf_text(buf,
                    first ? "{\"type\":\"tool_use\",\"id\":" : ",{\"type\":\"tool_use\",\"id\":");
    hearth_json_write_text(buf, call->id);
    hearth_buf_text(buf, ",\"name\":");
    write_buf(buf, &call->name);
    hearth_buf_text(buf, ",\"input\":");
    hearth_buf_append(buf, text, length);
    hearth_buf_char(buf, '}');
    return true;
}

static void write_content(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    bool first = true;
    if (choice->reasoning.length) {
        write_thinking(choice, buf);
        first = false;
    }
    if (choice->text.length) {
        hearth_buf_text(buf,
                        first ? "{\"type\":\"text\",\"text\":" : ",{\"type\":\"text\",\"text\":");
        write_buf(buf, &choice->text);
        hearth_buf_char(buf, '}');
        first = false;
    }
    for (uint32_t i = 0; i < choice->call_count; i++)
        if (write_call(&choice->calls[i], first, buf))
            first = false;
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    const struct hearth_choice *choice = &generation->choices[0];
    hearth_anthropic_write_head(generation, buf);
    hearth_buf_char(buf, '[');
    write_content(choice, buf);
    hearth_buf_text(buf, "],");
    hearth_anthropic_write_stop(choice, buf);
    hearth_buf_text(buf, ",\"usage\":");
    hearth_anthropic_write_usage(choice, true, buf);
    hearth_buf_char(buf, '}');
}

static const struct hearth_place_name places[] = {
    {"response_format.json_schema.schema", "output_config.format.schema"},
    {"response_format", "output_config.format"},
    {"tools[*].function.parameters", "tools[*].input_schema"},
    {"tools[*].function.", "tools[*]."},
    {NULL, NULL}};

const struct hearth_generation_shape hearth_anthropic_messages = {
    .id_prefix = "msg_",
    .call_prefix = "toolu_",
    .framing = HEARTH_FRAMING_NAMED,
    .places = places,
    .input_param = "messages",
    .write_answer = write_answer,
    .write_open = hearth_anthropic_stream_open,
    .write_delta = hearth_anthropic_stream_delta,
    .write_finish = hearth_anthropic_stream_finish,
    .write_error = hearth_anthropic_stream_error,
    .kept_size = sizeof(struct hearth_anthropic_stream),
};
