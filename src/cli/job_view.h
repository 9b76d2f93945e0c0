/* Follows a training job on the screen until it is over: a bar that is drawn anew on a terminal,
 * now and then a line elsewhere, always on standard error. A connection that breaks is made again,
 * and nothing is missed. Blocking; main thread only. */
#ifndef HEARTH_CLI_JOB_VIEW_H
#define HEARTH_CLI_JOB_VIEW_H

#include "base/json.h"
#include "cli/client.h"

struct hearth_job_view {
    struct hearth_client *client;
    struct hearth_arena *arena;
    const char *id;
    bool is_json; /* for a program: following shows nothing, and lines are JSON */
};

enum hearth_job_view_end {
    HEARTH_JOB_VIEW_OVER,     /* its state is final */
    HEARTH_JOB_VIEW_DETACHED, /* whoever watched went away; the job goes on */
};

/* Ctrl-C asks on a terminal whether the job shall be cancelled, and detaches elsewhere; it says
 * which. HEARTH_ENETWORK: the server is gone and does not come back. */
int hearth_job_view_follow(const struct hearth_job_view *view, enum hearth_job_view_end *ret_end,
                           struct hearth_error *error);

/* Follows, and then asks what came of it: `ret_job` is the caller's, NULL when whoever watched went
 * away. The error of a job that failed or was cancelled is the job's own. */
int hearth_job_view_result(const struct hearth_job_view *view, json_t **ret_job,
                           struct hearth_error *error);

/* Has the job cancelled. */
int hearth_job_view_cancel(const struct hearth_job_view *view, struct hearth_error *error);

/* Every event as a line on standard output: those that there are, or with `follows` until the job
 * is over. */
int hearth_job_view_lines(const struct hearth_job_view *view, bool follows,
                          struct hearth_error *error);

#endif
