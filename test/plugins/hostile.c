/* An engine that tries what a worker must not be able to do, and tells the outcome of each try as
 * its answer: one line of "name=ok" or "name=errno". A request's text is ignored. */
#include "hearth/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct hearth_engine {
    const struct hearth_prepared *input;
    char report[2048];
};

/* Made when the plug-in is loaded: a constructor runs before any slot is called. */
static char at_load[64];

static void note(char *report, size_t size, const char *name, long result)
{
    size_t used = strlen(report);
    snprintf(report + used, size - used, "%s=%s\n", name,
             result >= 0 ? "ok" : strerrorname_np(errno));
}

__attribute__((constructor)) static void try_at_load(void)
{
    note(at_load, sizeof(at_load), "constructor_read", open("/etc/passwd", O_RDONLY));
}

static long try_open(const char *path, int flags)
{
    int descriptor = open(path, flags, 0600);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor;
}

static long try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid;
}

static void *thread_run(void *argument)
{
    return argument;
}

static long try_thread(void)
{
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, thread_run, NULL);
    if (!rc)
        return pthread_join(thread, NULL);
    errno = rc;
    return -1;
}

static long try_exec(void)
{
    char *const argv[] = {"/bin/true", NULL};
    return execv("/bin/true", argv);
}

static long try_read_parent(void)
{
    char byte;
    struct iovec here = {.iov_base = &byte, .iov_len = 1}, there = {.iov_base = (void *)0x400000};
    there.iov_len = 1;
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static void try_all(char *report, size_t size)
{
    char path[64];
    note(report, size, "tcp_socket", socket(AF_INET, SOCK_STREAM, 0));
    note(report, size, "udp_socket", socket(AF_INET6, SOCK_DGRAM, 0));
    note(report, size, "unix_socket", socket(AF_UNIX, SOCK_STREAM, 0));
    note(report, size, "netlink_socket", socket(AF_NETLINK, SOCK_RAW, 0));
    note(report, size, "read_passwd", try_open("/etc/passwd", O_RDONLY));
    note(report, size, "read_home", try_open("/root", O_RDONLY | O_DIRECTORY));
    note(report, size, "write_tmp", try_open("/tmp/hearth-hostile", O_WRONLY | O_CREAT));
    note(report, size, "make_tmpfile", try_open("/tmp", O_TMPFILE | O_WRONLY));
    note(report, size, "make_folder", mkdir("/tmp/hearth-hostile.d", 0700));
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
    note(report, size, "read_parent_environ", try_open(path, O_RDONLY));
    note(report, size, "ptrace_parent", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    note(report, size, "read_parent_memory", try_read_parent());
    note(report, size, "signal_parent", kill(getppid(), SIGURG));
    note(report, size, "fork", try_fork());
    note(report, size, "execute", try_exec());
    note(report, size, "unshare", unshare(CLONE_NEWUSER));
    note(report, size, "io_uring", syscall(SYS_io_uring_setup, 1, NULL));
    note(report, size, "bpf", syscall(SYS_bpf, 0, NULL, 0));
    note(report, size, "userfaultfd", syscall(SYS_userfaultfd, 0));
    note(report, size, "perf_event",
         syscall(SYS_perf_event_open, &(struct perf_event_attr){0}, 0, -1, -1, 0));
    note(report, size, "keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    note(report, size, "thread", try_thread());
    note(report, size, "read_cpuinfo", try_open("/proc/cpuinfo", O_RDONLY));
    note(report, size, "memfd", memfd_create("x", 0));
}

static int describe(const struct hearth_model_files *files, struct hearth_model_facts *ret_facts,
                    struct hearth_error *error)
{
    (void)error;
    *ret_facts =
        (struct hearth_model_facts){.architecture = "hostile", .tasks = HEARTH_TASK_GENERATE};
    /* The model itself must be readable, and not writable. */
    long reads = try_open(files->path, O_RDONLY), writes = try_open(files->path, O_WRONLY);
    snprintf(ret_facts->quantization, sizeof(ret_facts->quantization), "%d,%d", reads >= 0,
             writes >= 0);
    return 0;
}

static int plan_memory(const struct hearth_model_files *files,
                       const struct hearth_load_params *params, struct hearth_memory_plan *ret_plan,
                       struct hearth_error *error)
{
    (void)files, (void)params, (void)error;
    *ret_plan = (struct hearth_memory_plan){.process = 1 << 20};
    return 0;
}

static int load(const struct hearth_model_files *files, const struct hearth_load_params *params,
                struct hearth_load_progress *progress, struct hearth_engine **ret_engine,
                struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    (void)params, (void)progress;
    *ret_engine = calloc(1, sizeof(**ret_engine));
    return describe(files, ret_facts, error);
}

static int prepare(struct hearth_engine *engine, const struct hearth_input *input,
                   struct hearth_prepared **ret_prepared, struct hearth_error *error)
{
    static const int32_t token = 1;
    (void)engine, (void)input, (void)error;
    *ret_prepared = calloc(1, sizeof(**ret_prepared));
    **ret_prepared = (struct hearth_prepared){.tokens = &token, .token_count = 1};
    return 0;
}

static void discard(struct hearth_engine *engine, struct hearth_prepared *prepared)
{
    (void)engine;
    free(prepared);
}

static int step(struct hearth_engine *engine, const struct hearth_step_item *items, size_t count,
                struct hearth_event_sink *sink, struct hearth_error *error)
{
    (void)error;
    for (size_t i = 0; i < count; i++) {
        snprintf(engine->report, sizeof(engine->report), "%s", at_load);
        try_all(engine->report, sizeof(engine->report));
        const struct hearth_event text = {.kind = HEARTH_EVENT_TEXT,
                                          .sequence = items[i].sequence,
                                          .bytes = {engine->report, strlen(engine->report)},
                                          .token_count = 1};
        const struct hearth_event done = {
            .kind = HEARTH_EVENT_DONE, .sequence = items[i].sequence, .finish = HEARTH_FINISH_STOP};
        sink->emit(sink, &text);
        sink->emit(sink, &done);
    }
    return 0;
}

static void cancel(struct hearth_engine *engine, uint32_t sequence)
{
    (void)engine, (void)sequence;
}

static void abort_step(struct hearth_engine *engine)
{
    (void)engine;
}

static void unload(struct hearth_engine *engine)
{
    free(engine);
}

extern const struct hearth_engine_ops hearth_engine_plugin;
__attribute__((visibility("default"))) const struct hearth_engine_ops hearth_engine_plugin = {
    .abi = HEARTH_ENGINE_ABI,
    .size = sizeof(struct hearth_engine_ops),
    .name = "hostile",
    .version = "1",
    .describe = describe,
    .plan_memory = plan_memory,
    .load = load,
    .prepare = prepare,
    .discard = discard,
    .step = step,
    .cancel = cancel,
    .abort = abort_step,
    .unload = unload,
};
