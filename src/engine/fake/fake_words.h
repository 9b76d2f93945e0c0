/* Keeps the vocabulary of a fake model, which grows with every word seen, so that tokens are one
 * per word and turn back into exactly the text. Any thread.
 *
 * Ids below 256 are single bytes, FAKE_BEGIN opens every input; a word takes the white space
 * before it along and is cut at 64 bytes. */
#ifndef HEARTH_ENGINE_FAKE_WORDS_H
#define HEARTH_ENGINE_FAKE_WORDS_H

#include "hearth/engine.h"

#define FAKE_BEGIN 256
#define FAKE_WORD_BYTES_MAX 64u  /* a longer one is several */
#define FAKE_WORDS_MAX (1 << 20) /* further words come as single bytes */

struct fake_words;

struct fake_words *fake_words_create(void);
void fake_words_destroy(struct fake_words *words); /* NULL is allowed */

/* The tokens of a text, on the heap; NULL without memory. */
int32_t *fake_words_tokens(struct fake_words *words, const char *text, size_t length,
                           uint32_t *ret_count);
/* Empty for FAKE_BEGIN and ids that do not exist. Lives as long as the vocabulary. */
struct hearth_bytes fake_words_text(struct fake_words *words, int32_t token);

#endif
