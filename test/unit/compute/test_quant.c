/* Types of GGUF tensors against what the package gguf says (test/golden/make_quants.py). */
#include "compute/quant.h"

#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DEQUANTIZES, QUANTIZES };

struct record {
    uint32_t type, values, bytes, kind;
};

static unsigned check_records(uint32_t kind)
{
    FILE *file = fopen(HEARTH_SOURCE_DIR "/test/golden/quants.bin", "rb");
    struct record record;
    unsigned checked = 0;
    assert_non_null(file);
    while (fread(&record, sizeof(record), 1, file) == 1) {
        uint8_t *bytes = hearth_alloc(record.bytes), *made = hearth_alloc(record.bytes);
        float *values = hearth_alloc(record.values * sizeof(float));
        float *got = hearth_alloc(record.values * sizeof(float));
        assert_int_equal(fread(bytes, 1, record.bytes, file), record.bytes);
        assert_int_equal(fread(values, sizeof(float), record.values, file), record.values);
        assert_int_equal(hearth_quant_bytes(record.type, record.values), record.bytes);
        if (record.kind == kind) {
            hearth_dequantize((enum hearth_quant)record.type, bytes, record.values, got);
            if (kind == QUANTIZES) {
                assert_true(hearth_quant_can_be_made((enum hearth_quant)record.type));
                hearth_quantize((enum hearth_quant)record.type, values, record.values, made);
                if (memcmp(made, bytes, record.bytes) != 0)
                    fail_msg("%s is made otherwise", hearth_quant_type(record.type)->name);
            } else if (memcmp(got, values, record.values * sizeof(float)) != 0) {
                fail_msg("%s has other values", hearth_quant_type(record.type)->name);
            }
            checked++;
        }
        hearth_free(bytes);
        hearth_free(made);
        hearth_free(values);
        hearth_free(got);
    }
    fclose(file);
    return checked;
}

static void every_type_is_worth_what_the_reference_says_to_the_bit(void **state)
{
    (void)state;
    unsigned known = 0;
    for (uint32_t type = 0; type < HEARTH_QUANT_END; type++)
        known += hearth_quant_type(type) != NULL;
    assert_int_equal(check_records(DEQUANTIZES), known);
}

static void floats_become_the_blocks_that_the_reference_makes(void **state)
{
    (void)state;
    assert_int_equal(check_records(QUANTIZES), 5);
}

static void every_f16_survives_the_way_to_f32_and_back(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        float value = hearth_f16_to_f32((uint16_t)bits);
        if ((bits & 0x7fff) > 0x7c00) {
            assert_true(isnan(value) && isnan(hearth_f16_to_f32(hearth_f32_to_f16(value))));
            continue;
        }
        assert_int_equal(hearth_f32_to_f16(value), bits);
    }
}

/* Between two neighbours: to the nearer one, in the middle to the even one. */
static void f32_is_rounded_to_the_nearest_f16(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x7bff; bits++) {
        float low = hearth_f16_to_f32((uint16_t)bits), high = hearth_f16_to_f32((uint16_t)bits + 1);
        float middle = low + (high - low) / 2;
        assert_int_equal(hearth_f32_to_f16(middle), bits + (bits & 1));
        assert_int_equal(hearth_f32_to_f16(nextafterf(middle, 0)), bits);
        assert_int_equal(hearth_f32_to_f16(-nextafterf(middle, INFINITY)), 0x8000 | (bits + 1));
    }
    assert_int_equal(hearth_f32_to_f16(65519), 0x7bff);
    assert_int_equal(hearth_f32_to_f16(65520), 0x7c00);
    assert_int_equal(hearth_f32_to_f16(1e30f), 0x7c00);
    assert_int_equal(hearth_f32_to_f16(1e-30f), 0);
}

static void bf16_is_rounded_to_the_nearest_even_and_nan_stays(void **state)
{
    (void)state;
    assert_int_equal(hearth_f32_to_bf16(1), 0x3f80);
    assert_int_equal(hearth_f32_to_bf16(1 + 0x1p-8f), 0x3f80);
    assert_int_equal(hearth_f32_to_bf16(1 + 0x3p-8f), 0x3f82);
    assert_int_equal(hearth_f32_to_bf16(1 + 0x1.01p-8f), 0x3f81);
    assert_true(isnan(hearth_bf16_to_f32(hearth_f32_to_bf16(NAN))));
    assert_int_equal(hearth_f32_to_bf16(-INFINITY), 0xff80);
}

static void sizes_that_do_not_fit_are_zero(void **state)
{
    (void)state;
    assert_int_equal(hearth_quant_bytes(HEARTH_QUANT_Q4_0, 64), 36);
    assert_int_equal(hearth_quant_bytes(HEARTH_QUANT_Q4_0, 33), 0);
    assert_int_equal(hearth_quant_bytes(HEARTH_QUANT_Q6_K, 128), 0);
    assert_int_equal(hearth_quant_bytes(HEARTH_QUANT_F32, SIZE_MAX / 2), 0);
    assert_int_equal(hearth_quant_bytes(4, 32), 0);
    assert_int_equal(hearth_quant_bytes(4000000000u, 32), 0);
    assert_null(hearth_quant_type(HEARTH_QUANT_END));
}

/* Numbers for which the inverse of the scale is no number. */
static void floats_without_a_scale_become_some_block(void **state)
{
    (void)state;
    static const enum hearth_quant made[] = {HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0,
                                             HEARTH_QUANT_Q4_1};
    static const float hard[] = {0, 1e-45f, -3e-39f, 3e38f};
    for (size_t t = 0; t < 3; t++)
        for (size_t h = 0; h < 4; h++) {
            float x[32], y[32];
            uint8_t block[34];
            for (size_t i = 0; i < 32; i++)
                x[i] = i % 3 ? hard[h] : -hard[h];
            hearth_quantize(made[t], x, 32, block);
            hearth_dequantize(made[t], block, 32, y);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_worth_what_the_reference_says_to_the_bit),
        cmocka_unit_test(floats_become_the_blocks_that_the_reference_makes),
        cmocka_unit_test(every_f16_survives_the_way_to_f32_and_back),
        cmocka_unit_test(f32_is_rounded_to_the_nearest_f16),
        cmocka_unit_test(bf16_is_rounded_to_the_nearest_even_and_nan_stays),
        cmocka_unit_test(sizes_that_do_not_fit_are_zero),
        cmocka_unit_test(floats_without_a_scale_become_some_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
