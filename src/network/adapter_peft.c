/* Adapters as the Python library PEFT saves them: adapter_config.json says how they were made, and
 * adapter_model.safetensors has "base_model.model." + the path of a module of transformers +
 * ".lora_A.weight" or ".lora_B.weight". Source: peft's LoraConfig, lora/layer.py (scaling) and
 * utils/save_and_load.py (names). */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"
#include "network/adapter_reading.h"

#include <math.h>
#include <string.h>

enum { CONFIG_MAX = 1 << 20 };

/* Modules of a layer in transformers, and the rows of a network that they are. */
static const struct {
    const char *module;
    enum hearth_part part;
} modules[] = {
    {"self_attn.q_proj", HEARTH_PART_QUERY},
    {"self_attn.k_proj", HEARTH_PART_KEY},
    {"self_attn.v_proj", HEARTH_PART_VALUE},
    {"self_attn.qkv_proj", HEARTH_PART_QKV}, /* Phi 3 */
    {"self_attn.o_proj", HEARTH_PART_ATTENTION_OUT},
    {"mlp.gate_proj", HEARTH_PART_GATE},
    {"mlp.up_proj", HEARTH_PART_UP},
    {"mlp.down_proj", HEARTH_PART_DOWN},
    {"mlp.gate_up_proj", HEARTH_PART_GATE_UP}, /* Phi 3 */
    {"mlp.c_fc", HEARTH_PART_UP},              /* StarCoder 2 */
    {"mlp.c_proj", HEARTH_PART_DOWN},
};

struct reading {
    struct hearth_adapter_file *file;
    const json_t *config;
    struct hearth_error *error;
};

static bool is_set(const json_t *value)
{
    if (json_is_array(value))
        return json_array_size(value) > 0;
    if (json_is_object(value))
        return json_object_size(value) > 0;
    return value != NULL && !json_is_null(value) && !json_is_false(value);
}

/* Members that make an adapter more than A and B, each with what it is in words. PEFT writes all of
 * its members, most of them null or false. */
static int check_extras(const struct reading *from)
{
    static const struct {
        const char *key, *what;
    } extras[] = {
        {"use_dora", "magnitudes beside its matrices (DoRA)"},
        {"lora_bias", "biases of its matrices"},
        {"modules_to_save", "whole modules of its own (modules_to_save)"},
        {"trainable_token_indices", "embeddings of its own (trainable_token_indices)"},
        {"layer_replication", "layers that stand several times (layer_replication)"},
        {"fan_in_fan_out", "transposed weights (fan_in_fan_out)"},
        {"target_parameters", "changes of bare parameters (target_parameters)"},
        {"alora_invocation_tokens", "tokens that activate it (aLoRA)"},
        {"use_qalora", "grouped inputs (QALoRA)"},
        {"use_bdlora", "matrices in blocks (BD-LoRA)"},
        {"arrow_config", "a router (Arrow)"},
        {"megatron_config", "Megatron's layers"},
    };
    for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
        if (is_set(json_object_get(from->config, extras[i].key)))
            return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                    "adapter '%s' has %s, which are not computed here",
                                    from->file->name, extras[i].what);
    return 0;
}

/* What else may be said: members that say how an adapter was trained, or are read elsewhere in this
 * file. Each version of PEFT knows more of them, and what is not in this list may be a part of the
 * computation. */
static int check_rest(const struct reading *from)
{
    static const char *const harmless[] = {
        "alpha_pattern",
        "auto_mapping",
        "base_model_name_or_path",
        "bias",
        "eva_config",
        "exclude_modules",
        "inference_mode",
        "init_lora_weights",
        "layers_pattern",
        "loftq_config",
        "lora_alpha",
        "layers_to_transform",
        "lora_dropout",
        "megatron_core",
        "ensure_weight_tying",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "r",
        "rank_pattern",
        "revision",
        "runtime_config",
        "target_modules",
        "task_type",
        "use_rslora",
    };
    const char *key;
    json_t *value;
    char shown[64];
    json_object_foreach((json_t *)from->config, key, value)
    {
        bool known = !is_set(value);
        for (size_t i = 0; !known && i < sizeof(harmless) / sizeof(harmless[0]); i++)
            known = strcmp(key, harmless[i]) == 0;
        if (!known)
            return hearth_error_set(
                from->error, HEARTH_ENOTIMPL, "adapter '%s' asks for '%s', which is not known here",
                from->file->name, hearth_adapter_shown(key, strlen(key), shown, sizeof(shown)));
    }
    return 0;
}

/* These ways to begin a training change the base's own weights, so that the adapter belongs to a
 * base that nobody has any more: PEFT can save such a one as an ordinary adapter. */
static int check_beginning(const struct reading *from)
{
    static const char *const changing[] = {"pissa", "olora", "loftq", "corda", "lora_ga"};
    const char *word = hearth_json_text(from->config, "init_lora_weights", "");
    for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
        if (strncmp(word, changing[i], strlen(changing[i])) == 0)
            return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                    "adapter '%s' was begun as '%s', which changes the base too; "
                                    "save it as an ordinary one",
                                    from->file->name, changing[i]);
    return 0;
}

/* Members that are computed with, and what PEFT writes there. Any other kind of value was meant as
 * something, and the default in its place would be another adapter. */
static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_number(const json_t *value)
{
    return json_is_number(value);
}

static bool is_truth(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_text_or_truth(const json_t *value)
{
    return json_is_string(value) || json_is_boolean(value);
}

static bool is_pattern(const json_t *value)
{
    const char *key;
    json_t *number;
    json_object_foreach((json_t *)value, key, number) if (!json_is_number(number)) return false;
    return json_is_object(value);
}

static int check_types(const struct reading *from)
{
    static const struct {
        const char *key;
        bool (*fits)(const json_t *value);
        const char *what;
    } members[] = {
        {"peft_type", is_text, "no text"},
        {"bias", is_text, "no text"},
        {"init_lora_weights", is_text_or_truth, "neither a text nor true or false"},
        {"r", is_number, "no number"},
        {"lora_alpha", is_number, "no number"},
        {"use_rslora", is_truth, "neither true nor false"},
        {"rank_pattern", is_pattern, "no object with numbers"},
        {"alpha_pattern", is_pattern, "no object with numbers"},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const json_t *value = json_object_get(from->config, members[i].key);
        if (value != NULL && !json_is_null(value) && !members[i].fits(value))
            return hearth_error_set(from->error, HEARTH_EMODEL,
                                    "adapter '%s': adapter_config.json: '%s' is %s",
                                    from->file->name, members[i].key, members[i].what);
    }
    return 0;
}

static int check_config(const struct reading *from)
{
    const char *name = from->file->name;
    char shown[64];
    int rc = check_types(from);
    if (rc != 0)
        return rc;
    const char *kind = hearth_json_text(from->config, "peft_type", "");
    const char *bias = hearth_json_text(from->config, "bias", "none");
    if (strcmp(kind, "LORA") != 0)
        return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                "adapter '%s' is of the kind '%s'; only 'LORA' is computed", name,
                                hearth_adapter_shown(kind, strlen(kind), shown, sizeof(shown)));
    if (strcmp(bias, "none") != 0)
        return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                "adapter '%s' has biases (bias: '%s'), which are not computed here",
                                name,
                                hearth_adapter_shown(bias, strlen(bias), shown, sizeof(shown)));
    rc = check_extras(from);
    if (rc == 0)
        rc = check_rest(from);
    return rc != 0 ? rc : check_beginning(from);
}

/* The keys of a pattern are regular expressions that a module's path must end with, or, after a
 * '^', begin with; plain paths are all that is in use, and all that is understood. */
static int pattern_matches(const struct reading *from, const char *member, const char *key,
                           const char *path, bool *ret_matches)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    bool whole = key[0] == '^';
    key += whole;
    size_t length = strlen(key), path_length = strlen(path);
    if (length == 0 || strspn(key, plain) != length)
        return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                "adapter '%s' has an expression in %s, where only paths of modules "
                                "are understood",
                                from->file->name, member);
    *ret_matches = length <= path_length && strcmp(path + path_length - length, key) == 0 &&
                   (length == path_length || (!whole && path[path_length - length - 1] == '.'));
    return 0;
}

/* The number for a module: of the first key of the pattern that fits, or the member's own. */
static int number_of(const struct reading *from, const char *member, const char *pattern,
                     double fallback, const char *path, double *ret_number)
{
    const char *key;
    json_t *value;
    *ret_number = hearth_json_number(from->config, member, fallback);
    json_object_foreach(json_object_get(from->config, pattern), key, value)
    {
        bool matches = false;
        int rc = pattern_matches(from, pattern, key, path, &matches);
        if (rc != 0)
            return rc;
        if (!matches)
            continue;
        *ret_number = json_number_value(value); /* see check_types */
        return 0;
    }
    return 0;
}

/* alpha/r, or alpha/√r where the config says so (rsLoRA: Kalajdzievski, arXiv 2312.03732). The
 * matrices have the rank, and what the config says of it must agree. */
static int set_scale(const struct reading *from, struct hearth_adapter_pair *pair, const char *path)
{
    double rank, alpha;
    int rc = number_of(from, "r", "rank_pattern", 8, path, &rank);
    if (rc == 0)
        rc = number_of(from, "lora_alpha", "alpha_pattern", 8, path, &alpha);
    if (rc != 0)
        return rc;
    if (rank != pair->a.rows)
        return hearth_error_set(from->error, HEARTH_EMODEL,
                                "adapter '%s': adapter_config.json says another rank for a layer "
                                "than its matrices have (%u)",
                                from->file->name, pair->a.rows);
    pair->scale =
        (float)(alpha / (hearth_json_truth(from->config, "use_rslora", false) ? sqrt(rank) : rank));
    return 0;
}

/* The layer and the module of a path "model.layers.12.self_attn.q_proj". Zeros in front are not
 * what PEFT writes; they would give one layer two names. */
static bool split_path(const char *path, uint32_t *ret_layer, enum hearth_part *ret_part)
{
    static const char head[] = "model.layers.";
    if (strncmp(path, head, sizeof(head) - 1) != 0)
        return false;
    const char *at = path + sizeof(head) - 1;
    size_t digits = strspn(at, "0123456789");
    char number[8];
    int64_t layer;
    if (digits == 0 || digits >= sizeof(number) || at[digits] != '.' ||
        (digits > 1 && at[0] == '0'))
        return false;
    memcpy(number, at, digits);
    number[digits] = '\0';
    if (hearth_parse_int(number, 0, INT32_MAX, &layer) != 0)
        return false;
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        if (strcmp(at + digits + 1, modules[i].module) == 0) {
            *ret_layer = (uint32_t)layer;
            *ret_part = modules[i].part;
            return true;
        }
    return false;
}

/* "base_model.model." PATH ".lora_A.weight"; the path without head and tail. */
static bool split_name(const char *name, char *ret_path, size_t size, bool *ret_is_b)
{
    static const char head[] = "base_model.model.", tail[] = ".lora_A.weight";
    size_t length = strlen(name), head_length = sizeof(head) - 1, tail_length = sizeof(tail) - 1;
    if (length <= head_length + tail_length || length - head_length - tail_length >= size ||
        strncmp(name, head, head_length) != 0)
        return false;
    const char *end = name + length - tail_length;
    *ret_is_b = strcmp(end, ".lora_B.weight") == 0;
    if (!*ret_is_b && strcmp(end, tail) != 0)
        return false;
    memcpy(ret_path, name + head_length, (size_t)(end - name) - head_length);
    ret_path[(size_t)(end - name) - head_length] = '\0';
    return true;
}

static bool type_of(enum hearth_dtype dtype, uint32_t *ret_type)
{
    switch (dtype) {
    case HEARTH_DTYPE_F32:
        *ret_type = HEARTH_QUANT_F32;
        return true;
    case HEARTH_DTYPE_F16:
        *ret_type = HEARTH_QUANT_F16;
        return true;
    case HEARTH_DTYPE_BF16:
        *ret_type = HEARTH_QUANT_BF16;
        return true;
    default:
        return false;
    }
}

static int add_tensor(const struct reading *from, const struct hearth_tensor *tensor)
{
    char shown[128], path[128];
    struct hearth_adapter_half half = {.bytes = tensor->bytes, .length = tensor->length};
    half.tensor = hearth_adapter_shown(tensor->name, strlen(tensor->name), shown, sizeof(shown));
    if (strstr(shown, "lora_magnitude_vector") != NULL)
        return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                "adapter '%s' has magnitudes beside its matrices (DoRA), which are "
                                "not computed here",
                                from->file->name);
    if (!split_name(tensor->name, path, sizeof(path), &half.is_b) || tensor->dim_count != 2 ||
        !split_path(path, &half.layer, &half.part))
        return hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                "adapter '%s' has the tensor '%s', which is nothing that adapters "
                                "of a %s network change here",
                                from->file->name, shown, from->file->network->architecture->name);
    if (!type_of(tensor->dtype, &half.type))
        half.type = HEARTH_QUANT_END;
    half.rows = tensor->dims[0];
    half.columns = tensor->dims[1];
    half.rotation = HEARTH_ROTARY_HALVES; /* as all of transformers' rows here have them */
    size_t before = from->file->count;
    int rc = hearth_adapter_add_half(from->file, &half, from->error);
    /* A comes before B in the order of names, so that the pair is new with its A. */
    if (rc == 0 && from->file->count > before && !half.is_b)
        rc = set_scale(from, &from->file->pairs[before], path);
    return rc;
}

static int read_config(const char *folder, json_t **ret_config, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, CONFIG_MAX);
    int rc = hearth_small_file_read_in(folder, "adapter_config.json", &text, error);
    if (rc == 0) {
        *ret_config = hearth_json_parse_wide(text.bytes, text.length, error);
        rc = *ret_config == NULL ? error->code : 0;
    }
    if (rc == 0 && !json_is_object(*ret_config))
        rc = hearth_error_set(error, HEARTH_EMODEL, "adapter_config.json is no object");
    hearth_buf_finish(&text);
    return rc;
}

int hearth_adapter_read_peft(struct hearth_adapter_file *file, const char *path,
                             struct hearth_error *error)
{
    struct hearth_error own = {0};
    json_t *config = NULL;
    int rc = read_config(path, &config, &own);
    if (rc != 0)
        rc = hearth_error_set(error, rc == HEARTH_ENOMEM ? rc : HEARTH_EMODEL,
                              "adapter '%s': adapter_config.json: %s", file->name, own.message);
    const struct reading from = {.file = file, .config = config, .error = error};
    if (rc == 0)
        rc = check_config(&from);
    if (rc == 0) {
        char *weights = hearth_format("%s/adapter_model.safetensors", path);
        rc = hearth_safetensors_open(weights, &file->safetensors, error);
        if (rc != 0)
            hearth_error_prefix(error, "adapter '%s'", file->name);
        hearth_free(weights);
    }
    for (size_t i = 0; rc == 0 && i < hearth_safetensors_count(file->safetensors); i++)
        rc = add_tensor(&from, hearth_safetensors_at(file->safetensors, i));
    json_decref(config);
    return rc;
}
