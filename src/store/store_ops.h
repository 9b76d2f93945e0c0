/* The functions that a back-end of the store implements. The rows that it is given have been
 * checked and have no NULL texts; what a back-end still checks is what only it can know, such as
 * whether a name is in use. Private to src/store. */
#ifndef HEARTH_STORE_STORE_OPS_H
#define HEARTH_STORE_STORE_OPS_H

#include "store/record.h"
#include "store/store.h"

struct hearth_store_ops {
    const char *name;
    bool is_remote; /* on a server, which can be away */
    void (*close)(struct hearth_store *store);

    int (*model_create)(struct hearth_store *store, const struct hearth_model *model,
                        int64_t now_ms, int64_t *ret_id, struct hearth_error *error);
    /* By name, or by id when the name is NULL. */
    int (*model_get)(struct hearth_store *store, const char *name, int64_t id,
                     struct hearth_arena *arena, struct hearth_model **ret_model,
                     struct hearth_error *error);
    int (*model_list)(struct hearth_store *store, const struct hearth_model_filter *filter,
                      struct hearth_arena *arena, struct hearth_model **ret_models,
                      size_t *ret_count, int64_t *ret_total, struct hearth_error *error);
    int (*model_update)(struct hearth_store *store, const struct hearth_model *model,
                        int64_t now_ms, struct hearth_error *error);
    int (*model_delete)(struct hearth_store *store, int64_t id, int64_t now_ms,
                        struct hearth_error *error);

    int (*version_create)(struct hearth_store *store, const struct hearth_version *version,
                          int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                          struct hearth_error *error);
    int (*version_get)(struct hearth_store *store, int64_t model_id, int64_t number,
                       struct hearth_arena *arena, struct hearth_version **ret_version,
                       struct hearth_error *error);
    int (*version_list)(struct hearth_store *store, int64_t model_id, struct hearth_arena *arena,
                        struct hearth_version **ret_versions, size_t *ret_count,
                        struct hearth_error *error);
    int (*version_update)(struct hearth_store *store, const struct hearth_version *version,
                          int64_t now_ms, struct hearth_error *error);
    int (*version_delete)(struct hearth_store *store, int64_t model_id, int64_t number,
                          int64_t now_ms, struct hearth_error *error);

    int (*alias_set)(struct hearth_store *store, int64_t model_id, const char *alias,
                     int64_t number, int64_t expected_revision, int64_t now_ms,
                     struct hearth_error *error);
    int (*alias_delete)(struct hearth_store *store, int64_t model_id, const char *alias,
                        int64_t now_ms, struct hearth_error *error);
    int (*alias_list)(struct hearth_store *store, int64_t model_id, struct hearth_arena *arena,
                      struct hearth_alias **ret_aliases, size_t *ret_count,
                      struct hearth_error *error);

    int (*blob_uses)(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                     struct hearth_error *error);
    int (*changes)(struct hearth_store *store, int64_t since, int64_t limit,
                   struct hearth_arena *arena, struct hearth_change **ret_changes,
                   size_t *ret_count, struct hearth_error *error);
    int (*forget_changes)(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                          struct hearth_error *error);
    int (*claim)(struct hearth_store *store, const char *work, const char *owner, int64_t lease_ms,
                 int64_t now_ms, int64_t *ret_fence, struct hearth_error *error);
    int (*release)(struct hearth_store *store, const char *work, int64_t fence,
                   struct hearth_error *error);

    int (*record_create)(struct hearth_store *store, const struct hearth_record *record,
                         const struct hearth_record_bounds *bounds, struct hearth_error *error);
    int (*record_get)(struct hearth_store *store, const char *kind, const char *id,
                      const char *principal, struct hearth_arena *arena,
                      struct hearth_record **ret_record, struct hearth_error *error);
    int (*record_list)(struct hearth_store *store, const struct hearth_record_filter *filter,
                       struct hearth_arena *arena, struct hearth_record **ret_records,
                       size_t *ret_count, struct hearth_error *error);
    int (*record_count)(struct hearth_store *store, const struct hearth_record_filter *filter,
                        int64_t *ret_count, struct hearth_error *error);
    int (*record_update)(struct hearth_store *store, const struct hearth_record *record,
                         struct hearth_error *error);
    int (*record_delete)(struct hearth_store *store, const char *kind, const char *id,
                         struct hearth_error *error);
};

/* The first member of each back-end's store, so that the ops can turn one into the other. */
struct hearth_store {
    const struct hearth_store_ops *ops;
    struct hearth_lane *lane; /* NULL without a loop */
};

/* To be called by a back-end when it opens. Asserts that no slot is missing, and starts the write
 * lane when there is a loop. */
void hearth_store_init(struct hearth_store *store, const struct hearth_store_ops *ops,
                       struct hearth_loop *loop);

/* How models may be sorted: "name", "created", "updated". */
enum hearth_model_order {
    HEARTH_ORDER_NAME,
    HEARTH_ORDER_CREATED,
    HEARTH_ORDER_UPDATED,
};
/* Splits `filter->sort`, which has been checked. */
enum hearth_model_order hearth_store_order(const struct hearth_model_filter *filter,
                                           bool *ret_descending);
/* How many of `total` rows the page has. */
size_t hearth_store_page(const struct hearth_model_filter *filter, int64_t total);
/* Splits "key=value"; `ret_value` is NULL when there is none. */
void hearth_store_tag_split(const char *tag, size_t *ret_key_length, const char **ret_value);

/* Faults with one wording for all back-ends. */
int hearth_store_no_model(struct hearth_error *error, const char *name, int64_t id);
int hearth_store_no_version(struct hearth_error *error, int64_t number);
int hearth_store_no_version_id(struct hearth_error *error, int64_t id);
int hearth_store_no_alias(struct hearth_error *error, const char *alias);
int hearth_store_stale(struct hearth_error *error, const char *kind, int64_t expected,
                       int64_t actual);
int hearth_store_name_taken(struct hearth_error *error, const char *name);
int hearth_store_number_taken(struct hearth_error *error, int64_t number);
int hearth_store_no_base(struct hearth_error *error, int64_t base_version_id);
int hearth_store_is_base(struct hearth_error *error);
int hearth_store_alias_changed(struct hearth_error *error, const char *alias);
int hearth_store_claimed(struct hearth_error *error, const char *work);
int hearth_store_lost_claim(struct hearth_error *error, const char *work);
int hearth_store_no_record(struct hearth_error *error, const char *kind, const char *id);
int hearth_store_record_taken(struct hearth_error *error, const char *kind, const char *id);
int hearth_store_record_full(struct hearth_error *error, const char *kind);
int hearth_store_arena_full(struct hearth_error *error);
/* Whether a version in this state and revision may become `version`. */
int hearth_store_check_move(enum hearth_version_state state, int64_t revision,
                            const struct hearth_version *version, struct hearth_error *error);

#endif
