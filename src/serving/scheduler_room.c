/* A model that does not fit waits without a process while idle ones of the others unload for it.
 * Who goes is decided by domain/residency.h. */
#include "backend/backend_host.h"
#include "base/memory.h"
#include "config/settings.h"
#include "domain/memory_plan.h"
#include "domain/residency.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"

struct others {
    struct hearth_served_model **models;
    struct hearth_resident *residents;
    bool *evict;
    size_t count;
    uint64_t leaving; /* bytes of those that are on their way out */
};

/* Whatever has a process holds memory. One that is draining gives its memory back by itself, and is
 * counted as such; it cannot be evicted a second time. */
static void look_at(struct others *others, struct hearth_served_model *other)
{
    uint64_t bytes = hearth_load_planned_bytes(other->load);
    enum hearth_model_state state = hearth_life_state(other->life);
    const struct hearth_host *host = hearth_load_host(other->load);
    if (!hearth_load_has_process(other->load))
        return;
    if (state == HEARTH_MODEL_DRAINING) {
        others->leaving += bytes;
        return;
    }
    others->models[others->count] = other;
    others->residents[others->count++] = (struct hearth_resident){
        .bytes = bytes,
        .loaded_ms = hearth_load_ready_ms(other->load),
        .last_use_ms = hearth_requests_used_ms(other->requests),
        .load_cost_ms = hearth_load_took_ms(other->load),
        .busy = hearth_requests_any(other->requests) || (host && hearth_host_is_busy(host)),
        .loading = state != HEARTH_MODEL_READY,
        .pinned = hearth_life_is_pinned(other->life),
    };
}

/* `model` wants the room, and does not count itself; NULL: all count. */
static void collect(const struct hearth_scheduler *scheduler,
                    const struct hearth_served_model *model, struct others *ret_others)
{
    size_t count = 0;
    for (struct hearth_served_model *one = scheduler->models; one; one = one->next)
        count++;
    *ret_others = (struct others){
        .models = hearth_calloc(count, sizeof(struct hearth_served_model *)),
        .residents = hearth_calloc(count, sizeof(struct hearth_resident)),
        .evict = hearth_calloc(count, sizeof(bool)),
    };
    for (struct hearth_served_model *one = scheduler->models; one; one = one->next)
        if (one != model)
            look_at(ret_others, one);
}

static void finish(struct others *others)
{
    hearth_free(others->models);
    hearth_free(others->residents);
    hearth_free(others->evict);
}

/* If the busy became idle and the fresh grew old, would there be room? The same policy over the
 * same models, as they would be then. */
static bool might_fit(struct others *others, uint64_t needed)
{
    const struct hearth_residency none = {.shortest_ms = 0};
    for (size_t i = 0; i < others->count; i++)
        others->residents[i].busy = others->residents[i].loading = false;
    return hearth_residency_choose(&none, others->residents, others->count, needed, 0, UINT64_MAX,
                                   others->evict) == 0;
}

static struct hearth_residency policy_of(const struct hearth_scheduler *scheduler)
{
    const struct hearth_settings *settings = scheduler->options.settings;
    return (struct hearth_residency){.shortest_ms = settings->shortest_residency,
                                     .longest_wait_ms = settings->longest_wait};
}

static void unload_chosen(const struct others *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->evict[i])
            hearth_life_unload(others->models[i]->life, false);
}

/* Three answers: enough is on its way out already; or some can be asked to go now; or nobody can go
 * yet, but those who are busy or fresh might later, and the model has not waited too long for that.
 */
bool hearth_scheduler_make_room(struct hearth_scheduler *scheduler,
                                struct hearth_served_model *model, uint64_t lacking,
                                uint64_t waited_ms)
{
    const struct hearth_residency policy = policy_of(scheduler);
    struct others others;
    collect(scheduler, model, &others);
    bool hope = lacking <= others.leaving;
    if (!hope) {
        uint64_t needed = lacking - others.leaving;
        hope =
            hearth_residency_choose(&policy, others.residents, others.count, needed, waited_ms,
                                    hearth_loop_now_ms(scheduler->options.loop), others.evict) == 0;
        if (hope)
            unload_chosen(&others);
        else if (waited_ms < policy.longest_wait_ms)
            hope = might_fit(&others, needed);
    }
    finish(&others);
    return hope;
}

/* Whoever asks from beside the models is in no hurry: the shortest residency holds against him
 * however long he has waited. */
static struct hearth_residency patient_policy_of(const struct hearth_scheduler *scheduler)
{
    struct hearth_residency policy = policy_of(scheduler);
    policy.longest_wait_ms = UINT64_MAX;
    return policy;
}

void hearth_scheduler_room(const struct hearth_scheduler *scheduler, uint64_t *ret_idle,
                           uint64_t *ret_busy)
{
    const struct hearth_residency policy = patient_policy_of(scheduler);
    uint64_t now_ms = hearth_loop_now_ms(scheduler->options.loop), idle = 0, busy;
    struct others others;
    collect(scheduler, NULL, &others);
    busy = others.leaving;
    for (size_t i = 0; i < others.count; i++)
        *(hearth_residency_may_go(&policy, &others.residents[i], 0, now_ms) ? &idle : &busy) +=
            others.residents[i].bytes;
    finish(&others);
    *ret_idle = idle;
    *ret_busy = busy;
}

int hearth_scheduler_choose_idle(struct hearth_scheduler *scheduler, uint64_t bytes,
                                 void (*choose)(void *argument, struct hearth_served_model *model),
                                 void *argument)
{
    const struct hearth_residency policy = patient_policy_of(scheduler);
    struct others others;
    collect(scheduler, NULL, &others);
    int rc = hearth_residency_choose(&policy, others.residents, others.count, bytes, 0,
                                     hearth_loop_now_ms(scheduler->options.loop), others.evict);
    for (size_t i = 0; rc == 0 && i < others.count; i++)
        if (others.evict[i])
            choose(argument, others.models[i]);
    finish(&others);
    return rc;
}
