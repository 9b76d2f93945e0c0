/* Adapters in GGUF: general.type is "adapter", adapter.type "lora", and each tensor's name is that
 * of the base's with ".lora_a" or ".lora_b" behind it. Keys and shapes: llama.cpp's
 * convert_lora_to_gguf.py and llama-adapter.cpp. */
#include "base/error.h"
#include "base/text.h"
#include "network/adapter_reading.h"

#include <stdio.h>
#include <string.h>

static bool text_is(struct hearth_gguf_text text, const char *word)
{
    return text.bytes != NULL && text.length == strlen(word) &&
           memcmp(text.bytes, word, text.length) == 0;
}

static int check_header(const struct hearth_adapter_file *file, struct hearth_error *error)
{
    const char *base = file->network->architecture->name;
    char shown[64];
    struct hearth_gguf_text kind = hearth_gguf_text(file->gguf, "adapter.type");
    struct hearth_gguf_text made_for = hearth_gguf_text(file->gguf, "general.architecture");
    if (!text_is(hearth_gguf_text(file->gguf, "general.type"), "adapter"))
        return hearth_error_set(error, HEARTH_EMODEL, "'%s' is no adapter by its GGUF header",
                                file->name);
    if (kind.bytes == NULL || !text_is(kind, "lora"))
        return hearth_error_set(
            error, HEARTH_ENOTIMPL, "adapter '%s' is of the kind '%s'; only 'lora' is computed",
            file->name,
            hearth_adapter_shown(kind.bytes, kind.bytes ? kind.length : 0, shown, sizeof(shown)));
    if (made_for.bytes == NULL || !text_is(made_for, base))
        return hearth_error_set(
            error, HEARTH_EMODEL, "adapter '%s' is for another base: for '%s', and this is '%s'",
            file->name,
            hearth_adapter_shown(made_for.bytes, made_for.bytes ? made_for.length : 0, shown,
                                 sizeof(shown)),
            base);
    if (hearth_gguf_find(file->gguf, "adapter.alora.invocation_tokens") != NULL)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "adapter '%s' is an activated one (aLoRA), which is not computed",
                                file->name);
    return 0;
}

/* The part of a network by the name that a GGUF file gives it: "blk.12.attn_q.weight". Names of
 * GATE_UP and UP are the same, and the architecture says which is meant. */
static bool find_part(const struct hearth_network *network, const char *name,
                      enum hearth_part *ret_part, uint32_t *ret_layer)
{
    const uint64_t row = network->architecture->required | network->architecture->permitted;
    uint32_t layer = 0;
    char made[96];
    if (strncmp(name, "blk.", 4) == 0) {
        size_t digits = strspn(name + 4, "0123456789");
        char number[8];
        int64_t value;
        if (digits == 0 || digits >= sizeof(number))
            return false;
        memcpy(number, name + 4, digits);
        number[digits] = '\0';
        if (hearth_parse_int(number, 0, INT32_MAX, &value) != 0)
            return false;
        layer = (uint32_t)value;
    }
    for (int part = 0; part < HEARTH_PART_COUNT; part++) {
        bool fused = part == HEARTH_PART_QKV;
        if (!hearth_part_row((enum hearth_part)part)->is_matrix ||
            (!fused && (row & HEARTH_PART_BIT(part)) == 0))
            continue;
        hearth_part_name((enum hearth_part)part, layer, made, sizeof(made));
        if (strcmp(made, name) != 0)
            continue;
        *ret_part = (enum hearth_part)part;
        *ret_layer = layer;
        return true;
    }
    return false;
}

static int add_tensor(struct hearth_adapter_file *file, const struct hearth_gguf_tensor *tensor,
                      struct hearth_error *error)
{
    static const char tails[2][8] = {".lora_a", ".lora_b"};
    const size_t tail = sizeof(tails[0]) - 1;
    char shown[HEARTH_GGUF_TENSOR_NAME_MAX + 1], base[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    size_t length = tensor->name.length;
    hearth_adapter_shown(tensor->name.bytes, length, shown, sizeof(shown));
    struct hearth_adapter_half half = {.tensor = shown,
                                       .columns = tensor->dimensions[0],
                                       .rows = tensor->dimensions[1],
                                       .type = tensor->type,
                                       .rotation = file->network->architecture->rotary,
                                       .bytes = (const char *)file->map.bytes + tensor->offset,
                                       .length = tensor->size_bytes};
    bool known = length > tail && length <= HEARTH_GGUF_TENSOR_NAME_MAX;
    if (known) {
        half.is_b = memcmp(tensor->name.bytes + length - tail, tails[1], tail) == 0;
        known = half.is_b || memcmp(tensor->name.bytes + length - tail, tails[0], tail) == 0;
        memcpy(base, shown, length - tail);
        base[length - tail] = '\0';
    }
    if (!known || tensor->dimensions[2] != 1 || tensor->dimensions[3] != 1 ||
        !find_part(file->network, base, &half.part, &half.layer))
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "adapter '%s' has the tensor '%s', which is nothing that adapters "
                                "of a %s network change here",
                                file->name, shown, file->network->architecture->name);
    return hearth_adapter_add_half(file, &half, error);
}

/* Without an alpha the factor is 1 (llama-adapter.h's get_scale). */
static void set_scales(struct hearth_adapter_file *file)
{
    double alpha = hearth_gguf_number(file->gguf, "adapter.lora.alpha", 0);
    for (size_t i = 0; i < file->count; i++) {
        uint32_t rank = file->pairs[i].a.rows;
        file->pairs[i].scale = alpha != 0 && rank > 0 ? (float)(alpha / rank) : 1;
    }
}

/* Behind the header: its bytes are in `map`. */
static int add_tensors(struct hearth_adapter_file *file, struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < hearth_gguf_tensor_count(file->gguf); i++)
        rc = add_tensor(file, hearth_gguf_tensor(file->gguf, i), error);
    if (rc == 0)
        set_scales(file);
    return rc;
}

int hearth_adapter_parse_gguf(struct hearth_adapter_file *file, struct hearth_error *error)
{
    int rc =
        hearth_gguf_parse(file->map.bytes, file->map.length, file->map.length, &file->gguf, error);
    if (rc != 0)
        hearth_error_prefix(error, "adapter '%s'", file->name);
    if (rc == 0)
        rc = check_header(file, error);
    return rc == 0 ? add_tensors(file, error) : rc;
}

int hearth_adapter_read_gguf(struct hearth_adapter_file *file, const char *path,
                             struct hearth_error *error)
{
    int rc = hearth_gguf_open(path, &file->gguf, error);
    if (rc != 0)
        hearth_error_prefix(error, "adapter '%s'", file->name);
    if (rc == 0)
        rc = check_header(file, error);
    if (rc == 0)
        rc = hearth_file_map_open(path, &file->map, error);
    if (rc == 0 && file->map.length < hearth_gguf_file_bytes(file->gguf))
        rc = hearth_error_set(error, HEARTH_EMODEL, "adapter '%s' has become shorter meanwhile",
                              file->name);
    return rc == 0 ? add_tensors(file, error) : rc;
}
