/* The tensors by their names in GGUF files (gguf-py's constants.py). Extents are in the order of
 * the file, the innermost first, which for a matrix is its inputs; a dimension that is not given is
 * 1 (HEARTH_EXTENT_NONE). */
#include "network/part.h"

#include <stdio.h>

/* Vectors become f32 and are added or multiplied with; matrices keep their type, for the
 * kernels. */
#define E(x) HEARTH_EXTENT_##x
#define GLOBAL(text, ...)                                                                          \
    {                                                                                              \
        .name = text, .extent = { __VA_ARGS__ }                                                    \
    }
#define MATRIX(text, ...)                                                                          \
    {                                                                                              \
        .name = text, .extent = {__VA_ARGS__}, .is_matrix = true                                   \
    }
#define OF_LAYER(text, ...)                                                                        \
    {                                                                                              \
        .name = "blk.%u." text, .extent = {__VA_ARGS__}, .in_layer = true                          \
    }
#define LAYER_MATRIX(text, ...)                                                                    \
    {                                                                                              \
        .name = "blk.%u." text, .extent = {__VA_ARGS__}, .in_layer = true, .is_matrix = true       \
    }

static const struct hearth_part_row rows[HEARTH_PART_COUNT] = {
    [HEARTH_PART_EMBEDDING] = MATRIX("token_embd.weight", E(WIDTH), E(VOCABULARY)),
    [HEARTH_PART_FINAL_NORM] = GLOBAL("output_norm.weight", E(WIDTH)),
    [HEARTH_PART_FINAL_NORM_BIAS] = GLOBAL("output_norm.bias", E(WIDTH)),
    [HEARTH_PART_HEAD] = MATRIX("output.weight", E(WIDTH), E(VOCABULARY)),
    [HEARTH_PART_HEAD_BIAS] = GLOBAL("output.bias", E(VOCABULARY)),
    [HEARTH_PART_ROTARY_FACTORS] = GLOBAL("rope_freqs.weight", E(FREQUENCIES)),
    [HEARTH_PART_ROTARY_FACTORS_SHORT] = GLOBAL("rope_factors_short.weight", E(FREQUENCIES)),
    [HEARTH_PART_ROTARY_FACTORS_LONG] = GLOBAL("rope_factors_long.weight", E(FREQUENCIES)),
    [HEARTH_PART_CLASSIFIER] = GLOBAL("cls.output.weight", E(WIDTH), E(LABELS)),
    [HEARTH_PART_ATTENTION_NORM] = OF_LAYER("attn_norm.weight", E(WIDTH)),
    [HEARTH_PART_ATTENTION_NORM_BIAS] = OF_LAYER("attn_norm.bias", E(WIDTH)),
    [HEARTH_PART_QUERY] = LAYER_MATRIX("attn_q.weight", E(WIDTH), E(QUERIES)),
    [HEARTH_PART_KEY] = LAYER_MATRIX("attn_k.weight", E(WIDTH), E(KEYS)),
    [HEARTH_PART_VALUE] = LAYER_MATRIX("attn_v.weight", E(WIDTH), E(KEYS)),
    [HEARTH_PART_QUERY_BIAS] = OF_LAYER("attn_q.bias", E(QUERIES)),
    [HEARTH_PART_KEY_BIAS] = OF_LAYER("attn_k.bias", E(KEYS)),
    [HEARTH_PART_VALUE_BIAS] = OF_LAYER("attn_v.bias", E(KEYS)),
    [HEARTH_PART_QKV] = LAYER_MATRIX("attn_qkv.weight", E(WIDTH), E(QKV)),
    [HEARTH_PART_QKV_BIAS] = OF_LAYER("attn_qkv.bias", E(QKV)),
    /* The shapes of these two depend on the architecture: expected_extents in
     * weights_describe.c. */
    [HEARTH_PART_QUERY_NORM] = OF_LAYER("attn_q_norm.weight", E(HEAD)),
    [HEARTH_PART_KEY_NORM] = OF_LAYER("attn_k_norm.weight", E(HEAD)),
    [HEARTH_PART_ATTENTION_OUT] = LAYER_MATRIX("attn_output.weight", E(QUERIES), E(WIDTH)),
    [HEARTH_PART_ATTENTION_OUT_BIAS] = OF_LAYER("attn_output.bias", E(WIDTH)),
    [HEARTH_PART_ATTENTION_POST_NORM] = OF_LAYER("post_attention_norm.weight", E(WIDTH)),
    [HEARTH_PART_FEED_NORM] = OF_LAYER("ffn_norm.weight", E(WIDTH)),
    [HEARTH_PART_FEED_NORM_BIAS] = OF_LAYER("ffn_norm.bias", E(WIDTH)),
    [HEARTH_PART_GATE] = LAYER_MATRIX("ffn_gate.weight", E(WIDTH), E(FEED)),
    [HEARTH_PART_UP] = LAYER_MATRIX("ffn_up.weight", E(WIDTH), E(FEED)),
    [HEARTH_PART_DOWN] = LAYER_MATRIX("ffn_down.weight", E(FEED), E(WIDTH)),
    [HEARTH_PART_GATE_BIAS] = OF_LAYER("ffn_gate.bias", E(FEED)),
    [HEARTH_PART_UP_BIAS] = OF_LAYER("ffn_up.bias", E(FEED)),
    [HEARTH_PART_DOWN_BIAS] = OF_LAYER("ffn_down.bias", E(WIDTH)),
    [HEARTH_PART_GATE_UP] = LAYER_MATRIX("ffn_up.weight", E(WIDTH), E(TWO_FEEDS)),
    [HEARTH_PART_FEED_POST_NORM] = OF_LAYER("post_ffw_norm.weight", E(WIDTH)),
    [HEARTH_PART_ROUTER] = LAYER_MATRIX("ffn_gate_inp.weight", E(WIDTH), E(EXPERTS)),
    [HEARTH_PART_GATE_EXPERTS] =
        LAYER_MATRIX("ffn_gate_exps.weight", E(WIDTH), E(EXPERT_FEED), E(EXPERTS)),
    [HEARTH_PART_UP_EXPERTS] =
        LAYER_MATRIX("ffn_up_exps.weight", E(WIDTH), E(EXPERT_FEED), E(EXPERTS)),
    [HEARTH_PART_DOWN_EXPERTS] =
        LAYER_MATRIX("ffn_down_exps.weight", E(EXPERT_FEED), E(WIDTH), E(EXPERTS)),
    [HEARTH_PART_GATE_UP_EXPERTS] =
        LAYER_MATRIX("ffn_gate_up_exps.weight", E(WIDTH), E(TWO_EXPERT_FEEDS), E(EXPERTS)),
};

const struct hearth_part_row *hearth_part_row(enum hearth_part part)
{
    return &rows[part];
}

void hearth_part_name(enum hearth_part part, uint32_t layer, char *ret_name, size_t size)
{
    /* The pattern is data and not passed as a format, so that the compiler can check the format. */
    const char *pattern = rows[part].name;
    if (!rows[part].in_layer)
        snprintf(ret_name, size, "%s", pattern);
    else
        snprintf(ret_name, size, "blk.%u.%s", layer, pattern + sizeof("blk.%u.") - 1);
}
