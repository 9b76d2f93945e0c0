/* Callbacks: the end of an asynchronous request is told to an address that its client has named, as
 * a POST of what GET /requests/{id} answers. The body is signed, so that the receiver knows who
 * sends it:
 *
 *     Hearth-Signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(callback_secret,
 * "<t>.<body>")>
 *
 * One that fails is tried again with growing waits (domain/backoff.h), `callback_retries` times;
 * what is not delivered is a record of the store (kind "callback", under the id of the request), so
 * that it outlives the server. At most two are under way at once. Loop thread only. */
#ifndef HEARTH_DEFERRED_CALLBACKS_H
#define HEARTH_DEFERRED_CALLBACKS_H

#include "hearth/error.h"

struct hearth_callbacks;
struct hearth_gateway;

struct hearth_callbacks *hearth_callbacks_create(struct hearth_gateway *gateway);
/* Takes up what the last server left. */
void hearth_callbacks_start(struct hearth_callbacks *callbacks);
/* Cancels what is under way and waits for it. */
void hearth_callbacks_stop(struct hearth_callbacks *callbacks);
void hearth_callbacks_destroy(struct hearth_callbacks *callbacks); /* NULL is allowed */

/* Whether the server may call this address at all, by its text; addresses are looked at by
 * hearth_callback_check_addresses, and again when it is called. HEARTH_EINVAL. */
int hearth_callback_check(const struct hearth_gateway *gateway, const char *url,
                          struct hearth_error *error);
/* Blocks: resolves the name. A name that means nothing now may mean something later, and passes.
 * HEARTH_EINVAL when it means an address that may not be called. Any thread. */
int hearth_callback_check_addresses(const struct hearth_gateway *gateway, const char *url,
                                    struct hearth_error *error);

void hearth_callbacks_add(struct hearth_callbacks *callbacks, const char *request_id,
                          const char *url, const char *principal);

#endif
