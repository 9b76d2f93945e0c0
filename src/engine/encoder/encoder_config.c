/* What a Hugging Face directory's config.json says of its model. */
#include "engine/encoder/encoder.h"

#include "base/error.h"
#include "base/small_file.h"

#include <stdio.h>
#include <string.h>

enum {
    JSON_FILE_MAX = 64 << 20, /* an index of shards may be long */
    POSITIONS_MAX = 1 << 20,
    VOCABULARY_MAX = 1 << 24,
    LABELS_MAX = 1 << 16,
};

int encoder_json_read(const char *directory, const char *name, json_t **ret_value,
                      struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, JSON_FILE_MAX);
    int rc = hearth_small_file_read_in(directory, name, &text, error);
    if (rc == HEARTH_ETOOLARGE)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s is too large", name);
    json_t *value = rc ? NULL : hearth_json_parse(text.bytes ? text.bytes : "", text.length, error);
    hearth_buf_finish(&text);
    if (!rc && !value) {
        hearth_error_prefix(error, "%s", name);
        rc = HEARTH_EMODEL;
        if (error)
            error->code = rc;
    }
    if (!rc)
        *ret_value = value;
    return rc;
}

int encoder_json_read_optional(const char *directory, const char *name, json_t **ret_value,
                               struct hearth_error *error)
{
    int rc = encoder_json_read(directory, name, ret_value, error);
    return rc == HEARTH_ENOTFOUND ? 0 : rc;
}

struct reader {
    const json_t *config;
    struct hearth_error *error;
    int rc;
};

/* The first of the keys that is there, within [1, most]; `fallback` 0: it must be there. */
static size_t number(struct reader *reader, const char *key, const char *other, size_t fallback,
                     size_t most)
{
    const json_t *value = json_object_get(reader->config, key);
    if (!value && other)
        value = json_object_get(reader->config, other);
    if ((!value || json_is_null(value)) && fallback)
        return fallback;
    if (json_is_integer(value) && json_integer_value(value) >= 1 &&
        json_integer_value(value) <= (json_int_t)most)
        return (size_t)json_integer_value(value);
    if (!reader->rc)
        reader->rc = hearth_error_set(reader->error, HEARTH_EMODEL,
                                      "config.json: %s must be a number from 1 to %zu", key, most);
    return 1;
}

static const struct {
    const char *model_type;
    enum encoder_architecture architecture;
} model_types[] = {
    {"bert", ENCODER_BERT},
    {"roberta", ENCODER_ROBERTA},
    {"xlm-roberta", ENCODER_ROBERTA},
    {"camembert", ENCODER_ROBERTA},
    {"distilbert", ENCODER_DISTILBERT},
    {"mpnet", ENCODER_MPNET},
    {"nomic_bert", ENCODER_NOMIC},
    {"modernbert", ENCODER_MODERNBERT},
};

static const struct {
    const char *name;
    enum hearth_activation activation;
} activations[] = {
    {"gelu", HEARTH_ACTIVATION_GELU},           {"gelu_python", HEARTH_ACTIVATION_GELU},
    {"gelu_new", HEARTH_ACTIVATION_GELU_TANH},  {"gelu_pytorch_tanh", HEARTH_ACTIVATION_GELU_TANH},
    {"gelu_fast", HEARTH_ACTIVATION_GELU_TANH}, {"relu", HEARTH_ACTIVATION_RELU},
    {"silu", HEARTH_ACTIVATION_SILU},           {"swish", HEARTH_ACTIVATION_SILU},
    {"swiglu", HEARTH_ACTIVATION_SILU},         {"geglu", HEARTH_ACTIVATION_GELU},
    {"tanh", HEARTH_ACTIVATION_TANH},
};

static enum hearth_activation activation_of(struct reader *reader, const char *key)
{
    const char *name = hearth_json_text(reader->config, key, NULL);
    if (!name)
        name = hearth_json_text(reader->config, "hidden_act", "gelu");
    for (size_t i = 0; i < sizeof(activations) / sizeof(activations[0]); i++)
        if (strcmp(name, activations[i].name) == 0)
            return activations[i].activation;
    if (!reader->rc)
        reader->rc = hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                      "config.json: activation \"%.40s\" is not known here", name);
    return HEARTH_ACTIVATION_NONE;
}

/* A quarter of the buckets has one distance each, another quarter shares those up to 128. */
static void read_buckets(struct reader *reader, struct encoder_config *config)
{
    enum { LEAST = 4, MOST = 4 * 128 - 1 };
    config->relative_buckets = number(reader, "relative_attention_num_buckets", NULL, 32, MOST);
    if (config->relative_buckets < LEAST && !reader->rc)
        reader->rc = hearth_error_set(reader->error, HEARTH_EMODEL,
                                      "config.json: relative_attention_num_buckets must be a "
                                      "number from %d to %d",
                                      LEAST, MOST);
}

static void read_bert(struct reader *reader, struct encoder_config *config)
{
    config->hidden = number(reader, "hidden_size", NULL, 0, ENCODER_WIDTH_MAX);
    config->layers = number(reader, "num_hidden_layers", NULL, 0, ENCODER_LAYERS_MAX);
    config->heads = number(reader, "num_attention_heads", NULL, 0, ENCODER_WIDTH_MAX);
    config->intermediate = number(reader, "intermediate_size", NULL, 0, ENCODER_WIDTH_MAX);
    config->positions = number(reader, "max_position_embeddings", NULL, 512, POSITIONS_MAX);
    config->epsilon = (float)hearth_json_number(reader->config, "layer_norm_eps", 1e-12);
    config->activation = activation_of(reader, "hidden_act");
    const char *kind = hearth_json_text(reader->config, "position_embedding_type", "absolute");
    if (strcmp(kind, "absolute") != 0 && !reader->rc)
        reader->rc = hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                      "config.json: position_embedding_type \"%.40s\"", kind);
    if (config->architecture == ENCODER_MPNET)
        read_buckets(reader, config);
    else
        config->types = number(reader, "type_vocab_size", NULL, 2, 1 << 12);
    if (config->architecture != ENCODER_BERT)
        config->position_offset =
            (size_t)hearth_json_integer(reader->config, "pad_token_id", 1) + 1;
}

static void read_distilbert(struct reader *reader, struct encoder_config *config)
{
    config->hidden = number(reader, "dim", NULL, 0, ENCODER_WIDTH_MAX);
    config->layers = number(reader, "n_layers", NULL, 0, ENCODER_LAYERS_MAX);
    config->heads = number(reader, "n_heads", NULL, 0, ENCODER_WIDTH_MAX);
    config->intermediate = number(reader, "hidden_dim", NULL, 0, ENCODER_WIDTH_MAX);
    config->positions = number(reader, "max_position_embeddings", NULL, 512, POSITIONS_MAX);
    config->epsilon = 1e-12f;
    config->activation = activation_of(reader, "activation");
}

/* The base of rotary positions: a key of its own, or within rope_parameters as transformers 5
 * writes them, there maybe once for each kind of layer. */
static float rope_base(const json_t *config, const char *key, const char *kind, double fallback)
{
    const json_t *parameters = json_object_get(config, "rope_parameters");
    if (json_object_get(parameters, kind))
        parameters = json_object_get(parameters, kind);
    return (float)hearth_json_number(config, key,
                                     hearth_json_number(parameters, "rope_theta", fallback));
}

static void read_nomic(struct reader *reader, struct encoder_config *config)
{
    config->hidden = number(reader, "n_embd", "hidden_size", 0, ENCODER_WIDTH_MAX);
    config->layers = number(reader, "n_layer", "num_hidden_layers", 0, ENCODER_LAYERS_MAX);
    config->heads = number(reader, "n_head", "num_attention_heads", 0, ENCODER_WIDTH_MAX);
    config->intermediate = number(reader, "n_inner", "intermediate_size", 0, ENCODER_WIDTH_MAX);
    config->positions = number(reader, "n_positions", "max_position_embeddings", 0, POSITIONS_MAX);
    config->types = number(reader, "type_vocab_size", NULL, 2, 1 << 12);
    config->epsilon = (float)hearth_json_number(reader->config, "layer_norm_epsilon", 1e-12);
    config->activation = activation_of(reader, "activation_function");
    config->gated = true;
    config->rotary = true;
    config->rope_base = rope_base(reader->config, "rotary_emb_base", "", 1000);
    const struct {
        const char *key;
        bool wanted;
    } fixed[] = {{"prenorm", false}, {"rotary_emb_interleaved", false}, {"use_rms_norm", false}};
    for (size_t i = 0; i < 3 && !reader->rc; i++)
        if (hearth_json_truth(reader->config, fixed[i].key, false) != fixed[i].wanted)
            reader->rc = hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                          "config.json: %s is not known here", fixed[i].key);
    if (hearth_json_number(reader->config, "rotary_emb_fraction", 1) != 1 && !reader->rc)
        reader->rc = hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                      "config.json: rotary_emb_fraction other than 1");
}

/* Where the kinds of layers are listed, they must be the pattern that global_attn_every_n_layers
 * says. */
static void check_layer_types(struct reader *reader, const struct encoder_config *config)
{
    const json_t *types = json_object_get(reader->config, "layer_types");
    for (size_t i = 0; i < json_array_size(types) && !reader->rc; i++) {
        const json_t *type = json_array_get(types, i);
        bool full = json_is_string(type) && strcmp(json_string_value(type), "full_attention") == 0;
        if (full != (i % config->global_every == 0))
            reader->rc = hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                          "config.json: layer_types is no regular pattern");
    }
}

static void read_modernbert(struct reader *reader, struct encoder_config *config)
{
    read_bert(reader, config);
    config->types = 0;
    config->position_offset = 0;
    config->epsilon = (float)hearth_json_number(reader->config, "norm_eps", 1e-5);
    config->activation = activation_of(reader, "hidden_activation");
    config->gated = true;
    config->pre_norm = true;
    config->rotary = true;
    config->rope_base = rope_base(reader->config, "global_rope_theta", "full_attention", 160000);
    config->rope_base_local =
        rope_base(reader->config, "local_rope_theta", "sliding_attention", 10000);
    config->global_every = number(reader, "global_attn_every_n_layers", NULL, 3, 1 << 10);
    config->window = number(reader, "local_attention", NULL, 128, POSITIONS_MAX) / 2;
    check_layer_types(reader, config);
}

static void read_label_names(const json_t *json, struct encoder_config *config)
{
    const json_t *by_id = json_object_get(json, "id2label");
    const char *problem = hearth_json_text(json, "problem_type", "");
    json_t *names = json_array();
    struct hearth_buf text;
    config->labels_independent = strcmp(problem, "multi_label_classification") == 0;
    for (size_t i = 0; i < json_object_size(by_id); i++) {
        char id[24];
        snprintf(id, sizeof(id), "%zu", i);
        json_array_append_new(names, json_string(hearth_json_text(by_id, id, id)));
    }
    hearth_buf_init(&text, sizeof(config->labels_json) - 1);
    if (json_array_size(names) && !hearth_json_dump(&text, names)) {
        memcpy(config->labels_json, text.bytes, text.length);
        config->labels_json[text.length] = '\0';
    }
    hearth_buf_finish(&text);
    json_decref(names);
}

static int read_labels(struct reader *reader, struct encoder_config *config)
{
    const json_t *first = json_array_get(json_object_get(reader->config, "architectures"), 0);
    const char *class = json_is_string(first) ? json_string_value(first) : "";
    if (!strstr(class, "ForSequenceClassification"))
        return 0;
    size_t named = json_object_size(json_object_get(reader->config, "id2label"));
    config->labels = named ? named : number(reader, "num_labels", NULL, 2, LABELS_MAX);
    if (config->labels <= LABELS_MAX)
        read_label_names(reader->config, config);
    if (config->architecture == ENCODER_NOMIC)
        return hearth_error_set(reader->error, HEARTH_ENOTIMPL,
                                "config.json: classification with NomicBERT");
    config->pooling = POOL_CLS;
    const char *pooling = hearth_json_text(reader->config, "classifier_pooling", "cls");
    if (config->architecture == ENCODER_MODERNBERT && strcmp(pooling, "mean") == 0)
        config->pooling = POOL_MEAN;
    return config->labels <= LABELS_MAX
               ? 0
               : hearth_error_set(reader->error, HEARTH_EMODEL, "config.json: too many labels");
}

static int read_config_json(const json_t *json, struct encoder_config *config,
                            struct hearth_error *error)
{
    struct reader reader = {.config = json, .error = error};
    const char *type = hearth_json_text(json, "model_type", "");
    size_t i = 0, count = sizeof(model_types) / sizeof(model_types[0]);
    while (i < count && strcmp(type, model_types[i].model_type) != 0)
        i++;
    if (i == count)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "config.json: model_type \"%.60s\" is no encoder known here", type);
    snprintf(config->name, sizeof(config->name), "%s", type);
    config->architecture = model_types[i].architecture;
    config->vocabulary = number(&reader, "vocab_size", NULL, 0, VOCABULARY_MAX);
    switch (config->architecture) {
    case ENCODER_DISTILBERT:
        read_distilbert(&reader, config);
        break;
    case ENCODER_NOMIC:
        read_nomic(&reader, config);
        break;
    case ENCODER_MODERNBERT:
        read_modernbert(&reader, config);
        break;
    default:
        read_bert(&reader, config);
    }
    if (reader.rc)
        return reader.rc;
    if (config->hidden % config->heads || (config->hidden / config->heads) % 2)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "config.json: %zu heads do not share a width of %zu evenly",
                                config->heads, config->hidden);
    if (config->position_offset >= config->positions)
        return hearth_error_set(error, HEARTH_EMODEL, "config.json: no positions are left");
    config->head_dim = config->hidden / config->heads;
    config->tokens_max = config->positions - config->position_offset;
    return read_labels(&reader, config);
}

int encoder_config_read(const char *directory, struct encoder_config *ret_config,
                        struct hearth_error *error)
{
    struct encoder_config config = {.pooling = POOL_MEAN, .pools_prompt = true};
    json_t *json = NULL;
    int rc = encoder_json_read(directory, "config.json", &json, error);
    if (!rc)
        rc = read_config_json(json, &config, error);
    json_decref(json);
    if (!rc)
        rc = encoder_modules_read(directory, &config, error);
    if (!rc)
        *ret_config = config;
    return rc;
}
