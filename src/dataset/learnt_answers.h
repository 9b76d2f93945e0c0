/* The answers of a conversation among its tokens. Private to src/dataset. */
#ifndef HEARTH_DATASET_LEARNT_ANSWERS_H
#define HEARTH_DATASET_LEARNT_ANSWERS_H

#include "dataset/learnt.h"

/* Calls `taking` for each part, as hearth_learn_parts does. */
int hearth_learn_answers(const struct hearth_words *words, const json_t *value, bool all,
                         const struct hearth_learnt_taker *taker, struct hearth_error *error);

/* Of learnt.c: takes the tokens over, which are freed where there is no memory; nothing is learnt
 * of them yet. */
int hearth_learnt_own(struct hearth_learnt *learnt, int32_t *tokens, uint32_t count,
                      struct hearth_error *error);
/* Tokens from `first` up to `end` are learnt. The first of all never is. */
void hearth_learnt_mark(struct hearth_learnt *learnt, uint32_t first, uint32_t end);

enum { HEARTH_LEARNT_TEXT_MAX = 8 << 20 }; /* bytes of what a row is rendered to */

#endif
