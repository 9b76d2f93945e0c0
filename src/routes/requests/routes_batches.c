/* /v1/batches, as OpenAI has them. */
#include "base/error.h"
#include "base/memory.h"
#include "deferred/batches.h"
#include "deferred/deferred.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/record_call.h"
#include "routes/requests/requests_routes.gen.h"

enum { PAGE_DEFAULT = 20, PAGE_MAX = 100 };

/* The batch is made all the same when its client has gone. */
static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

static void on_added(void *argument, json_t *shown, const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    const struct hearth_error_detail detail = {.param = "input_file_id"};
    if (call->exchange && error)
        hearth_answer_error(call, error, error->code == HEARTH_EQUEUEFULL ? NULL : &detail);
    else if (call->exchange)
        hearth_answer_json(call, 200, json_incref(shown));
    json_decref(shown);
    hearth_call_drop(call);
}

void hearth_route_batches_create(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    const json_t *metadata = json_object_get(call->json, "metadata");
    const struct hearth_batch_order order = {
        .input_file_id = hearth_json_text(call->json, "input_file_id", ""),
        .endpoint = hearth_json_text(call->json, "endpoint", ""),
        .window = hearth_json_text(call->json, "completion_window", "24h"),
        .principal = call->principal,
        .metadata = json_is_object(metadata) ? metadata : NULL,
    };
    hearth_call_hold(call);
    call->events = &events;
    hearth_batches_add(call->gateway->deferred->batches, &order, on_added, call);
}

static json_t *show(const struct hearth_record_call *record_call,
                    const struct hearth_record *record)
{
    return hearth_batches_json(record_call->call->gateway->deferred->batches, record);
}

static int read_list(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    const struct hearth_record_filter filter = {
        .kind = HEARTH_BATCH,
        .principal = record_call->principal,
        .after = record_call->after,
        .limit = record_call->limit + 1,
    };
    return hearth_store_record_list(store, &filter, work->arena, &record_call->records,
                                    &record_call->count, &work->error);
}

static void answer_list(struct hearth_record_call *record_call)
{
    hearth_answer_json(record_call->call, 200, hearth_record_call_list(record_call, show));
}

void hearth_route_batches_list(struct hearth_call *call)
{
    struct hearth_record_call *record_call = hearth_record_call_create(call, read_list);
    record_call->on_done = answer_list;
    if (hearth_record_call_page(record_call, PAGE_DEFAULT, PAGE_MAX))
        hearth_record_call_start(record_call);
}

static int read_one(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    return hearth_store_record_get(store, HEARTH_BATCH, record_call->id, record_call->principal,
                                   work->arena, &record_call->record, &work->error);
}

static void answer_one(struct hearth_record_call *record_call)
{
    hearth_answer_json(record_call->call, 200, show(record_call, record_call->record));
}

void hearth_route_batches_show(struct hearth_call *call)
{
    struct hearth_record_call *record_call = hearth_record_call_create(call, read_one);
    record_call->on_done = answer_one;
    hearth_record_call_start(record_call);
}

/* That it is the client's own, the store has said. */
static void cancel(struct hearth_record_call *record_call)
{
    struct hearth_call *call = record_call->call;
    if (hearth_batches_cancel(call->gateway->deferred->batches, record_call->id))
        answer_one(record_call);
    else
        hearth_answer_message(call, HEARTH_ECONFLICT, NULL,
                              "the batch is %s: there is nothing to cancel",
                              record_call->record->label);
}

void hearth_route_batches_cancel(struct hearth_call *call)
{
    struct hearth_record_call *record_call = hearth_record_call_create(call, read_one);
    record_call->on_done = cancel;
    hearth_record_call_start(record_call);
}
