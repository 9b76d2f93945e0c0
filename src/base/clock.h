/* Reads the clocks of the system. Code that decides something takes the time as an argument
 * (`now_ms`), so that a test can choose it; only programs and the loop read these clocks. Any
 * thread. */
#ifndef HEARTH_BASE_CLOCK_H
#define HEARTH_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Counted from some moment of the past: only differences mean something. */
uint64_t hearth_clock_monotonic_ns(void);
uint64_t hearth_clock_monotonic_ms(void);
/* Milliseconds since 1970 in UTC. */
int64_t hearth_clock_wall_ms(void);
/* "2026-11-21T13:04:05.678Z"; `ret_text` takes 25 bytes. */
void hearth_clock_iso8601(int64_t wall_ms, char ret_text[25]);
/* Back from that very form; false when it is another. */
bool hearth_clock_iso8601_read(const char *text, int64_t *ret_wall_ms);

#endif
