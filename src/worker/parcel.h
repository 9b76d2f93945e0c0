/* What the compute thread says, on its way to the loop thread: frames in order, and the streams
 * that ended with them. A parcel is the compute thread's until it is sent, then the loop thread's,
 * which writes its frames to the channel and frees it (worker_deliver). */
#ifndef HEARTH_WORKER_PARCEL_H
#define HEARTH_WORKER_PARCEL_H

#include "base/buf.h"

struct stream;
struct worker;

struct parcel {
    struct worker *worker;
    struct parcel *next;
    struct hearth_buf frames;
    int descriptor; /* of the only frame then; -1 */
    struct stream *ended;
};

struct parcel *parcel_create(struct worker *worker);
void parcel_send(struct parcel *parcel); /* posts it */

/* What a round of the compute thread says: a parcel at a time. */
struct outbox {
    struct worker *worker;
    struct parcel *parcel; /* NULL: nothing was said since the last one went off */
};

struct parcel *outbox_parcel(struct outbox *outbox);
/* What was said so far goes off, in order. */
void outbox_send(struct outbox *outbox);

#endif
