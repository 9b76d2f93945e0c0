/* Every kernel of every instruction set that this CPU has, against sums in double. */
#include "base/memory.h"
#include "compute/kernels.h"
#include "compute/linear.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 1;

static float random_float(float from, float to)
{
    seed = seed * 1664525u + 1013904223u;
    return from + (to - from) * (float)(seed >> 8) / 16777216.0f;
}

static void fill(float *x, size_t count, float from, float to)
{
    for (size_t i = 0; i < count; i++)
        x[i] = random_float(from, to);
}

struct layer_run {
    const struct hearth_linear *linear;
    struct hearth_codes codes;
    const float *x;
    float *y;
    size_t rows, out;
    enum hearth_activation activation;
};

static void run_layer(struct hearth_member *member, void *argument)
{
    struct layer_run *run = argument;
    hearth_linear_run(run->linear, member, &run->codes, run->x, run->rows, run->y, run->out,
                      run->activation);
}

static double reference(const float *x, const float *w, float bias, size_t in)
{
    double sum = bias;
    for (size_t i = 0; i < in; i++)
        sum += (double)x[i] * w[i];
    return sum;
}

/* Largest error relative to the size of the terms. */
static double layer_error(const struct hearth_kernels *kernels, enum hearth_precision precision,
                          size_t rows, size_t in, size_t out, unsigned threads)
{
    float *x = hearth_calloc(rows * in, sizeof(float)), *w = hearth_calloc(out * in, sizeof(float));
    float *bias = hearth_calloc(out, sizeof(float)),
          *y = hearth_calloc(rows * out + 1, sizeof(float));
    fill(x, rows * in, -3, 1);
    fill(w, out * in, -0.2f, 0.2f);
    fill(bias, out, -1, 1);
    y[rows * out] = 12345;
    struct hearth_team *team = hearth_team_create(threads);
    struct layer_run run = {.x = x, .y = y, .rows = rows, .out = out};
    run.linear = hearth_linear_create(kernels, precision, (const float *const *)&w,
                                      (const float *const *)&bias, 1, out, in);
    assert_non_null(run.linear);
    assert_int_equal(hearth_codes_init(&run.codes, rows, in), 0);
    hearth_team_run(team, run_layer, &run);
    double worst = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < out; o++) {
            double want = reference(x + r * in, w + o * in, bias[o], in);
            worst = fmax(worst, fabs(y[r * out + o] - want) / sqrt((double)in));
        }
    assert_true(y[rows * out] == 12345);
    hearth_codes_finish(&run.codes);
    hearth_linear_destroy((struct hearth_linear *)run.linear);
    hearth_team_destroy(team);
    hearth_free(x);
    hearth_free(w);
    hearth_free(bias);
    hearth_free(y);
    return worst;
}

static void each_table(void (*check)(const struct hearth_kernels *kernels))
{
    for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++)
        if (hearth_isa_usable((enum hearth_isa)isa))
            check(hearth_kernels_for((enum hearth_isa)isa));
}

static void check_layers(const struct hearth_kernels *kernels)
{
    static const double allowed[] = {2e-6, 8e-3, 1e-3, 1.5e-2};
    static const size_t shapes[][3] = {{1, 1, 1},    {3, 7, 5},      {8, 64, 48},
                                       {9, 33, 49},  {17, 384, 97},  {100, 96, 144},
                                       {5, 513, 31}, {36, 1536, 384}};
    for (int precision = 0; precision < HEARTH_PRECISION_COUNT; precision++) {
        if (!kernels->shape[precision].row_block)
            continue;
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            double error = layer_error(kernels, (enum hearth_precision)precision, shapes[i][0],
                                       shapes[i][1], shapes[i][2], 1 + i % 3);
            if (error > allowed[precision])
                fail_msg("%s, precision %d, %zu×%zu×%zu: error %g", kernels->name, precision,
                         shapes[i][0], shapes[i][1], shapes[i][2], error);
        }
    }
}

static void linear_layers_match_sums_in_double_at_every_shape(void **state)
{
    (void)state;
    each_table(check_layers);
}

/* All codes at their extremes: nothing may wrap around. */
static void check_extremes(const struct hearth_kernels *kernels)
{
    enum { IN = 1536, OUT = 3 };
    static float x[IN], w[OUT * IN], y[OUT];
    for (int precision = HEARTH_PRECISION_INT16; precision <= HEARTH_PRECISION_INT8; precision++) {
        for (size_t i = 0; i < IN; i++)
            x[i] = 1;
        for (size_t i = 0; i < OUT * IN; i++)
            w[i] = i / IN == 1 ? -1 : 1;
        const float *rows = w;
        struct layer_run run = {.x = x, .y = y, .rows = 1, .out = OUT};
        run.linear = hearth_linear_create(kernels, (enum hearth_precision)precision, &rows, NULL, 1,
                                          OUT, IN);
        struct hearth_team *team = hearth_team_create(1);
        assert_int_equal(hearth_codes_init(&run.codes, 1, IN), 0);
        hearth_team_run(team, run_layer, &run);
        assert_true(fabsf(y[0] - IN) < 0.01f * IN);
        assert_true(fabsf(y[1] + IN) < 0.01f * IN);
        hearth_codes_finish(&run.codes);
        hearth_linear_destroy((struct hearth_linear *)run.linear);
        hearth_team_destroy(team);
    }
}

static void integer_kernels_do_not_overflow_at_the_extremes(void **state)
{
    (void)state;
    each_table(check_extremes);
}

static double activation_of(double x, enum hearth_activation activation)
{
    switch (activation) {
    case HEARTH_ACTIVATION_GELU:
        return 0.5 * x * (1 + erf(x / sqrt(2)));
    case HEARTH_ACTIVATION_GELU_TANH:
        return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case HEARTH_ACTIVATION_RELU:
        return x > 0 ? x : 0;
    case HEARTH_ACTIVATION_TANH:
        return tanh(x);
    case HEARTH_ACTIVATION_SILU:
        return x / (1 + exp(-x));
    default:
        return x;
    }
}

static void check_activations(const struct hearth_kernels *kernels)
{
    enum { COUNT = 4001 };
    static float x[2 * COUNT], y[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = -20 + 0.01f * (float)i;
        x[COUNT + i] = 1;
    }
    for (int a = HEARTH_ACTIVATION_NONE; a <= HEARTH_ACTIVATION_SILU; a++) {
        kernels->gate(x, 1, COUNT, (enum hearth_activation)a, y);
        for (size_t i = 0; i < COUNT; i++) {
            double want = activation_of(x[i], (enum hearth_activation)a);
            if (fabs(y[i] - want) > 1e-6 * fmax(1, fabs(want)))
                fail_msg("%s, activation %d at %g: %g instead of %g", kernels->name, a, x[i], y[i],
                         want);
        }
    }
}

static void activations_match_their_definitions(void **state)
{
    (void)state;
    each_table(check_activations);
}

static void check_layer_norm(const struct hearth_kernels *kernels)
{
    static const size_t widths[] = {1, 5, 16, 48, 383, 384};
    float x[2 * 384], residual[2 * 384], weight[384], bias[384], y[2 * 384];
    for (size_t n = 0; n < sizeof(widths) / sizeof(widths[0]); n++) {
        size_t width = widths[n];
        fill(x, 2 * width, 90, 110);
        fill(residual, 2 * width, -5, 5);
        fill(weight, width, 0.5f, 2);
        fill(bias, width, -1, 1);
        kernels->layer_norm(x, residual, weight, bias, 1e-5f, 2, width, y);
        for (size_t r = 0; r < 2; r++) {
            double mean = 0, variance = 0;
            for (size_t i = 0; i < width; i++)
                mean += ((double)x[r * width + i] + residual[r * width + i]) / (double)width;
            for (size_t i = 0; i < width; i++) {
                double d = (double)x[r * width + i] + residual[r * width + i] - mean;
                variance += d * d / (double)width;
            }
            for (size_t i = 0; i < width; i++) {
                double z = (double)x[r * width + i] + residual[r * width + i] - mean;
                double want = z / sqrt(variance + 1e-5) * weight[i] + bias[i];
                assert_true(fabs(y[r * width + i] - want) < 2e-4);
            }
        }
    }
}

static void layer_norm_matches_its_definition(void **state)
{
    (void)state;
    each_table(check_layer_norm);
}

static void attend_in_double(const float *qkv, size_t length, size_t dim, float scale,
                             const float *bias, size_t window, double *o)
{
    double *weight = hearth_calloc(length, sizeof(double));
    for (size_t i = 0; i < length; i++) {
        double total = 0;
        for (size_t j = 0; j < length; j++) {
            size_t distance = i > j ? i - j : j - i;
            double score = bias ? bias[i * length + j] : 0;
            for (size_t d = 0; d < dim; d++)
                score += (double)qkv[i * 3 * dim + d] * qkv[(j * 3 + 1) * dim + d] * scale;
            weight[j] = window && distance > window ? 0 : exp(score);
            total += weight[j];
        }
        for (size_t d = 0; d < dim; d++) {
            o[i * dim + d] = 0;
            for (size_t j = 0; j < length; j++)
                o[i * dim + d] += weight[j] / total * qkv[(j * 3 + 2) * dim + d];
        }
    }
    hearth_free(weight);
}

static void check_attention(const struct hearth_kernels *kernels)
{
    static const size_t lengths[] = {1, 2, 15, 16, 17, 36, 70}, dims[] = {2, 24, 32, 64};
    for (size_t n = 0; n < 7 * 4; n++) {
        size_t length = lengths[n % 7], dim = dims[n / 7];
        float *qkv = hearth_calloc(length * 3 * dim, sizeof(float));
        float *bias = hearth_calloc(length * length, sizeof(float));
        float *scratch = hearth_calloc(hearth_attention_scratch(length, dim), sizeof(float));
        float *o = hearth_calloc(length * dim, sizeof(float));
        double *want = hearth_calloc(length * dim, sizeof(double));
        fill(qkv, length * 3 * dim, -1, 1);
        fill(bias, length * length, -2, 2);
        for (int kind = 0; kind < 3; kind++) {
            const float *b = kind == 1 ? bias : NULL;
            size_t window = kind == 2 ? 5 : 0;
            kernels->attention(qkv, qkv + dim, qkv + 2 * dim, length, dim, 3 * dim, 0.3f, b, window,
                               scratch, o, dim);
            attend_in_double(qkv, length, dim, 0.3f, b, window, want);
            for (size_t i = 0; i < length * dim; i++)
                assert_true(fabs(o[i] - want[i]) < 2e-6);
        }
        hearth_free(qkv);
        hearth_free(bias);
        hearth_free(scratch);
        hearth_free(o);
        hearth_free(want);
    }
}

static void attention_matches_its_definition_with_bias_and_window(void **state)
{
    (void)state;
    each_table(check_attention);
}

static void a_zero_row_quantizes_to_zero(void **state)
{
    (void)state;
    const struct hearth_kernels *kernels = hearth_kernels_for(hearth_isa_best());
    float x[20] = {0}, scale;
    uint8_t codes[24];
    int32_t zero;
    kernels->to_u8(x, 20, 24, 127, codes, &scale, &zero);
    assert_int_equal(zero, 0);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(codes[i], 0);
}

static void a_wrong_name_is_no_instruction_set(void **state)
{
    (void)state;
    enum hearth_isa isa = HEARTH_ISA_COUNT;
    assert_false(hearth_isa_named("avx1024", &isa));
    assert_int_equal(isa, HEARTH_ISA_COUNT);
    assert_true(hearth_isa_named("avx2", &isa));
    assert_int_equal(isa, HEARTH_ISA_AVX2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_layers_match_sums_in_double_at_every_shape),
        cmocka_unit_test(integer_kernels_do_not_overflow_at_the_extremes),
        cmocka_unit_test(activations_match_their_definitions),
        cmocka_unit_test(layer_norm_matches_its_definition),
        cmocka_unit_test(attention_matches_its_definition_with_bias_and_window),
        cmocka_unit_test(a_zero_row_quantizes_to_zero),
        cmocka_unit_test(a_wrong_name_is_no_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
