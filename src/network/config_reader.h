/* Reads members of a config.json: bounded numbers, with errors that name the member as the model's
 * maker knows it. The first failure stays; what is read behind it is the fallback. A member that is
 * null counts as absent, as transformers takes it. One thread. */
#ifndef HEARTH_NETWORK_CONFIG_READER_H
#define HEARTH_NETWORK_CONFIG_READER_H

#include "base/json.h"

#include <stdint.h>

struct hearth_config_reader {
    const json_t *object;
    struct hearth_error *error;
    int rc;
};

/* HEARTH_EMODEL: member `key` cannot be; HEARTH_ENOTIMPL: what it asks for no row describes. */
void hearth_config_refuse(struct hearth_config_reader *from, const char *key, const char *why);
void hearth_config_unknown(struct hearth_config_reader *from, const char *what, const char *value);

/* NULL when it is absent or null. */
const json_t *hearth_config_find(const struct hearth_config_reader *from, const char *key);
/* In [0, most]. */
uint32_t hearth_config_whole(struct hearth_config_reader *from, const char *key, uint32_t fallback,
                             uint32_t most);
/* The same, and not 0. */
uint32_t hearth_config_needed(struct hearth_config_reader *from, const char *key, uint32_t fallback,
                              uint32_t most);
/* Finite and far within f32. */
double hearth_config_number(struct hearth_config_reader *from, const char *key, double fallback);
bool hearth_config_truth(struct hearth_config_reader *from, const char *key, bool fallback);
/* Belongs to the object. */
const char *hearth_config_text(struct hearth_config_reader *from, const char *key,
                               const char *fallback);

#endif
