#include "domain/pace.h"

/* What a sum keeps at each request: the last twenty weigh as much as all before them. */
static const double keep = 0.95;
/* One a second, until it is measured. */
static const double guess_per_s = 1;

void hearth_pace_finished(struct hearth_pace *pace, uint64_t now_us)
{
    if (pace->last_us && now_us >= pace->last_us) {
        pace->finished = keep * pace->finished + 1;
        pace->time_s = keep * pace->time_s + (double)(now_us - pace->last_us) / 1e6;
    }
    pace->last_us = now_us;
}

void hearth_pace_is_idle(struct hearth_pace *pace)
{
    pace->last_us = 0;
    pace->line_ms = 0;
}

/* When nothing has been finished for longer than usual, that counts too: a model that hangs has no
 * pace. */
double hearth_pace_per_s(const struct hearth_pace *pace, uint64_t now_us)
{
    if (pace->finished <= 0)
        return 0;
    double usual_s = pace->time_s / pace->finished;
    double since_s = pace->last_us ? (double)(now_us - pace->last_us) / 1e6 : 0;
    double late_s = since_s > usual_s ? since_s - usual_s : 0;
    double time_s = pace->time_s + late_s;
    return time_s > 0 ? pace->finished / time_s : 0;
}

static uint32_t whole_seconds(uint64_t ms)
{
    uint64_t whole_ms = (ms + 999) / 1000 * 1000;
    if (whole_ms < HEARTH_RETRY_AFTER_LEAST_MS)
        return HEARTH_RETRY_AFTER_LEAST_MS;
    return whole_ms > HEARTH_RETRY_AFTER_MOST_MS ? HEARTH_RETRY_AFTER_MOST_MS : (uint32_t)whole_ms;
}

uint32_t hearth_pace_retry_after_ms(struct hearth_pace *pace, double no_shows,
                                    uint64_t not_before_ms, uint64_t now_us)
{
    double per_s = hearth_pace_per_s(pace, now_us);
    double each_ms = (1 - no_shows) * 1000 / (per_s > 0 ? per_s : guess_per_s);
    uint64_t now_ms = now_us / 1000, first_ms = now_ms + not_before_ms;
    double line_ms = pace->line_ms > first_ms ? (double)(pace->line_ms - first_ms) : 0;
    double wait_ms = line_ms + each_ms;
    if (wait_ms > HEARTH_RETRY_AFTER_MOST_MS)
        wait_ms = HEARTH_RETRY_AFTER_MOST_MS;
    pace->line_ms = first_ms + (uint64_t)wait_ms;
    return whole_seconds(pace->line_ms - now_ms);
}
