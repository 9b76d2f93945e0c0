/* Lets code on a lane use the store, whose verbs run on the store's own lane and are submitted from
 * the loop: the caller waits until its work has run there. */
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
