/* Both products are tiles of the float kernels: A's rows and B's rows are panels of 16 outputs like
 * any weights, and h lies as those kernels read a group of rows ([inputs][rows]), so that what the
 * first product gives is the second one's operand as it is. Panels go in twos where there are two:
 * with few rows a sum waits for itself, and two of them hide that. */
#include "compute/low_rank.h"

#include "compute/decoder_table.h"

enum { PANEL = HEARTH_PANEL_OUTPUTS, AT_ONCE = 2 };

/* Of rows times up to AT_ONCE panels: [row][AT_ONCE × 16]. */
struct tile {
    _Alignas(64) float values[HEARTH_ROW_GROUP * AT_ONCE * PANEL];
};

static size_t multiply(const struct hearth_decoder_kernels *kernels,
                       const struct hearth_panels *weights, size_t panel, size_t end,
                       const void *group, size_t rows, struct tile *tile)
{
    const struct hearth_tile_input input = {.group = group,
                                            .rows = rows,
                                            .panel = (const char *)weights->memory +
                                                     panel * weights->panel_bytes,
                                            .panels = end - panel < AT_ONCE ? 1 : AT_ONCE,
                                            .panel_bytes = weights->panel_bytes,
                                            .inputs = weights->inputs,
                                            .c = tile->values,
                                            .c_stride = AT_ONCE * PANEL};
    kernels->tile[weights->form](&input);
    return input.panels;
}

void hearth_low_rank_reduce(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *a, size_t first, size_t count,
                            const struct hearth_packed_rows *x, const float *scales, float *h)
{
    struct tile tile;
    const size_t rows = x->rows;
    const size_t end = first + count < a->panel_count ? first + count : a->panel_count;
    for (size_t p = first, done; p < end; p += done) {
        done = multiply(kernels, a, p, end, x->memory, rows, &tile);
        for (size_t j = 0; j < done * PANEL && p * PANEL + j < a->outputs; j++)
            for (size_t r = 0; r < rows; r++)
                h[(p * PANEL + j) * rows + r] = scales[r] * tile.values[r * AT_ONCE * PANEL + j];
    }
}

/* Rows of the tile are those of the mask, one after the other. Panels are whole: what the last one
 * has beyond the outputs is 0, and so are the columns that it is added to. */
static void add_rows(const struct hearth_low_rank_sum *sum, size_t column, const float *tile)
{
    for (unsigned left = sum->mask; left != 0; left &= left - 1, tile += AT_ONCE * PANEL) {
        float *y = sum->values + (size_t)__builtin_ctz(left) * sum->stride + column;
        for (size_t i = 0; i < PANEL; i++)
            y[i] += tile[i];
    }
}

void hearth_low_rank_expand(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *b, const float *h,
                            const struct hearth_low_rank_sum *sum)
{
    struct tile tile;
    const size_t rows = (size_t)__builtin_popcount(sum->mask), first = sum->first / PANEL;
    const size_t count = (sum->outputs + PANEL - 1) / PANEL;
    for (size_t p = 0, done; p < count; p += done) {
        done = multiply(kernels, b, first + p, first + count, h, rows, &tile);
        for (size_t i = 0; i < done; i++)
            add_rows(sum, (p + i) * sum->panel_stride, tile.values + i * PANEL);
    }
}
