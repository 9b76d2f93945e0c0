/* Reads what a folder says of its texts: generation_config.json, config.json,
 * tokenizer_config.json and chat_template.jinja, as transformers does. */
#ifndef HEARTH_LLAMA_WORDING_H
#define HEARTH_LLAMA_WORDING_H

#include "chat/llama_vocabulary.h"

/* `tokenizer` may be NULL: then only the templates are read. HEARTH_EMODEL names the file. */
int hearth_llama_wording_read(const char *path, const struct hearth_tokenizer *tokenizer,
                              uint32_t vocabulary, struct hearth_llama_wording *ret_wording,
                              struct hearth_error *error);
void hearth_llama_wording_finish(struct hearth_llama_wording *wording);

#endif
