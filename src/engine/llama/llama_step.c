/* One step: a batch of tokens of all its sequences goes through the model, then each sequence that
 * has an output samples, or its vector is told.
 *
 * A generating model and one that pools go different ways, since llama.cpp computes them in
 * different kinds of context. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct step {
    struct hearth_engine *engine;
    const struct hearth_step_item *items;
    size_t count;
    struct hearth_event_sink *sink;
    struct hearth_error *error;
};

/* Once an event has gone out, the step cannot be taken back any more. */
static void emit(const struct step *step, const struct hearth_event *event)
{
    step->engine->committed = true;
    step->sink->emit(step->sink, event);
}

/* The figures are read before the sequence is freed, and the event is sent after: a sink may at
 * once begin something new. */
static void finish(const struct step *step, uint32_t index, enum hearth_finish finish)
{
    struct hearth_llama_sequence *sequence = &step->engine->sequences[index];
    struct hearth_event event = {
        .kind = HEARTH_EVENT_DONE,
        .sequence = index,
        .finish = finish,
        .prompt_tokens = sequence->input->head.token_count,
        .cached_tokens = sequence->cached,
        .completion_tokens = sequence->generated,
        .drafted_tokens = sequence->drafted,
        .accepted_tokens = sequence->accepted,
        .stop = sequence->release.stop,
    };
    hearth_llama_sequence_end(step->engine, index);
    emit(step, &event);
}

/* Positions go on from what the cache holds. Only tokens with `output` get a row of logits, which
 * are the dearest part of a small step. */
static void add_token(struct hearth_engine *engine, uint32_t index, int32_t token, bool output)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    struct hearth_llama_batch *batch = &engine->batch;
    uint32_t at = batch->count++;
    batch->rows[at] = (struct hearth_llama_row){
        .token = token, .sequence = index, .position = sequence->held_count, .output = output};
    sequence->held[sequence->held_count++] = token;
    if (output)
        sequence->step_output = (int32_t)at;
}

/* Behind its prompt a sequence computes one token in each step, and checks what is drafted. */
static uint32_t drafts_of(const struct hearth_llama_sequence *sequence,
                          const struct hearth_step_item *item)
{
    uint32_t more = item->token_count > 0 ? item->token_count - 1 : 0;
    return more < sequence->draft_count ? more : sequence->draft_count;
}

static uint32_t wanted_tokens(const struct hearth_llama_sequence *sequence,
                              const struct hearth_step_item *item)
{
    uint32_t left = sequence->input->head.token_count - sequence->prompt_done;
    if (left == 0)
        return 1 + drafts_of(sequence, item);
    return item->token_count < left ? item->token_count : left;
}

/* Prompt tokens, or the token that was sampled last with those that may follow it. */
static void add_item(struct hearth_engine *engine, const struct hearth_step_item *item)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    const struct hearth_llama_input *input = sequence->input;
    if (sequence->prompt_done == input->head.token_count) {
        sequence->step_drafts = drafts_of(sequence, item);
        add_token(engine, item->sequence, sequence->next, true);
        for (uint32_t i = 0; i < sequence->step_drafts; i++)
            add_token(engine, item->sequence, sequence->draft[i], true);
        return;
    }
    for (uint32_t n = wanted_tokens(sequence, item); n > 0; n--) {
        int32_t token = input->tokens[sequence->prompt_done++];
        bool last = sequence->prompt_done == input->head.token_count;
        add_token(engine, item->sequence, token, last);
    }
}

static void roll_back(const struct step *step)
{
    for (size_t i = 0; i < step->count; i++)
        hearth_llama_sequence_rollback(step->engine, step->items[i].sequence);
}

/* Idle sequences keep their cache for a prefix to come; it goes when room is wanted. */
static bool make_room(struct hearth_engine *engine)
{
    bool any = false;
    for (uint32_t i = 0; i < engine->plan.slots; i++) {
        if (engine->sequences[i].input != NULL || engine->sequences[i].held_count == 0)
            continue;
        hearth_llama_sequence_forget(engine, i);
        any = true;
    }
    return any;
}

static int decode(const struct step *step, enum hearth_llama_result result)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_compute *compute = engine->compute;
    const atomic_bool *canceled = engine->committed ? NULL : &engine->abort_wanted;
    if (engine->batch.count == 0)
        return 0;
    int rc = compute->ops->decode(compute, &engine->batch, result, canceled, step->error);
    if (rc == HEARTH_ENOMEM && make_room(engine))
        rc = compute->ops->decode(compute, &engine->batch, result, canceled, step->error);
    if (rc != 0 && !engine->committed)
        roll_back(step);
    return rc;
}

/* The end of a generation is a token that says so, a stop string, or the limit. The text is told
 * before DONE. False: it ended. */
static bool after_token(const struct step *step, uint32_t index, int32_t token,
                        const struct hearth_llama_pending *pending)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    sequence->generated++;
    bool ended = llama_vocab_is_eog(engine->vocab, token);
    /* Whoever asks for the logprobs of all tokens counts them (lm-eval takes the last one away). */
    if (ended && pending != NULL && sequence->input->sampling.prompt_logprobs)
        hearth_llama_release_add(engine, sequence, pending);
    if (!ended)
        ended = hearth_llama_release_token(engine, sequence, token, pending);
    bool full = sequence->generated >= sequence->input->max_tokens;
    engine->committed = true;
    sequence->next = token;
    bool calls = hearth_llama_release_emit(engine, index, ended || full, step->sink);
    if (!ended && !full)
        return true;
    finish(step, index,
           !ended  ? HEARTH_FINISH_LENGTH
           : calls ? HEARTH_FINISH_TOOLS
                   : HEARTH_FINISH_STOP);
    return false;
}

/* The sequence is free when its error is told. */
static void fail_sequence(const struct step *step, uint32_t index, int code, const char *message)
{
    struct hearth_event event = {.kind = HEARTH_EVENT_ERROR,
                                 .sequence = index,
                                 .error = code,
                                 .bytes = {message, strlen(message)}};
    hearth_llama_sequence_end(step->engine, index);
    emit(step, &event);
}

/* A token is picked even where all logits are NaN or one is infinite, so its own is looked at. A
 * grammar takes no NaN at all: only where it let nothing through are all looked at. */
static bool are_numbers(const struct hearth_engine *engine, const float *logits, int32_t token)
{
    if (token >= 0)
        return isfinite(logits[token]);
    for (uint32_t i = 0; i < engine->facts.vocabulary_length; i++)
        if (isnan(logits[i]))
            return false;
    return true;
}

static const char *why_no_token(const struct hearth_llama_sequence *sequence)
{
    return sequence->grammar != NULL && hearth_llama_grammar_exhausted(sequence->grammar)
               ? "the grammar of the answer takes more work for a token than one request may ask "
                 "for: it can be read in too many ways"
               : "no token that is not forbidden may follow by the grammar";
}

/* A token from row number `row` of the batch, which has the sequence's last token. `drafted`: the
 * token of the next row, negative where there is none. True: it is the same, and goes on. */
static bool sample_row(const struct step *step, uint32_t index, uint32_t row, int32_t drafted)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    float *logits = engine->compute->ops->logits(engine->compute, row);
    if (logits == NULL) {
        fail_sequence(step, index, HEARTH_EINTERNAL, "the model gave no logits");
        return false;
    }
    struct hearth_llama_pending pending = {0};
    bool logprobs = sequence->input->sampling.logprobs;
    int32_t token = logprobs ? hearth_llama_pick_with_logprobs(engine, sequence, logits, &pending)
                             : hearth_llama_pick(engine, sequence, logits);
    bool right = token >= 0 && token == drafted;
    if (!are_numbers(engine, logits, token) || (logprobs && !isfinite(pending.logprob))) {
        fail_sequence(step, index, HEARTH_EMODEL, "the model gave no finite numbers");
        return false;
    }
    if (token < 0) {
        fail_sequence(step, index, HEARTH_EINVAL, why_no_token(sequence));
        return false;
    }
    sequence->accepted += right;
    sequence->step_accepted += right;
    return after_token(step, index, token, logprobs ? &pending : NULL) && right;
}

/* Each row is sampled from as if the tokens behind it were not there yet: penalties, the grammar
 * and the random number of a place are those of one token at a time. So a draft that is right gives
 * the text that there would be without it, at any temperature, and one that is wrong is cut off. */
static void sample(const struct step *step, uint32_t index)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    const struct hearth_llama_row *rows = engine->batch.rows;
    uint32_t drafts = sequence->step_drafts, row = (uint32_t)sequence->step_output - drafts;
    if (sequence->input->sampling.no_answer) {
        finish(step, index, HEARTH_FINISH_LENGTH);
        return;
    }
    sequence->computed = sequence->held_count;
    sequence->held_count -= drafts;
    sequence->drafted += drafts;
    sequence->step_accepted = 0;
    sequence->draft_count = 0;
    while (sample_row(step, index, row, drafts > 0 ? rows[row + 1].token : -1)) {
        sequence->held_count++;
        row++;
        drafts--;
    }
    hearth_llama_sequence_settle(engine, index);
}

/* The logprobs of the prompt's own tokens are wanted, and it is not all in the cache yet. */
static bool scores_prompt(const struct hearth_llama_sequence *sequence)
{
    return sequence->input != NULL && sequence->input->task == HEARTH_TASK_GENERATE &&
           sequence->input->sampling.prompt_logprobs &&
           sequence->prompt_done < sequence->input->head.token_count;
}

static void emit_progress(const struct step *step, uint32_t index, uint32_t done)
{
    const struct hearth_llama_sequence *sequence = &step->engine->sequences[index];
    const struct hearth_event event = {.kind = HEARTH_EVENT_PROGRESS,
                                       .sequence = index,
                                       .prompt_tokens = sequence->input->head.token_count,
                                       .cached_tokens = sequence->cached,
                                       .token_count = done};
    emit(step, &event);
}

/* What the cache had is told with the first step, which until then may be taken back. */
static void tell_progress(const struct step *step, uint32_t index)
{
    const struct hearth_llama_sequence *sequence = &step->engine->sequences[index];
    if (!sequence->input->sampling.progress || sequence->prompt_done == sequence->step_prompt_done)
        return;
    if (sequence->step_began)
        emit_progress(step, index, sequence->step_prompt_done);
    emit_progress(step, index, sequence->prompt_done);
}

/* All prompts and generating sequences in one batch: this is where serving many at once pays. */
static int run_generating(const struct step *step)
{
    struct hearth_engine *engine = step->engine;
    engine->batch.count = 0;
    for (size_t i = 0; i < step->count; i++)
        if (engine->sequences[step->items[i].sequence].input->task == HEARTH_TASK_GENERATE &&
            !scores_prompt(&engine->sequences[step->items[i].sequence]))
            add_item(engine, &step->items[i]);
    int rc = decode(step, HEARTH_LLAMA_LOGITS);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < step->count; i++) {
        uint32_t index = step->items[i].sequence;
        struct hearth_llama_sequence *sequence = &engine->sequences[index];
        if (sequence->input->task != HEARTH_TASK_GENERATE)
            continue;
        tell_progress(step, index);
        if (sequence->step_output >= 0)
            sample(step, index);
    }
    return 0;
}

/* The rows of the batch are tokens of one prompt; the logits of each say how likely the next one
 * was. False: the model gave no numbers, and the sequence has ended. */
static bool tell_prompt(const struct step *step, uint32_t index)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    const struct hearth_llama_input *input = sequence->input;
    for (uint32_t i = 0; i < engine->batch.count; i++) {
        uint32_t next = engine->batch.rows[i].position + 1;
        struct hearth_llama_pending pending = {.token = input->tokens[0], .logprob = NAN};
        if (next == 1)
            hearth_llama_release_add(engine, sequence, &pending);
        if (next == input->head.token_count)
            continue;
        const float *logits = engine->compute->ops->logits(engine->compute, i);
        if (logits == NULL ||
            !hearth_llama_score_token(engine, sequence, logits, input->tokens[next], &pending)) {
            fail_sequence(step, index, HEARTH_EMODEL, "the model gave no finite numbers");
            return false;
        }
        hearth_llama_release_add(engine, sequence, &pending);
    }
    engine->committed = true;
    hearth_llama_release_emit_prompt(engine, index, step->sink);
    return true;
}

/* A row of logits for each token of the prompt, in parts of as many as there may be. */
static int score_prompt(const struct step *step, const struct hearth_step_item *item)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    uint32_t left = wanted_tokens(sequence, item);
    bool told = true;
    int rc = 0;
    while (rc == 0 && told && left > 0) {
        engine->batch.count = 0;
        for (; left > 0 && engine->batch.count < engine->compute->logits_max; left--)
            add_token(engine, item->sequence, sequence->input->tokens[sequence->prompt_done++],
                      true);
        rc = decode(step, HEARTH_LLAMA_LOGITS);
        told = rc == 0 && tell_prompt(step, item->sequence);
    }
    if (told && sequence->prompt_done == sequence->input->head.token_count)
        sample(step, item->sequence);
    return rc;
}

/* Each alone and behind the others, which need not wait for what it tells. */
static int run_scoring(const struct step *step)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < step->count; i++)
        if (scores_prompt(&step->engine->sequences[step->items[i].sequence]))
            rc = score_prompt(step, &step->items[i]);
    return rc;
}

static void emit_vector(const struct step *step, uint32_t index, const float *values,
                        uint32_t count)
{
    struct hearth_event event = {
        .kind = HEARTH_EVENT_VECTOR, .sequence = index, .values = values, .value_count = count};
    emit(step, &event);
    finish(step, index, HEARTH_FINISH_STOP);
}

/* A reranker that says "yes" or "no" becomes one of a single number, whose sigmoid is the
 * probability of "yes": the difference of the two logits (arXiv 2506.05176). */
static void emit_scores(const struct step *step, uint32_t index, float *scores)
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
static int take_states(const struct step *step)
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
static int flush_states(const struct step *step)
{
    int rc = decode(step, HEARTH_LLAMA_STATES);
    if (rc == 0)
        rc = take_states(step);
    step->engine->batch.count = 0;
    return rc;
}

static int add_states(const struct step *step, const struct hearth_step_item *item)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    int rc = 0;
    for (uint32_t left = wanted_tokens(sequence, item); rc == 0 && left > 0; left--) {
        if (engine->batch.count == engine->compute->states_max)
            rc = flush_states(step);
        if (rc == 0)
            add_token(engine, item->sequence, sequence->input->tokens[sequence->prompt_done++],
                      true);
    }
    return rc;
}

static void emit_states(const struct step *step, uint32_t index)
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
static int run_all_states(const struct step *step)
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
static int emit_pooled(const struct step *step, size_t first, size_t end)
{
    struct hearth_engine *engine = step->engine;
    int rc = decode(step, HEARTH_LLAMA_POOLED);
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
static int run_pooled(const struct step *step)
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
            add_token(engine, step->items[i].sequence, input->tokens[j], true);
    }
    return emit_pooled(step, first, step->count);
}

/* What is noted here is what rollback goes back to. */
static int begin_item(const struct step *step, const struct hearth_step_item *item, uint64_t *total)
{
    struct hearth_engine *engine = step->engine;
    if (item->sequence >= engine->plan.slots)
        return hearth_error_set(step->error, HEARTH_EINTERNAL, "there is no sequence %" PRIu32,
                                item->sequence);
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    sequence->step_began = false;
    if (item->begin != NULL)
        hearth_llama_sequence_begin(engine, item->sequence,
                                    (const struct hearth_llama_input *)item->begin);
    if (sequence->input == NULL)
        return hearth_error_set(step->error, HEARTH_EINTERNAL,
                                "sequence %" PRIu32 " goes on, but has not begun", item->sequence);
    sequence->step_held = sequence->held_count;
    sequence->step_prompt_done = sequence->prompt_done;
    sequence->step_output = -1;
    sequence->step_drafts = 0;
    if (!engine->compute->pools)
        *total += wanted_tokens(sequence, item);
    return 0;
}

/* The worker composes steps within the batch; checked all the same, since libllama asserts it. */
static int run(const struct step *step)
{
    struct hearth_engine *engine = step->engine;
    uint64_t total = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < step->count; i++)
        rc = begin_item(step, &step->items[i], &total);
    if (rc == 0 && total > engine->plan.batch)
        rc = hearth_error_set(step->error, HEARTH_EINTERNAL,
                              "a step of %" PRIu64 " tokens, but a batch holds %" PRIu32, total,
                              engine->plan.batch);
    if (rc != 0)
        return rc;
    if (engine->compute->pools)
        return run_pooled(step);
    rc = run_generating(step);
    if (rc == 0)
        rc = run_scoring(step);
    return rc == 0 ? run_all_states(step) : rc;
}

/* `running` bounds the time in which an abort is taken: one that comes between two steps must not
 * end the next. */
int hearth_llama_step(struct hearth_engine *engine, const struct hearth_step_item *items,
                      size_t count, struct hearth_event_sink *sink, struct hearth_error *error)
{
    struct step step = {engine, items, count, sink, error};
    engine->committed = false;
    atomic_store(&engine->abort_wanted, false);
    atomic_store(&engine->running, true);
    int rc = run(&step);
    /* The worker drops all inputs after a failure; none may be looked at again. Which tokens of the
     * step lie in the cache is not known. */
    bool failed = rc != 0 && rc != HEARTH_ECANCELED;
    for (uint32_t i = 0; failed && i < engine->plan.slots; i++)
        hearth_llama_sequence_end(engine, i);
    for (size_t i = 0; failed && i < count; i++)
        if (items[i].sequence < engine->plan.slots)
            hearth_llama_sequence_forget(engine, items[i].sequence);
    atomic_store(&engine->running, false);
    atomic_store(&engine->abort_wanted, false);
    return rc;
}
