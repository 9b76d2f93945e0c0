/* Tiles of the float forms, and the sums of values that attention weighs. A part of decoder.inc.h.
 */

INLINE void store_tile(vf acc[ROW_BLOCK][PARTS], float *c, size_t stride, int rows, size_t first)
{
    EACH_ROW EACH_PART *(vf *)(c + (first + (size_t)r) * stride + p * PART_LANES) = acc[r][p];
}

INLINE void tile_f32_rows(const struct hearth_tile_input *input, int rows, size_t total,
                          size_t first)
{
    const char *a = (const char *)input->group + 4 * first, *panel = input->panel;
    vf acc[ROW_BLOCK][PARTS];
    EACH_ROW EACH_PART acc[r][p] = (vf){0};
    for (size_t k = 0; k < input->inputs; k++, a += 4 * total)
        EACH_PART
        {
            vf w = *(const vf *)(panel + k * HEARTH_VECTOR + p * VECTOR_BYTES);
            EACH_ROW acc[r][p] = fused_of(w, splat_float_at(a + 4 * r), acc[r][p]);
        }
    store_tile(acc, input->c, input->c_stride, rows, first);
}

INLINE void tile_f16_rows(const struct hearth_tile_input *input, int rows, size_t total,
                          size_t first)
{
    const char *a = (const char *)input->group + 4 * first, *panel = input->panel;
    vf acc[ROW_BLOCK][PARTS];
    EACH_ROW EACH_PART acc[r][p] = (vf){0};
    for (size_t k = 0; k < input->inputs; k++, a += 4 * total)
        EACH_PART
        {
            vf w = load_f16(panel + k * HEARTH_VECTOR / 2 + p * VECTOR_BYTES / 2);
            EACH_ROW acc[r][p] = fused_of(w, splat_float_at(a + 4 * r), acc[r][p]);
        }
    store_tile(acc, input->c, input->c_stride, rows, first);
}

/* Pairs of bf16: the second product is added first, as vdpbf16ps does. */
INLINE vf add_pair(vf sum, vi weights, const void *activations)
{
#ifdef HAS_BF16
    __asm__("vdpbf16ps %2%{1to16%}, %1, %0"
            : "+v"(sum)
            : "v"(weights), "m"(*(const int32_t *)activations));
    return sum;
#else
    vi a = splat_at(activations), high = splat((int32_t)0xffff0000u);
    sum = fused_of((vf)(weights & high), (vf)(a & high), sum);
    return fused_of((vf)(weights << 16), (vf)(a << 16), sum);
#endif
}

INLINE void tile_bf16_rows(const struct hearth_tile_input *input, int rows, size_t total,
                           size_t first)
{
    const char *a = (const char *)input->group + 4 * first, *panel = input->panel;
    vf acc[ROW_BLOCK][PARTS];
    EACH_ROW EACH_PART acc[r][p] = (vf){0};
    for (size_t k = 0; k < input->inputs; k += 2, a += 4 * total, panel += HEARTH_VECTOR)
        EACH_PART
        {
            vi w = *(const vi *)(panel + p * VECTOR_BYTES);
            EACH_ROW acc[r][p] = add_pair(acc[r][p], w, a + 4 * r);
        }
    store_tile(acc, input->c, input->c_stride, rows, first);
}

#define FLOAT_TILE(name)                                                                           \
    static void name(const struct hearth_tile_input *input)                                        \
    {                                                                                              \
        EACH_ROW_COUNT(name##_rows, input->rows, input)                                            \
    }
FLOAT_TILE(tile_f32)
FLOAT_TILE(tile_f16)
FLOAT_TILE(tile_bf16)

/* Row r's weight of a key lies at r · HEARTH_SCORES_STRIDE elements. */

INLINE vf load_value(enum hearth_kv_type type, const uint8_t *panel, const uint8_t *scales,
                     size_t key, int p)
{
    if (type == HEARTH_KV_F16)
        return load_f16(panel + key * 32 + p * VECTOR_BYTES / 2);
    return load_s8(panel + key * 16 + p * PART_LANES) * splat_float_at(scales + key * 4);
}

INLINE void weigh_rows(const struct hearth_weigh *weigh, enum hearth_kv_type type, int rows,
                       size_t total, size_t first)
{
    const float *weights = (const float *)weigh->weights + first * HEARTH_SCORES_STRIDE;
    const size_t panel_bytes = type == HEARTH_KV_F16 ? 1024 : 512;
    vf acc[ROW_BLOCK][PARTS];
    EACH_ROW EACH_PART acc[r][p] = (vf){0};
    for (size_t done = 0; done < weigh->keys; done += HEARTH_KV_PAGE_TOKENS) {
        const uint8_t *page = weigh->pages[done / HEARTH_KV_PAGE_TOKENS];
        const uint8_t *panel = page + weigh->panel * panel_bytes;
        const uint8_t *scales = page + weigh->scales_at + weigh->panel / 2 * 128;
        size_t left = weigh->keys - done;
        left = left < HEARTH_KV_PAGE_TOKENS ? left : HEARTH_KV_PAGE_TOKENS;
        for (size_t key = 0; key < left; key++, weights++)
            EACH_PART
            {
                vf v = load_value(type, panel, scales, key, p);
                EACH_ROW acc[r][p] =
                    fused_of(v, splat_float_at(weights + r * HEARTH_SCORES_STRIDE), acc[r][p]);
            }
    }
    (void)total;
    store_tile(acc, weigh->c, weigh->c_stride, rows, first);
}

INLINE void weigh_bf16_rows(const struct hearth_weigh *weigh, int rows, size_t total, size_t first)
{
    const uint16_t *weights = (const uint16_t *)weigh->weights + first * HEARTH_SCORES_STRIDE;
    vf acc[ROW_BLOCK][PARTS];
    EACH_ROW EACH_PART acc[r][p] = (vf){0};
    for (size_t done = 0; done < weigh->keys; done += HEARTH_KV_PAGE_TOKENS) {
        const uint8_t *panel = weigh->pages[done / HEARTH_KV_PAGE_TOKENS] + weigh->panel * 1024;
        size_t left = weigh->keys - done;
        left = left < HEARTH_KV_PAGE_TOKENS ? left : HEARTH_KV_PAGE_TOKENS;
        for (size_t key = 0; key < left; key += 2, weights += 2)
            EACH_PART
            {
                vi v = *(const vi *)(panel + key / 2 * HEARTH_VECTOR + p * VECTOR_BYTES);
                if (key + 1 == left) /* the second of the pair is not there yet */
                    v &= splat(0xffff);
                EACH_ROW acc[r][p] = add_pair(acc[r][p], v, weights + r * HEARTH_SCORES_STRIDE);
            }
    }
    (void)total;
    store_tile(acc, weigh->c, weigh->c_stride, rows, first);
}

static void weigh_f16(const struct hearth_weigh *weigh)
{
    EACH_ROW_COUNT(weigh_rows, weigh->rows, weigh, HEARTH_KV_F16)
}

static void weigh_q8_0(const struct hearth_weigh *weigh)
{
    EACH_ROW_COUNT(weigh_rows, weigh->rows, weigh, HEARTH_KV_Q8_0)
}

static void weigh_bf16(const struct hearth_weigh *weigh)
{
    EACH_ROW_COUNT(weigh_bf16_rows, weigh->rows, weigh)
}

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
