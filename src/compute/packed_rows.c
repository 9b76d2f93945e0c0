#include "compute/packed_rows.h"

#include "compute/decoder_table.h"

enum { LINE = 64 };

/* f16 weights are widened when they are read, and so meet f32; all quantized forms have the packing
 * 0, which is s8. */
static const uint8_t packings[HEARTH_FORM_COUNT] = {
    [HEARTH_FORM_F32] = HEARTH_PACKING_F32,
    [HEARTH_FORM_F16] = HEARTH_PACKING_F32,
    [HEARTH_FORM_BF16] = HEARTH_PACKING_BF16,
};

enum hearth_packing hearth_packing_of(enum hearth_form form)
{
    return (enum hearth_packing)packings[form];
}

/* SIZE_MAX when it overflows. */
static size_t row_bytes_of(enum hearth_packing packing, size_t inputs)
{
    static const size_t bytes_of_32[] = {
        [HEARTH_PACKING_S8] = HEARTH_S8_ROW_BYTES,
        [HEARTH_PACKING_BF16] = 2 * HEARTH_ROW_PART,
        [HEARTH_PACKING_F32] = 4 * HEARTH_ROW_PART,
    };
    size_t parts = inputs / HEARTH_ROW_PART + (inputs % HEARTH_ROW_PART != 0), bytes;
    return __builtin_mul_overflow(parts, bytes_of_32[packing], &bytes) ? SIZE_MAX : bytes;
}

size_t hearth_packed_rows_bytes(enum hearth_packing packing, size_t rows, size_t inputs)
{
    size_t row_bytes = row_bytes_of(packing, inputs), bytes;
    if (row_bytes == SIZE_MAX || __builtin_mul_overflow(rows, row_bytes, &bytes))
        return SIZE_MAX;
    return bytes;
}

void hearth_packed_rows_init(struct hearth_packed_rows *packed, enum hearth_packing packing,
                             size_t rows, size_t inputs, void *memory)
{
    *packed = (struct hearth_packed_rows){.packing = packing,
                                          .rows = rows,
                                          .inputs = inputs,
                                          .row_bytes = row_bytes_of(packing, inputs),
                                          .memory = memory};
}

void hearth_pack_part(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_packed_rows *packed, size_t row, size_t first,
                      size_t count, const float *x)
{
    /* A group of n rows takes n · row_bytes, so that the group of a row begins where row number
     * `group` would, and only the last one may be smaller. */
    size_t group = row / HEARTH_ROW_GROUP * HEARTH_ROW_GROUP;
    size_t rows = packed->rows - group < HEARTH_ROW_GROUP ? packed->rows - group : HEARTH_ROW_GROUP;
    kernels->pack[packed->packing](
        x, first, count, (char *)packed->memory + group * packed->row_bytes, rows, row - group);
}

void hearth_pack_rows(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_packed_rows *packed, size_t row, size_t rows,
                      size_t first, size_t count, const float *x, size_t stride)
{
    if (packed->packing == HEARTH_PACKING_S8 && rows == HEARTH_ROW_GROUP &&
        count % HEARTH_ROW_PART == 0) {
        kernels->pack_s8_group(x, stride, first, count,
                               (char *)packed->memory + row * packed->row_bytes);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        hearth_pack_part(kernels, packed, row + r, first, count, x + r * stride);
}

void hearth_pack_row(const struct hearth_decoder_kernels *kernels,
                     const struct hearth_packed_rows *packed, size_t row, const float *x)
{
    hearth_pack_part(kernels, packed, row, 0, packed->inputs, x);
}
