/* Registered data sets: files of examples that were read once, whole, and are known since by a
 * name, a digest and what their rows are. A file that was changed afterwards is refused by that
 * digest, so that a version can always say what it was learnt from.
 *
 * Files may have gigabytes: they are read on a lane of their own, a row at a time, and the loop
 * waits for none of it. Loop thread only. Each callback comes exactly once, on the loop, and what
 * it is given lives until it returns; where it comes from within the verb that asked for it (too
 * much is under way), that returns NULL. */
#ifndef HEARTH_JOBS_DATASETS_H
#define HEARTH_JOBS_DATASETS_H

#include "jobs/dataset_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_dataset_work; /* a reading under way */
struct hearth_datasets;
struct hearth_lane;
struct hearth_loop;

enum { HEARTH_DATASETS_PREVIEW_MAX = 100 /* rows */ };

/* Texts are the caller's and outlive the object. */
struct hearth_datasets_options {
    struct hearth_loop *loop;
    struct hearth_store *store;
    const char *const *roots;  /* absolute folders that files may lie under, up to a NULL */
    const char *uploads;       /* the folder of uploads and of /v1/files */
    int64_t count_max;         /* data sets */
    int64_t uploads_bytes_max; /* of all that were uploaded, together */
};

/* Uploads in the folder that no data set names are deleted: no upload may be under way yet. */
struct hearth_datasets *hearth_datasets_create(const struct hearth_datasets_options *options);
/* Readings under way are cancelled; what is at the store comes back when that is closed, which must
 * be between these two. NULL is allowed. */
void hearth_datasets_stop(struct hearth_datasets *datasets);
void hearth_datasets_destroy(struct hearth_datasets *datasets);

struct hearth_dataset_order {
    const char *path; /* as the client gave it; of an upload, absolute */
    const char *name; /* NULL: after the path */
    const char *principal;
    enum hearth_dataset_origin origin;
};

/* `dataset` is NULL with an error. `facts` has the faults of its rows; NULL before it was read. An
 * upload that is refused is deleted before this comes. */
typedef void hearth_dataset_added_fn(void *argument, const struct hearth_dataset *dataset,
                                     const struct hearth_dataset_facts *facts,
                                     const struct hearth_error *error);

/* Reads the file and registers it. HEARTH_EPATH, HEARTH_ENOTFOUND; HEARTH_EFIELDS: no usable row,
 * or a name that is none; HEARTH_ECONFLICT: the name is taken; HEARTH_EQUEUEFULL: there are
 * `count_max`, or too much is read at once; HEARTH_ECANCELED. */
struct hearth_dataset_work *hearth_datasets_add(struct hearth_datasets *datasets,
                                                const struct hearth_dataset_order *order,
                                                hearth_dataset_added_fn *on_added, void *argument);

/* `rows` are [{"line", "form", "row"} …], the callback's to keep with json_incref; NULL with an
 * error. `more`: rows follow that were not asked for, or had no room in 4 MiB. */
typedef void hearth_dataset_previewed_fn(void *argument, const struct hearth_dataset *dataset,
                                         json_t *rows, bool more, const struct hearth_error *error);

/* The first `rows` usable rows (at most HEARTH_DATASETS_PREVIEW_MAX), as training reads them.
 * HEARTH_ENOTFOUND: no such data set; HEARTH_ECONFLICT: the file has changed (both digests are
 * told) or is gone; HEARTH_EPATH: it lies where it may not be read any more. Whether it has changed
 * is asked of its size and time before its digest; a job compares the digest in any case
 * (train/job_rows.h). */
struct hearth_dataset_work *hearth_datasets_preview(struct hearth_datasets *datasets,
                                                    const char *id_or_name, size_t rows,
                                                    hearth_dataset_previewed_fn *on_previewed,
                                                    void *argument);

/* Nobody waits for it any more: it ends soon, with HEARTH_ECANCELED unless it is done already. */
void hearth_dataset_work_cancel(struct hearth_dataset_work *work);

#endif
