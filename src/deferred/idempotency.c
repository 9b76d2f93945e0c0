#include "deferred/idempotency.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/settings.h"
#include "deferred/kept_record.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "net/answer_record.h"
#include "store/record_room.h"
#include "store/store_work.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 255, ANSWER_MAX = 16 << 20, BUSY_RETRY_MS = 1000 };

#define RUNNING "running"
#define DONE "done"

/* `instance`: chance, so that what an earlier server left as running is known to be over. */
struct hearth_idempotency {
    struct hearth_gateway *gateway;
    char instance[32];
};

struct hearth_idempotency *hearth_idempotency_create(struct hearth_gateway *gateway)
{
    struct hearth_idempotency *idempotency = hearth_calloc(1, sizeof(*idempotency));
    idempotency->gateway = gateway;
    hearth_record_id("server_", idempotency->instance);
    return idempotency;
}

void hearth_idempotency_destroy(struct hearth_idempotency *idempotency)
{
    hearth_free(idempotency);
}

/* The end of the first: its answer is kept, or the key is given free */

struct keeping {
    struct hearth_store_work work;
    struct hearth_record record;
    struct hearth_buf body;
    bool forgets;
};

static int keep(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    return keeping->forgets ? hearth_store_record_delete(store, HEARTH_IDEMPOTENCY_KEY,
                                                         keeping->record.id, &work->error)
                            : hearth_store_record_update(store, &keeping->record, &work->error);
}

static void after_keep(struct hearth_store_work *work)
{
    struct keeping *keeping = (struct keeping *)work;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_WARNING, "idempotency.not_kept",
                   HEARTH_TEXT("reason", work->error.message));
    hearth_buf_finish(&keeping->body);
    hearth_store_work_free(work);
}

/* What is written while the answer is given: the tap's own. */
struct recording {
    struct hearth_answer_record answer; /* first: the tap's argument */
    struct hearth_idempotency *all;
    char id[HEARTH_SHA256_HEX], digest[HEARTH_SHA256_HEX];
    const char *principal;
    int64_t created_ms, revision;
};

/* Trying again may help with these, so the next one must be the first again. */
static bool is_passing(int status)
{
    return status >= 500 || status == 408 || status == 409 || status == 429;
}

static const char *facts_of(const struct recording *recording, struct hearth_arena *arena)
{
    const struct hearth_answer_record *answer = &recording->answer;
    json_t *facts =
        json_pack("{s:s, s:s}", "digest", recording->digest, "instance", recording->all->instance);
    if (answer->status)
        hearth_kept_record_set_answer(facts, answer);
    const char *text = hearth_kept_record_facts_text(facts, arena);
    json_decref(facts);
    return text;
}

static void on_end(void *argument, bool whole)
{
    struct recording *recording = argument;
    struct hearth_answer_record *answer = &recording->answer;
    const struct hearth_gateway *gateway = recording->all->gateway;
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), keep, after_keep);
    struct hearth_arena *arena = keeping->work.arena;
    int64_t now_ms = hearth_clock_wall_ms();
    keeping->forgets = !whole || answer->body.failed || is_passing(answer->status);
    keeping->record = (struct hearth_record){
        .kind = HEARTH_IDEMPOTENCY_KEY,
        .id = hearth_arena_strdup(arena, recording->id),
        .principal = recording->principal,
        .label = DONE,
        .facts_json = facts_of(recording, arena),
        .body = answer->body.length ? answer->body.bytes : "",
        .body_length = answer->body.length,
        .size = (int64_t)answer->body.length,
        .created_ms = recording->created_ms,
        .expires_ms = now_ms + (int64_t)gateway->settings->idempotency_keep,
        .revision = recording->revision,
    };
    keeping->body = answer->body; /* the record points into it */
    hearth_buf_init(&answer->body, 0);
    hearth_store_work_start(gateway->store, &keeping->work);
    hearth_answer_record_finish(answer);
    hearth_free(recording);
}

/* The look into the store, which decides who is the first */

enum finding { FIRST, BUSY, OTHER_BODY, REPLAY };

struct looking {
    struct hearth_store_work work;
    struct hearth_idempotency *all;
    struct hearth_call *call; /* held; only its body is read on the lane */
    struct hearth_idempotency_events events;
    struct hearth_record record, *found;
    struct hearth_record_bounds bounds;
    enum finding finding;
    char id[HEARTH_SHA256_HEX], digest[HEARTH_SHA256_HEX];
};

/* Nobody can delete a key, so the oldest answers make room for new ones. */
static int take_key(struct hearth_store *store, struct looking *looking, struct hearth_error *error)
{
    static const char *const over[] = {DONE, NULL};
    json_t *facts =
        json_pack("{s:s, s:s}", "digest", looking->digest, "instance", looking->all->instance);
    looking->record.facts_json = hearth_kept_record_facts_text(facts, looking->work.arena);
    json_decref(facts);
    looking->finding = FIRST;
    if (!looking->found)
        return hearth_record_room_create(store, &looking->record, &looking->bounds, over, error);
    looking->record.revision = looking->found->revision;
    int rc = hearth_store_record_update(store, &looking->record, error);
    looking->record.revision++;
    return rc;
}

/* What an earlier server began never ended; what has expired is as good as gone. */
static bool is_free(const struct looking *looking, const json_t *facts)
{
    const struct hearth_record *found = looking->found;
    bool runs = strcmp(found->label, RUNNING) == 0;
    if (runs)
        return strcmp(hearth_json_text(facts, "instance", ""), looking->all->instance) != 0;
    return found->expires_ms && found->expires_ms <= looking->record.created_ms;
}

static int look(struct hearth_store *store, struct hearth_store_work *work)
{
    struct looking *looking = (struct looking *)work;
    const struct hearth_buf *body = &looking->call->body;
    if (!*looking->digest)
        hearth_sha256_of(body->length ? body->bytes : "", body->length, looking->digest);
    int rc = hearth_store_record_get(store, HEARTH_IDEMPOTENCY_KEY, looking->id, NULL, work->arena,
                                     &looking->found, &work->error);
    if (rc == HEARTH_ENOTFOUND)
        return take_key(store, looking, &work->error);
    if (rc)
        return rc;
    const char *text = looking->found->facts_json;
    json_t *facts = hearth_json_parse(text, strlen(text), NULL);
    bool same = strcmp(hearth_json_text(facts, "digest", ""), looking->digest) == 0;
    if (is_free(looking, facts))
        rc = take_key(store, looking, &work->error);
    else if (!same)
        looking->finding = OTHER_BODY;
    else
        looking->finding = strcmp(looking->found->label, RUNNING) == 0 ? BUSY : REPLAY;
    json_decref(facts);
    return rc;
}

static void replay(struct hearth_call *call, const struct hearth_record *record)
{
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    const json_t *answer = json_object_get(facts, "answer");
    const char *type = hearth_json_text(answer, "type", "");
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(answer, "headers"), name, value)
    {
        hearth_exchange_set_header(call->exchange, name, json_string_value(value));
    }
    hearth_exchange_set_header(call->exchange, "idempotent-replayed", "true");
    hearth_answer_bytes(call, (int)hearth_json_integer(answer, "status", 200), *type ? type : NULL,
                        record->body ? record->body : "", record->body_length);
    json_decref(facts);
}

static struct recording *start_recording(const struct looking *looking)
{
    struct recording *recording = hearth_calloc(1, sizeof(*recording));
    hearth_answer_record_init(&recording->answer, ANSWER_MAX);
    recording->all = looking->all;
    recording->principal = looking->record.principal;
    recording->created_ms = looking->record.created_ms;
    recording->revision = looking->record.revision;
    memcpy(recording->id, looking->id, sizeof(looking->id));
    memcpy(recording->digest, looking->digest, sizeof(looking->digest));
    return recording;
}

static void leave(const struct looking *looking)
{
    if (looking->events.on_other)
        looking->events.on_other(looking->call);
}

/* The client may have gone while the store was asked: then the key is given free at once. */
static void go_on(struct looking *looking)
{
    static const struct hearth_answer_tap tap = {.on_begin = hearth_answer_record_begin,
                                                 .on_bytes = hearth_answer_record_bytes,
                                                 .on_end = on_end};
    struct hearth_call *call = looking->call;
    struct recording *recording = start_recording(looking);
    if (!call->exchange) {
        on_end(recording, false);
        leave(looking);
        return;
    }
    call->events = NULL;
    hearth_exchange_tap(call->exchange, &tap, recording);
    looking->events.on_first(call);
}

static void refuse(struct hearth_call *call, enum finding finding)
{
    static const struct hearth_error_detail later = {.retry_after_ms = BUSY_RETRY_MS};
    struct hearth_error error;
    if (finding == OTHER_BODY) {
        hearth_answer_message(call, HEARTH_EFIELDS, "Idempotency-Key",
                              "this Idempotency-Key was used with another body; take a new key for "
                              "a new request");
        return;
    }
    hearth_error_set(&error, HEARTH_EINUSE,
                     "a request with this Idempotency-Key is under way; ask again when it is over");
    hearth_answer_error(call, &error, &later);
}

static void after_look(struct hearth_store_work *work)
{
    struct looking *looking = (struct looking *)work;
    struct hearth_call *call = looking->call;
    if (!work->rc && looking->finding == FIRST) {
        go_on(looking);
    } else {
        if (!call->exchange)
            ; /* nobody is there to be answered */
        else if (work->rc)
            hearth_answer_error(call, &work->error, NULL);
        else if (looking->finding == REPLAY)
            replay(call, looking->found);
        else
            refuse(call, looking->finding);
        leave(looking);
    }
    hearth_call_drop(call);
    hearth_store_work_free(work);
}

/* What is looked up is a digest, so that no key of a client stands in the store. */
static void digest_key(const struct hearth_call *call, const char *key,
                       char ret_id[HEARTH_SHA256_HEX])
{
    const struct hearth_request_head *head = hearth_exchange_head(call->exchange);
    const char *const parts[] = {call->principal, head->method, head->path, head->query, key};
    struct hearth_sha256 *digest = hearth_sha256_create();
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        hearth_sha256_update(digest, parts[i], strlen(parts[i]) + 1);
    hearth_sha256_hex(digest, ret_id);
    hearth_sha256_destroy(digest);
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

void hearth_idempotency_take(struct hearth_idempotency *all, struct hearth_call *call,
                             const char *key, const char *digest,
                             const struct hearth_idempotency_events *told)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    const struct hearth_settings *settings = all->gateway->settings;
    size_t length = strnlen(key, KEY_MAX + 1);
    if (!length || length > KEY_MAX) {
        hearth_answer_message(call, HEARTH_EINVAL, "Idempotency-Key",
                              "an Idempotency-Key has 1 to %d characters", KEY_MAX);
        if (told->on_other)
            told->on_other(call);
        return;
    }
    struct looking *looking = hearth_store_work_create(sizeof(*looking), look, after_look);
    hearth_call_hold(call);
    call->events = &events;
    looking->all = all;
    looking->call = call;
    looking->events = *told;
    if (digest)
        snprintf(looking->digest, sizeof(looking->digest), "%s", digest);
    digest_key(call, key, looking->id);
    looking->bounds = (struct hearth_record_bounds){
        .count_max = settings->idempotency_keys_max,
        .size_max = (int64_t)settings->idempotency_bytes_max,
    };
    int64_t now_ms = hearth_clock_wall_ms();
    looking->record = (struct hearth_record){
        .kind = HEARTH_IDEMPOTENCY_KEY,
        .id = looking->id,
        .principal = call->principal,
        .label = RUNNING,
        .created_ms = now_ms,
        .expires_ms = now_ms + (int64_t)settings->idempotency_keep,
        .revision = 1,
    };
    hearth_store_work_start(all->gateway->store, &looking->work);
}
