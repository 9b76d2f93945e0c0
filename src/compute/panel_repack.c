/* Between the blocks of a file and panels (panel_form.h), in both directions. Any bits are codes,
 * so a hostile file cannot make any of this read or write elsewhere; what it can do is to have
 * scales or floats that are not finite, and these are refused. */
#include "compute/panel_form.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* One row of the source on its way into a channel of a panel. */
struct row_place {
    uint8_t *panel;
    size_t channel;
};

static uint8_t *pair_at(const struct hearth_form_shape *shape, const void *panel, size_t block)
{
    return (uint8_t *)panel +
           block / 2 * hearth_pair_bytes(shape->code_bits, shape->scales, shape->minima);
}

/* The pair that a block is in, and within it the first or second half of the codes. */
static uint8_t *codes_at(const struct hearth_form_shape *shape, const void *panel, size_t block)
{
    return pair_at(shape, panel, block) + block % 2 * hearth_block_code_bytes(shape->code_bits);
}

/* The f16 of `channel` for a half of a block; `which` is 0 for scales, 1 for minima. */
static uint8_t *scale_at(const struct hearth_form_shape *shape, const void *panel, size_t block,
                         size_t channel, size_t half, size_t which)
{
    size_t index =
        which * 2 * shape->scales + block % 2 * shape->scales + (shape->scales == 2 ? half : 0);
    return pair_at(shape, panel, block) + 2 * hearth_block_code_bytes(shape->code_bits) +
           index * HEARTH_SCALES_BYTES + 2 * channel;
}

/* The bits above the low four; what is there is zero. Of five bits the fifth of all eight vectors
 * is gathered in one vector, a bit each; of six the upper two, four vectors to a vector. */
static void put_high_bits(unsigned code_bits, uint8_t *above, const uint8_t *codes)
{
    for (size_t i = 0; i < HEARTH_BLOCK; i++) {
        size_t t = i / 4, byte = i % 4;
        if (code_bits == 5)
            above[byte] |= (uint8_t)(codes[i] >> 4 << t);
        else
            above[t / 4 * HEARTH_VECTOR + byte] |= (uint8_t)(codes[i] >> 4 << 2 * (t % 4));
    }
}

/* The reverse of hearth_code_at for all of a block, four bytes at a time. */
static void put_codes(const struct hearth_form_shape *shape, struct row_place place, size_t block,
                      const uint8_t *codes)
{
    uint8_t *to = codes_at(shape, place.panel, block) + 4 * place.channel;
    uint8_t bytes[HEARTH_BLOCK / 2];
    if (shape->code_bits == 8) {
        for (size_t i = 0; i < HEARTH_BLOCK; i += 4)
            memcpy(to + i / 4 * HEARTH_VECTOR, codes + i, 4);
        return;
    }
    for (size_t i = 0; i < HEARTH_BLOCK / 2; i++)
        bytes[i] = (uint8_t)((codes[i] & 15) | codes[i + HEARTH_BLOCK / 2] << 4);
    for (size_t i = 0; i < HEARTH_BLOCK / 2; i += 4)
        memcpy(to + i / 4 * HEARTH_VECTOR, bytes + i, 4);
    if (shape->code_bits > 4)
        put_high_bits(shape->code_bits, to + 4 * (size_t)HEARTH_VECTOR, codes);
}

/* Whether it is finite as f16. The K types multiply two scales (ggml-quants.c), whose product may
 * be beyond f16 even though both are finite. */
static bool put_scale(uint8_t *to, float value)
{
    uint16_t bits = hearth_f32_to_f16(value);
    memcpy(to, &bits, sizeof(bits));
    return (bits & 0x7c00) != 0x7c00;
}

static bool put_block(const struct hearth_form_shape *shape, struct row_place place, size_t block,
                      const struct hearth_quant_part *part)
{
    bool finite = true;
    put_codes(shape, place, block, part->codes);
    for (size_t half = 0; half < shape->scales; half++) {
        uint8_t *scale = scale_at(shape, place.panel, block, place.channel, half, 0);
        finite &= put_scale(scale, part->scale[half]);
        if (shape->minima)
            finite &= put_scale(scale_at(shape, place.panel, block, place.channel, half, 1),
                                part->minimum[half]);
    }
    return finite;
}

/* Codes of the file and of the form may stand for 0 at different places (Q3_K's 4, the form's 8):
 * the difference is added to every code, which leaves each weight as it is. A table's codes are
 * indices and are not shifted. */
static bool put_quantized_row(const struct hearth_panels *panels, struct row_place place,
                              const uint8_t *row)
{
    const struct hearth_form_shape *shape = hearth_form_shape(panels->form);
    const struct hearth_quant_type *type = hearth_quant_type(panels->type);
    const struct hearth_quant_codes *codes = hearth_quant_codes(panels->type);
    size_t parts = type->block_values / HEARTH_BLOCK;
    uint8_t shift = codes->table ? 0 : (uint8_t)(shape->offset - codes->offset);
    bool finite = true;
    for (size_t block = 0; block < panels->inputs / HEARTH_BLOCK; block++) {
        struct hearth_quant_part part;
        codes->unpack(row + block / parts * type->block_bytes, block % parts, &part);
        for (size_t i = 0; i < HEARTH_BLOCK; i++)
            part.codes[i] = (uint8_t)(part.codes[i] + shift);
        finite &= put_block(shape, place, block, &part);
    }
    return finite;
}

/* Where input `i` of a channel lies in a float form, in elements. */
static size_t float_at(enum hearth_form form, size_t channel, size_t i)
{
    if (form == HEARTH_FORM_BF16)
        return (i / 2 * HEARTH_PANEL_OUTPUTS + channel) * 2 + i % 2;
    return i * HEARTH_PANEL_OUTPUTS + channel;
}

/* A float is not finite when its exponent is all ones. Looking at bits lets the loop be a vector,
 * and no bit of a weight changes on its way. */
static bool put_f32_row(const struct hearth_panels *panels, struct row_place place,
                        const uint8_t *row)
{
    uint32_t *to = (uint32_t *)place.panel + place.channel, infinite = 0;
    for (size_t i = 0; i < panels->inputs; i++) {
        uint32_t bits;
        memcpy(&bits, row + i * sizeof(bits), sizeof(bits));
        to[i * HEARTH_PANEL_OUTPUTS] = bits;
        infinite |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !infinite;
}

/* f16, bf16 */
static bool put_16_bit_row(const struct hearth_panels *panels, struct row_place place,
                           const uint8_t *row)
{
    uint16_t *to = (uint16_t *)place.panel;
    uint16_t exponent = panels->form == HEARTH_FORM_F16 ? 0x7c00 : 0x7f80, infinite = 0;
    for (size_t i = 0; i < panels->inputs; i++) {
        uint16_t bits;
        memcpy(&bits, row + i * sizeof(bits), sizeof(bits));
        to[float_at(panels->form, place.channel, i)] = bits;
        infinite |= (bits & exponent) == exponent;
    }
    return !infinite;
}

static bool put_row(const struct hearth_panels *panels, struct row_place place, const uint8_t *row)
{
    switch (panels->form) {
    case HEARTH_FORM_F32:
        return put_f32_row(panels, place, row);
    case HEARTH_FORM_F16:
    case HEARTH_FORM_BF16:
        return put_16_bit_row(panels, place, row);
    default:
        return put_quantized_row(panels, place, row);
    }
}

int hearth_panels_repack(const struct hearth_panels *panels, const void *const *sources,
                         size_t first, size_t count, struct hearth_error *error)
{
    size_t row_bytes = hearth_quant_bytes(panels->type, panels->inputs);
    for (size_t p = first; p < first + count; p++) {
        /* Of two interleaved matrices even panels are the first's and odd ones the second's. Each
         * panel is cleared, because codes are or'ed into it and its missing outputs must be
         * zeros. */
        const uint8_t *source = sources[p % panels->parts];
        uint8_t *panel = (uint8_t *)panels->memory + p * panels->panel_bytes;
        size_t output = p / panels->parts * HEARTH_PANEL_OUTPUTS;
        memset(panel, 0, panels->panel_bytes);
        for (size_t c = 0; c < HEARTH_PANEL_OUTPUTS && output + c < panels->outputs; c++) {
            const uint8_t *row = source + (output + c) * row_bytes;
            if (!put_row(panels, (struct row_place){panel, c}, row))
                return hearth_error_set(error, HEARTH_EMODEL,
                                        "a weight is not a finite number: the file is damaged, or "
                                        "was made so");
        }
    }
    return 0;
}

static float scale_value(const uint8_t *at)
{
    uint16_t bits;
    memcpy(&bits, at, sizeof(bits));
    return hearth_f16_to_f32(bits);
}

/* scale · (code − offset) + minimum, as dequantizing gives it, but for the one rounding of scales
 * to f16 (panel.h). */
static void quantized_row(const struct hearth_panels *panels, const uint8_t *panel, size_t channel,
                          float *y)
{
    static const uint8_t table[16] = HEARTH_TABLE_CODES;
    const struct hearth_form_shape *shape = hearth_form_shape(panels->form);
    for (size_t block = 0; block < panels->inputs / HEARTH_BLOCK; block++) {
        const uint8_t *codes = codes_at(shape, panel, block) + 4 * channel;
        for (size_t i = 0; i < HEARTH_BLOCK; i++) {
            uint8_t code = hearth_code_at(shape->code_bits, codes, i);
            int whole = (shape->table ? table[code] : code) - shape->offset;
            float value =
                scale_value(scale_at(shape, panel, block, channel, i / 16, 0)) * (float)whole;
            if (shape->minima)
                value += scale_value(scale_at(shape, panel, block, channel, i / 16, 1));
            y[block * HEARTH_BLOCK + i] = value;
        }
    }
}

void hearth_panels_row(const struct hearth_panels *panels, unsigned part, size_t output, float *y)
{
    /* The inverse of the interleaving in hearth_panels_repack. */
    size_t number = output / HEARTH_PANEL_OUTPUTS * panels->parts + part;
    const uint8_t *panel = (const uint8_t *)panels->memory + number * panels->panel_bytes;
    size_t channel = output % HEARTH_PANEL_OUTPUTS;
    size_t size = hearth_form_shape(panels->form)->float_bytes;
    if (!size) {
        quantized_row(panels, panel, channel, y);
        return;
    }
    for (size_t i = 0; i < panels->inputs; i++)
        hearth_dequantize(panels->type, panel + float_at(panels->form, channel, i) * size, 1,
                          y + i);
}
