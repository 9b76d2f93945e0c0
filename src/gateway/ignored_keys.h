/* Keys that a route does not know and passes over, made known: to the client in the header
 * Hearth-Ignored of its answer, to whoever runs the server in the log, once for each key and route.
 * Made once for each server. Loop thread only. */
#ifndef HEARTH_GATEWAY_IGNORED_KEYS_H
#define HEARTH_GATEWAY_IGNORED_KEYS_H

#include "base/schema_ignored.h"

struct hearth_call;
struct hearth_ignored_keys;

struct hearth_ignored_keys *hearth_ignored_keys_create(void);
void hearth_ignored_keys_destroy(struct hearth_ignored_keys *keys); /* NULL is allowed */

/* Before the call is answered. "color, lora[].size", and "..." behind them where there were more
 * than are named. Of the keys of all clients the log has the first 2,048. */
void hearth_ignored_keys_tell(struct hearth_call *call,
                              const struct hearth_schema_ignored *ignored);

#endif
