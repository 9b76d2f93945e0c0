/* Sends what a job has said as it stands in its log, and goes on while the job does, at the
 * client's own pace. Loop thread only. */
#ifndef HEARTH_ROUTES_TRAIN_JOB_FOLLOW_H
#define HEARTH_ROUTES_TRAIN_JOB_FOLLOW_H

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_call;

struct hearth_job_follow {
    /* Appends what a client sees of one line of the log; `job` is as it was at the start. */
    void (*write)(struct hearth_buf *buf, const json_t *job, const json_t *line);
    const char *type; /* the media type; NULL: text/event-stream */
    const char *end;  /* behind the last line, or NULL */
    bool follows;     /* until the job is over; else up to the end of its log now */
    uint64_t after;   /* only lines behind this number */
};

/* Takes over a call whose first parameter is a job's id; 404 when there is none. Texts live as long
 * as the process. */
void hearth_job_follow(struct hearth_call *call, const struct hearth_job_follow *follow);

#endif
