/* POST /v1/files: the form that OpenAI has, and the record of the file once its bytes are there. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "deferred/upload.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/file_purpose.h"
#include "routes/requests/requests_routes.gen.h"
#include "store/store_work.h"

#include <string.h>

enum { LATEST_S = 2592000, SOONEST_S = 3600 };

enum { PURPOSE, ANCHOR, SECONDS };

struct keeping {
    struct hearth_store_work work;
    struct hearth_upload *upload;
    struct hearth_kept_files *files;
    struct hearth_record record;
    struct hearth_record_bounds bounds;
};

static int keep(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    int rc = hearth_store_record_create(store, &keeping->record, &keeping->bounds, &work->error);
    if (rc)
        hearth_kept_file_remove_bytes(keeping->files, keeping->record.id);
    return rc;
}

static void after_keep(struct hearth_store_work *work)
{
    const struct keeping *keeping = (struct keeping *)work;
    struct hearth_upload *upload = keeping->upload;
    struct hearth_call *call = upload->call;
    if (call->exchange && work->rc)
        hearth_answer_error(call, &work->error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 200, hearth_kept_file_json(&keeping->record));
    hearth_upload_end(upload);
    hearth_store_work_free(work);
}

/* OpenAI's rule: from an hour to 30 days after the file was made. */
static int read_expiry(const struct hearth_upload *upload, int64_t now_ms, int64_t *ret_expires_ms,
                       struct hearth_error *error)
{
    const char *anchor = upload->fields[ANCHOR], *seconds = upload->fields[SECONDS];
    int64_t value;
    *ret_expires_ms = 0;
    if (!*anchor && !*seconds)
        return 0;
    if (strcmp(anchor, "created_at") != 0)
        return hearth_error_set(error, HEARTH_EINVAL, "expires_after[anchor] must be created_at");
    if (hearth_parse_int(seconds, SOONEST_S, LATEST_S, &value))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "expires_after[seconds] must be a number from %d to %d", SOONEST_S,
                                LATEST_S);
    *ret_expires_ms = now_ms + 1000 * value;
    return 0;
}

static int check(const struct hearth_upload *upload, const char **ret_param,
                 struct hearth_error *error)
{
    int64_t expires_ms;
    *ret_param = "purpose";
    if (!hearth_file_purpose_known(upload->fields[PURPOSE]))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "purpose is \"%.40s\"; it must be " HEARTH_FILE_PURPOSES,
                                upload->fields[PURPOSE]);
    *ret_param = "expires_after";
    return read_expiry(upload, 0, &expires_ms, error);
}

static void on_stored(struct hearth_upload *upload)
{
    struct hearth_gateway *gateway = upload->call->gateway;
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), keep, after_keep);
    int64_t now_ms = hearth_clock_wall_ms(), expires_ms;
    read_expiry(upload, now_ms, &expires_ms, NULL); /* checked before */
    keeping->upload = upload;
    keeping->files = gateway->deferred->files;
    keeping->bounds = hearth_kept_files_bounds(gateway);
    keeping->record =
        hearth_kept_file_record(upload->id, upload->call->principal, upload->fields[PURPOSE],
                                hearth_kept_file_facts(upload->filename, keeping->work.arena),
                                upload->bytes, now_ms, expires_ms);
    hearth_store_work_start(gateway->store, &keeping->work);
}

void hearth_route_files_upload(struct hearth_call *call)
{
    static const char *const fields[] = {"purpose", "expires_after[anchor]",
                                         "expires_after[seconds]", NULL};
    static const struct hearth_upload_form form = {
        .fields = fields, .id_prefix = "file-", .check = check, .on_stored = on_stored};
    hearth_upload_start(call, &form);
}
