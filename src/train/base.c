#include "train/base.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/quant.h"
#include "network/rotary.h"
#include "network/weights.h"
#include "train/full.h"

#include <inttypes.h>
#include <string.h>

enum { SLICE = 4096, NAME_SIZE = 192 }; /* numbers that are dequantized at once, of whole blocks */

struct hearth_train_base {
    struct hearth_checkpoint *checkpoint;
    struct hearth_network network;
    hearth_number *vectors;        /* of all parts that are none, one behind the other */
    hearth_number **vector_places; /* [layers][HEARTH_PART_COUNT], into it; or NULL */
    float *frequencies;
    hearth_number *matrix; /* room for the largest */
    size_t matrix_count;
    const struct hearth_lora *trained; /* holds the tensors instead of the file; or NULL */
};

static const struct hearth_module_row modules[HEARTH_MODULES] = {
    [HEARTH_MODULE_QUERY] = {"self_attn.q_proj", HEARTH_PART_QUERY, HEARTH_PART_QUERY_BIAS},
    [HEARTH_MODULE_KEY] = {"self_attn.k_proj", HEARTH_PART_KEY, HEARTH_PART_KEY_BIAS},
    [HEARTH_MODULE_VALUE] = {"self_attn.v_proj", HEARTH_PART_VALUE, HEARTH_PART_VALUE_BIAS},
    [HEARTH_MODULE_OUT] = {"self_attn.o_proj", HEARTH_PART_ATTENTION_OUT,
                           HEARTH_PART_ATTENTION_OUT_BIAS},
    [HEARTH_MODULE_GATE] = {"mlp.gate_proj", HEARTH_PART_GATE, HEARTH_PART_GATE_BIAS},
    [HEARTH_MODULE_UP] = {"mlp.up_proj", HEARTH_PART_UP, HEARTH_PART_UP_BIAS},
    [HEARTH_MODULE_DOWN] = {"mlp.down_proj", HEARTH_PART_DOWN, HEARTH_PART_DOWN_BIAS},
};

#define BIT HEARTH_PART_BIT
static const uint64_t parts_computed =
    BIT(HEARTH_PART_EMBEDDING) | BIT(HEARTH_PART_FINAL_NORM) | BIT(HEARTH_PART_HEAD) |
    BIT(HEARTH_PART_HEAD_BIAS) | BIT(HEARTH_PART_ROTARY_FACTORS) | BIT(HEARTH_PART_ATTENTION_NORM) |
    BIT(HEARTH_PART_ATTENTION_POST_NORM) | BIT(HEARTH_PART_FEED_NORM) |
    BIT(HEARTH_PART_FEED_POST_NORM) | BIT(HEARTH_PART_QUERY) | BIT(HEARTH_PART_QUERY_BIAS) |
    BIT(HEARTH_PART_QUERY_NORM) | BIT(HEARTH_PART_KEY) | BIT(HEARTH_PART_KEY_BIAS) |
    BIT(HEARTH_PART_KEY_NORM) | BIT(HEARTH_PART_VALUE) | BIT(HEARTH_PART_VALUE_BIAS) |
    BIT(HEARTH_PART_ATTENTION_OUT) | BIT(HEARTH_PART_ATTENTION_OUT_BIAS) | BIT(HEARTH_PART_GATE) |
    BIT(HEARTH_PART_GATE_BIAS) | BIT(HEARTH_PART_UP) | BIT(HEARTH_PART_UP_BIAS) |
    BIT(HEARTH_PART_DOWN) | BIT(HEARTH_PART_DOWN_BIAS);
static const uint64_t parts_needed = BIT(HEARTH_PART_ATTENTION_NORM) | BIT(HEARTH_PART_FEED_NORM) |
                                     BIT(HEARTH_PART_GATE) | BIT(HEARTH_PART_UP);

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
    bool norms_heads = (network->required & BIT(HEARTH_PART_QUERY_NORM)) != 0;
    if (row->norm != HEARTH_NORM_RMS)
        return "its norms are not RMS norms";
    if (row->activation != HEARTH_ACTIVATION_SILU && row->activation != HEARTH_ACTIVATION_GELU_TANH)
        return "its activation is neither SiLU nor the tanh form of GELU";
    if (network->experts > 0)
        return "it is a mixture of experts";
    if (norms_heads && row->head_norm != HEARTH_HEAD_NORM_SHARED)
        return "its heads are not normed by the same weights each";
    return (network->required & parts_needed) != parts_needed
               ? "its layers have no norm or no gate where Llama's have one"
               : NULL;
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
#ifdef HEARTH_TRAIN_DOUBLE
    float slice[SLICE];
    for (size_t i = 0; i < count; i += SLICE) {
        size_t some = count - i < SLICE ? count - i : SLICE;
        hearth_dequantize(type, bytes + hearth_quant_bytes(type, i), some, slice);
        for (size_t j = 0; j < some; j++)
            y[i + j] = (hearth_number)slice[j];
    }
#else
    hearth_dequantize(type, bytes, count, y);
#endif
}

/* False: the checkpoint has no such tensor. */
static bool read_part(const struct hearth_train_base *base, enum hearth_part part, uint32_t layer,
                      hearth_number *y)
{
    struct hearth_checkpoint_tensor tensor;
    if (!hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
        return false;
    size_t count = (size_t)(tensor.extents[0] * tensor.extents[1]);
    dequantize((enum hearth_quant)tensor.type, hearth_checkpoint_bytes(base->checkpoint, &tensor),
               count, y);
    bool adds = base->network.norms_add_one && (HEARTH_PARTS_OF_NORMS & BIT(part)) != 0;
    for (size_t i = 0; adds && i < count; i++)
        y[i] += 1;
    return true;
}

size_t hearth_train_base_part(const struct hearth_train_base *base, enum hearth_part part,
                              uint32_t layer, hearth_number *y)
{
    const struct hearth_part_row *row = hearth_part_row(part);
    struct hearth_checkpoint_tensor tensor;
    bool wanted = (parts_computed & BIT(part)) != 0 && part != HEARTH_PART_ROTARY_FACTORS &&
                  (row->in_layer || layer == 0) &&
                  !(part == HEARTH_PART_HEAD && base->network.tied);
    if (!wanted || !hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
        return 0;
    if (y != NULL)
        read_part(base, part, layer, y);
    return (size_t)(tensor.extents[0] * tensor.extents[1]);
}

void hearth_train_base_read_from(struct hearth_train_base *base, const struct hearth_lora *lora)
{
    base->trained = lora;
    hearth_checkpoint_unmap(base->checkpoint);
    hearth_free(base->matrix);
    base->matrix = NULL;
}

static size_t vector_size(const struct hearth_train_base *base, enum hearth_part part,
                          uint32_t layer)
{
    const struct hearth_part_row *row = hearth_part_row(part);
    struct hearth_checkpoint_tensor tensor;
    bool wanted = (parts_computed & BIT(part)) != 0 && !row->is_matrix &&
                  part != HEARTH_PART_ROTARY_FACTORS && (row->in_layer || layer == 0);
    if (!wanted || !hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
        return 0;
    return (size_t)(tensor.extents[0] * tensor.extents[1]);
}

static int read_vectors(struct hearth_train_base *base, struct hearth_error *error)
{
    size_t count = 0;
    uint32_t layers = base->network.layers;
    for (uint32_t layer = 0; layer < layers; layer++)
        for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++)
            count += vector_size(base, part, layer);
    base->vectors = hearth_try_calloc(count, sizeof(*base->vectors));
    base->vector_places =
        hearth_try_calloc((size_t)layers * HEARTH_PART_COUNT, sizeof(*base->vector_places));
    if (base->vectors == NULL || base->vector_places == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the base's norms");
    hearth_number *next = base->vectors;
    for (uint32_t layer = 0; layer < layers; layer++)
        for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
            size_t size = vector_size(base, part, layer);
            if (size == 0 || !read_part(base, part, layer, next))
                continue;
            base->vector_places[(size_t)layer * HEARTH_PART_COUNT + part] = next;
            next += size;
        }
    return 0;
}

static void read_frequencies(struct hearth_train_base *base)
{
    const struct hearth_network *network = &base->network;
    struct hearth_checkpoint_tensor factors;
    size_t half = network->rotary_size / 2;
    float *divisors = NULL;
    base->frequencies = hearth_calloc(2 * half + 1, sizeof(*base->frequencies));
    if (hearth_checkpoint_find(base->checkpoint, HEARTH_PART_ROTARY_FACTORS, 0, 0, &factors)) {
        divisors = hearth_calloc(half, sizeof(*divisors));
        hearth_dequantize((enum hearth_quant)factors.type,
                          hearth_checkpoint_bytes(base->checkpoint, &factors), half, divisors);
    }
    hearth_rotary_frequencies(&network->rotary, network->rotary_size, divisors, base->frequencies);
    hearth_rotary_frequencies(&network->windowed_rotary, network->rotary_size, divisors,
                              base->frequencies + half);
    hearth_free(divisors);
}

/* Where all matrices can be read as they lie there is none to make. */
static bool lies_ready(const struct hearth_train_base *base,
                       const struct hearth_checkpoint_tensor *tensor)
{
#ifdef HEARTH_TRAIN_DOUBLE
    (void)base;
    (void)tensor;
    return false;
#else
    const void *bytes = hearth_checkpoint_bytes(base->checkpoint, tensor);
    return tensor->type == HEARTH_QUANT_F32 && (uintptr_t)bytes % sizeof(float) == 0;
#endif
}

static int reserve_matrix(struct hearth_train_base *base, struct hearth_error *error)
{
    size_t largest = 0;
    struct hearth_checkpoint_tensor tensor;
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
        const struct hearth_part_row *row = hearth_part_row(part);
        uint32_t layers = row->in_layer ? base->network.layers : 1;
        bool wanted = (parts_computed & BIT(part)) != 0 && row->is_matrix;
        for (uint32_t layer = 0; wanted && layer < layers; layer++) {
            if (!hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor) ||
                lies_ready(base, &tensor))
                continue;
            size_t count = (size_t)(tensor.extents[0] * tensor.extents[1]);
            largest = count > largest ? count : largest;
        }
    }
    base->matrix_count = largest + 1;
    base->matrix = hearth_try_calloc(base->matrix_count, sizeof(*base->matrix));
    return base->matrix != NULL
               ? 0
               : hearth_error_set(error, HEARTH_ENOMEM, "no memory for the base's matrices");
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
        rc = reserve_matrix(base, error);
    if (rc == 0)
        read_frequencies(base);
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
    hearth_free(base->vectors);
    hearth_free(base->vector_places);
    hearth_free(base->frequencies);
    hearth_free(base->matrix);
    hearth_free(base);
}

const struct hearth_network *hearth_train_base_network(const struct hearth_train_base *base)
{
    return &base->network;
}

struct matrix_making {
    enum hearth_quant type;
    const char *bytes;
    size_t row, count;
    hearth_number *y;
};

static void make_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct matrix_making *making = argument;
    (void)member;
    dequantize(making->type, making->bytes + first * hearth_quant_bytes(making->type, making->row),
               (end - first) * making->row, making->y + first * making->row);
}

static const hearth_number *matrix_of(struct hearth_train_base *base, struct hearth_crew *crew,
                                      const struct hearth_checkpoint_tensor *tensor)
{
    const char *bytes = hearth_checkpoint_bytes(base->checkpoint, tensor);
    if (lies_ready(base, tensor))
        return (const hearth_number *)(const void *)bytes;
    struct matrix_making making = {(enum hearth_quant)tensor->type, bytes,
                                   (size_t)tensor->extents[0], (size_t)tensor->extents[1],
                                   base->matrix};
    hearth_crew_share(crew, making.count, 1, make_rows, &making);
    return base->matrix;
}

const hearth_number *hearth_train_base_matrix(struct hearth_train_base *base,
                                              struct hearth_crew *crew, enum hearth_module module,
                                              uint32_t layer)
{
    struct hearth_checkpoint_tensor tensor = {0};
    if (base->trained != NULL)
        return hearth_full_at(base->trained, modules[module].part, layer).values;
    hearth_checkpoint_find(base->checkpoint, modules[module].part, layer, 0, &tensor);
    return matrix_of(base, crew, &tensor);
}

enum hearth_part hearth_train_base_head_part(const struct hearth_train_base *base)
{
    struct hearth_checkpoint_tensor tensor;
    bool apart = !base->network.tied &&
                 hearth_checkpoint_find(base->checkpoint, HEARTH_PART_HEAD, 0, 0, &tensor);
    return apart ? HEARTH_PART_HEAD : HEARTH_PART_EMBEDDING;
}

const hearth_number *hearth_train_base_head(struct hearth_train_base *base,
                                            struct hearth_crew *crew)
{
    struct hearth_checkpoint_tensor tensor = {0};
    enum hearth_part part = hearth_train_base_head_part(base);
    if (base->trained != NULL)
        return hearth_full_at(base->trained, part, 0).values;
    hearth_checkpoint_find(base->checkpoint, part, 0, 0, &tensor);
    return matrix_of(base, crew, &tensor);
}

void hearth_train_base_embedding(const struct hearth_train_base *base, int32_t token,
                                 hearth_number *y)
{
    struct hearth_checkpoint_tensor tensor;
    size_t width = base->network.width, row = (size_t)token;
    if (base->trained != NULL) {
        const hearth_number *all = hearth_full_at(base->trained, HEARTH_PART_EMBEDDING, 0).values;
        memcpy(y, all + row * width, width * sizeof(*y));
    } else if (hearth_checkpoint_find(base->checkpoint, HEARTH_PART_EMBEDDING, 0, 0, &tensor)) {
        const char *bytes = hearth_checkpoint_bytes(base->checkpoint, &tensor);
        dequantize((enum hearth_quant)tensor.type,
                   bytes + row * hearth_quant_bytes(tensor.type, width), width, y);
    }
    for (size_t i = 0; base->network.embedding_scale != 1 && i < base->network.width; i++)
        y[i] *= (hearth_number)base->network.embedding_scale;
}

const hearth_number *hearth_train_base_vector(const struct hearth_train_base *base,
                                              enum hearth_part part, uint32_t layer)
{
    if (base->trained != NULL)
        return hearth_full_at(base->trained, part, layer).values;
    return base->vector_places[(size_t)layer * HEARTH_PART_COUNT + part];
}

const float *hearth_train_base_frequencies(const struct hearth_train_base *base, bool windowed)
{
    return base->frequencies + (windowed ? base->network.rotary_size / 2 : 0);
}

uint64_t hearth_train_base_room(const struct hearth_train_base *base)
{
    return base->matrix_count * sizeof(*base->matrix);
}

bool hearth_train_base_is_quantized(const struct hearth_train_base *base)
{
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++)
        for (uint32_t layer = 0; layer < base->network.layers; layer++) {
            struct hearth_checkpoint_tensor tensor;
            if (hearth_part_row(part)->is_matrix && (parts_computed & BIT(part)) != 0 &&
                hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor) &&
                tensor.type != HEARTH_QUANT_F32 && tensor.type != HEARTH_QUANT_F16 &&
                tensor.type != HEARTH_QUANT_BF16)
                return true;
        }
    return false;
}

uint64_t hearth_train_base_mapped(const struct hearth_train_base *base)
{
    uint64_t bytes = 0;
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
        uint32_t layers = hearth_part_row(part)->in_layer ? base->network.layers : 1;
        struct hearth_checkpoint_tensor tensor;
        for (uint32_t layer = 0; layer < layers; layer++)
            if ((parts_computed & BIT(part)) != 0 &&
                hearth_checkpoint_find(base->checkpoint, part, layer, 0, &tensor))
                bytes += tensor.size_bytes;
    }
    return bytes;
}
