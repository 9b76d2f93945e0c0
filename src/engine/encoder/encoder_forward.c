/* The forward pass: sequences packed one behind the other without padding, every linear layer over
 * all of their tokens at once, attention sequence by sequence and head by head.
 *
 * All members of the team run `pass` together; hearth_linear_run and the loops over `take` share
 * the work out, and end with a barrier. Each row is computed in the same order whatever stands
 * beside it, so a text's vector does not depend on its batch. */
#include "engine/encoder/encoder.h"

#include "base/memory.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { ROWS_AT_ONCE = 16 };

struct encoder_workspace {
    const struct encoder_model *model;
    size_t rows_max, rows; /* allowed; allocated */
    size_t longest;        /* sequence that the scratch is made for */
    unsigned threads;
    float *hidden, *normed, *mixed, *projected, *wide, *gated;
    float **scratch; /* one a thread */
    float *bias;     /* [heads, longest, longest] of MPNet's relative positions */
    float *cosines;  /* [2 kinds][longest, head_dim/2] cos, then sin */
    struct hearth_codes codes;
};

struct pass {
    const struct encoder_model *model;
    struct encoder_workspace *work;
    const struct encoder_sequence *sequences;
    size_t sequence_count, rows;
    const size_t *starts; /* first row of each sequence, and the end */
    const _Atomic int *abort;
    _Atomic int aborted;
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

static size_t sequence_of(const struct pass *pass, size_t row)
{
    size_t low = 0, high = pass->sequence_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (pass->starts[middle] <= row)
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
    size_t position = row - pass->starts[index];
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
    size_t first = pass->starts[sequence], length = pass->sequences[sequence].count;
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

/* MPNet's bucket of a distance (key − query), as transformers computes it: half of the buckets for
 * each sign, half of those exact, the rest by logarithm up to 128. */
static size_t relative_bucket(long distance, size_t buckets)
{
    size_t half = buckets / 2, exact = half / 2, bucket = 0;
    long n = -distance;
    if (n < 0) {
        bucket = half;
        n = -n;
    }
    if ((size_t)n < exact)
        return bucket + (size_t)n;
    float scaled = logf((float)n / (float)exact) / logf(128.0f / (float)exact);
    size_t large = exact + (size_t)(scaled * (float)(half - exact));
    return bucket + (large < half - 1 ? large : half - 1);
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
        size_t length = pass->sequences[sequence].count, first = pass->starts[sequence];
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
    size_t width = config->hidden, count = pass->sequences[index].count;
    const float *x = pass->work->hidden + pass->starts[index] * width;
    if (config->pooling == POOL_CLS || config->pooling == POOL_LAST) {
        memcpy(y, config->pooling == POOL_LAST ? x + (count - 1) * width : x, width * sizeof(*y));
        return;
    }
    memcpy(y, x, width * sizeof(*y));
    for (size_t t = 1; t < count; t++)
        for (size_t i = 0; i < width; i++) {
            float z = x[t * width + i];
            y[i] = config->pooling == POOL_MAX ? (z > y[i] ? z : y[i]) : y[i] + z;
        }
    float divisor = config->pooling == POOL_MEAN        ? (float)count
                    : config->pooling == POOL_MEAN_SQRT ? sqrtf((float)count)
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

static void run_pass(struct hearth_member *member, void *argument)
{
    struct pass *pass = argument;
    embed(pass, member);
    for (size_t layer = 0; layer < pass->model->config.layers; layer++) {
        if (hearth_member_index(member) == 0 && pass->abort && atomic_load(pass->abort))
            atomic_store(&pass->aborted, 1);
        hearth_member_barrier(member);
        if (atomic_load(&pass->aborted))
            return;
        run_layer(pass, member, layer);
    }
    if (pass->model->final_norm.weight)
        normalize(pass, member, &pass->model->final_norm, pass->work->hidden, NULL,
                  pass->work->hidden);
    finish(pass, member);
}

/* The workspace */

struct encoder_workspace *encoder_workspace_create(const struct encoder_model *model,
                                                   unsigned threads, size_t tokens_max)
{
    struct encoder_workspace *work = hearth_calloc(1, sizeof(*work));
    work->model = model;
    work->rows_max = tokens_max;
    work->threads = threads;
    work->scratch = hearth_calloc(threads, sizeof(*work->scratch));
    return work;
}

static void free_rows(struct encoder_workspace *work)
{
    hearth_free(work->hidden);
    hearth_free(work->normed);
    hearth_free(work->mixed);
    hearth_free(work->projected);
    hearth_free(work->wide);
    hearth_free(work->gated);
    hearth_codes_finish(&work->codes);
    work->hidden = work->normed = work->mixed = work->projected = work->wide = work->gated = NULL;
    work->rows = 0;
}

static void free_lengths(struct encoder_workspace *work)
{
    for (unsigned i = 0; i < work->threads; i++) {
        hearth_free(work->scratch[i]);
        work->scratch[i] = NULL;
    }
    hearth_free(work->bias);
    hearth_free(work->cosines);
    work->bias = work->cosines = NULL;
    work->longest = 0;
}

void encoder_workspace_destroy(struct encoder_workspace *work)
{
    if (!work)
        return;
    free_rows(work);
    free_lengths(work);
    hearth_free(work->scratch);
    hearth_free(work);
}

static float *try_floats(size_t rows, size_t width)
{
    return hearth_try_aligned_alloc(64, rows * width * sizeof(float) + 64);
}

static size_t widest(const struct encoder_model *model)
{
    const struct encoder_config *config = &model->config;
    size_t width = config->hidden;
    for (size_t i = 0; i < model->dense_count; i++)
        width = model->dense[i].out > width ? model->dense[i].out : width;
    return config->labels > width ? config->labels : width;
}

static int grow_rows(struct encoder_workspace *work, size_t rows)
{
    if (rows <= work->rows)
        return 0;
    const struct encoder_config *config = &work->model->config;
    size_t wide = config->gated ? 2 * config->intermediate : 0, pooled = widest(work->model);
    size_t deep = config->intermediate > pooled ? config->intermediate : pooled;
    if (wide < 3 * config->hidden)
        wide = 3 * config->hidden;
    free_rows(work);
    work->hidden = try_floats(rows, config->hidden);
    work->normed = try_floats(rows, pooled);
    work->mixed = try_floats(rows, pooled);
    work->projected = try_floats(rows, config->hidden);
    work->wide = try_floats(rows, wide);
    work->gated = try_floats(rows, config->intermediate);
    if (!work->hidden || !work->normed || !work->mixed || !work->projected || !work->wide ||
        !work->gated || hearth_codes_init(&work->codes, rows, deep))
        return HEARTH_ENOMEM;
    work->rows = rows;
    return 0;
}

static void fill_rope(struct encoder_workspace *work, size_t kind, float base)
{
    size_t half = work->model->config.head_dim / 2, longest = work->longest;
    float *cosine = work->cosines + kind * 2 * longest * half, *sine = cosine + longest * half;
    for (size_t t = 0; t < longest; t++)
        for (size_t i = 0; i < half; i++) {
            float frequency = 1.0f / powf(base, (float)(2 * i) / (float)(2 * half));
            cosine[t * half + i] = cosf((float)t * frequency);
            sine[t * half + i] = sinf((float)t * frequency);
        }
}

static void fill_bias(struct encoder_workspace *work)
{
    const struct encoder_model *model = work->model;
    size_t heads = model->config.heads, longest = work->longest;
    for (size_t head = 0; head < heads; head++)
        for (size_t i = 0; i < 2 * longest; i++) {
            size_t bucket =
                relative_bucket((long)i - (long)longest, model->config.relative_buckets);
            work->bias[head * 2 * longest + i] = model->relative_bias[bucket * heads + head];
        }
}

static int grow_lengths(struct encoder_workspace *work, size_t longest)
{
    if (longest <= work->longest)
        return 0;
    const struct encoder_config *config = &work->model->config;
    free_lengths(work);
    size_t scratch = hearth_attention_scratch(longest, config->head_dim) +
                     (config->relative_buckets ? longest * longest : 0);
    for (unsigned i = 0; i < work->threads; i++)
        if (!(work->scratch[i] = try_floats(scratch, 1)))
            return HEARTH_ENOMEM;
    if (config->relative_buckets && !(work->bias = try_floats(config->heads, 2 * longest)))
        return HEARTH_ENOMEM;
    if (config->rotary && !(work->cosines = try_floats(4 * longest, config->head_dim / 2)))
        return HEARTH_ENOMEM;
    work->longest = longest;
    if (work->bias)
        fill_bias(work);
    if (work->cosines) {
        fill_rope(work, 0, config->rope_base);
        fill_rope(work, 1, config->rope_base_local ? config->rope_base_local : config->rope_base);
    }
    return 0;
}

size_t encoder_vector_length(const struct encoder_model *model)
{
    if (model->classifier)
        return hearth_linear_out(model->classifier);
    return model->dense_count ? model->dense[model->dense_count - 1].out : model->config.hidden;
}

int encoder_forward(const struct encoder_model *model, struct encoder_workspace *workspace,
                    struct hearth_team *team, const struct encoder_sequence *sequences,
                    size_t count, const _Atomic int *abort)
{
    size_t *starts = hearth_try_calloc(count + 1, sizeof(*starts)), longest = 1;
    if (!starts)
        return HEARTH_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        starts[i + 1] = starts[i] + sequences[i].count;
        longest = sequences[i].count > longest ? sequences[i].count : longest;
    }
    struct pass pass = {.model = model,
                        .work = workspace,
                        .sequences = sequences,
                        .sequence_count = count,
                        .rows = starts[count],
                        .starts = starts,
                        .abort = abort};
    int rc = pass.rows > workspace->rows_max ? HEARTH_ETOOLARGE : 0;
    if (!rc)
        rc = grow_rows(workspace, pass.rows);
    if (!rc)
        rc = grow_lengths(workspace, longest);
    if (!rc) {
        hearth_team_run(team, run_pass, &pass);
        rc = atomic_load(&pass.aborted) ? HEARTH_ECANCELED : 0;
    }
    hearth_free(starts);
    return rc;
}
