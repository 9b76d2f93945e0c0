/* /v1/fine_tuning/jobs/{id}/events: a page of what a job has said, the newest first, or all of it
 * as server-sent events while it says more. An event is a line of the job's log, and its id has the
 * line's number. */
#include "base/error.h"
#include "base/memory.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/sse.h"
#include "jobs/job_log.h"
#include "jobs/jobs.h"
#include "routes/train/fine_tuning_json.h"
#include "routes/train/fine_tuning_page.h"
#include "routes/train/job_follow.h"
#include "routes/train/job_row.h"
#include "routes/train/train_routes.gen.h"

#include <string.h>

enum { EVENTS_DEFAULT = 20 };

/* A log is read from its beginning: what stands in the page are the last lines before its end. */
struct paging {
    struct hearth_call *call; /* held */
    struct hearth_job_reader *reader;
    json_t *job;
    json_t *lines; /* the last `limit` + 1 at most, the oldest first */
    size_t limit;
    uint64_t before; /* only lines before this number */
};

struct start {
    size_t limit;
    uint64_t before;
    bool is_faulty;    /* `after` is no event of this job */
    const char *after; /* or NULL */
    struct hearth_record *record;
};

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

static void answer(const struct paging *paging)
{
    json_t *events = json_array();
    size_t count = json_array_size(paging->lines);
    for (size_t i = 0; i < count && i < paging->limit; i++)
        json_array_append_new(
            events, hearth_fine_tuning_event_json(paging->job,
                                                  json_array_get(paging->lines, count - 1 - i)));
    hearth_answer_json(paging->call, 200,
                       json_pack("{s:s, s:o, s:b}", "object", "list", "data", events, "has_more",
                                 count > paging->limit));
}

static void end(struct paging *paging)
{
    if (paging->call->exchange)
        answer(paging);
    hearth_job_reader_destroy(paging->reader);
    hearth_call_drop(paging->call);
    json_decref(paging->job);
    json_decref(paging->lines);
    hearth_free(paging);
}

static void take_line(struct paging *paging, const char *text, size_t length)
{
    json_t *line = hearth_json_parse(text, length, NULL);
    if (line && (uint64_t)hearth_json_integer(line, "n", 0) < paging->before) {
        json_array_append(paging->lines, line);
        if (json_array_size(paging->lines) > paging->limit + 1)
            json_array_remove(paging->lines, 0);
    }
    json_decref(line);
}

static void on_lines(void *argument, const char *lines, size_t length, int rc)
{
    struct paging *paging = argument;
    const char *end_of_all = lines + length, *stop;
    while (lines < end_of_all && (stop = memchr(lines, '\n', (size_t)(end_of_all - lines)))) {
        take_line(paging, lines, (size_t)(stop - lines));
        lines = stop + 1;
    }
    if (length && !rc && paging->call->exchange)
        hearth_job_reader_next(paging->reader);
    else
        end(paging);
}

static int read_job(struct hearth_store *store, struct hearth_store_job *job)
{
    struct start *start = job->input;
    int rc = hearth_job_row_read(store, job, &start->record);
    start->before = UINT64_MAX;
    start->is_faulty =
        !rc && start->after &&
        !hearth_fine_tuning_event_number(start->after, start->record->id, &start->before);
    return rc;
}

static void begin(struct hearth_store_job *job)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    static const struct hearth_job_reader_events reader_events = {.on_lines = on_lines};
    const struct start *start = job->input;
    struct hearth_call *call = job->call;
    struct hearth_jobs *jobs = call->gateway->jobs;
    if (start->is_faulty) {
        hearth_answer_message(call, HEARTH_EINVAL, "after", "'%.64s' is no event of this job",
                              start->after);
        return;
    }
    struct paging *paging = hearth_calloc(1, sizeof(*paging));
    hearth_call_hold(call);
    call->events = &events;
    paging->call = call;
    paging->limit = start->limit;
    paging->before = start->before;
    paging->job = hearth_jobs_json(jobs, start->record);
    paging->lines = json_array();
    paging->reader = hearth_job_reader_create(hearth_jobs_logs(jobs), start->record->id, 0, false,
                                              &reader_events, paging);
    hearth_job_reader_next(paging->reader);
}

static void write_event(struct hearth_buf *buf, const json_t *job, const json_t *line)
{
    json_t *event = hearth_fine_tuning_event_json(job, line);
    size_t start = hearth_sse_open(buf);
    hearth_json_dump(buf, event);
    hearth_sse_close(buf, start);
    json_decref(event);
}

void hearth_route_fine_tuning_events(struct hearth_call *call)
{
    static const struct hearth_job_follow follow = {
        .write = write_event, .end = "data: [DONE]\n\n", .follows = true};
    const char *stream = hearth_exchange_query(call->exchange, "stream");
    struct hearth_fine_tuning_page page;
    if (!hearth_fine_tuning_page_read(call, EVENTS_DEFAULT, &page))
        return;
    if (stream && strcmp(stream, "true") == 0) {
        hearth_job_follow(call, &follow);
        return;
    }
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct start *start = hearth_arena_alloc(job->arena, sizeof(*start));
    *start = (struct start){.limit = (size_t)page.limit};
    start->after = page.after ? hearth_arena_strdup(job->arena, page.after) : NULL;
    job->input = start;
    job->work = read_job;
    job->on_done = begin;
    hearth_store_job_start(job);
}
