/* Keys and values of sequences, in pages of 32 tokens that are counted, so that sequences which
 * begin alike may share pages without a copy. A page holds its tokens for all layers.
 *
 * A sequence may be trimmed, copied (its pages are shared from then on; the one that writes into a
 * shared page gets a copy of it first), saved and restored. What a page holds behind the last token
 * is never used. Only pages that were used take memory.
 *
 * Limits: `sequences` and `context`, and pages for them, given at init. Threads: one at a time;
 * during a step pages are read and written by the pass, and none of these verbs is called. */
#ifndef HEARTH_NETWORK_KV_CACHE_H
#define HEARTH_NETWORK_KV_CACHE_H

#include "compute/paged_attention.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_kv_shape {
    enum hearth_kv_type type;
    uint32_t layers, heads, head_size;
    uint32_t sequences, context;
    uint32_t pages; /* in all; 0: as many as all sequences need that are full and share nothing */
};

struct hearth_kv_cache {
    struct hearth_kv_shape shape;
    struct hearth_kv_layout layout; /* of one layer in a page */
    size_t page_stride;             /* bytes of a page with all layers */
    uint32_t pages_each, page_count;
    char *pool;
    uint32_t *references; /* [page_count]: sequences that have it */
    uint32_t *free_pages; /* a stack */
    uint32_t free_count;
    uint32_t *tables;  /* [sequences][pages_each] */
    uint32_t *lengths; /* [sequences] tokens */
    uint32_t *held;    /* [sequences] pages in the table, maybe more than the tokens fill */
};

/* Bytes that a cache takes when it is full. */
uint64_t hearth_kv_cache_bytes(const struct hearth_kv_shape *shape);
/* HEARTH_ENOMEM leaves nothing behind. */
int hearth_kv_cache_init(struct hearth_kv_cache *cache, const struct hearth_kv_shape *shape,
                         struct hearth_error *error);
void hearth_kv_cache_finish(struct hearth_kv_cache *cache); /* one that is all zeros is allowed */

uint32_t hearth_kv_cache_length(const struct hearth_kv_cache *cache, uint32_t sequence);
/* Pages for the positions from the sequence's length on, its own to write into. HEARTH_ECONTEXT
 * when it would have more than `context` tokens, HEARTH_ENOMEM when there are not enough pages. The
 * length stays, and it may be called again. */
int hearth_kv_cache_reserve(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count);
/* So many of the reserved positions hold tokens now. */
void hearth_kv_cache_extend(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count);
/* Forgets all but the first `count` tokens; more than there are is no change. */
void hearth_kv_cache_trim(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count);
/* `to` becomes what `from` is. */
void hearth_kv_cache_copy(struct hearth_kv_cache *cache, uint32_t from, uint32_t to);

const uint32_t *hearth_kv_cache_table(const struct hearth_kv_cache *cache, uint32_t sequence);
void *hearth_kv_cache_page(const struct hearth_kv_cache *cache, uint32_t page, uint32_t layer);

/* A sequence as bytes, to be restored by a process of the same shape (the number of sequences and
 * the context may differ). */
size_t hearth_kv_cache_saved_bytes(const struct hearth_kv_cache *cache, uint32_t sequence);
void hearth_kv_cache_save(const struct hearth_kv_cache *cache, uint32_t sequence, void *bytes);
/* HEARTH_EPARSE when these are no such bytes, HEARTH_ECONTEXT when there are too many tokens; the
 * sequence is then as it was. HEARTH_ENOMEM when there are not enough pages: it is empty then. */
int hearth_kv_cache_restore(struct hearth_kv_cache *cache, uint32_t sequence, const void *bytes,
                            size_t length, struct hearth_error *error);

#endif
