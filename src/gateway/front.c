/* From a head to a call, or to an error; and the line of the access log. */
#include "gateway/front.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/guard.h"
#include "gateway/metrics.h"
#include "gateway/router.h"

#include <string.h>

/* Counts a request that never became a call. */
static void refuse(struct hearth_gateway *gateway, struct hearth_exchange *exchange,
                   const struct hearth_error *error)
{
    hearth_metrics_request(gateway->metrics, "none", NULL,
                           hearth_error_row(error->code)->http_status, 0);
    const struct hearth_error_detail detail = {
        .openai_code = error->code == HEARTH_EAUTH ? "invalid_api_key" : NULL};
    const char *path = hearth_exchange_head(exchange)->path;
    hearth_answer_refuse(exchange, hearth_router_errors(gateway->routes, path), error, &detail);
}

/* Bodies are JSON, but for uploads. A missing or a form's type is let through, because tools that
 * send JSON often say nothing else; what cannot be JSON is refused early. */
static int check_media(const struct hearth_route *route, struct hearth_exchange *exchange,
                       struct hearth_error *error)
{
    const char *type = hearth_exchange_header(exchange, "content-type");
    const char *encoding = hearth_exchange_header(exchange, "content-encoding");
    if (type && strncmp(type, "multipart/", 10) == 0 && route->kind != HEARTH_ROUTE_UPLOAD)
        return hearth_error_set(
            error, HEARTH_EMEDIA,
            "Content-Type %.100s is not allowed here; allowed: application/json", type);
    if (encoding && strcmp(encoding, "identity") != 0)
        return hearth_error_set(error, HEARTH_EMEDIA,
                                "Content-Encoding %.100s is not allowed here; allowed: identity",
                                encoding);
    return 0;
}

/* RFC 9110 15.5.6: a 405 must name what is allowed. */
static int find(const struct hearth_gateway *gateway, struct hearth_exchange *exchange,
                struct hearth_route_match *match, struct hearth_error *error)
{
    const struct hearth_request_head *head = hearth_exchange_head(exchange);
    char allow[HEARTH_ALLOW_MAX];
    int rc = hearth_router_find(gateway->routes, head->method, head->path,
                                hearth_exchange_arena(exchange), match, allow);
    if (rc == HEARTH_EMETHOD) {
        hearth_exchange_set_header(exchange, "allow", allow);
        return hearth_error_set(error, rc, "%.32s is not allowed at %.200s; allowed: %s",
                                head->method, head->path, allow);
    }
    return rc ? hearth_error_set(error, rc, "there is nothing at %.200s; /docs lists what there is",
                                 head->path)
              : 0;
}

/* The order is that of trust: a page of a foreign site learns nothing at all, then the key, and
 * only then whether there is such a route. A preflight carries no key by its nature, so it is
 * answered before the key is asked for. */
static void route(void *argument, struct hearth_exchange *exchange)
{
    struct hearth_gateway *gateway = argument;
    struct hearth_route_match match = {0};
    struct hearth_error error;
    const char *principal = "";
    bool preflight;
    if (hearth_guard_origin(gateway->settings, exchange, &preflight, &error)) {
        refuse(gateway, exchange, &error);
        return;
    }
    if (preflight) {
        hearth_exchange_answer(exchange, 204, NULL, NULL, 0);
        return;
    }
    int unknown = find(gateway, exchange, &match, &error);
    struct hearth_error denied;
    bool open = !unknown && match.route->scope == HEARTH_SCOPE_OPEN;
    /* Without a key nobody learns which paths there are. */
    if (!open && hearth_guard_key(gateway->settings, exchange, &principal, &denied))
        refuse(gateway, exchange, &denied);
    else if (unknown || (match.route->request && check_media(match.route, exchange, &error)))
        refuse(gateway, exchange, &error);
    else
        hearth_call_start(gateway, exchange, &match, principal);
}

/* Written after every exchange, also those that never became a call. The path is logged without its
 * query, which may hold what a person typed. */
static void on_finished(void *argument, struct hearth_exchange *exchange, int status,
                        uint64_t bytes_sent)
{
    const struct hearth_gateway *gateway = argument;
    enum hearth_log_level level =
        gateway->settings->access_log ? HEARTH_LOG_INFO : HEARTH_LOG_DEBUG;
    if (!hearth_log_wanted(level))
        return;
    const struct hearth_request_head *head = hearth_exchange_head(exchange);
    HEARTH_LOG(level, "request", HEARTH_TEXT("request_id", hearth_exchange_id(exchange)),
               HEARTH_TEXT("method", head->method), HEARTH_TEXT("path", head->path),
               HEARTH_INT("status", status), HEARTH_INT("bytes", bytes_sent),
               HEARTH_INT("ms", hearth_clock_monotonic_ms() - hearth_exchange_started_ms(exchange)),
               HEARTH_TEXT("peer", head->peer),
               HEARTH_TEXT("traceparent", hearth_exchange_header(exchange, "traceparent")));
}

/* The server's own errors (limits, malformed requests) in the shape of the API that the path
 * belongs to. */
static bool render_error(void *argument, struct hearth_exchange *exchange, int code,
                         const char *detail, struct hearth_buf *ret_body)
{
    const struct hearth_gateway *gateway = argument;
    struct hearth_error error;
    hearth_error_set(&error, code, "%s", detail ? detail : "");
    enum hearth_error_shape shape =
        hearth_router_errors(gateway->routes, hearth_exchange_head(exchange)->path);
    hearth_answer_name(exchange, shape);
    hearth_error_write(ret_body, shape, hearth_exchange_id(exchange), &error, NULL);
    return true;
}

void hearth_front_attach(struct hearth_gateway *gateway, struct hearth_server_options *options)
{
    options->route = route;
    options->on_finished = on_finished;
    options->render_error = render_error;
    options->argument = gateway;
}
