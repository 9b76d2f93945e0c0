/* One line for each event: the argument is the metrics. */
#include "server/metrics_observer.h"

#include "gateway/metrics.h"

static void on_queue_wait(void *argument, const char *model, uint64_t wait_ms)
{
    hearth_metrics_queue_wait(argument, model, wait_ms);
}

static void on_tokenized(void *argument, const char *model, uint64_t took_us)
{
    hearth_metrics_tokenized(argument, model, took_us);
}

static void on_computed(void *argument, const char *model, uint64_t took_us)
{
    hearth_metrics_computed(argument, model, took_us);
}

static void on_first_event(void *argument, const char *model, uint64_t since_submit_us)
{
    hearth_metrics_first_event(argument, model, since_submit_us);
}

static void on_gap(void *argument, const char *model, uint64_t gap_us)
{
    hearth_metrics_gap(argument, model, gap_us);
}

static void on_end(void *argument, const char *model, int code, uint64_t tokens_in,
                   uint64_t tokens_out)
{
    (void)tokens_in, (void)tokens_out; /* the reports of the scheduler add them up */
    hearth_metrics_ended(argument, model, code);
}

static void on_forgotten(void *argument, const char *model)
{
    hearth_metrics_forget(argument, model);
}

struct hearth_scheduler_observer hearth_metrics_observer(struct hearth_metrics *metrics)
{
    return (struct hearth_scheduler_observer){
        .on_queue_wait = on_queue_wait,
        .on_tokenized = on_tokenized,
        .on_computed = on_computed,
        .on_first_event = on_first_event,
        .on_gap = on_gap,
        .on_end = on_end,
        .on_forgotten = on_forgotten,
        .argument = metrics,
    };
}
