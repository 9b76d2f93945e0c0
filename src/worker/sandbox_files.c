/* The Landlock rules: which files a worker may still open, by the rights that the running kernel
 * knows. */
#include "base/memory.h"
#include "base/text.h"
#include "wire/ipc_event.h"
#include "worker/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Our own copy of <linux/landlock.h>, which knows only the kernel that it came with. */
#define RULESET_VERSION (1u << 0)
#define RULE_PATH_BENEATH 1
#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_DIR (1ull << 7)
#define FS_MAKE_REG (1ull << 8)
#define FS_IOCTL_DEV (1ull << 15)
#define FS_ALL_OF_ABI_1 ((1ull << 13) - 1)
#define FS_REFER (1ull << 13)    /* since ABI 2 */
#define FS_TRUNCATE (1ull << 14) /* since ABI 3 */
#define NET_BIND_AND_CONNECT 3ull
#define SCOPE_ABSTRACT_AND_SIGNAL 3ull

#define READ_FILE FS_READ_FILE
#define READ_TREE (FS_READ_FILE | FS_READ_DIR)
#define WRITE_TREE                                                                                 \
    (READ_TREE | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG)

#define LINKS_MAX 4096
#define SHARDS_MAX 999

struct ruleset_attributes {
    uint64_t files;
    uint64_t network; /* since ABI 4 */
    uint64_t scoped;  /* since ABI 6 */
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* What every program needs: libraries, the time zone, and what tells of the processors. */
static const char *const trees[] = {
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/sys/devices/system",
    "/proc/self",
};
static const char *const files[] = {
    "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo",
    "/proc/meminfo",    "/dev/urandom",   "/dev/zero",
};
static const char *const cuda_trees[] = {
    "/proc/driver/nvidia", "/sys/bus/pci",      "/sys/devices",    "/proc/sys/vm",
    "/etc/nvidia",         "/usr/share/nvidia", "/usr/local/cuda",
};

/* A right that the kernel does not know makes the whole rule set fail, and one that is not
 * "handled" stays allowed: so exactly what this kernel's version has is asked for. */
static uint64_t handled_files(long abi)
{
    uint64_t all = FS_ALL_OF_ABI_1;
    if (abi >= 2)
        all |= FS_REFER;
    if (abi >= 3)
        all |= FS_TRUNCATE;
    if (abi >= 5)
        all |= FS_IOCTL_DEV;
    return all;
}

/* A path that is not there needs no rule. Rights of folders are dropped for a file. */
static bool allow(int ruleset, const char *path, uint64_t rights, uint64_t handled)
{
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    struct stat status;
    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &status) == 0 && !S_ISDIR(status.st_mode))
        rights &= ~FS_READ_DIR;
    const struct path_beneath rule = {.allowed = rights & handled, .parent = descriptor};
    long rc = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    close(descriptor);
    return rc == 0;
}

/* A Hugging Face folder may be made of links into a store of blobs. */
static void allow_links(int ruleset, const char *folder, uint64_t handled)
{
    DIR *entries = opendir(folder);
    int left = LINKS_MAX;
    for (const struct dirent *entry; entries && (entry = readdir(entries)) && left--;) {
        if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
            continue;
        char *path = hearth_format("%s/%s", folder, entry->d_name);
        struct stat status;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            allow(ruleset, path, READ_FILE, handled);
        hearth_free(path);
    }
    if (entries)
        closedir(entries);
}

/* "…-00001-of-00003.gguf" stands for all its parts. */
static void allow_shards(int ruleset, const char *path, uint64_t handled)
{
    static const char tail[] = "-00001-of-00001.gguf";
    size_t length = strlen(path), tail_length = sizeof(tail) - 1;
    if (length <= tail_length)
        return;
    const char *numbers = path + length - tail_length;
    char count_text[6] = {0};
    memcpy(count_text, numbers + 10, 5);
    int64_t count;
    if (numbers[0] != '-' || memcmp(numbers + 6, "-of-", 4) != 0 ||
        strcmp(numbers + 15, ".gguf") != 0 || hearth_parse_int(count_text, 1, SHARDS_MAX, &count))
        return;
    for (int64_t i = 1; i <= count; i++) {
        char *shard = hearth_format("%.*s-%05d-of-%05d.gguf", (int)(length - tail_length), path,
                                    (int)i, (int)count);
        allow(ruleset, shard, READ_FILE, handled);
        hearth_free(shard);
    }
}

/* Adapters: each a file, or a folder that may be made of links. */
static void allow_lines(int ruleset, const char *lines, uint64_t handled)
{
    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");
        char *path = hearth_strndup(lines, length);
        allow(ruleset, path, READ_TREE, handled);
        allow_links(ruleset, path, handled);
        hearth_free(path);
        lines += length + (lines[length] != '\0');
    }
}

/* The driver's nodes are written to and take ioctls, which is how a GPU is used. */
static void allow_cuda(int ruleset, uint64_t handled)
{
    for (size_t i = 0; i < sizeof(cuda_trees) / sizeof(cuda_trees[0]); i++)
        allow(ruleset, cuda_trees[i], READ_TREE, handled);
    DIR *nodes = opendir("/dev");
    for (const struct dirent *entry; nodes && (entry = readdir(nodes));) {
        char path[300];
        if (strncmp(entry->d_name, "nvidia", 6) != 0)
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        allow(ruleset, path, READ_TREE | FS_WRITE_FILE | FS_IOCTL_DEV, handled);
    }
    if (nodes)
        closedir(nodes);
}

static void allow_all(int ruleset, const struct sandbox_paths *paths, uint64_t handled)
{
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
        allow(ruleset, trees[i], READ_TREE, handled);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        allow(ruleset, files[i], READ_FILE, handled);
    allow(ruleset, "/dev/null", READ_FILE | FS_WRITE_FILE, handled);
    allow(ruleset, paths->plugin_dir, READ_TREE, handled);
    allow(ruleset, paths->model, READ_TREE, handled);
    allow_links(ruleset, paths->model, handled);
    allow_shards(ruleset, paths->model, handled);
    allow_lines(ruleset, paths->readable, handled);
    if (paths->writable)
        allow(ruleset, paths->writable, WRITE_TREE, handled);
    if (strncmp(paths->device, "cuda", 4) == 0)
        allow_cuda(ruleset, handled);
}

/* With a null pointer and RULESET_VERSION the call tells the version that the kernel has. Older
 * kernels want a shorter struct. */
uint32_t sandbox_files(const struct sandbox_paths *paths)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
    if (abi < 1)
        return 0;
    const struct ruleset_attributes attributes = {
        .files = handled_files(abi),
        .network = abi >= 4 ? NET_BIND_AND_CONNECT : 0,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT_AND_SIGNAL : 0,
    };
    size_t size = abi >= 6   ? sizeof(attributes)
                  : abi >= 4 ? offsetof(struct ruleset_attributes, scoped)
                             : offsetof(struct ruleset_attributes, network);
    long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0)
        return 0;
    allow_all((int)ruleset, paths, attributes.files);
    long rc = syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
    close((int)ruleset);
    if (rc)
        return 0;
    return HEARTH_SANDBOX_FILES | (abi >= 4 ? HEARTH_SANDBOX_NETWORK : 0);
}
