/* Removes a model or one of its versions for a call. While it is loaded that is refused, unless it
 * is forced, and then it is unloaded first. While it is being installed that is canceled first, and
 * of what it was to bring nothing stays: neither bytes, nor the version that was to be quantized or
 * of it, nor a model that was made for it. Its files go too, except those that another version
 * also has. Loop thread only. */
#ifndef HEARTH_TASK_REMOVAL_H
#define HEARTH_TASK_REMOVAL_H

#include "gateway/call.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_removal_request {
    const char *model; /* its id or name; copied */
    int64_t number;    /* of the version; 0: the model with all versions */
    bool force;        /* unload it first */
    bool unfinished;   /* of a version: only where it is not installed by then */
    /* Answers the call of a removal that is done; NULL: with {"deleted", "id", "name"}. */
    void (*answer)(struct hearth_call *call);
};

/* Takes the call over. */
void hearth_removal_start(struct hearth_call *call, const struct hearth_removal_request *request);

#endif
