/* Puts what a library said into our own words. A message of libllama or ggml is for the server's
 * log; a client is told what is wrong with the model, without the inside of a library. Pure; any
 * thread. */
#ifndef HEARTH_LLAMA_WORDS_H
#define HEARTH_LLAMA_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a model, out of what libllama logged when it could not load it. False when it
 * is none of the messages that we know. */
bool hearth_llama_words(const char *logged, char *ret_text, size_t size);

#endif
