/* The inferences of one call: the one way from a route to models.
 *
 * A work (text that is generated, vectors, tokens, another try of a dead letter) embeds an
 * answering as its first member and says in a table what it asks and what it does with what comes.
 * The answering submits the inferences, gives their credit, ends what is left when one fails or the
 * client goes away, and frees the work when nothing can reach it any more.
 *
 * Life: start takes the call and its body over. Then the table's events come, for each part until
 * it has ended. The work ends itself with hearth_answering_end, from on_complete, on_failed or any
 * other event, and answers the call that it gets back; or on_gone comes. After either, no event
 * comes, and `release` is called once: when the outermost event has returned, and no thread of the
 * pool reads the work (hearth_answering_elsewhere).
 *
 * Ownership: what the pool may read lies in the work, never in the call, its exchange or their
 * arena, which end with the client. Loop thread only, but for `run` of hearth_answering_elsewhere.
 */
#ifndef HEARTH_TASK_ANSWERING_H
#define HEARTH_TASK_ANSWERING_H

#include "gateway/call.h"
#include "serving/inference.h"

struct hearth_answering;
struct hearth_answering_part;
struct hearth_shared_input;

enum {
    HEARTH_NO_PART = UINT32_MAX,    /* an error that is of no part alone */
    HEARTH_CREDIT_COLLECTED = 4096, /* nothing holds a collected answer back */
    HEARTH_CREDIT_STREAMED = 64,    /* events under way to a client that reads slowly */
};

/* `part` counts from 0. */
struct hearth_answering_ops {
    /* What a part asks, one use of it: the answering releases it. NULL without memory. The offset,
     * 0 before, is added to the sampling's seed: choices of one input share it and differ by that.
     */
    struct hearth_shared_input *(*ask)(struct hearth_answering *answering, uint32_t part,
                                       uint64_t *ret_seed_offset);
    /* All parts have ended: end and answer, or go elsewhere first. */
    void (*on_complete)(struct hearth_answering *answering);
    /* A part has failed, or all together: end and answer. */
    void (*on_failed)(struct hearth_answering *answering, uint32_t part,
                      const struct hearth_error *error, uint32_t retry_after_ms);
    void (*release)(struct hearth_answering *answering);

    /* optional */
    void (*on_loading)(struct hearth_answering *answering, float fraction);
    void (*on_prepared)(struct hearth_answering *answering, uint32_t part, uint32_t token_count,
                        uint32_t truncated_count);
    void (*on_event)(struct hearth_answering *answering, uint32_t part,
                     const struct hearth_event *event);
    void (*on_tokens)(struct hearth_answering *answering, const int32_t *tokens, size_t count);
    /* A result other than 0 says that the part has failed after all. */
    int (*on_done)(struct hearth_answering *answering, uint32_t part,
                   const struct hearth_inference_done *done, struct hearth_error *error);
    /* A part has failed; true when the answer goes on without it. */
    bool (*on_missed)(struct hearth_answering *answering, uint32_t part,
                      const struct hearth_error *error, uint32_t retry_after_ms);
    /* The client is gone, or the server stops (HEARTH_EDRAINING: an answer that has begun may be
     * written to once more). Parts that still run are canceled after. */
    void (*on_gone)(struct hearth_answering *answering, int reason);
};

/* Set the first members, up to `keeps_body`, and zero the rest; only answering.c writes to it after
 * start. */
struct hearth_answering {
    const struct hearth_answering_ops *ops;
    uint32_t count;
    /* Parts in the model's queue at once, so that a long list neither fills it nor keeps others
     * out: the next ones follow as workers take those up, and also wait when it is full. 0: all at
     * once, and a full queue is an error. */
    uint32_t waiting_max;
    /* The work reads the body until it is released; else it is freed once all parts are submitted.
     */
    bool keeps_body;

    struct hearth_call *call; /* NULL once it was handed back or the client is gone */
    struct hearth_gateway *gateway;
    struct hearth_call_body body;           /* `json` may be read on the pool */
    struct hearth_inference_target *target; /* the version that answers all parts */
    struct hearth_shared_input *last; /* the input of the last part, until all are submitted */
    /* Bytes of inputs that are counted with the bodies; an input that is shared counts once. */
    uint64_t room;
    struct hearth_answering_part *parts;
    uint32_t next;                 /* the next part to be submitted */
    uint32_t live, taken, ended;   /* parts: submitted; of these with a worker; ended */
    uint32_t depth;                /* how many events are under way, one within another */
    bool admitted;                 /* a part was let into the queue */
    bool time_out;                 /* time is over: parts that have not begun are not begun */
    bool paused;                   /* the client does not read */
    bool completed, over, is_away; /* is_away: the pool reads it */
    void (*run)(struct hearth_answering *answering);
    void (*then)(struct hearth_answering *answering);
};

/* What all parts of a call have in common: whose it is, until when, under which id. Its texts live
 * in the call's arena. `credit`: events of a part that may be under way. */
struct hearth_inference_request hearth_answering_request(struct hearth_call *call,
                                                         const char *model,
                                                         enum hearth_class class_, uint32_t credit);

/* Takes the call over, whatever comes of it. */
void hearth_answering_start(struct hearth_answering *answering, struct hearth_call *call,
                            const struct hearth_inference_request *request);

/* Cancels what still runs. The call comes back to be answered, at once. */
struct hearth_call *hearth_answering_end(struct hearth_answering *answering);

/* Runs `run` on the pool, then `then` on the loop, if the client is still there; on_failed when the
 * pool refuses. From on_complete. */
void hearth_answering_elsewhere(struct hearth_answering *answering,
                                void (*run)(struct hearth_answering *answering),
                                void (*then)(struct hearth_answering *answering));

/* The client does not read: no credit is given until it does. */
void hearth_answering_pause(struct hearth_answering *answering);
/* Of a part that runs; NULL before and after. */
const struct hearth_inference *hearth_answering_inference(const struct hearth_answering *answering,
                                                          uint32_t part);

#endif
