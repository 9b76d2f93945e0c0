/* Which tokens of which sequences make up the next step of a worker. Pure policy: no clock, no
 * memory of its own; not thread-safe.
 *
 * Sequences that decode come first, a token each, then what is drafted of them. What is left of the
 * budget goes to prompts: half of it to the one that has waited longest, so that no prompt starves;
 * the rest by class and then to the shortest, so that a long prompt does not hold short ones up.
 * While something decodes, the prompt tokens of a step are bounded, and with them the gap between
 * two tokens of a stream. While a prompt of a higher class is cut into steps, sequences of the
 * class `batch` rest, so that its first token comes as if they were not there; for
 * HEARTH_BATCH_PATIENCE steps at most.
 *
 * Indivisible prompts go whole and are packed, by class and then the longest waiting first, so that
 * a single text goes with the next step whatever list came before it; one that was passed over for
 * HEARTH_BATCH_PATIENCE steps goes before all others. One that is larger than the budget goes
 * alone, and never in two steps on end while something decodes. */
#ifndef HEARTH_DOMAIN_BATCH_H
#define HEARTH_DOMAIN_BATCH_H

#include "domain/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_BATCH_PATIENCE 16u

struct hearth_batch_limits {
    uint32_t tokens_max;  /* of a step */
    uint32_t prefill_max; /* prompt tokens of a step in which something decodes; at least 1 */
};

/* A sequence that may be stepped now. The caller keeps it from step to step. */
struct hearth_batch_sequence {
    uint32_t prompt_left; /* prompt tokens still to take; 0: it decodes */
    bool indivisible;     /* the whole prompt in one step */
    uint32_t drafted;     /* of one that decodes: tokens behind its next one that may be checked */
    enum hearth_class class_;
    uint64_t since;       /* when it came: any clock or count that does not go back */
    uint32_t passed_over; /* steps in which it got nothing; kept by compose, 0 at first */
    bool rests;           /* out: it gets nothing for the sake of a higher class's prompt */
    uint32_t token_count; /* out: what it gets in this step; 0: nothing */
};

/* Fills in `token_count` of each; the tokens given in all, 0 only when `count` is 0. */
uint32_t hearth_batch_compose(const struct hearth_batch_limits *limits,
                              struct hearth_batch_sequence *const *sequences, size_t count);

/* How many prompt tokens fit into the gap between two tokens, measured. Zeroed memory is a pace of
 * which nothing is known yet. Moving averages, in microseconds. */
struct hearth_batch_pace {
    double decode_us; /* of a step without prompts */
    double beside_us; /* of a prompt token beside what decodes */
    double alone_us;  /* of a prompt token in a step of prompts alone */
};
/* A step that took `prefill_tokens` prompt tokens, and decoded or not, and this time. */
void hearth_batch_pace_observe(struct hearth_batch_pace *pace, uint32_t prefill_tokens,
                               bool decodes, uint64_t step_us);
/* At least 16, at most `tokens_max`. A step with them takes three times one without prompts, from
 * 20 ms up to `gap_us`, and `gap_us` before there was one; where decoding alone takes most of
 * `gap_us`, half as long again as that. */
uint32_t hearth_batch_pace_prefill_max(const struct hearth_batch_pace *pace, uint64_t gap_us,
                                       uint32_t tokens_max);

#endif
