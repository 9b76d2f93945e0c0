/* The seccomp filter: a list of refused system calls, and a few that are judged by their
 * arguments. */
#include "base/error.h"
#include "wire/ipc_event.h"
#include "worker/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define OUR_ARCHITECTURE 0
#endif

/* Calls with the same number on every architecture since Linux 5.1, which old headers lack. */
#define CALL_PIDFD_GETFD 438
#define CALL_PROCESS_MADVISE 440
#define CALL_MOUNT_SETATTR 442

/* Refused with EPERM. */
static const int refused[] = {
    /* network */
    SYS_socket,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    /* other programs and processes */
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_pidfd_open,
    CALL_PIDFD_GETFD,
    SYS_pidfd_send_signal,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    CALL_PROCESS_MADVISE,
    SYS_setns,
    SYS_unshare,
    SYS_personality,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    /* wide doors into the kernel */
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_quotactl,
    SYS_acct,
    SYS_syslog,
    SYS_fanotify_init,
    SYS_lookup_dcookie,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    /* the system */
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_fsconfig,
    SYS_fspick,
    CALL_MOUNT_SETATTR,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
#endif
};
enum { REFUSED_COUNT = sizeof(refused) / sizeof(refused[0]), PROGRAM_MAX = 2 * REFUSED_COUNT + 32 };

/* A classic BPF program (bpf(4)): each step loads a word of struct seccomp_data, compares it and
 * jumps, or ends with a verdict. Jumps count steps from the next one on. */
struct program {
    struct sock_filter steps[PROGRAM_MAX];
    unsigned short length;
};

static void add(struct program *program, struct sock_filter step)
{
    program->steps[program->length++] = step;
}

static void load(struct program *program, size_t offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct program *program, uint32_t verdict)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* Equal: the next step, the refusal. Otherwise that step is jumped over. */
static void refuse_if_equal(struct program *program, uint32_t value, int number)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    answer(program, SECCOMP_RET_ERRNO | (uint32_t)number);
}

/* The low word of an argument: both architectures are little-endian. */
static size_t argument(int number)
{
    return offsetof(struct seccomp_data, args) + (size_t)number * sizeof(uint64_t);
}

/* A signal to any process but ours: kill(pid, …) and tgkill(pid, …). */
static void refuse_foreign(struct program *program, uint32_t call)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
    load(program, argument(0));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1));
    answer(program, SECCOMP_RET_ALLOW);
    answer(program, SECCOMP_RET_ERRNO | EPERM);
}

/* Threads, but no processes. */
static void refuse_processes(struct program *program)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
    load(program, argument(0));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
    answer(program, SECCOMP_RET_ALLOW);
    answer(program, SECCOMP_RET_ERRNO | EPERM);
    /* Its flags lie in memory that a filter cannot read; the C library falls back to clone. */
    refuse_if_equal(program, SYS_clone3, ENOSYS);
}

/* The architecture is checked first, because the same number is another call under another one.
 * Then x32, the list, and the calls that depend on arguments; what is left is allowed. TSYNC binds
 * all threads of the process; kernels without it are asked by prctl for this thread, the only one
 * so far. */
uint32_t sandbox_system_calls(void)
{
    struct program program = {.length = 0};
    if (!OUR_ARCHITECTURE)
        return 0;
    load(&program, offsetof(struct seccomp_data, arch));
    add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0));
    answer(&program, SECCOMP_RET_KILL_PROCESS);
    load(&program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    /* The x32 calls would go around the list. */
    add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));
    answer(&program, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    for (size_t i = 0; i < REFUSED_COUNT; i++)
        refuse_if_equal(&program, (uint32_t)refused[i], EPERM);
    refuse_foreign(&program, SYS_kill);
    refuse_foreign(&program, SYS_tgkill);
    refuse_foreign(&program, SYS_tkill);
    refuse_processes(&program);
    answer(&program, SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {.len = program.length, .filter = program.steps};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0))
        return 0;
    return HEARTH_SANDBOX_SYSTEM_CALLS;
}
