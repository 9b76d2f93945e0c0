#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes that we choose ourselves: without memory for them there is nothing sensible left to do.
 * What strangers size goes through the `try` verbs. */
static void *or_abort(void *block)
{
    if (!block) {
        /* Not through the log, which would need memory. */
        fputs("hearth: out of memory\n", stderr);
        abort();
    }
    return block;
}

void *hearth_alloc(size_t size)
{
    return or_abort(malloc(size ? size : 1));
}

void *hearth_calloc(size_t count, size_t size)
{
    return or_abort(calloc(count ? count : 1, size ? size : 1));
}

void *hearth_realloc(void *old, size_t size)
{
    return or_abort(realloc(old, size ? size : 1));
}

char *hearth_strdup(const char *text)
{
    return text ? hearth_strndup(text, strlen(text)) : NULL;
}

char *hearth_strndup(const char *text, size_t length)
{
    char *copy = hearth_alloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *hearth_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return or_abort(text);
}

/* Never of 0 bytes: malloc may then answer NULL, which would look like a failure. */
void *hearth_try_alloc(size_t size)
{
    return malloc(size ? size : 1);
}

void *hearth_try_calloc(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

void *hearth_try_realloc(void *old, size_t size)
{
    return realloc(old, size ? size : 1);
}

/* C17 wants the size to be a multiple of the alignment. */
void *hearth_try_aligned_alloc(size_t alignment, size_t size)
{
    if (size > SIZE_MAX - alignment)
        return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void *hearth_aligned_alloc(size_t alignment, size_t size)
{
    return or_abort(hearth_try_aligned_alloc(alignment, size ? size : 1));
}

void hearth_free(void *block)
{
    free(block);
}

/* glibc gives only the end of its heap back by itself (malloc_trim(3)). */
void hearth_memory_trim(void)
{
    malloc_trim(0);
}
