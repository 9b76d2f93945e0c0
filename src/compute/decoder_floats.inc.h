/* Tiles of the float forms, and the sums of values that attention weighs. A part of decoder.inc.h.
 *
 * Each sum is one chain of fused multiply-adds, whose latency only other chains hide. With few rows
 * these are of further panels: `wide` of them at once, which are `apart` bytes from each other. */

/* Input k of all 16 channels lies in one piece: f32 in 64 bytes, f16 in 32. */
INLINE vf load_float(enum hearth_form form, const char *panel, size_t k, int p)
{
    if (form == HEARTH_FORM_F32)
        return *(const vf *)(panel + k * HEARTH_VECTOR + p * VECTOR_BYTES);
    return load_f16(panel + k * HEARTH_VECTOR / 2 + p * VECTOR_BYTES / 2);
}

/* Row r's number, `apart` bytes from that of the row before, is broadcast once for all panels. */
INLINE void add_floats(sums_of_rows sums, const vf *x, int p, const void *numbers, size_t apart,
                       int wide, int rows)
{
    EACH_ROW
    {
        vf a = splat_float_at((const char *)numbers + (size_t)r * apart);
        EACH_PANEL sums[r][w][p] = fused_of(x[w], a, sums[r][w][p]);
    }
}

/* f32 and f16. Row r's activation of input k is broadcast to all channels: a group lies as
 * [inputs][total], so that the activations of one input are neighbours. Weights are fetched ahead
 * only for the first rows of a group, as they are near for the others. */
INLINE void tile_floats(const struct hearth_tile_input *input, enum hearth_form form, int wide,
                        int rows, size_t total, size_t first)
{
    const char *a = (const char *)input->group + 4 * first, *panel = input->panel;
    const size_t input_bytes = form == HEARTH_FORM_F32 ? HEARTH_VECTOR : HEARTH_VECTOR / 2;
    sums_of_rows sums;
    clear_sums(sums, wide, rows);
    for (size_t k = 0; k < input->inputs; k++, a += 4 * total) {
        if (first == 0 && k % 2 == 0)
            fetch_next(input, panel + k * input_bytes, wide, 2 * input_bytes);
        EACH_PART
        {
            vf x[WIDE_MOST];
            EACH_PANEL x[w] = load_float(form, panel + w * input->panel_bytes, k, p);
            add_floats(sums, x, p, a, 4, wide, rows);
        }
    }
    store_sums(sums, input->c, input->c_stride, wide, rows, first);
}

/* Pairs of bf16: the second product is added first, as vdpbf16ps does (Intel's manual: two fused
 * multiply-adds, and denormal numbers are taken for 0). Without the instruction a bf16 is the upper
 * half of an f32: the second of a pair needs its lower half cleared, the first one shifted up. */
INLINE vf add_pair(vf sum, vi weights, vi a)
{
#ifdef HAS_BF16
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)weights, (__m512bh)a);
#else
    vi high = splat((int32_t)0xffff0000u);
    sum = fused_of((vf)(weights & high), (vf)(a & high), sum);
    return fused_of((vf)(weights << 16), (vf)(a << 16), sum);
#endif
}

/* As add_floats. With one panel the broadcast is left to the instruction. */
INLINE void add_pairs(sums_of_rows sums, const vi *x, int p, const void *pairs, size_t apart,
                      int wide, int rows)
{
    EACH_ROW
    {
        const char *at = (const char *)pairs + (size_t)r * apart;
#ifdef HAS_BF16
        if (wide == 1) {
            __asm__("vdpbf16ps %2%{1to16%}, %1, %0"
                    : "+v"(sums[r][0][p])
                    : "v"(x[0]), "m"(*(const int32_t *)at));
            continue;
        }
#endif
        vi a = splat_at(at);
        EACH_PANEL sums[r][w][p] = add_pair(sums[r][w][p], x[w], a);
    }
}

#define FLOAT_TILE(name, body, form)                                                               \
    static void name(const struct hearth_tile_input *input)                                        \
    {                                                                                              \
        struct hearth_tile_input one = *input;                                                     \
        if (input->panels == 2 && input->rows <= PAIR_ROWS) {                                      \
            PAIR_ROW_COUNTS(body, input->rows, input, form, 2)                                     \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < input->panels; i++) {                                               \
            EACH_ROW_COUNT(body, input->rows, &one, form, 1)                                       \
            one.panel = (const char *)one.panel + input->panel_bytes;                              \
            one.next = one.next ? (const char *)one.next + input->panel_bytes : NULL;              \
            one.c += HEARTH_PANEL_OUTPUTS;                                                         \
        }                                                                                          \
    }
FLOAT_TILE(tile_f32, tile_floats, HEARTH_FORM_F32)
FLOAT_TILE(tile_f16, tile_floats, HEARTH_FORM_F16)

/* The inputs of a panel are padded to an even number with zeros, so that the last pair is whole. */
INLINE void tile_pairs(const struct hearth_tile_input *input, enum hearth_form form, int wide,
                       int rows, size_t total, size_t first)
{
    (void)form;
    const char *a = (const char *)input->group + 4 * first, *panel = input->panel;
    sums_of_rows sums;
    clear_sums(sums, wide, rows);
    for (size_t k = 0; k < input->inputs; k += 2, a += 4 * total, panel += HEARTH_VECTOR) {
        if (first == 0)
            fetch_next(input, panel, wide, HEARTH_VECTOR);
        EACH_PART
        {
            vi x[WIDE_MOST];
            EACH_PANEL x[w] = *(const vi *)(panel + w * input->panel_bytes + p * VECTOR_BYTES);
            add_pairs(sums, x, p, a, 4, wide, rows);
        }
    }
    store_sums(sums, input->c, input->c_stride, wide, rows, first);
}
FLOAT_TILE(tile_bf16, tile_pairs, HEARTH_FORM_BF16)

/* What attention weighs. Row r's weight of a key lies at r · HEARTH_SCORES_STRIDE elements. */

INLINE size_t keys_of_page(const struct hearth_weigh *weigh, size_t done)
{
    size_t left = weigh->keys - done;
    return left < HEARTH_KV_PAGE_TOKENS ? left : HEARTH_KV_PAGE_TOKENS;
}

/* The 16 values of one key in a panel; codes become floats times the scale of their 32 components,
 * the multiplication first, so that plain C can do the same. */
INLINE vf load_value(enum hearth_kv_type type, const uint8_t *panel, const uint8_t *scales,
                     size_t key, int p)
{
    if (type == HEARTH_KV_F32)
        return *(const vf *)(panel + key * 64 + p * VECTOR_BYTES);
    if (type == HEARTH_KV_F16)
        return load_f16(panel + key * 32 + p * VECTOR_BYTES / 2);
    return load_s8(panel + key * 16 + p * PART_LANES) * splat_float_at(scales + key * 4);
}

/* What is fetched for each of `steps` while a page is read: as many panels of the page that comes
 * next, in one straight line. */
struct fetching {
    const uint8_t *from; /* or NULL */
    size_t each;
};

INLINE struct fetching fetching_of(const struct hearth_weigh *weigh, size_t done, size_t panel,
                                   size_t bytes, size_t apart, size_t steps)
{
    size_t page = done / HEARTH_KV_PAGE_TOKENS + 1;
    const uint8_t *next =
        page * HEARTH_KV_PAGE_TOKENS < weigh->keys ? weigh->pages[page] : weigh->next;
    if (!weigh->next)
        next = NULL;
    size_t each = (bytes / steps + HEARTH_VECTOR - 1) / HEARTH_VECTOR * HEARTH_VECTOR;
    return (struct fetching){next ? next + panel * apart : NULL, each};
}

INLINE void fetch_step(struct fetching *fetching)
{
    if (!fetching->from)
        return;
    for (size_t i = 0; i < fetching->each; i += HEARTH_VECTOR)
        __builtin_prefetch(fetching->from + i, 0, 3);
    fetching->from += fetching->each;
}

/* `wide` panels of 16 components from `panel` on. */
INLINE void weigh_floats(const struct hearth_weigh *weigh, enum hearth_kv_type type, size_t panel,
                         int wide, int rows, size_t total, size_t first)
{
    (void)total;
    const float *weights = (const float *)weigh->weights + first * HEARTH_SCORES_STRIDE;
    const size_t apart = type == HEARTH_KV_F32 ? 2048 : type == HEARTH_KV_F16 ? 1024 : 512;
    sums_of_rows sums;
    clear_sums(sums, wide, rows);
    for (size_t done = 0; done < weigh->keys; done += HEARTH_KV_PAGE_TOKENS) {
        const uint8_t *page = weigh->pages[done / HEARTH_KV_PAGE_TOKENS];
        const uint8_t *scales = page + weigh->scales_at, *values = page + panel * apart;
        size_t keys = keys_of_page(weigh, done);
        struct fetching fetching =
            fetching_of(weigh, done, panel, (size_t)wide * apart, apart, (keys + 1) / 2);
        for (size_t key = 0; key < keys; key++, weights++) {
            if (key % 2 == 0)
                fetch_step(&fetching);
            EACH_PART
            {
                vf v[WIDE_MOST];
                EACH_PANEL v[w] = load_value(type, values + (size_t)w * apart,
                                             scales + (panel + (size_t)w) / 2 * 128, key, p);
                add_floats(sums, v, p, weights, HEARTH_SCORES_STRIDE * sizeof(*weights), wide,
                           rows);
            }
        }
    }
    store_sums(sums, weigh->c + panel * HEARTH_PANEL_OUTPUTS, weigh->c_stride, wide, rows, first);
}

/* Like tile_pairs with keys for inputs; a page holds an even number of them, so that a pair never
 * lies in two pages. */
INLINE void weigh_pairs(const struct hearth_weigh *weigh, enum hearth_kv_type type, size_t panel,
                        int wide, int rows, size_t total, size_t first)
{
    (void)total, (void)type;
    const uint16_t *weights = (const uint16_t *)weigh->weights + first * HEARTH_SCORES_STRIDE;
    const size_t apart = 1024;
    sums_of_rows sums;
    clear_sums(sums, wide, rows);
    for (size_t done = 0; done < weigh->keys; done += HEARTH_KV_PAGE_TOKENS) {
        const uint8_t *values = weigh->pages[done / HEARTH_KV_PAGE_TOKENS] + panel * apart;
        size_t keys = keys_of_page(weigh, done);
        struct fetching fetching =
            fetching_of(weigh, done, panel, (size_t)wide * apart, apart, (keys + 1) / 2);
        for (size_t key = 0; key < keys; key += 2, weights += 2) {
            /* the second of the last pair is not there yet when the keys are odd */
            vi there = splat(key + 1 == keys ? 0xffff : -1);
            fetch_step(&fetching);
            EACH_PART
            {
                vi v[WIDE_MOST];
                EACH_PANEL v[w] = there & *(const vi *)(values + (size_t)w * apart +
                                                        key / 2 * HEARTH_VECTOR + p * VECTOR_BYTES);
                add_pairs(sums, v, p, weights, HEARTH_SCORES_STRIDE * sizeof(*weights), wide, rows);
            }
        }
    }
    store_sums(sums, weigh->c + panel * HEARTH_PANEL_OUTPUTS, weigh->c_stride, wide, rows, first);
}

#define WEIGH(name, body, type)                                                                    \
    static void name(const struct hearth_weigh *weigh)                                             \
    {                                                                                              \
        size_t panel = 0;                                                                          \
        for (; weigh->rows <= ROW_BLOCK / 2 && panel + 4 <= weigh->panels; panel += 4)             \
            FEW_ROW_COUNTS(body, weigh->rows, weigh, type, panel, 4)                               \
        for (; weigh->rows <= PAIR_ROWS && panel + 2 <= weigh->panels; panel += 2)                 \
            PAIR_ROW_COUNTS(body, weigh->rows, weigh, type, panel, 2)                              \
        for (; panel < weigh->panels; panel++)                                                     \
            EACH_ROW_COUNT(body, weigh->rows, weigh, type, panel, 1)                               \
    }
WEIGH(weigh_f32, weigh_floats, HEARTH_KV_F32)
WEIGH(weigh_f16, weigh_floats, HEARTH_KV_F16)
WEIGH(weigh_q8_0, weigh_floats, HEARTH_KV_Q8_0)
WEIGH(weigh_bf16, weigh_pairs, HEARTH_KV_BF16)

/* To the nearest, ties to even. */
static void to_f16(const float *x, size_t count, uint16_t *y)
{
    const __m256 most = _mm256_set1_ps(65504);
    for (size_t i = 0; i < count; i += 8) {
        float eight[8] = {0};
        uint16_t bits[8];
        bool whole = count - i >= 8;
        if (!whole)
            memcpy(eight, x + i, (count - i) * sizeof(*x));
        __m256 z = _mm256_loadu_ps(whole ? x + i : eight);
        z = _mm256_max_ps(-most, _mm256_min_ps(most, z)); /* what is not a number stays so */
        _mm_storeu_si128((void *)(whole ? y + i : bits),
                         _mm256_cvtps_ph(z, _MM_FROUND_TO_NEAREST_INT));
        if (!whole)
            memcpy(y + i, bits, (count - i) * sizeof(*y));
    }
}
