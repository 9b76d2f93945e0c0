/* Writes a model that was trained whole (full.h), in the form of its base: rewrite.h. With
 * HEARTH_REWRITE_KEEP a quantized base rounds what was learnt; HEARTH_REWRITE_F16 or _F32 does not.
 * Blocking; one thread. */
#ifndef HEARTH_TRAIN_EXPORT_FULL_H
#define HEARTH_TRAIN_EXPORT_FULL_H

#include "train/lora.h"
#include "train/rewrite.h"

/* `base` is the path that the trained base was opened from, `folder` must be there; `watch` may be
 * NULL. Errors as hearth_rewrite's. */
int hearth_export_full(struct hearth_lora *trained, const char *base, enum hearth_rewrite_type type,
                       const char *folder, const struct hearth_rewrite_watch *watch,
                       struct hearth_error *error);

#endif
