/* Gives memory for one request, job or reading of the configuration, all of which is freed at once
 * when that is over. It has a maximum, so that a peer cannot make it grow without end. Arenas are
 * passed explicitly and used by one thread at a time. */
#ifndef HEARTH_BASE_ARENA_H
#define HEARTH_BASE_ARENA_H

#include <stddef.h>

struct hearth_arena;

/* `max` is the most bytes that all allocations together may take. */
struct hearth_arena *hearth_arena_create(size_t max);
void hearth_arena_destroy(struct hearth_arena *arena); /* NULL is allowed */

/* Zeroed and aligned for any type; NULL past the cap or without memory. */
void *hearth_arena_alloc(struct hearth_arena *arena, size_t size);
/* Copies, ended by NUL; NULL past the cap. A NULL text stays NULL, so one check at the end is
 * enough. */
char *hearth_arena_strdup(struct hearth_arena *arena, const char *text);
char *hearth_arena_strndup(struct hearth_arena *arena, const char *text, size_t length);
char *hearth_arena_format(struct hearth_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
