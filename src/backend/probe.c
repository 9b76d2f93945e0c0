/* A worker that reads one header and ends, on a loop of its own that lives only for that. Its
 * callbacks are few: nothing is loaded, so no stream, no progress and no counters can come. */
#include "backend/probe.h"

#include "backend/backend.h"
#include "backend/engines.h"
#include "backend/supervisor.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "domain/blame.h"
#include "format/engine_choice.h"
#include "loop/loop.h"

#include <stdio.h>
#include <string.h>

enum { END_MS = 5000 };

struct probe {
    struct hearth_backend *backend;
    struct hearth_buf *facts_json; /* NULL: nobody asks */
    struct hearth_memory_plan plan;
    struct hearth_error error;
    bool planned;
};

enum hearth_sandbox_mode hearth_sandbox_mode_parse(const char *word)
{
    if (strcmp(word, "require") == 0)
        return HEARTH_SANDBOX_REQUIRE;
    return strcmp(word, "off") == 0 ? HEARTH_SANDBOX_OFF : HEARTH_SANDBOX_AUTO;
}

static void on_planned(void *argument, const struct hearth_ipc_started *started)
{
    struct probe *probe = argument;
    probe->planned = true;
    probe->plan = started->plan;
    int rc = probe->facts_json ? hearth_facts_write(probe->facts_json, &started->facts) : 0;
    if (rc < 0)
        hearth_error_set(&probe->error, rc, "the model's facts are too long");
    hearth_backend_stop(probe->backend, END_MS);
}

static void on_failed(void *argument, const struct hearth_error *error)
{
    struct probe *probe = argument;
    probe->error = *error;
    hearth_backend_stop(probe->backend, END_MS);
}

/* A probe that has planned has done its work, however it ends. One that has said why it failed has
 * said more than its exit status can. */
static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct probe *probe = argument;
    if (!probe->planned && !probe->error.code) {
        probe->error = end->error;
        probe->error.code = hearth_blame_probe(end->error.code);
    }
    hearth_backend_destroy(probe->backend);
    probe->backend = NULL;
}

/* Nothing is loaded, so nothing else can come. */
static void ignore_fraction(void *argument, float fraction)
{
    (void)argument;
    (void)fraction;
}

static void ignore_facts(void *argument, const struct hearth_model_facts *facts)
{
    (void)argument;
    (void)facts;
}

static void ignore_counters(void *argument, const uint64_t counters[HEARTH_COUNTER_COUNT])
{
    (void)argument;
    (void)counters;
}

static const struct hearth_backend_events events = {
    .on_planned = on_planned,
    .on_progress = ignore_fraction,
    .on_ready = ignore_facts,
    .on_failed = on_failed,
    .on_counters = ignore_counters,
    .on_end = on_end,
};

/* The loop runs until the worker has ended, because that is the last thing that happens on it. */
static int run(const struct hearth_probe_options *options, struct hearth_backend_spec *spec,
               struct hearth_buf *ret_facts_json, struct hearth_memory_plan *ret_plan,
               struct hearth_error *error)
{
    struct probe probe = {.facts_json = ret_facts_json};
    struct hearth_loop *loop = hearth_loop_create();
    spec->loop = loop;
    spec->model = "probe";
    spec->worker_path = options->worker_path;
    spec->handshake_timeout_ms = options->timeout_ms;
    spec->heartbeat_timeout_ms = options->timeout_ms;
    spec->events = &events;
    spec->argument = &probe;
    int rc = hearth_backend_local.start(spec, &probe.backend, error);
    if (rc == 0) {
        hearth_loop_run(loop);
        rc = probe.error.code;
        if (rc < 0 && error)
            *error = probe.error;
    }
    if (ret_plan)
        *ret_plan = probe.plan;
    hearth_loop_destroy(loop);
    return rc;
}

/* The plan of a load with an adapter checks its names and shapes. */
static void adapter_setting(const char *adapter, struct hearth_buf *ret_text)
{
    json_t *settings = json_pack("{s:[s]}", "adapters", adapter);
    hearth_json_dump(ret_text, settings);
    json_decref(settings);
}

static void fill_hello(const struct hearth_probe_options *options, const char *engine,
                       const char *path, struct hearth_ipc_hello *hello)
{
    hello->version = HEARTH_IPC_VERSION;
    hello->probe = true;
    hello->sandbox = options->sandbox;
    snprintf(hello->engine, sizeof(hello->engine), "%s", engine);
    snprintf(hello->model_path, sizeof(hello->model_path), "%s", path);
}

/* An engine that this build does not have is no fault of the file: its name is what is known then,
 * without facts. */
int hearth_probe(void *argument, const char *path, const char *adapter, char *ret_engine,
                 size_t engine_size, struct hearth_buf *ret_facts_json, struct hearth_error *error)
{
    const struct hearth_probe_options *options = argument;
    const char *engine = hearth_engine_for_path(path);
    if (!engine)
        return hearth_error_set(error, HEARTH_EMODEL, "%s: no engine is known for it", path);
    struct hearth_backend_spec *spec = hearth_calloc(1, sizeof(*spec));
    int rc = hearth_engines_path(options->engines_path, spec->hello.plugin_dir,
                                 sizeof(spec->hello.plugin_dir), error);
    if (rc == 0 && hearth_engine_present(spec->hello.plugin_dir, engine)) {
        fill_hello(options, engine, path, &spec->hello);
        struct hearth_buf settings;
        hearth_buf_init(&settings, 64 * 1024);
        if (adapter)
            adapter_setting(adapter, &settings);
        spec->hello.settings_json = adapter ? hearth_buf_cstr(&settings) : NULL;
        spec->hello.readable = adapter;
        rc = run(options, spec, ret_facts_json, NULL, error);
        hearth_buf_finish(&settings);
    }
    if (rc == 0)
        snprintf(ret_engine, engine_size, "%s", engine);
    hearth_free(spec);
    return rc;
}

int hearth_probe_plan(const struct hearth_probe_options *options,
                      const struct hearth_probe_load *load, struct hearth_memory_plan *ret_plan,
                      struct hearth_error *error)
{
    const char *engine = hearth_engine_for_path(load->path);
    if (!engine)
        return hearth_error_set(error, HEARTH_EMODEL, "%s: no engine is known for it", load->path);
    struct hearth_backend_spec *spec = hearth_calloc(1, sizeof(*spec));
    int rc = hearth_engines_path(options->engines_path, spec->hello.plugin_dir,
                                 sizeof(spec->hello.plugin_dir), error);
    if (rc == 0) {
        fill_hello(options, engine, load->path, &spec->hello);
        spec->hello.context = load->context;
        spec->hello.context_is_limit = load->context_is_limit;
        spec->hello.slots = load->slots;
        spec->hello.batch = load->batch;
        spec->hello.settings_json = load->settings_json;
        rc = run(options, spec, NULL, ret_plan, error);
    }
    hearth_free(spec);
    return rc;
}
