/* What the kernel says about memory and time: /proc for processes, control groups for limits. */
#include "loop/process_usage.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TREE_MAX = 64, TEXT_MAX = 8192 };

/* The start of a small file of /proc or /sys; false when there is none. */
static bool read_text(const char *path, char *ret_text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(ret_text, 1, size - 1, file);
    ret_text[length] = '\0';
    fclose(file);
    return length > 0;
}

static bool number_at(const char *text, uint64_t *ret_number)
{
    char digits[24];
    int64_t number;
    text += strspn(text, " \t");
    snprintf(digits, sizeof(digits), "%.*s", (int)strspn(text, "0123456789"), text);
    if (hearth_parse_int(digits, 0, INT64_MAX, &number) < 0)
        return false;
    *ret_number = (uint64_t)number;
    return true;
}

/* "Pss:      1234 kB" → bytes */
static bool kilobytes_after(const char *text, const char *key, uint64_t *ret_bytes)
{
    const char *found = strstr(text, key);
    if (!found || !number_at(found + strlen(key), ret_bytes))
        return false;
    *ret_bytes *= 1024;
    return true;
}

/* Pss shares the pages that several processes map among them, so that a sum over processes counts
 * each page once (proc(5), smaps_rollup). Where the kernel refuses it, VmRSS is the next best. */
static uint64_t memory_of(pid_t pid)
{
    char path[64], text[TEXT_MAX];
    uint64_t bytes;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    if (read_text(path, text, sizeof(text)) && kilobytes_after(text, "\nPss:", &bytes))
        return bytes;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (read_text(path, text, sizeof(text)) && kilobytes_after(text, "\nVmRSS:", &bytes))
        return bytes;
    return 0;
}

/* Fields 14 and 15 of stat, counted behind the name in brackets, which may hold anything. */
static uint64_t cpu_ms_of(pid_t pid)
{
    char path[64], text[TEXT_MAX];
    uint64_t user = 0, kernel = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_text(path, text, sizeof(text)))
        return 0;
    const char *field = strrchr(text, ')');
    for (int number = 2; field && number < 14; number++)
        field = strchr(field + 1, ' ');
    if (!field || !number_at(field, &user))
        return 0;
    field = strchr(field + 1, ' ');
    if (field)
        number_at(field, &kernel);
    long ticks = sysconf(_SC_CLK_TCK);
    return ticks > 0 ? (user + kernel) * 1000 / (uint64_t)ticks : 0;
}

/* proc(5): /proc/PID/task/TID/children lists the children that this thread has forked. */
static size_t children_of(pid_t pid, pid_t *ret_children, size_t max)
{
    char path[64], text[TEXT_MAX];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    if (!read_text(path, text, sizeof(text)))
        return 0;
    uint64_t child;
    for (const char *at = text; count < max && number_at(at, &child);) {
        ret_children[count++] = (pid_t)child;
        at += strspn(at, " ");
        at += strspn(at, "0123456789");
    }
    return count;
}

/* A walk over the tree, breadth first, with the array as its queue; its bound keeps a fork bomb
 * from keeping us busy. */
void hearth_process_usage(pid_t pid, struct hearth_process_usage *ret_usage)
{
    pid_t tree[TREE_MAX] = {pid};
    size_t count = 1;
    struct hearth_process_usage usage = {.memory_bytes = 0};
    for (size_t i = 0; i < count; i++) {
        usage.memory_bytes += memory_of(tree[i]);
        usage.cpu_ms += cpu_ms_of(tree[i]);
        count += children_of(tree[i], tree + count, TREE_MAX - count);
    }
    *ret_usage = usage;
}

static uint64_t group_number(const char *group, const char *file, uint64_t fallback)
{
    char path[4096], text[64];
    uint64_t number;
    int length = snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", group, file);
    if (length < 0 || (size_t)length >= sizeof(path) || !read_text(path, text, sizeof(text)))
        return fallback;
    return number_at(text, &number) ? number : fallback; /* "max" is no limit */
}

/* What one group leaves; its page cache can be had back. */
static uint64_t group_room(const char *group)
{
    uint64_t limit = group_number(group, "memory.max", UINT64_MAX);
    if (limit == UINT64_MAX)
        return UINT64_MAX;
    uint64_t used = group_number(group, "memory.current", 0);
    char path[4096], text[TEXT_MAX];
    uint64_t cache = 0;
    int length = snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.stat", group);
    if (length > 0 && (size_t)length < sizeof(path) && read_text(path, text, sizeof(text))) {
        const char *found = strstr(text, "\ninactive_file ");
        if (found)
            number_at(found + strlen("\ninactive_file "), &cache);
    }
    used = used > cache ? used - cache : 0;
    return limit > used ? limit - used : 0;
}

/* In cgroup v2 each group's limit holds for all below it, so the room is the least on the way to
 * the root. The line of v2 in /proc/self/cgroup begins with "0::" (cgroups(7)). */
static uint64_t groups_room(void)
{
    char text[TEXT_MAX];
    if (!read_text("/proc/self/cgroup", text, sizeof(text)))
        return UINT64_MAX;
    char *group = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (!group)
        return UINT64_MAX;
    group = strchr(group, '/');
    if (!group)
        return UINT64_MAX;
    group[strcspn(group, "\n")] = '\0';
    uint64_t least = UINT64_MAX;
    for (;;) {
        bool root = strcmp(group, "/") == 0 || !*group;
        uint64_t room = group_room(root ? "" : group);
        least = room < least ? room : least;
        if (root)
            return least;
        *strrchr(group, '/') = '\0';
    }
}

/* MemAvailable is the kernel's estimate of what can be had without swapping (proc(5)). */
uint64_t hearth_memory_available(void)
{
    char text[TEXT_MAX];
    uint64_t available = UINT64_MAX;
    if (read_text("/proc/meminfo", text, sizeof(text)))
        kilobytes_after(text, "\nMemAvailable:", &available);
    uint64_t room = groups_room();
    return room < available ? room : available;
}
