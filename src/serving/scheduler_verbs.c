/* Loading and stopping by name, reports, samples. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/process_usage.h"
#include "serving/dead_letters.h"
#include "serving/scheduler_private.h"

#include <string.h>

static void add_waiter(struct model_waiter **waiters, hearth_on_model on_done, void *argument)
{
    struct model_waiter *waiter = hearth_calloc(1, sizeof(*waiter));
    waiter->on_done = on_done;
    waiter->argument = argument;
    while (*waiters)
        waiters = &(*waiters)->next;
    *waiters = waiter;
}

struct later {
    hearth_on_model on_done;
    void *argument;
};

static void tell_later(void *argument)
{
    struct later *later = argument;
    later->on_done(later->argument, NULL);
    hearth_free(later);
}

/* There is nothing to wait for, and no callback comes from inside a verb. */
static void done_already(struct hearth_scheduler *scheduler, hearth_on_model on_done,
                         void *argument)
{
    if (!on_done)
        return;
    struct later *later = hearth_alloc(sizeof(*later));
    *later = (struct later){.on_done = on_done, .argument = argument};
    hearth_loop_defer(scheduler->options.loop, tell_later, later);
}

static int load(struct hearth_scheduler *scheduler, const struct hearth_catalog_entry *entry,
                hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    struct served_model *model;
    int rc = hearth_served_get(scheduler, entry, &model, error);
    if (rc < 0)
        return rc;
    uint64_t now_ms = hearth_loop_now_ms(scheduler->options.loop);
    if (!hearth_breaker_admits(&model->breaker, now_ms))
        return hearth_error_set(
            error, HEARTH_EBREAKER, "model '%s' rests for %.1f s more: %s", entry->id,
            (double)hearth_breaker_retry_after_ms(&model->breaker, now_ms) / 1000,
            model->last_error.message);
    model->pinned = model->pinned || entry->pin;
    if (model->state == HEARTH_MODEL_READY) {
        done_already(scheduler, on_done, argument);
        return 0;
    }
    add_waiter(&model->load_waiters, on_done, argument);
    hearth_served_want(model);
    return 0;
}

int hearth_scheduler_load(struct hearth_scheduler *scheduler, const char *reference,
                          hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    if (scheduler->draining)
        return hearth_error_set(error, HEARTH_EDRAINING, "the server is shutting down");
    int rc = hearth_catalog_acquire(scheduler->options.catalog, reference, &entry, error);
    if (rc < 0)
        return rc;
    rc = load(scheduler, entry, on_done, argument, error);
    hearth_catalog_entry_release(entry);
    return rc;
}

static void stop(struct served_model *model, bool force, hearth_on_model on_done, void *argument)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "model '%s' is being stopped", model->entry->id);
    /* First, or what waits would have it loaded again. */
    hearth_dispatch_fail_queued(model, &error, 1000);
    hearth_served_tell(&model->load_waiters, &error);
    hearth_served_stop(model, force);
    if (model->state == HEARTH_MODEL_DRAINING)
        add_waiter(&model->stop_waiters, on_done, argument);
    else
        done_already(model->scheduler, on_done, argument);
}

int hearth_scheduler_stop(struct hearth_scheduler *scheduler, const char *reference, bool force,
                          hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    struct served_model *model = hearth_served_find(scheduler, reference);
    if (!model) {
        int rc = hearth_catalog_acquire(scheduler->options.catalog, reference, &entry, error);
        if (rc < 0)
            return rc;
        model = hearth_served_find(scheduler, entry->id);
        hearth_catalog_entry_release(entry);
    }
    if (model)
        stop(model, force, on_done, argument);
    else
        done_already(scheduler, on_done, argument);
    return 0;
}

static bool is_version(const struct served_model *model, const char *name, int64_t number)
{
    return strcmp(model->entry->name, name) == 0 && (!number || model->entry->number == number);
}

bool hearth_scheduler_uses(const struct hearth_scheduler *scheduler, const char *name,
                           int64_t number)
{
    for (const struct served_model *model = scheduler->models; model; model = model->next)
        if (is_version(model, name, number) && (model->backend || model->locating))
            return true;
    return false;
}

struct retirement {
    struct hearth_scheduler *scheduler;
    size_t left;
    hearth_on_model on_done;
    void *argument;
};

static void one_is_gone(void *argument, const struct hearth_error *error)
{
    struct retirement *retirement = argument;
    (void)error; /* whatever it says, the process is gone */
    if (--retirement->left)
        return;
    hearth_scheduler_forget_soon(retirement->scheduler);
    retirement->on_done(retirement->argument, NULL);
    hearth_free(retirement);
}

void hearth_scheduler_retire(struct hearth_scheduler *scheduler, const char *name, int64_t number,
                             hearth_on_model on_done, void *argument)
{
    struct retirement *retirement = hearth_alloc(sizeof(*retirement));
    *retirement = (struct retirement){
        .scheduler = scheduler, .left = 1, .on_done = on_done, .argument = argument};
    for (struct served_model *model = scheduler->models; model; model = model->next)
        if (is_version(model, name, number)) {
            retirement->left++;
            stop(model, true, one_is_gone, retirement);
        }
    done_already(scheduler, one_is_gone, retirement);
}

int hearth_scheduler_maker(struct hearth_scheduler *scheduler,
                           const struct hearth_catalog_entry *entry,
                           struct hearth_vector_digest *ret_maker)
{
    struct served_model *model;
    int rc = hearth_served_get(scheduler, entry, &model, NULL);
    if (!rc)
        *ret_maker = model->reuse_salt;
    return rc;
}

bool hearth_scheduler_copy_facts(const struct hearth_scheduler *scheduler, const char *id,
                                 struct hearth_model_facts *ret_facts)
{
    const struct served_model *model = hearth_served_find(scheduler, id);
    if (!model || model->state != HEARTH_MODEL_READY)
        return false;
    if (ret_facts)
        *ret_facts = model->facts;
    return true;
}

void hearth_scheduler_vectors_state(const struct hearth_scheduler *scheduler,
                                    struct hearth_vector_cache_state *ret_state)
{
    hearth_vector_cache_state(hearth_reuse_cache(scheduler->reuse), ret_state);
}

void hearth_scheduler_forget_vectors(struct hearth_scheduler *scheduler)
{
    hearth_vector_cache_clear(hearth_reuse_cache(scheduler->reuse));
}

void hearth_scheduler_each_dead_letter(const struct hearth_scheduler *scheduler,
                                       void (*visit)(void *argument,
                                                     const struct hearth_dead_letter *letter),
                                       void *argument)
{
    hearth_dead_letters_each(scheduler->dead_letters, visit, argument);
}

struct hearth_dead_letter *hearth_scheduler_take_dead_letter(struct hearth_scheduler *scheduler,
                                                             uint64_t id)
{
    return hearth_dead_letters_take(scheduler->dead_letters, id);
}

void hearth_scheduler_add_dead_letter(struct hearth_scheduler *scheduler,
                                      const struct hearth_dead_letter *letter)
{
    hearth_dead_letters_add(scheduler->dead_letters, letter);
}

static void fill_requests(const struct served_model *model, struct hearth_model_report *report)
{
    uint32_t workers = model->state == HEARTH_MODEL_READY ? model->workers : 1;
    report->slots = model->slots * workers;
    report->replicas = (uint32_t)model->settings.replicas;
    report->workers = model->state == HEARTH_MODEL_READY ? model->workers : 0;
    report->context = model->context;
    report->running = model->flight_count;
    report->slots_busy =
        model->flight_count < report->slots ? (uint32_t)model->flight_count : report->slots;
    report->queued = hearth_queue_length(model->queue);
    report->queued_cost = hearth_queue_cost(model->queue);
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++)
        report->queued_by_class[i] = hearth_queue_class_length(model->queue, (enum hearth_class)i);
}

static void fill_counts(const struct served_model *model, struct hearth_model_report *report)
{
    const struct model_counts *counts = &model->counts;
    report->loads = counts->loads;
    report->unloads = counts->unloads;
    report->crashes = counts->crashes;
    report->failures = counts->failures;
    report->requests = counts->requests;
    report->cancels = counts->cancels;
    report->retries = counts->retries;
    report->tokens_in = counts->tokens_in;
    report->tokens_out = counts->tokens_out;
    report->cache_hits = counts->cache_hits;
    report->dedup_hits = counts->dedup_hits;
    report->steps = model->counters[HEARTH_COUNT_STEPS];
    report->step_tokens = model->counters[HEARTH_COUNT_STEP_TOKENS];
    report->step_us = model->counters[HEARTH_COUNT_STEP_US];
    report->prepared = model->counters[HEARTH_COUNT_PREPARED];
    report->prepare_us = model->counters[HEARTH_COUNT_PREPARE_US];
}

static void fill_report(const struct served_model *model, struct hearth_model_report *report)
{
    uint64_t now_ms = hearth_loop_now_ms(model->scheduler->options.loop);
    *report = (struct hearth_model_report){
        .model = model->entry->id,
        .name = model->entry->name,
        .engine = model->engine[0] ? model->engine : model->entry->engine,
        .engine_version = model->engine_version,
        .device = model->entry->device,
        .state = model->state,
        .since_ms = model->since_ms,
        .last_use_ms = model->last_use_ms,
        .load_fraction = model->load_fraction,
        .pid = hearth_backend_pid(model->backend),
        .sandbox = model->sandbox,
        .memory_bytes = model->memory_bytes,
        .cpu_ms = model->cpu_ms,
        .plan = model->plan,
        .facts = &model->facts,
        .breaker = hearth_breaker_state_name(model->breaker.state),
        .retry_after_ms = hearth_breaker_retry_after_ms(&model->breaker, now_ms),
        .last_error = model->last_error,
        .pinned = model->pinned,
        .counters = model->counters,
    };
    fill_requests(model, report);
    fill_counts(model, report);
}

void hearth_scheduler_each(struct hearth_scheduler *scheduler,
                           void (*visit)(void *argument, const struct hearth_model_report *report),
                           void *argument)
{
    for (const struct served_model *model = scheduler->models; model; model = model->next) {
        struct hearth_model_report report;
        fill_report(model, &report);
        visit(argument, &report);
    }
}

static void visit_only(const struct served_model *model,
                       void (*visit)(void *argument, const struct hearth_backend_worker *worker),
                       void *argument)
{
    const struct hearth_backend_worker worker = {
        .pid = hearth_backend_pid(model->backend),
        .ready = model->state == HEARTH_MODEL_READY,
        .streams = (uint32_t)model->flight_count,
        .cost = model->flight_cost,
        .crashes = (uint32_t)model->counts.crashes,
        .breaker = hearth_breaker_state_name(model->breaker.state),
        .cpus = "",
        .counters = model->counters,
    };
    visit(argument, &worker);
}

static void each_worker(const struct served_model *model,
                        void (*visit)(void *argument, const struct hearth_backend_worker *worker),
                        void *argument)
{
    if (model->backend && model->backend->ops->each_worker)
        model->backend->ops->each_worker(model->backend, visit, argument);
    else if (model->backend)
        visit_only(model, visit, argument);
}

struct worker_visit {
    void (*visit)(void *argument, const struct hearth_worker_report *worker);
    void *argument;
};

static void report_worker(void *argument, const struct hearth_backend_worker *worker)
{
    const struct worker_visit *to = argument;
    const struct hearth_worker_report report = {
        .pid = worker->pid,
        .ready = worker->ready,
        .running = worker->streams,
        .crashes = worker->crashes,
        .breaker = worker->breaker,
        .cpus = worker->cpus,
        .steps = worker->counters[HEARTH_COUNT_STEPS],
        .step_tokens = worker->counters[HEARTH_COUNT_STEP_TOKENS],
        .step_us = worker->counters[HEARTH_COUNT_STEP_US],
    };
    to->visit(to->argument, &report);
}

void hearth_scheduler_each_worker(struct hearth_scheduler *scheduler, const char *id,
                                  void (*visit)(void *argument,
                                                const struct hearth_worker_report *worker),
                                  void *argument)
{
    const struct served_model *model = hearth_served_find(scheduler, id);
    struct worker_visit to = {.visit = visit, .argument = argument};
    if (model)
        each_worker(model, report_worker, &to);
}

/* A sample: pids out to the lane, usage back. */
struct sample {
    struct hearth_scheduler *scheduler;
    void (*on_done)(void *argument);
    void *argument;
    size_t count, capacity;
    struct sampled {
        uint64_t serial; /* of the model, which may be gone when the sample is there */
        pid_t pid;
        struct hearth_process_usage usage;
    } * rows;
};

static void take_sample(void *argument)
{
    struct sample *sample = argument;
    for (size_t i = 0; i < sample->count; i++)
        hearth_process_usage(sample->rows[i].pid, &sample->rows[i].usage);
}

static void store_sample(struct served_model *model, const struct sample *sample)
{
    if (!model->backend)
        return;
    model->memory_bytes = model->cpu_ms = 0;
    for (size_t i = 0; i < sample->count; i++) {
        if (sample->rows[i].serial == model->serial) {
            model->memory_bytes += sample->rows[i].usage.memory_bytes;
            model->cpu_ms += sample->rows[i].usage.cpu_ms;
        }
    }
}

static void end_sample(struct sample *sample)
{
    sample->on_done(sample->argument);
    hearth_free(sample->rows);
    hearth_free(sample);
}

/* The lane goes before the scheduler does, so the scheduler is there. */
static void has_sampled(void *argument, _Bool dropped)
{
    struct sample *sample = argument;
    if (!dropped)
        for (struct served_model *model = sample->scheduler->models; model; model = model->next)
            store_sample(model, sample);
    end_sample(sample);
}

static void has_not_sampled(void *argument)
{
    end_sample(argument);
}

struct sampling {
    struct sample *sample;
    uint64_t serial;
};

static void add_pid(void *argument, const struct hearth_backend_worker *worker)
{
    const struct sampling *sampling = argument;
    struct sample *sample = sampling->sample;
    if (!worker->pid)
        return;
    if (sample->count == sample->capacity) {
        sample->capacity = sample->capacity ? 2 * sample->capacity : 16;
        sample->rows = hearth_realloc(sample->rows, sample->capacity * sizeof(*sample->rows));
    }
    sample->rows[sample->count++] =
        (struct sampled){.serial = sampling->serial, .pid = worker->pid};
}

void hearth_scheduler_sample(struct hearth_scheduler *scheduler, void (*on_done)(void *argument),
                             void *argument)
{
    struct sample *sample = hearth_calloc(1, sizeof(*sample));
    sample->scheduler = scheduler;
    sample->on_done = on_done;
    sample->argument = argument;
    for (struct served_model *model = scheduler->models; model; model = model->next)
        each_worker(model, add_pid, &(struct sampling){.sample = sample, .serial = model->serial});
    if (sample->count == 0 ||
        hearth_lane_submit(scheduler->lane, take_sample, has_sampled, sample) < 0)
        hearth_loop_defer(scheduler->options.loop, has_not_sampled, sample);
}
