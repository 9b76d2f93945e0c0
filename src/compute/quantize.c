/* Floats to blocks: quantize_row_*_ref of ggml-quants.c, with the same operations in the same
 * order, so that a file quantized here is the one that llama.cpp's tool would have made. */
#include "compute/quant.h"

#include <math.h>
#include <string.h>

static void put_f16(uint8_t *bytes, float value)
{
    uint16_t bits = hearth_f32_to_f16(value);
    memcpy(bytes, &bits, sizeof(bits));
}

/* What no whole number stands for (the inverse of a denormal scale is infinite) becomes 0. */
static int8_t byte_of(float value)
{
    return (int8_t)(fabsf(value) <= 127 ? value : 0);
}

static uint8_t nibble_of(float value)
{
    return (uint8_t)(value > 0 ? fminf(value, 15) : 0);
}

/* d = max|x| / 127, code = round(x / d), halves away from zero. The stored scale is d rounded to
 * f16, while codes come of the exact one, as in the reference. */
static void quantize_q8_0(const float *x, uint8_t *block)
{
    float largest = 0;
    for (size_t i = 0; i < 32; i++)
        largest = fmaxf(largest, fabsf(x[i]));
    float d = largest / 127, inverse = d != 0 ? 1 / d : 0;
    put_f16(block, d);
    for (size_t i = 0; i < 32; i++)
        block[2 + i] = (uint8_t)byte_of(roundf(x[i] * inverse));
}

/* The scale is signed, so that the value of the largest magnitude becomes −8 exactly: nibbles go
 * from −8 to 7, and the side that reaches further gets the more of them. Codes are x / d + 8,
 * rounded by adding ½ and cutting off. */
static void quantize_q4_0(const float *x, uint8_t *block)
{
    float extreme = 0;
    for (size_t i = 0; i < 32; i++)
        if (fabsf(x[i]) > fabsf(extreme))
            extreme = x[i];
    float d = extreme / -8, inverse = d != 0 ? 1 / d : 0;
    put_f16(block, d);
    for (size_t i = 0; i < 16; i++)
        block[2 + i] = (uint8_t)(nibble_of(x[i] * inverse + 8.5f) |
                                 nibble_of(x[16 + i] * inverse + 8.5f) << 4);
}

/* value = d · code + low, with the block's own range cut into 15 steps. */
static void quantize_q4_1(const float *x, uint8_t *block)
{
    float low = x[0], high = x[0];
    for (size_t i = 1; i < 32; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    float d = (high - low) / 15, inverse = d != 0 ? 1 / d : 0;
    put_f16(block, d);
    put_f16(block + 2, low);
    for (size_t i = 0; i < 16; i++)
        block[4 + i] = (uint8_t)(nibble_of((x[i] - low) * inverse + 0.5f) |
                                 nibble_of((x[16 + i] - low) * inverse + 0.5f) << 4);
}

static void quantize_floats(enum hearth_quant type, const float *x, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t bits =
            type == HEARTH_QUANT_F16 ? hearth_f32_to_f16(x[i]) : hearth_f32_to_bf16(x[i]);
        memcpy(bytes + 2 * i, &bits, sizeof(bits));
    }
}

static void (*const makers[HEARTH_QUANT_END])(const float *x, uint8_t *block) = {
    [HEARTH_QUANT_Q8_0] = quantize_q8_0,
    [HEARTH_QUANT_Q4_0] = quantize_q4_0,
    [HEARTH_QUANT_Q4_1] = quantize_q4_1,
};

bool hearth_quant_can_be_made(enum hearth_quant type)
{
    return type == HEARTH_QUANT_F32 || type == HEARTH_QUANT_F16 || type == HEARTH_QUANT_BF16 ||
           makers[type];
}

void hearth_quantize(enum hearth_quant type, const float *x, size_t count, void *bytes)
{
    if (type == HEARTH_QUANT_F32)
        memcpy(bytes, x, count * sizeof(*x));
    else if (!makers[type])
        quantize_floats(type, x, count, bytes);
    else
        for (size_t i = 0; i < count / 32; i++)
            makers[type](x + 32 * i, (uint8_t *)bytes + i * hearth_quant_type(type)->block_bytes);
}
