/* Requests to one MLflow server: address, credentials, limits of time and size, and what its
 * answers mean. Blocks; for a thread of a lane, one at a time.
 *
 * No answer is trusted: it may be 8 MiB and take 20 seconds, redirects are refused, and what is no
 * JSON object counts as no answer of MLflow. */
#ifndef HEARTH_TRACK_MLFLOW_CLIENT_H
#define HEARTH_TRACK_MLFLOW_CLIENT_H

#include "base/json.h"
#include "domain/outbox.h"
#include "hearth/error.h"

struct hearth_mlflow;

/* Texts live as long as the client. */
struct hearth_mlflow_options {
    const char *uri;                         /* http(s)://host[:port][/prefix] */
    const char *username, *password, *token; /* or "" */
    bool (*is_stopped)(void *argument);      /* asked several times a second, on that thread */
    void *argument;
};

/* HEARTH_EINVAL when it is no address of that form. */
int hearth_mlflow_check(const char *uri, struct hearth_error *error);

struct hearth_mlflow *hearth_mlflow_create(const struct hearth_mlflow_options *options);
void hearth_mlflow_destroy(struct hearth_mlflow *mlflow); /* NULL is allowed */

/* What came of one request. */
struct hearth_mlflow_reply {
    enum hearth_outbox_verdict verdict;
    int status;       /* 0: no answer */
    json_t *json;     /* the answer, of what was told; else NULL; the caller's */
    char code[64];    /* MLflow's error_code, or "" */
    char reason[320]; /* in our words, unless it was told */
};
void hearth_mlflow_reply_finish(struct hearth_mlflow_reply *reply);
/* Is it that what was asked for is not there; that what was to be made is there already? */
bool hearth_mlflow_is_missing(const struct hearth_mlflow_reply *reply);
bool hearth_mlflow_is_taken(const struct hearth_mlflow_reply *reply);

/* `path` stands behind /api/2.0/mlflow/ and may have a query; `body` (NULL: none) stays the
 * caller's. The caller finishes the reply in any case. */
enum hearth_outbox_verdict hearth_mlflow_ask(struct hearth_mlflow *mlflow, const char *method,
                                             const char *path, const json_t *body,
                                             struct hearth_mlflow_reply *ret_reply);
/* Streams a regular file to `place`, a path within the server's artifacts. */
enum hearth_outbox_verdict hearth_mlflow_put_file(struct hearth_mlflow *mlflow, const char *file,
                                                  const char *place,
                                                  struct hearth_mlflow_reply *ret_reply);

/* Appends with all but unreserved characters as %XX; '/' too unless it parts a path. */
void hearth_mlflow_escape(struct hearth_buf *buf, const char *text, bool is_path);

#endif
