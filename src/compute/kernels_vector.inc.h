/* Vectors, and functions of each of their lanes. A part of kernels.inc.h. */

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float vf __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

/* As many as the lanes of vf. */
typedef uint8_t vb_lanes __attribute__((vector_size(VECTOR_BYTES / 4), aligned(1), may_alias));
typedef int16_t vs_lanes __attribute__((vector_size(VECTOR_BYTES / 2), aligned(2), may_alias));

enum { LANES = VECTOR_BYTES / 4, PANEL = VECTORS * LANES };

/* GCC spreads a scalar over a vector in an operation of both; x − 0 keeps the sign of a −0, which x
 * + 0 would lose. */
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

/* A mask's lanes are all ones or all zeroes, as comparisons give them. */
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

#define LOG2_E 1.44269504f

/* e^x by 2^n·e^r, |r| ≤ ln2/2, with a polynomial of degree 6 (Cephes' expf coefficients are of the
 * same kind; these are the Taylor terms with the last two refitted); relative error below 2e-7. */
INLINE vf exp_of(vf x)
{
    x = min_of(max_of(x, splat(-87.0f)), splat(88.0f));
    const vf magic = splat(12582912.0f); /* 1.5·2^23 rounds to an integer */
    vf shifted = x * splat(LOG2_E) + magic;
    /* ln 2 in two parts, the first with few digits, so that n times it is exact (Cody and Waite).
     */
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
    /* 2^n as a float: the exponent is the bits from 23 on, with a bias of 127. */
    vi power = ((vi)shifted - (vi)magic + splat_int(127)) << 23;
    return p * (vf)power;
}

/* 2^t for t ≤ 0, by the polynomial of degree 5 with the least relative error on ±1/2 (Lawson's
 * iteration): below 3e-7; what would be less than 2^-125 is that. */
INLINE vf exp2_below(vf t)
{
    const vf magic = splat(12582912.0f);
    t = max_of(t, splat(-125.0f));
    vf shifted = t + magic;
    vf r = t - (shifted - magic);
    vf p = splat(1.327647245e-03f);
    p = p * r + splat(9.675540961e-03f);
    p = p * r + splat(5.550713092e-02f);
    p = p * r + splat(2.402212024e-01f);
    p = p * r + splat(6.931469440e-01f);
    p = p * r + splat(1.000000119e+00f);
    return (vf)((vi)p + ((vi)shifted << 23)); /* the low bits of `shifted` are the integer */
}

/* max(x, 0) − |x|/2·erfc(|x|/√2) */
INLINE vf gelu(vf x)
{
    vf a = magnitude(x) * splat(0.70710678f);
    vf t = splat(1.0f) / (splat(0.3275911f) * a + splat(1.0f));
    vf p = splat(1.061405429f);
    p = p * t + splat(-1.453152027f);
    p = p * t + splat(1.421413741f);
    p = p * t + splat(-0.284496736f);
    p = p * t + splat(0.254829592f);
    vf e = exp2_below(a * a * splat(-LOG2_E));
    return max_of(x, splat(0.0f)) - a * splat(0.70710678f) * (p * t) * e;
}

INLINE vf sigmoid(vf x)
{
    return splat(1.0f) / (splat(1.0f) + exp_of(-x));
}

/* tanh(x) = 2·σ(2x) − 1 */
INLINE vf tanh_of(vf x)
{
    return splat(2.0f) * sigmoid(splat(2.0f) * x) - splat(1.0f);
}

INLINE vf gelu_tanh(vf x)
{
    /* √(2/π)·(x + 0.044715·x³); (1 + tanh(u))/2 = σ(2u). */
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
