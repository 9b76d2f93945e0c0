/* One step: a batch of tokens of all its sequences goes through the model, then each sequence that
 * has an output samples, or its vector is told.
 *
 * A generating model and one that pools go different ways, since llama.cpp computes them in
 * different kinds of context. */
#include "base/error.h"
#include "engine/llama/llama_step_parts.h"

#include <inttypes.h>

/* What is noted here is what rollback goes back to. */
static int begin_item(const struct hearth_llama_step *step, const struct hearth_step_item *item,
                      uint64_t *total)
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
        *total += hearth_llama_step_wanted(sequence, item);
    return 0;
}

/* The worker composes steps within the batch; checked all the same, since libllama asserts it. */
static int run(const struct hearth_llama_step *step)
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
        return hearth_llama_step_pooled(step);
    rc = hearth_llama_step_generating(step);
    if (rc == 0)
        rc = hearth_llama_step_scoring(step);
    return rc == 0 ? hearth_llama_step_all_states(step) : rc;
}

/* `running` bounds the time in which an abort is taken: one that comes between two steps must not
 * end the next. */
int hearth_llama_step(struct hearth_engine *engine, const struct hearth_step_item *items,
                      size_t count, struct hearth_event_sink *sink, struct hearth_error *error)
{
    struct hearth_llama_step step = {engine, items, count, sink, error};
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
