/* What the fuzz targets of decoders' files have in common: a model by its path is planned, and what
 * is accepted and small is opened and computes two steps, on an instruction set that follows from
 * the input. Whatever sizes a file gets past the checks, the kernels must bear. */
#ifndef HEARTH_FUZZ_NETWORK_PARTS_H
#define HEARTH_FUZZ_NETWORK_PARTS_H

#include "network/decoder.h"

#include "base/error.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPUTED_MOST = 8 << 20, TOKENS = 5 };

static inline struct hearth_decoder_params fuzz_params(const uint8_t *bytes, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += bytes[i];
    enum hearth_isa isa = (enum hearth_isa)(sum % HEARTH_ISA_COUNT);
    return (struct hearth_decoder_params){
        .context = 40,
        .sequences = 2,
        .batch = TOKENS,
        .outputs = 1,
        .states = 1,
        .threads = 1,
        .kv_type = (enum hearth_kv_type)(length % HEARTH_KV_TYPE_COUNT),
        .isa = hearth_isa_usable(isa) ? isa : HEARTH_ISA_PLAIN,
    };
}

/* A prompt and one token behind it. The logits may be any numbers. */
static inline void fuzz_compute(const char *path, const struct hearth_decoder_params *params)
{
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    int rc = hearth_decoder_open(path, params, NULL, &decoder, &error);
    assert(rc == 0 || (decoder == NULL && *error.message));
    if (rc != 0)
        return;
    uint32_t words = hearth_decoder_network(decoder)->vocabulary;
    int32_t tokens[TOKENS] = {0};
    for (uint32_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)((words - 1) / (i + 1));
    struct hearth_decoder_span span = {1, tokens, TOKENS - 1, 1};
    assert(!hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error));
    span = (struct hearth_decoder_span){1, tokens + TOKENS - 1, 1, 1};
    assert(!hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error));
    const float *logits = hearth_decoder_result(decoder, 0);
    float sum = 0; /* reads them all, for a sanitizer to see */
    for (uint32_t i = 0; i < words; i++)
        sum += logits[i];
    assert(isnan(sum) || sum != 1.25e38f);
    hearth_decoder_close(decoder);
}

static inline void fuzz_model(const char *path, const struct hearth_decoder_params *params)
{
    static const uint64_t most = UINT64_C(1) << 60; /* sums of them do not overflow */
    struct hearth_decoder_plan plan;
    struct hearth_error error = {0};
    int rc = hearth_decoder_plan(path, params, &plan, &error);
    assert(rc == 0 || (rc == error.code && *error.message));
    if (rc != 0)
        return;
    assert(plan.weights > 0 && plan.weights < most);
    assert(plan.cache > 0 && plan.cache < most);
    assert(plan.scratch > 0 && plan.scratch < most);
    if (plan.weights < COMPUTED_MOST && plan.cache < COMPUTED_MOST &&
        plan.scratch < 4 * COMPUTED_MOST)
        fuzz_compute(path, params);
}

#endif
