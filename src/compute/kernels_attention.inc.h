/* Attention of one head. A part of kernels.inc.h.
 *
 * S = q·kᵀ is a product whose columns are keys, so k is transposed once and then read in a straight
 * line; O = S·v reads v as it is, padded to whole vectors. Both are done for HEARTH_QUERY_BLOCK
 * queries at a time, whose scores stay in the nearest cache between the two. */

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

/* A head of 64 is four of the widest vectors, one of 32 two: three at a time would not divide them.
 */
enum { QUERY_VECTORS = VECTORS < 2 ? VECTORS : 2 };

/* Rows in blocks of this many; returns how many are done. */
INLINE size_t attend_rows(const float *a, size_t a_stride, size_t first, size_t rows,
                          const float *panel, size_t step, size_t depth, float *c, size_t c_stride,
                          int block, int vectors)
{
    for (; first + (size_t)block <= rows; first += (size_t)block)
        attend_block(a + first * a_stride, a_stride, panel, step, depth, c + first * c_stride,
                     c_stride, block, vectors);
    return first;
}

INLINE void attend_columns(const float *a, size_t a_stride, size_t rows, const float *panel,
                           size_t step, size_t depth, float *c, size_t c_stride, int vectors)
{
    size_t m = attend_rows(a, a_stride, 0, rows, panel, step, depth, c, c_stride, ROWS, vectors);
    if (ROWS > 4)
        m = attend_rows(a, a_stride, m, rows, panel, step, depth, c, c_stride, 4, vectors);
    attend_rows(a, a_stride, m, rows, panel, step, depth, c, c_stride, 1, vectors);
}

static void attend(const float *a, size_t a_stride, size_t rows, const float *panel, size_t step,
                   size_t depth, float *c, size_t c_stride, size_t columns)
{
    size_t wide = (size_t)QUERY_VECTORS * LANES, n = 0;
    for (; n + wide <= columns; n += wide)
        attend_columns(a, a_stride, rows, panel + n, step, depth, c + n, c_stride, QUERY_VECTORS);
    for (; n < columns; n += LANES)
        attend_columns(a, a_stride, rows, panel + n, step, depth, c + n, c_stride, 1);
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
    vf most = splat(-INFINITY), total = splat(0.0f);
    for (size_t j = 0; j < keys; j += LANES)
        most = max_of(most, load(s + j));
    /* e^(s − max) = 2^((s − max)·log2 e): less the largest one no power is over 1, and the common
     * factor falls out when the row is divided by its sum. With a bias the scale is in the scores
     * already. */
    vf factor = splat((bias ? 1.0f : scale) * LOG2_E);
    vf offset = splat(largest_of(most)) * factor;
    for (size_t j = 0; j < keys; j += LANES) {
        vf e = exp2_below(load(s + j) * factor - offset);
        store(s + j, e);
        total += e;
    }
    /* What does not count has become 2^-125: nothing beside the sum, but not for a large value. */
    memset(s, 0, first * sizeof(*s));
    memset(s + last, 0, (keys - last) * sizeof(*s));
    return sum_of(total);
}

typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Rows a, b, c, d of four become columns: first the halves of a with c and b with d are woven
 * together, then those two. */
INLINE void transpose_4x4(const float *x, size_t stride, float *y, size_t y_stride)
{
    v4 a = *(const v4 *)x, b = *(const v4 *)(x + stride), c = *(const v4 *)(x + 2 * stride),
       d = *(const v4 *)(x + 3 * stride);
    v4 ac_low = __builtin_shufflevector(a, c, 0, 4, 1, 5);
    v4 ac_high = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    v4 bd_low = __builtin_shufflevector(b, d, 0, 4, 1, 5);
    v4 bd_high = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    *(v4 *)y = __builtin_shufflevector(ac_low, bd_low, 0, 4, 1, 5);
    *(v4 *)(y + y_stride) = __builtin_shufflevector(ac_low, bd_low, 2, 6, 3, 7);
    *(v4 *)(y + 2 * y_stride) = __builtin_shufflevector(ac_high, bd_high, 0, 4, 1, 5);
    *(v4 *)(y + 3 * y_stride) = __builtin_shufflevector(ac_high, bd_high, 2, 6, 3, 7);
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
    float *transposed = scratch;                        /* [dim, keys] */
    float *values = transposed + dim * keys;            /* [length, wide] */
    float *scores = values + length * wide;             /* [HEARTH_QUERY_BLOCK, keys] */
    float *result = scores + HEARTH_QUERY_BLOCK * keys; /* [HEARTH_QUERY_BLOCK, wide] */
    transpose(k, stride, length, dim, transposed, keys);
    for (size_t j = 0; j < length; j++) {
        memcpy(values + j * wide, v + j * stride, dim * sizeof(float));
        memset(values + j * wide + dim, 0, (wide - dim) * sizeof(float));
    }
    for (size_t first = 0; first < length; first += HEARTH_QUERY_BLOCK) {
        size_t rows = length - first < HEARTH_QUERY_BLOCK ? length - first : HEARTH_QUERY_BLOCK;
        attend(q + first * stride, stride, rows, transposed, keys, dim, scores, keys, keys);
        float inverse[HEARTH_QUERY_BLOCK];
        for (size_t m = 0; m < rows; m++) {
            size_t query = first + m;
            size_t low = window && query > window ? query - window : 0;
            size_t high = window && query + window + 1 < length ? query + window + 1 : length;
            /* The division by the sum is done at the end, on dim numbers instead of one for every
             * key. */
            inverse[m] = 1 / soften(scores + m * keys, keys, bias ? bias + query * length : NULL,
                                    scale, length, low, high);
        }
        attend(scores, keys, rows, values, wide, length, result, wide, wide);
        for (size_t m = 0; m < rows; m++)
            for (size_t d = 0; d < dim; d++)
                o[(first + m) * o_stride + d] = result[m * wide + d] * inverse[m];
    }
}
