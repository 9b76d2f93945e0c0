/* The member `keep_alive` of a body: how long a model is to stay loaded behind a request. Ollama's,
 * and an extension of all other routes that ask a model; read for all of them where their
 * inferences begin (answering.h). Loop thread only, but for `read`, which is pure. */
#ifndef HEARTH_TASK_KEEP_ALIVE_H
#define HEARTH_TASK_KEEP_ALIVE_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_keep_alive {
    bool given;
    uint64_t ms; /* HEARTH_KEEP_FOREVER for what is negative */
};

/* A number of seconds, or a duration as Go writes it ("1h30m", "-1s"); `body` may be NULL. A text
 * that is none is HEARTH_EINVAL, and says what is one. */
int hearth_keep_alive_read(const json_t *body, struct hearth_keep_alive *ret_keep,
                           struct hearth_error *error);

#endif
