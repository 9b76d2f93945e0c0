#include "deferred/batches.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/batch.h"
#include "deferred/kept_files.h"
#include "deferred/kept_record.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "store/record_room.h"
#include "store/store_work.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { LANE_QUEUE_MAX = 4096, TICK_MS = 500, WINDOW_MS = 86400000 };

#define KEEP_MS (INT64_C(30) * 86400000) /* of a batch that is over, and of its files */

/* The object that clients see */

static void set_seconds(json_t *shown, const char *key, int64_t wall_ms)
{
    json_object_set_new(shown, key, wall_ms ? json_integer(wall_ms / 1000) : json_null());
}

/* All members are there from the beginning: clients read them by name. */
static json_t *new_object(const char *id, const struct hearth_batch_order *order, int64_t now_ms)
{
    static const char *const later[] = {
        "in_progress_at", "finalizing_at", "completed_at",   "failed_at",     "expired_at",
        "cancelling_at",  "cancelled_at",  "output_file_id", "error_file_id", "errors"};
    json_t *shown = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "object", "batch",
                              "endpoint", order->endpoint, "input_file_id", order->input_file_id,
                              "completion_window", order->window, "status", "validating");
    set_seconds(shown, "created_at", now_ms);
    set_seconds(shown, "expires_at", now_ms + WINDOW_MS);
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        json_object_set_new(shown, later[i], json_null());
    json_object_set_new(shown, "request_counts",
                        json_pack("{s:i, s:i, s:i}", "total", 0, "completed", 0, "failed", 0));
    json_object_set_new(shown, "metadata",
                        order->metadata ? json_deep_copy(order->metadata) : json_null());
    return shown;
}

static void set_counts(const struct hearth_batch *batch)
{
    json_object_set_new(batch->shown, "request_counts",
                        json_pack("{s:I, s:I, s:I}", "total", (json_int_t)batch->lines.count,
                                  "completed", (json_int_t)batch->completed, "failed",
                                  (json_int_t)batch->failed));
}

static struct hearth_batch *find(const struct hearth_batches *all, const char *id)
{
    struct hearth_batch *batch = all->first;
    while (batch && strcmp(batch->id, id) != 0)
        batch = batch->next;
    return batch;
}

/* That it is over is told once the store has it, because the files of its results are there only
 * then. */
json_t *hearth_batches_json(const struct hearth_batches *all, const struct hearth_record *record)
{
    const struct hearth_batch *batch = find(all, record->id);
    if (!batch || hearth_batch_state_is_over(batch->state))
        return hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    if (batch->is_open)
        set_counts(batch);
    return json_deep_copy(batch->shown);
}

/* Life of one */

static void free_batch(struct hearth_batch *batch)
{
    struct hearth_batch **at = &batch->all->first;
    while (*at != batch)
        at = &(*at)->next;
    *at = batch->next;
    hearth_batch_close(batch);
    hearth_batch_lines_finish(&batch->lines);
    json_decref(batch->shown);
    hearth_free(batch->done);
    hearth_free(batch);
}

static void adopt(struct hearth_batches *all, const struct hearth_record *record)
{
    struct hearth_batch *batch = hearth_calloc(1, sizeof(*batch));
    struct hearth_batch **end = &all->first;
    batch->all = all;
    batch->input = batch->output = batch->errors = -1;
    batch->shown = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    batch->principal = hearth_kept_record_principal(record->principal);
    batch->created_ms = record->created_ms;
    batch->expires_ms = record->created_ms + WINDOW_MS;
    batch->revision = record->revision;
    batch->state = (enum hearth_batch_state)hearth_batch_state_parse(record->label);
    snprintf(batch->id, sizeof(batch->id), "%s", record->id);
    snprintf(batch->endpoint, sizeof(batch->endpoint), "%s",
             hearth_json_text(batch->shown, "endpoint", ""));
    snprintf(batch->input_file_id, sizeof(batch->input_file_id), "%s",
             hearth_json_text(batch->shown, "input_file_id", ""));
    while (*end)
        end = &(*end)->next;
    *end = batch;
    hearth_timer_start(all->tick, TICK_MS, TICK_MS);
}

/* What changes goes to the store, one save at a time */

struct saving {
    struct hearth_store_work work;
    struct hearth_batches *all;
    struct hearth_batch *batch;
    struct hearth_record record;
    struct hearth_record files[2]; /* of the results, with the last save */
    size_t file_count;
    struct hearth_record_bounds bounds;
};

/* A record of a file may be there: the last server may have ended between the two. Results are kept
 * also when there is no more room for files: they were paid for. */
static int write_save(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct saving *saving = (struct saving *)work;
    int rc = 0;
    for (size_t i = 0; !rc && i < saving->file_count; i++) {
        rc = hearth_store_record_create(store, &saving->files[i], NULL, &work->error);
        rc = rc == HEARTH_ECONFLICT ? 0 : rc;
    }
    return rc ? rc : hearth_store_record_update(store, &saving->record, &work->error);
}

static void save(struct hearth_batch *batch);

/* A full disk may get room again; a record that is gone stays gone. */
static bool is_passing(int rc)
{
    return rc && rc != HEARTH_ENOTFOUND && rc != HEARTH_ECONFLICT;
}

static void after_save(struct hearth_store_work *work)
{
    struct saving *saving = (struct saving *)work;
    struct hearth_batches *all = saving->all;
    struct hearth_batch *batch = saving->batch;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "batch.not_saved", HEARTH_TEXT("id", saving->record.id),
                   HEARTH_TEXT("reason", work->error.message));
    if (!all->is_stopped) {
        batch->is_saving = false;
        batch->revision += !work->rc;
        if (is_passing(work->rc))
            batch->is_dirty = true; /* the next tick tries again */
        else if (batch->is_dirty)
            save(batch);
        else if (hearth_batch_state_is_over(batch->state))
            free_batch(batch);
    }
    hearth_store_work_free(work);
}

static void add_result_file(struct saving *saving, bool errors, int64_t bytes)
{
    struct hearth_arena *arena = saving->work.arena;
    const struct hearth_batch *batch = saving->batch;
    char id[40];
    if (!bytes)
        return;
    hearth_batch_file_id(batch, errors, id);
    const char *name =
        hearth_arena_format(arena, "%s_%s.jsonl", batch->id, errors ? "error" : "output");
    int64_t now_ms = hearth_clock_wall_ms();
    saving->files[saving->file_count++] = hearth_kept_file_record(
        hearth_arena_strdup(arena, id), batch->principal, "batch_output",
        hearth_kept_file_facts(name, arena), bytes, now_ms, now_ms + KEEP_MS);
}

static void save(struct hearth_batch *batch)
{
    bool is_over = hearth_batch_state_is_over(batch->state);
    if (batch->is_saving) {
        batch->is_dirty = true;
        return;
    }
    struct saving *saving = hearth_store_work_create(sizeof(*saving), write_save, after_save);
    struct hearth_arena *arena = saving->work.arena;
    batch->is_saving = true;
    batch->is_dirty = false;
    if (batch->is_open)
        set_counts(batch);
    saving->all = batch->all;
    saving->batch = batch;
    if (is_over && batch->is_open) {
        add_result_file(saving, false, batch->output_bytes);
        add_result_file(saving, true, batch->error_bytes);
    }
    saving->record = (struct hearth_record){
        .kind = HEARTH_BATCH,
        .id = hearth_arena_strdup(arena, batch->id),
        .principal = batch->principal,
        .label = hearth_batch_state_name(batch->state),
        .facts_json = hearth_kept_record_facts_text(batch->shown, arena),
        .created_ms = batch->created_ms,
        .expires_ms = is_over ? hearth_clock_wall_ms() + KEEP_MS : 0,
        .revision = batch->revision,
    };
    hearth_store_work_start(batch->all->gateway->store, &saving->work);
}

void hearth_batch_move(struct hearth_batch *batch, enum hearth_batch_state state)
{
    char key[32];
    assert(hearth_batch_state_may_follow(batch->state, state));
    batch->state = state;
    snprintf(key, sizeof(key), "%s_at", hearth_batch_state_name(state));
    json_object_set_new(batch->shown, "status", json_string(hearth_batch_state_name(state)));
    set_seconds(batch->shown, key, hearth_clock_wall_ms());
    HEARTH_LOG(HEARTH_LOG_INFO, "batch.state", HEARTH_TEXT("id", batch->id),
               HEARTH_TEXT("to", hearth_batch_state_name(state)),
               HEARTH_INT("completed", batch->completed), HEARTH_INT("failed", batch->failed));
    save(batch);
}

void hearth_batch_end(struct hearth_batch *batch, enum hearth_batch_state state)
{
    char id[40];
    if (batch->is_open && batch->output_bytes) {
        hearth_batch_file_id(batch, false, id);
        json_object_set_new(batch->shown, "output_file_id", json_string(id));
    }
    if (batch->is_open && batch->error_bytes) {
        hearth_batch_file_id(batch, true, id);
        json_object_set_new(batch->shown, "error_file_id", json_string(id));
    }
    hearth_batch_move(batch, state);
}

/* All of them */

/* The first that has something goes to the end of the list, so that all have their turn. */
static struct hearth_batch *next_in_turn(struct hearth_batches *all)
{
    struct hearth_batch **at = &all->first;
    while (*at && !hearth_batch_may_begin(*at))
        at = &(*at)->next;
    struct hearth_batch *batch = *at;
    if (!batch)
        return NULL;
    *at = batch->next;
    batch->next = NULL;
    for (at = &all->first; *at; at = &(*at)->next) {
    }
    *at = batch;
    return batch;
}

void hearth_batches_go_on(struct hearth_batches *all)
{
    struct hearth_batch *batch;
    for (struct hearth_batch *next = all->first; (batch = next) && !all->is_stopped;) {
        next = batch->next;
        hearth_batch_step(batch);
    }
    while (!all->is_stopped &&
           (int64_t)all->running_count < all->gateway->settings->batch_parallel &&
           (batch = next_in_turn(all)))
        hearth_batch_begin_next(batch);
}

static void on_tick(void *argument)
{
    struct hearth_batches *all = argument;
    if (!all->first)
        hearth_timer_stop(all->tick);
    for (struct hearth_batch *batch = all->first; batch; batch = batch->next)
        if (batch->is_dirty && !batch->is_saving)
            save(batch);
    hearth_batches_go_on(all);
}

bool hearth_batches_cancel(struct hearth_batches *all, const char *id)
{
    struct hearth_batch *batch = find(all, id);
    if (!batch || !hearth_batch_state_may_follow(batch->state, HEARTH_BATCH_CANCELLING))
        return batch && batch->state == HEARTH_BATCH_CANCELLING;
    hearth_batch_move(batch, HEARTH_BATCH_CANCELLING);
    hearth_batch_cancel_running(batch);
    hearth_batches_go_on(all);
    return true;
}

/* New ones */

struct adding {
    struct hearth_store_work work;
    struct hearth_batches *all;
    struct hearth_record record;
    struct hearth_record_bounds bounds;
    const char *input_file_id;
    json_t *shown;
    void (*on_added)(void *argument, json_t *shown, const struct hearth_error *error);
    void *argument;
    char id[32];
};

/* Clients cannot delete batches, so those that are over make room for new ones. */
static int write_new(struct hearth_store *store, struct hearth_store_work *work)
{
    const char *const over[] = {hearth_batch_state_name(HEARTH_BATCH_COMPLETED),
                                hearth_batch_state_name(HEARTH_BATCH_FAILED),
                                hearth_batch_state_name(HEARTH_BATCH_EXPIRED),
                                hearth_batch_state_name(HEARTH_BATCH_CANCELLED), NULL};
    const struct adding *adding = (struct adding *)work;
    struct hearth_record *file;
    int rc = hearth_store_record_get(store, HEARTH_KEPT_FILE, adding->input_file_id,
                                     adding->record.principal, work->arena, &file, &work->error);
    if (!rc && strcmp(file->label, "batch") != 0)
        rc = hearth_error_set(
            &work->error, HEARTH_EINVAL,
            "the file %.64s is for %.32s; a batch needs one whose purpose is batch",
            adding->input_file_id, file->label);
    return rc ? rc
              : hearth_record_room_create(store, &adding->record, &adding->bounds, over,
                                          &work->error);
}

static void after_new(struct hearth_store_work *work)
{
    struct adding *adding = (struct adding *)work;
    struct hearth_batches *all = adding->all;
    if (!work->rc && !all->is_stopped)
        adopt(all, &adding->record);
    adding->on_added(adding->argument, adding->shown, work->rc ? &work->error : NULL);
    if (!all->is_stopped)
        hearth_batches_go_on(all);
    hearth_store_work_free(work);
}

void hearth_batches_add(struct hearth_batches *all, const struct hearth_batch_order *order,
                        void (*on_added)(void *argument, json_t *shown,
                                         const struct hearth_error *error),
                        void *argument)
{
    struct adding *adding = hearth_store_work_create(sizeof(*adding), write_new, after_new);
    struct hearth_arena *arena = adding->work.arena;
    int64_t now_ms = hearth_clock_wall_ms();
    adding->all = all;
    adding->on_added = on_added;
    adding->argument = argument;
    hearth_record_id("batch_", adding->id);
    adding->shown = new_object(adding->id, order, now_ms);
    adding->input_file_id = hearth_arena_strdup(arena, order->input_file_id);
    adding->bounds.count_max = all->gateway->settings->batches_max;
    adding->record = (struct hearth_record){
        .kind = HEARTH_BATCH,
        .id = adding->id,
        .principal = order->principal,
        .label = "validating",
        .facts_json = hearth_kept_record_facts_text(adding->shown, arena),
        .created_ms = now_ms,
        .revision = 1,
    };
    hearth_store_work_start(all->gateway->store, &adding->work);
}

/* What the last server left */

struct recovery {
    struct hearth_store_work work;
    struct hearth_batches *all;
    struct hearth_record *records[4];
    size_t counts[4];
    int64_t limit;
};

static int read_left(struct hearth_store *store, struct hearth_store_work *work)
{
    static const char *const labels[] = {"validating", "in_progress", "finalizing", "cancelling"};
    struct recovery *recovery = (struct recovery *)work;
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof(labels) / sizeof(labels[0]); i++) {
        const struct hearth_record_filter filter = {
            .kind = HEARTH_BATCH, .label = labels[i], .ascending = true, .limit = recovery->limit};
        rc = hearth_store_record_list(store, &filter, work->arena, &recovery->records[i],
                                      &recovery->counts[i], &work->error);
    }
    return rc;
}

static void after_left(struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    struct hearth_batches *all = recovery->all;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "batch.not_recovered",
                   HEARTH_TEXT("reason", work->error.message));
    for (size_t i = 0; !work->rc && !all->is_stopped && i < 4; i++)
        for (size_t k = 0; k < recovery->counts[i]; k++)
            adopt(all, &recovery->records[i][k]);
    hearth_batches_go_on(all);
    hearth_store_work_free(work);
}

struct hearth_batches *hearth_batches_create(struct hearth_gateway *gateway,
                                             struct hearth_kept_files *files)
{
    struct hearth_batches *all = hearth_calloc(1, sizeof(*all));
    all->gateway = gateway;
    all->files = files;
    all->lane = hearth_lane_create(gateway->loop, "batch", 1, LANE_QUEUE_MAX);
    all->tick = hearth_timer_create(gateway->loop, on_tick, all);
    return all;
}

void hearth_batches_start(struct hearth_batches *all)
{
    struct recovery *recovery = hearth_store_work_create(sizeof(*recovery), read_left, after_left);
    recovery->all = all;
    recovery->limit = all->gateway->settings->batches_max;
    hearth_store_work_start(all->gateway->store, &recovery->work);
}

/* Results that wait for the lane are written before it ends. */
void hearth_batches_stop(struct hearth_batches *all)
{
    if (!all || all->is_stopped)
        return;
    all->is_stopped = true;
    hearth_timer_stop(all->tick);
    for (struct hearth_batch *batch = all->first; batch; batch = batch->next)
        hearth_batch_cancel_running(batch);
    hearth_lane_destroy(all->lane);
    all->lane = NULL;
}

void hearth_batches_destroy(struct hearth_batches *all)
{
    if (!all)
        return;
    while (all->first)
        free_batch(all->first);
    hearth_timer_destroy(all->tick);
    hearth_free(all);
}
