#include "domain/batch.h"

#define PREFILL_LEAST 16u
/* A short step is mostly overhead and says little about the time of a token. */
#define OBSERVED_LEAST 8u
#define PACE_WEIGHT 0.25
/* What takes longer than it did is believed sooner: too long a step is seen by whoever reads. */
#define PACE_WEIGHT_SLOWER 0.5
/* Of a step that cannot be told apart from its decoding, what its prompts took at least. */
#define PROMPTS_LEAST 0.25
/* Where decoding alone takes the whole gap, prompts may still add this much of it to a step. */
#define BEYOND_GAP 0.5
/* A stream that gets its next token after twice its usual gap still flows, and with what a machine
 * adds by itself, 99 of 100 gaps stay under three times the usual one. */
#define GAP_OF_DECODES 2
/* Pieces of a prompt that are shorter than this are mostly overhead. */
#define GAP_LEAST_US 20000

struct budget {
    uint32_t tokens;  /* left in the step */
    uint32_t prefill; /* of these, for prompts */
    uint32_t given;
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* An indivisible prompt may be larger than what is left, so that the subtraction is bounded. */
static void give(struct budget *budget, struct hearth_batch_sequence *sequence, uint32_t tokens)
{
    sequence->token_count += tokens;
    budget->given += tokens;
    budget->tokens -= least(tokens, budget->tokens);
    if (sequence->prompt_left)
        budget->prefill -= least(tokens, budget->prefill);
}

static bool wants(const struct hearth_batch_sequence *sequence, bool indivisible)
{
    return !sequence->rests && sequence->prompt_left > sequence->token_count &&
           sequence->indivisible == indivisible;
}

/* Decoding sequences; the ones passed over most often first, when there are more than tokens. */
static void give_decoding(struct budget *budget, struct hearth_batch_sequence *const *sequences,
                          size_t count)
{
    while (budget->tokens) {
        struct hearth_batch_sequence *next = NULL;
        for (size_t i = 0; i < count; i++) {
            struct hearth_batch_sequence *one = sequences[i];
            if (one->prompt_left == 0 && one->token_count == 0 && !one->rests &&
                (!next || one->passed_over > next->passed_over))
                next = one;
        }
        if (!next)
            return;
        give(budget, next, 1);
    }
}

/* Only behind all that decodes: a drafted token may be wrong. */
static void give_drafted(struct budget *budget, struct hearth_batch_sequence *const *sequences,
                         size_t count)
{
    for (size_t i = 0; i < count && budget->tokens; i++)
        if (sequences[i]->prompt_left == 0 && sequences[i]->token_count)
            give(budget, sequences[i], least(sequences[i]->drafted, budget->tokens));
}

/* Of the prompts that may be cut. */
static struct hearth_batch_sequence *oldest(struct hearth_batch_sequence *const *sequences,
                                            size_t count)
{
    struct hearth_batch_sequence *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (wants(sequences[i], false) && (!found || sequences[i]->since < found->since))
            found = sequences[i];
    return found;
}

/* Patience beats class: one that was passed over for a number of steps goes before all who were
 * not, whatever their class, and among those who lost patience the oldest is first. */
static bool goes_before(const struct hearth_batch_sequence *one,
                        const struct hearth_batch_sequence *other)
{
    bool patient = one->passed_over < HEARTH_BATCH_PATIENCE;
    bool other_patient = other->passed_over < HEARTH_BATCH_PATIENCE;
    if (patient != other_patient)
        return !patient;
    if (patient && one->class_ != other->class_)
        return one->class_ < other->class_;
    return one->since < other->since;
}

/* Whose turn it is among the indivisible ones that have at most `most` tokens. */
static struct hearth_batch_sequence *foremost(struct hearth_batch_sequence *const *sequences,
                                              size_t count, uint32_t most)
{
    struct hearth_batch_sequence *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (wants(sequences[i], true) && sequences[i]->prompt_left <= most &&
            (!found || goes_before(sequences[i], found)))
            found = sequences[i];
    return found;
}

/* By class, then the one with the least left. */
static struct hearth_batch_sequence *shortest(struct hearth_batch_sequence *const *sequences,
                                              size_t count)
{
    struct hearth_batch_sequence *found = NULL;
    for (size_t i = 0; i < count; i++) {
        struct hearth_batch_sequence *one = sequences[i];
        if (!wants(one, false))
            continue;
        if (!found || one->class_ < found->class_ ||
            (one->class_ == found->class_ &&
             (one->prompt_left < found->prompt_left ||
              (one->prompt_left == found->prompt_left && one->since < found->since))))
            found = one;
    }
    return found;
}

/* Half of the room (rounded up) goes to the prompt that has waited longest, so that it ends in a
 * bounded number of steps whatever else comes; what is left goes to those that can end soonest. */
static void give_chunks(struct budget *budget, struct hearth_batch_sequence *const *sequences,
                        size_t count)
{
    struct hearth_batch_sequence *one = oldest(sequences, count);
    if (!one || !budget->prefill)
        return;
    uint32_t half = (budget->prefill + 1) / 2;
    give(budget, one, least(half, one->prompt_left));
    while (budget->prefill && (one = shortest(sequences, count)))
        give(budget, one, least(budget->prefill, one->prompt_left - one->token_count));
}

static void give_whole(struct budget *budget, struct hearth_batch_sequence *const *sequences,
                       size_t count)
{
    struct hearth_batch_sequence *one = foremost(sequences, count, UINT32_MAX);
    /* The first one may take more than the prompts' share, or none would ever come. */
    if (one && one->prompt_left <= budget->tokens)
        give(budget, one, one->prompt_left);
    while (budget->prefill && (one = foremost(sequences, count, budget->prefill)))
        give(budget, one, one->prompt_left);
}

/* The indivisible prompt whose turn it is, when it does not fit beside what decodes and nothing
 * that decodes was passed over already. */
static struct hearth_batch_sequence *must_go_alone(const struct hearth_batch_limits *limits,
                                                   struct hearth_batch_sequence *const *sequences,
                                                   size_t count)
{
    struct hearth_batch_sequence *large = foremost(sequences, count, UINT32_MAX);
    uint32_t decoding = 0;
    for (size_t i = 0; i < count; i++) {
        if (sequences[i]->prompt_left || sequences[i]->rests)
            continue;
        decoding++;
        if (sequences[i]->passed_over)
            return NULL;
    }
    uint32_t room = limits->tokens_max - least(decoding, limits->tokens_max);
    return large && large->prompt_left > room ? large : NULL;
}

/* Nobody reads along with what is of the class `batch`, so it may stand still for the few steps in
 * which somebody's prompt is computed; also its rows in those steps would cost that person time. */
static void let_batch_rest(struct hearth_batch_sequence *const *sequences, size_t count)
{
    bool prompted = false;
    for (size_t i = 0; i < count; i++)
        prompted |= sequences[i]->class_ != HEARTH_CLASS_BATCH && sequences[i]->prompt_left &&
                    !sequences[i]->indivisible;
    for (size_t i = 0; i < count; i++)
        sequences[i]->rests = prompted && sequences[i]->class_ == HEARTH_CLASS_BATCH &&
                              sequences[i]->passed_over < HEARTH_BATCH_PATIENCE;
}

/* What decodes is served first, because a person is reading it; prompts get what is left, but not
 * more than keeps the next token of those streams in time. When nothing decodes, prompts may fill
 * the step. */
uint32_t hearth_batch_compose(const struct hearth_batch_limits *limits,
                              struct hearth_batch_sequence *const *sequences, size_t count)
{
    struct budget budget = {.tokens = limits->tokens_max ? limits->tokens_max : 1};
    for (size_t i = 0; i < count; i++)
        sequences[i]->token_count = 0;
    let_batch_rest(sequences, count);
    struct hearth_batch_sequence *alone = must_go_alone(limits, sequences, count);
    if (alone) {
        give(&budget, alone, alone->prompt_left);
    } else {
        give_decoding(&budget, sequences, count);
        give_drafted(&budget, sequences, count);
        uint32_t most = limits->prefill_max ? limits->prefill_max : 1;
        budget.prefill = budget.given ? least(most, budget.tokens) : budget.tokens;
        /* Which kind first: that of the prompt that has waited longest. */
        struct hearth_batch_sequence *whole = foremost(sequences, count, UINT32_MAX);
        struct hearth_batch_sequence *chunk = oldest(sequences, count);
        bool whole_first = whole && (!chunk || whole->since < chunk->since);
        if (whole_first)
            give_whole(&budget, sequences, count);
        give_chunks(&budget, sequences, count);
        if (!whole_first)
            give_whole(&budget, sequences, count);
    }
    for (size_t i = 0; i < count; i++)
        sequences[i]->passed_over = sequences[i]->token_count ? 0 : sequences[i]->passed_over + 1;
    return budget.given;
}

/* An exponential moving average: recent steps count most, because the machine may have become
 * busier. */
static void average(double *value, double now)
{
    double weight = now > *value ? PACE_WEIGHT_SLOWER : PACE_WEIGHT;
    *value = *value > 0 ? *value + weight * (now - *value) : now;
}

/* A step in which something decodes takes what decoding takes and its prompts' time; a token of a
 * long piece is cheaper than one of a short piece, so the two kinds of steps are told apart. */
void hearth_batch_pace_observe(struct hearth_batch_pace *pace, uint32_t prefill_tokens,
                               bool decodes, uint64_t step_us)
{
    double prompts_us = (double)step_us;
    if (prefill_tokens == 0) {
        average(&pace->decode_us, (double)step_us);
    } else if (prefill_tokens >= OBSERVED_LEAST && decodes) {
        prompts_us -= pace->decode_us;
        if (prompts_us < PROMPTS_LEAST * (double)step_us)
            prompts_us = PROMPTS_LEAST * (double)step_us;
        average(&pace->beside_us, prompts_us / prefill_tokens);
    } else if (prefill_tokens >= OBSERVED_LEAST) {
        average(&pace->alone_us, prompts_us / prefill_tokens);
    }
}

/* Where a step of what decodes is short, so may its delay be: a fast decoder computes prompts as
 * fast in short pieces, and its streams would stutter by long ones. Where it is long, the longest
 * gap holds. */
static double gap_of(const struct hearth_batch_pace *pace, uint64_t longest_us)
{
    double gap = GAP_OF_DECODES * pace->decode_us;
    if (gap > 0 && gap < GAP_LEAST_US)
        gap = GAP_LEAST_US;
    return gap <= 0 || gap > (double)longest_us ? (double)longest_us : gap;
}

/* What the gap leaves beside decoding / time of a token, but never so few that a long prompt would
 * take thousands of steps. */
uint32_t hearth_batch_pace_prefill_max(const struct hearth_batch_pace *pace, uint64_t gap_us,
                                       uint32_t tokens_max)
{
    double token_us = pace->beside_us > 0 ? pace->beside_us : pace->alone_us;
    double left_us = gap_of(pace, gap_us) - pace->decode_us;
    if (left_us < BEYOND_GAP * pace->decode_us)
        left_us = BEYOND_GAP * pace->decode_us;
    double fit = token_us > 0 ? left_us / token_us : tokens_max;
    if (fit >= tokens_max)
        return tokens_max;
    return least(fit < PREFILL_LEAST ? PREFILL_LEAST : (uint32_t)fit, tokens_max);
}
