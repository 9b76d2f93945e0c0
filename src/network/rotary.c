/* Frequencies in double: a context of a million positions multiplies their error by a million. */
#include "network/rotary.h"

#include <math.h>

/* The component that turns `turns` times within the original context L. It turns base^(−2i/d) · L /
 * 2π times, so that i = d · ln(L / (2π · turns)) / (2 · ln base): arXiv 2309.00071, and ggml's
 * ggml_rope_yarn_corr_dim. */
static double component_of(const struct hearth_rotary_scaling *scaling, uint32_t size, double turns)
{
    const double two_pi = 6.283185307179586;
    return size * log(scaling->original_context / (turns * two_pi)) /
           (2 * log((double)scaling->base));
}

/* 1 where the unscaled frequency holds, 0 where the scaled one does, and a ramp between the two.
 * Fast components see many turns within the original context and need no scaling; slow ones would
 * meet angles that they were never trained on. The 0.001 stands for a ramp of no width. */
static double unscaled_share(const struct hearth_rotary_scaling *scaling, uint32_t size, uint32_t i)
{
    double low = fmax(0, floor(component_of(scaling, size, (double)scaling->yarn_fast)));
    double high = fmin(size - 1.0, ceil(component_of(scaling, size, (double)scaling->yarn_slow)));
    double at = (i - low) / fmax(0.001, high - low);
    return 1 - fmin(1, fmax(0, at));
}

/* base · (factor · L/original − (factor − 1))^(d/(d − 2)): transformers'
 * _compute_dynamic_ntk_parameters. */
struct hearth_rotary_scaling hearth_rotary_for(const struct hearth_rotary_scaling *scaling,
                                               uint32_t size, uint32_t context)
{
    struct hearth_rotary_scaling made = *scaling;
    double factor = (double)scaling->dynamic_factor, original = scaling->original_context;
    if (factor > 0 && original > 0 && context > original && size > 2) {
        double stretch = factor * context / original - (factor - 1);
        made.base = (float)((double)made.base * pow(stretch, size / (size - 2.0)));
    }
    return made;
}

/* Linear scaling is the same with a share of 0; without scaling the factor is 1. */
void hearth_rotary_frequencies(const struct hearth_rotary_scaling *scaling, uint32_t size,
                               const float *factors, float *ret_frequencies)
{
    for (uint32_t i = 0; i < size / 2; i++) {
        double frequency = pow((double)scaling->base, -2.0 * i / size);
        if (factors != NULL)
            frequency /= (double)factors[i];
        double share = scaling->yarn ? unscaled_share(scaling, size, i) : 0;
        ret_frequencies[i] =
            (float)(frequency * ((1 - share) * (double)scaling->frequency_scale + share));
    }
}
