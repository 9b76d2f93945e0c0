/* The end of a pass: one vector, or the logits of one sequence, out of its tokens' rows. */
#include "engine/encoder/encoder_pass.h"

#include <math.h>
#include <string.h>

/* What the rows of tokens are added up to is divided by. */
static float divisor_of(enum encoder_pooling pooling, size_t first, size_t count)
{
    /* The weights of the tokens from `first` on, (first + 1) + … + count, by Gauss's sum. */
    size_t places = (count * (count + 1) - first * (first + 1)) / 2;
    return pooling == POOL_MEAN            ? (float)(count - first)
           : pooling == POOL_MEAN_SQRT     ? sqrtf((float)(count - first))
           : pooling == POOL_WEIGHTED_MEAN ? (float)places
                                           : 1;
}

static void pool_rows(enum encoder_pooling pooling, const float *x, size_t width, size_t first,
                      size_t count, float *y)
{
    if (pooling == POOL_CLS || pooling == POOL_LAST) {
        memcpy(y, x + (pooling == POOL_LAST ? count - 1 : first) * width, width * sizeof(*y));
        return;
    }
    /* All others start with the first row and take the next ones in, so a maximum needs no smallest
     * number to begin with. */
    bool weighs = pooling == POOL_WEIGHTED_MEAN;
    for (size_t i = 0; i < width; i++)
        y[i] = x[first * width + i] * (weighs ? (float)(first + 1) : 1);
    for (size_t t = first + 1; t < count; t++) {
        float weight = weighs ? (float)(t + 1) : 1;
        for (size_t i = 0; i < width; i++) {
            float z = x[t * width + i];
            y[i] = pooling == POOL_MAX ? (z > y[i] ? z : y[i]) : y[i] + weight * z;
        }
    }
    float divisor = divisor_of(pooling, first, count);
    for (size_t i = 0; i < width; i++)
        y[i] /= divisor;
}

/* Several poolings of one text stand one behind the other, as sentence-transformers concatenates
 * them. */
static void pool(const struct encoder_pass *pass, size_t index, float *y)
{
    const struct encoder_config *config = &pass->model->config;
    const struct encoder_sequence *sequence = &pass->sequences[index];
    const float *x = pass->work->hidden + encoder_pass_row(pass, index) * config->hidden;
    for (size_t i = 0; i < config->pooling_count; i++)
        pool_rows(config->poolings[i], x, config->hidden, sequence->unpooled, sequence->count,
                  y + i * config->hidden);
}

static void scale_to_unit(float *x, size_t width)
{
    /* In double: hundreds of squares would lose digits in float. A vector of nothing but zeroes
     * stays one. */
    double squares = 0;
    for (size_t i = 0; i < width; i++)
        squares += (double)x[i] * x[i];
    float factor = squares > 1e-24 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t i = 0; i < width; i++)
        x[i] *= factor;
}

/* A few rows: one member does it, and the others wait. */
static void normalize_pooled(const struct encoder_pass *pass, struct hearth_member *member,
                             const struct encoder_norm *norm, float *x)
{
    if (hearth_member_index(member) == 0)
        pass->model->kernels->layer_norm(x, NULL, norm->weight, norm->bias,
                                         pass->model->config.epsilon, pass->sequence_count,
                                         pass->model->config.hidden, x);
    hearth_member_barrier(member);
}

void encoder_pass_finish(const struct encoder_pass *pass, struct hearth_member *member)
{
    const struct encoder_model *model = pass->model;
    struct encoder_workspace *work = pass->work;
    /* Both are as wide as the widest vector of the chain (encoder_workspace.c). */
    float *x = work->normed, *y = work->mixed;
    size_t width = encoder_pooled_width(&model->config), index;
    while ((index = hearth_member_take(member)) < pass->sequence_count)
        pool(pass, index, x + index * width);
    hearth_member_barrier(member);
    /* What follows the pooling is a chain of linear layers, each from one of two buffers into the
     * other. Rows are sequences now, not tokens, so there is room. */
    const struct hearth_linear *chain[ENCODER_DENSE_MAX + 2];
    enum hearth_activation activation[ENCODER_DENSE_MAX + 2];
    size_t links = 0;
    for (size_t i = 0; i < model->dense_count; i++, links++) {
        chain[links] = model->dense[i].linear;
        activation[links] = model->dense[i].activation;
    }
    if (model->head) {
        chain[links] = model->head;
        activation[links++] = model->head_activation;
    }
    if (model->classifier) {
        chain[links] = model->classifier;
        activation[links++] = HEARTH_ACTIVATION_NONE;
    }
    for (size_t i = 0; i < links; i++) {
        width = hearth_linear_out(chain[i]);
        hearth_linear_run(chain[i], member, &work->codes, x, pass->sequence_count, y, width,
                          activation[i]);
        /* ModernBERT's head norms behind its dense layer. */
        if (chain[i] == model->head && model->head_norm.weight)
            normalize_pooled(pass, member, &model->head_norm, y);
        float *swap = x;
        x = y;
        y = swap;
    }
    /* No barrier behind this one: what each member writes is read only after the whole run. */
    while ((index = hearth_member_take(member)) < pass->sequence_count) {
        /* Logits are never scaled. */
        if (model->config.normalize && !model->classifier)
            scale_to_unit(x + index * width, width);
        memcpy(pass->sequences[index].vector, x + index * width, width * sizeof(*x));
    }
}

size_t encoder_vector_length(const struct encoder_model *model)
{
    if (model->classifier)
        return hearth_linear_out(model->classifier);
    return encoder_embedding_width(&model->config);
}
