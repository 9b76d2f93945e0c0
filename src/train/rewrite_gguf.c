/* A GGUF model written again. The header's entries go over as bytes, but for what the new file
 * would be wrong about: the keys of a model in several files, since the new one is one file, and
 * the number for its overall type when another was asked for. */
#include "base/error.h"
#include "base/memory.h"
#include "format/file_map.h"
#include "format/gguf_parts.h"
#include "train/rewrite_parts.h"

#include <string.h>

enum { VERSION = 3, DEFAULT_ALIGNMENT = 32, LENGTH_BYTES = 8 };
static const char file_type_key[] = "general.file_type";

/* llama.cpp's numbers for general.file_type (llama_ftype in llama.h). */
static const uint32_t file_types[HEARTH_REWRITE_TYPES] = {
    [HEARTH_REWRITE_F32] = 0,
    [HEARTH_REWRITE_F16] = 1,
    [HEARTH_REWRITE_BF16] = 32,
    [HEARTH_REWRITE_Q8_0] = 7,
};

struct model {
    const struct hearth_rewriting *rewriting;
    struct hearth_gguf_parts parts;
    struct hearth_file_map *maps; /* [parts] */
    size_t alignment;
    struct hearth_rewrite_tensor *tensors; /* [count], in the order of the parts */
    char (*names)[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    size_t count;
};

static const struct hearth_gguf *first(const struct model *model)
{
    return model->parts.parts[0].gguf;
}

static int open_parts(struct model *model, struct hearth_error *error)
{
    int rc = hearth_gguf_parts_open(model->rewriting->base, &model->parts, error);
    if (rc != 0)
        return rc;
    model->maps = hearth_calloc(model->parts.count, sizeof(*model->maps));
    for (size_t i = 0; rc == 0 && i < model->parts.count; i++) {
        const struct hearth_gguf_part *part = &model->parts.parts[i];
        rc = hearth_file_map_open(part->path, &model->maps[i], error);
        if (rc == 0 && model->maps[i].length < hearth_gguf_file_bytes(part->gguf))
            rc = hearth_error_set(error, HEARTH_EMODEL, "the file has become shorter meanwhile");
        model->count += hearth_gguf_tensor_count(part->gguf);
    }
    /* Between the places and now the files were closed for a moment. */
    if (rc == 0 && model->count != model->rewriting->count)
        rc = hearth_error_set(error, HEARTH_EMODEL, "the file has changed meanwhile");
    model->alignment =
        (size_t)hearth_gguf_integer(first(model), "general.alignment", DEFAULT_ALIGNMENT);
    return rc;
}

static void close_parts(struct model *model)
{
    for (size_t i = 0; model->maps != NULL && i < model->parts.count; i++)
        hearth_file_map_close(&model->maps[i]);
    hearth_gguf_parts_close(&model->parts);
    hearth_free(model->maps);
    hearth_free(model->tensors);
    hearth_free(model->names);
}

static const struct hearth_gguf_tensor *tensor_at(const struct model *model, size_t index,
                                                  size_t *ret_part)
{
    size_t part = 0;
    for (; index >= hearth_gguf_tensor_count(model->parts.parts[part].gguf); part++)
        index -= hearth_gguf_tensor_count(model->parts.parts[part].gguf);
    *ret_part = part;
    return hearth_gguf_tensor(model->parts.parts[part].gguf, index);
}

static int plan_tensors(struct model *model, struct hearth_error *error)
{
    model->tensors = hearth_calloc(model->count, sizeof(*model->tensors));
    model->names = hearth_calloc(model->count, sizeof(*model->names));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < model->count; i++) {
        size_t part;
        const struct hearth_gguf_tensor *from = tensor_at(model, i, &part);
        for (size_t j = 0; j < from->name.length && j < HEARTH_GGUF_TENSOR_NAME_MAX; j++)
            model->names[i][j] =
                from->name.bytes[j] > ' ' && from->name.bytes[j] <= '~' ? from->name.bytes[j] : '?';
        uint64_t columns = from->dimensions[0];
        bool readable = hearth_quant_type(from->type) != NULL && columns > 0 &&
                        hearth_quant_bytes(from->type, (size_t)columns) > 0;
        model->tensors[i] = (struct hearth_rewrite_tensor){
            .name = model->names[i],
            .place = &model->rewriting->places[i],
            .bytes = (const char *)model->maps[part].bytes + from->offset,
            .length = from->size_bytes,
            .columns = columns,
            .rows = columns > 0 ? from->element_count / columns : 0,
            .is_matrix = from->dimension_count > 1,
            .type = readable ? from->type : HEARTH_QUANT_END,
        };
        rc = hearth_rewrite_plan(model->rewriting, &model->tensors[i], error);
    }
    return rc;
}

static void write_u32(struct hearth_out_file *file, uint32_t value)
{
    hearth_out_write(file, &value, sizeof(value)); /* little-endian, as all machines we build for */
}

static void write_u64(struct hearth_out_file *file, uint64_t value)
{
    hearth_out_write(file, &value, sizeof(value));
}

static void write_text(struct hearth_out_file *file, const char *bytes, size_t length)
{
    write_u64(file, length);
    hearth_out_write(file, bytes, length);
}

static bool is_of_several_files(const struct hearth_gguf_entry *entry)
{
    static const char prefix[] = "split.";
    return entry->key.length >= sizeof(prefix) - 1 &&
           memcmp(entry->key.bytes, prefix, sizeof(prefix) - 1) == 0;
}

static bool is_file_type(const struct hearth_gguf_entry *entry)
{
    return entry->key.length == sizeof(file_type_key) - 1 &&
           memcmp(entry->key.bytes, file_type_key, entry->key.length) == 0;
}

/* Where an entry ends: where the next begins, or the table of tensors. A model without tensors is
 * no base. */
static const char *end_of(const struct model *model, size_t index)
{
    const struct hearth_gguf_entry *next = hearth_gguf_entry(first(model), index + 1);
    const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(first(model), 0);
    return (next != NULL ? next->key.bytes : tensor->name.bytes) - LENGTH_BYTES;
}

static void write_entries(const struct model *model, struct hearth_out_file *file)
{
    enum hearth_rewrite_type type = model->rewriting->type;
    for (size_t i = 0; i < hearth_gguf_entry_count(first(model)); i++) {
        const struct hearth_gguf_entry *entry = hearth_gguf_entry(first(model), i);
        const char *begin = entry->key.bytes - LENGTH_BYTES;
        if (is_of_several_files(entry))
            continue;
        if (type == HEARTH_REWRITE_KEEP || !is_file_type(entry)) {
            hearth_out_write(file, begin, (size_t)(end_of(model, i) - begin));
            continue;
        }
        write_text(file, entry->key.bytes, entry->key.length);
        write_u32(file, HEARTH_GGUF_UINT32);
        write_u32(file, file_types[type]);
    }
}

static void write_head(const struct model *model, struct hearth_out_file *file)
{
    uint64_t entries = 0, offset = 0;
    for (size_t i = 0; i < hearth_gguf_entry_count(first(model)); i++)
        entries += !is_of_several_files(hearth_gguf_entry(first(model), i));
    hearth_out_write(file, "GGUF", 4);
    write_u32(file, VERSION);
    write_u64(file, model->count);
    write_u64(file, entries);
    write_entries(model, file);
    for (size_t i = 0; i < model->count; i++) {
        size_t part;
        const struct hearth_gguf_tensor *from = tensor_at(model, i, &part);
        const struct hearth_rewrite_tensor *tensor = &model->tensors[i];
        write_text(file, from->name.bytes, from->name.length);
        write_u32(file, from->dimension_count);
        for (uint32_t j = 0; j < from->dimension_count; j++)
            write_u64(file, from->dimensions[j]);
        write_u32(file, tensor->type == HEARTH_QUANT_END ? from->type : tensor->new_type);
        write_u64(file, offset);
        offset += (tensor->new_length + model->alignment - 1) / model->alignment * model->alignment;
    }
    hearth_out_pad(file, model->alignment);
}

static int write_model(const struct model *model, struct hearth_error *error)
{
    struct hearth_out_file file;
    int rc = hearth_out_begin(&file, model->rewriting->folder, "model.gguf", error);
    if (rc != 0)
        return rc;
    write_head(model, &file);
    for (size_t i = 0; rc == 0 && i < model->count; i++) {
        rc = hearth_rewrite_values(model->rewriting, &model->tensors[i], &file, error);
        hearth_out_pad(&file, model->alignment);
    }
    if (rc == 0)
        return hearth_out_end(&file, error);
    hearth_out_drop(&file);
    return rc;
}

int hearth_rewrite_gguf(const struct hearth_rewriting *rewriting, struct hearth_error *error)
{
    struct model model = {.rewriting = rewriting};
    int rc = open_parts(&model, error);
    if (rc == 0)
        rc = plan_tensors(&model, error);
    if (rc == 0)
        rc = hearth_rewrite_tell_plan(rewriting, model.tensors, model.count, error);
    if (rc == 0)
        rc = write_model(&model, error);
    close_parts(&model);
    return rc;
}
