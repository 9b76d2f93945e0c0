/* A worker: the process of one loaded model. It has three threads: the loop thread talks to the
 * gateway over descriptor 3, the compute thread owns the engine, and one lane prepares inputs.
 *
 *     NEW ─HELLO▶ STARTING ─loaded▶ READY ─STOP▶ DRAINING ─▶ ended
 *
 * What both threads touch lies under `lock`; each field below says whose it is. */
#ifndef HEARTH_WORKER_WORKER_H
#define HEARTH_WORKER_WORKER_H

#include "base/buf.h"
#include "domain/batch.h"
#include "domain/speculation.h"
#include "domain/turns.h"
#include "hearth/engine.h"
#include "wire/ipc_adapter.h"
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"
#include "worker/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define WORKER_CHANNEL 3
#define STREAM_BUCKETS 256u
#define STREAMS_MAX 4096u
#define WORKER_SLOTS_MAX 4096u

struct prefixes;
struct worker;

/* A request. Made and freed by the loop thread. */
struct stream {
    struct worker *worker;
    struct stream *next_in_bucket; /* loop */
    struct stream *next;           /* of the list that it is in; whoever owns the list */
    uint32_t id;
    struct hearth_ipc_request *request; /* read-only */

    /* The prepare lane, then whoever has the stream. */
    struct hearth_prepared *prepared;
    uint32_t prepare_us;
    struct hearth_buf text; /* the answer of detokenize, or the tokens' texts behind each other */
    uint32_t *piece_ends;   /* where each token's text ends in `text`; NULL: not asked for */
    struct hearth_error failure;
    atomic_int stop_preparing; /* set by the loop: what the input's `canceled` points to */

    /* Under the lock. */
    int64_t credit; /* may fall below 0 by what one step emits */
    bool canceled;
    uint32_t in_step; /* tokens of the step that runs now */

    /* Compute. */
    uint32_t sequence;
    bool waits;      /* it has a sequence, and may not be stepped yet (prefixes.h) */
    uint64_t ticket; /* of a load from disk that it waits for (prefix_disk.h); 0: none */
    bool rests;      /* its client does not read, as prefixes.h knows */
    bool tried;      /* the engine was given it in a step, maybe one that was broken off */
    bool begun;      /* the engine has taken `prepared` */
    bool finished;   /* DONE or ERROR was emitted */
    int failed;      /* an event could not be sent: it ends with this code */
    uint32_t spent;
    struct hearth_batch_sequence batch;
    struct hearth_turn turn; /* while it waits for a sequence */
    struct hearth_speculation speculation[HEARTH_DRAFT_METHODS];
    enum hearth_draft_method method; /* of what is drafted, or was checked */
    uint32_t checked;                /* drafted tokens that the last step checked */
    uint64_t arrived_us, began_us, prefilled_us;
};

enum worker_state { WORKER_NEW, WORKER_STARTING, WORKER_READY, WORKER_DRAINING, WORKER_ENDING };

enum adapter_state { ADAPTER_NONE, ADAPTER_COMES, ADAPTER_THERE };

struct worker {
    /* Loop. */
    struct hearth_loop *loop;
    struct hearth_channel *channel;
    struct hearth_ipc_reader *reader;
    struct hearth_lane *prepare_lane;
    struct hearth_timer *abort_timer, *end_timer;
    struct watch *watch;
    size_t preparing_count; /* requests that the lane has */
    bool broken;            /* the watch gave its work up: nothing else is told any more */
    enum worker_state state;
    bool stop_asked;
    int exit_status;
    struct stream *buckets[STREAM_BUCKETS];
    size_t stream_count;
    uint64_t prepared_count, canceled_count;
    bool compute_started, compute_ended;

    /* Read-only once the compute thread runs; `ops` and `engine` once READY. */
    struct hearth_ipc_hello hello;
    uint32_t sandbox;      /* reached */
    uint32_t slots, batch; /* as loaded, and so are the facts */
    struct hearth_model_facts facts;
    uint32_t adapter_places;
    const struct hearth_engine_ops *ops;
    struct hearth_engine *engine;
    pthread_t compute;

    struct prefixes *prefixes; /* compute's */

    atomic_bool give_up; /* loading: the gateway wants it to end */
    atomic_int adapter_states[HEARTH_IPC_ADAPTER_PLACES_MAX]; /* enum adapter_state */
    atomic_ullong prepare_us;

    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t changed;
    struct stream *arrived, **arrived_last;
    struct adapter_order *adapter_orders;
    bool cancels;     /* a stream that compute has was canceled */
    bool finish;      /* unload and end */
    bool prefix_news; /* the disk's thread has something */
    bool stepping;
    uint64_t step_started_us;
    uint32_t step_tokens, step_canceled_tokens;
    uint64_t counters[HEARTH_COUNTER_COUNT];
};

uint64_t worker_now_us(void);

/* loop thread: worker.c */
int worker_run(void);
void worker_deliver(void *parcel);       /* a post of the compute thread */
void worker_loaded(void *worker);        /* a post: READY was sent */
void worker_failed(void *worker);        /* a post: FAILED or a probe's STARTED was sent */
void worker_compute_ended(void *worker); /* a post, the compute thread's last */

/* loop thread: streams.c */
void streams_request(struct worker *worker, const struct hearth_ipc_frame *frame);
int streams_credit(struct worker *worker, const struct hearth_ipc_frame *frame);
void streams_cancel(struct worker *worker, uint32_t id);
void streams_abort_again(void *worker); /* the abort timer */
void streams_end(struct worker *worker, struct stream *stream);
struct stream *streams_find(struct worker *worker, uint32_t id);

/* adapters.c, loop thread: a frame ADAPTER or ADAPTER_DROP; HEARTH_EPARSE when it may not come now.
 */
int adapters_frame(struct worker *worker, const struct hearth_ipc_frame *frame);
/* May an input name this place? */
bool adapters_has(const struct worker *worker, uint32_t place);
/* Compute thread, between steps: does the orders and frees them. */
void adapters_execute(struct worker *worker, struct adapter_order *orders);

/* compute thread: compute.c */
void *compute_run(void *worker);
/* load.c: false when it failed or was a probe, and the frames say so. */
bool load_model(struct worker *worker);

#endif
