/* The inputs of the hub's routes: a text, or a conversation for the model's chat template. */
#ifndef HEARTH_ROUTES_HUB_HUB_INPUT_H
#define HEARTH_ROUTES_HUB_HUB_INPUT_H

#include "base/json.h"
#include "gateway/call.h"
#include "hearth/engine.h"

/* The input points into `text`. */
void hearth_hub_text(const json_t *text, struct hearth_input *input);
/* The input points into the call's arena. HEARTH_ETOOLARGE when that is full. */
int hearth_hub_messages(struct hearth_call *call, json_t *messages, struct hearth_input *input);

#endif
