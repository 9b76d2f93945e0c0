/* When a training job runs: whose turn it is, how long it waits after an end, for how long it may
 * run, when it rests for the machine's sake, and whether its memory is there. Pure policy: times
 * are milliseconds of one clock and bytes are bytes, both given; not thread-safe. */
#ifndef HEARTH_DOMAIN_JOB_POLICY_H
#define HEARTH_DOMAIN_JOB_POLICY_H

#include "domain/job_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A job as the choice sees it. */
struct hearth_job_turn {
    enum hearth_job_state state;
    uint64_t queued_ms;     /* when it was first queued: a job that goes on keeps its place */
    uint64_t not_before_ms; /* its wait after an end; 0: none */
    const char *target;     /* model that gets a version of it; NULL: none */
};

/* The job that is to run now, an index into `jobs`, or negative: `active_max` run already (0: none
 * may), or none is due. First come, first served; of two that came together the one that stands
 * first. One that still waits after an end is passed over, and so is one whose target has a running
 * job. One without memory is not: it would never come to its turn beside smaller ones. */
int hearth_job_next(const struct hearth_job_turn *jobs, size_t count, uint32_t active_max,
                    uint64_t now_ms);

/* Wait after the first end in a row, and the longest one (domain/backoff.h). */
#define HEARTH_JOB_WAIT_FIRST_MS 2000
#define HEARTH_JOB_WAIT_MOST_MS 120000
/* Of a job that was begun `attempts` times and is interrupted; `random` is any number. */
uint64_t hearth_job_wait_ms(uint32_t attempts, uint32_t random);

/* How long a job has run. Rests do not count: the machine needed them, not the job. That its
 * process has not fallen silent is watched by whoever started it (backend/supervisor.h). Zeroed
 * memory is a job that never ran. */
struct hearth_job_watch {
    uint64_t ran_ms; /* in attempts and stretches before this one */
    uint64_t since_ms;
    bool runs;
};
/* `ran_ms` of earlier attempts, as they were kept. */
void hearth_job_watch_start(struct hearth_job_watch *watch, uint64_t ran_ms, uint64_t now_ms);
void hearth_job_watch_rest(struct hearth_job_watch *watch, uint64_t now_ms);
void hearth_job_watch_go_on(struct hearth_job_watch *watch, uint64_t now_ms);
uint64_t hearth_job_watch_ran_ms(const struct hearth_job_watch *watch, uint64_t now_ms);
/* `limit_ms` 0: no limit. */
bool hearth_job_watch_is_over_time(const struct hearth_job_watch *watch, uint64_t limit_ms,
                                   uint64_t now_ms);

/* Why a job rests. */
enum hearth_job_rest_reason {
    HEARTH_JOB_RESTS_NOT,
    HEARTH_JOB_RESTS_FOR_MEMORY,
    HEARTH_JOB_RESTS_FOR_HEAT,
};
struct hearth_job_rest_limits {
    double pressure_max;        /* percent of time stalled for memory (PSI some avg10); 0: never */
    double temperature_max;     /* °C; 0: never */
    uint64_t calm_ms;           /* memory must have been calm for this long before it goes on */
    uint64_t cool_down_most_ms; /* it goes on after this, cool or not */
};
/* What was measured; NaN: it cannot be, and then nothing rests for it. */
struct hearth_job_climate {
    double pressure, temperature;
    bool epoch_over; /* an epoch has ended since the last look */
};
/* Zeroed memory is a job that does not rest. */
struct hearth_job_rest {
    enum hearth_job_rest_reason reason;
    uint64_t since_ms, calm_since_ms;
};
/* To be called every second or so. A rest for memory begins at once and ends when pressure has been
 * at most half its limit for `calm_ms`; one for heat begins only between epochs and ends 5 °C below
 * the limit. Memory comes before heat. */
enum hearth_job_rest_reason hearth_job_rest_look(struct hearth_job_rest *rest,
                                                 const struct hearth_job_rest_limits *limits,
                                                 const struct hearth_job_climate *climate,
                                                 uint64_t now_ms);
/* "none", "memory", "temperature". */
const char *hearth_job_rest_name(enum hearth_job_rest_reason reason);

/* Memory for a job beside the models. */
struct hearth_job_room {
    uint64_t needs;     /* by the trainer's plan */
    uint64_t available; /* free on the machine or in its cgroup, less what is promised to others */
    uint64_t headroom;  /* must stay free */
    uint64_t idle;      /* of loaded models that nobody uses now: eviction frees it */
    uint64_t busy;      /* of the others, which comes free some time */
    bool may_wait;      /* the setting: wait for memory instead of failing */
};
enum hearth_job_room_answer {
    HEARTH_JOB_ROOM_FITS,
    HEARTH_JOB_ROOM_EVICT,  /* `ret_free` bytes of idle models first */
    HEARTH_JOB_ROOM_WAIT,   /* it fits once others have ended */
    HEARTH_JOB_ROOM_REFUSE, /* it does not fit now and may not wait */
    HEARTH_JOB_ROOM_NEVER,  /* not even on the empty machine */
};
/* `ret_free` is 0 but for EVICT. */
enum hearth_job_room_answer hearth_job_room_ask(const struct hearth_job_room *room,
                                                uint64_t *ret_free);

#endif
