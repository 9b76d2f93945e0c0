/* Whether models work is seen by having them work: each that is loaded and idle gets a tiny
 * inference now and then, and one behind its load. A heartbeat says that a process lives; this says
 * that it computes. */
#include "base/error.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "serving/inference.h"
#include "serving/scheduler_private.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 1000, FAILURES_MAX = 2, CREDIT = 64 };

static uint64_t now_ms(const struct hearth_served_model *model)
{
    return hearth_loop_now_ms(model->identity.loop);
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct hearth_served_model *model = argument;
    struct hearth_model_probe *probe = &model->probe;
    (void)done;
    probe->running = NULL;
    probe->failures = 0;
    probe->health = HEARTH_HEALTH_OK;
    probe->took_ms = now_ms(model) - probe->sent_ms;
}

/* These say nothing of the model: it is being stopped, or had no place for the probe. */
static bool says_nothing(int code)
{
    return code == HEARTH_EDRAINING || code == HEARTH_ECANCELED || code == HEARTH_EQUEUEFULL;
}

/* One failure may be chance; the second in a row has its process ended, as a crash: it is started
 * again behind the usual wait, and the breaker counts it. */
static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct hearth_served_model *model = argument;
    struct hearth_model_probe *probe = &model->probe;
    (void)retry_after_ms;
    probe->running = NULL;
    if (says_nothing(error->code))
        return;
    probe->health = HEARTH_HEALTH_FAILING;
    HEARTH_LOG(HEARTH_LOG_WARNING, "model.probe_failed",
               HEARTH_TEXT("model", model->identity.entry->id),
               HEARTH_TEXT("error", error->message));
    if (++probe->failures < FAILURES_MAX || hearth_life_state(model->life) != HEARTH_MODEL_READY)
        return;
    struct hearth_error condemned;
    hearth_error_set(&condemned, HEARTH_ECRASHED, "it did not answer %u probes: %s",
                     probe->failures, error->message);
    probe->failures = 0;
    hearth_load_condemn(model->load, &condemned);
}

/* The least that it can do; false: it can do nothing that is as cheap. A text that never came
 * before is in no cache. */
static bool fill_input(const struct hearth_served_model *model, char *text, size_t size,
                       struct hearth_sampling *sampling, struct hearth_input *ret_input)
{
    uint32_t tasks = hearth_load_facts(model->load)->tasks;
    if (!(tasks & (HEARTH_TASK_GENERATE | HEARTH_TASK_EMBED)))
        return false;
    snprintf(text, size, "%llu", (unsigned long long)now_ms(model));
    *ret_input = (struct hearth_input){.kind = HEARTH_INPUT_TEXT,
                                       .task = tasks & HEARTH_TASK_GENERATE ? HEARTH_TASK_GENERATE
                                                                            : HEARTH_TASK_EMBED,
                                       .bytes = text,
                                       .length = strlen(text)};
    if (tasks & HEARTH_TASK_GENERATE)
        ret_input->sampling = sampling;
    return true;
}

static void send_probe(struct hearth_scheduler *scheduler, struct hearth_served_model *model)
{
    static const struct hearth_inference_events events = {.on_done = on_done, .on_error = on_error};
    struct hearth_sampling sampling = {.max_tokens = 1, .top_p = 1, .repeat_penalty = 1};
    struct hearth_model_probe *probe = &model->probe;
    struct hearth_error error;
    char text[24];
    struct hearth_inference_request request = {
        .model = model->identity.entry->id,
        .class_ = HEARTH_CLASS_BATCH,
        .client = "hearth",
        .deadline_ms = now_ms(model) + scheduler->options.settings->health_timeout,
        .request_id = "probe",
        .credit = CREDIT,
        .is_probe = true,
    };
    probe->sent_ms = now_ms(model);
    probe->load_ms = hearth_load_ready_ms(model->load);
    if (!fill_input(model, text, sizeof(text), &sampling, &request.input))
        return;
    if (hearth_inference_submit(scheduler, &request, &events, model, &probe->running, NULL,
                                &error) < 0)
        probe->running = NULL;
}

/* What clients have it compute shows that it works, too. */
static bool is_due(const struct hearth_settings *settings, const struct hearth_served_model *model)
{
    const struct hearth_model_probe *probe = &model->probe;
    uint64_t used_ms = hearth_requests_used_ms(model->requests), now = now_ms(model);
    uint64_t last_ms = used_ms > probe->sent_ms ? used_ms : probe->sent_ms;
    if (probe->running || hearth_life_state(model->life) != HEARTH_MODEL_READY ||
        hearth_requests_any(model->requests))
        return false;
    if (settings->warm_up && probe->load_ms != hearth_load_ready_ms(model->load))
        return true;
    return settings->health_interval && now - last_ms >= settings->health_interval;
}

static void look(struct hearth_scheduler *scheduler)
{
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        if (!scheduler->draining && is_due(scheduler->options.settings, model))
            send_probe(scheduler, model);
}

static void on_look_time(void *argument)
{
    look(argument);
}

void hearth_scheduler_probe(struct hearth_scheduler *scheduler)
{
    const struct hearth_settings *settings = scheduler->options.settings;
    scheduler->probe_timer = hearth_timer_create(scheduler->options.loop, on_look_time, scheduler);
    if (settings->warm_up || settings->health_interval)
        hearth_timer_start(scheduler->probe_timer, LOOK_MS, LOOK_MS);
}

void hearth_scheduler_stop_probes(struct hearth_scheduler *scheduler)
{
    hearth_timer_destroy(scheduler->probe_timer);
}
