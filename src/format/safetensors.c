#include "format/safetensors.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "format/file_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* 100 MB is the limit of Hugging Face's own reader (safetensors/src/tensor.rs). */
enum { HEADER_MAX = 100 << 20, TENSORS_MAX = 1 << 18 };

/* Tensors are sorted by name; their bytes lie in the mapping, or in the caller's. */
struct hearth_safetensors {
    struct hearth_file_map map; /* zeros when the bytes are the caller's */
    json_t *header;             /* owns the names */
    struct hearth_tensor *tensors;
    size_t count;
};

/* The format's names of types, and the bytes of an element. */
static const struct {
    const char *name;
    enum hearth_dtype dtype;
    unsigned size;
} dtypes[] = {
    {"F64", HEARTH_DTYPE_F64, 8},         {"F32", HEARTH_DTYPE_F32, 4},
    {"F16", HEARTH_DTYPE_F16, 2},         {"BF16", HEARTH_DTYPE_BF16, 2},
    {"I64", HEARTH_DTYPE_I64, 8},         {"I32", HEARTH_DTYPE_I32, 4},
    {"I16", HEARTH_DTYPE_I16, 2},         {"I8", HEARTH_DTYPE_I8, 1},
    {"U64", HEARTH_DTYPE_U64, 8},         {"U32", HEARTH_DTYPE_U32, 4},
    {"U16", HEARTH_DTYPE_U16, 2},         {"U8", HEARTH_DTYPE_U8, 1},
    {"BOOL", HEARTH_DTYPE_BOOL, 1},       {"F8_E4M3", HEARTH_DTYPE_F8_E4M3, 1},
    {"F8_E5M2", HEARTH_DTYPE_F8_E5M2, 1},
};

/* Every fault names its tensor, whose name is cut: it is a stranger's text. */
static int fault(struct hearth_error *error, const char *name, const char *what)
{
    return hearth_error_set(error, HEARTH_EMODEL, "safetensors: tensor \"%.100s\": %s", name, what);
}

/* 0 for a name that the format does not have. */
static unsigned dtype_size(const char *name, enum hearth_dtype *ret_dtype)
{
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            *ret_dtype = dtypes[i].dtype;
            return dtypes[i].size;
        }
    return 0;
}

/* An empty shape is a single number, whose count is the empty product. */
static int read_shape(const json_t *shape, struct hearth_tensor *tensor, struct hearth_error *error)
{
    if (!json_is_array(shape) || json_array_size(shape) > HEARTH_TENSOR_DIMS_MAX)
        return fault(error, tensor->name, "its shape is not a list of at most 8 numbers");
    tensor->dim_count = json_array_size(shape);
    tensor->element_count = 1;
    for (size_t i = 0; i < tensor->dim_count; i++) {
        const json_t *dim = json_array_get(shape, i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            return fault(error, tensor->name, "a dimension of its shape is not a whole number");
        tensor->dims[i] = (uint64_t)json_integer_value(dim);
        if (__builtin_mul_overflow(tensor->element_count, tensor->dims[i], &tensor->element_count))
            return fault(error, tensor->name, "its shape is too large");
    }
    return 0;
}

/* Nothing of an entry is believed: what it says of type, shape and place must agree. */
static int read_tensor(const char *name, const json_t *entry, const char *body,
                       uint64_t body_length, struct hearth_tensor *tensor,
                       struct hearth_error *error)
{
    tensor->name = name;
    unsigned size = dtype_size(hearth_json_text(entry, "dtype", ""), &tensor->dtype);
    if (!size)
        return fault(error, name, "its dtype is not known here");
    int rc = read_shape(json_object_get(entry, "shape"), tensor, error);
    if (rc)
        return rc;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return fault(error, name, "its data_offsets are not a pair of numbers");
    /* Offsets count from the end of the header (format description); each is checked against what
     * the file has there. */
    json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > body_length)
        return fault(error, name, "its data_offsets lie outside of the file");
    tensor->length = (uint64_t)(end - begin);
    /* Both ways to tell the size must agree, or a reader of the shape would run over the end. */
    uint64_t want;
    if (__builtin_mul_overflow(tensor->element_count, size, &want) || want != tensor->length)
        return fault(error, name, "its size does not match its shape");
    tensor->bytes = body + begin;
    return 0;
}

/* By place; of two at one place the empty one first, since it takes no room. */
static int by_position(const void *a, const void *b)
{
    const struct hearth_tensor *x = a, *y = b;
    if (x->bytes != y->bytes)
        return (const char *)x->bytes < (const char *)y->bytes ? -1 : 1;
    return x->length < y->length ? -1 : x->length > y->length;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hearth_tensor *)a)->name, ((const struct hearth_tensor *)b)->name);
}

/* The tensors must fill the body, one behind the other. */
static int check_layout(struct hearth_safetensors *file, const char *body, uint64_t body_length,
                        struct hearth_error *error)
{
    qsort(file->tensors, file->count, sizeof(*file->tensors), by_position);
    const char *next = body;
    for (size_t i = 0; i < file->count; i++) {
        if ((const char *)file->tensors[i].bytes != next)
            return fault(error, file->tensors[i].name,
                         (const char *)file->tensors[i].bytes < next ? "it overlaps another one"
                                                                     : "a hole lies before it");
        next += file->tensors[i].length;
    }
    if ((uint64_t)(next - body) != body_length)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "safetensors: %" PRIu64 " bytes lie behind the last tensor",
                                body_length - (uint64_t)(next - body));
    /* Sorted by name from here on, for the look-ups. */
    qsort(file->tensors, file->count, sizeof(*file->tensors), by_name);
    return 0;
}

static int read_header(struct hearth_safetensors *file, const char *bytes, size_t length,
                       struct hearth_error *error)
{
    uint64_t header_length;
    if (length < sizeof(header_length))
        return hearth_error_set(error, HEARTH_EMODEL,
                                "safetensors: the file is only %zu bytes long", length);
    /* The length may lie unaligned. Little-endian, as every machine that we build for. */
    memcpy(&header_length, bytes, sizeof(header_length));
    if (header_length > HEADER_MAX || header_length > length - sizeof(header_length))
        return hearth_error_set(error, HEARTH_EMODEL,
                                "safetensors: a header of %" PRIu64 " bytes in a file of %zu",
                                header_length, length);
    bytes += sizeof(header_length);
    /* The format wants the object to begin at once: a file can be told by its ninth byte. */
    if (header_length == 0 || *bytes != '{')
        return hearth_error_set(error, HEARTH_EMODEL, "safetensors: the header is not an object");
    file->header = hearth_json_parse(bytes, header_length, error);
    if (!file->header) {
        hearth_error_prefix(error, "safetensors");
        if (error)
            error->code = HEARTH_EMODEL;
        return HEARTH_EMODEL;
    }
    size_t entries = json_object_size(file->header);
    if (entries > TENSORS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "safetensors: the file has too many tensors: %zu", entries);
    /* One more, so that a file without tensors is no allocation of 0 bytes. */
    file->tensors = hearth_try_calloc(entries + 1, sizeof(*file->tensors));
    if (!file->tensors)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for %zu tensors",
                                entries);
    const char *body = bytes + header_length, *name;
    uint64_t body_length = length - sizeof(header_length) - header_length;
    json_t *entry;
    json_object_foreach(file->header, name, entry)
    {
        /* What the saving program notes about itself; nothing of it is needed. */
        if (strcmp(name, "__metadata__") == 0)
            continue;
        int rc = read_tensor(name, entry, body, body_length, &file->tensors[file->count], error);
        if (rc)
            return rc;
        file->count++;
    }
    return check_layout(file, body, body_length, error);
}

/* The object owns the parsed header, in which the tensors' names are. */
int hearth_safetensors_read(const void *bytes, size_t length, struct hearth_safetensors **ret_file,
                            struct hearth_error *error)
{
    struct hearth_safetensors *file = hearth_calloc(1, sizeof(*file));
    int rc = read_header(file, bytes, length, error);
    if (rc)
        hearth_safetensors_close(file);
    else
        *ret_file = file;
    return rc;
}

int hearth_safetensors_open(const char *path, struct hearth_safetensors **ret_file,
                            struct hearth_error *error)
{
    struct hearth_file_map map;
    int rc = hearth_file_map_open(path, &map, error);
    if (rc)
        return rc;
    rc = hearth_safetensors_read(map.bytes, map.length, ret_file, error);
    if (rc) {
        hearth_file_map_close(&map);
        hearth_error_prefix(error, "%s", hearth_file_map_name(path));
        return rc;
    }
    /* From here on closing the file unmaps it. */
    (*ret_file)->map = map;
    return 0;
}

void hearth_safetensors_close(struct hearth_safetensors *file)
{
    if (!file)
        return;
    json_decref(file->header);
    hearth_free(file->tensors);
    hearth_file_map_close(&file->map);
    hearth_free(file);
}

/* MADV_DONTNEED on a private mapping that was never written: the pages come back from the file when
 * they are read again (madvise(2)). */
void hearth_safetensors_release(const struct hearth_safetensors *file)
{
    if (file->map.bytes)
        madvise((void *)file->map.bytes, file->map.length, MADV_DONTNEED);
}

size_t hearth_safetensors_count(const struct hearth_safetensors *file)
{
    return file->count;
}

const struct hearth_tensor *hearth_safetensors_at(const struct hearth_safetensors *file,
                                                  size_t index)
{
    return index < file->count ? &file->tensors[index] : NULL;
}

const struct hearth_tensor *hearth_safetensors_find(const struct hearth_safetensors *file,
                                                    const char *name)
{
    const struct hearth_tensor key = {.name = name};
    return bsearch(&key, file->tensors, file->count, sizeof(*file->tensors), by_name);
}

/* IEEE 754 binary16 to binary32. */
static float from_f16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31,
             fraction = half & 0x3ff, bits;
    /* Infinities and not-a-numbers keep their fraction; subnormal halves are fraction · 2^-24; all
     * others get the exponent's bias of 127 in place of 15, which is 112 more. */
    if (exponent == 31) {
        bits = sign | 0x7f800000 | fraction << 13;
    } else if (exponent) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* But for f32 one element at a time, because a tensor may lie at any address; loading a model does
 * it once. */
int hearth_tensor_to_f32(const struct hearth_tensor *tensor, float *ret_values,
                         struct hearth_error *error)
{
    /* memcpy, because the mapping promises no alignment. */
    const char *bytes = tensor->bytes;
    for (uint64_t i = 0; i < tensor->element_count; i++) {
        uint16_t half;
        uint32_t bits;
        double wide;
        switch (tensor->dtype) {
        case HEARTH_DTYPE_F32:
            memcpy(ret_values, bytes, tensor->length);
            return 0;
        case HEARTH_DTYPE_F16:
            memcpy(&half, bytes + 2 * i, sizeof(half));
            ret_values[i] = from_f16(half);
            break;
        case HEARTH_DTYPE_BF16:
            memcpy(&half, bytes + 2 * i, sizeof(half));
            /* bf16 is the upper half of a float. */
            bits = (uint32_t)half << 16;
            memcpy(&ret_values[i], &bits, sizeof(bits));
            break;
        case HEARTH_DTYPE_F64:
            memcpy(&wide, bytes + 8 * i, sizeof(wide));
            ret_values[i] = (float)wide;
            break;
        default:
            return fault(error, tensor->name,
                         "its type is not one of the floating-point types that are supported");
        }
    }
    return 0;
}
