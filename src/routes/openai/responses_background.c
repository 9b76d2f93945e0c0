#include "routes/openai/responses_background.h"

#include "base/clock.h"
#include "base/error.h"
#include "deferred/deferred.h"
#include "deferred/kept_requests.h"
#include "deferred/kept_rows.h"
#include "domain/kept_state.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/openai/responses_read.h"
#include "store/record.h"

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 64 << 20, ROOM_MAX = 128 << 20 };

static const char path[] = "/v1/responses";
static const char request_prefix[] = "areq_", response_prefix[] = "resp_";

/* The same digits behind the other prefix, or false. */
static bool translate(const char *id, const char *from, const char *to,
                      char ret_id[HEARTH_RESPONSES_ID_MAX])
{
    size_t length = strlen(from);
    if (strncmp(id, from, length) != 0 ||
        strlen(id + length) > HEARTH_RESPONSES_ID_MAX - strlen(to) - 1)
        return false;
    snprintf(ret_id, HEARTH_RESPONSES_ID_MAX, "%s%s", to, id + length);
    return true;
}

const char *hearth_background_id(struct hearth_call *call)
{
    char id[HEARTH_RESPONSES_ID_MAX];
    if (!call->is_detached || !hearth_json_truth(call->json, "background", false) ||
        !translate(hearth_exchange_id(call->exchange), request_prefix, response_prefix, id))
        return NULL;
    return hearth_arena_strdup(hearth_call_arena(call), id);
}

/* `body` is the request's; NULL where the record has that of an answer that failed instead, so that
 * what was asked is not known. */
static json_t *describe(const struct hearth_record *record, const char *id, const char *status,
                        json_t *error, const json_t *body)
{
    json_t *response =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:o, s:n, s:[], s:n}", "id", id, "object",
                  "response", "created_at", (json_int_t)(record->created_ms / 1000), "model",
                  hearth_json_text(body, "model", ""), "status", status, "background", 1, "error",
                  error, "incomplete_details", "output", "usage");
    json_t *about = hearth_responses_about(body);
    json_object_update(response, about);
    json_decref(about);
    return response;
}

/* What went wrong, as the answer of the request says it, or as the record does, where there was
 * none. */
static json_t *error_of(const json_t *facts, const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    if (!json_is_object(error))
        error = json_object_get(facts, "error");
    return json_pack("{s:s, s:s}", "code", hearth_json_text(error, "code", "server_error"),
                     "message", hearth_json_text(error, "message", "the answer was not made"));
}

static const char *status_of(int state)
{
    switch (state) {
    case HEARTH_KEPT_QUEUED:
        return "queued";
    case HEARTH_KEPT_RUNNING:
        return "in_progress";
    case HEARTH_KEPT_FAILED:
        return "failed";
    case HEARTH_KEPT_CANCELED:
        return "cancelled";
    default:
        return NULL;
    }
}

static int not_found(const char *id, struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "Response with id '%.64s' not found.", id);
}

/* The record of an answer's request, parsed. */
struct kept {
    struct hearth_arena *arena;
    struct hearth_record *record;
    json_t *facts, *body; /* the request's, or that of an answer that failed */
    const char *status;
};

static void forget(struct kept *kept)
{
    json_decref(kept->facts);
    json_decref(kept->body);
    hearth_arena_destroy(kept->arena);
}

static int read_record(struct hearth_store *store, const char *response_id, const char *principal,
                       struct kept *kept, struct hearth_error *error)
{
    char id[HEARTH_RESPONSES_ID_MAX];
    struct hearth_error fault;
    if (!translate(response_id, response_prefix, request_prefix, id))
        return not_found(response_id, error);
    int rc = hearth_store_record_get(store, HEARTH_KEPT_REQUEST, id, principal, kept->arena,
                                     &kept->record, error);
    if (rc)
        return rc == HEARTH_ENOTFOUND ? not_found(response_id, error) : rc;
    const struct hearth_record *record = kept->record;
    kept->facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), &fault);
    kept->body = hearth_json_parse(record->body, record->body_length, &fault);
    kept->status = status_of(hearth_kept_state_parse(record->label));
    bool ours = strcmp(hearth_json_text(kept->facts, "path", ""), path) == 0;
    return kept->status && ours ? 0 : not_found(response_id, error);
}

/* What was asked, or NULL. */
static json_t *asked(const struct kept *kept)
{
    return json_object_get(kept->facts, "answer") ? NULL : kept->body;
}

int hearth_background_load(struct hearth_store *store, const char *response_id,
                           const char *principal, json_t **ret_response, struct hearth_error *error)
{
    struct kept kept = {.arena = hearth_arena_create(ROOM_MAX)};
    int rc = read_record(store, response_id, principal, &kept, error);
    if (!rc) {
        bool failed = strcmp(kept.status, "failed") == 0;
        *ret_response =
            describe(kept.record, response_id, kept.status,
                     failed ? error_of(kept.facts, kept.body) : json_null(), asked(&kept));
    }
    forget(&kept);
    return rc;
}

int hearth_background_body(struct hearth_store *store, const char *response_id,
                           const char *principal, json_t **ret_body, struct hearth_error *error)
{
    struct kept kept = {.arena = hearth_arena_create(ROOM_MAX)};
    int rc = read_record(store, response_id, principal, &kept, error);
    if (!rc && !asked(&kept))
        rc = hearth_error_set(
            error, HEARTH_ENOTFOUND,
            "the input of the response with id '%.64s', which failed, is not kept", response_id);
    if (!rc)
        *ret_body = json_incref(asked(&kept));
    forget(&kept);
    return rc;
}

int hearth_background_cancel(struct hearth_store *store, const char *response_id,
                             const char *principal, int64_t keep_ms, bool *ret_canceled,
                             struct hearth_error *error)
{
    char id[HEARTH_RESPONSES_ID_MAX];
    if (!translate(response_id, response_prefix, request_prefix, id))
        return not_found(response_id, error);
    struct hearth_arena *arena = hearth_arena_create(ROOM_MAX);
    int rc = hearth_kept_row_cancel(store, id, principal, (int64_t)hearth_clock_wall_ms(), keep_ms,
                                    arena, ret_canceled, error);
    hearth_arena_destroy(arena);
    return rc == HEARTH_ENOTFOUND ? not_found(response_id, error) : rc;
}

void hearth_background_forget(struct hearth_call *call, const char *response_id)
{
    char id[HEARTH_RESPONSES_ID_MAX];
    if (translate(response_id, response_prefix, request_prefix, id))
        hearth_kept_requests_forget(call->gateway->deferred->requests, id);
}

/* The call was held; its client may have left meanwhile. */
static void on_kept(void *argument, const struct hearth_record *record,
                    const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    char id[HEARTH_RESPONSES_ID_MAX];
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange && translate(record->id, request_prefix, response_prefix, id))
        hearth_answer_json(call, 200, describe(record, id, "queued", json_null(), call->json));
    hearth_call_drop(call);
}

void hearth_background_start(struct hearth_call *call)
{
    struct hearth_buf body;
    hearth_buf_init(&body, BODY_MAX);
    if (hearth_json_dump(&body, call->json)) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, NULL, "the request is too large");
    } else {
        const struct hearth_kept_order order = {.path = path,
                                                .query = "",
                                                .body = body.bytes,
                                                .body_length = body.length,
                                                .principal = call->principal};
        hearth_call_hold(call);
        hearth_kept_requests_add(call->gateway->deferred->requests, &order, on_kept, call);
    }
    hearth_buf_finish(&body);
}
