/* Refuses headers that libllama would answer with abort() or by reading past an array: the
 * assertions of its llama-model.cpp and llama-vocab.cpp, as errors. Any thread. */
#ifndef HEARTH_LLAMA_SCREEN_H
#define HEARTH_LLAMA_SCREEN_H

#include "format/gguf.h"

int hearth_llama_screen(const struct hearth_gguf *gguf, const char *architecture,
                        struct hearth_error *error);

#endif
