#include "train/export.h"

#include "domain/training_parameters.h"
#include "train/export_parts.h"

void hearth_export_each(const struct hearth_lora *lora,
                        void (*visit)(void *argument, const struct hearth_export_tensor *tensor),
                        void *argument)
{
    for (uint32_t layer = 0; layer < lora->network->layers; layer++)
        for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
            struct hearth_lora_pair pair = hearth_lora_at(lora, layer, module);
            if (!pair.a)
                continue;
            struct hearth_export_tensor tensor = {.layer = layer,
                                                  .module = module,
                                                  .rows = lora->params.rank,
                                                  .columns = pair.inputs};
            visit(argument, &tensor);
            tensor = (struct hearth_export_tensor){.layer = layer,
                                                   .module = module,
                                                   .is_b = true,
                                                   .rows = pair.outputs,
                                                   .columns = lora->params.rank};
            visit(argument, &tensor);
        }
}

/* Which of the adapter's rows is row `row` of the form. Transformers turn component i of a head
 * with component i + size/2, GGUF files of Llama have the two side by side: their row (head, i, s)
 * is the other's (head, s, i). */
static size_t source_row(const struct hearth_network *network,
                         const struct hearth_export_tensor *tensor, enum hearth_rotary rotation,
                         size_t row)
{
    size_t size = network->head_size, in_head = row % size;
    bool turned = tensor->is_b &&
                  (tensor->module == HEARTH_MODULE_QUERY || tensor->module == HEARTH_MODULE_KEY);
    if (!turned || rotation == network->rotation)
        return row;
    if (rotation == HEARTH_ROTARY_HALVES)
        return row - in_head + in_head % (size / 2) * 2 + in_head / (size / 2);
    return row - in_head + in_head % 2 * (size / 2) + in_head / 2;
}

void hearth_export_values(const struct hearth_lora *lora, const struct hearth_export_tensor *tensor,
                          enum hearth_rotary rotation, bool transposed,
                          struct hearth_out_file *file)
{
    struct hearth_lora_pair pair = hearth_lora_at(lora, tensor->layer, tensor->module);
    const hearth_number *values = tensor->is_b ? pair.b : pair.a;
    size_t rows = transposed ? tensor->columns : tensor->rows;
    size_t columns = transposed ? tensor->rows : tensor->columns;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t row = source_row(lora->network, tensor, rotation, transposed ? j : i);
            float value = (float)values[row * tensor->columns + (transposed ? i : j)];
            hearth_out_write(file, &value, sizeof(value));
        }
}

void hearth_export_files(unsigned forms, const char *ret_files[HEARTH_EXPORT_FILES_MAX],
                         size_t *ret_count)
{
    static const struct {
        unsigned form;
        const char *file;
    } rows[] = {
        {HEARTH_EXPORT_GGUF, "adapter.gguf"},
        {HEARTH_EXPORT_PEFT, "peft/adapter_config.json"},
        {HEARTH_EXPORT_PEFT, "peft/adapter_model.safetensors"},
        {HEARTH_EXPORT_MLX, "mlx/adapter_config.json"},
        {HEARTH_EXPORT_MLX, "mlx/adapters.safetensors"},
    };
    *ret_count = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (forms & rows[i].form)
            ret_files[(*ret_count)++] = rows[i].file;
}

int hearth_export_adapter(const struct hearth_lora *lora, const char *base_name, unsigned forms,
                          const char *folder, struct hearth_error *error)
{
    int rc = 0;
    if (forms & HEARTH_EXPORT_GGUF)
        rc = hearth_export_gguf(lora, folder, error);
    if (!rc && forms & HEARTH_EXPORT_PEFT)
        rc = hearth_export_peft(lora, base_name, folder, error);
    if (!rc && forms & HEARTH_EXPORT_MLX)
        rc = hearth_export_mlx(lora, folder, error);
    return rc;
}
