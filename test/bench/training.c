/* One trainer, for test/bench/training.py: bench_training BASE THREADS DOCUMENTS TOKENS
 * [checkpoint].
 *
 * Prints "ready". Then reads lines: "step" makes one step over DOCUMENTS rows of TOKENS random
 * tokens, all labeled, with rank 8 on every linear module, and prints its seconds, those of all its
 * threads, its loss and the peak memory in KiB; "sgemm" makes the products with frozen matrices
 * that such a step cannot do without, and nothing else, and prints their seconds and those of all
 * threads. Ends with its standard input. */
#include "base/clock.h"
#include "base/memory.h"
#include "train/optimizer.h"
#include "train/pass.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { DOCUMENTS_MAX = 64, RANK = 8 };

struct bench {
    struct hearth_train_base *base;
    struct hearth_lora *lora;
    struct hearth_train_pass *pass;
    struct hearth_optimizer *optimizer;
    struct hearth_train_batch batch;
    uint32_t starts[DOCUMENTS_MAX + 1];
    int32_t *tokens, *labels;
    uint32_t rows;
};

static double now(void)
{
    return (double)hearth_clock_monotonic_ns() * 1e-9;
}

/* In KiB. Not that of getrusage, which begins with what the parent had. */
static long peak(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = atol(line + 6);
    if (status != NULL)
        fclose(status);
    return kib;
}

/* Of all threads: what counts where the machine is shared. */
static double used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static int prepare(struct bench *bench, char **arguments, bool checkpoints,
                   struct hearth_error *error)
{
    unsigned threads = (unsigned)atoi(arguments[2]);
    uint32_t documents = (uint32_t)atoi(arguments[3]), each = (uint32_t)atoi(arguments[4]);
    struct hearth_lora_params params = {RANK, 16, false, 0, (1 << HEARTH_MODULES) - 1, 7};
    struct hearth_optimizer_params rates = {2e-4, 0.9, 0.999, 1e-8, 0, 1, 0, 0, 1000};
    struct hearth_train_pass_params sizes = {.tokens = documents * each,
                                             .document_tokens = each,
                                             .checkpoints = checkpoints,
                                             .threads = threads};
    bench->rows = documents * each;
    bench->tokens = hearth_calloc(bench->rows, sizeof(*bench->tokens));
    bench->labels = hearth_calloc(bench->rows, sizeof(*bench->labels));
    int rc = hearth_train_base_open(arguments[1], &bench->base, error);
    if (rc != 0)
        return rc;
    const struct hearth_network *network = hearth_train_base_network(bench->base);
    for (uint32_t i = 0; i <= documents; i++)
        bench->starts[i] = i * each;
    for (uint32_t i = 0; i < bench->rows; i++) {
        bench->tokens[i] = (int32_t)((i * 7919u + 13) % network->vocabulary);
        bench->labels[i] = (int32_t)(((i + 1) * 7919u + 13) % network->vocabulary);
    }
    bench->batch =
        (struct hearth_train_batch){bench->tokens, bench->labels, bench->starts, documents, 0};
    rc = hearth_lora_create(network, &params, &bench->lora, error);
    if (rc == 0)
        rc = hearth_train_pass_create(bench->base, bench->lora, &sizes, &bench->pass, error);
    return rc != 0 ? rc : hearth_optimizer_create(bench->lora, &rates, &bench->optimizer, error);
}

/* Forwards y = x · Wᵀ and backwards dx = dy · W, for all rows of a step at once. */
static void multiply(size_t rows, size_t inputs, size_t outputs, double times, double seconds[2])
{
    float *x = hearth_calloc(rows * inputs, sizeof(*x)), *y = hearth_calloc(rows * outputs, 4);
    float *w = hearth_calloc(inputs * outputs, sizeof(*w));
    for (size_t i = 0; i < rows * inputs; i++)
        x[i] = (float)(i % 17) - 8;
    for (size_t i = 0; i < inputs * outputs; i++)
        w[i] = (float)(i % 13) - 6;
    double started = now(), used_before = used();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)outputs, (int)inputs, 1, x,
                (int)inputs, w, (int)inputs, 0, y, (int)outputs);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)inputs, (int)outputs, 1,
                y, (int)outputs, w, (int)inputs, 0, x, (int)inputs);
    seconds[0] += times * (now() - started);
    seconds[1] += times * (used() - used_before);
    hearth_free(x);
    hearth_free(y);
    hearth_free(w);
}

/* With threads of OpenBLAS's own, as a program that only multiplies would have them. */
static void products(const struct bench *bench, int threads)
{
    const struct hearth_network *network = hearth_train_base_network(bench->base);
    double seconds[2] = {0, 0};
    openblas_set_num_threads(threads);
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        size_t inputs, outputs;
        hearth_module_shape(network, module, &inputs, &outputs);
        multiply(bench->rows, inputs, outputs, network->layers, seconds);
    }
    multiply(bench->rows, network->width, network->vocabulary, 1, seconds);
    openblas_set_num_threads(1);
    printf("%.6f %.6f\n", seconds[0], seconds[1]);
}

int main(int count, char **arguments)
{
    struct bench bench = {0};
    struct hearth_error error = {0};
    char line[32];
    if (count < 5 || atoi(arguments[3]) < 1 || atoi(arguments[3]) > DOCUMENTS_MAX)
        return 2;
    if (prepare(&bench, arguments, count > 5, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        double loss = 0, started = now(), used_before = used();
        if (strncmp(line, "sgemm", 5) == 0) {
            products(&bench, atoi(arguments[2]));
        } else if (hearth_train_pass_learn(bench.pass, &bench.batch, 1.0 / bench.rows, &loss,
                                           &error) != 0) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        } else {
            hearth_optimizer_step(bench.optimizer);
            double seconds = now() - started, cpu = used() - used_before;
            printf("%.6f %.6f %.9g %ld\n", seconds, cpu, loss / bench.rows, peak());
        }
        fflush(stdout);
    }
    return 0;
}
