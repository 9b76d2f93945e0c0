#include "network/rotary.h"

#include <math.h>

/* The component that turns `turns` times within the original context. */
static double component_of(const struct hearth_rotary_scaling *scaling, uint32_t size, double turns)
{
    const double two_pi = 6.283185307179586;
    return size * log(scaling->original_context / (turns * two_pi)) /
           (2 * log((double)scaling->base));
}

/* 1 where the unscaled frequency holds, 0 where the scaled one does. */
static double unscaled_share(const struct hearth_rotary_scaling *scaling, uint32_t size, uint32_t i)
{
    double low = fmax(0, floor(component_of(scaling, size, (double)scaling->yarn_fast)));
    double high = fmin(size - 1.0, ceil(component_of(scaling, size, (double)scaling->yarn_slow)));
    double at = (i - low) / fmax(0.001, high - low);
    return 1 - fmin(1, fmax(0, at));
}

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
