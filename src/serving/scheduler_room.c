/* A model that does not fit waits without a process while idle ones of the others unload for it.
 * Who goes is decided by domain/residency.h. */
#include "backend/backend_host.h"
#include "base/log.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "domain/residency.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"

/* How long a model is held by one look; the next one comes before that. */
enum { HOLD_MS = 1000 };

struct others {
    struct hearth_served_model **models;
    struct hearth_resident *residents;
    bool *marked;
    size_t count;
    struct hearth_memory leaving; /* of those that are on their way out */
    struct hearth_memory claimed; /* that older wishes have first */
};

/* The requests of one that is held wait for its next load. */
static bool is_busy(const struct hearth_served_model *model, bool held)
{
    const struct hearth_host *host = hearth_load_host(model->load);
    return (held ? hearth_dispatch_running(model->dispatch) > 0
                 : hearth_requests_any(model->requests)) ||
           (host && hearth_host_is_busy(host));
}

/* Whatever has a process holds memory. One that is draining gives its memory back by itself, and is
 * counted as such; it cannot be evicted a second time. */
static void look_at(struct others *others, struct hearth_served_model *other)
{
    struct hearth_memory bytes = hearth_load_planned(other->load);
    enum hearth_model_state state = hearth_life_state(other->life);
    bool held = hearth_dispatch_is_paused(other->dispatch);
    if (!hearth_model_process_runs(hearth_load_process(other->load)))
        return;
    if (state == HEARTH_MODEL_DRAINING) {
        others->leaving = hearth_memory_sum(others->leaving, bytes);
        return;
    }
    others->models[others->count] = other;
    others->residents[others->count++] = (struct hearth_resident){
        .bytes = bytes,
        .loaded_ms = hearth_load_ready_ms(other->load),
        .last_use_ms = hearth_requests_used_ms(other->requests),
        .load_cost_ms = hearth_load_took_ms(other->load),
        .busy = is_busy(other, held),
        .held = held,
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
        .marked = hearth_calloc(count, sizeof(bool)),
    };
    for (struct hearth_served_model *one = scheduler->models; one; one = one->next)
        if (one != model) {
            look_at(ret_others, one);
            if (model)
                ret_others->claimed = hearth_memory_sum(
                    ret_others->claimed, hearth_load_claim_before(one->load, model->load));
        }
}

static void finish(struct others *others)
{
    hearth_free(others->models);
    hearth_free(others->residents);
    hearth_free(others->marked);
}

static struct hearth_residency policy_of(const struct hearth_scheduler *scheduler)
{
    const struct hearth_settings *settings = scheduler->options.settings;
    return (struct hearth_residency){.shortest_ms = settings->shortest_residency,
                                     .longest_wait_ms = settings->longest_wait};
}

/* Also what computes in its process under other names. */
static void hold(const struct others *others, const struct hearth_served_model *model)
{
    const struct hearth_host *host = hearth_load_host(model->load);
    hearth_dispatch_pause(model->dispatch, HOLD_MS);
    for (size_t i = 0; host && i < others->count; i++)
        if (hearth_load_is_guest_of(others->models[i]->load, host))
            hearth_dispatch_pause(others->models[i]->dispatch, HOLD_MS);
}

static void act(const struct others *others, enum hearth_room_act act)
{
    for (size_t i = 0; i < others->count; i++) {
        if (others->marked[i] && act == HEARTH_ROOM_EVICT)
            hearth_life_unload(others->models[i]->life, false);
        else if (others->marked[i])
            hold(others, others->models[i]);
    }
}

struct hearth_room_answer hearth_scheduler_make_room(struct hearth_scheduler *scheduler,
                                                     struct hearth_served_model *model,
                                                     struct hearth_memory lacking,
                                                     uint64_t waited_ms)
{
    const struct hearth_residency policy = policy_of(scheduler);
    struct others others;
    collect(scheduler, model, &others);
    const struct hearth_room_wish wish = {.lacking = lacking,
                                          .leaving = others.leaving,
                                          .claimed = others.claimed,
                                          .waited_ms = waited_ms};
    struct hearth_room_answer answer =
        hearth_residency_ask(&policy, others.residents, others.count, &wish,
                             hearth_loop_now_ms(scheduler->options.loop), others.marked);
    act(&others, answer.act);
    finish(&others);
    return answer;
}

struct hearth_memory hearth_scheduler_room_of_others(const struct hearth_scheduler *scheduler,
                                                     const struct hearth_served_model *model)
{
    struct others others;
    collect(scheduler, model, &others);
    struct hearth_memory room = others.leaving;
    for (size_t i = 0; i < others.count; i++)
        if (!others.residents[i].pinned)
            room = hearth_memory_sum(room, others.residents[i].bytes);
    finish(&others);
    return room;
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
    busy = others.leaving.host;
    for (size_t i = 0; i < others.count; i++)
        *(hearth_residency_may_go(&policy, &others.residents[i], 0, now_ms) ? &idle : &busy) +=
            others.residents[i].bytes.host;
    finish(&others);
    *ret_idle = idle;
    *ret_busy = busy;
}

uint64_t hearth_scheduler_promised(const struct hearth_scheduler *scheduler)
{
    return hearth_load_gate_promised(scheduler->place.gate).host;
}

void hearth_scheduler_reserve(struct hearth_scheduler *scheduler, uint64_t bytes)
{
    hearth_load_gate_reserve(scheduler->place.gate, bytes);
}

int hearth_scheduler_choose_idle(struct hearth_scheduler *scheduler, uint64_t bytes,
                                 void (*choose)(void *argument, struct hearth_served_model *model),
                                 void *argument)
{
    const struct hearth_residency policy = patient_policy_of(scheduler);
    struct others others;
    collect(scheduler, NULL, &others);
    int rc = hearth_residency_choose(&policy, others.residents, others.count,
                                     (struct hearth_memory){.host = bytes}, 0,
                                     hearth_loop_now_ms(scheduler->options.loop), others.marked);
    for (size_t i = 0; rc == 0 && i < others.count; i++)
        if (others.marked[i])
            choose(argument, others.models[i]);
    finish(&others);
    return rc;
}

static void unload_for_pressure(void *argument, struct hearth_served_model *model)
{
    const struct hearth_climate *climate = argument;
    HEARTH_LOG(HEARTH_LOG_WARNING, "model.pressed_out",
               HEARTH_TEXT("model", model->identity.entry->id),
               HEARTH_INT("pressure", (int64_t)climate->pressure));
    hearth_life_unload(model->life, false);
}

/* One at each look: what it freed shows in the next. */
void hearth_scheduler_on_pressure(void *owner)
{
    struct hearth_scheduler *scheduler = owner;
    struct hearth_climate climate = *hearth_machine_watch_climate(scheduler->watch);
    hearth_scheduler_choose_idle(scheduler, 1, unload_for_pressure, &climate);
}

/* When it has become faster there is room at the workers. */
void hearth_scheduler_on_slow(void *owner, uint32_t slow)
{
    const struct hearth_scheduler *scheduler = owner;
    (void)slow; /* the models read it themselves */
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        hearth_dispatch_next(model->dispatch);
}
