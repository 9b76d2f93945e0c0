#include "backend/model_cpus.h"
#include "backend/probe.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/process_usage.h"
#include "serving/scheduler_private.h"

#include <stdio.h>
#include <string.h>

enum { HANDSHAKE_MS = 30000 };

static void fill_hello(struct served_model *model, struct hearth_ipc_hello *hello)
{
    const struct hearth_scheduler *scheduler = model->scheduler;
    const struct hearth_model_settings *settings = &model->settings;
    hello->version = HEARTH_IPC_VERSION;
    snprintf(hello->engine, sizeof(hello->engine), "%s", model->engine);
    snprintf(hello->model_path, sizeof(hello->model_path), "%s", model->path);
    snprintf(hello->plugin_dir, sizeof(hello->plugin_dir), "%s", scheduler->engines_path);
    hello->context = (uint32_t)settings->context;
    hello->context_is_limit = settings->context_is_servers;
    hello->slots = (uint32_t)settings->slots;
    hello->batch = (uint32_t)settings->batch;
    hello->threads = (uint32_t)settings->threads;
    if (!hello->threads && model->replicas > 1) {
        uint32_t share = hearth_usable_cpus() / model->replicas;
        hello->threads = share ? share : 1;
    }
    if (strcmp(model->entry->device, "auto") != 0)
        snprintf(hello->device, sizeof(hello->device), "%s", model->entry->device);
    hello->settings_json = settings->engine_json;
    hello->sandbox = scheduler->options.sandbox;
}

/* Plans are upper bounds, so what runs is counted with its plan. What is free costs a few small
 * reads of /proc. */
void hearth_served_count_room(struct served_model *model)
{
    const struct hearth_scheduler *scheduler = model->scheduler;
    struct hearth_memory_room *room = &model->room;
    *room = (struct hearth_memory_room){.available = hearth_memory_available(),
                                        .headroom = scheduler->options.memory_headroom,
                                        .limit = scheduler->options.memory_limit};
    for (const struct served_model *other = scheduler->models; other; other = other->next) {
        if (other == model || !other->backend)
            continue;
        room->used += hearth_memory_total(&other->plan);
        if (other->state == HEARTH_MODEL_LOADING)
            room->reserved += hearth_memory_total(&other->plan);
    }
}

static int bind_workers(const struct served_model *model, struct hearth_backend_spec *spec,
                        struct hearth_error *error)
{
    char **lists;
    spec->replicas = model->replicas;
    int rc = hearth_model_cpus(model->settings.affinity, model->replicas, &lists, error);
    if (rc < 0)
        return rc;
    spec->cpus = (const char **)lists;
    if (lists)
        snprintf(spec->hello.cpus, sizeof(spec->hello.cpus), "%s", lists[0]);
    return 0;
}

static void release_cpus(struct hearth_backend_spec *spec)
{
    for (uint32_t i = 0; spec->cpus && i < spec->replicas; i++)
        hearth_free((char *)spec->cpus[i]);
    hearth_free(spec->cpus);
}

static int start_backend(struct served_model *model, struct hearth_error *error)
{
    const struct hearth_scheduler_options *options = &model->scheduler->options;
    struct hearth_backend_spec *spec = hearth_calloc(1, sizeof(*spec));
    spec->loop = options->loop;
    spec->model = model->entry->id;
    spec->worker_path = options->worker_path;
    spec->handshake_timeout_ms = HANDSHAKE_MS;
    spec->heartbeat_timeout_ms = options->heartbeat_timeout_ms;
    spec->events = &hearth_served_backend_events;
    spec->argument = model;
    model->replicas = (uint32_t)model->settings.replicas;
    fill_hello(model, &spec->hello);
    uint64_t most = hearth_memory_most(&model->room);
    spec->hello.memory_limit = most ? most : 1; /* 0 would be no limit */
    model->flight_count = 0;
    model->flight_cost = 0;
    const struct hearth_backend_ops *ops =
        options->backend ? options->backend : &hearth_backend_local;
    if (model->replicas > 1) {
        spec->each = ops;
        spec->breaker_failures = (uint32_t)model->settings.breaker_failures;
        spec->breaker_rest_ms = model->settings.breaker_rest;
        ops = &hearth_backend_replicas;
    }
    int rc = bind_workers(model, spec, error);
    if (rc == 0)
        rc = ops->start(spec, &model->backend, error);
    release_cpus(spec);
    hearth_free(spec);
    return rc;
}

static int choose_engine(struct served_model *model, const struct hearth_location *location,
                         struct hearth_error *error)
{
    const char *engine = model->entry->engine[0] ? model->entry->engine : location->engine;
    if (!engine)
        return hearth_error_set(error, HEARTH_EMODEL, "no engine is known for %s", location->path);
    snprintf(model->engine, sizeof(model->engine), "%s", engine);
    if (!hearth_scheduler_has_engine(model->scheduler, engine))
        return hearth_error_set(error, HEARTH_ENOTIMPL, "this build has no engine '%s'", engine);
    return 0;
}

/* The gate: one process plans at a time, so that the next one counts the memory of this one. */

static void start(struct served_model *model)
{
    struct hearth_error error;
    model->scheduler->planner = model;
    hearth_reuse_renew(model); /* the settings may have changed since it was located */
    hearth_served_count_room(model);
    if (start_backend(model, &error) < 0)
        hearth_served_fail_load(model, &error);
}

void hearth_served_start(struct served_model *model)
{
    if (model->scheduler->planner)
        model->waits_to_plan = true;
    else
        start(model);
}

void hearth_served_leave_gate(struct served_model *model)
{
    struct hearth_scheduler *scheduler = model->scheduler;
    model->waits_to_plan = false;
    if (scheduler->planner != model)
        return;
    scheduler->planner = NULL;
    for (struct served_model *other = scheduler->models; other; other = other->next) {
        if (other->waits_to_plan) {
            other->waits_to_plan = false;
            start(other);
            return;
        }
    }
}

static void on_located(void *argument, const struct hearth_location *location)
{
    struct served_model *model = argument;
    struct hearth_error error = location->error;
    model->locating = NULL;
    if (error.code == 0)
        error.code = choose_engine(model, location, &error);
    if (error.code < 0) {
        hearth_served_fail_load(model, &error);
        return;
    }
    model->verified = true;
    hearth_free(model->path);
    model->path = hearth_strdup(location->path);
    hearth_served_start(model);
}

void hearth_served_plan(struct served_model *model)
{
    const struct hearth_scheduler *scheduler = model->scheduler;
    const struct hearth_scheduler_options *options = &scheduler->options;
    hearth_served_move(model, HEARTH_MODEL_PLANNING);
    hearth_reuse_renew(model);
    model->load_error.code = 0;
    model->seeks_room = false;
    model->wanted_ms = hearth_loop_now_ms(options->loop);
    model->load_fraction = 0;
    memset(model->counters, 0, sizeof(model->counters));
    hearth_timer_start(model->life, model->settings.load_timeout, 0);
    model->locating =
        hearth_locate(options->loop, scheduler->lane, options->registry, model->entry,
                      options->locked && !model->verified, options->lock_path, on_located, model);
}
