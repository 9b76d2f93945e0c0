/* What panels of each form look like, and how large they are; panel_form.h draws them. */
#include "compute/panel_form.h"

#include "base/error.h"

/* The offset is what stands for 0 in a form. It is a multiple of 8, or nothing, so that one word of
 * a packed row serves all (decoder_table.h). Bytes and the table's values are shifted by 128 to be
 * unsigned, which the dot product instructions want of weights. */
static const struct hearth_form_shape shapes[HEARTH_FORM_COUNT] = {
    [HEARTH_FORM_F32] = {.name = "f32", .float_bytes = 4},
    [HEARTH_FORM_F16] = {.name = "f16", .float_bytes = 2},
    [HEARTH_FORM_BF16] = {.name = "bf16", .float_bytes = 2},
    [HEARTH_FORM_Q4] = {.name = "q4", .code_bits = 4, .offset = 8, .scales = 1},
    [HEARTH_FORM_Q4_MIN] = {.name = "q4_min", .code_bits = 4, .scales = 1, .minima = true},
    [HEARTH_FORM_Q4_TABLE] =
        {.name = "q4_table", .code_bits = 4, .offset = 128, .scales = 1, .table = true},
    [HEARTH_FORM_Q4_HALF] = {.name = "q4_half", .code_bits = 4, .offset = 8, .scales = 2},
    [HEARTH_FORM_Q4_HALF_MIN] = {.name = "q4_half_min",
                                 .code_bits = 4,
                                 .scales = 2,
                                 .minima = true},
    [HEARTH_FORM_Q5] = {.name = "q5", .code_bits = 5, .offset = 16, .scales = 1},
    [HEARTH_FORM_Q5_MIN] = {.name = "q5_min", .code_bits = 5, .scales = 1, .minima = true},
    [HEARTH_FORM_Q6_HALF] = {.name = "q6_half", .code_bits = 6, .offset = 32, .scales = 2},
    [HEARTH_FORM_Q8] = {.name = "q8", .code_bits = 8, .offset = 128, .scales = 1},
};

/* Several types share a form when their codes have as many bits and scales cover as many inputs,
 * whatever the file calls them. Q2_K and Q3_K have 2 and 3 bits and are kept in nibbles, so that
 * they need no kernels of their own; their scales are for 16. */
static const uint8_t forms[HEARTH_QUANT_END] = {
    [HEARTH_QUANT_F32] = HEARTH_FORM_F32,          [HEARTH_QUANT_F16] = HEARTH_FORM_F16,
    [HEARTH_QUANT_BF16] = HEARTH_FORM_BF16,        [HEARTH_QUANT_Q4_0] = HEARTH_FORM_Q4,
    [HEARTH_QUANT_Q4_1] = HEARTH_FORM_Q4_MIN,      [HEARTH_QUANT_Q5_0] = HEARTH_FORM_Q5,
    [HEARTH_QUANT_Q5_1] = HEARTH_FORM_Q5_MIN,      [HEARTH_QUANT_Q8_0] = HEARTH_FORM_Q8,
    [HEARTH_QUANT_Q2_K] = HEARTH_FORM_Q4_HALF_MIN, [HEARTH_QUANT_Q3_K] = HEARTH_FORM_Q4_HALF,
    [HEARTH_QUANT_Q4_K] = HEARTH_FORM_Q4_MIN,      [HEARTH_QUANT_Q5_K] = HEARTH_FORM_Q5_MIN,
    [HEARTH_QUANT_Q6_K] = HEARTH_FORM_Q6_HALF,     [HEARTH_QUANT_IQ4_NL] = HEARTH_FORM_Q4_TABLE,
    [HEARTH_QUANT_IQ4_XS] = HEARTH_FORM_Q4_TABLE,
};

const struct hearth_form_shape *hearth_form_shape(enum hearth_form form)
{
    return &shapes[form];
}

enum hearth_form hearth_form_of(enum hearth_quant type)
{
    return (enum hearth_form)forms[type];
}

const char *hearth_form_name(enum hearth_form form)
{
    return shapes[form].name;
}

/* 0 when it overflows. Inputs are counted in pairs of blocks, or pairs of floats, since these are
 * what the kernels read at once; the rest of a last pair is zeros. */
static size_t panel_bytes(const struct hearth_form_shape *shape, size_t inputs)
{
    size_t bytes, unit = shape->float_bytes ? 2 : 2 * HEARTH_BLOCK;
    size_t unit_bytes = shape->float_bytes
                            ? 2u * shape->float_bytes * HEARTH_PANEL_OUTPUTS
                            : hearth_pair_bytes(shape->code_bits, shape->scales, shape->minima);
    size_t units = inputs / unit + (inputs % unit != 0);
    return __builtin_mul_overflow(units, unit_bytes, &bytes) ? 0 : bytes;
}

int hearth_panels_init(struct hearth_panels *panels, enum hearth_quant type, size_t outputs,
                       size_t inputs, unsigned parts, struct hearth_error *error)
{
    enum hearth_form form = hearth_form_of(type);
    size_t bytes = panel_bytes(&shapes[form], inputs), whole;
    size_t count = outputs / HEARTH_PANEL_OUTPUTS + (outputs % HEARTH_PANEL_OUTPUTS != 0);
    if (!outputs || !inputs)
        return hearth_error_set(error, HEARTH_EMODEL, "a matrix of weights is empty");
    /* Sizes are from a file. All are judged here, before memory of that size is asked for, so that
     * repacking and kernels multiply without a thought. */
    if (inputs % hearth_quant_type(type)->block_values)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "rows of %zu weights are no whole blocks of the type %s", inputs,
                                hearth_quant_type(type)->name);
    if (!bytes || __builtin_mul_overflow(count, (size_t)parts, &count) ||
        __builtin_mul_overflow(count, bytes, &whole) || whole > SIZE_MAX / 2)
        return hearth_error_set(error, HEARTH_EMODEL, "a matrix of %zu × %zu weights is too large",
                                outputs, inputs);
    *panels = (struct hearth_panels){.form = form,
                                     .type = type,
                                     .parts = parts,
                                     .outputs = outputs,
                                     .inputs = inputs,
                                     .panel_count = count,
                                     .panel_bytes = bytes};
    return 0;
}

size_t hearth_panels_bytes(const struct hearth_panels *panels)
{
    return panels->panel_count * panels->panel_bytes;
}
