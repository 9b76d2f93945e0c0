/* A registered data set as a record of the store: what is kept of it, and what clients see. Its id
 * is made of its name, so that no two can have one name, whichever gateway registers them. The
 * verbs with a store block and run on its lane; the rest is pure. */
#ifndef HEARTH_JOBS_DATASET_RECORD_H
#define HEARTH_JOBS_DATASET_RECORD_H

#include "base/arena.h"
#include "base/json.h"
#include "dataset/dataset.h"
#include "dataset/row_columns.h"
#include "store/record.h"

#define HEARTH_DATASET_RECORD "dataset" /* the kind of the records */

struct hearth_home;

/* Where the bytes are from: who deletes the data set deletes an upload's bytes with it. */
enum hearth_dataset_origin {
    HEARTH_DATASET_OF_PATH,   /* a file of the user's, under dataset_roots */
    HEARTH_DATASET_OF_UPLOAD, /* came with the request that registered it */
    HEARTH_DATASET_OF_FILE,   /* of POST /v1/files; named as it */
};

/* Texts lie in the arena that it was read into. */
struct hearth_dataset {
    const char *id, *name, *path; /* the path is absolute */
    const char *format, *shape, *sha256;
    enum hearth_dataset_origin origin;
    uint64_t bytes, rows, faulty;
    int64_t modified_ns, created_ms, revision;
    const char *facts_json;
};

/* "ds-" and 24 hex digits. */
void hearth_dataset_id(const char *name, char ret_id[HEARTH_RECORD_ID]);
/* A name of a model's form that is no id. HEARTH_EFIELDS. */
int hearth_dataset_name_check(const char *name, struct hearth_error *error);

/* What a reading found. `modified_ns` is the file's. */
struct hearth_dataset_finding {
    const char *name, *path;
    enum hearth_dataset_origin origin;
    int64_t modified_ns;
    struct hearth_dataset_facts facts;
    struct hearth_row_columns columns;
};
/* NULL when the arena is full. */
const char *hearth_dataset_facts_json(const struct hearth_dataset_finding *finding,
                                      struct hearth_arena *arena);

/* HEARTH_EIO when the record is none of ours. */
int hearth_dataset_read_record(const struct hearth_record *record, struct hearth_arena *arena,
                               struct hearth_dataset *ret_dataset, struct hearth_error *error);
/* By its id or name. HEARTH_ENOTFOUND. */
int hearth_dataset_find(struct hearth_store *store, const char *id_or_name,
                        struct hearth_arena *arena, struct hearth_dataset *ret_dataset,
                        struct hearth_error *error);
/* NULL: any. */
struct hearth_dataset_filter {
    const char *name; /* a part of it */
    const char *shape, *format;
    int64_t limit; /* records that are looked at */
};
/* The newest first. */
int hearth_dataset_list(struct hearth_store *store, const struct hearth_dataset_filter *filter,
                        struct hearth_arena *arena, struct hearth_dataset **ret_datasets,
                        size_t *ret_count, struct hearth_error *error);
/* What clients see; the caller's. The path of what came with a request is told from the home on. */
json_t *hearth_dataset_json(const struct hearth_dataset *dataset, const struct hearth_home *home);

/* The id of a job that needs the data set (hearth_job_state_holds), in the arena, or NULL. */
int hearth_dataset_holder(struct hearth_store *store, const char *dataset_id,
                          struct hearth_arena *arena, const char **ret_job_id,
                          struct hearth_error *error);
/* Deletes the record unless a job holds the data set: HEARTH_EINUSE names it. Its bytes are the
 * caller's to delete. */
int hearth_dataset_delete(struct hearth_store *store, const char *id_or_name,
                          struct hearth_arena *arena, struct hearth_dataset *ret_dataset,
                          struct hearth_error *error);
/* Before a file of /v1/files goes: deletes the data set that was made of it, if one was.
 * HEARTH_EINUSE as above. */
int hearth_dataset_forget_file(struct hearth_store *store, const char *file_id,
                               struct hearth_arena *arena, struct hearth_error *error);

#endif
