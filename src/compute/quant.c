/* What blocks of each type are worth, and the 16-bit floats. ggml's types are numbers that leave
 * gaps, and the tables have empty rows there. */
#include "compute/quant.h"

#include <math.h>
#include <string.h>

/* Values and bytes of a block, from ggml-common.h. Q4_0: f16 scale and 16 bytes of nibbles, so 18
 * bytes for 32 values. The K types have blocks of 256 with scales of their own for parts. */
static const struct hearth_quant_type types[HEARTH_QUANT_END] = {
    [HEARTH_QUANT_F32] = {"f32", 1, 4},           [HEARTH_QUANT_F16] = {"f16", 1, 2},
    [HEARTH_QUANT_BF16] = {"bf16", 1, 2},         [HEARTH_QUANT_Q4_0] = {"q4_0", 32, 18},
    [HEARTH_QUANT_Q4_1] = {"q4_1", 32, 20},       [HEARTH_QUANT_Q5_0] = {"q5_0", 32, 22},
    [HEARTH_QUANT_Q5_1] = {"q5_1", 32, 24},       [HEARTH_QUANT_Q8_0] = {"q8_0", 32, 34},
    [HEARTH_QUANT_Q2_K] = {"q2_K", 256, 84},      [HEARTH_QUANT_Q3_K] = {"q3_K", 256, 110},
    [HEARTH_QUANT_Q4_K] = {"q4_K", 256, 144},     [HEARTH_QUANT_Q5_K] = {"q5_K", 256, 176},
    [HEARTH_QUANT_Q6_K] = {"q6_K", 256, 210},     [HEARTH_QUANT_IQ4_NL] = {"iq4_nl", 32, 18},
    [HEARTH_QUANT_IQ4_XS] = {"iq4_xs", 256, 136},
};

/* The number may be anything that stands in a file. */
const struct hearth_quant_type *hearth_quant_type(uint32_t number)
{
    return number < HEARTH_QUANT_END && types[number].name ? &types[number] : NULL;
}

size_t hearth_quant_bytes(uint32_t number, size_t count)
{
    const struct hearth_quant_type *type = hearth_quant_type(number);
    size_t bytes;
    if (!type || count % type->block_values ||
        __builtin_mul_overflow(count / type->block_values, (size_t)type->block_bytes, &bytes))
        return 0;
    return bytes;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* IEEE 754 binary16 by hand, so that a machine without conversions gives the same bits as one that
 * has them. The exponent's bias is 15, and 127 in f32. */
float hearth_f16_to_f32(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) /* infinite, or not a number, which is made quiet */
        return float_of(sign | 0x7f800000 | magnitude << 13 | (magnitude > 0x7c00 ? 1u << 22 : 0));
    if (magnitude >= 0x0400)
        return float_of(sign | ((magnitude << 13) + ((127 - 15) << 23)));
    float value = (float)magnitude * 0x1p-24f; /* a denormal, exactly */
    return sign ? -value : value;
}

uint16_t hearth_f32_to_f16(float value)
{
    uint32_t bits = bits_of(value), magnitude = bits & 0x7fffffff;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (magnitude >= 0x477ff000) /* 65,520 and more round to 2^16 */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) { /* below 2^-14: adding 1/2 leaves multiples of 2^-24 */
        float shifted = float_of(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_of(shifted) - 0x3f000000));
    }
    /* Half of the last kept bit less one, and one more where that bit is odd: ties go to even. A
     * carry into the exponent is right, as it gives the next power of two. */
    uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((rounded - ((127 - 15) << 23)) >> 13));
}

float hearth_bf16_to_f32(uint16_t bits)
{
    return float_of((uint32_t)bits << 16);
}

/* Bfloat16 is the upper half of an f32, rounded as above. A not-a-number is made quiet before its
 * lower half goes, for its upper half alone could be infinite. */
uint16_t hearth_f32_to_bf16(float value)
{
    uint32_t bits = bits_of(value);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Bytes of a file have no alignment, hence memcpy. */
static void dequantize_floats(enum hearth_quant type, const uint8_t *bytes, size_t count, float *y)
{
    if (type == HEARTH_QUANT_F32) {
        memcpy(y, bytes, count * sizeof(*y));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, bytes + 2 * i, sizeof(bits));
        y[i] = type == HEARTH_QUANT_F16 ? hearth_f16_to_f32(bits) : hearth_bf16_to_f32(bits);
    }
}

/* Loops of 16, which are those of a scale, so that a compiler makes vectors of them. */
static void part_values(const struct hearth_quant_part *part, int offset, float *y)
{
    for (size_t half = 0; half < 2; half++)
        for (size_t j = 16 * half; j < 16 * half + 16; j++)
            y[j] = part->scale[half] * (float)(part->codes[j] - offset);
}

static void part_values_with_minima(const struct hearth_quant_part *part, int offset, float *y)
{
    part_values(part, offset, y);
    for (size_t half = 0; half < 2; half++)
        for (size_t j = 16 * half; j < 16 * half + 16; j++)
            y[j] += part->minimum[half];
}

static void part_values_of_table(const struct hearth_quant_part *part, const int8_t *table,
                                 float *y)
{
    for (size_t j = 0; j < 32; j++)
        y[j] = part->scale[j / 16] * (float)table[part->codes[j]];
}

/* value = scale · whole + minimum, not fused: ggml's dequantize_row_* rounds the product first, and
 * we want its bits. Codes are bounded by their bits, so that the table is never left; no type has
 * both a table and minima. */
void hearth_dequantize(enum hearth_quant type, const void *bytes, size_t count, float *y)
{
    const struct hearth_quant_codes *codes = hearth_quant_codes(type);
    if (!codes) {
        dequantize_floats(type, bytes, count, y);
        return;
    }
    size_t parts = types[type].block_values / 32;
    for (size_t i = 0; i < count / 32; i++) {
        struct hearth_quant_part part;
        codes->unpack((const uint8_t *)bytes + i / parts * types[type].block_bytes, i % parts,
                      &part);
        if (codes->table)
            part_values_of_table(&part, codes->table, y + 32 * i);
        else if (codes->minima)
            part_values_with_minima(&part, codes->offset, y + 32 * i);
        else
            part_values(&part, codes->offset, y + 32 * i);
    }
}

/* A float is not finite when its exponent is all ones, which shows without a conversion to f32. */
static bool floats_are_finite(enum hearth_quant type, const uint8_t *bytes, size_t count)
{
    uint32_t infinite = 0, exponent = type == HEARTH_QUANT_F16 ? 0x7c00 : 0x7f80;
    for (size_t i = 0; type == HEARTH_QUANT_F32 && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, bytes + 4 * i, sizeof(bits));
        infinite |= (bits & 0x7f800000) == 0x7f800000;
    }
    for (size_t i = 0; type != HEARTH_QUANT_F32 && i < count; i++) {
        uint16_t bits;
        memcpy(&bits, bytes + 2 * i, sizeof(bits));
        infinite |= (bits & exponent) == exponent;
    }
    return infinite == 0;
}

bool hearth_quant_is_finite(enum hearth_quant type, const void *bytes, size_t count)
{
    const struct hearth_quant_codes *codes = hearth_quant_codes(type);
    if (!codes)
        return floats_are_finite(type, bytes, count);
    size_t parts = types[type].block_values / 32;
    for (size_t i = 0; i < count / 32; i++) {
        struct hearth_quant_part part;
        codes->unpack((const uint8_t *)bytes + i / parts * types[type].block_bytes, i % parts,
                      &part);
        for (size_t half = 0; half < 2; half++)
            if (!isfinite(part.scale[half]) || (codes->minima && !isfinite(part.minimum[half])))
                return false;
    }
    return true;
}
