#include "domain/job_policy.h"

#include "domain/backoff.h"

#include <string.h>

/* A machine cools by itself below the limit; without the gap it would rest after every epoch. */
#define COOLER_BY_C 5.0

static const struct hearth_backoff backoff = {.first_ms = HEARTH_JOB_WAIT_FIRST_MS,
                                              .max_ms = HEARTH_JOB_WAIT_MOST_MS};

static bool is_taken(const struct hearth_job_turn *jobs, size_t count, const char *target)
{
    for (size_t i = 0; target && i < count; i++)
        if (jobs[i].state == HEARTH_JOB_RUNNING && jobs[i].target &&
            strcmp(jobs[i].target, target) == 0)
            return true;
    return false;
}

int hearth_job_next(const struct hearth_job_turn *jobs, size_t count, uint32_t active_max,
                    uint64_t now_ms)
{
    uint32_t active = 0;
    for (size_t i = 0; i < count; i++)
        active += jobs[i].state == HEARTH_JOB_RUNNING;
    if (active >= active_max)
        return -1;
    int next = -1;
    for (size_t i = 0; i < count; i++) {
        const struct hearth_job_turn *job = &jobs[i];
        if (job->state != HEARTH_JOB_QUEUED || job->not_before_ms > now_ms ||
            is_taken(jobs, count, job->target))
            continue;
        if (next < 0 || job->queued_ms < jobs[next].queued_ms)
            next = (int)i;
    }
    return next;
}

uint64_t hearth_job_wait_ms(uint32_t attempts, uint32_t random)
{
    return hearth_backoff_ms(&backoff, attempts, random);
}

/* Clocks of another thread may be a little behind; a difference is never below 0. */
static uint64_t passed(uint64_t since_ms, uint64_t now_ms)
{
    return now_ms > since_ms ? now_ms - since_ms : 0;
}

void hearth_job_watch_start(struct hearth_job_watch *watch, uint64_t ran_ms, uint64_t now_ms)
{
    *watch = (struct hearth_job_watch){.ran_ms = ran_ms, .since_ms = now_ms, .runs = true};
}

void hearth_job_watch_rest(struct hearth_job_watch *watch, uint64_t now_ms)
{
    watch->ran_ms = hearth_job_watch_ran_ms(watch, now_ms);
    watch->runs = false;
}

void hearth_job_watch_go_on(struct hearth_job_watch *watch, uint64_t now_ms)
{
    if (watch->runs)
        return;
    watch->since_ms = now_ms;
    watch->runs = true;
}

uint64_t hearth_job_watch_ran_ms(const struct hearth_job_watch *watch, uint64_t now_ms)
{
    return watch->ran_ms + (watch->runs ? passed(watch->since_ms, now_ms) : 0);
}

bool hearth_job_watch_is_over_time(const struct hearth_job_watch *watch, uint64_t limit_ms,
                                   uint64_t now_ms)
{
    return limit_ms && hearth_job_watch_ran_ms(watch, now_ms) >= limit_ms;
}

/* Comparisons with NaN are false: what cannot be measured neither begins a rest nor keeps one. */
static bool is_pressed(const struct hearth_job_rest_limits *limits,
                       const struct hearth_job_climate *climate)
{
    return limits->pressure_max > 0 && climate->pressure >= limits->pressure_max;
}

static bool is_calm(const struct hearth_job_rest_limits *limits,
                    const struct hearth_job_climate *climate)
{
    return !(limits->pressure_max > 0 && climate->pressure > limits->pressure_max / 2);
}

static bool is_cool(const struct hearth_job_rest_limits *limits,
                    const struct hearth_job_climate *climate)
{
    return !(limits->temperature_max > 0 &&
             climate->temperature > limits->temperature_max - COOLER_BY_C);
}

static bool rest_is_over(struct hearth_job_rest *rest, const struct hearth_job_rest_limits *limits,
                         const struct hearth_job_climate *climate, uint64_t now_ms)
{
    if (rest->reason == HEARTH_JOB_RESTS_FOR_HEAT)
        return is_cool(limits, climate) ||
               passed(rest->since_ms, now_ms) >= limits->cool_down_most_ms;
    if (!is_calm(limits, climate))
        rest->calm_since_ms = now_ms;
    return passed(rest->calm_since_ms, now_ms) >= limits->calm_ms;
}

static void begin_rest(struct hearth_job_rest *rest, enum hearth_job_rest_reason reason,
                       uint64_t now_ms)
{
    *rest = (struct hearth_job_rest){.reason = reason, .since_ms = now_ms, .calm_since_ms = now_ms};
}

enum hearth_job_rest_reason hearth_job_rest_look(struct hearth_job_rest *rest,
                                                 const struct hearth_job_rest_limits *limits,
                                                 const struct hearth_job_climate *climate,
                                                 uint64_t now_ms)
{
    bool pressed = is_pressed(limits, climate);
    if (rest->reason == HEARTH_JOB_RESTS_NOT) {
        bool hot = climate->epoch_over && limits->temperature_max > 0 &&
                   climate->temperature > limits->temperature_max;
        if (pressed)
            begin_rest(rest, HEARTH_JOB_RESTS_FOR_MEMORY, now_ms);
        else if (hot)
            begin_rest(rest, HEARTH_JOB_RESTS_FOR_HEAT, now_ms);
    } else if (rest->reason == HEARTH_JOB_RESTS_FOR_HEAT && pressed) {
        begin_rest(rest, HEARTH_JOB_RESTS_FOR_MEMORY, now_ms);
    } else if (rest_is_over(rest, limits, climate, now_ms)) {
        *rest = (struct hearth_job_rest){0};
    }
    return rest->reason;
}

const char *hearth_job_rest_name(enum hearth_job_rest_reason reason)
{
    static const char *const names[] = {
        [HEARTH_JOB_RESTS_NOT] = "none",
        [HEARTH_JOB_RESTS_FOR_MEMORY] = "memory",
        [HEARTH_JOB_RESTS_FOR_HEAT] = "temperature",
    };
    return names[reason];
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

enum hearth_job_room_answer hearth_job_room_ask(const struct hearth_job_room *room,
                                                uint64_t *ret_free)
{
    uint64_t wanted = sum(room->needs, room->headroom);
    uint64_t with_idle = sum(room->available, room->idle);
    *ret_free = 0;
    if (wanted <= room->available)
        return HEARTH_JOB_ROOM_FITS;
    if (wanted <= with_idle) {
        *ret_free = wanted - room->available;
        return HEARTH_JOB_ROOM_EVICT;
    }
    if (wanted > sum(with_idle, room->busy))
        return HEARTH_JOB_ROOM_NEVER;
    return room->may_wait ? HEARTH_JOB_ROOM_WAIT : HEARTH_JOB_ROOM_REFUSE;
}
