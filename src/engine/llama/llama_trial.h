/* Tries a model before it is installed: whatever a load or the first step would refuse shows here,
 * without its weights being read or held. Compute thread only. */
#ifndef HEARTH_LLAMA_TRIAL_H
#define HEARTH_LLAMA_TRIAL_H

#include "engine/llama/llama_header.h"

/* libllama loads the model with its numbers, vocabulary and the shapes of its tensors, but no
 * weights, and plans a step; the chat templates are rendered once. HEARTH_EMODEL; HEARTH_ENOTIMPL
 * for what libllama does not have. */
int hearth_llama_trial(const char *path, struct hearth_llama_header *header,
                       struct hearth_error *error);

/* The tokenizer asserts that it has what it is told to add. HEARTH_EMODEL. */
int hearth_llama_check_vocabulary(const struct llama_vocab *vocab, struct hearth_error *error);

/* Whether it has tokens for the text before, behind and in a gap. */
bool hearth_llama_fills_gaps(const struct llama_vocab *vocab);

#endif
