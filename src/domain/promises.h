/* Clients that were refused and told when to come again: the place that becomes free for each is
 * kept from then on until it comes, or is late, so that what it was told comes true and nobody who
 * does as told is overtaken for ever by newcomers. Pure; milliseconds of one clock are arguments;
 * not thread-safe. */
#ifndef HEARTH_DOMAIN_PROMISES_H
#define HEARTH_DOMAIN_PROMISES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than so many are told, and no place is kept for them. */
#define HEARTH_PROMISES_MAX 1024
/* How long a place is kept: for the way of the answer, the client's own clock, the way back. */
#define HEARTH_PROMISE_KEPT_MS 3000

struct hearth_promise {
    uint32_t client;  /* a hash of its name: two with the same one may take each other's place */
    uint64_t free_ms; /* when its place becomes free */
    uint64_t due_ms;  /* when it was told to come */
};
/* Zeroed memory is one without any. */
struct hearth_promises {
    struct hearth_promise list[HEARTH_PROMISES_MAX];
    size_t count;
    double no_shows; /* of the clients that were told, this share did not come, of late */
};

void hearth_promises_add(struct hearth_promises *promises, const struct hearth_promise *promise);
/* True when the time of one for this client has come; then it is fulfilled. */
bool hearth_promises_take(struct hearth_promises *promises, uint32_t client, uint64_t now_ms);
/* Places that are to be kept now, of `places` in all: at most half of them, so that what is kept
 * for who does not come leaves nobody without work. Those of clients that did not come are
 * forgotten. */
size_t hearth_promises_due(struct hearth_promises *promises, size_t places, uint64_t now_ms);

#endif
