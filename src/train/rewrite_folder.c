/* A Hugging Face folder written again: all tensors in one safetensors file, whatever number of
 * files the base has, beside copies of what says how to read them. */
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "network/shards.h"
#include "train/rewrite_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 100 << 20, COPY_MAX = 64 << 20, COPIES_MAX = 64, HEAD_ALIGNMENT = 8 };

struct folder {
    const struct hearth_rewriting *rewriting;
    struct hearth_shards shards;
    struct hearth_rewrite_tensor *tensors; /* [shards.tensor_count] */
};

/* The format's word for a type; those that are only copied have the base's. */
static const char *dtype_name(enum hearth_dtype dtype, uint32_t type)
{
    static const char *const words[] = {
        [HEARTH_DTYPE_F64] = "F64",         [HEARTH_DTYPE_F32] = "F32",
        [HEARTH_DTYPE_F16] = "F16",         [HEARTH_DTYPE_BF16] = "BF16",
        [HEARTH_DTYPE_I64] = "I64",         [HEARTH_DTYPE_I32] = "I32",
        [HEARTH_DTYPE_I16] = "I16",         [HEARTH_DTYPE_I8] = "I8",
        [HEARTH_DTYPE_U64] = "U64",         [HEARTH_DTYPE_U32] = "U32",
        [HEARTH_DTYPE_U16] = "U16",         [HEARTH_DTYPE_U8] = "U8",
        [HEARTH_DTYPE_BOOL] = "BOOL",       [HEARTH_DTYPE_F8_E4M3] = "F8_E4M3",
        [HEARTH_DTYPE_F8_E5M2] = "F8_E5M2",
    };
    if (type == HEARTH_QUANT_F32)
        return "F32";
    if (type == HEARTH_QUANT_F16)
        return "F16";
    return type == HEARTH_QUANT_BF16 ? "BF16" : words[dtype];
}

static int plan_tensors(struct folder *folder, struct hearth_error *error)
{
    size_t count = folder->shards.tensor_count;
    /* A folder's checkpoint has a few tensors of its config behind those of its files. */
    if (count > folder->rewriting->count)
        return hearth_error_set(error, HEARTH_EMODEL, "the folder has changed meanwhile");
    folder->tensors = hearth_calloc(count, sizeof(*folder->tensors));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct hearth_tensor *from = hearth_shards_at(&folder->shards, i);
        uint64_t columns = from->dim_count > 0 ? from->dims[from->dim_count - 1] : 1;
        folder->tensors[i] = (struct hearth_rewrite_tensor){
            .name = from->name,
            .place = &folder->rewriting->places[i],
            .bytes = from->bytes,
            .length = from->length,
            .columns = columns,
            .rows = columns > 0 ? from->element_count / columns : 0,
            .is_matrix = from->dim_count > 1,
            .type = columns > 0 ? hearth_shards_quant(from->dtype) : HEARTH_QUANT_END,
        };
        rc = hearth_rewrite_plan(folder->rewriting, &folder->tensors[i], error);
    }
    return rc;
}

static int write_entry(struct hearth_buf *head, const struct hearth_tensor *from,
                       const struct hearth_rewrite_tensor *tensor, uint64_t offset)
{
    json_t *shape = json_array();
    for (size_t i = 0; i < from->dim_count; i++)
        json_array_append_new(shape, json_integer((json_int_t)from->dims[i]));
    json_t *entry =
        json_pack("{s:{s:s, s:o, s:[I, I]}}", from->name, "dtype",
                  dtype_name(from->dtype, tensor->new_type), "shape", shape, "data_offsets",
                  (json_int_t)offset, (json_int_t)(offset + tensor->new_length));
    /* Entries of one object, of which only one is in memory: without its braces. */
    struct hearth_buf text;
    hearth_buf_init(&text, HEAD_MAX);
    int rc = entry == NULL ? HEARTH_ENOMEM : hearth_json_dump(&text, entry);
    json_decref(entry);
    if (rc == 0 && hearth_buf_cstr(&text) != NULL) {
        hearth_buf_char(head, ',');
        hearth_buf_append(head, hearth_buf_cstr(&text) + 1, text.length - 2);
    }
    hearth_buf_finish(&text);
    return rc;
}

static int write_head(const struct folder *folder, struct hearth_buf *head,
                      struct hearth_error *error)
{
    uint64_t offset = 0;
    int rc = 0;
    hearth_buf_text(head, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; rc == 0 && i < folder->shards.tensor_count; i++) {
        rc = write_entry(head, hearth_shards_at(&folder->shards, i), &folder->tensors[i], offset);
        offset += folder->tensors[i].new_length;
    }
    hearth_buf_char(head, '}');
    while (head->length % HEAD_ALIGNMENT != 0 && hearth_buf_char(head, ' ') == 0)
        continue;
    return rc == 0 && hearth_buf_cstr(head) != NULL
               ? 0
               : hearth_error_set(error, HEARTH_ETOOLARGE, "the model has too many tensors");
}

static int write_tensors(const struct folder *folder, struct hearth_error *error)
{
    struct hearth_buf head;
    struct hearth_out_file file;
    hearth_buf_init(&head, HEAD_MAX);
    int rc = write_head(folder, &head, error);
    if (rc == 0)
        rc = hearth_out_begin(&file, folder->rewriting->folder, "model.safetensors", error);
    if (rc == 0) {
        uint64_t length = head.length;
        hearth_out_write(&file, &length, sizeof(length));
        hearth_out_write(&file, hearth_buf_cstr(&head), head.length);
        for (size_t i = 0; rc == 0 && i < folder->shards.tensor_count; i++)
            rc = hearth_rewrite_values(folder->rewriting, &folder->tensors[i], &file, error);
        if (rc == 0)
            rc = hearth_out_end(&file, error);
        else
            hearth_out_drop(&file);
    }
    hearth_buf_finish(&head);
    return rc;
}

static int copy_file(const struct folder *folder, const char *name, struct hearth_error *error)
{
    struct hearth_buf bytes;
    struct hearth_out_file file;
    hearth_buf_init(&bytes, COPY_MAX);
    int rc = hearth_small_file_read_in(folder->rewriting->base, name, &bytes, error);
    if (rc == 0)
        rc = hearth_out_begin(&file, folder->rewriting->folder, name, error);
    if (rc == 0) {
        hearth_out_write(&file, hearth_buf_cstr(&bytes), bytes.length);
        rc = hearth_out_end(&file, error);
    }
    hearth_buf_finish(&bytes);
    return rc;
}

/* What belongs to a model beside its tensors: configurations, tokenizers, templates. The index of
 * the files that are one now does not, and the config comes last. */
static bool is_copied(const char *name)
{
    static const char *const endings[] = {".json", ".txt", ".model", ".jinja"};
    static const char *const others[] = {"config.json", "model.safetensors.index.json",
                                         "adapter_config.json"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    for (size_t i = 0; name[0] != '.' && i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static int copy_files(const struct folder *folder, struct hearth_error *error)
{
    DIR *listing = opendir(folder->rewriting->base);
    if (listing == NULL)
        return hearth_error_set(error, HEARTH_EIO, "the base's folder cannot be listed");
    const struct dirent *entry;
    size_t copies = 0;
    int rc = 0;
    while (rc == 0 && (entry = readdir(listing)) != NULL)
        if (is_copied(entry->d_name))
            rc = ++copies <= COPIES_MAX
                     ? copy_file(folder, entry->d_name, error)
                     : hearth_error_set(error, HEARTH_EMODEL, "the base's folder has over %d files",
                                        COPIES_MAX);
    closedir(listing);
    return rc == 0 ? copy_file(folder, "config.json", error) : rc;
}

int hearth_rewrite_folder(const struct hearth_rewriting *rewriting, struct hearth_error *error)
{
    struct folder folder = {.rewriting = rewriting};
    if (rewriting->type == HEARTH_REWRITE_Q8_0)
        return hearth_error_set(error, HEARTH_EINVAL, "safetensors have no type q8_0");
    int rc = hearth_shards_open(rewriting->base, &folder.shards, error);
    if (rc == 0)
        rc = plan_tensors(&folder, error);
    if (rc == 0)
        rc = hearth_rewrite_tell_plan(rewriting, folder.tensors, folder.shards.tensor_count, error);
    if (rc == 0)
        rc = write_tensors(&folder, error);
    if (rc == 0)
        rc = copy_files(&folder, error);
    hearth_shards_close(&folder.shards);
    hearth_free(folder.tensors);
    return rc;
}
