/* A message as a stream: blocks that begin, grow and end, one after the other. */
#include "base/json.h"
#include "gateway/answers.h"
#include "routes/anthropic/anthropic_write.h"

/* The figures that are known at the beginning are those of the prompt. */
void hearth_anthropic_stream_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    size_t start = hearth_sse_open_named(buf, "message_start");
    hearth_buf_text(buf, "{\"type\":\"message_start\",\"message\":");
    hearth_anthropic_write_head(choice->generation, buf);
    hearth_buf_text(buf, "[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
    hearth_anthropic_write_usage(choice, true, buf);
    hearth_buf_text(buf, "}}");
    hearth_sse_close(buf, start);
    start = hearth_sse_open_named(buf, "ping");
    hearth_buf_text(buf, "{\"type\":\"ping\"}");
    hearth_sse_close(buf, start);
}

/* {"type":"content_block_delta","index":…,"delta":{"type": and nothing behind it */
static size_t open_delta(const struct hearth_anthropic_stream *stream, const char *type,
                         struct hearth_buf *buf)
{
    size_t start = hearth_sse_open_named(buf, "content_block_delta");
    hearth_buf_printf(buf,
                      "{\"type\":\"content_block_delta\",\"index\":%u,\"delta\":{\"type\":\"%s\",",
                      stream->blocks - 1, type);
    return start;
}

static void close_delta(struct hearth_buf *buf, size_t start)
{
    hearth_buf_text(buf, "}}");
    hearth_sse_close(buf, start);
}

static void end_block(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    struct hearth_anthropic_stream *stream = choice->kept;
    if (!stream->is_open)
        return;
    if (stream->channel == HEARTH_CHANNEL_REASONING) {
        size_t start = open_delta(stream, "signature_delta", buf);
        hearth_anthropic_write_signature(choice, buf);
        close_delta(buf, start);
    }
    stream->is_open = false;
    size_t start = hearth_sse_open_named(buf, "content_block_stop");
    hearth_buf_printf(buf, "{\"type\":\"content_block_stop\",\"index\":%u}", stream->blocks - 1);
    hearth_sse_close(buf, start);
}

/* What a block is before anything is in it. */
static void write_empty(const struct hearth_choice *choice, enum hearth_text_channel channel,
                        struct hearth_buf *buf)
{
    if (channel == HEARTH_CHANNEL_CONTENT) {
        hearth_buf_text(buf, "{\"type\":\"text\",\"text\":\"\"}");
        return;
    }
    if (channel == HEARTH_CHANNEL_REASONING) {
        hearth_buf_text(buf, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
        return;
    }
    const struct hearth_generated_call *call = &choice->calls[choice->call_count - 1];
    hearth_buf_text(buf, "{\"type\":\"tool_use\",\"id\":");
    hearth_json_write_text(buf, call->id);
    hearth_buf_text(buf, ",\"name\":");
    hearth_json_write_string(buf, call->name.bytes, call->name.length);
    hearth_buf_text(buf, ",\"input\":{}}");
}

static void begin_block(const struct hearth_choice *choice, enum hearth_text_channel channel,
                        struct hearth_buf *buf)
{
    struct hearth_anthropic_stream *stream = choice->kept;
    end_block(choice, buf);
    size_t start = hearth_sse_open_named(buf, "content_block_start");
    hearth_buf_printf(
        buf, "{\"type\":\"content_block_start\",\"index\":%u,\"content_block\":", stream->blocks++);
    write_empty(choice, channel, buf);
    hearth_buf_char(buf, '}');
    hearth_sse_close(buf, start);
    stream->is_open = true;
    stream->channel = channel;
}

static void write_piece(const struct hearth_anthropic_stream *stream,
                        const struct hearth_bytes *bytes, struct hearth_buf *buf)
{
    static const char *const words[][2] = {
        [HEARTH_CHANNEL_CONTENT] = {"text_delta", "text"},
        [HEARTH_CHANNEL_REASONING] = {"thinking_delta", "thinking"},
        [HEARTH_CHANNEL_ARGUMENTS] = {"input_json_delta", "partial_json"}};
    size_t start = open_delta(stream, words[stream->channel][0], buf);
    hearth_buf_printf(buf, "\"%s\":", words[stream->channel][1]);
    hearth_json_write_string(buf, bytes->bytes, bytes->length);
    close_delta(buf, start);
}

/* A block of its own for each call; text and thinking go on in theirs while nothing else comes. */
void hearth_anthropic_stream_delta(const struct hearth_choice *choice,
                                   const struct hearth_event *event, struct hearth_buf *buf)
{
    const struct hearth_anthropic_stream *stream = choice->kept;
    bool call = event->channel == HEARTH_CHANNEL_CALL;
    bool arguments = event->channel == HEARTH_CHANNEL_ARGUMENTS;
    if ((call || arguments) && choice->call_count == 0)
        return; /* a call that could not be noted: the answer fails in the end */
    if (call)
        begin_block(choice, HEARTH_CHANNEL_ARGUMENTS, buf);
    else if (!stream->is_open || stream->channel != event->channel)
        begin_block(choice, event->channel, buf);
    if (!call && event->bytes.length)
        write_piece(stream, &event->bytes, buf);
}

void hearth_anthropic_stream_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    end_block(choice, buf);
    size_t start = hearth_sse_open_named(buf, "message_delta");
    hearth_buf_text(buf, "{\"type\":\"message_delta\",\"delta\":{");
    hearth_anthropic_write_stop(choice, buf);
    hearth_buf_text(buf, "},\"usage\":");
    hearth_anthropic_write_usage(choice, false, buf);
    hearth_buf_char(buf, '}');
    hearth_sse_close(buf, start);
    start = hearth_sse_open_named(buf, "message_stop");
    hearth_buf_text(buf, "{\"type\":\"message_stop\"}");
    hearth_sse_close(buf, start);
}

void hearth_anthropic_stream_error(const struct hearth_generation *generation,
                                   const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_call *call = generation->answering.call;
    size_t start = hearth_sse_open_named(buf, "error");
    hearth_error_write(buf, call->route->errors, hearth_exchange_id(call->exchange), error, NULL);
    hearth_sse_close(buf, start);
}
