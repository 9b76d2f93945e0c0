/* Throws away what nobody will ask for again: the oldest entries of the store's list of changes,
 * and files that somebody began to fetch and never finished. It runs once at the start and then
 * every `period_ms`, on the store's lane. Loop thread only. */
#ifndef HEARTH_SERVER_HOUSEKEEPING_H
#define HEARTH_SERVER_HOUSEKEEPING_H

#include <stdint.h>

struct hearth_blob_store;
struct hearth_housekeeping;
struct hearth_loop;
struct hearth_store;

struct hearth_housekeeping_options {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    uint64_t period_ms;
    int64_t changes_kept;     /* how many of the newest stay */
    int64_t partial_age_ms;   /* a part that was last written longer ago goes */
    int64_t (*wall_ms)(void); /* the time */
};

/* `options->store` and `blobs` must stay open until the store's lane is closed. */
struct hearth_housekeeping *
hearth_housekeeping_create(const struct hearth_housekeeping_options *options);
void hearth_housekeeping_destroy(struct hearth_housekeeping *housekeeping); /* NULL is allowed */

#endif
