/* What a job has said: as server-sent events, which go on while it runs, and as lines of text.
 *
 * Both follow the job's log at the client's own pace. An event's id is its number in the log, so a
 * client that comes again with Last-Event-ID misses nothing. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/sse.h"
#include "jobs/job_log.h"
#include "jobs/jobs.h"
#include "routes/train/train_routes.gen.h"
#include "task/store_job.h"

#include <string.h>

enum { PIECE_MAX = 1 << 20 };

struct following {
    struct hearth_sse sse; /* first */
    struct hearth_call *call;
    struct hearth_job_reader *reader;
    /* Appends what a client sees of one line of the log. */
    void (*write)(struct hearth_buf *buf, const json_t *event);
    bool is_held; /* the client does not read */
};

static void end(struct following *following)
{
    hearth_sse_stop(&following->sse);
    hearth_job_reader_destroy(following->reader);
    hearth_free(following);
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct following *following = call->work;
    call->events = NULL;
    end(following);
}

static void on_writable(struct hearth_call *call)
{
    struct following *following = call->work;
    if (!following->is_held)
        return;
    following->is_held = false;
    hearth_job_reader_next(following->reader);
}

static void on_quiet(struct hearth_sse *sse)
{
    struct following *following = (struct following *)sse;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64);
    hearth_buf_text(&buf, following->sse.type ? "" : ": still here\n\n");
    if (buf.length)
        hearth_sse_write(sse, &buf);
    hearth_buf_finish(&buf);
}

static void finish(struct following *following)
{
    struct hearth_call *call = following->call;
    struct hearth_exchange *exchange = call->exchange;
    call->events = NULL;
    end(following);
    hearth_call_end(call, 200);
    hearth_exchange_finish(exchange, NULL, 0);
}

static void write_lines(struct following *following, struct hearth_buf *buf, const char *lines,
                        size_t length)
{
    const char *end_of_all = lines + length, *stop;
    while (lines < end_of_all && (stop = memchr(lines, '\n', (size_t)(end_of_all - lines)))) {
        json_t *event = hearth_json_parse(lines, (size_t)(stop - lines), NULL);
        if (event)
            following->write(buf, event);
        json_decref(event);
        lines = stop + 1;
    }
}

static void on_lines(void *argument, const char *lines, size_t length, int rc)
{
    struct following *following = argument;
    struct hearth_buf buf;
    (void)rc; /* a log that cannot be read is shown as far as it could be */
    hearth_buf_init(&buf, 2 * PIECE_MAX);
    write_lines(following, &buf, lines, length);
    bool goes_on = length > 0;
    bool may_write = true;
    if (buf.length || !following->sse.begun)
        may_write = hearth_sse_write(&following->sse, &buf);
    hearth_buf_finish(&buf);
    if (!goes_on)
        finish(following);
    else if (may_write)
        hearth_job_reader_next(following->reader);
    else
        following->is_held = true;
}

static void write_event(struct hearth_buf *buf, const json_t *event)
{
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
static void write_text(struct hearth_buf *buf, const json_t *event)
{
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

static void write_line(struct hearth_buf *buf, const json_t *event)
{
    hearth_json_dump(buf, event);
    hearth_buf_char(buf, '\n');
}

/* First whether there is such a job. */

struct start {
    void (*write)(struct hearth_buf *buf, const json_t *event);
    const char *type; /* NULL: text/event-stream */
    bool follows;
    uint64_t after;
};

static int read_one(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_record *record;
    int rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, job->params[0], NULL, job->arena,
                                     &record, &job->error);
    return rc == HEARTH_ENOTFOUND
               ? hearth_error_set(&job->error, rc, "there is no training job '%.64s'",
                                  job->params[0])
               : rc;
}

static void follow(struct hearth_store_job *job)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    static const struct hearth_job_reader_events reader_events = {.on_lines = on_lines};
    const struct start *start = job->input;
    struct hearth_call *call = job->call;
    struct following *following = hearth_calloc(1, sizeof(*following));
    following->call = call;
    following->write = start->write;
    following->sse.type = start->type;
    following->reader =
        hearth_job_reader_create(hearth_jobs_logs(call->gateway->jobs), job->params[0],
                                 start->after, start->follows, &reader_events, following);
    call->work = following;
    call->events = &events;
    hearth_sse_start(&following->sse, call->gateway->streams, call->exchange, on_quiet);
    hearth_job_reader_next(following->reader);
}

static void start_following(struct hearth_call *call, const struct start *start)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct start *kept = hearth_arena_alloc(job->arena, sizeof(*kept));
    *kept = *start;
    job->input = kept;
    job->work = read_one;
    job->on_done = follow;
    hearth_store_job_start(job);
}

void hearth_route_jobs_events(struct hearth_call *call)
{
    const char *last = hearth_exchange_header(call->exchange, "last-event-id");
    struct start start = {.write = write_event, .follows = true};
    int64_t after = 0;
    if (last && hearth_parse_int(last, 0, INT64_MAX, &after)) {
        hearth_answer_message(call, HEARTH_EINVAL, NULL,
                              "Last-Event-ID is \"%.40s\"; it is the number of an event", last);
        return;
    }
    start.after = (uint64_t)after;
    start_following(call, &start);
}

void hearth_route_jobs_logs(struct hearth_call *call)
{
    const char *format = hearth_exchange_query(call->exchange, "format");
    const char *wish = hearth_exchange_query(call->exchange, "follow");
    struct start start = {.write = write_text, .type = "text/plain; charset=utf-8"};
    if (format && strcmp(format, "json") == 0) {
        start.write = write_line;
        start.type = "application/x-ndjson";
    } else if (format && strcmp(format, "text") != 0) {
        hearth_answer_message(call, HEARTH_EINVAL, "format",
                              "format is \"%.40s\"; it takes text or json", format);
        return;
    }
    start.follows = wish && strcmp(wish, "true") == 0;
    start_following(call, &start);
}
