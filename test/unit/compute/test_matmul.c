/* Products with every type of weights on every instruction set: right, and the same bits whatever
 * is computed beside a row. */
#include "compute/finish.h"
#include "compute/matmul.h"

#include "support/weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_ROWS = 40 };

struct layer {
    struct hearth_panels panels;
    uint8_t *weights[2];
};

static struct layer layer_create(enum hearth_quant type, size_t outputs, size_t inputs,
                                 unsigned parts)
{
    struct layer layer = {
        .weights = {random_weights(type, outputs, inputs), random_weights(type, outputs, inputs)}};
    const void *sources[2] = {layer.weights[0], layer.weights[1]};
    assert_int_equal(hearth_panels_init(&layer.panels, type, outputs, inputs, parts, NULL), 0);
    layer.panels.memory =
        hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&layer.panels));
    assert_int_equal(
        hearth_panels_repack(&layer.panels, sources, 0, layer.panels.panel_count, NULL), 0);
    return layer;
}

static void layer_destroy(struct layer *layer)
{
    hearth_free(layer->panels.memory);
    hearth_free(layer->weights[0]);
    hearth_free(layer->weights[1]);
}

static struct hearth_packed_rows packed(const struct hearth_decoder_kernels *kernels,
                                        enum hearth_form form, const float *x, size_t rows,
                                        size_t inputs)
{
    struct hearth_packed_rows packed;
    enum hearth_packing packing = hearth_packing_of(form);
    void *memory = hearth_aligned_alloc(64, hearth_packed_rows_bytes(packing, rows, inputs));
    hearth_packed_rows_init(&packed, packing, rows, inputs, memory);
    for (size_t r = rows; r-- > 0;)
        hearth_pack_row(kernels, &packed, r, x + r * inputs);
    return packed;
}

struct run {
    const struct hearth_decoder_kernels *kernels;
    const struct hearth_product *products;
    size_t count;
};

static void work(struct hearth_member *member, void *argument)
{
    const struct run *run = argument;
    hearth_products_run(member, run->kernels, run->products, run->count);
}

static void run_products(struct hearth_team *team, const struct hearth_decoder_kernels *kernels,
                         const struct hearth_product *products, size_t count)
{
    struct run run = {kernels, products, count};
    hearth_team_run(team, work, &run);
}

/* y[rows, outputs] */
static float *multiply(struct hearth_team *team, const struct hearth_decoder_kernels *kernels,
                       const struct layer *layer, const float *x, size_t rows, size_t strip)
{
    size_t inputs = layer->panels.inputs, outputs = layer->panels.outputs;
    struct hearth_packed_rows a = packed(kernels, layer->panels.form, x, rows, inputs);
    float *y = hearth_calloc(rows * outputs + 1, sizeof(float));
    struct hearth_finish_store store = {.y = y, .stride = outputs};
    struct hearth_product product = {.weights = &layer->panels,
                                     .rows = &a,
                                     .strip = strip,
                                     .finish = hearth_finish_store,
                                     .argument = &store};
    y[rows * outputs] = 12345;
    run_products(team, kernels, &product, 1);
    assert_true(y[rows * outputs] == 12345);
    hearth_free(a.memory);
    return y;
}

/* What rounding x for the form may cost at most, relative to the sum of |x·w|. */
static double allowed_error(enum hearth_quant type)
{
    switch (hearth_packing_of(hearth_form_of(type))) {
    case HEARTH_PACKING_F32:
        return 1e-6; /* f32 sums of 544 terms: 2^-24 · √544 · a few */
    case HEARTH_PACKING_BF16:
        return 0x1p-9;
    default:
        return 0;
    }
}

/* x as codes of s8 by 32, like the kernels take it. */
static void round_to_codes(float *x, size_t count)
{
    for (size_t first = 0; first < count; first += 32) {
        float largest = 0;
        for (size_t i = first; i < first + 32; i++)
            largest = fmaxf(largest, fabsf(x[i]));
        for (size_t i = first; i < first + 32; i++)
            x[i] = largest != 0 ? rintf(x[i] * (127 / largest)) * (largest / 127) : 0;
    }
}

static void check_against_double(struct hearth_team *team, enum hearth_quant type, size_t outputs,
                                 size_t inputs)
{
    enum { ROWS = 3 };
    struct layer layer = layer_create(type, outputs, inputs, 1);
    float *x = random_floats(ROWS * inputs, -3, 2), *w = hearth_alloc(inputs * sizeof(float));
    memset(x + inputs, 0, 32 * sizeof(float));
    float *y = multiply(team, hearth_decoder_kernels_for(HEARTH_ISA_PLAIN), &layer, x, ROWS, 64);
    if (hearth_packing_of(layer.panels.form) == HEARTH_PACKING_S8)
        round_to_codes(x, ROWS * inputs);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t o = 0; o < outputs; o++) {
            double want = 0, size = 0;
            hearth_panels_row(&layer.panels, 0, o, w);
            for (size_t i = 0; i < inputs; i++) {
                want += (double)x[r * inputs + i] * w[i];
                size += fabs((double)x[r * inputs + i] * w[i]);
            }
            /* a fused multiply-add for each block or half, with two rounded scales; with a minimum
             * the two sums may cancel, of up to 15 times the size */
            double bound = fmax(allowed_error(type), 2e-5) * size + 1e-9;
            if (!(fabs(y[r * outputs + o] - want) <= bound))
                fail_msg("%s, row %zu, output %zu: %g instead of %g", hearth_quant_type(type)->name,
                         r, o, (double)y[r * outputs + o], want);
        }
    hearth_free(x);
    hearth_free(w);
    hearth_free(y);
    layer_destroy(&layer);
}

static void products_in_plain_c_are_the_sums_of_their_definition(void **state)
{
    (void)state;
    struct hearth_team *team = hearth_team_create(1);
    EACH_TYPE(type)
    {
        size_t block = hearth_quant_type(type)->block_values;
        check_against_double(team, type, 40, block == 256 ? 512 : 544);
        if (block == 1)
            check_against_double(team, type, 17, 37 + 27);
    }
    hearth_team_destroy(team);
}

/* One row at a time. */
static float *row_by_row(struct hearth_team *team, enum hearth_isa isa, const struct layer *layer,
                         const float *x)
{
    size_t inputs = layer->panels.inputs, outputs = layer->panels.outputs;
    float *result = hearth_alloc(MOST_ROWS * outputs * sizeof(float));
    for (size_t r = 0; r < MOST_ROWS; r++) {
        float *y = multiply(team, hearth_decoder_kernels_for(isa), layer, x + r * inputs, 1, 16);
        memcpy(result + r * outputs, y, outputs * sizeof(float));
        hearth_free(y);
    }
    return result;
}

/* Tile registers sum bf16 in an order of their own. */
static bool has_its_own_order(enum hearth_isa isa, enum hearth_quant type)
{
    return isa == HEARTH_ISA_AMX && hearth_packing_of(hearth_form_of(type)) == HEARTH_PACKING_BF16;
}

/* What rounding differently may change: a few units of the last place of a sum of some size. */
static void check_near(const float *got, const float *want, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_float_equal(got[i], want[i], 1e-4f * (1 + fabsf(want[i])));
}

/* Every count of rows with every table against one row at a time in plain C. */
static void check_bits(enum hearth_quant type, size_t outputs, size_t inputs)
{
    struct layer layer = layer_create(type, outputs, inputs, 1);
    float *x = random_floats(MOST_ROWS * inputs, -3, 2);
    struct hearth_team *teams[3];
    for (unsigned t = 0; t < 3; t++)
        teams[t] = hearth_team_create(t + 1);
    float *plain = row_by_row(teams[0], HEARTH_ISA_PLAIN, &layer, x), *tiled = NULL;
    if (hearth_isa_usable(HEARTH_ISA_AMX)) {
        tiled = row_by_row(teams[0], HEARTH_ISA_AMX, &layer, x);
        check_near(tiled, plain, MOST_ROWS * outputs);
    }
    EACH_ISA(isa)
    for (size_t rows = 1; rows <= MOST_ROWS; rows += rows < 18 ? 1 : 11) {
        if (isa == HEARTH_ISA_PLAIN && rows > 9)
            break;
        size_t from = random_word() % (MOST_ROWS + 1 - rows);
        float *y = multiply(teams[rows % 3], hearth_decoder_kernels_for(isa), &layer,
                            x + from * inputs, rows, 16 << rows % 4);
        const float *want = has_its_own_order(isa, type) ? tiled : plain;
        if (memcmp(y, want + from * outputs, rows * outputs * sizeof(float)) != 0)
            fail_msg("%s, %s: %zu rows have other bits",
                     hearth_decoder_kernels_name(hearth_decoder_kernels_for(isa)),
                     hearth_quant_type(type)->name, rows);
        hearth_free(y);
    }
    for (unsigned t = 0; t < 3; t++)
        hearth_team_destroy(teams[t]);
    hearth_free(x);
    hearth_free(plain);
    hearth_free(tiled);
    layer_destroy(&layer);
}

static void a_row_has_the_same_bits_for_any_rows_threads_and_instruction_set(void **state)
{
    (void)state;
    EACH_TYPE(type)
    {
        size_t block = hearth_quant_type(type)->block_values;
        check_bits(type, 90, block == 256 ? 256 : 96);
        if (block == 1)
            check_bits(type, 20, 53);
    }
}

static void codes_at_their_extremes_do_not_overflow(void **state)
{
    (void)state;
    enum { INPUTS = 512 };
    struct hearth_team *team = hearth_team_create(1);
    EACH_TYPE(type)
    {
        if (hearth_quant_type(type)->block_values == 1)
            continue;
        for (int ones = 0; ones < 2; ones++) {
            struct layer layer = layer_create(type, 16, INPUTS, 1);
            memset(layer.weights[0], ones ? 0xff : 0, 16 * hearth_quant_bytes(type, INPUTS));
            for (size_t i = 0; i < 16 * hearth_quant_bytes(type, INPUTS);
                 i += hearth_quant_type(type)->block_bytes)
                for (const int *place = f16_places(type); *place >= 0; place++)
                    memcpy(layer.weights[0] + i + *place, "\x00\x3c", 2);
            const void *source = layer.weights[0];
            assert_int_equal(hearth_panels_repack(&layer.panels, &source, 0, 1, NULL), 0);
            float *x = random_floats(INPUTS, 1, 1);
            float *want =
                multiply(team, hearth_decoder_kernels_for(HEARTH_ISA_PLAIN), &layer, x, 1, 16);
            EACH_ISA(isa)
            {
                float *y = multiply(team, hearth_decoder_kernels_for(isa), &layer, x, 1, 16);
                assert_memory_equal(y, want, 16 * sizeof(float));
                hearth_free(y);
            }
            hearth_free(x);
            hearth_free(want);
            layer_destroy(&layer);
        }
    }
    hearth_team_destroy(team);
}

/* Three matrices of different types and sizes in one list, one with no rows to spare. */
static void a_list_of_products_is_each_of_them(void **state)
{
    (void)state;
    static const enum hearth_quant types[3] = {HEARTH_QUANT_Q4_0, HEARTH_QUANT_Q8_0,
                                               HEARTH_QUANT_BF16};
    static const size_t outputs[3] = {576, 16, 200}, rows[3] = {1, 37, 9};
    const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(hearth_isa_best());
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct hearth_team *team = hearth_team_create(threads);
        struct layer layers[3];
        struct hearth_packed_rows a[3];
        struct hearth_finish_store stores[3];
        struct hearth_product products[3];
        float *x[3], *want[3];
        for (size_t i = 0; i < 3; i++) {
            layers[i] = layer_create(types[i], outputs[i], 96, 1);
            x[i] = random_floats(rows[i] * 96, -1, 1);
            want[i] = multiply(team, kernels, &layers[i], x[i], rows[i], 32);
            a[i] = packed(kernels, layers[i].panels.form, x[i], rows[i], 96);
            stores[i] = (struct hearth_finish_store){
                .y = hearth_calloc(rows[i] * outputs[i], sizeof(float)), .stride = outputs[i]};
            products[i] = (struct hearth_product){.weights = &layers[i].panels,
                                                  .rows = &a[i],
                                                  .strip = 64,
                                                  .finish = hearth_finish_store,
                                                  .argument = &stores[i]};
        }
        run_products(team, kernels, products, 3);
        run_products(team, kernels, products, 0);
        for (size_t i = 0; i < 3; i++) {
            assert_memory_equal(stores[i].y, want[i], rows[i] * outputs[i] * sizeof(float));
            hearth_free(stores[i].y);
            hearth_free(want[i]);
            hearth_free(x[i]);
            hearth_free(a[i].memory);
            layer_destroy(&layers[i]);
        }
        hearth_team_destroy(team);
    }
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

/* Gate and up interleaved, packed for the next product, the residual added: a feed-forward. */
static void check_feed_forward(enum hearth_isa isa, size_t rows, size_t hidden, size_t width)
{
    const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(isa);
    struct hearth_team *team = hearth_team_create(2);
    struct layer gates = layer_create(HEARTH_QUANT_F32, hidden, width, 2);
    struct layer down = layer_create(HEARTH_QUANT_F32, width, hidden, 1);
    float *x = random_floats(rows * width, -1, 1), *y = random_floats(rows * width, -1, 1);
    float *before = hearth_alloc(rows * width * sizeof(float));
    float *bias[2] = {random_floats(hidden, -1, 1), random_floats(hidden, -1, 1)};
    float *out_bias = random_floats(width, -1, 1), *w = hearth_alloc(hidden * sizeof(float));
    memcpy(before, y, rows * width * sizeof(float));
    struct hearth_packed_rows a = packed(kernels, HEARTH_FORM_F32, x, rows, width), h;
    hearth_packed_rows_init(
        &h, HEARTH_PACKING_F32, rows, hidden,
        hearth_aligned_alloc(64, hearth_packed_rows_bytes(HEARTH_PACKING_F32, rows, hidden)));
    struct hearth_finish_gate gate = {
        .activation = HEARTH_ACTIVATION_SILU, .bias = {bias[0], bias[1]}, .to = &h};
    struct hearth_finish_add add = {.y = y, .stride = width, .bias = out_bias, .scale = 0.5f};
    struct hearth_product first = {&gates.panels, &a, 64, hearth_finish_gate, &gate};
    struct hearth_product second = {&down.panels, &h, 64, hearth_finish_add, &add};
    run_products(team, kernels, &first, 1);
    run_products(team, kernels, &second, 1);
    for (size_t r = 0; r < rows; r++) {
        double *middle = hearth_calloc(hidden, sizeof(double));
        for (size_t o = 0; o < hidden; o++) {
            double sums[2] = {bias[0][o], bias[1][o]};
            for (unsigned part = 0; part < 2; part++) {
                hearth_dequantize(HEARTH_QUANT_F32, gates.weights[part] + o * width * 4, width, w);
                for (size_t i = 0; i < width; i++)
                    sums[part] += (double)x[r * width + i] * w[i];
            }
            middle[o] = silu(sums[0]) * sums[1];
        }
        for (size_t o = 0; o < width; o++) {
            double sum = out_bias[o];
            hearth_dequantize(HEARTH_QUANT_F32, down.weights[0] + o * hidden * 4, hidden, w);
            for (size_t i = 0; i < hidden; i++)
                sum += middle[i] * w[i];
            assert_true(fabs(y[r * width + o] - (before[r * width + o] + 0.5 * sum)) < 1e-4);
        }
        hearth_free(middle);
    }
    hearth_free(h.memory);
    hearth_free(a.memory);
    hearth_free(x);
    hearth_free(y);
    hearth_free(w);
    hearth_free(before);
    hearth_free(bias[0]);
    hearth_free(bias[1]);
    hearth_free(out_bias);
    layer_destroy(&gates);
    layer_destroy(&down);
    hearth_team_destroy(team);
}

static void a_gated_feed_forward_is_its_definition(void **state)
{
    (void)state;
    EACH_ISA(isa)
    {
        check_feed_forward(isa, 1, 64, 32);
        check_feed_forward(isa, 11, 150, 48);
    }
}

/* A row of numbers that are none gives none, and leaves its neighbours alone. */
static void numbers_that_are_none_stay_in_their_row(void **state)
{
    (void)state;
    struct hearth_team *team = hearth_team_create(1);
    struct layer layer = layer_create(HEARTH_QUANT_Q4_0, 16, 64, 1);
    float *x = random_floats(3 * 64, -1, 1);
    EACH_ISA(isa)
    for (int infinite = 0; infinite < 2; infinite++) {
        x[64 + 7] = infinite ? -INFINITY : NAN;
        float *y = multiply(team, hearth_decoder_kernels_for(isa), &layer, x, 3, 16);
        for (size_t o = 0; o < 16; o++) {
            assert_true(isfinite(y[o]) && isfinite(y[32 + o]));
            assert_false(isfinite(y[16 + o]));
        }
        hearth_free(y);
    }
    hearth_free(x);
    layer_destroy(&layer);
    hearth_team_destroy(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_in_plain_c_are_the_sums_of_their_definition),
        cmocka_unit_test(a_row_has_the_same_bits_for_any_rows_threads_and_instruction_set),
        cmocka_unit_test(codes_at_their_extremes_do_not_overflow),
        cmocka_unit_test(a_list_of_products_is_each_of_them),
        cmocka_unit_test(a_gated_feed_forward_is_its_definition),
        cmocka_unit_test(numbers_that_are_none_stay_in_their_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
