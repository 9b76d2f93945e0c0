/* Rows: norms, codes and gates. A part of kernels.inc.h. */

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

/* J. Ba et al., "Layer Normalization", 2016. Two passes, first the mean, then the variance about
 * it: the sum of squares minus the square of the sum would lose its digits where the mean is large.
 * z = x + residual is kept in y between the passes. */
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
            /* Lanes behind the end hold the mean, so that they add nothing. */
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

/* 0 is always within: it must have a code of its own, so that nothing stays nothing. */
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
    /* 1.5 · 2^23: added to a small number it leaves no bits for a fraction, and the integer stands
     * in the low bits of the sum. */
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
    /* All zeroes, or next to it: any scale will do, but a division by 0 would not. */
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
        /* A half of the last place that stays, less one unless that place is odd: ties go to even.
         */
        y[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
    memset(y + width, 0, (padded - width) * sizeof(*y));
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
