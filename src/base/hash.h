/* Hashes bytes with FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), for tables and for values
 * that shall look random. Somebody who chooses the bytes can make them collide. Any thread. */
#ifndef HEARTH_BASE_HASH_H
#define HEARTH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HEARTH_HASH32_START 2166136261u
#define HEARTH_HASH64_START 14695981039346656037u

/* Goes on from `hash`: a start, or what came out for the bytes before. */
static inline uint32_t hearth_hash32(uint32_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

static inline uint64_t hearth_hash64(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

#endif
