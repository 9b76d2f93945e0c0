/* What the files of sentence-transformers beside config.json say: modules.json with 1_Pooling and
 * Dense modules, sentence_bert_config.json, the prompts. */
#include "engine/encoder/encoder.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *key;
    enum encoder_pooling pooling;
} poolings[] = {
    {"pooling_mode_cls_token", POOL_CLS},  {"pooling_mode_mean_tokens", POOL_MEAN},
    {"pooling_mode_max_tokens", POOL_MAX}, {"pooling_mode_mean_sqrt_len_tokens", POOL_MEAN_SQRT},
    {"pooling_mode_lasttoken", POOL_LAST},
};

static int read_pooling(const json_t *json, struct encoder_config *config,
                        struct hearth_error *error)
{
    size_t chosen = 0;
    for (size_t i = 0; i < sizeof(poolings) / sizeof(poolings[0]); i++)
        if (hearth_json_truth(json, poolings[i].key, false)) {
            config->pooling = poolings[i].pooling;
            chosen++;
        }
    config->pools_prompt = hearth_json_truth(json, "include_prompt", true);
    if (chosen == 1 && !hearth_json_truth(json, "pooling_mode_weightedmean_tokens", false))
        return 0;
    return hearth_error_set(error, HEARTH_ENOTIMPL,
                            "the pooling module asks for %zu poolings that are known here", chosen);
}

static int read_dense(const json_t *json, const char *path, struct encoder_config *config,
                      struct hearth_error *error)
{
    struct encoder_dense_config *dense = &config->dense[config->dense_count];
    json_int_t in = hearth_json_integer(json, "in_features", 0);
    json_int_t out = hearth_json_integer(json, "out_features", 0);
    size_t expected =
        config->dense_count ? config->dense[config->dense_count - 1].out : config->hidden;
    if (config->dense_count == ENCODER_DENSE_MAX || in < 1 || (size_t)in != expected || out < 1 ||
        out > ENCODER_WIDTH_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "%s/config.json does not fit the model",
                                path);
    const char *function = hearth_json_text(json, "activation_function", "");
    snprintf(dense->path, sizeof(dense->path), "%s", path);
    dense->in = (size_t)in;
    dense->out = (size_t)out;
    dense->activation = strstr(function, "Tanh") ? HEARTH_ACTIVATION_TANH : HEARTH_ACTIVATION_NONE;
    if (*function && !strstr(function, "Tanh") && !strstr(function, "Identity"))
        return hearth_error_set(error, HEARTH_ENOTIMPL, "dense activation \"%.60s\"", function);
    config->dense_count++;
    return 0;
}

static bool path_is_plain(const char *path)
{
    return strlen(path) < 100 && *path != '/' && !strstr(path, "..");
}

static int read_module(const char *directory, const json_t *module, struct encoder_config *config,
                       struct hearth_error *error)
{
    const char *type = hearth_json_text(module, "type", "");
    const char *kind = strrchr(type, '.') ? strrchr(type, '.') + 1 : type;
    const char *path = hearth_json_text(module, "path", "");
    if (strcmp(kind, "Transformer") == 0)
        return 0;
    if (strcmp(kind, "Normalize") == 0) {
        config->normalize = true;
        return 0;
    }
    bool pooling = strcmp(kind, "Pooling") == 0;
    if (!pooling && strcmp(kind, "Dense") != 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "modules.json: \"%.60s\" is not known here",
                                type);
    if (!path_is_plain(path))
        return hearth_error_set(error, HEARTH_EPATH, "modules.json: a path is not allowed");
    char name[128];
    json_t *json = NULL;
    snprintf(name, sizeof(name), "%s/config.json", path);
    int rc = encoder_json_read(directory, name, &json, error);
    if (!rc)
        rc = pooling ? read_pooling(json, config, error) : read_dense(json, path, config, error);
    json_decref(json);
    return rc;
}

static int read_modules(const char *directory, struct encoder_config *config,
                        struct hearth_error *error)
{
    json_t *modules = NULL;
    int rc = encoder_json_read_optional(directory, "modules.json", &modules, error);
    for (size_t i = 0; i < json_array_size(modules) && i < 16 && !rc; i++)
        rc = read_module(directory, json_array_get(modules, i), config, error);
    json_decref(modules);
    return rc;
}

/* The least of the limits that the files name. */
static int read_limits(const char *directory, struct encoder_config *config,
                       struct hearth_error *error)
{
    static const struct {
        const char *file, *key;
    } limits[] = {{"sentence_bert_config.json", "max_seq_length"},
                  {"tokenizer_config.json", "model_max_length"}};
    for (size_t i = 0; i < 2; i++) {
        json_t *json = NULL;
        int rc = encoder_json_read_optional(directory, limits[i].file, &json, error);
        if (rc)
            return rc;
        /* Tokenizers without a limit say 1e30. */
        double limit = hearth_json_number(json, limits[i].key, 0);
        if (limit >= 1 && limit < (double)config->tokens_max)
            config->tokens_max = (size_t)limit;
        json_decref(json);
    }
    return 0;
}

int encoder_modules_read(const char *directory, struct encoder_config *config,
                         struct hearth_error *error)
{
    int rc = config->labels ? 0 : read_modules(directory, config, error);
    return rc ? rc : read_limits(directory, config, error);
}

/* Prompts */

static int dump_prompts(const json_t *prompts, struct hearth_model_facts *facts,
                        struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, sizeof(facts->prompts_json) - 1);
    int rc = hearth_json_dump(&text, prompts);
    if (rc) {
        hearth_error_set(error, HEARTH_EMODEL, "the model's prompts are over %zu bytes",
                         sizeof(facts->prompts_json));
    } else {
        memcpy(facts->prompts_json, text.bytes, text.length);
        facts->prompts_json[text.length] = '\0';
    }
    hearth_buf_finish(&text);
    return rc ? HEARTH_EMODEL : 0;
}

int encoder_prompts_read(const char *directory, struct hearth_model_facts *facts,
                         struct hearth_error *error)
{
    json_t *json = NULL;
    int rc =
        encoder_json_read_optional(directory, "config_sentence_transformers.json", &json, error);
    const json_t *prompts = json_object_get(json, "prompts");
    const char *name = hearth_json_text(json, "default_prompt_name", "");
    if (!rc && json_object_size(prompts))
        rc = dump_prompts(prompts, facts, error);
    if (!rc && *name && !json_is_string(json_object_get(prompts, name)))
        rc = hearth_error_set(error, HEARTH_EMODEL,
                              "config_sentence_transformers.json: the default prompt \"%.80s\" is "
                              "not among the prompts",
                              name);
    if (!rc && strlen(name) >= sizeof(facts->default_prompt))
        rc = hearth_error_set(error, HEARTH_EMODEL,
                              "config_sentence_transformers.json: the default prompt's name has "
                              "over %zu bytes",
                              sizeof(facts->default_prompt) - 1);
    if (!rc)
        memcpy(facts->default_prompt, name, strlen(name) + 1);
    json_decref(json);
    return rc;
}
