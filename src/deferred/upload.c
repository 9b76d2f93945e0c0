#include "deferred/upload.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "deferred/idempotency.h"
#include "deferred/kept_files.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "wire/multipart.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Which part comes: one of the form's fields by its number, or one of these. */
enum { FILE_BYTES = HEARTH_UPLOAD_FIELDS_MAX, UNKNOWN };

/* Held by its call's work; freed when the call has ended and the writer is gone. */
struct receiving {
    struct hearth_upload upload; /* first */
    const struct hearth_upload_form *form;
    struct hearth_multipart parser;
    struct hearth_sha256 *digest;      /* of the form without its boundary; NULL without a key */
    struct hearth_file_writer *writer; /* NULL before the file comes, and behind its end */
    int field;                         /* of the part that comes */
    uint64_t part_bytes;               /* of the part that comes, so far */
    bool has_file;
    struct hearth_error error; /* of an event of the parser */
};

void hearth_upload_end(struct hearth_upload *upload)
{
    struct receiving *receiving = (struct receiving *)upload;
    hearth_multipart_finish(&receiving->parser);
    hearth_sha256_destroy(receiving->digest);
    upload->call->work = NULL;
    hearth_call_drop(upload->call);
    hearth_free(receiving);
}

/* The first fault ends it; what still comes of the body is not looked at. */
static void refuse(struct receiving *receiving, const struct hearth_error *error, const char *param)
{
    const struct hearth_error copy = *error; /* it may lie in the upload */
    struct hearth_call *call = receiving->upload.call;
    hearth_file_writer_abandon(receiving->writer);
    call->events = NULL;
    if (call->exchange)
        hearth_answer_error(call, &copy, &(struct hearth_error_detail){.param = param});
    hearth_upload_end(&receiving->upload);
}

static void on_end(void *argument, const struct hearth_error *error)
{
    struct receiving *receiving = argument;
    receiving->writer = NULL;
    if (error)
        refuse(receiving, error, NULL);
    else
        receiving->form->on_stored(&receiving->upload);
}

static void on_room(void *argument)
{
    const struct receiving *receiving = argument;
    if (receiving->upload.call->exchange)
        hearth_exchange_pause_body(receiving->upload.call->exchange, false);
}

/* Idempotency keys: whether it is the first with its key is asked when all has come, because a
 * client's second try has another boundary, and only the parts tell whether it is the same form. */

static void note(struct receiving *receiving, const char *bytes, size_t length)
{
    if (receiving->digest)
        hearth_sha256_update(receiving->digest, bytes, length);
}

static void on_gone(struct hearth_call *call, int reason);

static void on_first(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct receiving *receiving = call->work;
    call->events = &events;
    hearth_file_writer_end(receiving->writer);
}

/* Without work its file could not be written meanwhile, and it was refused already. */
static void on_other(struct hearth_call *call)
{
    struct receiving *receiving = call->work;
    if (!receiving)
        return;
    hearth_file_writer_abandon(receiving->writer);
    hearth_upload_end(&receiving->upload);
}

static void finish(struct receiving *receiving)
{
    static const struct hearth_idempotency_events events = {.on_first = on_first,
                                                            .on_other = on_other};
    struct hearth_call *call = receiving->upload.call;
    char hex[HEARTH_SHA256_HEX];
    if (!receiving->digest) {
        hearth_file_writer_end(receiving->writer);
        return;
    }
    hearth_sha256_hex(receiving->digest, hex);
    hearth_idempotency_take(call->gateway->deferred->idempotency, call,
                            hearth_exchange_header(call->exchange, HEARTH_IDEMPOTENCY_HEADER), hex,
                            &events);
}

/* The form */

static int on_part(void *argument, const char *name, const char *filename)
{
    static const struct hearth_file_writer_events events = {.on_room = on_room, .on_end = on_end};
    struct receiving *receiving = argument;
    struct hearth_upload *upload = &receiving->upload;
    receiving->field = UNKNOWN;
    note(receiving, name, strlen(name) + 1);
    note(receiving, filename ? filename : "", filename ? strlen(filename) + 1 : 1);
    for (int i = 0; receiving->form->fields[i]; i++)
        if (strcmp(name, receiving->form->fields[i]) == 0)
            receiving->field = i;
    if (strcmp(name, "file") != 0)
        return 0;
    if (receiving->has_file)
        return hearth_error_set(&receiving->error, HEARTH_EINVAL,
                                "the form has more than one file");
    receiving->has_file = true;
    receiving->field = FILE_BYTES;
    snprintf(upload->filename, sizeof(upload->filename), "%s", filename ? filename : "file");
    receiving->writer = hearth_file_writer_create(upload->call->gateway->deferred->files,
                                                  upload->id, &events, receiving);
    return 0;
}

static int add_to_field(struct receiving *receiving, const char *bytes, size_t length)
{
    char *field = receiving->upload.fields[receiving->field];
    size_t used = strlen(field);
    if (memchr(bytes, '\0', length) || used + length >= HEARTH_UPLOAD_FIELD_BYTES)
        return hearth_error_set(&receiving->error, HEARTH_EINVAL, "%s is longer than %d bytes",
                                receiving->form->fields[receiving->field],
                                HEARTH_UPLOAD_FIELD_BYTES - 1);
    memcpy(field + used, bytes, length);
    return 0;
}

static int on_bytes(void *argument, const char *bytes, size_t length)
{
    struct receiving *receiving = argument;
    struct hearth_upload *upload = &receiving->upload;
    uint64_t max = upload->call->gateway->settings->file_bytes_max;
    note(receiving, bytes, length);
    receiving->part_bytes += length;
    if (receiving->field < HEARTH_UPLOAD_FIELDS_MAX)
        return add_to_field(receiving, bytes, length);
    if (receiving->field != FILE_BYTES)
        return 0;
    upload->bytes += (int64_t)length;
    if ((uint64_t)upload->bytes > max)
        return hearth_error_set(&receiving->error, HEARTH_ETOOLARGE,
                                "the file is larger than %llu bytes (file_bytes_max)",
                                (unsigned long long)max);
    if (!hearth_file_writer_write(receiving->writer, bytes, length))
        hearth_exchange_pause_body(upload->call->exchange, true);
    return 0;
}

/* The length says where the bytes of a part end, so that two different forms never hash alike. */
static int on_part_end(void *argument)
{
    struct receiving *receiving = argument;
    char length[24];
    snprintf(length, sizeof(length), "%llu", (unsigned long long)receiving->part_bytes);
    note(receiving, length, strlen(length) + 1);
    receiving->part_bytes = 0;
    return 0;
}

static void on_body_end(struct hearth_call *call)
{
    struct receiving *receiving = call->work;
    struct hearth_error error;
    const char *param = NULL;
    int rc = hearth_multipart_end(&receiving->parser, &error);
    if (!rc && !receiving->has_file) {
        param = "file";
        rc = hearth_error_set(&error, HEARTH_EINVAL, "the form has no file");
    }
    if (!rc)
        rc = receiving->form->check(&receiving->upload, &param, &error);
    if (rc)
        refuse(receiving, &error, param);
    else
        finish(receiving);
}

static void on_body(struct hearth_call *call, const char *bytes, size_t length)
{
    struct receiving *receiving = call->work;
    struct hearth_error error;
    int rc = hearth_multipart_feed(&receiving->parser, bytes, length, &error);
    if (rc)
        refuse(receiving, receiving->error.code ? &receiving->error : &error, "file");
}

/* What has come goes, unless it is whole already: then its record is on its way. */
static void on_gone(struct hearth_call *call, int reason)
{
    struct receiving *receiving = call->work;
    (void)reason;
    if (!receiving->writer && receiving->has_file)
        return;
    hearth_file_writer_abandon(receiving->writer);
    hearth_upload_end(&receiving->upload);
}

void hearth_upload_start(struct hearth_call *call, const struct hearth_upload_form *form)
{
    static const struct hearth_call_events events = {
        .on_gone = on_gone, .on_body = on_body, .on_body_end = on_body_end};
    static const struct hearth_multipart_events parts = {
        .on_part = on_part, .on_bytes = on_bytes, .on_part_end = on_part_end};
    struct receiving *receiving = hearth_calloc(1, sizeof(*receiving));
    struct hearth_error error;
    const char *type = hearth_exchange_header(call->exchange, "content-type");
    if (hearth_multipart_init(&receiving->parser, type, &parts, receiving, &error)) {
        hearth_free(receiving);
        hearth_answer_error(call, &error, NULL);
        return;
    }
    hearth_call_hold(call);
    receiving->form = form;
    receiving->upload.call = call;
    if (hearth_exchange_header(call->exchange, HEARTH_IDEMPOTENCY_HEADER))
        receiving->digest = hearth_sha256_create();
    hearth_record_id(form->id_prefix, receiving->upload.id);
    call->work = receiving;
    call->events = &events;
}
