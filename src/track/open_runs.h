/* Runs that have no end for the tracking server: it was told of their beginning, or is to be, and
 * neither was told of their end nor is to be. Those of jobs that run are such runs; and so is that
 * of a job whose server was killed between noting the job's end and the outbox's row about it.
 * Blocking verbs of the store, for its lane. */
#ifndef HEARTH_TRACK_OPEN_RUNS_H
#define HEARTH_TRACK_OPEN_RUNS_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stddef.h>

struct hearth_store;

/* Ids of runs, in the arena. */
int hearth_open_runs_list(struct hearth_store *store, struct hearth_arena *arena,
                          const char ***ret_runs, size_t *ret_count, struct hearth_error *error);

#endif
