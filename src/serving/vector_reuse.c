#include "serving/vector_reuse.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"

#include <assert.h>
#include <string.h>

enum { BUCKET_COUNT = 1024 };

struct hearth_reuse {
    struct hearth_vector_cache *cache;
    bool dedup;
    struct hearth_inference *leaders[BUCKET_COUNT];
};

/* A vector on its way to those that asked for it. */
struct hearth_reused {
    uint32_t references, count, prompt_tokens, truncated_tokens;
    struct hearth_vector_digest maker;
    float values[];
};

struct hearth_reuse *hearth_reuse_create(uint64_t cache_bytes, bool dedup)
{
    struct hearth_reuse *reuse = hearth_calloc(1, sizeof(*reuse));
    reuse->cache = hearth_vector_cache_create(cache_bytes);
    reuse->dedup = dedup;
    return reuse;
}

void hearth_reuse_destroy(struct hearth_reuse *reuse)
{
    if (!reuse)
        return;
    for (int i = 0; i < BUCKET_COUNT; i++)
        assert(!reuse->leaders[i]);
    hearth_vector_cache_destroy(reuse->cache);
    hearth_free(reuse);
}

struct hearth_vector_cache *hearth_reuse_cache(struct hearth_reuse *reuse)
{
    return reuse->cache;
}

/* Keys. Every part goes in with its length, so that no two rows of parts are the same bytes. */

static void add(struct hearth_sha256 *digest, const void *bytes, size_t length)
{
    uint64_t size = bytes ? length : UINT64_MAX;
    hearth_sha256_update(digest, &size, sizeof(size));
    if (bytes && length)
        hearth_sha256_update(digest, bytes, length);
}

static void add_text(struct hearth_sha256 *digest, const char *text)
{
    add(digest, text, text ? strlen(text) : 0);
}

static void add_number(struct hearth_sha256 *digest, uint64_t number)
{
    hearth_sha256_update(digest, &number, sizeof(number));
}

static void finish(struct hearth_sha256 *digest, struct hearth_vector_digest *ret_key)
{
    char hex[HEARTH_SHA256_HEX];
    hearth_sha256_hex(digest, hex);
    hearth_sha256_destroy(digest);
    memcpy(ret_key->digits, hex, sizeof(ret_key->digits));
}

void hearth_reuse_renew(struct served_model *model)
{
    const struct hearth_catalog_entry *entry = model->entry;
    struct hearth_sha256 *digest = hearth_sha256_create();
    add_text(digest, entry->id);
    add_number(digest, (uint64_t)entry->model_id);
    add_number(digest, (uint64_t)entry->number);
    add_number(digest, (uint64_t)entry->created_ms);
    add_text(digest, entry->engine);
    add_text(digest, entry->device);
    add_text(digest, entry->path);
    /* A file that no registry row vouches for may be another one at the next load. */
    add_number(digest, entry->model_id ? 0 : model->files_seen);
    add_number(digest, (uint64_t)model->settings.context);
    add_text(digest, model->settings.engine_json);
    finish(digest, &model->reuse_salt);
}

static void make_key(const struct served_model *model, struct hearth_inference *inference)
{
    const struct hearth_input *input = &inference->input;
    struct hearth_sha256 *digest = hearth_sha256_create();
    add(digest, model->reuse_salt.digits, sizeof(model->reuse_salt.digits));
    add_number(digest, input->task);
    add_number(digest, input->kind);
    add_number(digest, input->truncate);
    add_number(digest, input->no_special_tokens);
    add_number(digest, input->prompt_name != NULL); /* "" is no prompt, NULL the default one */
    add_text(digest, input->prompt_name);
    add(digest, input->bytes, input->length);
    add(digest, input->tokens, input->token_count * sizeof(*input->tokens));
    add(digest, input->pair, input->pair_length);
    finish(digest, &inference->key);
    inference->salt = model->reuse_salt;
    inference->keyed = true;
}

/* Leaders and followers */

static struct hearth_inference **bucket_of(const struct hearth_inference *inference)
{
    uint64_t hash = hearth_vector_digest_hash(&inference->key);
    return &inference->model->scheduler->reuse->leaders[hash % BUCKET_COUNT];
}

static struct hearth_inference *leader_of(const struct hearth_inference *inference)
{
    struct hearth_inference *leader = *bucket_of(inference);
    while (leader && memcmp(&leader->key, &inference->key, sizeof(leader->key)) != 0)
        leader = leader->next_leader;
    return leader;
}

static void enter_table(struct hearth_inference *inference)
{
    struct hearth_inference **bucket = bucket_of(inference);
    inference->next_leader = *bucket;
    inference->leads = true;
    *bucket = inference;
}

static void leave_table(struct hearth_inference *inference)
{
    struct hearth_inference **link = bucket_of(inference);
    if (!inference->leads)
        return;
    while (*link != inference)
        link = &(*link)->next_leader;
    *link = inference->next_leader;
    inference->leads = false;
}

static void follow(struct hearth_inference *leader, struct hearth_inference *inference)
{
    struct hearth_inference **end = &leader->followers;
    while (*end)
        end = &(*end)->next_follower;
    *end = inference;
    inference->next_follower = NULL;
    inference->leader = leader;
}

static struct hearth_inference *take_follower(struct hearth_inference *leader)
{
    struct hearth_inference *first = leader->followers;
    if (!first)
        return NULL;
    leader->followers = first->next_follower;
    first->leader = NULL;
    first->next_follower = NULL;
    return first;
}

static void leave_leader(struct hearth_inference *inference)
{
    struct hearth_inference **link = &inference->leader->followers;
    while (*link != inference)
        link = &(*link)->next_follower;
    *link = inference->next_follower;
    inference->leader = NULL;
}

static void tell_soon(struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    hearth_dispatch_due(model, hearth_loop_now_ms(model->scheduler->options.loop));
}

/* Answers */

static struct hearth_reused *reused_create(const float *values, uint32_t count,
                                           const struct hearth_vector_digest *maker)
{
    struct hearth_reused *reused =
        hearth_try_alloc(sizeof(*reused) + (size_t)count * sizeof(*values));
    if (!reused)
        return NULL;
    *reused = (struct hearth_reused){.references = 1, .count = count, .maker = *maker};
    if (count)
        memcpy(reused->values, values, count * sizeof(*values));
    return reused;
}

static void reused_release(struct hearth_reused *reused)
{
    if (reused && --reused->references == 0)
        hearth_free(reused);
}

static bool take_cached(struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    struct hearth_cached_vector cached;
    if (!hearth_vector_cache_get(model->scheduler->reuse->cache, &inference->key, &cached))
        return false;
    inference->ready = reused_create(cached.values, cached.count, &inference->salt);
    if (!inference->ready)
        return false;
    inference->ready->prompt_tokens = cached.prompt_tokens;
    inference->ready->truncated_tokens = cached.truncated_tokens;
    model->counts.cache_hits++;
    tell_soon(inference);
    return true;
}

bool hearth_reuse_take(struct served_model *model, struct hearth_inference *inference)
{
    const struct hearth_input *input = &inference->input;
    struct hearth_reuse *reuse = model->scheduler->reuse;
    if (input->task != HEARTH_TASK_EMBED && input->task != HEARTH_TASK_SCORE)
        return false;
    make_key(model, inference);
    if (take_cached(inference))
        return true;
    struct hearth_inference *leader = reuse->dedup ? leader_of(inference) : NULL;
    if (!leader)
        return false;
    follow(leader, inference);
    model->counts.dedup_hits++;
    return true;
}

void hearth_reuse_lead(struct hearth_inference *inference)
{
    if (inference->keyed && inference->model->scheduler->reuse->dedup && !leader_of(inference))
        enter_table(inference);
}

void hearth_reuse_collect(struct hearth_inference *inference, const struct hearth_event *event)
{
    const struct hearth_vector_digest *maker = &inference->model->reuse_salt;
    if (event->kind == HEARTH_EVENT_VECTOR)
        inference->maker = *maker;
    if (!inference->keyed || event->kind != HEARTH_EVENT_VECTOR)
        return;
    reused_release(inference->collected);
    inference->collected = reused_create(event->values, event->value_count, maker);
}

static void keep(const struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    const struct hearth_reused *reused = inference->collected;
    const struct hearth_cached_vector vector = {.values = reused->values,
                                                .count = reused->count,
                                                .prompt_tokens = reused->prompt_tokens,
                                                .truncated_tokens = reused->truncated_tokens};
    /* It may have been asked for before a load that changed what the model is. */
    if (reused->count && memcmp(&inference->salt, &model->reuse_salt, sizeof(inference->salt)) == 0)
        hearth_vector_cache_put(model->scheduler->reuse->cache, &inference->key, &vector);
}

void hearth_reuse_complete(struct hearth_inference *inference, uint32_t prompt_tokens)
{
    if (!inference->keyed)
        return;
    leave_table(inference);
    if (!inference->collected)
        inference->collected = reused_create(NULL, 0, &inference->model->reuse_salt);
    if (!inference->collected) {
        struct hearth_error error;
        hearth_error_set(&error, HEARTH_ENOMEM, "no memory for the vector");
        hearth_reuse_fail(inference, &error, 0);
        return;
    }
    inference->collected->prompt_tokens = prompt_tokens;
    inference->collected->truncated_tokens = inference->truncated;
    keep(inference);
    for (struct hearth_inference *follower; (follower = take_follower(inference));) {
        inference->collected->references++;
        follower->ready = inference->collected;
        tell_soon(follower);
    }
}

void hearth_reuse_fail(struct hearth_inference *inference, const struct hearth_error *error,
                       uint32_t retry_after_ms)
{
    for (struct hearth_inference *follower; (follower = take_follower(inference));) {
        follower->failure = *error;
        follower->failure_retry_ms = retry_after_ms;
        tell_soon(follower);
    }
}

static void hand_place_over(struct hearth_inference *from, struct hearth_inference *to)
{
    struct served_model *model = from->model;
    if (from->in_queue) {
        hearth_queue_remove(model->queue, &from->queued);
        hearth_queue_unpop(model->queue, &to->queued, to->caller->client);
        from->in_queue = false;
        to->in_queue = true;
    }
    for (size_t i = 0; i < model->flight_count; i++)
        if (model->flights[i].inference == from)
            model->flights[i].inference = to;
    to->stream = from->stream;
    to->sent_us = from->sent_us;
    to->crashes = from->crashes;
    to->prepared = from->prepared;
    to->truncated = from->truncated;
    to->begun = from->begun;
    to->owed = from->collected != NULL; /* the vector came, but not for this one */
    to->tokens_in = from->tokens_in;
    to->collected = from->collected;
    to->failure = from->failure;
    from->stream = 0;
    from->tokens_in = 0;
    from->collected = NULL;
}

bool hearth_reuse_pass_on(struct hearth_inference *inference)
{
    struct hearth_inference *heir = take_follower(inference);
    if (!heir)
        return false;
    hand_place_over(inference, heir);
    heir->followers = inference->followers;
    for (struct hearth_inference *one = heir->followers; one; one = one->next_follower)
        one->leader = heir;
    inference->followers = NULL;
    if (inference->leads) {
        leave_table(inference);
        enter_table(heir);
    }
    if (heir->failure.code)
        tell_soon(heir);
    return true;
}

void hearth_reuse_forget(struct hearth_inference *inference)
{
    assert(!inference->followers);
    if (inference->leader)
        leave_leader(inference);
    leave_table(inference);
    reused_release(inference->collected);
    reused_release(inference->ready);
    inference->collected = inference->ready = NULL;
}

/* What a callback does may free the request: `gone` says so. */
static bool tell_vector(struct hearth_inference *inference, const struct hearth_reused *reused)
{
    const struct hearth_inference_events events = inference->events;
    void *argument = inference->argument;
    bool gone = false;
    inference->gone = &gone;
    inference->maker = reused->maker;
    if (events.on_prepared && !inference->prepared)
        events.on_prepared(argument, reused->prompt_tokens, reused->truncated_tokens);
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_VECTOR, .values = reused->values, .value_count = reused->count};
    if (!gone && reused->count && events.on_event)
        events.on_event(argument, &event);
    if (!gone)
        inference->gone = NULL;
    return !gone;
}

void hearth_reuse_deliver(struct hearth_inference *inference)
{
    struct hearth_reused *reused = inference->ready;
    inference->ready = NULL;
    if (tell_vector(inference, reused))
        hearth_inference_answer(inference, &(struct hearth_inference_done){
                                               .finish = HEARTH_FINISH_STOP,
                                               .prompt_tokens = reused->prompt_tokens,
                                               .truncated_tokens = reused->truncated_tokens});
    reused_release(reused);
}

void hearth_reuse_deliver_owed(struct hearth_inference *inference)
{
    inference->ready = inference->collected;
    inference->collected = NULL;
    hearth_reuse_deliver(inference);
}
