/* The steps of a job: batches, evaluation, checkpoints, and the way back to one. */
#include "base/clock.h"
#include "base/error.h"
#include "base/small_file.h"
#include "train/job_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static double now(void)
{
    return (double)hearth_clock_monotonic_ns() / 1e9;
}

static void tell(const struct hearth_job *job, json_t *event)
{
    job->listener->on_event(job->listener->argument, event);
}

__attribute__((format(printf, 3, 4))) static void
tell_log(const struct hearth_job *job, const char *level, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    tell(job, json_pack("{s:s, s:s, s:s}", "type", "log", "level", level, "message", text));
}

static int save(struct hearth_job *job, struct hearth_error *error)
{
    int rc = hearth_saved_state_write(job->checkpoint, job->identity, &job->progress, job->lora,
                                      job->optimizer, job->best, error);
    if (!rc)
        tell(job, json_pack("{s:s, s:I, s:f}", "type", "checkpoint", "step",
                            (json_int_t)job->progress.step, "loss", job->progress.loss));
    return rc;
}

/* Early, when what is measured has not become better for long enough. */
static bool is_over(const struct hearth_job *job)
{
    uint64_t patience = (uint64_t)job->order->parameters.patience;
    return patience > 0 && job->progress.patience >= patience;
}

static int load(struct hearth_job *job, struct hearth_error *error)
{
    int rc = hearth_saved_state_read(job->checkpoint, job->identity, &job->progress, job->lora,
                                     job->optimizer, job->best, error);
    if (!rc)
        job->is_over = is_over(job);
    return rc;
}

/* A first checkpoint, before anything was learnt, is where a job can go back to. One that cannot be
 * used is as if there were none: the job begins anew. */
static int begin(struct hearth_job *job, struct hearth_error *error)
{
    struct hearth_error why = {.code = 0};
    job->progress = (struct hearth_job_progress){.best = INFINITY};
    int rc = load(job, &why);
    if (rc == 0) {
        job->resumed_from = job->progress.step;
        tell_log(job, "info", "goes on from the checkpoint at step %llu",
                 (unsigned long long)job->progress.step);
        return 0;
    }
    if (rc == HEARTH_EIO)
        return hearth_error_set(error, rc, "%s", why.message);
    if (rc != HEARTH_ENOTFOUND)
        tell_log(job, "warning", "%s; training begins anew", why.message);
    return save(job, error);
}

/* Where step `step` begins: its epoch, and its first batch in that. */
static void place_of(const struct hearth_job *job, uint64_t step, uint64_t *ret_epoch,
                     uint64_t *ret_batch)
{
    *ret_epoch = step / job->steps_per_epoch;
    *ret_batch =
        step % job->steps_per_epoch * (uint64_t)job->order->parameters.gradient_accumulation;
}

static void fill(struct hearth_job *job, const struct hearth_job_rows *rows, uint64_t batch,
                 uint64_t number)
{
    uint64_t size = (uint64_t)job->order->parameters.batch_size, first = batch * size;
    uint64_t left = rows->count - first;
    hearth_job_batch_fill(&job->batch, rows, first, (uint32_t)(left < size ? left : size),
                          (uint32_t)number);
}

/* Labeled tokens of all batches of a step: what its gradients are divided by. */
static uint64_t learnt_in(const struct hearth_job *job, uint64_t first_row, uint64_t end_row)
{
    uint64_t learnt = 0;
    for (uint64_t i = first_row; i < end_row; i++) {
        uint32_t row = job->rows.order[i];
        for (uint64_t at = job->rows.starts[row]; at < job->rows.starts[row + 1]; at++)
            learnt += job->rows.counts[at];
    }
    return learnt;
}

static int stop(struct hearth_job *job, struct hearth_error *error)
{
    int rc = save(job, error);
    return rc ? rc : hearth_error_set(error, HEARTH_ECANCELED, "the job was interrupted");
}

/* All batches of one step, and the optimizer's. A stop between batches is as if the step had not
 * begun: gradients are not saved. */
static int learn_step(struct hearth_job *job, double *ret_norm, struct hearth_error *error)
{
    const struct hearth_training_parameters *parameters = &job->order->parameters;
    uint64_t epoch, first, size = (uint64_t)parameters->batch_size;
    place_of(job, job->progress.step, &epoch, &first);
    uint64_t end = first + (uint64_t)parameters->gradient_accumulation;
    end = end < job->batches_per_epoch ? end : job->batches_per_epoch;
    uint64_t end_row = end * size < job->rows.count ? end * size : job->rows.count;
    const uint64_t tokens = job->progress.tokens;
    uint64_t learnt = learnt_in(job, first * size, end_row);
    double sum = 0;
    hearth_lora_clear_gradients(job->lora);
    for (uint64_t batch = first; batch < end; batch++) {
        double loss = 0;
        job->listener->rest(job->listener->argument);
        if (batch > first && job->listener->wants_stop(job->listener->argument)) {
            job->progress.tokens = tokens;
            return HEARTH_ECANCELED;
        }
        fill(job, &job->rows, batch, epoch * job->batches_per_epoch + batch);
        int rc =
            hearth_train_pass_learn(job->pass, &job->batch.batch, 1 / (double)learnt, &loss, error);
        if (rc)
            return rc;
        sum += loss;
        job->progress.tokens += job->batch.batch.starts[job->batch.batch.documents];
    }
    *ret_norm = hearth_optimizer_step(job->optimizer);
    job->progress.loss = sum / (double)learnt;
    job->progress.step++;
    return isfinite(*ret_norm)
               ? hearth_lora_check(job->lora, error)
               : hearth_error_set(error, HEARTH_EINTERNAL, "the gradients are not finite numbers");
}

static int evaluate(struct hearth_job *job, struct hearth_error *error)
{
    uint64_t size = (uint64_t)job->order->parameters.batch_size, learnt = 0;
    double sum = 0;
    for (uint64_t batch = 0; batch * size < job->evaluation.count; batch++) {
        double loss = 0;
        job->listener->rest(job->listener->argument);
        fill(job, &job->evaluation, batch, 0);
        int rc = hearth_train_pass_evaluate(job->pass, &job->batch.batch, &loss, error);
        if (rc)
            return rc;
        sum += loss;
        learnt += job->batch.learnt;
    }
    job->evaluation_loss = sum / (double)learnt;
    if (job->evaluation_loss < job->progress.best) {
        job->progress.best = job->evaluation_loss;
        job->progress.patience = 0;
        memcpy(job->best, job->lora->values, job->lora->count * sizeof(*job->best));
    } else {
        job->progress.patience++;
    }
    job->is_over = is_over(job);
    return 0;
}

static bool is_measured(const struct hearth_job *job)
{
    uint64_t every = (uint64_t)job->order->parameters.evaluation_steps;
    every = every ? every : job->steps_per_epoch;
    return job->evaluation.count &&
           (job->progress.step % every == 0 || job->progress.step == job->steps);
}

/* The most that this process has had: VmHWM of proc(5), in kibibytes. getrusage(2) would also count
 * what the program that started this one had. */
static json_int_t memory_bytes(void)
{
    static const char key[] = "VmHWM:";
    struct hearth_buf status;
    json_int_t kibibytes = 0;
    hearth_buf_init(&status, 64 << 10);
    int rc = hearth_small_file_read("/proc/self/status", &status, NULL);
    const char *text = rc ? NULL : hearth_buf_cstr(&status);
    const char *line = text ? strstr(text, key) : NULL;
    for (line = line ? line + sizeof(key) - 1 : ""; *line && *line != '\n'; line++)
        if (*line >= '0' && *line <= '9')
            kibibytes = kibibytes * 10 + (*line - '0');
    hearth_buf_finish(&status);
    return kibibytes * 1024;
}

static void tell_step(struct hearth_job *job, double rate, double norm)
{
    double seconds = now() - job->started;
    uint64_t done = job->progress.step - job->resumed_from;
    double per_second = (double)(job->progress.tokens - job->started_tokens) / seconds;
    double left = done ? seconds / (double)done * (double)(job->steps - job->progress.step) : 0;
    json_t *event = json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:I, s:f, s:f, s:I}", "type",
                              "metrics", "step", (json_int_t)job->progress.step, "epoch",
                              (double)job->progress.step / (double)job->steps_per_epoch, "loss",
                              job->progress.loss, "learning_rate", rate, "gradient_norm", norm,
                              "tokens", (json_int_t)job->progress.tokens, "tokens_per_second",
                              per_second, "eta_seconds", left, "memory_bytes", memory_bytes());
    if (!isnan(job->evaluation_loss))
        json_object_set_new(event, "evaluation_loss", json_real(job->evaluation_loss));
    tell(job, event);
}

/* Back to the last checkpoint, once, with half the rate: its moments and values are sound. */
static int go_back(struct hearth_job *job, struct hearth_error *error)
{
    if (!job->order->parameters.retry_nan || job->progress.retries)
        return error->code;
    tell_log(job, "warning", "step %llu: %s; going back to the last checkpoint, with half the rate",
             (unsigned long long)job->progress.step, error->message);
    int rc = load(job, error);
    if (rc)
        return rc;
    job->progress.retries++;
    *hearth_optimizer_state(job->optimizer).rate_factor /= 2;
    return save(job, error);
}

static void shuffle(struct hearth_job *job)
{
    uint64_t epoch = job->progress.step / job->steps_per_epoch;
    if (job->shuffled == epoch + 1)
        return;
    hearth_job_rows_shuffle(&job->rows, (uint64_t)job->order->parameters.seed, epoch);
    job->shuffled = epoch + 1;
}

static int one_step(struct hearth_job *job, struct hearth_error *error)
{
    double norm = 0;
    double rate = hearth_optimizer_rate(job->optimizer);
    uint64_t every = (uint64_t)job->order->parameters.checkpoint_steps;
    shuffle(job);
    int rc = learn_step(job, &norm, error);
    job->evaluation_loss = NAN;
    if (!rc && is_measured(job))
        rc = evaluate(job, error);
    if (rc == HEARTH_EINTERNAL)
        return go_back(job, error);
    if (rc)
        return rc;
    tell_step(job, rate, norm);
    bool saves = every && job->progress.step % every == 0;
    return saves || job->progress.step == job->steps ? save(job, error) : 0;
}

int hearth_job_steps(struct hearth_job *job, struct hearth_error *error)
{
    int rc = begin(job, error);
    job->started = now();
    job->started_tokens = job->progress.tokens;
    while (!rc && !job->is_over && job->progress.step < job->steps) {
        job->listener->rest(job->listener->argument);
        if (job->listener->wants_stop(job->listener->argument))
            return stop(job, error);
        rc = one_step(job, error);
        if (rc == HEARTH_ECANCELED)
            return stop(job, error);
    }
    /* What was best is what is kept. */
    if (!rc && job->best && isfinite(job->progress.best))
        memcpy(job->lora->values, job->best, job->lora->count * sizeof(*job->best));
    return rc;
}
