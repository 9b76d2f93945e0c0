/* The forward pass: sequences packed one behind the other without padding, every linear layer over
 * all of their tokens at once, attention sequence by sequence and head by head.
 *
 * A small batch is computed by all members of the team together: hearth_linear_run and the loops
 * over `take` share the work out, and end with a barrier. A large one is cut into parts of whole
 * sequences, which the members take one by one and compute alone: nobody waits for a member whose
 * core does something else meanwhile. Each row is computed in the same order whatever stands beside
 * it, so a text's vector depends neither on its batch nor on the way it was cut. */
#include "engine/encoder/encoder_workspace.h"

#include "base/memory.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { ROWS_AT_ONCE = 16, PART_ROWS = 256, PART_ROWS_LEAST = 64 };

struct pass {
    const struct encoder_model *model;
    struct encoder_workspace *work;
    const struct encoder_sequence *sequences;
    size_t sequence_count, rows;
    const size_t *starts; /* first row of each sequence in the whole batch, and the end */
    const _Atomic int *abort;
    _Atomic int *aborted;
};

/* Consecutive sequences of a batch. */
struct part {
    size_t first, count; /* sequences */
    size_t row, rows;
};

struct batch {
    struct pass whole;
    struct part *parts;
    size_t part_count;
};

/* Tables */

static float element(const struct hearth_tensor *tensor, size_t index)
{
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

/* Steps of a pass */

static size_t first_row(const struct pass *pass, size_t sequence)
{
    return pass->starts[sequence] - pass->starts[0];
}

static size_t sequence_of(const struct pass *pass, size_t row)
{
    size_t low = 0, high = pass->sequence_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (first_row(pass, middle) <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void embed_row(const struct pass *pass, size_t row)
{
    const struct encoder_model *model = pass->model;
    const struct encoder_config *config = &model->config;
    size_t index = sequence_of(pass, row);
    const struct encoder_sequence *sequence = &pass->sequences[index];
    size_t position = row - first_row(pass, index);
    float *x = pass->work->hidden + row * config->hidden;
    memset(x, 0, config->hidden * sizeof(*x));
    add_row(&model->words, (size_t)sequence->ids[position], x);
    if (model->positions.tensor)
        add_row(&model->positions, position + config->position_offset, x);
    if (model->types.tensor)
        add_row(&model->types, sequence->types ? sequence->types[position] : 0, x);
}

static void norm_rows(const struct pass *pass, const struct encoder_norm *norm, const float *x,
                      const float *residual, size_t first, size_t count, float *y)
{
    size_t width = pass->model->config.hidden, at = first * width;
    pass->model->kernels->layer_norm(x + at, residual ? residual + at : NULL, norm->weight,
                                     norm->bias, pass->model->config.epsilon, count, width, y + at);
}

static size_t rows_from(const struct pass *pass, size_t first)
{
    return pass->rows - first < ROWS_AT_ONCE ? pass->rows - first : ROWS_AT_ONCE;
}

static void embed(const struct pass *pass, struct hearth_member *member)
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

/* y = norm(x + residual); without a norm (ModernBERT's first layer) y = x. */
static void normalize(const struct pass *pass, struct hearth_member *member,
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

static void add(const struct pass *pass, struct hearth_member *member, const float *x, float *y)
{
    size_t first, width = pass->model->config.hidden;
    while ((first = hearth_member_take(member) * ROWS_AT_ONCE) < pass->rows)
        for (size_t i = first * width; i < (first + rows_from(pass, first)) * width; i++)
            y[i] += x[i];
    hearth_member_barrier(member);
}

static void gate_rows(const struct pass *pass, struct hearth_member *member)
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
    const float *cosine = cosines + position * (dim / 2);
    const float *sine = cosine + longest * (dim / 2);
    for (size_t i = 0; i < dim / 2; i++) {
        float a = x[i], b = x[i + dim / 2];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + dim / 2] = b * cosine[i] + a * sine[i];
    }
}

static void rotate_sequence(const struct pass *pass, size_t sequence, size_t head, bool local)
{
    const struct encoder_config *config = &pass->model->config;
    const struct encoder_workspace *work = pass->work;
    const float *cosines = work->cosines + (local ? 2 * work->longest * (config->head_dim / 2) : 0);
    size_t first = first_row(pass, sequence), length = pass->sequences[sequence].count;
    for (size_t t = 0; t < length; t++) {
        float *q = work->wide + (first + t) * 3 * config->hidden + head * config->head_dim;
        rotate_head(cosines, work->longest, q, t, config->head_dim);
        rotate_head(cosines, work->longest, q + config->hidden, t, config->head_dim);
    }
}

static bool layer_is_local(const struct encoder_config *config, size_t layer)
{
    return config->window && config->global_every && layer % config->global_every != 0;
}

/* [length, length] of one head, into the thread's scratch behind what attention needs. */
static const float *bias_of(const struct pass *pass, size_t head, size_t length, float *room)
{
    const struct encoder_model *model = pass->model;
    size_t buckets = model->config.relative_buckets;
    if (!buckets)
        return NULL;
    const float *by_distance = pass->work->bias + head * (2 * pass->work->longest);
    for (size_t i = 0; i < length; i++)
        for (size_t j = 0; j < length; j++)
            room[i * length + j] = by_distance[j + pass->work->longest - i];
    return room;
}

static void attend(const struct pass *pass, struct hearth_member *member, size_t layer)
{
    const struct encoder_config *config = &pass->model->config;
    struct encoder_workspace *work = pass->work;
    bool local = layer_is_local(config, layer);
    float *scratch = work->scratch[hearth_member_index(member)];
    size_t task;
    while ((task = hearth_member_take(member)) < pass->sequence_count * config->heads) {
        size_t sequence = task / config->heads, head = task % config->heads;
        size_t length = pass->sequences[sequence].count, first = first_row(pass, sequence);
        if (config->rotary)
            rotate_sequence(pass, sequence, head, local);
        const float *q = work->wide + first * 3 * config->hidden + head * config->head_dim;
        const float *bias = bias_of(pass, head, length,
                                    scratch + hearth_attention_scratch(length, config->head_dim));
        pass->model->kernels->attention(
            q, q + config->hidden, q + 2 * config->hidden, length, config->head_dim,
            3 * config->hidden, 1 / sqrtf((float)config->head_dim), bias,
            local ? config->window : 0, scratch,
            work->mixed + first * config->hidden + head * config->head_dim, config->hidden);
    }
    hearth_member_barrier(member);
}

static void mlp(const struct pass *pass, struct hearth_member *member,
                const struct encoder_layer *layer, const float *x)
{
    const struct encoder_config *config = &pass->model->config;
    struct encoder_workspace *work = pass->work;
    size_t width = config->intermediate;
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

static void self_attention(const struct pass *pass, struct hearth_member *member, size_t index,
                           const float *x)
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

static void run_layer(const struct pass *pass, struct hearth_member *member, size_t index)
{
    const struct encoder_layer *layer = &pass->model->layer[index];
    struct encoder_workspace *work = pass->work;
    float *x = work->hidden;
    if (pass->model->config.pre_norm) {
        normalize(pass, member, &layer->attention_norm, x, NULL, work->normed);
        self_attention(pass, member, index, work->normed);
        add(pass, member, work->projected, x);
        normalize(pass, member, &layer->mlp_norm, x, NULL, work->normed);
        mlp(pass, member, layer, work->normed);
        add(pass, member, work->projected, x);
    } else {
        self_attention(pass, member, index, x);
        normalize(pass, member, &layer->attention_norm, work->projected, x, x);
        mlp(pass, member, layer, x);
        normalize(pass, member, &layer->mlp_norm, work->projected, x, x);
    }
}

/* Pooling */

static void pool(const struct pass *pass, size_t index, float *y)
{
    const struct encoder_config *config = &pass->model->config;
    const struct encoder_sequence *sequence = &pass->sequences[index];
    size_t width = config->hidden, count = sequence->count, first = sequence->unpooled;
    const float *x = pass->work->hidden + first_row(pass, index) * width;
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

static void normalize_pooled(const struct pass *pass, struct hearth_member *member,
                             const struct encoder_norm *norm, float *x)
{
    if (hearth_member_index(member) == 0)
        pass->model->kernels->layer_norm(x, NULL, norm->weight, norm->bias,
                                         pass->model->config.epsilon, pass->sequence_count,
                                         pass->model->config.hidden, x);
    hearth_member_barrier(member);
}

/* Pooled rows go through the dense layers, or the classifier, in place of the big buffers. */
static void finish(const struct pass *pass, struct hearth_member *member)
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

/* Stops between two layers when that is asked. */
static bool goes_on(const struct pass *pass, struct hearth_member *member)
{
    if (hearth_member_index(member) == 0 && pass->abort && atomic_load(pass->abort))
        atomic_store(pass->aborted, 1);
    hearth_member_barrier(member);
    return !atomic_load(pass->aborted);
}

static void run_pass(const struct pass *pass, struct hearth_member *member)
{
    embed(pass, member);
    for (size_t layer = 0; layer < pass->model->config.layers; layer++) {
        if (!goes_on(pass, member))
            return;
        run_layer(pass, member, layer);
    }
    if (pass->model->final_norm.weight)
        normalize(pass, member, &pass->model->final_norm, pass->work->hidden, NULL,
                  pass->work->hidden);
    finish(pass, member);
}

/* Batches
 * ------- */
static void run_part(const struct pass *whole, const struct part *part,
                     struct hearth_member *member)
{
    struct encoder_workspace work =
        encoder_workspace_from(whole->work, part->row, hearth_member_index(member));
    struct pass pass = *whole;
    pass.work = &work;
    pass.sequences += part->first;
    pass.sequence_count = part->count;
    pass.starts += part->first;
    pass.rows = part->rows;
    run_pass(&pass, hearth_member_alone(member));
}

static void run_batch(struct hearth_member *member, void *argument)
{
    const struct batch *batch = argument;
    size_t index;
    if (batch->part_count < 2) {
        run_pass(&batch->whole, member);
        return;
    }
    while ((index = hearth_member_take(member)) < batch->part_count)
        run_part(&batch->whole, &batch->parts[index], member);
}

/* About PART_ROWS rows each and as many for each thread. Without a longest sequence that would hold
 * all threads up at the end, and with enough rows to be worth it. */
static void cut(struct batch *batch, unsigned threads, size_t longest)
{
    const struct pass *whole = &batch->whole;
    size_t rounds = (whole->rows + threads * PART_ROWS / 2) / (threads * PART_ROWS);
    size_t parts = (rounds ? rounds : 1) * threads, each = (whole->rows + parts - 1) / parts;
    if (each < PART_ROWS_LEAST || longest > 2 * each)
        return;
    struct part *part = NULL;
    for (size_t i = 0; i < whole->sequence_count; i++) {
        if (!part || part->row + part->rows >= batch->part_count * each) {
            part = &batch->parts[batch->part_count++];
            *part = (struct part){.first = i, .row = whole->starts[i]};
        }
        part->count++;
        part->rows += whole->sequences[i].count;
    }
}

static int run(struct batch *batch, struct hearth_team *team, size_t longest)
{
    struct pass *whole = &batch->whole;
    _Atomic int aborted = 0;
    int rc = encoder_workspace_grow(whole->work, whole->rows, longest);
    if (rc)
        return rc;
    whole->aborted = &aborted;
    cut(batch, hearth_team_size(team), longest);
    hearth_team_run(team, run_batch, batch);
    return atomic_load(&aborted) ? HEARTH_ECANCELED : 0;
}

int encoder_forward(const struct encoder_model *model, struct encoder_workspace *workspace,
                    struct hearth_team *team, const struct encoder_sequence *sequences,
                    size_t count, const _Atomic int *abort)
{
    size_t *starts = hearth_try_calloc(count + 1, sizeof(*starts)), longest = 1;
    struct part *parts = hearth_try_calloc(count, sizeof(*parts));
    int rc = starts && parts ? 0 : HEARTH_ENOMEM;
    if (!rc) {
        for (size_t i = 0; i < count; i++) {
            starts[i + 1] = starts[i] + sequences[i].count;
            longest = sequences[i].count > longest ? sequences[i].count : longest;
        }
        struct batch batch = {.whole = {.model = model,
                                        .work = workspace,
                                        .sequences = sequences,
                                        .sequence_count = count,
                                        .rows = starts[count],
                                        .starts = starts,
                                        .abort = abort},
                              .parts = parts};
        rc = run(&batch, team, longest);
    }
    hearth_free(parts);
    hearth_free(starts);
    return rc;
}
