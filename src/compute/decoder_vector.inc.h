/* Vectors of VECTOR_BYTES; a panel's 16 channels are PARTS of them. A part of decoder.inc.h. */

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* GCC's vectors, so that arithmetic is written once for both widths; aligned(4) lets them be loaded
 * from anywhere, may_alias from bytes. */
typedef float vf __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

enum {
    PARTS = HEARTH_VECTOR / VECTOR_BYTES,
    PART_LANES = VECTOR_BYTES / 4,
    ROW_BLOCK = VECTOR_BYTES == 64 ? 8 : 4, /* 16 accumulators of 32 registers, or 8 of 16 */
};

#define EACH_ROW UNROLL for (int r = 0; r < rows; r++)
#define EACH_PART UNROLL for (int p = 0; p < PARTS; p++)

/* x − 0 broadcasts a number to vectors of either width; x + 0 would turn a float's −0 into 0. */
INLINE vi splat(int32_t x)
{
    return x - (vi){0};
}

INLINE vi splat_at(const void *p)
{
    int32_t x;
    memcpy(&x, p, sizeof(x));
    return splat(x);
}

INLINE vf splat_float_at(const void *p)
{
    float x;
    memcpy(&x, p, sizeof(x));
    return x - (vf){0};
}

INLINE vf to_floats(vi x)
{
    return __builtin_convertvector(x, vf);
}

/* While `bytes` at `at` in the first of `wide` panels are computed with, asks for as much of each
 * of the panels that come next, in one straight line, which memory serves best. */
INLINE void fetch_next(const struct hearth_tile_input *input, const char *at, int wide,
                       size_t bytes)
{
    if (input->next == NULL)
        return;
    const char *from = (const char *)input->next;
    from += (size_t)(at - (const char *)input->panel) * (size_t)wide;
    for (size_t i = 0; i < bytes * (size_t)wide; i += HEARTH_VECTOR)
        __builtin_prefetch(from + i, 0, 3);
}

/* What has no operator: fused multiply-adds, f16 and the widening of bytes. */
#if VECTOR_BYTES == 64

INLINE vf fused_of(vf a, vf b, vf c)
{
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

INLINE vf load_f16(const void *p)
{
    return (vf)_mm512_cvtph_ps(_mm256_loadu_si256(p));
}

INLINE vf load_s8(const void *p)
{
    return (vf)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p)));
}

#else

INLINE vf fused_of(vf a, vf b, vf c)
{
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

INLINE vf load_f16(const void *p)
{
    return (vf)_mm256_cvtph_ps(_mm_loadu_si128(p));
}

INLINE vf load_s8(const void *p)
{
    return (vf)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p)));
}

#endif

/* Several panels at once, `wide` of them. */
enum { WIDE_MOST = 4 };

#define EACH_PANEL UNROLL for (int w = 0; w < wide; w++)
#define EACH_SUM EACH_ROW EACH_PANEL EACH_PART

/* Indices are constants once inlined, so that what is used of it lives in registers. */
typedef vf sums_of_rows[ROW_BLOCK][WIDE_MOST][PARTS];

INLINE void clear_sums(sums_of_rows sums, int wide, int rows)
{
    EACH_SUM sums[r][w][p] = (vf){0};
}

INLINE void store_sums(sums_of_rows sums, float *c, size_t stride, int wide, int rows, size_t first)
{
    EACH_SUM *(vf *)(c + (first + (size_t)r) * stride + w * HEARTH_PANEL_OUTPUTS + p * PART_LANES) =
        sums[r][w][p];
}

/* Calls body(…, rows, first) with the number of rows as a constant, for all rows of a group in
 * blocks of at most ROW_BLOCK; `total` is how many the group has. The body is inlined for every
 * number of rows, so that a single row does not pay for eight; what it computes for a row is the
 * same each time. */
#if VECTOR_BYTES == 64
#define EACH_ROW_COUNT(body, total, ...)                                                           \
    switch (total) {                                                                               \
        ROW_CASE(1, 1, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(2, 2, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(3, 3, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(4, 4, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(5, 5, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(6, 6, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(7, 7, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(8, 8, 0, body, __VA_ARGS__)                                                       \
    }
#else
#define EACH_ROW_COUNT(body, total, ...)                                                           \
    for (size_t first_row = 0; first_row < (total); first_row += ROW_BLOCK)                        \
        switch ((total)-first_row) {                                                               \
            ROW_CASE(1, total, first_row, body, __VA_ARGS__)                                       \
            ROW_CASE(2, total, first_row, body, __VA_ARGS__)                                       \
            ROW_CASE(3, total, first_row, body, __VA_ARGS__)                                       \
        default:                                                                                   \
            body(__VA_ARGS__, 4, total, first_row);                                                \
        }
#endif
/* The same for at most ROW_BLOCK / 2 rows. */
#if VECTOR_BYTES == 64
#define FEW_ROW_COUNTS(body, total, ...)                                                           \
    switch (total) {                                                                               \
        ROW_CASE(1, 1, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(2, 2, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(3, 3, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(4, 4, 0, body, __VA_ARGS__)                                                       \
    }
#else
#define FEW_ROW_COUNTS(body, total, ...)                                                           \
    switch (total) {                                                                               \
        ROW_CASE(1, 1, 0, body, __VA_ARGS__)                                                       \
        ROW_CASE(2, 2, 0, body, __VA_ARGS__)                                                       \
    }
#endif
/* For two panels of floats at once: as many rows as there are registers for. */
#if VECTOR_BYTES == 64
enum { PAIR_ROWS = ROW_BLOCK };
#define PAIR_ROW_COUNTS EACH_ROW_COUNT
#else
enum { PAIR_ROWS = ROW_BLOCK / 2 };
#define PAIR_ROW_COUNTS FEW_ROW_COUNTS
#endif
#define ROW_CASE(count, total, first, body, ...)                                                   \
    case count:                                                                                    \
        body(__VA_ARGS__, count, total, first);                                                    \
        break;
