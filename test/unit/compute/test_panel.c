/* Panels hold what the file holds. */
#include "compute/panel.h"

#include "hearth/error_codes.h"
#include "support/weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct hearth_panels repacked(enum hearth_quant type, size_t outputs, size_t inputs,
                                     unsigned parts, const void *const *sources)
{
    struct hearth_panels panels;
    assert_int_equal(hearth_panels_init(&panels, type, outputs, inputs, parts, NULL), 0);
    panels.memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&panels));
    size_t half = panels.panel_count / 2;
    assert_int_equal(hearth_panels_repack(&panels, sources, half, panels.panel_count - half, NULL),
                     0);
    assert_int_equal(hearth_panels_repack(&panels, sources, 0, half, NULL), 0);
    return panels;
}

/* Two scales are multiplied and their product is rounded to f16 in these. */
static bool has_products_of_scales(enum hearth_quant type)
{
    return hearth_quant_type(type)->block_values == 256;
}

static void check_rows(enum hearth_quant type, size_t outputs, size_t inputs, unsigned parts)
{
    uint8_t *weights[2] = {random_weights(type, outputs, inputs),
                           random_weights(type, outputs, inputs)};
    const void *sources[2] = {weights[0], weights[1]};
    struct hearth_panels panels = repacked(type, outputs, inputs, parts, sources);
    float *want = hearth_alloc(inputs * sizeof(float)), *got = hearth_alloc(inputs * sizeof(float));
    for (unsigned part = 0; part < parts; part++)
        for (size_t o = 0; o < outputs; o++) {
            hearth_dequantize(type, weights[part] + o * hearth_quant_bytes(type, inputs), inputs,
                              want);
            hearth_panels_row(&panels, part, o, got);
            /* scale · code and the minimum each within 2^-11 of up to 6.3 · 31 and 6.3 */
            for (size_t i = 0; i < inputs; i++)
                if (has_products_of_scales(type) ? fabsf(got[i] - want[i]) > 0x1p-11f * 410
                                                 : got[i] != want[i])
                    fail_msg("%s, part %u, row %zu, input %zu: %g instead of %g",
                             hearth_quant_type(type)->name, part, o, i, (double)got[i],
                             (double)want[i]);
        }
    hearth_free(want);
    hearth_free(got);
    hearth_free(panels.memory);
    hearth_free(weights[0]);
    hearth_free(weights[1]);
}

static void rows_of_panels_are_the_rows_of_the_file(void **state)
{
    (void)state;
    EACH_TYPE(type)
    {
        size_t block = hearth_quant_type(type)->block_values;
        check_rows(type, 16, block, 1);
        check_rows(type, 5, 3 * block, 1);
        check_rows(type, 50, 2 * block, 2);
    }
}

static void no_form_takes_more_than_its_table_says(void **state)
{
    (void)state;
    static const double bits[HEARTH_FORM_COUNT] = {
        [HEARTH_FORM_F32] = 32,    [HEARTH_FORM_F16] = 16,        [HEARTH_FORM_BF16] = 16,
        [HEARTH_FORM_Q4] = 4.5,    [HEARTH_FORM_Q4_MIN] = 5,      [HEARTH_FORM_Q4_TABLE] = 4.5,
        [HEARTH_FORM_Q4_HALF] = 5, [HEARTH_FORM_Q4_HALF_MIN] = 6, [HEARTH_FORM_Q5] = 5.5,
        [HEARTH_FORM_Q5_MIN] = 6,  [HEARTH_FORM_Q6_HALF] = 7,     [HEARTH_FORM_Q8] = 8.5,
    };
    EACH_TYPE(type)
    {
        struct hearth_panels panels;
        assert_int_equal(hearth_panels_init(&panels, type, 64, 512, 1, NULL), 0);
        assert_int_equal(hearth_panels_bytes(&panels),
                         (size_t)(bits[hearth_form_of(type)] * 64 * 512 / 8));
    }
}

static void shapes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct hearth_panels panels;
    struct hearth_error error = {0};
    EACH_TYPE(type)
    {
        assert_int_equal(hearth_panels_init(&panels, type, 0, 256, 1, &error), HEARTH_EMODEL);
        assert_int_equal(hearth_panels_init(&panels, type, 16, 0, 1, &error), HEARTH_EMODEL);
        assert_int_equal(hearth_panels_init(&panels, type, SIZE_MAX, 256, 2, &error),
                         HEARTH_EMODEL);
        assert_int_equal(hearth_panels_init(&panels, type, 256, SIZE_MAX / 256 * 256, 1, &error),
                         HEARTH_EMODEL);
        assert_int_equal(
            hearth_panels_init(&panels, type, (size_t)1 << 40, (size_t)1 << 40, 1, &error),
            HEARTH_EMODEL);
    }
    assert_int_equal(hearth_panels_init(&panels, HEARTH_QUANT_Q6_K, 16, 128, 1, &error),
                     HEARTH_EMODEL);
    assert_string_equal(error.message, "rows of 128 weights are no whole blocks of the type q6_K");
}

static void weights_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    EACH_TYPE(type)
    {
        size_t inputs = 256, row_bytes = hearth_quant_bytes(type, inputs);
        uint8_t *weights = random_weights(type, 20, inputs);
        const void *source = weights;
        struct hearth_panels panels;
        struct hearth_error error = {0};
        float nan = NAN;
        uint16_t infinite = type == HEARTH_QUANT_BF16 ? 0x7f80 : 0xfc00;
        const int *place = f16_places(type);
        assert_int_equal(hearth_panels_init(&panels, type, 20, inputs, 1, NULL), 0);
        panels.memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&panels));
        if (type == HEARTH_QUANT_F32)
            memcpy(weights + 18 * row_bytes, &nan, sizeof(nan));
        else
            memcpy(weights + 18 * row_bytes + (type == HEARTH_QUANT_BF16 ? 0 : *place), &infinite,
                   sizeof(infinite));
        assert_int_equal(hearth_panels_repack(&panels, &source, 0, 1, &error), 0);
        assert_int_equal(hearth_panels_repack(&panels, &source, 1, 1, &error), HEARTH_EMODEL);
        assert_non_null(strstr(error.message, "not a finite number"));
        for (size_t row = 0; row < 20; row++)
            assert_int_equal(hearth_quant_is_finite(type, weights + row * row_bytes, inputs),
                             row != 18);
        assert_false(hearth_quant_is_finite(type, weights, 20 * inputs));
        hearth_free(panels.memory);
        hearth_free(weights);
    }
}

/* In each place of a block where an f16 lies, or of a row where a float does. */
static void what_is_not_finite_is_found_in_every_place(void **state)
{
    (void)state;
    EACH_TYPE(type)
    {
        size_t inputs = 256, row_bytes = hearth_quant_bytes(type, inputs);
        uint16_t infinite = type == HEARTH_QUANT_BF16 || type == HEARTH_QUANT_F32 ? 0x7f80 : 0xfc00;
        size_t step = hearth_quant_type(type)->block_bytes;
        static const int upper_half[] = {2, -1}, whole[] = {0, -1}; /* of an f32, of a bf16 */
        const int *places = type == HEARTH_QUANT_F32    ? upper_half
                            : type == HEARTH_QUANT_BF16 ? whole
                                                        : f16_places(type);
        for (const int *place = places; *place >= 0; place++)
            for (size_t block = 0; block < row_bytes; block += step) {
                uint8_t *weights = random_weights(type, 1, inputs);
                assert_true(hearth_quant_is_finite(type, weights, inputs));
                memcpy(weights + block + *place, &infinite, sizeof(infinite));
                assert_false(hearth_quant_is_finite(type, weights, inputs));
                hearth_free(weights);
            }
    }
}

/* d and sc are finite, d · sc is beyond f16: said, not made infinite. */
static void products_of_scales_beyond_f16_are_refused(void **state)
{
    (void)state;
    uint8_t *weights = random_weights(HEARTH_QUANT_Q4_K, 1, 256);
    const void *source = weights;
    struct hearth_panels panels;
    uint16_t large = hearth_f32_to_f16(60000);
    assert_int_equal(hearth_panels_init(&panels, HEARTH_QUANT_Q4_K, 1, 256, 1, NULL), 0);
    panels.memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&panels));
    memcpy(weights, &large, sizeof(large));
    assert_int_equal(hearth_panels_repack(&panels, &source, 0, 1, NULL), HEARTH_EMODEL);
    hearth_free(panels.memory);
    hearth_free(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_panels_are_the_rows_of_the_file),
        cmocka_unit_test(no_form_takes_more_than_its_table_says),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(weights_that_are_not_finite_are_refused),
        cmocka_unit_test(what_is_not_finite_is_found_in_every_place),
        cmocka_unit_test(products_of_scales_beyond_f16_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
