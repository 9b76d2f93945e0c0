/* What a training run depends on beside its order: this program and its trainer by their digests,
 * the C library, the processor and what of it is used. Blocking: reads the trainer's program once.
 * Any thread. */
#ifndef HEARTH_JOBS_ENVIRONMENT_H
#define HEARTH_JOBS_ENVIRONMENT_H

#include "base/json.h"

/* {"hearth", "commit", "trainer_sha256", "libc", "cpu", "instructions", "cores", "sha256"}, the
 * caller's; `sha256` is the digest of all the others. What cannot be found out is "". */
json_t *hearth_environment_describe(void);

#endif
