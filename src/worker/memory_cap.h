/* How much memory a worker may take for its data, by the kernel's own means (RLIMIT_DATA: what is
 * private and can be written; weights that are mapped from their file do not count). What a model
 * file makes an engine allocate beyond it fails there, and the machine is safe. Not with a
 * sanitizer, whose shadow is larger than any limit. */
#ifndef HEARTH_WORKER_MEMORY_CAP_H
#define HEARTH_WORKER_MEMORY_CAP_H

#include "hearth/engine.h"

/* While the model's header is read and its plan is not known. */
void memory_cap_header(void);
/* For good: the plan, an upper bound of what the engine needs, and a margin; the stacks of
 * `threads` threads (0: one for each core). */
void memory_cap_plan(const struct hearth_memory_plan *plan, uint32_t threads);

#endif
