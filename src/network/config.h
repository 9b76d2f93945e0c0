/* A Hugging Face folder's config.json as a network: the other source of struct hearth_network
 * beside a GGUF header, under the same bounds.
 *
 * Lifecycle: open or parse; read, any number of times; close. Immutable between these; any
 * thread. */
#ifndef HEARTH_NETWORK_CONFIG_H
#define HEARTH_NETWORK_CONFIG_H

#include "network/model_type.h"
#include "network/network.h"

struct hearth_config;

enum { HEARTH_CONFIG_FACTORS_MAX = 256 }; /* half of the largest head */

/* Divisors of rotary frequencies that a GGUF file has as tensors, and a folder's config as numbers
 * (llama3's are computed of four of them). By part: ROTARY_FACTORS, _SHORT, _LONG. */
struct hearth_config_factors {
    uint32_t count[3]; /* 0: there are none */
    float values[3][HEARTH_CONFIG_FACTORS_MAX];
};

/* HEARTH_EMODEL names what is wrong, HEARTH_ENOTIMPL a model type without a row. */
int hearth_config_open(const char *directory, struct hearth_config **ret_config,
                       struct hearth_error *error);
/* The text of a config.json, which may be written to. */
int hearth_config_parse(char *text, size_t length, struct hearth_config **ret_config,
                        struct hearth_error *error);
void hearth_config_close(struct hearth_config *config); /* NULL is allowed */

const struct hearth_model_type *hearth_config_type(const struct hearth_config *config);

/* As hearth_network_read. */
int hearth_config_network(const struct hearth_config *config,
                          const struct hearth_network_overrides *overrides,
                          struct hearth_network *ret_network,
                          struct hearth_config_factors *ret_factors, struct hearth_error *error);

#endif
