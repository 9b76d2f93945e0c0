/* Reads what the hub's routes find in a body or a query: a text, a conversation for the model's
 * chat template, an object that is stored as text, the word that forces. Loop thread only, unless
 * it is said otherwise. */
#ifndef HEARTH_ROUTES_HUB_HUB_INPUT_H
#define HEARTH_ROUTES_HUB_HUB_INPUT_H

#include "base/json.h"
#include "gateway/call.h"
#include "hearth/engine.h"

/* The input points into `text`. */
void hearth_hub_text(const json_t *text, struct hearth_input *input);
/* The input points into the call's arena. HEARTH_ETOOLARGE when that is full. */
int hearth_hub_messages(struct hearth_call *call, json_t *messages, struct hearth_input *input);
/* The object that is the body's member `key`, as text in the arena; the fallback when it is absent
 * or no object. Any thread. */
const char *hearth_hub_object_text(const json_t *body, const char *key, struct hearth_arena *arena,
                                   const char *fallback);
/* Is the query's `force`, or `unfinished`, "true" or "1"? */
bool hearth_hub_is_forced(struct hearth_call *call);
bool hearth_hub_is_unfinished(struct hearth_call *call);

#endif
