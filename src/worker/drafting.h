/* Speculative decoding in a worker: has the engine draft tokens for the sequences that decode, and
 * measures whether that pays (domain/speculation.h says how many are worth it). Compute thread
 * only. */
#ifndef HEARTH_WORKER_DRAFTING_H
#define HEARTH_WORKER_DRAFTING_H

#include "domain/speculation.h"
#include "worker/worker.h"

struct drafting {
    const struct hearth_engine_ops *ops; /* NULL: the engine drafts nothing */
    struct hearth_engine *engine;
    struct hearth_step_cost cost;
    struct hearth_speculation general[HEARTH_DRAFT_METHODS];
    double draft_us[HEARTH_DRAFT_METHODS]; /* moving averages, of a token */
    struct hearth_draft *drafts;           /* [slots] */
    struct stream **streams;               /* [slots] whose they are */
    uint64_t drafted, accepted;            /* tokens, of all time */
};

void drafting_init(struct drafting *drafting, const struct worker *worker);
void drafting_finish(struct drafting *drafting);
/* Of a stream that got its sequence. */
void drafting_begin(const struct drafting *drafting, struct stream *stream);
/* Before a step is composed: `batch.drafted` of those that decode among the running, of which there
 * are `slots`, some NULL. */
void drafting_draft(struct drafting *drafting, struct stream *const *running, uint32_t slots);
/* A step of `rows` tokens, of which `prefill` were prompts'. */
void drafting_observe(struct drafting *drafting, uint32_t rows, uint32_t prefill, uint64_t us);
/* The stream ends: its DONE event says how its drafts did in all. */
void drafting_count(struct drafting *drafting, const struct hearth_event *done);

#endif
