/* Any bytes as the header of a decoder's GGUF file: a network that can be described, planned,
 * loaded and computed within its bounds, or an error in words.
 *
 * The file goes on with zeros behind the bytes, so that a header may name tensors without having
 * them. What is accepted and small is opened and computes two steps, on an instruction set that
 * follows from the bytes: whatever sizes a header gets past the checks, the kernels must bear. */
#include "network/decoder.h"

#include "base/error.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { FILE_BYTES = 64 << 20, COMPUTED_MOST = 8 << 20, TOKENS = 5 };

/* Opened again by its path, as a file is. */
static const char *write_file(const uint8_t *bytes, size_t length)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("network", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (ftruncate(file, 0) != 0 || ftruncate(file, FILE_BYTES) != 0 ||
        pwrite(file, bytes, length, 0) != (ssize_t)length)
        abort();
    return path;
}

static enum hearth_isa isa_for(const uint8_t *bytes, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += bytes[i];
    enum hearth_isa isa = (enum hearth_isa)(sum % HEARTH_ISA_COUNT);
    return hearth_isa_usable(isa) ? isa : HEARTH_ISA_PLAIN;
}

/* A prompt and one token behind it; all sums are of zeros and may be anything but out of bounds. */
static void compute(const char *path, const struct hearth_decoder_params *params)
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
    float sum = 0; /* reads them, for a sanitizer to see */
    for (uint32_t i = 0; i < words; i++)
        sum += logits[i];
    assert(isnan(sum) || sum != 1.25e38f);
    hearth_decoder_close(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > FILE_BYTES)
        return 0;
    const char *path = write_file(bytes, length);
    const struct hearth_decoder_params params = {
        .context = 40,
        .sequences = 2,
        .batch = TOKENS,
        .outputs = 1,
        .states = 1,
        .threads = 1,
        .kv_type = (enum hearth_kv_type)(length % HEARTH_KV_TYPE_COUNT),
        .isa = isa_for(bytes, length),
    };
    struct hearth_decoder_plan plan;
    struct hearth_error error = {0};
    int rc = hearth_decoder_plan(path, &params, &plan, &error);
    assert(rc == 0 || (rc == error.code && *error.message));
    if (rc != 0)
        return 0;
    assert(plan.weights > 0 && plan.cache > 0 && plan.scratch > 0);
    assert(plan.weights < UINT64_C(1) << 60 && plan.cache < UINT64_C(1) << 60 &&
           plan.scratch < UINT64_C(1) << 60);
    if (plan.weights < COMPUTED_MOST && plan.cache < COMPUTED_MOST &&
        plan.scratch < 4 * COMPUTED_MOST)
        compute(path, &params);
    return 0;
}
