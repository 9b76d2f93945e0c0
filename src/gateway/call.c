#include "gateway/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "gateway/time_limit.h"
#include "loop/pool.h"

#include <assert.h>
#include <string.h>

enum {
    PARSE_ON_LOOP_MAX = 256 << 10, /* a larger body is parsed on the pool */
    FAULTS_MAX = 1 << 20,
    NESTING_MAX = 256, /* deeper than any body that a schema allows */
};

void hearth_call_hold(struct hearth_call *call)
{
    call->holds++;
}

void hearth_call_drop(struct hearth_call *call)
{
    assert(call->holds > 0);
    if (--call->holds)
        return;
    hearth_call_forget_body(call);
    hearth_free(call);
}

static void free_json(void *argument)
{
    json_decref(argument);
}

static void freed_json(void *argument, bool dropped)
{
    if (dropped)
        json_decref(argument);
}

void hearth_call_forget_body(struct hearth_call *call)
{
    hearth_buf_finish(&call->body);
    json_t *json = call->json;
    call->json = NULL;
    /* A million little values take as long to free as they took to read. */
    if (!call->is_large || call->gateway->draining || !json ||
        hearth_lane_submit(call->gateway->lane, free_json, freed_json, json))
        json_decref(json);
}

struct hearth_arena *hearth_call_arena(struct hearth_call *call)
{
    return hearth_exchange_arena(call->exchange);
}

bool hearth_call_is_openai(const struct hearth_call *call)
{
    return strncmp(call->route->path, "/v1/", 4) == 0;
}

void hearth_call_end(struct hearth_call *call, int status)
{
    uint64_t took_us = hearth_clock_monotonic_ns() / 1000 - call->started_us;
    hearth_metrics_request(call->gateway->metrics, call->route->name, call->model, status, took_us);
    call->exchange = NULL;
    call->events = NULL;
    hearth_call_drop(call);
}

/* `faults` live in the arena. */
static bool is_valid(const struct hearth_call *call, struct hearth_arena *arena,
                     struct hearth_schema_faults *faults)
{
    return !call->route->request ||
           !hearth_schema_check(call->route->request, call->json, arena, faults);
}

/* The body is checked. */
static void handle(struct hearth_call *call)
{
    if (call->route->scope != HEARTH_SCOPE_INFER || !hearth_time_limit_read(call))
        call->route->handle(call);
}

static void run_route(struct hearth_call *call)
{
    struct hearth_schema_faults faults;
    if (is_valid(call, hearth_call_arena(call), &faults))
        handle(call);
    else
        hearth_answer_faults(call, &faults);
}

/* jansson recurses: a bound on nesting before it is asked keeps its stack small. */
static bool is_too_deep(const char *text, size_t length)
{
    unsigned depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > NESTING_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    return false;
}

static int parse(struct hearth_call *call, struct hearth_error *error)
{
    if (call->body.length == 0)
        return hearth_error_set(error, HEARTH_EPARSE, "the body is empty, JSON is expected");
    if (is_too_deep(call->body.bytes, call->body.length))
        return hearth_error_set(error, HEARTH_EPARSE, "JSON, nested deeper than %d levels",
                                NESTING_MAX);
    call->json = hearth_json_parse(call->body.bytes, call->body.length, error);
    return call->json ? 0 : error->code;
}

/* A large body on the pool: parsed and checked there, and its JSON freed there in the end. */
struct parsing {
    struct hearth_call *call;
    struct hearth_arena *arena;
    struct hearth_schema_faults faults;
    bool is_valid;
    int rc;
    struct hearth_error error;
};

static void parse_on_lane(void *argument)
{
    struct parsing *parsing = argument;
    parsing->rc = parse(parsing->call, &parsing->error);
    parsing->is_valid = !parsing->rc && is_valid(parsing->call, parsing->arena, &parsing->faults);
}

static void parsed_on_lane(void *argument, bool dropped)
{
    struct parsing *parsing = argument;
    struct hearth_call *call = parsing->call;
    call->is_large = true;
    hearth_buf_finish(&call->body);
    if (dropped && !parsing->rc)
        parsing->rc = hearth_error_set(&parsing->error, HEARTH_EDRAINING, "the server stops");
    if (call->exchange && parsing->rc)
        hearth_answer_error(call, &parsing->error, NULL);
    else if (call->exchange && !parsing->is_valid)
        hearth_answer_faults(call, &parsing->faults);
    else if (call->exchange)
        handle(call);
    hearth_call_drop(call);
    hearth_arena_destroy(parsing->arena);
    hearth_free(parsing);
}

static void parse_elsewhere(struct hearth_call *call)
{
    struct parsing *parsing = hearth_calloc(1, sizeof(*parsing));
    parsing->call = call;
    parsing->arena = hearth_arena_create(FAULTS_MAX);
    hearth_call_hold(call);
    int rc = hearth_lane_submit(call->gateway->lane, parse_on_lane, parsed_on_lane, parsing);
    if (!rc)
        return;
    hearth_arena_destroy(parsing->arena);
    hearth_free(parsing);
    hearth_answer_message(call, rc, NULL, "too many large requests at once");
    hearth_call_drop(call);
}

static void on_body(void *handler_state, struct hearth_exchange *exchange, const char *bytes,
                    size_t length)
{
    (void)exchange;
    struct hearth_call *call = handler_state;
    hearth_buf_append(&call->body, bytes, length); /* a failure is seen at the end */
}

static void on_end(void *handler_state, struct hearth_exchange *exchange)
{
    (void)exchange;
    struct hearth_call *call = handler_state;
    struct hearth_error error;
    if (call->body.failed) {
        hearth_answer_message(call, call->body.failed, NULL, "the body is over the limit");
    } else if (!call->route->request) {
        run_route(call);
    } else if (call->body.length > PARSE_ON_LOOP_MAX) {
        parse_elsewhere(call);
    } else if (parse(call, &error)) {
        hearth_answer_error(call, &error, NULL);
    } else {
        hearth_buf_finish(&call->body);
        run_route(call);
    }
}

static void on_abort(void *handler_state, struct hearth_exchange *exchange, int reason)
{
    (void)exchange;
    struct hearth_call *call = handler_state;
    if (call->events && call->events->on_gone)
        call->events->on_gone(call, reason);
    hearth_call_end(call, hearth_error_row(reason)->http_status);
}

static void on_writable(void *handler_state, struct hearth_exchange *exchange)
{
    (void)exchange;
    struct hearth_call *call = handler_state;
    if (call->events && call->events->on_writable)
        call->events->on_writable(call);
}

void hearth_call_start(struct hearth_gateway *gateway, struct hearth_exchange *exchange,
                       const struct hearth_route_match *match, const char *principal)
{
    static const struct hearth_handler handler = {
        .on_body = on_body, .on_end = on_end, .on_abort = on_abort, .on_writable = on_writable};
    struct hearth_call *call = hearth_calloc(1, sizeof(*call));
    *call = (struct hearth_call){
        .gateway = gateway,
        .exchange = exchange,
        .route = match->route,
        .principal = principal,
        .started_us = hearth_clock_monotonic_ns() / 1000,
        .holds = 1,
    };
    memcpy(call->params, match->params, sizeof(call->params));
    uint64_t limit = match->route->body_max;
    if (limit == HEARTH_BODY_DEFAULT)
        limit = gateway->settings->body_bytes_max;
    hearth_buf_init(&call->body, (size_t)limit);
    hearth_exchange_handle(exchange, &handler, call, limit);
}
