#include "task/sampling.h"

#include "base/digest.h"
#include "base/text.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* JSON knows no integers: some clients write every number with a point. */
int64_t hearth_body_integer(const json_t *body, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(body, key);
    if (json_is_integer(value))
        return json_integer_value(value);
    return json_is_real(value) ? (int64_t)json_real_value(value) : fallback;
}

uint32_t hearth_max_tokens_read(const json_t *body, const char *key, uint32_t fallback)
{
    int64_t asked = hearth_body_integer(body, key, fallback);
    return asked < 0 ? 0 : (uint32_t)asked;
}

static float number(const json_t *body, const char *key, double fallback)
{
    return (float)hearth_json_number(body, key, fallback);
}

/* An array of texts, or one alone. Empty ones are left out: a stop would stop at once, and some
 * clients send one for "none". NULL where there is none; `*ret_full` says that the arena is. */
static const struct hearth_bytes *read_texts(const json_t *list, struct hearth_arena *arena,
                                             uint32_t *ret_count, bool *ret_full)
{
    size_t count = json_is_array(list) ? json_array_size(list) : json_is_string(list);
    struct hearth_bytes *texts = count ? hearth_arena_alloc(arena, count * sizeof(*texts)) : NULL;
    *ret_full = count && !texts;
    *ret_count = 0;
    for (size_t i = 0; texts && i < count; i++) {
        const json_t *one = json_is_array(list) ? json_array_get(list, i) : list;
        if (json_string_length(one))
            texts[(*ret_count)++] = (struct hearth_bytes){.bytes = json_string_value(one),
                                                          .length = json_string_length(one)};
    }
    return texts;
}

/* Keys of objects are texts in JSON, also where they are numbers of tokens. */
static int read_biases(const json_t *map, struct hearth_arena *arena,
                       struct hearth_sampling *sampling, struct hearth_error *error)
{
    size_t count = json_object_size(map);
    if (!count)
        return 0;
    if (count > 1024)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "logit_bias has %zu tokens, at most 1024 are taken", count);
    struct hearth_logit_bias *biases = hearth_arena_alloc(arena, count * sizeof(*biases));
    if (!biases)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        int64_t token;
        if (hearth_parse_int(key, 0, INT32_MAX, &token))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "logit_bias: the keys are token numbers, \"%.64s\" is none",
                                    key);
        biases[sampling->bias_count++] = (struct hearth_logit_bias){
            .token = (int32_t)token, .bias = (float)json_number_value(value)};
    }
    sampling->biases = biases;
    return 0;
}

/* Those of llama.cpp, where a request has no others. */
static const struct hearth_bytes default_breakers[] = {{"\n", 1}, {":", 1}, {"\"", 1}, {"*", 1}};

/* Everything but numbers: `*ret_param` is set before each step that may fail, so that whichever
 * does has named it. */
static int read_lists(const json_t *body, struct hearth_arena *arena,
                      struct hearth_sampling *sampling, const char **ret_param,
                      struct hearth_error *error)
{
    bool full;
    *ret_param = "logit_bias";
    int rc = read_biases(json_object_get(body, "logit_bias"), arena, sampling, error);
    if (rc)
        return rc;
    *ret_param = "stop";
    sampling->stops =
        read_texts(json_object_get(body, "stop"), arena, &sampling->stop_count, &full);
    if (full)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    const json_t *breakers = json_object_get(body, "dry_sequence_breakers");
    *ret_param = "dry_sequence_breakers";
    sampling->dry_breakers = default_breakers;
    sampling->dry_breaker_count = sizeof(default_breakers) / sizeof(default_breakers[0]);
    if (json_is_array(breakers))
        sampling->dry_breakers = read_texts(breakers, arena, &sampling->dry_breaker_count, &full);
    return full ? hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large") : 0;
}

/* The rules of llama.cpp's clients, with its defaults: each is off. */
static void read_rules(const json_t *body, struct hearth_sampling *sampling)
{
    sampling->typical_p = number(body, "typical_p", 1);
    sampling->top_n_sigma = number(body, "top_n_sigma", 0);
    sampling->xtc_probability = number(body, "xtc_probability", 0);
    sampling->xtc_threshold = number(body, "xtc_threshold", 0.1);
    sampling->dynamic_range = number(body, "dynatemp_range", 0);
    sampling->dynamic_exponent = number(body, "dynatemp_exponent", 1);
    sampling->dry_multiplier = number(body, "dry_multiplier", 0);
    sampling->dry_base = number(body, "dry_base", 1.75);
    sampling->dry_allowed_length = (int32_t)hearth_body_integer(body, "dry_allowed_length", 2);
    sampling->dry_penalty_last_n = (int32_t)hearth_body_integer(body, "dry_penalty_last_n", 64);
}

/* Without a seed two equal requests should differ, as OpenAI's do. */
static uint64_t read_seed(const json_t *body)
{
    if (json_is_number(json_object_get(body, "seed")))
        return (uint64_t)hearth_body_integer(body, "seed", 0);
    uint64_t seed;
    hearth_random_bytes(&seed, sizeof(seed));
    return seed;
}

int hearth_sampling_read(const json_t *body, struct hearth_arena *arena,
                         struct hearth_sampling *ret_sampling, const char **ret_param,
                         struct hearth_error *error)
{
    float repeat = number(body, "repetition_penalty", 1);
    int64_t top_k = hearth_body_integer(body, "top_k", 0);
    struct hearth_sampling sampling = {
        .temperature = number(body, "temperature", 1),
        .top_p = number(body, "top_p", 1),
        .min_p = number(body, "min_p", 0),
        .repeat_penalty = number(body, "repeat_penalty", (double)repeat),
        .presence_penalty = number(body, "presence_penalty", 0),
        .frequency_penalty = number(body, "frequency_penalty", 0),
        .top_k = top_k < 0 ? 0 : (int32_t)top_k,
        .repeat_last_n = (int32_t)hearth_body_integer(body, "repeat_last_n", 64),
        .seed = read_seed(body),
        .ignore_eos = hearth_json_truth(body, "ignore_eos", false),
        .progress = hearth_json_truth(body, "return_progress", false) &&
                    hearth_json_truth(body, "stream", false),
    };
    read_rules(body, &sampling);
    int rc = read_lists(body, arena, &sampling, ret_param, error);
    if (rc)
        return rc;
    *ret_sampling = sampling;
    return 0;
}

/* The schema has seen to numbers and members; f32 has fewer of them than JSON. An empty list is the
 * base alone, and null is as if it were not there. */
int hearth_adapters_read(const json_t *body, struct hearth_arena *arena,
                         struct hearth_adapter_choice *ret_adapters, struct hearth_error *error)
{
    const json_t *list = json_object_get(body, "lora");
    if (!json_is_array(list))
        return 0;
    size_t count = json_array_size(list);
    struct hearth_adapter_scale *scales = hearth_arena_alloc(arena, (count + 1) * sizeof(*scales));
    if (!scales)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        scales[i] =
            (struct hearth_adapter_scale){.adapter = (uint32_t)hearth_body_integer(one, "id", 0),
                                          .scale = number(one, "scale", 1)};
        if (!isfinite(scales[i].scale))
            return hearth_error_set(error, HEARTH_EINVAL, "lora[%zu].scale is not finite", i);
    }
    *ret_adapters =
        (struct hearth_adapter_choice){.given = true, .scales = scales, .count = (uint32_t)count};
    return 0;
}

enum hearth_truncate hearth_truncate_read(const json_t *parameters)
{
    const json_t *value = json_object_get(parameters, "truncate");
    const char *word = json_is_string(value) ? json_string_value(value) : "";
    if (strcasecmp(word, "start") == 0)
        return HEARTH_TRUNCATE_START;
    if (!json_is_true(value) && strcasecmp(word, "end") != 0)
        return HEARTH_TRUNCATE_NEVER;
    const char *side = hearth_json_text(parameters, "truncation_direction", "right");
    return strcasecmp(side, "left") == 0 ? HEARTH_TRUNCATE_START : HEARTH_TRUNCATE_END;
}

/* OpenAI has written it both ways. */
bool hearth_off_disk_read(const json_t *body)
{
    const char *asked = hearth_json_text(body, "prompt_cache_retention", "");
    return strcmp(asked, "in_memory") == 0 || strcmp(asked, "in-memory") == 0;
}

/* OpenAI's tiers of service are our classes of the queue. */
enum hearth_class hearth_class_read(const json_t *body)
{
    const char *tier = hearth_json_text(body, "service_tier", "");
    if (strcmp(tier, "priority") == 0)
        return HEARTH_CLASS_INTERACTIVE;
    return strcmp(tier, "flex") == 0 ? HEARTH_CLASS_BATCH : HEARTH_CLASS_NORMAL;
}

/* The schema has seen to it that they are whole numbers within 32 bits. */
int32_t *hearth_tokens_read(const json_t *list, struct hearth_arena *arena)
{
    size_t count = json_array_size(list);
    int32_t *tokens = hearth_arena_alloc(arena, count * sizeof(*tokens));
    for (size_t i = 0; tokens && i < count; i++)
        tokens[i] = (int32_t)json_number_value(json_array_get(list, i));
    return tokens;
}
