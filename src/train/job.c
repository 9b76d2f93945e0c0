#include "train/job.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "base/text.h"
#include "train/full.h"
#include "train/job_parts.h"

#include <math.h>
#include <stdio.h>

enum { PREVIEW_ROWS = 8, PREVIEW_TOKENS = 2048, PREVIEW_TEXT = 1 << 20 };

static int make_folders(struct hearth_job *job, struct hearth_error *error)
{
    const char *output = job->order->output;
    int rc = hearth_out_folder(output, "checkpoint", error);
    if (!rc)
        rc = hearth_out_folder(output, "artifacts", error);
    snprintf(job->checkpoint, sizeof(job->checkpoint), "%s/checkpoint", output);
    snprintf(job->artifacts, sizeof(job->artifacts), "%s/artifacts", output);
    return rc;
}

/* Takes the files over. */
static json_t *result_of(const struct hearth_job *job, json_t *files)
{
    json_t *metrics = json_pack(
        "{s:f, s:I, s:I, s:I}", "loss", job->progress.loss, "steps", (json_int_t)job->progress.step,
        "tokens", (json_int_t)job->progress.tokens, "rows", (json_int_t)job->rows.count);
    if (isfinite(job->progress.best))
        json_object_set_new(metrics, "evaluation_loss", json_real(job->progress.best));
    return json_pack("{s:o, s:o, s:I, s:I}", "files", files, "metrics", metrics, "steps",
                     (json_int_t)job->progress.step, "resumed_from", (json_int_t)job->resumed_from);
}

static int run(struct hearth_job *job, json_t **ret_result, struct hearth_error *error)
{
    json_t *files = NULL;
    int rc = make_folders(job, error);
    if (!rc)
        rc = hearth_job_open(job, error);
    if (rc)
        return rc;
    rc = hearth_job_tell_plan(job, error);
    if (!rc && job->lora->full)
        hearth_full_read(job->lora);
    if (!rc)
        rc = hearth_job_steps(job, error);
    if (!rc)
        rc = hearth_job_write(job, &files, error);
    if (!rc)
        *ret_result = result_of(job, files);
    return rc;
}

int hearth_job_run(const struct hearth_job_order *order, const struct hearth_words *words,
                   const struct hearth_job_listener *listener, json_t **ret_result,
                   struct hearth_error *error)
{
    struct hearth_error own = {.code = 0};
    struct hearth_job *job = hearth_calloc(1, sizeof(*job));
    *job = (struct hearth_job){
        .order = order, .words = words, .listener = listener, .evaluation_loss = NAN};
    int rc = run(job, ret_result, error ? error : &own);
    hearth_job_close(job);
    hearth_free(job);
    return rc;
}

/* A character that the end cuts is left out. */
static json_t *text_of(struct hearth_buf *text)
{
    const char *bytes = hearth_buf_cstr(text);
    json_t *shown = bytes ? json_stringn(bytes, hearth_utf8_whole(bytes, text->length)) : NULL;
    return shown ? shown : json_string("\xef\xbf\xbd");
}

/* Tokens side by side of which the same is true are one piece. */
static json_t *row_pieces(const struct hearth_job *job, uint64_t row, uint64_t tokens_most)
{
    json_t *pieces = json_array();
    struct hearth_buf text;
    uint64_t at = job->rows.starts[row], all = job->rows.starts[row + 1] - at;
    uint64_t shown = all < tokens_most ? all : tokens_most, end = at + shown;
    hearth_buf_init(&text, PREVIEW_TEXT);
    while (at < end) {
        bool counts = job->rows.counts[at];
        uint64_t tokens = 0;
        hearth_buf_clear(&text);
        for (; at < end && job->rows.counts[at] == counts; at++, tokens++)
            job->words->spell(job->words->argument, job->rows.tokens[at], &text);
        json_array_append_new(pieces, json_pack("{s:o, s:b, s:I}", "text", text_of(&text), "counts",
                                                counts, "tokens", (json_int_t)tokens));
    }
    hearth_buf_finish(&text);
    return json_pack("{s:o, s:I, s:I}", "pieces", pieces, "tokens", (json_int_t)all, "cut_tokens",
                     (json_int_t)(all - shown));
}

static json_t *preview_of(const struct hearth_job *job, uint64_t tokens_most)
{
    json_t *rows = json_array(), *faults = json_array();
    const struct hearth_dataset_facts *facts = &job->rows.facts;
    for (uint64_t i = 0; i < job->rows.count && i < PREVIEW_ROWS; i++)
        json_array_append_new(rows, row_pieces(job, i, tokens_most));
    for (size_t i = 0; i < facts->fault_count; i++)
        json_array_append_new(faults, json_pack("{s:I, s:I, s:s}", "line",
                                                (json_int_t)facts->faults[i].line, "column",
                                                (json_int_t)facts->faults[i].column, "message",
                                                facts->faults[i].message));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "type", "preview", "format",
                     facts->format, "shape", facts->shape, "rows", rows, "faults", faults, "faulty",
                     (json_int_t)facts->faulty, "tokens", hearth_job_rows_lengths(&job->rows));
}

static bool fits(const json_t *result)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_JOB_RESULT_MAX);
    bool fits = hearth_json_dump(&text, result) == 0;
    hearth_buf_finish(&text);
    return fits;
}

/* As many tokens of each row as there is room for in one result. */
static json_t *preview_that_fits(const struct hearth_job *job)
{
    uint64_t tokens = PREVIEW_TOKENS;
    json_t *preview = preview_of(job, tokens);
    while (tokens > 0 && !fits(preview)) {
        json_decref(preview);
        preview = preview_of(job, tokens /= 2);
    }
    return preview;
}

int hearth_job_preview(const struct hearth_job_order *order, const struct hearth_words *words,
                       const struct hearth_job_listener *listener, json_t **ret_result,
                       struct hearth_error *error)
{
    struct hearth_error own = {.code = 0};
    struct hearth_job *job = hearth_calloc(1, sizeof(*job));
    *job = (struct hearth_job){
        .order = order, .words = words, .listener = listener, .evaluation_loss = NAN};
    int rc = hearth_job_open(job, error ? error : &own);
    if (!rc)
        rc = hearth_job_tell_plan(job, error ? error : &own);
    if (!rc)
        *ret_result = preview_that_fits(job);
    hearth_job_close(job);
    hearth_free(job);
    return rc;
}
