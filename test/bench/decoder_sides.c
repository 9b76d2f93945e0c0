#include "bench/decoder_sides.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

_Noreturn void bench_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

double bench_seconds(void)
{
    const char *name = getenv("BENCH_CLOCK");
    struct timespec now;
    clock_gettime(name != NULL && strcmp(name, "cpu") == 0 ? CLOCK_PROCESS_CPUTIME_ID
                                                           : CLOCK_MONOTONIC,
                  &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct bench_setup bench_setup_read(const char *path, uint32_t sequences, uint32_t context)
{
    struct bench_setup setup = {
        .path = path, .sequences = sequences, .context = context, .isa = hearth_isa_best()};
    const char *threads = getenv("BENCH_THREADS"), *kv = getenv("BENCH_KV");
    const char *isa = getenv("BENCH_ISA"), *repack = getenv("BENCH_REPACK");
    int64_t count = sysconf(_SC_NPROCESSORS_ONLN);
    setup.plain_layout = repack != NULL && strcmp(repack, "0") == 0;
    if (threads != NULL && hearth_parse_int(threads, 1, 256, &count) != 0)
        bench_fail("BENCH_THREADS is no number of threads");
    if (kv != NULL && strcmp(kv, "bf16") == 0)
        setup.kv_type = HEARTH_KV_BF16;
    else if (kv != NULL && strcmp(kv, "f16") != 0)
        bench_fail("BENCH_KV is f16 or bf16");
    if (isa != NULL && (!hearth_isa_named(isa, &setup.isa) || !hearth_isa_usable(setup.isa)))
        bench_fail("BENCH_ISA is no instruction set of this machine");
    setup.threads = (uint32_t)count;
    return setup;
}

void bench_open_own(struct bench_side *side, const struct bench_setup *setup)
{
    struct hearth_decoder_params params = {.context = setup->context,
                                           .sequences = setup->sequences,
                                           .batch = BENCH_BATCH,
                                           .outputs = setup->sequences > 8 ? setup->sequences : 8,
                                           .states = 1,
                                           .threads = setup->threads,
                                           .kv_type = setup->kv_type,
                                           .isa = setup->isa};
    struct hearth_error error = {0};
    cpu_set_t before;
    sched_getaffinity(0, sizeof(before), &before);
    *side = (struct bench_side){.name = "own"};
    if (hearth_decoder_open(setup->path, &params, NULL, &side->decoder, &error) != 0)
        bench_fail(error.message);
    side->words = hearth_decoder_network(side->decoder)->vocabulary;
    /* A team keeps the thread that runs it to a core; libllama's threads would inherit that. */
    sched_getaffinity(0, sizeof(side->cores), &side->cores);
    sched_setaffinity(0, sizeof(before), &before);
}

static void no_log(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

void bench_open_library(struct bench_side *side, const struct bench_setup *setup)
{
    struct llama_context_params params = llama_context_default_params();
    llama_log_set(no_log, NULL);
    llama_backend_init();
    *side = (struct bench_side){.name = "libllama"};
    sched_getaffinity(0, sizeof(side->cores), &side->cores);
    struct llama_model_params model_params = llama_model_default_params();
    model_params.use_extra_bufts = !setup->plain_layout;
    side->model = llama_model_load_from_file(setup->path, model_params);
    /* It rounds a sequence's share up to 256 by itself. */
    params.n_ctx = setup->sequences * setup->context;
    params.n_batch = params.n_ubatch = BENCH_BATCH;
    params.n_seq_max = setup->sequences;
    params.n_outputs_max = setup->sequences > 8 ? setup->sequences : 8;
    params.n_threads = params.n_threads_batch = (int32_t)setup->threads;
    if (setup->kv_type == HEARTH_KV_BF16)
        params.type_k = params.type_v = GGML_TYPE_BF16;
    side->context = side->model != NULL ? llama_init_from_model(side->model, params) : NULL;
    if (side->context == NULL)
        bench_fail("libllama cannot load the model");
    side->batch = llama_batch_init(BENCH_BATCH, 0, 1);
    side->words = (uint32_t)llama_vocab_n_tokens(llama_model_get_vocab(side->model));
}

void bench_close(struct bench_side *side)
{
    hearth_decoder_close(side->decoder);
    if (side->context == NULL)
        return;
    llama_batch_free(side->batch);
    llama_free(side->context);
    llama_model_free(side->model);
}

static int32_t token_at(const struct bench_side *side, uint32_t position)
{
    return (int32_t)((position * 7919 + 13) % side->words);
}

static void take_own(struct bench_side *side, uint32_t from, uint32_t count, uint32_t first,
                     uint32_t tokens, uint32_t outputs)
{
    struct hearth_decoder_span spans[BENCH_SEQUENCES_MOST];
    int32_t stream[BENCH_BATCH];
    struct hearth_error error;
    for (uint32_t i = 0; i < tokens; i++)
        stream[i] = token_at(side, first + i);
    for (uint32_t i = 0; i < count; i++)
        spans[i] = (struct hearth_decoder_span){from + i, stream, tokens, outputs};
    if (hearth_decoder_step(side->decoder, spans, count, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        bench_fail(error.message);
}

static void take_library(struct bench_side *side, uint32_t from, uint32_t count, uint32_t first,
                         uint32_t tokens, uint32_t outputs)
{
    struct llama_batch *batch = &side->batch;
    batch->n_tokens = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < tokens; j++) {
            int32_t at = batch->n_tokens++;
            batch->token[at] = token_at(side, first + j);
            batch->pos[at] = (llama_pos)(first + j);
            batch->n_seq_id[at] = 1;
            batch->seq_id[at][0] = (llama_seq_id)(from + i);
            batch->logits[at] = j >= tokens - outputs;
        }
    if (llama_decode(side->context, *batch) != 0)
        bench_fail("libllama cannot decode");
}

void bench_take(struct bench_side *side, uint32_t from, uint32_t count, uint32_t first,
                uint32_t tokens, uint32_t outputs)
{
    if (side->decoder != NULL)
        take_own(side, from, count, first, tokens, outputs);
    else
        take_library(side, from, count, first, tokens, outputs);
}

void bench_trim(struct bench_side *side, uint32_t sequences, uint32_t count)
{
    for (uint32_t i = 0; i < sequences; i++)
        if (side->decoder != NULL)
            hearth_decoder_trim(side->decoder, i, count);
        else
            llama_memory_seq_rm(llama_get_memory(side->context), (llama_seq_id)i, (llama_pos)count,
                                -1);
}
