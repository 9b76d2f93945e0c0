#include "train/rewrite_parts.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/file_map.h"
#include "network/checkpoint.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *word;
    enum hearth_quant quant;
} types[HEARTH_REWRITE_TYPES] = {
    [HEARTH_REWRITE_KEEP] = {"keep", HEARTH_QUANT_END},
    [HEARTH_REWRITE_F32] = {"f32", HEARTH_QUANT_F32},
    [HEARTH_REWRITE_F16] = {"f16", HEARTH_QUANT_F16},
    [HEARTH_REWRITE_BF16] = {"bf16", HEARTH_QUANT_BF16},
    [HEARTH_REWRITE_Q8_0] = {"q8_0", HEARTH_QUANT_Q8_0},
};

bool hearth_rewrite_type_of(const char *word, enum hearth_rewrite_type *ret_type)
{
    for (enum hearth_rewrite_type type = 0; type < HEARTH_REWRITE_TYPES; type++)
        if (strcmp(types[type].word, word) == 0) {
            *ret_type = type;
            return true;
        }
    return false;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *hearth_rewrite_file(const char *base)
{
    return is_folder(base) ? "config.json" : "model.gguf";
}

int hearth_rewrite_network(const char *base, struct hearth_network *ret_network,
                           struct hearth_error *error)
{
    struct hearth_checkpoint *checkpoint = NULL;
    int rc = hearth_checkpoint_open(base, &checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(checkpoint, NULL, ret_network, error);
    hearth_checkpoint_close(checkpoint);
    return rc;
}

/* What matrices become whose rows are no multiple of a block, or whose type is not made here. */
static uint32_t made_type(const struct hearth_rewrite_tensor *tensor, uint32_t wanted)
{
    if (!hearth_quant_can_be_made((enum hearth_quant)wanted))
        wanted = HEARTH_QUANT_Q8_0;
    return hearth_quant_bytes(wanted, tensor->columns) > 0 ? wanted : HEARTH_QUANT_F16;
}

int hearth_rewrite_plan(const struct hearth_rewriting *rewriting,
                        struct hearth_rewrite_tensor *tensor, struct hearth_error *error)
{
    const struct hearth_rewrite_source *source = rewriting->source;
    const struct hearth_rewrite_place *place = tensor->place;
    bool readable = tensor->type != HEARTH_QUANT_END;
    /* The files were closed for a moment, and rows are read and written by these numbers. */
    if ((place->is_part && (place->columns != tensor->columns || place->rows != tensor->rows)) ||
        (readable && tensor->length !=
                         hearth_quant_bytes(tensor->type, (size_t)tensor->columns) * tensor->rows))
        return hearth_error_set(error, HEARTH_EMODEL, "tensor '%s' has changed meanwhile",
                                tensor->name);
    tensor->changes = place->is_part && source->begin(source->argument, place->part, place->layer);
    tensor->new_type = tensor->type;
    tensor->new_length = tensor->length;
    if (tensor->changes && !readable)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tensor '%s' would change, and its type is not read here",
                                tensor->name);
    if (readable && tensor->is_matrix && rewriting->type != HEARTH_REWRITE_KEEP)
        tensor->new_type = made_type(tensor, types[rewriting->type].quant);
    else if (tensor->changes)
        tensor->new_type = made_type(tensor, tensor->type);
    /* Bounded: a value takes 4 bytes at most, and the base's own of them lie in a file. */
    if (tensor->changes || tensor->new_type != tensor->type)
        tensor->new_length =
            hearth_quant_bytes(tensor->new_type, (size_t)tensor->columns) * tensor->rows;
    return 0;
}

static int write_row(const struct hearth_rewriting *rewriting,
                     const struct hearth_rewrite_tensor *tensor, uint64_t row, float *values,
                     void *made, struct hearth_error *error)
{
    const struct hearth_rewrite_source *source = rewriting->source;
    size_t columns = (size_t)tensor->columns, row_bytes = hearth_quant_bytes(tensor->type, columns);
    bool finite = true;
    hearth_dequantize((enum hearth_quant)tensor->type,
                      (const char *)tensor->bytes + row * row_bytes, columns, values);
    int rc = !tensor->changes ? 0
                              : source->row(source->argument, tensor->place->part,
                                            tensor->place->layer, (uint32_t)row, values, error);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < columns; i++)
        finite = finite && isfinite(values[i]);
    if (finite)
        hearth_quantize((enum hearth_quant)tensor->new_type, values, columns, made);
    if (!finite || !hearth_quant_is_finite((enum hearth_quant)tensor->new_type, made, columns))
        return hearth_error_set(
            error, HEARTH_EMODEL, "tensor '%s': row %llu has a value that is not finite as %s",
            tensor->name, (unsigned long long)row, hearth_quant_type(tensor->new_type)->name);
    return 0;
}

int hearth_rewrite_tell_plan(const struct hearth_rewriting *rewriting,
                             const struct hearth_rewrite_tensor *tensors, size_t count,
                             struct hearth_error *error)
{
    const struct hearth_rewrite_source *source = rewriting->source;
    uint64_t most = 0;
    if (source->watch == NULL || source->watch->on_plan == NULL)
        return 0;
    for (size_t i = 0; i < count; i++) {
        /* Itself as it is, and a row of it in f32 and as it will be: less than 8 bytes a value. */
        uint64_t bytes = tensors[i].length + 8 * tensors[i].columns;
        most = bytes > most ? bytes : most;
    }
    most += source->memory_bytes + count * sizeof(*tensors) + sizeof(struct hearth_out_file);
    return source->watch->on_plan(source->watch->argument, most, error);
}

static bool wants_stop(const struct hearth_rewrite_watch *watch)
{
    return watch != NULL && watch->wants_stop != NULL && watch->wants_stop(watch->argument);
}

static int write_rows(const struct hearth_rewriting *rewriting,
                      const struct hearth_rewrite_tensor *tensor, struct hearth_out_file *file,
                      struct hearth_error *error)
{
    const struct hearth_rewrite_source *source = rewriting->source;
    if (tensor->changes)
        source->begin(source->argument, tensor->place->part, tensor->place->layer);
    size_t row_bytes = hearth_quant_bytes(tensor->new_type, (size_t)tensor->columns);
    float *values = hearth_try_calloc((size_t)tensor->columns, sizeof(*values));
    void *made = hearth_try_calloc(row_bytes, 1);
    int rc =
        values == NULL || made == NULL
            ? hearth_error_set(error, HEARTH_ENOMEM, "no memory for a row of '%s'", tensor->name)
            : 0;
    for (uint64_t row = 0; rc == 0 && file->fault == 0 && row < tensor->rows; row++) {
        rc = write_row(rewriting, tensor, row, values, made, error);
        if (rc == 0)
            hearth_out_write(file, made, row_bytes);
    }
    hearth_free(values);
    hearth_free(made);
    return rc;
}

int hearth_rewrite_values(const struct hearth_rewriting *rewriting,
                          const struct hearth_rewrite_tensor *tensor, struct hearth_out_file *file,
                          struct hearth_error *error)
{
    int rc = 0;
    if (wants_stop(rewriting->source->watch))
        return hearth_error_set(error, HEARTH_ECANCELED, "the job was interrupted");
    if (!tensor->changes && tensor->new_type == tensor->type)
        hearth_out_write(file, tensor->bytes, tensor->length);
    else
        rc = write_rows(rewriting, tensor, file, error);
    hearth_file_map_release(tensor->bytes, tensor->length);
    return rc;
}

/* Items of a part that lie apart (experts in folders) are left as no parts: nothing changes them.
 */
/* Whether a tensor has the shape that the network gives to the part. Items that lie apart (experts
 * in folders) and vectors of another form than usual are left as no parts: nothing changes them. */
static bool fits(const struct hearth_network *network, enum hearth_part part,
                 const struct hearth_checkpoint_tensor *tensor)
{
    for (size_t i = 0; i < HEARTH_GGUF_DIMENSIONS_MAX; i++) {
        uint64_t wanted =
            i < 3 ? hearth_network_extent(network, hearth_part_row(part)->extent[i]) : 1;
        if (tensor->extents[i] != wanted)
            return false;
    }
    return !tensor->is_item;
}

static void find_places(struct hearth_rewriting *rewriting,
                        const struct hearth_checkpoint *checkpoint,
                        const struct hearth_network *network)
{
    struct hearth_checkpoint_tensor tensor;
    rewriting->count = hearth_checkpoint_count(checkpoint);
    rewriting->places = hearth_calloc(rewriting->count, sizeof(*rewriting->places));
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
        /* One that the network does not have may share its name with one that it has. */
        if (((network->required | network->permitted) & HEARTH_PART_BIT(part)) == 0)
            continue;
        uint32_t layers = hearth_part_row(part)->in_layer ? network->layers : 1;
        for (uint32_t layer = 0; layer < layers; layer++)
            if (hearth_checkpoint_find(checkpoint, part, layer, 0, &tensor) &&
                fits(network, part, &tensor))
                rewriting->places[tensor.index] = (struct hearth_rewrite_place){
                    true, part, layer, tensor.extents[0], tensor.extents[1] * tensor.extents[2]};
    }
}

int hearth_rewrite(const char *base, const struct hearth_rewrite_source *source,
                   enum hearth_rewrite_type type, const char *folder, struct hearth_error *error)
{
    struct hearth_rewriting rewriting = {
        .base = base, .folder = folder, .source = source, .type = type};
    struct hearth_checkpoint *checkpoint = NULL;
    struct hearth_network *network = hearth_calloc(1, sizeof(*network));
    int rc = hearth_checkpoint_open(base, &checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(checkpoint, NULL, network, error);
    if (rc == 0)
        find_places(&rewriting, checkpoint, network);
    hearth_checkpoint_close(checkpoint);
    hearth_free(network);
    if (rc == 0)
        rc = is_folder(base) ? hearth_rewrite_folder(&rewriting, error)
                             : hearth_rewrite_gguf(&rewriting, error);
    hearth_free(rewriting.places);
    return rc;
}
