/* One piece of memory that is cut into buffers. A layout runs twice: without memory, to count its
 * bytes, and with it, to cut; so the two cannot disagree. Any thread; owns nothing. */
#ifndef HEARTH_NETWORK_CUTTING_H
#define HEARTH_NETWORK_CUTTING_H

#include <stddef.h>

/* Buffers begin on lines of the cache: vectors are loaded aligned, and what two members write does
 * not share a line. */
enum { HEARTH_CUT_LINE = 64 };

struct hearth_cutting {
    char *base; /* NULL: only counts */
    size_t used;
};

/* NULL without memory, and for nothing. */
static inline void *hearth_cut(struct hearth_cutting *cutting, size_t count, size_t size)
{
    size_t at = cutting->used;
    cutting->used += (count * size + HEARTH_CUT_LINE - 1) / HEARTH_CUT_LINE * HEARTH_CUT_LINE;
    return cutting->base != NULL && count > 0 ? cutting->base + at : NULL;
}

#endif
