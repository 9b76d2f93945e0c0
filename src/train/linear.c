#include "train/linear.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/philox.h"

#include <string.h>

enum { USE_OF_DROPOUT = 2 }; /* of the generator: the first values of A have other numbers */

int hearth_linear_init(struct hearth_linear *linear, struct hearth_train_base *base,
                       struct hearth_lora *lora, size_t rows, struct hearth_error *error)
{
    size_t most = 0, inputs, outputs;
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        hearth_module_shape(hearth_train_base_network(base), module, &inputs, &outputs);
        most = inputs > most ? inputs : most;
    }
    *linear = (struct hearth_linear){.base = base, .lora = lora};
    size_t rank_bytes = lora->params.rank * sizeof(*linear->low);
    linear->dropped = hearth_try_calloc(rows, most * sizeof(*linear->dropped));
    linear->low = hearth_try_calloc(rows, rank_bytes);
    linear->low_back = hearth_try_calloc(rows, rank_bytes);
    if (linear->dropped != NULL && linear->low != NULL && linear->low_back != NULL)
        return 0;
    hearth_linear_finish(linear);
    return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch of %zu tokens", rows);
}

void hearth_linear_finish(struct hearth_linear *linear)
{
    hearth_free(linear->dropped);
    hearth_free(linear->low);
    hearth_free(linear->low_back);
    *linear = (struct hearth_linear){0};
}

/* y = x · mask / (1 − dropout). The mask is a function of the seed and of where the value stands,
 * so that the backward half finds the same one without keeping it. `add`: y += instead. */
static void drop(const struct hearth_linear *linear, uint32_t use, size_t count,
                 const hearth_number *x, hearth_number *y, bool add)
{
    const struct hearth_lora_params *params = &linear->lora->params;
    double limit = (double)params->dropout * 0x1p32;
    hearth_number kept = 1 / (1 - (hearth_number)params->dropout);
    uint32_t words[4];
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0)
            hearth_philox(
                params->seed,
                (const uint32_t[4]){(uint32_t)(i / 4), linear->batch_number, use, USE_OF_DROPOUT},
                words);
        hearth_number value = words[i % 4] < limit ? 0 : x[i] * kept;
        y[i] = add ? y[i] + value : value;
    }
}

static bool drops(const struct hearth_linear *linear)
{
    return linear->drops && linear->lora->params.dropout > 0;
}

static uint32_t use_of(uint32_t layer, enum hearth_module module)
{
    return layer * HEARTH_MODULES + module;
}

/* What A is multiplied with: x, or x with inputs left out. */
static const hearth_number *adapter_input(struct hearth_linear *linear, uint32_t use, size_t count,
                                          const hearth_number *x)
{
    if (!drops(linear))
        return x;
    drop(linear, use, count, x, linear->dropped, false);
    return linear->dropped;
}

static struct hearth_operand plain(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, false};
}

static struct hearth_operand turned(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, true};
}

void hearth_linear_forward(struct hearth_linear *linear, uint32_t layer, enum hearth_module module,
                           size_t rows, const hearth_number *x, hearth_number *y)
{
    struct hearth_lora_pair pair = hearth_lora_at(linear->lora, layer, module);
    size_t rank = linear->lora->params.rank;
    const hearth_number *w = hearth_train_base_matrix(linear->base, module, layer);
    hearth_product(rows, pair.outputs, pair.inputs, 1, plain(x, pair.inputs),
                   turned(w, pair.inputs), 0, y, pair.outputs);
    if (pair.a == NULL)
        return;
    const hearth_number *taken =
        adapter_input(linear, use_of(layer, module), rows * pair.inputs, x);
    hearth_product(rows, rank, pair.inputs, 1, plain(taken, pair.inputs),
                   turned(pair.a, pair.inputs), 0, linear->low, rank);
    hearth_product(rows, pair.outputs, rank, linear->lora->scale, plain(linear->low, rank),
                   turned(pair.b, rank), 1, y, pair.outputs);
}

/* dx += dy · W; with u = x' · Aᵀ and du = scale · dy · B: dB += scale · dyᵀ · u, dA += duᵀ · x',
 * dx += mask · (du · A). */
void hearth_linear_backward(struct hearth_linear *linear, uint32_t layer, enum hearth_module module,
                            size_t rows, const hearth_number *x, const hearth_number *y_gradient,
                            hearth_number *x_gradient)
{
    struct hearth_lora_pair pair = hearth_lora_at(linear->lora, layer, module);
    size_t rank = linear->lora->params.rank, inputs = pair.inputs, outputs = pair.outputs;
    hearth_number scale = linear->lora->scale;
    const hearth_number *w = hearth_train_base_matrix(linear->base, module, layer);
    hearth_product(rows, inputs, outputs, 1, plain(y_gradient, outputs), plain(w, inputs), 1,
                   x_gradient, inputs);
    if (pair.a == NULL)
        return;
    uint32_t use = use_of(layer, module);
    const hearth_number *taken = adapter_input(linear, use, rows * inputs, x);
    hearth_product(rows, rank, inputs, 1, plain(taken, inputs), turned(pair.a, inputs), 0,
                   linear->low, rank);
    hearth_product(rows, rank, outputs, scale, plain(y_gradient, outputs), plain(pair.b, rank), 0,
                   linear->low_back, rank);
    hearth_product(outputs, rank, rows, scale, turned(y_gradient, outputs),
                   plain(linear->low, rank), 1, pair.b_gradient, rank);
    hearth_product(rank, inputs, rows, 1, turned(linear->low_back, rank), plain(taken, inputs), 1,
                   pair.a_gradient, inputs);
    bool drop_back = drops(linear);
    hearth_number *to = drop_back ? linear->dropped : x_gradient;
    hearth_product(rows, inputs, rank, 1, plain(linear->low_back, rank), plain(pair.a, inputs),
                   drop_back ? 0 : 1, to, inputs);
    if (drop_back)
        drop(linear, use, rows * inputs, to, x_gradient, true);
}
