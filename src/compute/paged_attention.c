/* Attention block by block. A block is up to eight pairs of a query and a head, all of which read
 * the same KV head (grouped-query attention, arXiv 2305.13245): its keys and values come from
 * memory once for all eight. Spans are merged as in Milakov and Gimelshein's online softmax (arXiv
 * 1805.02867) and FlashAttention (arXiv 2205.14135), at places that depend on positions alone. */
#include "compute/kv_page.h"

#include "compute/panel_form.h"

#include <math.h>
#include <string.h>

enum {
    SPAN = HEARTH_ATTENTION_SPAN,
    TOKENS = HEARTH_KV_PAGE_TOKENS,
    ROWS = HEARTH_ROW_GROUP,
    CHANNELS = HEARTH_PANEL_OUTPUTS,
    LINE = 64,
    PIECES_PER_MEMBER = 2, /* at least, so that all end at about the same time */
};

/* What a member works in, in its share of the scratch memory. */
struct workplace {
    void *packed;      /* ROWS queries */
    float *scores;     /* [ROWS, HEARTH_SCORES_STRIDE] */
    uint16_t *rounded; /* the same in bf16 */
    float *values;     /* [ROWS, wide]: of a span */
    float *sums;       /* [ROWS, wide]: of all spans so far */
    size_t wide;
};

/* At most ROWS pairs of a query and a head that shares one KV head. */
struct block {
    const struct hearth_paged_attention *attention;
    const struct hearth_attention_queries *queries;
    size_t kv_head, first, rows; /* pairs: query i / sharing, head i % sharing */
    bool next_head;              /* the next KV head of the same queries comes next */
    float largest[ROWS], sum[ROWS];
    bool begun[ROWS];
};

static size_t divide_up(size_t x, size_t y)
{
    return x / y + (x % y != 0);
}

static size_t round_up(size_t x, size_t y)
{
    return divide_up(x, y) * y;
}

static size_t packed_bytes(const struct hearth_kv_layout *layout)
{
    return hearth_packed_rows_bytes(HEARTH_PACKING_F32, ROWS, layout->key_width);
}

/* A member's share: packed queries, then values, sums, scores and rounded scores. It does not
 * depend on how long a sequence is, for only one span's scores exist at a time. */
size_t hearth_paged_attention_scratch(const struct hearth_kv_layout *layout)
{
    size_t wide = round_up(layout->value_width, CHANNELS);
    return packed_bytes(layout) +
           round_up(ROWS * HEARTH_SCORES_STRIDE * (sizeof(float) + sizeof(uint16_t)), LINE) +
           2 * ROWS * wide * sizeof(float);
}

static struct workplace workplace_of(const struct hearth_paged_attention *attention,
                                     unsigned member)
{
    const struct hearth_kv_layout *layout = attention->layout;
    char *memory = (char *)attention->scratch + member * hearth_paged_attention_scratch(layout);
    struct workplace place = {.packed = memory, .wide = round_up(layout->value_width, CHANNELS)};
    place.values = (float *)(memory + packed_bytes(layout));
    place.sums = place.values + ROWS * place.wide;
    place.scores = place.sums + ROWS * place.wide;
    place.rounded = (uint16_t *)(place.scores + ROWS * (size_t)HEARTH_SCORES_STRIDE);
    return place;
}

/* So many query heads read one KV head; the network's header was refused if it is no whole
 * number. */
static size_t sharing(const struct hearth_paged_attention *attention)
{
    return attention->heads / attention->layout->heads;
}

/* Pairs go through the heads that share before they go on to the next query. */
static size_t position_of(const struct block *block, size_t row)
{
    return block->queries->first_position + (block->first + row) / sharing(block->attention);
}

static size_t head_of(const struct block *block, size_t row)
{
    size_t shared = sharing(block->attention);
    return block->kv_head * shared + (block->first + row) % shared;
}

static size_t row_of(const struct block *block, size_t row)
{
    return block->queries->first_row + (block->first + row) / sharing(block->attention);
}

/* The first key that the query at `position` sees: itself and the window − 1 keys before it. */
static size_t first_key(const struct hearth_paged_attention *attention, size_t position)
{
    size_t window = attention->window;
    return window && position >= window ? position - window + 1 : 0;
}

static const uint8_t *page_of(const struct block *block, size_t key)
{
    return (const uint8_t *)block->attention->pool +
           block->queries->pages[key / TOKENS] * block->attention->page_stride;
}

/* Queries as the rows of a product whose weights are the keys, in the packing that these need. */
static void pack_queries(const struct hearth_decoder_kernels *kernels, const struct block *block,
                         const struct workplace *place)
{
    const struct hearth_paged_attention *attention = block->attention;
    size_t width = attention->layout->key_width;
    struct hearth_packed_rows packed;
    hearth_packed_rows_init(&packed, hearth_packing_of(hearth_kv_key_form(attention->layout->type)),
                            block->rows, width, place->packed);
    for (size_t r = 0; r < block->rows; r++)
        hearth_pack_row(kernels, &packed, r,
                        attention->q + row_of(block, r) * attention->q_stride +
                            head_of(block, r) * width);
}

/* All pairs of this sequence and KV head are in one block: each page is read once, is not in a
 * cache yet, and a head's part of it is too short for the machine to see where reading goes on. So
 * what is read next is fetched while something else is computed: pages of keys, then pages of
 * values, then the next head's first keys. */
static bool reads_alone(const struct block *block)
{
    return block->queries->count * sharing(block->attention) <= ROWS;
}

/* Scores of the keys of pages from `first` on that hold some before `last`, into columns from first
 * − start on. */
static void score(const struct hearth_decoder_kernels *kernels, const struct block *block,
                  const struct workplace *place, size_t start, size_t first, size_t last)
{
    const struct hearth_kv_layout *layout = block->attention->layout;
    size_t panel_bytes = hearth_kv_key_panel_bytes(layout->type, layout->key_width);
    struct hearth_tile_input input = {.group = place->packed,
                                      .rows = block->rows,
                                      .panel_bytes = panel_bytes,
                                      .inputs = layout->key_width,
                                      .c_stride = HEARTH_SCORES_STRIDE};
    for (size_t key = first; key < last; key += TOKENS) {
        if (reads_alone(block))
            input.next = key + TOKENS < last
                             ? hearth_kv_keys(layout, page_of(block, key + TOKENS), block->kv_head)
                             : hearth_kv_values(layout, page_of(block, first), block->kv_head);
        input.panels = last - key <= CHANNELS ? 1 : TOKENS / CHANNELS;
        input.panel = hearth_kv_keys(layout, page_of(block, key), block->kv_head);
        input.c = place->scores + (key - start);
        kernels->tile[hearth_kv_key_form(layout->type)](&input);
    }
}

/* What is read when the values before `last` have been: the next span's first keys, or those of the
 * next head, if this member goes on with it. */
static const uint8_t *keys_behind(const struct block *block, size_t last)
{
    const struct hearth_kv_layout *layout = block->attention->layout;
    bool more = last <= position_of(block, block->rows - 1);
    size_t key = more ? last : first_key(block->attention, position_of(block, 0));
    return hearth_kv_keys(layout, page_of(block, key),
                          block->kv_head + (!more && block->next_head));
}

/* Values weighed by what stands in the scores; keys from `first` (at the beginning of a page) on.
 */
static void weigh(const struct hearth_decoder_kernels *kernels, const struct block *block,
                  const struct workplace *place, size_t start, size_t first, size_t last)
{
    const struct hearth_kv_layout *layout = block->attention->layout;
    const uint8_t *pages[SPAN / TOKENS];
    for (size_t key = first; key < last; key += TOKENS)
        pages[(key - first) / TOKENS] =
            hearth_kv_values(layout, page_of(block, key), block->kv_head);
    struct hearth_weigh input = {
        .weights = layout->type == HEARTH_KV_BF16 ? (const void *)(place->rounded + first - start)
                                                  : place->scores + first - start,
        .rows = block->rows,
        .pages = pages,
        .keys = last - first,
        .panels = place->wide / CHANNELS,
        .scales_at = place->wide / CHANNELS * hearth_kv_value_panel_bytes(layout->type),
        .c = place->values,
        .c_stride = place->wide,
    };
    if (reads_alone(block))
        input.next = keys_behind(block, last);
    kernels->weigh[layout->type](&input);
}

/* Joins a span to what there is of a row: with m the larger of the two maxima, both sums are
 * multiplied by e^(their maximum − m) and added. Spans come in ascending order, so that the bits do
 * not depend on how many queries were computed together. The first is copied and not added to 0, so
 * that nothing is multiplied by e^(−∞). */
static void merge(const struct hearth_decoder_kernels *kernels, struct block *block,
                  const struct workplace *place, size_t row, float largest, float sum)
{
    float *sums = place->sums + row * place->wide;
    const float *values = place->values + row * place->wide;
    if (!block->begun[row]) {
        block->begun[row] = true;
        block->largest[row] = largest;
        block->sum[row] = sum;
        memcpy(sums, values, place->wide * sizeof(*sums));
        return;
    }
    float most = fmaxf(block->largest[row], largest);
    float old = kernels->exp(block->largest[row] - most), new = kernels->exp(largest - most);
    block->largest[row] = most;
    block->sum[row] = fmaf(sum, new, block->sum[row] * old);
    kernels->merge(sums, old, values, new, place->wide);
}

static size_t limit(size_t x, size_t low, size_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* The keys `start` … `end − 1` of one span, for those rows that see some of them.
 *
 * Scores are computed for whole pages from that of the block's first visible key on, for all rows
 * alike; each row then masks what it does not see, by its own position and window. Slots of the
 * last page that hold nothing are masked too, so whatever stands there is never used. A masked
 * weight is 0 and adds nothing to a sum. A row that sees none of this span is left out of the
 * merge. */
static void run_span(const struct hearth_decoder_kernels *kernels, struct block *block,
                     const struct workplace *place, size_t start, size_t end)
{
    const struct hearth_paged_attention *attention = block->attention;
    float largest[ROWS], sum[ROWS];
    bool sees[ROWS];
    size_t low = first_key(attention, position_of(block, 0)), first = limit(low, start, end);
    first = first / TOKENS * TOKENS;
    score(kernels, block, place, start, first, end);
    for (size_t r = 0; r < block->rows; r++) {
        size_t position = position_of(block, r), offset = first - start;
        struct hearth_soften soften = {
            .scores = place->scores + r * HEARTH_SCORES_STRIDE + offset,
            .keys = round_up(end - first, CHANNELS),
            .first = limit(first_key(attention, position), first, end) - first,
            .last = limit(position + 1, first, end) - first,
            .scale = attention->scale,
            .cap = attention->soft_cap,
            .rounded = attention->layout->type == HEARTH_KV_BF16
                           ? place->rounded + r * HEARTH_SCORES_STRIDE + offset
                           : NULL,
        };
        kernels->soften(&soften);
        sees[r] = soften.first < soften.last;
        largest[r] = soften.largest;
        sum[r] = soften.sum;
    }
    weigh(kernels, block, place, start, first, end);
    for (size_t r = 0; r < block->rows; r++)
        if (sees[r])
            merge(kernels, block, place, r, largest[r], sum[r]);
}

/* `low` is the first key of the earliest query, `end` lies behind the latest one's own. Spans begin
 * at multiples of SPAN whatever `low` is: a query that is computed alone meets the same spans. */
static void run_block(const struct hearth_decoder_kernels *kernels, struct block *block,
                      const struct workplace *place)
{
    const struct hearth_paged_attention *attention = block->attention;
    size_t low = first_key(attention, position_of(block, 0));
    size_t end = position_of(block, block->rows - 1) + 1;
    pack_queries(kernels, block, place);
    for (size_t start = low / SPAN * SPAN; start < end; start += SPAN)
        run_span(kernels, block, place, start, end - start < SPAN ? end : start + SPAN);
    for (size_t r = 0; r < block->rows; r++) {
        float *values = place->sums + r * place->wide;
        kernels->rows.scale(values, 1 / block->sum[r], NULL, attention->layout->value_width,
                            values);
        attention->finish(attention->argument, row_of(block, r), head_of(block, r), values);
    }
}

static size_t blocks_of(const struct hearth_paged_attention *attention,
                        const struct hearth_attention_queries *queries)
{
    return divide_up(queries->count * sharing(attention), ROWS);
}

/* So many KV heads of a block are one piece: all, where there are sequences enough for everybody,
 * because they lie one behind the other and are fetched in turn; else one. */
static size_t heads_of_piece(const struct hearth_paged_attention *attention, unsigned members)
{
    return attention->query_count >= PIECES_PER_MEMBER * (size_t)members ? attention->layout->heads
                                                                         : 1;
}

/* The last queries come first: they have the most to do. */
static void run_piece(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_paged_attention *attention,
                      const struct hearth_attention_queries *queries, size_t piece, size_t heads,
                      const struct workplace *place)
{
    size_t pairs = queries->count * sharing(attention);
    size_t pieces_of_block = attention->layout->heads / heads;
    size_t number = blocks_of(attention, queries) - 1 - piece / pieces_of_block;
    size_t first_head = piece % pieces_of_block * heads;
    for (size_t i = 0; i < heads; i++) {
        struct block block = {.attention = attention,
                              .queries = queries,
                              .kv_head = first_head + i,
                              .first = number * ROWS,
                              .next_head = i + 1 < heads};
        block.rows = pairs - block.first < ROWS ? pairs - block.first : ROWS;
        run_block(kernels, &block, place);
    }
}

void hearth_paged_attention_run(struct hearth_member *member,
                                const struct hearth_decoder_kernels *kernels,
                                const struct hearth_paged_attention *attention)
{
    /* Pieces are numbered through over all sequences, as in matmul.c: blocks by KV heads of
     * each. */
    struct workplace place = workplace_of(attention, hearth_member_index(member));
    size_t heads = heads_of_piece(attention, hearth_member_count(member));
    size_t number = 0, before = 0;
    for (;;) {
        size_t piece = hearth_member_take(member), here = 0;
        for (; number < attention->query_count; number++, before += here) {
            here = blocks_of(attention, &attention->queries[number]) *
                   (attention->layout->heads / heads);
            if (piece - before < here)
                break;
        }
        if (number == attention->query_count)
            return;
        run_piece(kernels, attention, &attention->queries[number], piece - before, heads, &place);
    }
}
