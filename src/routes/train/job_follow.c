#include "routes/train/job_follow.h"

#include "base/arena.h"
#include "base/memory.h"
#include "gateway/call.h"
#include "gateway/gateway_state.h"
#include "gateway/sse.h"
#include "jobs/job_log.h"
#include "jobs/jobs.h"
#include "routes/train/job_row.h"

#include <string.h>

enum { PIECE_MAX = 1 << 20 };

struct following {
    struct hearth_sse sse; /* first */
    struct hearth_call *call;
    struct hearth_job_reader *reader;
    struct hearth_job_follow what;
    json_t *job;
    bool is_held; /* the client does not read */
};

static void end(struct following *following)
{
    hearth_sse_stop(&following->sse);
    hearth_job_reader_destroy(following->reader);
    json_decref(following->job);
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
        json_t *line = hearth_json_parse(lines, (size_t)(stop - lines), NULL);
        if (line)
            following->what.write(buf, following->job, line);
        json_decref(line);
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
    if (!goes_on && following->what.end)
        hearth_buf_text(&buf, following->what.end);
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

/* First whether there is such a job. */

struct start {
    struct hearth_job_follow follow;
    struct hearth_record *record;
};

static int read_one(struct hearth_store *store, struct hearth_store_job *job)
{
    struct start *start = job->input;
    return hearth_job_row_read(store, job, &start->record);
}

static void begin(struct hearth_store_job *job)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    static const struct hearth_job_reader_events reader_events = {.on_lines = on_lines};
    const struct start *start = job->input;
    const struct hearth_job_follow *follow = &start->follow;
    struct hearth_call *call = job->call;
    struct hearth_jobs *jobs = call->gateway->jobs;
    struct following *following = hearth_calloc(1, sizeof(*following));
    following->call = call;
    following->what = *follow;
    following->job = hearth_jobs_json(jobs, start->record);
    following->sse.type = follow->type;
    following->reader =
        hearth_job_reader_create(hearth_jobs_logs(jobs), start->record->id, follow->after,
                                 follow->follows, &reader_events, following);
    call->work = following;
    call->events = &events;
    hearth_sse_start(&following->sse, call->gateway->streams, call->exchange, on_quiet);
    hearth_job_reader_next(following->reader);
}

void hearth_job_follow(struct hearth_call *call, const struct hearth_job_follow *follow)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct start *start = hearth_arena_alloc(job->arena, sizeof(*start));
    *start = (struct start){.follow = *follow};
    job->input = start;
    job->work = read_one;
    job->on_done = begin;
    hearth_store_job_start(job);
}
