/* Allocates memory. The plain verbs abort when there is none: they are for what we size ourselves.
 * Anything sized by a peer, a file or a model goes through a `try` verb. Any thread. */
#ifndef HEARTH_BASE_MEMORY_H
#define HEARTH_BASE_MEMORY_H

#include <stddef.h>

void *hearth_alloc(size_t size);                       /* uninitialised, never NULL */
void *hearth_calloc(size_t count, size_t size);        /* zeroed, never NULL */
void *hearth_realloc(void *old, size_t size);          /* never NULL */
char *hearth_strdup(const char *text);                 /* NULL stays NULL */
char *hearth_strndup(const char *text, size_t length); /* always NUL-terminated */
char *hearth_format(const char *format, ...)           /* heap string */
    __attribute__((format(printf, 1, 2)));

void *hearth_try_alloc(size_t size);                /* NULL when there is none */
void *hearth_try_calloc(size_t count, size_t size); /* NULL, also when the product overflows */
void *hearth_try_realloc(void *old, size_t size);   /* NULL leaves the old block alone */

/* Aligned to a power of two; the first aborts, the second may return NULL; freed like the others.
 */
void *hearth_aligned_alloc(size_t alignment, size_t size);
void *hearth_try_aligned_alloc(size_t alignment, size_t size);

void hearth_free(void *block); /* NULL is allowed */

/* Gives what is free back to the kernel: after a lot was freed, because the allocator keeps it.
 * Takes milliseconds; not on a loop's thread. */
void hearth_memory_trim(void);

#endif
