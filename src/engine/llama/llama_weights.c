/* Adds up the tensors of all parts of a model, and checks that the parts belong together. */
#include "engine/llama/llama_weights.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 999 /* a worker's sandbox opens no more */
#define TAIL_LENGTH (sizeof("-00001-of-00001.gguf") - 1)

/* Unknown types of tensors share the last place. */
static void add(const struct hearth_gguf *gguf, struct hearth_llama_weights *weights)
{
    weights->tensor_count += hearth_gguf_tensor_count(gguf);
    for (size_t i = 0; i < hearth_gguf_tensor_count(gguf); i++) {
        const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(gguf, i);
        uint32_t last = HEARTH_LLAMA_TENSOR_TYPES_MAX - 1;
        weights->parameter_count += tensor->element_count;
        weights->bytes += tensor->size_bytes;
        weights->bytes_of_type[tensor->type < last ? tensor->type : last] += tensor->size_bytes;
    }
    const struct hearth_gguf_tensor *embedding = hearth_gguf_find_tensor(gguf, "token_embd.weight");
    if (embedding != NULL)
        weights->embedding_bytes = embedding->size_bytes;
    weights->has_output =
        weights->has_output || hearth_gguf_find_tensor(gguf, "output.weight") != NULL;
}

/* libllama asserts these types. */
static bool holds_u16(const struct hearth_gguf *gguf, const char *key, int64_t value)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, key);
    return entry != NULL && !entry->is_array && entry->type == HEARTH_GGUF_UINT16 &&
           hearth_gguf_integer_at(entry, 0, -1) == value;
}

static int check_part(const struct hearth_gguf *gguf, int64_t number, int64_t count,
                      const char *path, struct hearth_error *error)
{
    if (holds_u16(gguf, "split.no", number) && holds_u16(gguf, "split.count", count))
        return 0;
    return hearth_error_set(error, HEARTH_EMODEL,
                            "%s is not part %" PRId64 " of %" PRId64 " by its header", path,
                            number + 1, count);
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

/* libllama finds the others by the first one's name. */
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

static int add_part(const char *path, int64_t number, int64_t count,
                    struct hearth_llama_weights *weights, struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    int rc = hearth_gguf_open(path, &gguf, error);
    if (rc != 0) {
        hearth_error_prefix(error, "part %" PRId64 " of %" PRId64, number + 1, count);
        return rc;
    }
    rc = check_part(gguf, number, count, path, error);
    if (rc == 0)
        add(gguf, weights);
    hearth_gguf_destroy(gguf);
    return rc;
}

/* The total that the first part tells catches a part of another model with the same numbering. */
int hearth_llama_weights_read(const char *path, const struct hearth_gguf *first,
                              struct hearth_llama_weights *ret_weights, struct hearth_error *error)
{
    struct hearth_llama_weights weights = {0};
    int64_t count = hearth_gguf_integer(first, "split.count", 1);
    add(first, &weights);
    if (count > 1) {
        int rc = check_name(path, count, error);
        if (rc == 0)
            rc = check_part(first, 0, count, path, error);
        for (int64_t i = 1; rc == 0 && i < count; i++) {
            char *part = part_path(path, i, count);
            rc = add_part(part, i, count, &weights, error);
            hearth_free(part);
        }
        int64_t told = hearth_gguf_integer(first, "split.tensors.count", -1);
        if (rc == 0 && told != (int64_t)weights.tensor_count)
            rc = hearth_error_set(error, HEARTH_EMODEL,
                                  "the parts hold %" PRIu64 " tensors, and should hold %" PRId64,
                                  weights.tensor_count, told);
        if (rc != 0)
            return rc;
    }
    if (weights.tensor_count == 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the GGUF file holds no tensors");
    *ret_weights = weights;
    return 0;
}
