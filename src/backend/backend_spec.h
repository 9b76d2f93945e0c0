/* A backend's spec that outlives the call that it came with: for backends that start workers again.
 * Loop thread only. */
#ifndef HEARTH_BACKEND_BACKEND_SPEC_H
#define HEARTH_BACKEND_BACKEND_SPEC_H

#include "backend/backend.h"

/* Copies the spec with all text that it points to, and `count` elements of `cpus` (or NULL). Loop,
 * events, argument and ops are only pointed to. */
void hearth_backend_spec_keep(const struct hearth_backend_spec *spec, uint32_t count,
                              struct hearth_backend_spec *ret_spec);
void hearth_backend_spec_release(struct hearth_backend_spec *spec);

#endif
