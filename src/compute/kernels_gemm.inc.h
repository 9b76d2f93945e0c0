/* Tiles of products in each precision. A part of kernels.inc.h. */

/* Stores one vector of a finished row. The last panel may reach over the matrix's edge: only what
 * is valid is written there, because a neighbour's numbers may follow. */
INLINE void finish_vector(const struct hearth_gemm_tile *tile, int row, int vector, vf sum)
{
    vf y = sum + load(tile->bias + vector * LANES);
    float *c = tile->c + (size_t)row * tile->c_stride + vector * LANES;
    size_t done = (size_t)vector * LANES;
    if (done + LANES <= tile->columns) {
        store(c, y);
    } else if (done < tile->columns) {
        float lanes[LANES];
        store(lanes, y);
        memcpy(c, lanes, (tile->columns - done) * sizeof(float));
    }
}

/* f32 */

/* The micro-kernel: rows × vectors sums in registers. In each step one row of the panel is loaded
 * once, and each row's input multiplies it: rows + vectors loads for rows · vectors products. */
INLINE void multiply(const float *a, size_t a_stride, const float *panel, size_t panel_step,
                     size_t depth, int rows, int vectors, vf acc[ROWS][VECTORS])
{
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < vectors; n++) acc[m][n] =
        splat(0.0f);
    for (size_t k = 0; k < depth; k++) {
        vf b[VECTORS];
        UNROLL for (int n = 0; n < vectors; n++) b[n] = load(panel + k * panel_step + n * LANES);
        UNROLL for (int m = 0; m < rows; m++)
        {
            vf x = splat(a[(size_t)m * a_stride + k]);
            UNROLL for (int n = 0; n < vectors; n++) acc[m][n] += x * b[n];
        }
    }
}

INLINE void gemm_f32_rows(const struct hearth_gemm_tile *tile, int rows)
{
    vf acc[ROWS][VECTORS];
    multiply(tile->a, tile->a_stride, tile->panel, PANEL, tile->depth, rows, VECTORS, acc);
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++)
        finish_vector(tile, m, n, acc[m][n]);
}

/* In place, while the tile is still in the nearest cache. */
static void activate_tile(const struct hearth_gemm_tile *tile)
{
    if (tile->activation == HEARTH_ACTIVATION_NONE)
        return;
    for (size_t m = 0; m < tile->rows; m++) {
        float *c = tile->c + m * tile->c_stride;
        for (size_t n = 0; n < tile->columns; n += LANES)
            store_some(c + n, tile->columns - n,
                       activate(load_some(c + n, tile->columns - n, 0), tile->activation));
    }
}

/* Calls `body` with the number of rows as a constant, so that each has its own unrolled code. */
#define EACH_ROW_COUNT(body, ...)                                                                  \
    switch (tile->rows) {                                                                          \
        ROW_CASE(1, body, __VA_ARGS__)                                                             \
        ROW_CASE(2, body, __VA_ARGS__)                                                             \
        ROW_CASE(3, body, __VA_ARGS__)                                                             \
        ROW_CASE(4, body, __VA_ARGS__)                                                             \
        ROW_CASE_ABOVE_4(body, __VA_ARGS__)                                                        \
    }
#define ROW_CASE(count, body, ...)                                                                 \
    case count:                                                                                    \
        body(__VA_ARGS__, count);                                                                  \
        break;
#if ROWS > 6
#define ROW_CASE_ABOVE_4(body, ...)                                                                \
    ROW_CASE(5, body, __VA_ARGS__)                                                                 \
    ROW_CASE(6, body, __VA_ARGS__) ROW_CASE(7, body, __VA_ARGS__) ROW_CASE(8, body, __VA_ARGS__)
#elif ROWS > 4
#define ROW_CASE_ABOVE_4(body, ...) ROW_CASE(5, body, __VA_ARGS__) ROW_CASE(6, body, __VA_ARGS__)
#else
#define ROW_CASE_ABOVE_4(body, ...)
#endif

static void gemm_f32(const struct hearth_gemm_tile *tile)
{
    EACH_ROW_COUNT(gemm_f32_rows, tile)
    activate_tile(tile);
}

INLINE vi dot_s16(vi acc, vi a, vi b)
{
#if VECTOR_BYTES == 64 && defined(__AVX512BW__)
    return acc + (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif VECTOR_BYTES == 32 && defined(__AVX2__)
    return acc + (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
    for (int i = 0; i < LANES; i++)
        acc[i] += (int16_t)(a[i] & 0xffff) * (int16_t)(b[i] & 0xffff) + (a[i] >> 16) * (b[i] >> 16);
    return acc;
#endif
}

/* int8: u8 inputs, s8 weights in groups of four */

/* Without VNNI: vpmaddubsw adds pairs in 16 bits, and must not saturate. */
#if !defined(DOT_U8) && defined(__AVX2__)
#if VECTOR_BYTES == 64
#define MADDUBS(a, b) (vi) _mm512_maddubs_epi16((__m512i)(a), (__m512i)(b))
#else
#define MADDUBS(a, b) (vi) _mm256_maddubs_epi16((__m256i)(a), (__m256i)(b))
#endif
#define DOT_U8(acc, a, b) dot_s16(acc, MADDUBS(a, b), splat_int(0x00010001))
enum { WEIGHT_MAX_I8 = 85, INPUT_MAX_I8 = 192 }; /* 2 · 85 · 192 < 2^15, and the best such pair */
#else
enum { WEIGHT_MAX_I8 = 127, INPUT_MAX_I8 = 255 };
#endif

#ifdef DOT_U8

INLINE void dot_i8(const struct hearth_gemm_tile *tile, int rows, vi acc[ROWS][VECTORS])
{
    const uint8_t *a = tile->a;
    const int8_t *panel = tile->panel;
    for (size_t k = 0; k < tile->depth; k += 4) {
        vi b[VECTORS];
        UNROLL for (int n = 0; n < VECTORS; n++) b[n] =
            *(const vi *)(panel + k * PANEL + (size_t)n * VECTOR_BYTES);
        UNROLL for (int m = 0; m < rows; m++)
        {
            int32_t four;
            memcpy(&four, a + (size_t)m * tile->a_stride + k, sizeof(four));
            vi x = splat_int(four);
            UNROLL for (int n = 0; n < VECTORS; n++) acc[m][n] = DOT_U8(acc[m][n], x, b[n]);
        }
    }
}

#else

/* Plain C: the reference for the others. */
INLINE void dot_i8(const struct hearth_gemm_tile *tile, int rows, vi acc[ROWS][VECTORS])
{
    const int8_t *panel = tile->panel;
    for (int m = 0; m < rows; m++) {
        const uint8_t *a = (const uint8_t *)tile->a + (size_t)m * tile->a_stride;
        for (size_t k = 0; k < tile->depth; k++)
            for (int n = 0; n < PANEL; n++)
                acc[m][n / LANES][n % LANES] +=
                    a[k] * panel[(k / 4 * PANEL + (size_t)n) * 4 + k % 4];
    }
}

#endif

INLINE void gemm_i8_rows(const struct hearth_gemm_tile *tile, int rows)
{
    vi acc[ROWS][VECTORS];
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++) acc[m][n] =
        splat_int(0);
    dot_i8(tile, rows, acc);
    UNROLL for (int m = 0; m < rows; m++)
    {
        vi zero = splat_int(tile->a_zero[m]);
        vf scale = splat(tile->a_scale[m]);
        UNROLL for (int n = 0; n < VECTORS; n++)
        {
            /* linear.c has the formula: the input's zero point times the sum of the weights is what
             * the codes have too much. */
            vi sum = acc[m][n] - zero * *(const vi *)(tile->w_sum + n * LANES);
            vf x = __builtin_convertvector(sum, vf) * (scale * load(tile->w_scale + n * LANES));
            finish_vector(tile, m, n, x);
        }
    }
}

static void gemm_i8(const struct hearth_gemm_tile *tile)
{
    EACH_ROW_COUNT(gemm_i8_rows, tile)
    activate_tile(tile);
}

/* int16: pairs of s16, added in s32 over blocks of DEPTH_I16, then in f32: 256 products of codes
 * within ±1,023 and ±8,191 stay below 2^31. */

enum { DEPTH_I16 = 256 };

INLINE void gemm_i16_rows(const struct hearth_gemm_tile *tile, int rows)
{
    vf total[ROWS][VECTORS];
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++) total[m][n] =
        splat(0.0f);
    const int16_t *a = tile->a, *panel = tile->panel;
    /* Within a block the sums are exact; the blocks are added up in f32. */
    for (size_t block = 0; block < tile->depth; block += DEPTH_I16) {
        size_t end = block + DEPTH_I16 < tile->depth ? block + DEPTH_I16 : tile->depth;
        vi acc[ROWS][VECTORS];
        UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++) acc[m][n] =
            splat_int(0);
        for (size_t k = block; k < end; k += 2) {
            UNROLL for (int m = 0; m < rows; m++)
            {
                int32_t two;
                memcpy(&two, a + (size_t)m * tile->a_stride + k, sizeof(two));
                vi x = splat_int(two);
                UNROLL for (int n = 0; n < VECTORS; n++)
                {
                    vi b = *(const vi *)(panel + k * PANEL + (size_t)n * LANES * 2);
                    acc[m][n] = dot_s16(acc[m][n], x, b);
                }
            }
        }
        UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++)
            total[m][n] += __builtin_convertvector(acc[m][n], vf);
    }
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++) finish_vector(
        tile, m, n, total[m][n] * splat(tile->a_scale[m]) * load(tile->w_scale + n * LANES));
}

static void gemm_i16(const struct hearth_gemm_tile *tile)
{
    EACH_ROW_COUNT(gemm_i16_rows, tile)
    activate_tile(tile);
}

/* bf16: pairs */

#ifdef DOT_BF16

INLINE void gemm_bf16_rows(const struct hearth_gemm_tile *tile, int rows)
{
    vf acc[ROWS][VECTORS];
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++) acc[m][n] =
        splat(0.0f);
    const uint16_t *a = tile->a, *panel = tile->panel;
    for (size_t k = 0; k < tile->depth; k += 2) {
        vi b[VECTORS];
        UNROLL for (int n = 0; n < VECTORS; n++) b[n] =
            *(const vi *)(panel + k * PANEL + (size_t)n * LANES * 2);
        UNROLL for (int m = 0; m < rows; m++)
        {
            int32_t two;
            memcpy(&two, a + (size_t)m * tile->a_stride + k, sizeof(two));
            vi x = splat_int(two);
            UNROLL for (int n = 0; n < VECTORS; n++) acc[m][n] = DOT_BF16(acc[m][n], x, b[n]);
        }
    }
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < VECTORS; n++)
        finish_vector(tile, m, n, acc[m][n]);
}

static void gemm_bf16(const struct hearth_gemm_tile *tile)
{
    EACH_ROW_COUNT(gemm_bf16_rows, tile)
    activate_tile(tile);
}

#endif
