/* The texts at which DRY begins anew (struct hearth_sampling), as tokens of a vocabulary. */
#ifndef HEARTH_LLAMA_BREAKERS_H
#define HEARTH_LLAMA_BREAKERS_H

#include "compute/penalties.h"

#include <llama.h>

struct hearth_llama_breakers {
    struct hearth_dry_breakers found;
    struct hearth_dry_breaker *list; /* owned, as are the tails: found's */
    int32_t *tails;
};

/* Every token whose text has a whole breaker in it, and every one whose text ends in the beginning
 * of one, with the tokens of its rest. Takes some milliseconds. HEARTH_EINVAL when they are too
 * many or too long. Any thread. */
int hearth_llama_breakers_init(struct hearth_llama_breakers *breakers,
                               const struct llama_vocab *vocab, const struct hearth_bytes *texts,
                               uint32_t count, struct hearth_error *error);
void hearth_llama_breakers_finish(struct hearth_llama_breakers *breakers); /* of zeros too */

#endif
