#include "store/store.h"

#include "base/error.h"
#include "base/memory.h"
#include "loop/pool.h"
#include "store/row_check.h"
#include "store/store_ops.h"

#include <assert.h>
#include <string.h>

/* More waiting work than this is refused (HEARTH_EQUEUEFULL) rather than kept in memory. */
enum { LANE_QUEUE_MAX = 4096 };

/* All verbs are required: the suite test/conformance/test_store.c runs over every back-end. */
void hearth_store_init(struct hearth_store *store, const struct hearth_store_ops *ops,
                       struct hearth_loop *loop)
{
    assert(ops->name && ops->close && ops->model_create && ops->model_get && ops->model_list);
    assert(ops->model_update && ops->model_delete && ops->version_create && ops->version_get);
    assert(ops->version_list && ops->version_update && ops->version_delete && ops->alias_set);
    assert(ops->alias_delete && ops->alias_list && ops->blob_uses && ops->changes && ops->claim);
    assert(ops->forget_changes && ops->release && ops->record_create && ops->record_get);
    assert(ops->record_list && ops->record_count && ops->record_update && ops->record_delete);
    store->ops = ops;
    store->lane = loop ? hearth_lane_create(loop, "store", 1, LANE_QUEUE_MAX) : NULL;
}

/* The lane first: it finishes what was accepted, for which the back-end must still be open. */
void hearth_store_close(struct hearth_store *store)
{
    if (!store)
        return;
    hearth_lane_destroy(store->lane);
    store->ops->close(store);
}

bool hearth_store_is_remote(const struct hearth_store *store)
{
    return store->ops->is_remote;
}

/* Work for the store's one thread; freed when its end was told. */
struct submitted {
    struct hearth_store *store;
    void (*work)(struct hearth_store *store, void *argument);
    void (*done)(void *argument);
    void *argument;
};

/* Runs on the lane's thread. */
static void run_submitted(void *argument)
{
    struct submitted *submitted = argument;
    submitted->work(submitted->store, submitted->argument);
}

/* Dropped work is run here: it was accepted, and closing the store loses nothing. */
static void end_submitted(void *argument, bool dropped)
{
    struct submitted *submitted = argument;
    if (dropped)
        run_submitted(submitted);
    if (submitted->done)
        submitted->done(submitted->argument);
    hearth_free(submitted);
}

/* One thread for each store, so that its verbs never run side by side and need no locks. */
int hearth_store_submit(struct hearth_store *store,
                        void (*work)(struct hearth_store *store, void *argument),
                        void (*done)(void *argument), void *argument)
{
    assert(store->lane);
    struct submitted *submitted = hearth_alloc(sizeof(*submitted));
    *submitted = (struct submitted){store, work, done, argument};
    /* When it fails neither callback will run, so the memory is still ours. */
    int rc = hearth_lane_submit(store->lane, run_submitted, end_submitted, submitted);
    if (rc)
        hearth_free(submitted);
    return rc;
}

/* Two rules of every update: nobody else changed the row since it was read (its revision), and the
 * state may follow the one before it. */
int hearth_store_check_move(enum hearth_version_state state, int64_t revision,
                            const struct hearth_version *version, struct hearth_error *error)
{
    if (revision != version->revision)
        return hearth_store_stale(error, "version", version->revision, revision);
    if (state != version->state && !hearth_version_state_may_follow(state, version->state))
        return hearth_error_set(error, HEARTH_ECONFLICT, "a version that is %s cannot become %s",
                                hearth_version_state_name(state),
                                hearth_version_state_name(version->state));
    return 0;
}

/* The checks have refused everything else. */
enum hearth_model_order hearth_store_order(const struct hearth_model_filter *filter,
                                           bool *ret_descending)
{
    const char *sort = filter->sort ? filter->sort : "name";
    *ret_descending = *sort == '-';
    sort += *sort == '-';
    if (strcmp(sort, "created") == 0)
        return HEARTH_ORDER_CREATED;
    return strcmp(sort, "updated") == 0 ? HEARTH_ORDER_UPDATED : HEARTH_ORDER_NAME;
}

/* A limit of 0 is no limit. */
size_t hearth_store_page(const struct hearth_model_filter *filter, int64_t total)
{
    int64_t rest = filter->offset < total ? total - filter->offset : 0;
    return (size_t)(filter->limit && filter->limit < rest ? filter->limit : rest);
}

/* "key" asks for the tag with whatever value, "key=" for the empty one. */
void hearth_store_tag_split(const char *tag, size_t *ret_key_length, const char **ret_value)
{
    *ret_key_length = strcspn(tag, "=");
    *ret_value = tag[*ret_key_length] ? tag + *ret_key_length + 1 : NULL;
}

/* The verbs: checks, then the back-end. */

int hearth_store_model_create(struct hearth_store *store, const struct hearth_model *model,
                              int64_t now_ms, int64_t *ret_id, struct hearth_error *error)
{
    /* A copy, because the check fills in defaults and the caller's row is const. */
    struct hearth_model row = *model;
    int rc = hearth_model_check(&row, error);
    return rc ? rc : store->ops->model_create(store, &row, now_ms, ret_id, error);
}

int hearth_store_model_get(struct hearth_store *store, const char *name, struct hearth_arena *arena,
                           struct hearth_model **ret_model, struct hearth_error *error)
{
    assert(name);
    return store->ops->model_get(store, name, 0, arena, ret_model, error);
}

int hearth_store_model_get_id(struct hearth_store *store, int64_t id, struct hearth_arena *arena,
                              struct hearth_model **ret_model, struct hearth_error *error)
{
    return store->ops->model_get(store, NULL, id, arena, ret_model, error);
}

/* A caller that only wants the rows need not ask for their total. */
int hearth_store_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                            struct hearth_arena *arena, struct hearth_model **ret_models,
                            size_t *ret_count, int64_t *ret_total, struct hearth_error *error)
{
    static const struct hearth_model_filter any;
    int64_t unwanted;
    if (!ret_total)
        ret_total = &unwanted;
    if (!filter)
        filter = &any;
    int rc = hearth_filter_check(filter, error);
    return rc ? rc
              : store->ops->model_list(store, filter, arena, ret_models, ret_count, ret_total,
                                       error);
}

/* All members are written: who changes one reads the row first, and its revision tells whether it
 * is still that row. */
int hearth_store_model_update(struct hearth_store *store, const struct hearth_model *model,
                              int64_t now_ms, struct hearth_error *error)
{
    struct hearth_model row = *model;
    int rc = hearth_model_check(&row, error);
    return rc ? rc : store->ops->model_update(store, &row, now_ms, error);
}

int hearth_store_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                              struct hearth_error *error)
{
    return store->ops->model_delete(store, id, now_ms, error);
}

/* A version's model, base and number are the back-end's to check: only it sees the other rows. */
int hearth_store_version_create(struct hearth_store *store, const struct hearth_version *version,
                                int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                struct hearth_error *error)
{
    struct hearth_version row = *version;
    int rc = hearth_version_check(&row, error);
    return rc ? rc : store->ops->version_create(store, &row, now_ms, ret_id, ret_number, error);
}

int hearth_store_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                             struct hearth_arena *arena, struct hearth_version **ret_version,
                             struct hearth_error *error)
{
    return store->ops->version_get(store, model_id, number, arena, ret_version, error);
}

int hearth_store_version_list(struct hearth_store *store, int64_t model_id,
                              struct hearth_arena *arena, struct hearth_version **ret_versions,
                              size_t *ret_count, struct hearth_error *error)
{
    return store->ops->version_list(store, model_id, arena, ret_versions, ret_count, error);
}

int hearth_store_version_update(struct hearth_store *store, const struct hearth_version *version,
                                int64_t now_ms, struct hearth_error *error)
{
    struct hearth_version row = *version;
    int rc = hearth_version_check(&row, error);
    return rc ? rc : store->ops->version_update(store, &row, now_ms, error);
}

int hearth_store_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                int64_t now_ms, struct hearth_error *error)
{
    return store->ops->version_delete(store, model_id, number, now_ms, error);
}

/* An alias is the one thing that is set without being created first. */
int hearth_store_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                           int64_t number, int64_t expected_revision, int64_t now_ms,
                           struct hearth_error *error)
{
    int rc = hearth_alias_check(alias, error);
    return rc ? rc
              : store->ops->alias_set(store, model_id, alias, number, expected_revision, now_ms,
                                      error);
}

int hearth_store_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                              int64_t now_ms, struct hearth_error *error)
{
    int rc = hearth_alias_check(alias, error);
    return rc ? rc : store->ops->alias_delete(store, model_id, alias, now_ms, error);
}

int hearth_store_alias_list(struct hearth_store *store, int64_t model_id,
                            struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                            size_t *ret_count, struct hearth_error *error)
{
    return store->ops->alias_list(store, model_id, arena, ret_aliases, ret_count, error);
}

/* Asked before a blob is deleted, on the lane that writes rows, so that the answer stays true. */
int hearth_store_blob_uses(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                           struct hearth_error *error)
{
    int rc = hearth_sha256_check(sha256, error);
    return rc ? rc : store->ops->blob_uses(store, sha256, ret_count, error);
}

/* Readers ask now and then, with the last sequence that they have seen; this is how several
 * processes keep up with each other. */
int hearth_store_changes(struct hearth_store *store, int64_t since, int64_t limit,
                         struct hearth_arena *arena, struct hearth_change **ret_changes,
                         size_t *ret_count, struct hearth_error *error)
{
    if (limit < 0)
        return hearth_error_set(error, HEARTH_EINVAL, "a limit must not be negative");
    return store->ops->changes(store, since, limit, arena, ret_changes, ret_count, error);
}

int hearth_store_forget_changes(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                                struct hearth_error *error)
{
    if (keep < 1) /* without the newest one, nobody could tell that anything changed */
        return hearth_error_set(error, HEARTH_EINVAL, "at least one change must be kept");
    return store->ops->forget_changes(store, keep, ret_count, error);
}

/* The owner is named by the caller, and two callers of one name count as one. */
int hearth_store_claim(struct hearth_store *store, const char *work, const char *owner,
                       int64_t lease_ms, int64_t now_ms, int64_t *ret_fence,
                       struct hearth_error *error)
{
    int rc = hearth_claim_check(work, owner, lease_ms, error);
    return rc ? rc : store->ops->claim(store, work, owner, lease_ms, now_ms, ret_fence, error);
}

int hearth_store_release(struct hearth_store *store, const char *work, int64_t fence,
                         struct hearth_error *error)
{
    return store->ops->release(store, work, fence, error);
}
