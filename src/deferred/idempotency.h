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

#define HEARTH_IDEMPOTENCY_KEY "idempotency"

struct hearth_idempotency *hearth_idempotency_create(struct hearth_gateway *gateway);
void hearth_idempotency_destroy(struct hearth_idempotency *idempotency); /* NULL is allowed */

/* Takes the call over: `on_first` gets it back when it is the first with this key, with its body,
 * and goes on as if nothing had been. */
void hearth_idempotency_take(struct hearth_idempotency *idempotency, struct hearth_call *call,
                             const char *key, void (*on_first)(struct hearth_call *call));

#endif
