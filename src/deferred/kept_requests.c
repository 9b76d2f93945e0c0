/* The queue of kept requests and those that run; what is decided in the store is in kept_rows.c. */
#include "deferred/kept_requests.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/callbacks.h"
#include "deferred/kept_list.h"
#include "deferred/kept_record.h"
#include "deferred/kept_rows.h"
#include "domain/kept_state.h"
#include "gateway/call.h"
#include "gateway/detached_call.h"
#include "gateway/gateway_state.h"
#include "store/store_work.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20 };

struct hearth_kept_requests {
    struct hearth_gateway *gateway;
    struct hearth_callbacks *callbacks;
    struct hearth_kept_list waiting, running;
    int64_t running_count;
    bool is_stopped;
};

static void free_kept(struct hearth_kept *kept)
{
    json_decref(kept->facts);
    hearth_free(kept);
}

static void add_waiting(struct hearth_kept_requests *all, const char *id)
{
    struct hearth_kept *kept = hearth_calloc(1, sizeof(*kept));
    kept->all = all;
    snprintf(kept->id, sizeof(kept->id), "%s", id);
    hearth_kept_list_add(&all->waiting, kept);
}

static void run_more(struct hearth_kept_requests *all);

static void leave_running(struct hearth_kept *kept)
{
    struct hearth_kept_requests *all = kept->all;
    hearth_kept_list_take(&all->running, kept->id);
    all->running_count--;
    free_kept(kept);
    run_more(all);
}

/* The end: the answer goes into the record */

struct ending {
    struct hearth_store_work work;
    struct hearth_kept_requests *all;
    struct hearth_record record; /* its texts lie in the work's arena */
    struct hearth_buf body;
    bool is_late; /* somebody was faster: it was canceled */
    bool calls_back;
};

static int write_end(struct hearth_store *store, struct hearth_store_work *work)
{
    struct ending *ending = (struct ending *)work;
    int rc = hearth_store_record_update(store, &ending->record, &work->error);
    ending->is_late = rc == HEARTH_ECONFLICT || rc == HEARTH_ENOTFOUND;
    return rc;
}

static void after_end(struct hearth_store_work *work)
{
    struct ending *ending = (struct ending *)work;
    struct hearth_kept_requests *all = ending->all;
    if (work->rc && !ending->is_late)
        HEARTH_LOG(HEARTH_LOG_ERROR, "request.not_kept", HEARTH_TEXT("id", ending->record.id),
                   HEARTH_TEXT("reason", work->error.message));
    if (!work->rc && ending->calls_back && !all->is_stopped)
        hearth_callbacks_add(all->callbacks, ending->record.id,
                             hearth_kept_record_callback(&ending->record, work->arena),
                             ending->record.principal);
    hearth_buf_finish(&ending->body);
    hearth_store_work_free(work);
}

/* `body` is taken over. */
static void end_record(struct hearth_kept *kept, enum hearth_kept_state state,
                       struct hearth_buf *body)
{
    struct hearth_kept_requests *all = kept->all;
    int64_t now_ms = hearth_clock_wall_ms();
    struct ending *ending = hearth_store_work_create(sizeof(*ending), write_end, after_end);
    struct hearth_arena *arena = ending->work.arena;
    ending->all = all;
    ending->body = *body;
    hearth_buf_init(body, body->max);
    json_object_set_new(kept->facts, "ended_ms", json_integer(now_ms));
    ending->calls_back = json_object_get(kept->facts, "callback_url") != NULL;
    ending->record = (struct hearth_record){
        .kind = HEARTH_KEPT_REQUEST,
        .id = hearth_arena_strdup(arena, kept->id),
        .principal = kept->principal,
        .label = hearth_kept_state_name(state),
        .facts_json = hearth_kept_record_facts_text(kept->facts, arena),
        .body = ending->body.length ? ending->body.bytes : "",
        .body_length = ending->body.length,
        .size = (int64_t)ending->body.length,
        .created_ms = kept->created_ms,
        .expires_ms = now_ms + (int64_t)all->gateway->settings->async_keep,
        .revision = kept->revision,
    };
    hearth_store_work_start(all->gateway->store, &ending->work);
}

static void fail_record(struct hearth_kept *kept, int code, const char *message)
{
    struct hearth_buf nothing;
    hearth_buf_init(&nothing, 0);
    hearth_kept_record_set_error(kept->facts, code, message);
    end_record(kept, HEARTH_KEPT_FAILED, &nothing);
}

/* An error of the call is an answer like any other: it is kept with its status. */
static void on_answer(void *argument, const struct hearth_answer_record *answer)
{
    struct hearth_kept *kept = argument;
    kept->detached = NULL;
    if (answer->body.failed) {
        fail_record(kept, HEARTH_ETOOLARGE, "the answer is larger than what is kept of one");
    } else if (!answer->status || !answer->whole) {
        fail_record(kept, HEARTH_EINTERNAL, "the answer was broken off");
    } else {
        struct hearth_buf body;
        hearth_buf_init(&body, ANSWER_MAX);
        hearth_buf_append(&body, answer->body.bytes, answer->body.length);
        hearth_kept_record_set_answer(kept->facts, answer);
        end_record(kept, answer->status < 400 ? HEARTH_KEPT_SUCCEEDED : HEARTH_KEPT_FAILED, &body);
    }
    leave_running(kept);
}

/* The begin: the record is marked as running before anything runs, so that a server which is ended
 * by the request knows it afterwards */

struct beginning {
    struct hearth_store_work work;
    struct hearth_kept_requests *all;
    struct hearth_kept *kept;
    struct hearth_record *record;
    char id[HEARTH_KEPT_ID_SIZE];
    int64_t now_ms;
};

static int write_begin(struct hearth_store *store, struct hearth_store_work *work)
{
    struct beginning *beginning = (struct beginning *)work;
    return hearth_kept_row_begin(store, beginning->id, beginning->now_ms, work->arena,
                                 &beginning->record, &work->error);
}

static void run_begun(struct hearth_kept *kept, const struct hearth_record *record,
                      struct hearth_arena *arena)
{
    struct hearth_gateway *gateway = kept->all->gateway;
    struct hearth_error error;
    kept->facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    kept->principal = hearth_kept_record_principal(record->principal);
    kept->created_ms = record->created_ms;
    kept->revision = record->revision;
    kept->size = record->size;
    struct hearth_detached_call call = {
        .path = hearth_json_text(kept->facts, "path", "/"),
        .query = hearth_json_text(kept->facts, "query", ""),
        .body = record->body,
        .body_length = record->body_length,
        .principal = kept->principal,
        .class_ = strcmp(gateway->settings->async_class, "batch") == 0 ? HEARTH_CLASS_BATCH
                                                                       : HEARTH_CLASS_NORMAL,
        .progress = &kept->progress,
        .answer_max = ANSWER_MAX,
    };
    call.headers = hearth_kept_record_headers(kept->facts, kept->id, arena, &call.header_count);
    if (!hearth_detached_call_start(gateway, &call, on_answer, kept, &kept->detached, &error))
        return;
    fail_record(kept, error.code, error.message);
    leave_running(kept);
}

/* It counts as running since it was taken from the queue. One that was canceled meanwhile is not in
 * the queue of the store any more. */
static void after_begin(struct hearth_store_work *work)
{
    struct beginning *beginning = (struct beginning *)work;
    struct hearth_kept *kept = beginning->kept;
    struct hearth_kept_requests *all = beginning->all;
    if (all->is_stopped) {
        /* The record says that it was running: the next server runs it once more. */
    } else if (work->rc) {
        if (work->rc != HEARTH_ECONFLICT && work->rc != HEARTH_ENOTFOUND)
            HEARTH_LOG(HEARTH_LOG_ERROR, "request.not_begun", HEARTH_TEXT("id", kept->id),
                       HEARTH_TEXT("reason", work->error.message));
        leave_running(kept);
    } else {
        run_begun(kept, beginning->record, work->arena);
    }
    hearth_store_work_free(work);
}

static void begin(struct hearth_kept_requests *all, struct hearth_kept *kept)
{
    struct beginning *beginning =
        hearth_store_work_create(sizeof(*beginning), write_begin, after_begin);
    beginning->all = all;
    beginning->kept = kept;
    beginning->now_ms = hearth_clock_wall_ms();
    memcpy(beginning->id, kept->id, sizeof(kept->id));
    hearth_kept_list_add(&all->running, kept);
    all->running_count++;
    hearth_store_work_start(all->gateway->store, &beginning->work);
}

static void run_more(struct hearth_kept_requests *all)
{
    while (!all->is_stopped && all->waiting.first &&
           all->running_count < all->gateway->settings->async_parallel)
        begin(all, hearth_kept_list_take_first(&all->waiting));
}

/* New ones */

struct adding {
    struct hearth_store_work work;
    struct hearth_kept_requests *all;
    struct hearth_record record;
    struct hearth_record_bounds bounds;
    struct hearth_buf body;
    void (*on_kept)(void *argument, const struct hearth_record *record,
                    const struct hearth_error *error);
    void *argument;
    char id[HEARTH_KEPT_ID_SIZE];
};

static int write_new(struct hearth_store *store, struct hearth_store_work *work)
{
    struct adding *adding = (struct adding *)work;
    return hearth_store_record_create(store, &adding->record, &adding->bounds, &work->error);
}

static void after_new(struct hearth_store_work *work)
{
    struct adding *adding = (struct adding *)work;
    struct hearth_kept_requests *all = adding->all;
    if (!work->rc && !all->is_stopped)
        add_waiting(all, adding->id);
    adding->on_kept(adding->argument, &adding->record, work->rc ? &work->error : NULL);
    if (!all->is_stopped)
        run_more(all);
    hearth_buf_finish(&adding->body);
    hearth_store_work_free(work);
}

void hearth_kept_requests_add(struct hearth_kept_requests *all,
                              const struct hearth_kept_order *order,
                              void (*on_kept)(void *argument, const struct hearth_record *record,
                                              const struct hearth_error *error),
                              void *argument)
{
    const struct hearth_settings *settings = all->gateway->settings;
    struct adding *adding = hearth_store_work_create(sizeof(*adding), write_new, after_new);
    adding->all = all;
    adding->on_kept = on_kept;
    adding->argument = argument;
    hearth_record_id("areq_", adding->id);
    hearth_buf_init(&adding->body, order->body_length);
    hearth_buf_append(&adding->body, order->body, order->body_length);
    adding->bounds = (struct hearth_record_bounds){.count_max = settings->async_requests_max,
                                                   .size_max = (int64_t)settings->async_bytes_max};
    adding->record = (struct hearth_record){
        .kind = HEARTH_KEPT_REQUEST,
        .id = adding->id,
        .principal = order->principal,
        .label = hearth_kept_state_name(HEARTH_KEPT_QUEUED),
        .facts_json = hearth_kept_record_facts(order, adding->work.arena),
        .body = adding->body.bytes,
        .body_length = adding->body.length,
        .size = (int64_t)adding->body.length,
        .created_ms = hearth_clock_wall_ms(),
        .revision = 1,
    };
    hearth_store_work_start(all->gateway->store, &adding->work);
}

/* What the last server left */

struct recovery {
    struct hearth_store_work work;
    struct hearth_kept_requests *all;
    struct hearth_record *records;
    size_t count;
    int64_t limit, now_ms, expires_ms;
};

static int read_left(struct hearth_store *store, struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    const struct hearth_kept_rows_left left = {
        .limit = recovery->limit, .now_ms = recovery->now_ms, .expires_ms = recovery->expires_ms};
    return hearth_kept_rows_recover(store, &left, work->arena, &recovery->records, &recovery->count,
                                    &work->error);
}

static void after_left(struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    struct hearth_kept_requests *all = recovery->all;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "request.not_recovered",
                   HEARTH_TEXT("reason", work->error.message));
    for (size_t i = 0; !work->rc && !all->is_stopped && i < recovery->count; i++)
        add_waiting(all, recovery->records[i].id);
    run_more(all);
    hearth_store_work_free(work);
}

void hearth_kept_requests_start(struct hearth_kept_requests *all)
{
    const struct hearth_settings *settings = all->gateway->settings;
    struct recovery *recovery = hearth_store_work_create(sizeof(*recovery), read_left, after_left);
    recovery->all = all;
    recovery->limit = settings->async_requests_max;
    recovery->now_ms = hearth_clock_wall_ms();
    recovery->expires_ms = recovery->now_ms + (int64_t)settings->async_keep;
    hearth_store_work_start(all->gateway->store, &recovery->work);
}

/* Cancels and stops */

void hearth_kept_requests_forget(struct hearth_kept_requests *all, const char *id)
{
    struct hearth_kept *waiting = hearth_kept_list_take(&all->waiting, id);
    if (waiting)
        free_kept(waiting);
    for (struct hearth_kept *kept = all->running.first; kept; kept = kept->next) {
        if (strcmp(kept->id, id) != 0 || !kept->detached)
            continue;
        hearth_detached_cancel(kept->detached);
        leave_running(kept);
        return;
    }
}

struct hearth_kept_requests *hearth_kept_requests_create(struct hearth_gateway *gateway,
                                                         struct hearth_callbacks *callbacks)
{
    struct hearth_kept_requests *all = hearth_calloc(1, sizeof(*all));
    all->gateway = gateway;
    all->callbacks = callbacks;
    hearth_kept_list_init(&all->waiting);
    hearth_kept_list_init(&all->running);
    return all;
}

/* A stop that was asked for is no fault of the request's: it goes back as it came. */
struct returning {
    struct hearth_store_work work;
    struct hearth_record record;
};

static int write_back(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct returning *returning = (struct returning *)work;
    return hearth_store_record_update(store, &returning->record, &work->error);
}

static void give_back(struct hearth_kept *kept)
{
    struct returning *returning =
        hearth_store_work_create(sizeof(*returning), write_back, hearth_store_work_free);
    struct hearth_arena *arena = returning->work.arena;
    int64_t attempts = hearth_json_integer(kept->facts, "attempts", 1);
    json_object_set_new(kept->facts, "attempts", json_integer(attempts - 1));
    returning->record = (struct hearth_record){
        .kind = HEARTH_KEPT_REQUEST,
        .id = hearth_arena_strdup(arena, kept->id),
        .principal = kept->principal,
        .label = hearth_kept_state_name(HEARTH_KEPT_QUEUED),
        .facts_json = hearth_kept_record_facts_text(kept->facts, arena),
        .size = kept->size,
        .created_ms = kept->created_ms,
        .revision = kept->revision,
    };
    hearth_store_work_start(kept->all->gateway->store, &returning->work);
}

void hearth_kept_requests_stop(struct hearth_kept_requests *all)
{
    if (!all || all->is_stopped)
        return;
    all->is_stopped = true;
    for (struct hearth_kept *kept = all->running.first; kept; kept = kept->next) {
        if (!kept->detached)
            continue;
        hearth_detached_cancel(kept->detached);
        kept->detached = NULL;
        give_back(kept);
    }
}

void hearth_kept_requests_destroy(struct hearth_kept_requests *all)
{
    if (!all)
        return;
    struct hearth_kept_list *const lists[] = {&all->waiting, &all->running};
    for (int i = 0; i < 2; i++)
        for (struct hearth_kept *kept = lists[i]->first, *next; kept; kept = next) {
            next = kept->next;
            free_kept(kept);
        }
    hearth_free(all);
}

/* What clients see */

static json_t *position_of(const struct hearth_kept_requests *all, const char *id)
{
    json_int_t position = 1;
    for (const struct hearth_kept *kept = all->waiting.first; kept; kept = kept->next, position++)
        if (strcmp(kept->id, id) == 0)
            return json_integer(position);
    return json_null();
}

/* Tokens only of what generates; how many there may be only where that is known. */
static json_t *progress_json(const struct hearth_kept *kept)
{
    const struct hearth_call_progress *progress = &kept->progress;
    json_t *tokens = progress->generates ? json_integer((json_int_t)progress->tokens) : NULL;
    json_t *most = progress->tokens_max ? json_integer((json_int_t)progress->tokens_max) : NULL;
    return json_pack("{s:I, s:o?, s:o?}", "answer_bytes",
                     (json_int_t)hearth_detached_received(kept->detached), "tokens", tokens,
                     "tokens_max", most);
}

static json_t *progress_of(const struct hearth_kept_requests *all, const char *id)
{
    for (const struct hearth_kept *kept = all->running.first; kept; kept = kept->next)
        if (strcmp(kept->id, id) == 0 && kept->detached)
            return progress_json(kept);
    return json_null();
}

json_t *hearth_kept_requests_json(const struct hearth_kept_requests *all,
                                  const struct hearth_record *record)
{
    json_t *shown = hearth_kept_record_json(record);
    json_object_set_new(shown, "position", position_of(all, record->id));
    json_object_set_new(shown, "progress", progress_of(all, record->id));
    return shown;
}
