/* What is kept to be told to another server (MLflow), as rows in order: which row is next, what
 * came of telling one, how long it waits then, what fits into one request, and how much may be
 * kept.
 *
 * Rows have a subject (a run, a model). Those of one subject are told in order, so one that waits
 * holds back all behind it; others pass. Nothing is given up but what the server refuses for good.
 * Pure: time and chance are arguments; a scan is used by one thread. */
#ifndef HEARTH_DOMAIN_OUTBOX_H
#define HEARTH_DOMAIN_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much is kept at most. Metrics are many and each of them matters least, so they leave room for
 * the beginnings and ends of runs. */
struct hearth_outbox_bounds {
    int64_t count_max, size_max; /* rows, bytes; of all rows that are kept */
};
struct hearth_outbox_bounds hearth_outbox_bounds(bool for_metrics);

/* One batch of a run's entities, within the limits of MLflow's runs/log-batch. Zeroed: empty. */
enum hearth_outbox_entity { HEARTH_OUTBOX_METRIC, HEARTH_OUTBOX_PARAM, HEARTH_OUTBOX_TAG };
struct hearth_outbox_batch {
    uint32_t entities, params, tags;
    uint64_t bytes;
};
/* Adds one that takes so many bytes of the body. False, and the batch is as before, when it does
 * not fit any more, or never. */
bool hearth_outbox_batch_add(struct hearth_outbox_batch *batch, enum hearth_outbox_entity entity,
                             uint64_t bytes);

enum hearth_outbox_verdict {
    HEARTH_OUTBOX_TOLD = 1,
    HEARTH_OUTBOX_LATER, /* this subject waits */
    HEARTH_OUTBOX_AWAY,  /* the server is not there, or not to be used as it is set up: all wait */
    HEARTH_OUTBOX_REFUSED, /* for good */
};
/* Of one request: `rc` is 0 when a whole answer came, with its status. */
enum hearth_outbox_verdict hearth_outbox_judge(int rc, int status);
/* After so many failures in a row (at least 1); `random` is any number. */
uint64_t hearth_outbox_wait_ms(uint32_t failures, uint32_t random);

/* Goes through the rows in their order. */
struct hearth_outbox_scan {
    int64_t now_ms;
    int64_t next_ms;   /* when the first of those that wait is due; 0: none waits */
    uint64_t *waiting; /* hashes of subjects, on the heap */
    size_t count, capacity;
};
void hearth_outbox_scan_begin(struct hearth_outbox_scan *scan, int64_t now_ms);
void hearth_outbox_scan_end(struct hearth_outbox_scan *scan); /* frees */
/* Whether the row may be told now. `due_ms` is wall clock, 0: at once. One that lies further ahead
 * than any wait is due too: then the clock was set back. */
bool hearth_outbox_scan_row(struct hearth_outbox_scan *scan, const char *subject, int64_t due_ms);

#endif
