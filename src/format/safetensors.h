/* Reads safetensors files, strictly and within bounds: names, types, shapes and where the bytes
 * lie.
 *
 * Format: u64 little-endian N, N bytes of JSON that starts with '{', then the tensors' bytes;
 * {"name": {"dtype", "shape", "data_offsets": [begin, end]}}, offsets from the end of the header;
 * `__metadata__` maps strings to strings. Source: the safetensors format description of Hugging
 * Face. Refused: a header over 100 MB or beyond the file, unknown types, sizes that do not match
 * the shape, offsets out of range, overlaps and holes.
 *
 * The file is mapped read-only; tensors point into the mapping. Any thread, read-only. */
#ifndef HEARTH_FORMAT_SAFETENSORS_H
#define HEARTH_FORMAT_SAFETENSORS_H

#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

enum { HEARTH_TENSOR_DIMS_MAX = 8 };

enum hearth_dtype {
    HEARTH_DTYPE_F64 = 1,
    HEARTH_DTYPE_F32,
    HEARTH_DTYPE_F16,
    HEARTH_DTYPE_BF16,
    HEARTH_DTYPE_I64,
    HEARTH_DTYPE_I32,
    HEARTH_DTYPE_I16,
    HEARTH_DTYPE_I8,
    HEARTH_DTYPE_U64,
    HEARTH_DTYPE_U32,
    HEARTH_DTYPE_U16,
    HEARTH_DTYPE_U8,
    HEARTH_DTYPE_BOOL,
    HEARTH_DTYPE_F8_E4M3,
    HEARTH_DTYPE_F8_E5M2,
};

struct hearth_tensor {
    const char *name;
    enum hearth_dtype dtype;
    uint64_t dims[HEARTH_TENSOR_DIMS_MAX]; /* outermost first */
    size_t dim_count;
    uint64_t element_count;
    const void *bytes; /* maybe unaligned */
    uint64_t length;
};

struct hearth_safetensors;

/* HEARTH_EMODEL names the fault and the tensor. */
int hearth_safetensors_open(const char *path, struct hearth_safetensors **ret_file,
                            struct hearth_error *error);
/* The same over bytes that outlive the result; for tests and fuzzing. */
int hearth_safetensors_read(const void *bytes, size_t length, struct hearth_safetensors **ret_file,
                            struct hearth_error *error);
void hearth_safetensors_close(struct hearth_safetensors *file); /* NULL is allowed */

/* Tells the kernel that the pages read so far are not needed soon; tensors stay valid. */
void hearth_safetensors_release(const struct hearth_safetensors *file);

size_t hearth_safetensors_count(const struct hearth_safetensors *file);
/* In order of name. */
const struct hearth_tensor *hearth_safetensors_at(const struct hearth_safetensors *file,
                                                  size_t index);
/* NULL when there is no tensor of this name. The tensors live as long as the file. */
const struct hearth_tensor *hearth_safetensors_find(const struct hearth_safetensors *file,
                                                    const char *name);

/* Copies a tensor of a floating type as f32; `ret_values` takes element_count of them.
 * HEARTH_EMODEL for other types. */
int hearth_tensor_to_f32(const struct hearth_tensor *tensor, float *ret_values,
                         struct hearth_error *error);

#endif
