/* Tiles of the quantized forms: dot products of unsigned codes with s8 in 32 bits, then one fused
 * multiply-add for each scale. A part of decoder.inc.h.
 *
 * vpdpbusd adds four products to 32 bits and never overflows here. With one panel its operand of
 * activations is broadcast from memory by the instruction itself, which the compiler does not do by
 * itself; with two it is broadcast once for both.
 *
 * Without it, vpmaddubsw adds pairs of products in 16 bits. Nibbles: eight of these stay within
 * 8 · 2 · 15 · 127 = 30,480 and are then added in pairs by one vpmaddwd. Codes of 5 and 6 bits: a
 * pair is at most 2 · 63 · 127 = 16,002. Bytes are made signed and their sign moved to the
 * activation, so that a pair stays within 2 · 128 · 127 = 32,512. */

INLINE vi shuffle_bytes(vi table, vi index)
{
#if VECTOR_BYTES == 64
    return (vi)_mm512_shuffle_epi8((__m512i)table, (__m512i)index);
#else
    return (vi)_mm256_shuffle_epi8((__m256i)table, (__m256i)index);
#endif
}

#ifdef HAS_VNNI

INLINE vi dot(vi sum, vi codes, const void *activations)
{
#if VECTOR_BYTES == 64
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"
            : "+v"(sum)
            : "v"(codes), "m"(*(const int32_t *)activations));
    return sum;
#else
    return (vi)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)codes,
                                       (__m256i)splat_at(activations));
#endif
}

INLINE vi dot_register(vi sum, vi codes, vi activations)
{
#if VECTOR_BYTES == 64
    return (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, (__m512i)activations);
#else
    return (vi)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)codes, (__m256i)activations);
#endif
}

#else

#if VECTOR_BYTES == 64
#define MADD_U8(a, b) (vi) _mm512_maddubs_epi16((__m512i)(a), (__m512i)(b))
#define MADD_S16(a, b) (vi) _mm512_madd_epi16((__m512i)(a), (__m512i)(b))
#define ADD_S16(a, b) (vi) _mm512_add_epi16((__m512i)(a), (__m512i)(b))
#define MAGNITUDES(a) (vi) _mm512_abs_epi8((__m512i)(a))
/* b, negated where a is negative */
#define WITH_SIGN_OF(a, b)                                                                         \
    (vi) _mm512_mask_sub_epi8((__m512i)(b), _mm512_movepi8_mask((__m512i)(a)),                     \
                              _mm512_setzero_si512(), (__m512i)(b))
#else
#define MADD_U8(a, b) (vi) _mm256_maddubs_epi16((__m256i)(a), (__m256i)(b))
#define MADD_S16(a, b) (vi) _mm256_madd_epi16((__m256i)(a), (__m256i)(b))
#define ADD_S16(a, b) (vi) _mm256_add_epi16((__m256i)(a), (__m256i)(b))
#define MAGNITUDES(a) (vi) _mm256_abs_epi8((__m256i)(a))
#define WITH_SIGN_OF(a, b) (vi) _mm256_sign_epi8((__m256i)(b), (__m256i)(a))
#endif

#endif

/* What is known of a form when its tile is compiled. */
struct tile_form {
    int bits, offset, scales;
    bool minima, table;
};

/* Whether codes stay below 16 in the products. */
INLINE bool small_codes(struct tile_form form)
{
    return form.bits == 4 && !form.table;
}

/* Whether codes are bytes with an offset of 128, which is the same as signed ones. */
INLINE bool signed_codes(struct tile_form form)
{
    return form.offset == 128;
}

#ifndef HAS_VNNI

/* Integers may be added in any order, and the compiler then makes trees of a chain, whose leaves
 * need more registers than there are. What goes through here stays where it is in the chain. */
INLINE vi in_order(vi sum)
{
    __asm__("" : "+v"(sum));
    return sum;
}

#endif

/* Sums of some rows of a group with some panels. A tile of shorter vectors is computed one part of
 * its channels after the other, because there are registers only for one. */
typedef vi whole_sums[ROW_BLOCK][WIDE_MOST];
typedef vf scaled_sums[ROW_BLOCK][WIDE_MOST];

#define EACH_STEP_ROW UNROLL for (int r = 0; r < step; r++)

/* Adds the products of one vector of codes of each panel with the rows' activations for the same
 * four inputs. With several panels the activation is broadcast once into a register, because two
 * loads a cycle are then what limits; with one it is an operand in memory. */
INLINE void add_products(whole_sums sum, struct tile_form form, const vi *codes,
                         const char *activations, int wide, int step)
{
#ifdef HAS_VNNI
    (void)form;
    EACH_STEP_ROW
    {
        if (wide == 1) {
            sum[r][0] = dot(sum[r][0], codes[0], activations + 4 * r);
            continue;
        }
        vi a = splat_at(activations + 4 * r);
        EACH_PANEL sum[r][w] = dot_register(sum[r][w], codes[w], a);
    }
#else
    if (small_codes(form)) {
        EACH_STEP_ROW
        {
            vi a = splat_at(activations + 4 * r);
            EACH_PANEL sum[r][w] = in_order(ADD_S16(sum[r][w], MADD_U8(codes[w], a)));
        }
        return;
    }
    if (!signed_codes(form)) {
        EACH_STEP_ROW
        {
            vi a = splat_at(activations + 4 * r);
            EACH_PANEL sum[r][w] =
                in_order(sum[r][w] + MADD_S16(MADD_U8(codes[w], a), splat(0x00010001)));
        }
        return;
    }
    EACH_PANEL
    {
        vi whole = codes[w] ^ splat((int32_t)0x80808080u), size = MAGNITUDES(whole);
        EACH_STEP_ROW
        {
            vi a = WITH_SIGN_OF(whole, splat_at(activations + 4 * r));
            sum[r][w] = in_order(sum[r][w] + MADD_S16(MADD_U8(size, a), splat(0x00010001)));
        }
    }
#endif
}

/* The bits above the low four of vector t of codes, where they belong. */
INLINE vi high_bits(struct tile_form form, const char *codes, int t)
{
    const char *above = codes + 4 * HEARTH_VECTOR;
    if (form.bits == 4)
        return splat(0);
    vi plane = *(const vi *)(form.bits == 5 ? above : above + t / 4 * HEARTH_VECTOR);
    int left = form.bits == 5 ? 4 - t : 4 - 2 * (t % 4);
    plane = left >= 0 ? plane << left : plane >> -left;
    return plane & splat(form.bits == 5 ? 0x10101010 : 0x30303030);
}

/* Vectors t of codes from `from` to `to`; `half` −1: low and high nibbles, 0 or 1: one of them.
 * The panels' codes are `apart` bytes from each other. */
INLINE void add_vectors(whole_sums sum, struct tile_form form, const char *codes, size_t apart,
                        int from, int to, int half, const char *block, size_t total, int wide,
                        int step)
{
    const vi mask = splat(0x0f0f0f0f);
    const vi table = (vi)(
#if VECTOR_BYTES == 64
        _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)(const uint8_t[16])HEARTH_TABLE_CODES))
#else
        _mm256_broadcastsi128_si256(
            _mm_loadu_si128((const void *)(const uint8_t[16])HEARTH_TABLE_CODES))
#endif
    );
    UNROLL for (int t = from; t < to; t++)
    {
        vi low[WIDE_MOST], high[WIDE_MOST];
        EACH_PANEL
        {
            const char *of_panel = codes + (size_t)w * apart;
            vi raw = *(const vi *)(of_panel + t * HEARTH_VECTOR);
            low[w] = raw;
            if (form.bits == 8)
                continue;
            low[w] = (raw & mask) | high_bits(form, of_panel, t);
            high[w] = ((raw >> 4) & mask) | high_bits(form, of_panel, t + 4);
            if (form.table) {
                low[w] = shuffle_bytes(table, low[w]);
                high[w] = shuffle_bytes(table, high[w]);
            }
        }
        if (form.bits == 8 || half != 1)
            add_products(sum, form, low, block + (size_t)t * total * 4, wide, step);
        if (form.bits < 8 && half != 0)
            add_products(sum, form, high, block + (size_t)(t + 4) * total * 4, wide, step);
    }
}

/* Which word of the activations the sums of part `s` of a block begin with. */
INLINE int start_word(struct tile_form form, int s)
{
    if (form.scales == 2)
        return HEARTH_S8_START_LOW + s;
    return form.offset == 128 ? HEARTH_S8_START_128 : HEARTH_S8_START;
}

/* Words hold −8 Σ, or −128 Σ where it is so often wanted; the others are multiples of the first. */
INLINE vi start_at(struct tile_form form, const char *start)
{
    vi x = splat_at(start);
    int more = form.offset == 16 ? 1 : form.offset == 32 ? 2 : 0;
    if (more) {
        __asm__("" : "+v"(x)); /* else the compiler shifts before it broadcasts, which is slow */
        x <<= more;
    }
    return x;
}

/* What the sums of products begin with, and what makes them s32 at the end. */
INLINE vi first_sum(struct tile_form form, const char *start)
{
#ifdef HAS_VNNI
    if (form.offset)
        return start_at(form, start);
#endif
    (void)form, (void)start;
    return splat(0);
}

INLINE vi last_sum(struct tile_form form, vi sum, const char *start)
{
#ifndef HAS_VNNI
    if (small_codes(form))
        sum = MADD_S16(sum, splat(0x00010001));
    if (form.offset && !signed_codes(form))
        sum += start_at(form, start);
#endif
    (void)form, (void)start;
    return sum;
}

/* Part `s` of a block that has one scale for each channel, for `step` rows from `first` on. */
INLINE void add_scaled(scaled_sums acc, struct tile_form form, const char *codes,
                       const char *scales, size_t apart, int s, const char *block, size_t total,
                       int wide, int first, int step)
{
    bool whole = form.scales == 1;
    int from = form.bits < 8 || whole ? 0 : 4 * s;
    int to = form.bits < 8 ? 4 : whole ? 8 : 4 * s + 4;
    const char *words = block + HEARTH_S8_CODES_BYTES * total + 4 * first;
    int sum_word = whole ? HEARTH_S8_SUM : HEARTH_S8_SUM_LOW + s;
    const char *start = words + (size_t)start_word(form, s) * total * 4;
    const char *added = words + (size_t)sum_word * total * 4;
    whole_sums sum;
    EACH_STEP_ROW EACH_PANEL sum[r][w] = first_sum(form, start + 4 * r);
    add_vectors(sum, form, codes, apart, from, to, whole ? -1 : s, block + 4 * first, total, wide,
                step);
    EACH_PANEL
    {
        const char *of_panel = scales + (size_t)w * apart;
        vf scale = load_f16(of_panel + s * HEARTH_SCALES_BYTES);
        EACH_STEP_ROW
        {
            vf x = to_floats(last_sum(form, sum[r][w], start + 4 * r));
            acc[first + r][w] =
                fused_of(x, scale * splat_float_at(words + 4 * r), acc[first + r][w]);
        }
        if (form.minima) {
            vf minimum = load_f16(of_panel + (2 * form.scales + s) * HEARTH_SCALES_BYTES);
            EACH_STEP_ROW acc[first + r][w] =
                fused_of(minimum, splat_float_at(added + 4 * r), acc[first + r][w]);
        }
    }
}

/* Rows go through a block in steps of as many as there are registers for. */
INLINE int step_of(int wide, int rows)
{
    return wide == 1 || rows <= ROW_BLOCK / 2 ? rows : (rows + 1) / 2;
}

INLINE void tile_blocks(const struct hearth_tile_input *input, struct tile_form form, size_t part,
                        int wide, int rows, size_t total, size_t first)
{
    const size_t code_bytes = (size_t)form.bits * HEARTH_VECTOR, apart = input->panel_bytes;
    const size_t pair_bytes =
        2 * code_bytes + 2 * (size_t)form.scales * (form.minima ? 2 : 1) * HEARTH_SCALES_BYTES;
    const char *block = (const char *)input->group + 4 * first, *panel = input->panel;
    const int step = step_of(wide, rows);
    scaled_sums acc;
    EACH_ROW EACH_PANEL acc[r][w] = (vf){0};
    size_t left = (input->inputs + HEARTH_BLOCK - 1) / HEARTH_BLOCK;
    for (; left; panel += pair_bytes) {
        if (first == 0 && part == 0)
            fetch_next(input, panel, wide, pair_bytes);
        const char *codes = panel + part * VECTOR_BYTES;
        const char *scales = panel + 2 * code_bytes + part * VECTOR_BYTES / 2;
        for (size_t here = left < 2 ? left : 2; here; here--, left--) {
            UNROLL for (int s = 0; s < form.scales; s++)
                UNROLL for (int from = 0; from < rows; from += step)
                    add_scaled(acc, form, codes, scales, apart, s, block, total, wide, from,
                               rows - from < step ? rows - from : step);
            codes += code_bytes;
            scales += form.scales * HEARTH_SCALES_BYTES;
            block += total * HEARTH_S8_ROW_BYTES;
        }
    }
    float *c = input->c + first * input->c_stride + part * PART_LANES;
    EACH_ROW EACH_PANEL *(vf *)(c + (size_t)r * input->c_stride + w * HEARTH_PANEL_OUTPUTS) =
        acc[r][w];
}

#define TILE(name, ...)                                                                            \
    static void name(const struct hearth_tile_input *input)                                        \
    {                                                                                              \
        const struct tile_form form = {__VA_ARGS__};                                               \
        struct hearth_tile_input one = *input;                                                     \
        if (PARTS == 1 && input->panels == 2 && input->rows > 2) {                                 \
            EACH_ROW_COUNT(tile_blocks, input->rows, input, form, 0, 2)                            \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < input->panels; i++) {                                               \
            for (size_t part = 0; part < PARTS; part++)                                            \
                EACH_ROW_COUNT(tile_blocks, input->rows, &one, form, part, 1)                      \
            one.panel = (const char *)one.panel + input->panel_bytes;                              \
            one.next = one.next ? (const char *)one.next + input->panel_bytes : NULL;              \
            one.c += HEARTH_PANEL_OUTPUTS;                                                         \
        }                                                                                          \
    }

/* As in the table of panel.c. */
TILE(tile_q4, .bits = 4, .offset = 8, .scales = 1)
TILE(tile_q4_min, .bits = 4, .scales = 1, .minima = true)
TILE(tile_q4_table, .bits = 4, .offset = 128, .scales = 1, .table = true)
TILE(tile_q4_half, .bits = 4, .offset = 8, .scales = 2)
TILE(tile_q4_half_min, .bits = 4, .scales = 2, .minima = true)
TILE(tile_q5, .bits = 5, .offset = 16, .scales = 1)
TILE(tile_q5_min, .bits = 5, .scales = 1, .minima = true)
TILE(tile_q6_half, .bits = 6, .offset = 32, .scales = 2)
TILE(tile_q8, .bits = 8, .offset = 128, .scales = 1)
