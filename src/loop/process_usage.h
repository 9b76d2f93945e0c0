/* How much memory and processor time processes use, and how much memory the machine has left, read
 * from /proc and the control groups. Blocks (reading a large process costs milliseconds), so call
 * it on a lane; any thread. */
#ifndef HEARTH_LOOP_PROCESS_USAGE_H
#define HEARTH_LOOP_PROCESS_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct hearth_process_usage {
    uint64_t memory_bytes; /* Pss of the process and all below it; Rss where Pss is not given */
    uint64_t cpu_ms;       /* user and system time of the same, as far as they still run */
};
/* Zero for a process that is gone. */
void hearth_process_usage(pid_t pid, struct hearth_process_usage *ret_usage);

/* Bytes that new processes may still take: MemAvailable, or what this process's control group (v2)
 * and those above it leave, whichever is less. */
uint64_t hearth_memory_available(void);

#endif
