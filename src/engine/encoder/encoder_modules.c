/* What the files of sentence-transformers beside config.json say: modules.json with its Pooling,
 * Dense and Normalize modules, and sentence_bert_config.json. */
#include "engine/encoder/encoder_reader.h"

#include "base/error.h"
#include "engine/encoder/encoder.h"

#include <stdio.h>
#include <string.h>

/* Models have three or four. */
enum { MODULES_MAX = 16 };

struct modules {
    const char *directory;
    struct encoder_config *config;
    struct hearth_error *error;
    bool has_transformer, has_pooling;
};

/* Pooling
 * ------- */

/* In the order in which the older form's vectors stand one behind the other. */
static const struct {
    const char *name, *old_key;
    enum encoder_pooling pooling;
} poolings[] = {
    {"cls", "pooling_mode_cls_token", POOL_CLS},
    {"max", "pooling_mode_max_tokens", POOL_MAX},
    {"mean", "pooling_mode_mean_tokens", POOL_MEAN},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", POOL_MEAN_SQRT},
    {"weightedmean", "pooling_mode_weightedmean_tokens", POOL_WEIGHTED_MEAN},
    {"lasttoken", "pooling_mode_lasttoken", POOL_LAST},
};
enum { POOLING_COUNT = sizeof(poolings) / sizeof(poolings[0]) };

/* A name that nobody knows may be a pooling of a later version (not here); no name at all is a
 * broken file. */
static void add_pooling(struct encoder_reader *reader, const json_t *name,
                        struct encoder_config *config)
{
    const char *text = json_is_string(name) ? json_string_value(name) : "";
    size_t i = 0;
    while (i < POOLING_COUNT && strcmp(text, poolings[i].name) != 0)
        i++;
    if (i == POOLING_COUNT)
        encoder_read_fault(reader, json_is_string(name) ? HEARTH_ENOTIMPL : HEARTH_EMODEL,
                           "pooling_mode \"%.60s\" is not known here", text);
    else if (config->pooling_count == ENCODER_POOLINGS_MAX)
        encoder_read_fault(reader, HEARTH_EMODEL, "more than %d poolings", ENCODER_POOLINGS_MAX);
    else
        config->poolings[config->pooling_count++] = poolings[i].pooling;
}

static void read_old_poolings(struct encoder_reader *reader, struct encoder_config *config)
{
    for (size_t i = 0; i < POOLING_COUNT; i++)
        if (encoder_read_truth(reader, poolings[i].old_key, false))
            config->poolings[config->pooling_count++] = poolings[i].pooling;
}

/* Its mode is a name or a list of names (since 5.x), or a truth for each (before); else the mean.
 */
static void read_pooling(struct encoder_reader *reader, struct encoder_config *config)
{
    const json_t *mode = json_object_get(reader->object, "pooling_mode");
    config->pooling_count = 0;
    if (json_is_array(mode))
        for (size_t i = 0; i < json_array_size(mode) && !reader->rc; i++)
            add_pooling(reader, json_array_get(mode, i), config);
    else if (mode)
        add_pooling(reader, mode, config);
    else
        read_old_poolings(reader, config);
    if (!config->pooling_count)
        config->poolings[config->pooling_count++] = POOL_MEAN;
    config->pools_prompt = encoder_read_truth(reader, "include_prompt", true);
}

/* Dense
 * ----- */

static const struct {
    const char *name;
    enum hearth_activation activation;
} activations[] = {
    {"torch.nn.modules.linear.Identity", HEARTH_ACTIVATION_NONE},
    {"torch.nn.modules.activation.Tanh", HEARTH_ACTIVATION_TANH},
    {"torch.nn.modules.activation.GELU", HEARTH_ACTIVATION_GELU},
    {"torch.nn.modules.activation.ReLU", HEARTH_ACTIVATION_RELU},
    {"torch.nn.modules.activation.SiLU", HEARTH_ACTIVATION_SILU},
};

static enum hearth_activation read_activation(struct encoder_reader *reader)
{
    const char *name =
        encoder_read_text(reader, "activation_function", "torch.nn.modules.activation.Tanh");
    for (size_t i = 0; i < sizeof(activations) / sizeof(activations[0]); i++)
        if (strcmp(name, activations[i].name) == 0)
            return activations[i].activation;
    encoder_read_fault(reader, HEARTH_ENOTIMPL, "activation_function \"%.80s\" is not known here",
                       name);
    return HEARTH_ACTIVATION_NONE;
}

static void read_dense(struct encoder_reader *reader, const char *path,
                       struct encoder_config *config)
{
    struct encoder_dense_config *dense = &config->dense[config->dense_count];
    /* What the modules before this one give. */
    size_t expected = encoder_embedding_width(config);
    if (config->dense_count == ENCODER_DENSE_MAX) {
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "more than %d Dense modules",
                           ENCODER_DENSE_MAX);
        return;
    }
    snprintf(dense->path, sizeof(dense->path), "%s", path);
    dense->in = encoder_read_count(reader, "in_features", NULL, 0,
                                   ENCODER_WIDTH_MAX * ENCODER_POOLINGS_MAX);
    dense->out = encoder_read_count(reader, "out_features", NULL, 0, ENCODER_WIDTH_MAX);
    dense->activation = read_activation(reader);
    if (dense->in != expected)
        encoder_read_fault(reader, HEARTH_EMODEL,
                           "in_features is %zu, what comes to it has %zu numbers", dense->in,
                           expected);
    if (encoder_read_truth(reader, "use_residual", false))
        encoder_read_fault(reader, HEARTH_ENOTIMPL, "use_residual is not known here");
    config->dense_count++;
}

/* Modules
 * ------- */

/* Pooled vectors are all that modules work on here. */
static void check_names(struct encoder_reader *reader)
{
    static const char *const keys[] = {"module_input_name", "module_output_name"};
    for (size_t i = 0; i < 2; i++) {
        const char *name = encoder_read_text(reader, keys[i], "sentence_embedding");
        if (strcmp(name, "sentence_embedding") != 0)
            encoder_read_fault(reader, HEARTH_ENOTIMPL, "%s \"%.60s\" is not known here", keys[i],
                               name);
    }
}

/* It becomes a part of a path below the model's folder and must not lead out of there. */
static bool path_is_plain(const char *path)
{
    return *path && strlen(path) < 100 && *path != '/' && !strstr(path, "..");
}

static int read_config(struct modules *modules, const char *kind, const char *path)
{
    char name[128];
    json_t *json = NULL;
    if (!path_is_plain(path))
        return hearth_error_set(modules->error, HEARTH_EMODEL,
                                "modules.json: the path of a module is not allowed");
    snprintf(name, sizeof(name), "%s/config.json", path);
    /* Normalize has nothing to configure, and older versions saved no file for it. */
    bool optional = strcmp(kind, "Normalize") == 0;
    int rc = optional ? encoder_json_read_optional(modules->directory, name, &json, modules->error)
                      : encoder_json_read(modules->directory, name, &json, modules->error);
    struct encoder_reader reader = {
        .file = name, .object = json, .error = modules->error, .rc = rc};
    if (!rc) {
        check_names(&reader);
        if (strcmp(kind, "Pooling") == 0)
            read_pooling(&reader, modules->config);
        else if (!optional)
            read_dense(&reader, path, modules->config);
    }
    json_decref(json);
    return reader.rc;
}

static int refuse_module(const struct modules *modules, const char *kind, const char *where)
{
    return hearth_error_set(modules->error, HEARTH_ENOTIMPL,
                            "modules.json: a module \"%.80s\"%s is not known here", kind, where);
}

/* Transformer, Pooling, then Dense modules, then Normalize; Dropout does nothing here. */
static int read_module(struct modules *modules, const json_t *module)
{
    const char *type = hearth_json_text(module, "type", "");
    const char *path = hearth_json_text(module, "path", "");
    /* The class's own name: its package is another one in other versions. */
    const char *kind = strrchr(type, '.') ? strrchr(type, '.') + 1 : type;
    bool pooling = strcmp(kind, "Pooling") == 0, normalize = strcmp(kind, "Normalize") == 0;
    if (strncmp(type, "sentence_transformers.", 22) != 0)
        return refuse_module(modules, type, "");
    if (strcmp(kind, "Dropout") == 0)
        return 0;
    if (strcmp(kind, "Transformer") == 0) {
        if (*path || modules->has_transformer || modules->has_pooling)
            return refuse_module(modules, kind, " in a folder of its own, or behind others,");
        modules->has_transformer = true;
        return 0;
    }
    if (!pooling && !normalize && strcmp(kind, "Dense") != 0)
        return refuse_module(modules, kind, "");
    /* Exactly one Pooling, before all others but the Transformer; nothing but Normalize behind a
     * Normalize. */
    if (pooling == modules->has_pooling || (modules->config->normalize && !normalize))
        return refuse_module(modules, kind, " at this place");
    int rc = read_config(modules, kind, path);
    modules->has_pooling |= pooling;
    modules->config->normalize |= normalize;
    return rc;
}

static int read_modules(const char *directory, struct encoder_config *config,
                        struct hearth_error *error)
{
    struct modules modules = {.directory = directory, .config = config, .error = error};
    json_t *list = NULL;
    int rc = encoder_json_read_optional(directory, "modules.json", &list, error);
    if (!rc && list && (!json_is_array(list) || json_array_size(list) > MODULES_MAX))
        rc = hearth_error_set(error, HEARTH_EMODEL,
                              "modules.json must be a list of at most %d modules", MODULES_MAX);
    for (size_t i = 0; i < json_array_size(list) && !rc; i++)
        rc = read_module(&modules, json_array_get(list, i));
    json_decref(list);
    return rc;
}

/* Limits
 * ------ */

/* A file that is not there has no limit: the object is NULL then, and every key of it absent. */
static int read_limit(const char *directory, const char *file, const char *key,
                      struct encoder_config *config, bool *ret_found, struct hearth_error *error)
{
    json_t *json = NULL;
    int rc = encoder_json_read_optional(directory, file, &json, error);
    struct encoder_reader reader = {.file = file, .object = json, .error = error, .rc = rc};
    /* Tokenizers without a limit say 1e30. */
    double limit = encoder_read_real(&reader, key, 0);
    if (limit >= 1 && limit < (double)config->tokens_max)
        config->tokens_max = (size_t)limit;
    if (strcmp(key, "max_seq_length") == 0)
        config->lowers = encoder_read_truth(&reader, "do_lower_case", false);
    *ret_found = json != NULL;
    json_decref(json);
    return reader.rc;
}

/* The least of the limits that the files name. */
static int read_limits(const char *directory, struct encoder_config *config,
                       struct hearth_error *error)
{
    static const char *const files[] = {"sentence_bert_config.json", "sentence_roberta_config.json",
                                        "sentence_distilbert_config.json",
                                        "sentence_camembert_config.json",
                                        "sentence_xlm-roberta_config.json"};
    bool found = false;
    int rc = 0;
    /* The first of them that is there counts, as in sentence-transformers. */
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !found && !rc; i++)
        rc = read_limit(directory, files[i], "max_seq_length", config, &found, error);
    return rc ? rc
              : read_limit(directory, "tokenizer_config.json", "model_max_length", config, &found,
                           error);
}

int encoder_modules_read(const char *directory, struct encoder_config *config,
                         struct hearth_error *error)
{
    /* A classifier's vectors go to its head, past all modules. */
    int rc = config->labels ? 0 : read_modules(directory, config, error);
    return rc ? rc : read_limits(directory, config, error);
}
