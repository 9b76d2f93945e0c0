/* Removes a model or one of its versions for a call. While it is loaded that is refused, unless it
 * is forced, and then it is unloaded first. Its files go too, except those that another version
 * also has. Loop thread only. */
#ifndef HEARTH_ROUTES_HUB_REMOVAL_H
#define HEARTH_ROUTES_HUB_REMOVAL_H

#include "gateway/call.h"

#include <stdint.h>

/* The model is the call's first parameter; `number` 0: with all versions. Takes the call over. */
void hearth_removal_start(struct hearth_call *call, int64_t number);

#endif
