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
 */
#ifndef HEARTH_SERVING_MODEL_STATE_H
#define HEARTH_SERVING_MODEL_STATE_H

#include "serving/scheduler.h"

bool hearth_model_state_may_follow(enum hearth_model_state from, enum hearth_model_state to);

#endif
