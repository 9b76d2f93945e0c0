#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* 16 bytes suit every type of C on the machines that we build for. */
enum { BLOCK_SIZE = 4096, ALIGNMENT = 16 };

/* A piece of memory that allocations are cut off from; what is left of it when the next one is
 * begun stays unused. */
struct block {
    struct block *next;
    size_t used;
    size_t size;
    char bytes[] __attribute__((aligned(ALIGNMENT)));
};

/* Only the newest block is cut from; the older ones are kept to be freed. */
struct hearth_arena {
    struct block *newest;
    size_t total;
    size_t max;
};

struct hearth_arena *hearth_arena_create(size_t max)
{
    struct hearth_arena *arena = hearth_calloc(1, sizeof(*arena));
    arena->max = max;
    return arena;
}

void hearth_arena_destroy(struct hearth_arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->newest, *next; block; block = next) {
        next = block->next;
        hearth_free(block);
    }
    hearth_free(arena);
}

/* Counts the bytes asked for against the maximum, not those that rounding adds. Zeroed, so that a
 * struct from an arena is as if from calloc. */
void *hearth_arena_alloc(struct hearth_arena *arena, size_t size)
{
    /* `total` never exceeds `max`, so the difference cannot wrap. */
    if (size > arena->max - arena->total)
        return NULL;
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->newest;
    if (!block || block->size - block->used < rounded) {
        /* A large allocation gets a block of its own. */
        size_t capacity = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        block = hearth_try_alloc(sizeof(*block) + capacity);
        if (!block)
            return NULL;
        *block = (struct block){.next = arena->newest, .size = capacity};
        arena->newest = block;
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->total += size;
    return memset(memory, 0, size);
}

char *hearth_arena_strndup(struct hearth_arena *arena, const char *text, size_t length)
{
    /* The NUL comes from the arena's zeros. */
    char *copy = length < (size_t)-1 ? hearth_arena_alloc(arena, length + 1) : NULL;
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *hearth_arena_strdup(struct hearth_arena *arena, const char *text)
{
    return text ? hearth_arena_strndup(arena, text, strlen(text)) : NULL;
}

/* Formatted twice: the first time only for the length. */
char *hearth_arena_format(struct hearth_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : hearth_arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
