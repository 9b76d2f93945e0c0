/* A decoder of our own against libllama in one process, on one GGUF file, in turns; medians.
 *
 *     bench_decoder FILE [CASE…]
 *
 * Cases: `prefill` (a prompt of 512 tokens), a number of sequences that each take one token a step,
 * `verify` (one sequence takes 4 tokens and gives 4 results), `busy` (8 sequences beside a process
 * that keeps one core busy). Without any: prefill 1 4 8 16 32. Each line has tokens a second of our
 * own and of libllama, the median of their ratios round by round, and libllama against itself, the
 * noise. One sequence and `verify` say more; see there.
 *
 * BENCH_ROUNDS (5); BENCH_THREADS, BENCH_KV, BENCH_ISA, BENCH_REPACK, BENCH_CLOCK: decoder_sides.h.
 */
#include "bench/decoder_sides.h"

#include "base/big_memory.h"
#include "base/text.h"
#include "network/decoder_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH = 64, STEPS = 16, ROUNDS_MOST = 31, CASES_MOST = 16, VERIFIED = 4, BUSY = 8 };

struct bench_case {
    const char *name;
    uint32_t sequences; /* 0: a prompt */
    uint32_t tokens;    /* of a step, all of which give results but in a prompt */
    bool busy;
    double own[ROUNDS_MOST], library[ROUNDS_MOST], again[ROUNDS_MOST];
};

struct bench {
    struct bench_side own, library;
    uint32_t sequences; /* one more than the most at once: prompts have one to themselves */
    struct bench_case cases[CASES_MOST];
    unsigned count, rounds;
};

/* Tokens a second. The last sequence is for prompts, so that the others stay as deep as they are.
 */
static double measure(struct bench *bench, struct bench_side *side, const struct bench_case *one)
{
    cpu_set_t before;
    uint32_t prompts = bench->sequences - 1, steps = one->sequences == 0 ? 1 : STEPS;
    sched_getaffinity(0, sizeof(before), &before);
    sched_setaffinity(0, sizeof(side->cores), &side->cores);
    bench_trim(side, bench->sequences, DEPTH);
    if (side->decoder != NULL)
        hearth_decoder_trim(side->decoder, prompts, 0);
    else
        llama_memory_seq_rm(llama_get_memory(side->context), (llama_seq_id)prompts, -1, -1);
    double start = bench_seconds();
    if (one->sequences == 0)
        bench_take(side, prompts, 1, 0, one->tokens, 1);
    for (uint32_t i = 0; one->sequences > 0 && i < steps; i++) {
        bench_take(side, 0, one->sequences, DEPTH + i * one->tokens, one->tokens, one->tokens);
    }
    double seconds = bench_seconds() - start;
    sched_setaffinity(0, sizeof(before), &before);
    usleep(20000); /* libllama's threads spin for a while */
    uint32_t each = one->sequences == 0 ? one->tokens : one->sequences * one->tokens;
    return each * steps / seconds;
}

static pid_t start_busy_process(void)
{
    pid_t parent = getpid(), child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent)
        for (volatile uint32_t i = 0; i < 1u << 24; i++)
            continue;
    _exit(0);
}

static void run_round(struct bench *bench, struct bench_case *one, unsigned round)
{
    pid_t busy = one->busy ? start_busy_process() : -1;
    one->library[round] = measure(bench, &bench->library, one);
    one->own[round] = measure(bench, &bench->own, one);
    one->again[round] = measure(bench, &bench->library, one);
    if (busy > 0) {
        kill(busy, SIGKILL);
        waitpid(busy, NULL, 0);
    }
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, unsigned count)
{
    double sorted[ROUNDS_MOST];
    memcpy(sorted, values, count * sizeof(*values));
    qsort(sorted, count, sizeof(*sorted), order);
    return sorted[count / 2];
}

static double median_ratio(const double *a, const double *b, unsigned count)
{
    double ratios[ROUNDS_MOST];
    for (unsigned i = 0; i < count; i++)
        ratios[i] = a[i] / b[i];
    return median(ratios, count);
}

static const struct bench_case *find(const struct bench *bench, const char *name)
{
    for (unsigned i = 0; i < bench->count; i++)
        if (strcmp(bench->cases[i].name, name) == 0)
            return &bench->cases[i];
    return NULL;
}

enum { PIECE = 1 << 20, PIECES = 256, READ_AHEAD = 8 << 10 };

/* Fetched ahead like weights: on one core that is quicker than what the machine does by itself. */
__attribute__((target("avx2"))) static void read_piece(const char *piece)
{
    typedef long long line __attribute__((vector_size(32)));
    line sums[2] = {{0}};
    for (size_t i = 0; i < PIECE; i += sizeof(sums)) {
        __builtin_prefetch(piece + i + READ_AHEAD, 0, 3);
        for (size_t j = 0; j < 2; j++)
            sums[j] |= *(const line *)(piece + i + j * sizeof(line));
    }
    __asm__ volatile("" ::"x"(sums[0]), "x"(sums[1]));
}

static void read_memory(struct hearth_member *member, void *argument)
{
    size_t piece;
    while ((piece = hearth_member_take(member)) < PIECES)
        read_piece((const char *)argument + piece * PIECE);
}

/* Bytes a second that the same threads read from memory of the kind that weights are in: the best
 * of several passes over more than any cache holds. */
static double read_bandwidth(struct hearth_team *team)
{
    const size_t bytes = (size_t)PIECES * PIECE;
    char *memory = hearth_big_alloc(bytes);
    double best = 0;
    memset(memory, 1, bytes);
    for (int i = 0; i < 10; i++) {
        double start = bench_seconds();
        hearth_team_run(team, read_memory, memory);
        double rate = (double)bytes / (bench_seconds() - start);
        best = rate > best ? rate : best;
    }
    hearth_big_free(memory, bytes);
    return best;
}

/* What a step reads of the weights, to the bytes that the machine reads: all but the embeddings,
 * which are the head too where it is tied. */
static void tell_bandwidth(struct bench *bench, const struct bench_case *one)
{
    const struct hearth_decoder *decoder = bench->own.decoder;
    const struct hearth_weights *weights = &decoder->weights;
    cpu_set_t before;
    double bytes = (double)weights->bytes;
    if (!weights->tied)
        bytes -= (double)weights->embedding_row_bytes * decoder->network.vocabulary;
    sched_getaffinity(0, sizeof(before), &before);
    double rate = bytes * median(one->own, bench->rounds), most = read_bandwidth(decoder->team);
    sched_setaffinity(0, sizeof(before), &before);
    printf("weights     %10.1f GB/s of %.1f GB/s that this machine reads: %.0f %%\n", rate / 1e9,
           most / 1e9, 100 * rate / most);
}

static void tell(struct bench *bench)
{
    printf("%-12s %10s %10s %7s %7s\n", "", "own", "libllama", "ratio", "noise");
    for (unsigned i = 0; i < bench->count; i++) {
        const struct bench_case *one = &bench->cases[i];
        printf("%-12s %10.1f %10.1f %6.2f× %6.2f×\n", one->name, median(one->own, bench->rounds),
               median(one->library, bench->rounds),
               median_ratio(one->own, one->library, bench->rounds),
               median_ratio(one->again, one->library, bench->rounds));
    }
    const struct bench_case *single = find(bench, "1"), *verify = find(bench, "verify");
    const struct bench_case *busy = find(bench, "busy"), *quiet = find(bench, "8");
    if (single != NULL)
        tell_bandwidth(bench, single);
    if (single != NULL && verify != NULL)
        printf("verifying %d tokens costs %.2f steps, of libllama %.2f\n", VERIFIED,
               VERIFIED * median_ratio(single->own, verify->own, bench->rounds),
               VERIFIED * median_ratio(single->library, verify->library, bench->rounds));
    if (quiet != NULL && busy != NULL)
        printf("beside a busy process our own keeps %.0f %% of its rate\n",
               100 * median_ratio(busy->own, quiet->own, bench->rounds));
}

static void add_case(struct bench *bench, const char *name)
{
    struct bench_case one = {.name = name, .tokens = 1};
    int64_t sequences = 0;
    if (strcmp(name, "prefill") == 0)
        one.tokens = BENCH_BATCH;
    else if (strcmp(name, "verify") == 0)
        one.sequences = 1, one.tokens = VERIFIED;
    else if (strcmp(name, "busy") == 0)
        one.sequences = BUSY, one.busy = true;
    else if (hearth_parse_int(name, 1, BENCH_SEQUENCES_MOST - 1, &sequences) == 0)
        one.sequences = (uint32_t)sequences;
    else
        bench_fail("a case is prefill, a number of sequences, verify or busy");
    if (one.sequences >= bench->sequences)
        bench->sequences = one.sequences + 1;
    if (bench->count == CASES_MOST)
        bench_fail("too many cases");
    bench->cases[bench->count++] = one;
}

/* Every sequence has DEPTH tokens before anything is measured. */
static void fill(struct bench *bench, struct bench_side *side)
{
    cpu_set_t before;
    uint32_t at_once = BENCH_BATCH / bench->sequences;
    at_once = at_once < DEPTH ? at_once : DEPTH;
    sched_getaffinity(0, sizeof(before), &before);
    sched_setaffinity(0, sizeof(side->cores), &side->cores);
    for (uint32_t at = 0; at < DEPTH; at += at_once)
        bench_take(side, 0, bench->sequences, at, at + at_once < DEPTH ? at_once : DEPTH - at, 1);
    sched_setaffinity(0, sizeof(before), &before);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"prefill", "1", "4", "8", "16", "32"};
    static struct bench bench;
    const char *text = getenv("BENCH_ROUNDS");
    int64_t rounds = 5;
    if (argc < 2 || (text != NULL && hearth_parse_int(text, 1, ROUNDS_MOST, &rounds) != 0))
        bench_fail("bench_decoder FILE [CASE…]");
    bench.rounds = (unsigned)rounds;
    bench.sequences = 1;
    for (int i = 2; i < argc; i++)
        add_case(&bench, argv[i]);
    for (size_t i = 0; argc == 2 && i < sizeof(usual) / sizeof(usual[0]); i++)
        add_case(&bench, usual[i]);
    struct bench_setup setup = bench_setup_read(argv[1], bench.sequences, BENCH_BATCH);
    bench_open_own(&bench.own, &setup);
    bench_open_library(&bench.library, &setup);
    fill(&bench, &bench.own);
    fill(&bench, &bench.library);
    for (unsigned round = 0; round < bench.rounds; round++)
        for (unsigned i = 0; i < bench.count; i++)
            run_round(&bench, &bench.cases[i], round);
    printf("%s, %u threads, cache %s, on %s\n", argv[1], setup.threads,
           hearth_kv_type_name(setup.kv_type),
           hearth_decoder_kernels_name(bench.own.decoder->kernels));
    tell(&bench);
    bench_close(&bench.own);
    bench_close(&bench.library);
    return 0;
}
