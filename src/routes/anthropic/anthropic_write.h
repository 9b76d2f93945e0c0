/* Answers of Anthropic's Messages API: one message of blocks, whole or as a stream of named events.
 *
 * An answer has at most a block of thinking, a block of text and a block for each tool that is
 * called, in the order in which the model says them. Its stream is what the documentation of
 * Anthropic calls "Streaming messages": message_start, for each block content_block_start, its
 * deltas and content_block_stop, then message_delta with the reason and the usage, and
 * message_stop. Pure but for what a generation holds. */
#ifndef HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_WRITE_H
#define HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_WRITE_H

#include "task/generation.h"

extern const struct hearth_generation_shape hearth_anthropic_messages;

/* {"id":…,"type":"message","role":"assistant","model":…,"content": and nothing behind it */
void hearth_anthropic_write_head(const struct hearth_generation *generation,
                                 struct hearth_buf *buf);
/* "stop_reason":…,"stop_sequence":… of a choice that is done. */
void hearth_anthropic_write_stop(const struct hearth_choice *choice, struct hearth_buf *buf);
/* {"input_tokens":…,…}: of a message, or of a stream's message_delta, which has no service_tier. */
void hearth_anthropic_write_usage(const struct hearth_choice *choice, bool of_message,
                                  struct hearth_buf *buf);
/* Thinking is signed by the server that made it, and clients send the signature back; it is not
 * looked at here, so the answer's own id is as good as any. */
void hearth_anthropic_write_signature(const struct hearth_choice *choice, struct hearth_buf *buf);

/* The stream; in anthropic_stream.c. */
struct hearth_anthropic_stream {
    uint32_t blocks;                  /* begun so far */
    bool is_open;                     /* the last of them has not ended */
    enum hearth_text_channel channel; /* what it holds */
};
void hearth_anthropic_stream_open(const struct hearth_choice *choice, struct hearth_buf *buf);
void hearth_anthropic_stream_delta(const struct hearth_choice *choice,
                                   const struct hearth_event *event, struct hearth_buf *buf);
void hearth_anthropic_stream_finish(const struct hearth_choice *choice, struct hearth_buf *buf);
void hearth_anthropic_stream_error(const struct hearth_generation *generation,
                                   const struct hearth_error *error, struct hearth_buf *buf);

#endif
