/* Which calls do not run as they came: those with an Idempotency-Key, and those that are to be
 * answered later. */
#include "base/error.h"
#include "base/memory.h"
#include "deferred/callbacks.h"
#include "deferred/deferred.h"
#include "deferred/idempotency.h"
#include "deferred/kept_requests.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/pool.h"

#include <string.h>
#include <strings.h>

/* A call that waits for the store, or for the addresses of its callback. It is held; its exchange
 * is NULL once the client has gone. */
struct taking {
    struct hearth_call *call;
    char *callback_url;
    int rc;
    struct hearth_error error;
};

/* The request is kept all the same: its client has only lost the id. */
static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

static void end_taking(struct taking *taking)
{
    hearth_call_drop(taking->call);
    hearth_free(taking->callback_url);
    hearth_free(taking);
}

static void on_kept(void *argument, const struct hearth_record *record,
                    const struct hearth_error *error)
{
    struct taking *taking = argument;
    struct hearth_call *call = taking->call;
    if (call->exchange && error) {
        hearth_answer_error(call, error, NULL);
    } else if (call->exchange) {
        char location[64];
        snprintf(location, sizeof(location), "/requests/%s", record->id);
        hearth_exchange_set_header(call->exchange, "location", location);
        hearth_answer_json(call, 202,
                           hearth_kept_requests_json(call->gateway->deferred->requests, record));
    }
    end_taking(taking);
}

static void keep(struct taking *taking)
{
    const struct hearth_call *call = taking->call;
    const struct hearth_request_head *head = hearth_exchange_head(call->exchange);
    const struct hearth_kept_order order = {
        .path = head->path,
        .query = head->query,
        .headers = head->headers,
        .header_count = head->header_count,
        .body = call->body.bytes,
        .body_length = call->body.length,
        .principal = call->principal,
        .callback_url = taking->callback_url,
    };
    hearth_kept_requests_add(call->gateway->deferred->requests, &order, on_kept, taking);
}

static void refuse_callback(struct taking *taking)
{
    if (taking->call->exchange)
        hearth_answer_message(taking->call, HEARTH_EFIELDS, "callback_url", "callback_url %s",
                              taking->error.message);
    end_taking(taking);
}

static void resolve(void *argument)
{
    struct taking *taking = argument;
    taking->rc = hearth_callback_check_addresses(taking->call->gateway, taking->callback_url,
                                                 &taking->error);
}

static void resolved(void *argument, bool dropped)
{
    struct taking *taking = argument;
    if (!taking->call->exchange)
        end_taking(taking);
    else if (dropped)
        hearth_error_set(&taking->error, HEARTH_EDRAINING, "cannot be looked at: the server stops"),
            refuse_callback(taking);
    else if (taking->rc)
        refuse_callback(taking);
    else
        keep(taking);
}

static void check_callback(struct taking *taking)
{
    struct hearth_gateway *gateway = taking->call->gateway;
    if (hearth_callback_check(gateway, taking->callback_url, &taking->error)) {
        refuse_callback(taking);
        return;
    }
    /* The lane may have written its result before submit returns: it must not be written over. */
    int rc = hearth_lane_submit(gateway->lane, resolve, resolved, taking);
    if (rc) {
        hearth_answer_message(taking->call, rc, NULL, "too much work at once");
        end_taking(taking);
    }
}

static void defer(struct hearth_call *call, const char *callback_url)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct taking *taking = hearth_calloc(1, sizeof(*taking));
    hearth_call_hold(call);
    call->events = &events;
    taking->call = call;
    taking->callback_url = callback_url ? hearth_strdup(callback_url) : NULL;
    if (callback_url)
        check_callback(taking);
    else
        keep(taking);
}

static bool is_true(const char *text)
{
    return text && (strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* Only what computes can be answered later; a reader of the store has its answer at once. */
static bool take_async(struct hearth_call *call)
{
    const char *async = hearth_exchange_query(call->exchange, "async");
    const char *callback_url = hearth_exchange_query(call->exchange, "callback_url");
    if (call->route->scope != HEARTH_SCOPE_INFER || (!async && !callback_url))
        return false;
    if (is_true(async)) {
        defer(call, callback_url);
        return true;
    }
    if (async && strcasecmp(async, "false") != 0 && strcmp(async, "0") != 0)
        hearth_answer_message(call, HEARTH_EINVAL, "async",
                              "async is \"%.40s\"; it takes true or "
                              "false",
                              async);
    else if (callback_url)
        hearth_answer_message(call, HEARTH_EINVAL, "callback_url",
                              "callback_url is for requests with async=true");
    else
        return false;
    return true;
}

static bool creates(const struct hearth_call *call)
{
    return strcmp(call->route->method, "POST") == 0 &&
           (call->route->scope == HEARTH_SCOPE_INFER || call->route->scope == HEARTH_SCOPE_WRITE);
}

static void on_first(struct hearth_call *call)
{
    if (!take_async(call))
        hearth_call_handle(call);
}

bool hearth_deferred_takes(struct hearth_call *call)
{
    static const struct hearth_idempotency_events events = {.on_first = on_first};
    const char *key = hearth_exchange_header(call->exchange, HEARTH_IDEMPOTENCY_HEADER);
    if (!creates(call))
        return false;
    if (!key)
        return take_async(call);
    hearth_idempotency_take(call->gateway->deferred->idempotency, call, key, NULL, &events);
    return true;
}
