/* Says in the words that clients know what is wrong with an input, the same for all engines:
 * LangChain and LiteLLM look for OpenAI's sentence about the context to tell an input that is too
 * long from a faulty one. Pure; any thread. */
#ifndef HEARTH_BASE_INPUT_ERROR_H
#define HEARTH_BASE_INPUT_ERROR_H

#include "hearth/engine.h"
#include "hearth/error.h"

#include <stdbool.h>

/* HEARTH_ECONTEXT: the input has `token_count` tokens and the model takes `context`, of which what
 * is generated needs at least one. Returns the code. */
int hearth_input_error_context(struct hearth_error *error, const struct hearth_input *input,
                               size_t token_count, size_t context);
/* HEARTH_EINVAL: one of the input's ids is not among the model's `vocabulary` tokens. */
int hearth_input_error_vocabulary(struct hearth_error *error, const struct hearth_input *input,
                                  int32_t id, size_t vocabulary);
/* Ids that stand for a text to be embedded must begin and end as the model's own tokenizer has it:
 * `frame` is what that makes of an empty text, its first `opening` ids open and the others close.
 * HEARTH_EINVAL otherwise, since ids of another model would become a wrong vector. */
int hearth_input_check_frame(const struct hearth_input *input, const int32_t *frame,
                             size_t frame_count, size_t opening, struct hearth_error *error);

#endif
