#include "trainer/trainer.h"

#include "base/error.h"
#include "base/memory.h"
#include "chat/base_words.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/process.h"
#include "train/job.h"
#include "trainer/quantize_job.h"
#include "wire/ipc_event.h"
#include "wire/ipc_job.h"
#include "wire/ipc_request.h"
#include "worker/memory_cap.h"
#include "worker/sandbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Below the workers, which somebody waits for: beside one that is busy, a third of its share of a
 * core. At 10 it would be a ninth, and a job beside many models would hardly begin. */
enum { NICE = 5, EXIT_PROTOCOL = 65, END_MS = 5000 };

struct trainer {
    struct hearth_loop *loop;
    struct hearth_channel *channel;
    struct hearth_ipc_reader *reader;
    struct hearth_timer *end_timer;
    struct hearth_job_order order;
    uint64_t memory_limit;
    bool greeted, started, ending;
    pthread_t compute;
    pthread_mutex_t lock; /* of what stands below */
    pthread_cond_t changed;
    bool stop, paused;
};

/* A frame on its way from the job's thread to the loop. */
struct parcel {
    struct trainer *trainer;
    struct hearth_buf frame;
    bool is_last;
};

static void stop_now(void *argument)
{
    struct trainer *trainer = argument;
    hearth_loop_stop(trainer->loop);
}

static void end(struct trainer *trainer)
{
    trainer->ending = true;
    if (hearth_channel_queued(trainer->channel))
        hearth_timer_start(trainer->end_timer, END_MS, 0);
    else
        hearth_loop_defer(trainer->loop, stop_now, trainer);
}

static void deliver(void *argument)
{
    struct parcel *parcel = argument;
    struct trainer *trainer = parcel->trainer;
    bool is_last = parcel->is_last;
    if (parcel->frame.length)
        hearth_channel_write(trainer->channel, parcel->frame.bytes, parcel->frame.length, -1);
    hearth_buf_finish(&parcel->frame);
    hearth_free(parcel);
    if (is_last)
        end(trainer);
}

static struct parcel *parcel_create(struct trainer *trainer)
{
    struct parcel *parcel = hearth_calloc(1, sizeof(*parcel));
    parcel->trainer = trainer;
    hearth_buf_init(&parcel->frame, HEARTH_IPC_INLINE_MAX);
    return parcel;
}

/* Takes the JSON over. An event that is too large to be told is left out; a result that is, is a
 * failure. */
static void send_json(struct trainer *trainer, uint8_t type, json_t *json, bool is_last)
{
    struct parcel *parcel = parcel_create(trainer);
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_JOB_RESULT_MAX);
    if (json && hearth_json_dump(&text, json) == 0)
        hearth_ipc_put_json(&parcel->frame, type, text.bytes, text.length);
    else if (is_last)
        hearth_ipc_put_failure(&parcel->frame, HEARTH_IPC_FAILED, 0, HEARTH_ETOOLARGE,
                               "what the trainer had to tell is too large");
    parcel->is_last = is_last;
    hearth_buf_finish(&text);
    json_decref(json);
    hearth_loop_post(trainer->loop, deliver, parcel);
}

static void on_event(void *argument, json_t *event)
{
    send_json(argument, HEARTH_IPC_JOB_EVENT, event, false);
}

/* From here on the kernel holds the process to what it said, as it does workers. */
static int on_plan(void *argument, uint64_t memory_bytes, struct hearth_error *error)
{
    const struct trainer *trainer = argument;
    const struct hearth_memory_plan plan = {.scratch = memory_bytes};
    const double mib = 1024.0 * 1024.0;
    if (trainer->memory_limit && memory_bytes > trainer->memory_limit)
        return hearth_error_set(error, HEARTH_EMEMORY,
                                "the job needs %.0f MiB, and may have %.0f MiB; a smaller "
                                "batch_size or context, or checkpointing, needs less",
                                (double)memory_bytes / mib, (double)trainer->memory_limit / mib);
    memory_cap_plan(&plan, (uint32_t)trainer->order.parameters.threads);
    return 0;
}

static bool wants_stop(void *argument)
{
    struct trainer *trainer = argument;
    pthread_mutex_lock(&trainer->lock);
    bool stop = trainer->stop;
    pthread_mutex_unlock(&trainer->lock);
    return stop;
}

static void rest(void *argument)
{
    struct trainer *trainer = argument;
    pthread_mutex_lock(&trainer->lock);
    while (trainer->paused && !trainer->stop)
        pthread_cond_wait(&trainer->changed, &trainer->lock);
    pthread_mutex_unlock(&trainer->lock);
}

static int do_job(struct trainer *trainer, json_t **ret_result, struct hearth_error *error)
{
    const struct hearth_job_listener listener = {on_event, on_plan, wants_stop, rest, trainer};
    struct hearth_base_words *words = NULL;
    if (trainer->order.work == HEARTH_JOB_MERGE)
        return hearth_job_merge(&trainer->order, &listener, ret_result, error);
    if (trainer->order.work == HEARTH_JOB_QUANTIZE)
        return trainer_quantize(&trainer->order, &listener, ret_result, error);
    int rc = hearth_base_words_open(trainer->order.base_path, &words, error);
    if (rc)
        return rc;
    int (*work)(const struct hearth_job_order *order, const struct hearth_words *words,
                const struct hearth_job_listener *listener, json_t **ret_result,
                struct hearth_error *error) =
        trainer->order.work == HEARTH_JOB_PREVIEW   ? hearth_job_preview
        : trainer->order.work == HEARTH_JOB_MEASURE ? hearth_job_measure
                                                    : hearth_job_run;
    rc = work(&trainer->order, hearth_base_words(words), &listener, ret_result, error);
    hearth_base_words_close(words);
    return rc;
}

static void *compute(void *argument)
{
    struct trainer *trainer = argument;
    struct hearth_error error = {.code = 0};
    json_t *result = NULL;
    if (do_job(trainer, &result, &error) == 0) {
        send_json(trainer, HEARTH_IPC_JOB_DONE, result, true);
        return NULL;
    }
    struct parcel *parcel = parcel_create(trainer);
    hearth_ipc_put_failure(&parcel->frame, HEARTH_IPC_FAILED, 0, error.code, error.message);
    parcel->is_last = true;
    hearth_loop_post(trainer->loop, deliver, parcel);
    return NULL;
}

static void fail(struct trainer *trainer, const struct hearth_error *error)
{
    struct parcel *parcel = parcel_create(trainer);
    hearth_ipc_put_failure(&parcel->frame, HEARTH_IPC_FAILED, 0, error->code, error->message);
    parcel->is_last = true;
    deliver(parcel);
}

/* A job sees its base, its data or adapter, and its folder. Before there is a thread that the
 * sandbox would not bind. */
static uint32_t enter_sandbox(const struct hearth_job_order *order)
{
    const char *data = order->work == HEARTH_JOB_MERGE ? order->adapter : order->data.path;
    char *readable = order->evaluation_data.path
                         ? hearth_format("%s\n%s", data, order->evaluation_data.path)
                         : hearth_strdup(data);
    const struct sandbox_paths paths = {.model = order->base_path,
                                        .plugin_dir = "/usr/lib",
                                        .readable = readable,
                                        .writable = order->output,
                                        .device = "cpu"};
    uint32_t reached = sandbox_enter(&paths);
    hearth_free(readable);
    return reached;
}

static int prepare(struct trainer *trainer, const struct hearth_ipc_job *job,
                   struct hearth_error *error)
{
    const uint32_t wanted = HEARTH_SANDBOX_FILES | HEARTH_SANDBOX_SYSTEM_CALLS;
    if (job->version != HEARTH_IPC_VERSION)
        return hearth_error_set(error, HEARTH_EINTERNAL,
                                "the gateway speaks version %u of the protocol, this trainer "
                                "version %u",
                                job->version, HEARTH_IPC_VERSION);
    trainer->memory_limit = job->memory_limit;
    int rc = hearth_job_order_read(job->order, job->order_length, &trainer->order, error);
    if (rc)
        return rc;
    if (hearth_process_lower_priority(NICE))
        fputs("hearth-trainer: the priority cannot be lowered\n", stderr);
    uint32_t reached = job->sandbox == HEARTH_SANDBOX_OFF ? 0 : enter_sandbox(&trainer->order);
    if (job->sandbox == HEARTH_SANDBOX_REQUIRE && (reached & wanted) != wanted)
        return hearth_error_set(error, HEARTH_EFORBIDDEN,
                                "the sandbox is required, but this system has no %s",
                                reached & HEARTH_SANDBOX_FILES ? "seccomp" : "Landlock");
    trainer->started = hearth_thread_start(&trainer->compute, compute, trainer) == 0;
    return trainer->started
               ? 0
               : hearth_error_set(error, HEARTH_ENOMEM, "the thread of the job cannot be started");
}

static int greet(struct trainer *trainer, const struct hearth_ipc_frame *frame)
{
    struct hearth_error error = {.code = 0};
    struct hearth_ipc_job job;
    if (trainer->greeted || hearth_ipc_get_job(frame, &job, &error))
        return HEARTH_EPARSE;
    trainer->greeted = true;
    if (prepare(trainer, &job, &error))
        fail(trainer, &error);
    return 0;
}

static void answer_ping(struct trainer *trainer)
{
    const uint64_t counters[HEARTH_COUNTER_COUNT] = {0};
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4096);
    hearth_ipc_put_pong(&buf, counters);
    hearth_channel_write(trainer->channel, buf.bytes, buf.length, -1);
    hearth_buf_finish(&buf);
}

static void tell_job(struct trainer *trainer, bool stop, bool paused)
{
    pthread_mutex_lock(&trainer->lock);
    trainer->stop = trainer->stop || stop;
    trainer->paused = paused;
    pthread_cond_broadcast(&trainer->changed);
    pthread_mutex_unlock(&trainer->lock);
    if (stop && !trainer->started)
        end(trainer);
}

static int on_frame(void *argument, const struct hearth_ipc_frame *frame)
{
    struct trainer *trainer = argument;
    switch (frame->type) {
    case HEARTH_IPC_HELLO:
        return greet(trainer, frame);
    case HEARTH_IPC_PING:
        answer_ping(trainer);
        return 0;
    case HEARTH_IPC_STOP:
    case HEARTH_IPC_PAUSE:
    case HEARTH_IPC_RESUME:
        tell_job(trainer, frame->type == HEARTH_IPC_STOP, frame->type == HEARTH_IPC_PAUSE);
        return 0;
    default:
        return HEARTH_EPARSE;
    }
}

static void on_read(void *argument, const char *bytes, size_t length)
{
    struct trainer *trainer = argument;
    struct hearth_error error = {.code = 0};
    if (!hearth_ipc_read(trainer->reader, bytes, length, on_frame, trainer, &error))
        return;
    fprintf(stderr, "hearth-trainer: the gateway broke the protocol%s%s\n", error.code ? ": " : "",
            error.code ? error.message : "");
    _exit(EXIT_PROTOCOL);
}

/* Nobody is left to tell. The last checkpoint is where the job goes on. */
static void on_end(void *argument, int error)
{
    (void)argument, (void)error;
    _exit(0);
}

static void on_drained(void *argument)
{
    struct trainer *trainer = argument;
    if (trainer->ending)
        hearth_loop_stop(trainer->loop);
}

/* What a job holds goes with the process. */
int trainer_run(void)
{
    static const struct hearth_channel_events events = {
        .on_read = on_read, .on_end = on_end, .on_drained = on_drained};
    struct trainer *trainer = hearth_calloc(1, sizeof(*trainer));
    trainer->loop = hearth_loop_create();
    pthread_mutex_init(&trainer->lock, NULL);
    pthread_cond_init(&trainer->changed, NULL);
    trainer->end_timer = hearth_timer_create(trainer->loop, stop_now, trainer);
    fcntl(TRAINER_CHANNEL, F_SETFD, FD_CLOEXEC);
    trainer->channel = hearth_channel_create(trainer->loop, TRAINER_CHANNEL, &events, trainer);
    trainer->reader = hearth_ipc_reader_create(NULL, NULL);
    hearth_loop_run(trainer->loop);
    if (trainer->started)
        pthread_join(trainer->compute, NULL);
    _exit(0);
}
