/* Trains an adapter by numbers that a test gives, for test/e2e/test_training_torch.py:
 *
 *     train_steps BASE FOLDER RANK ALPHA DOCUMENTS TOKENS STEPS RATE
 *
 * reads FOLDER/values.f32, the adapter's first values in the order of hearth_lora, and
 * FOLDER/tokens.i32 [steps][documents × tokens]; writes FOLDER/losses.f64, the mean over all tokens
 * but the first of each document for each step, FOLDER/gradients.f32 of the first step, and
 * FOLDER/trained.f32. AdamW without decay, a constant rate, gradients not clipped. */
#include "base/memory.h"
#include "train/optimizer.h"
#include "train/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool move(const char *folder, const char *name, bool writes, void *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, writes ? "wbe" : "rbe");
    if (file == NULL)
        return false;
    size_t moved = writes ? fwrite(bytes, 1, size, file) : fread(bytes, 1, size, file);
    return fclose(file) == 0 && moved == size;
}

struct job {
    struct hearth_train_base *base;
    struct hearth_lora *lora;
    struct hearth_train_pass *pass;
    struct hearth_optimizer *optimizer;
    struct hearth_train_batch batch;
    uint32_t documents, each, steps;
    uint32_t *starts;
    int32_t *tokens, *labels;
    double *losses;
};

static int prepare(struct job *job, char **arguments, struct hearth_error *error)
{
    struct hearth_lora_params params = {(uint32_t)atoi(arguments[3]),
                                        (float)atof(arguments[4]),
                                        false,
                                        0,
                                        (1 << HEARTH_MODULES) - 1,
                                        7};
    job->documents = (uint32_t)atoi(arguments[5]);
    job->each = (uint32_t)atoi(arguments[6]);
    job->steps = (uint32_t)atoi(arguments[7]);
    struct hearth_optimizer_params rates = {
        .rate = atof(arguments[8]), .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8};
    uint32_t rows = job->documents * job->each;
    struct hearth_train_pass_params sizes = {
        .tokens = rows, .document_tokens = job->each, .threads = 2};
    job->starts = hearth_calloc(job->documents + 1, sizeof(*job->starts));
    job->tokens = hearth_calloc((size_t)rows * job->steps, sizeof(*job->tokens));
    job->labels = hearth_calloc(rows, sizeof(*job->labels));
    job->losses = hearth_calloc(job->steps, sizeof(*job->losses));
    for (uint32_t i = 0; i <= job->documents; i++)
        job->starts[i] = i * job->each;
    int rc = hearth_train_base_open(arguments[1], &job->base, error);
    if (rc == 0)
        rc = hearth_lora_create(hearth_train_base_network(job->base), &params, &job->lora, error);
    if (rc == 0)
        rc = hearth_train_pass_create(job->base, job->lora, &sizes, &job->pass, error);
    return rc != 0 ? rc : hearth_optimizer_create(job->lora, &rates, &job->optimizer, error);
}

static int step(struct job *job, uint32_t number, const char *folder, struct hearth_error *error)
{
    uint32_t rows = job->documents * job->each;
    const int32_t *tokens = job->tokens + (size_t)number * rows;
    double labeled = rows - job->documents;
    for (uint32_t i = 0; i < rows; i++)
        job->labels[i] = (i + 1) % job->each == 0 ? HEARTH_TRAIN_UNLABELED : tokens[i + 1];
    struct hearth_train_batch batch = {tokens, job->labels, job->starts, job->documents, number};
    int rc = hearth_train_pass_learn(job->pass, &batch, 1 / labeled, &job->losses[number], error);
    job->losses[number] /= labeled;
    if (rc == 0 && number == 0)
        move(folder, "gradients.f32", true, job->lora->gradients,
             job->lora->count * sizeof(*job->lora->gradients));
    if (rc == 0)
        hearth_optimizer_step(job->optimizer);
    return rc;
}

int main(int count, char **arguments)
{
    struct job job = {0};
    struct hearth_error error = {0};
    if (count != 9)
        return 2;
    const char *folder = arguments[2];
    int rc = prepare(&job, arguments, &error);
    if (rc == 0 && (!move(folder, "values.f32", false, job.lora->values,
                          job.lora->count * sizeof(*job.lora->values)) ||
                    !move(folder, "tokens.i32", false, job.tokens,
                          (size_t)job.documents * job.each * job.steps * sizeof(*job.tokens)))) {
        fprintf(stderr, "values or tokens are too few\n");
        return 1;
    }
    for (uint32_t i = 0; rc == 0 && i < job.steps; i++)
        rc = step(&job, i, folder, &error);
    if (rc != 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    bool written = move(folder, "losses.f64", true, job.losses, job.steps * sizeof(*job.losses)) &&
                   move(folder, "trained.f32", true, job.lora->values,
                        job.lora->count * sizeof(*job.lora->values));
    return written ? 0 : 1;
}
