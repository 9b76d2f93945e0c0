/* /v1/fine_tuning/jobs, as OpenAI has it, over the same jobs as /training/jobs: looking at them,
 * cancelling, pausing, resuming. Asking for one is in routes_fine_tuning_create.c, what they say in
 * routes_fine_tuning_events.c. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/settings.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "jobs/jobs.h"
#include "routes/train/fine_tuning_json.h"
#include "routes/train/fine_tuning_page.h"
#include "routes/train/fine_tuning_results.h"
#include "routes/train/fine_tuning_row.h"
#include "routes/train/train_routes.gen.h"
#include "wire/http.h"

#include <string.h>

enum { METADATA_MAX = 16, CHECKPOINTS_DEFAULT = 10, JOBS_DEFAULT = 20 };

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason; /* what was asked happens all the same */
}

static void hold(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    hearth_call_hold(call);
    call->events = &events;
}

/* One */

/* What was read of a job, for as long as its results are made. */
struct showing {
    struct hearth_call *call;
    json_t *shown;
};

static void on_results(void *argument, const char *file_id)
{
    struct showing *showing = argument;
    struct hearth_call *call = showing->call;
    if (file_id)
        json_object_set_new(showing->shown, "result_files", json_pack("[s]", file_id));
    if (call->exchange)
        hearth_answer_json(call, 200, json_incref(showing->shown));
    json_decref(showing->shown);
    hearth_call_drop(call);
    hearth_free(showing);
}

static int read_one(struct hearth_store *store, struct hearth_store_job *job)
{
    return hearth_fine_tuning_row_read(store, job, job->input);
}

static void answer_one(struct hearth_store_job *job)
{
    const struct hearth_fine_tuning_row *row = job->input;
    struct hearth_call *call = job->call;
    json_t *shown = hearth_fine_tuning_row_json(call->gateway->jobs, row);
    if (!row->lacks_results) {
        hearth_answer_json(call, 200, shown);
        return;
    }
    struct showing *showing = hearth_calloc(1, sizeof(*showing));
    hold(call);
    showing->call = call;
    showing->shown = shown;
    hearth_fine_tuning_results_make(call->gateway, row->record, on_results, showing);
}

static void start_one(struct hearth_call *call, void (*on_done)(struct hearth_store_job *job))
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->input = hearth_arena_alloc(job->arena, sizeof(struct hearth_fine_tuning_row));
    job->work = read_one;
    job->on_done = on_done;
    hearth_store_job_start(job);
}

void hearth_route_fine_tuning_show(struct hearth_call *call)
{
    start_one(call, answer_one);
}

/* The checkpoints that are models */

static void answer_checkpoints(struct hearth_store_job *job)
{
    const struct hearth_fine_tuning_row *row = job->input;
    json_t *facts = hearth_jobs_json(job->call->gateway->jobs, row->record);
    json_t *checkpoint = hearth_fine_tuning_checkpoint_json(facts);
    const char *after = hearth_exchange_query(job->call->exchange, "after");
    bool is_behind =
        checkpoint && after && strcmp(after, hearth_json_text(checkpoint, "id", "")) == 0;
    json_t *rows = json_array();
    if (checkpoint && !is_behind)
        json_array_append(rows, checkpoint);
    json_t *id = is_behind ? NULL : json_object_get(checkpoint, "id");
    hearth_answer_json(job->call, 200,
                       json_pack("{s:s, s:o, s:O?, s:O?, s:b}", "object", "list", "data", rows,
                                 "first_id", id, "last_id", id, "has_more", 0));
    json_decref(checkpoint);
    json_decref(facts);
}

void hearth_route_fine_tuning_checkpoints(struct hearth_call *call)
{
    struct hearth_fine_tuning_page page;
    if (hearth_fine_tuning_page_read(call, CHECKPOINTS_DEFAULT, &page))
        start_one(call, answer_checkpoints);
}

/* Lists */

struct list {
    struct hearth_fine_tuning_page page;
    const char *keys[METADATA_MAX], *texts[METADATA_MAX];
    size_t filters;
    bool without; /* only jobs without any metadata */
    int64_t jobs_max;
    struct hearth_fine_tuning_row *rows;
    size_t count;
    bool has_more;
};

static bool is_wanted(const struct list *list, const struct hearth_record *record)
{
    if (!list->filters && !list->without)
        return true;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    const json_t *metadata = json_object_get(json_object_get(facts, "client"), "metadata");
    bool is_wanted = !list->without || json_object_size(metadata) == 0;
    for (size_t i = 0; i < list->filters; i++) {
        const char *text = hearth_json_text(metadata, list->keys[i], NULL);
        is_wanted = is_wanted && text && strcmp(text, list->texts[i]) == 0;
    }
    json_decref(facts);
    return is_wanted;
}

static int read_list(struct hearth_store *store, struct hearth_store_job *job)
{
    struct list *list = job->input;
    bool is_filtered = list->filters || list->without;
    const struct hearth_record_filter filter = {.kind = HEARTH_TRAINING_JOB,
                                                .after = list->page.after,
                                                .limit = is_filtered ? list->jobs_max
                                                                     : list->page.limit + 1};
    struct hearth_record *records;
    size_t count = 0, limit = (size_t)list->page.limit;
    int rc = hearth_store_record_list(store, &filter, job->arena, &records, &count, &job->error);
    list->rows = hearth_arena_alloc(job->arena, limit * sizeof(*list->rows));
    for (size_t i = 0; !rc && i < count && !list->has_more; i++) {
        if (!is_wanted(list, &records[i]))
            continue;
        list->has_more = list->count == limit;
        if (!list->has_more)
            rc = hearth_fine_tuning_row_fill(store, job, &records[i], &list->rows[list->count++]);
    }
    return rc;
}

static void answer_list(struct hearth_store_job *job)
{
    const struct list *list = job->input;
    json_t *rows = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(
            rows, hearth_fine_tuning_row_json(job->call->gateway->jobs, &list->rows[i]));
    hearth_answer_json(
        job->call, 200,
        json_pack("{s:s, s:o, s:b}", "object", "list", "data", rows, "has_more", list->has_more));
}

/* "metadata[KEY]=TEXT", any number of times, or "metadata=null". False: there are too many. */
static bool read_filters(struct hearth_call *call, struct hearth_arena *arena, struct list *list)
{
    const char *query = hearth_exchange_head(call->exchange)->query;
    for (size_t length; *query; query += length + (query[length] == '&')) {
        length = strcspn(query, "&");
        size_t key_length = strcspn(query, "&=");
        char *key = hearth_arena_strndup(arena, query, key_length);
        bool has_text = key_length < length;
        char *text = hearth_arena_strndup(arena, query + key_length + has_text,
                                          length - key_length - has_text);
        if (!key || !text || !hearth_http_percent_decode(key, true) ||
            !hearth_http_percent_decode(text, true))
            continue;
        size_t end = strlen(key);
        if (strcmp(key, "metadata") == 0)
            list->without = strcmp(text, "null") == 0;
        if (strncmp(key, "metadata[", 9) != 0 || key[end - 1] != ']')
            continue;
        if (list->filters == METADATA_MAX)
            return false;
        key[end - 1] = '\0';
        list->keys[list->filters] = key + 9;
        list->texts[list->filters++] = text;
    }
    return true;
}

void hearth_route_fine_tuning_list(struct hearth_call *call)
{
    struct hearth_fine_tuning_page page;
    if (!hearth_fine_tuning_page_read(call, JOBS_DEFAULT, &page))
        return;
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct list *list = hearth_arena_alloc(job->arena, sizeof(*list));
    *list = (struct list){.page = page, .jobs_max = call->gateway->settings->training_jobs_max};
    list->page.after = page.after ? hearth_arena_strdup(job->arena, page.after) : NULL;
    if (!read_filters(call, job->arena, list)) {
        hearth_store_job_cancel(job);
        hearth_answer_message(call, HEARTH_EINVAL, "metadata",
                              "jobs can be filtered by at most %d texts", METADATA_MAX);
        return;
    }
    job->input = list;
    job->work = read_list;
    job->on_done = answer_list;
    hearth_store_job_start(job);
}

/* Changing one */

static void on_changed(void *argument, json_t *job, const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 200,
                           hearth_fine_tuning_job_json(job, NULL, hearth_clock_wall_ms()));
    json_decref(job);
    hearth_call_drop(call);
}

void hearth_route_fine_tuning_cancel(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_cancel(call->gateway->jobs, call->params[0], on_changed, call);
}

void hearth_route_fine_tuning_resume(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_resume(call->gateway->jobs, call->params[0], on_changed, call);
}

void hearth_route_fine_tuning_pause(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_pause(call->gateway->jobs, call->params[0], on_changed, call);
}
