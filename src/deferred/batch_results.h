/* The files of a batch's results: one of answers, one of errors, each with a name of its own until
 * the batch is over. Private to src/deferred; on the lane of batches, which has one thread. */
#ifndef HEARTH_DEFERRED_BATCH_RESULTS_H
#define HEARTH_DEFERRED_BATCH_RESULTS_H

#include "base/buf.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_batch;

/* A last server may have put the file in place already. The batch closes it (hearth_batch_close).
 */
int hearth_batch_results_open(const struct hearth_batch *batch, bool errors, int *ret_descriptor,
                              struct hearth_error *error);
/* Whole lines, at the end. A full disk may have room for the first half of a line: that is taken
 * back, or what is written next would stand behind it. */
int hearth_batch_results_write(int descriptor, const struct hearth_buf *buf,
                               struct hearth_error *error);
/* One without results goes; one with them gets its name once it is on the disk. */
int hearth_batch_results_place(const struct hearth_batch *batch, bool errors, int descriptor,
                               int64_t bytes, struct hearth_error *error);

#endif
