#include "wire/ipc_job.h"

#include "base/error.h"

#include <unistd.h>

/* No frame of a trainer is large enough for a memfd: one that is, is taken back. */
static int end(struct hearth_ipc_writer *writer, size_t length)
{
    int descriptor = -1;
    int rc = hearth_ipc_end(writer, &descriptor);
    if (descriptor >= 0)
        close(descriptor);
    return rc ? rc : length > HEARTH_IPC_INLINE_MAX / 2 ? HEARTH_ETOOLARGE : 0;
}

int hearth_ipc_put_job(struct hearth_buf *buf, const struct hearth_ipc_job *job)
{
    struct hearth_ipc_writer writer;
    if (job->order_length > HEARTH_IPC_INLINE_MAX / 2)
        return HEARTH_ETOOLARGE;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_HELLO, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_VERSION, job->version);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_SANDBOX, job->sandbox);
    hearth_ipc_put_u64(&writer, HEARTH_TAG_MEMORY_LIMIT, job->memory_limit);
    hearth_ipc_put(&writer, HEARTH_TAG_SETTINGS, job->order, job->order_length);
    return end(&writer, job->order_length);
}

int hearth_ipc_get_job(const struct hearth_ipc_frame *frame, struct hearth_ipc_job *ret_job,
                       struct hearth_error *error)
{
    struct hearth_ipc_field field;
    size_t offset = 0;
    int rc;
    *ret_job = (struct hearth_ipc_job){0};
    while ((rc = hearth_ipc_next(frame, &offset, &field)) == 1) {
        if (field.tag == HEARTH_TAG_VERSION)
            rc = hearth_ipc_u32(&field, &ret_job->version);
        else if (field.tag == HEARTH_TAG_SANDBOX)
            rc = hearth_ipc_u32(&field, &ret_job->sandbox);
        else if (field.tag == HEARTH_TAG_MEMORY_LIMIT)
            rc = hearth_ipc_u64(&field, &ret_job->memory_limit);
        else
            rc = 0;
        if (rc)
            break;
        if (field.tag == HEARTH_TAG_SETTINGS) {
            ret_job->order = field.bytes;
            ret_job->order_length = field.length;
        }
    }
    if (rc == 0 && ret_job->order)
        return 0;
    return hearth_error_set(error, HEARTH_EPARSE, "the frame of a job is malformed");
}

int hearth_ipc_put_json(struct hearth_buf *buf, uint8_t type, const char *json, size_t length)
{
    struct hearth_ipc_writer writer;
    if (length > HEARTH_IPC_INLINE_MAX / 2)
        return HEARTH_ETOOLARGE;
    hearth_ipc_begin(&writer, buf, type, 0);
    hearth_ipc_put(&writer, HEARTH_TAG_SETTINGS, json, length);
    return end(&writer, length);
}

json_t *hearth_ipc_get_json(const struct hearth_ipc_frame *frame, struct hearth_error *error)
{
    struct hearth_ipc_field field;
    size_t offset = 0;
    while (hearth_ipc_next(frame, &offset, &field) == 1) {
        if (field.tag != HEARTH_TAG_SETTINGS)
            continue;
        json_t *json = hearth_json_parse(field.bytes, field.length, error);
        if (json_is_object(json))
            return json;
        json_decref(json);
        break;
    }
    hearth_error_set(error, HEARTH_EPARSE, "the frame has no JSON object");
    return NULL;
}

int hearth_ipc_put_bare(struct hearth_buf *buf, uint8_t type)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, type, 0);
    return end(&writer, 0);
}
