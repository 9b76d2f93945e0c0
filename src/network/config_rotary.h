/* What a config.json says of positions: rope_theta and rope_scaling of transformers 4,
 * rope_parameters of transformers 5, which may differ for layers with windows. Source:
 * transformers' modeling_rope_utils.py. Private to config.c. */
#ifndef HEARTH_NETWORK_CONFIG_ROTARY_H
#define HEARTH_NETWORK_CONFIG_ROTARY_H

#include "network/config.h"
#include "network/config_reader.h"

/* Fills in rotary, windowed_rotary, rotary_size and, where a scaling lengthens it,
 * trained_context; sizes and windows are there already. */
void hearth_config_read_rotary(struct hearth_config_reader *from,
                               const struct hearth_model_type *type,
                               const struct hearth_network_overrides *overrides,
                               struct hearth_network *network,
                               struct hearth_config_factors *factors);

#endif
