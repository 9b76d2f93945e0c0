/* Copies of rows, with all that they point to, into an arena; NULL when it is full. Pure. Private
 * to src/store/memory. */
#ifndef HEARTH_STORE_MEMORY_ROW_COPY_H
#define HEARTH_STORE_MEMORY_ROW_COPY_H

#include "store/store.h"

struct hearth_model *hearth_model_copy(struct hearth_arena *arena,
                                       const struct hearth_model *model);
struct hearth_version *hearth_version_copy(struct hearth_arena *arena,
                                           const struct hearth_version *version);

#endif
