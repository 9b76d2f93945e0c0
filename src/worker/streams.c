/* The loop thread's side of the requests: their table, preparing, credit, canceling. */
#include "base/error.h"
#include "base/memory.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "worker/parcel.h"
#include "worker/plugin.h"
#include "worker/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DETOKENIZE_MAX (16u << 20)
/* What preparing an input may take, as the clock on the wall goes: a share of a busy core for what
 * the engine bounds by processor time (src/chat/llama_chat.cpp), and more for long texts.
 */
#define PREPARE_MS 30000
#define PREPARE_BYTES_PER_MS 32
/* A step that runs longer is broken off for one canceled sequence, whatever the others lose. */
#define LONG_STEP_US 1000000
/* An abort may come between two steps: it is repeated while the step runs. */
#define ABORT_AGAIN_MS 20

struct stream *streams_find(struct worker *worker, uint32_t id)
{
    struct stream *stream = worker->buckets[id % STREAM_BUCKETS];
    while (stream && stream->id != id)
        stream = stream->next_in_bucket;
    return stream;
}

/* The compute thread has let go of it: it came back in a parcel, or never went there. */
void streams_end(struct worker *worker, struct stream *stream)
{
    struct stream **link = &worker->buckets[stream->id % STREAM_BUCKETS];
    while (*link != stream)
        link = &(*link)->next_in_bucket;
    *link = stream->next_in_bucket;
    worker->stream_count--;
    if (stream->prepared)
        worker->ops->discard(worker->engine, stream->prepared);
    hearth_ipc_request_destroy(stream->request);
    hearth_buf_finish(&stream->text);
    hearth_free(stream->piece_ends);
    hearth_free(stream);
}

/* Sends the frames and ends the stream (which may be NULL). */
static void answer(struct parcel *parcel, struct stream *stream)
{
    if (stream)
        stream->next = NULL;
    parcel->ended = stream;
    worker_deliver(parcel);
}

static void refuse(struct worker *worker, uint32_t id, struct stream *stream, int code,
                   const char *message)
{
    struct parcel *parcel = parcel_create(worker);
    hearth_ipc_put_failure(&parcel->frames, HEARTH_IPC_ERROR, id, code, message);
    answer(parcel, stream);
}

struct text_sink {
    struct hearth_event_sink sink;
    struct hearth_buf *text;
};

static void collect_text(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct text_sink *own = (struct text_sink *)sink;
    hearth_buf_append(own->text, event->bytes.bytes, event->bytes.length);
}

/* Appends the text of the tokens. */
static int detokenize(struct stream *stream, const int32_t *tokens, size_t count)
{
    struct worker *worker = stream->worker;
    struct text_sink sink = {.sink.emit = collect_text, .text = &stream->text};
    if (!PLUGIN_HAS(worker->ops, detokenize))
        return hearth_error_set(&stream->failure, HEARTH_ENOTIMPL,
                                "this engine has no detokenizer");
    int rc = worker->ops->detokenize(worker->engine, tokens, count, &sink.sink, &stream->failure);
    if (rc && !stream->failure.code)
        hearth_error_set(&stream->failure, rc, "the tokens have no text");
    else if (!rc && stream->text.failed)
        rc = hearth_error_set(&stream->failure, stream->text.failed, "the text is too long");
    return rc;
}

/* The text of each token by itself. */
static void cut_pieces(struct stream *stream)
{
    const struct hearth_prepared *prepared = stream->prepared;
    stream->piece_ends = hearth_try_calloc(prepared->token_count + 1, sizeof(uint32_t));
    if (!stream->piece_ends) {
        hearth_error_set(&stream->failure, HEARTH_ENOMEM, "no memory for %u tokens",
                         prepared->token_count);
        return;
    }
    for (uint32_t i = 0; i < prepared->token_count; i++) {
        if (detokenize(stream, &prepared->tokens[i], 1))
            return;
        stream->piece_ends[i] = (uint32_t)stream->text.length;
    }
}

/* 32 bytes a millisecond is far below what any tokenizer does, on a machine that is busy. */
static uint64_t allowed_ms(const struct worker *worker, const struct hearth_input *input)
{
    uint64_t bytes = input->length + input->pair_length + 4 * (uint64_t)input->token_count;
    uint64_t base_ms = worker->hello.prepare_ms ? worker->hello.prepare_ms : PREPARE_MS;
    return base_ms + bytes / PREPARE_BYTES_PER_MS;
}

static bool is_detokenize(const struct stream *stream)
{
    const struct hearth_input *input = &stream->request->input;
    return input->task == HEARTH_TASK_TOKENIZE && input->kind == HEARTH_INPUT_TOKENS;
}

/* What a request does not say, the model's settings do. */
static struct hearth_input input_of(const struct stream *stream)
{
    struct hearth_input input = stream->request->input;
    if (stream->worker->hello.drops_turns && !input.keeps_turns &&
        input.task == HEARTH_TASK_GENERATE && input.kind == HEARTH_INPUT_MESSAGES &&
        input.truncate == HEARTH_TRUNCATE_NEVER)
        input.truncate = HEARTH_TRUNCATE_START;
    return input;
}

/* On the prepare lane. */
static void prepare(void *argument)
{
    struct stream *stream = argument;
    struct worker *worker = stream->worker;
    uint64_t began_us = worker_now_us();
    watch_enter(worker->watch, stream, allowed_ms(worker, &stream->request->input));
    if (atomic_load(&stream->stop_preparing)) {
        hearth_error_set(&stream->failure, HEARTH_ECANCELED, "canceled");
    } else if (is_detokenize(stream)) {
        detokenize(stream, stream->request->input.tokens, stream->request->input.token_count);
    } else {
        const struct hearth_input input = input_of(stream);
        int rc = worker->ops->prepare(worker->engine, &input, &stream->prepared, &stream->failure);
        if (rc && !stream->failure.code)
            hearth_error_set(&stream->failure, rc, "the input cannot be prepared");
        else if (!rc && !stream->prepared->token_count &&
                 stream->request->input.task != HEARTH_TASK_TOKENIZE)
            hearth_error_set(&stream->failure, HEARTH_EINVAL, "the input is empty");
        else if (!rc && stream->request->input.form == HEARTH_FORM_PIECES)
            cut_pieces(stream);
        else if (!rc && stream->request->input.form == HEARTH_FORM_RENDERED &&
                 !stream->prepared->rendered.bytes)
            hearth_error_set(&stream->failure, HEARTH_ENOTIMPL, "this model has no chat template");
    }
    while (!watch_leave(worker->watch))
        pause(); /* too late: the loop thread ends the process */
    uint64_t took_us = worker_now_us() - began_us;
    stream->prepare_us = took_us < UINT32_MAX ? (uint32_t)took_us + !took_us : UINT32_MAX;
    atomic_fetch_add(&worker->prepare_us, took_us);
}

static void put_prepared(struct parcel *parcel, const struct stream *stream)
{
    const struct hearth_ipc_prepared prepared = {.token_count = stream->prepared->token_count,
                                                 .truncated_count =
                                                     stream->prepared->truncated_count,
                                                 .prepare_us = stream->prepare_us};
    hearth_ipc_put_prepared(&parcel->frames, stream->id, &prepared);
}

static void put_done(struct parcel *parcel, const struct stream *stream, uint32_t prompt_tokens)
{
    const struct hearth_event done = {
        .kind = HEARTH_EVENT_DONE, .finish = HEARTH_FINISH_STOP, .prompt_tokens = prompt_tokens};
    const struct hearth_ipc_times times = {.queued_us = worker_now_us() - stream->arrived_us};
    int descriptor;
    hearth_ipc_put_event(&parcel->frames, stream->id, &done, &times, &descriptor);
}

static int put_text(struct parcel *parcel, const struct stream *stream, const char *bytes,
                    size_t length)
{
    const struct hearth_event text = {.kind = HEARTH_EVENT_TEXT, .bytes = {bytes, length}};
    return hearth_ipc_put_event(&parcel->frames, stream->id, &text, NULL, &parcel->descriptor);
}

/* So many in an event: the gateway bounds what one may hold. */
static int send_pieces(const struct stream *stream)
{
    enum { PIECES_MAX = 512 };
    struct hearth_token tokens[PIECES_MAX];
    const struct hearth_prepared *prepared = stream->prepared;
    uint32_t start = 0, sent = 0;
    int rc = 0;
    while (!rc && sent < prepared->token_count) {
        struct hearth_event event = {
            .kind = HEARTH_EVENT_TEXT, .tokens = tokens, .has_tokens = true};
        for (; event.token_count < PIECES_MAX && sent < prepared->token_count; sent++) {
            uint32_t end = stream->piece_ends[sent];
            tokens[event.token_count++] = (struct hearth_token){
                .token = prepared->tokens[sent], .text = {stream->text.bytes + start, end - start}};
            start = end;
        }
        struct parcel *parcel = parcel_create(stream->worker);
        rc = hearth_ipc_put_event(&parcel->frames, stream->id, &event, NULL, &parcel->descriptor);
        worker_deliver(parcel);
    }
    return rc;
}

/* Tokenize and detokenize end here: the engine computes nothing. The answer may be large, so it is
 * a parcel of its own. */
static void answer_tokens(struct stream *stream)
{
    struct worker *worker = stream->worker;
    struct parcel *parcel = parcel_create(worker);
    uint32_t count = stream->prepared ? stream->prepared->token_count : 0;
    int rc = 0;
    if (stream->prepared)
        put_prepared(parcel, stream);
    if (is_detokenize(stream)) {
        rc = put_text(parcel, stream, stream->text.bytes, stream->text.length);
    } else if (stream->request->input.form == HEARTH_FORM_RENDERED) {
        rc = put_text(parcel, stream, stream->prepared->rendered.bytes,
                      stream->prepared->rendered.length);
    } else if (stream->piece_ends) {
        worker_deliver(parcel);
        rc = send_pieces(stream);
        parcel = parcel_create(worker);
    } else {
        rc = hearth_ipc_put_tokens(&parcel->frames, stream->id, stream->prepared->tokens, count,
                                   &parcel->descriptor);
    }
    worker_deliver(parcel);
    if (rc) {
        refuse(worker, stream->id, stream, rc, "the answer is too large");
        return;
    }
    parcel = parcel_create(worker);
    put_done(parcel, stream, count);
    answer(parcel, stream);
}

/* PREPARED is sent first: once the compute thread has the stream, its events may be on their
 * way. */
static void hand_to_compute(struct stream *stream)
{
    struct worker *worker = stream->worker;
    struct parcel *parcel = parcel_create(worker);
    put_prepared(parcel, stream);
    worker_deliver(parcel);
    pthread_mutex_lock(&worker->lock);
    stream->next = NULL;
    *worker->arrived_last = stream;
    worker->arrived_last = &stream->next;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* On the loop thread again. The watch looks only while something is being prepared. */
static void prepared(void *argument, bool dropped)
{
    struct stream *stream = argument;
    struct worker *worker = stream->worker;
    worker->prepared_count++;
    if (--worker->preparing_count == 0)
        watch_pause(worker->watch);
    if (stream->canceled || dropped)
        refuse(worker, stream->id, stream, HEARTH_ECANCELED, "canceled");
    else if (stream->failure.code)
        refuse(worker, stream->id, stream, stream->failure.code, stream->failure.message);
    else if (stream->request->input.task == HEARTH_TASK_TOKENIZE)
        answer_tokens(stream);
    else
        hand_to_compute(stream);
}

/* A class that a newer gateway knows and this worker does not is an ordinary one. */
static struct stream *stream_create(struct worker *worker, struct hearth_ipc_request *request)
{
    struct stream *stream = hearth_calloc(1, sizeof(*stream));
    struct stream **bucket = &worker->buckets[request->stream % STREAM_BUCKETS];
    stream->worker = worker;
    stream->id = request->stream;
    stream->request = request;
    request->input.canceled = &stream->stop_preparing;
    stream->credit = request->credit;
    stream->arrived_us = worker_now_us();
    stream->batch.class_ = request->class_ < HEARTH_CLASS_COUNT ? (enum hearth_class)request->class_
                                                                : HEARTH_CLASS_NORMAL;
    hearth_buf_init(&stream->text, DETOKENIZE_MAX);
    stream->next_in_bucket = *bucket;
    *bucket = stream;
    worker->stream_count++;
    return stream;
}

/* In the words of the gateway's own queue (serving/model_requests.c). */
static void refuse_full(struct worker *worker, uint32_t id, struct stream *stream, size_t waiting)
{
    char text[80];
    snprintf(text, sizeof(text), "the model already has %zu requests waiting", waiting);
    refuse(worker, id, stream, HEARTH_EQUEUEFULL, text);
}

/* Every refusal is an ERROR for the stream: a request always gets its one end, also when it never
 * became one here. */
void streams_request(struct worker *worker, const struct hearth_ipc_frame *frame)
{
    struct hearth_ipc_request *request = NULL;
    struct hearth_error error = {0};
    if (worker->state != WORKER_READY) {
        bool drains = worker->state == WORKER_DRAINING || worker->stop_asked;
        refuse(worker, frame->stream, NULL, drains ? HEARTH_EDRAINING : HEARTH_EINVAL,
               drains ? "the model is being unloaded" : "the model is not loaded yet");
    } else if (worker->stream_count >= STREAMS_MAX) {
        refuse_full(worker, frame->stream, NULL, worker->stream_count);
    } else if (hearth_ipc_request_create(frame, &request, &error)) {
        refuse(worker, frame->stream, NULL, error.code, error.message);
    } else if (request->input.adapter && !adapters_has(worker, request->input.adapter - 1)) {
        refuse(worker, frame->stream, NULL, HEARTH_EINVAL, "the adapter is not loaded");
        hearth_ipc_request_destroy(request);
    } else {
        struct stream *stream = stream_create(worker, request);
        if (hearth_lane_submit(worker->prepare_lane, prepare, prepared, stream))
            refuse_full(worker, stream->id, stream, worker->preparing_count);
        else if (worker->preparing_count++ == 0)
            watch_begin(worker->watch);
    }
}

/* The compute thread may be waiting for just this. */
int streams_credit(struct worker *worker, const struct hearth_ipc_frame *frame)
{
    uint32_t credit;
    int rc = hearth_ipc_get_credit(frame, &credit);
    /* For a stream that has ended meanwhile it means nothing. */
    struct stream *stream = rc ? NULL : streams_find(worker, frame->stream);
    if (!stream)
        return rc;
    pthread_mutex_lock(&worker->lock);
    stream->credit += credit;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    return 0;
}

/* Under the lock. Breaking a step off throws away what it computed for the others: it pays when
 * half of it is for nothing, or when it takes very long. */
static void abort_if_it_pays(struct worker *worker)
{
    if (worker->stepping && worker->step_canceled_tokens &&
        (worker->step_canceled_tokens * 2ull >= worker->step_tokens ||
         worker_now_us() - worker->step_started_us > LONG_STEP_US))
        worker->ops->abort(worker->engine);
}

/* Where the stream is decides who ends it: on the lane, the engine sees stop_preparing and
 * `prepared` refuses it; with the compute thread, that ends it between two steps. */
void streams_cancel(struct worker *worker, uint32_t id)
{
    struct stream *stream = streams_find(worker, id);
    if (!stream || stream->canceled)
        return;
    worker->canceled_count++;
    atomic_store(&stream->stop_preparing, 1);
    pthread_mutex_lock(&worker->lock);
    stream->canceled = true;
    worker->cancels = true;
    worker->step_canceled_tokens += worker->stepping ? stream->in_step : 0;
    abort_if_it_pays(worker);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    hearth_timer_start(worker->abort_timer, ABORT_AGAIN_MS, ABORT_AGAIN_MS);
}

void streams_abort_again(void *argument)
{
    struct worker *worker = argument;
    pthread_mutex_lock(&worker->lock);
    bool wanted = worker->stepping && worker->step_canceled_tokens;
    abort_if_it_pays(worker);
    pthread_mutex_unlock(&worker->lock);
    if (!wanted)
        hearth_timer_stop(worker->abort_timer);
}
