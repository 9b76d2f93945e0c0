/* Idempotency keys: a client that does not know whether its request was answered sends it again
 * with the same `Idempotency-Key`, and gets the first answer again instead of a second computation
 * or a second object. A key belongs to its principal, method and path, and to the bytes of the
 * body: the same key with another body is refused, and so is a second request while the first is
 * under way.
 *
 * An answer is kept for `idempotency_keep` when a second try could only repeat it; after an error
 * of the server (5xx, or 408, 409, 429) and when its client leaves, the key is free again. Kept as
 * records of the store (kind "idempotency"). Loop thread only. */
#ifndef HEARTH_DEFERRED_IDEMPOTENCY_H
#define HEARTH_DEFERRED_IDEMPOTENCY_H

struct hearth_call;
struct hearth_gateway;
struct hearth_idempotency;

#define HEARTH_IDEMPOTENCY_KEY "idempotency" /* the kind of the records */
#define HEARTH_IDEMPOTENCY_HEADER "idempotency-key"

struct hearth_idempotency *hearth_idempotency_create(struct hearth_gateway *gateway);
void hearth_idempotency_destroy(struct hearth_idempotency *idempotency); /* NULL is allowed */

struct hearth_idempotency_events {
    /* It is the first with this key: it gets its call back, with its body and without events, and
     * goes on as if nothing had been. */
    void (*on_first)(struct hearth_call *call);
    /* It is not, or its client has gone: the call was answered if somebody is there to hear it, and
     * its work is to be thrown away; optional. Comes also from within take. */
    void (*on_other)(struct hearth_call *call);
};

/* Takes the call over; one of the two events comes. `digest` (hexadecimal, of SHA-256) says which
 * bodies are the same, for a call whose body was not kept in one piece; NULL: its body does. */
void hearth_idempotency_take(struct hearth_idempotency *idempotency, struct hearth_call *call,
                             const char *key, const char *digest,
                             const struct hearth_idempotency_events *events);

#endif
