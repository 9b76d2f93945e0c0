#include "train/base.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/quant.h"
#include "network/rotary.h"
#include "network/weights.h"

#include <inttypes.h>
#include <string.h>

enum { SLICE = 4096, NAME_SIZE = 192 }; /* numbers that are dequantized at once, of whole blocks */

struct hearth_train_base {
    struct hearth_checkpoint *checkpoint;
    struct hearth_network network;
    hearth_number *norms; /* [layers][HEARTH_TRAIN_NORMS][width] */
    float *frequencies;
    hearth_number *matrix; /* room for the largest */
};

static const struct hearth_module_row modules[HEARTH_MODULES] = {
    [HEARTH_MODULE_QUERY] = {"self_attn.q_proj", HEARTH_PART_QUERY},
    [HEARTH_MODULE_KEY] = {"self_attn.k_proj", HEARTH_PART_KEY},
    [HEARTH_MODULE_VALUE] = {"self_attn.v_proj", HEARTH_PART_VALUE},
    [HEARTH_MODULE_OUT] = {"self_attn.o_proj", HEARTH_PART_ATTENTION_OUT},
    [HEARTH_MODULE_GATE] = {"mlp.gate_proj", HEARTH_PART_GATE},
    [HEARTH_MODULE_UP] = {"mlp.up_proj", HEARTH_PART_UP},
    [HEARTH_MODULE_DOWN] = {"mlp.down_proj", HEARTH_PART_DOWN},
};

#define BIT HEARTH_PART_BIT
static const uint64_t parts_computed =
    BIT(HEARTH_PART_EMBEDDING) | BIT(HEARTH_PART_FINAL_NORM) | BIT(HEARTH_PART_HEAD) |
    BIT(HEARTH_PART_ROTARY_FACTORS) | BIT(HEARTH_PART_ATTENTION_NORM) | BIT(HEARTH_PART_FEED_NORM) |
    BIT(HEARTH_PART_QUERY) | BIT(HEARTH_PART_KEY) | BIT(HEARTH_PART_VALUE) |
    BIT(HEARTH_PART_ATTENTION_OUT) | BIT(HEARTH_PART_GATE) | BIT(HEARTH_PART_UP) |
    BIT(HEARTH_PART_DOWN);

const struct hearth_module_row *hearth_module_row(enum hearth_module module)
{
    return &modules[module];
}

void hearth_module_shape(const struct hearth_network *network, enum hearth_module module,
                         size_t *ret_inputs, size_t *ret_outputs)
{
    const struct hearth_part_row *row = hearth_part_row(modules[module].part);
    *ret_inputs = (size_t)hearth_network_extent(network, row->extent[0]);
    *ret_outputs = (size_t)hearth_network_extent(network, row->extent[1]);
}

/* What a network's numbers say that this code does not compute; NULL: nothing. */
static const char *beyond_us(const struct hearth_network *network)
{
    const struct hearth_architecture *row = network->architecture;
    if (row->norm != HEARTH_NORM_RMS || network->norms_add_one)
        return "its norms are not plain RMS norms";
    if (row->activation != HEARTH_ACTIVATION_SILU)
        return "its activation is not SiLU";
    if (network->experts > 0)
        return "it is a mixture of experts";
    if (row->side_by_side && (network->required & BIT(HEARTH_PART_FEED_NORM)) == 0)
        return "its attention and feed-forward part stand side by side";
    if (network->window > 0)
        return "its attention has a window";
    if (network->attention_cap > 0 || network->logit_cap > 0)
        return "its scores are capped";
    bool scaled =
        network->embedding_scale != 1 || network->residual_scale != 1 || network->logit_scale != 1;
    return scaled ? "it scales its embeddings, residuals or logits" : NULL;
}

static int check_network(const struct hearth_train_base *base, struct hearth_error *error)
{
    const struct hearth_network *network = &base->network;
    struct hearth_checkpoint_tensor tensor;
    char name[NAME_SIZE];
    const char *why = beyond_us(network);
    /* Others may share a name with a part of this network. */
    uint64_t parts = network->required | network->permitted;
    if (why != NULL)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "this model cannot be trained here: %s",
                                why);
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++)
        for (uint32_t layer = 0; layer < network->layers; layer++) {
            if (((parts & ~parts_computed) & BIT(part)) == 0 ||
                !hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
                continue;
            hearth_checkpoint_part_name(base->checkpoint, part, layer, 0, name, sizeof(name));
            return hearth_error_set(error, HEARTH_ENOTIMPL,
                                    "this model cannot be trained here: it has '%s'", name);
        }
    return 0;
}

/* Describing checks name, type and shape of every tensor; here only the values are left. */
static int check_tensors(const struct hearth_train_base *base, struct hearth_error *error)
{
    struct hearth_weights described = {0};
    const struct hearth_weights_quantize as_it_is = {0};
    struct hearth_checkpoint_tensor tensor;
    char name[NAME_SIZE];
    int rc =
        hearth_weights_describe(&base->network, base->checkpoint, &as_it_is, &described, error);
    hearth_weights_finish(&described);
    if (rc != 0 || (rc = hearth_checkpoint_map(base->checkpoint, error)) != 0)
        return rc;
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
        uint32_t layers = hearth_part_row(part)->in_layer ? base->network.layers : 1;
        for (uint32_t layer = 0; layer < layers; layer++) {
            if ((parts_computed & BIT(part)) == 0 ||
                !hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
                continue;
            size_t count = (size_t)(tensor.extents[0] * tensor.extents[1]);
            const void *bytes = hearth_checkpoint_bytes(base->checkpoint, &tensor);
            if (hearth_quant_is_finite((enum hearth_quant)tensor.type, bytes, count))
                continue;
            hearth_checkpoint_part_name(base->checkpoint, part, layer, 0, name, sizeof(name));
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "tensor '%s': a value is not a finite number", name);
        }
    }
    return 0;
}

static void dequantize(enum hearth_quant type, const char *bytes, size_t count, hearth_number *y)
{
    float slice[SLICE];
    for (size_t i = 0; i < count; i += SLICE) {
        size_t some = count - i < SLICE ? count - i : SLICE;
        hearth_dequantize(type, bytes + hearth_quant_bytes(type, i), some, slice);
        for (size_t j = 0; j < some; j++)
            y[i + j] = (hearth_number)slice[j];
    }
}

/* False: the checkpoint has no such tensor. */
static bool read_part(const struct hearth_train_base *base, enum hearth_part part, uint32_t layer,
                      hearth_number *y)
{
    struct hearth_checkpoint_tensor tensor;
    if (!hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
        return false;
    dequantize((enum hearth_quant)tensor.type, hearth_checkpoint_bytes(base->checkpoint, &tensor),
               (size_t)(tensor.extents[0] * tensor.extents[1]), y);
    return true;
}

static hearth_number *norm_of(const struct hearth_train_base *base, enum hearth_train_norm norm,
                              uint32_t layer)
{
    return base->norms + ((size_t)layer * HEARTH_TRAIN_NORMS + norm) * base->network.width;
}

static int read_vectors(struct hearth_train_base *base, struct hearth_error *error)
{
    const struct hearth_network *network = &base->network;
    size_t half = network->rotary_size / 2, largest = 0;
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        size_t inputs, outputs;
        hearth_module_shape(network, module, &inputs, &outputs);
        largest = inputs * outputs > largest ? inputs * outputs : largest;
    }
    size_t head = (size_t)network->vocabulary * network->width;
    largest = head > largest ? head : largest;
    base->norms = hearth_try_calloc((size_t)network->layers * HEARTH_TRAIN_NORMS,
                                    network->width * sizeof(*base->norms));
    base->frequencies = hearth_try_calloc(half + 1, sizeof(*base->frequencies));
    base->matrix = hearth_try_calloc(largest, sizeof(*base->matrix));
    if (base->norms == NULL || base->frequencies == NULL || base->matrix == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the base's matrices");
    for (uint32_t layer = 0; layer < network->layers; layer++) {
        read_part(base, HEARTH_PART_ATTENTION_NORM, layer,
                  norm_of(base, HEARTH_TRAIN_ATTENTION_NORM, layer));
        read_part(base, HEARTH_PART_FEED_NORM, layer, norm_of(base, HEARTH_TRAIN_FEED_NORM, layer));
    }
    read_part(base, HEARTH_PART_FINAL_NORM, 0, norm_of(base, HEARTH_TRAIN_FINAL_NORM, 0));
    struct hearth_checkpoint_tensor factors;
    float *divisors = NULL;
    if (hearth_checkpoint_find(base->checkpoint, HEARTH_PART_ROTARY_FACTORS, 0, 0, &factors)) {
        divisors = hearth_calloc(half, sizeof(*divisors));
        hearth_dequantize((enum hearth_quant)factors.type,
                          hearth_checkpoint_bytes(base->checkpoint, &factors), half, divisors);
    }
    hearth_rotary_frequencies(&network->rotary, network->rotary_size, divisors, base->frequencies);
    hearth_free(divisors);
    return 0;
}

int hearth_train_base_open(const char *path, struct hearth_train_base **ret_base,
                           struct hearth_error *error)
{
    struct hearth_train_base *base = hearth_calloc(1, sizeof(*base));
    int rc = hearth_checkpoint_open(path, &base->checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(base->checkpoint, NULL, &base->network, error);
    if (rc == 0)
        rc = check_network(base, error);
    if (rc == 0)
        rc = check_tensors(base, error);
    if (rc == 0)
        rc = read_vectors(base, error);
    if (rc == 0)
        *ret_base = base;
    else
        hearth_train_base_close(base);
    return rc;
}

void hearth_train_base_close(struct hearth_train_base *base)
{
    if (base == NULL)
        return;
    hearth_checkpoint_close(base->checkpoint);
    hearth_free(base->norms);
    hearth_free(base->frequencies);
    hearth_free(base->matrix);
    hearth_free(base);
}

const struct hearth_network *hearth_train_base_network(const struct hearth_train_base *base)
{
    return &base->network;
}

const hearth_number *hearth_train_base_matrix(struct hearth_train_base *base,
                                              enum hearth_module module, uint32_t layer)
{
    read_part(base, modules[module].part, layer, base->matrix);
    return base->matrix;
}

const hearth_number *hearth_train_base_head(struct hearth_train_base *base)
{
    if (base->network.tied || !read_part(base, HEARTH_PART_HEAD, 0, base->matrix))
        read_part(base, HEARTH_PART_EMBEDDING, 0, base->matrix);
    return base->matrix;
}

void hearth_train_base_embedding(const struct hearth_train_base *base, int32_t token,
                                 hearth_number *y)
{
    struct hearth_checkpoint_tensor tensor;
    if (!hearth_checkpoint_find(base->checkpoint, HEARTH_PART_EMBEDDING, 0, 0, &tensor))
        return;
    const char *bytes = hearth_checkpoint_bytes(base->checkpoint, &tensor);
    size_t row_bytes = hearth_quant_bytes(tensor.type, base->network.width);
    dequantize((enum hearth_quant)tensor.type, bytes + (size_t)token * row_bytes,
               base->network.width, y);
}

const hearth_number *hearth_train_base_norm(const struct hearth_train_base *base,
                                            enum hearth_train_norm norm, uint32_t layer)
{
    return norm_of(base, norm, layer);
}

const float *hearth_train_base_frequencies(const struct hearth_train_base *base)
{
    return base->frequencies;
}
