#include "store/memory/memory_rows.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "store/memory/row_copy.h"

#include <stdlib.h>
#include <string.h>

/* Room for every text of a row at its greatest length (HEARTH_STORE_TEXT_MAX). */
enum { ROW_BYTES_MAX = 64 << 20 };

/* A copy in an arena of its own. */
static int make_row(const struct hearth_model *model, struct hearth_memory_model *ret_model,
                    struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ROW_BYTES_MAX);
    struct hearth_model *row = hearth_model_copy(arena, model);
    if (!row) {
        hearth_arena_destroy(arena);
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for the model");
    }
    ret_model->arena = arena;
    ret_model->row = row;
    return 0;
}

/* The array owns the new row from here on. At the end: ids grow, so the array is in their order. */
static struct hearth_memory_model *append(struct hearth_memory_store *memory,
                                          const struct hearth_memory_model *added)
{
    memory->models = hearth_memory_insert(memory->models, &memory->model_count, memory->model_count,
                                          sizeof(*memory->models));
    memory->models[memory->model_count - 1] = *added;
    return &memory->models[memory->model_count - 1];
}

int hearth_memory_model_put(struct hearth_memory_store *store, const struct hearth_model *row,
                            struct hearth_memory_model **ret_model, struct hearth_error *error)
{
    struct hearth_memory_model added = {0};
    int rc = make_row(row, &added, error);
    if (!rc)
        *ret_model = append(store, &added);
    return rc;
}

int hearth_memory_model_create(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, int64_t *ret_id, struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    /* The unique constraint of the table, by hand. */
    if (hearth_memory_model_find(memory, model->name, 0))
        return hearth_store_name_taken(error, model->name);
    struct hearth_memory_model added = {0};
    int rc = make_row(model, &added, error);
    if (rc)
        return rc;
    /* Counted apart from the rows, since an id must not come back after a delete. */
    added.row->id = ++memory->last_model_id;
    added.row->created_ms = added.row->updated_ms = now_ms;
    added.row->revision = 1;
    append(memory, &added);
    hearth_memory_note(memory, "model", added.row->id, false);
    *ret_id = added.row->id;
    return 0;
}

/* A copy in the caller's arena, since the row may change while it is looked at. */
int hearth_memory_model_get(struct hearth_store *store, const char *name, int64_t id,
                            struct hearth_arena *arena, struct hearth_model **ret_model,
                            struct hearth_error *error)
{
    const struct hearth_memory_model *model =
        hearth_memory_model_find(hearth_memory_of(store), name, id);
    if (!model)
        return hearth_store_no_model(error, name, id);
    struct hearth_model *copy = hearth_model_copy(arena, model->row);
    if (!copy)
        return hearth_store_arena_full(error);
    *ret_model = copy;
    return 0;
}

/* Tags are parsed for each look: this store is for tests and short-lived programs. */
static bool has_tag(const struct hearth_model *model, const char *tag)
{
    size_t key_length;
    const char *value;
    hearth_store_tag_split(tag, &key_length, &value);
    json_t *tags = hearth_json_parse(model->tags_json, strlen(model->tags_json), NULL);
    char *key = hearth_strndup(tag, key_length);
    const char *found = hearth_json_text(tags, key, NULL);
    bool has = found && (!value || strcmp(found, value) == 0);
    hearth_free(key);
    json_decref(tags);
    return has;
}

/* A model counts when any of its versions is in this state. */
static bool has_state(const struct hearth_memory_model *model, const char *state)
{
    for (size_t i = 0; i < model->version_count; i++)
        if (strcmp(hearth_version_state_name(model->versions[i].row->state), state) == 0)
            return true;
    return false;
}

/* The same conditions as CONDITION in sqlite/sqlite_model.c; the conformance suite compares them.
 */
static bool matches(const struct hearth_memory_model *model,
                    const struct hearth_model_filter *filter)
{
    const struct hearth_model *row = model->row;
    return (!filter->task || strcmp(row->task, filter->task) == 0) &&
           (!filter->device || strcmp(row->device, filter->device) == 0) &&
           (!filter->name || strcasestr(row->name, filter->name)) &&
           (!filter->state || has_state(model, filter->state)) &&
           (!filter->tag || has_tag(row, filter->tag));
}

/* What in_order sorts by; qsort_r hands it on. */
struct ordering {
    enum hearth_model_order order;
    bool descending;
};

/* Equal keys are ordered by id, so that pages do not overlap. */
static int in_order(const void *a, const void *b, void *argument)
{
    const struct ordering *ordering = argument;
    const struct hearth_model *x = *(struct hearth_model *const *)a;
    const struct hearth_model *y = *(struct hearth_model *const *)b;
    int64_t difference = 0;
    if (ordering->order == HEARTH_ORDER_NAME)
        difference = strcmp(x->name, y->name);
    else if (ordering->order == HEARTH_ORDER_CREATED)
        difference = x->created_ms - y->created_ms;
    else
        difference = x->updated_ms - y->updated_ms;
    if (difference == 0)
        difference = x->id - y->id;
    int sign = (difference > 0) - (difference < 0);
    return ordering->descending ? -sign : sign;
}

/* Only the rows of the page are copied, into the caller's arena. */
static int copy_page(struct hearth_model **found, int64_t total,
                     const struct hearth_model_filter *filter, struct hearth_arena *arena,
                     struct hearth_model **ret_models, size_t *ret_count,
                     struct hearth_error *error)
{
    size_t count = hearth_store_page(filter, total);
    struct hearth_model *models = hearth_arena_alloc(arena, count * sizeof(*models));
    for (size_t i = 0; models && i < count; i++) {
        const struct hearth_model *copy = hearth_model_copy(arena, found[filter->offset + i]);
        if (!copy)
            return hearth_store_arena_full(error);
        models[i] = *copy;
    }
    if (!models)
        return hearth_store_arena_full(error);
    *ret_models = models;
    *ret_count = count;
    return 0;
}

/* Filters, sorts, then cuts the page out: pages of one list are only right when all of it was
 * sorted. */
int hearth_memory_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                             struct hearth_arena *arena, struct hearth_model **ret_models,
                             size_t *ret_count, int64_t *ret_total, struct hearth_error *error)
{
    const struct hearth_memory_store *memory = hearth_memory_of(store);
    /* Pointers are sorted, not rows; nothing is changed while they are in use. */
    struct hearth_model **found = hearth_calloc(memory->model_count, sizeof(*found));
    struct ordering ordering;
    size_t total = 0;
    for (size_t i = 0; i < memory->model_count; i++)
        if (matches(&memory->models[i], filter))
            found[total++] = memory->models[i].row;
    ordering.order = hearth_store_order(filter, &ordering.descending);
    qsort_r(found, total, sizeof(*found), in_order, &ordering);
    int rc = copy_page(found, (int64_t)total, filter, arena, ret_models, ret_count, error);
    hearth_free(found);
    if (!rc)
        *ret_total = (int64_t)total;
    return rc;
}

/* Replaced by a new copy; name and time of creation cannot be changed. The old arena goes last,
 * because the caller's row may point into it. */
int hearth_memory_model_update(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *standing = hearth_memory_model_find(memory, NULL, model->id);
    if (!standing)
        return hearth_store_no_model(error, NULL, model->id);
    if (standing->row->revision != model->revision)
        return hearth_store_stale(error, "model", model->revision, standing->row->revision);
    struct hearth_model changed = *model;
    changed.name = standing->row->name;
    changed.created_ms = standing->row->created_ms;
    changed.updated_ms = now_ms;
    changed.revision++;
    struct hearth_arena *old = standing->arena;
    int rc = make_row(&changed, standing, error);
    if (rc)
        return rc;
    hearth_arena_destroy(old);
    hearth_memory_note(memory, "model", model->id, false);
    return 0;
}

/* Whether a version of another model is based on one of this. */
static bool is_base(const struct hearth_memory_store *memory, struct hearth_memory_model *model)
{
    for (size_t i = 0; i < memory->model_count; i++)
        for (size_t k = 0; k < memory->models[i].version_count; k++) {
            /* 0 says that it is based on nothing. */
            int64_t base = memory->models[i].versions[k].row->base_version_id;
            struct hearth_memory_model *owner = NULL;
            if (base && &memory->models[i] != model &&
                hearth_memory_version_by_id((struct hearth_memory_store *)memory, base, &owner) &&
                owner == model)
                return true;
        }
    return false;
}

/* Versions and aliases go along with their model. */
int hearth_memory_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                               struct hearth_error *error)
{
    (void)now_ms;
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_model *model = hearth_memory_model_find(memory, NULL, id);
    if (!model)
        return hearth_store_no_model(error, NULL, id);
    if (is_base(memory, model))
        return hearth_store_is_base(error);
    hearth_memory_model_free(model);
    hearth_memory_remove(memory->models, &memory->model_count, (size_t)(model - memory->models),
                         sizeof(*memory->models));
    hearth_memory_note(memory, "model", id, true);
    return 0;
}
