#include "domain/speculation.h"

/* How much of the sums a step leaves. */
#define COST_KEEPS 0.97
/* With less than this much spread of rows a line would follow the noise. */
#define SPREAD_LEAST 1.0
/* A row takes time, whatever noise says: at least this much of a step. */
#define ROW_LEAST 0.02
/* A drafted token must be worth this much more than its time, since both are estimates. */
#define WORTH 1.1
#define OUTCOME_KEEPS 0.85
/* What is known in general counts like so many tokens of the sequence's own, and before anything is
 * known it is taken for this. */
#define PRIOR_TOKENS 3.0
#define PRIOR_CHANCE 0.7
/* Tokens of a first trial, and of one after a rest. */
#define TRIAL_TOKENS 2u
#define REST_LEAST 8u
#define REST_MOST 128u

void hearth_step_cost_observe(struct hearth_step_cost *cost, uint32_t rows, uint64_t us)
{
    const double x = rows, y = (double)us;
    cost->weight = cost->weight * COST_KEEPS + 1;
    cost->rows = cost->rows * COST_KEEPS + x;
    cost->us = cost->us * COST_KEEPS + y;
    cost->rows_squared = cost->rows_squared * COST_KEEPS + x * x;
    cost->rows_us = cost->rows_us * COST_KEEPS + x * y;
    double mean = cost->us / cost->weight;
    double spread = cost->rows_squared - cost->rows * cost->rows / cost->weight;
    /* While all steps have as many rows, what was known of one row holds. */
    if (spread < SPREAD_LEAST)
        return;
    double row_us = (cost->rows_us - cost->rows * cost->us / cost->weight) / spread;
    cost->row_us = row_us > ROW_LEAST * mean ? row_us : ROW_LEAST * mean;
}

double hearth_step_cost_of(const struct hearth_step_cost *cost, uint32_t rows)
{
    if (cost->weight <= 0)
        return 0;
    double us = (cost->us + cost->row_us * (rows * cost->weight - cost->rows)) / cost->weight;
    double least = cost->row_us * rows;
    return us > least ? us : least;
}

double hearth_speculation_chance(const struct hearth_speculation *state)
{
    double tokens = state->right + state->wrong;
    return tokens > 0 ? state->right / tokens : PRIOR_CHANCE;
}

void hearth_speculation_begin(struct hearth_speculation *own,
                              const struct hearth_speculation *general)
{
    double chance = hearth_speculation_chance(general);
    *own = (struct hearth_speculation){.right = PRIOR_TOKENS * chance,
                                       .wrong = PRIOR_TOKENS * (1 - chance),
                                       .rest_next = REST_LEAST};
}

void hearth_speculation_observe(struct hearth_speculation *state, uint32_t drafted,
                                uint32_t accepted)
{
    if (drafted == 0)
        return;
    state->right = state->right * OUTCOME_KEEPS + accepted;
    state->wrong = state->wrong * OUTCOME_KEEPS + (accepted < drafted);
    if (accepted == drafted)
        state->rest_next = REST_LEAST;
}

/* The first drafts of a model show what a row costs, so they are made without knowing; in every
 * other step, for it takes steps of both kinds. */
static uint32_t trial(struct hearth_speculation *state)
{
    state->rest = 2;
    return TRIAL_TOKENS;
}

uint32_t hearth_speculation_most(struct hearth_speculation *state,
                                 const struct hearth_step_cost *cost, double draft_us,
                                 struct hearth_speculation_step *step)
{
    double chance = hearth_speculation_chance(state), right = 1;
    double row_us = cost->row_us + draft_us;
    uint32_t count = 0;
    if (state->rest > 0 && --state->rest > 0)
        return 0;
    if (cost->row_us <= 0 || step->us <= 0)
        return trial(state);
    for (; count < HEARTH_SPECULATION_MOST; count++) {
        right *= chance;
        if (right * step->us < WORTH * row_us * step->tokens)
            break;
        step->tokens += right;
        step->us += row_us;
    }
    if (count > 0)
        return count;
    /* It does not pay. A trial now and then tells when that changes; its end is the next rest. */
    bool rested = state->rest_next > REST_LEAST;
    state->rest = state->rest_next;
    if (state->rest_next < REST_MOST)
        state->rest_next *= 2;
    return rested ? TRIAL_TOKENS : 0;
}
