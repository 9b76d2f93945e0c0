/* The diagram of the header as data: for each state its name and the states that may follow. A move
 * that is not here is a bug of ours, and model_life.c asserts it. */
#include "serving/model_state.h"

#define TO(state) (1u << HEARTH_MODEL_##state)

static const struct row {
    const char *name;
    unsigned next;
} rows[HEARTH_MODEL_STATE_COUNT] = {
    [HEARTH_MODEL_UNLOADED] = {"unloaded", TO(PLANNING)},
    [HEARTH_MODEL_PLANNING] = {"planning", TO(LOADING) | TO(FAILED) | TO(RESTING) | TO(DRAINING) |
                                               TO(UNLOADED)},
    [HEARTH_MODEL_LOADING] = {"loading", TO(READY) | TO(FAILED) | TO(RESTING) | TO(DRAINING)},
    [HEARTH_MODEL_READY] = {"ready", TO(DRAINING) | TO(RESTING)},
    [HEARTH_MODEL_DRAINING] = {"draining", TO(UNLOADED)},
    [HEARTH_MODEL_FAILED] = {"failed", TO(PLANNING) | TO(UNLOADED)},
    [HEARTH_MODEL_RESTING] = {"resting", TO(PLANNING) | TO(UNLOADED)},
};

const char *hearth_model_state_name(enum hearth_model_state state)
{
    return rows[state].name;
}

bool hearth_model_state_may_follow(enum hearth_model_state from, enum hearth_model_state to)
{
    return rows[from].next & (1u << to);
}
