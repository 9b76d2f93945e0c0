/* The compute thread: it owns the engine, gives sequences to requests and composes the steps. */
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "worker/drafting.h"
#include "worker/parcel.h"
#include "worker/plugin.h"
#include "worker/prefixes.h"
#include "worker/worker.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#define GAP_MAX_MS 100u
/* Steps on end that an engine may break off unasked (an abort that came late), before it counts as
 * a failure. */
#define BROKEN_STEPS_MAX 100

struct compute {
    struct hearth_event_sink sink; /* first: the engine gives it back */
    struct worker *worker;
    struct stream **running;                /* by sequence; NULL: free */
    struct hearth_turn_sequence *sequences; /* the same, as the choice of one sees them */
    struct hearth_turns waiting;            /* prepared */
    struct outbox outbox;                   /* what this round says */
    struct prefixes prefixes;
    struct hearth_batch_pace pace;
    struct drafting drafting;
    uint32_t step_rows, step_prefill; /* tokens of the step that runs; of these, prompts' */
    bool step_decodes;
    uint64_t steps, step_tokens, step_us;
    uint64_t stepped_us; /* when the last step ended */
    unsigned broken_steps;
    struct stream **step_streams; /* those of the step that runs, in the order of its items */
    struct hearth_batch_sequence **candidates;
    struct hearth_step_item *items;
};

/* The stream's last frame has been put: it leaves its sequence and goes back with the parcel. */
static void retire(struct compute *compute, struct stream *stream)
{
    struct parcel *parcel = outbox_parcel(&compute->outbox);
    if (stream->began_us) {
        assert(compute->running[stream->sequence] == stream);
        prefixes_end(&compute->prefixes, stream);
        compute->running[stream->sequence] = NULL;
        compute->sequences[stream->sequence] =
            (struct hearth_turn_sequence){.freed_at = compute->steps + 1};
    }
    stream->next = parcel->ended;
    parcel->ended = stream;
}

static void fail(struct compute *compute, struct stream *stream, int code, const char *message)
{
    hearth_ipc_put_failure(&outbox_parcel(&compute->outbox)->frames, HEARTH_IPC_ERROR, stream->id,
                           code, message);
    retire(compute, stream);
}

/* Events
 * ------ */
static struct hearth_ipc_times times_of(const struct stream *stream)
{
    uint64_t now_us = worker_now_us();
    uint64_t prefilled_us = stream->prefilled_us ? stream->prefilled_us : now_us;
    return (struct hearth_ipc_times){.queued_us = stream->began_us - stream->arrived_us,
                                     .prefill_us = prefilled_us - stream->began_us,
                                     .decode_us = now_us - prefilled_us};
}

/* The last event of a stream must always get through, so it costs nothing. */
static bool uses_credit(enum hearth_event_kind kind)
{
    return kind != HEARTH_EVENT_DONE && kind != HEARTH_EVENT_ERROR;
}

/* Called by the engine from within a step. A stream that has ended, or failed to send, takes no
 * more events; one whose event cannot be sent is canceled after the step, since the engine must not
 * be called from here. A frame with a descriptor closes its parcel: a parcel carries one. */
static void on_event(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct compute *compute = (struct compute *)sink;
    struct worker *worker = compute->worker;
    struct stream *stream =
        event->sequence < worker->slots ? compute->running[event->sequence] : NULL;
    if (!stream || stream->finished || stream->failed)
        return;
    const struct hearth_ipc_times times = times_of(stream);
    struct parcel *parcel = outbox_parcel(&compute->outbox);
    int descriptor = -1;
    int rc = hearth_ipc_put_event(&parcel->frames, stream->id, event,
                                  event->kind == HEARTH_EVENT_DONE ? &times : NULL, &descriptor);
    if (rc) {
        stream->failed = rc;
        return;
    }
    if (descriptor >= 0) {
        parcel->descriptor = descriptor;
        outbox_send(&compute->outbox);
    }
    if (uses_credit(event->kind))
        stream->spent++;
    else
        stream->finished = true;
    if (event->kind == HEARTH_EVENT_DONE)
        drafting_count(&compute->drafting, event);
}

/* Sequences
 * --------- */
static struct stream *stream_of_turn(struct hearth_turn *turn)
{
    return (struct stream *)((char *)turn - offsetof(struct stream, turn));
}

/* The time since which it waits decides in domain/batch.c who is served first; both orders use the
 * same number. */
static void wait_in_order(struct compute *compute, struct stream *stream)
{
    stream->turn.class_ = stream->batch.class_;
    hearth_turns_add(&compute->waiting, &stream->turn);
    stream->batch.since = stream->turn.came;
}

/* What each free sequence holds of the prompt; an engine that cannot tell holds nothing, and where
 * prefixes are kept no free sequence does. */
static bool choose_sequence(struct compute *compute, const struct hearth_prepared *prepared,
                            uint32_t *ret_sequence)
{
    const struct worker *worker = compute->worker;
    bool asks = PLUGIN_HAS(worker->ops, held_tokens) && !compute->prefixes.tree;
    for (uint32_t i = 0; asks && i < worker->slots; i++)
        if (!compute->sequences[i].busy)
            compute->sequences[i].held = worker->ops->held_tokens(worker->engine, i, prepared);
    return hearth_turns_choose(compute->sequences, worker->slots, ret_sequence);
}

/* At least one token of a prompt must be computed even when all of it is held: its logits are
 * needed for the next one. */
static void give_sequences(struct compute *compute)
{
    uint32_t sequence;
    while (compute->waiting.first &&
           choose_sequence(compute, stream_of_turn(compute->waiting.first)->prepared, &sequence)) {
        struct stream *stream = stream_of_turn(hearth_turns_take(&compute->waiting));
        uint32_t count = stream->prepared->token_count;
        uint32_t held = compute->sequences[sequence].held;
        compute->running[sequence] = stream;
        compute->sequences[sequence].busy = true;
        stream->sequence = sequence;
        stream->batch.prompt_left = held < count ? count - held : 1;
        stream->batch.indivisible = stream->prepared->indivisible;
        stream->began_us = worker_now_us();
        prefixes_enter(&compute->prefixes, stream);
        drafting_begin(&compute->drafting, stream);
    }
    prefixes_start(&compute->prefixes, compute->running);
}

/* Under the lock. */
static struct stream *take_arrived(struct worker *worker)
{
    struct stream *arrived = worker->arrived;
    worker->arrived = NULL;
    worker->arrived_last = &worker->arrived;
    return arrived;
}

/* Under the lock: out of the waiting and the running; linked by `next`. */
static struct stream *take_canceled(struct compute *compute)
{
    struct worker *worker = compute->worker;
    struct stream *canceled = NULL;
    if (!worker->cancels)
        return NULL;
    worker->cancels = false;
    for (struct hearth_turn *turn = compute->waiting.first, *next; turn; turn = next) {
        struct stream *stream = stream_of_turn(turn);
        next = turn->next;
        if (!stream->canceled)
            continue;
        hearth_turns_remove(&compute->waiting, turn);
        stream->next = canceled;
        canceled = stream;
    }
    for (uint32_t i = 0; i < worker->slots; i++) {
        struct stream *stream = compute->running[i];
        if (stream && stream->canceled) {
            stream->next = canceled;
            canceled = stream;
        }
    }
    return canceled;
}

/* The engine only knows streams that were given to it in a step. */
static void end_canceled(struct compute *compute, struct stream *canceled)
{
    struct worker *worker = compute->worker;
    for (struct stream *stream = canceled, *next; stream; stream = next) {
        next = stream->next;
        if (stream->tried)
            worker->ops->cancel(worker->engine, stream->sequence);
        fail(compute, stream, HEARTH_ECANCELED, "canceled");
    }
}

/* Steps
 * ----- */
/* Under the lock: those that may emit. `*ret_news`: somebody may start for whom another stood in
 * the way. */
static size_t collect_candidates(struct compute *compute, bool *ret_news)
{
    size_t count = 0;
    for (uint32_t i = 0; i < compute->worker->slots; i++) {
        struct stream *stream = compute->running[i];
        *ret_news |= stream && prefixes_rest(&compute->prefixes, stream);
        if (stream && stream->credit > 0 && !stream->waits)
            compute->candidates[count++] = &stream->batch;
    }
    return count;
}

static struct stream *stream_of(struct hearth_batch_sequence *sequence)
{
    return (struct stream *)((char *)sequence - offsetof(struct stream, batch));
}

/* The longest gap between two tokens that prompts beside them may make. */
static uint64_t gap_us(const struct worker *worker)
{
    return UINT64_C(1000) * (worker->hello.gap_max_ms ? worker->hello.gap_max_ms : GAP_MAX_MS);
}

/* Under the lock: what cancel needs to know of the step. */
static size_t compose(struct compute *compute, bool *ret_news)
{
    struct worker *worker = compute->worker;
    const struct hearth_batch_limits limits = {.tokens_max = worker->batch,
                                               .prefill_max = hearth_batch_pace_prefill_max(
                                                   &compute->pace, gap_us(worker), worker->batch)};
    size_t candidates = collect_candidates(compute, ret_news), count = 0;
    if (!candidates)
        return 0;
    worker->step_tokens = hearth_batch_compose(&limits, compute->candidates, candidates);
    worker->step_canceled_tokens = 0;
    compute->step_rows = worker->step_tokens;
    compute->step_prefill = 0;
    compute->step_decodes = false;
    for (size_t i = 0; i < candidates; i++) {
        struct hearth_batch_sequence *sequence = compute->candidates[i];
        struct stream *stream = stream_of(sequence);
        stream->in_step = sequence->token_count;
        stream->tried |= sequence->token_count > 0;
        if (!sequence->token_count)
            continue;
        compute->step_prefill += sequence->prompt_left ? sequence->token_count : 0;
        compute->step_decodes |= sequence->prompt_left == 0;
        stream->checked = sequence->prompt_left ? 0 : sequence->token_count - 1;
        compute->step_streams[count] = stream;
        compute->items[count++] =
            (struct hearth_step_item){.sequence = stream->sequence,
                                      .begin = stream->begun ? NULL : stream->prepared,
                                      .token_count = sequence->token_count};
    }
    worker->stepping = true;
    worker->step_started_us = worker_now_us();
    return count;
}

/* A step may compute more tokens than the prompt has left, when the first token of the answer is
 * part of it. */
static void advance(struct stream *stream, uint64_t now_us)
{
    struct hearth_batch_sequence *sequence = &stream->batch;
    stream->begun = true;
    if (!sequence->prompt_left)
        return;
    sequence->prompt_left -= sequence->token_count < sequence->prompt_left ? sequence->token_count
                                                                           : sequence->prompt_left;
    if (!sequence->prompt_left)
        stream->prefilled_us = now_us;
}

/* Those that ended in the step, and those whose events could not be sent. */
static void settle(struct compute *compute, size_t count, uint64_t now_us)
{
    struct worker *worker = compute->worker;
    for (size_t i = 0; i < count; i++) {
        struct stream *stream = compute->step_streams[i];
        bool reads = stream->batch.prompt_left > 0;
        advance(stream, now_us);
        if (reads && !stream->finished)
            prefixes_grow(&compute->prefixes, stream);
        if (stream->finished) {
            retire(compute, stream);
        } else if (stream->failed) {
            worker->ops->cancel(worker->engine, stream->sequence);
            fail(compute, stream, stream->failed, "the answer is too large");
        }
    }
}

/* The engine failed as a whole: every sequence that it has ends. */
static void fail_all(struct compute *compute, int rc, const struct hearth_error *error)
{
    struct worker *worker = compute->worker;
    for (uint32_t i = 0; i < worker->slots; i++) {
        struct stream *stream = compute->running[i];
        if (!stream || !stream->tried)
            continue;
        if (stream->finished)
            retire(compute, stream);
        else
            fail(compute, stream, error->code ? error->code : rc,
                 error->code ? error->message : "the engine failed");
    }
}

/* Under the lock: into the buckets of enum hearth_worker_counter. */
static void count_step(struct worker *worker)
{
    static const uint32_t tokens[] = {16, 64, 256, 1024, 4096}, per_cent[] = {10, 25, 50, 75, 90};
    uint64_t fill = 100ull * worker->step_tokens / worker->batch;
    int by_tokens = 0, by_fill = 0;
    while (by_tokens < 5 && worker->step_tokens > tokens[by_tokens])
        by_tokens++;
    while (by_fill < 5 && fill > per_cent[by_fill])
        by_fill++;
    worker->counters[HEARTH_COUNT_BATCH] = worker->batch;
    worker->counters[HEARTH_COUNT_TOKENS_FIRST + by_tokens]++;
    worker->counters[HEARTH_COUNT_FILL_FIRST + by_fill]++;
}

/* Credit is paid after the step, so it may fall below 0 by what one step emits; then the stream
 * rests until more comes. */
static void account(struct compute *compute, size_t count, uint64_t step_us)
{
    struct worker *worker = compute->worker;
    pthread_mutex_lock(&worker->lock);
    worker->stepping = false;
    for (size_t i = 0; i < count; i++) {
        struct stream *stream = compute->step_streams[i];
        stream->in_step = 0;
        stream->credit -= stream->spent;
        stream->spent = 0;
    }
    compute->steps++;
    compute->step_tokens += worker->step_tokens;
    compute->step_us += step_us;
    count_step(worker);
    pthread_mutex_unlock(&worker->lock);
}

/* An engine that was told to abort gives HEARTH_ECANCELED and has changed nothing that a later step
 * would not do again: the same items are composed anew, without those that were canceled. */
static void step(struct compute *compute, size_t count)
{
    struct worker *worker = compute->worker;
    struct hearth_error error = {0};
    uint64_t began_us = worker_now_us();
    int rc = worker->ops->step(worker->engine, compute->items, count, &compute->sink, &error);
    uint64_t now_us = worker_now_us();
    compute->stepped_us = now_us;
    account(compute, count, now_us - began_us);
    if (rc == HEARTH_ECANCELED && ++compute->broken_steps <= BROKEN_STEPS_MAX)
        return;
    compute->broken_steps = 0;
    if (rc) {
        fail_all(compute, rc, &error);
        return;
    }
    drafting_observe(&compute->drafting, compute->step_rows, compute->step_prefill,
                     now_us - began_us);
    settle(compute, count, now_us);
    hearth_batch_pace_observe(&compute->pace, compute->step_prefill, compute->step_decodes,
                              now_us - began_us);
}

/* Under the lock. */
static void publish(struct compute *compute)
{
    struct worker *worker = compute->worker;
    uint64_t busy = 0;
    for (uint32_t i = 0; i < worker->slots; i++)
        busy += compute->running[i] != NULL;
    worker->counters[HEARTH_COUNT_SEQUENCES_BUSY] = busy;
    worker->counters[HEARTH_COUNT_STEPS] = compute->steps;
    worker->counters[HEARTH_COUNT_STEP_TOKENS] = compute->step_tokens;
    worker->counters[HEARTH_COUNT_STEP_US] = compute->step_us;
    prefixes_count(&compute->prefixes, worker->counters);
    worker->counters[HEARTH_COUNT_DRAFTED] = compute->drafting.drafted;
    worker->counters[HEARTH_COUNT_ACCEPTED] = compute->drafting.accepted;
}

/* Under the lock, which is let go while it waits or copies. */
static void rest(struct compute *compute)
{
    struct worker *worker = compute->worker;
    pthread_mutex_unlock(&worker->lock);
    uint64_t again_us = prefixes_save(&compute->prefixes, worker_now_us() - compute->stepped_us);
    pthread_mutex_lock(&worker->lock);
    bool nothing = !worker->arrived && !worker->cancels && !worker->adapter_orders &&
                   !worker->finish && !worker->prefix_news;
    if (again_us == 1 || !nothing)
        return;
    if (!again_us) {
        pthread_cond_wait(&worker->changed, &worker->lock);
        return;
    }
    uint64_t until_us = worker_now_us() + again_us;
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                                   .tv_nsec = (long)(until_us % 1000000) * 1000};
    pthread_cond_clockwait(&worker->changed, &worker->lock, CLOCK_MONOTONIC, &until);
}

/* Takes what came, steps once, or waits; false when it is to end. The lock is let go between taking
 * and composing, because canceling and choosing a sequence call the engine. What came meanwhile is
 * seen before waiting: `arrived` and `cancels` are looked at under the lock that compose took, so
 * no wake-up is lost. */
static bool round_(struct compute *compute)
{
    struct worker *worker = compute->worker;
    pthread_mutex_lock(&worker->lock);
    struct stream *arrived = take_arrived(worker);
    struct stream *canceled;
    for (struct stream *next; arrived; arrived = next) {
        next = arrived->next;
        wait_in_order(compute, arrived);
    }
    canceled = take_canceled(compute);
    struct adapter_order *orders = worker->adapter_orders;
    worker->adapter_orders = NULL;
    pthread_mutex_unlock(&worker->lock);
    end_canceled(compute, canceled);
    adapters_execute(worker, orders);
    give_sequences(compute);
    drafting_draft(&compute->drafting, compute->running, worker->slots);
    outbox_send(&compute->outbox);
    pthread_mutex_lock(&worker->lock);
    publish(compute);
    bool news = false;
    size_t count = worker->cancels ? 0 : compose(compute, &news);
    bool finish = worker->finish;
    news |= worker->prefix_news;
    worker->prefix_news = false;
    if (!count && !news && !finish && !worker->arrived && !worker->cancels &&
        !worker->adapter_orders)
        rest(compute);
    pthread_mutex_unlock(&worker->lock);
    if (count)
        step(compute, count);
    outbox_send(&compute->outbox);
    return !finish;
}

/* Everything that belongs to the engine is made, used and freed on this one thread; engines need no
 * locks for it. */
void *compute_run(void *argument)
{
    struct worker *worker = argument;
    pthread_setname_np(pthread_self(), "compute");
    if (load_model(worker)) {
        struct compute compute = {.sink.emit = on_event, .worker = worker, .outbox = {worker}};
        compute.running = hearth_calloc(worker->slots, sizeof(*compute.running));
        compute.sequences = hearth_calloc(worker->slots, sizeof(*compute.sequences));
        compute.step_streams = hearth_calloc(worker->slots, sizeof(*compute.step_streams));
        compute.candidates = hearth_calloc(worker->slots, sizeof(*compute.candidates));
        compute.items = hearth_calloc(worker->slots, sizeof(*compute.items));
        prefixes_init(&compute.prefixes, worker);
        drafting_init(&compute.drafting, worker);
        while (round_(&compute)) {
        }
        drafting_finish(&compute.drafting);
        prefixes_finish(&compute.prefixes);
        hearth_free(compute.running);
        hearth_free(compute.sequences);
        hearth_free(compute.step_streams);
        hearth_free(compute.candidates);
        hearth_free(compute.items);
        worker->ops->unload(worker->engine);
    }
    hearth_loop_post(worker->loop, worker_compute_ended, worker);
    return NULL;
}
