/* Answers of the Responses API that were kept: fetched again, forgotten, their input in pages. */
#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/responses_background.h"
#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_lookup.h"
#include "store/record.h"
#include "task/store_job.h"

#include <string.h>

enum { PAGE = 20, PAGE_MAX = 100 };

/* On the loop: what was canceled in the store is run no further, also when the client has gone. */
static void after_cancel(struct hearth_store_job *job)
{
    if (*(const bool *)job->input)
        hearth_background_forget(job->call, job->params[0]);
    if (job->call->exchange)
        hearth_answer_json(job->call, 200, json_incref(job->result));
}

static void start(struct hearth_call *call,
                  int (*work)(struct hearth_store *store, struct hearth_store_job *job))
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = work;
    job->on_done = after_cancel;
    job->input = hearth_arena_alloc(job->arena, sizeof(bool)); /* whether one was canceled */
    job->outlives_client = true;
    hearth_store_job_start(job);
}

/* The verbs that begin with `load` and those named after one run on the store's lane. */
static int load(struct hearth_store *store, struct hearth_store_job *job, json_t **ret_kept)
{
    return hearth_response_load(store, job->params[0], job->call->principal, ret_kept, &job->error);
}

/* One that is made in the background is told before it is there. */
static int show(struct hearth_store *store, struct hearth_store_job *job)
{
    json_t *kept = NULL;
    int rc = load(store, job, &kept);
    if (!rc)
        job->result = json_incref(json_object_get(kept, "response"));
    json_decref(kept);
    if (rc == HEARTH_ENOTFOUND)
        rc = hearth_background_load(store, job->params[0], job->call->principal, &job->result,
                                    &job->error);
    return rc;
}

/* What was streamed once is not streamed again; who asks for a stream would wait for events. */
void hearth_route_response_show(struct hearth_call *call)
{
    const char *stream = hearth_exchange_query(call->exchange, "stream");
    if (stream && strcmp(stream, "true") == 0)
        hearth_answer_message(call, HEARTH_EINVAL, "stream",
                              "an answer that was stored is given whole, not as a stream");
    else
        start(call, show);
}

static int cancel_running(struct hearth_store *store, struct hearth_store_job *job)
{
    int64_t keep_ms = (int64_t)job->call->gateway->settings->async_keep;
    return hearth_background_cancel(store, job->params[0], job->call->principal, keep_ms,
                                    job->input, &job->error);
}

/* What is over is deleted by the same verb: so one that was not is gone after a second time. */
static int forget_running(struct hearth_store *store, struct hearth_store_job *job)
{
    bool *canceled = job->input;
    json_t *known = NULL;
    int rc =
        hearth_background_load(store, job->params[0], job->call->principal, &known, &job->error);
    json_decref(known);
    if (!rc)
        rc = cancel_running(store, job);
    if (rc || !*canceled)
        return rc;
    rc = cancel_running(store, job);
    *canceled = true;
    return rc;
}

/* Looked at first, because another's must not go. One that is not there yet is canceled. */
static int forget(struct hearth_store *store, struct hearth_store_job *job)
{
    json_t *kept = NULL;
    int rc = load(store, job, &kept);
    json_decref(kept);
    if (!rc)
        rc = hearth_store_record_delete(store, HEARTH_KEPT_RESPONSE, job->params[0], &job->error);
    else if (rc == HEARTH_ENOTFOUND)
        rc = forget_running(store, job);
    if (!rc)
        job->result =
            json_pack("{s:s, s:s, s:b}", "id", job->params[0], "object", "response", "deleted", 1);
    return rc;
}

void hearth_route_response_delete(struct hearth_call *call)
{
    start(call, forget);
}

/* What ended before is told as it ended. */
static int cancel(struct hearth_store *store, struct hearth_store_job *job)
{
    int rc = show(store, job);
    if (rc)
        return rc;
    if (!hearth_json_truth(job->result, "background", false))
        return hearth_error_set(&job->error, HEARTH_EINVAL,
                                "only an answer that is made in the background can be cancelled, "
                                "and this one was not");
    const char *status = hearth_json_text(job->result, "status", "");
    if (strcmp(status, "queued") != 0 && strcmp(status, "in_progress") != 0)
        return 0;
    json_object_set_new(job->result, "status", json_string("cancelled"));
    return cancel_running(store, job);
}

void hearth_route_response_cancel(struct hearth_call *call)
{
    start(call, cancel);
}

/* Which part of a list is asked for; in the call's arena. */
struct page {
    int64_t limit;
    bool ascending;
    const char *after; /* an item's id, or NULL */
};

static size_t place_of(const json_t *items, const char *id)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)items, i, item)
    {
        if (strcmp(hearth_json_text(item, "id", ""), id) == 0)
            break;
    }
    return i;
}

static json_t *id_at(const json_t *list, size_t place)
{
    json_t *id = json_object_get(json_array_get(list, place), "id");
    return id ? json_incref(id) : json_null();
}

/* `data` is taken. */
static json_t *list_of(json_t *data, bool more)
{
    size_t count = json_array_size(data);
    return json_pack("{s:s, s:o, s:o, s:b, s:o}", "object", "list", "first_id", id_at(data, 0),
                     "last_id", id_at(data, count ? count - 1 : 0), "has_more", more, "data", data);
}

/* Places count in the order that was asked for. */
static json_t *cut(const json_t *items, const struct page *page)
{
    size_t count = json_array_size(items), first = 0;
    json_t *data = json_array();
    if (page->after) {
        size_t place = place_of(items, page->after);
        first = place == count ? count : (page->ascending ? place : count - 1 - place) + 1;
    }
    size_t end = first + (size_t)page->limit < count ? first + (size_t)page->limit : count;
    for (size_t i = first; i < end; i++)
        json_array_append(data, json_array_get(items, page->ascending ? i : count - 1 - i));
    return list_of(data, end < count);
}

static int list_items(struct hearth_store *store, struct hearth_store_job *job)
{
    json_t *items = NULL;
    int rc = hearth_responses_input_items(store, job->call->principal, job->params[0], &items,
                                          &job->error);
    if (!rc)
        job->result = cut(items, job->input);
    json_decref(items);
    return rc;
}

void hearth_route_response_items(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    const char *limit = hearth_exchange_query(call->exchange, "limit");
    const char *order = hearth_exchange_query(call->exchange, "order");
    const char *after = hearth_exchange_query(call->exchange, "after");
    struct page *page = hearth_arena_alloc(job->arena, sizeof(*page));
    *page = (struct page){.limit = PAGE,
                          .ascending = order && strcmp(order, "asc") == 0,
                          .after = hearth_arena_strdup(job->arena, after)};
    job->work = list_items;
    job->input = page;
    if (limit && hearth_parse_int(limit, 1, PAGE_MAX, &page->limit)) {
        hearth_store_job_cancel(job);
        hearth_answer_message(call, HEARTH_EINVAL, "limit", "expected a number from 1 to %d",
                              PAGE_MAX);
    } else if (order && !page->ascending && strcmp(order, "desc") != 0) {
        hearth_store_job_cancel(job);
        hearth_answer_message(call, HEARTH_EINVAL, "order", "expected asc or desc");
    } else {
        hearth_store_job_start(job);
    }
}
