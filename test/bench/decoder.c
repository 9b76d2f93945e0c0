/* A decoder of our own against libllama in one process, on one GGUF file, with the same threads and
 * the same type of KV cache (f16), in turns; medians of tokens a second.
 *
 *     bench_decoder FILE [threads [rounds]]
 *
 * BENCH_KV=bf16 has another type of cache. BENCH_CLOCK=cpu counts the time that the process
 * computes instead of the time that passes: on a busy machine, with one thread, it still tells
 * something.
 */
#include "network/decoder.h"
#include "base/error.h"
#include "base/text.h"

#include <llama.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PREFILL = 512, SEQUENCES = 32, DEPTH = 64, STEPS = 16, ROUNDS_MAX = 31, CASES = 6 };

struct bench {
    struct hearth_decoder *decoder;
    struct llama_context *context;
    struct llama_batch batch;
    int32_t tokens[PREFILL];
    uint32_t words;
    /* Where this thread may run: libllama's would stay on the one core that our team keeps it to.
     */
    cpu_set_t any_core, own_core;
};

static clockid_t bench_clock = CLOCK_MONOTONIC;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(bench_clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void add(struct llama_batch *batch, int32_t token, uint32_t position, uint32_t sequence,
                bool output)
{
    int32_t at = batch->n_tokens++;
    batch->token[at] = token;
    batch->pos[at] = (llama_pos)position;
    batch->n_seq_id[at] = 1;
    batch->seq_id[at][0] = (llama_seq_id)sequence;
    batch->logits[at] = output;
}

static void own_take(struct bench *bench, uint32_t sequences, uint32_t first, uint32_t count)
{
    struct hearth_decoder_span spans[SEQUENCES];
    struct hearth_error error;
    for (uint32_t i = 0; i < sequences; i++)
        spans[i] = (struct hearth_decoder_span){i, bench->tokens + first, count, 1};
    if (hearth_decoder_step(bench->decoder, spans, sequences, HEARTH_DECODER_LOGITS, NULL,
                            &error) != 0)
        fail(error.message);
}

static void library_take(struct bench *bench, uint32_t sequences, uint32_t first, uint32_t count)
{
    bench->batch.n_tokens = 0;
    for (uint32_t i = 0; i < sequences; i++)
        for (uint32_t j = 0; j < count; j++)
            add(&bench->batch, bench->tokens[first + j], first + j, i, j == count - 1);
    if (llama_decode(bench->context, bench->batch) != 0)
        fail("libllama cannot decode");
}

static void forget(struct bench *bench)
{
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        hearth_decoder_trim(bench->decoder, i, 0);
        llama_memory_seq_rm(llama_get_memory(bench->context), (llama_seq_id)i, -1, -1);
    }
}

/* Tokens a second; 0 sequences is the prefill. */
static double measure(struct bench *bench, uint32_t sequences,
                      void (*take)(struct bench *, uint32_t, uint32_t, uint32_t))
{
    forget(bench);
    if (sequences == 0) {
        double start = seconds();
        take(bench, 1, 0, PREFILL);
        return PREFILL / (seconds() - start);
    }
    /* Prompts in steps of at most PREFILL tokens. */
    for (uint32_t i = 0; i < DEPTH; i += PREFILL / SEQUENCES)
        take(bench, sequences, i, PREFILL / SEQUENCES);
    double start = seconds();
    for (uint32_t i = 0; i < STEPS; i++)
        take(bench, sequences, DEPTH + i, 1);
    return sequences * STEPS / (seconds() - start);
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), order);
    return values[count / 2];
}

static void open_both(struct bench *bench, const char *path, uint32_t threads)
{
    struct hearth_decoder_params params = {.context = 512 + 32,
                                           .sequences = SEQUENCES,
                                           .batch = PREFILL,
                                           .outputs = SEQUENCES,
                                           .states = 1,
                                           .threads = threads,
                                           .kv_type = HEARTH_KV_F16,
                                           .isa = hearth_isa_best()};
    const char *kv = getenv("BENCH_KV");
    if (kv != NULL && strcmp(kv, "bf16") == 0)
        params.kv_type = HEARTH_KV_BF16;
    struct hearth_error error = {0};
    double start = seconds();
    sched_getaffinity(0, sizeof(bench->any_core), &bench->any_core);
    if (hearth_decoder_open(path, &params, NULL, &bench->decoder, &error) != 0)
        fail(error.message);
    printf("our own is open after %.2f s\n", seconds() - start);
    sched_getaffinity(0, sizeof(bench->own_core), &bench->own_core);
    sched_setaffinity(0, sizeof(bench->any_core), &bench->any_core);
    start = seconds();
    struct llama_model *model = llama_model_load_from_file(path, llama_model_default_params());
    struct llama_context_params context = llama_context_default_params();
    context.n_ctx = SEQUENCES * 768;
    context.n_batch = context.n_ubatch = PREFILL;
    context.n_seq_max = SEQUENCES;
    context.n_outputs_max = SEQUENCES;
    context.n_threads = context.n_threads_batch = (int32_t)threads;
    if (params.kv_type == HEARTH_KV_BF16)
        context.type_k = context.type_v = GGML_TYPE_BF16;
    bench->context = model != NULL ? llama_init_from_model(model, context) : NULL;
    if (bench->context == NULL)
        fail("libllama cannot load the model");
    printf("libllama is open after %.2f s\n", seconds() - start);
    bench->batch = llama_batch_init(PREFILL, 0, 1);
    bench->words = hearth_decoder_network(bench->decoder)->vocabulary;
    for (uint32_t i = 0; i < PREFILL; i++)
        bench->tokens[i] = (int32_t)((i * 7919 + 13) % bench->words);
}

static void no_log(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

int main(int argc, char **argv)
{
    static const uint32_t sequences[CASES] = {0, 1, 4, 8, 16, 32};
    static double own[CASES][ROUNDS_MAX], library[CASES][ROUNDS_MAX];
    int64_t threads = sysconf(_SC_NPROCESSORS_ONLN), rounds = 5;
    if (argc < 2 || (argc > 2 && hearth_parse_int(argv[2], 1, 256, &threads) != 0) ||
        (argc > 3 && hearth_parse_int(argv[3], 1, ROUNDS_MAX, &rounds) != 0))
        fail("bench_decoder FILE [threads [rounds]]");
    struct bench bench = {0};
    const char *clock_name = getenv("BENCH_CLOCK");
    if (clock_name != NULL && strcmp(clock_name, "cpu") == 0)
        bench_clock = CLOCK_PROCESS_CPUTIME_ID;
    llama_log_set(no_log, NULL);
    llama_backend_init();
    open_both(&bench, argv[1], (uint32_t)threads);
    for (unsigned round = 0; round < (unsigned)rounds; round++)
        for (unsigned i = 0; i < CASES; i++) {
            library[i][round] = measure(&bench, sequences[i], library_take);
            usleep(20000); /* its threads spin for a while */
            sched_setaffinity(0, sizeof(bench.own_core), &bench.own_core);
            own[i][round] = measure(&bench, sequences[i], own_take);
            sched_setaffinity(0, sizeof(bench.any_core), &bench.any_core);
        }
    printf("%-12s %10s %10s %7s\n", "", "own", "libllama", "ratio");
    for (unsigned i = 0; i < CASES; i++) {
        char name[32];
        snprintf(name, sizeof(name), sequences[i] == 0 ? "prefill %u" : "%u sequences",
                 sequences[i] == 0 ? PREFILL : sequences[i]);
        double ours = median(own[i], (unsigned)rounds),
               theirs = median(library[i], (unsigned)rounds);
        printf("%-12s %10.0f %10.0f %6.2f×\n", name, ours, theirs, ours / theirs);
    }
    hearth_decoder_close(bench.decoder);
    return 0;
}
