/* Prompts (instructions) of a decoder that makes vectors. GGUF headers have no place for them, so a
 * model's definition says them: `prompts`, an object of texts by name (or the JSON of one), and
 * `default_prompt`, the name of the one that an input gets that names none. Any thread. */
#ifndef HEARTH_LLAMA_PROMPTS_H
#define HEARTH_LLAMA_PROMPTS_H

#include "engine/llama/llama_settings.h"

/* Of the engine's settings, into `settings`. HEARTH_EINVAL names what is wrong. */
int hearth_llama_prompts_read(const json_t *object, struct hearth_llama_settings *settings,
                              struct hearth_error *error);
/* Into the facts of a model that makes vectors. HEARTH_EINVAL when there is no room for all. */
int hearth_llama_prompts_tell(const struct hearth_llama_settings *settings,
                              struct hearth_model_facts *facts, struct hearth_error *error);
/* The text of an input's prompt, "" when it gets none; it lives as long as the settings.
 * HEARTH_EINVAL lists the names that there are. */
int hearth_llama_prompt_of(const struct hearth_llama_settings *settings,
                           const struct hearth_input *input, const char **ret_prompt,
                           struct hearth_error *error);

#endif
