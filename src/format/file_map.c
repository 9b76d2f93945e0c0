#include "format/file_map.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *hearth_file_map_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int hearth_file_map_open(const char *path, struct hearth_file_map *ret_map,
                         struct hearth_error *error)
{
    const char *name = hearth_file_map_name(path);
    /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return hearth_error_set_errno(error, errno, "%s", name);
    struct stat status;
    void *bytes = MAP_FAILED;
    int rc = 0;
    if (fstat(fd, &status) < 0)
        rc = hearth_error_set_errno(error, errno, "%s", name);
    else if (!S_ISREG(status.st_mode) || status.st_size == 0)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s is not a file with content", name);
    else if ((bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) ==
             MAP_FAILED)
        rc = hearth_error_set_errno(error, errno, "%s", name);
    /* The mapping stays without the descriptor. */
    close(fd);
    if (rc)
        return rc;
    *ret_map = (struct hearth_file_map){bytes, (size_t)status.st_size};
    return 0;
}

void hearth_file_map_release(const void *bytes, size_t length)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)bytes + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)bytes + length) / page * page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

void hearth_file_map_close(struct hearth_file_map *map)
{
    if (map->bytes)
        munmap((void *)map->bytes, map->length);
    *map = (struct hearth_file_map){0};
}
