/* What stands in the blocks of the quantized types; ggml-common.h and ggml-quants.c of llama.cpp
 * are the definition. A block of 256 has 8 parts of 32 values. */
#include "compute/quant.h"

#include <string.h>

static float f16_at(const uint8_t *bytes)
{
    return hearth_f16_to_f32((uint16_t)(bytes[0] | bytes[1] << 8));
}

static void set_scale(struct hearth_quant_part *part, float scale, float minimum)
{
    part->scale[0] = part->scale[1] = scale;
    part->minimum[0] = part->minimum[1] = minimum;
}

/* 16 bytes: values 0 … 15 in the low nibbles, 16 … 31 in the high ones. */
static void take_nibbles(const uint8_t *bytes, struct hearth_quant_part *part)
{
    for (size_t j = 0; j < 16; j++) {
        part->codes[j] = bytes[j] & 15;
        part->codes[16 + j] = bytes[j] >> 4;
    }
}

/* 4 bytes: bit j belongs to value j. */
static void add_fifth_bits(const uint8_t *bytes, struct hearth_quant_part *part)
{
    for (size_t j = 0; j < 32; j++)
        part->codes[j] |= (uint8_t)((bytes[j / 8] >> j % 8 & 1) << 4);
}

/* f16 d; 16 bytes */
static void unpack_q4_0(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    (void)number;
    set_scale(part, f16_at(block), 0);
    take_nibbles(block + 2, part);
}

/* f16 d, m; 16 bytes */
static void unpack_q4_1(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    (void)number;
    set_scale(part, f16_at(block), f16_at(block + 2));
    take_nibbles(block + 4, part);
}

/* f16 d; 4 bytes of fifth bits; 16 bytes */
static void unpack_q5_0(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    (void)number;
    set_scale(part, f16_at(block), 0);
    take_nibbles(block + 6, part);
    add_fifth_bits(block + 2, part);
}

/* f16 d, m; 4 bytes of fifth bits; 16 bytes */
static void unpack_q5_1(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    (void)number;
    set_scale(part, f16_at(block), f16_at(block + 2));
    take_nibbles(block + 8, part);
    add_fifth_bits(block + 4, part);
}

/* f16 d; 32 signed bytes */
static void unpack_q8_0(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    (void)number;
    set_scale(part, f16_at(block), 0);
    for (size_t j = 0; j < 32; j++)
        part->codes[j] = block[2 + j] ^ 0x80;
}

/* 16 bytes of 4-bit scales and minima, each for 16 values; 64 bytes; f16 d, dmin. Of each 128
 * values, byte l of 32 holds values l, l + 32, l + 64, l + 96 in two bits each. */
static void unpack_q2_k(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    const uint8_t *scales = block + 2 * number, *codes = block + 16 + number / 4 * 32;
    float d = f16_at(block + 80), dmin = f16_at(block + 82);
    for (size_t half = 0; half < 2; half++) {
        part->scale[half] = d * (float)(scales[half] & 15);
        part->minimum[half] = -(dmin * (float)(scales[half] >> 4));
    }
    for (size_t j = 0; j < 32; j++)
        part->codes[j] = codes[j] >> 2 * (number % 4) & 3;
}

/* Scale `i` of 16, 6 bits: the low four in 8 bytes of nibbles, the high two in 4 bytes behind. */
static int q3_k_scale(const uint8_t *scales, size_t i)
{
    int low = scales[i % 8] >> 4 * (i / 8) & 15;
    int high = scales[8 + i % 4] >> 2 * (i / 4) & 3;
    return (low | high << 4) - 32;
}

/* 32 bytes of third bits; 64 bytes as in q2_K; 12 bytes of scales; f16 d. */
static void unpack_q3_k(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    const uint8_t *codes = block + 32 + number / 4 * 32, *scales = block + 96;
    float d = f16_at(block + 108);
    set_scale(part, 0, 0);
    for (size_t half = 0; half < 2; half++)
        part->scale[half] = d * (float)q3_k_scale(scales, 2 * number + half);
    for (size_t j = 0; j < 32; j++) {
        int third = block[j] >> number & 1;
        part->codes[j] = (uint8_t)((codes[j] >> 2 * (number % 4) & 3) | third << 2);
    }
}

/* 12 bytes hold 8 scales and 8 minima of 6 bits. */
static void set_scale_k4(struct hearth_quant_part *part, const uint8_t *block, size_t i)
{
    const uint8_t *scales = block + 4;
    int scale, minimum;
    if (i < 4) {
        scale = scales[i] & 63;
        minimum = scales[i + 4] & 63;
    } else {
        scale = (scales[i + 4] & 15) | scales[i - 4] >> 6 << 4;
        minimum = scales[i + 4] >> 4 | scales[i] >> 6 << 4;
    }
    set_scale(part, f16_at(block) * (float)scale, -(f16_at(block + 2) * (float)minimum));
}

static void take_nibbles_of_64(const uint8_t *bytes, size_t number, struct hearth_quant_part *part)
{
    for (size_t j = 0; j < 32; j++)
        part->codes[j] = bytes[number / 2 * 32 + j] >> 4 * (number % 2) & 15;
}

/* f16 d, dmin; 12 bytes of scales; 128 bytes: of each 64 values, the first 32 in low nibbles. */
static void unpack_q4_k(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    set_scale_k4(part, block, number);
    take_nibbles_of_64(block + 16, number, part);
}

/* f16 d, dmin; 12 bytes of scales; 32 bytes of fifth bits; 128 bytes */
static void unpack_q5_k(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    set_scale_k4(part, block, number);
    take_nibbles_of_64(block + 48, number, part);
    for (size_t j = 0; j < 32; j++)
        part->codes[j] |= (uint8_t)((block[16 + j] >> number & 1) << 4);
}

/* 128 bytes of low nibbles; 64 bytes of high pairs of bits; 16 signed scales; f16 d. Of each 128
 * values, 64 bytes hold the first 64 in low nibbles, the others in high ones. */
static void unpack_q6_k(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    const uint8_t *low = block + number / 4 * 64 + number % 2 * 32;
    const uint8_t *high = block + 128 + number / 4 * 32;
    const int8_t *scales = (const int8_t *)block + 192 + 2 * number;
    float d = f16_at(block + 208);
    set_scale(part, 0, 0);
    for (size_t half = 0; half < 2; half++)
        part->scale[half] = d * (float)scales[half];
    for (size_t j = 0; j < 32; j++)
        part->codes[j] = (uint8_t)((low[j] >> 4 * (number % 4 / 2) & 15) |
                                   (high[j] >> 2 * (number % 4) & 3) << 4);
}

/* f16 d; 2 bytes of high bits of the scales; 4 bytes of low ones; 128 bytes as in iq4_nl */
static void unpack_iq4_xs(const uint8_t *block, size_t number, struct hearth_quant_part *part)
{
    int high = (block[2] | block[3] << 8) >> 2 * number & 3;
    int low = block[4 + number / 2] >> 4 * (number % 2) & 15;
    set_scale(part, f16_at(block) * (float)((low | high << 4) - 32), 0);
    take_nibbles(block + 8 + 16 * number, part);
}

static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                      1,    13,   25,  38,  53,  69,  89,  113};

static const struct hearth_quant_codes codes_of[HEARTH_QUANT_END] = {
    [HEARTH_QUANT_Q4_0] = {.bits = 4, .offset = 8, .unpack = unpack_q4_0},
    [HEARTH_QUANT_Q4_1] = {.bits = 4, .minima = true, .unpack = unpack_q4_1},
    [HEARTH_QUANT_Q5_0] = {.bits = 5, .offset = 16, .unpack = unpack_q5_0},
    [HEARTH_QUANT_Q5_1] = {.bits = 5, .minima = true, .unpack = unpack_q5_1},
    [HEARTH_QUANT_Q8_0] = {.bits = 8, .offset = 128, .unpack = unpack_q8_0},
    [HEARTH_QUANT_Q2_K] = {.bits = 2, .halves = true, .minima = true, .unpack = unpack_q2_k},
    [HEARTH_QUANT_Q3_K] = {.bits = 3, .offset = 4, .halves = true, .unpack = unpack_q3_k},
    [HEARTH_QUANT_Q4_K] = {.bits = 4, .minima = true, .unpack = unpack_q4_k},
    [HEARTH_QUANT_Q5_K] = {.bits = 5, .minima = true, .unpack = unpack_q5_k},
    [HEARTH_QUANT_Q6_K] = {.bits = 6, .offset = 32, .halves = true, .unpack = unpack_q6_k},
    [HEARTH_QUANT_IQ4_NL] = {.bits = 4, .table = iq4_values, .unpack = unpack_q4_0},
    [HEARTH_QUANT_IQ4_XS] = {.bits = 4, .table = iq4_values, .unpack = unpack_iq4_xs},
};

const struct hearth_quant_codes *hearth_quant_codes(enum hearth_quant type)
{
    return codes_of[type].unpack ? &codes_of[type] : NULL;
}
