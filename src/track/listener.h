/* What is told of training, for whoever keeps a record of it: runs with their parameters, metrics
 * and files, and the versions that came of them. The one who trains calls these verbs where a
 * thing happens; the one who listens (track/track.h: MLflow) fills them in.
 *
 * Every verb is called on the loop thread, copies what it is given, never blocks and never fails:
 * what cannot be told now is told later. A run is known by the id of its job. The order in which
 * the verbs of a run are called is the order in which they are told. Each may be called again for
 * the same thing, after a restart say, and is then told once. NULL texts count as "". */
#ifndef HEARTH_TRACK_LISTENER_H
#define HEARTH_TRACK_LISTENER_H

#include <stddef.h>
#include <stdint.h>

struct hearth_track_pair {
    const char *key, *value;
};

/* Of a run; `timestamp_ms` is wall clock. A key's steps grow: a step that was told before is not
 * told again, so a run that is resumed may repeat those since its checkpoint. */
struct hearth_track_metric {
    const char *key;
    double value; /* NaN and the infinities are allowed */
    int64_t step, timestamp_ms;
};

struct hearth_track_dataset {
    const char *name;
    const char *sha256;  /* of the file */
    const char *source;  /* its path or address */
    const char *context; /* "training", "evaluation" */
    int64_t rows;        /* 0: not known */
};

struct hearth_track_run {
    const char *run;   /* id of the job, at most 64 letters */
    const char *model; /* whose experiment it belongs to */
    const char *name;  /* as it is shown; "": the run's id */
    int64_t start_ms;
    const struct hearth_track_pair *params, *tags;
    size_t param_count, tag_count;
    const struct hearth_track_dataset *datasets;
    size_t dataset_count;
};

struct hearth_track_version {
    const char *model;
    int64_t number;
    const char *run;      /* that made it; "": none did, it was installed */
    int64_t installed_ms; /* of one that no run made: wall clock. A model that is deleted and made
                             anew under its name counts from 1 again: this tells the two apart */
    const char *alias;    /* that points at it from now on, or "" */
    const char *source;   /* where its files are: a folder among the run's artifacts; else "" */
    const char *description; /* or "" */
    const struct hearth_track_pair *tags;
    size_t tag_count;
};

enum hearth_track_end {
    HEARTH_TRACK_FINISHED = 1,
    HEARTH_TRACK_FAILED,
    HEARTH_TRACK_KILLED, /* cancelled */
};

struct hearth_track_listener {
    void *argument;
    void (*model_registered)(void *argument, const char *model, const char *description);
    /* Also when a run goes on that had ended: it runs again then. */
    void (*run_started)(void *argument, const struct hearth_track_run *run);
    void (*metrics)(void *argument, const char *run, const struct hearth_track_metric *metrics,
                    size_t count);
    void (*run_ended)(void *argument, const char *run, enum hearth_track_end end, int64_t end_ms);
    /* All regular files below a folder on this machine, which stays until they are told, as
     * `place`/… among the artifacts of the run ("": at their root). */
    void (*artifacts)(void *argument, const char *run, const char *folder, const char *place);
    void (*version_registered)(void *argument, const struct hearth_track_version *version);
    /* `number` 0: it points at nothing any more. */
    void (*alias_moved)(void *argument, const char *model, const char *alias, int64_t number);
};

#endif
