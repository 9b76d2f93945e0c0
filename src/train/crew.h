/* The threads of a pass. One of them leads: its code is written as if it were alone, and what can
 * be cut into parts that do not touch each other it shares with the others, which wait for that in
 * between. The cut depends on nothing but the number of threads, so that equal numbers of them give
 * equal bits.
 *
 * OpenBLAS's own threads stay out of it: two pools in one process fight for the cores. Each thread
 * of a crew multiplies its part alone.
 *
 * Lifecycle: create, run as often as wanted, destroy. One run at a time. */
#ifndef HEARTH_TRAIN_CREW_H
#define HEARTH_TRAIN_CREW_H

#include "hearth/error.h"
#include "train/number.h"

struct hearth_crew;

enum { HEARTH_CREW_MOST = 256 };

/* `threads` from 1, cut to HEARTH_CREW_MOST. Tells OpenBLAS to use one thread, in the whole
 * process. HEARTH_ENOMEM when a thread cannot be started. */
int hearth_crew_create(unsigned threads, struct hearth_crew **ret_crew, struct hearth_error *error);
void hearth_crew_destroy(struct hearth_crew *crew); /* NULL is allowed */
unsigned hearth_crew_size(const struct hearth_crew *crew);

/* Calls `lead` on this thread; the verbs below are for it alone. */
void hearth_crew_run(struct hearth_crew *crew, void (*lead)(void *argument), void *argument);

/* A part: items `first` to `end` − 1, by thread number `member`. */
typedef void hearth_crew_work(void *argument, size_t first, size_t end, unsigned member);
/* Shares items 0 … `count` − 1, in parts whose bounds are multiples of `step`; returns when all are
 * done. Some threads may get none. */
void hearth_crew_share(struct hearth_crew *crew, size_t count, size_t step, hearth_crew_work *work,
                       void *argument);
/* hearth_product, cut along the longer side of y. */
void hearth_crew_product(struct hearth_crew *crew, const struct hearth_product *product);

#endif
