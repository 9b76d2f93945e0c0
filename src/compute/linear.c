/* Linear layers: weights packed into panels, inputs turned into codes, and the product cut into
 * tasks of one panel by some rows, which the members of a team take.
 *
 * Integers: with the codes q, x ≈ (q_x − zero)·scale_x for each row of the input and w ≈
 * q_w·scale_w for each output, so Σ x·w ≈ scale_x·scale_w·(Σ q_x·q_w − zero·Σ q_w). The last sum is
 * of the weights alone and is kept beside them. int16 has no zero point. */
#include "compute/linear.h"

#include "base/memory.h"
#include "hearth/error_codes.h"

#include <math.h>
#include <string.h>

enum {
    LINE = 64,
    ROW_CHUNK = 256, /* rows of a task at most: a panel is read once for all of them */
    ROW_CHUNK_LEAST = 32,
    TASKS_PER_MEMBER = 4, /* at least, so that all end at about the same time */
    CONVERT_ROWS = 8      /* rows that are turned to codes at once */
};

struct hearth_linear {
    const struct hearth_kernels *kernels;
    enum hearth_precision precision;
    struct hearth_gemm_shape shape;
    size_t in, depth, out, panels; /* depth: in, padded */
    char *packed;                  /* [panels][depth / group][panel_width][group] codes */
    float *bias, *scale;           /* [panels · panel_width] */
    int32_t *sum;
};

static const size_t element_size[] = {
    [HEARTH_PRECISION_F32] = 4,
    [HEARTH_PRECISION_BF16] = 2,
    [HEARTH_PRECISION_INT16] = 2,
    [HEARTH_PRECISION_INT8] = 1,
};

/* Neighbouring inputs that a kernel takes at once. */
static const size_t group_size[] = {
    [HEARTH_PRECISION_F32] = 1,
    [HEARTH_PRECISION_BF16] = 2,
    [HEARTH_PRECISION_INT16] = 2,
    [HEARTH_PRECISION_INT8] = 4,
};

static float largest_magnitude(const float *x, size_t count)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(x[i]));
    return largest;
}

static void pack_row(struct hearth_linear *linear, size_t out, const float *row)
{
    size_t group = group_size[linear->precision], width = linear->shape.panel_width;
    size_t panel = out / width * width * linear->depth;
    /* Symmetric codes of each output by itself: the largest weight gets the largest code. A row of
     * zeroes has no scale; any will do. */
    float scale = largest_magnitude(row, linear->in) / (float)linear->shape.weight_max;
    if (!(scale > 1e-30f))
        scale = 1;
    linear->scale[out] = scale;
    for (size_t i = 0; i < linear->in; i++) {
        /* Where the kernel reads it next: groups of neighbouring inputs, and for each group all
         * outputs of the panel side by side. */
        size_t at = panel + (i / group * width + out % width) * group + i % group;
        switch (linear->precision) {
        case HEARTH_PRECISION_F32:
            ((float *)linear->packed)[at] = row[i];
            break;
        case HEARTH_PRECISION_BF16:
            linear->kernels->to_bf16(row + i, 1, 1, (uint16_t *)linear->packed + at);
            break;
        case HEARTH_PRECISION_INT16:
            ((int16_t *)linear->packed)[at] = (int16_t)lrintf(row[i] / scale);
            break;
        default: {
            int8_t code = (int8_t)lrintf(row[i] / scale);
            ((int8_t *)linear->packed)[at] = code;
            linear->sum[out] += code;
        }
        }
    }
}

static int allocate(struct hearth_linear *linear)
{
    size_t columns = linear->panels * linear->shape.panel_width;
    size_t bytes = columns * linear->depth * element_size[linear->precision];
    linear->packed = hearth_try_aligned_alloc(LINE, bytes);
    linear->bias = hearth_try_calloc(columns, sizeof(float));
    linear->scale = hearth_try_calloc(columns, sizeof(float));
    linear->sum = hearth_try_calloc(columns, sizeof(int32_t));
    if (!linear->packed || !linear->bias || !linear->scale || !linear->sum)
        return HEARTH_ENOMEM;
    /* What a panel and the depth have too much stays zero: it adds nothing to any sum. */
    memset(linear->packed, 0, bytes);
    return 0;
}

struct hearth_linear *hearth_linear_create(const struct hearth_kernels *kernels,
                                           enum hearth_precision precision,
                                           const float *const *weights, const float *const *biases,
                                           size_t part_count, size_t part_out, size_t in)
{
    /* Not every instruction set has every precision: bf16 is only where the machine multiplies it.
     */
    if (!kernels->shape[precision].row_block)
        return NULL;
    struct hearth_linear *linear = hearth_calloc(1, sizeof(*linear));
    linear->kernels = kernels;
    linear->precision = precision;
    linear->shape = kernels->shape[precision];
    linear->in = in;
    linear->depth =
        (in + linear->shape.depth_step - 1) / linear->shape.depth_step * linear->shape.depth_step;
    linear->out = part_count * part_out;
    linear->panels = (linear->out + linear->shape.panel_width - 1) / linear->shape.panel_width;
    if (allocate(linear)) {
        hearth_linear_destroy(linear);
        return NULL;
    }
    for (size_t out = 0; out < linear->out; out++) {
        size_t part = out / part_out, row = out % part_out;
        pack_row(linear, out, weights[part] + row * in);
        if (biases && biases[part])
            linear->bias[out] = biases[part][row];
    }
    return linear;
}

void hearth_linear_destroy(struct hearth_linear *linear)
{
    if (!linear)
        return;
    hearth_free(linear->packed);
    hearth_free(linear->bias);
    hearth_free(linear->scale);
    hearth_free(linear->sum);
    hearth_free(linear);
}

size_t hearth_linear_bytes(const struct hearth_linear *linear)
{
    return linear->panels * linear->shape.panel_width *
           (linear->depth * element_size[linear->precision] + 12);
}

size_t hearth_linear_out(const struct hearth_linear *linear)
{
    return linear->out;
}

int hearth_codes_init(struct hearth_codes *codes, size_t rows, size_t in)
{
    /* For the widest codes, of two bytes; a row's depth may be padded to a multiple of 4. */
    size_t row_bytes = (in + 7) / 8 * 8 * sizeof(int16_t);
    *codes = (struct hearth_codes){
        .row_bytes = row_bytes,
        .codes = hearth_try_aligned_alloc(LINE, rows * row_bytes),
        .scales = hearth_try_calloc(rows, sizeof(float)),
        .zeros = hearth_try_calloc(rows, sizeof(int32_t)),
    };
    if (codes->codes && codes->scales && codes->zeros)
        return 0;
    hearth_codes_finish(codes);
    return HEARTH_ENOMEM;
}

void hearth_codes_finish(struct hearth_codes *codes)
{
    hearth_free(codes->codes);
    hearth_free(codes->scales);
    hearth_free(codes->zeros);
    *codes = (struct hearth_codes){0};
}

struct hearth_codes hearth_codes_from(const struct hearth_codes *codes, size_t first)
{
    return (struct hearth_codes){.codes = (char *)codes->codes + first * codes->row_bytes,
                                 .scales = codes->scales + first,
                                 .zeros = codes->zeros + first,
                                 .row_bytes = codes->row_bytes};
}

static void convert_row(const struct hearth_linear *linear, const struct hearth_codes *codes,
                        const float *x, size_t row)
{
    const struct hearth_kernels *kernels = linear->kernels;
    const float *from = x + row * linear->in;
    /* Rows lie close together, `depth` codes each; the room for them was made for the deepest
     * layer. */
    size_t at = row * linear->depth;
    int most = linear->shape.input_max;
    switch (linear->precision) {
    case HEARTH_PRECISION_BF16:
        kernels->to_bf16(from, linear->in, linear->depth, (uint16_t *)codes->codes + at);
        break;
    case HEARTH_PRECISION_INT16:
        kernels->to_s16(from, linear->in, linear->depth, most, (int16_t *)codes->codes + at,
                        &codes->scales[row]);
        break;
    case HEARTH_PRECISION_INT8:
        kernels->to_u8(from, linear->in, linear->depth, most, (uint8_t *)codes->codes + at,
                       &codes->scales[row], &codes->zeros[row]);
        break;
    default:
        break;
    }
}

/* All rows are codes before the first product: a task reads rows that other members convert. */
static void convert(const struct hearth_linear *linear, struct hearth_member *member,
                    const struct hearth_codes *codes, const float *x, size_t rows)
{
    size_t first;
    while ((first = hearth_member_take(member) * CONVERT_ROWS) < rows)
        for (size_t row = first; row < rows && row < first + CONVERT_ROWS; row++)
            convert_row(linear, codes, x, row);
    hearth_member_barrier(member);
}

static void run_task(const struct hearth_linear *linear, const struct hearth_codes *codes,
                     const char *a, size_t panel, size_t first, size_t last, float *y,
                     size_t y_stride, enum hearth_activation activation)
{
    size_t width = linear->shape.panel_width, column = panel * width;
    size_t size = element_size[linear->precision];
    struct hearth_gemm_tile tile = {
        .a_stride = linear->depth,
        .panel = linear->packed + column * linear->depth * size,
        .w_scale = linear->scale + column,
        .w_sum = linear->sum + column,
        .bias = linear->bias + column,
        .depth = linear->depth,
        .c_stride = y_stride,
        .columns = linear->out - column < width ? linear->out - column : width,
        .activation = activation,
    };
    /* The panel stays in the nearest cache while all rows of the task pass it. */
    for (size_t row = first; row < last; row += tile.rows) {
        tile.rows = last - row < linear->shape.row_block ? last - row : linear->shape.row_block;
        tile.a = a + row * linear->depth * size;
        tile.a_scale = codes->scales + row;
        tile.a_zero = codes->zeros + row;
        tile.c = y + row * y_stride + column;
        linear->kernels->gemm[linear->precision](&tile);
    }
}

/* Long tasks read a panel less often; short ones let all members end at about the same time. Halved
 * until there are enough for each, or until they are too short to be worth it. */
static size_t row_chunk(size_t rows, size_t panels, unsigned members)
{
    size_t chunk = ROW_CHUNK;
    while (members > 1 && chunk > ROW_CHUNK_LEAST &&
           (rows + chunk - 1) / chunk * panels < TASKS_PER_MEMBER * members)
        chunk /= 2;
    return chunk;
}

void hearth_linear_run(const struct hearth_linear *linear, struct hearth_member *member,
                       struct hearth_codes *codes, const float *x, size_t rows, float *y,
                       size_t y_stride, enum hearth_activation activation)
{
    const char *a = (const char *)x;
    if (linear->precision != HEARTH_PRECISION_F32) {
        convert(linear, member, codes, x, rows);
        a = codes->codes;
    }
    size_t chunk = row_chunk(rows, linear->panels, hearth_member_count(member));
    size_t chunks = (rows + chunk - 1) / chunk, task;
    while ((task = hearth_member_take(member)) < chunks * linear->panels) {
        size_t first = task / linear->panels * chunk;
        size_t last = rows - first < chunk ? rows : first + chunk;
        run_task(linear, codes, a, task % linear->panels, first, last, y, y_stride, activation);
    }
    hearth_member_barrier(member);
}
