/* The table of architectures. Every row was written from the model's paper and from llama.cpp's
 * src/models/, and what distinguishes one family from the next stands beside its row. */
#include "network/architecture.h"

#include <string.h>

/* Sets of tensors that the rows are put together from. A row's `required` tensors must be in a
 * file, its `permitted` ones may be, and any other makes the file one that we do not compute
 * (weights_describe.c says so, rather than leave a part of the network out). */
#define P(part) HEARTH_PART_BIT(HEARTH_PART_##part)

#define FRAME (P(EMBEDDING) | P(FINAL_NORM))
#define HEAD P(HEAD)
#define QKV (P(QUERY) | P(KEY) | P(VALUE))
/* Converters may write Q, K and V as one tensor, so a file that has QKV fused needs none of the
 * three, although rows require them; describe_qkv in weights_describe.c looks for the fused one
 * first. */
#define QKV_BIASES (P(QUERY_BIAS) | P(KEY_BIAS) | P(VALUE_BIAS))
#define FUSED (P(QKV) | P(QKV_BIAS))
#define ATTENTION (P(ATTENTION_NORM) | QKV | P(ATTENTION_OUT))
#define GATED (P(GATE) | P(UP) | P(DOWN))
#define GATED_BIASES (P(GATE_BIAS) | P(UP_BIAS) | P(DOWN_BIAS))
#define EXPERTS (P(ROUTER) | P(GATE_EXPERTS) | P(UP_EXPERTS) | P(DOWN_EXPERTS))
#define FUSED_EXPERTS P(GATE_UP_EXPERTS)
#define HEAD_NORMS (P(QUERY_NORM) | P(KEY_NORM))
#define POST_NORMS (P(ATTENTION_POST_NORM) | P(FEED_POST_NORM))
#define LONGROPE (P(ROTARY_FACTORS_SHORT) | P(ROTARY_FACTORS_LONG))

static const struct hearth_architecture rows[] = {
    {
        /* Llama 1 to 3 (arXiv 2302.13971), Mistral, SmolLM, TinyLlama; with experts: Mixtral (arXiv
         * 2401.04088). The converter permutes the rows of Q and K so that the components which a
         * rotation turns together are neighbours; hence ADJACENT, where the original has halves. */
        .name = "llama",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES | P(ATTENTION_OUT_BIAS) | GATED_BIASES |
                     P(ROTARY_FACTORS) | LONGROPE | EXPERTS | FUSED_EXPERTS,
        .rotary = HEARTH_ROTARY_ADJACENT,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        /* Qwen 2 and 2.5 (arXiv 2407.10671): Llama with biases at Q, K and V. */
        .name = "qwen2",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | P(HEAD_BIAS) | FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        /* Qwen 3 (arXiv 2505.09388): each head of Q and K is normed instead of the biases. Its
         * rerankers (arXiv 2506.05176) have the rows of "yes" and "no" of the head as a classifier.
         */
        .name = "qwen3",
        .required = FRAME | ATTENTION | HEAD_NORMS | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES | P(CLASSIFIER),
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        .name = "qwen3moe",
        .required = FRAME | ATTENTION | HEAD_NORMS | P(FEED_NORM) | EXPERTS,
        .permitted = HEAD | FUSED | QKV_BIASES | FUSED_EXPERTS,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        /* Gemma (arXiv 2403.08295). Its norms multiply by 1 + w in the paper; the converter has
         * added the 1 already, so that they are norms like all others. */
        .name = "gemma",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = FUSED | QKV_BIASES,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_GELU_TANH,
        .scales_embedding = true,
        .tied = true,
    },
    {
        /* Gemma 2 (arXiv 2408.00118): every half of a layer is normed before and after, windowed
         * layers alternate with full ones, and scores and logits have soft caps. The network of 46
         * layers is the one of 27 billion parameters, whose scores are divided by
         * √(width/heads). */
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
        /* Gemma 3 (arXiv 2503.19786): five windowed layers to each full one, and norms of heads
         * instead of soft caps. Only the full layers have the large rotary base of long contexts;
         * the windowed ones keep 10,000 and are not scaled. 62 layers are again the 27 billion. */
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
        /* Phi 3 (arXiv 2404.14219), long contexts by longrope (arXiv 2402.13753). Its files name a
         * window, but neither trained models nor llama.cpp use one. */
        .name = "phi3",
        .required = FRAME | ATTENTION | P(FEED_NORM) | P(GATE_UP) | P(DOWN),
        .permitted = HEAD | FUSED | QKV_BIASES | LONGROPE,
        .rotary = HEARTH_ROTARY_HALVES,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        /* Llama with four factors more, which the header states: of embeddings, of what joins the
         * residual stream, of scores and of logits (read_factors in network.c). */
        .name = "granite",
        .required = FRAME | ATTENTION | P(FEED_NORM) | GATED,
        .permitted = HEAD | FUSED | QKV_BIASES | P(ATTENTION_OUT_BIAS) | GATED_BIASES |
                     P(ROTARY_FACTORS) | LONGROPE,
        .rotary = HEARTH_ROTARY_ADJACENT,
        .activation = HEARTH_ACTIVATION_SILU,
    },
    {
        /* OLMo 2 (arXiv 2501.00656) norms what a half of a layer gives and not what it takes, and
         * norms all heads of Q or K as one row. Files of OLMo 3 have the same name and say a
         * window. */
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
        /* StarCoder 2 (arXiv 2402.19173): layer norms with biases, and a feed-forward part without
         * gate. */
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
        /* StableLM 2: the larger ones have no norm before the feed-forward part, which then runs
         * side by side with attention on the same normed rows. */
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
