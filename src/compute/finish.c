/* The usual ends of a product. What a tile holds is finished row by row while it is in the nearest
 * cache; tiles are of different rows or outputs, so that no two members write the same number. */
#include "compute/finish.h"

#include "compute/decoder_table.h"

enum { PANEL = HEARTH_PANEL_OUTPUTS };

static const float *bias_from(const float *bias, size_t first)
{
    return bias ? bias + first : NULL;
}

/* Multiplied by 1, which changes no bit: one loop serves for copying with and without a bias. */
void hearth_finish_store(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_finish_store *store = argument;
    for (size_t r = 0; r < tile->rows; r++)
        tile->kernels->rows.scale(
            tile->values + r * tile->stride, 1, bias_from(store->bias, tile->first_output),
            tile->outputs, store->y + (tile->first_row + r) * store->stride + tile->first_output);
}

/* Residual streams are read and written here by one tile for each element. */
void hearth_finish_add(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_finish_add *add = argument;
    for (size_t r = 0; r < tile->rows; r++)
        tile->kernels->rows.add(add->y + (tile->first_row + r) * add->stride + tile->first_output,
                                tile->values + r * tile->stride,
                                bias_from(add->bias, tile->first_output), add->scale,
                                tile->outputs);
}

void hearth_finish_activate(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_finish_activate *finish = argument;
    const struct hearth_row_ops *ops = &tile->kernels->rows;
    for (size_t r = 0; r < tile->rows; r++) {
        float *x = tile->values + r * tile->stride;
        if (finish->bias)
            ops->scale(x, 1, finish->bias + tile->first_output, tile->outputs, x);
        ops->activate(x, finish->activation, tile->outputs, x);
    }
    hearth_pack_rows(tile->kernels, finish->to, tile->first_row, tile->rows, tile->first_output,
                     tile->outputs, tile->values, tile->stride);
}

/* Gate and up of 16 outputs lie side by side. */
static void add_biases(const struct hearth_finish_gate *finish, const struct hearth_tile *tile,
                       float *x)
{
    for (size_t done = 0; done < tile->outputs; done += PANEL) {
        size_t width = tile->outputs - done < PANEL ? tile->outputs - done : PANEL;
        for (size_t p = 0; p < 2; p++)
            if (finish->bias[p])
                tile->kernels->rows.scale(x + 2 * done + p * PANEL, 1,
                                          finish->bias[p] + tile->first_output + done, width,
                                          x + 2 * done + p * PANEL);
    }
}

void hearth_finish_gate(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_finish_gate *finish = argument;
    for (size_t r = 0; r < tile->rows; r++) {
        float *x = tile->values + r * tile->stride;
        if (finish->bias[0] || finish->bias[1])
            add_biases(finish, tile, x);
        tile->kernels->gate_groups(x, finish->activation, tile->outputs);
    }
    hearth_pack_rows(tile->kernels, finish->to, tile->first_row, tile->rows, tile->first_output,
                     tile->outputs, tile->values, tile->stride);
}
