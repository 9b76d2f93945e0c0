/* Drives a real hearth-worker over its channel, as the gateway does. For tests; every failure fails
 * the test that runs. Frames are kept in the order in which they came. */
#ifndef HEARTH_TEST_WORKER_FIXTURE_H
#define HEARTH_TEST_WORKER_FIXTURE_H

#include "base/clock.h"
#include "base/error.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/process.h"
#include "wire/ipc_adapter.h"
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DRIVEN_STREAMS 64
#define DRIVEN_LIMIT_MS 60000

struct driven_stream {
    struct hearth_buf text;
    float values[64];
    uint32_t value_count;
    uint32_t prepared, tokens[64], token_count, events, event_tokens;
    int done, errors;
    struct hearth_error failure;
    struct hearth_event last; /* of DONE: counts and finish */
    uint64_t done_ms;
};

struct driven_worker {
    struct hearth_loop *loop;
    struct hearth_process *process;
    struct hearth_channel *channel;
    struct hearth_ipc_reader *reader;
    struct hearth_timer *limit;
    struct hearth_ipc_event event;
    char script[64];
    struct hearth_ipc_started started;
    struct hearth_model_facts facts;
    struct hearth_error failure;       /* of FAILED */
    struct hearth_ipc_adapter adapter; /* the last ADAPTER_READY */
    int adapters;
    int started_count, ready, failed, pongs, progress, exited, status, signal, ended;
    float fraction;
    uint64_t counters[HEARTH_COUNTER_COUNT];
    struct driven_stream streams[DRIVEN_STREAMS];
    char log[4096];
    bool over;
    bool unchecked; /* streams are numbered at random: what they say is not kept */
};

static inline void driven_take_tokens(struct driven_stream *stream,
                                      const struct hearth_ipc_frame *frame)
{
    const int32_t *tokens;
    size_t count;
    assert_int_equal(hearth_ipc_get_tokens(frame, &tokens, &count), 0);
    for (size_t i = 0; i < count && i < 64; i++)
        stream->tokens[i] = (uint32_t)tokens[i];
    stream->token_count = (uint32_t)count;
}

static inline void driven_take_event(struct driven_worker *worker, struct driven_stream *stream,
                                     const struct hearth_ipc_frame *frame)
{
    struct hearth_ipc_event *got = &worker->event;
    assert_int_equal(hearth_ipc_get_event(frame, got, NULL), 0);
    const struct hearth_event *event = &got->event;
    assert_int_equal(stream->done + stream->errors, 0);
    switch (event->kind) {
    case HEARTH_EVENT_TEXT:
        stream->events++;
        stream->event_tokens += event->token_count;
        hearth_buf_append(&stream->text, event->bytes.bytes, event->bytes.length);
        break;
    case HEARTH_EVENT_VECTOR:
        stream->value_count = event->value_count;
        for (uint32_t i = 0; i < event->value_count && i < 64; i++)
            stream->values[i] = event->values[i];
        break;
    case HEARTH_EVENT_ERROR:
        stream->errors++;
        stream->failure = got->failure;
        stream->done_ms = hearth_clock_monotonic_ms();
        break;
    case HEARTH_EVENT_DONE:
        stream->done++;
        stream->last = *event;
        stream->done_ms = hearth_clock_monotonic_ms();
        break;
    default:
        break;
    }
}

static inline void driven_take_life(struct driven_worker *worker,
                                    const struct hearth_ipc_frame *frame)
{
    switch (frame->type) {
    case HEARTH_IPC_STARTED:
        assert_int_equal(hearth_ipc_get_started(frame, &worker->started, NULL), 0);
        worker->started_count++;
        break;
    case HEARTH_IPC_PROGRESS:
        assert_int_equal(hearth_ipc_get_progress(frame, &worker->fraction), 0);
        worker->progress++;
        break;
    case HEARTH_IPC_READY:
        assert_int_equal(hearth_ipc_get_ready(frame, &worker->facts, NULL), 0);
        worker->ready++;
        break;
    case HEARTH_IPC_FAILED:
        assert_int_equal(hearth_ipc_get_failure(frame, &worker->failure), 0);
        worker->failed++;
        break;
    case HEARTH_IPC_ADAPTER_READY:
        assert_int_equal(hearth_ipc_get_adapter(frame, &worker->adapter), 0);
        worker->adapters++;
        break;
    case HEARTH_IPC_PONG:
        assert_int_equal(hearth_ipc_get_pong(frame, worker->counters), 0);
        worker->pongs++;
        break;
    default:
        fail_msg("a frame of type %u", frame->type);
    }
}

static inline int driven_on_frame(void *argument, const struct hearth_ipc_frame *frame)
{
    struct driven_worker *worker = argument;
    if (worker->unchecked)
        return 0;
    if (frame->stream == 0) {
        driven_take_life(worker, frame);
        return 0;
    }
    assert_true(frame->stream < DRIVEN_STREAMS);
    struct driven_stream *stream = &worker->streams[frame->stream];
    struct hearth_ipc_prepared prepared;
    if (frame->type == HEARTH_IPC_PREPARED) {
        assert_int_equal(hearth_ipc_get_prepared(frame, &prepared), 0);
        stream->prepared = prepared.token_count;
    } else if (frame->type == HEARTH_IPC_TOKENS) {
        driven_take_tokens(stream, frame);
    } else {
        driven_take_event(worker, stream, frame);
    }
    return 0;
}

static inline void driven_on_read(void *argument, const char *bytes, size_t length)
{
    struct driven_worker *worker = argument;
    struct hearth_error error = {0};
    if (hearth_ipc_read(worker->reader, bytes, length, driven_on_frame, worker, &error))
        fail_msg("%s", error.message);
    hearth_loop_stop(worker->loop);
}

static inline void driven_on_end(void *argument, int error)
{
    struct driven_worker *worker = argument;
    (void)error;
    worker->ended = 1;
    hearth_loop_stop(worker->loop);
}

static inline void driven_on_drained(void *argument)
{
    (void)argument;
}

static inline void driven_on_line(void *argument, const char *line, size_t length)
{
    struct driven_worker *worker = argument;
    size_t used = strlen(worker->log);
    snprintf(worker->log + used, sizeof(worker->log) - used, "%.*s\n", (int)length, line);
    if (getenv("HEARTH_TEST_VERBOSE"))
        fprintf(stderr, "worker: %.*s\n", (int)length, line);
}

static inline void driven_on_exit(void *argument, int status, int signal)
{
    struct driven_worker *worker = argument;
    worker->exited = 1;
    worker->status = status;
    worker->signal = signal;
    hearth_loop_stop(worker->loop);
}

static inline void driven_on_limit(void *argument)
{
    struct driven_worker *worker = argument;
    worker->over = true;
    hearth_loop_stop(worker->loop);
}

static inline int driven_take_descriptor(void *argument)
{
    struct driven_worker *worker = argument;
    return hearth_channel_take_descriptor(worker->channel);
}

/* Runs the loop until the condition holds; fails after DRIVEN_LIMIT_MS. */
#define DRIVEN_UNTIL(worker, condition)                                                            \
    do {                                                                                           \
        hearth_timer_start((worker)->limit, DRIVEN_LIMIT_MS, 0);                                   \
        while (!(condition) && !(worker)->over)                                                    \
            hearth_loop_run((worker)->loop);                                                       \
        hearth_timer_stop((worker)->limit);                                                        \
        if ((worker)->over)                                                                        \
            fail_msg("never: %s\n%s", #condition, (worker)->log);                                  \
    } while (0)

/* Lets the time pass while the loop runs. */
static inline void driven_pass_ms(struct driven_worker *worker, uint64_t ms)
{
    uint64_t until = hearth_clock_monotonic_ms() + ms;
    for (uint64_t now; (now = hearth_clock_monotonic_ms()) < until;) {
        hearth_timer_start(worker->limit, until - now, 0);
        hearth_loop_run(worker->loop);
    }
    hearth_timer_stop(worker->limit);
    worker->over = false;
}

static inline void driven_write_script(struct driven_worker *worker, const char *script)
{
    snprintf(worker->script, sizeof(worker->script), "/tmp/hearth-fake-XXXXXX");
    int descriptor = mkstemp(worker->script);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, script, strlen(script)), strlen(script));
    close(descriptor);
}

/* Starts the process; HELLO is still to be said. */
static inline void driven_start(struct driven_worker *worker)
{
    static const struct hearth_channel_events events = {
        .on_read = driven_on_read, .on_end = driven_on_end, .on_drained = driven_on_drained};
    static const char *const argv[] = {"hearth-worker", "test", NULL};
    const char *const env[] = {"LC_ALL=C.UTF-8", NULL, NULL};
    int pair[2];
    memset(worker, 0, sizeof(*worker));
    for (int i = 0; i < DRIVEN_STREAMS; i++)
        hearth_buf_init(&worker->streams[i].text, 1u << 20);
    hearth_ipc_event_init(&worker->event);
    worker->loop = hearth_loop_create();
    worker->limit = hearth_timer_create(worker->loop, driven_on_limit, worker);
    assert_int_equal(hearth_channel_pair(pair, NULL), 0);
    const struct hearth_process_spec spec = {.path =
                                                 HEARTH_BUILD_DIR "/libexec/hearth/hearth-worker",
                                             .argv = argv,
                                             .env = env,
                                             .channel_descriptor = pair[1],
                                             .line_max = 512,
                                             .on_line = driven_on_line,
                                             .on_exit = driven_on_exit,
                                             .argument = worker};
    struct hearth_error error = {0};
    if (hearth_process_start(worker->loop, &spec, &worker->process, &error))
        fail_msg("%s", error.message);
    close(pair[1]);
    worker->channel = hearth_channel_create(worker->loop, pair[0], &events, worker);
    worker->reader = hearth_ipc_reader_create(driven_take_descriptor, worker);
}

static inline void driven_send(struct driven_worker *worker, struct hearth_buf *buf, int descriptor)
{
    hearth_channel_write(worker->channel, buf->bytes, buf->length, descriptor);
    if (descriptor >= 0)
        close(descriptor);
    hearth_buf_finish(buf);
}

static inline struct hearth_ipc_hello driven_hello(const struct driven_worker *worker)
{
    struct hearth_ipc_hello hello = {.version = HEARTH_IPC_VERSION,
                                     .engine = "fake",
                                     .plugin_dir = HEARTH_BUILD_DIR "/lib/hearth/engines",
                                     .slots = 2,
                                     .batch = 16,
                                     .context = 256};
    snprintf(hello.model_path, sizeof(hello.model_path), "%s", worker->script);
    return hello;
}

static inline void driven_greet(struct driven_worker *worker, const struct hearth_ipc_hello *hello)
{
    struct hearth_buf buf;
    int descriptor;
    hearth_buf_init(&buf, 1u << 20);
    assert_int_equal(hearth_ipc_put_hello(&buf, hello, &descriptor), 0);
    driven_send(worker, &buf, descriptor);
}

/* A worker with this script that is READY. */
static inline void driven_load(struct driven_worker *worker, const char *script)
{
    driven_start(worker);
    driven_write_script(worker, script);
    struct hearth_ipc_hello hello = driven_hello(worker);
    driven_greet(worker, &hello);
    DRIVEN_UNTIL(worker, worker->ready || worker->failed || worker->exited);
    if (!worker->ready)
        fail_msg("not ready: %s %s", worker->failure.message, worker->log);
}

static inline void driven_say(struct driven_worker *worker, uint8_t type, uint32_t stream)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64);
    hearth_ipc_put_empty(&buf, type, stream);
    driven_send(worker, &buf, -1);
}

static inline void driven_credit(struct driven_worker *worker, uint32_t stream, uint32_t credit)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64);
    hearth_ipc_put_credit(&buf, stream, credit);
    driven_send(worker, &buf, -1);
}

static inline void driven_request(struct driven_worker *worker, uint32_t stream,
                                  const struct hearth_input *input, uint32_t credit)
{
    struct hearth_buf buf;
    int descriptor;
    hearth_buf_init(&buf, 32u << 20);
    assert_int_equal(hearth_ipc_put_request(&buf, stream, input, credit, 1, NULL, &descriptor), 0);
    driven_send(worker, &buf, descriptor);
}

static inline void driven_generate(struct driven_worker *worker, uint32_t stream, const char *text,
                                   uint32_t credit)
{
    const struct hearth_sampling sampling = {.top_p = 1, .repeat_penalty = 1};
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = text,
                                       .length = strlen(text),
                                       .sampling = &sampling};
    driven_request(worker, stream, &input, credit);
}

/* The same with an adapter: its place. */
static inline void driven_generate_adapted(struct driven_worker *worker, uint32_t stream,
                                           const char *text, uint32_t place)
{
    const struct hearth_sampling sampling = {.top_p = 1, .repeat_penalty = 1};
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = text,
                                       .length = strlen(text),
                                       .sampling = &sampling,
                                       .adapter = place + 1};
    driven_request(worker, stream, &input, 100);
}

/* An adapter of this content, whose descriptor is closed as soon as it is sent. `content` NULL: a
 * frame without a descriptor. */
static inline void driven_adapter(struct driven_worker *worker, uint32_t place, const char *content)
{
    char path[] = "/tmp/hearth-fake-XXXXXX";
    int descriptor = content ? mkstemp(path) : -1;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4096);
    if (content) {
        assert_int_equal(write(descriptor, content, strlen(content)), strlen(content));
        unlink(path);
    }
    assert_int_equal(hearth_ipc_put_adapter(&buf, place, "poet"), 0);
    driven_send(worker, &buf, descriptor);
}

static inline void driven_adapter_drop(struct driven_worker *worker, uint32_t place)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4096);
    assert_int_equal(hearth_ipc_put_adapter_drop(&buf, place), 0);
    driven_send(worker, &buf, -1);
}

static inline const char *driven_text(struct driven_worker *worker, uint32_t stream)
{
    const char *text = hearth_buf_cstr(&worker->streams[stream].text);
    return text ? text : "";
}

/* STOP, and the worker must end well by itself. */
static inline void driven_stop(struct driven_worker *worker)
{
    driven_say(worker, HEARTH_IPC_STOP, 0);
    DRIVEN_UNTIL(worker, worker->exited);
    if (worker->status || worker->signal)
        fail_msg("status %d, signal %d: %s", worker->status, worker->signal, worker->log);
}

static inline void driven_finish(struct driven_worker *worker)
{
    for (int i = 0; i < DRIVEN_STREAMS; i++)
        hearth_buf_finish(&worker->streams[i].text);
    if (worker->script[0])
        unlink(worker->script);
    hearth_ipc_event_finish(&worker->event);
    hearth_ipc_reader_destroy(worker->reader);
    hearth_channel_close(worker->channel);
    hearth_process_destroy(worker->process);
    hearth_timer_destroy(worker->limit);
    hearth_loop_destroy(worker->loop);
}

#endif
