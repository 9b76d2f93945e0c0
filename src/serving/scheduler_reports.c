/* What others may know of the scheduler: models, workers, what they use, vectors, dead letters. */
#include "base/memory.h"
#include "catalog/catalog.h"
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
        *ret_facts = *hearth_load_facts(model->load);
    return true;
}

const char *hearth_scheduler_fingerprint(const struct hearth_scheduler *scheduler, const char *id)
{
    const struct hearth_served_model *model = hearth_scheduler_find(scheduler, id);
    return model && hearth_life_state(model->life) == HEARTH_MODEL_READY
               ? hearth_load_fingerprint(model->load)
               : NULL;
}

/* Vectors and dead letters */

const struct hearth_climate *hearth_scheduler_climate(const struct hearth_scheduler *scheduler)
{
    return hearth_machine_watch_climate(scheduler->watch);
}

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

/* What workers use */

void hearth_scheduler_sample(struct hearth_scheduler *scheduler, void (*on_done)(void *argument),
                             void *argument)
{
    hearth_usage_samples_ask(scheduler->usage, on_done, argument);
}

/* A model whose processes have all ended since has no rows that count any more; set_usage looks at
 * that. */
static void store_usage(const struct hearth_served_model *model,
                        const struct hearth_usage_row *rows, size_t count)
{
    uint64_t memory_bytes = 0, cpu_ms = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].serial == model->serial) {
            memory_bytes += rows[i].usage.memory_bytes;
            cpu_ms += rows[i].usage.cpu_ms;
        }
    }
    hearth_model_process_set_usage(hearth_load_process(model->load), memory_bytes, cpu_ms);
}

static void on_sample(void *argument, const struct hearth_usage_row *rows, size_t count)
{
    const struct hearth_scheduler *scheduler = argument;
    for (const struct hearth_served_model *model = scheduler->models; model; model = model->next)
        store_usage(model, rows, count);
}

struct listing {
    struct hearth_usage_list *list;
    uint64_t serial;
};

static void add_pid(void *argument, const struct hearth_backend_worker *worker)
{
    const struct listing *listing = argument;
    if (worker->pid)
        hearth_usage_list_add(listing->list, listing->serial, worker->pid);
}

static void list_processes(void *argument, struct hearth_usage_list *list)
{
    const struct hearth_scheduler *scheduler = argument;
    for (const struct hearth_served_model *model = scheduler->models; model; model = model->next)
        hearth_served_each_worker(model, add_pid,
                                  &(struct listing){.list = list, .serial = model->serial});
}

const struct hearth_usage_ops hearth_scheduler_usage_ops = {
    .list = list_processes, .read = hearth_process_usage, .on_sample = on_sample};
