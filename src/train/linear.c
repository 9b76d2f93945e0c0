#include "train/linear.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/philox.h"
#include "train/full.h"

#include <string.h>

enum {
    USE_OF_DROPOUT = 2, /* of the generator: the first values of A have other numbers */
    ROW_STEP = 16,      /* rows: whole vectors of a kernel */
};

struct linear_call {
    const struct hearth_linear *linear;
    const struct hearth_linear_use *use;
    struct hearth_lora_pair pair;
    const hearth_number *w, *bias;
    hearth_number *y, *x_gradient;
    const hearth_number *y_gradient;
    hearth_number keep;
};

int hearth_linear_init(struct hearth_linear *linear, struct hearth_train_base *base,
                       struct hearth_lora *lora, struct hearth_crew *crew, size_t rows,
                       struct hearth_error *error)
{
    size_t most = 0, inputs, outputs;
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        hearth_module_shape(hearth_train_base_network(base), module, &inputs, &outputs);
        most = inputs > most ? inputs : most;
    }
    *linear = (struct hearth_linear){
        .base = base, .lora = lora, .crew = crew, .rows = hearth_train_rows()};
    if (lora->params.dropout > 0)
        linear->dropped = hearth_try_calloc(rows, most * sizeof(*linear->dropped));
    linear->low_back = hearth_try_calloc(rows, (lora->params.rank + 1) * sizeof(*linear->low_back));
    if ((linear->dropped != NULL || lora->params.dropout <= 0) && linear->low_back != NULL)
        return 0;
    hearth_linear_finish(linear);
    return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch of %zu tokens", rows);
}

void hearth_linear_finish(struct hearth_linear *linear)
{
    hearth_free(linear->dropped);
    hearth_free(linear->low_back);
    *linear = (struct hearth_linear){0};
}

/* y = x · mask / (1 − dropout) for some numbers from number `first` of the module's input on. The
 * mask is a function of the seed and of where the value stands, so that the backward half finds the
 * same one without keeping it. `add`: y += instead. */
static void drop(const struct linear_call *call, size_t first, size_t count, const hearth_number *x,
                 hearth_number *y, bool add)
{
    const struct hearth_lora_params *params = &call->linear->lora->params;
    uint32_t use = call->use->layer * HEARTH_MODULES + call->use->module;
    double limit = (double)params->dropout * 0x1p32;
    hearth_number kept = 1 / (1 - (hearth_number)params->dropout);
    uint32_t words[4];
    for (size_t i = first; i < first + count; i++) {
        if (i % 4 == 0 || i == first)
            hearth_philox(params->seed,
                          (const uint32_t[4]){(uint32_t)(i / 4), call->linear->batch_number, use,
                                              USE_OF_DROPOUT},
                          words);
        hearth_number value = words[i % 4] < limit ? 0 : x[i - first] * kept;
        y[i - first] = add ? y[i - first] + value : value;
    }
}

static bool drops(const struct hearth_linear *linear)
{
    return linear->drops && linear->lora->params.dropout > 0;
}

/* What A is multiplied with, from row `first` on: x, or x with inputs left out. */
static const hearth_number *adapter_input(const struct linear_call *call, size_t first,
                                          size_t count)
{
    size_t inputs = call->pair.inputs;
    const hearth_number *x = call->use->x + first * inputs;
    if (!drops(call->linear))
        return x;
    hearth_number *dropped = call->linear->dropped + first * inputs;
    drop(call, (call->linear->first_row + first) * inputs, count * inputs, x, dropped, false);
    return dropped;
}

static struct hearth_operand plain(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, false};
}

static struct hearth_operand turned(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, true};
}

static void forward_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct linear_call *call = argument;
    const struct hearth_lora_pair *pair = &call->pair;
    size_t rows = end - first, inputs = pair->inputs, outputs = pair->outputs;
    size_t rank = call->linear->lora->params.rank;
    hearth_number *y = call->y + first * outputs;
    (void)member;
    for (size_t row = 0; call->bias != NULL && row < rows; row++)
        memcpy(y + row * outputs, call->bias, outputs * sizeof(*y));
    hearth_multiply(&(struct hearth_product){
        rows, outputs, inputs, plain(call->use->x + first * inputs, inputs),
        turned(call->w, inputs), 1, call->bias != NULL, y, outputs});
    if (pair->a == NULL)
        return;
    hearth_number *low = call->use->low + first * rank;
    hearth_multiply(&(struct hearth_product){rows, rank, inputs,
                                             plain(adapter_input(call, first, rows), inputs),
                                             turned(pair->a, inputs), 1, 0, low, rank});
    hearth_multiply(&(struct hearth_product){rows, outputs, rank, plain(low, rank),
                                             turned(pair->b, rank), call->linear->lora->scale, 1, y,
                                             outputs});
}

static struct linear_call call_of(const struct hearth_linear *linear,
                                  const struct hearth_linear_use *use)
{
    return (struct linear_call){
        .linear = linear,
        .use = use,
        .pair = hearth_lora_at(linear->lora, use->layer, use->module),
        .w = hearth_train_base_matrix(linear->base, linear->crew, use->module, use->layer),
        .bias = hearth_train_base_vector(linear->base, hearth_module_row(use->module)->bias,
                                         use->layer)};
}

void hearth_linear_forward(struct hearth_linear *linear, const struct hearth_linear_use *use,
                           hearth_number *y)
{
    struct linear_call call = call_of(linear, use);
    call.y = y;
    hearth_crew_share(linear->crew, use->rows, ROW_STEP, forward_rows, &call);
}

/* dx = keep · dx + dy · W + mask · (du · A) with du = scale · dy · B. */
static void backward_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct linear_call *call = argument;
    const struct hearth_lora_pair *pair = &call->pair;
    size_t rows = end - first, inputs = pair->inputs, outputs = pair->outputs;
    size_t rank = call->linear->lora->params.rank;
    hearth_number *x_gradient = call->x_gradient + first * inputs;
    struct hearth_operand y_gradient = plain(call->y_gradient + first * outputs, outputs);
    (void)member;
    hearth_multiply(&(struct hearth_product){rows, inputs, outputs, y_gradient,
                                             plain(call->w, inputs), 1, call->keep, x_gradient,
                                             inputs});
    if (pair->a == NULL)
        return;
    hearth_number *low_back = call->linear->low_back + first * rank;
    hearth_multiply(&(struct hearth_product){rows, rank, outputs, y_gradient, plain(pair->b, rank),
                                             call->linear->lora->scale, 0, low_back, rank});
    bool drop_back = drops(call->linear);
    hearth_number *to = drop_back ? call->linear->dropped + first * inputs : x_gradient;
    hearth_multiply(&(struct hearth_product){rows, inputs, rank, plain(low_back, rank),
                                             plain(pair->a, inputs), 1, !drop_back, to, inputs});
    if (drop_back) {
        drop(call, (call->linear->first_row + first) * inputs, rows * inputs, to, x_gradient, true);
        adapter_input(call, first, rows);
    }
}

/* dW += dyᵀ · x, and the bias's gradient += the sum of dy, where all of the base is trained. */
static void backward_full(const struct linear_call *call)
{
    const struct hearth_linear *linear = call->linear;
    const struct hearth_linear_use *use = call->use;
    const struct hearth_module_row *row = hearth_module_row(use->module);
    size_t inputs = call->pair.inputs, outputs = call->pair.outputs;
    struct hearth_full_tensor w = hearth_full_at(linear->lora, row->part, use->layer);
    struct hearth_full_tensor bias = hearth_full_at(linear->lora, row->bias, use->layer);
    if (w.gradient == NULL)
        return;
    hearth_crew_product(linear->crew,
                        &(struct hearth_product){outputs, inputs, use->rows,
                                                 turned(call->y_gradient, outputs),
                                                 plain(use->x, inputs), 1, 1, w.gradient, inputs});
    for (size_t i = 0; bias.gradient != NULL && i < use->rows; i++)
        linear->rows->add(1, bias.gradient, 1, call->y_gradient + i * outputs, outputs);
}

/* With u = x' · Aᵀ: dB += scale · dyᵀ · u, dA += duᵀ · x'. */
void hearth_linear_backward(struct hearth_linear *linear, const struct hearth_linear_use *use,
                            const hearth_number *y_gradient, hearth_number keep,
                            hearth_number *x_gradient)
{
    struct linear_call call = call_of(linear, use);
    const struct hearth_lora_pair *pair = &call.pair;
    size_t rank = linear->lora->params.rank;
    call.y_gradient = y_gradient;
    call.x_gradient = x_gradient;
    call.keep = keep;
    hearth_crew_share(linear->crew, use->rows, ROW_STEP, backward_rows, &call);
    backward_full(&call);
    if (pair->a == NULL)
        return;
    const hearth_number *taken = drops(linear) ? linear->dropped : use->x;
    hearth_crew_product(linear->crew,
                        &(struct hearth_product){
                            pair->outputs, rank, use->rows, turned(y_gradient, pair->outputs),
                            plain(use->low, rank), linear->lora->scale, 1, pair->b_gradient, rank});
    hearth_crew_product(linear->crew, &(struct hearth_product){rank, pair->inputs, use->rows,
                                                               turned(linear->low_back, rank),
                                                               plain(taken, pair->inputs), 1, 1,
                                                               pair->a_gradient, pair->inputs});
}
