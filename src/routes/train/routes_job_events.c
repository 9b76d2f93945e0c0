/* What a job has said: as server-sent events, which go on while it runs, and as lines of text.
 *
 * An event's id is its number in the log, so a client that comes again with Last-Event-ID misses
 * nothing. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/sse.h"
#include "routes/train/job_follow.h"
#include "routes/train/train_routes.gen.h"

#include <string.h>

static void write_event(struct hearth_buf *buf, const json_t *job, const json_t *event)
{
    (void)job;
    hearth_buf_printf(buf, "id: %lld\n", (long long)hearth_json_integer(event, "n", 0));
    size_t start = hearth_sse_open_named(buf, hearth_json_text(event, "type", "log"));
    hearth_json_dump(buf, event);
    hearth_sse_close(buf, start);
}

static void write_numbers(struct hearth_buf *buf, const json_t *event)
{
    static const char *const keys[] = {
        "step", "steps", "rows", "loss", "evaluation_loss", "learning_rate", "memory_bytes"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(event, keys[i]);
        if (json_is_integer(value))
            hearth_buf_printf(buf, " %s=%lld", keys[i], (long long)json_integer_value(value));
        else if (json_is_real(value))
            hearth_buf_printf(buf, " %s=%.6g", keys[i], json_real_value(value));
    }
}

/* "2026-11-28T09:00:00.000Z metrics step=12 loss=1.234": one line, whatever is in it. */
static void write_text(struct hearth_buf *buf, const json_t *job, const json_t *event)
{
    (void)job;
    char when[25];
    const char *type = hearth_json_text(event, "type", "log");
    const json_t *error = json_object_get(event, "error");
    hearth_clock_iso8601(hearth_json_integer(event, "at", 0), when);
    hearth_buf_printf(buf, "%s %s", when, hearth_json_text(event, "level", type));
    if (strcmp(type, "log") == 0) {
        hearth_buf_char(buf, ' ');
        for (const char *at = hearth_json_text(event, "message", ""); *at; at++)
            hearth_buf_char(buf, (unsigned char)*at < ' ' ? ' ' : *at);
    } else if (strcmp(type, "state") == 0) {
        hearth_buf_printf(buf, " %s%s%s", hearth_json_text(event, "state", ""),
                          json_is_object(error) ? ": " : "",
                          hearth_json_text(error, "message", ""));
    } else {
        write_numbers(buf, event);
    }
    hearth_buf_char(buf, '\n');
}

static void write_line(struct hearth_buf *buf, const json_t *job, const json_t *event)
{
    (void)job;
    hearth_json_dump(buf, event);
    hearth_buf_char(buf, '\n');
}

void hearth_route_jobs_events(struct hearth_call *call)
{
    const char *last = hearth_exchange_header(call->exchange, "last-event-id");
    struct hearth_job_follow follow = {.write = write_event, .follows = true};
    int64_t after = 0;
    if (last && hearth_parse_int(last, 0, INT64_MAX, &after)) {
        hearth_answer_message(call, HEARTH_EINVAL, NULL,
                              "Last-Event-ID is \"%.40s\"; it is the number of an event", last);
        return;
    }
    follow.after = (uint64_t)after;
    hearth_job_follow(call, &follow);
}

void hearth_route_jobs_logs(struct hearth_call *call)
{
    const char *format = hearth_exchange_query(call->exchange, "format");
    const char *wish = hearth_exchange_query(call->exchange, "follow");
    struct hearth_job_follow follow = {.write = write_text, .type = "text/plain; charset=utf-8"};
    if (format && strcmp(format, "json") == 0) {
        follow.write = write_line;
        follow.type = "application/x-ndjson";
    } else if (format && strcmp(format, "text") != 0) {
        hearth_answer_message(call, HEARTH_EINVAL, "format",
                              "format is \"%.40s\"; it takes text or json", format);
        return;
    }
    follow.follows = wish && strcmp(wish, "true") == 0;
    hearth_job_follow(call, &follow);
}
