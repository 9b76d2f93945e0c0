/* Sampling as llama-server's bodies say it, with its defaults. */
#include "base/error.h"
#include "routes/native/native_read.h"
#include "task/sampling.h"
#include "task/structure.h"

#include <stdio.h>

/* common_params_sampling of llama.cpp's common/common.h. */
static void set_defaults(json_t *body)
{
    static const struct {
        const char *key;
        double value;
    } defaults[] = {{"temperature", 0.8}, {"top_k", 40}, {"top_p", 0.95}, {"min_p", 0.05}};
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        if (!json_is_number(json_object_get(body, defaults[i].key)))
            json_object_set_new(body, defaults[i].key, json_real(defaults[i].value));
    /* Both of its ways to say "any". */
    double seed = json_number_value(json_object_get(body, "seed"));
    if (seed < 0 || seed >= UINT32_MAX)
        json_object_del(body, "seed");
}

/* [[id, bias], …] as {"id": bias}. */
static int read_bias_list(json_t *body, struct hearth_error *error)
{
    const json_t *list = json_object_get(body, "logit_bias");
    if (!json_is_array(list))
        return 0;
    json_t *biases = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        const json_t *id = json_array_get(pair, 0), *bias = json_array_get(pair, 1);
        char key[32];
        double value = json_is_false(bias) ? -100 : json_number_value(bias);
        if (!json_is_integer(id) || (!json_is_number(bias) && !json_is_false(bias)) ||
            value < -100 || value > 100) {
            json_decref(biases);
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "logit_bias[%zu] must be a token id with a bias from -100 to "
                                    "100, or false",
                                    i);
        }
        snprintf(key, sizeof(key), "%lld", (long long)json_integer_value(id));
        json_object_set_new(biases, key, json_real(value));
    }
    json_object_set_new(body, "logit_bias", biases);
    return 0;
}

static int keep_stops(const struct hearth_sampling *sampling, struct hearth_arena *arena,
                      struct hearth_native_asked *asked, struct hearth_error *error)
{
    struct hearth_bytes *stops =
        hearth_arena_alloc(arena, (sampling->stop_count + 1) * sizeof(*stops));
    for (uint32_t i = 0; stops && i < sampling->stop_count; i++) {
        stops[i] = sampling->stops[i];
        stops[i].bytes = hearth_arena_strndup(arena, stops[i].bytes, stops[i].length);
        if (!stops[i].bytes)
            stops = NULL;
    }
    asked->stops = stops;
    return stops ? 0 : hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
}

static void read_shown(const json_t *body, struct hearth_sampling *sampling,
                       struct hearth_native_asked *asked)
{
    asked->tokens = hearth_json_truth(body, "return_tokens", false);
    sampling->top_logprobs = (uint32_t)hearth_body_integer(body, "n_probs", 0);
    asked->probabilities = sampling->top_logprobs > 0;
    sampling->logprobs = asked->probabilities || asked->tokens;
}

int hearth_native_sampling_read(json_t *body, struct hearth_arena *arena,
                                struct hearth_generation_request *request,
                                struct hearth_native_asked *asked, const char **ret_param,
                                struct hearth_error *error)
{
    struct hearth_sampling *sampling = &request->sampling;
    set_defaults(body);
    *ret_param = "samplers";
    int rc = hearth_native_samplers_read(body, error);
    if (rc)
        return rc;
    *ret_param = "logit_bias";
    rc = read_bias_list(body, error);
    if (!rc)
        rc = hearth_sampling_read(body, arena, sampling, ret_param, error);
    if (rc)
        return rc;
    *ret_param = "lora";
    rc = hearth_adapters_read(body, arena, &request->adapters, error);
    if (rc)
        return rc;
    int64_t asked_tokens = hearth_body_integer(body, "n_predict", -1);
    sampling->max_tokens =
        asked_tokens < 0 ? hearth_max_tokens_read(body, "max_tokens", 0) : (uint32_t)asked_tokens;
    sampling->no_answer = asked_tokens == 0; /* the prompt is read, and kept for the next */
    *ret_param = "grammar";
    rc = hearth_structure_read(body, arena, sampling, error);
    if (rc)
        return rc;
    read_shown(body, sampling, asked);
    *ret_param = "response_fields";
    rc = hearth_native_fields_read(body, arena, asked, error);
    if (rc)
        return rc;
    *ret_param = "stop";
    return keep_stops(sampling, arena, asked, error);
}
