/* Turns texts into the token ids that a Hugging Face model was trained with, and ids back into
 * texts: exactly as the `tokenizers` library does it, for every text.
 *
 * Read from a model's directory: tokenizer.json (normalizer, pre-tokenizer, model, post-processor,
 * added tokens), or vocab.txt with tokenizer_config.json for an older BERT. Models: WordPiece,
 * byte-level BPE, Unigram. Source: the file format and the algorithms of Hugging Face's
 * `tokenizers`; Unicode data from utf8proc and our own tables.
 *
 * A tokenizer is immutable after it was opened; any number of threads may encode at once. */
#ifndef HEARTH_TEXT_TOKENIZER_H
#define HEARTH_TEXT_TOKENIZER_H

#include "base/buf.h"
#include "hearth/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_tokenizer;

/* HEARTH_EMODEL names the file and what is wrong or not supported in it. */
int hearth_tokenizer_open(const char *directory, struct hearth_tokenizer **ret_tokenizer,
                          struct hearth_error *error);
/* From the text of a tokenizer.json, which may be written to. */
int hearth_tokenizer_parse(char *json, size_t length, struct hearth_tokenizer **ret_tokenizer,
                           struct hearth_error *error);
/* From now on every text is lower-cased before anything else is done to it, as
 * sentence-transformers' do_lower_case asks; a normalizer that lower-cases already is left as it
 * is. Call it before any thread encodes. */
int hearth_tokenizer_lower(struct hearth_tokenizer *tokenizer, struct hearth_error *error);
void hearth_tokenizer_close(struct hearth_tokenizer *tokenizer); /* NULL is allowed */

/* A growing list of ids; `types` (segment ids of pairs) runs beside them. Zeroed memory is empty.
 */
struct hearth_tokens {
    int32_t *ids;
    uint8_t *types;
    size_t count, capacity;
    /* Another thread may make this other than 0 to end an encoding early, with HEARTH_ECANCELED.
     * NULL: nobody will. */
    const hearth_flag *canceled;
};
void hearth_tokens_finish(struct hearth_tokens *tokens);

/* Appends the ids of a text, and of a pair when `pair` is not NULL, with the special tokens of the
 * post-processor when asked. HEARTH_EPARSE when a text is not UTF-8, HEARTH_ENOMEM,
 * HEARTH_ECANCELED. No truncation and no padding, whatever tokenizer.json says of them. */
int hearth_tokenizer_encode(const struct hearth_tokenizer *tokenizer, const char *text,
                            size_t length, const char *pair, size_t pair_length,
                            bool special_tokens, struct hearth_tokens *tokens,
                            struct hearth_error *error);
/* How many of the first ids are special tokens that open a text, as [CLS] does: all that the
 * post-processor puts there, or 0 when not all of them are there. `closing` counts those at the end
 * of a text in the same way; with `pair`, those that close the second of two texts. */
size_t hearth_tokenizer_opening(const struct hearth_tokenizer *tokenizer, const int32_t *ids,
                                size_t count);
size_t hearth_tokenizer_closing(const struct hearth_tokenizer *tokenizer, bool pair,
                                const int32_t *ids, size_t count);

/* Appends the text of ids, as the library's decode with the model's decoder, special tokens left
 * out when asked. HEARTH_EINVAL for an id outside of the vocabulary. */
int hearth_tokenizer_decode(const struct hearth_tokenizer *tokenizer, const int32_t *ids,
                            size_t count, bool skip_special, struct hearth_buf *text,
                            struct hearth_error *error);
/* How a token stands in the vocabulary, for who spells out tokens one by one. */
enum hearth_token_kind {
    HEARTH_TOKEN_NORMAL,
    HEARTH_TOKEN_BYTE,    /* "<0x0A>": one byte */
    HEARTH_TOKEN_ADDED,   /* stands for exactly its text */
    HEARTH_TOKEN_SPECIAL, /* the same, and is no part of a text */
};
enum hearth_tokenizer_spelling {
    HEARTH_SPELLS_BYTES, /* a character for each byte (GPT-2) */
    HEARTH_SPELLS_MARKS, /* U+2581 for a space (sentencepiece) */
    HEARTH_SPELLS_OTHERWISE,
};
/* NULL when there is no such id. The text belongs to the tokenizer. */
const char *hearth_tokenizer_token(const struct hearth_tokenizer *tokenizer, int32_t id,
                                   size_t *ret_length, enum hearth_token_kind *ret_kind);
enum hearth_tokenizer_spelling hearth_tokenizer_spells(const struct hearth_tokenizer *tokenizer);
/* One more than the highest id that an encoded text can have: those of the model, of added tokens
 * and of what the post-processor puts around a text or a pair. */
size_t hearth_tokenizer_vocabulary(const struct hearth_tokenizer *tokenizer);
/* One more than the highest segment id of an encoded text, or of an encoded pair. */
unsigned hearth_tokenizer_segments(const struct hearth_tokenizer *tokenizer, bool pair);
/* The id of a token, or -1. */
int32_t hearth_tokenizer_id(const struct hearth_tokenizer *tokenizer, const char *token);

#endif
