/* One request to a model, from submit to its end. It is put together of parts, each of which one
 * file changes; the others read it or ask that file.
 *
 *   queued   domain/queue.c       its place in the model's queue
 *   asked    request.c            what was asked, by whom, and who is told
 *   meter    request_meter.c      times and tokens
 *   share    vector_reuse.c       whose vector it waits for, and who waits for its own
 *   flight   flights.c            its stream at a worker, and how many of those have ended under it
 *   links    request_list.c       its place among all requests of its model
 *   waits    model_requests.c     whether it is in the queue, and what it is told later
 *
 * A callback of a request may cancel it or any other and may submit new ones. So whatever ends or
 * tells a request does its own books first, calls back last, and touches the request no more,
 * unless `gone` says that it is still there. Loop thread only. */
#ifndef HEARTH_SERVING_REQUEST_H
#define HEARTH_SERVING_REQUEST_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "serving/flights.h"
#include "serving/inference.h"
#include "serving/request_meter.h"
#include "serving/vector_reuse.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_model_requests;
struct hearth_served_model;
struct hearth_shared_input;

/* Who asks, the same for all parts of a target: counted, because parts outlive their target. */
struct hearth_caller {
    uint32_t uses;
    char *client, *traceparent, *request_id; /* the last two may be NULL */
};
struct hearth_caller *hearth_caller_create(const struct hearth_inference_request *request);
struct hearth_caller *hearth_caller_keep(struct hearth_caller *caller);
void hearth_caller_release(struct hearth_caller *caller);

struct hearth_request_asked {
    struct hearth_inference_events events;
    void *argument;
    struct hearth_shared_input *shared;
    struct hearth_input input;       /* the shared one, but for the sampling's seed */
    struct hearth_sampling sampling; /* of a generation: its own seed, the shared rest */
    uint64_t seed_offset;
    struct hearth_caller *caller;
    uint64_t deadline_ms; /* loop's clock; 0: none */
    uint32_t credit;      /* all that was ever given */
    bool is_probe;
};

struct hearth_request_links {
    struct hearth_inference *next, *previous; /* of all that the model has */
};

struct hearth_request_waits {
    bool in_queue;
    struct hearth_error failure; /* to be told from the timer; code 0: none */
    uint32_t retry_after_ms;     /* with the failure */
};

struct hearth_inference {
    struct hearth_queued queued; /* first: the queue hands this back */
    struct hearth_model_requests *requests;
    struct hearth_served_model *model; /* whose requests these are; inference.c's */
    struct hearth_request_asked asked;
    struct hearth_request_meter meter;
    struct hearth_vector_share share;
    struct hearth_request_flight flight;
    struct hearth_request_links links;
    struct hearth_request_waits waits;
    bool *gone; /* set when it is freed; NULL: nobody asks */
};

struct hearth_request_terms {
    struct hearth_caller *caller;
    enum hearth_class class_;
    uint64_t deadline_ms;
    uint32_t credit;
    bool is_probe;
};
/* Keeps caller and input. It is in no list. */
struct hearth_inference *hearth_request_create(const struct hearth_request_terms *terms,
                                               const struct hearth_inference_part *part,
                                               const struct hearth_inference_events *events,
                                               void *argument);
/* It is in no list any more. */
void hearth_request_destroy(struct hearth_inference *inference);
/* Nothing is copied that does not fit into a frame: HEARTH_ETOOLARGE. */
int hearth_request_check_size(const struct hearth_input *input, struct hearth_error *error);
void hearth_request_add_credit(struct hearth_inference *inference, uint32_t events);
bool hearth_request_generates(const struct hearth_inference *inference);

struct hearth_inference *hearth_request_of_share(struct hearth_vector_share *share);
struct hearth_inference *hearth_request_of_flight(struct hearth_request_flight *flight);

#endif
