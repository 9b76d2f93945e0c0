/* A sequence and its part of the KV cache: what the cache holds stays when a request ends, so that
 * the next one that begins with the same tokens need not compute them again. */
#include "base/memory.h"
#include "engine/llama/llama_engine.h"

#include <string.h>

/* The longest common beginning of what is held and what is asked, minus what cannot be used: at
 * least one token must be computed, for its logits; and a cache that cannot be cut is of use only
 * when the new input goes on from all of it. */
uint32_t hearth_llama_held(const struct hearth_engine *engine, uint32_t index,
                           const struct hearth_llama_input *input)
{
    const struct hearth_llama_sequence *sequence = &engine->sequences[index];
    /* A vector needs the hidden state of every token, so that a cached prefix is of no use. */
    if (!engine->compute->keeps || input->task != HEARTH_TASK_GENERATE)
        return 0;
    /* Nor has one the logprobs of its tokens. */
    if (input->sampling.prompt_logprobs)
        return 0;
    /* Keys and values of other adapters are another network's. */
    if (memcmp(sequence->scales, input->scales,
               engine->compute->adapter_count * sizeof(*input->scales)) != 0)
        return 0;
    uint32_t most = input->head.token_count - 1;
    if (most > sequence->held_count)
        most = sequence->held_count;
    uint32_t same = 0;
    while (same < most && sequence->held[same] == input->tokens[same])
        same++;
    if (same == sequence->held_count)
        return same;
    if (!engine->compute->cuttable)
        return 0;
    /* A sliding window keeps only the newest tokens: what lies before a cut may be gone. */
    uint32_t window = engine->compute->window;
    if (window > 0 && same > 0 &&
        engine->compute->ops->oldest(engine->compute, index) > (same > window ? same - window : 0))
        return 0;
    return same;
}

/* Leaves the first `count` tokens in the cache, or none where it cannot be cut. */
static void cut(struct hearth_engine *engine, uint32_t index, uint32_t count)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    bool cut = engine->compute->ops->cut(engine->compute, index, count);
    sequence->held_count = cut ? count : 0;
    sequence->computed = 0;
}

void hearth_llama_sequence_settle(struct hearth_engine *engine, uint32_t index)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    if (sequence->computed > sequence->held_count)
        cut(engine, index, sequence->held_count);
}

/* The cache is cut before `cached` is noted: cut may have to throw everything away. */
void hearth_llama_sequence_begin(struct hearth_engine *engine, uint32_t index,
                                 const struct hearth_llama_input *input)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    hearth_llama_sequence_end(engine, index);
    cut(engine, index, hearth_llama_held(engine, index, input));
    engine->compute->ops->adapt(engine->compute, index, input->scales);
    memcpy(sequence->scales, input->scales,
           engine->compute->adapter_count * sizeof(*input->scales));
    sequence->input = input;
    sequence->cached = sequence->held_count;
    sequence->prompt_done = sequence->held_count;
    sequence->generated = 0;
    sequence->drafted = sequence->accepted = sequence->step_accepted = 0;
    sequence->next = -1;
    sequence->step_began = true;
    if (input->form != NULL)
        sequence->reply = hearth_llama_reply_create(input->form);
    if (input->task != HEARTH_TASK_GENERATE && !engine->compute->pools)
        sequence->sum = hearth_calloc(engine->vector_length, sizeof(*sequence->sum));
}

void hearth_llama_sequence_end(struct hearth_engine *engine, uint32_t index)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    hearth_llama_sequence_settle(engine, index);
    sequence->draft_count = 0;
    sequence->input = NULL;
    hearth_llama_grammar_destroy(sequence->grammar);
    sequence->grammar = NULL;
    hearth_llama_reply_destroy(sequence->reply);
    sequence->reply = NULL;
    hearth_free(sequence->sum);
    sequence->sum = NULL;
    hearth_llama_release_clear(&sequence->release);
}

void hearth_llama_sequence_forget(struct hearth_engine *engine, uint32_t index)
{
    cut(engine, index, 0);
}

/* `held_count` was moved on as tokens went into the batch, not when they were computed, so a step
 * that failed takes it back. A sequence that began in this step is free again; the worker will
 * begin it anew. */
void hearth_llama_sequence_rollback(struct hearth_engine *engine, uint32_t index)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    if (sequence->input == NULL)
        return;
    cut(engine, index, sequence->step_held);
    sequence->prompt_done = sequence->step_prompt_done;
    if (sequence->step_began)
        hearth_llama_sequence_end(engine, index);
}
