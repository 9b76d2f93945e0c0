/* How a base model writes conversations and counts texts, for who learns from data: the chat
 * template and the tokenizer of a GGUF file or of a Hugging Face folder, as the llama engine has
 * them when it serves the same model. No weight is read. */
#ifndef HEARTH_CHAT_BASE_WORDS_H
#define HEARTH_CHAT_BASE_WORDS_H

#include "dataset/learnt.h"

struct hearth_base_words;

/* Blocks. HEARTH_EMODEL names what is wrong with the file, HEARTH_ENOTIMPL what is not known. */
int hearth_base_words_open(const char *path, struct hearth_base_words **ret_words,
                           struct hearth_error *error);
void hearth_base_words_close(struct hearth_base_words *words); /* NULL is allowed */

/* Lives as long as the other; one thread at a time. */
const struct hearth_words *hearth_base_words(const struct hearth_base_words *words);
/* One more than the highest id of a token. */
uint32_t hearth_base_words_vocabulary(const struct hearth_base_words *words);

#endif
