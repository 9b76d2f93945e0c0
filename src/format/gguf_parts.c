/* Parts are opened one after the other, and each is checked before the next is: what a stranger's
 * folder may cost is bounded by what the first file's header promises. */
#include "format/gguf_parts.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/gguf_cursor.h"
#include "format/gguf_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 999 /* a worker's sandbox opens no more */
#define TENSORS_MAX (1u << 20)
#define TAIL_LENGTH (sizeof("-00001-of-00001.gguf") - 1)

/* llama.cpp, which may be given the same files, asserts these types. */
static bool holds_u16(const struct hearth_gguf *gguf, const char *key, int64_t value)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    return entry != NULL && !entry->is_array && entry->type == HEARTH_GGUF_UINT16 &&
           hearth_gguf_integer_at(entry, 0, -1) == value;
}

/* Parts are numbered from 1 in names and from 0 in headers. */
static char *part_path(const char *first_path, int64_t number, int64_t count)
{
    size_t length = strlen(first_path), size = length + 1;
    char *path = hearth_alloc(size);
    snprintf(path, size, "%.*s-%05d-of-%05d.gguf", (int)(length - TAIL_LENGTH), first_path,
             (int)number + 1, (int)count);
    return path;
}

/* The others are found by the first one's name. */
static int check_name(const char *path, int64_t count, struct hearth_error *error)
{
    char tail[TAIL_LENGTH + 1];
    size_t length = strlen(path);
    if (count > PARTS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the model is split into %" PRId64 " files, more than %d", count,
                                PARTS_MAX);
    snprintf(tail, sizeof(tail), "-00001-of-%05d.gguf", (int)count);
    if (length > TAIL_LENGTH && strcmp(path + length - TAIL_LENGTH, tail) == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EMODEL,
                            "%s is part of a model of %" PRId64
                            " files; the first one's name ends in \"%s\", and the others lie "
                            "beside it",
                            path, count, tail);
}

static int check_part(const struct hearth_gguf_parts *parts, const struct hearth_gguf_part *part,
                      int64_t count, struct hearth_error *error)
{
    int64_t number = (int64_t)parts->count;
    if (!holds_u16(part->gguf, "split.no", number) || !holds_u16(part->gguf, "split.count", count))
        return hearth_error_set(error, HEARTH_EMODEL,
                                "%s is not part %" PRId64 " of %" PRId64 " by its header",
                                part->path, number + 1, count);
    uint64_t bytes = part->gguf->owned_count, tensors = hearth_gguf_tensor_count(part->gguf);
    for (size_t i = 0; i < parts->count; i++) {
        bytes += parts->parts[i].gguf->owned_count;
        tensors += hearth_gguf_tensor_count(parts->parts[i].gguf);
    }
    if (bytes > HEARTH_GGUF_HEADER_MAX || tensors > TENSORS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the headers of the parts are together more than one may be");
    return 0;
}

/* A part's memory is this object's as soon as it is open, also where it is then refused. */
static int add_part(struct hearth_gguf_parts *parts, const struct hearth_gguf_part *part,
                    int64_t count, struct hearth_error *error)
{
    int rc = count > 1 ? check_part(parts, part, count, error) : 0;
    parts->parts[parts->count++] = *part;
    return rc;
}

static int open_others(struct hearth_gguf_parts *parts, int64_t count, struct hearth_error *error)
{
    const char *first = parts->parts[0].path;
    for (int64_t i = 1; i < count; i++) {
        struct hearth_gguf_part part = {.path = part_path(first, i, count)};
        int rc = hearth_gguf_open(part.path, &part.gguf, error);
        if (rc != 0) {
            hearth_error_prefix(error, "part %" PRId64 " of %" PRId64, i + 1, count);
            hearth_free(part.path);
            return rc;
        }
        rc = add_part(parts, &part, count, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return hearth_gguf_text_compare(*(const struct hearth_gguf_text *)a,
                                    *(const struct hearth_gguf_text *)b);
}

/* Which of two tensors of one name is meant nobody could tell. */
static int check_names(const struct hearth_gguf_parts *parts, size_t count,
                       struct hearth_error *error)
{
    struct hearth_gguf_text *names = hearth_try_calloc(count + 1, sizeof(*names));
    size_t at = 0;
    int rc = 0;
    if (names == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the names of the tensors");
    for (size_t i = 0; i < parts->count; i++)
        for (size_t j = 0; j < hearth_gguf_tensor_count(parts->parts[i].gguf); j++)
            names[at++] = hearth_gguf_tensor(parts->parts[i].gguf, j)->name;
    qsort(names, at, sizeof(*names), compare_names);
    for (size_t i = 1; rc == 0 && i < at; i++)
        if (compare_names(&names[i - 1], &names[i]) == 0)
            rc = hearth_error_set(error, HEARTH_EMODEL, "two parts hold the tensor '%s'",
                                  hearth_gguf_show(names[i]).text);
    hearth_free(names);
    return rc;
}

/* The total that the first part tells catches a part of another model with the same numbering. */
static int check_all(const struct hearth_gguf_parts *parts, struct hearth_error *error)
{
    size_t tensors = 0;
    for (size_t i = 0; i < parts->count; i++)
        tensors += hearth_gguf_tensor_count(parts->parts[i].gguf);
    int64_t told = hearth_gguf_integer(parts->parts[0].gguf, "split.tensors.count", -1);
    if (told != (int64_t)tensors)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the parts hold %zu tensors, and should hold %" PRId64, tensors,
                                told);
    return check_names(parts, tensors, error);
}

int hearth_gguf_parts_open(const char *path, struct hearth_gguf_parts *ret_parts,
                           struct hearth_error *error)
{
    struct hearth_gguf_parts parts = {0};
    struct hearth_gguf_part first = {0};
    int rc = hearth_gguf_open(path, &first.gguf, error);
    if (rc != 0)
        return rc;
    int64_t count = hearth_gguf_integer(first.gguf, "split.count", 1);
    if (count > 1)
        rc = check_name(path, count, error);
    if (rc != 0) {
        hearth_gguf_destroy(first.gguf);
        return rc;
    }
    first.path = hearth_strdup(path);
    parts.parts = hearth_calloc(count > 1 ? (size_t)count : 1, sizeof(*parts.parts));
    rc = add_part(&parts, &first, count, error);
    if (rc == 0)
        rc = open_others(&parts, count, error);
    if (rc == 0 && count > 1)
        rc = check_all(&parts, error);
    if (rc == 0)
        *ret_parts = parts;
    else
        hearth_gguf_parts_close(&parts);
    return rc;
}

void hearth_gguf_parts_close(struct hearth_gguf_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        hearth_gguf_destroy(parts->parts[i].gguf);
        hearth_free(parts->parts[i].path);
    }
    hearth_free(parts->parts);
    *parts = (struct hearth_gguf_parts){0};
}
