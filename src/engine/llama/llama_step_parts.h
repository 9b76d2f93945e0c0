/* What the two kinds of step share: the batch that is filled, that it is computed, and how a
 * sequence ends. Above it stand llama_step_answers.c and llama_step_vectors.c, which do not know
 * each other, and above those llama_step.c. Compute thread only. */
#ifndef HEARTH_LLAMA_STEP_PARTS_H
#define HEARTH_LLAMA_STEP_PARTS_H

#include "engine/llama/llama_engine.h"

struct hearth_llama_step {
    struct hearth_engine *engine;
    const struct hearth_step_item *items;
    size_t count;
    struct hearth_event_sink *sink;
    struct hearth_error *error;
};

/* How many tokens of the item's sequence this step computes. */
uint32_t hearth_llama_step_wanted(const struct hearth_llama_sequence *sequence,
                                  const struct hearth_step_item *item);
/* One token more into the batch, behind what the sequence's cache holds. `output`: it gets a row of
 * logits or states. */
void hearth_llama_step_add(struct hearth_engine *engine, uint32_t index, int32_t token,
                           bool output);
/* Computes the batch; none of no tokens. After a failure the step is taken back, unless something
 * of it has been told. */
int hearth_llama_step_decode(const struct hearth_llama_step *step, enum hearth_llama_result result);

void hearth_llama_step_emit(const struct hearth_llama_step *step, const struct hearth_event *event);
/* The sequence's last event: it is free then. `message` of a failure is read before it returns. */
void hearth_llama_step_finish(const struct hearth_llama_step *step, uint32_t index,
                              enum hearth_finish finish);
void hearth_llama_step_fail(const struct hearth_llama_step *step, uint32_t index, int code,
                            const char *message);

/* llama_step_answers.c: all prompts and generating sequences, in one batch. */
int hearth_llama_step_generating(const struct hearth_llama_step *step);
/* Behind them the prompts whose own logprobs are wanted, each alone. */
int hearth_llama_step_scoring(const struct hearth_llama_step *step);

/* llama_step_vectors.c: vectors and scores of a model that generates, made of its hidden states. */
int hearth_llama_step_all_states(const struct hearth_llama_step *step);
/* The same of a model that pools by itself. */
int hearth_llama_step_pooled(const struct hearth_llama_step *step);

#endif
