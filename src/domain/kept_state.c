#include "domain/kept_state.h"

#include <stddef.h>
#include <string.h>

#define TO(state) (1u << (state))

enum { ATTEMPTS_MAX = 2 };

struct row {
    const char *name;
    unsigned next; /* the states that may follow */
};

static const struct row kept_rows[] = {
    [HEARTH_KEPT_QUEUED] = {"queued", TO(HEARTH_KEPT_RUNNING) | TO(HEARTH_KEPT_CANCELED)},
    [HEARTH_KEPT_RUNNING] = {"running", TO(HEARTH_KEPT_QUEUED) | TO(HEARTH_KEPT_SUCCEEDED) |
                                            TO(HEARTH_KEPT_FAILED) | TO(HEARTH_KEPT_CANCELED)},
    [HEARTH_KEPT_SUCCEEDED] = {"succeeded", 0},
    [HEARTH_KEPT_FAILED] = {"failed", 0},
    [HEARTH_KEPT_CANCELED] = {"canceled", 0},
};

/* A batch that ends on its own is finalizing first: its files are made whole then. */
static const struct row batch_rows[] = {
    [HEARTH_BATCH_VALIDATING] = {"validating", TO(HEARTH_BATCH_IN_PROGRESS) |
                                                   TO(HEARTH_BATCH_FAILED) |
                                                   TO(HEARTH_BATCH_CANCELLING)},
    [HEARTH_BATCH_IN_PROGRESS] = {"in_progress", TO(HEARTH_BATCH_FINALIZING) |
                                                     TO(HEARTH_BATCH_FAILED) |
                                                     TO(HEARTH_BATCH_CANCELLING)},
    [HEARTH_BATCH_FINALIZING] = {"finalizing", TO(HEARTH_BATCH_COMPLETED) |
                                                   TO(HEARTH_BATCH_EXPIRED) |
                                                   TO(HEARTH_BATCH_FAILED)},
    [HEARTH_BATCH_COMPLETED] = {"completed", 0},
    [HEARTH_BATCH_FAILED] = {"failed", 0},
    [HEARTH_BATCH_EXPIRED] = {"expired", 0},
    [HEARTH_BATCH_CANCELLING] = {"cancelling",
                                 TO(HEARTH_BATCH_CANCELLED) | TO(HEARTH_BATCH_FAILED)},
    [HEARTH_BATCH_CANCELLED] = {"cancelled", 0},
};

static int parse(const struct row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *hearth_kept_state_name(enum hearth_kept_state state)
{
    return kept_rows[state].name;
}

int hearth_kept_state_parse(const char *name)
{
    return parse(kept_rows, sizeof(kept_rows) / sizeof(kept_rows[0]), name);
}

bool hearth_kept_state_may_follow(enum hearth_kept_state from, enum hearth_kept_state to)
{
    return (kept_rows[from].next & TO(to)) != 0;
}

bool hearth_kept_state_is_over(enum hearth_kept_state state)
{
    return !kept_rows[state].next;
}

enum hearth_kept_state hearth_kept_state_after_restart(enum hearth_kept_state state,
                                                       uint32_t attempts)
{
    if (state != HEARTH_KEPT_RUNNING)
        return state;
    return attempts < ATTEMPTS_MAX ? HEARTH_KEPT_QUEUED : HEARTH_KEPT_FAILED;
}

const char *hearth_batch_state_name(enum hearth_batch_state state)
{
    return batch_rows[state].name;
}

int hearth_batch_state_parse(const char *name)
{
    return parse(batch_rows, sizeof(batch_rows) / sizeof(batch_rows[0]), name);
}

bool hearth_batch_state_may_follow(enum hearth_batch_state from, enum hearth_batch_state to)
{
    return (batch_rows[from].next & TO(to)) != 0;
}

bool hearth_batch_state_is_over(enum hearth_batch_state state)
{
    return !batch_rows[state].next;
}
