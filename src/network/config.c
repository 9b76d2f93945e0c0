/* A config.json becomes a network. Every number is a stranger's and is bounded where it is read.
 * What a member means when it is absent is what transformers takes then (model_type.c). */
#include "network/config.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "network/config_rotary.h"

#include <math.h>
#include <string.h>

enum { CONFIG_BYTES_MAX = 4 << 20 };

/* `object` is the root, or its text_config. */
struct hearth_config {
    json_t *root;
    const json_t *object;
    const struct hearth_model_type *type;
};

static int choose_type(struct hearth_config *config, struct hearth_error *error)
{
    struct hearth_config_reader from = {.object = config->root, .error = error};
    const char *name = hearth_config_text(&from, "model_type", "");
    const json_t *text = hearth_config_find(&from, "text_config");
    config->object = config->root;
    config->type = hearth_model_type_find(name, NULL);
    if (json_is_object(text) && config->type == NULL) {
        const char *inner = hearth_json_text(text, "model_type", "");
        config->object = text;
        config->type = hearth_model_type_find(inner, name);
    }
    if (config->type == NULL)
        hearth_config_unknown(&from, "the model type", name);
    return from.rc;
}

int hearth_config_parse(char *text, size_t length, struct hearth_config **ret_config,
                        struct hearth_error *error)
{
    struct hearth_config *config = hearth_calloc(1, sizeof(*config));
    config->root = hearth_json_parse_wide(text, length, error);
    int rc = 0;
    if (config->root == NULL) {
        rc = HEARTH_EMODEL;
        hearth_error_prefix(error, "config.json");
        if (error != NULL)
            error->code = rc;
    } else if (!json_is_object(config->root)) {
        rc = hearth_error_set(error, HEARTH_EMODEL, "config.json is no JSON object");
    } else {
        rc = choose_type(config, error);
    }
    if (rc == 0)
        *ret_config = config;
    else
        hearth_config_close(config);
    return rc;
}

int hearth_config_open(const char *directory, struct hearth_config **ret_config,
                       struct hearth_error *error)
{
    struct hearth_buf text;
    char nothing[1] = "";
    hearth_buf_init(&text, CONFIG_BYTES_MAX);
    int rc = hearth_small_file_read_in(directory, "config.json", &text, NULL);
    if (rc != 0)
        rc = hearth_error_set(error, rc == HEARTH_ENOMEM ? rc : HEARTH_EMODEL, "config.json %s",
                              rc == HEARTH_ENOTFOUND   ? "is missing"
                              : rc == HEARTH_ETOOLARGE ? "is too large"
                                                       : "cannot be read");
    else
        rc = hearth_config_parse(text.bytes != NULL ? text.bytes : nothing, text.length, ret_config,
                                 error);
    hearth_buf_finish(&text);
    return rc;
}

void hearth_config_close(struct hearth_config *config)
{
    if (config == NULL)
        return;
    json_decref(config->root);
    hearth_free(config);
}

const struct hearth_model_type *hearth_config_type(const struct hearth_config *config)
{
    return config->type;
}

static void read_sizes(struct hearth_config_reader *from, const struct hearth_model_type *type,
                       struct hearth_network *network)
{
    enum { WIDTH = HEARTH_NETWORK_WIDTH_MAX };
    const struct hearth_config_defaults *otherwise = &type->defaults;
    network->layers = hearth_config_needed(from, "num_hidden_layers", otherwise->layers,
                                           HEARTH_NETWORK_LAYERS_MAX);
    network->width = hearth_config_needed(from, "hidden_size", otherwise->width, WIDTH);
    network->vocabulary =
        hearth_config_needed(from, "vocab_size", otherwise->vocabulary, INT32_MAX / 2);
    network->trained_context =
        hearth_config_whole(from, "max_position_embeddings", otherwise->context, INT32_MAX);
    network->heads = hearth_config_needed(from, "num_attention_heads", otherwise->heads, WIDTH);
    network->key_heads = hearth_config_needed(
        from, "num_key_value_heads",
        otherwise->key_heads != 0 ? otherwise->key_heads : network->heads, WIDTH);
    network->feed = hearth_config_needed(from, "intermediate_size", otherwise->feed, WIDTH);
    if (from->rc != 0)
        return;
    uint32_t head =
        otherwise->head_size != 0 ? otherwise->head_size : network->width / network->heads;
    network->head_size = hearth_config_needed(from, "head_dim", head, WIDTH);
    if (network->heads % network->key_heads != 0)
        hearth_config_refuse(from, "num_key_value_heads", "does not divide the number of heads");
    if ((uint64_t)network->heads * network->head_size > WIDTH)
        hearth_config_refuse(from, "head_dim", "makes the heads too wide");
}

/* The shares of the chosen experts are brought to a sum of 1 here (decoder_experts.h). */
static void read_experts(struct hearth_config_reader *from, const struct hearth_model_type *type,
                         struct hearth_network *network)
{
    const struct hearth_config_defaults *otherwise = &type->defaults;
    if (!type->has_experts)
        return;
    /* The one name or the other, by the model and the release of transformers. */
    network->experts =
        hearth_config_whole(from, "num_experts", otherwise->experts, HEARTH_NETWORK_EXPERTS_MAX);
    network->experts = hearth_config_needed(from, "num_local_experts", network->experts,
                                            HEARTH_NETWORK_EXPERTS_MAX);
    network->experts_used = hearth_config_needed(
        from, "num_experts_per_tok", otherwise->experts_used, HEARTH_NETWORK_EXPERTS_MAX);
    network->expert_feed =
        type->expert_feed_key != NULL
            ? hearth_config_needed(from, type->expert_feed_key, otherwise->expert_feed,
                                   HEARTH_NETWORK_WIDTH_MAX)
            : network->feed;
    if (network->experts_used > network->experts)
        hearth_config_refuse(from, "num_experts_per_tok", "is more than there are");
    if (!type->shares_brought_to_one && !hearth_config_truth(from, "norm_topk_prob", false))
        hearth_config_unknown(from, "shares of experts by", "norm_topk_prob: false");
    if (hearth_config_whole(from, "decoder_sparse_step", 1, INT32_MAX) != 1 ||
        json_array_size(hearth_config_find(from, "mlp_only_layers")) > 0)
        hearth_config_unknown(from, "layers of two kinds by", "mlp_only_layers");
}

static float divided(struct hearth_config_reader *from, const char *key, double value)
{
    if (!(value > 0))
        hearth_config_refuse(from, key, "is not above 0");
    if (1 / value > HEARTH_NETWORK_NUMBER_MAX)
        hearth_config_refuse(from, key, "is too close to 0 to divide by");
    return (float)(1 / value);
}

static void read_factors(struct hearth_config_reader *from, const struct hearth_model_type *type,
                         struct hearth_network *network)
{
    const struct hearth_config_defaults *otherwise = &type->defaults;
    double epsilon = hearth_config_number(from, type->epsilon_key, otherwise->epsilon);
    if (!(epsilon >= 0 && epsilon <= 1))
        hearth_config_refuse(from, type->epsilon_key, "is no number from 0 to 1");
    network->norm_epsilon = (float)epsilon;
    network->embedding_scale =
        network->architecture->scales_embedding ? sqrtf((float)network->width) : 1;
    network->residual_scale = network->logit_scale = 1;
    network->attention_scale = 1 / sqrtf((float)network->head_size);
    if (type->has_query_scalar)
        network->attention_scale = sqrtf(
            divided(from, "query_pre_attn_scalar",
                    hearth_config_number(from, "query_pre_attn_scalar", otherwise->query_scalar)));
    if (type->has_multipliers) {
        network->embedding_scale = (float)hearth_config_number(from, "embedding_multiplier", 1);
        network->residual_scale = (float)hearth_config_number(from, "residual_multiplier", 1);
        network->attention_scale = (float)hearth_config_number(from, "attention_multiplier", 1);
        network->logit_scale =
            divided(from, "logits_scaling", hearth_config_number(from, "logits_scaling", 1));
    }
}

/* What is divided by it must stay finite. 0 and null are no cap; a network whose class has one by
 * default says null for none. */
static float cap_of(struct hearth_config_reader *from, const char *key, double otherwise)
{
    const json_t *value = json_object_get(from->object, key);
    double cap = json_is_null(value) ? 0 : hearth_config_number(from, key, otherwise);
    if (!(cap >= 0))
        hearth_config_refuse(from, key, "is negative");
    if (cap > 0)
        divided(from, key, cap);
    return (float)cap;
}

static void read_caps(struct hearth_config_reader *from, const struct hearth_model_type *type,
                      struct hearth_network *network)
{
    if (!type->has_query_scalar)
        return;
    network->attention_cap = cap_of(from, "attn_logit_softcapping", type->defaults.attention_cap);
    network->logit_cap = cap_of(from, "final_logit_softcapping", type->defaults.logit_cap);
}

static bool windowed_by_rule(const struct hearth_model_type *type, uint32_t pattern, uint32_t layer)
{
    switch (type->windows) {
    case HEARTH_WINDOW_ALL:
        return true;
    case HEARTH_WINDOW_PATTERN:
        return pattern == 0 || (layer + 1) % pattern != 0;
    case HEARTH_WINDOW_UPPER:
        return layer >= pattern;
    case HEARTH_WINDOW_NONE:
        break;
    }
    return false;
}

static bool windowed_by_list(struct hearth_config_reader *from, const json_t *list, uint32_t layer)
{
    const char *kind = json_string_value(json_array_get(list, layer));
    if (kind == NULL)
        hearth_config_refuse(from, "layer_types", "is no list with a text for each layer");
    else if (strcmp(kind, "sliding_attention") == 0)
        return true;
    else if (strcmp(kind, "full_attention") != 0)
        hearth_config_unknown(from, "layers of the kind", kind);
    return false;
}

/* A window of null is none, also where the class has one by default. */
static void read_windows(struct hearth_config_reader *from, const struct hearth_model_type *type,
                         struct hearth_network *network)
{
    const json_t *value = json_object_get(from->object, "sliding_window");
    const json_t *list = hearth_config_find(from, "layer_types");
    const char *key =
        type->windows == HEARTH_WINDOW_UPPER ? "max_window_layers" : "sliding_window_pattern";
    if (type->windows == HEARTH_WINDOW_NONE || json_is_null(value))
        return;
    if (type->window_switch != NULL && !hearth_config_truth(from, type->window_switch, false))
        return;
    network->window = hearth_config_whole(from, "sliding_window", type->defaults.window, INT32_MAX);
    uint32_t pattern = hearth_config_whole(from, key, type->window_pattern, INT32_MAX);
    for (uint32_t i = 0; network->window > 0 && i < network->layers; i++)
        network->windowed[i] = list != NULL && type->windows != HEARTH_WINDOW_ALL
                                   ? windowed_by_list(from, list, i)
                                   : windowed_by_rule(type, pattern, i);
}

/* What the row computes must be what the config names. */
static void check_activation(struct hearth_config_reader *from,
                             const struct hearth_model_type *type)
{
    const char *key = type->activation_key != NULL ? type->activation_key : "hidden_act";
    const char *name = hearth_config_text(from, key, type->activations[0]);
    for (size_t i = 0; i < sizeof(type->activations) / sizeof(type->activations[0]); i++)
        if (type->activations[i] != NULL && strcmp(type->activations[i], name) == 0)
            return;
    hearth_config_unknown(from, "the activation", name);
}

static void check_rest(struct hearth_config_reader *from, const json_t *root)
{
    const json_t *quantized = json_object_get(root, "quantization_config");
    if (json_is_object(quantized))
        hearth_config_unknown(from, "weights quantized by",
                              hearth_json_text(quantized, "quant_method", "an unknown method"));
    if (hearth_config_truth(from, "use_bidirectional_attention", false))
        hearth_config_unknown(from, "attention in both directions by",
                              "use_bidirectional_attention");
}

/* Exactly the tensors that such a folder has by its config: one more, or one less, would be another
 * network. */
static void choose_parts(struct hearth_config_reader *from, const struct hearth_config *config,
                         struct hearth_network *network)
{
    const uint64_t biases =
        HEARTH_PART_BIT(HEARTH_PART_QUERY_BIAS) | HEARTH_PART_BIT(HEARTH_PART_KEY_BIAS) |
        HEARTH_PART_BIT(HEARTH_PART_VALUE_BIAS) | HEARTH_PART_BIT(HEARTH_PART_ATTENTION_OUT_BIAS) |
        HEARTH_PART_BIT(HEARTH_PART_GATE_BIAS) | HEARTH_PART_BIT(HEARTH_PART_UP_BIAS) |
        HEARTH_PART_BIT(HEARTH_PART_DOWN_BIAS);
    const struct hearth_model_type *type = config->type;
    const uint64_t head = HEARTH_PART_BIT(HEARTH_PART_HEAD);
    network->required = (network->architecture->required & ~(biases | head)) | type->always;
    for (size_t i = 0; i < HEARTH_PART_SWITCHES_MAX && type->switches[i].key != NULL; i++) {
        const struct hearth_part_switch *one = &type->switches[i];
        network->required |=
            hearth_config_truth(from, one->key, one->otherwise) ? one->when_true : one->when_false;
    }
    struct hearth_config_reader outer = {.object = config->root, .error = from->error};
    network->tied = hearth_config_truth(&outer, "tie_word_embeddings", type->tied);
    network->tied = hearth_config_truth(from, "tie_word_embeddings", network->tied);
    if (!network->tied)
        network->required |= head;
    network->permitted = HEARTH_PART_BIT(HEARTH_PART_ROTARY_FACTORS) |
                         HEARTH_PART_BIT(HEARTH_PART_ROTARY_FACTORS_SHORT) |
                         HEARTH_PART_BIT(HEARTH_PART_ROTARY_FACTORS_LONG);
    if (network->experts > 0)
        network->permitted |= HEARTH_PARTS_OF_EXPERTS;
    if (from->rc == 0)
        from->rc = outer.rc;
}

int hearth_config_network(const struct hearth_config *config,
                          const struct hearth_network_overrides *overrides,
                          struct hearth_network *ret_network,
                          struct hearth_config_factors *ret_factors, struct hearth_error *error)
{
    const struct hearth_model_type *type = config->type;
    struct hearth_config_reader from = {.object = config->object, .error = error};
    struct hearth_network network = {
        .architecture = hearth_architecture_find(type->architecture, strlen(type->architecture)),
        .norms_add_one = type->norms_add_one,
        /* The files of the makers; only converters bring neighbours together. */
        .rotation = HEARTH_ROTARY_HALVES,
    };
    check_rest(&from, config->root);
    read_sizes(&from, type, &network);
    read_experts(&from, type, &network);
    if (from.rc == 0) {
        read_factors(&from, type, &network);
        read_caps(&from, type, &network);
        read_windows(&from, type, &network);
        check_activation(&from, type);
        choose_parts(&from, config, &network);
        hearth_config_read_rotary(&from, type, overrides, &network, ret_factors);
    }
    if (from.rc == 0)
        *ret_network = network;
    return from.rc;
}
