/* Tells an MLflow server one thing of the outbox, in steps that may each be repeated: what is to be
 * made is looked for first, and what was told is noted in `tracked`. Blocks; for a thread of the
 * lane. */
#ifndef HEARTH_TRACK_TELLING_H
#define HEARTH_TRACK_TELLING_H

#include "track/mlflow_client.h"

struct hearth_telling {
    struct hearth_mlflow *mlflow;
    const json_t *order; /* orders.h */
    json_t *tracked;     /* what is known of its run or model; changed */
    int64_t done;        /* of an order in several parts (files): how many were told; changed */
    bool has_more;       /* a part was told, and others are left */
    bool part_refused;   /* told, but for a part that the server refused */
    char reason[320];    /* why it, or that part, was not told */
};

enum hearth_outbox_verdict hearth_telling_run(struct hearth_telling *telling);

#endif
