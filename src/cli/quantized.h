/* What an install has to do with quantizing: the text to measure on, and what it says at its end.
 */
#ifndef HEARTH_CLI_QUANTIZED_H
#define HEARTH_CLI_QUANTIZED_H

#include "base/json.h"
#include "cli/command.h"

/* The options --quantize and --perplexity-text; both NULL when they are not there. The text is the
 * file's, in the invocation's arena. */
int hearth_quantize_options(const struct hearth_invocation *invocation, const char **ret_type,
                            const char **ret_text, struct hearth_error *error);

/* {"type", "size", "source_size", "source_perplexity", "perplexity", "perplexity_tokens", "why"?}
 * of a version as the API shows it, the caller's; NULL when it was not made by quantizing. */
json_t *hearth_quantized_json(const json_t *version);
/* One line of the same; NULL prints nothing. */
void hearth_quantized_print(const json_t *quantized);

#endif
