/* An input that several requests may have at once: the `n` choices of one prompt, a request and the
 * dead letter that it left. One immutable block holds the input and all that it points to, so that
 * nobody has to outlive anybody else; the last one who lets go of it frees it.
 *
 * Loop thread only: the count of those who keep it is no atomic. */
#ifndef HEARTH_SERVING_SHARED_INPUT_H
#define HEARTH_SERVING_SHARED_INPUT_H

#include "hearth/engine.h"

#include <stdint.h>

struct hearth_shared_input;

/* Copies the input with its text, tokens, pair, prompt name, sampling, stops, biases and adapters;
 * the copy belongs to the caller. `canceled` is not copied. NULL when there is no memory for it. */
struct hearth_shared_input *hearth_shared_input_create(const struct hearth_input *input);
/* One more keeps it; returns the same. */
struct hearth_shared_input *hearth_shared_input_keep(struct hearth_shared_input *shared);
void hearth_shared_input_release(struct hearth_shared_input *shared); /* NULL is allowed */

/* Valid as long as it is kept. */
const struct hearth_input *hearth_shared_input_view(const struct hearth_shared_input *shared);
/* What the block takes, for those who count the memory of requests. */
uint64_t hearth_shared_input_bytes(const struct hearth_shared_input *shared);

#endif
