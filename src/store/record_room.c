#include "store/record_room.h"

#include "base/arena.h"
#include "base/error.h"

#include <stdio.h>

/* Of one record without its body. */
#define ROW_MAX (4u << 20)
/* Old ones that may go to make room for one, because it may be larger than they are. */
#define PUSHED_OUT_MAX 32

struct oldest {
    char id[128];
    int64_t sequence; /* 0: there is none */
};

static void look_for(struct hearth_store *store, const char *kind, const char *label,
                     struct oldest *oldest)
{
    const struct hearth_record_filter filter = {
        .kind = kind, .label = label, .ascending = true, .limit = 1};
    struct hearth_arena *arena = hearth_arena_create(ROW_MAX);
    struct hearth_record *rows;
    size_t count = 0;
    int rc = hearth_store_record_list(store, &filter, arena, &rows, &count, NULL);
    if (rc == 0 && count > 0 && (oldest->sequence == 0 || rows->sequence < oldest->sequence)) {
        snprintf(oldest->id, sizeof(oldest->id), "%s", rows->id);
        oldest->sequence = rows->sequence;
    }
    hearth_arena_destroy(arena);
}

static bool push_out(struct hearth_store *store, const char *kind, const char *const *over)
{
    struct oldest oldest = {.sequence = 0};
    if (over == NULL)
        look_for(store, kind, NULL, &oldest);
    for (; over != NULL && *over != NULL; over++)
        look_for(store, kind, *over, &oldest);
    return oldest.sequence > 0 && hearth_store_record_delete(store, kind, oldest.id, NULL) == 0;
}

int hearth_record_room_create(struct hearth_store *store, const struct hearth_record *record,
                              const struct hearth_record_bounds *bounds, const char *const *over,
                              struct hearth_error *error)
{
    int rc = hearth_store_record_create(store, record, bounds, error);
    for (int i = 0; rc == HEARTH_EQUEUEFULL && i < PUSHED_OUT_MAX; i++) {
        if (!push_out(store, record->kind, over))
            break;
        *error = (struct hearth_error){0};
        rc = hearth_store_record_create(store, record, bounds, error);
    }
    return rc;
}
