#include "train/export_full.h"

#include "train/full.h"

static bool begin(void *argument, enum hearth_part part, uint32_t layer)
{
    return hearth_full_at(argument, part, layer).values != NULL;
}

static int row(void *argument, enum hearth_part part, uint32_t layer, uint32_t row, float *values,
               struct hearth_error *error)
{
    const struct hearth_lora *trained = argument;
    const struct hearth_network *network = trained->network;
    size_t columns = (size_t)hearth_network_extent(network, hearth_part_row(part)->extent[0]);
    const hearth_number *from = hearth_full_at(trained, part, layer).values + row * columns;
    /* What is added when such norms are read is left out again where they are written. */
    bool less = network->norms_add_one && (HEARTH_PARTS_OF_NORMS & HEARTH_PART_BIT(part)) != 0;
    (void)error;
    for (size_t i = 0; i < columns; i++)
        values[i] = (float)(from[i] - (hearth_number)less);
    return 0;
}

int hearth_export_full(struct hearth_lora *trained, const char *base, enum hearth_rewrite_type type,
                       const char *folder, const struct hearth_rewrite_watch *watch,
                       struct hearth_error *error)
{
    const struct hearth_rewrite_source source = {
        .begin = begin, .row = row, .argument = trained, .watch = watch};
    return hearth_rewrite(base, &source, type, folder, error);
}
