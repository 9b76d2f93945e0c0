/* Keeps the rows of the store in memory, in plain arrays. Each row that has texts lies in an arena
 * of its own, so that changing it is making a new one. Private to src/store/memory. */
#ifndef HEARTH_STORE_MEMORY_MEMORY_ROWS_H
#define HEARTH_STORE_MEMORY_MEMORY_ROWS_H

#include "store/store_ops.h"

struct hearth_memory_version {
    struct hearth_arena *arena;
    struct hearth_version *row;
};

struct hearth_memory_alias {
    char *name;
    int64_t number, revision;
};

struct hearth_memory_model {
    struct hearth_arena *arena;
    struct hearth_model *row;
    int64_t last_number;                    /* of a version; numbers are not used again */
    struct hearth_memory_version *versions; /* by number */
    struct hearth_memory_alias *aliases;    /* by name */
    size_t version_count, alias_count;
};

struct hearth_memory_claim {
    char *work, *owner;
    int64_t expires_ms, fence;
};

struct hearth_memory_record {
    struct hearth_arena *arena;
    struct hearth_record *row;
};

struct hearth_memory_store {
    struct hearth_store base; /* first: the ops are called with it */
    struct hearth_memory_model *models;
    struct hearth_change *changes;
    struct hearth_memory_claim *claims;
    struct hearth_memory_record *records; /* in order of creation */
    size_t model_count, change_count, claim_count, record_count;
    int64_t last_model_id, last_version_id, last_sequence;
};

static inline struct hearth_memory_store *hearth_memory_of(struct hearth_store *store)
{
    return (struct hearth_memory_store *)store;
}

/* The row of a model by name or, where `name` is NULL, by id; that of a version by number. NULL
 * when there is none. The pointers hold until the next insert or remove. */
struct hearth_memory_model *hearth_memory_model_find(struct hearth_memory_store *store,
                                                     const char *name, int64_t id);
struct hearth_memory_version *hearth_memory_version_find(struct hearth_memory_model *model,
                                                         int64_t number);
/* The version with an id, of whatever model; `ret_model` is that model. */
struct hearth_memory_version *hearth_memory_version_by_id(struct hearth_memory_store *store,
                                                          int64_t id,
                                                          struct hearth_memory_model **ret_model);

/* Makes room for one row more at `index`, which is left unset, and answers where the array is now.
 */
void *hearth_memory_insert(void *rows, size_t *count, size_t index, size_t row_size);
void hearth_memory_remove(void *rows, size_t *count, size_t index, size_t row_size);

/* Adds a change for readers that follow. `kind` is one of the constants of struct hearth_change. */
void hearth_memory_note(struct hearth_memory_store *store, const char *kind, int64_t model_id,
                        bool deleted);
void hearth_memory_model_free(struct hearth_memory_model *model);

/* Rows as they are, with ids, revisions and times, for a copy of another store: nothing is checked,
 * and no change is noted. The model holds until the next one is put. */
int hearth_memory_model_put(struct hearth_memory_store *store, const struct hearth_model *row,
                            struct hearth_memory_model **ret_model, struct hearth_error *error);
int hearth_memory_version_put(struct hearth_memory_model *model, const struct hearth_version *row,
                              struct hearth_error *error);
void hearth_memory_alias_put(struct hearth_memory_model *model, const struct hearth_alias *row);

/* memory_model.c, memory_version.c, memory_alias.c, memory_record.c */

int hearth_memory_model_create(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, int64_t *ret_id, struct hearth_error *error);
int hearth_memory_model_get(struct hearth_store *store, const char *name, int64_t id,
                            struct hearth_arena *arena, struct hearth_model **ret_model,
                            struct hearth_error *error);
int hearth_memory_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                             struct hearth_arena *arena, struct hearth_model **ret_models,
                             size_t *ret_count, int64_t *ret_total, struct hearth_error *error);
int hearth_memory_model_update(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, struct hearth_error *error);
int hearth_memory_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                               struct hearth_error *error);
int hearth_memory_version_create(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                 struct hearth_error *error);
int hearth_memory_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                              struct hearth_arena *arena, struct hearth_version **ret_version,
                              struct hearth_error *error);
int hearth_memory_version_list(struct hearth_store *store, int64_t model_id,
                               struct hearth_arena *arena, struct hearth_version **ret_versions,
                               size_t *ret_count, struct hearth_error *error);
int hearth_memory_version_update(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, struct hearth_error *error);
int hearth_memory_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                 int64_t now_ms, struct hearth_error *error);
int hearth_memory_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                            int64_t number, int64_t expected_revision, int64_t now_ms,
                            struct hearth_error *error);
int hearth_memory_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                               int64_t now_ms, struct hearth_error *error);
int hearth_memory_alias_list(struct hearth_store *store, int64_t model_id,
                             struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                             size_t *ret_count, struct hearth_error *error);

int hearth_memory_record_create(struct hearth_store *store, const struct hearth_record *record,
                                const struct hearth_record_bounds *bounds,
                                struct hearth_error *error);
int hearth_memory_record_get(struct hearth_store *store, const char *kind, const char *id,
                             const char *principal, struct hearth_arena *arena,
                             struct hearth_record **ret_record, struct hearth_error *error);
int hearth_memory_record_list(struct hearth_store *store, const struct hearth_record_filter *filter,
                              struct hearth_arena *arena, struct hearth_record **ret_records,
                              size_t *ret_count, struct hearth_error *error);
int hearth_memory_record_count(struct hearth_store *store,
                               const struct hearth_record_filter *filter, int64_t *ret_count,
                               struct hearth_error *error);
int hearth_memory_record_update(struct hearth_store *store, const struct hearth_record *record,
                                struct hearth_error *error);
int hearth_memory_record_delete(struct hearth_store *store, const char *kind, const char *id,
                                struct hearth_error *error);

#endif
