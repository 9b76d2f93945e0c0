/* Pages of keys and values: of each KV head, in order
 *
 * - keys: two panels of 16 tokens in the form f16, bf16, q8 or f32 (panel_form.h), the tokens being
 *   the outputs and the components the inputs;
 * - values: a panel for each 16 components: f32 or f16 [32 tokens][16], bf16 [16 pairs of
 * tokens][16][2], q8_0: s8 [32 tokens][16], and behind all panels f32 scales [each 32
 * components][32 tokens].
 *
 * Scores are thus a product of queries with panels of keys, by the kernels that multiply with
 * weights, and the values are summed up over tokens in vectors of components. */
#include "compute/kv_page.h"

#include "compute/panel_form.h"

#include <string.h>

enum { TOKENS = HEARTH_KV_PAGE_TOKENS, CHANNELS = HEARTH_PANEL_OUTPUTS };

static size_t divide_up(size_t x, size_t y)
{
    return x / y + (x % y != 0);
}

const char *hearth_kv_type_name(enum hearth_kv_type type)
{
    static const char *const names[] = {[HEARTH_KV_F16] = "f16",
                                        [HEARTH_KV_BF16] = "bf16",
                                        [HEARTH_KV_Q8_0] = "q8_0",
                                        [HEARTH_KV_F32] = "f32"};
    return names[type];
}

enum hearth_form hearth_kv_key_form(enum hearth_kv_type type)
{
    static const enum hearth_form forms[] = {[HEARTH_KV_F16] = HEARTH_FORM_F16,
                                             [HEARTH_KV_BF16] = HEARTH_FORM_BF16,
                                             [HEARTH_KV_Q8_0] = HEARTH_FORM_Q8,
                                             [HEARTH_KV_F32] = HEARTH_FORM_F32};
    return forms[type];
}

static size_t float_bytes(enum hearth_kv_type type)
{
    return type == HEARTH_KV_F32 ? sizeof(float) : sizeof(uint16_t);
}

/* As panel.c computes it for weights: quantized inputs in pairs of blocks, bf16 in pairs of inputs;
 * the others are rounded up alike, which costs nothing as heads are even. */
size_t hearth_kv_key_panel_bytes(enum hearth_kv_type type, size_t width)
{
    return type == HEARTH_KV_Q8_0
               ? divide_up(width, 2 * HEARTH_BLOCK) * hearth_pair_bytes(8, 1, false)
               : divide_up(width, 2) * 2 * CHANNELS * float_bytes(type);
}

size_t hearth_kv_value_panel_bytes(enum hearth_kv_type type)
{
    return TOKENS * CHANNELS * (type == HEARTH_KV_Q8_0 ? 1 : float_bytes(type));
}

void hearth_kv_layout_init(struct hearth_kv_layout *layout, enum hearth_kv_type type, size_t heads,
                           size_t key_width, size_t value_width)
{
    size_t value_bytes = divide_up(value_width, CHANNELS) * hearth_kv_value_panel_bytes(type);
    if (type == HEARTH_KV_Q8_0)
        value_bytes += divide_up(value_width, HEARTH_BLOCK) * TOKENS * sizeof(float);
    *layout = (struct hearth_kv_layout){
        .type = type,
        .heads = heads,
        .key_width = key_width,
        .value_width = value_width,
        .key_bytes = TOKENS / CHANNELS * hearth_kv_key_panel_bytes(type, key_width),
        .value_bytes = value_bytes,
    };
    /* A head's keys and values are neighbours: one member reads both, for all rows that share the
     * head. */
    layout->page_bytes = heads * (layout->key_bytes + layout->value_bytes);
}

const uint8_t *hearth_kv_keys(const struct hearth_kv_layout *layout, const void *page, size_t head)
{
    return (const uint8_t *)page + head * (layout->key_bytes + layout->value_bytes);
}

const uint8_t *hearth_kv_values(const struct hearth_kv_layout *layout, const void *page,
                                size_t head)
{
    return hearth_kv_keys(layout, page, head) + layout->key_bytes;
}

/* 32 numbers, or what there is left of them, as codes; the scale. The kernel reads 32 always, and a
 * head may end in the middle of a block. */
static float part_codes(const struct hearth_decoder_kernels *kernels, const float *x, size_t count,
                        int8_t *codes)
{
    float padded[HEARTH_BLOCK] = {0};
    if (count == HEARTH_BLOCK)
        return kernels->to_codes(x, codes);
    memcpy(padded, x, count * sizeof(*x));
    return kernels->to_codes(padded, codes);
}

/* One token is one channel of a panel: four codes at a time, a vector's width apart. The scale is
 * f16 because the form q8 has it so; one beyond f16 becomes its largest. */
static void store_key_codes(const struct hearth_decoder_kernels *kernels, uint8_t *panel,
                            size_t width, size_t channel, const float *key)
{
    for (size_t block = 0; block * HEARTH_BLOCK < width; block++) {
        size_t count = width - block * HEARTH_BLOCK;
        count = count < HEARTH_BLOCK ? count : HEARTH_BLOCK;
        int8_t codes[HEARTH_BLOCK];
        uint8_t *pair = panel + block / 2 * hearth_pair_bytes(8, 1, false);
        uint8_t *to = pair + block % 2 * hearth_block_code_bytes(8) + 4 * channel;
        float exact = part_codes(kernels, key + block * HEARTH_BLOCK, count, codes);
        uint16_t scale = hearth_f32_to_f16(exact > 65504 ? 65504 : exact);
        for (size_t i = 0; i < HEARTH_BLOCK; i++)
            codes[i] ^= -128; /* unsigned, as the form has it */
        for (size_t i = 0; i < HEARTH_BLOCK; i += 4)
            memcpy(to + i / 4 * HEARTH_VECTOR, codes + i, 4);
        memcpy(pair + 2 * hearth_block_code_bytes(8) + block % 2 * HEARTH_SCALES_BYTES +
                   2 * channel,
               &scale, sizeof(scale));
    }
}

void hearth_kv_store_key(const struct hearth_decoder_kernels *kernels,
                         const struct hearth_kv_layout *layout, void *page, size_t head,
                         size_t slot, const float *key)
{
    /* Neighbouring slots share lines of the cache, and their bytes are disjoint: members may store
     * different tokens of a page at the same time. */
    size_t channel = slot % CHANNELS, width = layout->key_width;
    uint8_t *panel = (uint8_t *)hearth_kv_keys(layout, page, head) +
                     slot / CHANNELS * hearth_kv_key_panel_bytes(layout->type, width);
    if (layout->type == HEARTH_KV_Q8_0) {
        store_key_codes(kernels, panel, width, channel, key);
        return;
    }
    if (layout->type == HEARTH_KV_F32) {
        for (size_t i = 0; i < width; i++)
            ((float *)(void *)panel)[i * CHANNELS + channel] = key[i];
        return;
    }
    uint16_t bits[HEARTH_HEAD_MAX], *to = (uint16_t *)panel;
    kernels->to_16_bits[layout->type](key, width, bits);
    if (layout->type == HEARTH_KV_F16)
        for (size_t i = 0; i < width; i++)
            to[i * CHANNELS + channel] = bits[i];
    else
        for (size_t i = 0; i < width; i += 2)
            memcpy(to + (i / 2 * CHANNELS + channel) * 2, bits + i, 2 * sizeof(*bits));
}

/* A token's 16 components are one piece. Scales are f32 here, as no form of weights asks for
 * f16. */
static void store_value_codes(const struct hearth_decoder_kernels *kernels,
                              const struct hearth_kv_layout *layout, uint8_t *values, size_t slot,
                              const float *value)
{
    size_t width = layout->value_width, panel_bytes = hearth_kv_value_panel_bytes(layout->type);
    uint8_t *scales = values + divide_up(width, CHANNELS) * panel_bytes;
    for (size_t first = 0; first < width; first += HEARTH_BLOCK) {
        size_t count = width - first < HEARTH_BLOCK ? width - first : HEARTH_BLOCK;
        int8_t codes[HEARTH_BLOCK];
        float scale = part_codes(kernels, value + first, count, codes);
        memcpy(scales + (first / HEARTH_BLOCK * TOKENS + slot) * sizeof(scale), &scale,
               sizeof(scale));
        for (size_t i = 0; i < count; i += CHANNELS)
            memcpy(values + (first + i) / CHANNELS * panel_bytes + slot * CHANNELS, codes + i,
                   CHANNELS);
    }
}

/* What the last panel lacks is weighed like the rest and cut off afterwards, and must be a
 * number. */
static void store_value_floats(uint8_t *values, size_t width, size_t slot, const float *value)
{
    for (size_t i = 0; i < width; i += CHANNELS) {
        float *to = (float *)(void *)values + (i * TOKENS + slot * CHANNELS);
        size_t count = width - i < CHANNELS ? width - i : CHANNELS;
        memcpy(to, value + i, count * sizeof(*to));
        memset(to + count, 0, (CHANNELS - count) * sizeof(*to));
    }
}

void hearth_kv_store_value(const struct hearth_decoder_kernels *kernels,
                           const struct hearth_kv_layout *layout, void *page, size_t head,
                           size_t slot, const float *value)
{
    uint8_t *values = (uint8_t *)hearth_kv_values(layout, page, head);
    size_t width = layout->value_width, panel_bytes = hearth_kv_value_panel_bytes(layout->type);
    if (layout->type == HEARTH_KV_Q8_0) {
        store_value_codes(kernels, layout, values, slot, value);
        return;
    }
    if (layout->type == HEARTH_KV_F32) {
        store_value_floats(values, width, slot, value);
        return;
    }
    uint16_t bits[HEARTH_HEAD_MAX + CHANNELS];
    kernels->to_16_bits[layout->type](value, width, bits);
    /* A head's last panel of values may be wider than the head: what it lacks is weighed like the
     * rest and cut off afterwards, and it must be a number. */
    memset(bits + width, 0, CHANNELS * sizeof(*bits));
    for (size_t i = 0; i < width; i += CHANNELS) {
        uint16_t *panel = (uint16_t *)(values + i / CHANNELS * panel_bytes);
        if (layout->type == HEARTH_KV_F16)
            memcpy(panel + slot * CHANNELS, bits + i, CHANNELS * sizeof(*bits));
        else
            for (size_t c = 0; c < CHANNELS; c++)
                panel[(slot / 2 * CHANNELS + c) * 2 + slot % 2] = bits[i + c];
    }
}
