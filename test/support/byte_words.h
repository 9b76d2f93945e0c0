/* A tokenizer for tests of what is learnt: a token for each byte, and "<e>", which ends an answer,
 * is one token. */
#ifndef HEARTH_TEST_BYTE_WORDS_H
#define HEARTH_TEST_BYTE_WORDS_H

#include "base/memory.h"
#include "dataset/learnt.h"

#include <string.h>

enum { BYTE_WORDS_END = 300 };

static inline int byte_words_tokenize(void *argument, const char *text, size_t length, bool begins,
                                      bool special, int32_t **ret_tokens, uint32_t *ret_count,
                                      struct hearth_error *error)
{
    (void)argument, (void)begins, (void)special, (void)error;
    int32_t *tokens = hearth_calloc(length + 1, sizeof(*tokens));
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        bool is_end = length - i >= 3 && memcmp(text + i, "<e>", 3) == 0;
        tokens[count++] = is_end ? BYTE_WORDS_END : (unsigned char)text[i];
        i += is_end ? 2 : 0;
    }
    *ret_tokens = tokens;
    *ret_count = count;
    return 0;
}

static inline void byte_words_spell(void *argument, int32_t token, struct hearth_buf *text)
{
    (void)argument;
    if (token == BYTE_WORDS_END)
        hearth_buf_text(text, "<e>");
    else
        hearth_buf_char(text, (char)token);
}

static inline bool byte_words_ends(void *argument, int32_t token)
{
    (void)argument;
    return token == BYTE_WORDS_END;
}

#endif
