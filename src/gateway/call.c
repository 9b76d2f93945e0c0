/* The life of a call: gathering its body, parsing it here or on the pool, running the handler, and
 * who frees what. */
#include "gateway/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "gateway/answers.h"
#include "gateway/body_room.h"
#include "gateway/gateway_state.h"
#include "gateway/ignored_keys.h"
#include "gateway/metrics.h"
#include "gateway/time_limit.h"
#include "loop/pool.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum {
    PARSE_ON_LOOP_MAX = 256 << 10, /* a larger body is parsed on the pool */
    FAULTS_MAX = 1 << 20,
    BUSY_RETRY_MS = 1000,
    FORM_ROOM = 64 << 10, /* what stands around a file that is uploaded */
};

void hearth_call_hold(struct hearth_call *call)
{
    call->holds++;
}

/* The first hold is the call's own and is dropped by hearth_call_end. */
void hearth_call_drop(struct hearth_call *call)
{
    assert(call->holds > 0);
    if (--call->holds)
        return;
    hearth_call_forget_body(call);
    hearth_metrics_release(call->gateway->metrics, call->model);
    hearth_free(call);
}

/* A million little values take as long to free as they took to read. */
struct freeing {
    struct hearth_body_room *room;
    struct hearth_parsed_body body;
};

static void free_on_lane(void *argument)
{
    const struct freeing *freeing = argument;
    hearth_body_free(freeing->room, freeing->body);
    hearth_body_room_trim(freeing->room);
}

/* When the pool did not get to it, it is freed here after all. */
static void freed_on_lane(void *argument, bool dropped)
{
    const struct freeing *freeing = argument;
    if (dropped)
        hearth_body_free(freeing->room, freeing->body);
    hearth_free(argument);
}

static bool free_elsewhere(const struct hearth_gateway *gateway, struct hearth_parsed_body body)
{
    struct freeing *freeing = hearth_alloc(sizeof(*freeing));
    *freeing = (struct freeing){.room = gateway->body_room, .body = body};
    if (!hearth_lane_submit(gateway->lane, free_on_lane, freed_on_lane, freeing))
        return true;
    hearth_free(freeing);
    return false;
}

/* The text of the body goes at once; only its JSON moves. */
struct hearth_call_body hearth_call_take_body(struct hearth_call *call)
{
    const struct hearth_call_body body = {
        .json = call->json, .bytes = call->json_bytes, .is_large = call->is_large};
    hearth_buf_finish(&call->body);
    call->json = NULL;
    call->json_bytes = 0;
    return body;
}

/* Also a small body goes to the lane when enough was freed since: giving memory back to the kernel
 * takes milliseconds. A server that is stopping has no lane to count on. */
void hearth_call_body_free(const struct hearth_gateway *gateway, struct hearth_call_body body)
{
    const struct hearth_parsed_body parsed = {.json = body.json, .bytes = body.bytes};
    if (!body.json)
        return;
    bool elsewhere = body.is_large || hearth_body_room_is_untrimmed(gateway->body_room);
    if (!elsewhere || gateway->draining || !free_elsewhere(gateway, parsed))
        hearth_body_free(gateway->body_room, parsed);
}

void hearth_call_forget_body(struct hearth_call *call)
{
    hearth_call_body_free(call->gateway, hearth_call_take_body(call));
}

struct hearth_arena *hearth_call_arena(struct hearth_call *call)
{
    return hearth_exchange_arena(call->exchange);
}

/* The exchange is forgotten before the hold is dropped: nothing of the call may reach it after its
 * answer. */
void hearth_call_end(struct hearth_call *call, int status)
{
    uint64_t took_us = hearth_clock_monotonic_ns() / 1000 - call->started_us;
    hearth_metrics_request(call->gateway->metrics, call->route->name, call->model, status, took_us);
    call->exchange = NULL;
    call->events = NULL;
    hearth_call_drop(call);
}

/* What a check of a body found; the faults live in the arena. */
struct findings {
    struct hearth_schema_faults faults;
    struct hearth_schema_ignored ignored; /* keys that are not known, where these are no faults */
};

static bool is_valid(const struct hearth_call *call, struct hearth_arena *arena,
                     struct findings *findings)
{
    const struct hearth_schema *schema = call->route->request;
    bool tolerant =
        call->route->may_ignore && strcmp(call->gateway->settings->unknown_fields, "accept") == 0;
    findings->ignored.count = 0;
    if (!schema)
        return true;
    if (!tolerant)
        return !hearth_schema_check(schema, call->json, arena, &findings->faults);
    return !hearth_schema_check_tolerant(schema, call->json, arena, &findings->faults,
                                         &findings->ignored);
}

/* Something else may answer it: later, or with what was answered before. */
static bool is_taken(struct hearth_call *call)
{
    const struct hearth_gateway *gateway = call->gateway;
    return !call->is_detached && gateway->takes && gateway->takes(call);
}

/* The body is checked. */
static void handle(struct hearth_call *call, const struct findings *findings)
{
    hearth_ignored_keys_tell(call, &findings->ignored);
    if (!is_taken(call))
        hearth_call_handle(call);
}

void hearth_call_handle(struct hearth_call *call)
{
    hearth_buf_finish(&call->body);
    if (call->route->scope != HEARTH_SCOPE_INFER || !hearth_time_limit_read(call))
        call->route->handle(call);
}

static void run_route(struct hearth_call *call)
{
    struct findings findings;
    if (is_valid(call, hearth_call_arena(call), &findings))
        handle(call, &findings);
    else
        hearth_answer_faults(call, &findings.faults);
}

static bool may_hold_nul(const struct hearth_schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->property_count; i++)
        if (strcmp(schema->properties[i].name, key) == 0)
            return schema->properties[i].schema->takes_nul;
    return false;
}

/* U+0000 would end a name or a template early: only members that are read with their length may
 * hold one. Looked for where the body has such an escape at all. */
static int check_nul(const struct hearth_call *call, struct hearth_error *error)
{
    static const char escape[] = "\\u0000";
    const char *key = NULL;
    json_t *member;
    if (!memmem(call->body.bytes, call->body.length, escape, sizeof(escape) - 1))
        return 0;
    bool found = !json_is_object(call->json) && hearth_json_has_nul(call->json);
    json_object_foreach(call->json, key, member)
    {
        found = !may_hold_nul(call->route->request, key) && hearth_json_has_nul(member);
        if (found)
            break;
    }
    if (!found)
        return 0;
    return hearth_error_set(
        error, HEARTH_EPARSE,
        "JSON%s%.80s: a text contains the character U+0000, which is not allowed here",
        key ? ", member " : "", key ? key : "");
}

static int parse(struct hearth_call *call, struct hearth_error *error)
{
    struct hearth_parsed_body body;
    int rc = hearth_body_parse(call->gateway->body_room, call->body.bytes, call->body.length, &body,
                               error);
    call->json = body.json;
    call->json_bytes = body.bytes;
    return rc ? rc : check_nul(call, error);
}

static void refuse_body(struct hearth_call *call, const struct hearth_error *error)
{
    const struct hearth_error_detail busy = {.retry_after_ms = BUSY_RETRY_MS};
    hearth_answer_error(call, error, error->code == HEARTH_EQUEUEFULL ? &busy : NULL);
}

/* A large body on the pool: parsed and checked there, and its JSON freed there in the end. */
struct parsing {
    struct hearth_call *call;
    struct hearth_arena *arena;
    struct findings findings;
    bool is_valid;
    int rc;
    struct hearth_error error;
};

/* The call is held and its body does not change meanwhile; the exchange is not touched, since its
 * client may be leaving at this moment. */
static void parse_on_lane(void *argument)
{
    struct parsing *parsing = argument;
    struct hearth_call *call = parsing->call;
    parsing->rc = parse(call, &parsing->error);
    if (parsing->rc)
        hearth_body_room_trim(call->gateway->body_room);
    parsing->is_valid = !parsing->rc && is_valid(call, parsing->arena, &parsing->findings);
}

/* `call->exchange` is NULL when the client has gone while the body was parsed. */
static void parsed_on_lane(void *argument, bool dropped)
{
    struct parsing *parsing = argument;
    struct hearth_call *call = parsing->call;
    call->is_large = true;
    if (dropped && !parsing->rc)
        parsing->rc =
            hearth_error_set(&parsing->error, HEARTH_EDRAINING, "the server is shutting down");
    if (call->exchange && parsing->rc)
        refuse_body(call, &parsing->error);
    else if (call->exchange && !parsing->is_valid)
        hearth_answer_faults(call, &parsing->findings.faults);
    else if (call->exchange)
        handle(call, &parsing->findings);
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
    if (call->events && call->events->on_body)
        call->events->on_body(call, bytes, length);
    else
        hearth_buf_append(&call->body, bytes, length); /* a failure is seen at the end */
}

/* A body over the limit was refused by its length, or while it came (net/exchange.c); this catches
 * what is left, memory that could not be had. */
static void on_end(void *handler_state, struct hearth_exchange *exchange)
{
    (void)exchange;
    struct hearth_call *call = handler_state;
    struct hearth_error error;
    if (call->events && call->events->on_body_end) {
        call->events->on_body_end(call);
    } else if (call->body.failed) {
        hearth_answer_message(call, call->body.failed, NULL, "the body is larger than the limit");
    } else if (!call->route->request) {
        run_route(call);
    } else if (call->body.length > PARSE_ON_LOOP_MAX) {
        parse_elsewhere(call);
    } else if (parse(call, &error)) {
        refuse_body(call, &error);
    } else {
        run_route(call);
    }
}

/* The handler hears of it while the call still has its exchange: with HEARTH_EDRAINING it may write
 * a last word. */
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

/* A route of uploads may take JSON as well: then what is no form is read as anywhere. */
static bool is_upload(const struct hearth_route *route, struct hearth_exchange *exchange)
{
    static const char form[] = "multipart/";
    const char *type = hearth_exchange_header(exchange, "content-type");
    if (route->kind != HEARTH_ROUTE_UPLOAD)
        return false;
    return !route->request || (type && strncasecmp(type, form, sizeof(form) - 1) == 0);
}

struct hearth_call *hearth_call_start(struct hearth_gateway *gateway,
                                      struct hearth_exchange *exchange,
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
    bool uploads = is_upload(match->route, exchange);
    if (limit == HEARTH_BODY_DEFAULT)
        limit = uploads ? gateway->settings->file_bytes_max + FORM_ROOM
                        : gateway->settings->body_bytes_max;
    hearth_buf_init(&call->body, uploads ? 0 : (size_t)limit);
    hearth_exchange_handle(exchange, &handler, call, limit);
    if (uploads)
        match->route->handle(call);
    return call;
}
