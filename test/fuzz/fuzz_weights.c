/* Any bytes as the blocks of every type of GGUF's tensors: worth some numbers, and repacked or
 * refused, then multiplied with by the kernels of every instruction set, but read and written
 * within their bounds. The first byte says the type, the second the rows. */
#include "base/memory.h"
#include "compute/matmul.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct multiplying {
    const struct hearth_decoder_kernels *kernels;
    struct hearth_product product;
    float sum; /* reads all results */
};

static void add_tile(void *argument, const struct hearth_tile *tile)
{
    struct multiplying *multiplying = argument;
    for (size_t row = 0; row < tile->rows; row++)
        for (size_t i = 0; i < tile->outputs; i++)
            multiplying->sum += tile->values[row * tile->stride + i];
}

static void run_product(struct hearth_member *member, void *argument)
{
    struct multiplying *multiplying = argument;
    hearth_products_run(member, multiplying->kernels, &multiplying->product, 1);
}

/* Panels have one layout for all instruction sets; each reads it in its own way. */
static void multiply(const struct hearth_panels *panels, size_t rows)
{
    static struct hearth_team *team;
    enum hearth_packing packing = hearth_packing_of(panels->form);
    struct hearth_packed_rows packed;
    float *x = hearth_alloc(panels->inputs * sizeof(*x));
    void *memory = hearth_aligned_alloc(HEARTH_PANEL_ALIGNMENT,
                                        hearth_packed_rows_bytes(packing, rows, panels->inputs));
    if (team == NULL)
        team = hearth_team_create(1);
    for (size_t i = 0; i < panels->inputs; i++)
        x[i] = (float)(i % 7) - 3;
    hearth_packed_rows_init(&packed, packing, rows, panels->inputs, memory);
    for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++) {
        struct multiplying multiplying = {
            .kernels = hearth_decoder_kernels_for((enum hearth_isa)isa),
            .product = {.weights = panels, .rows = &packed, .strip = 64, .finish = add_tile},
        };
        if (!hearth_isa_usable((enum hearth_isa)isa))
            continue;
        multiplying.product.argument = &multiplying;
        for (size_t row = 0; row < rows; row++)
            hearth_pack_row(multiplying.kernels, &packed, row, x);
        hearth_team_run(team, run_product, &multiplying);
    }
    hearth_free(x);
    hearth_free(memory);
}

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
        if (hearth_panels_repack(&panels, sources, 0, panels.panel_count, NULL) == 0) {
            hearth_panels_row(&panels, parts - 1, rows - 1, y);
            multiply(&panels, 1 + rows % 9);
        }
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
