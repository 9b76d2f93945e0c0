#include "serving/model_process.h"

#include "backend/probe.h"
#include "backend/supervisor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "domain/memory_plan.h"
#include "serving/machine_look.h"

#include <stdio.h>
#include <string.h>

enum { HANDSHAKE_MS = 30000 };

struct hearth_model_process {
    const struct hearth_model_identity *identity;
    struct hearth_model_dispatch *dispatch;
    const struct hearth_process_ops *ops;
    void *argument;
    struct hearth_backend *backend; /* NULL: no process */
    bool killed;                    /* what it still says is not heard */
    uint32_t replicas;              /* of the present or last process */
    char engine[64], engine_version[64];
    struct hearth_memory_plan plan;
    uint32_t fitting_context, fitting_slots; /* that would fit, where the plan does not; or 0 */
    struct hearth_model_facts facts;
    uint32_t sandbox;
    uint64_t counters[HEARTH_COUNTER_COUNT];
    uint64_t memory_bytes, cpu_ms;
};

struct hearth_model_process *
hearth_model_process_create(const struct hearth_model_identity *identity,
                            struct hearth_model_dispatch *dispatch,
                            const struct hearth_process_ops *ops, void *argument)
{
    struct hearth_model_process *process = hearth_calloc(1, sizeof(*process));
    process->identity = identity;
    process->dispatch = dispatch;
    process->ops = ops;
    process->argument = argument;
    return process;
}

/* The dispatch first, so that it never holds a backend that is gone. */
void hearth_model_process_destroy(struct hearth_model_process *process)
{
    hearth_dispatch_detach(process->dispatch);
    hearth_backend_destroy(process->backend);
    hearth_free(process);
}

/* What it says */

/* It has read the header and taken no memory yet: this is the moment to decide whether it may. */
static void on_planned(void *argument, const struct hearth_ipc_started *started)
{
    struct hearth_model_process *process = argument;
    if (process->killed)
        return;
    process->plan = started->plan;
    process->fitting_context = started->fitting_context;
    process->fitting_slots = started->fitting_slots;
    process->facts = started->facts;
    process->sandbox = started->sandbox;
    snprintf(process->engine_version, sizeof(process->engine_version), "%s",
             started->engine_version);
    process->ops->on_planned(process->argument);
}

static void on_progress(void *argument, float fraction)
{
    struct hearth_model_process *process = argument;
    if (!process->killed)
        process->ops->on_progress(process->argument, fraction);
}

/* These facts replace those of the header: they say what was loaded (the context, the slots), and
 * not only what the file has. */
static void on_ready(void *argument, const struct hearth_model_facts *facts)
{
    struct hearth_model_process *process = argument;
    if (process->killed)
        return;
    process->facts = *facts;
    process->ops->on_ready(process->argument);
}

/* It ends by itself after this; when it does not, it is helped. */
static void on_failed(void *argument, const struct hearth_error *error)
{
    struct hearth_model_process *process = argument;
    if (process->killed)
        return;
    process->ops->on_failed(process->argument, error);
    hearth_model_process_stop(process);
}

/* Of all workers together, since their start. They are shown and never decided by. */
static void on_counters(void *argument, const uint64_t counters[HEARTH_COUNTER_COUNT])
{
    struct hearth_model_process *process = argument;
    memcpy(process->counters, counters, sizeof(process->counters));
}

static void on_prepared(void *argument, uint32_t stream, const struct hearth_ipc_prepared *prepared)
{
    struct hearth_model_process *process = argument;
    hearth_dispatch_on_prepared(process->dispatch, stream, prepared);
}

static void on_tokens(void *argument, uint32_t stream, const int32_t *tokens, size_t count)
{
    struct hearth_model_process *process = argument;
    hearth_dispatch_on_tokens(process->dispatch, stream, tokens, count);
}

static void on_event(void *argument, uint32_t stream, const struct hearth_ipc_event *event)
{
    struct hearth_model_process *process = argument;
    hearth_dispatch_on_event(process->dispatch, stream, event);
}

static void on_workers(void *argument, uint32_t ready)
{
    struct hearth_model_process *process = argument;
    hearth_dispatch_on_workers(process->dispatch, ready);
}

static void on_lost(void *argument, const struct hearth_error *error, const uint32_t *streams,
                    size_t count)
{
    struct hearth_model_process *process = argument;
    hearth_dispatch_on_lost(process->dispatch, error, streams, count);
}

static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct hearth_model_process *process = argument;
    struct hearth_error error = end->error;
    /* Before any callback: one that cancels a request must not find a backend that is gone. */
    hearth_dispatch_detach(process->dispatch);
    hearth_backend_destroy(process->backend);
    process->backend = NULL;
    process->memory_bytes = process->cpu_ms = 0;
    if (!error.code)
        hearth_error_set(&error, HEARTH_ECRASHED, "the worker ended by itself");
    process->ops->on_end(process->argument, &error);
}

static const struct hearth_backend_events backend_events = {
    .on_planned = on_planned,
    .on_progress = on_progress,
    .on_ready = on_ready,
    .on_failed = on_failed,
    .on_counters = on_counters,
    .on_prepared = on_prepared,
    .on_tokens = on_tokens,
    .on_event = on_event,
    .on_workers = on_workers,
    .on_lost = on_lost,
    .on_end = on_end,
};

/* Start and end */

/* Several workers of a model would delete each other's files; a model whose files nobody vouches
 * for may be another one tomorrow. Ids of files without a registry row may be paths. */
static void fill_prefixes(const struct hearth_model_process *process,
                          const struct hearth_process_start *start, struct hearth_ipc_hello *hello)
{
    const char *id = process->identity->entry->id, *digest = start->files_digest;
    const char *settings = start->settings_json ? start->settings_json : "";
    char hex[HEARTH_SHA256_HEX];
    hello->prefix_bytes = process->identity->settings.prefix_disk;
    if (!hello->prefix_bytes || process->replicas > 1 || !start->prefixes_path || !digest ||
        !digest[0] || id[0] == '.' || strchr(id, '/'))
        return;
    hearth_sha256_of(settings, strlen(settings), hex);
    snprintf(hello->prefix_identity, sizeof(hello->prefix_identity), "%.90s %s %s", digest, hex,
             HEARTH_VERSION);
    int length = snprintf(hello->prefix_folder, sizeof(hello->prefix_folder), "%s/%s",
                          start->prefixes_path, id);
    if (length < 0 || (size_t)length >= sizeof(hello->prefix_folder))
        hello->prefix_folder[0] = '\0';
}

/* All that the worker is told before it gives up its rights: afterwards it can open nothing but
 * what this names. */
static void fill_hello(const struct hearth_model_process *process,
                       const struct hearth_process_start *start, struct hearth_ipc_hello *hello)
{
    const struct hearth_model_settings *settings = &process->identity->settings;
    const struct hearth_machine *machine = start->machine;
    const char *device = process->identity->entry->device;
    hello->version = HEARTH_IPC_VERSION;
    snprintf(hello->engine, sizeof(hello->engine), "%s", start->engine);
    snprintf(hello->model_path, sizeof(hello->model_path), "%s", start->model_path);
    snprintf(hello->plugin_dir, sizeof(hello->plugin_dir), "%s", start->engines_path);
    hello->context = settings->context == HEARTH_CONTEXT_AUTO ? HEARTH_IPC_CONTEXT_AUTO
                                                              : (uint32_t)settings->context;
    hello->context_is_limit = settings->context_is_servers;
    hello->slots = (uint32_t)settings->slots;
    hello->batch = (uint32_t)settings->batch;
    hello->threads = (uint32_t)settings->threads;
    /* One worker takes all cores, which is the engine's own default; several share them. */
    if (!hello->threads && process->replicas > 1) {
        uint32_t share = machine->cores / process->replicas;
        hello->threads = share ? share : 1;
    }
    if (strcmp(device, "auto") != 0)
        snprintf(hello->device, sizeof(hello->device), "%s", device);
    if (machine->cpus)
        snprintf(hello->cpus, sizeof(hello->cpus), "%s", machine->cpus[0]);
    /* Of several workers each would have to be told of an adapter: such a model hosts none. */
    hello->adapter_places =
        process->replicas == 1 ? (uint32_t)process->identity->server->adapters_max : 0;
    fill_prefixes(process, start, hello);
    hello->drops_turns = settings->drops_turns;
    hello->gap_max_ms = settings->gap_max < UINT32_MAX ? (uint32_t)settings->gap_max : UINT32_MAX;
    hello->settings_json = start->settings_json;
    hello->readable = start->readable;
    hello->sandbox = hearth_sandbox_mode_parse(process->identity->server->sandbox);
    hello->memory_reach = start->memory_reach;
    hello->memory_limit = start->memory_limit ? start->memory_limit : 1; /* 0 would be no limit */
}

/* One worker is a backend of its own; several are the same kind of backend behind one that shares
 * out (backend_replicas.c). Everything here is copied by the backend that needs it longer. */
int hearth_model_process_start(struct hearth_model_process *process,
                               const struct hearth_process_start *start, struct hearth_error *error)
{
    const struct hearth_model_identity *identity = process->identity;
    const struct hearth_backend_ops *ops = start->backend;
    struct hearth_backend_spec *spec = hearth_calloc(1, sizeof(*spec));
    process->killed = false;
    process->replicas = start->host ? 1 : (uint32_t)identity->settings.replicas;
    snprintf(process->engine, sizeof(process->engine), "%s", start->engine);
    spec->loop = identity->loop;
    spec->model = start->host ? identity->entry->name : identity->entry->id;
    spec->host = start->host;
    spec->adapter = start->adapter;
    spec->worker_path = start->worker_path;
    spec->handshake_timeout_ms = HANDSHAKE_MS;
    spec->heartbeat_timeout_ms = identity->server->heartbeat_timeout;
    spec->events = &backend_events;
    spec->argument = process;
    spec->replicas = process->replicas;
    spec->cpus = start->machine->cpus;
    fill_hello(process, start, &spec->hello);
    if (start->host)
        ops = &hearth_backend_guest;
    if (process->replicas > 1) {
        spec->each = ops;
        spec->breaker_failures = (uint32_t)identity->settings.breaker_failures;
        spec->breaker_rest_ms = identity->settings.breaker_rest;
        ops = &hearth_backend_replicas;
    }
    int rc = ops->start(spec, &process->backend, error);
    hearth_free(spec);
    return rc;
}

void hearth_model_process_stop(struct hearth_model_process *process)
{
    hearth_backend_stop(process->backend, process->identity->server->stop_timeout);
}

/* What it still says about its load would be about a load that nobody wants. Its streams are heard
 * to the end: their words may have been under way. */
void hearth_model_process_kill(struct hearth_model_process *process)
{
    process->killed = true;
    hearth_backend_kill(process->backend, NULL);
}

void hearth_model_process_condemn(struct hearth_model_process *process,
                                  const struct hearth_error *error)
{
    hearth_backend_kill(process->backend, error);
}

void hearth_model_process_open(struct hearth_model_process *process, bool on_trial)
{
    hearth_dispatch_open(process->dispatch, process->backend, &process->facts, process->replicas,
                         on_trial);
}

/* What others ask */

bool hearth_model_process_runs(const struct hearth_model_process *process)
{
    return process->backend != NULL;
}

const struct hearth_memory_plan *
hearth_model_process_plan(const struct hearth_model_process *process)
{
    return &process->plan;
}

void hearth_model_process_suggest(const struct hearth_model_process *process,
                                  struct hearth_error *error)
{
    hearth_memory_suggest(process->fitting_context, process->fitting_slots, error);
}

const struct hearth_model_facts *
hearth_model_process_facts(const struct hearth_model_process *process)
{
    return &process->facts;
}

void hearth_model_process_each_worker(
    const struct hearth_model_process *process, const struct hearth_backend_worker *only,
    void (*visit)(void *argument, const struct hearth_backend_worker *worker), void *argument)
{
    if (!process->backend)
        return;
    if (process->backend->ops->each_worker) {
        process->backend->ops->each_worker(process->backend, visit, argument);
        return;
    }
    struct hearth_backend_worker worker = *only;
    worker.pid = hearth_backend_pid(process->backend);
    worker.ready = hearth_dispatch_is_open(process->dispatch);
    worker.cpus = "";
    worker.counters = process->counters;
    visit(argument, &worker);
}

void hearth_model_process_set_usage(struct hearth_model_process *process, uint64_t memory_bytes,
                                    uint64_t cpu_ms)
{
    if (!process->backend)
        return; /* it has ended since it was sampled */
    process->memory_bytes = memory_bytes;
    process->cpu_ms = cpu_ms;
}

void hearth_model_process_clear_counters(struct hearth_model_process *process)
{
    memset(process->counters, 0, sizeof(process->counters));
}

/* The engine of a model that was never started is what its entry says. */
void hearth_model_process_report(const struct hearth_model_process *process,
                                 struct hearth_model_report *report)
{
    const uint64_t *counters = process->counters;
    report->engine = process->engine[0] ? process->engine : process->identity->entry->engine;
    report->engine_version = process->engine_version;
    report->pid = hearth_backend_pid(process->backend);
    report->sandbox = process->sandbox;
    report->context = process->facts.context;
    report->replicas = (uint32_t)process->identity->settings.replicas;
    report->memory_bytes = process->memory_bytes;
    report->cpu_ms = process->cpu_ms;
    report->plan = process->plan;
    report->facts = &process->facts;
    report->counters = counters;
    report->steps = counters[HEARTH_COUNT_STEPS];
    report->step_tokens = counters[HEARTH_COUNT_STEP_TOKENS];
    report->step_us = counters[HEARTH_COUNT_STEP_US];
    report->drafted = counters[HEARTH_COUNT_DRAFTED];
    report->accepted = counters[HEARTH_COUNT_ACCEPTED];
    report->prepared = counters[HEARTH_COUNT_PREPARED];
    report->prepare_us = counters[HEARTH_COUNT_PREPARE_US];
}

struct hearth_host *hearth_model_process_host(const struct hearth_model_process *process)
{
    return hearth_backend_host(process->backend);
}
