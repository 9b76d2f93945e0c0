/* Norms, rotary positions, activations: their definitions in double, and the same bits on every
 * instruction set. */
#include "compute/rows.h"

#include "compute/packed_rows.h"
#include "support/weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const size_t widths[] = {1, 2, 6, 15, 16, 17, 32, 48, 63, 64, 80, 576, 1000};
#define EACH_WIDTH(n) for (size_t n = 0; n < sizeof(widths) / sizeof(widths[0]); n++)

static const struct hearth_row_ops *ops_of(enum hearth_isa isa)
{
    return hearth_row_ops(hearth_decoder_kernels_for(isa));
}

struct inputs {
    size_t width;
    float *x, *weight, *bias, *y;
};

static struct inputs inputs_create(size_t width)
{
    return (struct inputs){width, random_floats(width, -90, 110), random_floats(width, 0.5f, 2),
                           random_floats(width, -1, 1), random_floats(width, -1, 1)};
}

static void inputs_destroy(struct inputs *in)
{
    hearth_free(in->x);
    hearth_free(in->weight);
    hearth_free(in->bias);
    hearth_free(in->y);
}

static void check_norms(enum hearth_isa isa, const struct inputs *in)
{
    size_t width = in->width;
    double squares = 0, mean = 0, variance = 0;
    float *rms = hearth_alloc(width * sizeof(float)), *layer = hearth_alloc(width * sizeof(float));
    for (size_t i = 0; i < width; i++) {
        squares += (double)in->x[i] * in->x[i] / (double)width;
        mean += in->x[i] / (double)width;
    }
    for (size_t i = 0; i < width; i++)
        variance += (in->x[i] - mean) * (in->x[i] - mean) / (double)width;
    for (int with = 0; with < 2; with++) {
        ops_of(isa)->rms_norm(in->x, with ? in->weight : NULL, 1e-5f, width, rms);
        ops_of(isa)->layer_norm(in->x, with ? in->weight : NULL, with ? in->bias : NULL, 1e-5f,
                                width, layer);
        for (size_t i = 0; i < width; i++) {
            double weight = with ? in->weight[i] : 1, bias = with ? in->bias[i] : 0;
            double want = in->x[i] / sqrt(squares + 1e-5) * weight;
            assert_true(fabs(rms[i] - want) <= 2e-6 * fabs(want) + 1e-9);
            want = (in->x[i] - mean) / sqrt(variance + 1e-5) * weight + bias;
            assert_true(fabs(layer[i] - want) <= 1e-5 * (1 + fabs(want)));
        }
    }
    hearth_free(rms);
    hearth_free(layer);
}

static void norms_are_their_definitions(void **state)
{
    (void)state;
    EACH_ISA(isa)
    EACH_WIDTH(n)
    {
        struct inputs in = inputs_create(widths[n]);
        check_norms(isa, &in);
        inputs_destroy(&in);
    }
}

static double activation_of(double x, enum hearth_activation activation)
{
    switch (activation) {
    case HEARTH_ACTIVATION_GELU:
        return x * 0.5 * erfc(-x / sqrt(2));
    case HEARTH_ACTIVATION_GELU_TANH:
        return x * 0.5 * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
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

static void activations_are_their_definitions(void **state)
{
    (void)state;
    enum { COUNT = 4001 };
    static float x[COUNT], up[COUNT], y[COUNT], z[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = -20 + 0.01f * (float)i;
        up[i] = random_float(-2, 2);
    }
    EACH_ISA(isa)
    for (int a = HEARTH_ACTIVATION_NONE; a <= HEARTH_ACTIVATION_SILU; a++) {
        ops_of(isa)->activate(x, (enum hearth_activation)a, COUNT, y);
        ops_of(isa)->gate(x, up, (enum hearth_activation)a, COUNT, z);
        for (size_t i = 0; i < COUNT; i++) {
            double want = activation_of(x[i], (enum hearth_activation)a);
            if (fabs(y[i] - want) > 1e-6 * fmax(1, fabs(want)))
                fail_msg("activation %d at %g: %g instead of %g", a, (double)x[i], (double)y[i],
                         want);
            assert_true(z[i] == y[i] * up[i]);
        }
    }
}

/* Far out the functions are their limits, not numbers that are none. */
static void activations_have_limits(void **state)
{
    (void)state;
    float x[] = {-1e30f, -300, 300, 1e30f}, y[4];
    EACH_ISA(isa)
    {
        ops_of(isa)->activate(x, HEARTH_ACTIVATION_SILU, 4, y);
        assert_true(fabsf(y[1]) < 1e-30f && y[2] == 300 && y[3] == 1e30f);
        ops_of(isa)->activate(x, HEARTH_ACTIVATION_TANH, 4, y);
        assert_true(y[0] == -1 && y[1] == -1 && y[2] == 1 && y[3] == 1);
        ops_of(isa)->soft_cap(x, 30, 4, y);
        assert_true(y[0] == -30 && y[3] == 30);
        ops_of(isa)->activate(x, HEARTH_ACTIVATION_GELU, 4, y);
        assert_true(fabsf(y[1]) < 1e-30f && y[2] == 300 && y[3] == 1e30f);
    }
}

static void sums_scales_and_caps_are_their_definitions(void **state)
{
    (void)state;
    EACH_ISA(isa)
    EACH_WIDTH(n)
    {
        struct inputs in = inputs_create(widths[n]);
        size_t width = in.width;
        float *y = hearth_alloc(width * sizeof(float));
        for (int with = 0; with < 2; with++) {
            memcpy(y, in.y, width * sizeof(float));
            ops_of(isa)->add(y, in.x, with ? in.bias : NULL, 0.25f, width);
            for (size_t i = 0; i < width; i++)
                assert_true(fabs(y[i] - (in.y[i] + 0.25 * ((double)in.x[i] +
                                                           (with ? in.bias[i] : 0)))) < 1e-5);
            ops_of(isa)->scale(in.x, 0.25f, with ? in.bias : NULL, width, y);
            for (size_t i = 0; i < width; i++)
                assert_true(fabs(y[i] - (0.25 * in.x[i] + (with ? in.bias[i] : 0))) < 1e-5);
        }
        ops_of(isa)->soft_cap(in.x, 50, width, y);
        for (size_t i = 0; i < width; i++)
            assert_true(fabs(y[i] - 50 * tanh(in.x[i] / 50.0)) < 2e-5);
        hearth_free(y);
        inputs_destroy(&in);
    }
}

/* Turning keeps the length and adds the angle, and leaves what is behind the width alone. */
static void check_rotation(enum hearth_isa isa, enum hearth_rotary kind, size_t width)
{
    enum { POSITION = 100000 };
    size_t half = width / 2;
    float *inverse = hearth_alloc(half * sizeof(float)), *head = random_floats(width + 5, -1, 1);
    float *cosines = hearth_alloc(half * sizeof(float)),
          *sines = hearth_alloc(half * sizeof(float));
    float *turned = hearth_alloc((width + 5) * sizeof(float));
    for (size_t i = 0; i < half; i++)
        inverse[i] = powf(10000, -(float)(2 * i) / (float)width);
    hearth_rotary_angles(POSITION, inverse, half, 1.5f, cosines, sines);
    memcpy(turned, head, (width + 5) * sizeof(float));
    ops_of(isa)->rotate(turned, kind, cosines, sines, width);
    for (size_t i = 0; i < half; i++) {
        size_t a = kind == HEARTH_ROTARY_ADJACENT ? 2 * i : i;
        size_t b = kind == HEARTH_ROTARY_ADJACENT ? 2 * i + 1 : i + half;
        double angle = (double)POSITION * inverse[i];
        assert_true(fabs(turned[a] - 1.5 * (head[a] * cos(angle) - head[b] * sin(angle))) < 1e-6);
        assert_true(fabs(turned[b] - 1.5 * (head[a] * sin(angle) + head[b] * cos(angle))) < 1e-6);
    }
    assert_memory_equal(turned + width, head + width, 5 * sizeof(float));
    hearth_free(inverse);
    hearth_free(head);
    hearth_free(cosines);
    hearth_free(sines);
    hearth_free(turned);
}

static void rotary_positions_turn_pairs_by_their_angle(void **state)
{
    (void)state;
    static const size_t even[] = {2, 20, 32, 64, 80, 128, 130};
    EACH_ISA(isa)
    for (size_t n = 0; n < 7; n++) {
        check_rotation(isa, HEARTH_ROTARY_ADJACENT, even[n]);
        check_rotation(isa, HEARTH_ROTARY_HALVES, even[n]);
    }
    float head[4] = {1, 2, 3, 4}, same[4] = {1, 2, 3, 4};
    ops_of(HEARTH_ISA_PLAIN)->rotate(head, HEARTH_ROTARY_NONE, same, same, 4);
    assert_memory_equal(head, same, sizeof(head));
}

/* Everything that rows can become, one behind the other: [10][width]. */
static void all_of(enum hearth_isa isa, const struct inputs *in, float *y)
{
    const struct hearth_row_ops *ops = ops_of(isa);
    size_t width = in->width;
    ops->rms_norm(in->x, in->weight, 1e-6f, width, y);
    ops->layer_norm(in->x, in->weight, in->bias, 1e-6f, width, y + width);
    memcpy(y + 2 * width, in->y, width * sizeof(float));
    ops->add(y + 2 * width, in->x, in->bias, 0.3f, width);
    ops->scale(in->x, 0.3f, in->bias, width, y + 3 * width);
    ops->soft_cap(in->x, 20, width, y + 4 * width);
    for (int a = HEARTH_ACTIVATION_GELU; a <= HEARTH_ACTIVATION_SILU; a++)
        ops->gate(in->x, in->y, (enum hearth_activation)a, width, y + (size_t)(4 + a) * width);
    ops->rotate(y, HEARTH_ROTARY_HALVES, in->bias, in->weight, width / 2 * 2);
    ops->rotate(y + width, HEARTH_ROTARY_ADJACENT, in->bias, in->weight, width / 2 * 2);
}

static void rows_have_the_same_bits_on_every_instruction_set(void **state)
{
    (void)state;
    EACH_WIDTH(n)
    {
        struct inputs in = inputs_create(widths[n]);
        float *want = hearth_calloc(10 * in.width, sizeof(float));
        float *got = hearth_calloc(10 * in.width, sizeof(float));
        all_of(HEARTH_ISA_PLAIN, &in, want);
        EACH_ISA(isa)
        {
            all_of(isa, &in, got);
            for (size_t i = 0; i < 10 * in.width; i++)
                if (memcmp(got + i, want + i, sizeof(float)) != 0)
                    fail_msg("instruction set %d, %zu wide, row %zu, number %zu", (int)isa,
                             in.width, i / in.width, i % in.width);
        }
        hearth_free(want);
        hearth_free(got);
        inputs_destroy(&in);
    }
}

static void packed_rows_have_the_same_bits_on_every_instruction_set(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 3, 8, 13};
    for (int packing = HEARTH_PACKING_S8; packing <= HEARTH_PACKING_F32; packing++)
        for (size_t n = 0; n < 4 * 3; n++) {
            size_t inputs = n / 4 == 0 ? 64 : n / 4 == 1 ? 45 : 576, count = rows[n % 4];
            size_t bytes = hearth_packed_rows_bytes((enum hearth_packing)packing, count, inputs);
            float *x = random_floats(count * inputs, -1, 1);
            char *want = hearth_calloc(1, bytes), *got = hearth_calloc(1, bytes);
            EACH_ISA(isa)
            {
                struct hearth_packed_rows packed;
                hearth_packed_rows_init(&packed, (enum hearth_packing)packing, count, inputs,
                                        isa == HEARTH_ISA_PLAIN ? want : got);
                for (size_t r = 0; r < count; r++) {
                    const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(isa);
                    hearth_pack_part(kernels, &packed, r, 32, inputs - 32, x + r * inputs + 32);
                    hearth_pack_part(kernels, &packed, r, 0, 32, x + r * inputs);
                }
                /* Tile registers want bf16 in another order (test_matmul.c has their products). */
                bool elsewhere = isa == HEARTH_ISA_AMX && packing == HEARTH_PACKING_BF16;
                if (isa != HEARTH_ISA_PLAIN && !elsewhere)
                    assert_memory_equal(got, want, bytes);
            }
            hearth_free(x);
            hearth_free(want);
            hearth_free(got);
        }
}

static void sizes_of_packed_rows_that_overflow_are_told(void **state)
{
    (void)state;
    assert_int_equal(hearth_packed_rows_bytes(HEARTH_PACKING_F32, SIZE_MAX / 64, 64), SIZE_MAX);
    assert_int_equal(hearth_packed_rows_bytes(HEARTH_PACKING_F32, 1, SIZE_MAX), SIZE_MAX);
    assert_int_equal(hearth_packed_rows_bytes(HEARTH_PACKING_S8, 2, 33), 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms_are_their_definitions),
        cmocka_unit_test(activations_are_their_definitions),
        cmocka_unit_test(activations_have_limits),
        cmocka_unit_test(sums_scales_and_caps_are_their_definitions),
        cmocka_unit_test(rotary_positions_turn_pairs_by_their_angle),
        cmocka_unit_test(rows_have_the_same_bits_on_every_instruction_set),
        cmocka_unit_test(packed_rows_have_the_same_bits_on_every_instruction_set),
        cmocka_unit_test(sizes_of_packed_rows_that_overflow_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
