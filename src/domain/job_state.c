#include "domain/job_state.h"

#include <stddef.h>
#include <string.h>

#define TO(state) (1u << (state))

struct row {
    const char *name;
    unsigned next; /* the states that may follow */
    bool over, holds;
};

/* A queued job may fail: its data has changed, or it does not fit into memory. What is completed or
 * cancelled stays so: its files are the version's, or gone. */
static const struct row rows[HEARTH_JOB_STATES] = {
    [HEARTH_JOB_QUEUED] = {.name = "queued",
                           .next = TO(HEARTH_JOB_RUNNING) | TO(HEARTH_JOB_FAILED) |
                                   TO(HEARTH_JOB_CANCELLED) | TO(HEARTH_JOB_PAUSED),
                           .holds = true},
    [HEARTH_JOB_RUNNING] = {.name = "running",
                            .next = TO(HEARTH_JOB_COMPLETED) | TO(HEARTH_JOB_FAILED) |
                                    TO(HEARTH_JOB_CANCELLED) | TO(HEARTH_JOB_INTERRUPTED) |
                                    TO(HEARTH_JOB_PAUSED),
                            .holds = true},
    [HEARTH_JOB_COMPLETED] = {.name = "completed", .over = true},
    [HEARTH_JOB_FAILED] = {.name = "failed", .next = TO(HEARTH_JOB_QUEUED), .over = true},
    [HEARTH_JOB_CANCELLED] = {.name = "cancelled", .over = true},
    [HEARTH_JOB_INTERRUPTED] = {.name = "interrupted",
                                .next = TO(HEARTH_JOB_QUEUED) | TO(HEARTH_JOB_FAILED) |
                                        TO(HEARTH_JOB_CANCELLED) | TO(HEARTH_JOB_PAUSED),
                                .holds = true},
    [HEARTH_JOB_PAUSED] = {.name = "paused",
                           .next = TO(HEARTH_JOB_QUEUED) | TO(HEARTH_JOB_CANCELLED),
                           .holds = true},
};

struct end_row {
    enum hearth_job_state state;
    bool again; /* interrupted instead, while attempts are left */
    bool counts;
};

static const struct end_row ends[HEARTH_JOB_ENDS] = {
    [HEARTH_JOB_END_DONE] = {HEARTH_JOB_COMPLETED, .counts = true},
    [HEARTH_JOB_END_TOLD] = {HEARTH_JOB_FAILED, .counts = true},
    [HEARTH_JOB_END_CRASHED] = {HEARTH_JOB_FAILED, .again = true, .counts = true},
    [HEARTH_JOB_END_GATEWAY_LOST] = {HEARTH_JOB_FAILED, .again = true, .counts = true},
    [HEARTH_JOB_END_STOPPED] = {HEARTH_JOB_INTERRUPTED},
    [HEARTH_JOB_END_CANCELLED] = {HEARTH_JOB_CANCELLED, .counts = true},
    [HEARTH_JOB_END_TIMED_OUT] = {HEARTH_JOB_FAILED, .counts = true},
    [HEARTH_JOB_END_PAUSED] = {HEARTH_JOB_PAUSED},
};

const char *hearth_job_state_name(enum hearth_job_state state)
{
    return rows[state].name;
}

int hearth_job_state_parse(const char *name)
{
    for (int i = 0; i < HEARTH_JOB_STATES; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

bool hearth_job_state_may_follow(enum hearth_job_state from, enum hearth_job_state to)
{
    return (rows[from].next & TO(to)) != 0;
}

bool hearth_job_state_is_over(enum hearth_job_state state)
{
    return rows[state].over;
}

bool hearth_job_state_is_resumable(enum hearth_job_state state)
{
    return hearth_job_state_may_follow(state, HEARTH_JOB_QUEUED);
}

bool hearth_job_state_holds(enum hearth_job_state state)
{
    return rows[state].holds;
}

enum hearth_job_state hearth_job_state_after_end(enum hearth_job_end end, uint32_t attempts,
                                                 uint32_t attempts_max)
{
    const struct end_row *row = &ends[end];
    return row->again && attempts < attempts_max ? HEARTH_JOB_INTERRUPTED : row->state;
}

bool hearth_job_end_counts(enum hearth_job_end end)
{
    return ends[end].counts;
}
