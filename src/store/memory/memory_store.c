#include "store/memory/memory_rows.h"

#include "base/memory.h"

#include <string.h>

/* Rows are freed one by one, since each has an arena of its own. */
static void memory_close(struct hearth_store *store)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    for (size_t i = 0; i < memory->model_count; i++)
        hearth_memory_model_free(&memory->models[i]);
    for (size_t i = 0; i < memory->claim_count; i++) {
        hearth_free(memory->claims[i].work);
        hearth_free(memory->claims[i].owner);
    }
    for (size_t i = 0; i < memory->record_count; i++)
        hearth_arena_destroy(memory->records[i].arena);
    hearth_free(memory->records);
    hearth_free(memory->models);
    hearth_free(memory->changes);
    hearth_free(memory->claims);
    hearth_free(memory);
}

/* Counts once for a version, however often it names the blob. */
static bool has_blob(const struct hearth_version *version, const char *sha256)
{
    for (size_t i = 0; i < version->file_count; i++)
        if (strcmp(version->files[i].sha256, sha256) == 0)
            return true;
    return false;
}

/* All versions are looked at; a real database has an index for this. */
static int memory_blob_uses(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                            struct hearth_error *error)
{
    (void)error;
    const struct hearth_memory_store *memory = hearth_memory_of(store);
    int64_t count = 0;
    for (size_t i = 0; i < memory->model_count; i++)
        for (size_t k = 0; k < memory->models[i].version_count; k++)
            count += has_blob(memory->models[i].versions[k].row, sha256);
    *ret_count = count;
    return 0;
}

/* Because sequences have no gaps, a place in the array is a subtraction. */
static int memory_changes(struct hearth_store *store, int64_t since, int64_t limit,
                          struct hearth_arena *arena, struct hearth_change **ret_changes,
                          size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_memory_store *memory = hearth_memory_of(store);
    /* Sequences count up without a gap. */
    int64_t oldest = memory->change_count ? memory->changes[0].sequence : 1;
    size_t first = since < oldest ? 0 : (size_t)(since - oldest + 1);
    size_t count = first < memory->change_count ? memory->change_count - first : 0;
    if ((int64_t)count > limit)
        count = (size_t)limit;
    struct hearth_change *changes = hearth_arena_alloc(arena, count * sizeof(*changes));
    if (!changes)
        return hearth_store_arena_full(error);
    if (count)
        memcpy(changes, memory->changes + first, count * sizeof(*changes));
    *ret_changes = changes;
    *ret_count = count;
    return 0;
}

static int memory_forget_changes(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                                 struct hearth_error *error)
{
    (void)error;
    struct hearth_memory_store *memory = hearth_memory_of(store);
    size_t kept = keep < (int64_t)memory->change_count ? (size_t)keep : memory->change_count;
    *ret_count = (int64_t)(memory->change_count - kept);
    if (*ret_count == 0)
        return 0;
    /* The oldest stand first. */
    memmove(memory->changes, memory->changes + *ret_count, kept * sizeof(*memory->changes));
    memory->change_count = kept;
    return 0;
}

static struct hearth_memory_claim *claim_find(struct hearth_memory_store *memory, const char *work)
{
    for (size_t i = 0; i < memory->claim_count; i++)
        if (strcmp(memory->claims[i].work, work) == 0)
            return &memory->claims[i];
    return NULL;
}

/* Free at first: it has no owner, and its time is up. */
static struct hearth_memory_claim *claim_add(struct hearth_memory_store *memory, const char *work)
{
    memory->claims = hearth_memory_insert(memory->claims, &memory->claim_count, memory->claim_count,
                                          sizeof(*memory->claims));
    struct hearth_memory_claim *claim = &memory->claims[memory->claim_count - 1];
    *claim = (struct hearth_memory_claim){.work = hearth_strdup(work), .owner = hearth_strdup("")};
    return claim;
}

/* A claim that has run out is anybody's; its owner may renew it at any time. The fence grows with
 * each claim, so that a holder who slept through its lease is told apart from the next. */
static int memory_claim(struct hearth_store *store, const char *work, const char *owner,
                        int64_t lease_ms, int64_t now_ms, int64_t *ret_fence,
                        struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_claim *claim = claim_find(memory, work);
    if (!claim)
        claim = claim_add(memory, work);
    else if (claim->expires_ms > now_ms && strcmp(claim->owner, owner) != 0)
        return hearth_store_claimed(error, work);
    hearth_free(claim->owner);
    claim->owner = hearth_strdup(owner);
    claim->expires_ms = now_ms + lease_ms;
    *ret_fence = ++claim->fence;
    return 0;
}

/* Only who still has the newest fence may release. The row stays, for its fence. */
static int memory_release(struct hearth_store *store, const char *work, int64_t fence,
                          struct hearth_error *error)
{
    struct hearth_memory_claim *claim = claim_find(hearth_memory_of(store), work);
    if (!claim || claim->fence != fence)
        return hearth_store_lost_claim(error, work);
    claim->owner[0] = '\0';
    claim->expires_ms = 0;
    return 0;
}

/* The first implementation of the interface, and the model for the others: what it does is what the
 * conformance suite asks of all. */
static const struct hearth_store_ops memory_store = {
    .name = "memory",
    .close = memory_close,
    .model_create = hearth_memory_model_create,
    .model_get = hearth_memory_model_get,
    .model_list = hearth_memory_model_list,
    .model_update = hearth_memory_model_update,
    .model_delete = hearth_memory_model_delete,
    .version_create = hearth_memory_version_create,
    .version_get = hearth_memory_version_get,
    .version_list = hearth_memory_version_list,
    .version_update = hearth_memory_version_update,
    .version_delete = hearth_memory_version_delete,
    .alias_set = hearth_memory_alias_set,
    .alias_delete = hearth_memory_alias_delete,
    .alias_list = hearth_memory_alias_list,
    .blob_uses = memory_blob_uses,
    .changes = memory_changes,
    .forget_changes = memory_forget_changes,
    .claim = memory_claim,
    .release = memory_release,
    .record_create = hearth_memory_record_create,
    .record_get = hearth_memory_record_get,
    .record_list = hearth_memory_record_list,
    .record_count = hearth_memory_record_count,
    .record_update = hearth_memory_record_update,
    .record_delete = hearth_memory_record_delete,
};

/* Nothing can fail: what this needs is small, and small allocations abort (base/memory.h). */
int hearth_store_open_memory(struct hearth_loop *loop, struct hearth_store **ret_store,
                             struct hearth_error *error)
{
    (void)error;
    struct hearth_memory_store *memory = hearth_calloc(1, sizeof(*memory));
    hearth_store_init(&memory->base, &memory_store, loop);
    *ret_store = &memory->base;
    return 0;
}
