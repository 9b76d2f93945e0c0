/* An adapter as PEFT's and as mlx-lm's folder: safetensors
 * (https://github.com/huggingface/safetensors) beside a configuration. */
#include "base/error.h"
#include "base/json.h"
#include "train/export_parts.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 64 << 20, NAME_SIZE = 128, HEAD_ALIGNMENT = 8 };

/* In what the two libraries' files differ. */
struct form {
    const char *file;
    /* A name is `before`, the layer's number, the module, ".lora_", the letter, `behind`. */
    const char *before, *behind;
    char letters[2];
    bool transposed; /* mlx-lm multiplies x · a · b, so that its matrices stand the other way */
};

static const struct form peft = {
    "adapter_model.safetensors", "base_model.model.model.layers.", ".weight", {'A', 'B'}, false};
static const struct form mlx = {"adapters.safetensors", "model.layers.", "", {'a', 'b'}, true};

struct tensors {
    const struct hearth_lora *lora;
    const struct form *form;
    struct hearth_buf *head;
    struct hearth_out_file *file;
    uint64_t offset;
};

/* Names are ours and have nothing that JSON would escape. */
static void write_entry(void *argument, const struct hearth_export_tensor *tensor)
{
    struct tensors *tensors = argument;
    const struct form *form = tensors->form;
    char name[NAME_SIZE];
    snprintf(name, sizeof(name), "%s%u.%s.lora_%c%s", form->before, tensor->layer,
             hearth_module_row(tensor->module)->name, form->letters[tensor->is_b], form->behind);
    size_t rows = form->transposed ? tensor->columns : tensor->rows;
    size_t columns = form->transposed ? tensor->rows : tensor->columns;
    uint64_t end = tensors->offset + rows * columns * sizeof(float);
    hearth_buf_printf(
        tensors->head,
        ",\"%s\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[%llu,%llu]}", name, rows,
        columns, (unsigned long long)tensors->offset, (unsigned long long)end);
    tensors->offset = end;
}

/* Both libraries are of transformers' world, where the parts that a rotation turns together are
 * halves of a head. */
static void write_data(void *argument, const struct hearth_export_tensor *tensor)
{
    struct tensors *tensors = argument;
    hearth_export_values(tensors->lora, tensor, HEARTH_ROTARY_HALVES, tensors->form->transposed,
                         tensors->file);
}

static int write_tensors(const struct hearth_lora *lora, const struct form *form,
                         const char *folder, struct hearth_error *error)
{
    struct hearth_buf head;
    hearth_buf_init(&head, HEAD_MAX);
    struct hearth_out_file file;
    struct tensors tensors = {.lora = lora, .form = form, .head = &head, .file = &file};
    hearth_buf_text(&head, "{\"__metadata__\":{\"format\":\"pt\"}");
    hearth_export_each(lora, write_entry, &tensors);
    hearth_buf_char(&head, '}');
    while (head.length % HEAD_ALIGNMENT && !hearth_buf_char(&head, ' '))
        continue;
    int rc = hearth_buf_cstr(&head)
                 ? hearth_out_begin(&file, folder, form->file, error)
                 : hearth_error_set(error, HEARTH_ETOOLARGE, "the adapter has too many matrices");
    if (!rc) {
        uint64_t length = head.length;
        hearth_out_write(&file, &length, sizeof(length));
        hearth_out_write(&file, hearth_buf_cstr(&head), head.length);
        hearth_export_each(lora, write_data, &tensors);
        rc = hearth_out_end(&file, error);
    }
    hearth_buf_finish(&head);
    return rc;
}

/* Takes the configuration over. */
static int write_config(json_t *config, const char *folder, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEAD_MAX);
    int rc = config ? hearth_json_dump(&text, config) : HEARTH_ENOMEM;
    json_decref(config);
    struct hearth_out_file file;
    if (rc)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for the adapter's configuration");
    else
        rc = hearth_out_begin(&file, folder, "adapter_config.json", error);
    if (!rc) {
        hearth_out_write(&file, hearth_buf_cstr(&text), text.length);
        hearth_out_write(&file, "\n", 1);
        rc = hearth_out_end(&file, error);
    }
    hearth_buf_finish(&text);
    return rc;
}

/* "q_proj" of "self_attn.q_proj", or the whole. */
static json_t *module_names(const struct hearth_lora *lora, bool whole)
{
    json_t *names = json_array();
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
        const char *name = hearth_module_row(module)->name;
        if (lora->params.modules >> module & 1)
            json_array_append_new(names, json_string(whole ? name : strchr(name, '.') + 1));
    }
    return names;
}

/* The members that PEFT 0.21 writes for a LoRA of linear layers. */
static json_t *peft_config(const struct hearth_lora *lora, const char *base_name)
{
    const struct hearth_lora_params *params = &lora->params;
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:f, s:f, s:o, s:s, s:b, s:b, s:b, s:b, s:b, s:{}, s:{}, "
        "s:n, s:n, s:n, s:n, s:n}",
        "peft_type", "LORA", "task_type", "CAUSAL_LM", "base_model_name_or_path", base_name, "r",
        (int)params->rank, "lora_alpha", (double)params->alpha, "lora_dropout",
        (double)params->dropout, "target_modules", module_names(lora, false), "bias", "none",
        "fan_in_fan_out", 0, "inference_mode", 1, "use_rslora", params->rank_stabilized, "use_dora",
        0, "init_lora_weights", 1, "rank_pattern", "alpha_pattern", "modules_to_save",
        "layers_to_transform", "layers_pattern", "revision", "auto_mapping");
}

int hearth_export_peft(const struct hearth_lora *lora, const char *base_name, const char *folder,
                       struct hearth_error *error)
{
    char path[PATH_MAX];
    int rc = hearth_out_folder(folder, "peft", error);
    if (rc)
        return rc;
    snprintf(path, sizeof(path), "%s/peft", folder);
    rc = write_tensors(lora, &peft, path, error);
    return rc ? rc : write_config(peft_config(lora, base_name), path, error);
}

int hearth_export_mlx(const struct hearth_lora *lora, const char *folder,
                      struct hearth_error *error)
{
    char path[PATH_MAX];
    int rc = hearth_out_folder(folder, "mlx", error);
    if (rc)
        return rc;
    snprintf(path, sizeof(path), "%s/mlx", folder);
    rc = write_tensors(lora, &mlx, path, error);
    json_t *parameters = json_pack("{s:i, s:f, s:f, s:o}", "rank", (int)lora->params.rank, "scale",
                                   (double)lora->scale, "dropout", (double)lora->params.dropout,
                                   "keys", module_names(lora, true));
    json_t *config = json_pack("{s:s, s:i, s:o}", "fine_tune_type", "lora", "num_layers",
                               (int)lora->network->layers, "lora_parameters", parameters);
    if (!rc)
        return write_config(config, path, error);
    json_decref(config);
    return rc;
}
