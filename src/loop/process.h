/* Starts child processes and tells when they end. What a child writes to its standard output and
 * standard error is told line by line. It inherits nothing but one descriptor, its channel to us,
 * and the environment that it is given. It ends when we do: the kernel kills it then
 * (PR_SET_PDEATHSIG), and its channel closes. Loop thread only. */
#ifndef HEARTH_LOOP_PROCESS_H
#define HEARTH_LOOP_PROCESS_H

#include "hearth/error.h"

#include <stddef.h>
#include <sys/types.h>

struct hearth_loop;
struct hearth_process;

struct hearth_process_spec {
    const char *path;        /* of the program, absolute */
    const char *const *argv; /* ends with NULL */
    const char *const *env;  /* "KEY=value", ends with NULL; nothing else is inherited */
    int channel_descriptor;  /* becomes descriptor 3 of the child; ours to close afterwards */
    size_t line_max;         /* longer lines of standard error are cut */
    void (*on_line)(void *argument, const char *line, size_t length);
    /* Exactly once, after the last line: the exit status, or the signal that ended it. */
    void (*on_exit)(void *argument, int status, int signal);
    void *argument;
};

/* `spec` is copied; the texts that it points to are needed only during the call. An error names the
 * program and says why it cannot be run; then no callback comes. */
int hearth_process_start(struct hearth_loop *loop, const struct hearth_process_spec *spec,
                         struct hearth_process **ret_process, struct hearth_error *error);
pid_t hearth_process_pid(const struct hearth_process *process);
/* Sends a signal; does nothing once the child has ended. */
void hearth_process_kill(struct hearth_process *process, int signal);
/* After on_exit, or before: then the child is killed and no callback comes. NULL is allowed. */
void hearth_process_destroy(struct hearth_process *process);

/* For a child to call: the process lets others have the cores first, as nice(1) does; a process
 * that is its session's first does so for the session, since Linux may share the cores among
 * sessions before it looks at priorities (sched_autogroup, sched(7)). 0 to 19; a process that is
 * lowered further already stays so. 0, or an errno. */
int hearth_process_lower_priority(int nice);

#endif
