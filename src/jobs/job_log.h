/* The events of jobs, a file for each: a line of JSON for each event, which says its number `n`
 * (from 1 on), the time `at` (ms since 1970) and what the trainer or the manager said.
 *
 * A log is open while its job may still say something: what is appended is written on a lane, in
 * order. A log that grows too large keeps no more metrics, and in the end nothing more, and says
 * so. Readers follow a log from any number on, at their own pace, and hear when it is over.
 *
 * Loop thread only. */
#ifndef HEARTH_JOBS_JOB_LOG_H
#define HEARTH_JOBS_JOB_LOG_H

#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_job_log;
struct hearth_job_logs;
struct hearth_job_reader;
struct hearth_loop;

/* The folder must be there; its path is copied. */
struct hearth_job_logs *hearth_job_logs_create(struct hearth_loop *loop, const char *folder);
/* Is no log open, and everything written? */
bool hearth_job_logs_idle(const struct hearth_job_logs *logs);
/* What waits to be written is lost. Readers hear HEARTH_EDRAINING, or nothing. NULL is allowed. */
void hearth_job_logs_destroy(struct hearth_job_logs *logs);

/* `id` is a job's, and safe as a file's name. What an earlier process has written stays. */
struct hearth_job_log *hearth_job_log_open(struct hearth_job_logs *logs, const char *id);
/* `event` is an object; it is copied. */
void hearth_job_log_append(struct hearth_job_log *log, const json_t *event);
/* What was appended is still written; then the readers hear that it is over. */
void hearth_job_log_close(struct hearth_job_log *log);

struct hearth_job_reader_events {
    /* Whole lines, at most 256 KiB of them, valid during the call; more come after the next call of
     * hearth_job_reader_next. Length 0: it is over, or could not be read (`rc`); nothing comes any
     * more. May destroy the reader. */
    void (*on_lines)(void *argument, const char *lines, size_t length, int rc);
};
/* Begins behind event `after`. Nothing is read before hearth_job_reader_next. `follows`: it is over
 * when the job is; else at what is the log's end now. A job that has said nothing has an empty log.
 */
struct hearth_job_reader *hearth_job_reader_create(struct hearth_job_logs *logs, const char *id,
                                                   uint64_t after, bool follows,
                                                   const struct hearth_job_reader_events *events,
                                                   void *argument);
void hearth_job_reader_next(struct hearth_job_reader *reader);
void hearth_job_reader_destroy(struct hearth_job_reader *reader); /* NULL is allowed */

#endif
