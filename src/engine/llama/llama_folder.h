/* A Hugging Face folder in place of a GGUF file. Its weights are computed by our own decoder, for
 * libllama reads no such folder; its texts are tokenized by src/text. */
#ifndef HEARTH_LLAMA_FOLDER_H
#define HEARTH_LLAMA_FOLDER_H

#include "chat/llama_vocabulary.h"
#include "engine/llama/llama_header.h"

/* As hearth_llama_header_read. Every tensor is compared with the architecture's row, for nothing
 * else could compute what differs. */
int hearth_llama_folder_header(const char *path, const struct hearth_llama_settings *settings,
                               struct hearth_llama_header *ret_header, struct hearth_error *error);

/* The tokenizer and libllama's vocabulary of it; the caller frees both. */
int hearth_llama_folder_texts(const char *path, const struct hearth_llama_header *header,
                              struct hearth_tokenizer **ret_tokenizer,
                              struct llama_model **ret_model, struct hearth_error *error);

/* As hearth_llama_trial. */
int hearth_llama_folder_trial(const char *path, struct hearth_llama_header *header,
                              struct hearth_error *error);

#endif
