/* Where the tokens of a text lie in it. Private to src/dataset. */
#ifndef HEARTH_DATASET_TOKEN_PLACES_H
#define HEARTH_DATASET_TOKEN_PLACES_H

#include "dataset/learnt.h"

struct hearth_token_places {
    const struct hearth_words *words;
    const char *text; /* borrowed */
    size_t length;
    const int32_t *tokens; /* borrowed */
    uint32_t count;
    uint32_t *ends; /* [count], owned: bytes of the text up to the end of each token; NULL: the
                       tokens do not spell the text, as where the tokenizer changes it first */
};

/* The text was tokenized as the beginning of a text. HEARTH_ENOMEM. */
int hearth_token_places_find(const struct hearth_words *words, const char *text, size_t length,
                             const int32_t *tokens, uint32_t count,
                             struct hearth_token_places *ret_places, struct hearth_error *error);
void hearth_token_places_finish(struct hearth_token_places *places); /* all zeros is allowed */

/* How many tokens lie whole within the first `length` bytes: the next one is the first that holds
 * something of what follows. */
int hearth_token_places_before(const struct hearth_token_places *places, size_t length,
                               uint32_t *ret_count, struct hearth_error *error);

#endif
