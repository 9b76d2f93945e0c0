/* Large pieces of memory straight from the kernel: zeroed, taken only where they are touched, in
 * huge pages where the system gives them (reading weights is a seventh quicker then). Any thread.
 */
#ifndef HEARTH_BASE_BIG_MEMORY_H
#define HEARTH_BASE_BIG_MEMORY_H

#include <stddef.h>

/* Aligned to 2 MiB. NULL when there is none. */
void *hearth_big_alloc(size_t size);
void hearth_big_free(void *memory, size_t size); /* the same size; NULL is allowed */
/* Gives whole pages of a part back; they are zero when touched again. */
void hearth_big_forget(void *memory, size_t size);
/* Keeps it from being swapped out; 0, or an errno. */
int hearth_big_lock(void *memory, size_t size);

#endif
