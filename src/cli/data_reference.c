#include "cli/data_reference.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/small_file.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "dataset/dataset.h"
#include "jobs/dataset_file.h"
#include "store/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* SHOWN_BYTES: what is smaller is sent before anybody could read of its progress. */
enum { HEAD_MAX = 8 << 10, READING_MS = 60 * 60 * 1000, SHOWN_BYTES = 1 << 20 };

/* A form (RFC 7578) whose file is read while it is sent. */
struct sending {
    struct hearth_buf head; /* all that stands before the file */
    char tail[64];
    int descriptor;
    uint64_t bytes;    /* of the file */
    uint64_t at, size; /* of the whole */
    struct hearth_progress progress;
};

static int64_t read_body(void *argument, char *bytes, size_t size)
{
    struct sending *sending = argument;
    size_t tail = strlen(sending->tail);
    uint64_t file_at = sending->head.length, tail_at = file_at + sending->bytes;
    int64_t length;
    if (sending->at < file_at) {
        length = (int64_t)(file_at - sending->at < size ? file_at - sending->at : size);
        memcpy(bytes, sending->head.bytes + sending->at, (size_t)length);
    } else if (sending->at < tail_at) {
        uint64_t left = tail_at - sending->at;
        length = read(sending->descriptor, bytes, left < size ? (size_t)left : size);
    } else {
        uint64_t from = sending->at - tail_at;
        length = (int64_t)(tail - from < size ? tail - from : size);
        memcpy(bytes, sending->tail + from, (size_t)length);
    }
    sending->at += length > 0 ? (uint64_t)length : 0;
    if (sending->size >= SHOWN_BYTES)
        hearth_progress_show(&sending->progress, (int64_t)sending->at, (int64_t)sending->size);
    return length;
}

static bool is_canceled(void *argument)
{
    (void)argument;
    return hearth_interrupted();
}

/* A quotation mark would end the name early, and a line end the head. */
static void write_name(struct hearth_buf *buf, const char *name)
{
    for (; *name; name++)
        hearth_buf_char(buf, *name == '"' || (unsigned char)*name < ' ' ? '_' : *name);
}

static void write_form(struct sending *sending, const char *boundary, const char *path,
                       const char *name)
{
    const char *slash = strrchr(path, '/');
    struct hearth_buf *head = &sending->head;
    if (name) {
        hearth_buf_printf(head, "--%s\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n",
                          boundary);
        hearth_buf_text(head, name);
        hearth_buf_text(head, "\r\n");
    }
    hearth_buf_printf(head, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"",
                      boundary);
    write_name(head, slash ? slash + 1 : path);
    hearth_buf_text(head, "\"\r\nContent-Type: application/octet-stream\r\n\r\n");
    snprintf(sending->tail, sizeof(sending->tail), "\r\n--%s--\r\n", boundary);
    sending->size = head->length + sending->bytes + strlen(sending->tail);
}

static int open_file(const char *path, struct sending *sending, struct hearth_error *error)
{
    int descriptor = hearth_descriptor_open(path, &sending->bytes);
    if (descriptor < 0)
        return descriptor == -EINVAL
                   ? hearth_error_set(error, HEARTH_EIO, "%s is no regular file", path)
                   : hearth_error_set_errno(error, -descriptor, "%s cannot be opened", path);
    sending->descriptor = descriptor;
    return 0;
}

int hearth_data_upload(struct hearth_client *client, const char *path, const char *name,
                       json_t **ret_dataset, struct hearth_error *error)
{
    struct sending sending = {.at = 0};
    char random[HEARTH_RECORD_ID], type[96];
    int rc = open_file(path, &sending, error);
    if (rc)
        return rc;
    hearth_buf_init(&sending.head, HEAD_MAX);
    hearth_record_id("hearth-", random);
    write_form(&sending, random, path, name);
    snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", random);
    const struct hearth_client_call call = {.method = "POST",
                                            .path = "/datasets",
                                            .read_body = read_body,
                                            .body_length = sending.size,
                                            .body_type = type,
                                            .idle_timeout_ms = READING_MS,
                                            .is_canceled = is_canceled,
                                            .argument = &sending};
    hearth_interrupt_watch();
    hearth_progress_begin(&sending.progress, "upload");
    rc = sending.head.failed ? hearth_error_set(error, HEARTH_EINVAL, "the file's name is too long")
                             : hearth_client_run(client, &call, ret_dataset, error);
    if (rc == HEARTH_ETOOLARGE)
        hearth_error_set(error, rc,
                         "%s is larger than the server takes (file_bytes_max); put it under one of "
                         "its dataset_roots and register it there: hearth datasets add --in-place",
                         path);
    hearth_progress_end(&sending.progress);
    hearth_buf_finish(&sending.head);
    close(sending.descriptor);
    return rc;
}

static int digest_of(const char *path, char ret_sha256[HEARTH_SHA256_HEX],
                     struct hearth_error *error)
{
    const struct hearth_dataset_reader reader = {.is_canceled = is_canceled};
    struct sending sending = {.at = 0};
    int rc = open_file(path, &sending, error);
    if (rc)
        return rc;
    rc = hearth_dataset_digest(sending.descriptor, &reader, ret_sha256, error);
    close(sending.descriptor);
    return rc;
}

static int get(struct hearth_client *client, struct hearth_arena *arena, const char *name,
               json_t **ret_dataset, struct hearth_error *error)
{
    const struct hearth_client_call call = {.path =
                                                hearth_client_path(arena, "/datasets/", name, "")};
    return hearth_client_run(client, &call, ret_dataset, error);
}

static int find_file(struct hearth_client *client, struct hearth_arena *arena, const char *path,
                     json_t **ret_dataset, struct hearth_error *error)
{
    char sha256[HEARTH_SHA256_HEX];
    const char *name = hearth_dataset_name_of(path, arena);
    int rc = digest_of(path, sha256, error);
    if (rc)
        return rc;
    rc = name ? get(client, arena, name, ret_dataset, error) : HEARTH_ENOTFOUND;
    if (rc == HEARTH_ENOTFOUND)
        return hearth_data_upload(client, path, NULL, ret_dataset, error);
    if (rc || strcmp(hearth_json_text(*ret_dataset, "sha256", ""), sha256) == 0)
        return rc;
    json_decref(*ret_dataset);
    *ret_dataset = NULL;
    return hearth_error_set(error, HEARTH_ECONFLICT,
                            "there is a data set \"%s\" with other bytes than %s; give the file "
                            "another name (hearth datasets add %s --name NAME), or delete that one "
                            "(hearth datasets rm %s)",
                            name, path, path, name);
}

/* A file that is there is meant, also where a data set has that name. */
int hearth_data_find(struct hearth_client *client, struct hearth_arena *arena, const char *word,
                     json_t **ret_dataset, struct hearth_error *error)
{
    *ret_dataset = NULL;
    if (access(word, F_OK) == 0)
        return find_file(client, arena, word, ret_dataset, error);
    int rc = get(client, arena, word, ret_dataset, error);
    if (rc != HEARTH_ENOTFOUND)
        return rc;
    return hearth_error_set(error, rc,
                            "there is neither a file %s nor a data set of that name; `hearth "
                            "datasets` lists them",
                            word);
}
