#include "domain/vector_cache.h"

#include "base/memory.h"

#include <string.h>

enum { BUCKETS_FIRST = 256, ALLOCATOR_BYTES = 16 };

struct entry {
    struct entry *bucket_next;
    struct entry *newer, *older;
    struct hearth_vector_digest key;
    uint32_t count, prompt_tokens, truncated_tokens;
    float values[];
};

struct hearth_vector_cache {
    struct entry **buckets;
    size_t bucket_count;
    struct entry *newest, *oldest;
    struct hearth_vector_cache_state state;
};

struct hearth_vector_cache *hearth_vector_cache_create(uint64_t bytes_max)
{
    struct hearth_vector_cache *cache = hearth_calloc(1, sizeof(*cache));
    cache->state.bytes_max = bytes_max;
    cache->bucket_count = BUCKETS_FIRST;
    cache->buckets = hearth_calloc(cache->bucket_count, sizeof(struct entry *));
    return cache;
}

void hearth_vector_cache_destroy(struct hearth_vector_cache *cache)
{
    if (!cache)
        return;
    hearth_vector_cache_clear(cache);
    hearth_free(cache->buckets);
    hearth_free(cache);
}

/* What an entry really takes: its struct, its numbers, what the allocator adds, and its place in
 * the table. */
static uint64_t bytes_of(uint32_t count)
{
    return sizeof(struct entry) + (uint64_t)count * sizeof(float) + ALLOCATOR_BYTES +
           sizeof(struct entry *);
}

/* The key is a digest already: any of its digits spread well. */
uint64_t hearth_vector_digest_hash(const struct hearth_vector_digest *key)
{
    uint64_t hash = 0;
    for (int i = 0; i < 16; i++)
        hash = hash << 4 | ((unsigned char)key->digits[i] & 15);
    return hash;
}

static struct entry **bucket_of(const struct hearth_vector_cache *cache,
                                const struct hearth_vector_digest *key)
{
    return &cache->buckets[hearth_vector_digest_hash(key) % cache->bucket_count];
}

static struct entry *find(const struct hearth_vector_cache *cache,
                          const struct hearth_vector_digest *key)
{
    struct entry *entry = *bucket_of(cache, key);
    while (entry && memcmp(&entry->key, key, sizeof(*key)) != 0)
        entry = entry->bucket_next;
    return entry;
}

static void unlink_age(struct hearth_vector_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct hearth_vector_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

/* From both lists that it is in, and from the sums. */
static void drop(struct hearth_vector_cache *cache, struct entry *entry)
{
    struct entry **link = bucket_of(cache, &entry->key);
    while (*link != entry)
        link = &(*link)->bucket_next;
    *link = entry->bucket_next;
    unlink_age(cache, entry);
    cache->state.entries--;
    cache->state.bytes -= bytes_of(entry->count);
    hearth_free(entry);
}

/* Fourfold, so that it happens seldom. Without memory the chains grow longer, and nothing else is
 * lost. */
static void grow(struct hearth_vector_cache *cache)
{
    struct entry **old = cache->buckets;
    size_t old_count = cache->bucket_count;
    struct entry **larger = hearth_try_calloc(old_count * 4, sizeof(*larger));
    if (!larger)
        return;
    cache->buckets = larger;
    cache->bucket_count = old_count * 4;
    for (struct entry *entry = cache->newest; entry; entry = entry->older) {
        struct entry **bucket = bucket_of(cache, &entry->key);
        entry->bucket_next = *bucket;
        *bucket = entry;
    }
    hearth_free(old);
}

/* A hit makes it the newest. */
bool hearth_vector_cache_get(struct hearth_vector_cache *cache,
                             const struct hearth_vector_digest *key,
                             struct hearth_cached_vector *ret_vector)
{
    struct entry *entry = find(cache, key);
    if (!entry) {
        cache->state.misses++;
        return false;
    }
    cache->state.hits++;
    unlink_age(cache, entry);
    link_newest(cache, entry);
    *ret_vector = (struct hearth_cached_vector){.values = entry->values,
                                                .count = entry->count,
                                                .prompt_tokens = entry->prompt_tokens,
                                                .truncated_tokens = entry->truncated_tokens};
    return true;
}

/* Room is made before the new one is there, so that the bound holds at every moment. */
void hearth_vector_cache_put(struct hearth_vector_cache *cache,
                             const struct hearth_vector_digest *key,
                             const struct hearth_cached_vector *vector)
{
    uint64_t bytes = bytes_of(vector->count);
    struct entry *entry = find(cache, key);
    if (entry)
        drop(cache, entry);
    if (bytes > cache->state.bytes_max)
        return;
    for (; cache->state.bytes > cache->state.bytes_max - bytes; cache->state.evictions++)
        drop(cache, cache->oldest);
    entry = hearth_try_alloc(sizeof(*entry) + vector->count * sizeof(float));
    if (!entry)
        return;
    if (cache->state.entries >= cache->bucket_count)
        grow(cache);
    entry->key = *key;
    entry->count = vector->count;
    entry->prompt_tokens = vector->prompt_tokens;
    entry->truncated_tokens = vector->truncated_tokens;
    memcpy(entry->values, vector->values, vector->count * sizeof(float));
    struct entry **bucket = bucket_of(cache, key);
    entry->bucket_next = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->state.entries++;
    cache->state.bytes += bytes;
}

void hearth_vector_cache_clear(struct hearth_vector_cache *cache)
{
    while (cache->newest)
        drop(cache, cache->newest);
    cache->state.clears++;
}

void hearth_vector_cache_state(const struct hearth_vector_cache *cache,
                               struct hearth_vector_cache_state *ret_state)
{
    *ret_state = cache->state;
}
