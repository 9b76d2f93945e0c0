/* Buffers grow to the largest batch and the longest text that came, and stay: most batches of a
 * server are alike. The contents are lost when they grow, which no pass minds, because it fills
 * every buffer before it reads it. */
#include "engine/encoder/encoder_workspace.h"

#include "base/memory.h"

#include <math.h>

/* Pooled vectors go through the dense layers in the same buffers as the tokens: a row must hold the
 * widest of them. */
static size_t widest(const struct encoder_model *model)
{
    const struct encoder_config *config = &model->config;
    size_t width = encoder_pooled_width(config);
    for (size_t i = 0; i < model->dense_count; i++)
        width = model->dense[i].out > width ? model->dense[i].out : width;
    return config->labels > width ? config->labels : width;
}

struct encoder_workspace *encoder_workspace_create(const struct encoder_model *model,
                                                   unsigned threads, size_t tokens_max)
{
    struct encoder_workspace *work = hearth_calloc(1, sizeof(*work));
    work->model = model;
    work->rows_max = tokens_max;
    work->threads = threads;
    work->scratch = hearth_calloc(threads, sizeof(*work->scratch));
    work->pooled_width = widest(model);
    /* `wide` takes queries, keys and values of a token, and later gate and value. */
    work->wide_width = model->config.gated ? 2 * model->config.intermediate : 0;
    if (work->wide_width < 3 * model->config.hidden)
        work->wide_width = 3 * model->config.hidden;
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
    /* Kernels load whole vectors of up to 64 bytes: with this room behind the last number such a
     * load stays within the block. */
    return hearth_try_aligned_alloc(64, rows * width * sizeof(float) + 64);
}

static int grow_rows(struct encoder_workspace *work, size_t rows)
{
    if (rows <= work->rows)
        return 0;
    const struct encoder_config *config = &work->model->config;
    size_t pooled = work->pooled_width;
    size_t deep = config->intermediate > pooled ? config->intermediate : pooled;
    free_rows(work);
    work->hidden = try_floats(rows, config->hidden);
    work->normed = try_floats(rows, pooled);
    work->mixed = try_floats(rows, pooled);
    work->projected = try_floats(rows, config->hidden);
    work->wide = try_floats(rows, work->wide_width);
    work->gated = try_floats(rows, config->intermediate);
    if (!work->hidden || !work->normed || !work->mixed || !work->projected || !work->wide ||
        !work->gated || hearth_codes_init(&work->codes, rows, deep))
        return HEARTH_ENOMEM;
    /* Only now: after a failure the next call must not trust half of the buffers. */
    work->rows = rows;
    return 0;
}

static void fill_rope(struct encoder_workspace *work, size_t kind, float base)
{
    size_t half = work->model->config.head_dim / 2, longest = work->longest;
    float *cosine = work->cosines + kind * 2 * longest * half, *sine = cosine + longest * half;
    for (size_t t = 0; t < longest; t++)
        for (size_t i = 0; i < half; i++) {
            /* θ_i = base^(−2i/dim), in float as transformers computes it: a better one would give
             * other vectors than the reference. */
            float frequency = 1.0f / powf(base, (float)(2 * i) / (float)(2 * half));
            cosine[t * half + i] = cosf((float)t * frequency);
            sine[t * half + i] = sinf((float)t * frequency);
        }
}

/* MPNet's bucket of a distance (key − query), as transformers computes it: half of the buckets for
 * each sign, half of those exact, the rest by logarithm up to 128. */
static size_t relative_bucket(long distance, size_t buckets)
{
    size_t half = buckets / 2, exact = half / 2, bucket = 0;
    long n = -distance;
    /* Keys behind the query have the upper half of the buckets. */
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

static void fill_bias(struct encoder_workspace *work)
{
    const struct encoder_model *model = work->model;
    size_t heads = model->config.heads, longest = work->longest;
    for (size_t head = 0; head < heads; head++)
        /* Place `longest` is distance 0, what is before it lies before the query. */
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
    /* Behind what attention needs lies the bias of one head. */
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
        /* Local layers turn by a base of their own, where the model has one. */
        fill_rope(work, 1, config->rope_base_local ? config->rope_base_local : config->rope_base);
    }
    return 0;
}

int encoder_workspace_grow(struct encoder_workspace *work, size_t rows, size_t longest)
{
    /* The plan of memory counts on this limit. */
    if (rows > work->rows_max)
        return HEARTH_ETOOLARGE;
    int rc = grow_rows(work, rows);
    return rc ? rc : grow_lengths(work, longest);
}

struct encoder_workspace encoder_workspace_from(const struct encoder_workspace *work, size_t first,
                                                unsigned thread)
{
    const struct encoder_config *config = &work->model->config;
    /* Every buffer has a row for each token of the batch, so a part's buffers are those from its
     * first row on. */
    struct encoder_workspace part = *work;
    part.rows -= first;
    part.threads = 1;
    part.hidden += first * config->hidden;
    part.normed += first * work->pooled_width;
    part.mixed += first * work->pooled_width;
    part.projected += first * config->hidden;
    part.wide += first * work->wide_width;
    part.gated += first * config->intermediate;
    part.scratch += thread;
    part.codes = hearth_codes_from(&work->codes, first);
    return part;
}
