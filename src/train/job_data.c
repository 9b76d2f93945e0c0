/* What a job computes with: the base, the rows as tokens, the adapter, the room for a batch. */
#include "base/error.h"
#include "base/memory.h"
#include "train/full.h"
#include "train/job_parts.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

static uint32_t context_of(const struct hearth_job *job)
{
    uint32_t trained = hearth_train_base_network(job->base)->trained_context;
    int64_t wanted = job->order->parameters.context;
    return wanted > 0 && (trained == 0 || wanted < trained) ? (uint32_t)wanted : trained;
}

static int read_rows(struct hearth_job *job, struct hearth_error *error)
{
    const struct hearth_job_order *order = job->order;
    struct hearth_job_rows_source source = {
        order->data.path,       order->data.sha256, job->words,
        &order->parameters,     context_of(job),    job->listener->wants_stop,
        job->listener->argument};
    int rc = hearth_job_rows_read(&source, &job->rows, error);
    if (rc)
        return rc;
    if (!order->evaluation_data.path)
        return hearth_job_rows_split(&job->rows, order->parameters.evaluation_share,
                                     (uint64_t)order->parameters.seed, &job->evaluation, error);
    source.path = order->evaluation_data.path;
    source.sha256 = order->evaluation_data.sha256;
    rc = hearth_job_rows_read(&source, &job->evaluation, error);
    if (rc)
        hearth_error_prefix(error, "evaluation_data");
    return rc;
}

/* An order may leave the digests of its data open; a checkpoint is bound to the bytes all the same.
 */
static void identify(struct hearth_job *job)
{
    char text[3 * HEARTH_SHA256_HEX];
    int length = snprintf(text, sizeof(text), "%s%s%s", job->order->identity,
                          job->rows.facts.sha256, job->evaluation.facts.sha256);
    hearth_sha256_of(text, (size_t)length, job->identity);
}

static void plan_steps(struct hearth_job *job)
{
    const struct hearth_training_parameters *parameters = &job->order->parameters;
    uint64_t size = (uint64_t)parameters->batch_size;
    uint64_t together = (uint64_t)parameters->gradient_accumulation;
    job->batches_per_epoch = (job->rows.count + size - 1) / size;
    job->steps_per_epoch = (job->batches_per_epoch + together - 1) / together;
    job->steps = job->steps_per_epoch * (uint64_t)parameters->epochs;
    if (parameters->max_steps && (uint64_t)parameters->max_steps < job->steps)
        job->steps = (uint64_t)parameters->max_steps;
    if (job->steps > UINT32_MAX)
        job->steps = UINT32_MAX;
}

/* An adapter, or the model itself. */
static int make_trained(struct hearth_job *job, struct hearth_error *error)
{
    const struct hearth_training_parameters *from = &job->order->parameters;
    const struct hearth_lora_params params = {
        .rank = (uint32_t)from->rank,
        .alpha = (float)from->alpha,
        .rank_stabilized = from->rank_stabilized,
        .dropout = (float)from->dropout,
        .modules = (uint32_t)from->modules,
        .seed = (uint64_t)from->seed,
    };
    if (from->method == HEARTH_TRAINING_FULL)
        return hearth_full_create(job->base, &job->lora, error);
    return hearth_lora_create(hearth_train_base_network(job->base), &params, &job->lora, error);
}

static int make_optimizer(struct hearth_job *job, struct hearth_error *error)
{
    const struct hearth_training_parameters *from = &job->order->parameters;
    const struct hearth_optimizer_params params = {
        .rate = from->learning_rate,
        .beta_1 = from->beta1,
        .beta_2 = from->beta2,
        .epsilon = from->epsilon,
        .decay = from->weight_decay,
        .clip = from->clip,
        .schedule = from->schedule == HEARTH_TRAINING_CONSTANT ? HEARTH_SCHEDULE_CONSTANT
                    : from->schedule == HEARTH_TRAINING_LINEAR ? HEARTH_SCHEDULE_LINEAR
                                                               : HEARTH_SCHEDULE_COSINE,
        .warm_up = (uint32_t)ceil((double)job->steps * from->warmup_ratio),
        .steps = (uint32_t)job->steps,
    };
    return hearth_optimizer_create(job->lora, &params, &job->optimizer, error);
}

static uint64_t batch_tokens(const struct hearth_job *job)
{
    uint32_t size = (uint32_t)job->order->parameters.batch_size;
    uint64_t most = hearth_job_rows_most(&job->rows, size);
    uint64_t measured = job->evaluation.count ? hearth_job_rows_most(&job->evaluation, size) : 0;
    return most > measured ? most : measured;
}

static unsigned threads_of(const struct hearth_job *job)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t wanted = job->order->parameters.threads;
    return wanted > 0 ? (unsigned)wanted : cores > 0 ? (unsigned)cores : 1;
}

static int make_room(struct hearth_job *job, struct hearth_error *error)
{
    uint32_t longest =
        job->rows.longest > job->evaluation.longest ? job->rows.longest : job->evaluation.longest;
    uint64_t tokens = batch_tokens(job);
    if (tokens > UINT32_MAX / 2)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "a batch would have %llu tokens; batch_size may be smaller",
                                (unsigned long long)tokens);
    const struct hearth_train_pass_params sizes = {
        .tokens = (uint32_t)tokens,
        .document_tokens = longest,
        .checkpoints = job->order->parameters.checkpointing,
        .threads = threads_of(job),
    };
    int rc = hearth_train_pass_create(job->base, job->lora, &sizes, &job->pass, error);
    if (!rc)
        rc = hearth_job_batch_create(&job->batch, (uint32_t)job->order->parameters.batch_size,
                                     tokens, error);
    if (!rc && job->evaluation.count) {
        job->best = hearth_try_calloc(job->lora->count, sizeof(*job->best));
        if (!job->best)
            rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for what was best");
    }
    return rc;
}

int hearth_job_open(struct hearth_job *job, struct hearth_error *error)
{
    int rc = hearth_train_base_open(job->order->base_path, &job->base, error);
    if (!rc)
        rc = read_rows(job, error);
    if (rc)
        return rc;
    identify(job);
    plan_steps(job);
    rc = make_trained(job, error);
    if (!rc)
        rc = make_optimizer(job, error);
    return rc ? rc : make_room(job, error);
}

void hearth_job_end_steps(struct hearth_job *job)
{
    hearth_job_batch_destroy(&job->batch);
    hearth_train_pass_destroy(job->pass);
    hearth_optimizer_destroy(job->optimizer);
    hearth_free(job->best);
    job->pass = NULL;
    job->optimizer = NULL;
    job->best = NULL;
}

void hearth_job_close(struct hearth_job *job)
{
    hearth_job_end_steps(job);
    hearth_lora_destroy(job->lora);
    hearth_job_rows_finish(&job->rows);
    hearth_job_rows_finish(&job->evaluation);
    hearth_train_base_close(job->base);
}

/* The room that a matrix product has in each thread. */
#define THREAD_BYTES (2ull << 20)

/* What is reserved by now, all of which a step touches (mallinfo(3)), and the base's part of its
 * files: but a base that is trained whole lets go of them and of its room for a matrix. */
static uint64_t memory_of(const struct hearth_job *job)
{
    struct mallinfo2 reserved = mallinfo2();
    bool full = job->order->parameters.method == HEARTH_TRAINING_FULL;
    uint64_t own = reserved.uordblks + reserved.hblkhd + HEARTH_JOB_PROCESS_BYTES +
                   threads_of(job) * THREAD_BYTES;
    return full ? own - hearth_train_base_room(job->base)
                : own + hearth_train_base_mapped(job->base);
}

int hearth_job_tell_plan(const struct hearth_job *job, struct hearth_error *error)
{
    const struct hearth_job_rows *rows = &job->rows;
    const struct hearth_job_listener *listener = job->listener;
    uint64_t bytes = memory_of(job);
    json_int_t trained = job->lora ? (json_int_t)job->lora->count : 0;
    json_t *event = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type", "plan", "steps",
        (json_int_t)job->steps, "rows", (json_int_t)rows->count, "evaluation_rows",
        (json_int_t)job->evaluation.count, "tokens", (json_int_t)rows->starts[rows->count],
        "learnt_tokens", (json_int_t)rows->learnt, "cut", (json_int_t)rows->cut, "dropped",
        (json_int_t)rows->dropped, "faulty", (json_int_t)rows->facts.faulty, "trained_numbers",
        trained, "memory_bytes", (json_int_t)bytes);
    listener->on_event(listener->argument, event);
    return listener->on_plan ? listener->on_plan(listener->argument, bytes, error) : 0;
}
