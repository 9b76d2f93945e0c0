/* The table of model types. Names that nearly all have are written down once; a row has what it
 * calls otherwise. */
#include "network/model_type.h"

#include <stdio.h>
#include <string.h>

#define P(part) HEARTH_PART_BIT(HEARTH_PART_##part)
#define QKV_BIASES (P(QUERY_BIAS) | P(KEY_BIAS) | P(VALUE_BIAS))
#define ATTENTION_BIASES (QKV_BIASES | P(ATTENTION_OUT_BIAS))
#define GATED_BIASES (P(GATE_BIAS) | P(UP_BIAS) | P(DOWN_BIAS))
#define HEAD_NORMS (P(QUERY_NORM) | P(KEY_NORM))
#define FUSED (P(QKV) | P(GATE_UP))
#define NAME(part, text)                                                                           \
    {                                                                                              \
        HEARTH_PART_##part, text                                                                   \
    }
#define LAYER "layers.{layer}."

/* As Llama's modules are called, whose names the others took over. */
static const char *const usual[HEARTH_PART_COUNT] = {
    [HEARTH_PART_EMBEDDING] = "embed_tokens.weight",
    [HEARTH_PART_FINAL_NORM] = "norm.weight",
    [HEARTH_PART_FINAL_NORM_BIAS] = "norm.bias",
    [HEARTH_PART_HEAD] = "/lm_head.weight",
    [HEARTH_PART_ATTENTION_NORM] = LAYER "input_layernorm.weight",
    [HEARTH_PART_ATTENTION_NORM_BIAS] = LAYER "input_layernorm.bias",
    [HEARTH_PART_QUERY] = LAYER "self_attn.q_proj.weight",
    [HEARTH_PART_KEY] = LAYER "self_attn.k_proj.weight",
    [HEARTH_PART_VALUE] = LAYER "self_attn.v_proj.weight",
    [HEARTH_PART_QUERY_BIAS] = LAYER "self_attn.q_proj.bias",
    [HEARTH_PART_KEY_BIAS] = LAYER "self_attn.k_proj.bias",
    [HEARTH_PART_VALUE_BIAS] = LAYER "self_attn.v_proj.bias",
    [HEARTH_PART_QKV] = LAYER "self_attn.qkv_proj.weight",
    [HEARTH_PART_QUERY_NORM] = LAYER "self_attn.q_norm.weight",
    [HEARTH_PART_KEY_NORM] = LAYER "self_attn.k_norm.weight",
    [HEARTH_PART_ATTENTION_OUT] = LAYER "self_attn.o_proj.weight",
    [HEARTH_PART_ATTENTION_OUT_BIAS] = LAYER "self_attn.o_proj.bias",
    [HEARTH_PART_FEED_NORM] = LAYER "post_attention_layernorm.weight",
    [HEARTH_PART_FEED_NORM_BIAS] = LAYER "post_attention_layernorm.bias",
    [HEARTH_PART_GATE] = LAYER "mlp.gate_proj.weight",
    [HEARTH_PART_UP] = LAYER "mlp.up_proj.weight",
    [HEARTH_PART_DOWN] = LAYER "mlp.down_proj.weight",
    [HEARTH_PART_GATE_BIAS] = LAYER "mlp.gate_proj.bias",
    [HEARTH_PART_UP_BIAS] = LAYER "mlp.up_proj.bias",
    [HEARTH_PART_DOWN_BIAS] = LAYER "mlp.down_proj.bias",
    [HEARTH_PART_GATE_UP] = LAYER "mlp.gate_up_proj.weight",
    [HEARTH_PART_ROUTER] = LAYER "mlp.gate.weight",
    /* transformers since 5 holds all experts in two tensors, and may save them so. */
    [HEARTH_PART_GATE_UP_EXPERTS] = LAYER "mlp.experts.gate_up_proj",
    [HEARTH_PART_GATE_EXPERTS] = LAYER "mlp.experts.{item}.gate_proj.weight",
    [HEARTH_PART_UP_EXPERTS] = LAYER "mlp.experts.{item}.up_proj.weight",
    [HEARTH_PART_DOWN_EXPERTS] =
        LAYER "mlp.experts.down_proj|" LAYER "mlp.experts.{item}.down_proj.weight",
};

/* The norms of a layer that is normed before and after each half. */
#define SANDWICH                                                                                   \
    NAME(ATTENTION_POST_NORM, LAYER "post_attention_layernorm.weight"),                            \
        NAME(FEED_NORM, LAYER "pre_feedforward_layernorm.weight"),                                 \
        NAME(FEED_POST_NORM, LAYER "post_feedforward_layernorm.weight")
/* And of one that is normed after each half only. */
#define AFTERWARDS                                                                                 \
    NAME(ATTENTION_POST_NORM, LAYER "post_attention_layernorm.weight"),                            \
        NAME(FEED_POST_NORM, LAYER "post_feedforward_layernorm.weight")
#define ALL_BIASES                                                                                 \
    {                                                                                              \
        "attention_bias", false, ATTENTION_BIASES, 0                                               \
    }
#define SILU                                                                                       \
    {                                                                                              \
        "silu", "swish"                                                                            \
    }
/* Gemma's first folders say "gelu", and mean its tanh form (transformers' GemmaConfig). */
#define TANH                                                                                       \
    {                                                                                              \
        "gelu_pytorch_tanh", "gelu_new", "gelu"                                                    \
    }

static const struct hearth_model_type rows[] = {
    {
        .name = "llama",
        .architecture = "llama",
        .switches = {ALL_BIASES, {"mlp_bias", false, GATED_BIASES, 0}},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .defaults = {.vocabulary = 32000,
                     .width = 4096,
                     .feed = 11008,
                     .layers = 32,
                     .heads = 32,
                     .context = 2048,
                     .epsilon = 1e-6},
    },
    {
        .name = "mistral",
        .architecture = "llama",
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .windows = HEARTH_WINDOW_ALL,
        .defaults = {.vocabulary = 32000,
                     .width = 4096,
                     .feed = 14336,
                     .layers = 32,
                     .heads = 32,
                     .key_heads = 8,
                     .context = 131072,
                     .window = 4096,
                     .epsilon = 1e-6},
    },
    {
        .name = "mixtral",
        .architecture = "llama",
        .names = {NAME(ROUTER, LAYER "block_sparse_moe.gate.weight|" LAYER "mlp.gate.weight"),
                  NAME(GATE_EXPERTS, LAYER "block_sparse_moe.experts.{item}.w1.weight"),
                  NAME(UP_EXPERTS, LAYER "block_sparse_moe.experts.{item}.w3.weight"),
                  NAME(DOWN_EXPERTS, LAYER "mlp.experts.down_proj|" LAYER
                                           "block_sparse_moe.experts.{item}.w2.weight")},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .has_experts = true,
        .shares_brought_to_one = true,
        .windows = HEARTH_WINDOW_ALL,
        .defaults = {.vocabulary = 32000,
                     .width = 4096,
                     .feed = 14336,
                     .layers = 32,
                     .heads = 32,
                     .key_heads = 8,
                     .context = 131072,
                     .experts = 8,
                     .experts_used = 2,
                     .epsilon = 1e-5,
                     .rotary_base = 1e6},
    },
    {
        .name = "qwen2",
        .architecture = "qwen2",
        .always = QKV_BIASES,
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .window_switch = "use_sliding_window",
        .windows = HEARTH_WINDOW_UPPER,
        .window_pattern = 28,
        .defaults = {.vocabulary = 151936,
                     .width = 4096,
                     .feed = 22016,
                     .layers = 32,
                     .heads = 32,
                     .key_heads = 32,
                     .context = 32768,
                     .window = 4096,
                     .epsilon = 1e-6},
    },
    {
        .name = "qwen3",
        .architecture = "qwen3",
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .window_switch = "use_sliding_window",
        .windows = HEARTH_WINDOW_UPPER,
        .window_pattern = 28,
        .defaults = {.vocabulary = 151936,
                     .width = 4096,
                     .feed = 22016,
                     .layers = 32,
                     .heads = 32,
                     .key_heads = 32,
                     .head_size = 128,
                     .context = 32768,
                     .window = 4096,
                     .epsilon = 1e-6},
    },
    {
        .name = "qwen3_moe",
        .architecture = "qwen3moe",
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .has_experts = true,
        .expert_feed_key = "moe_intermediate_size",
        .window_switch = "use_sliding_window",
        .windows = HEARTH_WINDOW_ALL,
        .defaults = {.vocabulary = 151936,
                     .width = 2048,
                     .feed = 6144,
                     .layers = 24,
                     .heads = 32,
                     .key_heads = 4,
                     .context = 32768,
                     .window = 4096,
                     .experts = 128,
                     .experts_used = 8,
                     .expert_feed = 768,
                     .epsilon = 1e-6},
    },
    {
        .name = "gemma",
        .architecture = "gemma",
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = TANH,
        .norms_add_one = true,
        .tied = true,
        .defaults = {.vocabulary = 256000,
                     .width = 3072,
                     .feed = 24576,
                     .layers = 28,
                     .heads = 16,
                     .key_heads = 16,
                     .head_size = 256,
                     .context = 8192,
                     .epsilon = 1e-6},
    },
    {
        .name = "gemma2",
        .architecture = "gemma2",
        .names = {SANDWICH},
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = TANH,
        .activation_key = "hidden_activation",
        .has_query_scalar = true,
        .norms_add_one = true,
        .tied = true,
        .windows = HEARTH_WINDOW_PATTERN,
        .window_pattern = 2,
        .defaults = {.vocabulary = 256000,
                     .width = 2304,
                     .feed = 9216,
                     .layers = 26,
                     .heads = 8,
                     .key_heads = 4,
                     .head_size = 256,
                     .context = 8192,
                     .window = 4096,
                     .epsilon = 1e-6,
                     .query_scalar = 256,
                     .attention_cap = 50,
                     .logit_cap = 30},
    },
    {
        /* A folder of the whole Gemma 3 has a network for pictures beside the one for texts. */
        .name = "gemma3_text",
        .outer = "gemma3",
        .architecture = "gemma3",
        .names = {SANDWICH},
        .switches = {ALL_BIASES},
        .beside = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.",
                   "model.multi_modal_projector."},
        .epsilon_key = "rms_norm_eps",
        .activations = TANH,
        .activation_key = "hidden_activation",
        .has_query_scalar = true,
        .norms_add_one = true,
        .tied = true,
        .windows = HEARTH_WINDOW_PATTERN,
        .window_pattern = 6,
        .defaults = {.vocabulary = 262208,
                     .width = 2304,
                     .feed = 9216,
                     .layers = 26,
                     .heads = 8,
                     .key_heads = 4,
                     .head_size = 256,
                     .context = 131072,
                     .window = 4096,
                     .epsilon = 1e-6,
                     .rotary_base = 1e6,
                     .query_scalar = 256},
    },
    {
        .name = "phi3",
        .architecture = "phi3",
        .always = FUSED,
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .windows = HEARTH_WINDOW_ALL,
        .defaults = {.vocabulary = 32064,
                     .width = 3072,
                     .feed = 8192,
                     .layers = 32,
                     .heads = 32,
                     .context = 4096,
                     .epsilon = 1e-5},
    },
    {
        .name = "granite",
        .architecture = "granite",
        .switches = {ALL_BIASES, {"mlp_bias", false, GATED_BIASES, 0}},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .has_multipliers = true,
        .defaults = {.vocabulary = 32000,
                     .width = 4096,
                     .feed = 11008,
                     .layers = 32,
                     .heads = 32,
                     .context = 2048,
                     .epsilon = 1e-6},
    },
    {
        .name = "olmo2",
        .architecture = "olmo2",
        .names = {AFTERWARDS},
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .defaults = {.vocabulary = 50304,
                     .width = 4096,
                     .feed = 11008,
                     .layers = 32,
                     .heads = 32,
                     .context = 2048,
                     .epsilon = 1e-5},
    },
    {
        .name = "olmo3",
        .architecture = "olmo2",
        .names = {AFTERWARDS},
        .switches = {ALL_BIASES},
        .epsilon_key = "rms_norm_eps",
        .activations = SILU,
        .windows = HEARTH_WINDOW_PATTERN,
        .window_pattern = 4,
        .defaults = {.vocabulary = 50304,
                     .width = 4096,
                     .feed = 11008,
                     .layers = 32,
                     .heads = 32,
                     .context = 2048,
                     .window = 4096,
                     .epsilon = 1e-5,
                     .rotary_base = 5e5},
    },
    {
        .name = "starcoder2",
        .architecture = "starcoder2",
        .names = {NAME(UP, LAYER "mlp.c_fc.weight"), NAME(UP_BIAS, LAYER "mlp.c_fc.bias"),
                  NAME(DOWN, LAYER "mlp.c_proj.weight"), NAME(DOWN_BIAS, LAYER "mlp.c_proj.bias")},
        .switches = {{"use_bias", true, ATTENTION_BIASES | P(UP_BIAS) | P(DOWN_BIAS), 0}},
        .epsilon_key = "norm_epsilon",
        .activations = {"gelu_pytorch_tanh", "gelu_new"},
        .tied = true,
        .windows = HEARTH_WINDOW_ALL,
        .defaults = {.vocabulary = 49152,
                     .width = 3072,
                     .feed = 12288,
                     .layers = 30,
                     .heads = 24,
                     .key_heads = 2,
                     .context = 4096,
                     .epsilon = 1e-5},
    },
    {
        .name = "stablelm",
        .architecture = "stablelm",
        .names = {NAME(QUERY_NORM, LAYER "self_attn.q_layernorm.norms.{item}.weight"),
                  NAME(KEY_NORM, LAYER "self_attn.k_layernorm.norms.{item}.weight")},
        .switches = {{"use_qkv_bias", false, QKV_BIASES, 0},
                     {"qk_layernorm", false, HEAD_NORMS, 0},
                     {"use_parallel_residual", false, 0, P(FEED_NORM) | P(FEED_NORM_BIAS)}},
        .epsilon_key = "layer_norm_eps",
        .activations = SILU,
        .defaults = {.vocabulary = 50304,
                     .width = 2560,
                     .feed = 6912,
                     .layers = 32,
                     .heads = 32,
                     .key_heads = 32,
                     .context = 4096,
                     .epsilon = 1e-5,
                     .rotary_share = 0.25},
    },
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct hearth_model_type *hearth_model_type_at(size_t index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}

const struct hearth_model_type *hearth_model_type_find(const char *name, const char *outer)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct hearth_model_type *row = &rows[i];
        bool fits = outer == NULL || (row->outer != NULL && strcmp(row->outer, outer) == 0);
        if (fits && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const char *hearth_model_type_names(const struct hearth_model_type *type, enum hearth_part part)
{
    for (size_t i = 0; i < HEARTH_PART_NAMES_MAX && type->names[i].name != NULL; i++)
        if (type->names[i].part == part)
            return type->names[i].name;
    return usual[part];
}

static size_t put_number(uint32_t number, char *to, size_t room)
{
    int length = snprintf(to, room, "%u", number);
    return length > 0 && (size_t)length < room ? (size_t)length : room;
}

bool hearth_part_name_write(const char **names, const char *prefix, const char *root,
                            uint32_t layer, uint32_t item, char *ret_name, size_t size)
{
    static const char in_layer[] = "{layer}", of_item[] = "{item}";
    const char *from = *names;
    bool rooted = *from == '/';
    size_t at = (size_t)snprintf(ret_name, size, "%s", rooted ? root : prefix);
    from += rooted;
    while (*from != '\0' && *from != '|' && at < size - 1) {
        if (strncmp(from, in_layer, sizeof(in_layer) - 1) == 0) {
            at += put_number(layer, ret_name + at, size - at);
            from += sizeof(in_layer) - 1;
        } else if (strncmp(from, of_item, sizeof(of_item) - 1) == 0) {
            at += put_number(item, ret_name + at, size - at);
            from += sizeof(of_item) - 1;
        } else {
            ret_name[at++] = *from++;
        }
    }
    bool whole = at < size && (*from == '\0' || *from == '|');
    ret_name[whole ? at : size - 1] = '\0';
    *names = *from == '|' ? from + 1 : NULL;
    return whole;
}
