/* An upload: the form is read as it comes, and the bytes of its file go to the disk meanwhile. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "deferred/idempotency.h"
#include "deferred/kept_files.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/file_purpose.h"
#include "routes/requests/requests_routes.gen.h"
#include "store/store_work.h"
#include "wire/multipart.h"

#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 128, FILENAME_MAX_BYTES = 512, LATEST_S = 2592000, SOONEST_S = 3600 };

/* Fields other than the file, which may come in any order. */
enum field { PURPOSE, ANCHOR, SECONDS, FIELD_COUNT, FILE_BYTES, UNKNOWN };

static const char *const field_names[FIELD_COUNT] = {"purpose", "expires_after[anchor]",
                                                     "expires_after[seconds]"};

/* Held by its call's work; freed when the call has ended and the writer is gone. */
struct upload {
    struct hearth_call *call; /* held */
    struct hearth_multipart parser;
    struct hearth_sha256 *digest;      /* of the form without its boundary; NULL without a key */
    struct hearth_file_writer *writer; /* NULL before the file comes, and behind its end */
    enum field field;                  /* of the part that comes */
    char fields[FIELD_COUNT][FIELD_MAX];
    char filename[FILENAME_MAX_BYTES];
    char id[32];
    int64_t bytes, expires_ms;
    uint64_t part_bytes; /* of the part that comes, so far */
    bool has_file, is_over;
    struct hearth_error error; /* of an event of the parser */
};

static void free_upload(struct upload *upload)
{
    hearth_multipart_finish(&upload->parser);
    hearth_sha256_destroy(upload->digest);
    upload->call->work = NULL;
    hearth_call_drop(upload->call);
    hearth_free(upload);
}

/* The first fault ends it; what still comes of the body is not looked at. */
static void refuse(struct upload *upload, const struct hearth_error *error, const char *param)
{
    const struct hearth_error copy = *error; /* it may lie in the upload */
    struct hearth_call *call = upload->call;
    upload->is_over = true;
    hearth_file_writer_abandon(upload->writer);
    call->events = NULL;
    if (call->exchange)
        hearth_answer_error(call, &copy, &(struct hearth_error_detail){.param = param});
    free_upload(upload);
}

/* The record, once the bytes are in place */

struct keeping {
    struct hearth_store_work work;
    struct upload *upload;
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
    struct upload *upload = keeping->upload;
    struct hearth_call *call = upload->call;
    if (call->exchange && work->rc)
        hearth_answer_error(call, &work->error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 200, hearth_kept_file_json(&keeping->record));
    free_upload(upload);
    hearth_store_work_free(work);
}

static void on_end(void *argument, const struct hearth_error *error)
{
    struct upload *upload = argument;
    struct hearth_gateway *gateway = upload->call->gateway;
    upload->writer = NULL;
    if (error) {
        refuse(upload, error, NULL);
        return;
    }
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), keep, after_keep);
    keeping->upload = upload;
    keeping->files = gateway->deferred->files;
    keeping->bounds = hearth_kept_files_bounds(gateway);
    keeping->record =
        hearth_kept_file_record(upload->id, upload->call->principal, upload->fields[PURPOSE],
                                hearth_kept_file_facts(upload->filename, keeping->work.arena),
                                upload->bytes, hearth_clock_wall_ms(), upload->expires_ms);
    hearth_store_work_start(gateway->store, &keeping->work);
}

static void on_room(void *argument)
{
    const struct upload *upload = argument;
    if (upload->call->exchange)
        hearth_exchange_pause_body(upload->call->exchange, false);
}

/* Idempotency keys: whether it is the first with its key is asked when all has come, because a
 * client's second try has another boundary, and only the parts tell whether it is the same form. */

static void note(struct upload *upload, const char *bytes, size_t length)
{
    if (upload->digest)
        hearth_sha256_update(upload->digest, bytes, length);
}

static void on_gone(struct hearth_call *call, int reason);

static void on_first(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct upload *upload = call->work;
    call->events = &events;
    hearth_file_writer_end(upload->writer);
}

/* Without work its file could not be written meanwhile, and it was refused already. */
static void on_other(struct hearth_call *call)
{
    struct upload *upload = call->work;
    if (!upload)
        return;
    hearth_file_writer_abandon(upload->writer);
    free_upload(upload);
}

static void finish(struct upload *upload)
{
    static const struct hearth_idempotency_events events = {.on_first = on_first,
                                                            .on_other = on_other};
    struct hearth_call *call = upload->call;
    char hex[HEARTH_SHA256_HEX];
    if (!upload->digest) {
        hearth_file_writer_end(upload->writer);
        return;
    }
    hearth_sha256_hex(upload->digest, hex);
    hearth_idempotency_take(call->gateway->deferred->idempotency, call,
                            hearth_exchange_header(call->exchange, HEARTH_IDEMPOTENCY_HEADER), hex,
                            &events);
}

/* The form */

static int on_part(void *argument, const char *name, const char *filename)
{
    static const struct hearth_file_writer_events events = {.on_room = on_room, .on_end = on_end};
    struct upload *upload = argument;
    upload->field = UNKNOWN;
    note(upload, name, strlen(name) + 1);
    note(upload, filename ? filename : "", filename ? strlen(filename) + 1 : 1);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcmp(name, field_names[i]) == 0)
            upload->field = (enum field)i;
    if (strcmp(name, "file") != 0)
        return 0;
    if (upload->has_file)
        return hearth_error_set(&upload->error, HEARTH_EINVAL, "the form has more than one file");
    upload->has_file = true;
    upload->field = FILE_BYTES;
    snprintf(upload->filename, sizeof(upload->filename), "%s", filename ? filename : "file");
    upload->writer = hearth_file_writer_create(upload->call->gateway->deferred->files, upload->id,
                                               &events, upload);
    return 0;
}

static int add_to_field(struct upload *upload, const char *bytes, size_t length)
{
    char *field = upload->fields[upload->field];
    size_t used = strlen(field);
    if (memchr(bytes, '\0', length) || used + length >= FIELD_MAX)
        return hearth_error_set(&upload->error, HEARTH_EINVAL, "%s is longer than %d bytes",
                                field_names[upload->field], FIELD_MAX - 1);
    memcpy(field + used, bytes, length);
    return 0;
}

static int on_bytes(void *argument, const char *bytes, size_t length)
{
    struct upload *upload = argument;
    uint64_t max = upload->call->gateway->settings->file_bytes_max;
    note(upload, bytes, length);
    upload->part_bytes += length;
    if (upload->field < FIELD_COUNT)
        return add_to_field(upload, bytes, length);
    if (upload->field != FILE_BYTES)
        return 0;
    upload->bytes += (int64_t)length;
    if ((uint64_t)upload->bytes > max)
        return hearth_error_set(&upload->error, HEARTH_ETOOLARGE,
                                "the file is larger than %llu bytes (file_bytes_max)",
                                (unsigned long long)max);
    if (!hearth_file_writer_write(upload->writer, bytes, length))
        hearth_exchange_pause_body(upload->call->exchange, true);
    return 0;
}

/* The length says where the bytes of a part end, so that two different forms never hash alike. */
static int on_part_end(void *argument)
{
    struct upload *upload = argument;
    char length[24];
    snprintf(length, sizeof(length), "%llu", (unsigned long long)upload->part_bytes);
    note(upload, length, strlen(length) + 1);
    upload->part_bytes = 0;
    return 0;
}

/* OpenAI's rule: from an hour to 30 days after the file was made. */
static int read_expiry(struct upload *upload, struct hearth_error *error)
{
    const char *anchor = upload->fields[ANCHOR], *seconds = upload->fields[SECONDS];
    int64_t value;
    if (!*anchor && !*seconds)
        return 0;
    if (strcmp(anchor, "created_at") != 0)
        return hearth_error_set(error, HEARTH_EINVAL, "expires_after[anchor] must be created_at");
    if (hearth_parse_int(seconds, SOONEST_S, LATEST_S, &value))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "expires_after[seconds] must be a number from %d to %d", SOONEST_S,
                                LATEST_S);
    upload->expires_ms = hearth_clock_wall_ms() + 1000 * value;
    return 0;
}

static void on_body_end(struct hearth_call *call)
{
    struct upload *upload = call->work;
    struct hearth_error error;
    const char *param = NULL;
    int rc = hearth_multipart_end(&upload->parser, &error);
    if (!rc && !upload->has_file) {
        param = "file";
        rc = hearth_error_set(&error, HEARTH_EINVAL, "the form has no file");
    }
    if (!rc && !hearth_file_purpose_known(upload->fields[PURPOSE])) {
        param = "purpose";
        rc = hearth_error_set(&error, HEARTH_EINVAL,
                              "purpose is \"%.40s\"; it must be " HEARTH_FILE_PURPOSES,
                              upload->fields[PURPOSE]);
    }
    if (!rc && (rc = read_expiry(upload, &error)))
        param = "expires_after";
    if (rc)
        refuse(upload, &error, param);
    else
        finish(upload);
}

static void on_body(struct hearth_call *call, const char *bytes, size_t length)
{
    struct upload *upload = call->work;
    struct hearth_error error;
    int rc = hearth_multipart_feed(&upload->parser, bytes, length, &error);
    if (rc)
        refuse(upload, upload->error.code ? &upload->error : &error, "file");
}

/* What has come goes, unless it is whole already: then its record is on its way. */
static void on_gone(struct hearth_call *call, int reason)
{
    struct upload *upload = call->work;
    (void)reason;
    if (!upload->writer && upload->has_file)
        return;
    hearth_file_writer_abandon(upload->writer);
    free_upload(upload);
}

void hearth_route_files_upload(struct hearth_call *call)
{
    static const struct hearth_call_events events = {
        .on_gone = on_gone, .on_body = on_body, .on_body_end = on_body_end};
    static const struct hearth_multipart_events parts = {
        .on_part = on_part, .on_bytes = on_bytes, .on_part_end = on_part_end};
    struct upload *upload = hearth_calloc(1, sizeof(*upload));
    struct hearth_error error;
    const char *type = hearth_exchange_header(call->exchange, "content-type");
    if (hearth_multipart_init(&upload->parser, type, &parts, upload, &error)) {
        hearth_free(upload);
        hearth_answer_error(call, &error, NULL);
        return;
    }
    hearth_call_hold(call);
    upload->call = call;
    if (hearth_exchange_header(call->exchange, HEARTH_IDEMPOTENCY_HEADER))
        upload->digest = hearth_sha256_create();
    upload->fields[PURPOSE][0] = '\0';
    hearth_record_id("file-", upload->id);
    call->work = upload;
    call->events = &events;
}
