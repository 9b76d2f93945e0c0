/* /requests: what became of asynchronous requests. */
#include "base/error.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "deferred/kept_requests.h"
#include "deferred/kept_rows.h"
#include "domain/kept_state.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/record_call.h"
#include "routes/requests/requests_routes.gen.h"

#include <string.h>

static json_t *show(const struct hearth_record_call *record_call,
                    const struct hearth_record *record)
{
    return hearth_kept_requests_json(record_call->call->gateway->deferred->requests, record);
}

static const struct hearth_record_view view = {
    .kind = HEARTH_KEPT_REQUEST, .show = show, .page_default = 20, .page_max = 100};

void hearth_route_requests_list(struct hearth_call *call)
{
    const char *status = hearth_exchange_query(call->exchange, "status");
    int state = status ? hearth_kept_state_parse(status) : 0;
    if (state < 0) {
        hearth_answer_message(call, HEARTH_EINVAL, "status",
                              "status is \"%.40s\"; it takes queued, running, succeeded, failed or "
                              "canceled",
                              status);
        return;
    }
    hearth_record_call_list(call, &view,
                            status ? hearth_kept_state_name((enum hearth_kept_state)state) : NULL);
}

void hearth_route_requests_show(struct hearth_call *call)
{
    struct hearth_record_call *record_call =
        hearth_record_call_create(call, &view, hearth_record_call_read);
    record_call->on_done = hearth_record_call_show;
    hearth_record_call_start(record_call);
}

/* The answer as it was given: its status, its headers, its bytes. */
static void replay(struct hearth_call *call, const struct hearth_record *record,
                   const json_t *answer)
{
    const char *type = hearth_json_text(answer, "type", "");
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(answer, "headers"), name, value)
    {
        hearth_exchange_set_header(call->exchange, name, json_string_value(value));
    }
    hearth_answer_bytes(call, (int)hearth_json_integer(answer, "status", 200), *type ? type : NULL,
                        record->body ? record->body : "", record->body_length);
}

/* Without an answer: not yet, or never. */
static void refuse_result(struct hearth_call *call, const struct hearth_record *record,
                          const json_t *facts)
{
    static const struct hearth_error_detail later = {.retry_after_ms = 1000};
    struct hearth_error error;
    int state = hearth_kept_state_parse(record->label);
    const json_t *fault = json_object_get(facts, "error");
    const char *message = hearth_json_text(fault, "message", "it has no answer");
    const struct hearth_error_row *row =
        hearth_error_row_by_code(hearth_json_text(fault, "code", ""));
    if (state == HEARTH_KEPT_FAILED)
        hearth_error_set(&error, row ? row->number : HEARTH_EINTERNAL, "the request failed: %s",
                         message);
    else if (state == HEARTH_KEPT_CANCELED)
        hearth_error_set(&error, HEARTH_ECONFLICT, "the request was canceled: it has no answer");
    else
        hearth_error_set(&error, HEARTH_EINUSE, "the request is %s: it has no answer yet",
                         record->label);
    hearth_answer_error(call, &error, error.code == HEARTH_EINUSE ? &later : NULL);
}

static void answer_result(struct hearth_record_call *record_call)
{
    const struct hearth_record *record = record_call->record;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    const json_t *answer = json_object_get(facts, "answer");
    if (answer)
        replay(record_call->call, record, answer);
    else
        refuse_result(record_call->call, record, facts);
    json_decref(facts);
}

void hearth_route_requests_result(struct hearth_call *call)
{
    struct hearth_record_call *record_call =
        hearth_record_call_create(call, &view, hearth_record_call_read);
    record_call->on_done = answer_result;
    hearth_record_call_start(record_call);
}

static int cancel(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    return hearth_kept_row_cancel(store, record_call->id, record_call->principal,
                                  record_call->now_ms, record_call->limit, work->arena,
                                  &record_call->flag, &work->error);
}

static void forget(struct hearth_record_call *record_call)
{
    if (record_call->flag)
        hearth_kept_requests_forget(record_call->call->gateway->deferred->requests,
                                    record_call->id);
}

static void answer_cancel(struct hearth_record_call *record_call)
{
    hearth_answer_json(record_call->call, 200,
                       json_pack("{s:s, s:s, s:s, s:b}", "id", record_call->id, "object", "request",
                                 "status", record_call->flag ? "canceled" : "deleted", "deleted",
                                 !record_call->flag));
}

/* What is still to be done is canceled; what is over is deleted. */
void hearth_route_requests_cancel(struct hearth_call *call)
{
    struct hearth_record_call *record_call = hearth_record_call_create(call, &view, cancel);
    record_call->limit = (int64_t)call->gateway->settings->async_keep;
    record_call->on_always = forget;
    record_call->on_done = answer_cancel;
    hearth_record_call_start(record_call);
}
