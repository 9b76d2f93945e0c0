/* The members' names are the API's; api/schemas has them. */
#include "routes/admin/report_json.h"

#include "base/clock.h"

static void put_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text ? text : ""));
}

static void put(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* 0 is a time that has not been. */
static void put_time(json_t *object, const char *key, uint64_t wall_ms)
{
    char text[25];
    hearth_clock_iso8601((int64_t)wall_ms, text);
    json_object_set_new(object, key, wall_ms ? json_string(text) : json_null());
}

/* Bytes, as in struct hearth_memory_plan. */
static json_t *plan_json(const struct hearth_memory_plan *plan)
{
    json_t *object = json_pack("{s:I, s:I, s:I, s:I}", "weights", (json_int_t)plan->weights,
                               "cache", (json_int_t)plan->cache, "scratch",
                               (json_int_t)plan->scratch, "process", (json_int_t)plan->process);
    if (plan->device)
        put(object, "device", plan->device);
    return object;
}

json_t *hearth_report_json(const struct hearth_model_report *report)
{
    json_t *object = json_object();
    put_text(object, "model", report->model);
    put_text(object, "name", report->name);
    put_text(object, "state", hearth_model_state_name(report->state));
    put_time(object, "since", report->since_ms);
    put_time(object, "last_use", report->last_use_ms);
    put(object, "pid", (uint64_t)report->pid);
    put_text(object, "engine", report->engine);
    put_text(object, "engine_version", report->engine_version);
    put_text(object, "device", report->device);
    /* Before it is loaded its files alone are known, of which settings may make something else. */
    put_text(object, "compute", report->context ? report->facts->compute : "");
    json_object_set_new(object, "pinned", json_boolean(report->pinned));
    json_object_set_new(object, "load_fraction", json_real((double)report->load_fraction));
    put(object, "memory_bytes", report->memory_bytes);
    json_object_set_new(object, "memory_plan", plan_json(&report->plan));
    put(object, "cpu_ms", report->cpu_ms);
    put(object, "context", report->context);
    put(object, "slots", report->slots);
    put(object, "replicas", report->replicas);
    put(object, "workers_ready", report->workers);
    put(object, "busy", report->slots_busy);
    put(object, "running", report->running);
    put(object, "queued", report->queued);
    put(object, "requests", report->requests);
    put(object, "tokens_in", report->tokens_in);
    put(object, "tokens_out", report->tokens_out);
    put(object, "cache_hits", report->cache_hits);
    put(object, "dedup_hits", report->dedup_hits);
    put(object, "loads", report->loads);
    put(object, "unloads", report->unloads);
    put(object, "crashes", report->crashes);
    put(object, "failures", report->failures);
    put_text(object, "health", report->health);
    put(object, "probe_ms", report->probe_ms);
    put_text(object, "breaker", report->breaker);
    put(object, "retry_after_ms", report->retry_after_ms);
    put(object, "sandbox", report->sandbox);
    put_text(object, "error", report->last_error.code ? report->last_error.message : "");
    return object;
}
