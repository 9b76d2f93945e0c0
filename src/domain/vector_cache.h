/* Vectors that were computed, kept by the digest of all that they depend on, so that the same text
 * need not be computed again. Bounded in bytes; the one that was not asked for the longest goes
 * first. Pure: no clock; not thread-safe. */
#ifndef HEARTH_DOMAIN_VECTOR_CACHE_H
#define HEARTH_DOMAIN_VECTOR_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_VECTOR_DIGEST_LENGTH 64

/* The hexadecimal digits of a SHA-256. There are two kinds: the *maker* of vectors (version,
 * settings, files: what computes them) and the *key* of one vector (its maker and its input). */
struct hearth_vector_digest {
    char digits[HEARTH_VECTOR_DIGEST_LENGTH];
};

/* For a table of them: a digest's bits are as good as any. */
uint64_t hearth_vector_digest_hash(const struct hearth_vector_digest *key);

struct hearth_cached_vector {
    const float *values;
    uint32_t count;
    uint32_t prompt_tokens, truncated_tokens; /* as when it was computed */
};

struct hearth_vector_cache_state {
    uint64_t entries, bytes, bytes_max, hits, misses, evictions, clears;
};

struct hearth_vector_cache;

/* `bytes_max` 0 keeps nothing. What an entry costs beside its numbers is counted. */
struct hearth_vector_cache *hearth_vector_cache_create(uint64_t bytes_max);
void hearth_vector_cache_destroy(struct hearth_vector_cache *cache); /* NULL is allowed */

/* `ret_vector` is valid until the next put or clear. */
bool hearth_vector_cache_get(struct hearth_vector_cache *cache,
                             const struct hearth_vector_digest *key,
                             struct hearth_cached_vector *ret_vector);
/* Copies; one that alone is larger than the cache, or for which there is no memory, is not kept. */
void hearth_vector_cache_put(struct hearth_vector_cache *cache,
                             const struct hearth_vector_digest *key,
                             const struct hearth_cached_vector *vector);
void hearth_vector_cache_clear(struct hearth_vector_cache *cache);
void hearth_vector_cache_state(const struct hearth_vector_cache *cache,
                               struct hearth_vector_cache_state *ret_state);

#endif
