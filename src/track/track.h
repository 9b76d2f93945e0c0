/* Tells an MLflow tracking server what is trained and registered: an experiment for each model, a
 * run for each job with its parameters, tags, datasets, metrics and artifacts, a registered model
 * with a version for each version that came of a run.
 *
 * What is to be told is a row of the store first (kind HEARTH_OUTBOX), written where it happens and
 * sent by a lane of its own, so that it survives this process and a server that is away. Each row
 * is told once, also by two gateways on one store: one of them at a time has the claim on the
 * outbox, the server is asked what it has before anything is made there, and what was told is noted
 * (kind HEARTH_TRACKED). A server that does not answer is asked again for ever, with growing
 * waits (domain/outbox.h); what it refuses for good stays for a week with its reason.
 *
 * The server's answers are hostile until proved otherwise: bounded in size and time, never followed
 * elsewhere, read as JSON of known members. Loop thread only.
 *
 * Source: MLflow's REST API, https://mlflow.org/docs/latest/api_reference/rest-api.html */
#ifndef HEARTH_TRACK_TRACK_H
#define HEARTH_TRACK_TRACK_H

#include "base/json.h"
#include "hearth/error.h"
#include "track/listener.h"

#include <stdbool.h>
#include <stdint.h>

#define HEARTH_OUTBOX "outbox"
#define HEARTH_TRACKED "tracked"

struct hearth_loop;
struct hearth_store;
struct hearth_track;

/* Texts live as long as the tracker. */
struct hearth_track_options {
    struct hearth_loop *loop;
    struct hearth_store *store;
    const char *uri;                 /* http(s)://host[:port][/prefix] */
    const char *username, *password; /* or "" */
    const char *token;               /* bearer, where there is no user name; or "" */
    uint64_t wait_ms;                /* as long as a client waits for a first try */
};

/* HEARTH_EINVAL when the address is none that can be used. */
int hearth_track_check(const char *uri, struct hearth_error *error);

struct hearth_track *hearth_track_create(const struct hearth_track_options *options);
/* Begins to send, with what an earlier process left. */
void hearth_track_start(struct hearth_track *track);
/* Breaks off what is being sent and waits for it; rows stay, and what is told from then on is kept
 * for the next process. What waits for a first try is told that it is pending. NULL is allowed; any
 * number of times. */
void hearth_track_stop(struct hearth_track *track);
/* The store has been closed before. NULL is allowed. */
void hearth_track_destroy(struct hearth_track *track);

/* The verbs. NULL gives verbs that do nothing: nobody listens. */
const struct hearth_track_listener *hearth_track_listener(struct hearth_track *track);

/* What came of a row's first try. `experiment_id` is "" unless it was told; `reason` says why it
 * was not, or "". */
struct hearth_track_outcome {
    bool told;
    const char *experiment_id, *reason;
};

/* As the listener's verb; `on_tried` is called once, later: when it was told, or as soon as it is
 * known that it cannot be told now. */
void hearth_track_model(struct hearth_track *track, const char *model, const char *description,
                        void (*on_tried)(void *argument,
                                         const struct hearth_track_outcome *outcome),
                        void *argument);

/* How things stand; the rows as the store had them a moment ago, whoever wrote them. */
struct hearth_track_figures {
    int64_t pending, refused; /* rows */
    uint64_t told, lost;      /* rows, since the start */
    bool is_away;             /* the last try reached no server, and something waits for it */
    const char *away_reason;  /* or ""; the tracker's */
};
struct hearth_track_figures hearth_track_figures(const struct hearth_track *track);

/* What the server knows of a model: {"state": "told", "pending", "refused" or "unknown",
 * "experiment_id", "pending": rows that wait, "reason"}; the caller's. On the store's lane. */
int hearth_track_state(struct hearth_store *store, const char *model, json_t **ret_state,
                       struct hearth_error *error);

#endif
