/* Makes one model of a base and an adapter: W + scale · B · A in place of W, summed in f32, for
 * programs that do not load adapters. What is written, and in which types: rewrite.h.
 *
 * Any decoder whose adapters are computed here, trainable or not. Memory: the adapter's A of one
 * matrix and some rows. Blocking; one thread. */
#ifndef HEARTH_TRAIN_MERGE_H
#define HEARTH_TRAIN_MERGE_H

#include "train/rewrite.h"

/* `base`: a GGUF file or a Hugging Face folder; `adapter`: a GGUF file or a PEFT folder
 * (network/adapter_file.h); `folder` must be there and be neither's; `watch` may be NULL.
 * HEARTH_EMODEL also for an adapter of another base. */
int hearth_merge(const char *base, const char *adapter, enum hearth_rewrite_type type,
                 const char *folder, const struct hearth_rewrite_watch *watch,
                 struct hearth_error *error);

#endif
