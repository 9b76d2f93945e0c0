/* A table of metrics, each with the place of its figure in the report: Prometheus wants all rows of
 * one metric together, so the models are walked once for each. */
#include "routes/admin/metrics_models.h"

#include "base/buf.h"
#include "domain/climate.h"
#include "domain/vector_cache.h"
#include "serving/scheduler.h"
#include "wire/ipc.h"

#include <math.h>
#include <string.h>

/* `scale` turns the report's unit into the one that the name promises (seconds, bytes). */
struct model_metric {
    const char *name, *help, *type;
    size_t offset;
    enum { U64, U32, SIZE } width;
    double scale;
};

#define FIELD(member) offsetof(struct hearth_model_report, member)

static const struct model_metric model_metrics[] = {
    {"hearth_model_memory_bytes", "Memory of the model's process (Pss).", "gauge",
     FIELD(memory_bytes), U64, 1},
    {"hearth_model_cpu_seconds_total", "CPU time of the model's present process.", "counter",
     FIELD(cpu_ms), U64, 1e-3},
    {"hearth_queue_depth", "Requests that wait.", "gauge", FIELD(queued), SIZE, 1},
    {"hearth_queue_cost_tokens", "Estimated tokens that wait.", "gauge", FIELD(queued_cost), U64,
     1},
    {"hearth_requests_running", "Requests that are being computed.", "gauge", FIELD(running), SIZE,
     1},
    {"hearth_slots", "Sequences that can be computed at once.", "gauge", FIELD(slots), U32, 1},
    {"hearth_slots_busy", "Sequences that are being computed.", "gauge", FIELD(slots_busy), U32, 1},
    {"hearth_model_loads_total", "Loads.", "counter", FIELD(loads), U64, 1},
    {"hearth_model_unloads_total", "Unloads.", "counter", FIELD(unloads), U64, 1},
    {"hearth_model_crashes_total", "Processes that ended by themselves.", "counter", FIELD(crashes),
     U64, 1},
    {"hearth_model_load_failures_total", "Loads that failed.", "counter", FIELD(failures), U64, 1},
    {"hearth_model_requests_total", "Requests that were admitted.", "counter", FIELD(requests), U64,
     1},
    {"hearth_model_cancels_total", "Requests whose client went away.", "counter", FIELD(cancels),
     U64, 1},
    {"hearth_model_retries_total", "Requests that were given to a new process.", "counter",
     FIELD(retries), U64, 1},
    {"hearth_tokens_in_total", "Tokens of prompts.", "counter", FIELD(tokens_in), U64, 1},
    {"hearth_tokens_out_total", "Tokens that were generated.", "counter", FIELD(tokens_out), U64,
     1},
    {"hearth_embedding_cache_hits_total", "Vectors that the cache had.", "counter",
     FIELD(cache_hits), U64, 1},
    {"hearth_embedding_dedup_hits_total", "Vectors that were being computed for another request.",
     "counter", FIELD(dedup_hits), U64, 1},
    {"hearth_steps_total", "Steps of the present process.", "counter", FIELD(steps), U64, 1},
    {"hearth_step_tokens_total", "Tokens in those steps.", "counter", FIELD(step_tokens), U64, 1},
    {"hearth_draft_tokens_total", "Drafted tokens that were checked by the present process.",
     "counter", FIELD(drafted), U64, 1},
    {"hearth_draft_accepted_total", "Those of them that were right.", "counter", FIELD(accepted),
     U64, 1},
    {"hearth_step_seconds_total", "Time in those steps.", "counter", FIELD(step_us), U64, 1e-6},
};

/* Figures that only the worker keeps, of the present process. */
static const struct counter_metric {
    const char *name, *help, *type;
    enum hearth_worker_counter counter;
} counter_metrics[] = {
    {"hearth_prefix_hits_total", "Prompts that began with tokens that were computed already.",
     "counter", HEARTH_COUNT_PREFIX_HITS},
    {"hearth_prefix_misses_total", "Prompts that did not.", "counter", HEARTH_COUNT_PREFIX_MISSES},
    {"hearth_prefix_tokens_total", "Tokens that those prompts were spared.", "counter",
     HEARTH_COUNT_PREFIX_TOKENS},
    {"hearth_prefix_evictions_total", "Parts of prompts that went for others.", "counter",
     HEARTH_COUNT_PREFIX_EVICTIONS},
    {"hearth_prefix_bytes", "KV cache of prompts that is kept or shared.", "gauge",
     HEARTH_COUNT_PREFIX_BYTES},
    {"hearth_prefix_disk_loads_total", "Files of prompts that were read back.", "counter",
     HEARTH_COUNT_PREFIX_DISK_LOADS},
    {"hearth_prefix_disk_saves_total", "Files of prompts that were written.", "counter",
     HEARTH_COUNT_PREFIX_DISK_SAVES},
    {"hearth_prefix_disk_failed_total", "Files of prompts that could not be written.", "counter",
     HEARTH_COUNT_PREFIX_DISK_FAILED},
    {"hearth_prefix_disk_dropped_total", "Files that were deleted since they could not be used.",
     "counter", HEARTH_COUNT_PREFIX_DISK_DROPPED},
    {"hearth_prefix_disk_bytes", "Files of prompts.", "gauge", HEARTH_COUNT_PREFIX_DISK_BYTES},
};

/* What write_metric needs beside the report. */
struct visit {
    struct hearth_buf *buf;
    const struct model_metric *metric;
};

/* A double holds whole numbers up to 2^53 exactly; counters stay below that. */
static double value_of(const struct hearth_model_report *report, const struct model_metric *metric)
{
    const char *at = (const char *)report + metric->offset;
    uint64_t value = 0;
    if (metric->width == U32)
        value = *(const uint32_t *)(const void *)at;
    else if (metric->width == SIZE)
        value = *(const size_t *)(const void *)at;
    else
        value = *(const uint64_t *)(const void *)at;
    return (double)value * metric->scale;
}

/* The name of a model has no character that a label would have to escape. */
static void write_metric(void *argument, const struct hearth_model_report *report)
{
    const struct visit *visit = argument;
    hearth_buf_printf(visit->buf, "%s{model=\"%s\"} %.15g\n", visit->metric->name, report->model,
                      value_of(report, visit->metric));
}

struct counter_visit {
    struct hearth_buf *buf;
    const struct counter_metric *metric;
};

static void write_counter(void *argument, const struct hearth_model_report *report)
{
    const struct counter_visit *visit = argument;
    hearth_buf_printf(visit->buf, "%s{model=\"%s\"} %llu\n", visit->metric->name, report->model,
                      (unsigned long long)report->counters[visit->metric->counter]);
}

static void write_counters(struct hearth_scheduler *scheduler, struct hearth_buf *buf)
{
    for (size_t i = 0; i < sizeof(counter_metrics) / sizeof(counter_metrics[0]); i++) {
        const struct counter_metric *metric = &counter_metrics[i];
        hearth_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                          metric->name, metric->type);
        hearth_scheduler_each(scheduler, write_counter,
                              &(struct counter_visit){.buf = buf, .metric = metric});
    }
}

/* All states of a model, one of them 1: the usual form of an enumeration in Prometheus, which can
 * be summed. */
static void write_state(void *argument, const struct hearth_model_report *report)
{
    struct hearth_buf *buf = argument;
    for (int state = 0; state < HEARTH_MODEL_STATE_COUNT; state++)
        hearth_buf_printf(buf, "hearth_model_state{model=\"%s\",state=\"%s\"} %d\n", report->model,
                          hearth_model_state_name((enum hearth_model_state)state),
                          report->state == (enum hearth_model_state)state);
}

static void write_compute(void *argument, const struct hearth_model_report *report)
{
    /* Before it is loaded its files alone are known. */
    if (report->facts != NULL && report->context > 0 && report->facts->compute[0] != '\0')
        hearth_buf_printf(argument, "hearth_model_compute{model=\"%s\",compute=\"%s\"} 1\n",
                          report->model, report->facts->compute);
}

/* Interactive requests go first, so a queue of batch requests need not worry anybody; hence by
 * class. */
static void write_class(void *argument, const struct hearth_model_report *report)
{
    static const char *const names[HEARTH_CLASS_COUNT] = {"interactive", "normal", "batch"};
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++)
        hearth_buf_printf(argument, "hearth_queue_depth_by_class{model=\"%s\",class=\"%s\"} %zu\n",
                          report->model, names[i], report->queued_by_class[i]);
}

/* The worker's counters hold each step once; a bucket of Prometheus holds all that are smaller
 * too. */
static void write_buckets(struct hearth_buf *buf, const struct hearth_model_report *report,
                          const char *name, int first, const char *const bounds[6])
{
    uint64_t total = 0;
    for (int i = 0; i < 6; i++) {
        total += report->counters[first + i];
        hearth_buf_printf(buf, "%s_bucket{model=\"%s\",le=\"%s\"} %llu\n", name, report->model,
                          bounds[i], (unsigned long long)total);
    }
    hearth_buf_printf(buf, "%s_count{model=\"%s\"} %llu\n", name, report->model,
                      (unsigned long long)total);
}

/* The bounds are those by which the worker counts (enum hearth_worker_counter, count_step of the
 * worker). */
static void write_batch_tokens(void *argument, const struct hearth_model_report *report)
{
    static const char *const bounds[] = {"16", "64", "256", "1024", "4096", "+Inf"};
    write_buckets(argument, report, "hearth_batch_tokens", HEARTH_COUNT_TOKENS_FIRST, bounds);
    hearth_buf_printf(argument, "hearth_batch_tokens_sum{model=\"%s\"} %llu\n", report->model,
                      (unsigned long long)report->step_tokens);
}

/* The sum of the ratios is the sum of tokens by the size of a batch, since that is the same for all
 * steps of a process. */
static void write_batch_fill(void *argument, const struct hearth_model_report *report)
{
    static const char *const bounds[] = {"0.1", "0.25", "0.5", "0.75", "0.9", "+Inf"};
    uint64_t batch = report->facts->batch ? report->facts->batch : 1;
    write_buckets(argument, report, "hearth_batch_fill_ratio", HEARTH_COUNT_FILL_FIRST, bounds);
    hearth_buf_printf(argument, "hearth_batch_fill_ratio_sum{model=\"%s\"} %.9g\n", report->model,
                      (double)report->step_tokens / (double)batch);
}

static const struct worker_metric {
    const char *name, *help, *type;
} worker_metrics[] = {
    {"hearth_worker_ready", "1 when it takes requests.", "gauge"},
    {"hearth_worker_requests_running", "Requests that it has.", "gauge"},
    {"hearth_worker_busy_seconds_total", "Time in steps; its rate is the utilisation.", "counter"},
    {"hearth_worker_tokens_total", "Tokens in steps.", "counter"},
};

/* One walk over the workers of a model; `index` numbers them as they come. */
struct worker_rows {
    struct hearth_scheduler *scheduler;
    struct hearth_buf *buf;
    const char *model;
    size_t metric;
    int index;
};

/* In the order of worker_metrics. */
static void write_worker(void *argument, const struct hearth_worker_report *worker)
{
    struct worker_rows *rows = argument;
    const double values[] = {
        worker->ready,
        worker->running,
        (double)worker->step_us / 1e6,
        (double)worker->step_tokens,
    };
    hearth_buf_printf(rows->buf, "%s{model=\"%s\",worker=\"%d\"} %.15g\n",
                      worker_metrics[rows->metric].name, rows->model, rows->index++,
                      values[rows->metric]);
}

static void write_workers_of(void *argument, const struct hearth_model_report *report)
{
    struct worker_rows *rows = argument;
    rows->model = report->model;
    rows->index = 0;
    hearth_scheduler_each_worker(rows->scheduler, report->model, write_worker, rows);
}

/* HELP and TYPE stand once for each metric, before the rows of all models and workers. */
static void write_workers(struct hearth_scheduler *scheduler, struct hearth_buf *buf)
{
    struct worker_rows rows = {.scheduler = scheduler, .buf = buf};
    for (; rows.metric < sizeof(worker_metrics) / sizeof(worker_metrics[0]); rows.metric++) {
        const struct worker_metric *metric = &worker_metrics[rows.metric];
        hearth_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                          metric->name, metric->type);
        hearth_scheduler_each(scheduler, write_workers_of, &rows);
    }
}

static void write_breaker(void *argument, const struct hearth_model_report *report)
{
    hearth_buf_printf(argument, "hearth_breaker_open{model=\"%s\"} %d\n", report->model,
                      report->breaker && strcmp(report->breaker, "closed") != 0);
}

/* The cache is the server's, not a model's, so these have no label. */
static void write_cache(const struct hearth_scheduler *scheduler, struct hearth_buf *buf)
{
    struct hearth_vector_cache_state state;
    hearth_scheduler_vectors_state(scheduler, &state);
    hearth_buf_printf(buf,
                      "# HELP hearth_embedding_cache_bytes What the cache of vectors takes.\n"
                      "# TYPE hearth_embedding_cache_bytes gauge\n"
                      "hearth_embedding_cache_bytes %llu\n"
                      "# TYPE hearth_embedding_cache_entries gauge\n"
                      "hearth_embedding_cache_entries %llu\n"
                      "# TYPE hearth_embedding_cache_misses_total counter\n"
                      "hearth_embedding_cache_misses_total %llu\n"
                      "# TYPE hearth_embedding_cache_evictions_total counter\n"
                      "hearth_embedding_cache_evictions_total %llu\n",
                      (unsigned long long)state.bytes, (unsigned long long)state.entries,
                      (unsigned long long)state.misses, (unsigned long long)state.evictions);
}

/* What the machine does not tell has no row. */
static void write_climate(const struct hearth_scheduler *scheduler, struct hearth_buf *buf)
{
    const struct hearth_climate *climate = hearth_scheduler_climate(scheduler);
    if (!isnan(climate->pressure))
        hearth_buf_printf(buf,
                          "# HELP hearth_memory_pressure_percent Time lost waiting for memory.\n"
                          "# TYPE hearth_memory_pressure_percent gauge\n"
                          "hearth_memory_pressure_percent %.2f\n",
                          climate->pressure);
    if (!isnan(climate->temperature))
        hearth_buf_printf(buf,
                          "# HELP hearth_temperature_celsius Of the hottest zone.\n"
                          "# TYPE hearth_temperature_celsius gauge\n"
                          "hearth_temperature_celsius %.1f\n",
                          climate->temperature);
    hearth_buf_printf(
        buf,
        "# HELP hearth_slowed Models compute 1 / so many requests at once, for heat.\n"
        "# TYPE hearth_slowed gauge\nhearth_slowed %u\n",
        climate->slow);
}

void hearth_metrics_write_models(struct hearth_scheduler *scheduler, struct hearth_buf *buf)
{
    for (size_t i = 0; i < sizeof(model_metrics) / sizeof(model_metrics[0]); i++) {
        const struct model_metric *metric = &model_metrics[i];
        hearth_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                          metric->name, metric->type);
        hearth_scheduler_each(scheduler, write_metric,
                              &(struct visit){.buf = buf, .metric = metric});
    }
    write_counters(scheduler, buf);
    hearth_buf_text(buf, "# HELP hearth_model_state 1 for the state that the model is in.\n"
                         "# TYPE hearth_model_state gauge\n");
    hearth_scheduler_each(scheduler, write_state, buf);
    hearth_buf_text(buf, "# HELP hearth_model_compute 1 for what computes the model.\n"
                         "# TYPE hearth_model_compute gauge\n");
    hearth_scheduler_each(scheduler, write_compute, buf);
    write_cache(scheduler, buf);
    write_climate(scheduler, buf);
    hearth_buf_text(buf, "# TYPE hearth_queue_depth_by_class gauge\n");
    hearth_scheduler_each(scheduler, write_class, buf);
    hearth_buf_text(buf, "# HELP hearth_batch_tokens Tokens of a step.\n"
                         "# TYPE hearth_batch_tokens histogram\n");
    hearth_scheduler_each(scheduler, write_batch_tokens, buf);
    hearth_buf_text(buf, "# HELP hearth_batch_fill_ratio How full a step was.\n"
                         "# TYPE hearth_batch_fill_ratio histogram\n");
    hearth_scheduler_each(scheduler, write_batch_fill, buf);
    write_workers(scheduler, buf);
    hearth_buf_text(buf, "# TYPE hearth_breaker_open gauge\n");
    hearth_scheduler_each(scheduler, write_breaker, buf);
}
