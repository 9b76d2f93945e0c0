#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* CLOCK_MONOTONIC never goes back, but stands still while the machine sleeps (clock_gettime(2)). */
uint64_t hearth_clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t hearth_clock_monotonic_ms(void)
{
    return hearth_clock_monotonic_ns() / 1000000u;
}

int64_t hearth_clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void hearth_clock_iso8601(int64_t wall_ms, char ret_text[25])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    /* The remainders keep each field at its width, also for a time that makes no sense: the text
     * always has 24 letters. */
    struct tm utc;
    gmtime_r(&seconds, &utc);
    snprintf(ret_text, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (utc.tm_year + 1900u) % 10000u,
             (utc.tm_mon + 1u) % 100u, utc.tm_mday % 100u, utc.tm_hour % 100u, utc.tm_min % 100u,
             utc.tm_sec % 100u, (unsigned)(wall_ms % 1000));
}

bool hearth_clock_iso8601_read(const char *text, int64_t *ret_wall_ms)
{
    char again[25];
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S.", &utc);
    if (!rest || strspn(rest, "0123456789") != 3 || strcmp(rest + 3, "Z") != 0)
        return false;
    *ret_wall_ms = (int64_t)timegm(&utc) * 1000 + (rest[0] - '0') * 100 + (rest[1] - '0') * 10 +
                   (rest[2] - '0');
    hearth_clock_iso8601(*ret_wall_ms, again);
    return strcmp(again, text) == 0; /* the 31st of February is none */
}
