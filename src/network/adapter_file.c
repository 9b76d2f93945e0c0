/* What both formats of adapters have in common: the checks of a pair against the network, and the
 * way from a file's rows to f32. */
#include "base/error.h"
#include "base/memory.h"
#include "network/adapter_reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *hearth_adapter_shown(const char *bytes, size_t length, char *buffer, size_t size)
{
    size_t count = length < size - 1 ? length : size - 1;
    for (size_t i = 0; i < count; i++)
        buffer[i] = bytes[i] > ' ' && bytes[i] <= '~' ? bytes[i] : '?';
    buffer[count] = '\0';
    return buffer;
}

/* "/models/poet.gguf" and "/models/poet/" are both "poet". */
static void set_name(struct hearth_adapter_file *file, const char *path)
{
    size_t end = strlen(path), start;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        continue;
    if (end - start > 5 && memcmp(path + end - 5, ".gguf", 5) == 0)
        end -= 5;
    hearth_adapter_shown(path + start, end - start, file->name, sizeof(file->name));
}

/* Whether the network has this matrix in a way that its pass can add to. Fused and single matrices
 * stand for each other, whichever of them the base's file has. */
static bool has_part(const struct hearth_network *network, enum hearth_part part)
{
    const uint64_t row = network->architecture->required | network->architecture->permitted;
    const uint64_t gates = HEARTH_PART_BIT(HEARTH_PART_GATE) | HEARTH_PART_BIT(HEARTH_PART_GATE_UP);
    switch (part) {
    case HEARTH_PART_QUERY:
    case HEARTH_PART_KEY:
    case HEARTH_PART_VALUE:
    case HEARTH_PART_QKV:
    case HEARTH_PART_ATTENTION_OUT:
        return true;
    case HEARTH_PART_GATE:
    case HEARTH_PART_GATE_UP:
        return network->experts == 0 && (row & gates) != 0;
    case HEARTH_PART_UP:
    case HEARTH_PART_DOWN:
        return network->experts == 0;
    default:
        return false;
    }
}

static struct hearth_adapter_pair *pair_of(struct hearth_adapter_file *file, enum hearth_part part,
                                           uint32_t layer)
{
    /* From the end, for the two halves of a pair mostly lie side by side. A file with many tensors
     * is bounded by the network: no part of a layer comes more than once. */
    for (size_t i = file->count; i > 0; i--)
        if (file->pairs[i - 1].part == part && file->pairs[i - 1].layer == layer)
            return &file->pairs[i - 1];
    if (file->count == file->capacity) {
        file->capacity = file->capacity * 2 + 64;
        file->pairs = hearth_realloc(file->pairs, file->capacity * sizeof(*file->pairs));
    }
    file->pairs[file->count] = (struct hearth_adapter_pair){.part = part, .layer = layer};
    return &file->pairs[file->count++];
}

/* Both names, because a person who reads it has two files and must find out which is wrong. */
static int refuse_shape(const struct hearth_adapter_file *file,
                        const struct hearth_adapter_half *half, const char *what, uint64_t is,
                        uint64_t wanted, struct hearth_error *error)
{
    char name[96];
    hearth_part_name(half->part, half->layer, name, sizeof(name));
    return hearth_error_set(error, HEARTH_EMODEL,
                            "adapter '%s' is for another base: its tensor '%s' has %" PRIu64
                            " %s, and '%s' of this %s network has %" PRIu64,
                            file->name, half->tensor, is, what, name,
                            file->network->architecture->name, wanted);
}

static int check_half(const struct hearth_adapter_file *file,
                      const struct hearth_adapter_half *half, struct hearth_error *error)
{
    const struct hearth_network *network = file->network;
    if (!has_part(network, half->part))
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "adapter '%s': '%s' changes a part of a %s network that adapters "
                                "cannot change here",
                                file->name, half->tensor, network->architecture->name);
    if (half->layer >= network->layers)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "adapter '%s' is for another base: '%s' is of layer %" PRIu32
                                ", and this %s network has %" PRIu32 " layers",
                                file->name, half->tensor, half->layer, network->architecture->name,
                                network->layers);
    const struct hearth_part_row *row = hearth_part_row(half->part);
    uint64_t inputs = hearth_network_extent(network, row->extent[0]);
    uint64_t outputs = hearth_network_extent(network, row->extent[1]);
    if (!half->is_b && half->columns != inputs)
        return refuse_shape(file, half, "inputs", half->columns, inputs, error);
    if (half->is_b && half->rows != outputs)
        return refuse_shape(file, half, "outputs", half->rows, outputs, error);
    uint64_t rank = half->is_b ? half->columns : half->rows;
    if (rank == 0 || rank > HEARTH_ADAPTER_RANK_MAX)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "adapter '%s': '%s' has the rank %" PRIu64
                                "; it must be from 1 to %d",
                                file->name, half->tensor, rank, HEARTH_ADAPTER_RANK_MAX);
    /* Extents are bounded by now, so that their product is. */
    size_t row_bytes = hearth_quant_type(half->type) != NULL
                           ? hearth_quant_bytes(half->type, (size_t)half->columns)
                           : 0;
    if (row_bytes == 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "adapter '%s': '%s' is of a type that adapters do not have",
                                file->name, half->tensor);
    if (half->length != row_bytes * half->rows)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "adapter '%s': '%s' does not have the bytes of its shape",
                                file->name, half->tensor);
    return 0;
}

int hearth_adapter_add_half(struct hearth_adapter_file *file,
                            const struct hearth_adapter_half *half, struct hearth_error *error)
{
    int rc = check_half(file, half, error);
    if (rc != 0)
        return rc;
    struct hearth_adapter_pair *pair = pair_of(file, half->part, half->layer);
    struct hearth_adapter_matrix *matrix = half->is_b ? &pair->b : &pair->a;
    const struct hearth_adapter_matrix *other = half->is_b ? &pair->a : &pair->b;
    if (matrix->rows != 0)
        return hearth_error_set(error, HEARTH_EMODEL, "adapter '%s': there are two of '%s'",
                                file->name, half->tensor);
    *matrix = (struct hearth_adapter_matrix){.type = (enum hearth_quant)half->type,
                                             .bytes = half->bytes,
                                             .rows = (uint32_t)half->rows,
                                             .columns = (uint32_t)half->columns};
    pair->rotation = half->rotation;
    if (other->rows != 0 && pair->a.rows != pair->b.columns)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "adapter '%s': the two matrices of '%s' have the ranks %" PRIu32
                                " and %" PRIu32,
                                file->name, half->tensor, pair->a.rows, pair->b.columns);
    return 0;
}

/* A fused matrix and one of its parts would be two changes of the same rows. */
static bool overlap(enum hearth_part a, enum hearth_part b)
{
    if (a == HEARTH_PART_QKV)
        return b == HEARTH_PART_QUERY || b == HEARTH_PART_KEY || b == HEARTH_PART_VALUE;
    return a == HEARTH_PART_GATE_UP && (b == HEARTH_PART_GATE || b == HEARTH_PART_UP);
}

static int check_whole(const struct hearth_adapter_file *file, struct hearth_error *error)
{
    char name[96];
    if (file->count == 0)
        return hearth_error_set(error, HEARTH_EMODEL, "adapter '%s' changes nothing", file->name);
    uint64_t *seen = hearth_calloc(file->network->layers, sizeof(*seen));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < file->count; i++) {
        const struct hearth_adapter_pair *pair = &file->pairs[i];
        hearth_part_name(pair->part, pair->layer, name, sizeof(name));
        if (pair->a.rows == 0 || pair->b.rows == 0)
            rc = hearth_error_set(error, HEARTH_EMODEL,
                                  "adapter '%s' has only one of the two matrices of '%s'",
                                  file->name, name);
        else if (!isfinite(pair->scale) || fabsf(pair->scale) > 1e6f)
            rc = hearth_error_set(error, HEARTH_EMODEL,
                                  "adapter '%s': the scale of '%s' is out of range", file->name,
                                  name);
        seen[pair->layer] |= HEARTH_PART_BIT(pair->part);
    }
    for (size_t i = 0; rc == 0 && i < file->count; i++)
        for (int part = 0; rc == 0 && part < HEARTH_PART_COUNT; part++)
            if (overlap(file->pairs[i].part, (enum hearth_part)part) &&
                (seen[file->pairs[i].layer] & HEARTH_PART_BIT(part)) != 0) {
                hearth_part_name(file->pairs[i].part, file->pairs[i].layer, name, sizeof(name));
                rc = hearth_error_set(error, HEARTH_ENOTIMPL,
                                      "adapter '%s' changes '%s' both as one and in parts",
                                      file->name, name);
            }
    hearth_free(seen);
    return rc;
}

static int finish_open(struct hearth_adapter_file *file, int rc,
                       struct hearth_adapter_file **ret_file, struct hearth_error *error)
{
    if (rc == 0)
        rc = check_whole(file, error);
    if (rc == 0)
        *ret_file = file;
    else
        hearth_adapter_file_close(file);
    return rc;
}

int hearth_adapter_file_open(const char *path, const struct hearth_network *network,
                             struct hearth_adapter_file **ret_file, struct hearth_error *error)
{
    struct hearth_adapter_file *file = hearth_calloc(1, sizeof(*file));
    struct stat status;
    file->network = network;
    set_name(file, path);
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    int rc = folder ? hearth_adapter_read_peft(file, path, error)
                    : hearth_adapter_read_gguf(file, path, error);
    return finish_open(file, rc, ret_file, error);
}

int hearth_adapter_file_parse(const char *name, const void *bytes, size_t length,
                              const struct hearth_network *network,
                              struct hearth_adapter_file **ret_file, struct hearth_error *error)
{
    struct hearth_adapter_file *file = hearth_calloc(1, sizeof(*file));
    file->network = network;
    file->borrows = true;
    file->map = (struct hearth_file_map){bytes, length};
    hearth_adapter_shown(name, strlen(name), file->name, sizeof(file->name));
    return finish_open(file, hearth_adapter_parse_gguf(file, error), ret_file, error);
}

void hearth_adapter_file_close(struct hearth_adapter_file *file)
{
    if (file == NULL)
        return;
    hearth_safetensors_close(file->safetensors);
    if (!file->borrows)
        hearth_file_map_close(&file->map);
    hearth_gguf_destroy(file->gguf);
    hearth_free(file->pairs);
    hearth_free(file);
}

const char *hearth_adapter_file_name(const struct hearth_adapter_file *file)
{
    return file->name;
}

size_t hearth_adapter_file_count(const struct hearth_adapter_file *file)
{
    return file->count;
}

const struct hearth_adapter_pair *hearth_adapter_file_at(const struct hearth_adapter_file *file,
                                                         size_t index)
{
    return &file->pairs[index];
}

/* Row `row` of the matrix in the file. */
static int read_row(const struct hearth_adapter_file *file, const struct hearth_adapter_pair *pair,
                    const struct hearth_adapter_matrix *matrix, uint32_t row, float scale, float *y,
                    struct hearth_error *error)
{
    char name[96];
    size_t row_bytes = hearth_quant_bytes(matrix->type, matrix->columns);
    hearth_dequantize(matrix->type, (const char *)matrix->bytes + row * row_bytes, matrix->columns,
                      y);
    bool finite = true;
    for (uint32_t i = 0; i < matrix->columns; i++) {
        y[i] *= scale;
        finite = finite && isfinite(y[i]);
    }
    if (finite)
        return 0;
    hearth_part_name(pair->part, pair->layer, name, sizeof(name));
    return hearth_error_set(error, HEARTH_EMODEL, "adapter '%s': a value for '%s' is not finite",
                            file->name, name);
}

int hearth_adapter_read_a(const struct hearth_adapter_file *file,
                          const struct hearth_adapter_pair *pair, uint32_t first, uint32_t count,
                          float *y, struct hearth_error *error)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_row(file, pair, &pair->a, first + i, 1, y + (size_t)i * pair->a.columns, error);
    return rc;
}

/* Where the row that the network has at `output` lies in the file. Transformers' Llama turns
 * component i of a head with component i + size/2, while GGUF's files of it have the two side by
 * side: their row (head, i, s) is the other's (head, s, i), as convert_hf_to_gguf.py permutes W.
 * Values have no order, and lie behind Q and K where the three are one. */
static uint32_t source_row(const struct hearth_network *network,
                           const struct hearth_adapter_pair *pair, uint32_t output)
{
    uint32_t size = network->head_size, in_head = output % size;
    bool turned =
        pair->part == HEARTH_PART_QUERY || pair->part == HEARTH_PART_KEY ||
        (pair->part == HEARTH_PART_QKV && output < (network->heads + network->key_heads) * size);
    if (!turned || pair->rotation == network->rotation)
        return output;
    if (pair->rotation == HEARTH_ROTARY_HALVES)
        return output - in_head + in_head % 2 * (size / 2) + in_head / 2;
    return output - in_head + in_head % (size / 2) * 2 + in_head / (size / 2);
}

int hearth_adapter_read_b(const struct hearth_adapter_file *file,
                          const struct hearth_adapter_pair *pair, uint32_t first, uint32_t count,
                          float *y, struct hearth_error *error)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_row(file, pair, &pair->b, source_row(file->network, pair, first + i), pair->scale,
                      y + (size_t)i * pair->b.columns, error);
    return rc;
}
