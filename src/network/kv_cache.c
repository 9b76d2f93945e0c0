/* Pages are owned by counting: a page belongs to all sequences whose tables name it, and returns to
 * the stack of free ones with the last of them. Only a page that one sequence has alone is ever
 * written to. */
#include "network/kv_cache.h"

#include "base/big_memory.h"
#include "base/error.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum { TOKENS = HEARTH_KV_PAGE_TOKENS };

/* What stands before saved pages. Everything that decides how a page lies is in it, so that
 * comparing it whole tells whether the pages that follow mean anything here. */
struct saved_head {
    char magic[8];
    uint32_t type, layers, heads, head_size, tokens, reserved;
    uint64_t page_stride;
};

static const char magic[8] = "hearthKV";

static uint32_t pages_for(uint32_t tokens)
{
    return (uint32_t)(((uint64_t)tokens + TOKENS - 1) / TOKENS);
}

/* The context is a setting, so the product of the two can be anything. */
static uint64_t pages_of(const struct hearth_kv_shape *shape)
{
    return shape->pages ? shape->pages : (uint64_t)pages_for(shape->context) * shape->sequences;
}

static void layout_init(const struct hearth_kv_shape *shape, struct hearth_kv_layout *layout)
{
    hearth_kv_layout_init(layout, shape->type, shape->heads, shape->head_size, shape->head_size);
}

uint64_t hearth_kv_cache_bytes(const struct hearth_kv_shape *shape)
{
    struct hearth_kv_layout layout;
    layout_init(shape, &layout);
    return (uint64_t)layout.page_bytes * shape->layers * pages_of(shape);
}

int hearth_kv_cache_init(struct hearth_kv_cache *cache, const struct hearth_kv_shape *shape,
                         struct hearth_error *error)
{
    /* Clamped for the allocations; at the clamp the cache is refused like one without memory. */
    uint64_t pages = pages_of(shape), rows = (uint64_t)pages_for(shape->context) * shape->sequences;
    *cache = (struct hearth_kv_cache){.shape = *shape, .pages_each = pages_for(shape->context)};
    layout_init(shape, &cache->layout);
    cache->page_stride = cache->layout.page_bytes * shape->layers;
    cache->page_count = pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
    cache->pool = hearth_big_alloc((size_t)hearth_kv_cache_bytes(shape));
    cache->references = hearth_try_calloc(cache->page_count, sizeof(*cache->references));
    cache->free_pages = hearth_try_calloc(cache->page_count, sizeof(*cache->free_pages));
    cache->tables = hearth_try_calloc((size_t)rows, sizeof(*cache->tables));
    cache->lengths = hearth_try_calloc(shape->sequences, sizeof(*cache->lengths));
    cache->held = hearth_try_calloc(shape->sequences, sizeof(*cache->held));
    if (pages >= UINT32_MAX || !cache->pool || !cache->references || !cache->free_pages ||
        !cache->tables || !cache->lengths || !cache->held) {
        hearth_kv_cache_finish(cache);
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the KV cache");
    }
    /* The first page on top, so that the pool fills from its start. */
    while (cache->free_count < cache->page_count) {
        cache->free_pages[cache->free_count] = cache->page_count - 1 - cache->free_count;
        cache->free_count++;
    }
    return 0;
}

void hearth_kv_cache_finish(struct hearth_kv_cache *cache)
{
    hearth_big_free(cache->pool, cache->page_stride * cache->page_count);
    hearth_free(cache->references);
    hearth_free(cache->free_pages);
    hearth_free(cache->tables);
    hearth_free(cache->lengths);
    hearth_free(cache->held);
    *cache = (struct hearth_kv_cache){0};
}

static uint32_t *table_of(const struct hearth_kv_cache *cache, uint32_t sequence)
{
    return cache->tables + (size_t)sequence * cache->pages_each;
}

static char *page_at(const struct hearth_kv_cache *cache, uint32_t page)
{
    return cache->pool + page * cache->page_stride;
}

/* Whoever takes one has asked whether there is one. */
static uint32_t take_page(struct hearth_kv_cache *cache)
{
    assert(cache->free_count > 0);
    uint32_t page = cache->free_pages[--cache->free_count];
    cache->references[page] = 1;
    return page;
}

static void drop_page(struct hearth_kv_cache *cache, uint32_t page)
{
    if (--cache->references[page] == 0)
        cache->free_pages[cache->free_count++] = page;
}

uint32_t hearth_kv_cache_length(const struct hearth_kv_cache *cache, uint32_t sequence)
{
    return cache->lengths[sequence];
}

/* Copy on write: only the page that the sequence's end lies in can be shared and written to. Pages
 * before it are full, and those behind it are its own. The copy comes before the other page is
 * given up, which stays with whoever shared it. */
int hearth_kv_cache_reserve(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count)
{
    uint32_t *table = table_of(cache, sequence), length = cache->lengths[sequence];
    if (count > cache->shape.context - length)
        return HEARTH_ECONTEXT;
    bool copies =
        count > 0 && length % TOKENS != 0 && cache->references[table[length / TOKENS]] > 1;
    uint32_t pages = pages_for(length + count), held = cache->held[sequence];
    if ((pages > held ? pages - held : 0) + copies > cache->free_count)
        return HEARTH_ENOMEM;
    if (copies) {
        uint32_t shared = table[length / TOKENS], own = take_page(cache);
        memcpy(page_at(cache, own), page_at(cache, shared), cache->page_stride);
        drop_page(cache, shared);
        table[length / TOKENS] = own;
    }
    while (cache->held[sequence] < pages)
        table[cache->held[sequence]++] = take_page(cache);
    return 0;
}

void hearth_kv_cache_extend(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count)
{
    cache->lengths[sequence] += count;
}

/* Pages that were reserved and not filled are given back too. Bytes stay as they are, because
 * nobody reads a page behind the end of a sequence. */
void hearth_kv_cache_trim(struct hearth_kv_cache *cache, uint32_t sequence, uint32_t count)
{
    if (count < cache->lengths[sequence])
        cache->lengths[sequence] = count;
    while (cache->held[sequence] > pages_for(cache->lengths[sequence]))
        drop_page(cache, table_of(cache, sequence)[--cache->held[sequence]]);
}

void hearth_kv_cache_copy(struct hearth_kv_cache *cache, uint32_t from, uint32_t to)
{
    if (from == to)
        return;
    /* First give up, then count up: a page that both have keeps the source's count meanwhile. */
    hearth_kv_cache_trim(cache, to, 0);
    uint32_t count = pages_for(cache->lengths[from]);
    memcpy(table_of(cache, to), table_of(cache, from), count * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++)
        cache->references[table_of(cache, to)[i]]++;
    cache->lengths[to] = cache->lengths[from];
    cache->held[to] = count;
}

const uint32_t *hearth_kv_cache_table(const struct hearth_kv_cache *cache, uint32_t sequence)
{
    return table_of(cache, sequence);
}

void *hearth_kv_cache_page(const struct hearth_kv_cache *cache, uint32_t page, uint32_t layer)
{
    return page_at(cache, page) + layer * cache->layout.page_bytes;
}

static struct saved_head head_of(const struct hearth_kv_cache *cache, uint32_t tokens)
{
    struct saved_head head = {
        .type = (uint32_t)cache->shape.type,
        .layers = cache->shape.layers,
        .heads = cache->shape.heads,
        .head_size = cache->shape.head_size,
        .tokens = tokens,
        .page_stride = cache->page_stride,
    };
    memcpy(head.magic, magic, sizeof(magic));
    return head;
}

size_t hearth_kv_cache_saved_bytes(const struct hearth_kv_cache *cache, uint32_t sequence)
{
    return sizeof(struct saved_head) + pages_for(cache->lengths[sequence]) * cache->page_stride;
}

/* Whole pages, also the last one that is only partly filled: they are restored as they were, and
 * what lies behind the last token is as unused there as here. */
void hearth_kv_cache_save(const struct hearth_kv_cache *cache, uint32_t sequence, void *bytes)
{
    struct saved_head head = head_of(cache, cache->lengths[sequence]);
    char *at = bytes;
    memcpy(at, &head, sizeof(head));
    at += sizeof(head);
    for (uint32_t i = 0; i < pages_for(head.tokens); i++, at += cache->page_stride)
        memcpy(at, page_at(cache, table_of(cache, sequence)[i]), cache->page_stride);
}

/* The bytes come from a file that anybody may have written. Lengths are compared before the first
 * page is touched, and the number of tokens with the context before it is multiplied. What the
 * pages hold are numbers and never places or lengths, so that false ones give false tokens and no
 * more. */
int hearth_kv_cache_restore(struct hearth_kv_cache *cache, uint32_t sequence, const void *bytes,
                            size_t length, struct hearth_error *error)
{
    struct saved_head head;
    if (length < sizeof(head))
        return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is cut off");
    memcpy(&head, bytes, sizeof(head));
    struct saved_head expected = head_of(cache, head.tokens);
    if (memcmp(&head, &expected, sizeof(head)) != 0)
        return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is of another model");
    if (head.tokens > cache->shape.context)
        return hearth_error_set(error, HEARTH_ECONTEXT,
                                "a saved sequence has %u tokens, and the context is %u",
                                head.tokens, cache->shape.context);
    uint32_t pages = pages_for(head.tokens);
    if (length != sizeof(head) + pages * cache->page_stride)
        return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is cut off");
    hearth_kv_cache_trim(cache, sequence, 0);
    if (hearth_kv_cache_reserve(cache, sequence, head.tokens) != 0)
        return hearth_error_set(error, HEARTH_ENOMEM, "no room for a saved sequence");
    const char *at = (const char *)bytes + sizeof(head);
    for (uint32_t i = 0; i < pages; i++, at += cache->page_stride)
        memcpy(page_at(cache, table_of(cache, sequence)[i]), at, cache->page_stride);
    hearth_kv_cache_extend(cache, sequence, head.tokens);
    return 0;
}
