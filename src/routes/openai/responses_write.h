/* Answers of OpenAI's Responses API: a response of items, whole or as a stream of named events.
 *
 * Items are what the model says in its order: thoughts, messages, and a call for each tool that it
 * asks for. A stream tells the response as it begins, then of each item that it was added, its
 * deltas, and the whole item when it is done, and at the end the whole response; every event has
 * the next number of the sequence. Pure but for what a generation holds. */
#ifndef HEARTH_ROUTES_OPENAI_RESPONSES_WRITE_H
#define HEARTH_ROUTES_OPENAI_RESPONSES_WRITE_H

#include "task/generation.h"

#include "base/json.h"

extern const struct hearth_generation_shape hearth_openai_responses;

/* A part of what a choice has collected: from `start` of its text or its thoughts up to the next
 * item of that channel, or one call. */
struct hearth_response_item {
    enum hearth_text_channel channel; /* CONTENT, REASONING or CALL */
    size_t start;
    size_t logprobs; /* where those of a message begin */
    uint32_t call;
};

/* The state of a choice: the route fills in its first members, the rest is zero. `forget` of the
 * shape frees all of it. */
struct hearth_response {
    /* `"instructions":…,"tools":…`: what the answer repeats of its request. Heap, by hearth_alloc.
     */
    char *about;
    json_t *items; /* what the model read, to be stored with the answer; NULL: nothing is stored */
    bool background; /* it is made without its client */
    bool summary;    /* thoughts are told as a summary, which is what most clients show */

    struct hearth_response_item *outline; /* the items so far */
    uint32_t item_count, item_capacity;
    /* Of the messages, where they were asked for: ",{…},{…}". */
    struct hearth_buf logprobs;
    size_t logprobs_told; /* of them, by deltas */
    bool is_open;         /* the last item has not ended */
    uint32_t sequence;    /* of the next event */
};

/* The outline; in responses_outline.c. Notes the item that an event begins, if it begins one, and
 * the logprobs of its tokens; before it is collected. */
bool hearth_response_note(struct hearth_choice *choice, const struct hearth_event *event);
/* An answer without any item has an empty message. */
bool hearth_response_note_nothing(struct hearth_choice *choice);

/* One item, done or just begun (with nothing in it). */
void hearth_response_write_item(const struct hearth_choice *choice, uint32_t index, bool done,
                                struct hearth_buf *buf);
/* "msg_<digits>_<index>" and the like, as a JSON string. */
void hearth_response_write_item_id(const struct hearth_choice *choice, uint32_t index,
                                   struct hearth_buf *buf);
/* What was collected of an item so far. */
struct hearth_bytes hearth_response_item_text(const struct hearth_choice *choice, uint32_t index);

/* The logprobs of a message, "{…},{…}", and those of the last one that no delta has told yet. */
struct hearth_bytes hearth_response_item_logprobs(const struct hearth_choice *choice,
                                                  uint32_t index);
struct hearth_bytes hearth_response_fresh_logprobs(const struct hearth_choice *choice);

/* The whole: `status` "in_progress", "completed", "incomplete" or "failed" (then with the error).
 */
void hearth_response_write(const struct hearth_choice *choice, const char *status,
                           const struct hearth_error *error, struct hearth_buf *buf);
/* "completed", or "incomplete" where the answer was cut. */
const char *hearth_response_status(const struct hearth_choice *choice);

/* The stream; in responses_stream.c. */
void hearth_response_stream_open(const struct hearth_choice *choice, struct hearth_buf *buf);
void hearth_response_stream_progress(const struct hearth_choice *choice,
                                     const struct hearth_event *event, struct hearth_buf *buf);
void hearth_response_stream_delta(const struct hearth_choice *choice,
                                  const struct hearth_event *event, struct hearth_buf *buf);
void hearth_response_stream_finish(const struct hearth_choice *choice, struct hearth_buf *buf);
void hearth_response_stream_error(const struct hearth_generation *generation,
                                  const struct hearth_error *error, struct hearth_buf *buf);

#endif
