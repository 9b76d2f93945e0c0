/* Binding the tensors of a directory to the structures of encoder.h. */
#include "engine/encoder/encoder_names.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What is being bound, with everything that the steps below share. */
struct binding {
    struct encoder_model *model;
    const struct encoder_names *names;
    const char *prefix;
    struct hearth_error *error;
    bool biased; /* what is bound next must have a bias */
    int rc;      /* the first fault; the rest does nothing then */
};

static int fail(struct binding *binding, const char *name, const char *what)
{
    if (!binding->rc)
        binding->rc =
            hearth_error_set(binding->error, HEARTH_EMODEL, "tensor \"%s\": %s", name, what);
    return binding->rc;
}

/* In whatever shard it lies. */
static const struct hearth_tensor *find(const struct binding *binding, const char *name)
{
    for (size_t i = 0; i < binding->model->shard_count; i++) {
        const struct hearth_tensor *tensor =
            hearth_safetensors_find(binding->model->shards[i], name);
        if (tensor)
            return tensor;
    }
    return NULL;
}

/* "<prefix><name>.<suffix>"; heads stand without the prefix too. */
static const struct hearth_tensor *lookup(const struct binding *binding, const char *name,
                                          const char *suffix, char full[256])
{
    snprintf(full, 256, "%s%s.%s", binding->prefix, name, suffix);
    const struct hearth_tensor *tensor = find(binding, full);
    if (!tensor && *binding->prefix) {
        char bare[256];
        snprintf(bare, sizeof(bare), "%s.%s", name, suffix);
        tensor = find(binding, bare);
    }
    return tensor;
}

/* The tensor of this shape: [rows, columns], or a vector of `rows` when `columns` is 0. Whatever
 * else the file says there is a fault, because the kernels read as many numbers as config.json
 * promises. */
static const struct hearth_tensor *want(struct binding *binding, const char *name,
                                        const char *suffix, size_t rows, size_t columns)
{
    char full[256];
    const struct hearth_tensor *tensor = lookup(binding, name, suffix, full);
    if (!tensor) {
        fail(binding, full, "is missing");
        return NULL;
    }
    bool matches =
        columns ? tensor->dim_count == 2 && tensor->dims[0] == rows && tensor->dims[1] == columns
                : tensor->dim_count == 1 && tensor->dims[0] == rows;
    if (!matches) {
        fail(binding, full, "its shape is not what config.json says");
        return NULL;
    }
    return tensor;
}

/* Converts one number of it: cheap, and it is the converter itself that says which types there are.
 */
static void check_type(struct binding *binding, const struct hearth_tensor *tensor)
{
    float probe;
    struct hearth_tensor first = *tensor;
    first.length = tensor->element_count ? tensor->length / tensor->element_count : 0;
    first.element_count = tensor->element_count ? 1 : 0;
    if (!binding->rc)
        binding->rc = hearth_tensor_to_f32(&first, &probe, binding->error);
}

/* A model without kernels is only looked at. */
static bool only_checks(const struct binding *binding)
{
    return !binding->model->kernels;
}

/* A heap copy as f32, or NULL after a fault and where the model is only looked at. */
static float *copy(struct binding *binding, const struct hearth_tensor *tensor)
{
    if (!tensor || binding->rc)
        return NULL;
    if (only_checks(binding)) {
        check_type(binding, tensor);
        return NULL;
    }
    float *values = hearth_try_calloc(tensor->element_count, sizeof(*values));
    if (!values)
        binding->rc = hearth_error_set(binding->error, HEARTH_ENOMEM,
                                       "tensor \"%s\": there is not enough memory", tensor->name);
    else if ((binding->rc = hearth_tensor_to_f32(tensor, values, binding->error))) {
        hearth_free(values);
        values = NULL;
    }
    return values;
}

/* The format is one of our own names, but a compiler cannot check it, so the hole is filled by
 * hand. */
static void in_layer(char name[256], const char *format, size_t layer)
{
    const char *hole = strstr(format, "%zu");
    if (hole)
        snprintf(name, 256, "%.*s%zu%s", (int)(hole - format), format, layer, hole + 3);
    else
        snprintf(name, 256, "%s", format);
}

/* `optional`: a model that leaves the norm out means the identity. */
static void bind_norm(struct binding *binding, const char *format, size_t layer, bool optional,
                      struct encoder_norm *norm)
{
    char name[256], full[256];
    size_t width = binding->model->config.hidden;
    if (!format || binding->rc)
        return;
    in_layer(name, format, layer);
    /* Models that were converted from TensorFlow call a norm's weight gamma and its bias beta. */
    bool old = !lookup(binding, name, "weight", full) && lookup(binding, name, "gamma", full);
    if (optional && !old && !lookup(binding, name, "weight", full))
        return;
    norm->weight = copy(binding, want(binding, name, old ? "gamma" : "weight", width, 0));
    if (binding->biased || lookup(binding, name, old ? "beta" : "bias", full))
        norm->bias = copy(binding, want(binding, name, old ? "beta" : "bias", width, 0));
}

static struct hearth_linear *bind_linear(struct binding *binding, const char *const *formats,
                                         size_t parts, size_t layer, size_t out, size_t in,
                                         enum hearth_precision precision)
{
    float *weights[3] = {0}, *biases[3] = {0};
    char name[256], full[256];
    /* The parts become one matrix, one below the other, so that query, key and value are one
     * product. */
    for (size_t i = 0; i < parts && !binding->rc; i++) {
        in_layer(name, formats[i], layer);
        weights[i] = copy(binding, want(binding, name, "weight", out, in));
        if (!binding->rc && (binding->biased || lookup(binding, name, "bias", full)))
            biases[i] = copy(binding, want(binding, name, "bias", out, 0));
    }
    struct hearth_linear *linear = NULL;
    if (!binding->rc && !only_checks(binding)) {
        linear =
            hearth_linear_create(binding->model->kernels, precision, (const float *const *)weights,
                                 (const float *const *)biases, parts, out, in);
        if (!linear)
            binding->rc = hearth_error_set(binding->error, HEARTH_ENOMEM,
                                           "there is not enough memory for \"%s\"", name);
    }
    for (size_t i = 0; i < parts; i++) {
        hearth_free(weights[i]);
        hearth_free(biases[i]);
    }
    return linear;
}

/* Tables are not copied: a text needs a few rows of thousands, and the kernel keeps what is used.
 */
static void bind_table(struct binding *binding, const char *name, size_t rows, size_t width,
                       struct encoder_table *table)
{
    if (!name || binding->rc)
        return;
    const struct hearth_tensor *tensor = want(binding, name, "weight", rows, width);
    if (!tensor)
        return;
    check_type(binding, tensor);
    *table = (struct encoder_table){.tensor = tensor, .rows = rows, .width = width};
}

static void bind_layer(struct binding *binding, size_t index)
{
    const struct encoder_config *config = &binding->model->config;
    const struct encoder_body_names *names = binding->names->body;
    enum hearth_precision precision = binding->model->precision;
    struct encoder_layer *layer = &binding->model->layer[index];
    size_t hidden = config->hidden, deep = config->intermediate;
    /* fused: query, key and value are one matrix in the file; split: gate and value are two. */
    bool fused = !names->qkv[1], split = names->up[1] != NULL;
    binding->biased = config->attention_bias;
    layer->qkv = bind_linear(binding, names->qkv, fused ? 1 : 3, index, fused ? 3 * hidden : hidden,
                             hidden, precision);
    layer->out = bind_linear(binding, &names->out, 1, index, hidden, hidden, precision);
    binding->biased = config->mlp_bias;
    layer->up = bind_linear(binding, names->up, split ? 2 : 1, index,
                            config->gated && !split ? 2 * deep : deep, hidden, precision);
    layer->down = bind_linear(binding, &names->down, 1, index, hidden, deep, precision);
    binding->biased = config->norm_bias;
    /* ModernBERT's first layer takes the embedding norm's result as it is. */
    bind_norm(binding, names->attention_norm, index, config->pre_norm && index == 0,
              &layer->attention_norm);
    bind_norm(binding, names->mlp_norm, index, false, &layer->mlp_norm);
}

/* A few rows for each text, so it stays in f32 whatever the layers are in. */
static void bind_head(struct binding *binding)
{
    struct encoder_model *model = binding->model;
    const struct encoder_names *names = binding->names;
    size_t hidden = model->config.hidden;
    char full[256];
    if (!model->config.labels)
        return;
    binding->biased = false;
    /* Some models have a classifier right on the pooled token. */
    if (names->head && lookup(binding, names->head, "weight", full)) {
        model->head =
            bind_linear(binding, &names->head, 1, 0, hidden, hidden, HEARTH_PRECISION_F32);
        model->head_activation = names->head_activation;
        bind_norm(binding, names->head_norm, 0, true, &model->head_norm);
    }
    model->classifier = bind_linear(binding, &names->classifier, 1, 0, model->config.labels, hidden,
                                    HEARTH_PRECISION_F32);
}

/* Which of the prefixes this file has is told by its word embeddings; when none fits the last one
 * is named in the error. */
static void choose_prefix(struct binding *binding)
{
    char full[256];
    for (size_t i = 0; i < 3 && binding->names->prefixes[i]; i++) {
        binding->prefix = binding->names->prefixes[i];
        snprintf(full, sizeof(full), "%s%s.weight", binding->prefix, binding->names->body->words);
        if (find(binding, full))
            return;
    }
}

static int bind_all(struct encoder_model *model, struct hearth_load_progress *progress,
                    struct hearth_error *error)
{
    const struct encoder_config *config = &model->config;
    struct binding binding = {.model = model,
                              .names = encoder_names_of(config->architecture),
                              .prefix = "",
                              .error = error};
    const struct encoder_body_names *names = binding.names->body;
    choose_prefix(&binding);
    bind_table(&binding, names->words, config->vocabulary, config->hidden, &model->words);
    bind_table(&binding, names->positions, config->positions, config->hidden, &model->positions);
    if (config->types)
        bind_table(&binding, names->types, config->types, config->hidden, &model->types);
    binding.biased = config->norm_bias;
    bind_norm(&binding, names->embedding_norm, 0, false, &model->embedding_norm);
    bind_norm(&binding, names->final_norm, 0, false, &model->final_norm);
    if (names->relative_bias)
        model->relative_bias = copy(&binding, want(&binding, names->relative_bias, "weight",
                                                   config->relative_buckets, config->heads));
    /* Most of a load's time goes here, so this is where progress is told and a load can be given
     * up. */
    for (size_t i = 0; i < config->layers && !binding.rc; i++) {
        bind_layer(&binding, i);
        if (progress && !progress->report(progress, (float)(i + 1) / (float)config->layers))
            return hearth_error_set(error, HEARTH_ECANCELED, "loading was stopped");
    }
    bind_head(&binding);
    return binding.rc;
}

/* Files: model.safetensors, or the shards that model.safetensors.index.json names. */

/* `name` is the file's within the model: errors tell nothing of where that lies. */
static int open_weights_file(const char *path, const char *name,
                             struct hearth_safetensors **ret_file, struct hearth_error *error)
{
    int rc = hearth_safetensors_open(path, ret_file, error);
    if (rc && rc != HEARTH_EMODEL && rc != HEARTH_ENOMEM)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s %s", name,
                              rc == HEARTH_ENOTFOUND ? "is missing" : "cannot be read");
    return rc;
}

static int open_shard(struct encoder_model *model, const char *directory, const char *name,
                      struct hearth_error *error)
{
    char path[PATH_MAX];
    if (model->shard_count == ENCODER_SHARDS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "more than %d shards", ENCODER_SHARDS_MAX);
    /* The index comes with the model: a name must not lead out of its folder. */
    if (strchr(name, '/') || *name == '.' ||
        snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
        return hearth_error_set(error, HEARTH_EMODEL,
                                "model.safetensors.index.json: \"%.80s\" is no plain file name",
                                name);
    int rc = open_weights_file(path, name, &model->shards[model->shard_count], error);
    if (!rc)
        model->shard_count++;
    return rc;
}

static int open_shards(struct encoder_model *model, const char *directory, json_t *index,
                       struct hearth_error *error)
{
    json_t *map = json_object_get(index, "weight_map"), *file;
    const char *tensor, **names;
    size_t count = 0;
    if (!json_is_object(map) || json_object_size(map) == 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the index has no weight_map");
    names = hearth_calloc(json_object_size(map), sizeof(*names));
    json_object_foreach(map, tensor, file) if (json_is_string(file)) names[count++] =
        json_string_value(file);
    /* Every tensor names its file, so each file stands there hundreds of times: sorted, the same
     * ones are neighbours. */
    qsort(names, count, sizeof(*names), hearth_text_order);
    int rc = count ? 0 : hearth_error_set(error, HEARTH_EMODEL, "the index names no files");
    for (size_t i = 0; i < count && !rc; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            rc = open_shard(model, directory, names[i], error);
    hearth_free(names);
    return rc;
}

/* An index is asked for first: a directory may also hold an older single file. */
static int open_weights(struct encoder_model *model, const char *directory,
                        struct hearth_error *error)
{
    json_t *index = NULL;
    int rc = encoder_json_read_optional(directory, "model.safetensors.index.json", &index, error);
    if (!rc && !index)
        rc = open_shard(model, directory, "model.safetensors", error);
    else if (!rc)
        rc = open_shards(model, directory, index, error);
    json_decref(index);
    return rc;
}

static int bind_dense(struct encoder_model *model, const char *directory, size_t number,
                      const struct encoder_dense_config *dense, struct hearth_error *error)
{
    char path[PATH_MAX], name_in[160];
    struct hearth_safetensors *file;
    snprintf(name_in, sizeof(name_in), "%s/model.safetensors", dense->path);
    if (snprintf(path, sizeof(path), "%s/%s", directory, name_in) >= (int)sizeof(path))
        return hearth_error_set(error, HEARTH_EMODEL, "a module's path is too long");
    int rc = open_weights_file(path, name_in, &file, error);
    if (rc)
        return rc;
    /* A module's weights are a file of their own, which is bound as if it were a model of one
     * layer. */
    struct encoder_model part = {
        .config = model->config, .kernels = model->kernels, .shards = {file}, .shard_count = 1};
    struct binding binding = {.model = &part, .prefix = "", .error = error};
    static const char *const name = "linear";
    model->dense[number] = (struct encoder_dense){
        .linear = bind_linear(&binding, &name, 1, 0, dense->out, dense->in, HEARTH_PRECISION_F32),
        .in = dense->in,
        .out = dense->out,
        .activation = dense->activation,
    };
    model->dense_count = number + 1;
    /* Its weights are packed copies by now. */
    hearth_safetensors_close(file);
    return binding.rc;
}

int encoder_model_load(const char *directory, const struct encoder_config *config,
                       const struct hearth_kernels *kernels, enum hearth_precision precision,
                       struct hearth_load_progress *progress, struct encoder_model **ret_model,
                       struct hearth_error *error)
{
    struct encoder_model *model = hearth_calloc(1, sizeof(*model));
    model->config = *config;
    model->kernels = kernels;
    model->precision = precision;
    /* From here on destroy can clean up whatever was bound before a fault. */
    model->layer = hearth_calloc(config->layers, sizeof(*model->layer));
    int rc = open_weights(model, directory, error);
    if (!rc)
        rc = bind_all(model, progress, error);
    for (size_t i = 0; i < config->dense_count && !rc; i++)
        rc = bind_dense(model, directory, i, &config->dense[i], error);
    if (rc) {
        encoder_model_destroy(model);
        return rc;
    }
    /* Weights are packed copies by now: the file's pages may go; tables come back from it when they
     * are read. */
    for (size_t i = 0; i < model->shard_count; i++)
        hearth_safetensors_release(model->shards[i]);
    *ret_model = model;
    return 0;
}

/* Loading without kernels: the same code says what is missing, and copies nothing. */
int encoder_model_check(const char *directory, const struct encoder_config *config,
                        struct hearth_error *error)
{
    struct encoder_model *model = NULL;
    int rc = encoder_model_load(directory, config, NULL, HEARTH_PRECISION_F32, NULL, &model, error);
    if (!rc)
        encoder_model_destroy(model);
    return rc;
}

static void norm_finish(struct encoder_norm *norm)
{
    hearth_free(norm->weight);
    hearth_free(norm->bias);
}

void encoder_model_destroy(struct encoder_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->config.layers; i++) {
        struct encoder_layer *layer = &model->layer[i];
        hearth_linear_destroy(layer->qkv);
        hearth_linear_destroy(layer->out);
        hearth_linear_destroy(layer->up);
        hearth_linear_destroy(layer->down);
        norm_finish(&layer->attention_norm);
        norm_finish(&layer->mlp_norm);
    }
    for (size_t i = 0; i < model->dense_count; i++)
        hearth_linear_destroy(model->dense[i].linear);
    hearth_linear_destroy(model->head);
    hearth_linear_destroy(model->classifier);
    norm_finish(&model->embedding_norm);
    norm_finish(&model->final_norm);
    norm_finish(&model->head_norm);
    for (size_t i = 0; i < model->shard_count; i++)
        hearth_safetensors_close(model->shards[i]);
    hearth_free(model->relative_bias);
    hearth_free(model->layer);
    hearth_free(model);
}
