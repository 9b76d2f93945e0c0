/* The element types of GGUF tensors that a decoder reads: how their blocks lie, and what they are
 * worth in f32. Block layouts: ggml-common.h of llama.cpp; what a block is worth: dequantize_row_*
 * of ggml-quants.c, in the same order of operations, so that the values are the same to the bit.
 *
 * Any thread; nothing here has state. The bytes may be anything (a hostile file): whatever they
 * are, `hearth_dequantize` reads only the blocks that it is told of and writes `count` numbers,
 * which are then not necessarily finite (`hearth_quant_is_finite`). */
#ifndef HEARTH_COMPUTE_QUANT_H
#define HEARTH_COMPUTE_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Their numbers are those of ggml_type in a GGUF file. */
enum hearth_quant {
    HEARTH_QUANT_F32 = 0,
    HEARTH_QUANT_F16 = 1,
    HEARTH_QUANT_Q4_0 = 2,
    HEARTH_QUANT_Q4_1 = 3,
    HEARTH_QUANT_Q5_0 = 6,
    HEARTH_QUANT_Q5_1 = 7,
    HEARTH_QUANT_Q8_0 = 8,
    HEARTH_QUANT_Q2_K = 10,
    HEARTH_QUANT_Q3_K = 11,
    HEARTH_QUANT_Q4_K = 12,
    HEARTH_QUANT_Q5_K = 13,
    HEARTH_QUANT_Q6_K = 14,
    HEARTH_QUANT_IQ4_NL = 20,
    HEARTH_QUANT_IQ4_XS = 23,
    HEARTH_QUANT_BF16 = 30,
    HEARTH_QUANT_END, /* above every number */
};

struct hearth_quant_type {
    const char *name; /* "q4_0" */
    uint32_t block_values;
    uint32_t block_bytes;
};

/* NULL for a number that is none of the above. */
const struct hearth_quant_type *hearth_quant_type(uint32_t number);

/* Bytes of a row of `count` values; 0 when the type is unknown, `count` is no multiple of its
 * block, or the size overflows. */
size_t hearth_quant_bytes(uint32_t number, size_t count);

/* `count` values, a multiple of the block, from the start of a block. `type` is one of the above;
 * `bytes` needs no alignment. */
void hearth_dequantize(enum hearth_quant type, const void *bytes, size_t count, float *y);

/* Whether all that hearth_dequantize makes of them is finite. Of blocks only scales and minima are
 * looked at: codes are small whole numbers, which cannot carry a scale beyond f32. */
bool hearth_quant_is_finite(enum hearth_quant type, const void *bytes, size_t count);

/* Whether hearth_quantize makes this type: F32, F16, BF16, Q8_0, Q4_0, Q4_1. */
bool hearth_quant_can_be_made(enum hearth_quant type);

/* The other way round, as quantize_row_*_ref of ggml-quants.c does; for weights that come in floats
 * and are wanted smaller. `count` is a multiple of the block, the values are finite. */
void hearth_quantize(enum hearth_quant type, const float *x, size_t count, void *bytes);

/* 32 neighbouring values of a quantized type as whole numbers: value i is
 *
 *     scale[i / 16] · whole(codes[i]) + minimum[i / 16]
 *
 * with whole(c) = c − code_offset, or code_table[c] where the type has a table. What dequantizing
 * and repacking have in common. */
struct hearth_quant_part {
    uint8_t codes[32];
    float scale[2], minimum[2];
};

struct hearth_quant_codes {
    uint8_t bits;        /* codes are below 1 << bits; 8: below 256 */
    uint8_t offset;      /* code_offset */
    bool halves;         /* scale[0] and scale[1] may differ */
    bool minima;         /* else both are 0 */
    const int8_t *table; /* 16 values, or NULL */
    /* Values 32·part … 32·part + 31 of a block. */
    void (*unpack)(const uint8_t *block, size_t part, struct hearth_quant_part *ret_part);
};

/* NULL for the float types. */
const struct hearth_quant_codes *hearth_quant_codes(enum hearth_quant type);

float hearth_f16_to_f32(uint16_t bits);
uint16_t hearth_f32_to_f16(float value); /* to the nearest, ties to even; beyond it is infinite */
float hearth_bf16_to_f32(uint16_t bits);
uint16_t hearth_f32_to_bf16(float value); /* likewise; a not-a-number stays one */

#endif
