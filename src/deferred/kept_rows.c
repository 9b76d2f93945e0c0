#include "deferred/kept_rows.h"

#include "base/error.h"
#include "deferred/kept_record.h"
#include "domain/kept_state.h"

#include <string.h>

int hearth_kept_row_begin(struct hearth_store *store, const char *id, int64_t now_ms,
                          struct hearth_arena *arena, struct hearth_record **ret_record,
                          struct hearth_error *error)
{
    int rc =
        hearth_store_record_get(store, HEARTH_KEPT_REQUEST, id, NULL, arena, ret_record, error);
    if (rc)
        return rc;
    struct hearth_record row = **ret_record;
    if (strcmp(row.label, hearth_kept_state_name(HEARTH_KEPT_QUEUED)) != 0)
        return hearth_error_set(error, HEARTH_ECONFLICT, "it is %s already", row.label);
    row.label = hearth_kept_state_name(HEARTH_KEPT_RUNNING);
    row.facts_json = hearth_kept_record_begun(row.facts_json, now_ms, arena);
    row.body = NULL;
    rc = hearth_store_record_update(store, &row, error);
    (*ret_record)->facts_json = row.facts_json;
    (*ret_record)->revision++;
    return rc;
}

int hearth_kept_row_cancel(struct hearth_store *store, const char *id, const char *principal,
                           int64_t now_ms, int64_t keep_ms, struct hearth_arena *arena,
                           bool *ret_canceled, struct hearth_error *error)
{
    struct hearth_record *record;
    int rc =
        hearth_store_record_get(store, HEARTH_KEPT_REQUEST, id, principal, arena, &record, error);
    if (rc)
        return rc;
    int state = hearth_kept_state_parse(record->label);
    *ret_canceled = state >= 0 && !hearth_kept_state_is_over((enum hearth_kept_state)state);
    if (!*ret_canceled)
        return hearth_store_record_delete(store, HEARTH_KEPT_REQUEST, id, error);
    record->label = hearth_kept_state_name(HEARTH_KEPT_CANCELED);
    record->facts_json = hearth_kept_record_ended(record->facts_json, now_ms, arena);
    record->expires_ms = now_ms + keep_ms;
    return hearth_store_record_update(store, record, error);
}

static int recover_one(struct hearth_store *store, const struct hearth_kept_rows_left *left,
                       const struct hearth_record *record, struct hearth_arena *arena,
                       struct hearth_error *error)
{
    struct hearth_record row = *record;
    uint32_t attempts = hearth_kept_record_attempts(row.facts_json);
    enum hearth_kept_state state = hearth_kept_state_after_restart(HEARTH_KEPT_RUNNING, attempts);
    row.label = hearth_kept_state_name(state);
    if (state == HEARTH_KEPT_FAILED) {
        row.facts_json = hearth_kept_record_given_up(row.facts_json, left->now_ms, arena);
        row.expires_ms = left->expires_ms;
        row.body = "";
        row.body_length = 0;
        row.size = 0;
    }
    return hearth_store_record_update(store, &row, error);
}

int hearth_kept_rows_recover(struct hearth_store *store, const struct hearth_kept_rows_left *left,
                             struct hearth_arena *arena, struct hearth_record **ret_records,
                             size_t *ret_count, struct hearth_error *error)
{
    struct hearth_record_filter filter = {
        .kind = HEARTH_KEPT_REQUEST,
        .label = hearth_kept_state_name(HEARTH_KEPT_RUNNING),
        .ascending = true,
        .limit = left->limit,
    };
    int rc = hearth_store_record_list(store, &filter, arena, ret_records, ret_count, error);
    for (size_t i = 0; !rc && i < *ret_count; i++)
        rc = recover_one(store, left, &(*ret_records)[i], arena, error);
    filter.label = hearth_kept_state_name(HEARTH_KEPT_QUEUED);
    return rc ? rc : hearth_store_record_list(store, &filter, arena, ret_records, ret_count, error);
}
