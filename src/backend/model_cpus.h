/* The cores that each worker of a model is bound to: reads which cores this process may use and
 * which memory node each belongs to, and shares them out by domain/cpu_split.h. Blocking (it reads
 * /sys): not on the loop thread. */
#ifndef HEARTH_BACKEND_MODEL_CPUS_H
#define HEARTH_BACKEND_MODEL_CPUS_H

#include "hearth/error.h"

#include <stdint.h>

/* `*ret_lists` holds `count` lists, each and the array freed with hearth_free; NULL when nobody is
 * bound: `affinity` is "off", or "auto" with one worker or fewer cores than workers. */
int hearth_model_cpus(const char *affinity, uint32_t count, char ***ret_lists,
                      struct hearth_error *error);
/* Cores that this process may use. */
uint32_t hearth_usable_cpus(void);

#endif
