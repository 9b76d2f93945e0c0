/* Copies a row with all that it points to into an arena; NULL when the arena is full. Pure. Private
 * to src/store/memory. */
#ifndef HEARTH_STORE_MEMORY_ROW_COPY_H
#define HEARTH_STORE_MEMORY_ROW_COPY_H

#include "store/record.h"
#include "store/store.h"

struct hearth_model *hearth_model_copy(struct hearth_arena *arena,
                                       const struct hearth_model *model);
struct hearth_version *hearth_version_copy(struct hearth_arena *arena,
                                           const struct hearth_version *version);
/* `with_body`: the bytes too. */
struct hearth_record *hearth_record_copy(struct hearth_arena *arena,
                                         const struct hearth_record *record, bool with_body);

#endif
