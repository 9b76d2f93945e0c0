/* A model that does not fit waits in its planning state, without a process, while idle ones of the
 * others unload for it. A timer looks again, so that a busy one that becomes idle is noticed too.
 */
#include "base/error.h"
#include "base/memory.h"
#include "domain/residency.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"

enum { LOOK_AGAIN_MS = 100 };

struct others {
    struct served_model **models;
    struct hearth_resident *residents;
    bool *evict;
    size_t count;
    uint64_t leaving; /* bytes of those that are on their way out */
};

static uint64_t load_cost_ms(const struct served_model *model)
{
    return model->ready_ms > model->wanted_ms ? model->ready_ms - model->wanted_ms : 0;
}

static void look_at(struct others *others, struct served_model *other)
{
    uint64_t bytes = hearth_memory_total(&other->plan);
    if (!other->backend)
        return;
    if (other->state == HEARTH_MODEL_DRAINING) {
        others->leaving += bytes;
        return;
    }
    others->models[others->count] = other;
    others->residents[others->count++] = (struct hearth_resident){
        .bytes = bytes,
        .loaded_ms = other->ready_ms,
        .last_use_ms = other->used_ms,
        .load_cost_ms = load_cost_ms(other),
        .busy = other->inferences != NULL,
        .loading = other->state != HEARTH_MODEL_READY,
        .pinned = other->pinned,
    };
}

static void collect(const struct served_model *model, struct others *ret_others)
{
    size_t count = 0;
    for (struct served_model *other = model->scheduler->models; other; other = other->next)
        count++;
    *ret_others = (struct others){
        .models = hearth_calloc(count, sizeof(struct served_model *)),
        .residents = hearth_calloc(count, sizeof(struct hearth_resident)),
        .evict = hearth_calloc(count, sizeof(bool)),
    };
    for (struct served_model *other = model->scheduler->models; other; other = other->next)
        if (other != model)
            look_at(ret_others, other);
}

static void finish(struct others *others)
{
    hearth_free(others->models);
    hearth_free(others->residents);
    hearth_free(others->evict);
}

/* If the busy became idle and the fresh grew old, would there be room? */
static bool might_fit(struct others *others, uint64_t needed)
{
    const struct hearth_residency none = {.shortest_ms = 0};
    for (size_t i = 0; i < others->count; i++)
        others->residents[i].busy = others->residents[i].loading = false;
    return hearth_residency_choose(&none, others->residents, others->count, needed, 0, UINT64_MAX,
                                   others->evict) == 0;
}

bool hearth_served_seek_room(struct served_model *model)
{
    const struct hearth_scheduler_options *options = &model->scheduler->options;
    const struct hearth_residency policy = {.shortest_ms = options->shortest_residency_ms,
                                            .longest_wait_ms = options->longest_wait_ms};
    uint64_t now_ms = hearth_loop_now_ms(options->loop);
    uint64_t waited_ms = now_ms - model->wanted_ms;
    uint64_t lacking = hearth_memory_total(&model->plan) - hearth_memory_most(&model->room);
    struct others others;
    collect(model, &others);
    bool hope = lacking <= others.leaving;
    if (!hope) {
        uint64_t needed = lacking - others.leaving;
        hope = hearth_residency_choose(&policy, others.residents, others.count, needed, waited_ms,
                                       now_ms, others.evict) == 0;
        for (size_t i = 0; hope && i < others.count; i++)
            if (others.evict[i])
                hearth_served_stop(others.models[i], false);
        if (!hope && waited_ms < policy.longest_wait_ms)
            hope = might_fit(&others, needed);
    }
    finish(&others);
    return hope;
}

void hearth_served_wait_for_room(struct served_model *model)
{
    hearth_served_leave_gate(model);
    hearth_timer_start(model->scheduler->room_timer, LOOK_AGAIN_MS, 0);
}

static void look_again(struct served_model *model)
{
    struct hearth_error error;
    hearth_served_count_room(model);
    if (hearth_memory_check(&model->plan, &model->room, &error) == 0) {
        model->seeks_room = false;
        model->load_error.code = 0;
        hearth_served_start(model);
    } else if (!hearth_served_seek_room(model)) {
        hearth_error_prefix(&error, "model '%s' does not fit into memory", model->entry->id);
        hearth_served_fail_load(model, &error);
    }
}

void hearth_scheduler_room_time(void *argument)
{
    struct hearth_scheduler *scheduler = argument;
    bool any = false;
    for (struct served_model *model = scheduler->models; model; model = model->next) {
        if (model->seeks_room && !model->backend)
            look_again(model);
        any |= model->seeks_room;
    }
    if (any)
        hearth_timer_start(scheduler->room_timer, LOOK_AGAIN_MS, 0);
}
