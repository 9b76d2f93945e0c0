/* /health, /ready, /metrics, and the API's own description. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "loop/gpu_usage.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "net/server.h"
#include "routes/admin/admin_routes.gen.h"
#include "routes/admin/metrics_models.h"
#include "routes/admin/metrics_training.h"
#include "routes/admin/pages.gen.h"
#include "serving/scheduler.h"
#include "track/track.h"

#include <string.h>

/* What add_worker gathers while it walks the reports. */
struct health {
    struct hearth_buf *buf;
    size_t count;
    bool degraded;
};

/* Only what monitoring asks for: /health needs no key, so it tells no error texts. */
static void add_worker(void *argument, const struct hearth_model_report *report)
{
    struct health *health = argument;
    struct hearth_buf *buf = health->buf;
    hearth_buf_text(buf, health->count++ ? ",{\"model\":" : "{\"model\":");
    hearth_json_write_text(buf, report->model);
    hearth_buf_text(buf, ",\"state\":");
    hearth_json_write_text(buf, hearth_model_state_name(report->state));
    hearth_buf_text(buf, ",\"breaker\":");
    hearth_json_write_text(buf, report->breaker);
    hearth_buf_printf(buf, ",\"health\":\"%s\"", report->health);
    hearth_buf_printf(buf, ",\"queued\":%zu,\"running\":%zu,\"crashes\":%llu}", report->queued,
                      report->running, (unsigned long long)report->crashes);
    if (report->state == HEARTH_MODEL_RESTING ||
        (report->breaker && strcmp(report->breaker, "closed") != 0))
        health->degraded = true;
}

/* Absent where no tracking server is set up. */
static void add_tracking(struct health *health, const struct hearth_track *track)
{
    if (!track)
        return;
    struct hearth_track_figures figures = hearth_track_figures(track);
    hearth_buf_printf(
        health->buf, ",\"tracking\":{\"state\":\"%s\",\"pending\":%lld,\"refused\":%lld}",
        figures.is_away ? "away" : "ok", (long long)figures.pending, (long long)figures.refused);
    health->degraded = health->degraded || figures.is_away;
}

/* Only a store that failed makes it 503: a model that rests or crashes is reported, and so is a
 * database or a tracking server that is away, but restarting this server would not mend them. */
void hearth_route_health(struct hearth_call *call)
{
    struct hearth_gateway *gateway = call->gateway;
    struct hearth_buf workers, buf;
    hearth_buf_init(&workers, 1 << 20);
    hearth_buf_init(&buf, 2 << 20);
    struct health health = {.buf = &workers};
    hearth_buf_char(&workers, '[');
    hearth_scheduler_each(gateway->scheduler, add_worker, &health);
    hearth_buf_char(&workers, ']');
    add_tracking(&health, gateway->track);
    bool away = hearth_catalog_fault(gateway->catalog) == HEARTH_EDATABASE;
    const char *status = gateway->store_failed     ? "failed"
                         : gateway->draining       ? "draining"
                         : health.degraded || away ? "degraded"
                                                   : "ok";
    uint64_t uptime_ms = hearth_loop_now_ms(gateway->loop) - gateway->started_ms;
    hearth_buf_printf(&buf,
                      "{\"status\":\"%s\",\"version\":\"%s\",\"uptime_s\":%llu,\"store\":\"%s\","
                      "\"workers\":",
                      status, HEARTH_VERSION, (unsigned long long)(uptime_ms / 1000),
                      gateway->store_failed ? "failed"
                      : away                ? "away"
                                            : "ok");
    hearth_buf_append(&buf, workers.bytes, workers.length);
    hearth_buf_char(&buf, '}');
    hearth_buf_finish(&workers);
    hearth_answer_buf(call, gateway->store_failed ? 503 : 200, &buf);
}

/* Of the models that are wanted from the start, those that still load. One that has failed is told
 * and does not keep the others from being used. */
struct readiness {
    json_t *loading, *failed;
};

static void look_at_model(void *argument, const struct hearth_model_report *report)
{
    struct readiness *readiness = argument;
    if (!report->pinned)
        return;
    if (report->state == HEARTH_MODEL_FAILED || report->state == HEARTH_MODEL_RESTING)
        json_array_append_new(readiness->failed, json_string(report->model));
    else if (report->state == HEARTH_MODEL_PLANNING || report->state == HEARTH_MODEL_LOADING)
        json_array_append_new(readiness->loading, json_string(report->model));
}

static void answer_ready(struct hearth_call *call)
{
    struct readiness readiness = {.loading = json_array(), .failed = json_array()};
    hearth_scheduler_each(call->gateway->scheduler, look_at_model, &readiness);
    bool ready = json_array_size(readiness.loading) == 0;
    json_t *answer = json_pack("{s:b}", "ready", ready);
    if (!ready)
        json_object_set_new(answer, "reason", json_string("models load"));
    json_object_set_new(answer, "loading", readiness.loading);
    json_object_set_new(answer, "failed", readiness.failed);
    hearth_answer_json(call, ready ? 200 : 503, answer);
}

/* For load balancers: no while the server stops, so that they send nothing new. */
void hearth_route_ready(struct hearth_call *call)
{
    const struct hearth_gateway *gateway = call->gateway;
    const char *reason = gateway->draining                         ? "draining"
                         : gateway->store_failed                   ? "the store failed"
                         : !hearth_catalog_ready(gateway->catalog) ? "the registry is being read"
                                                                   : NULL;
    if (reason)
        hearth_answer_json(call, 503, json_pack("{s:b, s:s}", "ready", 0, "reason", reason));
    else
        answer_ready(call);
}

/* Connections and what is held for them; `held` is what connection_buffers_max bounds. */
static void write_server(struct hearth_gateway *gateway, struct hearth_buf *buf)
{
    struct hearth_server_counts counts = hearth_server_counts(gateway->server);
    hearth_buf_printf(buf,
                      "# TYPE hearth_connections_accepted_total counter\n"
                      "hearth_connections_accepted_total %llu\n"
                      "# TYPE hearth_connections_refused_total counter\n"
                      "hearth_connections_refused_total %llu\n"
                      "# TYPE hearth_connections gauge\nhearth_connections %llu\n"
                      "# TYPE hearth_requests_active gauge\nhearth_requests_active %llu\n"
                      "# TYPE hearth_connections_held_bytes gauge\n"
                      "hearth_connections_held_bytes %llu\n"
                      "# TYPE hearth_connections_closed_for_memory_total counter\n"
                      "hearth_connections_closed_for_memory_total %llu\n",
                      (unsigned long long)counts.accepted, (unsigned long long)counts.refused,
                      (unsigned long long)counts.active, (unsigned long long)counts.requests_active,
                      (unsigned long long)counts.held_bytes,
                      (unsigned long long)counts.closed_for_memory);
}

static void write_tracking(const struct hearth_track *track, struct hearth_buf *buf)
{
    if (!track)
        return;
    struct hearth_track_figures figures = hearth_track_figures(track);
    hearth_buf_printf(
        buf,
        "# HELP hearth_tracking_pending What waits to be told to the tracking server.\n"
        "# TYPE hearth_tracking_pending gauge\nhearth_tracking_pending %lld\n"
        "# TYPE hearth_tracking_refused gauge\nhearth_tracking_refused %lld\n"
        "# TYPE hearth_tracking_away gauge\nhearth_tracking_away %d\n"
        "# TYPE hearth_tracking_told_total counter\nhearth_tracking_told_total %llu\n"
        "# TYPE hearth_tracking_lost_total counter\nhearth_tracking_lost_total %llu\n",
        (long long)figures.pending, (long long)figures.refused, figures.is_away,
        (unsigned long long)figures.told, (unsigned long long)figures.lost);
}

/* A scrape: the machine is read on the lane, then the workers are asked, then everything is
 * written.
 */
struct scrape {
    struct hearth_call *call;
    struct hearth_process_figures process; /* zero when the lane had no room for the reading */
    struct hearth_gpu_usage gpus[HEARTH_GPUS_MAX];
    size_t gpu_count;
};

/* The name comes from a driver, so it is escaped as JSON, which suits a label of Prometheus. */
static void write_gpu(struct hearth_buf *buf, const char *metric, size_t index, const char *name,
                      double value)
{
    hearth_buf_printf(buf, "%s{gpu=\"%zu\",name=", metric, index);
    hearth_json_write_text(buf, name);
    hearth_buf_printf(buf, "} %.15g\n", value);
}

/* A machine without a GPU has no such metric at all, rather than one without rows. */
static void write_gpus(const struct scrape *scrape, struct hearth_buf *buf)
{
    if (scrape->gpu_count)
        hearth_buf_text(buf, "# TYPE hearth_gpu_memory_used_bytes gauge\n");
    for (size_t i = 0; i < scrape->gpu_count; i++)
        write_gpu(buf, "hearth_gpu_memory_used_bytes", i, scrape->gpus[i].name,
                  (double)scrape->gpus[i].memory_used);
    if (scrape->gpu_count)
        hearth_buf_text(buf, "# TYPE hearth_gpu_memory_bytes gauge\n");
    for (size_t i = 0; i < scrape->gpu_count; i++)
        write_gpu(buf, "hearth_gpu_memory_bytes", i, scrape->gpus[i].name,
                  (double)scrape->gpus[i].memory_total);
    if (scrape->gpu_count)
        hearth_buf_text(buf, "# TYPE hearth_gpu_busy_ratio gauge\n");
    for (size_t i = 0; i < scrape->gpu_count; i++)
        write_gpu(buf, "hearth_gpu_busy_ratio", i, scrape->gpus[i].name,
                  (double)scrape->gpus[i].busy_percent / 100);
}

static void write_metrics(void *argument)
{
    struct scrape *scrape = argument;
    struct hearth_call *call = scrape->call;
    struct hearth_gateway *gateway = call->gateway;
    if (call->exchange) {
        struct hearth_buf buf;
        hearth_buf_init(&buf, 64 << 20);
        hearth_metrics_write(gateway->metrics, &buf);
        hearth_metrics_write_models(gateway->scheduler, &buf);
        hearth_metrics_write_training(gateway->jobs, &buf);
        write_server(gateway, &buf);
        write_tracking(gateway->track, &buf);
        hearth_metrics_write_process(&scrape->process, &buf);
        write_gpus(scrape, &buf);
        hearth_answer_typed(call, 200, "text/plain; version=0.0.4; charset=utf-8", &buf);
    }
    hearth_call_drop(call);
    hearth_free(scrape);
}

/* On the lane. */
static void read_machine(void *argument)
{
    struct scrape *scrape = argument;
    hearth_process_figures_read(&scrape->process);
    scrape->gpu_count = hearth_gpu_usage(scrape->gpus);
}

static void ask_workers(void *argument, bool dropped)
{
    struct scrape *scrape = argument;
    /* The server stops or has too much to do, and what is known already is enough; or the client
     * has gone, maybe because a server that stops has closed its connection and has no scheduler
     * now. */
    if (dropped || !scrape->call->exchange)
        write_metrics(scrape);
    else
        hearth_scheduler_sample(scrape->call->gateway->scheduler, write_metrics, scrape);
}

/* The machine first, on the lane: asking a driver blocks, and so may reading /proc. */
void hearth_route_metrics(struct hearth_call *call)
{
    struct scrape *scrape = hearth_calloc(1, sizeof(*scrape));
    scrape->call = call;
    hearth_call_hold(call);
    if (hearth_lane_submit(call->gateway->lane, read_machine, ask_workers, scrape))
        ask_workers(scrape, true);
}

/* Generated from api/ when the server is built, and sent from where it lies. */
void hearth_route_openapi(struct hearth_call *call)
{
    hearth_answer_static(call, 200, "application/json", hearth_page_openapi,
                         hearth_page_openapi_length);
}

/* Who opens the server in a browser wants the page. Relative, for a proxy that serves it below a
 * path of its own. */
void hearth_route_home(struct hearth_call *call)
{
    static const char text[] = "Hearth is running. See /docs, or /openapi.json for programs.\n";
    hearth_exchange_set_header(call->exchange, "location", "docs");
    hearth_answer_static(call, 302, "text/plain; charset=utf-8", text, sizeof(text) - 1);
}

/* The policy is generated with the page and names the digests of its own style and script: nothing
 * else runs in it, whatever a model's name or answer holds. */
void hearth_route_docs(struct hearth_call *call)
{
    hearth_exchange_set_header(call->exchange, "content-security-policy", hearth_page_docs_policy);
    hearth_answer_static(call, 200, "text/html; charset=utf-8", hearth_page_docs,
                         hearth_page_docs_length);
}
