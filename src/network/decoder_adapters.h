/* Adapters in a pass: which rows use which of them, and what is added to products for it.
 *
 * Rows go in groups of eight, as products take them. Of a group those that use one adapter are
 * multiplied together: a phase before a product makes h = scale · A · x of them, and the product's
 * tiles add B · h before they are finished. A row adds its adapters in the order of their numbers,
 * whatever other rows use. A pass in which no row has an adapter does none of this, and has no
 * barrier more. */
#ifndef HEARTH_NETWORK_DECODER_ADAPTERS_H
#define HEARTH_NETWORK_DECODER_ADAPTERS_H

#include "network/decoder_private.h"

/* Buffers of a pass, when the decoder has adapters. */
struct hearth_adapter_space {
    const float **scales; /* [rows] a scale for each adapter */
    uint8_t *masks;       /* [groups][adapters] rows of the group that use it */
    bool *active;         /* [adapters] */
    float *inputs;        /* [rows][input_stride] what A multiplies, of rows that have an adapter */
    size_t input_stride;
    void *packed; /* [members] a group of rows as f32 */
    size_t packed_bytes;
    float *inner[HEARTH_ADAPTER_PLACES];     /* h: [adapters][groups][8 × its ranks there] */
    size_t ranks_max[HEARTH_ADAPTER_PLACES]; /* of all adapters together */
};

/* Of each place for an adapter that comes later: the sum of all of them counts, so that one may
 * have more where another has less. */
enum { HEARTH_ADAPTER_SPARE_RANK = 64 };

/* Whether the ranks of all adapters have room in the buffers of a pass. */
bool hearth_adapters_fit(const struct hearth_decoder *decoder);

size_t hearth_adapter_space_bytes(const struct hearth_decoder *decoder);
void hearth_adapter_space_lay_out(const struct hearth_decoder *decoder,
                                  struct hearth_adapter_space *space, char *memory);

/* When scales[row] are set for all rows of the pass; again when rows have moved. By one member. */
void hearth_adapters_sort(struct hearth_pass *pass);

/* Whether some row's adapter changes what reads these rows in this layer. */
bool hearth_adapters_read(const struct hearth_pass *pass, uint32_t layer,
                          enum hearth_adapter_place place);
/* Keeps inputs `first` … of a row, if it has an adapter. */
void hearth_adapters_keep(const struct hearth_pass *pass, size_t row, size_t first, size_t count,
                          const float *values);
/* By all members, when the inputs of all rows are kept and a barrier is behind them. Ends with a
 * barrier, or does nothing. */
void hearth_adapters_reduce(struct hearth_member *member, const struct hearth_pass *pass,
                            uint32_t layer, enum hearth_adapter_place place);

/* What stands between a product and its own finish. */
struct hearth_adapted_finish {
    const struct hearth_pass *pass;
    uint32_t layer;
    enum hearth_adapter_target targets[2]; /* of each part of the weights */
    unsigned parts;
    bool keeps; /* what the finish leaves in the tile is an input of the next place */
    void (*finish)(void *argument, const struct hearth_tile *tile);
    void *argument;
};

/* `product`, or the same with `adapted` in front of its finish where there is something to add;
 * `adapted` lives as long as the product. `targets` has one for each part of its weights. */
struct hearth_product hearth_adapted_product(struct hearth_adapted_finish *adapted,
                                             const struct hearth_pass *pass, uint32_t layer,
                                             const enum hearth_adapter_target *targets,
                                             struct hearth_product product);

#endif
