#include "store/store.h"

#include "base/error.h"

#include <string.h>

/* registered ──▶ installing ──▶ ready ◀──▶ deprecated ▲ │ └─ failed A row is a state, its bits are
 * the states that may follow it; the same state again is no move, and is not asked about here. */
#define BIT(state) (1u << HEARTH_VERSION_##state)
static const struct state_row {
    const char *name;
    unsigned successors;
} states[] = {
    [HEARTH_VERSION_REGISTERED] = {"registered", BIT(INSTALLING)},
    [HEARTH_VERSION_INSTALLING] = {"installing", BIT(READY) | BIT(FAILED)},
    [HEARTH_VERSION_READY] = {"ready", BIT(DEPRECATED)},
    [HEARTH_VERSION_FAILED] = {"failed", BIT(INSTALLING)},
    [HEARTH_VERSION_DEPRECATED] = {"deprecated", BIT(READY)},
};
enum { STATES = sizeof(states) / sizeof(states[0]) };

/* States come out of databases and requests, as numbers that may be anything. */
static bool is_state(enum hearth_version_state state)
{
    return (unsigned)state >= HEARTH_VERSION_REGISTERED && (unsigned)state < STATES;
}

const char *hearth_version_state_name(enum hearth_version_state state)
{
    return is_state(state) ? states[state].name : NULL;
}

int hearth_version_state_parse(const char *name)
{
    for (int state = HEARTH_VERSION_REGISTERED; state < STATES; state++)
        if (strcmp(states[state].name, name) == 0)
            return state;
    return HEARTH_EINVAL;
}

/* Every text set, as the checks of rows want it. */
struct hearth_version hearth_version_fresh(int64_t model_id, const char *label, const char *source)
{
    return (struct hearth_version){
        .model_id = model_id,
        .label = label ? label : "",
        .source = source ? source : "",
        .source_revision = "",
        .engine = "",
        .state = HEARTH_VERSION_REGISTERED,
        .state_reason = "",
        .metrics_json = "{}",
        .lineage_json = "{}",
        .facts_json = "{}",
    };
}

bool hearth_version_state_may_follow(enum hearth_version_state from, enum hearth_version_state to)
{
    return is_state(from) && is_state(to) && (states[from].successors & (1u << to)) != 0;
}
