#include "store/memory/memory_rows.h"

#include "base/memory.h"

#include <string.h>

/* By name, or by id where the name is NULL. */
struct hearth_memory_model *hearth_memory_model_find(struct hearth_memory_store *store,
                                                     const char *name, int64_t id)
{
    for (size_t i = 0; i < store->model_count; i++) {
        const struct hearth_model *row = store->models[i].row;
        if (name ? strcmp(row->name, name) == 0 : row->id == id)
            return &store->models[i];
    }
    return NULL;
}

struct hearth_memory_version *hearth_memory_version_find(struct hearth_memory_model *model,
                                                         int64_t number)
{
    for (size_t i = 0; i < model->version_count; i++)
        if (model->versions[i].row->number == number)
            return &model->versions[i];
    return NULL;
}

/* Through all models: it is asked for bases of adapters and for updates only. */
struct hearth_memory_version *hearth_memory_version_by_id(struct hearth_memory_store *store,
                                                          int64_t id,
                                                          struct hearth_memory_model **ret_model)
{
    for (size_t i = 0; i < store->model_count; i++) {
        struct hearth_memory_model *model = &store->models[i];
        for (size_t k = 0; k < model->version_count; k++)
            if (model->versions[k].row->id == id) {
                *ret_model = model;
                return &model->versions[k];
            }
    }
    return NULL;
}

void *hearth_memory_insert(void *rows, size_t *count, size_t index, size_t row_size)
{
    char *grown = rows;
    /* Room for a power of two rows, so that many rows are not copied each time. */
    if ((*count & (*count - 1)) == 0)
        grown = hearth_realloc(rows, (*count ? *count * 2 : 1) * row_size);
    /* The caller fills the gap; until then nothing may look at it. */
    memmove(grown + (index + 1) * row_size, grown + index * row_size, (*count - index) * row_size);
    ++*count;
    return grown;
}

/* Keeps the memory, which the next insert uses again. */
void hearth_memory_remove(void *rows, size_t *count, size_t index, size_t row_size)
{
    --*count;
    memmove((char *)rows + index * row_size, (char *)rows + (index + 1) * row_size,
            (*count - index) * row_size);
}

/* Numbers go on after the newest change; forget_changes always leaves that one, so none comes
 * twice. */
void hearth_memory_note(struct hearth_memory_store *store, const char *kind, int64_t model_id,
                        bool deleted)
{
    int64_t sequence =
        store->change_count ? store->changes[store->change_count - 1].sequence + 1 : 1;
    store->changes = hearth_memory_insert(store->changes, &store->change_count, store->change_count,
                                          sizeof(*store->changes));
    store->changes[store->change_count - 1] =
        (struct hearth_change){sequence, kind, model_id, deleted};
}

/* The model's own place belongs to the array and is freed with it. */
void hearth_memory_model_free(struct hearth_memory_model *model)
{
    for (size_t i = 0; i < model->version_count; i++)
        hearth_arena_destroy(model->versions[i].arena);
    for (size_t i = 0; i < model->alias_count; i++)
        hearth_free(model->aliases[i].name);
    hearth_free(model->versions);
    hearth_free(model->aliases);
    hearth_arena_destroy(model->arena);
}
