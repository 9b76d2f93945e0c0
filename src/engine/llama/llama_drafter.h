/* A draft model: a smaller one with the same vocabulary, loaded beside the model that is served,
 * whose likeliest next tokens are checked by that one. Compute thread only. */
#ifndef HEARTH_LLAMA_DRAFTER_H
#define HEARTH_LLAMA_DRAFTER_H

#include "engine/llama/llama_engine.h"

/* What it adds to the memory of the model that it drafts for. */
int hearth_llama_drafter_plan(const char *path, const struct hearth_llama_plan *main,
                              struct hearth_memory_plan *add, struct hearth_error *error);
/* Loads engine->settings.draft_model, as many sequences as the engine has. HEARTH_ECONFLICT where
 * its vocabulary is another than the engine's. */
int hearth_llama_drafter_create(const struct hearth_engine *engine,
                                struct hearth_llama_drafter **ret_drafter,
                                struct hearth_error *error);
void hearth_llama_drafter_destroy(struct hearth_llama_drafter *drafter); /* NULL is allowed */

/* One sequence: what it is to go on from, and what came of it. */
struct hearth_llama_draft_order {
    uint32_t sequence;
    const int32_t *held; /* [held_count], and then `next` */
    uint32_t held_count;
    int32_t next;
    uint32_t most;
    int32_t *draft; /* [most] out */
    uint32_t count; /* out */
};
/* All of them in the same steps, each for as long as it is sure of its tokens. A text that it has
 * not read yet it reads in parts, and drafts when it is through. */
void hearth_llama_drafter_draft(struct hearth_llama_drafter *drafter,
                                struct hearth_llama_draft_order *orders, size_t count);

#endif
