/* Attention of decoder queries over keys and values that lie in pages.
 *
 * **Pages.** A page holds 32 tokens of one layer: for each KV head the keys, then the values, in
 * the kernels' own layout (a panel of 16 keys, a panel of 16 components of the values). A sequence
 * is a table of page numbers in the order of its positions, so sequences that share a beginning
 * share pages; a page is copied by memcpy. What a page holds behind the last token stored is never
 * used, so a page needs no clearing. Types: f16 and bf16 for models as trained, q8_0 (s8 codes, an
 * f32 scale for 32 components) at half the memory, and f32, which rounds nothing, at twice.
 *
 * **The result**, for the query at position p over the keys j ≤ p (and p − j < window):
 *
 *     s_j = scale · q·k_j, then cap · tanh(s_j / cap) where there is a soft cap
 *     o   = Σ_j e^(s_j − m) v_j / Σ_j e^(s_j − m)
 *
 * Keys are taken in spans of HEARTH_ATTENTION_SPAN at multiples of it: within a span m is its
 * largest s, and spans are merged in order. So the bits depend on the sequence alone, whether its
 * queries come one by one or in chunks of any size, beside whatever others, on any number of
 * threads.
 *
 * Queries are f32, already rotated; with bf16 pages they, and the weights of the values, are
 * rounded to bf16 (f32 sums), with q8_0 pages the queries to s8 by 32. A head's size is even, at
 * most HEARTH_HEAD_MAX. */
#ifndef HEARTH_COMPUTE_PAGED_ATTENTION_H
#define HEARTH_COMPUTE_PAGED_ATTENTION_H

#include "compute/decoder_kernels.h"
#include "compute/team.h"

enum {
    HEARTH_KV_PAGE_TOKENS = 32,
    HEARTH_ATTENTION_SPAN = 512, /* keys */
    HEARTH_HEAD_MAX = 512,
};

enum hearth_kv_type {
    HEARTH_KV_F16,
    HEARTH_KV_BF16,
    HEARTH_KV_Q8_0,
    HEARTH_KV_F32,
    HEARTH_KV_TYPE_COUNT,
};

/* "f16", "bf16", "q8_0", "f32". */
const char *hearth_kv_type_name(enum hearth_kv_type type);

/* How a page of one layer lies. By value; nothing to destroy. */
struct hearth_kv_layout {
    enum hearth_kv_type type;
    size_t heads;                  /* KV heads */
    size_t key_width, value_width; /* components of a head */
    size_t key_bytes, value_bytes; /* of one head in a page, multiples of 64 */
    size_t page_bytes;             /* heads × (key_bytes + value_bytes) */
};
void hearth_kv_layout_init(struct hearth_kv_layout *layout, enum hearth_kv_type type, size_t heads,
                           size_t key_width, size_t value_width);

/* Stores one token's key (value) of one KV head at `slot` (position modulo 32) of a page. Different
 * slots of a page may be stored by different threads at the same time. Numbers beyond f16 become
 * its largest. `page` is aligned to 64 bytes. */
void hearth_kv_store_key(const struct hearth_decoder_kernels *kernels,
                         const struct hearth_kv_layout *layout, void *page, size_t head,
                         size_t slot, const float *key);
void hearth_kv_store_value(const struct hearth_decoder_kernels *kernels,
                           const struct hearth_kv_layout *layout, void *page, size_t head,
                           size_t slot, const float *value);

/* The queries of one sequence in this step: rows first_row … of q are its positions first_position
 * …; keys and values of all these positions are stored already. */
struct hearth_attention_queries {
    const uint32_t *pages; /* number i: the page of positions 32i … 32i + 31; those wholly before
                              the window are not looked at */
    size_t first_position, count;
    size_t first_row;
};

struct hearth_paged_attention {
    const struct hearth_kv_layout *layout;
    const void *pool;   /* page number n of this layer lies at pool + n × page_stride */
    size_t page_stride; /* bytes, a multiple of 64 */
    const float *q;     /* [rows, q_stride]: head h at h × key_width */
    size_t q_stride;
    size_t heads; /* query heads, a multiple of the KV heads; heads/kv of them share one */
    float scale;
    float soft_cap; /* 0: none */
    size_t window;  /* keys that a query sees, itself among them; 0: all */
    const struct hearth_attention_queries *queries;
    size_t query_count; /* of that list */
    void *scratch; /* members × scratch_bytes of hearth_paged_attention_scratch, aligned to 64 */
    /* One head of one row is done: values[value_width], the task's own. By any member; heads and
     * rows in any order, several at a time. */
    void (*finish)(void *argument, size_t row, size_t head, float *values);
    void *argument;
};

/* Bytes that each member needs. */
size_t hearth_paged_attention_scratch(const struct hearth_kv_layout *layout);

/* By all members alike, like hearth_products_run: takes the pieces of the present phase; no barrier
 * at its end. */
void hearth_paged_attention_run(struct hearth_member *member,
                                const struct hearth_decoder_kernels *kernels,
                                const struct hearth_paged_attention *attention);

#endif
