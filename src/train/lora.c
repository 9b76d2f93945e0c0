#include "train/lora.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/philox.h"
#include "network/adapter_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { USE_OF_A = 1 }; /* of the generator: dropout has other numbers (linear.c) */

static size_t size_of(const struct hearth_lora *lora, enum hearth_module module)
{
    size_t inputs, outputs;
    hearth_module_shape(lora->network, module, &inputs, &outputs);
    bool wanted = (lora->params.modules >> module & 1) != 0;
    return wanted ? (inputs + outputs) * lora->params.rank : 0;
}

static size_t size_of_layer(const struct hearth_lora *lora)
{
    size_t size = 0;
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++)
        size += size_of(lora, module);
    return size;
}

struct hearth_lora_pair hearth_lora_at(const struct hearth_lora *lora, uint32_t layer,
                                       enum hearth_module module)
{
    struct hearth_lora_pair pair = {0};
    hearth_module_shape(lora->network, module, &pair.inputs, &pair.outputs);
    if (size_of(lora, module) == 0)
        return pair;
    size_t at = layer * size_of_layer(lora);
    for (enum hearth_module before = 0; before < module; before++)
        at += size_of(lora, before);
    size_t size_of_a = pair.inputs * lora->params.rank;
    pair.a = lora->values + at;
    pair.b = pair.a + size_of_a;
    pair.a_gradient = lora->gradients + at;
    pair.b_gradient = pair.a_gradient + size_of_a;
    return pair;
}

static void draw_a(struct hearth_lora *lora)
{
    uint32_t number = 0;
    for (uint32_t layer = 0; layer < lora->network->layers; layer++)
        for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
            struct hearth_lora_pair pair = hearth_lora_at(lora, layer, module);
            double bound = 1 / sqrt((double)pair.inputs);
            for (size_t i = 0; pair.a != NULL && i < pair.inputs * lora->params.rank; i++) {
                double share = hearth_philox_uniform(lora->params.seed, number++, USE_OF_A, 0);
                pair.a[i] = (hearth_number)(float)(bound * (2 * share - 1));
            }
        }
}

static int check_params(const struct hearth_network *network,
                        const struct hearth_lora_params *params, struct hearth_error *error)
{
    if (params->modules == 0 || params->modules >> HEARTH_MODULES != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "no module is to be trained, or an unknown "
                                "one");
    if (!(isfinite(params->alpha) && params->alpha > 0))
        return hearth_error_set(error, HEARTH_EINVAL, "alpha must be a positive number");
    if (!(params->dropout >= 0 && params->dropout < 1))
        return hearth_error_set(error, HEARTH_EINVAL, "dropout must be at least 0 and below 1");
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        size_t inputs, outputs;
        hearth_module_shape(network, module, &inputs, &outputs);
        size_t most = inputs < outputs ? inputs : outputs;
        most = most < HEARTH_ADAPTER_RANK_MAX ? most : HEARTH_ADAPTER_RANK_MAX;
        if ((params->modules >> module & 1) != 0 && (params->rank < 1 || params->rank > most))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "rank must be from 1 to %zu, which %s allows, not %" PRIu32,
                                    most, hearth_module_row(module)->name, params->rank);
    }
    return 0;
}

int hearth_lora_create(const struct hearth_network *network,
                       const struct hearth_lora_params *params, struct hearth_lora **ret_lora,
                       struct hearth_error *error)
{
    int rc = check_params(network, params, error);
    if (rc != 0)
        return rc;
    struct hearth_lora *lora = hearth_calloc(1, sizeof(*lora));
    lora->params = *params;
    lora->network = network;
    double divisor = params->rank_stabilized ? sqrt((double)params->rank) : (double)params->rank;
    lora->scale = (hearth_number)((double)params->alpha / divisor);
    lora->count = network->layers * size_of_layer(lora);
    lora->values = hearth_try_calloc(lora->count, sizeof(*lora->values));
    lora->gradients = hearth_try_calloc(lora->count, sizeof(*lora->gradients));
    if (lora->values == NULL || lora->gradients == NULL) {
        hearth_lora_destroy(lora);
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the adapter");
    }
    draw_a(lora);
    *ret_lora = lora;
    return 0;
}

void hearth_lora_destroy(struct hearth_lora *lora)
{
    if (lora == NULL)
        return;
    if (lora->full_base != NULL)
        hearth_train_base_read_from(lora->full_base, NULL);
    hearth_free(lora->full);
    hearth_free(lora->values);
    hearth_free(lora->gradients);
    hearth_free(lora);
}

void hearth_lora_clear_gradients(struct hearth_lora *lora)
{
    memset(lora->gradients, 0, lora->count * sizeof(*lora->gradients));
}

static int check_full(const struct hearth_lora *lora, struct hearth_error *error)
{
    size_t places = (size_t)lora->network->layers * HEARTH_PART_COUNT;
    for (size_t i = 0; i < places; i++) {
        const struct hearth_lora_place *place = &lora->full[i];
        char name[128];
        if (hearth_numbers_are_finite(lora->values + place->first, place->count) &&
            hearth_numbers_are_finite(lora->gradients + place->first, place->count))
            continue;
        hearth_part_name((enum hearth_part)(i % HEARTH_PART_COUNT),
                         (uint32_t)(i / HEARTH_PART_COUNT), name, sizeof(name));
        return hearth_error_set(error, HEARTH_EINTERNAL,
                                "%s: training gave numbers that are not finite; a lower learning "
                                "rate may help",
                                name);
    }
    return 0;
}

int hearth_lora_check(const struct hearth_lora *lora, struct hearth_error *error)
{
    if (lora->full != NULL)
        return check_full(lora, error);
    for (uint32_t layer = 0; layer < lora->network->layers; layer++)
        for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
            struct hearth_lora_pair pair = hearth_lora_at(lora, layer, module);
            size_t size = size_of(lora, module);
            if (pair.a == NULL || (hearth_numbers_are_finite(pair.a, size) &&
                                   hearth_numbers_are_finite(pair.a_gradient, size)))
                continue;
            return hearth_error_set(error, HEARTH_EINTERNAL,
                                    "layer %" PRIu32 ", %s: training gave numbers that are not "
                                    "finite; a lower learning rate may help",
                                    layer, hearth_module_row(module)->name);
        }
    return 0;
}
