/* What lowers the logits of tokens that were said before: penalties for repetition, presence and
 * frequency, and DRY ("don't repeat yourself"), by the formulas of llama.cpp. Pure; one thread at a
 * time for a scratch. */
#ifndef HEARTH_COMPUTE_PENALTIES_H
#define HEARTH_COMPUTE_PENALTIES_H

#include "hearth/engine.h"

/* A text at which DRY begins anew, as tokens: it begins in `head` and goes on with the tail. */
struct hearth_dry_breaker {
    int32_t head;
    uint32_t tail_at, tail_count; /* in the tails of its list */
};

struct hearth_dry_breakers {
    const struct hearth_dry_breaker *list; /* sorted by head */
    size_t count;
    const int32_t *tails;
};

struct hearth_penalty_scratch {
    uint32_t *counts;  /* [vocabulary], all 0 between calls */
    uint32_t *repeats; /* [history] */
};

bool hearth_dry_wanted(const struct hearth_sampling *rules);
/* Whether any of it changes a logit. */
bool hearth_penalties_wanted(const struct hearth_sampling *rules);

/* `history` are all tokens of the sequence so far, each within the vocabulary. */
void hearth_penalize(const struct hearth_sampling *rules,
                     const struct hearth_dry_breakers *breakers, const int32_t *history,
                     size_t count, struct hearth_penalty_scratch *scratch, float *logits);

#endif
