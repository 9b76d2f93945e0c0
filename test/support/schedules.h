/* How many seeded schedules a simulation plays: a million, as many as HEARTH_SIM_SCHEDULES says,
 * or, under a sanitizer, a twentieth of that. Schedule N is the same in every run, and a failure
 * says N.
 */
#ifndef HEARTH_TEST_SCHEDULES_H
#define HEARTH_TEST_SCHEDULES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
enum { SCHEDULES_SLOWER = 20 };
#else
enum { SCHEDULES_SLOWER = 1 };
#endif

static inline uint64_t schedules_count(void)
{
    const char *text = getenv("HEARTH_SIM_SCHEDULES");
    uint64_t count = 0;
    for (; text && *text >= '0' && *text <= '9'; text++)
        count = 10 * count + (uint64_t)(*text - '0');
    return count ? count : 1000000 / SCHEDULES_SLOWER;
}

/* `is` must hold in schedule `number`: else both are told and the program ends. */
static inline void schedule_expect(_Bool is, uint64_t number, const char *what)
{
    if (is)
        return;
    fprintf(stderr, "schedule %llu: %s\n", (unsigned long long)number, what);
    abort();
}

#endif
