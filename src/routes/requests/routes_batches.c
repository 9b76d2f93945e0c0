/* /v1/batches, as OpenAI has them. */
#include "base/error.h"
#include "base/memory.h"
#include "deferred/batches.h"
#include "deferred/deferred.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/record_call.h"
#include "routes/requests/requests_routes.gen.h"

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

static const struct hearth_record_view view = {
    .kind = HEARTH_BATCH, .show = show, .page_default = 20, .page_max = 100};

void hearth_route_batches_list(struct hearth_call *call)
{
    hearth_record_call_list(call, &view, NULL);
}

void hearth_route_batches_show(struct hearth_call *call)
{
    struct hearth_record_call *record_call =
        hearth_record_call_create(call, &view, hearth_record_call_read);
    record_call->on_done = hearth_record_call_show;
    hearth_record_call_start(record_call);
}

/* That it is the client's own, the store has said. */
static void cancel(struct hearth_record_call *record_call)
{
    struct hearth_call *call = record_call->call;
    if (hearth_batches_cancel(call->gateway->deferred->batches, record_call->id))
        hearth_record_call_show(record_call);
    else
        hearth_answer_message(call, HEARTH_ECONFLICT, NULL,
                              "the batch is %s: there is nothing to cancel",
                              record_call->record->label);
}

void hearth_route_batches_cancel(struct hearth_call *call)
{
    struct hearth_record_call *record_call =
        hearth_record_call_create(call, &view, hearth_record_call_read);
    record_call->on_done = cancel;
    hearth_record_call_start(record_call);
}
