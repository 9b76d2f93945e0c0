#include "gateway/detached_call.h"

#include "base/error.h"
#include "gateway/call.h"
#include "gateway/gateway_state.h"
#include "gateway/router.h"

/* Host, origin and key were asked for when the client asked; whoever starts this says for whom. */
static int find_route(const struct hearth_gateway *gateway, struct hearth_exchange *exchange,
                      struct hearth_route_match *match, struct hearth_error *error)
{
    const struct hearth_request_head *head = hearth_exchange_head(exchange);
    char allow[HEARTH_ALLOW_MAX];
    int rc = hearth_router_find(gateway->routes, head->method, head->path,
                                hearth_exchange_arena(exchange), match, allow);
    if (!rc && match->route->kind == HEARTH_ROUTE_UPLOAD)
        rc = HEARTH_EMETHOD; /* its body does not come in one piece */
    return rc ? hearth_error_set(error, rc, "there is no %.32s %.200s", head->method, head->path)
              : 0;
}

int hearth_detached_call_start(
    struct hearth_gateway *gateway, const struct hearth_detached_call *request,
    void (*on_end)(void *argument, const struct hearth_answer_record *answer), void *argument,
    struct hearth_detached **ret_detached, struct hearth_error *error)
{
    const struct hearth_detached_head head = {
        .method = request->method ? request->method : "POST",
        .path = request->path,
        .query = request->query,
        .headers = request->headers,
        .header_count = request->header_count,
        .body_length = request->body_length,
    };
    struct hearth_detached *detached;
    struct hearth_route_match match = {0};
    int rc = hearth_detached_create(gateway->server, &head, request->answer_max, on_end, argument,
                                    &detached);
    if (rc)
        return hearth_error_set(error, rc, "no memory for a call without a client");
    rc = find_route(gateway, hearth_detached_exchange(detached), &match, error);
    if (rc) {
        hearth_detached_cancel(detached);
        return rc;
    }
    struct hearth_call *call =
        hearth_call_start(gateway, hearth_detached_exchange(detached), &match, request->principal);
    call->class_floor = request->class_;
    call->is_detached = true;
    call->progress = request->progress;
    *ret_detached = detached;
    hearth_detached_send(detached, request->body, request->body_length);
    return 0;
}
