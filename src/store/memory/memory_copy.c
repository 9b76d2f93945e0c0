/* The models of another store in memory. Its rows are put down as they were read, with their ids,
 * revisions and times, which the verbs that write would give out anew. */
#include "store/memory/memory_rows.h"

enum { PAGE = 500, ARENA_MAX = 64 << 20 };

/* No checks of versions against their bases and of aliases against versions: the store that they
 * come from has made them, and a base may follow on a later page. */
static int copy_versions(struct hearth_store *from, struct hearth_memory_model *model,
                         struct hearth_arena *arena, struct hearth_error *error)
{
    struct hearth_version *versions;
    size_t count;
    int rc = hearth_store_version_list(from, model->row->id, arena, &versions, &count, error);
    for (size_t i = 0; !rc && i < count; i++)
        rc = hearth_memory_version_put(model, &versions[i], error);
    return rc;
}

static int copy_aliases(struct hearth_store *from, struct hearth_memory_model *model,
                        struct hearth_arena *arena, struct hearth_error *error)
{
    struct hearth_alias *aliases;
    size_t count;
    int rc = hearth_store_alias_list(from, model->row->id, arena, &aliases, &count, error);
    for (size_t i = 0; !rc && i < count; i++)
        hearth_memory_alias_put(model, &aliases[i]);
    return rc;
}

/* A model that was added or deleted between two pages moves others from one to the next, so that
 * one may come twice. */
static int copy_model(struct hearth_store *from, struct hearth_memory_store *to,
                      const struct hearth_model *row, struct hearth_error *error)
{
    struct hearth_memory_model *model;
    if (hearth_memory_model_find(to, NULL, row->id))
        return 0;
    int rc = hearth_memory_model_put(to, row, &model, error);
    if (rc)
        return rc;
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    rc = copy_versions(from, model, arena, error);
    if (!rc)
        rc = copy_aliases(from, model, arena, error);
    hearth_arena_destroy(arena);
    return rc;
}

/* An offset of -1 says that this was the last page, which is one that is not full. */
static int copy_page(struct hearth_store *from, struct hearth_memory_store *to, int64_t *offset,
                     struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    const struct hearth_model_filter filter = {.offset = *offset, .limit = PAGE};
    struct hearth_model *rows;
    size_t count = 0;
    int64_t total;
    int rc = hearth_store_model_list(from, &filter, arena, &rows, &count, &total, error);
    for (size_t i = 0; !rc && i < count; i++)
        rc = copy_model(from, to, &rows[i], error);
    *offset = count == PAGE ? *offset + PAGE : -1;
    hearth_arena_destroy(arena);
    return rc;
}

int hearth_store_copy_models(struct hearth_store *store, struct hearth_store **ret_copy,
                             struct hearth_error *error)
{
    struct hearth_store *copy;
    int64_t offset = 0;
    int rc = hearth_store_open_memory(NULL, &copy, error);
    while (!rc && offset >= 0)
        rc = copy_page(store, hearth_memory_of(copy), &offset, error);
    if (rc)
        hearth_store_close(copy);
    else
        *ret_copy = copy;
    return rc;
}
