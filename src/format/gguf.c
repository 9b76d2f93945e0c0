#include "format/gguf.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/gguf_parse.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Small, because a model may lie in hundreds of files, most of whose headers are a few kilobytes; a
 * large vocabulary takes a few megabytes. */
#define WINDOW_BYTES_MIN ((size_t)64 << 10)

int hearth_gguf_parse(const void *bytes, size_t length, uint64_t file_bytes,
                      struct hearth_gguf **ret_gguf, struct hearth_error *error)
{
    bool more = false;
    return hearth_gguf_parse_window(bytes, length, file_bytes, &more, ret_gguf, error);
}

/* Reads, rather than maps: a file that shrinks under a mapping would kill the process. A header
 * does not say how long it is, so the window grows until it holds all of it. */
static int read_growing(FILE *file, uint64_t file_bytes, struct hearth_gguf **ret_gguf,
                        struct hearth_error *error)
{
    /* Never more than the file has, and never more than the limit. */
    uint64_t most = file_bytes < HEARTH_GGUF_HEADER_MAX ? file_bytes : HEARTH_GGUF_HEADER_MAX;
    unsigned char *bytes = NULL;
    size_t held = 0;
    bool more = true;
    int rc = 0;
    struct hearth_error fault = {0}; /* of a window that was too small, it is forgotten */
    /* Four times as large each time, so that what is parsed twice is at most a third of the whole.
     */
    for (size_t window = WINDOW_BYTES_MIN; more; window *= 4) {
        size_t wanted = window < most ? window : (size_t)most;
        unsigned char *grown = hearth_try_realloc(bytes, wanted + 1);
        if (grown == NULL) {
            rc = hearth_error_set(&fault, HEARTH_ENOMEM,
                                  "there is not enough memory for a header of %zu bytes", wanted);
            break;
        }
        bytes = grown;
        held += fread(bytes + held, 1, wanted - held, file);
        if (held < wanted) {
            rc = hearth_error_set(&fault, HEARTH_EIO, "the file could not be read to byte %zu",
                                  wanted);
            break;
        }
        rc = hearth_gguf_parse_window(bytes, held, file_bytes, &more, ret_gguf, &fault);
        if (more && held == most && most < file_bytes)
            rc = hearth_error_set(&fault, HEARTH_EMODEL, "the GGUF header is longer than %u MiB",
                                  HEARTH_GGUF_HEADER_MAX >> 20);
        more = more && held < most;
    }
    if (rc == 0) {
        /* Keys and texts point into the bytes, so they live as long as the header. */
        (*ret_gguf)->owned_bytes = bytes;
        (*ret_gguf)->owned_count = held;
        return 0;
    }
    hearth_free(bytes);
    return hearth_error_set(error, rc, "%s", fault.message);
}

int hearth_gguf_open(const char *path, struct hearth_gguf **ret_gguf, struct hearth_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return hearth_error_set_errno(error, errno, "%s", path);
    /* Asked before the file is opened: a named pipe would wait for its writer. */
    if (!S_ISREG(status.st_mode))
        return hearth_error_set(error, HEARTH_EMODEL, "%s is not a regular file", path);
    /* "e" is O_CLOEXEC: no child process inherits the file. */
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return hearth_error_set_errno(error, errno, "%s", path);
    struct hearth_gguf *gguf = NULL;
    int rc = read_growing(file, (uint64_t)status.st_size, &gguf, error);
    fclose(file);
    if (rc == 0)
        *ret_gguf = gguf;
    return rc;
}

/* Texts point into the header's bytes, so they end with it. */
void hearth_gguf_destroy(struct hearth_gguf *gguf)
{
    if (gguf == NULL)
        return;
    hearth_free(gguf->entries);
    hearth_free(gguf->entries_by_key);
    hearth_free(gguf->tensors);
    hearth_free(gguf->tensors_by_name);
    hearth_free(gguf->owned_bytes);
    hearth_free(gguf);
}

uint32_t hearth_gguf_version(const struct hearth_gguf *gguf)
{
    return gguf->version;
}

uint64_t hearth_gguf_file_bytes(const struct hearth_gguf *gguf)
{
    return gguf->file_bytes;
}

size_t hearth_gguf_entry_count(const struct hearth_gguf *gguf)
{
    return gguf->entry_count;
}

const struct hearth_gguf_entry *hearth_gguf_entry(const struct hearth_gguf *gguf, size_t index)
{
    return index < gguf->entry_count ? &gguf->entries[index] : NULL;
}

size_t hearth_gguf_tensor_count(const struct hearth_gguf *gguf)
{
    return gguf->tensor_count;
}

const struct hearth_gguf_tensor *hearth_gguf_tensor(const struct hearth_gguf *gguf, size_t index)
{
    return index < gguf->tensor_count ? &gguf->tensors[index] : NULL;
}

/* Binary search over the index of names, which were proven to differ. */
const struct hearth_gguf_entry *hearth_gguf_find(const struct hearth_gguf *gguf, const char *key)
{
    struct hearth_gguf_text wanted = {key, strlen(key)};
    size_t low = 0, high = gguf->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct hearth_gguf_entry *entry = &gguf->entries[gguf->entries_by_key[middle]];
        int order = hearth_gguf_text_compare(wanted, entry->key);
        if (order == 0)
            return entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct hearth_gguf_tensor *hearth_gguf_find_tensor(const struct hearth_gguf *gguf,
                                                         const char *name)
{
    struct hearth_gguf_text wanted = {name, strlen(name)};
    size_t low = 0, high = gguf->tensor_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct hearth_gguf_tensor *tensor = &gguf->tensors[gguf->tensors_by_name[middle]];
        int order = hearth_gguf_text_compare(wanted, tensor->name);
        if (order == 0)
            return tensor;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* memcpy, because values in a header are not aligned. */
static uint64_t little_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    return le64toh(value);
}

/* Sign and width follow the type that the file says; what does not fit into the answer is as if it
 * were not there. */
int64_t hearth_gguf_integer_at(const struct hearth_gguf_entry *entry, uint64_t index,
                               int64_t fallback)
{
    if (entry == NULL)
        return fallback;
    if (!entry->is_array)
        index = 0;
    if (index >= entry->count)
        return fallback;
    switch (entry->type) {
    case HEARTH_GGUF_UINT8:
        return entry->bytes[index];
    case HEARTH_GGUF_INT8:
        return (int8_t)entry->bytes[index];
    case HEARTH_GGUF_UINT16:
        return (uint16_t)little_endian(entry->bytes + index * 2, 2);
    case HEARTH_GGUF_INT16:
        return (int16_t)little_endian(entry->bytes + index * 2, 2);
    case HEARTH_GGUF_UINT32:
        return (uint32_t)little_endian(entry->bytes + index * 4, 4);
    case HEARTH_GGUF_INT32:
        return (int32_t)little_endian(entry->bytes + index * 4, 4);
    case HEARTH_GGUF_INT64:
        return (int64_t)little_endian(entry->bytes + index * 8, 8);
    case HEARTH_GGUF_UINT64: {
        uint64_t value = little_endian(entry->bytes + index * 8, 8);
        return value <= INT64_MAX ? (int64_t)value : fallback;
    }
    default:
        return fallback;
    }
}

/* An array is not taken for its first element, which could be anything. */
int64_t hearth_gguf_integer(const struct hearth_gguf *gguf, const char *key, int64_t fallback)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    if (entry == NULL || entry->is_array)
        return fallback;
    return hearth_gguf_integer_at(entry, 0, fallback);
}

double hearth_gguf_number(const struct hearth_gguf *gguf, const char *key, double fallback)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    if (entry == NULL || entry->is_array)
        return fallback;
    /* The bits are brought into this machine's order before they are taken for a float. */
    if (entry->type == HEARTH_GGUF_FLOAT32) {
        uint32_t bits = (uint32_t)little_endian(entry->bytes, 4);
        float value;
        memcpy(&value, &bits, sizeof(value));
        return (double)value;
    }
    if (entry->type == HEARTH_GGUF_FLOAT64) {
        uint64_t bits = little_endian(entry->bytes, 8);
        double value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    return fallback;
}

bool hearth_gguf_truth(const struct hearth_gguf *gguf, const char *key, bool fallback)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    if (entry == NULL || entry->is_array || entry->type != HEARTH_GGUF_BOOL)
        return fallback;
    return entry->bytes[0] != 0;
}

/* No check of the length here: the parser has walked over every string. */
struct hearth_gguf_text hearth_gguf_text(const struct hearth_gguf *gguf, const char *key)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    if (entry == NULL || entry->is_array || entry->type != HEARTH_GGUF_STRING)
        return (struct hearth_gguf_text){0};
    return (struct hearth_gguf_text){(const char *)entry->bytes + sizeof(uint64_t),
                                     (size_t)little_endian(entry->bytes, sizeof(uint64_t))};
}

struct hearth_gguf_text hearth_gguf_next_text(const struct hearth_gguf_entry *entry, size_t *offset)
{
    /* No bounds here: the parser has walked over every string of the array. */
    const unsigned char *at = entry->bytes + *offset;
    struct hearth_gguf_text text = {(const char *)at + sizeof(uint64_t),
                                    (size_t)little_endian(at, sizeof(uint64_t))};
    *offset += sizeof(uint64_t) + text.length;
    return text;
}
