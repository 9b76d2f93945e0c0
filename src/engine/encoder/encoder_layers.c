/* The embeddings and the layers of a pass.
 *
 * A layer of BERT, with x the rows of all tokens (A. Vaswani et al., "Attention Is All You Need",
 * 2017): x = norm(x + attention(x)·Wo),  x = norm(x + mlp(x)) and of ModernBERT, which norms before
 * instead of behind: x = x + attention(norm(x))·Wo,  x = x + mlp(norm(x)) The members of the team
 * share the rows of each step out in pieces of ROWS_AT_ONCE; a barrier ends the step, because the
 * next one reads rows that others have written. */
#include "engine/encoder/encoder_pass.h"

#include <math.h>
#include <string.h>

/* Enough that taking a piece costs little beside computing it, and few enough to share out evenly.
 */
enum { ROWS_AT_ONCE = 16 };

/* A table that is not in f32 is converted element by element: a row is a few hundred of them, once
 * for each token. */
static float element(const struct hearth_tensor *tensor, size_t index)
{
    /* A tensor of one element at this place, which the common converter then reads. */
    struct hearth_tensor one = *tensor;
    size_t size = tensor->element_count ? tensor->length / tensor->element_count : 0;
    float value = 0;
    one.bytes = (const char *)tensor->bytes + index * size;
    one.element_count = 1;
    one.length = size;
    hearth_tensor_to_f32(&one, &value, NULL);
    return value;
}

static void add_row(const struct encoder_table *table, size_t row, float *x)
{
    size_t width = table->width;
    if (table->tensor->dtype == HEARTH_DTYPE_F32) {
        const char *from = (const char *)table->tensor->bytes + row * width * sizeof(float);
        /* The mapping of a file promises no alignment. */
        for (size_t i = 0; i < width; i++) {
            float value;
            memcpy(&value, from + i * sizeof(float), sizeof(value));
            x[i] += value;
        }
        return;
    }
    for (size_t i = 0; i < width; i++)
        x[i] += element(table->tensor, row * width + i);
}

/* Rows are packed without gaps, so the sequence of a row is found by halving. */
static size_t sequence_of(const struct encoder_pass *pass, size_t row)
{
    size_t low = 0, high = pass->sequence_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (encoder_pass_row(pass, middle) <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* x = word + position + segment, each a row of its table; what the model does not have is left out.
 */
static void embed_row(const struct encoder_pass *pass, size_t row)
{
    const struct encoder_model *model = pass->model;
    const struct encoder_config *config = &model->config;
    size_t index = sequence_of(pass, row);
    const struct encoder_sequence *sequence = &pass->sequences[index];
    size_t position = row - encoder_pass_row(pass, index);
    float *x = pass->work->hidden + row * config->hidden;
    memset(x, 0, config->hidden * sizeof(*x));
    add_row(&model->words, (size_t)sequence->ids[position], x);
    if (model->positions.tensor)
        add_row(&model->positions,
                sequence->positions ? sequence->positions[position]
                                    : position + config->position_offset,
                x);
    if (model->types.tensor)
        add_row(&model->types, sequence->types ? sequence->types[position] : 0, x);
}

/* Rows are independent, so a kernel takes as many as a member has in hand. */
static void norm_rows(const struct encoder_pass *pass, const struct encoder_norm *norm,
                      const float *x, const float *residual, size_t first, size_t count, float *y)
{
    size_t width = pass->model->config.hidden, at = first * width;
    pass->model->kernels->layer_norm(x + at, residual ? residual + at : NULL, norm->weight,
                                     norm->bias, pass->model->config.epsilon, count, width, y + at);
}

/* The last piece may be shorter. */
static size_t rows_from(const struct encoder_pass *pass, size_t first)
{
    return pass->rows - first < ROWS_AT_ONCE ? pass->rows - first : ROWS_AT_ONCE;
}

void encoder_pass_embed(const struct encoder_pass *pass, struct hearth_member *member)
{
    float *x = pass->work->hidden;
    size_t first;
    while ((first = hearth_member_take(member) * ROWS_AT_ONCE) < pass->rows) {
        size_t count = rows_from(pass, first);
        for (size_t row = first; row < first + count; row++)
            embed_row(pass, row);
        if (pass->model->embedding_norm.weight)
            norm_rows(pass, &pass->model->embedding_norm, x, NULL, first, count, x);
    }
    hearth_member_barrier(member);
}

void encoder_pass_normalize(const struct encoder_pass *pass, struct hearth_member *member,
                            const struct encoder_norm *norm, const float *x, const float *residual,
                            float *y)
{
    size_t first, width = pass->model->config.hidden;
    while ((first = hearth_member_take(member) * ROWS_AT_ONCE) < pass->rows) {
        size_t count = rows_from(pass, first);
        if (norm->weight)
            norm_rows(pass, norm, x, residual, first, count, y);
        else
            memcpy(y + first * width, x + first * width, count * width * sizeof(*y));
    }
    hearth_member_barrier(member);
}

/* The residual of a pre-norm layer. */
static void add(const struct encoder_pass *pass, struct hearth_member *member, const float *x,
                float *y)
{
    size_t first, width = pass->model->config.hidden;
    while ((first = hearth_member_take(member) * ROWS_AT_ONCE) < pass->rows)
        for (size_t i = first * width; i < (first + rows_from(pass, first)) * width; i++)
            y[i] += x[i];
    hearth_member_barrier(member);
}

/* Gate and value of a token stand side by side in `wide`; their product goes into `gated`. */
static void gate_rows(const struct encoder_pass *pass, struct hearth_member *member)
{
    const struct encoder_config *config = &pass->model->config;
    size_t first, width = config->intermediate;
    while ((first = hearth_member_take(member) * ROWS_AT_ONCE) < pass->rows)
        pass->model->kernels->gate(pass->work->wide + first * 2 * width, rows_from(pass, first),
                                   width, config->activation, pass->work->gated + first * width);
    hearth_member_barrier(member);
}

/* Rotates the pairs (i, i + dim/2) of queries and keys by their position. */
static void rotate_head(const float *cosines, size_t longest, float *x, size_t position, size_t dim)
{
    /* J. Su et al., "RoFormer", 2021: the pair is turned by the angle position · base^(−2i/dim),
     * whose cosines and sines encoder_workspace.c keeps. */
    const float *cosine = cosines + position * (dim / 2);
    const float *sine = cosine + longest * (dim / 2);
    for (size_t i = 0; i < dim / 2; i++) {
        float a = x[i], b = x[i + dim / 2];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + dim / 2] = b * cosine[i] + a * sine[i];
    }
}

static void rotate_sequence(const struct encoder_pass *pass, size_t sequence, size_t head,
                            bool local)
{
    const struct encoder_config *config = &pass->model->config;
    const struct encoder_workspace *work = pass->work;
    /* Global and local layers have angles of their own, one table behind the other. */
    const float *cosines = work->cosines + (local ? 2 * work->longest * (config->head_dim / 2) : 0);
    size_t first = encoder_pass_row(pass, sequence), length = pass->sequences[sequence].count;
    for (size_t t = 0; t < length; t++) {
        float *q = work->wide + (first + t) * 3 * config->hidden + head * config->head_dim;
        rotate_head(cosines, work->longest, q, t, config->head_dim);
        rotate_head(cosines, work->longest, q + config->hidden, t, config->head_dim);
    }
}

static bool layer_is_local(const struct encoder_config *config, size_t layer)
{
    /* The first layer and every n-th one behind it see the whole text. */
    return config->window && config->global_every && layer % config->global_every != 0;
}

/* [length, length] of one head, into the thread's scratch behind what attention needs. */
static const float *bias_of(const struct encoder_pass *pass, size_t head, size_t length,
                            float *room)
{
    const struct encoder_model *model = pass->model;
    size_t buckets = model->config.relative_buckets;
    if (!buckets)
        return NULL;
    /* The bias depends only on the distance from query to key, so one row for each head holds all
     * of them; distance 0 stands in its middle. */
    const float *by_distance = pass->work->bias + head * (2 * pass->work->longest);
    for (size_t i = 0; i < length; i++)
        for (size_t j = 0; j < length; j++)
            room[i * length + j] = by_distance[j + pass->work->longest - i];
    return room;
}

static void attend(const struct encoder_pass *pass, struct hearth_member *member, size_t layer)
{
    const struct encoder_config *config = &pass->model->config;
    struct encoder_workspace *work = pass->work;
    bool local = layer_is_local(config, layer);
    float *scratch = work->scratch[hearth_member_index(member)];
    size_t task;
    while ((task = hearth_member_take(member)) < pass->sequence_count * config->heads) {
        size_t sequence = task / config->heads, head = task % config->heads;
        size_t length = pass->sequences[sequence].count, first = encoder_pass_row(pass, sequence);
        /* In place, by the member that computes this head and nobody else. */
        if (config->rotary)
            rotate_sequence(pass, sequence, head, local);
        const float *q = work->wide + first * 3 * config->hidden + head * config->head_dim;
        const float *bias = bias_of(pass, head, length,
                                    scratch + hearth_attention_scratch(length, config->head_dim));
        /* Queries, keys and values of a token stand side by side in one row of `wide`, three times
         * the model's width; scores are scaled by 1/√dim. */
        pass->model->kernels->attention(
            q, q + config->hidden, q + 2 * config->hidden, length, config->head_dim,
            3 * config->hidden, 1 / sqrtf((float)config->head_dim), bias,
            local ? config->window : 0, scratch,
            work->mixed + first * config->hidden + head * config->head_dim, config->hidden);
    }
    hearth_member_barrier(member);
}

static void mlp(const struct encoder_pass *pass, struct hearth_member *member,
                const struct encoder_layer *layer, const float *x)
{
    const struct encoder_config *config = &pass->model->config;
    struct encoder_workspace *work = pass->work;
    size_t width = config->intermediate;
    /* GLU (N. Shazeer, 2020): one matrix makes value and gate side by side, twice as wide. */
    if (config->gated) {
        hearth_linear_run(layer->up, member, &work->codes, x, pass->rows, work->wide, 2 * width,
                          HEARTH_ACTIVATION_NONE);
        gate_rows(pass, member);
    } else {
        hearth_linear_run(layer->up, member, &work->codes, x, pass->rows, work->gated, width,
                          config->activation);
    }
    hearth_linear_run(layer->down, member, &work->codes, work->gated, pass->rows, work->projected,
                      config->hidden, HEARTH_ACTIVATION_NONE);
}

/* Queries, keys and values come of one product with a matrix of three times the width. */
static void self_attention(const struct encoder_pass *pass, struct hearth_member *member,
                           size_t index, const float *x)
{
    const struct encoder_layer *layer = &pass->model->layer[index];
    struct encoder_workspace *work = pass->work;
    size_t width = pass->model->config.hidden;
    hearth_linear_run(layer->qkv, member, &work->codes, x, pass->rows, work->wide, 3 * width,
                      HEARTH_ACTIVATION_NONE);
    attend(pass, member, index);
    hearth_linear_run(layer->out, member, &work->codes, work->mixed, pass->rows, work->projected,
                      width, HEARTH_ACTIVATION_NONE);
}

void encoder_pass_layer(const struct encoder_pass *pass, struct hearth_member *member, size_t index)
{
    const struct encoder_layer *layer = &pass->model->layer[index];
    struct encoder_workspace *work = pass->work;
    float *x = work->hidden;
    if (pass->model->config.pre_norm) {
        encoder_pass_normalize(pass, member, &layer->attention_norm, x, NULL, work->normed);
        self_attention(pass, member, index, work->normed);
        add(pass, member, work->projected, x);
        encoder_pass_normalize(pass, member, &layer->mlp_norm, x, NULL, work->normed);
        mlp(pass, member, layer, work->normed);
        add(pass, member, work->projected, x);
    } else {
        self_attention(pass, member, index, x);
        encoder_pass_normalize(pass, member, &layer->attention_norm, work->projected, x, x);
        mlp(pass, member, layer, x);
        encoder_pass_normalize(pass, member, &layer->mlp_norm, work->projected, x, x);
    }
}
