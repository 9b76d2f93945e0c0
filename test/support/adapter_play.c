/* What test/e2e/test_adapter_exports.py asks of the code that writes adapters and models:
 *
 *     adapter_play make BASE FOLDER    an adapter with random values, in every form
 *     adapter_play merge BASE ADAPTER FOLDER TYPE
 *     adapter_play plain BASE FOLDER TYPE    the base again, in another type
 *     adapter_play logits BASE ADAPTER|- < frames > frames
 *
 * In: u32 count and that many i32 tokens, again and again; out: u32 vocabulary, and count ×
 * vocabulary logits in f32. Native byte order. */
#include "base/error.h"
#include "base/memory.h"
#include "domain/training_parameters.h"
#include "network/decoder.h"
#include "support/seeded.h"
#include "train/export.h"
#include "train/merge.h"

#include <stdio.h>
#include <string.h>

enum {
    TOKENS_MAX = 256,
    RANK = 8,
    ALL = HEARTH_EXPORT_GGUF | HEARTH_EXPORT_PEFT | HEARTH_EXPORT_MLX
};

static int make(const char *path, const char *folder, struct hearth_error *error)
{
    struct hearth_lora_params params = {RANK, 12, true, 0, (1u << HEARTH_MODULES) - 1, 3};
    struct hearth_train_base *base = NULL;
    struct hearth_lora *lora = NULL;
    uint64_t seed = 9;
    int rc = hearth_train_base_open(path, &base, error);
    if (!rc)
        rc = hearth_lora_create(hearth_train_base_network(base), &params, &lora, error);
    for (size_t i = 0; !rc && i < lora->count; i++)
        lora->values[i] += ((float)seeded_pick(&seed, 0, 2000) - 1000) * 5e-5f;
    if (!rc)
        rc = hearth_export_adapter(lora, "base@1", ALL, folder, error);
    hearth_lora_destroy(lora);
    hearth_train_base_close(base);
    return rc;
}

static bool changes_nothing(void *argument, enum hearth_part part, uint32_t layer)
{
    (void)argument;
    (void)part;
    (void)layer;
    return false;
}

static int plain(const char *path, const char *folder, enum hearth_rewrite_type type,
                 struct hearth_error *error)
{
    const struct hearth_rewrite_source source = {.begin = changes_nothing};
    return hearth_rewrite(path, &source, type, folder, error);
}

static int answer(struct hearth_decoder *decoder, uint32_t vocabulary, struct hearth_error *error)
{
    uint32_t count;
    int32_t tokens[TOKENS_MAX];
    const float scales[] = {1};
    int rc = 0;
    while (!rc && fread(&count, sizeof(count), 1, stdin) == 1) {
        if (count == 0 || count > TOKENS_MAX ||
            fread(tokens, sizeof(*tokens), count, stdin) != count)
            return hearth_error_set(error, HEARTH_EINVAL, "no frame of 1 to %d tokens", TOKENS_MAX);
        struct hearth_decoder_span span = {0, tokens, count, count};
        hearth_decoder_trim(decoder, 0, 0);
        hearth_decoder_adapt(decoder, 0, scales);
        rc = hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, error);
        fwrite(&vocabulary, sizeof(vocabulary), 1, stdout);
        for (uint32_t i = 0; !rc && i < count; i++)
            fwrite(hearth_decoder_result(decoder, i), sizeof(float), vocabulary, stdout);
    }
    return rc;
}

static int logits(const char *path, const char *adapter, struct hearth_error *error)
{
    struct hearth_network *network = hearth_calloc(1, sizeof(*network));
    struct hearth_decoder *decoder = NULL;
    struct hearth_decoder_params params = {.context = TOKENS_MAX,
                                           .sequences = 1,
                                           .batch = TOKENS_MAX,
                                           .outputs = TOKENS_MAX,
                                           .states = TOKENS_MAX,
                                           .threads = 1,
                                           .kv_type = HEARTH_KV_F32,
                                           .isa = hearth_isa_best(),
                                           .adapters = &adapter,
                                           .adapter_count = strcmp(adapter, "-") != 0};
    int rc = hearth_rewrite_network(path, network, error);
    if (!rc)
        rc = hearth_decoder_open(path, &params, NULL, &decoder, error);
    if (!rc) {
        rc = answer(decoder, network->vocabulary, error);
        hearth_decoder_close(decoder);
    }
    hearth_free(network);
    return rc;
}

int main(int argc, char **argv)
{
    struct hearth_error error = {0};
    enum hearth_rewrite_type type;
    int rc = HEARTH_EINVAL;
    if (argc == 4 && !strcmp(argv[1], "make"))
        rc = make(argv[2], argv[3], &error);
    else if (argc == 6 && !strcmp(argv[1], "merge") && hearth_rewrite_type_of(argv[5], &type))
        rc = hearth_merge(argv[2], argv[3], type, argv[4], NULL, &error);
    else if (argc == 5 && !strcmp(argv[1], "plain") && hearth_rewrite_type_of(argv[4], &type))
        rc = plain(argv[2], argv[3], type, &error);
    else if (argc == 4 && !strcmp(argv[1], "logits"))
        rc = logits(argv[2], argv[3], &error);
    if (rc)
        fprintf(stderr, "%d %s\n", rc, error.message);
    return rc != 0;
}
