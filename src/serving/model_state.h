/* The states of a served model, and which may follow which.
 *
 *                      stop
 *      ┌──────────────────────────────────────────────┐
 *      ▼                                              │
 *   unloaded ──wanted──▶ planning ──fits──▶ loading ──┼─▶ ready ──stop, idle──▶ draining
 *      ▲  ▲                │  │               │  │       │                        │
 *      │  │          fault │  │ crash   fault │  │ crash │ crash                  │
 *      │  │                ▼  └──────┐        │  ▼       ▼                        │
 *      │  └──stop── failed ◀─────────┼────────┘ resting ──rested, wanted──▶ planning
 *      │              └──wanted──▶ planning       │                               │
 *      └─────────────────────────rested, stop─────┴───────────────────────────────┘
 *
 * Pure. */
#ifndef HEARTH_SERVING_MODEL_STATE_H
#define HEARTH_SERVING_MODEL_STATE_H

#include <stdbool.h>

enum hearth_model_state {
    HEARTH_MODEL_UNLOADED,
    HEARTH_MODEL_PLANNING, /* its files are located, checked, and its memory is planned */
    HEARTH_MODEL_LOADING,
    HEARTH_MODEL_READY,
    HEARTH_MODEL_DRAINING, /* finishes what runs, then unloads */
    HEARTH_MODEL_FAILED,   /* the last load failed; the next request tries again */
    HEARTH_MODEL_RESTING,  /* crashed: waits for its back-off or its breaker */
};
#define HEARTH_MODEL_STATE_COUNT 7

const char *hearth_model_state_name(enum hearth_model_state state); /* "unloaded" … */
bool hearth_model_state_may_follow(enum hearth_model_state from, enum hearth_model_state to);

#endif
