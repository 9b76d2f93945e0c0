#include "base/buf.h"
#include "base/small_file.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/terminal.h"

#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { PROC_MAX = 1 << 20 };

/* The text behind "key" and its ':' in a file of /proc, cut at the line's end; false without. */
static bool proc_value(const char *path, const char *key, char *ret_value, size_t size)
{
    struct hearth_buf text;
    hearth_buf_init(&text, PROC_MAX);
    bool found = false;
    /* A file that is longer than the buffer is still good for its beginning. */
    (void)hearth_small_file_read(path, &text, NULL);
    /* A buffer that is full refuses to be read; the mark is taken away, since its beginning is
     * enough. */
    text.failed = 0;
    const char *all = hearth_buf_cstr(&text);
    for (const char *line = all; line && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        line += strlen(key);
        line += strspn(line, " \t:");
        snprintf(ret_value, size, "%.*s", (int)strcspn(line, "\n"), line);
        found = true;
    }
    hearth_buf_finish(&text);
    return found;
}

/* A whole word of a list with blanks: "avx" must not be found in "avx2". */
static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Which vector instructions there are decides how fast models run; x86 calls them flags, ARM
 * Features. */
static void check_cpu(struct hearth_doctor *doctor)
{
    static const char *const features[] = {
        "avx",         "avx2",     "fma",      "f16c",  "avx512f", "avx_vnni", "avx512_vnni",
        "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "sve",     NULL};
    char name[128] = "processor", flags[8192] = "", found[256] = "";
    proc_value("/proc/cpuinfo", "model name", name, sizeof(name));
    if (!proc_value("/proc/cpuinfo", "flags", flags, sizeof(flags)))
        proc_value("/proc/cpuinfo", "Features", flags, sizeof(flags));
    for (const char *const *feature = features; *feature; feature++) {
        size_t used = strlen(found);
        if (has_word(flags, *feature))
            snprintf(found + used, sizeof(found) - used, " %s", *feature);
    }
    bool is_fast = has_word(flags, "avx2") || has_word(flags, "asimd");
    hearth_doctor_add(
        doctor, "cpu", is_fast ? HEARTH_GOOD : HEARTH_WARNING,
        "models run several times slower without AVX2; use a newer processor if you can",
        "%s, %ld cores:%s", name, sysconf(_SC_NPROCESSORS_ONLN),
        *found ? found : " no vector extensions");
}

/* 0 where the kernel does not say; the kernel counts in kB and means KiB (proc(5)). */
static uint64_t kib_of(const char *key)
{
    char text[64] = "";
    int64_t kib = 0;
    proc_value("/proc/meminfo", key, text, sizeof(text));
    text[strcspn(text, " ")] = '\0';
    return hearth_parse_int(text, 0, INT64_MAX / 1024, &kib) ? 0 : (uint64_t)kib;
}

/* The limit of the cgroup is told too, since it and not the machine may be what binds. */
static void check_memory(struct hearth_doctor *doctor)
{
    char total[16], available[16], limit[64] = "";
    uint64_t available_bytes = kib_of("MemAvailable") * 1024;
    hearth_size_text(kib_of("MemTotal") * 1024, total);
    hearth_size_text(available_bytes, available);
    hearth_doctor_add(doctor, "memory",
                      available_bytes < (1ull << 30) ? HEARTH_WARNING : HEARTH_GOOD,
                      "only small models fit into less than 1 GiB; end other programs",
                      "%s, %s available", total, available);
    /* The limit of cgroup v2 has this name from inside a container; "max" means none. */
    int64_t bytes;
    if (!proc_value("/sys/fs/cgroup/memory.max", "", limit, sizeof(limit)) || !*limit)
        return;
    if (hearth_parse_int(limit, 1, INT64_MAX, &bytes) == 0) {
        hearth_size_text((uint64_t)bytes, total);
        hearth_doctor_add(doctor, "cgroup", HEARTH_GOOD, NULL, "memory is limited to %s", total);
    } else {
        hearth_doctor_add(doctor, "cgroup", HEARTH_GOOD, NULL, "memory is not limited");
    }
}

/* Asked of the kernel itself: landlock_create_ruleset with this flag only tells its version
 * (landlock(7)). */
static void check_sandbox(struct hearth_doctor *doctor)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi > 0)
        hearth_doctor_add(doctor, "landlock", HEARTH_GOOD, NULL, "ABI %ld", abi);
    else
        hearth_doctor_add(doctor, "landlock", HEARTH_WARNING,
                          "workers can read the files of this user; a kernel from 5.13 on with "
                          "lsm=landlock keeps them out",
                          "not available");
    bool seccomp = access("/proc/sys/kernel/seccomp/actions_avail", R_OK) == 0 ||
                   prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
    hearth_doctor_add(doctor, "seccomp", seccomp ? HEARTH_GOOD : HEARTH_WARNING,
                      "workers can make any system call; use a kernel with CONFIG_SECCOMP_FILTER",
                      seccomp ? "available" : "not available");
}

/* Each connection is a file; a hundred more for models, databases and logs. */
static void check_limits(struct hearth_doctor *doctor)
{
    struct rlimit limit;
    uint64_t wanted = (uint64_t)doctor->invocation->settings->connections_max + 100;
    /* The hard limit: the soft one can be raised up to it (ulimit -n). */
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    bool is_enough = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted;
    hearth_doctor_add(doctor, "files", is_enough ? HEARTH_GOOD : HEARTH_WARNING,
                      "raise the limit (ulimit -n), or lower connections_max",
                      "%llu files may be open at once", (unsigned long long)limit.rlim_max);
}

void hearth_doctor_machine(struct hearth_doctor *doctor)
{
    struct utsname name;
    check_cpu(doctor);
    check_memory(doctor);
    if (uname(&name) == 0)
        hearth_doctor_add(doctor, "kernel", HEARTH_GOOD, NULL, "%s %s %s", name.sysname,
                          name.release, name.machine);
    check_sandbox(doctor);
    check_limits(doctor);
}
