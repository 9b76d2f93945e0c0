/* A response as a stream: each item is added, grows and is done, and every event has its number. */
#include "base/error.h"
#include "gateway/answers.h"
#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_write.h"

#include <string.h>

/* How the events of an item are called, and where its text lies in them. */
struct wording {
    const char *part_added, *delta, *done, *part_done; /* of parts NULL: an item without parts */
    const char *place; /* which part: there is never more than one */
    const char *part;  /* the beginning of a part up to its text, and */
    const char *rest;  /* its end */
    const char *text;  /* what the text is called in `done` */
};

static const struct wording message_words = {
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    ",\"content_index\":0",
    "{\"type\":\"output_text\",\"annotations\":[],\"text\":",
    "}",
    "text"};
static const struct wording thought_words = {"response.content_part.added",
                                             "response.reasoning_text.delta",
                                             "response.reasoning_text.done",
                                             "response.content_part.done",
                                             ",\"content_index\":0",
                                             "{\"type\":\"reasoning_text\",\"text\":",
                                             "}",
                                             "text"};
static const struct wording summary_words = {"response.reasoning_summary_part.added",
                                             "response.reasoning_summary_text.delta",
                                             "response.reasoning_summary_text.done",
                                             "response.reasoning_summary_part.done",
                                             ",\"summary_index\":0",
                                             "{\"type\":\"summary_text\",\"text\":",
                                             "}",
                                             "text"};
static const struct wording call_words = {NULL,
                                          "response.function_call_arguments.delta",
                                          "response.function_call_arguments.done",
                                          NULL,
                                          "",
                                          "",
                                          "",
                                          "arguments"};

static struct hearth_response *of(const struct hearth_choice *choice)
{
    return choice->kept;
}

static const struct wording *words_of(const struct hearth_choice *choice)
{
    const struct hearth_response *response = of(choice);
    switch (response->outline[response->item_count - 1].channel) {
    case HEARTH_CHANNEL_CONTENT:
        return &message_words;
    case HEARTH_CHANNEL_REASONING:
        return response->summary ? &summary_words : &thought_words;
    default:
        return &call_words;
    }
}

/* {"type":…,"sequence_number":… and nothing behind it */
static size_t open_event(const struct hearth_choice *choice, const char *type,
                         struct hearth_buf *buf)
{
    size_t start = hearth_sse_open_named(buf, type);
    hearth_buf_printf(buf, "{\"type\":\"%s\",\"sequence_number\":%u", type, of(choice)->sequence++);
    return start;
}

static void close_event(struct hearth_buf *buf, size_t start)
{
    hearth_buf_char(buf, '}');
    hearth_sse_close(buf, start);
}

static void tell_response(const struct hearth_choice *choice, const char *type, const char *status,
                          const struct hearth_error *error, struct hearth_buf *buf)
{
    size_t start = open_event(choice, type, buf);
    hearth_buf_text(buf, ",\"response\":");
    hearth_response_write(choice, status, error, buf);
    close_event(buf, start);
}

static void tell_item(const struct hearth_choice *choice, const char *type, bool done,
                      struct hearth_buf *buf)
{
    uint32_t index = of(choice)->item_count - 1;
    size_t start = open_event(choice, type, buf);
    hearth_buf_printf(buf, ",\"output_index\":%u,\"item\":", index);
    hearth_response_write_item(choice, index, done, buf);
    close_event(buf, start);
}

/* …,"item_id":…,"output_index":… and which part of the item */
static size_t open_inner(const struct hearth_choice *choice, const char *type,
                         struct hearth_buf *buf)
{
    uint32_t index = of(choice)->item_count - 1;
    size_t start = open_event(choice, type, buf);
    hearth_buf_text(buf, ",\"item_id\":");
    hearth_response_write_item_id(choice, index, buf);
    hearth_buf_printf(buf, ",\"output_index\":%u%s", index, words_of(choice)->place);
    return start;
}

/* A list of them belongs to a message's text alone; clients read it, so it is always there. */
static void write_logprobs(const struct hearth_choice *choice, struct hearth_bytes entries,
                           struct hearth_buf *buf)
{
    if (words_of(choice) != &message_words)
        return;
    hearth_buf_text(buf, ",\"logprobs\":[");
    hearth_buf_append(buf, entries.bytes, entries.length);
    hearth_buf_char(buf, ']');
}

static void tell_part(const struct hearth_choice *choice, const char *type,
                      struct hearth_bytes text, struct hearth_bytes logprobs,
                      struct hearth_buf *buf)
{
    if (!type)
        return;
    size_t start = open_inner(choice, type, buf);
    hearth_buf_printf(buf, ",\"part\":%s", words_of(choice)->part);
    hearth_json_write_string(buf, text.bytes, text.length);
    write_logprobs(choice, logprobs, buf);
    hearth_buf_text(buf, words_of(choice)->rest);
    close_event(buf, start);
}

static void begin_item(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    of(choice)->is_open = true;
    tell_item(choice, "response.output_item.added", false, buf);
    tell_part(choice, words_of(choice)->part_added, (struct hearth_bytes){"", 0},
              (struct hearth_bytes){"", 0}, buf);
}

static void tell_text(const struct hearth_choice *choice, const char *type, const char *name,
                      struct hearth_bytes text, struct hearth_buf *buf)
{
    const struct hearth_response *response = of(choice);
    const struct hearth_response_item *item = &response->outline[response->item_count - 1];
    size_t start = open_inner(choice, type, buf);
    hearth_buf_printf(buf, ",\"%s\":", name);
    hearth_json_write_string(buf, text.bytes, text.length);
    bool whole = strcmp(name, "delta") != 0;
    write_logprobs(choice,
                   whole ? hearth_response_item_logprobs(choice, response->item_count - 1)
                         : hearth_response_fresh_logprobs(choice),
                   buf);
    if (!whole)
        hearth_generation_write_timings(choice, buf);
    if (item->channel == HEARTH_CHANNEL_CALL && whole) {
        hearth_buf_text(buf, ",\"name\":");
        const struct hearth_buf *function = &choice->calls[item->call].name;
        hearth_json_write_string(buf, function->bytes, function->length);
    }
    close_event(buf, start);
}

static void end_item(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    if (!of(choice)->is_open)
        return;
    of(choice)->is_open = false;
    const struct wording *words = words_of(choice);
    uint32_t index = of(choice)->item_count - 1;
    struct hearth_bytes text = hearth_response_item_text(choice, index);
    tell_text(choice, words->done, words->text, text, buf);
    tell_part(choice, words->part_done, text, hearth_response_item_logprobs(choice, index), buf);
    tell_item(choice, "response.output_item.done", true, buf);
}

void hearth_response_stream_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    tell_response(choice, "response.created", "in_progress", NULL, buf);
    tell_response(choice, "response.in_progress", "in_progress", NULL, buf);
}

/* llama-server's member beside the event that says that the response is being made. */
void hearth_response_stream_progress(const struct hearth_choice *choice,
                                     const struct hearth_event *event, struct hearth_buf *buf)
{
    size_t start = open_event(choice, "response.in_progress", buf);
    hearth_generation_write_progress(choice, event, buf);
    hearth_buf_text(buf, ",\"response\":");
    hearth_response_write(choice, "in_progress", NULL, buf);
    close_event(buf, start);
}

/* Whether an event begins an item is known once it is noted, but the item before it must have ended
 * by then: so it is noted, taken back from the outline while the last one ends, and put there
 * again.
 */
static void turn_to_next(struct hearth_choice *choice, struct hearth_buf *buf)
{
    struct hearth_response *response = of(choice);
    response->item_count--;
    if (response->item_count)
        end_item(choice, buf);
    response->item_count++;
    begin_item(choice, buf);
}

void hearth_response_stream_delta(const struct hearth_choice *choice,
                                  const struct hearth_event *event, struct hearth_buf *buf)
{
    struct hearth_choice *state = (struct hearth_choice *)choice;
    if (hearth_response_note(state, event))
        turn_to_next(state, buf);
    if (event->channel == HEARTH_CHANNEL_CALL || !event->bytes.length || !of(choice)->is_open)
        return;
    tell_text(choice, words_of(choice)->delta, "delta", event->bytes, buf);
}

void hearth_response_stream_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const char *status = hearth_response_status(choice);
    if (hearth_response_note_nothing((struct hearth_choice *)choice))
        begin_item(choice, buf);
    end_item(choice, buf);
    bool whole = strcmp(status, "completed") == 0;
    size_t start = open_event(choice, whole ? "response.completed" : "response.incomplete", buf);
    hearth_buf_text(buf, ",\"response\":");
    size_t from = buf->length;
    hearth_response_write(choice, status, NULL, buf);
    hearth_response_keep(choice, buf->bytes + from, buf->failed ? 0 : buf->length - from);
    hearth_generation_write_timings(choice, buf);
    close_event(buf, start);
}

/* As OpenAI's streams fail: an event that says why, and the response as it ended. */
void hearth_response_stream_error(const struct hearth_generation *generation,
                                  const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_choice *choice = &generation->choices[0];
    const struct hearth_error_row *row = hearth_error_row(error->code);
    size_t start = open_event(choice, "error", buf);
    hearth_buf_text(buf, ",\"code\":");
    hearth_json_write_text(buf, row->code);
    hearth_buf_text(buf, ",\"message\":");
    hearth_json_write_text(buf, *error->message ? error->message : row->text);
    hearth_buf_text(buf, ",\"param\":null");
    close_event(buf, start);
    tell_response(choice, "response.failed", "failed", error, buf);
}
