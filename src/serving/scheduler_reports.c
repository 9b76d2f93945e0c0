/* What others may know of the scheduler: models, workers, what they use, vectors, dead letters. */
#include "base/memory.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/process_usage.h"
#include "serving/scheduler_private.h"

/* A report is filled part by part and points into the parts, so that nothing large is copied for
 * each metric of each model. */
void hearth_scheduler_each(struct hearth_scheduler *scheduler,
                           void (*visit)(void *argument, const struct hearth_model_report *report),
                           void *argument)
{
    for (const struct hearth_served_model *model = scheduler->models; model; model = model->next) {
        struct hearth_model_report report;
        hearth_served_report(model, &report);
        visit(argument, &report);
    }
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
    const struct hearth_served_model *model = hearth_scheduler_find(scheduler, id);
    struct worker_visit to = {.visit = visit, .argument = argument};
    if (model)
        hearth_served_each_worker(model, report_worker, &to);
}

/* Facts that were read from a header, and of a model that is not loaded any more, are in the
 * catalogue; these here say what is in memory now. */
bool hearth_scheduler_copy_facts(const struct hearth_scheduler *scheduler, const char *id,
                                 struct hearth_model_facts *ret_facts)
{
    const struct hearth_served_model *model = hearth_scheduler_find(scheduler, id);
    if (!model || hearth_life_state(model->life) != HEARTH_MODEL_READY)
        return false;
    if (ret_facts)
        *ret_facts = *hearth_model_process_facts(hearth_load_process(model->load));
    return true;
}

/* Vectors and dead letters */

void hearth_scheduler_vectors_state(const struct hearth_scheduler *scheduler,
                                    struct hearth_vector_cache_state *ret_state)
{
    hearth_reuse_cache_state(scheduler->reuse, ret_state);
}

void hearth_scheduler_forget_vectors(struct hearth_scheduler *scheduler)
{
    hearth_reuse_clear_cache(scheduler->reuse);
}

int hearth_scheduler_maker(struct hearth_scheduler *scheduler,
                           const struct hearth_catalog_entry *entry,
                           struct hearth_vector_digest *ret_maker)
{
    struct hearth_served_model *model;
    int rc = hearth_scheduler_take_over(scheduler, entry, &model, NULL);
    if (!rc)
        *ret_maker = model->identity.maker;
    return rc;
}

void hearth_scheduler_each_dead_letter(const struct hearth_scheduler *scheduler,
                                       void (*visit)(void *argument,
                                                     const struct hearth_dead_letter *letter),
                                       void *argument)
{
    hearth_dead_letters_each(scheduler->letters, visit, argument);
}

struct hearth_dead_letter *hearth_scheduler_take_dead_letter(struct hearth_scheduler *scheduler,
                                                             uint64_t id)
{
    return hearth_dead_letters_take(scheduler->letters, id);
}

void hearth_scheduler_add_dead_letter(struct hearth_scheduler *scheduler,
                                      const struct hearth_dead_letter *letter)
{
    hearth_dead_letters_add(scheduler->letters, letter);
}

/* A sample: pids out to the lane, usage back. */

struct sample {
    struct hearth_scheduler *scheduler;
    void (*on_done)(void *argument);
    void *argument;
    size_t count, capacity; /* as many as there are workers */
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

/* A model whose processes have all ended since has no rows that count any more; set_usage looks at
 * that. */
static void store_sample(const struct hearth_served_model *model, const struct sample *sample)
{
    uint64_t memory_bytes = 0, cpu_ms = 0;
    for (size_t i = 0; i < sample->count; i++) {
        if (sample->rows[i].serial == model->serial) {
            memory_bytes += sample->rows[i].usage.memory_bytes;
            cpu_ms += sample->rows[i].usage.cpu_ms;
        }
    }
    hearth_model_process_set_usage(hearth_load_process(model->load), memory_bytes, cpu_ms);
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
        for (struct hearth_served_model *model = sample->scheduler->models; model;
             model = model->next)
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

/* Only numbers cross to the lane: process ids on the way out, bytes and milliseconds on the way
 * back. By then a model may be gone, and another one may have its place; its serial tells them
 * apart. */
void hearth_scheduler_sample(struct hearth_scheduler *scheduler, void (*on_done)(void *argument),
                             void *argument)
{
    struct sample *sample = hearth_calloc(1, sizeof(*sample));
    sample->scheduler = scheduler;
    sample->on_done = on_done;
    sample->argument = argument;
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        hearth_served_each_worker(model, add_pid,
                                  &(struct sampling){.sample = sample, .serial = model->serial});
    if (sample->count == 0 ||
        hearth_lane_submit(scheduler->place.short_lane, take_sample, has_sampled, sample) < 0)
        hearth_loop_defer(scheduler->options.loop, has_not_sampled, sample);
}
