#include "serving/request_meter.h"

#include "base/clock.h"
#include "catalog/catalog.h"
#include "serving/model_identity.h"
#include "wire/ipc_event.h"

#include <stddef.h>

static uint64_t now_us(void)
{
    return hearth_clock_monotonic_ns() / 1000;
}

void hearth_meter_submitted(struct hearth_request_meter *meter)
{
    meter->submitted_us = now_us();
}

/* Requests that come later were submitted after this, so their load takes no time. */
void hearth_meter_model_is_ready(struct hearth_request_meter *meter)
{
    if (!meter->ready_us)
        meter->ready_us = now_us();
}

void hearth_meter_sent(struct hearth_request_meter *meter,
                       const struct hearth_model_identity *identity)
{
    const struct hearth_scheduler_observer *observer = identity->observer;
    meter->sent_us = now_us();
    if (observer && observer->on_queue_wait)
        observer->on_queue_wait(observer->argument, identity->entry->id,
                                (meter->sent_us - meter->submitted_us) / 1000);
}

void hearth_meter_prepared(struct hearth_request_meter *meter,
                           const struct hearth_model_identity *identity,
                           const struct hearth_ipc_prepared *prepared)
{
    const struct hearth_scheduler_observer *observer = identity->observer;
    if (observer && observer->on_tokenized && prepared->prepare_us)
        observer->on_tokenized(observer->argument, identity->entry->id, prepared->prepare_us);
    meter->tokens_in = prepared->token_count;
    meter->truncated = prepared->truncated_count;
}

/* The first event ends the wait that a person feels; later ones give the gaps between tokens. */
void hearth_meter_event(struct hearth_request_meter *meter,
                        const struct hearth_model_identity *identity,
                        const struct hearth_event *event)
{
    const struct hearth_scheduler_observer *observer = identity->observer;
    uint64_t now = now_us(), last = meter->last_event_us;
    meter->tokens_out += event->token_count;
    meter->last_event_us = now;
    if (!observer)
        return;
    if (last && observer->on_gap)
        observer->on_gap(observer->argument, identity->entry->id, now - last);
    if (!last && observer->on_first_event)
        observer->on_first_event(observer->argument, identity->entry->id,
                                 now - meter->submitted_us);
}

void hearth_meter_done(struct hearth_request_meter *meter,
                       const struct hearth_model_identity *identity,
                       const struct hearth_ipc_event *event, struct hearth_inference_done *ret_done)
{
    /* submitted ──load──▶ started ──queue──▶ sent ──worker's queue, prefill, decode──▶ done.
     * The load is over before it was submitted when the model was loaded already. */
    uint64_t started_us =
        meter->ready_us > meter->submitted_us ? meter->ready_us : meter->submitted_us;
    *ret_done = (struct hearth_inference_done){
        .finish = event->event.finish,
        .stop = event->event.stop,
        .prompt_tokens = event->event.prompt_tokens,
        .cached_tokens = event->event.cached_tokens,
        .completion_tokens = event->event.completion_tokens,
        .truncated_tokens = meter->truncated,
        .drafted_tokens = event->event.drafted_tokens,
        .accepted_tokens = event->event.accepted_tokens,
        .queued_us = meter->sent_us - started_us + event->times.queued_us,
        .load_us = started_us - meter->submitted_us,
        .prefill_us = event->times.prefill_us,
        .decode_us = event->times.decode_us,
    };
    const struct hearth_scheduler_observer *observer = identity->observer;
    if (observer && observer->on_computed)
        observer->on_computed(observer->argument, identity->entry->id,
                              ret_done->prefill_us + ret_done->decode_us);
    meter->tokens_in = ret_done->prompt_tokens;
    meter->tokens_out = ret_done->completion_tokens;
}

/* Also of requests that no worker has seen: they were submitted, and the sums of ends must be those
 * of submissions. */
void hearth_meter_ended(const struct hearth_request_meter *meter,
                        const struct hearth_model_identity *identity, int code)
{
    const struct hearth_scheduler_observer *observer = identity->observer;
    if (observer && observer->on_end)
        observer->on_end(observer->argument, identity->entry->id, code, meter->tokens_in,
                         meter->tokens_out);
}

void hearth_meter_hand_over(struct hearth_request_meter *from, struct hearth_request_meter *to)
{
    to->sent_us = from->sent_us;
    to->truncated = from->truncated;
    to->tokens_in = from->tokens_in;
    from->tokens_in = 0; /* counted once, by the one that ends with them */
}
