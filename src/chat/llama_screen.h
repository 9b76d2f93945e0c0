/* Refuses headers on which libllama would abort, divide by 0 or read past an array. What it asserts
 * in its llama-model.cpp and llama-vocab.cpp is checked here beforehand, and becomes an error:
 * HEARTH_EMODEL, which names the key. Any thread. */
#ifndef HEARTH_LLAMA_SCREEN_H
#define HEARTH_LLAMA_SCREEN_H

#include "format/gguf.h"

#include <stdbool.h>

int hearth_llama_screen(const struct hearth_gguf *gguf, const char *architecture,
                        struct hearth_error *error);

/* `all_attention`: every layer has attention, so that its numbers must fit together. */
int hearth_llama_screen_numbers(const struct hearth_gguf *gguf, const char *architecture,
                                bool all_attention, struct hearth_error *error);

#endif
