/* The verbs of records: checks, then the back-end. */
#include "store/record.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "store/row_check.h"
#include "store/store_ops.h"

#include <assert.h>
#include <stdio.h>

enum { ID_BYTES = 12 };

void hearth_record_id(const char *prefix, char ret_id[HEARTH_RECORD_ID])
{
    unsigned char random[ID_BYTES];
    char hex[2 * ID_BYTES + 1];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), hex);
    snprintf(ret_id, HEARTH_RECORD_ID, "%.7s%s", prefix, hex);
}

int hearth_store_record_create(struct hearth_store *store, const struct hearth_record *record,
                               const struct hearth_record_bounds *bounds,
                               struct hearth_error *error)
{
    static const struct hearth_record_bounds none;
    struct hearth_record row = *record;
    int rc = hearth_record_check(&row, error);
    return rc ? rc : store->ops->record_create(store, &row, bounds ? bounds : &none, error);
}

int hearth_store_record_get(struct hearth_store *store, const char *kind, const char *id,
                            const char *principal, struct hearth_arena *arena,
                            struct hearth_record **ret_record, struct hearth_error *error)
{
    assert(kind && id);
    return store->ops->record_get(store, kind, id, principal, arena, ret_record, error);
}

int hearth_store_record_list(struct hearth_store *store, const struct hearth_record_filter *filter,
                             struct hearth_arena *arena, struct hearth_record **ret_records,
                             size_t *ret_count, struct hearth_error *error)
{
    if (filter->limit < 1)
        return hearth_error_set(error, HEARTH_EINVAL, "a list must have room for one record");
    return store->ops->record_list(store, filter, arena, ret_records, ret_count, error);
}

int hearth_store_record_count(struct hearth_store *store, const struct hearth_record_filter *filter,
                              int64_t *ret_count, struct hearth_error *error)
{
    assert(filter->kind);
    return store->ops->record_count(store, filter, ret_count, error);
}

int hearth_store_record_update(struct hearth_store *store, const struct hearth_record *record,
                               struct hearth_error *error)
{
    struct hearth_record row = *record;
    int rc = hearth_record_check(&row, error);
    return rc ? rc : store->ops->record_update(store, &row, error);
}

int hearth_store_record_delete(struct hearth_store *store, const char *kind, const char *id,
                               struct hearth_error *error)
{
    return store->ops->record_delete(store, kind, id, error);
}
