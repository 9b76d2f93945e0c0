#include "base/big_memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

static size_t whole_pages(size_t size)
{
    return (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *hearth_big_alloc(size_t size)
{
    if (size == 0 || size > SIZE_MAX / 2)
        return NULL;
    size_t whole = whole_pages(size);
    char *start = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)start % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0)
        munmap(start, before);
    if (HUGE_PAGE - before > 0)
        munmap(start + before + whole, HUGE_PAGE - before);
    madvise(start + before, whole, MADV_HUGEPAGE);
    return start + before;
}

void hearth_big_free(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, whole_pages(size));
}

void hearth_big_forget(void *memory, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *from = (char *)(((uintptr_t)memory + page - 1) / page * page);
    char *to = (char *)(((uintptr_t)memory + size) / page * page);
    if (to > from)
        madvise(from, (size_t)(to - from), MADV_DONTNEED);
}

int hearth_big_lock(void *memory, size_t size)
{
    return mlock(memory, size) == 0 ? 0 : errno;
}
