#include "network/architecture.h"

#include <string.h>

#define P(part) HEARTH_PART_BIT(HEARTH_PART_##part)

#define FRAME (P(EMBEDDING) | P(FINAL_NORM))
#define HEAD P(HEAD)
#define QKV (P(QUERY) | P(KEY) | P(VALUE))
#define QKV_BIASES (P(QUERY_BIAS) | P(KEY_BIAS) | P(VALUE_BIAS))
#define FUSED (P(QKV) | P(QKV_BIAS))
#define ATTENTION (P(ATTENTION_NORM) | QKV | P(ATTENTION_OUT))
#define GATED (P(GATE) | P(UP) | P(DOWN))
#define GATED_BIASES (P(GATE_BIAS) | P(UP_BIAS) | P(DOWN_BIAS))
#define EXPERTS (P(ROUTER) | P(GATE_EXPERTS) | P(UP_EXPERTS) | P(DOWN_EXPERTS))
#define HEAD_NORMS (P(QUERY_NORM) | P(KEY_NORM))
#define POST_NORMS (P(ATTENTION_POST_NORM) | P(FEED_POST_NORM))
#define LONGROPE (P(ROTARY_FACTORS_SHORT) | P(ROTARY_FACTORS_LONG))

static const struct hearth_architecture rows[] = {
    {
        /* Llama 1 to 3, Mistral, SmolLM, TinyLlama; with experts: Mixtral. */
        .name = "llama",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES | P(ATTENTION_OUT_BIAS) | GATED_BIASES |
                     P(ROTARY_FACTORS) | LONGROPE | EXPERTS,
        .rotary = HEARTH_ROTARY_ADJACENT,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "qwen2",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | P(HEAD_BIAS) | FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "qwen3",
        .required = FRAME | ATTENTION | HEAD_NORMS | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "qwen3moe",
        .required = FRAME | ATTENTION | HEAD_NORMS | P(FEED_NORM) | EXPERTS,
        .permitted = HEAD | FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "gemma",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_GELU_TANH,
        .scales_embedding = true,
        .tied = true,
    },
    {
        .name = "gemma2",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED | POST_NORMS,
        .permitted = FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_GELU_TANH,
        .scales_embedding = true,
        .windows = true,
        .window_default = 4096,
        .window_pattern = 2,
        .layers_scaled_by_width = 46,
        .tied = true,
    },
    {
        .name = "gemma3",
        .required = FRAME | ATTENTION | HEAD_NORMS | P(FEED_NORM) | GATED | POST_NORMS,
        .permitted = HEAD | FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_GELU_TANH,
        .scales_embedding = true,
        .windows = true,
        .window_pattern = 6,
        .window_rotary_base = 10000,
        .window_unscaled = true,
        .layers_scaled_by_width = 62,
    },
    {
        /* Its files name a window, but neither trained models nor llama.cpp use one. */
        .name = "phi3",
        .required = FRAME | ATTENTION | P(FEED_NORM) | P(GATE_UP) | P(DOWN),
        .permitted = HEAD | FUSED | QKV_BIASES | LONGROPE,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "granite",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES | P(ATTENTION_OUT_BIAS) | GATED_BIASES |
                     P(ROTARY_FACTORS) | LONGROPE,
        .rotary = HEARTH_ROTARY_ADJACENT,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "olmo2",
        .required = FRAME | HEAD | QKV | P(ATTENTION_OUT) | HEAD_NORMS | GATED | POST_NORMS,
        .permitted = FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
        .head_norm = HEARTH_HEAD_NORM_WHOLE,
        .windows = true,
        .window_pattern = 4,
        .window_unscaled = true,
    },
    {
        .name = "starcoder2",
        .required = FRAME | P(FINAL_NORM_BIAS) | ATTENTION | P(ATTENTION_NORM_BIAS) |
                    P(ATTENTION_OUT_BIAS) | P(FEED_NORM) | P(FEED_NORM_BIAS) | P(UP) | P(DOWN) |
                    P(UP_BIAS) | P(DOWN_BIAS),
        .permitted = HEAD | FUSED | QKV_BIASES,
        .norm = HEARTH_NORM_LAYER,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_GELU_TANH,
    },
    {
        .name = "stablelm",
        .required = FRAME | HEAD | P(FINAL_NORM_BIAS) | ATTENTION | P(ATTENTION_NORM_BIAS) | GATED,
        .permitted = FUSED | QKV_BIASES | HEAD_NORMS | P(FEED_NORM) | P(FEED_NORM_BIAS),
        .norm = HEARTH_NORM_LAYER,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
        .head_norm = HEARTH_HEAD_NORM_EACH,
        .side_by_side = true,
    },
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct hearth_architecture *hearth_architecture_find(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

const struct hearth_architecture *hearth_architecture_at(size_t index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}
