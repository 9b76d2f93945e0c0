#include "wire/ipc_adapter.h"

#include "base/error.h"
#include "wire/ipc_private.h"

int hearth_ipc_put_adapter(struct hearth_buf *buf, uint32_t place, const char *name)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_ADAPTER, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_ADAPTER_PLACE, place);
    hearth_ipc_put_text(&writer, HEARTH_TAG_ADAPTER_NAME, name);
    return ipc_end_small(&writer);
}

int hearth_ipc_put_adapter_drop(struct hearth_buf *buf, uint32_t place)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_ADAPTER_DROP, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_ADAPTER_PLACE, place);
    return ipc_end_small(&writer);
}

int hearth_ipc_put_adapter_ready(struct hearth_buf *buf, uint32_t place,
                                 const struct hearth_error *error)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_ADAPTER_READY, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_ADAPTER_PLACE, place);
    hearth_ipc_put_i32(&writer, HEARTH_TAG_CODE, error->code);
    hearth_ipc_put_text(&writer, HEARTH_TAG_MESSAGE, error->code ? error->message : "");
    return ipc_end_small(&writer);
}

static int get_field(const struct hearth_ipc_field *field, struct hearth_ipc_adapter *adapter,
                     bool *has_place)
{
    int32_t code;
    switch (field->tag) {
    case HEARTH_TAG_ADAPTER_PLACE:
        *has_place = true;
        return hearth_ipc_u32(field, &adapter->place);
    case HEARTH_TAG_ADAPTER_NAME:
        return hearth_ipc_text(field, adapter->name, sizeof(adapter->name));
    case HEARTH_TAG_CODE:
        if (hearth_ipc_i32(field, &code))
            return HEARTH_EPARSE;
        /* What is not in our table is an internal error, never a success. */
        adapter->error.code =
            code == 0 || hearth_error_row(code)->number == code ? code : HEARTH_EINTERNAL;
        return 0;
    case HEARTH_TAG_MESSAGE:
        return hearth_ipc_text(field, adapter->error.message, sizeof(adapter->error.message));
    default:
        return 0;
    }
}

int hearth_ipc_get_adapter(const struct hearth_ipc_frame *frame,
                           struct hearth_ipc_adapter *ret_adapter)
{
    struct hearth_ipc_adapter adapter = {.place = 0};
    struct hearth_ipc_field field;
    size_t offset = 0;
    bool has_place = false;
    int rc;
    while ((rc = hearth_ipc_next(frame, &offset, &field)) > 0)
        if (get_field(&field, &adapter, &has_place))
            return HEARTH_EPARSE;
    if (rc < 0 || !has_place || adapter.place >= HEARTH_IPC_ADAPTER_PLACES_MAX)
        return HEARTH_EPARSE;
    *ret_adapter = adapter;
    return 0;
}
