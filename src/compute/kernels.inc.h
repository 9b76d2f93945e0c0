/* The kernels of kernels.h, in GCC's vector types; included by one file for each instruction set,
 * which says what it has:
 *
 *     KERNELS        name of the table              VECTOR_BYTES   16, 32 or 64
 *     ROWS, VECTORS  the f32 micro-kernel's accumulators: ROWS × VECTORS vectors and VECTORS + 1
 *                    more must fit the registers
 *     DOT_U8(acc, a, b)   optional: u8·s8 dot products of 4 added to s32 lanes
 *     DOT_BF16(acc, a, b) optional: bf16 dot products of 2 added to f32 lanes
 *
 * The loops over accumulators have constant bounds and are unrolled whole, so the arrays live in
 * registers: on AVX-512 the f32 kernel runs at the machine's limit. */
#include "compute/kernels.h"

#include <math.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float vf __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

/* As many as the lanes of vf. */
typedef uint8_t vb_lanes __attribute__((vector_size(VECTOR_BYTES / 4), aligned(1), may_alias));
typedef int16_t vs_lanes __attribute__((vector_size(VECTOR_BYTES / 2), aligned(2), may_alias));

enum { LANES = VECTOR_BYTES / 4, PANEL = VECTORS * LANES };

INLINE vf splat(float x)
{
    return x - (vf){0};
}

INLINE vi splat_int(int32_t x)
{
    return x - (vi){0};
}

INLINE vf load(const float *p)
{
    return *(const vf *)p;
}

INLINE void store(float *p, vf x)
{
    *(vf *)p = x;
}

/* The first `count` lanes; the others are `rest`. */
INLINE vf load_some(const float *p, size_t count, float rest)
{
    if (count >= LANES)
        return load(p);
    vf x = splat(rest);
    for (size_t i = 0; i < count; i++)
        x[i] = p[i];
    return x;
}

INLINE void store_some(float *p, size_t count, vf x)
{
    if (count >= LANES) {
        store(p, x);
        return;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = x[i];
}

INLINE vf choose(vi mask, vf yes, vf no)
{
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

/* The second one where either is not a number; x86 has an instruction with just that rule, which
 * the compiler does not find by itself. */
#if VECTOR_BYTES == 64
#define MAX_OF(a, b) (vf) _mm512_max_ps((__m512)(a), (__m512)(b))
#define MIN_OF(a, b) (vf) _mm512_min_ps((__m512)(a), (__m512)(b))
#elif VECTOR_BYTES == 32
#define MAX_OF(a, b) (vf) _mm256_max_ps((__m256)(a), (__m256)(b))
#define MIN_OF(a, b) (vf) _mm256_min_ps((__m256)(a), (__m256)(b))
#else
#define MAX_OF(a, b) choose(a > b, a, b)
#define MIN_OF(a, b) choose(a < b, a, b)
#endif

INLINE vf max_of(vf a, vf b)
{
    return MAX_OF(a, b);
}

INLINE vf min_of(vf a, vf b)
{
    return MIN_OF(a, b);
}

INLINE vf magnitude(vf x)
{
    return (vf)((vi)x & splat_int(0x7fffffff));
}

/* e^x by 2^n·e^r, |r| ≤ ln2/2, with a polynomial of degree 6 (Cephes' expf coefficients are of the
 * same kind; these are the Taylor terms with the last two refitted); relative error below 2e-7. */
INLINE vf exp_of(vf x)
{
    x = min_of(max_of(x, splat(-87.0f)), splat(88.0f));
    const vf magic = splat(12582912.0f); /* 1.5·2^23 rounds to an integer */
    vf shifted = x * splat(1.44269504f) + magic;
    vf n = shifted - magic;
    vf r = x - n * splat(0.693359375f);
    r = r - n * splat(-2.12194440e-4f);
    vf p = splat(1.9875691500e-4f);
    p = p * r + splat(1.3981999507e-3f);
    p = p * r + splat(8.3334519073e-3f);
    p = p * r + splat(4.1665795894e-2f);
    p = p * r + splat(1.6666665459e-1f);
    p = p * r + splat(5.0000001201e-1f);
    p = p * r * r + r + splat(1.0f);
    vi power = ((vi)shifted - (vi)magic + splat_int(127)) << 23;
    return p * (vf)power;
}

INLINE vf gelu(vf x)
{
    vf z = x * splat(0.70710678f);
    vf a = magnitude(z);
    vf t = splat(1.0f) / (splat(0.3275911f) * a + splat(1.0f));
    vf p = splat(1.061405429f);
    p = p * t + splat(-1.453152027f);
    p = p * t + splat(1.421413741f);
    p = p * t + splat(-0.284496736f);
    p = p * t + splat(0.254829592f);
    vf tail = p * t * exp_of(-a * a); /* erfc(|z|) */
    return splat(0.5f) * x * choose(z < splat(0.0f), tail, splat(2.0f) - tail);
}

INLINE vf sigmoid(vf x)
{
    return splat(1.0f) / (splat(1.0f) + exp_of(-x));
}

INLINE vf tanh_of(vf x)
{
    return splat(2.0f) * sigmoid(splat(2.0f) * x) - splat(1.0f);
}

INLINE vf gelu_tanh(vf x)
{
    vf inner = splat(0.7978845608f) * (x + splat(0.044715f) * x * x * x);
    return x * sigmoid(splat(2.0f) * inner);
}

INLINE vf activate(vf x, enum hearth_activation activation)
{
    switch (activation) {
    case HEARTH_ACTIVATION_GELU:
        return gelu(x);
    case HEARTH_ACTIVATION_GELU_TANH:
        return gelu_tanh(x);
    case HEARTH_ACTIVATION_RELU:
        return max_of(x, splat(0.0f));
    case HEARTH_ACTIVATION_TANH:
        return tanh_of(x);
    case HEARTH_ACTIVATION_SILU:
        return x * sigmoid(x);
    case HEARTH_ACTIVATION_NONE:
        break;
    }
    return x;
}

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

#elif defined(__AVX2__)

#if VECTOR_BYTES == 64
#define MADDUBS(a, b) (vi) _mm512_maddubs_epi16((__m512i)(a), (__m512i)(b))
#define ADD_S16(a, b) (vi) _mm512_add_epi16((__m512i)(a), (__m512i)(b))
#else
#define MADDUBS(a, b) (vi) _mm256_maddubs_epi16((__m256i)(a), (__m256i)(b))
#define ADD_S16(a, b) (vi) _mm256_add_epi16((__m256i)(a), (__m256i)(b))
#endif

/* Without VNNI: vpmaddubsw adds pairs in 16 bits. With inputs ≤ 127 and weights within ±63 two of
 * them make at most 32,004, so two steps are added before they are widened. */
INLINE void dot_i8(const struct hearth_gemm_tile *tile, int rows, vi acc[ROWS][VECTORS])
{
    const uint8_t *a = tile->a;
    const int8_t *panel = tile->panel;
    for (size_t k = 0; k < tile->depth; k += 8) {
        const int8_t *b = panel + k * PANEL;
        UNROLL for (int m = 0; m < rows; m++)
        {
            int32_t four[2];
            memcpy(four, a + (size_t)m * tile->a_stride + k, sizeof(four));
            vi x0 = splat_int(four[0]), x1 = splat_int(four[1]);
            UNROLL for (int n = 0; n < VECTORS; n++)
            {
                const int8_t *bn = b + (size_t)n * VECTOR_BYTES;
                vi p0 = MADDUBS(x0, *(const vi *)bn),
                   p1 = MADDUBS(x1, *(const vi *)(bn + 4 * PANEL));
                acc[m][n] = dot_s16(acc[m][n], ADD_S16(p0, p1), splat_int(0x00010001));
            }
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

/* Rows: norms and codes */

INLINE float sum_of(vf x)
{
    float total = 0;
    for (int i = 0; i < LANES; i++)
        total += x[i];
    return total;
}

INLINE float largest_of(vf x)
{
    float largest = x[0];
    for (int i = 1; i < LANES; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

static void layer_norm(const float *x, const float *residual, const float *weight,
                       const float *bias, float epsilon, size_t rows, size_t width, float *y)
{
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        vf total = splat(0.0f);
        for (size_t i = 0; i < width; i += LANES) {
            vf z = load_some(x + i, width - i, 0);
            if (residual)
                z += load_some(residual + i, width - i, 0);
            store_some(y + i, width - i, z);
            total += z;
        }
        float mean = sum_of(total) / (float)width;
        vf squares = splat(0.0f);
        for (size_t i = 0; i < width; i += LANES) {
            vf d = load_some(y + i, width - i, mean) - splat(mean);
            squares += d * d;
        }
        vf factor = splat(1.0f / sqrtf(sum_of(squares) / (float)width + epsilon));
        for (size_t i = 0; i < width; i += LANES) {
            vf z = (load_some(y + i, width - i, 0) - splat(mean)) * factor *
                   load_some(weight + i, width - i, 0);
            if (bias)
                z += load_some(bias + i, width - i, 0);
            store_some(y + i, width - i, z);
        }
        if (residual)
            residual += width;
    }
}

static void range_of(const float *x, size_t width, float *ret_low, float *ret_high)
{
    vf low = splat(0.0f), high = splat(0.0f);
    for (size_t i = 0; i < width; i += LANES) {
        vf z = load_some(x + i, width - i, 0);
        low = min_of(low, z);
        high = max_of(high, z);
    }
    *ret_low = -largest_of(-low);
    *ret_high = largest_of(high);
}

/* Rounds to the nearest integer, ties to even, and clamps; lanes keep the order. */
INLINE vi code_of(vf x, float inverse, float offset, float low, float high)
{
    const vf magic = splat(12582912.0f);
    vf z = min_of(max_of(x * splat(inverse) + splat(offset), splat(low)), splat(high));
    return (vi)(z + magic) - (vi)magic;
}

static void to_u8(const float *x, size_t width, size_t padded, int code_max, uint8_t *codes,
                  float *ret_scale, int32_t *ret_zero)
{
    float low, high;
    range_of(x, width, &low, &high);
    float scale = (high - low) / (float)code_max;
    if (!(scale > 1e-30f))
        scale = 1;
    int32_t zero = (int32_t)lrintf(-low / scale);
    size_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        vi code = code_of(load(x + i), 1 / scale, (float)zero, 0, (float)code_max);
        *(vb_lanes *)(codes + i) = __builtin_convertvector(code, vb_lanes);
    }
    for (; i < width; i++)
        codes[i] = (uint8_t)code_of(splat(x[i]), 1 / scale, (float)zero, 0, (float)code_max)[0];
    memset(codes + width, 0, padded - width);
    *ret_scale = scale;
    *ret_zero = zero;
}

static void to_s16(const float *x, size_t width, size_t padded, int code_max, int16_t *codes,
                   float *ret_scale)
{
    float low, high;
    range_of(x, width, &low, &high);
    float scale = (high > -low ? high : -low) / (float)code_max;
    if (!(scale > 1e-30f))
        scale = 1;
    size_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        vi code = code_of(load(x + i), 1 / scale, 0, -(float)code_max, (float)code_max);
        *(vs_lanes *)(codes + i) = __builtin_convertvector(code, vs_lanes);
    }
    for (; i < width; i++)
        codes[i] =
            (int16_t)code_of(splat(x[i]), 1 / scale, 0, -(float)code_max, (float)code_max)[0];
    memset(codes + width, 0, (padded - width) * sizeof(*codes));
    *ret_scale = scale;
}

/* Rounds to nearest, ties to even; not-a-number does not occur. */
static void to_bf16(const float *x, size_t width, size_t padded, uint16_t *y)
{
    for (size_t i = 0; i < width; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof(bits));
        y[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
    memset(y + width, 0, (padded - width) * sizeof(*y));
}

/* Attention */

/* `vectors` columns of lanes of S or O for `rows` rows; the panel's rows are `step` floats apart.
 */
INLINE void attend_block(const float *a, size_t a_stride, const float *panel, size_t step,
                         size_t depth, float *c, size_t c_stride, int rows, int vectors)
{
    vf acc[ROWS][VECTORS];
    multiply(a, a_stride, panel, step, depth, rows, vectors, acc);
    UNROLL for (int m = 0; m < rows; m++) UNROLL for (int n = 0; n < vectors; n++)
        store(c + (size_t)m * c_stride + n * LANES, acc[m][n]);
}

enum { QUERY_ROWS = 4, QUERY_VECTORS = VECTORS < 2 ? VECTORS : 2 };

static void attend(const float *a, size_t a_stride, size_t rows, const float *panel, size_t step,
                   size_t depth, float *c, size_t c_stride, size_t columns)
{
    for (size_t n = 0; n < columns; n += (size_t)QUERY_VECTORS * LANES) {
        int pair = n + (size_t)QUERY_VECTORS * LANES <= columns;
        size_t m = 0;
        for (; m + QUERY_ROWS <= rows; m += QUERY_ROWS)
            if (pair)
                attend_block(a + m * a_stride, a_stride, panel + n, step, depth,
                             c + m * c_stride + n, c_stride, QUERY_ROWS, QUERY_VECTORS);
            else
                attend_block(a + m * a_stride, a_stride, panel + n, step, depth,
                             c + m * c_stride + n, c_stride, QUERY_ROWS, 1);
        for (; m < rows; m++)
            if (pair)
                attend_block(a + m * a_stride, a_stride, panel + n, step, depth,
                             c + m * c_stride + n, c_stride, 1, QUERY_VECTORS);
            else
                attend_block(a + m * a_stride, a_stride, panel + n, step, depth,
                             c + m * c_stride + n, c_stride, 1, 1);
    }
}

/* Turns a row of scores, `keys` long with what is behind `length`, into weights that are not yet
 * divided by their sum, which it returns. Only the keys from `first` to `last` count. */
static float soften(float *s, size_t keys, const float *bias, float scale, size_t length,
                    size_t first, size_t last)
{
    for (size_t j = 0; bias && j < length; j += LANES)
        store_some(s + j, length - j,
                   load(s + j) * splat(scale) + load_some(bias + j, length - j, 0));
    for (size_t j = 0; j < first; j++)
        s[j] = -INFINITY;
    for (size_t j = last; j < keys; j++)
        s[j] = -INFINITY;
    vf most = splat(-INFINITY), total = splat(0.0f), factor = splat(bias ? 1.0f : scale);
    for (size_t j = 0; j < keys; j += LANES)
        most = max_of(most, load(s + j));
    vf largest = splat(largest_of(most));
    for (size_t j = 0; j < keys; j += LANES) {
        vf x = load(s + j);
        /* The clamp of exp_of leaves e^-87 where there must be nothing. */
        vf e = choose(x == splat(-INFINITY), splat(0.0f), exp_of((x - largest) * factor));
        store(s + j, e);
        total += e;
    }
    return sum_of(total);
}

typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t v4i __attribute__((vector_size(16)));

INLINE void transpose_4x4(const float *x, size_t stride, float *y, size_t y_stride)
{
    v4 a = *(const v4 *)x, b = *(const v4 *)(x + stride), c = *(const v4 *)(x + 2 * stride),
       d = *(const v4 *)(x + 3 * stride);
    v4 ac_low = __builtin_shuffle(a, c, (v4i){0, 4, 1, 5});
    v4 ac_high = __builtin_shuffle(a, c, (v4i){2, 6, 3, 7});
    v4 bd_low = __builtin_shuffle(b, d, (v4i){0, 4, 1, 5});
    v4 bd_high = __builtin_shuffle(b, d, (v4i){2, 6, 3, 7});
    *(v4 *)y = __builtin_shuffle(ac_low, bd_low, (v4i){0, 4, 1, 5});
    *(v4 *)(y + y_stride) = __builtin_shuffle(ac_low, bd_low, (v4i){2, 6, 3, 7});
    *(v4 *)(y + 2 * y_stride) = __builtin_shuffle(ac_high, bd_high, (v4i){0, 4, 1, 5});
    *(v4 *)(y + 3 * y_stride) = __builtin_shuffle(ac_high, bd_high, (v4i){2, 6, 3, 7});
}

/* y[dim, keys] = x[length, dim] transposed, zeros behind `length`. */
static void transpose(const float *x, size_t stride, size_t length, size_t dim, float *y,
                      size_t keys)
{
    size_t whole = length / 4 * 4, d = 0;
    for (; d + 4 <= dim; d += 4)
        for (size_t j = 0; j < whole; j += 4)
            transpose_4x4(x + j * stride + d, stride, y + d * keys + j, keys);
    for (size_t i = 0; i < dim; i++) {
        for (size_t j = i < d ? whole : 0; j < length; j++)
            y[i * keys + j] = x[j * stride + i];
        for (size_t j = length; j < keys; j++)
            y[i * keys + j] = 0;
    }
}

static void attention(const float *q, const float *k, const float *v, size_t length, size_t dim,
                      size_t stride, float scale, const float *bias, size_t window, float *scratch,
                      float *o, size_t o_stride)
{
    size_t keys = (length + LANES - 1) / LANES * LANES, wide = (dim + LANES - 1) / LANES * LANES;
    float *transposed = scratch;                /* [dim, keys] */
    float *values = transposed + dim * keys;    /* [length, wide] */
    float *scores = values + length * wide;     /* [QUERY_BLOCK, keys] */
    float *result = scores + (size_t)16 * keys; /* [QUERY_BLOCK, wide] */
    transpose(k, stride, length, dim, transposed, keys);
    for (size_t j = 0; j < length; j++) {
        memcpy(values + j * wide, v + j * stride, dim * sizeof(float));
        memset(values + j * wide + dim, 0, (wide - dim) * sizeof(float));
    }
    for (size_t first = 0; first < length; first += 16) {
        size_t rows = length - first < 16 ? length - first : 16;
        attend(q + first * stride, stride, rows, transposed, keys, dim, scores, keys, keys);
        float inverse[16];
        for (size_t m = 0; m < rows; m++) {
            size_t query = first + m;
            size_t low = window && query > window ? query - window : 0;
            size_t high = window && query + window + 1 < length ? query + window + 1 : length;
            inverse[m] = 1 / soften(scores + m * keys, keys, bias ? bias + query * length : NULL,
                                    scale, length, low, high);
        }
        attend(scores, keys, rows, values, wide, length, result, wide, wide);
        for (size_t m = 0; m < rows; m++)
            for (size_t d = 0; d < dim; d++)
                o[(first + m) * o_stride + d] = result[m * wide + d] * inverse[m];
    }
}

static void gate(const float *x, size_t rows, size_t width, enum hearth_activation activation,
                 float *y)
{
    for (size_t r = 0; r < rows; r++, x += 2 * width, y += width)
        for (size_t i = 0; i < width; i += LANES)
            store_some(y + i, width - i,
                       activate(load_some(x + i, width - i, 0), activation) *
                           load_some(x + width + i, width - i, 0));
}

const struct hearth_kernels KERNELS;
const struct hearth_kernels KERNELS = {
    .name = KERNELS_NAME,
    .shape =
        {
            [HEARTH_PRECISION_F32] = {.row_block = ROWS, .panel_width = PANEL, .depth_step = 1},
#ifdef DOT_BF16
            [HEARTH_PRECISION_BF16] = {.row_block = ROWS, .panel_width = PANEL, .depth_step = 2},
#endif
            [HEARTH_PRECISION_INT16] = {.row_block = ROWS,
                                        .panel_width = PANEL,
                                        .depth_step = 2,
                                        .weight_max = 1023,
                                        .input_max = 8191},
            [HEARTH_PRECISION_INT8] =
#ifdef DOT_U8
                {.row_block = ROWS,
                 .panel_width = PANEL,
                 .depth_step = 4,
                 .weight_max = 127,
                 .input_max = 255},
#else
                {.row_block = ROWS,
                 .panel_width = PANEL,
                 .depth_step = 8,
                 .weight_max = 63,
                 .input_max = 127},
#endif
        },
    .gemm =
        {
            [HEARTH_PRECISION_F32] = gemm_f32,
#ifdef DOT_BF16
            [HEARTH_PRECISION_BF16] = gemm_bf16,
#endif
            [HEARTH_PRECISION_INT16] = gemm_i16,
            [HEARTH_PRECISION_INT8] = gemm_i8,
        },
    .layer_norm = layer_norm,
    .to_u8 = to_u8,
    .to_s16 = to_s16,
    .to_bf16 = to_bf16,
    .attention = attention,
    .gate = gate,
};
