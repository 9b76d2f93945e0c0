#include "base/error.h"
#include "store/memory/memory_rows.h"
#include "store/memory/row_copy.h"

#include <string.h>

/* A row's arena holds its texts and its body. */
enum { ROW_MAX = HEARTH_RECORD_BODY_MAX + 4 * HEARTH_STORE_TEXT_MAX };

/* Another owner's is as if it were not there; `principal` NULL: of whomever. */
static struct hearth_memory_record *find(const struct hearth_memory_store *store, const char *kind,
                                         const char *id, const char *principal)
{
    for (size_t i = 0; i < store->record_count; i++) {
        const struct hearth_record *row = store->records[i].row;
        if (strcmp(row->kind, kind) == 0 && strcmp(row->id, id) == 0)
            return !principal || strcmp(row->principal, principal) == 0 ? &store->records[i] : NULL;
    }
    return NULL;
}

static bool has_room(const struct hearth_memory_store *store, const struct hearth_record *record,
                     const struct hearth_record_bounds *bounds)
{
    int64_t count = 1, size = record->size;
    for (size_t i = 0; i < store->record_count; i++) {
        const struct hearth_record *row = store->records[i].row;
        bool counts = strcmp(row->kind, record->kind) == 0;
        count += counts;
        size += counts ? row->size : 0;
    }
    return (!bounds->count_max || count <= bounds->count_max) &&
           (!bounds->size_max || size <= bounds->size_max);
}

/* False without memory; then the row is as it was. */
static bool put(struct hearth_memory_record *record, const struct hearth_record *row)
{
    struct hearth_arena *arena = hearth_arena_create(ROW_MAX);
    struct hearth_record *copy = hearth_record_copy(arena, row, true);
    if (!copy) {
        hearth_arena_destroy(arena);
        return false;
    }
    hearth_arena_destroy(record->arena);
    *record = (struct hearth_memory_record){.arena = arena, .row = copy};
    return true;
}

int hearth_memory_record_create(struct hearth_store *store, const struct hearth_record *record,
                                const struct hearth_record_bounds *bounds,
                                struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_record made = {.arena = NULL};
    struct hearth_record row = *record;
    if (find(memory, record->kind, record->id, NULL))
        return hearth_store_record_taken(error, record->kind, record->id);
    if (!has_room(memory, record, bounds))
        return hearth_store_record_full(error, record->kind);
    row.revision = 1;
    row.sequence = memory->last_sequence + 1;
    if (!row.body)
        row.body_length = 0;
    if (!put(&made, &row))
        return hearth_store_arena_full(error);
    memory->last_sequence++;
    memory->records = hearth_memory_insert(memory->records, &memory->record_count,
                                           memory->record_count, sizeof(*memory->records));
    memory->records[memory->record_count - 1] = made;
    return 0;
}

int hearth_memory_record_get(struct hearth_store *store, const char *kind, const char *id,
                             const char *principal, struct hearth_arena *arena,
                             struct hearth_record **ret_record, struct hearth_error *error)
{
    const struct hearth_memory_record *found = find(hearth_memory_of(store), kind, id, principal);
    if (!found)
        return hearth_store_no_record(error, kind, id);
    struct hearth_record *copy = hearth_record_copy(arena, found->row, true);
    if (!copy)
        return hearth_store_arena_full(error);
    *ret_record = copy;
    return 0;
}

static bool fits(const struct hearth_record *row, const struct hearth_record_filter *filter,
                 int64_t after)
{
    return strcmp(row->kind, filter->kind) == 0 &&
           (!filter->principal || strcmp(row->principal, filter->principal) == 0) &&
           (!filter->label || strcmp(row->label, filter->label) == 0) &&
           (!filter->expired_by_ms ||
            (row->expires_ms > 0 && row->expires_ms <= filter->expired_by_ms)) &&
           (filter->ascending ? row->sequence > after : row->sequence < after);
}

/* Copies in the order that is asked for; NULL `records` only counts. -1 when the arena is full. */
static int64_t take(const struct hearth_memory_store *store,
                    const struct hearth_record_filter *filter, int64_t after,
                    struct hearth_arena *arena, struct hearth_record *records)
{
    int64_t count = 0;
    for (size_t i = 0; i < store->record_count && count < filter->limit; i++) {
        size_t at = filter->ascending ? i : store->record_count - 1 - i;
        if (!fits(store->records[at].row, filter, after))
            continue;
        if (records) {
            const struct hearth_record *copy =
                hearth_record_copy(arena, store->records[at].row, false);
            if (!copy)
                return -1;
            records[count] = *copy;
        }
        count++;
    }
    return count;
}

int hearth_memory_record_list(struct hearth_store *store, const struct hearth_record_filter *filter,
                              struct hearth_arena *arena, struct hearth_record **ret_records,
                              size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_memory_store *memory = hearth_memory_of(store);
    int64_t after = filter->ascending ? 0 : INT64_MAX;
    if (filter->after) {
        const struct hearth_memory_record *found =
            find(memory, filter->kind, filter->after, filter->principal);
        if (!found)
            return hearth_store_no_record(error, filter->kind, filter->after);
        after = found->row->sequence;
    }
    int64_t count = take(memory, filter, after, arena, NULL);
    struct hearth_record *records = hearth_arena_alloc(arena, (size_t)count * sizeof(*records));
    if (!records || take(memory, filter, after, arena, records) < 0)
        return hearth_store_arena_full(error);
    *ret_records = records;
    *ret_count = (size_t)count;
    return 0;
}

int hearth_memory_record_count(struct hearth_store *store,
                               const struct hearth_record_filter *filter, int64_t *ret_count,
                               struct hearth_error *error)
{
    const struct hearth_record_filter all = {.kind = filter->kind,
                                             .principal = filter->principal,
                                             .label = filter->label,
                                             .ascending = true,
                                             .limit = INT64_MAX};
    (void)error;
    *ret_count = take(hearth_memory_of(store), &all, 0, NULL, NULL);
    return 0;
}

int hearth_memory_record_update(struct hearth_store *store, const struct hearth_record *record,
                                struct hearth_error *error)
{
    struct hearth_memory_record *found =
        find(hearth_memory_of(store), record->kind, record->id, NULL);
    if (!found)
        return hearth_store_no_record(error, record->kind, record->id);
    if (found->row->revision != record->revision)
        return hearth_store_stale(error, record->kind, record->revision, found->row->revision);
    struct hearth_record row = *found->row;
    row.label = record->label;
    row.facts_json = record->facts_json;
    row.size = record->size;
    row.expires_ms = record->expires_ms;
    row.revision++;
    if (record->body) {
        row.body = record->body;
        row.body_length = record->body_length;
    }
    return put(found, &row) ? 0 : hearth_store_arena_full(error);
}

int hearth_memory_record_delete(struct hearth_store *store, const char *kind, const char *id,
                                struct hearth_error *error)
{
    struct hearth_memory_store *memory = hearth_memory_of(store);
    struct hearth_memory_record *found = find(memory, kind, id, NULL);
    if (!found)
        return hearth_store_no_record(error, kind, id);
    hearth_arena_destroy(found->arena);
    hearth_memory_remove(memory->records, &memory->record_count, (size_t)(found - memory->records),
                         sizeof(*memory->records));
    return 0;
}
