#include "wire/ipc_sampling.h"

#include "base/error.h"

#include <string.h>

/* The fixed part of struct hearth_sampling as words, in this order. A word is a u32, an i32, an
 * f32, or half of the u64 seed; more may follow in a later version. */
enum {
    WORD_TEMPERATURE,
    WORD_TOP_P,
    WORD_MIN_P,
    WORD_REPEAT_PENALTY,
    WORD_PRESENCE_PENALTY,
    WORD_FREQUENCY_PENALTY,
    WORD_TOP_K,
    WORD_REPEAT_LAST_N,
    WORD_SEED_LOW,
    WORD_SEED_HIGH,
    WORD_MAX_TOKENS,
    WORD_TOP_LOGPROBS,
    WORD_LOGPROBS,
    WORD_IGNORE_EOS,
    WORD_DYNAMIC_RANGE,
    WORD_DYNAMIC_EXPONENT,
    WORD_TYPICAL_P,
    WORD_TOP_N_SIGMA,
    WORD_XTC_PROBABILITY,
    WORD_XTC_THRESHOLD,
    WORD_DRY_MULTIPLIER,
    WORD_DRY_BASE,
    WORD_DRY_ALLOWED_LENGTH,
    WORD_DRY_PENALTY_LAST_N,
    WORD_PROMPT_LOGPROBS,
    WORD_NO_ANSWER,
    WORD_PROGRESS,
    WORD_COUNT,
};

/* OpenAI's limit, and what the arrays of the engines are made for. */
#define TOP_LOGPROBS_MAX 20

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float bits_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Words of both floats and integers in native order: both ends run on one machine. Texts and biases
 * have no fixed size and are fields of their own. */
void hearth_ipc_put_sampling(struct hearth_ipc_writer *writer,
                             const struct hearth_sampling *sampling)
{
    const uint32_t words[WORD_COUNT] = {
        [WORD_TEMPERATURE] = float_bits(sampling->temperature),
        [WORD_TOP_P] = float_bits(sampling->top_p),
        [WORD_MIN_P] = float_bits(sampling->min_p),
        [WORD_REPEAT_PENALTY] = float_bits(sampling->repeat_penalty),
        [WORD_PRESENCE_PENALTY] = float_bits(sampling->presence_penalty),
        [WORD_FREQUENCY_PENALTY] = float_bits(sampling->frequency_penalty),
        [WORD_TOP_K] = (uint32_t)sampling->top_k,
        [WORD_REPEAT_LAST_N] = (uint32_t)sampling->repeat_last_n,
        [WORD_SEED_LOW] = (uint32_t)sampling->seed,
        [WORD_SEED_HIGH] = (uint32_t)(sampling->seed >> 32),
        [WORD_MAX_TOKENS] = sampling->max_tokens,
        [WORD_TOP_LOGPROBS] = sampling->top_logprobs,
        [WORD_LOGPROBS] = sampling->logprobs,
        [WORD_IGNORE_EOS] = sampling->ignore_eos,
        [WORD_DYNAMIC_RANGE] = float_bits(sampling->dynamic_range),
        [WORD_DYNAMIC_EXPONENT] = float_bits(sampling->dynamic_exponent),
        [WORD_TYPICAL_P] = float_bits(sampling->typical_p),
        [WORD_TOP_N_SIGMA] = float_bits(sampling->top_n_sigma),
        [WORD_XTC_PROBABILITY] = float_bits(sampling->xtc_probability),
        [WORD_XTC_THRESHOLD] = float_bits(sampling->xtc_threshold),
        [WORD_DRY_MULTIPLIER] = float_bits(sampling->dry_multiplier),
        [WORD_DRY_BASE] = float_bits(sampling->dry_base),
        [WORD_DRY_ALLOWED_LENGTH] = (uint32_t)sampling->dry_allowed_length,
        [WORD_DRY_PENALTY_LAST_N] = (uint32_t)sampling->dry_penalty_last_n,
        [WORD_PROMPT_LOGPROBS] = sampling->prompt_logprobs,
        [WORD_NO_ANSWER] = sampling->no_answer,
        [WORD_PROGRESS] = sampling->progress,
    };
    hearth_ipc_put(writer, HEARTH_TAG_SAMPLING, words, sizeof(words));
    for (uint32_t i = 0; i < sampling->stop_count; i++)
        hearth_ipc_put(writer, HEARTH_TAG_STOP, sampling->stops[i].bytes,
                       sampling->stops[i].length);
    for (uint32_t i = 0; i < sampling->dry_breaker_count; i++)
        hearth_ipc_put(writer, HEARTH_TAG_DRY_BREAKER, sampling->dry_breakers[i].bytes,
                       sampling->dry_breakers[i].length);
    if (sampling->grammar.length)
        hearth_ipc_put(writer, HEARTH_TAG_GRAMMAR, sampling->grammar.bytes,
                       sampling->grammar.length);
    if (sampling->bias_count)
        hearth_ipc_put(writer, HEARTH_TAG_BIAS, sampling->biases,
                       sampling->bias_count * sizeof(*sampling->biases));
}

/* More words than we know are a later version's, and skipped. */
static int get_words(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    uint32_t words[WORD_COUNT];
    if (field->length < sizeof(words))
        return HEARTH_EPARSE;
    memcpy(words, field->bytes, sizeof(words));
    struct hearth_sampling *sampling = &request->sampling;
    sampling->temperature = bits_float(words[WORD_TEMPERATURE]);
    sampling->top_p = bits_float(words[WORD_TOP_P]);
    sampling->min_p = bits_float(words[WORD_MIN_P]);
    sampling->repeat_penalty = bits_float(words[WORD_REPEAT_PENALTY]);
    sampling->presence_penalty = bits_float(words[WORD_PRESENCE_PENALTY]);
    sampling->frequency_penalty = bits_float(words[WORD_FREQUENCY_PENALTY]);
    sampling->top_k = (int32_t)words[WORD_TOP_K];
    sampling->repeat_last_n = (int32_t)words[WORD_REPEAT_LAST_N];
    sampling->seed = words[WORD_SEED_LOW] | (uint64_t)words[WORD_SEED_HIGH] << 32;
    sampling->max_tokens = words[WORD_MAX_TOKENS];
    sampling->top_logprobs = words[WORD_TOP_LOGPROBS];
    sampling->logprobs = words[WORD_LOGPROBS] != 0;
    sampling->ignore_eos = words[WORD_IGNORE_EOS] != 0;
    sampling->dynamic_range = bits_float(words[WORD_DYNAMIC_RANGE]);
    sampling->dynamic_exponent = bits_float(words[WORD_DYNAMIC_EXPONENT]);
    sampling->typical_p = bits_float(words[WORD_TYPICAL_P]);
    sampling->top_n_sigma = bits_float(words[WORD_TOP_N_SIGMA]);
    sampling->xtc_probability = bits_float(words[WORD_XTC_PROBABILITY]);
    sampling->xtc_threshold = bits_float(words[WORD_XTC_THRESHOLD]);
    sampling->dry_multiplier = bits_float(words[WORD_DRY_MULTIPLIER]);
    sampling->dry_base = bits_float(words[WORD_DRY_BASE]);
    sampling->dry_allowed_length = (int32_t)words[WORD_DRY_ALLOWED_LENGTH];
    sampling->dry_penalty_last_n = (int32_t)words[WORD_DRY_PENALTY_LAST_N];
    sampling->prompt_logprobs = words[WORD_PROMPT_LOGPROBS] != 0;
    sampling->progress = words[WORD_PROGRESS] != 0;
    sampling->no_answer = words[WORD_NO_ANSWER] != 0;
    request->input.sampling = sampling;
    return sampling->top_logprobs > TOP_LOGPROBS_MAX ? HEARTH_EPARSE : 0;
}

/* The texts stay in the request's copy of the payload. */
static int get_stop(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    struct hearth_sampling *sampling = &request->sampling;
    if (sampling->stop_count == HEARTH_IPC_STOPS_MAX || field->length == 0)
        return HEARTH_EPARSE;
    request->stops[sampling->stop_count++] =
        (struct hearth_bytes){.bytes = field->bytes, .length = field->length};
    sampling->stops = request->stops;
    return 0;
}

static int get_breaker(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    struct hearth_sampling *sampling = &request->sampling;
    if (sampling->dry_breaker_count == HEARTH_IPC_BREAKERS_MAX || field->length == 0)
        return HEARTH_EPARSE;
    request->breakers[sampling->dry_breaker_count++] =
        (struct hearth_bytes){.bytes = field->bytes, .length = field->length};
    sampling->dry_breakers = request->breakers;
    return 0;
}

static int get_biases(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    size_t size = sizeof(struct hearth_logit_bias);
    if (field->length % size || field->length / size > HEARTH_IPC_BIASES_MAX)
        return HEARTH_EPARSE;
    /* Fields are aligned to 4 and the two halves are words of 4 bytes. */
    request->sampling.biases = (const struct hearth_logit_bias *)(const void *)field->bytes;
    request->sampling.bias_count = (uint32_t)(field->length / size);
    return 0;
}

int hearth_ipc_get_sampling(const struct hearth_ipc_field *field,
                            struct hearth_ipc_request *request)
{
    switch (field->tag) {
    case HEARTH_TAG_SAMPLING:
        return get_words(field, request);
    case HEARTH_TAG_STOP:
        return get_stop(field, request);
    case HEARTH_TAG_DRY_BREAKER:
        return get_breaker(field, request);
    case HEARTH_TAG_GRAMMAR:
        request->sampling.grammar = (struct hearth_bytes){field->bytes, field->length};
        return 0;
    case HEARTH_TAG_BIAS:
        return get_biases(field, request);
    default:
        return 0;
    }
}
