/* From HELLO to READY, on the compute thread: open the plug-in, describe, plan, load. */
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "worker/memory_cap.h"
#include "worker/parcel.h"
#include "worker/plugin.h"
#include "worker/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_US 100000
#define SLOTS_DEFAULT 4u
#define BATCH_DEFAULT 512u
/* Contexts that are looked for are multiples of it. */
#define CONTEXT_STEP 256u
/* Of a model that knows no limit. */
#define CONTEXT_UNBOUNDED 131072u
/* For an install it looks at all that a load would refuse. */
#define DESCRIBE_MS 120000

struct progress {
    struct hearth_load_progress base;
    struct worker *worker;
    uint64_t sent_us;
};

/* Called by the engine while it loads. What it returns, false, makes the engine give up. */
static bool report(struct hearth_load_progress *base, float fraction)
{
    struct progress *progress = (struct progress *)base;
    uint64_t now_us = worker_now_us();
    if (now_us - progress->sent_us >= PROGRESS_US) {
        struct parcel *parcel = parcel_create(progress->worker);
        float within = fraction > 0 ? fraction < 1 ? fraction : 1 : 0;
        progress->sent_us = now_us;
        hearth_ipc_put_progress(&parcel->frames, within);
        parcel_send(parcel);
    }
    return !atomic_load(&progress->worker->give_up);
}

static struct hearth_load_params load_params(const struct worker *worker)
{
    const struct hearth_ipc_hello *hello = &worker->hello;
    return (struct hearth_load_params){.context = hello->context,
                                       .context_is_limit = hello->context_is_limit,
                                       .slots = hello->slots,
                                       .batch = hello->batch,
                                       .threads = hello->threads,
                                       .device = hello->device[0] ? hello->device : NULL,
                                       .settings_json = hello->settings_json,
                                       .adapter_places = hello->adapter_places};
}

/* Parts are added with care: they come from a plug-in, which had them from a file. */
static bool fits(const struct hearth_memory_plan *plan, uint64_t limit, uint64_t *ret_sum)
{
    const uint64_t parts[] = {plan->weights, plan->cache, plan->scratch, plan->process};
    bool sums = true;
    *ret_sum = 0;
    for (int i = 0; i < 4; i++)
        sums &= !__builtin_add_overflow(*ret_sum, parts[i], ret_sum);
    return sums && (!limit || *ret_sum <= limit);
}

/* The largest context up to `most` with which the plan fits into `limit`, found by halving: plans
 * are made from the header alone. 0: none. */
static uint32_t fitting_context(const struct worker *worker, const struct hearth_model_files *files,
                                struct hearth_load_params params, uint32_t most, uint64_t limit)
{
    uint32_t low = 0, high = most / CONTEXT_STEP;
    params.context_is_limit = true;
    while (low < high) {
        struct hearth_memory_plan plan = {0};
        uint32_t middle = low + (high - low + 1) / 2;
        uint64_t sum;
        params.context = middle * CONTEXT_STEP;
        if (worker->ops->plan_memory(files, &params, &plan, NULL) == 0 && fits(&plan, limit, &sum))
            low = middle;
        else
            high = middle - 1;
    }
    return low * CONTEXT_STEP;
}

/* `auto` becomes what fits; where nothing does, the least, so that the refusal tells its sum. */
static void choose_context(const struct worker *worker, const struct hearth_model_files *files,
                           const struct hearth_model_facts *facts,
                           struct hearth_load_params *params)
{
    if (params->context != HEARTH_IPC_CONTEXT_AUTO)
        return;
    uint32_t most = facts->trained_context ? facts->trained_context : CONTEXT_UNBOUNDED;
    params->context_is_limit = true;
    params->context = fitting_context(worker, files, *params, most + CONTEXT_STEP - 1,
                                      worker->hello.memory_limit);
    if (!params->context)
        params->context = CONTEXT_STEP;
}

/* STARTED goes off before the memory is checked: a gateway learns what the model would need even
 * when it cannot have it, and what it could have instead: with as many sequences, or with one. */
static void send_started(struct worker *worker, const struct hearth_model_files *files,
                         struct hearth_load_params params, const struct hearth_model_facts *facts,
                         const struct hearth_memory_plan *plan)
{
    struct parcel *parcel = parcel_create(worker);
    struct hearth_ipc_started started = {
        .version = HEARTH_IPC_VERSION, .sandbox = worker->sandbox, .facts = *facts, .plan = *plan};
    uint32_t most = params.context ? params.context : facts->trained_context;
    uint64_t sum, limit = worker->hello.memory_limit, reach = worker->hello.memory_reach;
    reach = limit > reach ? limit : reach;
    if (!worker->hello.probe && !fits(plan, limit, &sum) && facts->trained_context) {
        started.fitting_slots = params.slots;
        started.fitting_context = fitting_context(worker, files, params, most, reach);
        if (!started.fitting_context) {
            started.fitting_slots = params.slots = 1;
            started.fitting_context = fitting_context(worker, files, params, most, reach);
        }
    }
    snprintf(started.engine_version, sizeof(started.engine_version), "%s", worker->ops->version);
    hearth_ipc_put_started(&parcel->frames, &started);
    parcel_send(parcel);
}

static int check_memory(const struct worker *worker, const struct hearth_memory_plan *plan,
                        struct hearth_error *error)
{
    double mib = 1024.0 * 1024.0;
    uint64_t sum;
    if (fits(plan, worker->hello.memory_limit, &sum))
        return 0;
    return hearth_error_set(error, HEARTH_EMEMORY,
                            "the model needs %.0f MiB (weights %.0f + cache %.0f + scratch %.0f + "
                            "process %.0f), and may have %.0f MiB",
                            (double)sum / mib, (double)plan->weights / mib,
                            (double)plan->cache / mib, (double)plan->scratch / mib,
                            (double)plan->process / mib, (double)worker->hello.memory_limit / mib);
}

/* A plug-in that does not say took what it was told. */
static int take_sizes(struct worker *worker, struct hearth_model_facts *facts,
                      struct hearth_error *error)
{
    if (!facts->slots)
        facts->slots = worker->hello.slots ? worker->hello.slots : SLOTS_DEFAULT;
    if (!facts->batch)
        facts->batch = worker->hello.batch ? worker->hello.batch : BATCH_DEFAULT;
    if (facts->slots > WORKER_SLOTS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%u slots are too many; at most %u are possible", facts->slots,
                                WORKER_SLOTS_MAX);
    /* Nothing can come where the plug-in knows no way for it. */
    if (!PLUGIN_HAS(worker->ops, adapter_load) || !PLUGIN_HAS(worker->ops, adapter_unload) ||
        facts->adapter_places > HEARTH_IPC_ADAPTER_PLACES_MAX)
        facts->adapter_places = 0;
    worker->adapter_places = facts->adapter_places;
    worker->facts = *facts;
    worker->slots = facts->slots;
    worker->batch = facts->batch;
    return 0;
}

static int describe(struct worker *worker, const struct hearth_model_files *files,
                    struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    watch_enter(worker->watch, NULL, DESCRIBE_MS);
    int rc = worker->ops->describe(files, ret_facts, error);
    while (!watch_leave(worker->watch))
        pause(); /* too late: the loop thread ends the process */
    return rc;
}

/* The steps of a load, in the order in which each makes the next one safe: what the model is, what
 * it needs, whether it may have that, a cap on its memory, and only then its weights. */
static int start(struct worker *worker, struct hearth_model_facts *ret_facts,
                 struct hearth_error *error)
{
    const struct hearth_model_files files = {.path = worker->hello.model_path,
                                             .thorough = worker->hello.probe};
    struct hearth_load_params params = load_params(worker);
    struct hearth_memory_plan plan = {0};
    int rc = plugin_open(worker->hello.plugin_dir, worker->hello.engine, &worker->ops, error);
    if (!rc)
        rc = describe(worker, &files, ret_facts, error);
    if (!rc)
        choose_context(worker, &files, ret_facts, &params);
    if (!rc)
        rc = worker->ops->plan_memory(&files, &params, &plan, error);
    if (rc)
        return rc;
    send_started(worker, &files, params, ret_facts, &plan);
    if (worker->hello.probe)
        return 0;
    rc = check_memory(worker, &plan, error);
    if (rc)
        return rc;
    memory_cap_plan(&plan, params.threads);
    struct progress progress = {.base.report = report, .worker = worker};
    rc = worker->ops->load(&files, &params, &progress.base, &worker->engine, ret_facts, error);
    return rc ? rc : take_sizes(worker, ret_facts, error);
}

/* The frame first, then the post that changes the state: the gateway hears READY before anything
 * that follows from it. */
bool load_model(struct worker *worker)
{
    struct hearth_model_facts facts = {0};
    struct hearth_error error = {0};
    int rc = start(worker, &facts, &error);
    if (rc && !error.code)
        hearth_error_set(&error, rc, "the engine gave no reason");
    if (!rc && worker->hello.probe) {
        hearth_loop_post(worker->loop, worker_failed, worker);
        return false;
    }
    struct parcel *parcel = parcel_create(worker);
    if (rc)
        hearth_ipc_put_failure(&parcel->frames, HEARTH_IPC_FAILED, 0, error.code, error.message);
    else
        hearth_ipc_put_ready(&parcel->frames, &facts);
    parcel_send(parcel);
    hearth_loop_post(worker->loop, rc ? worker_failed : worker_loaded, worker);
    return rc == 0;
}
