/* Bounds the memory that a worker may take for its data, by the kernel's own means: RLIMIT_DATA
 * counts what is private and can be written, so weights that are mapped from their file do not
 * count. When a model file makes an engine allocate more, the allocation fails in the worker, and
 * the machine is safe. Without effect in a build with a sanitizer, whose shadow memory is larger
 * than any sensible limit. */
#ifndef HEARTH_WORKER_MEMORY_CAP_H
#define HEARTH_WORKER_MEMORY_CAP_H

#include "hearth/engine.h"

/* 2 GiB, while the model's header is read and its plan is not known yet. Can be raised by
 * memory_cap_plan. */
void memory_cap_header(void);
/* Sets the limit for good: the plan, which is an upper bound of what the engine needs, plus a
 * margin, plus the stacks of `threads` threads (0: one for each core). Once; any thread. */
void memory_cap_plan(const struct hearth_memory_plan *plan, uint32_t threads);

#endif
