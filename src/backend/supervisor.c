/* A child process, from its start to the moment when both it and its channel have ended. Signs of
 * life come from whatever it says; a child that is silent, breaks the protocol or never greets is
 * killed, and how it ended is put into words. */
#include "backend/supervisor.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/process.h"
#include "wire/ipc_request.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 4096,
    LAST_LINE_MAX = 256,
    GRACE_MS = 1000, /* between the end of the process and that of its channel, either way round */
    PING_MS_MAX = 5000,
    ENV_MAX = 16,
};

static const struct kind {
    const char *name, *program;
} kinds[] = {
    [HEARTH_PROCESS_WORKER] = {.name = "worker", .program = "libexec/hearth/hearth-worker"},
    [HEARTH_PROCESS_TRAINER] = {.name = "trainer", .program = "libexec/hearth/hearth-trainer"},
};

/* A child inherits these variables of our environment, and no others. */
static const char *const inherited[] = {
    "LOG_LEVEL",
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "TSAN_OPTIONS",
    "LSAN_OPTIONS",
    "GCOV_PREFIX",
    "GCOV_PREFIX_STRIP",
    NULL,
};

struct hearth_child {
    struct hearth_loop *loop;
    const struct kind *kind;
    struct hearth_child_options options;
    char *subject;
    struct hearth_process *process;
    struct hearth_channel *channel;
    struct hearth_ipc_reader *reader;
    struct hearth_timer *life;                /* handshake, then heartbeat */
    struct hearth_timer *last;                /* stop deadline, then grace */
    uint64_t period_ms, looked_ms, silent_ms; /* of the heartbeat */
    bool greeted, exited, channel_ended, reading, killed;
    struct hearth_child_end end;
    char last_line[LAST_LINE_MAX]; /* of standard error */
};

int hearth_program_path(const char *relative, char *ret_path, size_t size)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length <= 0)
        return HEARTH_EIO;
    self[length] = '\0';
    for (int i = 0; i < 2; i++) { /* the program's name, then the folder it lies in */
        char *slash = strrchr(self, '/');
        if (!slash)
            return HEARTH_EIO;
        *slash = '\0';
    }
    int written = snprintf(ret_path, size, "%s/%s", self, relative);
    return written < 0 || (size_t)written >= size ? HEARTH_ETOOLARGE : 0;
}

int hearth_child_program(enum hearth_process_kind kind, char *ret_path, size_t size)
{
    return hearth_program_path(kinds[kind].program, ret_path, size);
}

/* The end */

/* Clients are told it, so nothing that the child has printed is in it. */
static void describe_end(struct hearth_child *child)
{
    struct hearth_child_end *end = &child->end;
    if (end->asked || end->error.code)
        return;
    if (end->signal)
        hearth_error_set(&end->error, HEARTH_ECRASHED, "the %s was ended by signal %d (%s)",
                         child->kind->name, end->signal, strsignal(end->signal));
    else
        hearth_error_set(&end->error, HEARTH_ECRASHED, "the %s ended with status %d",
                         child->kind->name, end->status);
}

/* The last line of standard error often says what went wrong (an assert, a message of the loader),
 * so it stands beside the end in the log. */
static void finish(struct hearth_child *child)
{
    hearth_timer_stop(child->life);
    hearth_timer_stop(child->last);
    describe_end(child);
    HEARTH_LOG(child->end.asked ? HEARTH_LOG_INFO : HEARTH_LOG_WARNING, "process.ended",
               HEARTH_TEXT("kind", child->kind->name), HEARTH_TEXT("model", child->subject),
               HEARTH_INT("pid", hearth_child_pid(child)), HEARTH_INT("status", child->end.status),
               HEARTH_INT("signal", child->end.signal),
               HEARTH_TEXT("error", child->end.error.code ? child->end.error.message : NULL),
               HEARTH_TEXT("last_line", child->last_line[0] ? child->last_line : NULL));
    struct hearth_child_end end = child->end;
    child->options.events->on_end(child->options.argument, &end);
}

/* The last frames may come after the news of the exit, so the end is when both are there. It is
 * told from the timer, because the news may come in the middle of a send. */
static void end_if_both(struct hearth_child *child)
{
    hearth_timer_start(child->last, child->exited && child->channel_ended ? 0 : GRACE_MS, 0);
}

/* The same timer serves two ends: the time that a stop was given, and the moment when only one of
 * the two news, exit and end of the channel, is missing. */
static void on_last_time(void *argument)
{
    struct hearth_child *child = argument;
    if (child->exited) { /* if the channel has not ended, somebody else holds it open */
        child->channel_ended = true;
        finish(child);
        return;
    }
    child->killed = true;
    hearth_process_kill(child->process, SIGKILL);
}

/* The status may come before the last frames have been read; see end_if_both. */
static void on_exit_(void *argument, int status, int signal)
{
    struct hearth_child *child = argument;
    child->exited = true;
    child->end.status = status;
    child->end.signal = signal;
    end_if_both(child);
}

static void on_channel_end(void *argument, int error)
{
    struct hearth_child *child = argument;
    (void)error;
    child->channel_ended = true;
    end_if_both(child);
}

/* Only the first reason counts; what follows from the kill (a broken channel, a signal) says
 * nothing. */
void hearth_child_kill(struct hearth_child *child, const struct hearth_error *error)
{
    if (child->killed)
        return;
    child->killed = true;
    child->end.asked = !error;
    if (error)
        child->end.error = *error;
    hearth_process_kill(child->process, SIGKILL);
}

static void kill_for(struct hearth_child *child, int code, const char *what, uint64_t after_ms)
{
    struct hearth_error error;
    hearth_error_set(&error, code, "the %s %s for %.1f s and was ended", child->kind->name, what,
                     (double)after_ms / 1000);
    hearth_child_kill(child, &error);
}

/* Signs of life */

static void on_life_time(void *argument)
{
    struct hearth_child *child = argument;
    if (!child->greeted) {
        kill_for(child, HEARTH_ETIMEOUT, "did not greet", child->options.handshake_timeout_ms);
        return;
    }
    /* Time in which we did not run ourselves (a stop, a machine that was paused) is no silence of
     * the child's: what it said meanwhile is not read yet. */
    uint64_t now_ms = hearth_loop_now_ms(child->loop), passed_ms = now_ms - child->looked_ms;
    child->looked_ms = now_ms;
    child->silent_ms += passed_ms < 2 * child->period_ms ? passed_ms : child->period_ms;
    if (child->silent_ms >= child->options.heartbeat_timeout_ms) {
        kill_for(child, HEARTH_ETIMEOUT, "was silent", child->silent_ms);
        return;
    }
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64);
    if (hearth_ipc_put_empty(&buf, HEARTH_IPC_PING, 0) == 0)
        hearth_child_send(child, buf.bytes, buf.length, -1);
    hearth_buf_finish(&buf);
}

/* Three pings within the time, so that one late answer does not end a worker; and at least one
 * every five seconds, so that counters stay fresh however long the time is. */
static void watch_heartbeat(struct hearth_child *child)
{
    uint64_t period_ms = child->options.heartbeat_timeout_ms / 3;
    period_ms = period_ms > PING_MS_MAX ? PING_MS_MAX : period_ms ? period_ms : 1;
    child->greeted = true;
    child->period_ms = period_ms;
    child->looked_ms = hearth_loop_now_ms(child->loop);
    hearth_timer_start(child->life, period_ms, period_ms);
}

static int on_frame(void *argument, const struct hearth_ipc_frame *frame)
{
    struct hearth_child *child = argument;
    if (child->killed)
        return 0;
    child->silent_ms = 0;
    if (!child->greeted)
        watch_heartbeat(child);
    struct hearth_error error = {.code = 0};
    int rc = child->options.events->on_frame(child->options.argument, frame, &error);
    if (rc == 0)
        return 0;
    if (!error.code)
        hearth_error_set(&error, rc, "a malformed message of type %d", frame->type);
    hearth_error_prefix(&error, "the %s broke the protocol", child->kind->name);
    hearth_child_kill(child, &error);
    return rc;
}

/* The rest of what was read is dropped once the child is killed: on_frame may have killed it
 * half-way through. */
static void on_read(void *argument, const char *bytes, size_t length)
{
    struct hearth_child *child = argument;
    struct hearth_error error = {.code = 0};
    if (child->killed)
        return;
    if (hearth_ipc_read(child->reader, bytes, length, on_frame, child, &error) < 0 &&
        !child->killed) {
        error.code = HEARTH_EPARSE;
        hearth_error_prefix(&error, "the %s broke the protocol", child->kind->name);
        hearth_child_kill(child, &error);
    }
}

/* What a model makes its engine print is logged line by line, each bounded, and the last one is
 * kept for the line about its end. */
static void on_line(void *argument, const char *line, size_t length)
{
    struct hearth_child *child = argument;
    char text[LINE_MAX_BYTES + 1];
    snprintf(text, sizeof(text), "%.*s", (int)length, line);
    if (length)
        snprintf(child->last_line, sizeof(child->last_line), "%.*s", LAST_LINE_MAX - 1, text);
    HEARTH_LOG(HEARTH_LOG_INFO, "process.stderr", HEARTH_TEXT("kind", child->kind->name),
               HEARTH_TEXT("model", child->subject), HEARTH_INT("pid", hearth_child_pid(child)),
               HEARTH_TEXT("line", text));
}

static void on_drained(void *argument)
{
    (void)argument; /* what we send is small: a slow child falls silent before it costs memory */
}

/* The start */

static void inherit(char *env[ENV_MAX])
{
    size_t count = 0;
    for (size_t i = 0; inherited[i]; i++) {
        const char *value = getenv(inherited[i]);
        if (value)
            env[count++] = hearth_format("%s=%s", inherited[i], value);
    }
    env[count] = NULL;
}

/* The child inherits no more of our environment than the list above: keys and tokens of the server
 * are none of a model's business. */
static int start_process(struct hearth_child *child, int descriptor, struct hearth_error *error)
{
    char beside[4096];
    const char *path = child->options.path;
    if (!path || !*path) {
        if (hearth_program_path(child->kind->program, beside, sizeof(beside)) < 0)
            return hearth_error_set(error, HEARTH_EIO, "cannot find the program %s",
                                    child->kind->program);
        path = beside;
    }
    char *env[ENV_MAX];
    _Static_assert(ENV_MAX >= sizeof(inherited) / sizeof(inherited[0]), "room for all");
    inherit(env);
    const char *name = strrchr(path, '/');
    const char *const argv[] = {name ? name + 1 : path, child->subject, NULL};
    const struct hearth_process_spec spec = {
        .path = path,
        .argv = argv,
        .env = (const char *const *)env,
        .channel_descriptor = descriptor,
        .line_max = LINE_MAX_BYTES,
        .on_line = on_line,
        .on_exit = on_exit_,
        .argument = child,
    };
    int rc = hearth_process_start(child->loop, &spec, &child->process, error);
    for (size_t i = 0; env[i]; i++)
        hearth_free(env[i]);
    return rc;
}

static int take_descriptor(void *argument)
{
    struct hearth_child *child = argument;
    return hearth_channel_take_descriptor(child->channel);
}

int hearth_child_start(struct hearth_loop *loop, const struct hearth_child_options *options,
                       struct hearth_child **ret_child, struct hearth_error *error)
{
    static const struct hearth_channel_events events = {
        .on_read = on_read, .on_end = on_channel_end, .on_drained = on_drained};
    int pair[2];
    int rc = hearth_channel_pair(pair, error);
    if (rc < 0)
        return rc;
    struct hearth_child *child = hearth_calloc(1, sizeof(*child));
    child->loop = loop;
    child->kind = &kinds[options->kind];
    child->options = *options;
    child->subject = hearth_strdup(options->subject);
    rc = start_process(child, pair[1], error);
    close(pair[1]);
    if (rc < 0) {
        close(pair[0]);
        hearth_free(child->subject);
        hearth_free(child);
        return rc;
    }
    child->channel = hearth_channel_create(loop, pair[0], &events, child);
    child->reader = hearth_ipc_reader_create(take_descriptor, child);
    child->life = hearth_timer_create(loop, on_life_time, child);
    child->last = hearth_timer_create(loop, on_last_time, child);
    hearth_timer_start(child->life, options->handshake_timeout_ms, 0);
    HEARTH_LOG(HEARTH_LOG_INFO, "process.started", HEARTH_TEXT("kind", child->kind->name),
               HEARTH_TEXT("model", child->subject), HEARTH_INT("pid", hearth_child_pid(child)));
    *ret_child = child;
    return 0;
}

void hearth_child_send(struct hearth_child *child, const void *bytes, size_t length, int descriptor)
{
    if (!child->channel_ended && !child->killed)
        hearth_channel_write(child->channel, bytes, length, descriptor);
}

/* STOP is a request. The timer is the threat behind it, and is not needed any more when the end has
 * come already. */
void hearth_child_stop(struct hearth_child *child, uint64_t deadline_ms)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64);
    if (hearth_ipc_put_empty(&buf, HEARTH_IPC_STOP, 0) == 0)
        hearth_child_send(child, buf.bytes, buf.length, -1);
    hearth_buf_finish(&buf);
    child->end.asked = true;
    if (!child->exited && !child->channel_ended)
        hearth_timer_start(child->last, deadline_ms, 0);
}

void hearth_child_destroy(struct hearth_child *child)
{
    if (!child)
        return;
    hearth_process_destroy(child->process);
    hearth_channel_close(child->channel);
    hearth_ipc_reader_destroy(child->reader);
    hearth_timer_destroy(child->life);
    hearth_timer_destroy(child->last);
    hearth_free(child->subject);
    hearth_free(child);
}

pid_t hearth_child_pid(const struct hearth_child *child)
{
    return hearth_process_pid(child->process);
}
