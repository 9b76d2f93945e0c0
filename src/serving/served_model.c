#include "serving/served_model.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "serving/model_deadlines.h"

/* What the parts say upwards */

static void request_left(void *argument)
{
    struct hearth_served_model *model = argument;
    hearth_life_look_idle(model->life);
}

/* The timer belongs to the requests, what it does needs their dispatch: so the binder brings them
 * together. */
static void requests_are_due(void *argument)
{
    struct hearth_served_model *model = argument;
    hearth_deadlines_tell(model->requests, model->dispatch);
}

static void worked(void *argument)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_worked(model->life);
}

static void worker_lost(void *argument, const struct hearth_error *error)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_worker_lost(model->life, error);
}

static void loading(void *argument)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_loading(model->life);
}

static void progress(void *argument, float fraction)
{
    struct hearth_served_model *model = argument;
    hearth_requests_tell_loading(model->requests, fraction);
}

static void ready(void *argument)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_ready(model->life);
}

static void failed(void *argument, const struct hearth_error *error)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_failed(model->life, error);
}

static void ended(void *argument, const struct hearth_error *error)
{
    struct hearth_served_model *model = argument;
    hearth_life_on_ended(model->life, error);
}

/* Only the scheduler sees the other models. */
static struct hearth_room_answer make_room(void *argument, struct hearth_memory lacking,
                                           uint64_t waited_ms)
{
    struct hearth_served_model *model = argument;
    return model->ops->make_room(model->argument, model, lacking, waited_ms);
}

static struct hearth_memory room_of_others(void *argument)
{
    struct hearth_served_model *model = argument;
    return model->ops->room_of_others(model->argument, model);
}

static enum hearth_host_answer find_host(void *argument, const char *base, bool asks_anew,
                                         struct hearth_host **ret_host)
{
    struct hearth_served_model *model = argument;
    return model->ops->find_host(model->argument, model, base, asks_anew, ret_host);
}

static enum hearth_host_answer find_twin(void *argument, const struct hearth_load_files *files,
                                         struct hearth_host **ret_host)
{
    struct hearth_served_model *model = argument;
    return model->ops->find_twin(model->argument, model, files, ret_host);
}

static void settled(void *argument)
{
    struct hearth_served_model *model = argument;
    model->ops->on_settled(model->argument);
}

static void idle(void *argument)
{
    struct hearth_served_model *model = argument;
    model->ops->on_idle(model->argument);
}

static const struct hearth_requests_ops requests_ops = {.on_left = request_left,
                                                        .on_due = requests_are_due};
static const struct hearth_dispatch_ops dispatch_ops = {.on_worked = worked,
                                                        .on_worker_lost = worker_lost};
static const struct hearth_load_ops load_ops = {.on_loading = loading,
                                                .on_progress = progress,
                                                .on_ready = ready,
                                                .on_failed = failed,
                                                .on_ended = ended,
                                                .make_room = make_room,
                                                .room_of_others = room_of_others,
                                                .find_host = find_host,
                                                .find_twin = find_twin};
static const struct hearth_life_ops life_ops = {.on_settled = settled, .on_idle = idle};

/* From the bottom up, so that each part gets those below it; destroy goes the other way. */
struct hearth_served_model *hearth_served_create(
    const struct hearth_model_identity *from, const struct hearth_catalog_entry *entry,
    const struct hearth_load_place *place, struct hearth_reuse *reuse,
    struct hearth_dead_letters *letters, const struct hearth_served_ops *ops, void *argument)
{
    struct hearth_served_model *model = hearth_calloc(1, sizeof(*model));
    model->ops = ops;
    model->argument = argument;
    model->identity = *from;
    hearth_identity_init(&model->identity, entry);
    model->flights = hearth_flights_create();
    model->requests =
        hearth_requests_create(&model->identity, reuse, model->flights, &requests_ops, model);
    model->dispatch =
        hearth_dispatch_create(model->requests, model->flights, letters, &dispatch_ops, model);
    model->load = hearth_load_create(&model->identity, place, model->dispatch, &load_ops, model);
    model->life = hearth_life_create(&model->identity, model->requests, model->dispatch,
                                     model->load, &life_ops, model);
    return model;
}

void hearth_served_destroy(struct hearth_served_model *model)
{
    hearth_targets_orphan(&model->targets);
    hearth_life_destroy(model->life);
    hearth_load_destroy(model->load);
    hearth_dispatch_destroy(model->dispatch);
    hearth_requests_destroy(model->requests);
    hearth_flights_destroy(model->flights);
    hearth_identity_finish(&model->identity);
    hearth_free(model);
}

/* From the timer, because a request may be being submitted right now. */
static void end_old_version(struct hearth_served_model *model)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ENOMODEL, "model '%s' was removed", model->identity.entry->id);
    hearth_requests_fail_all_soon(model->requests, &error);
    hearth_life_unload(model->life, true);
    hearth_load_forget_files(model->load);
}

/* Settings take effect at once where that is possible (limits of the queue, of crashes, of time)
 * and at the next load where it is not (context, slots, threads). */
void hearth_served_take_entry(struct hearth_served_model *model,
                              const struct hearth_catalog_entry *entry)
{
    if (model->identity.entry == entry)
        return;
    bool same = hearth_catalog_entry_is_same(model->identity.entry, entry);
    if (!same)
        end_old_version(model);
    hearth_identity_adopt(&model->identity, entry);
    hearth_life_renew(model->life, !same);
    hearth_requests_limit(model->requests);
    /* While something is loaded or loading, vectors are still made by what that was begun with. */
    if (!same || !hearth_load_is_busy(model->load))
        hearth_identity_renew_maker(&model->identity);
}

bool hearth_served_is_still(const struct hearth_served_model *model)
{
    return !hearth_load_is_busy(model->load) && !hearth_requests_any(model->requests);
}

/* Besides being at rest, nobody may hold it: no walk that would step on freed memory, no waiter
 * that would never be told, no target whose next part would go nowhere. */
bool hearth_served_is_superfluous(const struct hearth_served_model *model)
{
    enum hearth_model_state state = hearth_life_state(model->life);
    return (state == HEARTH_MODEL_UNLOADED || state == HEARTH_MODEL_FAILED) &&
           hearth_served_is_still(model) && !hearth_requests_are_walked(model->requests) &&
           !hearth_life_is_awaited(model->life) && !model->targets;
}

static const char *const health_names[] = {[HEARTH_HEALTH_UNKNOWN] = "unknown",
                                           [HEARTH_HEALTH_OK] = "ok",
                                           [HEARTH_HEALTH_FAILING] = "failing"};

void hearth_served_report(const struct hearth_served_model *model,
                          struct hearth_model_report *report)
{
    const struct hearth_catalog_entry *entry = model->identity.entry;
    *report = (struct hearth_model_report){
        .model = entry->id, .name = entry->name, .device = entry->device};
    report->health = health_names[model->probe.health];
    report->probe_ms = model->probe.took_ms;
    hearth_requests_report(model->requests, report);
    hearth_dispatch_report(model->dispatch, report);
    hearth_load_report(model->load, report);
    hearth_life_report(model->life, report);
}

/* A model with one worker has no books of workers; what such a row shows is known to the model
 * itself. */
void hearth_served_each_worker(const struct hearth_served_model *model,
                               void (*visit)(void *argument,
                                             const struct hearth_backend_worker *worker),
                               void *argument)
{
    struct hearth_model_report report;
    hearth_life_report(model->life, &report);
    const struct hearth_backend_worker only = {
        .streams = hearth_dispatch_running(model->dispatch),
        .crashes = (uint32_t)report.crashes,
        .breaker = report.breaker,
    };
    hearth_model_process_each_worker(hearth_load_process(model->load), &only, visit, argument);
}
