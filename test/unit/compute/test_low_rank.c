/* A low-rank change: what plain sums in the documented order give, to the bit, on every instruction
 * set, and for each row whatever rows are beside it. */
#include "compute/low_rank.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 75, OUTPUTS = 53, RANK = 21, ROWS = 8 };

static float a_values[RANK * INPUTS], b_values[OUTPUTS * RANK], x_values[ROWS * INPUTS],
    y_values[ROWS * OUTPUTS];

static void fill(float *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)((double)(seeded_next(&seed) >> 11) / 4503599627370496.0 - 1);
}

static struct hearth_panels panels_of(const float *values, size_t outputs, size_t inputs)
{
    struct hearth_panels panels;
    const void *source = values;
    assert_int_equal(hearth_panels_init(&panels, HEARTH_QUANT_F32, outputs, inputs, 1, NULL), 0);
    panels.memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&panels));
    assert_int_equal(hearth_panels_repack(&panels, &source, 0, panels.panel_count, NULL), 0);
    return panels;
}

/* The definition, for one row; columns of the result lie `panel_stride` floats apart by 16. */
static void expected_row(size_t row, float scale, size_t first, size_t outputs, size_t panel_stride,
                         float *y)
{
    float h[RANK];
    for (size_t j = 0; j < RANK; j++) {
        float sum = 0;
        for (size_t i = 0; i < INPUTS; i++)
            sum = fmaf(a_values[j * INPUTS + i], x_values[row * INPUTS + i], sum);
        h[j] = scale * sum;
    }
    for (size_t o = 0; o < outputs; o++) {
        float sum = 0;
        for (size_t j = 0; j < RANK; j++)
            sum = fmaf(b_values[(first + o) * RANK + j], h[j], sum);
        y[o / 16 * panel_stride + o % 16] += sum;
    }
}

static void check(const struct hearth_decoder_kernels *kernels, unsigned mask, size_t first,
                  size_t outputs, size_t panel_stride)
{
    enum { STRIDE = 160 };
    const struct hearth_panels a = panels_of(a_values, RANK, INPUTS),
                               b = panels_of(b_values, OUTPUTS, RANK);
    const size_t rows = (size_t)__builtin_popcount(mask);
    void *memory =
        hearth_aligned_alloc(64, hearth_packed_rows_bytes(HEARTH_PACKING_F32, ROWS, INPUTS));
    struct hearth_packed_rows x;
    float scales[ROWS], h[RANK * ROWS];
    static _Alignas(64) float is[ROWS * STRIDE], expected[ROWS * STRIDE];
    hearth_packed_rows_init(&x, HEARTH_PACKING_F32, rows, INPUTS, memory);
    size_t n = 0;
    for (size_t row = 0; row < ROWS; row++)
        if ((mask >> row & 1) != 0) {
            scales[n] = 0.5f + (float)row;
            hearth_pack_row(kernels, &x, n++, x_values + row * INPUTS);
        }
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        is[i] = expected[i] = y_values[i % (ROWS * OUTPUTS)];
    /* In two parts, as two members of a team would. */
    hearth_low_rank_reduce(kernels, &a, 0, 1, &x, scales, h);
    hearth_low_rank_reduce(kernels, &a, 1, 4, &x, scales, h);
    const struct hearth_low_rank_sum sum = {.values = is,
                                            .stride = STRIDE,
                                            .first = first,
                                            .outputs = outputs,
                                            .panel_stride = panel_stride,
                                            .mask = mask};
    hearth_low_rank_expand(kernels, &b, h, &sum);
    for (size_t row = 0; row < ROWS; row++)
        if ((mask >> row & 1) != 0)
            expected_row(row, 0.5f + (float)row, first, outputs, panel_stride,
                         expected + row * STRIDE);
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        if (memcmp(&is[i], &expected[i], sizeof(float)) != 0)
            fail_msg("%s, rows %x: number %zu of row %zu is %.9g, not %.9g",
                     hearth_decoder_kernels_name(kernels), mask, i % STRIDE, i / STRIDE,
                     (double)is[i], (double)expected[i]);
    hearth_free(a.memory);
    hearth_free(b.memory);
    hearth_free(memory);
}

static void every_row_gets_its_sums_in_order_on_every_instruction_set(void **state)
{
    (void)state;
    fill(a_values, RANK * INPUTS, 3);
    fill(b_values, OUTPUTS * RANK, 4);
    fill(x_values, ROWS * INPUTS, 5);
    fill(y_values, ROWS * OUTPUTS, 6);
    for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++) {
        if (!hearth_isa_usable((enum hearth_isa)isa))
            continue;
        const struct hearth_decoder_kernels *kernels =
            hearth_decoder_kernels_for((enum hearth_isa)isa);
        for (unsigned mask = 1; mask < 1u << ROWS; mask++)
            check(kernels, mask, 0, OUTPUTS, 16);
        check(kernels, 0x5a, 16, 32, 16);
        check(kernels, 0xff, 16, 37, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_gets_its_sums_in_order_on_every_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
