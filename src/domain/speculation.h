/* How many tokens to draft for the sequences of a step (speculative decoding). Pure policy: no
 * clock; not thread-safe.
 *
 * A step checks drafted tokens beside the one that it computes anyway, and keeps those up to the
 * first that is wrong. Each is one row more, and counts only if all before it are right; so one
 * more is worth it while it makes the step give more tokens in the time. Both sides are measured:
 * what a row costs, and how often drafts of a sequence were right. A method that does not pay rests
 * for a sequence, and is tried again after ever more steps. */
#ifndef HEARTH_DOMAIN_SPECULATION_H
#define HEARTH_DOMAIN_SPECULATION_H

#include <stdbool.h>
#include <stdint.h>

/* Drafted tokens of one sequence in a step. */
#define HEARTH_SPECULATION_MOST 16u

/* Time of a step by its rows, from recent steps: a line through them. Zeroed memory is one of which
 * nothing is known yet. */
struct hearth_step_cost {
    double weight, rows, us, rows_squared, rows_us; /* weighted sums */
    double row_us;                                  /* of one row more; 0: not known */
};

/* A step without prompts that had `rows` rows and took this time. */
void hearth_step_cost_observe(struct hearth_step_cost *cost, uint32_t rows, uint64_t us);
/* Expected, in microseconds; 0 when nothing is known. */
double hearth_step_cost_of(const struct hearth_step_cost *cost, uint32_t rows);

/* How well one method does, for one sequence or for all of a model. */
struct hearth_speculation {
    double right, wrong; /* drafted tokens, the newer ones count more */
    uint32_t rest;       /* steps until it is tried again */
    uint32_t rest_next;  /* how long it rests the next time */
};

/* A sequence begins with what is known of the method in general. */
void hearth_speculation_begin(struct hearth_speculation *own,
                              const struct hearth_speculation *general);
void hearth_speculation_observe(struct hearth_speculation *state, uint32_t drafted,
                                uint32_t accepted);
/* The chance that a drafted token is right when those before it are. */
double hearth_speculation_chance(const struct hearth_speculation *state);

/* A step as it is composed: begins with its sequences, each of which gives a token. */
struct hearth_speculation_step {
    double tokens, us; /* expected */
};

/* How many tokens are worth drafting for one sequence more, which the step has from then on; 0 to
 * HEARTH_SPECULATION_MOST. `draft_us`: time to draft one. */
uint32_t hearth_speculation_most(struct hearth_speculation *state,
                                 const struct hearth_step_cost *cost, double draft_us,
                                 struct hearth_speculation_step *step);

#endif
