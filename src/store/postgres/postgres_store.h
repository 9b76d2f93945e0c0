/* Declares the parts of the PostgreSQL store, one file for each kind of row; store_ops.h says what
 * each does. Private to src/store/postgres. */
#ifndef HEARTH_STORE_POSTGRES_POSTGRES_STORE_H
#define HEARTH_STORE_POSTGRES_POSTGRES_STORE_H

#include "store/postgres/transaction.h"
#include "store/store_ops.h"

struct hearth_postgres_store {
    struct hearth_store base; /* first: the ops are called with it */
    struct hearth_pg_pool *pool;
};

static inline struct hearth_pg_pool *hearth_postgres_of(struct hearth_store *store)
{
    return ((struct hearth_postgres_store *)store)->pool;
}

/* Notes a change, in the transaction that makes it. */
int hearth_postgres_note(struct hearth_pg *pg, const char *kind, int64_t model_id, bool deleted,
                         struct hearth_error *error);

/* postgres_model.c */
int hearth_postgres_model_create(struct hearth_store *store, const struct hearth_model *model,
                                 int64_t now_ms, int64_t *ret_id, struct hearth_error *error);
int hearth_postgres_model_get(struct hearth_store *store, const char *name, int64_t id,
                              struct hearth_arena *arena, struct hearth_model **ret_model,
                              struct hearth_error *error);
int hearth_postgres_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                               struct hearth_arena *arena, struct hearth_model **ret_models,
                               size_t *ret_count, int64_t *ret_total, struct hearth_error *error);
int hearth_postgres_model_update(struct hearth_store *store, const struct hearth_model *model,
                                 int64_t now_ms, struct hearth_error *error);
int hearth_postgres_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                                 struct hearth_error *error);

/* postgres_version.c */
int hearth_postgres_version_create(struct hearth_store *store, const struct hearth_version *version,
                                   int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                   struct hearth_error *error);
int hearth_postgres_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                                struct hearth_arena *arena, struct hearth_version **ret_version,
                                struct hearth_error *error);
int hearth_postgres_version_list(struct hearth_store *store, int64_t model_id,
                                 struct hearth_arena *arena, struct hearth_version **ret_versions,
                                 size_t *ret_count, struct hearth_error *error);
int hearth_postgres_version_update(struct hearth_store *store, const struct hearth_version *version,
                                   int64_t now_ms, struct hearth_error *error);
int hearth_postgres_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                   int64_t now_ms, struct hearth_error *error);

/* postgres_alias.c */
int hearth_postgres_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                              int64_t number, int64_t expected_revision, int64_t now_ms,
                              struct hearth_error *error);
int hearth_postgres_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                                 int64_t now_ms, struct hearth_error *error);
int hearth_postgres_alias_list(struct hearth_store *store, int64_t model_id,
                               struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                               size_t *ret_count, struct hearth_error *error);

/* postgres_record.c */
int hearth_postgres_record_create(struct hearth_store *store, const struct hearth_record *record,
                                  const struct hearth_record_bounds *bounds,
                                  struct hearth_error *error);
int hearth_postgres_record_get(struct hearth_store *store, const char *kind, const char *id,
                               const char *principal, struct hearth_arena *arena,
                               struct hearth_record **ret_record, struct hearth_error *error);
int hearth_postgres_record_list(struct hearth_store *store,
                                const struct hearth_record_filter *filter,
                                struct hearth_arena *arena, struct hearth_record **ret_records,
                                size_t *ret_count, struct hearth_error *error);
int hearth_postgres_record_count(struct hearth_store *store,
                                 const struct hearth_record_filter *filter, int64_t *ret_count,
                                 struct hearth_error *error);
int hearth_postgres_record_update(struct hearth_store *store, const struct hearth_record *record,
                                  struct hearth_error *error);
int hearth_postgres_record_delete(struct hearth_store *store, const char *kind, const char *id,
                                  struct hearth_error *error);

#endif
