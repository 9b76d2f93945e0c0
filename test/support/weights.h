/* Random weights of any type of GGUF, and the sets of numbers that tests of the decoder's kernels
 * want. */
#ifndef HEARTH_TEST_WEIGHTS_H
#define HEARTH_TEST_WEIGHTS_H

#include "base/memory.h"
#include "compute/decoder_kernels.h"
#include "compute/quant.h"

#include <string.h>

static uint32_t weights_seed = 1;

static inline uint32_t random_word(void)
{
    weights_seed = weights_seed * 1664525u + 1013904223u;
    return weights_seed >> 8;
}

static inline float random_float(float from, float to)
{
    return from + (to - from) * (float)random_word() / 16777216.0f;
}

static inline float *random_floats(size_t count, float from, float to)
{
    float *x = hearth_alloc(count * sizeof(*x));
    for (size_t i = 0; i < count; i++)
        x[i] = random_float(from, to);
    return x;
}

/* Where f16 numbers stand in a block; −1 ends the list. */
static inline const int *f16_places(enum hearth_quant type)
{
    static const int places[HEARTH_QUANT_END][3] = {
        [HEARTH_QUANT_F16] = {0, -1},       [HEARTH_QUANT_Q4_0] = {0, -1},
        [HEARTH_QUANT_Q4_1] = {0, 2, -1},   [HEARTH_QUANT_Q5_0] = {0, -1},
        [HEARTH_QUANT_Q5_1] = {0, 2, -1},   [HEARTH_QUANT_Q8_0] = {0, -1},
        [HEARTH_QUANT_Q2_K] = {80, 82, -1}, [HEARTH_QUANT_Q3_K] = {108, -1},
        [HEARTH_QUANT_Q4_K] = {0, 2, -1},   [HEARTH_QUANT_Q5_K] = {0, 2, -1},
        [HEARTH_QUANT_Q6_K] = {208, -1},    [HEARTH_QUANT_IQ4_NL] = {0, -1},
        [HEARTH_QUANT_IQ4_XS] = {0, -1},
    };
    return places[type];
}

/* Random codes, with scales that a model might have. */
static inline uint8_t *random_weights(enum hearth_quant type, size_t rows, size_t inputs)
{
    const struct hearth_quant_type *facts = hearth_quant_type(type);
    size_t bytes = rows * hearth_quant_bytes(type, inputs);
    uint8_t *weights = hearth_alloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        weights[i] = (uint8_t)random_word();
    for (size_t i = 0; i < bytes; i += facts->block_bytes) {
        float value = random_float(-0.1f, 0.1f);
        uint16_t bits = hearth_f32_to_bf16(value);
        if (type == HEARTH_QUANT_F32)
            memcpy(weights + i, &value, sizeof(value));
        else if (type == HEARTH_QUANT_BF16)
            memcpy(weights + i, &bits, sizeof(bits));
        else
            for (const int *place = f16_places(type); *place >= 0; place++) {
                bits = hearth_f32_to_f16(random_float(-0.1f, 0.1f));
                memcpy(weights + i + *place, &bits, sizeof(bits));
            }
    }
    return weights;
}

#define EACH_TYPE(type)                                                                            \
    for (enum hearth_quant type = 0; type < HEARTH_QUANT_END; type++)                              \
        if (hearth_quant_type(type))

/* Every instruction set of this machine, plain C first. */
#define EACH_ISA(isa)                                                                              \
    for (enum hearth_isa isa = HEARTH_ISA_PLAIN; isa < HEARTH_ISA_COUNT; isa++)                    \
        if (hearth_isa_usable(isa))

#endif
