/* The end of a pass: one vector, or the logits of one sequence, out of its tokens' rows. */
#include "engine/encoder/encoder_pass.h"

#include <math.h>
#include <string.h>

static void pool(const struct encoder_pass *pass, size_t index, float *y)
{
    const struct encoder_config *config = &pass->model->config;
    const struct encoder_sequence *sequence = &pass->sequences[index];
    size_t width = config->hidden, count = sequence->count, first = sequence->unpooled;
    const float *x = pass->work->hidden + encoder_pass_row(pass, index) * width;
    if (config->pooling == POOL_CLS || config->pooling == POOL_LAST) {
        memcpy(y, config->pooling == POOL_LAST ? x + (count - 1) * width : x, width * sizeof(*y));
        return;
    }
    memcpy(y, x + first * width, width * sizeof(*y));
    for (size_t t = first + 1; t < count; t++)
        for (size_t i = 0; i < width; i++) {
            float z = x[t * width + i];
            y[i] = config->pooling == POOL_MAX ? (z > y[i] ? z : y[i]) : y[i] + z;
        }
    float divisor = config->pooling == POOL_MEAN        ? (float)(count - first)
                    : config->pooling == POOL_MEAN_SQRT ? sqrtf((float)(count - first))
                                                        : 1;
    for (size_t i = 0; i < width; i++)
        y[i] /= divisor;
}

static void scale_to_unit(float *x, size_t width)
{
    double squares = 0;
    for (size_t i = 0; i < width; i++)
        squares += (double)x[i] * x[i];
    float factor = squares > 1e-24 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t i = 0; i < width; i++)
        x[i] *= factor;
}

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
    float *x = work->normed, *y = work->mixed;
    size_t width = model->config.hidden, index;
    while ((index = hearth_member_take(member)) < pass->sequence_count)
        pool(pass, index, x + index * width);
    hearth_member_barrier(member);
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
        if (chain[i] == model->head && model->head_norm.weight)
            normalize_pooled(pass, member, &model->head_norm, y);
        float *swap = x;
        x = y;
        y = swap;
    }
    while ((index = hearth_member_take(member)) < pass->sequence_count) {
        if (model->config.normalize && !model->classifier)
            scale_to_unit(x + index * width, width);
        memcpy(pass->sequences[index].vector, x + index * width, width * sizeof(*x));
    }
}

size_t encoder_vector_length(const struct encoder_model *model)
{
    if (model->classifier)
        return hearth_linear_out(model->classifier);
    return model->dense_count ? model->dense[model->dense_count - 1].out : model->config.hidden;
}
