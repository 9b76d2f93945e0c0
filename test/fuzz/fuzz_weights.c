/* Any bytes as the blocks of every type of GGUF's tensors: worth some numbers, and repacked or
 * refused, but read and written within their bounds. The first byte says the type, the second the
 * rows. */
#include "base/memory.h"
#include "compute/panel.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A block of its own for what is read and what is written, so that a sanitizer sees their ends. */
static void repack(enum hearth_quant type, const uint8_t *bytes, size_t rows, size_t inputs,
                   unsigned parts)
{
    size_t row_bytes = hearth_quant_bytes(type, inputs);
    struct hearth_panels panels;
    uint8_t *source = hearth_alloc(rows * row_bytes);
    float *y = hearth_alloc(inputs * sizeof(float));
    memcpy(source, bytes, rows * row_bytes);
    const void *sources[2] = {source, source};
    for (size_t r = 0; r < rows; r++)
        hearth_dequantize(type, source + r * row_bytes, inputs, y);
    if (hearth_panels_init(&panels, type, rows, inputs, parts, NULL) == 0) {
        panels.memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT, hearth_panels_bytes(&panels));
        if (hearth_panels_repack(&panels, sources, 0, panels.panel_count, NULL) == 0)
            hearth_panels_row(&panels, parts - 1, rows - 1, y);
        hearth_free(panels.memory);
    }
    hearth_free(source);
    hearth_free(y);
}

static void quantize(enum hearth_quant type, const uint8_t *bytes)
{
    const struct hearth_quant_type *facts = hearth_quant_type(type);
    float x[32], y[32];
    memcpy(x, bytes, sizeof(x));
    for (size_t i = 0; i < 32; i++)
        if (!(x[i] >= -3.4e38f && x[i] <= 3.4e38f))
            x[i] = 0;
    size_t size = 32 / facts->block_values * facts->block_bytes;
    uint8_t *made = hearth_alloc(size);
    hearth_quantize(type, x, 32, made);
    hearth_dequantize(type, made, 32, y);
    hearth_free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    uint32_t type = bytes[0] % (HEARTH_QUANT_END + 1);
    const struct hearth_quant_type *facts = hearth_quant_type(type);
    size_t rows = bytes[1] % 40 + 1;
    bytes += 2, length -= 2;
    if (!facts)
        return 0;
    size_t inputs = length / rows / facts->block_bytes * facts->block_values;
    if (inputs)
        repack((enum hearth_quant)type, bytes, rows, inputs, 1 + rows % 2);
    if (length >= 32 * sizeof(float) && hearth_quant_can_be_made((enum hearth_quant)type))
        quantize((enum hearth_quant)type, bytes);
    return 0;
}
