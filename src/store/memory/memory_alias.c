#include "store/memory/memory_rows.h"

#include "base/memory.h"

#include <string.h>

/* One by one: a model has a handful. */
static struct hearth_memory_alias *alias_find(struct hearth_memory_model *model, const char *name)
{
    for (size_t i = 0; i < model->alias_count; i++)
        if (strcmp(model->aliases[i].name, name) == 0)
            return &model->aliases[i];
    return NULL;
}

/* In the order of names, which the verb of the list promises. */
static struct hearth_memory_alias *alias_add(struct hearth_memory_model *model, const char *name)
{
    size_t index = model->alias_count;
    while (index > 0 && strcmp(model->aliases[index - 1].name, name) > 0)
        index--;
    model->aliases =
        hearth_memory_insert(model->aliases, &model->alias_count, index, sizeof(*model->aliases));
    model->aliases[index] = (struct hearth_memory_alias){.name = hearth_strdup(name)};
    return &model->aliases[index];
}

void hearth_memory_alias_put(struct hearth_memory_model *model, const struct hearth_alias *row)
{
    struct hearth_memory_alias *alias = alias_add(model, row->name);
    alias->number = row->number;
    alias->revision = row->revision;
}

/* An expected revision of 0 means that the alias must not exist yet; below 0, nobody cares. */
int hearth_memory_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                            int64_t number, int64_t expected_revision, int64_t now_ms,
                            struct hearth_error *error)
{
    /* Aliases keep no times, though every verb that writes is given one. */
    (void)now_ms;
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = hearth_memory_model_find(memory, NULL, model_id);
    struct hearth_memory_alias *row = model ? alias_find(model, alias) : NULL;
    /* Before the version is looked for, so that both back-ends tell the same fault when there are
     * two. */
    if (expected_revision >= 0 && (row ? row->revision : 0) != expected_revision)
        return hearth_store_alias_changed(error, alias);
    if (!model || !hearth_memory_version_find(model, number))
        return hearth_store_no_version(error, number);
    if (!row)
        row = alias_add(model, alias);
    row->number = number;
    row->revision++;
    /* Only now, when nothing can fail any more: a change without its row would mislead readers. */
    hearth_memory_note(memory, "alias", model_id, false);
    return 0;
}

int hearth_memory_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                               int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = hearth_memory_model_find(memory, NULL, model_id);
    struct hearth_memory_alias *row = model ? alias_find(model, alias) : NULL;
    if (!row)
        return hearth_store_no_alias(error, alias);
    hearth_free(row->name);
    /* The row's place is computed before the array is changed. */
    hearth_memory_remove(model->aliases, &model->alias_count, (size_t)(row - model->aliases),
                         sizeof(*model->aliases));
    hearth_memory_note(memory, "alias", model_id, true);
    return 0;
}

/* Copies: the rows may change or go while the caller still looks at them. */
int hearth_memory_alias_list(struct hearth_store *store, int64_t model_id,
                             struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                             size_t *ret_count, struct hearth_error *error)
{
    struct hearth_memory_model *model =
        hearth_memory_model_find(hearth_memory_of(store), NULL, model_id);
    size_t count = model ? model->alias_count : 0;
    struct hearth_alias *aliases = hearth_arena_alloc(arena, count * sizeof(*aliases));
    if (!aliases)
        return hearth_store_arena_full(error);
    for (size_t i = 0; i < count; i++) {
        const struct hearth_memory_alias *row = &model->aliases[i];
        aliases[i] = (struct hearth_alias){.model_id = model_id,
                                           .name = hearth_arena_strdup(arena, row->name),
                                           .number = row->number,
                                           .revision = row->revision};
        if (!aliases[i].name)
            return hearth_store_arena_full(error);
    }
    *ret_aliases = aliases;
    *ret_count = count;
    return 0;
}
