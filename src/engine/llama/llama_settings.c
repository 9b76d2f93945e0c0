/* The engine's settings: each is read by a function of its own, which names what is allowed. */
#include "engine/llama/llama_settings.h"

#include "engine/llama/llama_prompts.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "network/adapter.h"

#include <math.h>
#include <string.h>

static const char *const keys[] = {
    "cache_type_k",    "cache_type_v", "flash_attention", "pooling",  "rope_freq_base",
    "rope_freq_scale", "cache_shared", "prefix_cache",    "repack",   "lock_memory",
    "chat_template",   "prompts",      "default_prompt",  "compute",  "quantize",
    "speculation",     "draft_model",  "instruction_set", "adapters", NULL,
};

static const struct {
    const char *name;
    enum llama_pooling_type type;
} poolings[] = {
    {"none", LLAMA_POOLING_TYPE_NONE}, {"mean", LLAMA_POOLING_TYPE_MEAN},
    {"cls", LLAMA_POOLING_TYPE_CLS},   {"last", LLAMA_POOLING_TYPE_LAST},
    {"rank", LLAMA_POOLING_TYPE_RANK},
};

const char *hearth_llama_pooling_name(enum llama_pooling_type pooling)
{
    for (size_t i = 0; i < sizeof(poolings) / sizeof(poolings[0]); i++)
        if (poolings[i].type == pooling)
            return poolings[i].name;
    return "";
}

/* A misspelt setting would otherwise be without effect and without a word. */
static int unknown_keys(const json_t *object, struct hearth_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        bool known = false;
        for (size_t i = 0; keys[i] != NULL; i++)
            known = known || strcmp(key, keys[i]) == 0;
        if (known)
            continue;
        const char *near = hearth_nearest_word(key, keys);
        return hearth_error_set(error, HEARTH_EINVAL, "setting '%s' is not known%s%s%s", key,
                                near != NULL ? "; is it '" : "", near != NULL ? near : "",
                                near != NULL ? "'?" : "");
    }
    return 0;
}

/* Types of which libllama can compute attention; others of ggml's are for weights only. */
static int read_cache_type(const json_t *object, const char *key, enum ggml_type *type,
                           struct hearth_error *error)
{
    static const enum ggml_type allowed[] = {
        GGML_TYPE_F32,  GGML_TYPE_F16,  GGML_TYPE_BF16, GGML_TYPE_Q8_0,   GGML_TYPE_Q5_1,
        GGML_TYPE_Q5_0, GGML_TYPE_Q4_1, GGML_TYPE_Q4_0, GGML_TYPE_IQ4_NL,
    };
    const char *name = hearth_json_text(object, key, "f16");
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (strcmp(name, ggml_type_name(allowed[i])) == 0) {
            *type = allowed[i];
            return 0;
        }
    }
    return hearth_error_set(error, HEARTH_EINVAL, "setting '%s': '%.32s' is no type of a cache",
                            key, name);
}

static int read_pooling(const json_t *object, enum llama_pooling_type *pooling,
                        struct hearth_error *error)
{
    const char *name = hearth_json_text(object, "pooling", NULL);
    if (name == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(poolings) / sizeof(poolings[0]); i++) {
        if (strcmp(poolings[i].name, name) == 0) {
            *pooling = poolings[i].type;
            return 0;
        }
    }
    return hearth_error_set(error, HEARTH_EINVAL,
                            "setting 'pooling': '%.32s' is none of none, mean, cls, last, rank",
                            name);
}

static int read_prefix_cache(const json_t *object, uint64_t *bytes, struct hearth_error *error)
{
    const json_t *value = json_object_get(object, "prefix_cache");
    bool wrong = value != NULL && json_is_string(value)
                     ? hearth_parse_size(json_string_value(value), bytes) != 0
                     : value != NULL && json_integer_value(value) < 0;
    if (wrong || (value != NULL && !json_is_string(value) && !json_is_integer(value)))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'prefix_cache' must be a size, such as 512MiB");
    if (json_is_integer(value))
        *bytes = (uint64_t)json_integer_value(value);
    return 0;
}

/* 0 leaves the header's value. */
static int read_rope(const json_t *object, const char *key, float *value,
                     struct hearth_error *error)
{
    double number = hearth_json_number(object, key, 0);
    if (!isfinite(number) || number < 0 || number > 1e12)
        return hearth_error_set(error, HEARTH_EINVAL, "setting '%s' must be between 0 and 1e12",
                                key);
    *value = (float)number;
    return 0;
}

/* The words are what llama-server takes; true and false are what people write in YAML. */
static int read_flash_attention(const json_t *object, enum llama_flash_attn_type *type,
                                struct hearth_error *error)
{
    const json_t *value = json_object_get(object, "flash_attention");
    const char *word = hearth_json_text(object, "flash_attention", "");
    if (json_is_true(value) || strcmp(word, "on") == 0)
        *type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    else if (json_is_false(value) || strcmp(word, "off") == 0)
        *type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    else if (value != NULL && strcmp(word, "auto") != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'flash_attention' must be auto, on or off");
    return 0;
}

static int read_computes(const json_t *object, enum hearth_llama_computes *computes,
                         struct hearth_error *error)
{
    static const char *const names[] = {
        [HEARTH_LLAMA_COMPUTES_AUTO] = "auto",
        [HEARTH_LLAMA_COMPUTES_OWN] = "own",
        [HEARTH_LLAMA_COMPUTES_LIBRARY] = "libllama",
    };
    const char *name = hearth_json_text(object, "compute", names[HEARTH_LLAMA_COMPUTES_DEFAULT]);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *computes = (enum hearth_llama_computes)i;
            return 0;
        }
    }
    return hearth_error_set(error, HEARTH_EINVAL,
                            "setting 'compute': '%.32s' is none of auto, own, libllama", name);
}

static int read_speculation(const json_t *object, enum hearth_llama_speculation *speculation,
                            struct hearth_error *error)
{
    static const char *const names[] = {
        [HEARTH_LLAMA_SPECULATION_AUTO] = "auto",
        [HEARTH_LLAMA_SPECULATION_OFF] = "off",
        [HEARTH_LLAMA_SPECULATION_LOOKUP] = "lookup",
        [HEARTH_LLAMA_SPECULATION_DRAFT] = "draft",
    };
    /* YAML's `off` is a truth. */
    const char *name = hearth_json_text(object, "speculation", "auto");
    if (json_is_false(json_object_get(object, "speculation")))
        name = "off";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *speculation = (enum hearth_llama_speculation)i;
            return 0;
        }
    }
    return hearth_error_set(error, HEARTH_EINVAL,
                            "setting 'speculation': '%.32s' is none of auto, off, lookup, draft",
                            name);
}

/* Types that floats can be made of one value after the other; those that llama.cpp's tool searches
 * the best scales for are not among them. */
static int read_quantize(const json_t *object, struct hearth_weights_quantize *quantize,
                         struct hearth_error *error)
{
    const char *name = hearth_json_text(object, "quantize", NULL);
    if (name == NULL)
        return 0;
    for (uint32_t i = 0; i < HEARTH_QUANT_END; i++) {
        const struct hearth_quant_type *type = hearth_quant_type(i);
        if (type != NULL && hearth_quant_can_be_made((enum hearth_quant)i) &&
            strcmp(type->name, name) == 0) {
            *quantize = (struct hearth_weights_quantize){true, (enum hearth_quant)i};
            return 0;
        }
    }
    return hearth_error_set(error, HEARTH_EINVAL,
                            "setting 'quantize': '%.32s' is none of f32, f16, bf16, q8_0, q4_0, "
                            "q4_1",
                            name);
}

static int read_instruction_set(const json_t *object, enum hearth_isa *isa,
                                struct hearth_error *error)
{
    const char *name = hearth_json_text(object, "instruction_set", "best");
    *isa = hearth_isa_best();
    if (strcmp(name, "best") == 0)
        return 0;
    if (!hearth_isa_named(name, isa))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'instruction_set': '%.32s' is no set of instructions",
                                name);
    if (!hearth_isa_usable(*isa))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'instruction_set': this CPU does not have %s", name);
    return 0;
}

/* Each may be used by any request, by its place in the list. */
static int read_adapters(struct hearth_llama_settings *settings, const json_t *object,
                         struct hearth_error *error)
{
    const json_t *list = json_object_get(object, "adapters");
    size_t count = json_array_size(list);
    if (list != NULL && (!json_is_array(list) || count > HEARTH_ADAPTERS_MAX))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'adapters' must be a list of at most %d paths",
                                HEARTH_ADAPTERS_MAX);
    settings->adapters = hearth_calloc(count + 1, sizeof(*settings->adapters));
    for (size_t i = 0; i < count; i++) {
        const char *path = json_string_value(json_array_get(list, i));
        if (path == NULL || path[0] != '/')
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "setting 'adapters': paths must be absolute");
        settings->adapters[settings->adapter_count++] = hearth_strdup(path);
    }
    return 0;
}

static int read_object(struct hearth_llama_settings *settings, const json_t *object,
                       struct hearth_error *error)
{
    if (!json_is_object(object))
        return hearth_error_set(error, HEARTH_EINVAL, "the engine's settings must be an object");
    int rc = unknown_keys(object, error);
    if (rc == 0)
        rc = read_cache_type(object, "cache_type_k", &settings->cache_type_k, error);
    if (rc == 0)
        rc = read_cache_type(object, "cache_type_v", &settings->cache_type_v, error);
    if (rc == 0)
        rc = read_flash_attention(object, &settings->flash_attention, error);
    if (rc == 0)
        rc = read_prefix_cache(object, &settings->prefix_cache, error);
    if (rc == 0)
        rc = read_pooling(object, &settings->pooling, error);
    if (rc == 0)
        rc = read_rope(object, "rope_freq_base", &settings->rope_freq_base, error);
    if (rc == 0)
        rc = read_rope(object, "rope_freq_scale", &settings->rope_freq_scale, error);
    if (rc == 0)
        rc = hearth_llama_prompts_read(object, settings, error);
    if (rc == 0)
        rc = read_computes(object, &settings->computes, error);
    settings->computes_given = json_object_get(object, "compute") != NULL;
    if (rc == 0)
        rc = read_speculation(object, &settings->speculation, error);
    if (rc == 0)
        rc = read_quantize(object, &settings->quantize, error);
    if (rc == 0)
        rc = read_instruction_set(object, &settings->isa, error);
    if (rc == 0)
        rc = read_adapters(settings, object, error);
    if (rc != 0)
        return rc;
    settings->cache_shared = hearth_json_truth(object, "cache_shared", false);
    settings->repack = hearth_json_truth(object, "repack", true);
    settings->lock_memory = hearth_json_truth(object, "lock_memory", false);
    settings->chat_template = hearth_strdup(hearth_json_text(object, "chat_template", NULL));
    settings->draft_model = hearth_strdup(hearth_json_text(object, "draft_model", NULL));
    if (settings->draft_model == NULL && settings->speculation == HEARTH_LLAMA_SPECULATION_DRAFT)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'speculation': draft needs the setting 'draft_model'");
    if (settings->draft_model != NULL && settings->draft_model[0] != '/')
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'draft_model': the path must be absolute");
    return 0;
}

int hearth_llama_settings_init(struct hearth_llama_settings *settings, const char *json,
                               struct hearth_error *error)
{
    *settings = (struct hearth_llama_settings){
        .cache_type_k = GGML_TYPE_F16,
        .cache_type_v = GGML_TYPE_F16,
        .flash_attention = LLAMA_FLASH_ATTN_TYPE_AUTO,
        .pooling = LLAMA_POOLING_TYPE_UNSPECIFIED,
        .prefix_cache = UINT64_MAX,
        .repack = true,
        .computes = HEARTH_LLAMA_COMPUTES_DEFAULT,
        .isa = hearth_isa_best(),
    };
    if (json == NULL || json[0] == '\0')
        return 0;
    json_t *object = hearth_json_parse(json, strlen(json), error);
    if (object == NULL)
        return HEARTH_EPARSE;
    int rc = read_object(settings, object, error);
    json_decref(object);
    return rc;
}

void hearth_llama_settings_finish(struct hearth_llama_settings *settings)
{
    hearth_free(settings->chat_template);
    hearth_free(settings->draft_model);
    settings->draft_model = NULL;
    hearth_free(settings->default_prompt);
    json_decref(settings->prompts);
    settings->chat_template = settings->default_prompt = NULL;
    settings->prompts = NULL;
    for (uint32_t i = 0; i < settings->adapter_count; i++)
        hearth_free(settings->adapters[i]);
    hearth_free(settings->adapters);
    settings->adapters = NULL;
    settings->adapter_count = 0;
}
