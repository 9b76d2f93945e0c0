#include "train/full.h"

#include "base/error.h"
#include "base/memory.h"

static int reserve(struct hearth_lora *lora, const struct hearth_train_base *base,
                   struct hearth_error *error)
{
    uint32_t layers = lora->network->layers;
    lora->full = hearth_try_calloc((size_t)layers * HEARTH_PART_COUNT, sizeof(*lora->full));
    if (lora->full == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the model");
    for (uint32_t layer = 0; layer < layers; layer++)
        for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
            struct hearth_lora_place *place = &lora->full[layer * HEARTH_PART_COUNT + part];
            place->first = lora->count;
            place->count = hearth_train_base_part(base, part, layer, NULL);
            lora->count += place->count;
        }
    lora->values = hearth_try_calloc(lora->count, sizeof(*lora->values));
    lora->gradients = hearth_try_calloc(lora->count, sizeof(*lora->gradients));
    if (lora->values != NULL && lora->gradients != NULL)
        return 0;
    /* Values, gradients, and the optimizer's two moments. */
    double bytes = 4.0 * sizeof(hearth_number) * (double)lora->count;
    return hearth_error_set(error, HEARTH_ENOMEM,
                            "full training of %zu parameters takes more than %.0f MiB, which this "
                            "machine does not have; method lora takes far less",
                            lora->count, bytes / (1024 * 1024));
}

int hearth_full_create(struct hearth_train_base *base, struct hearth_lora **ret_lora,
                       struct hearth_error *error)
{
    struct hearth_lora *lora = hearth_calloc(1, sizeof(*lora));
    lora->network = hearth_train_base_network(base);
    int rc = reserve(lora, base, error);
    if (rc != 0) {
        hearth_lora_destroy(lora);
        return rc;
    }
    lora->full_base = base;
    *ret_lora = lora;
    return 0;
}

void hearth_full_read(struct hearth_lora *lora)
{
    for (uint32_t layer = 0; layer < lora->network->layers; layer++)
        for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++)
            hearth_train_base_part(lora->full_base, part, layer,
                                   hearth_full_at(lora, part, layer).values);
    hearth_train_base_read_from(lora->full_base, lora);
}

struct hearth_full_tensor hearth_full_at(const struct hearth_lora *lora, enum hearth_part part,
                                         uint32_t layer)
{
    struct hearth_full_tensor tensor = {0};
    if (lora->full == NULL)
        return tensor;
    const struct hearth_lora_place *place = &lora->full[layer * HEARTH_PART_COUNT + part];
    if (place->count == 0)
        return tensor;
    return (struct hearth_full_tensor){lora->values + place->first, lora->gradients + place->first,
                                       place->count};
}
