/* Both products are tiles of the float kernels: A's rows and B's rows are panels of 16 outputs like
 * any weights, and h lies as those kernels read a group of rows ([inputs][rows]), so that what the
 * first product gives is the second one's operand as it is. */
#include "compute/low_rank.h"

#include "compute/decoder_table.h"

enum { PANEL = HEARTH_PANEL_OUTPUTS };

void hearth_low_rank_reduce(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *a, size_t first, size_t count,
                            const struct hearth_packed_rows *x, const float *scales, float *h)
{
    _Alignas(64) float tile[HEARTH_ROW_GROUP * PANEL];
    const size_t rows = x->rows;
    struct hearth_tile_input input = {.group = x->memory,
                                      .rows = rows,
                                      .panels = 1,
                                      .panel_bytes = a->panel_bytes,
                                      .inputs = a->inputs,
                                      .c = tile,
                                      .c_stride = PANEL};
    for (size_t p = first; p < first + count && p < a->panel_count; p++) {
        size_t outputs = a->outputs - p * PANEL < PANEL ? a->outputs - p * PANEL : PANEL;
        input.panel = (const char *)a->memory + p * a->panel_bytes;
        kernels->tile[a->form](&input);
        for (size_t j = 0; j < outputs; j++)
            for (size_t r = 0; r < rows; r++)
                h[(p * PANEL + j) * rows + r] = scales[r] * tile[r * PANEL + j];
    }
}

/* Rows of the tile are those of the mask, one after the other. Panels are whole: what the last one
 * has beyond the outputs is 0, and so are the columns that it is added to. */
static void add_rows(const struct hearth_low_rank_sum *sum, size_t column, const float *tile)
{
    for (unsigned left = sum->mask; left != 0; left &= left - 1, tile += PANEL) {
        float *y = sum->values + (size_t)__builtin_ctz(left) * sum->stride + column;
        for (size_t i = 0; i < PANEL; i++)
            y[i] += tile[i];
    }
}

void hearth_low_rank_expand(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *b, const float *h,
                            const struct hearth_low_rank_sum *sum)
{
    _Alignas(64) float tile[HEARTH_ROW_GROUP * PANEL];
    struct hearth_tile_input input = {.group = h,
                                      .rows = (size_t)__builtin_popcount(sum->mask),
                                      .panels = 1,
                                      .panel_bytes = b->panel_bytes,
                                      .inputs = b->inputs,
                                      .c = tile,
                                      .c_stride = PANEL};
    const size_t first = sum->first / PANEL;
    for (size_t p = 0; p * PANEL < sum->outputs; p++) {
        input.panel = (const char *)b->memory + (first + p) * b->panel_bytes;
        kernels->tile[b->form](&input);
        add_rows(sum, p * sum->panel_stride, tile);
    }
}
