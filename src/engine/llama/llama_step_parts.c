#include "engine/llama/llama_step_parts.h"

#include <string.h>

/* Once an event has gone out, the step cannot be taken back any more. */
void hearth_llama_step_emit(const struct hearth_llama_step *step, const struct hearth_event *event)
{
    step->engine->committed = true;
    step->sink->emit(step->sink, event);
}

/* The figures are read before the sequence is freed, and the event is sent after: a sink may at
 * once begin something new. */
void hearth_llama_step_finish(const struct hearth_llama_step *step, uint32_t index,
                              enum hearth_finish finish)
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
    hearth_llama_step_emit(step, &event);
}

/* The sequence is free when its error is told. */
void hearth_llama_step_fail(const struct hearth_llama_step *step, uint32_t index, int code,
                            const char *message)
{
    struct hearth_event event = {.kind = HEARTH_EVENT_ERROR,
                                 .sequence = index,
                                 .error = code,
                                 .bytes = {message, strlen(message)}};
    hearth_llama_sequence_end(step->engine, index);
    hearth_llama_step_emit(step, &event);
}

/* Positions go on from what the cache holds. Only tokens with `output` get a row of logits, which
 * are the dearest part of a small step. */
void hearth_llama_step_add(struct hearth_engine *engine, uint32_t index, int32_t token, bool output)
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

uint32_t hearth_llama_step_wanted(const struct hearth_llama_sequence *sequence,
                                  const struct hearth_step_item *item)
{
    uint32_t left = sequence->input->head.token_count - sequence->prompt_done;
    if (left == 0)
        return 1 + drafts_of(sequence, item);
    return item->token_count < left ? item->token_count : left;
}

static void roll_back(const struct hearth_llama_step *step)
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

int hearth_llama_step_decode(const struct hearth_llama_step *step, enum hearth_llama_result result)
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
