/* Rows, packing and the softmax: plain loops, written so that the compiler makes vectors of them,
 * and compiled for each instruction set. Every fused multiply-add is written as one, and every sum
 * of floats is taken in LANES lanes, so that the bits are the same for all. A part of decoder.inc.h
 * and of decoder_plain.c. */

enum { LANES = 16 };

#define EACH_LANE for (size_t l = 0; l < LANES; l++)

static inline float fused(float a, float b, float c)
{
    return __builtin_fmaf(a, b, c);
}

static inline uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* Lane l + 8 to l, then + 4, + 2, + 1: an order that halves of vectors can be added in, written out
 * because a compiler may not choose another for floats. */
static float sum_of_lanes(float lanes[LANES])
{
    for (size_t l = 0; l < 8; l++)
        lanes[l] += lanes[l + 8];
    for (size_t l = 0; l < 4; l++)
        lanes[l] += lanes[l + 4];
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

/* Lane l has the elements l, l + 16, …; those behind the last whole 16 go to their lanes as well,
 * so that the width may be anything. */
static float sum_of_squares(const float *x, float mean, size_t width)
{
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= width; i += LANES)
        EACH_LANE lanes[l] = fused(x[i + l] - mean, x[i + l] - mean, lanes[l]);
    for (size_t l = 0; i + l < width; l++)
        lanes[l] = fused(x[i + l] - mean, x[i + l] - mean, lanes[l]);
    return sum_of_lanes(lanes);
}

static float sum_of(const float *x, size_t width)
{
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= width; i += LANES)
        EACH_LANE lanes[l] += x[i + l];
    for (size_t l = 0; i + l < width; l++)
        lanes[l] += x[i + l];
    return sum_of_lanes(lanes);
}

/* x / √(mean(x²) + ε) · weight (Zhang and Sennrich, arXiv 1910.07467). */
static void rms_norm(const float *x, const float *weight, float epsilon, size_t width, float *y)
{
    float factor = 1 / sqrtf(sum_of_squares(x, 0, width) / (float)width + epsilon);
    if (weight)
        for (size_t i = 0; i < width; i++)
            y[i] = x[i] * factor * weight[i];
    else
        for (size_t i = 0; i < width; i++)
            y[i] = x[i] * factor;
}

/* (x − mean) / √(variance + ε) · weight + bias (Ba et al., arXiv 1607.06450). The mean first and
 * the squares of what is left then: mean(x²) − mean² would cancel where the mean is large. */
static void layer_norm(const float *x, const float *weight, const float *bias, float epsilon,
                       size_t width, float *y)
{
    float mean = sum_of(x, width) / (float)width;
    float factor = 1 / sqrtf(sum_of_squares(x, mean, width) / (float)width + epsilon);
    for (size_t i = 0; i < width; i++)
        y[i] = (x[i] - mean) * factor;
    if (weight)
        for (size_t i = 0; i < width; i++)
            y[i] *= weight[i];
    if (bias)
        for (size_t i = 0; i < width; i++)
            y[i] += bias[i];
}

/* Each of these is one fused operation for an element. Whether there is a bias is asked outside the
 * loops, so that the loops become vectors. */
static void add_row(float *y, const float *x, const float *bias, float scale, size_t width)
{
    if (bias)
        for (size_t i = 0; i < width; i++)
            y[i] = fused(x[i] + bias[i], scale, y[i]);
    else
        for (size_t i = 0; i < width; i++)
            y[i] = fused(x[i], scale, y[i]);
}

static void scale_row(const float *x, float scale, const float *bias, size_t width, float *y)
{
    if (bias)
        for (size_t i = 0; i < width; i++)
            y[i] = fused(x[i], scale, bias[i]);
    else
        for (size_t i = 0; i < width; i++)
            y[i] = x[i] * scale;
}

/* y = y · old + x · new */
static void merge(float *y, float old, const float *x, float new, size_t width)
{
    for (size_t i = 0; i < width; i++)
        y[i] = fused(x[i], new, y[i] * old);
}

/* e^x = 2^n · e^r with r = x − n·ln 2 in two pieces, and a polynomial of degree 6 (Cephes' expf);
 * relative error below 2e-7. Adding 1.5 · 2^23 rounds to an integer, which is then in the low bits.
 */
#define ROUNDER 12582912.0f
static inline float exp_of(float x)
{
    x = x > -87.0f ? x : -87.0f;
    x = x < 88.0f ? x : 88.0f;
    float shifted = fused(x, 1.44269504f, ROUNDER), n = shifted - ROUNDER;
    float r = fused(n, 2.12194440e-4f, fused(n, -0.693359375f, x));
    float p = fused(1.9875691500e-4f, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    p = fused(p, r * r, r) + 1;
    return p * float_of((bits_of(shifted) - bits_of(ROUNDER) + 127) << 23);
}

static inline float sigmoid(float x)
{
    return 1 / (1 + exp_of(-x));
}

/* tanh x = 2σ(2x) − 1. Near 0 it is off by some 1e-7, which does no harm to what it is used for. */
static inline float tanh_of(float x)
{
    return fused(2, sigmoid(2 * x), -1);
}

/* max(x, 0) − |x|/2 · erfc(|x|/√2), erfc by Abramowitz & Stegun 7.1.26: |error| ≤ 1.5e-7 */
static inline float gelu(float x)
{
    const float root_half = 0.70710678f;
    float a = fabsf(x) * root_half;
    float t = 1 / fused(0.3275911f, a, 1);
    float p = fused(1.061405429f, t, -1.453152027f);
    p = fused(p, t, 1.421413741f);
    p = fused(p, t, -0.284496736f);
    p = fused(p, t, 0.254829592f);
    return (x > 0 ? x : 0) - a * root_half * (p * t) * exp_of(-(a * a));
}

/* x · σ(2 √(2/π) (x + 0.044715 x³)), the approximation by tanh of Hendrycks and Gimpel (arXiv
 * 1606.08415), with ½(1 + tanh z) written as σ(2z). */
static inline float gelu_tanh(float x)
{
    return x * sigmoid(2 * (0.7978845608f * fused(0.044715f * x * x, x, x)));
}

#define EACH(expression)                                                                           \
    for (size_t i = 0; i < width; i++)                                                             \
        y[i] = expression;                                                                         \
    break;

/* y = activation(x), times `up` where there is one */
#define ACTIVATE(times_up)                                                                         \
    switch (activation) {                                                                          \
    case HEARTH_ACTIVATION_GELU:                                                                   \
        EACH(gelu(x[i]) times_up)                                                                  \
    case HEARTH_ACTIVATION_GELU_TANH:                                                              \
        EACH(gelu_tanh(x[i]) times_up)                                                             \
    case HEARTH_ACTIVATION_RELU:                                                                   \
        EACH((x[i] > 0 ? x[i] : 0) times_up)                                                       \
    case HEARTH_ACTIVATION_TANH:                                                                   \
        EACH(tanh_of(x[i]) times_up)                                                               \
    case HEARTH_ACTIVATION_SILU:                                                                   \
        EACH(x[i] * sigmoid(x[i]) times_up)                                                        \
    case HEARTH_ACTIVATION_NONE:                                                                   \
        EACH(x[i] times_up)                                                                        \
    }

static void activate_row(const float *x, enum hearth_activation activation, size_t width, float *y)
{
    ACTIVATE()
}

/* activation(gate) · up: with SiLU it is SwiGLU, with GELU GeGLU (Shazeer, arXiv 2002.05202). */
static void gate_row(const float *x, const float *up, enum hearth_activation activation,
                     size_t width, float *y)
{
    ACTIVATE(*up[i])
}

/* The same for a row of a tile, where 16 of the gate and 16 of up take turns; the products close
 * up. Those of group i are written where group i/2 was, which has been read by then. SiLU, which
 * nearly all networks have, is computed in place, so that its loop becomes whole vectors. */
static void gate_groups(float *x, enum hearth_activation activation, size_t width)
{
    for (size_t i = 0; i < width; i += LANES) {
        const float *gate = x + 2 * i, *up = gate + LANES;
        float y[LANES];
        if (activation == HEARTH_ACTIVATION_SILU)
            EACH_LANE y[l] = gate[l] * sigmoid(gate[l]) * up[l];
        else
            gate_row(gate, up, activation, LANES, y);
        memcpy(x + i, y, sizeof(y));
    }
}

/* Gemma 2 (arXiv 2408.00118): what is far below the cap stays as it is, nothing goes beyond it. */
static void soft_cap(const float *x, float cap, size_t width, float *y)
{
    for (size_t i = 0; i < width; i++)
        y[i] = cap * tanh_of(x[i] / cap);
}

/* (x, y) turned by the angle of its pair: x cos θ − y sin θ, x sin θ + y cos θ. Which components
 * make a pair is a convention of the file's converter. The products that are not fused are written
 * so in all tables. */
static void rotate(float *head, enum hearth_rotary kind, const float *cosines, const float *sines,
                   size_t width)
{
    size_t half = width / 2;
    if (kind == HEARTH_ROTARY_HALVES)
        for (size_t i = 0; i < half; i++) {
            float x = head[i], y = head[half + i];
            head[i] = fused(x, cosines[i], -(y * sines[i]));
            head[half + i] = fused(x, sines[i], y * cosines[i]);
        }
    if (kind == HEARTH_ROTARY_ADJACENT)
        for (size_t i = 0; i < half; i++) {
            float x = head[2 * i], y = head[2 * i + 1];
            head[2 * i] = fused(x, cosines[i], -(y * sines[i]));
            head[2 * i + 1] = fused(x, sines[i], y * cosines[i]);
        }
}

/* Scaled and capped scores; those of keys that do not count are −∞. */
static void scale_scores(const struct hearth_soften *soften)
{
    float *restrict s = soften->scores, scale = soften->scale, cap = soften->cap;
    for (size_t i = 0; i < soften->first; i++)
        s[i] = -INFINITY;
    for (size_t i = soften->last; i < soften->keys; i++)
        s[i] = -INFINITY;
    if (cap == 0)
        for (size_t i = soften->first; i < soften->last; i++)
            s[i] *= scale;
    else
        for (size_t i = soften->first; i < soften->last; i++)
            s[i] = cap * tanh_of(s[i] * scale / cap);
}

/* By their bits as integers in the same order, which the compiler makes vectors of. One that is not
 * a number is the largest, and all weights become none. */
static float largest_of(const float *s, size_t count)
{
    int32_t largest = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        int32_t bits = (int32_t)bits_of(s[i]), ordered = bits ^ (bits >> 31 & 0x7fffffff);
        largest = ordered > largest ? ordered : largest;
    }
    return float_of((uint32_t)(largest ^ (largest >> 31 & 0x7fffffff)));
}

/* A span's scores become e^(s − m), m the span's largest; what lies further below than
 * HEARTH_SCORE_DEPTH becomes 0. For bf16 pages the weights are rounded first and then summed, so
 * that divisor and weights are the same numbers and the shares add up to 1. */
static void soften(struct hearth_soften *soften)
{
    float *restrict s = soften->scores;
    uint16_t *restrict rounded = soften->rounded;
    size_t keys = soften->keys;
    scale_scores(soften);
    float largest = largest_of(s, keys);
    for (size_t i = 0; i < keys; i++) {
        float depth = s[i] - largest, weight = exp_of(depth);
        s[i] = depth >= HEARTH_SCORE_DEPTH ? weight : 0;
    }
    if (rounded)
        for (size_t i = 0; i < keys; i++) {
            uint32_t bits = (bits_of(s[i]) + 0x7fff + (bits_of(s[i]) >> 16 & 1)) >> 16;
            rounded[i] = (uint16_t)bits;
            s[i] = float_of(bits << 16);
        }
    soften->largest = largest;
    soften->sum = sum_of(s, keys);
}

#undef EACH
#undef ACTIVATE

#define ROW_OPS                                                                                    \
    {                                                                                              \
        .rms_norm = rms_norm, .layer_norm = layer_norm, .add = add_row, .scale = scale_row,        \
        .activate = activate_row, .gate = gate_row, .soft_cap = soft_cap, .rotate = rotate         \
    }
