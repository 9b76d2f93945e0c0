/* Each callback is an object of its own that goes round: the store (what is to be told), a lane
 * (the POST), the store again (what came of it), and, when it failed, a timer. */
#include "deferred/callbacks.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/kept_record.h"
#include "domain/backoff.h"
#include "domain/callback_target.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "net/http_client.h"
#include "net/resolve.h"
#include "store/store_work.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define KIND "callback"

enum { THREADS = 2, QUEUE_MAX = 4096, RECOVERED_MAX = 10000, BODY_MAX = 1 << 20, IDLE_MS = 10000 };

struct callback {
    struct hearth_callbacks *all;
    struct callback *next;
    struct hearth_timer *timer;
    struct hearth_buf body; /* what is told */
    char *url;
    char id[32];
    uint32_t failures;
    int status; /* of the last try, 0: no answer */
    struct hearth_error error;
};

struct hearth_callbacks {
    struct hearth_gateway *gateway;
    struct hearth_lane *lane;
    struct callback *first;
    _Atomic bool stopped;
};

/* Addresses */

int hearth_callback_check(const struct hearth_gateway *gateway, const char *url,
                          struct hearth_error *error)
{
    struct hearth_callback_target target;
    if (!*gateway->settings->callback_secret)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "is not taken: the server has no callback_secret to sign with");
    return hearth_callback_target_parse(url, gateway->settings->callback_hosts, &target, error);
}

struct checking {
    const struct hearth_gateway *gateway;
    const struct hearth_callbacks *all; /* NULL: nothing is sent */
    struct hearth_callback_target target;
};

static bool is_allowed(void *argument, const unsigned char *address, unsigned length)
{
    const struct checking *checking = argument;
    return hearth_callback_address_allowed(&checking->target, address, length,
                                           checking->gateway->settings->callback_private);
}

int hearth_callback_check_addresses(const struct hearth_gateway *gateway, const char *url,
                                    struct hearth_error *error)
{
    struct checking checking = {.gateway = gateway};
    int rc = hearth_callback_target_parse(url, gateway->settings->callback_hosts, &checking.target,
                                          error);
    if (!rc && !hearth_resolve_all(checking.target.host, is_allowed, &checking))
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "names %.100s, which has an address that callbacks may not go to (a "
                              "private one, or this machine's)",
                              checking.target.host);
    return rc;
}

/* Life */

static void free_callback(struct callback *callback)
{
    struct callback **at = &callback->all->first;
    while (*at != callback)
        at = &(*at)->next;
    *at = callback->next;
    hearth_timer_destroy(callback->timer);
    hearth_buf_finish(&callback->body);
    hearth_free(callback->url);
    hearth_free(callback);
}

static void prepare(void *argument);

static struct callback *add(struct hearth_callbacks *all, const char *id, const char *url,
                            uint32_t failures)
{
    struct callback *callback = hearth_calloc(1, sizeof(*callback));
    callback->all = all;
    callback->url = hearth_strdup(url);
    callback->failures = failures;
    callback->timer = hearth_timer_create(all->gateway->loop, prepare, callback);
    hearth_buf_init(&callback->body, BODY_MAX);
    snprintf(callback->id, sizeof(callback->id), "%s", id);
    callback->next = all->first;
    all->first = callback;
    return callback;
}

/* What came of it goes into the store: the record goes when nothing more is to be done. */

struct noting {
    struct hearth_store_work work;
    char *id;
    uint32_t failures;
    bool over;
};

static int note(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct noting *noting = (struct noting *)work;
    struct hearth_record *record;
    if (noting->over)
        return hearth_store_record_delete(store, KIND, noting->id, &work->error);
    int rc =
        hearth_store_record_get(store, KIND, noting->id, NULL, work->arena, &record, &work->error);
    if (rc)
        return rc;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    json_object_set_new(facts, "failures", json_integer(noting->failures));
    record->facts_json = hearth_kept_record_facts_text(facts, work->arena);
    json_decref(facts);
    return hearth_store_record_update(store, record, &work->error);
}

static void note_end(struct callback *callback, bool over)
{
    struct noting *noting = hearth_store_work_create(sizeof(*noting), note, hearth_store_work_free);
    noting->id = hearth_arena_strdup(noting->work.arena, callback->id);
    noting->failures = callback->failures;
    noting->over = over;
    hearth_store_work_start(callback->all->gateway->store, &noting->work);
}

static uint32_t chance(void)
{
    uint32_t random;
    hearth_random_bytes(&random, sizeof(random));
    return random;
}

/* A receiver that answers with anything but 2xx has not taken it. */
static void after_post(void *argument, bool dropped)
{
    static const struct hearth_backoff backoff = {.first_ms = 1000, .max_ms = 600000};
    struct callback *callback = argument;
    struct hearth_callbacks *all = callback->all;
    if (dropped || atomic_load(&all->stopped))
        return; /* the next server goes on; freed by destroy */
    bool taken = callback->status >= 200 && callback->status < 300;
    callback->failures += !taken;
    bool given_up = (int64_t)callback->failures > all->gateway->settings->callback_retries;
    note_end(callback, taken || given_up);
    if (!taken)
        HEARTH_LOG(HEARTH_LOG_WARNING, given_up ? "callback.given_up" : "callback.failed",
                   HEARTH_TEXT("request", callback->id), HEARTH_INT("status", callback->status),
                   HEARTH_TEXT("reason", callback->status ? "" : callback->error.message));
    if (taken || given_up)
        free_callback(callback);
    else
        hearth_timer_start(callback->timer,
                           hearth_backoff_ms(&backoff, callback->failures, chance()), 0);
}

/* On a thread of the lane */

static bool is_stopped(void *argument)
{
    const struct checking *checking = argument;
    return atomic_load(&checking->all->stopped);
}

static bool allows_address(void *argument, const struct sockaddr *address)
{
    return hearth_resolve_bytes(address, is_allowed, argument);
}

static void sign(const struct callback *callback, const char *secret, char *header, size_t size)
{
    char seconds[24], hex[HEARTH_SHA256_HEX];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(hearth_clock_wall_ms() / 1000));
    struct hearth_buf signed_text;
    hearth_buf_init(&signed_text, BODY_MAX + sizeof(seconds) + 1);
    hearth_buf_printf(&signed_text, "%s.", seconds);
    hearth_buf_append(&signed_text, callback->body.bytes, callback->body.length);
    hearth_hmac_sha256(secret, strlen(secret), signed_text.bytes, signed_text.length, hex);
    hearth_buf_finish(&signed_text);
    snprintf(header, size, "Hearth-Signature: t=%s,v1=%s", seconds, hex);
}

static void post(void *argument)
{
    struct callback *callback = argument;
    const struct hearth_gateway *gateway = callback->all->gateway;
    struct checking checking = {.gateway = gateway, .all = callback->all};
    struct hearth_http_answer answer;
    char signature[160], id[64];
    callback->status = 0;
    if (hearth_callback_target_parse(callback->url, gateway->settings->callback_hosts,
                                     &checking.target, &callback->error))
        return;
    sign(callback, gateway->settings->callback_secret, signature, sizeof(signature));
    snprintf(id, sizeof(id), "Hearth-Request: %s", callback->id);
    const char *const headers[] = {"Content-Type: application/json", signature, id, NULL};
    const struct hearth_http_request request = {
        .method = "POST",
        .url = callback->url,
        .headers = headers,
        .body = callback->body.bytes,
        .body_length = callback->body.length,
        .connect_timeout_ms = IDLE_MS,
        .idle_timeout_ms = IDLE_MS,
        .body_max = 64 << 10,
        .no_redirects = true,
        .allows_address = allows_address,
        .is_canceled = is_stopped,
        .argument = &checking,
    };
    struct hearth_http_client *client = hearth_http_client_create();
    if (!hearth_http_client_run(client, &request, &answer, &callback->error))
        callback->status = answer.status;
    hearth_http_answer_finish(&answer);
    hearth_http_client_destroy(client);
}

/* What is told is read anew for each try. */

struct reading {
    struct hearth_store_work work;
    struct hearth_callbacks *all;
    struct callback *callback;
    struct hearth_record *record;
    char id[32];
};

static int read_request(struct hearth_store *store, struct hearth_store_work *work)
{
    struct reading *reading = (struct reading *)work;
    return hearth_store_record_get(store, HEARTH_KEPT_REQUEST, reading->id, NULL, work->arena,
                                   &reading->record, &work->error);
}

/* A request that was deleted meanwhile has nobody who wants to hear of it. */
static void after_read(struct hearth_store_work *work)
{
    struct reading *reading = (struct reading *)work;
    struct callback *callback = reading->callback;
    if (atomic_load(&reading->all->stopped)) {
        hearth_store_work_free(work);
        return;
    }
    if (work->rc) {
        note_end(callback, true);
        free_callback(callback);
    } else {
        json_t *shown = hearth_kept_record_json(reading->record);
        hearth_buf_clear(&callback->body);
        hearth_json_dump(&callback->body, shown);
        json_decref(shown);
        if (hearth_lane_submit(reading->all->lane, post, after_post, callback))
            hearth_timer_start(callback->timer, IDLE_MS, 0);
    }
    hearth_store_work_free(work);
}

static void prepare(void *argument)
{
    struct callback *callback = argument;
    struct reading *reading = hearth_store_work_create(sizeof(*reading), read_request, after_read);
    reading->all = callback->all;
    reading->callback = callback;
    memcpy(reading->id, callback->id, sizeof(reading->id));
    hearth_store_work_start(callback->all->gateway->store, &reading->work);
}

/* New ones, and those that the last server left */

struct keeping {
    struct hearth_store_work work;
    struct hearth_callbacks *all;
    struct hearth_record record;
    const char *url;
};

static int keep(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    return hearth_store_record_create(store, &keeping->record, NULL, &work->error);
}

static void after_keep(struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    struct hearth_callbacks *all = keeping->all;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "callback.not_kept",
                   HEARTH_TEXT("reason", work->error.message));
    else if (!atomic_load(&all->stopped))
        prepare(add(all, keeping->record.id, keeping->url, 0));
    hearth_store_work_free(work);
}

void hearth_callbacks_add(struct hearth_callbacks *all, const char *request_id, const char *url,
                          const char *principal)
{
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), keep, after_keep);
    struct hearth_arena *arena = keeping->work.arena;
    json_t *facts = json_pack("{s:s, s:i}", "url", url, "failures", 0);
    keeping->all = all;
    keeping->url = hearth_arena_strdup(arena, url);
    keeping->record = (struct hearth_record){
        .kind = KIND,
        .id = hearth_arena_strdup(arena, request_id),
        .principal = principal,
        .facts_json = hearth_kept_record_facts_text(facts, arena),
        .created_ms = hearth_clock_wall_ms(),
    };
    json_decref(facts);
    hearth_store_work_start(all->gateway->store, &keeping->work);
}

struct recovery {
    struct hearth_store_work work;
    struct hearth_callbacks *all;
    struct hearth_record *records;
    size_t count;
};

static int read_left(struct hearth_store *store, struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    const struct hearth_record_filter filter = {
        .kind = KIND, .ascending = true, .limit = RECOVERED_MAX};
    return hearth_store_record_list(store, &filter, work->arena, &recovery->records,
                                    &recovery->count, &work->error);
}

static void after_left(struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    struct hearth_callbacks *all = recovery->all;
    for (size_t i = 0; !work->rc && !atomic_load(&all->stopped) && i < recovery->count; i++) {
        const char *text = recovery->records[i].facts_json;
        json_t *facts = hearth_json_parse(text, strlen(text), NULL);
        prepare(add(all, recovery->records[i].id, hearth_json_text(facts, "url", ""),
                    (uint32_t)hearth_json_integer(facts, "failures", 0)));
        json_decref(facts);
    }
    hearth_store_work_free(work);
}

struct hearth_callbacks *hearth_callbacks_create(struct hearth_gateway *gateway)
{
    struct hearth_callbacks *all = hearth_calloc(1, sizeof(*all));
    all->gateway = gateway;
    all->lane = hearth_lane_create(gateway->loop, "callback", THREADS, QUEUE_MAX);
    return all;
}

void hearth_callbacks_start(struct hearth_callbacks *all)
{
    struct recovery *recovery = hearth_store_work_create(sizeof(*recovery), read_left, after_left);
    recovery->all = all;
    hearth_store_work_start(all->gateway->store, &recovery->work);
}

void hearth_callbacks_stop(struct hearth_callbacks *all)
{
    if (!all || !all->lane)
        return;
    atomic_store(&all->stopped, true);
    hearth_lane_destroy(all->lane);
    all->lane = NULL;
    for (struct callback *callback = all->first; callback; callback = callback->next)
        hearth_timer_stop(callback->timer);
}

void hearth_callbacks_destroy(struct hearth_callbacks *all)
{
    if (!all)
        return;
    while (all->first)
        free_callback(all->first);
    hearth_free(all);
}
