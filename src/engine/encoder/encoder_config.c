/* What a Hugging Face directory's config.json says of its model. */
#include "engine/encoder/encoder_reader.h"

#include "base/error.h"
#include "base/small_file.h"
#include "engine/encoder/encoder.h"

#include <stdio.h>
#include <string.h>

enum {
    JSON_FILE_MAX = 64 << 20, /* an index of shards may be long */
    POSITIONS_MAX = 1 << 20,
    VOCABULARY_MAX = 1 << 24,
    LABELS_MAX = 1 << 16,
};

/* Errors name the file as the model's maker knows it, never where it lies here. */
static int read_file(const char *directory, const char *name, struct hearth_buf *text,
                     struct hearth_error *error)
{
    int rc = hearth_small_file_read_in(directory, name, text, NULL);
    const char *what = rc == HEARTH_ETOOLARGE   ? "is too large"
                       : rc == HEARTH_ENOTFOUND ? "is missing"
                                                : "cannot be read";
    if (!rc || rc == HEARTH_ENOMEM)
        return rc ? hearth_error_set(error, rc, "there is not enough memory to read %s", name) : 0;
    hearth_error_set(error, HEARTH_EMODEL, "%s %s", name, what);
    return rc == HEARTH_ENOTFOUND ? rc : HEARTH_EMODEL;
}

int encoder_json_read_optional(const char *directory, const char *name, json_t **ret_value,
                               struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, JSON_FILE_MAX);
    int rc = read_file(directory, name, &text, error);
    /* An empty file has no bytes to point at; the parser says what is wrong with it. */
    char nothing[1] = "";
    json_t *value =
        rc ? NULL : hearth_json_parse_wide(text.bytes ? text.bytes : nothing, text.length, error);
    hearth_buf_finish(&text);
    /* The parser tells line and column; the file's name is put before, and the fault is the
     * model's. */
    if (!rc && !value) {
        hearth_error_prefix(error, "%s", name);
        rc = HEARTH_EMODEL;
        if (error)
            error->code = rc;
    }
    if (!rc)
        *ret_value = value;
    return rc == HEARTH_ENOTFOUND ? 0 : rc;
}

int encoder_json_read(const char *directory, const char *name, json_t **ret_value,
                      struct hearth_error *error)
{
    json_t *value = NULL;
    int rc = encoder_json_read_optional(directory, name, &value, error);
    if (!rc && !value)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s is missing", name);
    if (!rc)
        *ret_value = value;
    return rc;
}

/* What Hugging Face calls an architecture, and which of ours computes it. */
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

/* The names of transformers' ACT2FN, and NomicBERT's of its gated ones. Several approximations go
 * by one name there, and are the same function to within float's rounding. */
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

static enum hearth_activation activation_of(struct encoder_reader *reader, const char *key)
{
    const char *name = encoder_read_text(reader, key, NULL);
    if (!name)
        name = encoder_read_text(reader, "hidden_act", "gelu");
    for (size_t i = 0; i < sizeof(activations) / sizeof(activations[0]); i++)
        if (strcmp(name, activations[i].name) == 0)
            return activations[i].activation;
    encoder_read_fault(reader, HEARTH_ENOTIMPL, "activation \"%.40s\" is not known here", name);
    return HEARTH_ACTIVATION_NONE;
}

/* Under a root with the variance: below 0 it could make that negative, and written so that NaN
 * fails as well. */
static float epsilon_of(struct encoder_reader *reader, const char *key, double fallback)
{
    double epsilon = encoder_read_real(reader, key, fallback);
    if (!(epsilon >= 0 && epsilon <= 1))
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a number from 0 to 1", key);
    return (float)epsilon;
}

/* What is off in the models that are served here. */
static void refuse_true(struct encoder_reader *reader, const char *key)
{
    if (encoder_read_truth(reader, key, false))
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "%s is not known here", key);
}

/* A quarter of the buckets has one distance each, another quarter shares those up to 128. */
static void read_buckets(struct encoder_reader *reader, struct encoder_config *config)
{
    static const char *const key = "relative_attention_num_buckets";
    enum { LEAST = 4, MOST = 4 * 128 - 1 };
    config->relative_buckets = encoder_read_count(reader, key, NULL, 32, MOST);
    if (config->relative_buckets < LEAST)
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a number from %d to %d", key, LEAST,
                           MOST);
}

/* RoBERTa's and MPNet's first token stands behind the position of their padding; of MPNet that is
 * 1, whatever its file says. */
static void read_position_offset(struct encoder_reader *reader, struct encoder_config *config)
{
    config->pad_has_no_place = true;
    config->position_offset = 2;
    if (config->architecture == ENCODER_MPNET)
        return;
    const json_t *padding = json_object_get(reader->object, "pad_token_id");
    bool given = padding && !json_is_null(padding);
    json_int_t id = given ? json_integer_value(padding) : 1;
    if (given && (!json_is_integer(padding) || id < 0 || id >= (json_int_t)config->positions - 1))
        encoder_read_fault(reader, HEARTH_EMODEL,
                           "pad_token_id must be a number that leaves some of %zu positions",
                           config->positions);
    else
        config->position_offset = (size_t)id + 1;
}

static void read_bert(struct encoder_reader *reader, struct encoder_config *config)
{
    config->hidden = encoder_read_count(reader, "hidden_size", NULL, 0, ENCODER_WIDTH_MAX);
    config->layers = encoder_read_count(reader, "num_hidden_layers", NULL, 0, ENCODER_LAYERS_MAX);
    config->heads = encoder_read_count(reader, "num_attention_heads", NULL, 0, ENCODER_WIDTH_MAX);
    config->intermediate =
        encoder_read_count(reader, "intermediate_size", NULL, 0, ENCODER_WIDTH_MAX);
    config->positions =
        encoder_read_count(reader, "max_position_embeddings", NULL, 512, POSITIONS_MAX);
    config->epsilon = epsilon_of(reader, "layer_norm_eps", 1e-12);
    config->activation = activation_of(reader, "hidden_act");
    /* BERT and its descendants have a bias everywhere: one that is missing means a broken file. */
    config->norm_bias = config->attention_bias = config->mlp_bias = true;
    const char *kind = encoder_read_text(reader, "position_embedding_type", "absolute");
    if (strcmp(kind, "absolute") != 0)
        encoder_read_fault(reader, HEARTH_ENOTIMPL,
                           "position_embedding_type \"%.40s\" is not known here", kind);
    /* MPNet has no segments, but distances. */
    if (config->architecture == ENCODER_MPNET)
        read_buckets(reader, config);
    else
        config->types = encoder_read_count(reader, "type_vocab_size", NULL, 2, 1 << 12);
    if (config->architecture == ENCODER_ROBERTA || config->architecture == ENCODER_MPNET)
        read_position_offset(reader, config);
}

/* The same model as BERT under other keys, without segments. */
static void read_distilbert(struct encoder_reader *reader, struct encoder_config *config)
{
    config->hidden = encoder_read_count(reader, "dim", NULL, 0, ENCODER_WIDTH_MAX);
    config->layers = encoder_read_count(reader, "n_layers", NULL, 0, ENCODER_LAYERS_MAX);
    config->heads = encoder_read_count(reader, "n_heads", NULL, 0, ENCODER_WIDTH_MAX);
    config->intermediate = encoder_read_count(reader, "hidden_dim", NULL, 0, ENCODER_WIDTH_MAX);
    config->positions =
        encoder_read_count(reader, "max_position_embeddings", NULL, 512, POSITIONS_MAX);
    /* Fixed in DistilBERT's code; its config.json does not name it. */
    config->epsilon = 1e-12f;
    config->activation = activation_of(reader, "activation");
    config->norm_bias = config->attention_bias = config->mlp_bias = true;
}

/* Rotary positions
 * ---------------- */

/* Positions that are stretched (linear, dynamic, yarn …) are other angles than the plain ones. */
static void check_rope(struct encoder_reader *reader, const json_t *parameters, const char *key)
{
    /* A reader of an inner object: the first fault of either is the one that counts. */
    struct encoder_reader rope = {
        .file = reader->file, .object = parameters, .error = reader->error, .rc = reader->rc};
    if (parameters && !json_is_null(parameters) && !json_is_object(parameters))
        encoder_read_fault(&rope, HEARTH_EMODEL, "%s must be an object", key);
    const char *type = encoder_read_text(&rope, "type", "default");
    type = encoder_read_text(&rope, "rope_type", type);
    if (strcmp(type, "default") != 0)
        encoder_read_fault(&rope, HEARTH_ENOTIMPL, "%s of the type \"%.40s\" is not known here",
                           key, type);
    if (encoder_read_real(&rope, "partial_rotary_factor", 1) != 1)
        encoder_read_fault(&rope, HEARTH_ENOTIMPL, "partial_rotary_factor other than 1");
    reader->rc = rope.rc;
}

/* The base of rotary positions: a key of its own, or within rope_parameters as transformers 5
 * writes them, there maybe once for each kind of layer. */
static float rope_base(struct encoder_reader *reader, const char *key, const char *kind,
                       double fallback)
{
    const json_t *parameters = json_object_get(reader->object, "rope_parameters");
    if (json_object_get(parameters, kind))
        parameters = json_object_get(parameters, kind);
    check_rope(reader, parameters, "rope_parameters");
    check_rope(reader, json_object_get(reader->object, "rope_scaling"), "rope_scaling");
    struct encoder_reader rope = {
        .file = reader->file, .object = parameters, .error = reader->error, .rc = reader->rc};
    double base = encoder_read_real(&rope, "rope_theta", fallback);
    reader->rc = rope.rc;
    base = encoder_read_real(reader, key, base);
    if (!(base > 0 && base < 1e30))
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a number over 0", key);
    return (float)base;
}

/* NomicBERT's own code stretches positions only for texts that are longer than those it was trained
 * on: up to there it is the plain model. */
static void limit_to_trained(struct encoder_reader *reader, struct encoder_config *config)
{
    size_t trained = encoder_read_count(reader, "max_trained_positions", NULL, 2048, POSITIONS_MAX);
    if (encoder_read_real(reader, "rotary_scaling_factor", 0) != 0 && trained < config->positions)
        config->positions = trained;
}

static void read_nomic(struct encoder_reader *reader, struct encoder_config *config)
{
    static const char *const unknown[] = {"prenorm", "rotary_emb_interleaved", "use_rms_norm",
                                          "causal", "parallel_block"};
    static const char *const unknown_numbers[] = {"moe_every_n_layers", "num_experts",
                                                  "rotary_emb_scale_base"};
    config->hidden = encoder_read_count(reader, "n_embd", "hidden_size", 0, ENCODER_WIDTH_MAX);
    config->layers =
        encoder_read_count(reader, "n_layer", "num_hidden_layers", 0, ENCODER_LAYERS_MAX);
    config->heads =
        encoder_read_count(reader, "n_head", "num_attention_heads", 0, ENCODER_WIDTH_MAX);
    config->intermediate =
        encoder_read_count(reader, "n_inner", "intermediate_size", 0, ENCODER_WIDTH_MAX);
    config->positions =
        encoder_read_count(reader, "n_positions", "max_position_embeddings", 0, POSITIONS_MAX);
    config->types = encoder_read_count(reader, "type_vocab_size", NULL, 2, 1 << 12);
    config->epsilon =
        epsilon_of(reader, "layer_norm_epsilon", epsilon_of(reader, "layer_norm_eps", 1e-12));
    config->activation = activation_of(reader, "activation_function");
    config->gated = true;
    config->rotary = true;
    config->norm_bias = true;
    config->attention_bias = encoder_read_truth(reader, "qkv_proj_bias", false);
    /* mlp_fc2_bias is not asked for: it would only say whether a bias may be missing, and one that
     * is there is taken. */
    config->mlp_bias = encoder_read_truth(reader, "mlp_fc1_bias", false);
    config->rope_base = rope_base(reader, "rotary_emb_base", "", 1000);
    limit_to_trained(reader, config);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        refuse_true(reader, unknown[i]);
    for (size_t i = 0; i < sizeof(unknown_numbers) / sizeof(unknown_numbers[0]); i++)
        if (encoder_read_real(reader, unknown_numbers[i], 0) != 0)
            encoder_read_fault(reader, HEARTH_ENOTIMPL, "%s is not known here", unknown_numbers[i]);
    if (encoder_read_real(reader, "rotary_emb_fraction", 1) != 1)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "rotary_emb_fraction other than 1");
}

/* Where the kinds of layers are listed, they must be the pattern that global_attn_every_n_layers
 * says. */
static void check_layer_types(struct encoder_reader *reader, const struct encoder_config *config)
{
    const json_t *types = json_object_get(reader->object, "layer_types");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *type = json_array_get(types, i);
        bool full = json_is_string(type) && strcmp(json_string_value(type), "full_attention") == 0;
        if (full != (i % config->global_every == 0))
            encoder_read_fault(reader, HEARTH_ENOTIMPL, "layer_types is no regular pattern");
    }
}

static void read_modernbert(struct encoder_reader *reader, struct encoder_config *config)
{
    read_bert(reader, config);
    /* It has no segments, though transformers writes the key for all models. */
    config->types = 0;
    config->epsilon = epsilon_of(reader, "norm_eps", 1e-5);
    config->activation = activation_of(reader, "hidden_activation");
    config->norm_bias = encoder_read_truth(reader, "norm_bias", false);
    config->attention_bias = encoder_read_truth(reader, "attention_bias", false);
    config->mlp_bias = encoder_read_truth(reader, "mlp_bias", false);
    config->gated = true;
    config->pre_norm = true;
    config->rotary = true;
    config->rope_base = rope_base(reader, "global_rope_theta", "full_attention", 160000);
    config->rope_base_local = rope_base(reader, "local_rope_theta", "sliding_attention", 10000);
    config->global_every =
        encoder_read_count(reader, "global_attn_every_n_layers", NULL, 3, 1 << 10);
    /* The file says how wide the window is; a token sees half of it to each side. */
    config->window = encoder_read_count(reader, "local_attention", NULL, 128, POSITIONS_MAX) / 2;
    if (!config->window)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "local_attention of 1 is not known here");
    check_layer_types(reader, config);
}

/* Classification
 * -------------- */

/* Only shown to people and clients, so a faulty list is no reason to refuse the model. */
static void read_label_names(const json_t *json, struct encoder_config *config)
{
    const json_t *by_id = json_object_get(json, "id2label");
    const char *problem = hearth_json_text(json, "problem_type", "");
    json_t *names = json_array();
    struct hearth_buf text;
    config->labels_independent = strcmp(problem, "multi_label_classification") == 0;
    /* Labels are keyed by their number as text and may stand in any order; one without a name is
     * called by its number. When their list has no room, there is none. */
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

static void read_modernbert_head(struct encoder_reader *reader, struct encoder_config *config)
{
    const char *pooling = encoder_read_text(reader, "classifier_pooling", "cls");
    const char *activation = encoder_read_text(reader, "classifier_activation", "gelu");
    if (strcmp(pooling, "mean") == 0)
        config->poolings[0] = POOL_MEAN;
    else if (strcmp(pooling, "cls") != 0)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "classifier_pooling \"%.40s\"", pooling);
    if (strcmp(activation, "gelu") != 0)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "classifier_activation \"%.40s\"", activation);
}

static void read_labels(struct encoder_reader *reader, struct encoder_config *config)
{
    const json_t *first = json_array_get(json_object_get(reader->object, "architectures"), 0);
    const char *class = json_is_string(first) ? json_string_value(first) : "";
    /* Only the class that the file was saved from tells whether there is a head. */
    if (!strstr(class, "ForSequenceClassification"))
        return;
    /* transformers takes the names' count, too, where they are there. */
    size_t named = json_object_size(json_object_get(reader->object, "id2label"));
    config->labels = named ? named : encoder_read_count(reader, "num_labels", NULL, 2, LABELS_MAX);
    if (config->architecture == ENCODER_NOMIC)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "classification with NomicBERT");
    if (config->labels > LABELS_MAX)
        encoder_read_fault(reader, HEARTH_EMODEL, "too many labels");
    /* A classifier's head reads the first token, whatever sentence-transformers' files say of
     * pooling. */
    config->poolings[0] = POOL_CLS;
    if (config->architecture == ENCODER_MODERNBERT)
        read_modernbert_head(reader, config);
    if (!reader->rc)
        read_label_names(reader->object, config);
}

static void check_shape(struct encoder_reader *reader, struct encoder_config *config)
{
    /* Neither is 0 here, also after a fault (encoder_reader.h). */
    config->head_dim = config->hidden / config->heads;
    if (config->hidden % config->heads)
        encoder_read_fault(reader, HEARTH_EMODEL, "%zu heads do not share a width of %zu evenly",
                           config->heads, config->hidden);
    /* Rotary positions turn pairs of numbers. */
    if (config->head_dim % 2)
        encoder_read_fault(reader, HEARTH_ENOTIMPL,
                           "%zu heads share a width of %zu, so each is %zu wide; here it must be "
                           "even",
                           config->heads, config->hidden, config->head_dim);
    if (encoder_read_count(reader, "head_dim", NULL, config->head_dim, ENCODER_WIDTH_MAX) !=
        config->head_dim)
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "head_dim other than %zu is not known here",
                           config->head_dim);
    if (config->position_offset >= config->positions)
        encoder_read_fault(reader, HEARTH_EMODEL, "no positions are left");
    /* RoBERTa's first positions are those of the padding, so a text has fewer than the table has
     * rows. */
    config->tokens_max = config->positions - config->position_offset;
}

static int read_config_json(const json_t *json, struct encoder_config *config,
                            struct hearth_error *error)
{
    struct encoder_reader reader = {.file = "config.json", .object = json, .error = error};
    const char *type = encoder_read_text(&reader, "model_type", "");
    size_t i = 0, count = sizeof(model_types) / sizeof(model_types[0]);
    while (i < count && strcmp(type, model_types[i].model_type) != 0)
        i++;
    if (i == count)
        return encoder_read_fault(&reader, HEARTH_ENOTIMPL,
                                  "model_type \"%.60s\" is no encoder known here", type);
    /* What follows reads on after a fault: the reader keeps the first one, and its stand-ins are
     * safe to compute with. */
    snprintf(config->name, sizeof(config->name), "%s", type);
    config->architecture = model_types[i].architecture;
    config->vocabulary = encoder_read_count(&reader, "vocab_size", NULL, 0, VOCABULARY_MAX);
    refuse_true(&reader, "is_decoder");
    refuse_true(&reader, "add_cross_attention");
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
    check_shape(&reader, config);
    read_labels(&reader, config);
    return reader.rc;
}

int encoder_config_read(const char *directory, struct encoder_config *ret_config,
                        struct hearth_error *error)
{
    /* What sentence-transformers does with a model that has no modules.json: the mean of all
     * tokens. `ret_config` is only written when all files have been read. */
    struct encoder_config config = {
        .poolings = {POOL_MEAN}, .pooling_count = 1, .pools_prompt = true};
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
