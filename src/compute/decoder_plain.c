/* The decoder's kernels in plain C: the reference that the others are tested against, and what runs
 * where there is nothing better. Every fused multiply-add is written as fmaf, so that the bits are
 * those of the vector tables. */
#include "compute/decoder_table.h"
#include "compute/panel_form.h"

#include <math.h>
#include <string.h>

/* Behind the standard headers, which they use without including them. */
/* clang-format off */
#include "compute/decoder_rows.inc.h"
#include "compute/decoder_pack.inc.h"
#include "compute/decoder_logits.inc.h"
/* clang-format on */

/* A part of a panel that has one scale for each channel: a block, or a half of one. */
struct plain_codes {
    const uint8_t *codes; /* of the block */
    unsigned bits;
    const uint8_t *table; /* or NULL */
    size_t first, last;   /* inputs of the block */
};

/* Σ codes · activations of one channel, exact in 32 bits: 32 products of at most 255 · 127. What it
 * sums over is a block or a half of one, as the form has scales. The order within it is of no
 * matter, since integers do not round. */
static int32_t dot(const struct plain_codes *part, size_t channel, const int8_t *a, size_t rows)
{
    int32_t sum = 0;
    for (size_t i = part->first; i < part->last; i++) {
        uint8_t code = hearth_code_at(part->bits, part->codes + 4 * channel, i);
        sum += (part->table ? part->table[code] : code) * a[(i / 4 * rows) * 4 + i % 4];
    }
    return sum;
}

static float f16_at(const uint8_t *scales, size_t channel)
{
    uint16_t bits;
    memcpy(&bits, scales + 2 * channel, sizeof(bits));
    return hearth_f16_to_f32(bits);
}

/* One block for one row of the tile: c += w_scale · x_scale · Σ (code − offset) · x, and c +=
 * minimum · x_scale · Σ x where the form has minima.
 *
 * The offset is taken out beforehand: −8 · Σ x is a word of the packed row, and offset/8 times that
 * is where the sum begins (decoder_table.h). A form with one scale for a block reads the words of
 * the whole block, one with two those of its halves. */
static void tile_block(const struct hearth_form_shape *shape, const uint8_t *pair, size_t second,
                       const uint8_t *block, size_t rows, size_t row, float *c)
{
    static const uint8_t table[16] = HEARTH_TABLE_CODES;
    size_t code_bytes = hearth_block_code_bytes(shape->code_bits);
    const uint8_t *scales =
        pair + 2 * code_bytes + second * shape->scales * (size_t)HEARTH_SCALES_BYTES;
    const uint8_t *minima = scales + 2u * shape->scales * HEARTH_SCALES_BYTES;
    const uint8_t *words = block + HEARTH_S8_CODES_BYTES * rows;
    float word[HEARTH_S8_WORDS];
    int32_t start[HEARTH_S8_WORDS];
    for (size_t w = 0; w < HEARTH_S8_WORDS; w++) {
        memcpy(&word[w], words + (w * rows + row) * 4, 4);
        memcpy(&start[w], words + (w * rows + row) * 4, 4);
    }
    for (size_t s = 0; s < shape->scales; s++) {
        int whole = shape->scales == 1;
        size_t start_word = whole ? HEARTH_S8_START : HEARTH_S8_START_LOW + s;
        size_t sum_word = whole ? HEARTH_S8_SUM : HEARTH_S8_SUM_LOW + s;
        struct plain_codes part = {pair + second * code_bytes, shape->code_bits,
                                   shape->table ? table : NULL, s * 16, whole ? 32 : 16 + s * 16};
        for (size_t n = 0; n < HEARTH_PANEL_OUTPUTS; n++) {
            int32_t sum = dot(&part, n, (const int8_t *)block + 4 * row, rows) +
                          start[start_word] * (shape->offset / 8);
            float scale = f16_at(scales + s * HEARTH_SCALES_BYTES, n) * word[HEARTH_S8_SCALE];
            c[n] = fused((float)sum, scale, c[n]);
            if (shape->minima)
                c[n] = fused(f16_at(minima + s * HEARTH_SCALES_BYTES, n), word[sum_word], c[n]);
        }
    }
}

/* Row by row over all blocks in the order of the inputs: one fused multiply-add for each scale.
 * That order is the same in all tables and for any number of rows. */
static void panel_s8(const struct hearth_tile_input *input, enum hearth_form form)
{
    const struct hearth_form_shape *shape = hearth_form_shape(form);
    size_t pair_bytes = hearth_pair_bytes(shape->code_bits, shape->scales, shape->minima);
    size_t blocks = (input->inputs + HEARTH_BLOCK - 1) / HEARTH_BLOCK;
    for (size_t row = 0; row < input->rows; row++) {
        float *c = input->c + row * input->c_stride;
        memset(c, 0, HEARTH_PANEL_OUTPUTS * sizeof(*c));
        for (size_t b = 0; b < blocks; b++)
            tile_block(shape, (const uint8_t *)input->panel + b / 2 * pair_bytes, b % 2,
                       (const uint8_t *)input->group + b * input->rows * HEARTH_S8_ROW_BYTES,
                       input->rows, row, c);
    }
}

/* One chain of fused multiply-adds for each result, in the order of the inputs: the vector tables
 * have these chains side by side in their lanes and never split one. */
static void panel_f32(const struct hearth_tile_input *input)
{
    const float *a = input->group, *panel = input->panel;
    for (size_t row = 0; row < input->rows; row++)
        for (size_t n = 0; n < HEARTH_PANEL_OUTPUTS; n++) {
            float sum = 0;
            for (size_t k = 0; k < input->inputs; k++)
                sum = fused(panel[k * HEARTH_PANEL_OUTPUTS + n], a[k * input->rows + row], sum);
            input->c[row * input->c_stride + n] = sum;
        }
}

static void panel_f16(const struct hearth_tile_input *input)
{
    const float *a = input->group;
    const uint16_t *panel = input->panel;
    for (size_t row = 0; row < input->rows; row++)
        for (size_t n = 0; n < HEARTH_PANEL_OUTPUTS; n++) {
            float sum = 0;
            for (size_t k = 0; k < input->inputs; k++)
                sum = fused(hearth_f16_to_f32(panel[k * HEARTH_PANEL_OUTPUTS + n]),
                            a[k * input->rows + row], sum);
            input->c[row * input->c_stride + n] = sum;
        }
}

/* As vdpbf16ps adds a pair: the second one first. What an odd last pair has as its second is not
 * looked at. */
static float add_bf16_pair(float sum, const uint16_t *a, const uint16_t *b, bool both)
{
    if (both)
        sum = fused(hearth_bf16_to_f32(a[1]), hearth_bf16_to_f32(b[1]), sum);
    return fused(hearth_bf16_to_f32(a[0]), hearth_bf16_to_f32(b[0]), sum);
}

static void panel_bf16(const struct hearth_tile_input *input)
{
    const uint16_t *a = input->group, *panel = input->panel;
    for (size_t row = 0; row < input->rows; row++)
        for (size_t n = 0; n < HEARTH_PANEL_OUTPUTS; n++) {
            float sum = 0;
            for (size_t k = 0; k < input->inputs; k += 2)
                sum =
                    add_bf16_pair(sum, a + k * input->rows + 2 * row,
                                  panel + k * HEARTH_PANEL_OUTPUTS + 2 * n, k + 1 < input->inputs);
            input->c[row * input->c_stride + n] = sum;
        }
}

/* The tables take one or two panels at a time; here the second is simply the next. */
#define TILE(name, ...)                                                                            \
    static void name(const struct hearth_tile_input *input)                                        \
    {                                                                                              \
        struct hearth_tile_input one = *input;                                                     \
        for (size_t i = 0; i < input->panels; i++) {                                               \
            __VA_ARGS__;                                                                           \
            one.panel = (const char *)one.panel + input->panel_bytes;                              \
            one.c += HEARTH_PANEL_OUTPUTS;                                                         \
        }                                                                                          \
    }
TILE(tile_f32, panel_f32(&one))
TILE(tile_f16, panel_f16(&one))
TILE(tile_bf16, panel_bf16(&one))
TILE(tile_q4, panel_s8(&one, HEARTH_FORM_Q4))
TILE(tile_q4_min, panel_s8(&one, HEARTH_FORM_Q4_MIN))
TILE(tile_q4_table, panel_s8(&one, HEARTH_FORM_Q4_TABLE))
TILE(tile_q4_half, panel_s8(&one, HEARTH_FORM_Q4_HALF))
TILE(tile_q4_half_min, panel_s8(&one, HEARTH_FORM_Q4_HALF_MIN))
TILE(tile_q5, panel_s8(&one, HEARTH_FORM_Q5))
TILE(tile_q5_min, panel_s8(&one, HEARTH_FORM_Q5_MIN))
TILE(tile_q6_half, panel_s8(&one, HEARTH_FORM_Q6_HALF))
TILE(tile_q8, panel_s8(&one, HEARTH_FORM_Q8))

/* Value `component` of a key in f32, by the layout of kv_page.c: 16 components to a panel of
 * values, 2048 bytes of f32, 1024 of 16-bit numbers or 512 of codes; scales for 32 components
 * behind all panels. */
static float value_at(enum hearth_kv_type type, const struct hearth_weigh *weigh, size_t key,
                      size_t component)
{
    const uint8_t *page = weigh->pages[key / HEARTH_KV_PAGE_TOKENS];
    size_t slot = key % HEARTH_KV_PAGE_TOKENS, panel = component / 16, channel = component % 16;
    float scale;
    switch (type) {
    case HEARTH_KV_F32:
        return ((const float *)(const void *)(page + panel * 2048 + slot * 64))[channel];
    case HEARTH_KV_F16:
        return f16_at(page + panel * 1024 + slot * 32, channel);
    case HEARTH_KV_BF16:
        return hearth_bf16_to_f32(
            ((const uint16_t *)(page + panel * 1024 + slot / 2 * 64))[2 * channel + slot % 2]);
    default:
        memcpy(&scale, page + weigh->scales_at + (panel / 2 * 32 + slot) * 4, 4);
        return (float)(int8_t)page[panel * 512 + slot * 16 + channel] * scale;
    }
}

/* Numbers beyond f16 become its largest, since an infinite key or value would spoil every query
 * that ever looks at it. */
static void to_f16(const float *x, size_t count, uint16_t *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = hearth_f32_to_f16(x[i] > 65504 ? 65504 : x[i] < -65504 ? -65504 : x[i]);
}

/* Σ over the keys of weight · value for each component, in the order of the keys. */
static void weigh_floats(const struct hearth_weigh *weigh, enum hearth_kv_type type)
{
    for (size_t row = 0; row < weigh->rows; row++)
        for (size_t n = 0; n < 16 * weigh->panels; n++) {
            const float *w = (const float *)weigh->weights + row * HEARTH_SCORES_STRIDE;
            float sum = 0;
            for (size_t key = 0; key < weigh->keys; key++)
                sum = fused(value_at(type, weigh, key, n), w[key], sum);
            weigh->c[row * weigh->c_stride + n] = sum;
        }
}

static void weigh_f16(const struct hearth_weigh *weigh)
{
    weigh_floats(weigh, HEARTH_KV_F16);
}

static void weigh_f32(const struct hearth_weigh *weigh)
{
    weigh_floats(weigh, HEARTH_KV_F32);
}

static void weigh_q8_0(const struct hearth_weigh *weigh)
{
    weigh_floats(weigh, HEARTH_KV_Q8_0);
}

/* As the pairs of a product: the second key of a pair is added first, and is not looked at when the
 * keys are odd, because its slot may hold anything. */
static void weigh_bf16(const struct hearth_weigh *weigh)
{
    for (size_t row = 0; row < weigh->rows; row++)
        for (size_t n = 0; n < 16 * weigh->panels; n++) {
            const uint16_t *w = (const uint16_t *)weigh->weights + row * HEARTH_SCORES_STRIDE;
            float sum = 0;
            for (size_t key = 0; key < weigh->keys; key += 2) {
                bool both = key + 1 < weigh->keys;
                if (both)
                    sum = fused(value_at(HEARTH_KV_BF16, weigh, key + 1, n),
                                hearth_bf16_to_f32(w[key + 1]), sum);
                sum =
                    fused(value_at(HEARTH_KV_BF16, weigh, key, n), hearth_bf16_to_f32(w[key]), sum);
            }
            weigh->c[row * weigh->c_stride + n] = sum;
        }
}

const struct hearth_decoder_kernels decoder_plain;
const struct hearth_decoder_kernels decoder_plain = {
    .name = "plain",
    .rows = ROW_OPS,
    .logits = LOGIT_OPS,
    .pack = PACKS,
    .pack_s8_group = pack_s8_group,
    .tile = {[HEARTH_FORM_F32] = tile_f32,
             [HEARTH_FORM_F16] = tile_f16,
             [HEARTH_FORM_BF16] = tile_bf16,
             [HEARTH_FORM_Q4] = tile_q4,
             [HEARTH_FORM_Q4_MIN] = tile_q4_min,
             [HEARTH_FORM_Q4_TABLE] = tile_q4_table,
             [HEARTH_FORM_Q4_HALF] = tile_q4_half,
             [HEARTH_FORM_Q4_HALF_MIN] = tile_q4_half_min,
             [HEARTH_FORM_Q5] = tile_q5,
             [HEARTH_FORM_Q5_MIN] = tile_q5_min,
             [HEARTH_FORM_Q6_HALF] = tile_q6_half,
             [HEARTH_FORM_Q8] = tile_q8},
    .gate_groups = gate_groups,
    .soften = soften,
    .weigh = {[HEARTH_KV_F16] = weigh_f16,
              [HEARTH_KV_BF16] = weigh_bf16,
              [HEARTH_KV_Q8_0] = weigh_q8_0,
              [HEARTH_KV_F32] = weigh_f32},
    .merge = merge,
    .exp = exp_of,
    .to_16_bits = {[HEARTH_KV_F16] = to_f16, [HEARTH_KV_BF16] = to_bf16},
    .to_codes = to_codes,
};
