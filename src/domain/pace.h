/* How fast a model finishes requests, and when a client that was refused had better come again.
 *
 * The pace is that of the last twenty requests or so, with bunches evened out. Clients that are
 * told to come again stand in a line that is as fast as the pace: each is told the time when a
 * place becomes free for it, and not all the same one. Pure: microseconds and milliseconds of one
 * clock are arguments; not thread-safe. */
#ifndef HEARTH_DOMAIN_PACE_H
#define HEARTH_DOMAIN_PACE_H

#include <stdint.h>

#define HEARTH_RETRY_AFTER_LEAST_MS 1000
#define HEARTH_RETRY_AFTER_MOST_MS 600000

/* Zeroed memory is one that was not measured. */
struct hearth_pace {
    double finished, time_s; /* decayed sums */
    uint64_t last_us;        /* when one was finished; 0: none since the model was idle */
    uint64_t line_ms;        /* when a place becomes free for the last client in line */
};

void hearth_pace_finished(struct hearth_pace *pace, uint64_t now_us);
/* The model has no request: an idle hour says nothing of how fast it is. */
void hearth_pace_is_idle(struct hearth_pace *pace);
/* Requests per second; 0: not measured yet. */
double hearth_pace_per_s(const struct hearth_pace *pace, uint64_t now_us);
/* Adds a client to the line: how long it is to wait, in whole seconds as Retry-After has them, in
 * milliseconds. `not_before_ms` is how long nothing can be finished yet, because the model loads;
 * of those who are told, the share `no_shows` does not come. */
uint32_t hearth_pace_retry_after_ms(struct hearth_pace *pace, double no_shows,
                                    uint64_t not_before_ms, uint64_t now_us);

#endif
