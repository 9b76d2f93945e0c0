/* Child processes: fork, what the child does before it becomes another program, its standard error,
 * its end. */
#include "loop/process.h"

#include "base/error.h"
#include "base/memory.h"
#include "loop/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_CHANNEL 3
/* What is still read from a dead child's standard error. */
#define LAST_WORDS_MAX (1u << 20)

struct hearth_process {
    struct hearth_loop *loop;
    uv_poll_t stderr_poll;
    uv_signal_t child_ended;
    int stderr_descriptor;
    unsigned open_handles;
    pid_t pid;
    bool reaped, destroyed;
    int status, signal;
    struct hearth_process_spec spec;
    char *line;
    size_t line_length;
    bool line_cut; /* the rest of a too long line is skipped */
};

/* Between fork and exec: only async-signal-safe calls. */
static void report_and_exit(int report)
{
    int number = errno;
    ssize_t rc = write(report, &number, sizeof(number));
    (void)rc;
    _exit(127);
}

/* The child's side of fork. Descriptors are first copied above 10, because those that are to land
 * on 0 to 4 may themselves lie there. The gateway's other descriptors are closed, whatever opened
 * them. The report pipe closes by itself on a successful exec: the parent then reads its end
 * instead of an errno. */
static void child_run(const struct hearth_process_spec *spec, pid_t parent, int stderr_write,
                      int report)
{
    /* The signal follows the death of the thread that forked: the loop thread. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        report_and_exit(report);
    if (getppid() != parent)
        _exit(127);
    setsid(); /* Ctrl-C on the terminal is the gateway's to handle */
    /* Out of the way of 0 to 4 first. */
    int high_report = fcntl(report, F_DUPFD_CLOEXEC, 10);
    int high_stderr = fcntl(stderr_write, F_DUPFD_CLOEXEC, 10);
    int high_channel =
        spec->channel_descriptor >= 0 ? fcntl(spec->channel_descriptor, F_DUPFD_CLOEXEC, 10) : -1;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (high_report < 0 || high_stderr < 0 || null < 0 || dup2(null, 0) < 0 ||
        dup2(high_stderr, 1) < 0 || dup2(high_stderr, 2) < 0 ||
        (high_channel >= 0 && dup2(high_channel, CHILD_CHANNEL) < 0))
        report_and_exit(report);
    int keep = high_channel >= 0 ? CHILD_CHANNEL : 2;
    dup3(high_report, keep + 1, O_CLOEXEC);
    if (close_range((unsigned)keep + 2, ~0u, 0))
        for (int descriptor = keep + 2; descriptor < 1024; descriptor++)
            close(descriptor);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(spec->path, (char *const *)spec->argv, (char *const *)spec->env);
    report_and_exit(keep + 1);
}

/* Two handles (standard error and SIGCHLD) refer to the process; the last one to close frees it,
 * unless the owner still holds it. */
static void free_when_closed(uv_handle_t *handle)
{
    struct hearth_process *process = handle->data;
    if (--process->open_handles)
        return;
    if (process->destroyed) {
        hearth_free(process->line);
        hearth_free(process);
    }
}

/* Both closes are asynchronous and may already be under way. */
static void close_handles(struct hearth_process *process)
{
    if (!uv_is_closing((uv_handle_t *)&process->stderr_poll)) {
        uv_close((uv_handle_t *)&process->stderr_poll, free_when_closed);
        close(process->stderr_descriptor);
    }
    if (!uv_is_closing((uv_handle_t *)&process->child_ended))
        uv_close((uv_handle_t *)&process->child_ended, free_when_closed);
}

/* Lines are told without their line end; after destroy nobody listens. */
static void end_line(struct hearth_process *process)
{
    if (!process->destroyed && process->spec.on_line)
        process->spec.on_line(process->spec.argument, process->line, process->line_length);
    process->line_length = 0;
}

/* A child's log may be anything: lines have a maximum, and the rest of a longer one is dropped
 * until its end. */
static void take_bytes(struct hearth_process *process, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
            if (!process->line_cut)
                end_line(process);
            process->line_cut = false;
        } else if (!process->line_cut) {
            process->line[process->line_length++] = bytes[i];
            if (process->line_length == process->spec.line_max) {
                end_line(process);
                process->line_cut = true;
            }
        }
    }
}

/* Reads at most `most` bytes; false at the end of standard error. */
static bool read_stderr(struct hearth_process *process, size_t most)
{
    char *bytes = process->loop->read_bytes;
    while (most) {
        size_t length = most < HEARTH_LOOP_READ_MAX ? most : HEARTH_LOOP_READ_MAX;
        ssize_t rc = read(process->stderr_descriptor, bytes, length);
        if (rc < 0 && errno == EINTR)
            continue;
        if (rc < 0)
            return errno == EAGAIN;
        if (rc == 0)
            return false;
        take_bytes(process, bytes, (size_t)rc);
        most -= (size_t)rc;
    }
    return true;
}

/* One buffer for each turn of the loop, so that a child that writes without pause does not hold the
 * others up. */
static void on_stderr(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct hearth_process *process = poll->data;
    if (status < 0 || !read_stderr(process, HEARTH_LOOP_READ_MAX))
        uv_poll_stop(poll);
}

/* SIGCHLD does not say whose: every process looks for its own child, with WNOHANG. */
static void on_child_ended(uv_signal_t *uv, int number)
{
    (void)number;
    struct hearth_process *process = uv->data;
    int status;
    if (process->reaped || waitpid(process->pid, &status, WNOHANG) != process->pid)
        return;
    process->reaped = true;
    process->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    process->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (!process->destroyed) {
        /* All that the child wrote is in the pipe; a grandchild that holds it open is not waited
         * for. */
        read_stderr(process, LAST_WORDS_MAX);
        if (process->line_length && !process->line_cut)
            end_line(process);
    }
    close_handles(process);
    if (process->destroyed)
        return;
    process->spec.on_exit(process->spec.argument, process->status, process->signal);
}

static void watch_child(struct hearth_process *process, int stderr_read)
{
    struct hearth_loop *loop = process->loop;
    process->stderr_descriptor = stderr_read;
    uv_poll_init(&loop->uv, &process->stderr_poll, stderr_read);
    process->stderr_poll.data = process;
    uv_poll_start(&process->stderr_poll, UV_READABLE, on_stderr);
    process->open_handles = 2;
}

/* errno of the child's failure to exec, 0 when it runs the program. */
static int exec_errno(int report)
{
    int number = 0;
    ssize_t rc;
    do
        rc = read(report, &number, sizeof(number));
    while (rc < 0 && errno == EINTR);
    return rc == (ssize_t)sizeof(number) ? number : 0;
}

/* fork rather than posix_spawn: the child must ask for the signal of its parent's death, start a
 * session of its own and close everything between fork and exec. */
int hearth_process_start(struct hearth_loop *loop, const struct hearth_process_spec *spec,
                         struct hearth_process **ret_process, struct hearth_error *error)
{
    assert(spec->line_max > 0);
    int out[2] = {-1, -1}, report[2] = {-1, -1}, rc = 0;
    struct hearth_process *process = NULL;
    if (pipe2(out, O_CLOEXEC) || pipe2(report, O_CLOEXEC)) {
        rc = hearth_error_set_errno(error, errno, "cannot start %s", spec->path);
        goto out;
    }
    process = hearth_calloc(1, sizeof(*process));
    process->loop = loop;
    process->spec = *spec;
    process->line = hearth_alloc(spec->line_max);
    /* Watching begins before the child does, so that no end is missed. */
    uv_signal_init(&loop->uv, &process->child_ended);
    process->child_ended.data = process;
    uv_signal_start(&process->child_ended, on_child_ended, SIGCHLD);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    watch_child(process, out[0]);
    out[0] = -1;

    pid_t parent = getpid();
    process->pid = fork();
    if (process->pid == 0)
        child_run(spec, parent, out[1], report[1]);
    int number = process->pid < 0 ? errno : 0;
    close(report[1]);
    report[1] = -1;
    if (!number && (number = exec_errno(report[0])))
        waitpid(process->pid, NULL, 0);
    if (number) {
        rc = hearth_error_set_errno(error, number, "cannot start %s", spec->path);
        process->reaped = true;
        process->destroyed = true;
        close_handles(process);
        goto out;
    }
    *ret_process = process;
out:
    for (int i = 0; i < 2; i++) {
        if (out[i] >= 0)
            close(out[i]);
        if (report[i] >= 0)
            close(report[i]);
    }
    return rc;
}

pid_t hearth_process_pid(const struct hearth_process *process)
{
    return process->pid;
}

/* Never after the child was reaped: its number may belong to another process by then. */
void hearth_process_kill(struct hearth_process *process, int number)
{
    if (!process->reaped)
        kill(process->pid, number);
}

/* The memory goes when both handles are closed and nobody may ask any more, whichever comes
 * last. */
void hearth_process_destroy(struct hearth_process *process)
{
    if (!process)
        return;
    assert(!process->destroyed);
    process->destroyed = true;
    if (!process->reaped) {
        /* It stays behind, until the child is reaped. */
        kill(process->pid, SIGKILL);
        if (!uv_is_closing((uv_handle_t *)&process->stderr_poll))
            uv_poll_stop(&process->stderr_poll);
    } else if (!process->open_handles) {
        hearth_free(process->line);
        hearth_free(process);
    }
}

/* Kernels that do not share among sessions have no such file. */
static int lower_session(int nice)
{
    int file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? 0 : errno;
    int number = dprintf(file, "%d\n", nice) < 0 ? errno : 0;
    close(file);
    return number;
}

int hearth_process_lower_priority(int nice)
{
    if (getpriority(PRIO_PROCESS, 0) < nice && setpriority(PRIO_PROCESS, 0, nice))
        return errno;
    return getsid(0) == getpid() ? lower_session(nice) : 0;
}
