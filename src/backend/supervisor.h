/* Starts child processes that speak our frames, watches over them, and says in words how they
 * ended.
 *
 * A child has to say something within the handshake's time and must never be silent for longer than
 * the heartbeat's time; one that is, or that breaks the protocol, is killed. Each kind of process
 * is a row of the table in supervisor.c. A child lives from hearth_child_start until
 * hearth_child_destroy; on_end comes once in between. Loop thread only. */
#ifndef HEARTH_BACKEND_SUPERVISOR_H
#define HEARTH_BACKEND_SUPERVISOR_H

#include "hearth/error.h"
#include "wire/ipc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hearth_loop;
struct hearth_child;

enum hearth_process_kind { HEARTH_PROCESS_WORKER, HEARTH_PROCESS_TRAINER };

struct hearth_child_end {
    bool asked; /* we stopped or killed it, because nobody wanted it any more */
    int status, signal;
    /* HEARTH_ECRASHED, HEARTH_ETIMEOUT (handshake, heartbeat) or HEARTH_EPARSE, in words; code 0
     * when it was asked to end. */
    struct hearth_error error;
};

struct hearth_child_events {
    /* Any return but 0 says that the frame broke the rules: the child is killed, `error` is kept.
     * May stop or kill the child, not destroy it. */
    int (*on_frame)(void *argument, const struct hearth_ipc_frame *frame,
                    struct hearth_error *error);
    /* Exactly once, after the last frame: the process is gone. May destroy the child. */
    void (*on_end)(void *argument, const struct hearth_child_end *end);
};

struct hearth_child_options {
    enum hearth_process_kind kind;
    const char *path;    /* of the program; NULL: beside this one */
    const char *subject; /* the model's or job's name, for log and process list */
    uint64_t handshake_timeout_ms, heartbeat_timeout_ms;
    const struct hearth_child_events *events;
    void *argument;
};

int hearth_child_start(struct hearth_loop *loop, const struct hearth_child_options *options,
                       struct hearth_child **ret_child, struct hearth_error *error);
/* Whole frames; `descriptor` (or -1) goes beside them and stays the caller's. After the end the
 * bytes are dropped. */
void hearth_child_send(struct hearth_child *child, const void *bytes, size_t length,
                       int descriptor);
/* STOP, and the kill when it has not ended within `deadline_ms`. */
void hearth_child_stop(struct hearth_child *child, uint64_t deadline_ms);
/* At once. `error` is what on_end shall report; NULL: it was asked for. */
void hearth_child_kill(struct hearth_child *child, const struct hearth_error *error);
/* Kills what still runs; no callback comes any more. NULL is allowed. */
void hearth_child_destroy(struct hearth_child *child);
pid_t hearth_child_pid(const struct hearth_child *child);

/* Where the program of a kind lies, beside this one. Reads /proc: once, at the start.
 * HEARTH_ETOOLARGE, HEARTH_EIO. */
int hearth_child_program(enum hearth_process_kind kind, char *ret_path, size_t size);

/* Where a file lies relative to the folder above that of the running program: "libexec/hearth/x".
 * HEARTH_ETOOLARGE, HEARTH_EIO. */
int hearth_program_path(const char *relative, char *ret_path, size_t size);

#endif
