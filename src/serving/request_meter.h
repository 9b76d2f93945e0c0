/* Times and tokens of one request: what its answer says of itself, and what the metrics hear. Only
 * request_meter.c changes a meter. Microseconds of the monotonic clock. Loop thread only. */
#ifndef HEARTH_SERVING_REQUEST_METER_H
#define HEARTH_SERVING_REQUEST_METER_H

#include "hearth/engine.h"
#include "serving/inference.h"

#include <stdint.h>

struct hearth_ipc_event;
struct hearth_ipc_prepared;
struct hearth_model_identity;

struct hearth_request_meter {
    uint64_t submitted_us, ready_us, sent_us, last_event_us; /* 0: not yet */
    uint64_t tokens_in, tokens_out;                          /* as far as they are known */
    uint32_t truncated;
};

void hearth_meter_submitted(struct hearth_request_meter *meter);
/* Its model is loaded. The first word counts: a second load is part of the wait in the queue. */
void hearth_meter_model_is_ready(struct hearth_request_meter *meter);
void hearth_meter_sent(struct hearth_request_meter *meter,
                       const struct hearth_model_identity *identity);
void hearth_meter_prepared(struct hearth_request_meter *meter,
                           const struct hearth_model_identity *identity,
                           const struct hearth_ipc_prepared *prepared);
void hearth_meter_event(struct hearth_request_meter *meter,
                        const struct hearth_model_identity *identity,
                        const struct hearth_event *event);
/* It is computed: fills in what its answer says. */
void hearth_meter_done(struct hearth_request_meter *meter,
                       const struct hearth_model_identity *identity,
                       const struct hearth_ipc_event *event,
                       struct hearth_inference_done *ret_done);
/* It has ended, with `code` or 0. */
void hearth_meter_ended(const struct hearth_request_meter *meter,
                        const struct hearth_model_identity *identity, int code);
/* What was computed for `from` is computed for `to` from here on. */
void hearth_meter_hand_over(struct hearth_request_meter *from, struct hearth_request_meter *to);

#endif
