#include "store/memory/memory_rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "store/memory/row_copy.h"

#include <string.h>

enum { ROW_BYTES_MAX = 64 << 20 };

/* A copy in an arena of its own, as in memory_model.c. */
static int make_row(const struct hearth_version *version, struct hearth_memory_version *ret_version,
                    struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ROW_BYTES_MAX);
    struct hearth_version *row = hearth_version_copy(arena, version);
    if (!row) {
        hearth_arena_destroy(arena);
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for the version");
    }
    *ret_version = (struct hearth_memory_version){arena, row};
    return 0;
}

/* In the order of numbers, which the verb of the list promises. */
static void insert_version(struct hearth_memory_model *model,
                           const struct hearth_memory_version *added)
{
    size_t index = model->version_count;
    while (index > 0 && model->versions[index - 1].row->number > added->row->number)
        index--;
    model->versions = hearth_memory_insert(model->versions, &model->version_count, index,
                                           sizeof(*model->versions));
    model->versions[index] = *added;
}

int hearth_memory_version_put(struct hearth_memory_model *model, const struct hearth_version *row,
                              struct hearth_error *error)
{
    struct hearth_memory_version added = {0};
    int rc = make_row(row, &added, error);
    if (!rc)
        insert_version(model, &added);
    return rc;
}

/* Numbers are never used again, also not after a delete: `last_number` only grows. */
int hearth_memory_version_create(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                 struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = hearth_memory_model_find(memory, NULL, version->model_id);
    struct hearth_memory_model *base_model = NULL;
    /* In the order in which sqlite's constraints speak: the model, then its number, then the base.
     */
    if (!model)
        return hearth_store_no_model(error, NULL, version->model_id);
    if (version->number && hearth_memory_version_find(model, version->number))
        return hearth_store_number_taken(error, version->number);
    if (version->base_version_id &&
        !hearth_memory_version_by_id(memory, version->base_version_id, &base_model))
        return hearth_store_no_base(error, version->base_version_id);
    struct hearth_memory_version added = {0};
    int rc = make_row(version, &added, error);
    if (rc)
        return rc;
    if (!version->number)
        added.row->number = model->last_number + 1;
    /* A number that the caller chose may lie below those that are used up. */
    if (added.row->number > model->last_number)
        model->last_number = added.row->number;
    added.row->id = ++memory->last_version_id;
    added.row->created_ms = added.row->updated_ms = now_ms;
    added.row->revision = 1;
    insert_version(model, &added);
    hearth_memory_note(memory, "version", version->model_id, false);
    *ret_id = added.row->id;
    *ret_number = added.row->number;
    return 0;
}

/* A copy, as of models. */
int hearth_memory_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                              struct hearth_arena *arena, struct hearth_version **ret_version,
                              struct hearth_error *error)
{
    struct hearth_memory_model *model =
        hearth_memory_model_find(hearth_memory_of(store), NULL, model_id);
    const struct hearth_memory_version *version =
        model ? hearth_memory_version_find(model, number) : NULL;
    if (!version)
        return hearth_store_no_version(error, number);
    struct hearth_version *copy = hearth_version_copy(arena, version->row);
    if (!copy)
        return hearth_store_arena_full(error);
    *ret_version = copy;
    return 0;
}

int hearth_memory_version_list(struct hearth_store *store, int64_t model_id,
                               struct hearth_arena *arena, struct hearth_version **ret_versions,
                               size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_memory_model *model =
        hearth_memory_model_find(hearth_memory_of(store), NULL, model_id);
    /* A model that is not there has no versions, which is no error (store.h). */
    size_t count = model ? model->version_count : 0;
    struct hearth_version *versions = hearth_arena_alloc(arena, count * sizeof(*versions));
    if (!versions)
        return hearth_store_arena_full(error);
    for (size_t i = 0; i < count; i++) {
        const struct hearth_version *copy = hearth_version_copy(arena, model->versions[i].row);
        if (!copy)
            return hearth_store_arena_full(error);
        versions[i] = *copy;
    }
    *ret_versions = versions;
    *ret_count = count;
    return 0;
}

/* What a version is made of (model, number, source, base) never changes. */
int hearth_memory_version_update(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = NULL;
    struct hearth_memory_version *standing =
        hearth_memory_version_by_id(memory, version->id, &model);
    if (!standing)
        return hearth_store_no_version_id(error, version->id);
    int rc = hearth_store_check_move(standing->row->state, standing->row->revision, version, error);
    if (rc)
        return rc;
    struct hearth_version changed = *version;
    /* What the caller's row says of these is overwritten, whatever it is. */
    changed.model_id = standing->row->model_id;
    changed.number = standing->row->number;
    changed.source = standing->row->source;
    changed.base_version_id = standing->row->base_version_id;
    changed.created_ms = standing->row->created_ms;
    changed.updated_ms = now_ms;
    changed.revision++;
    struct hearth_arena *old = standing->arena;
    rc = make_row(&changed, standing, error);
    if (rc)
        return rc;
    /* Last, because the caller's row may point into it. */
    hearth_arena_destroy(old);
    hearth_memory_note(memory, "version", changed.model_id, false);
    return 0;
}

/* Versions of the same model count too, unlike when a whole model goes. */
static bool is_base(const struct hearth_memory_store *memory, int64_t id)
{
    for (size_t i = 0; i < memory->model_count; i++)
        for (size_t k = 0; k < memory->models[i].version_count; k++)
            if (memory->models[i].versions[k].row->base_version_id == id)
                return true;
    return false;
}

/* An alias of a version that is gone would lead nowhere. */
static void drop_aliases(struct hearth_memory_model *model, int64_t number)
{
    for (size_t i = model->alias_count; i-- > 0;)
        if (model->aliases[i].number == number) {
            hearth_free(model->aliases[i].name);
            hearth_memory_remove(model->aliases, &model->alias_count, i, sizeof(*model->aliases));
        }
}

/* An adapter's base stays as long as the adapter does. */
int hearth_memory_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                 int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = hearth_memory_model_find(memory, NULL, model_id);
    struct hearth_memory_version *version =
        model ? hearth_memory_version_find(model, number) : NULL;
    if (!version)
        return hearth_store_no_version(error, number);
    if (is_base(memory, version->row->id))
        return hearth_store_is_base(error);
    drop_aliases(model, number);
    hearth_arena_destroy(version->arena);
    hearth_memory_remove(model->versions, &model->version_count,
                         (size_t)(version - model->versions), sizeof(*model->versions));
    hearth_memory_note(memory, "version", model_id, true);
    return 0;
}
