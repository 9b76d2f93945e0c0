/* Frames and fields as bytes: writing them into a buffer, reading them out of a stream. */
#include "wire/ipc.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "wire/ipc_private.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_LENGTH 12u
#define FIELD_HEAD_LENGTH 8u
#define FLAG_DESCRIPTOR 1u
/* A memfd with these seals can neither change nor shrink, so what was checked stays as it was
 * checked, and reading it cannot end in SIGBUS. */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Through memcpy: the places need not be aligned. */
static void store_u16(char *bytes, uint16_t value)
{
    value = htole16(value);
    memcpy(bytes, &value, sizeof(value));
}

static void store_u32(char *bytes, uint32_t value)
{
    value = htole32(value);
    memcpy(bytes, &value, sizeof(value));
}

static uint16_t load_u16(const char *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return le16toh(value);
}

static uint32_t load_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

/* Writing
 * ------- */
void hearth_ipc_begin(struct hearth_ipc_writer *writer, struct hearth_buf *buf, uint8_t type,
                      uint32_t stream)
{
    char head[HEAD_LENGTH] = {0};
    writer->buf = buf;
    writer->head = buf->length;
    head[4] = (char)type;
    store_u32(head + 8, stream);
    hearth_buf_append(buf, head, sizeof(head));
}

/* -length & 3 is what is missing to the next multiple of 4, so that arrays of words in the next
 * field are aligned. */
void hearth_ipc_put(struct hearth_ipc_writer *writer, uint16_t tag, const void *bytes,
                    size_t length)
{
    char head[FIELD_HEAD_LENGTH] = {0};
    if (length > HEARTH_IPC_PAYLOAD_MAX) {
        writer->buf->failed = HEARTH_ETOOLARGE;
        return;
    }
    store_u16(head, tag);
    store_u32(head + 4, (uint32_t)length);
    hearth_buf_append(writer->buf, head, sizeof(head));
    hearth_buf_append(writer->buf, bytes, length);
    hearth_buf_append(writer->buf, "\0\0\0", -length & 3);
}

void hearth_ipc_put_text(struct hearth_ipc_writer *writer, uint16_t tag, const char *text)
{
    hearth_ipc_put(writer, tag, text, strlen(text));
}

void hearth_ipc_put_u32(struct hearth_ipc_writer *writer, uint16_t tag, uint32_t value)
{
    value = htole32(value);
    hearth_ipc_put(writer, tag, &value, sizeof(value));
}

void hearth_ipc_put_i32(struct hearth_ipc_writer *writer, uint16_t tag, int32_t value)
{
    hearth_ipc_put_u32(writer, tag, (uint32_t)value);
}

void hearth_ipc_put_u64(struct hearth_ipc_writer *writer, uint16_t tag, uint64_t value)
{
    value = htole64(value);
    hearth_ipc_put(writer, tag, &value, sizeof(value));
}

void hearth_ipc_put_f32(struct hearth_ipc_writer *writer, uint16_t tag, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    hearth_ipc_put_u32(writer, tag, bits);
}

/* A sealed memfd with these bytes, or -1. */
static int seal_bytes(const char *bytes, size_t length)
{
    int descriptor = memfd_create("hearth-ipc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0)
        return -1;
    for (size_t done = 0; done < length;) {
        ssize_t rc = write(descriptor, bytes + done, length - done);
        if (rc < 0 && errno == EINTR)
            continue;
        if (rc <= 0)
            goto failed;
        done += (size_t)rc;
    }
    if (!fcntl(descriptor, F_ADD_SEALS, SEALS))
        return descriptor;
failed:
    close(descriptor);
    return -1;
}

/* Nothing of a frame that failed may stay: the peer would take it for the beginning of the next
 * one. The buffer's earlier frames are untouched and still good. */
static int take_back(struct hearth_ipc_writer *writer, int rc)
{
    struct hearth_buf *buf = writer->buf;
    buf->length = writer->head;
    buf->failed = 0;
    return rc;
}

/* The bytes of a large payload are copied into the memfd and taken out of the buffer; only the head
 * stays. */
int hearth_ipc_end(struct hearth_ipc_writer *writer, int *ret_descriptor)
{
    struct hearth_buf *buf = writer->buf;
    if (buf->failed)
        return take_back(writer, buf->failed);
    size_t start = writer->head + HEAD_LENGTH;
    size_t length = buf->length - start;
    if (length > HEARTH_IPC_PAYLOAD_MAX)
        return take_back(writer, HEARTH_ETOOLARGE);
    char *head = buf->bytes + writer->head;
    int descriptor = -1;
    if (length > HEARTH_IPC_INLINE_MAX) {
        descriptor = seal_bytes(buf->bytes + start, length);
        if (descriptor < 0)
            return take_back(writer, HEARTH_ENOMEM);
        head[5] = FLAG_DESCRIPTOR;
        buf->length = start;
    }
    store_u32(head, (uint32_t)length);
    *ret_descriptor = descriptor;
    return 0;
}

int ipc_end_small(struct hearth_ipc_writer *writer)
{
    int descriptor = -1;
    int rc = hearth_ipc_end(writer, &descriptor);
    assert(descriptor < 0);
    return rc;
}

/* Reading
 * ------- */
struct hearth_ipc_reader {
    int (*take_descriptor)(void *argument);
    void *argument;
    struct hearth_buf kept; /* the beginning of a frame whose end is still to come */
};

struct hearth_ipc_reader *hearth_ipc_reader_create(int (*take_descriptor)(void *argument),
                                                   void *argument)
{
    struct hearth_ipc_reader *reader = hearth_calloc(1, sizeof(*reader));
    reader->take_descriptor = take_descriptor;
    reader->argument = argument;
    hearth_buf_init(&reader->kept, HEAD_LENGTH + HEARTH_IPC_INLINE_MAX);
    return reader;
}

void hearth_ipc_reader_destroy(struct hearth_ipc_reader *reader)
{
    if (!reader)
        return;
    hearth_buf_finish(&reader->kept);
    hearth_free(reader);
}

typedef int (*frame_callback)(void *argument, const struct hearth_ipc_frame *frame);

/* The sender cannot change or shrink what is mapped: its seals are checked first. */
static int read_descriptor(struct hearth_ipc_reader *reader, struct hearth_ipc_frame *frame,
                           frame_callback on_frame, void *argument, struct hearth_error *error)
{
    int descriptor = reader->take_descriptor ? reader->take_descriptor(reader->argument) : -1;
    if (descriptor < 0)
        return hearth_error_set(error, HEARTH_EPARSE, "a frame's descriptor is missing");
    struct stat status;
    int seals = fcntl(descriptor, F_GET_SEALS);
    int rc = HEARTH_EPARSE;
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(descriptor, &status) ||
        status.st_size != (off_t)frame->length) {
        hearth_error_set(error, rc, "a frame's descriptor is not a sealed memfd of its length");
        goto out;
    }
    void *map = mmap(NULL, frame->length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (map == MAP_FAILED) {
        rc = hearth_error_set(error, HEARTH_ENOMEM, "cannot map a frame of %zu bytes",
                              frame->length);
        goto out;
    }
    frame->payload = map;
    rc = on_frame(argument, frame);
    munmap(map, frame->length);
out:
    close(descriptor);
    return rc;
}

/* How many bytes the frame that begins here takes of the stream, or HEARTH_EPARSE. `outside`: its
 * payload is in a memfd. What must be 0 is checked, so that a later version can give it a
 * meaning. */
static int frame_length(const char *head, size_t *ret_length, struct hearth_error *error)
{
    uint32_t length = load_u32(head);
    unsigned char flags = (unsigned char)head[5];
    bool outside = flags & FLAG_DESCRIPTOR;
    if (flags & ~FLAG_DESCRIPTOR || load_u16(head + 6) || length & 3 ||
        length > HEARTH_IPC_PAYLOAD_MAX || (!outside && length > HEARTH_IPC_INLINE_MAX) ||
        (outside && length == 0))
        return hearth_error_set(error, HEARTH_EPARSE, "a frame's head is malformed");
    *ret_length = HEAD_LENGTH + (outside ? 0 : length);
    return 0;
}

static int give_frame(struct hearth_ipc_reader *reader, const char *bytes, frame_callback on_frame,
                      void *argument, struct hearth_error *error)
{
    struct hearth_ipc_frame frame = {
        .type = (uint8_t)bytes[4],
        .stream = load_u32(bytes + 8),
        .payload = bytes + HEAD_LENGTH,
        .length = load_u32(bytes),
    };
    if (bytes[5] & FLAG_DESCRIPTOR)
        return read_descriptor(reader, &frame, on_frame, argument, error);
    return on_frame(argument, &frame);
}

/* Moves what is missing of `need` bytes into `kept`; true when they are there. */
static bool fill(struct hearth_buf *kept, size_t need, const char **bytes, size_t *length)
{
    size_t missing = need > kept->length ? need - kept->length : 0;
    size_t take = missing < *length ? missing : *length;
    hearth_buf_append(kept, *bytes, take);
    *bytes += take;
    *length -= take;
    return !kept->failed && kept->length >= need;
}

/* Frames that lie whole and aligned in the bytes are given out where they are; only one that is
 * cut, or not aligned, is gathered in `kept`. So a frame's payload can always be read as an array
 * of words. */
int hearth_ipc_read(struct hearth_ipc_reader *reader, const char *bytes, size_t length,
                    frame_callback on_frame, void *argument, struct hearth_error *error)
{
    struct hearth_buf *kept = &reader->kept;
    while (length || kept->length) {
        size_t need = HEAD_LENGTH;
        int rc = 0;
        const char *whole = bytes;
        bool aligned = ((uintptr_t)bytes & 3) == 0;
        if (!kept->length && aligned && length >= HEAD_LENGTH) {
            if ((rc = frame_length(bytes, &need, error)))
                return rc;
            if (length >= need) {
                bytes += need;
                length -= need;
                if ((rc = give_frame(reader, whole, on_frame, argument, error)))
                    return rc;
                continue;
            }
        }
        if (!fill(kept, HEAD_LENGTH, &bytes, &length))
            break;
        if ((rc = frame_length(kept->bytes, &need, error)))
            return rc;
        if (!fill(kept, need, &bytes, &length))
            break;
        rc = give_frame(reader, kept->bytes, on_frame, argument, error);
        hearth_buf_clear(kept);
        if (rc)
            return rc;
    }
    if (kept->failed)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a frame");
    return 0;
}

/* `padded` cannot overflow: the length is checked against the most that a payload may have, and all
 * of the field must lie in what is left. */
int hearth_ipc_next(const struct hearth_ipc_frame *frame, size_t *offset,
                    struct hearth_ipc_field *ret_field)
{
    size_t left = frame->length - *offset;
    if (left == 0)
        return 0;
    if (left < FIELD_HEAD_LENGTH)
        return HEARTH_EPARSE;
    const char *head = frame->payload + *offset;
    size_t length = load_u32(head + 4);
    size_t padded = length + (-length & 3);
    if (load_u16(head + 2) || length > HEARTH_IPC_PAYLOAD_MAX || padded > left - FIELD_HEAD_LENGTH)
        return HEARTH_EPARSE;
    ret_field->tag = load_u16(head);
    ret_field->bytes = head + FIELD_HEAD_LENGTH;
    ret_field->length = length;
    *offset += FIELD_HEAD_LENGTH + padded;
    return 1;
}

int hearth_ipc_u32(const struct hearth_ipc_field *field, uint32_t *ret_value)
{
    if (field->length != sizeof(*ret_value))
        return HEARTH_EPARSE;
    *ret_value = load_u32(field->bytes);
    return 0;
}

int hearth_ipc_i32(const struct hearth_ipc_field *field, int32_t *ret_value)
{
    uint32_t bits;
    int rc = hearth_ipc_u32(field, &bits);
    if (!rc)
        *ret_value = (int32_t)bits;
    return rc;
}

int hearth_ipc_u64(const struct hearth_ipc_field *field, uint64_t *ret_value)
{
    uint64_t value;
    if (field->length != sizeof(value))
        return HEARTH_EPARSE;
    memcpy(&value, field->bytes, sizeof(value));
    *ret_value = le64toh(value);
    return 0;
}

int hearth_ipc_f32(const struct hearth_ipc_field *field, float *ret_value)
{
    uint32_t bits;
    int rc = hearth_ipc_u32(field, &bits);
    if (!rc)
        memcpy(ret_value, &bits, sizeof(bits));
    return rc;
}

/* For texts with a fixed maximum; what is longer is refused and not cut, since half a path is
 * another path. */
int hearth_ipc_text(const struct hearth_ipc_field *field, char *ret_text, size_t size)
{
    if (field->length >= size || memchr(field->bytes, '\0', field->length) ||
        !hearth_utf8_valid(field->bytes, field->length))
        return HEARTH_EPARSE;
    memcpy(ret_text, field->bytes, field->length);
    ret_text[field->length] = '\0';
    return 0;
}
