#include "routes/train/fine_tuning_results.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "gateway/gateway_state.h"
#include "jobs/job_log.h"
#include "jobs/jobs.h"
#include "store/store_work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 64 << 20, CSV_MAX = 64 << 20, TURNS_MAX = 5 };

static const char *const columns[] = {"epoch", "loss", "evaluation_loss", "learning_rate"};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
static const char head[] = "step,epoch,train_loss,valid_loss,learning_rate\n";

struct row {
    int64_t step;
    double values[COLUMNS]; /* NaN: it was not measured */
};

struct making {
    struct hearth_gateway *gateway;
    char job[HEARTH_RECORD_ID], file[HEARTH_RECORD_ID], principal[16];
    void (*on_made)(void *argument, const char *file_id);
    void *argument;
    struct hearth_job_reader *reader;
    struct hearth_buf rows; /* of struct row */
    int64_t bytes;
};

static void end(struct making *making, const char *file_id)
{
    void (*on_made)(void *argument, const char *file_id) = making->on_made;
    void *argument = making->argument;
    hearth_job_reader_destroy(making->reader);
    hearth_buf_finish(&making->rows);
    on_made(argument, file_id);
    hearth_free(making);
}

static void give_up(struct making *making, const struct hearth_error *error)
{
    HEARTH_LOG(HEARTH_LOG_WARNING, "training.no_results", HEARTH_TEXT("id", making->job),
               HEARTH_TEXT("reason", error->message));
    end(making, NULL);
}

/* The records: of the file, and its id in that of the job. */

struct keeping {
    struct hearth_store_work work;
    const struct making *making;
    const char *file; /* whose id it is in the end */
};

/* Somebody else may have made them meanwhile: then theirs stay. A job that was saved meanwhile has
 * another revision. */
static int write_id(struct hearth_store *store, struct keeping *keeping)
{
    struct hearth_store_work *work = &keeping->work;
    int rc = HEARTH_ECONFLICT;
    for (int turn = 0; rc == HEARTH_ECONFLICT && turn < TURNS_MAX; turn++) {
        struct hearth_record *job;
        rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, keeping->making->job, NULL,
                                     work->arena, &job, &work->error);
        if (rc)
            return rc;
        if (job->body_length) {
            keeping->file = hearth_arena_strndup(work->arena, job->body, job->body_length);
            return 0;
        }
        job->body = keeping->making->file;
        job->body_length = strlen(keeping->making->file);
        rc = hearth_store_record_update(store, job, &work->error);
    }
    return rc;
}

static int keep(struct hearth_store *store, struct hearth_store_work *work)
{
    struct keeping *keeping = (struct keeping *)work;
    const struct making *making = keeping->making;
    const struct hearth_record_bounds bounds = hearth_kept_files_bounds(making->gateway);
    const struct hearth_record file =
        hearth_kept_file_record(making->file, making->principal, "fine-tune-results",
                                hearth_kept_file_facts("step_metrics.csv", work->arena),
                                making->bytes, hearth_clock_wall_ms(), 0);
    struct hearth_error unused;
    keeping->file = making->file;
    int rc = hearth_store_record_create(store, &file, &bounds, &work->error);
    bool is_there = !rc;
    if (!rc)
        rc = write_id(store, keeping);
    if (is_there && (rc || keeping->file != making->file))
        hearth_store_record_delete(store, HEARTH_KEPT_FILE, making->file, &unused);
    if (rc || keeping->file != making->file)
        hearth_kept_file_remove_bytes(making->gateway->deferred->files, making->file);
    return rc;
}

static void after_keep(struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    struct making *making = (struct making *)keeping->making;
    if (work->rc)
        give_up(making, &work->error);
    else
        end(making, keeping->file);
    hearth_store_work_free(work);
}

/* The file */

static void on_written(void *argument, const struct hearth_error *error)
{
    struct making *making = argument;
    if (error) {
        give_up(making, error);
        return;
    }
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), keep, after_keep);
    keeping->making = making;
    hearth_store_work_start(making->gateway->store, &keeping->work);
}

static void on_room(void *argument)
{
    (void)argument; /* all of it is written at once */
}

static void write_rows(const struct making *making, struct hearth_buf *csv)
{
    const struct row *rows = (const struct row *)(const void *)making->rows.bytes;
    hearth_buf_text(csv, head);
    for (size_t i = 0; i < making->rows.length / sizeof(*rows); i++) {
        hearth_buf_printf(csv, "%lld", (long long)rows[i].step);
        for (size_t k = 0; k < COLUMNS; k++) {
            hearth_buf_char(csv, ',');
            if (isfinite(rows[i].values[k]))
                hearth_json_write_double(csv, rows[i].values[k]);
        }
        hearth_buf_char(csv, '\n');
    }
}

static void write_file(struct making *making)
{
    static const struct hearth_file_writer_events events = {.on_room = on_room,
                                                            .on_end = on_written};
    struct hearth_buf csv;
    hearth_record_id("file-", making->file);
    hearth_buf_init(&csv, CSV_MAX);
    write_rows(making, &csv);
    making->bytes = (int64_t)csv.length;
    struct hearth_file_writer *writer =
        hearth_file_writer_create(making->gateway->deferred->files, making->file, &events, making);
    hearth_file_writer_write(writer, csv.bytes, csv.length);
    hearth_file_writer_end(writer);
    hearth_buf_finish(&csv);
}

/* The job's log */

/* A job that went on from a checkpoint says some steps twice: the later word counts. */
static void take_metrics(struct making *making, const json_t *line)
{
    struct hearth_buf *rows = &making->rows;
    struct row row = {.step = hearth_json_integer(line, "step", 0)};
    for (size_t i = 0; i < COLUMNS; i++)
        row.values[i] = hearth_json_number(line, columns[i], NAN);
    while (rows->length) {
        const struct row *last =
            (const struct row *)(const void *)(rows->bytes + rows->length - sizeof(row));
        if (last->step < row.step)
            break;
        rows->length -= sizeof(row);
    }
    hearth_buf_append(rows, &row, sizeof(row));
}

static void take_lines(struct making *making, const char *lines, size_t length)
{
    const char *end_of_all = lines + length, *stop;
    while (lines < end_of_all && (stop = memchr(lines, '\n', (size_t)(end_of_all - lines)))) {
        json_t *line = hearth_json_parse(lines, (size_t)(stop - lines), NULL);
        if (strcmp(hearth_json_text(line, "type", ""), "metrics") == 0)
            take_metrics(making, line);
        json_decref(line);
        lines = stop + 1;
    }
}

static void on_lines(void *argument, const char *lines, size_t length, int rc)
{
    struct making *making = argument;
    if (length && !rc) {
        take_lines(making, lines, length);
        hearth_job_reader_next(making->reader);
        return;
    }
    struct hearth_error error;
    if (rc || !making->rows.length) {
        hearth_error_set(&error, rc ? rc : HEARTH_ENOTFOUND,
                         "no metrics of this job are known here");
        give_up(making, &error);
        return;
    }
    write_file(making);
}

void hearth_fine_tuning_results_make(struct hearth_gateway *gateway,
                                     const struct hearth_record *record,
                                     void (*on_made)(void *argument, const char *file_id),
                                     void *argument)
{
    static const struct hearth_job_reader_events events = {.on_lines = on_lines};
    struct making *making = hearth_calloc(1, sizeof(*making));
    making->gateway = gateway;
    making->on_made = on_made;
    making->argument = argument;
    snprintf(making->job, sizeof(making->job), "%s", record->id);
    snprintf(making->principal, sizeof(making->principal), "%s", record->principal);
    hearth_buf_init(&making->rows, ROWS_MAX);
    making->reader = hearth_job_reader_create(hearth_jobs_logs(gateway->jobs), making->job, 0,
                                              false, &events, making);
    hearth_job_reader_next(making->reader);
}
