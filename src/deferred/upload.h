/* An upload: a form (multipart/form-data) with a part "file", whose bytes go to the disk as they
 * come, and a few short fields, which may come before or behind it. An Idempotency-Key works as
 * elsewhere. When it ends early for whatever reason, nothing of it stays. Loop thread only. */
#ifndef HEARTH_DEFERRED_UPLOAD_H
#define HEARTH_DEFERRED_UPLOAD_H

#include "hearth/error.h"
#include "store/record.h"

#include <stdint.h>

struct hearth_call;
struct hearth_upload;

enum {
    HEARTH_UPLOAD_FIELDS_MAX = 3,
    HEARTH_UPLOAD_FIELD_BYTES = 128, /* with its NUL */
    HEARTH_UPLOAD_FILENAME_BYTES = 512,
};

struct hearth_upload_form {
    const char *const *fields; /* their names, up to a NULL; others are passed over */
    const char *id_prefix;     /* of the id, at most 7 letters */
    /* All has come: a fault refuses it and may name the parameter at fault. */
    int (*check)(const struct hearth_upload *upload, const char **ret_param,
                 struct hearth_error *error);
    /* The bytes are in place under the id (kept_files.h), and nobody's yet. It must end with
     * hearth_upload_end, now or later, and with an answer where the call still has its exchange. */
    void (*on_stored)(struct hearth_upload *upload);
};

/* What has come, to be read. */
struct hearth_upload {
    struct hearth_call *call; /* held; its events and work are free to take in on_stored */
    char id[HEARTH_RECORD_ID];
    char filename[HEARTH_UPLOAD_FILENAME_BYTES];
    char fields[HEARTH_UPLOAD_FIELDS_MAX][HEARTH_UPLOAD_FIELD_BYTES]; /* "": it did not come */
    int64_t bytes;
};

/* The handler of a route of the kind upload: takes the call over. `form` outlives it. */
void hearth_upload_start(struct hearth_call *call, const struct hearth_upload_form *form);
/* Lets go of the call. */
void hearth_upload_end(struct hearth_upload *upload);

#endif
