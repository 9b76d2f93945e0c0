/* A vocabulary of libllama's made of a folder's tokenizer.json: what spells tokens, ends answers
 * and feeds grammars and chat templates. It is written as a GGUF header in memory and loaded from
 * there with libllama's own loader. Texts are never tokenized by it, since only src/text does that
 * as the model was trained. */
#ifndef HEARTH_LLAMA_VOCABULARY_H
#define HEARTH_LLAMA_VOCABULARY_H

#include "chat/llama_shim.h"
#include "text/tokenizer.h"

enum { HEARTH_LLAMA_ENDS_MAX = 3 }; /* end of text, of turn, of message: libllama has no more */

/* What a folder says of its texts beside tokenizer.json. */
struct hearth_llama_wording {
    int32_t begin;                       /* -1: there is none */
    int32_t ends[HEARTH_LLAMA_ENDS_MAX]; /* the first is the end of a text */
    uint32_t end_count;
    bool adds_begin;                     /* the tokenizer puts it before each text */
    char *chat_template, *tool_template; /* owned; NULL: there is none */
};

/* A model without weights and with `count` tokens; those that the tokenizer does not have are never
 * used. HEARTH_EMODEL names what is wrong with the vocabulary. */
int hearth_llama_vocabulary_make(const struct hearth_tokenizer *tokenizer,
                                 const struct hearth_llama_wording *wording, uint32_t count,
                                 struct llama_model **ret_model, struct hearth_error *error);

#endif
