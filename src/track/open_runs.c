#include "track/open_runs.h"

#include "base/error.h"
#include "base/json.h"
#include "track/orders.h"
#include "track/outbox_rows.h"
#include "track/track.h"

#include <stdbool.h>
#include <string.h>

enum { LISTED_MAX = 100000 };

struct runs {
    const char **ids;
    bool *is_open;
    size_t count;
};

/* Few are open at a time, so that looking through them is no work. `subject`: as in the rows. */
static void note(struct runs *runs, const char *subject, bool is_open)
{
    size_t prefix = strlen(HEARTH_OUTBOX_RUN), i = 0;
    if (strncmp(subject, HEARTH_OUTBOX_RUN, prefix) != 0)
        return;
    while (i < runs->count && strcmp(runs->ids[i], subject + prefix) != 0)
        i++;
    runs->ids[i] = subject + prefix;
    runs->is_open[i] = is_open;
    runs->count += i == runs->count;
}

static int make_room(struct runs *runs, size_t count, struct hearth_arena *arena,
                     struct hearth_error *error)
{
    *runs = (struct runs){.ids = hearth_arena_alloc(arena, (count + 1) * sizeof(*runs->ids)),
                          .is_open = hearth_arena_alloc(arena, count + 1)};
    return runs->ids && runs->is_open
               ? 0
               : hearth_error_set(error, HEARTH_ENOMEM, "there are too many runs");
}

/* What waits was written after what is known, in the order in which it happened. */
static void note_waiting(struct runs *runs, const struct hearth_record *row)
{
    json_t *facts = hearth_json_parse(row->facts_json, strlen(row->facts_json), NULL);
    const char *verb = hearth_json_text(facts, "verb", "");
    bool begins = strcmp(verb, "run") == 0, ends = strcmp(verb, "end") == 0;
    if (begins || ends)
        note(runs, row->principal, begins);
    json_decref(facts);
}

int hearth_open_runs_list(struct hearth_store *store, struct hearth_arena *arena,
                          const char ***ret_runs, size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_record_filter tracked = {.kind = HEARTH_TRACKED, .limit = LISTED_MAX};
    const struct hearth_record_filter waiting = {.kind = HEARTH_OUTBOX,
                                                 .label = HEARTH_OUTBOX_PENDING,
                                                 .ascending = true,
                                                 .limit = LISTED_MAX};
    struct hearth_record *known, *rows;
    struct runs runs;
    size_t known_count = 0, row_count = 0, open = 0;
    int rc = hearth_store_record_list(store, &tracked, arena, &known, &known_count, error);
    if (!rc)
        rc = hearth_store_record_list(store, &waiting, arena, &rows, &row_count, error);
    if (!rc)
        rc = make_room(&runs, known_count + row_count, arena, error);
    if (rc)
        return rc;
    for (size_t i = 0; i < known_count; i++)
        if (!known[i].expires_ms) /* of one whose end was told it is set (outbox_rows.c) */
            note(&runs, known[i].id, true);
    for (size_t i = 0; i < row_count; i++)
        note_waiting(&runs, &rows[i]);
    for (size_t i = 0; i < runs.count; i++)
        if (runs.is_open[i])
            runs.ids[open++] = runs.ids[i];
    *ret_runs = runs.ids;
    *ret_count = open;
    return 0;
}
