/* Lets code that runs on a lane use the store. The store's verbs run on the store's own lane and
 * can only be submitted from the loop, so the caller waits until its work has gone that way and
 * come back. */
#ifndef HEARTH_SERVER_STORE_BRIDGE_H
#define HEARTH_SERVER_STORE_BRIDGE_H

#include "store/store.h"

struct hearth_gateway;

/* For hearth_registry.on_store; `argument` is the gateway. From a lane only: the loop would wait
 * for itself. */
int hearth_store_bridge(void *argument,
                        void (*work)(struct hearth_store *store, void *work_argument),
                        void *work_argument);

#endif
