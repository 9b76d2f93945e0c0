/* What the tracking server (MLflow) knows of the hub's models: shown with a model, told when one is
 * made, waited for within bounds. Without a tracking server all of it is nothing. */
#ifndef HEARTH_ROUTES_HUB_HUB_TRACKED_H
#define HEARTH_ROUTES_HUB_HUB_TRACKED_H

#include "base/json.h"
#include "gateway/call.h"
#include "hearth/error.h"

#include <stdint.h>

struct hearth_store;

/* On the store's lane: adds "tracked" to a model's JSON. */
int hearth_hub_add_tracked(const struct hearth_gateway *gateway, struct hearth_store *store,
                           json_t *model, struct hearth_error *error);
/* On the loop: where the server is away and no row says why, the reason is known here. */
void hearth_hub_complete_tracked(const struct hearth_gateway *gateway, json_t *model);

struct hearth_hub_made {
    int64_t model_id;
    const char *name, *description; /* copied */
    int status;                     /* of an answer to a client that need not come back */
};
/* Answers a call that made a model or version, with the model as it is now: with the status when
 * the tracking server was told of the model, else with 503, HEARTH_EUNTOLD and what waits. Takes
 * the call over; also for a client that has gone, as the server is told all the same. Loop thread
 * only. */
void hearth_hub_answer_made(struct hearth_call *call, const struct hearth_hub_made *made);

#endif
