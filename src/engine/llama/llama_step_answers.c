/* The steps of sequences that generate: each that has an output samples from it. */
#include "engine/llama/llama_step_parts.h"

#include <math.h>

/* Prompt tokens, or the token that was sampled last with those that may follow it. */
static void add_item(struct hearth_engine *engine, const struct hearth_step_item *item)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    const struct hearth_llama_input *input = sequence->input;
    if (sequence->prompt_done == input->head.token_count) {
        sequence->step_drafts = hearth_llama_step_wanted(sequence, item) - 1;
        hearth_llama_step_add(engine, item->sequence, sequence->next, true);
        for (uint32_t i = 0; i < sequence->step_drafts; i++)
            hearth_llama_step_add(engine, item->sequence, sequence->draft[i], true);
        return;
    }
    for (uint32_t n = hearth_llama_step_wanted(sequence, item); n > 0; n--) {
        int32_t token = input->tokens[sequence->prompt_done++];
        bool last = sequence->prompt_done == input->head.token_count;
        hearth_llama_step_add(engine, item->sequence, token, last);
    }
}

/* The end of a generation is a token that says so, a stop string, or the limit. The text is told
 * before DONE. False: it ended. */
static bool after_token(const struct hearth_llama_step *step, uint32_t index, int32_t token,
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
    hearth_llama_step_finish(step, index,
                             !ended  ? HEARTH_FINISH_LENGTH
                             : calls ? HEARTH_FINISH_TOOLS
                                     : HEARTH_FINISH_STOP);
    return false;
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
static bool sample_row(const struct hearth_llama_step *step, uint32_t index, uint32_t row,
                       int32_t drafted)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    float *logits = engine->compute->ops->logits(engine->compute, row);
    if (logits == NULL) {
        hearth_llama_step_fail(step, index, HEARTH_EINTERNAL, "the model gave no logits");
        return false;
    }
    struct hearth_llama_pending pending = {0};
    bool logprobs = sequence->input->sampling.logprobs;
    int32_t token = logprobs ? hearth_llama_pick_with_logprobs(engine, sequence, logits, &pending)
                             : hearth_llama_pick(engine, sequence, logits);
    bool right = token >= 0 && token == drafted;
    if (!are_numbers(engine, logits, token) || (logprobs && !isfinite(pending.logprob))) {
        hearth_llama_step_fail(step, index, HEARTH_EMODEL, "the model gave no finite numbers");
        return false;
    }
    if (token < 0) {
        hearth_llama_step_fail(step, index, HEARTH_EINVAL, why_no_token(sequence));
        return false;
    }
    sequence->accepted += right;
    sequence->step_accepted += right;
    return after_token(step, index, token, logprobs ? &pending : NULL) && right;
}

/* Each row is sampled from as if the tokens behind it were not there yet: penalties, the grammar
 * and the random number of a place are those of one token at a time. So a draft that is right gives
 * the text that there would be without it, at any temperature, and one that is wrong is cut off. */
static void sample(const struct hearth_llama_step *step, uint32_t index)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    const struct hearth_llama_row *rows = engine->batch.rows;
    uint32_t drafts = sequence->step_drafts, row = (uint32_t)sequence->step_output - drafts;
    if (sequence->input->sampling.no_answer) {
        hearth_llama_step_finish(step, index, HEARTH_FINISH_LENGTH);
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

static void emit_progress(const struct hearth_llama_step *step, uint32_t index, uint32_t done)
{
    const struct hearth_llama_sequence *sequence = &step->engine->sequences[index];
    const struct hearth_event event = {.kind = HEARTH_EVENT_PROGRESS,
                                       .sequence = index,
                                       .prompt_tokens = sequence->input->head.token_count,
                                       .cached_tokens = sequence->cached,
                                       .token_count = done};
    hearth_llama_step_emit(step, &event);
}

/* What the cache had is told with the first step, which until then may be taken back. */
static void tell_progress(const struct hearth_llama_step *step, uint32_t index)
{
    const struct hearth_llama_sequence *sequence = &step->engine->sequences[index];
    if (!sequence->input->sampling.progress || sequence->prompt_done == sequence->step_prompt_done)
        return;
    if (sequence->step_began)
        emit_progress(step, index, sequence->step_prompt_done);
    emit_progress(step, index, sequence->prompt_done);
}

/* All prompts and generating sequences in one batch: this is where serving many at once pays. */
int hearth_llama_step_generating(const struct hearth_llama_step *step)
{
    struct hearth_engine *engine = step->engine;
    engine->batch.count = 0;
    for (size_t i = 0; i < step->count; i++)
        if (engine->sequences[step->items[i].sequence].input->task == HEARTH_TASK_GENERATE &&
            !scores_prompt(&engine->sequences[step->items[i].sequence]))
            add_item(engine, &step->items[i]);
    int rc = hearth_llama_step_decode(step, HEARTH_LLAMA_LOGITS);
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
static bool tell_prompt(const struct hearth_llama_step *step, uint32_t index)
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
            hearth_llama_step_fail(step, index, HEARTH_EMODEL, "the model gave no finite numbers");
            return false;
        }
        hearth_llama_release_add(engine, sequence, &pending);
    }
    engine->committed = true;
    hearth_llama_release_emit_prompt(engine, index, step->sink);
    return true;
}

/* A row of logits for each token of the prompt, in parts of as many as there may be. */
static int score_prompt(const struct hearth_llama_step *step, const struct hearth_step_item *item)
{
    struct hearth_engine *engine = step->engine;
    struct hearth_llama_sequence *sequence = &engine->sequences[item->sequence];
    uint32_t left = hearth_llama_step_wanted(sequence, item);
    bool told = true;
    int rc = 0;
    while (rc == 0 && told && left > 0) {
        engine->batch.count = 0;
        for (; left > 0 && engine->batch.count < engine->compute->logits_max; left--)
            hearth_llama_step_add(engine, item->sequence,
                                  sequence->input->tokens[sequence->prompt_done++], true);
        rc = hearth_llama_step_decode(step, HEARTH_LLAMA_LOGITS);
        told = rc == 0 && tell_prompt(step, item->sequence);
    }
    if (told && sequence->prompt_done == sequence->input->head.token_count)
        sample(step, item->sequence);
    return rc;
}

/* Each alone and behind the others, which need not wait for what it tells. */
int hearth_llama_step_scoring(const struct hearth_llama_step *step)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < step->count; i++)
        if (scores_prompt(&step->engine->sequences[step->items[i].sequence]))
            rc = score_prompt(step, &step->items[i]);
    return rc;
}
