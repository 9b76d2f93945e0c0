/* An adapter as a GGUF file (version 3 of the format:
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), with the keys and names of
 * llama.cpp's convert_lora_to_gguf.py. */
#include "base/error.h"
#include "train/export_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 3, TYPE_F32 = 0, KIND_FLOAT = 6, KIND_TEXT = 8, ALIGNMENT = 32, KEYS = 4 };

struct gguf {
    const struct hearth_lora *lora;
    struct hearth_out_file *file;
    uint64_t count, offset;
};

static void write_u32(struct hearth_out_file *file, uint32_t value)
{
    hearth_out_write(file, &value, sizeof(value)); /* little-endian, as all machines we build for */
}

static void write_u64(struct hearth_out_file *file, uint64_t value)
{
    hearth_out_write(file, &value, sizeof(value));
}

static void write_text(struct hearth_out_file *file, const char *text)
{
    write_u64(file, strlen(text));
    hearth_out_write(file, text, strlen(text));
}

static void write_entry(struct hearth_out_file *file, const char *key, const char *value)
{
    write_text(file, key);
    write_u32(file, KIND_TEXT);
    write_text(file, value);
}

static void count_tensor(void *argument, const struct hearth_export_tensor *tensor)
{
    (void)tensor;
    ((struct gguf *)argument)->count++;
}

static void write_head(void *argument, const struct hearth_export_tensor *tensor)
{
    struct gguf *gguf = argument;
    char base[96], name[112];
    hearth_part_name(hearth_module_row(tensor->module)->part, tensor->layer, base, sizeof(base));
    snprintf(name, sizeof(name), "%s.lora_%c", base, tensor->is_b ? 'b' : 'a');
    write_text(gguf->file, name);
    write_u32(gguf->file, 2);
    write_u64(gguf->file, tensor->columns);
    write_u64(gguf->file, tensor->rows);
    write_u32(gguf->file, TYPE_F32);
    write_u64(gguf->file, gguf->offset);
    uint64_t bytes = tensor->rows * tensor->columns * sizeof(float);
    gguf->offset += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void write_data(void *argument, const struct hearth_export_tensor *tensor)
{
    struct gguf *gguf = argument;
    hearth_export_values(gguf->lora, tensor, gguf->lora->network->architecture->rotary, false,
                         gguf->file);
    hearth_out_pad(gguf->file, ALIGNMENT);
}

/* libllama divides alpha by the rank; for rsLoRA it is written so that the quotient is right. */
static float alpha_of(const struct hearth_lora *lora)
{
    double alpha = lora->params.alpha;
    if (lora->params.rank_stabilized)
        alpha *= sqrt((double)lora->params.rank);
    return (float)alpha;
}

int hearth_export_gguf(const struct hearth_lora *lora, const char *folder,
                       struct hearth_error *error)
{
    struct hearth_out_file file;
    int rc = hearth_out_begin(&file, folder, "adapter.gguf", error);
    if (rc)
        return rc;
    struct gguf gguf = {.lora = lora, .file = &file};
    hearth_export_each(lora, count_tensor, &gguf);
    hearth_out_write(&file, "GGUF", 4);
    write_u32(&file, VERSION);
    write_u64(&file, gguf.count);
    write_u64(&file, KEYS);
    write_entry(&file, "general.type", "adapter");
    write_entry(&file, "general.architecture", lora->network->architecture->name);
    write_entry(&file, "adapter.type", "lora");
    write_text(&file, "adapter.lora.alpha");
    write_u32(&file, KIND_FLOAT);
    float alpha = alpha_of(lora);
    hearth_out_write(&file, &alpha, sizeof(alpha));
    hearth_export_each(lora, write_head, &gguf);
    hearth_out_pad(&file, ALIGNMENT);
    hearth_export_each(lora, write_data, &gguf);
    return hearth_out_end(&file, error);
}
