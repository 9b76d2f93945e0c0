/* The steps of inputs that become a vector or scores. */
#include "base/error.h"
#include "engine/llama/llama_step_parts.h"

#include <math.h>
#include <string.h>

static void emit_vector(const struct hearth_llama_step *step, uint32_t index, const float *values,
                        uint32_t count)
{
    struct hearth_event event = {
        .kind = HEARTH_EVENT_VECTOR, .sequence = index, .values = values, .value_count = count};
    hearth_llama_step_emit(step, &event);
    hearth_llama_step_finish(step, index, HEARTH_FINISH_STOP);
}

/* A reranker that says "yes" or "no" becomes one of a single number, whose sigmoid is the
 * probability of "yes": the difference of the two logits (arXiv 2506.05176). */
static void emit_scores(const struct hearth_llama_step *step, uint32_t index, float *scores)
{
    struct hearth_engine *engine = step->engine;
    if (engine->header.says_yes)
        scores[0] -= scores[1];
    emit_vector(step, index, scores, engine->header.says_yes ? 1 : engine->compute->label_count);
}

/* Length 1 (Euclidean), summed in double; a vector of zeros stays as it is. */
static void normalize(float *values, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (uint32_t i = 0; i < count; i++)
        values[i] = (float)((double)values[i] * scale);
}

/* One vector out of the hidden states that a decoder makes on its way. For "mean" they are added
 * up, and normalize makes the division by their number needless; "last" keeps the newest row, and
 * so does a ranking, as llama.cpp's decoders do; "cls" the first token's. */
static int take_states(const struct hearth_llama_step *step)
{
    struct hearth_engine *engine = step->engine;
    enum llama_pooling_type pooling = engine->header.pooling;
    bool last_only = pooling == LLAMA_POOLING_TYPE_LAST || pooling == LLAMA_POOLING_TYPE_RANK;
    bool first_only = pooling == LLAMA_POOLING_TYPE_CLS;
    for (uint32_t i = 0; i < engine->batch.count; i++) {
        const struct hearth_llama_row *at = &engine->batch.rows[i];
        struct hearth_llama_sequence *sequence = &engine->sequences[at->sequence];
        double *sum = sequence->sum;
        const float *row = engine->compute->ops->states(engine->compute, i);
        if (row == NULL)
            return hearth_error_set(step->error, HEARTH_EINTERNAL,
                                    "the model gave no hidden states");
        /* What was summed in earlier steps cannot be told apart any more, so that this step is not
         * taken back. A sequence that began in it has its sum made anew. */
        if (!sequence->step_began)
            engine->committed = true;
        if (first_only && at->position != 0)
            continue;
        for (uint32_t j = 0; j < engine->vector_length; j++)
            sum[j] = (last_only ? 0 : sum[j]) + (double)row[j];
    }
    return 0;
}

/* The batch as it stands, which is empty then. The sums are kept in double from step to step. */
static int flush_states(const struct hearth_llama_step *step)
{
    int rc = hearth_llama_step_decode(step, HEARTH_LLAMA_STATES);
    if (rc == 0)
        rc = take_states(step);
    step->engine->batch.count = 0;
    return rc;
}

static int add_states(const struct hearth_llama_step *step, const struct hearth_step_item *item)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    int rc = 0;
    for (uint32_t left = hearth_llama_step_wanted(sequence, item); rc == 0 && left > 0; left--) {
        if (engine->batch.count == engine->compute->states_max)
            rc = flush_states(step);
        if (rc == 0)
            hearth_llama_step_add(engine, item->sequence,
                                  sequence->input->tokens[sequence->prompt_done++], true);
    }
    return rc;
}

static void emit_states(const struct hearth_llama_step *step, uint32_t index)
{
    struct hearth_engine *engine = step->engine;
    const struct hearth_llama_sequence *sequence = &engine->sequences[index];
    for (uint32_t j = 0; j < engine->vector_length; j++)
        engine->vector[j] = (float)sequence->sum[j];
    if (engine->header.pooling == LLAMA_POOLING_TYPE_RANK) {
        engine->compute->ops->classify(engine->compute, engine->vector, engine->scores);
        emit_scores(step, index, engine->scores);
    } else {
        normalize(engine->vector, engine->vector_length);
        emit_vector(step, index, engine->vector, engine->vector_length);
    }
}

static bool makes_states(const struct hearth_engine *engine, const struct hearth_step_item *item)
{
    const struct hearth_llama_input *input = engine->sequences[item->sequence].input;
    return input != NULL && input->task != HEARTH_TASK_GENERATE;
}

/* Hidden states are switched on only for these: generating has no use for them. Where a row does
 * not depend on its batch, all inputs go together; else each alone, so that a vector does not
 * depend on its neighbours. Each row of states may cost one of logits, hence `states_max`. Nothing
 * is told before all is computed, because until then the step may be taken back. */
int hearth_llama_step_all_states(const struct hearth_llama_step *step)
{
    struct hearth_engine *engine = step->engine;
    int rc = 0;
    engine->batch.count = 0;
    for (size_t i = 0; rc == 0 && i < step->count; i++) {
        if (!makes_states(engine, &step->items[i]))
            continue;
        rc = add_states(step, &step->items[i]);
        if (rc == 0 && !engine->compute->exact)
            rc = flush_states(step);
    }
    if (rc == 0 && engine->batch.count > 0)
        rc = flush_states(step);
    for (size_t i = 0; rc == 0 && i < step->count; i++) {
        uint32_t index = step->items[i].sequence;
        const struct hearth_llama_sequence *sequence = &engine->sequences[index];
        if (makes_states(engine, &step->items[i]) &&
            sequence->prompt_done == sequence->input->head.token_count)
            emit_states(step, index);
    }
    return rc;
}

/* libllama has taken the softmax of some classifiers' logits already; what follows counts on
 * logits. A share that has become 0 is taken for one that is just above it. */
static void logits_of_shares(float *shares, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        shares[i] = logf(fmaxf(shares[i], 1e-30f));
}

/* Encoders keep nothing from input to input, so the sequence is free at once. */
static int emit_pooled(const struct hearth_llama_step *step, size_t first, size_t end)
{
    struct hearth_engine *engine = step->engine;
    int rc = hearth_llama_step_decode(step, HEARTH_LLAMA_POOLED);
    if (rc != 0)
        return rc;
    bool rank = engine->header.pooling == LLAMA_POOLING_TYPE_RANK;
    uint32_t count = rank ? engine->compute->label_count : engine->vector_length;
    for (size_t i = first; i < end; i++) {
        uint32_t index = step->items[i].sequence;
        const float *values = engine->compute->ops->pooled(engine->compute, index);
        float *to = rank ? engine->scores : engine->vector;
        if (values == NULL)
            return hearth_error_set(step->error, HEARTH_EINTERNAL, "the model gave no vector");
        memcpy(to, values, count * sizeof(*values));
        hearth_llama_sequence_forget(engine, index);
        if (rank) {
            if (engine->header.gives_shares)
                logits_of_shares(to, count);
            emit_scores(step, index, to);
        } else {
            normalize(to, count);
            emit_vector(step, index, to, count);
        }
    }
    return 0;
}

/* Whole inputs, as many at once as the batch holds. */
int hearth_llama_step_pooled(const struct hearth_llama_step *step)
{
    struct hearth_engine *engine = step->engine;
    size_t first = 0;
    engine->batch.count = 0;
    for (size_t i = 0; i < step->count; i++) {
        const struct hearth_llama_input *input = engine->sequences[step->items[i].sequence].input;
        if (engine->batch.count + input->head.token_count > engine->plan.batch) {
            int rc = emit_pooled(step, first, i);
            if (rc != 0)
                return rc;
            first = i;
            engine->batch.count = 0;
        }
        for (uint32_t j = 0; j < input->head.token_count; j++)
            hearth_llama_step_add(engine, step->items[i].sequence, input->tokens[j], true);
    }
    return emit_pooled(step, first, step->count);
}
