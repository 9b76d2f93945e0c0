/* Passes over the logits of a vocabulary: plain loops over blocks of a fixed length, of which the
 * compiler makes vectors. A part of decoder.inc.h and of decoder_plain.c. */

enum { SUM_LANES = 8 };

/* `x > m` is false for what is not a number, which therefore never becomes the largest. */
static inline float largest_of_block(const float *x, size_t count)
{
    float lanes[LANES], most = -INFINITY;
    EACH_LANE lanes[l] = -INFINITY;
    if (count == HEARTH_LOGIT_BLOCK)
        for (size_t i = 0; i < HEARTH_LOGIT_BLOCK; i += LANES)
            EACH_LANE lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
    else
        for (size_t i = 0; i < count; i++)
            lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
    EACH_LANE most = lanes[l] > most ? lanes[l] : most;
    return most;
}

static inline size_t block_length(size_t count, size_t first)
{
    return count - first < HEARTH_LOGIT_BLOCK ? count - first : HEARTH_LOGIT_BLOCK;
}

static void largest_of_blocks(const float *x, size_t count, float *most)
{
    for (size_t i = 0; i < count; i += HEARTH_LOGIT_BLOCK)
        *most++ = largest_of_block(x + i, block_length(count, i));
}

/* Lane l + 4 to l, then + 2, + 1. */
static inline double sum_of_doubles(double lanes[SUM_LANES])
{
    for (size_t l = 0; l < SUM_LANES / 2; l++)
        lanes[l] += lanes[l + SUM_LANES / 2];
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

static inline float weight_of(float logit, float top, float scale)
{
    float depth = (logit - top) * scale, weight = exp_of(depth);
    return depth >= -87.0f ? weight : 0;
}

static inline double weigh_block(const float *x, size_t count, float top, float scale,
                                 float *restrict weights)
{
    double lanes[SUM_LANES] = {0};
    if (count == HEARTH_LOGIT_BLOCK) {
        for (size_t i = 0; i < HEARTH_LOGIT_BLOCK; i++)
            weights[i] = weight_of(x[i], top, scale);
        for (size_t i = 0; i < HEARTH_LOGIT_BLOCK; i += SUM_LANES)
            for (size_t l = 0; l < SUM_LANES; l++)
                lanes[l] += (double)weights[i + l];
        return sum_of_doubles(lanes);
    }
    for (size_t i = 0; i < count; i++) {
        weights[i] = weight_of(x[i], top, scale);
        lanes[i % SUM_LANES] += (double)weights[i];
    }
    return sum_of_doubles(lanes);
}

static void weigh_logits(const float *x, size_t count, float top, float scale, float *weights,
                         double *sums)
{
    for (size_t i = 0; i < count; i += HEARTH_LOGIT_BLOCK)
        *sums++ = weigh_block(x + i, block_length(count, i), top, scale, weights + i);
}

static void moments_of(const float *x, size_t count, struct hearth_logit_moments *ret_moments)
{
    double counts[SUM_LANES] = {0}, sums[SUM_LANES] = {0}, squares[SUM_LANES] = {0};
    for (size_t i = 0; i < count; i += SUM_LANES)
        for (size_t l = 0; l < SUM_LANES && i + l < count; l++) {
            double value = x[i + l] > -INFINITY ? (double)x[i + l] : 0;
            counts[l] += x[i + l] > -INFINITY ? 1 : 0;
            sums[l] += value;
            squares[l] += value * value;
        }
    *ret_moments = (struct hearth_logit_moments){sum_of_doubles(counts), sum_of_doubles(sums),
                                                 sum_of_doubles(squares)};
}

#define LOGIT_OPS                                                                                  \
    {                                                                                              \
        .largest = largest_of_blocks, .weigh = weigh_logits, .moments = moments_of                 \
    }
