/* What stands in a panel, by form: between the repacker and the kernels, for nobody else.
 *
 * Quantized forms: inputs in blocks of 32, blocks in pairs (so that vectors of 64 bytes stay
 * aligned; a missing second one is zero). A pair is
 *
 *     codes of block 0 | codes of block 1 | scales | minima
 *
 * - bytes: 8 vectors of 64; byte 4c + i of vector t is the code of channel c for input 4t + i;
 * - nibbles: 4 vectors of 64; byte 4c + i of vector t has input 4t + i in its low and 16 + 4t + i
 *   in its high nibble, so the bytes of a file's nibble types are copied straight, four at a time;
 * - scales, minima: f16 [2 blocks][1 or 2 scales of a block][16 channels].
 *
 * A weight is scale · (code − offset) + minimum; codes are unsigned because the dot product
 * instructions want one operand so.
 *
 * Float forms: f32 and f16 [inputs][16], bf16 [inputs / 2][16][2]. */
#ifndef HEARTH_COMPUTE_PANEL_FORM_H
#define HEARTH_COMPUTE_PANEL_FORM_H

#include "compute/panel.h"

enum { HEARTH_VECTOR = 64, HEARTH_BLOCK = 32, HEARTH_SCALES_BYTES = 32 };

struct hearth_form_shape {
    const char *name;
    uint8_t code_bits; /* 4, 5, 6 or 8; 0: a float form */
    uint8_t offset;    /* what stands for 0; of the table's values in a table form */
    uint8_t scales;    /* of a block */
    bool minima, table;
    uint8_t float_bytes;
};

const struct hearth_form_shape *hearth_form_shape(enum hearth_form form);

/* Bytes of the codes of a block; constants once inlined. */
static inline size_t hearth_block_code_bytes(unsigned code_bits)
{
    return (size_t)code_bits * HEARTH_VECTOR;
}

static inline size_t hearth_pair_bytes(unsigned code_bits, unsigned scales, bool minima)
{
    return 2 * hearth_block_code_bytes(code_bits) +
           2 * scales * (minima ? 2u : 1u) * (size_t)HEARTH_SCALES_BYTES;
}

/* The code of input `i` of a block; `codes` is where the channel's bytes begin in it. */
static inline uint8_t hearth_code_at(unsigned code_bits, const uint8_t *codes, size_t i)
{
    size_t t = i / 4, byte = i % 4;
    if (code_bits == 8)
        return codes[t * HEARTH_VECTOR + byte];
    unsigned low = codes[t % 4 * HEARTH_VECTOR + byte] >> 4 * (t / 4) & 15, high = 0;
    const uint8_t *above = codes + 4 * (size_t)HEARTH_VECTOR + byte;
    if (code_bits == 5)
        high = above[0] >> t & 1;
    else if (code_bits == 6)
        high = above[t / 4 * HEARTH_VECTOR] >> 2 * (t % 4) & 3;
    return (uint8_t)(low | high << 4);
}

/* 128 + the values of the IQ4 types. */
#define HEARTH_TABLE_CODES                                                                         \
    {                                                                                              \
        1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241                    \
    }

#endif
