/* Writes Hugging Face folders of small decoders: the weights of a GGUF file of decoder_maker.h as
 * the model's makers would have saved them. For tests of src/network/. */
#ifndef HEARTH_TEST_FOLDER_MAKER_H
#define HEARTH_TEST_FOLDER_MAKER_H

#include "base/json.h"
#include "network/checkpoint.h"
#include "network/model_type.h"
#include "support/decoder_maker.h"
#include "support/temp_folder.h"

#include <stdlib.h>
#include <unistd.h>

struct folder_tensor {
    char name[160];
    uint64_t shape[3]; /* outermost first */
    size_t dims;
    float *values;
    size_t count;
    unsigned file;
};

struct folder_maker {
    const struct hearth_model_type *type;
    struct decoder_maker decoder;
    const char *more_config; /* members behind the usual ones: ",\"a\":1" */
    const char *prefix;      /* of names; "model." */
    const char *dtype;       /* "F32", "BF16" or another that is claimed only */
    unsigned shards;         /* 0: one file without an index */
    bool together;           /* experts in two tensors */
    /* What is made wrong, of the tensor of this name. */
    const char *wrong_name;
    bool left_out, misshapen, misplaced;
    const char *claimed_file; /* in the index */
    struct folder_tensor tensors[1024];
    size_t count;
};

static inline struct folder_maker *folder_maker_of(const struct hearth_model_type *type)
{
    struct folder_maker *maker = hearth_calloc(1, sizeof(*maker));
    maker->type = type;
    maker->decoder = decoder_maker_small(type->architecture);
    maker->decoder.fused = strcmp(type->architecture, "phi3") == 0;
    maker->decoder.tied = true;
    if (type->has_experts) {
        maker->decoder.experts = 4;
        maker->decoder.experts_used = 2;
    }
    maker->decoder.window = type->windows != HEARTH_WINDOW_NONE ? 20 : 0;
    maker->more_config = "";
    maker->prefix = "model.";
    maker->dtype = "F32";
    return maker;
}

static inline void folder_put(struct folder_maker *maker, const char *name, const uint64_t *shape,
                              size_t dims, float *values)
{
    struct folder_tensor *tensor = &maker->tensors[maker->count];
    snprintf(tensor->name, sizeof(tensor->name), "%s", name);
    tensor->dims = dims;
    tensor->count = 1;
    for (size_t i = 0; i < dims; i++)
        tensor->count *= tensor->shape[i] = shape[i];
    tensor->values = hearth_calloc(tensor->count, sizeof(float));
    memcpy(tensor->values, values, tensor->count * sizeof(float));
    bool wrong = maker->wrong_name != NULL && strcmp(maker->wrong_name, name) == 0;
    if (wrong && maker->misshapen) {
        tensor->shape[dims] = 1;
        tensor->shape[0] *= 2;
        tensor->count *= 2;
        tensor->values = hearth_realloc(tensor->values, tensor->count * sizeof(float));
        memset(tensor->values, 0, tensor->count * sizeof(float));
    }
    if (wrong && maker->left_out)
        hearth_free(tensor->values);
    else
        maker->count++;
}

/* Back to halves of a head from neighbours, rows of `inputs` values. */
static inline void folder_unpermute(float *values, uint64_t heads, uint64_t size, uint64_t inputs)
{
    uint64_t count = heads * size * inputs;
    float *copy = hearth_calloc(count, sizeof(*copy));
    memcpy(copy, values, count * sizeof(*copy));
    for (uint64_t h = 0; h < heads; h++)
        for (uint64_t i = 0; i < size; i++)
            memcpy(values + (h * size + i % 2 * (size / 2) + i / 2) * inputs,
                   copy + (h * size + i) * inputs, inputs * sizeof(*copy));
    hearth_free(copy);
}

static inline void folder_convert(const struct folder_maker *maker, enum hearth_part part,
                                  const struct hearth_checkpoint_tensor *tensor, float *values)
{
    const struct decoder_maker *decoder = &maker->decoder;
    const struct hearth_architecture *row =
        hearth_architecture_find(decoder->architecture, strlen(decoder->architecture));
    bool query = part == HEARTH_PART_QUERY || part == HEARTH_PART_QUERY_BIAS;
    bool key = part == HEARTH_PART_KEY || part == HEARTH_PART_KEY_BIAS;
    bool bias = part == HEARTH_PART_QUERY_BIAS || part == HEARTH_PART_KEY_BIAS;
    if (row->rotary == HEARTH_ROTARY_ADJACENT && (query || key))
        folder_unpermute(values, query ? decoder->heads : decoder->key_heads, decoder->head_size,
                         bias ? 1 : tensor->extents[0]);
    if (maker->type->norms_add_one && (HEARTH_PARTS_OF_NORMS & HEARTH_PART_BIT(part)) != 0)
        for (uint64_t i = 0; i < tensor->extents[0] * tensor->extents[1]; i++)
            values[i] -= 1;
}

/* The name that this folder uses of those that are tried: the one for all experts, or theirs. */
static inline const char *folder_name(const struct folder_maker *maker, enum hearth_part part)
{
    const char *names = hearth_model_type_names(maker->type, part);
    for (const char *next = names; next != NULL; next = strchr(next, '|')) {
        next += *next == '|';
        const char *end = strchr(next, '|');
        const char *item = strstr(next, "{item}");
        bool apart = item != NULL && (end == NULL || item < end);
        if (apart != maker->together || part == HEARTH_PART_ROUTER)
            return next;
    }
    return names;
}

static inline void folder_add(struct folder_maker *maker, enum hearth_part part, uint32_t layer,
                              const struct hearth_checkpoint_tensor *tensor, float *values)
{
    const char *names = folder_name(maker, part);
    if (names == NULL)
        return;
    uint64_t shape[3] = {tensor->extents[2], tensor->extents[1], tensor->extents[0]};
    size_t dims = shape[0] > 1 ? 3 : shape[1] > 1 ? 2 : 1;
    const char *end = strchr(names, '|'), *of_item = strstr(names, "{item}");
    bool items = of_item != NULL && (end == NULL || of_item < end);
    if (items) /* counted by their outermost extent, also where it is 1 */
        dims = hearth_part_row(part)->is_matrix ? 3 : 2;
    const uint64_t *first = shape + 3 - dims;
    uint64_t count = items ? first[0] : 1;
    size_t each = (size_t)(shape[0] * shape[1] * shape[2] / count);
    for (uint32_t i = 0; i < count; i++) {
        char name[160];
        const char *rest = names;
        hearth_part_name_write(&rest, maker->prefix, "", layer, i, name, sizeof(name));
        folder_put(maker, name, first + items, dims - items, values + i * each);
    }
}

/* Experts together: gate above up, in one tensor of three dimensions. */
static inline void folder_join_experts(struct folder_maker *maker, uint32_t layer,
                                       const struct hearth_checkpoint *checkpoint)
{
    struct hearth_checkpoint_tensor gate, up;
    if (!hearth_checkpoint_find(checkpoint, HEARTH_PART_GATE_EXPERTS, layer, 0, &gate) ||
        !hearth_checkpoint_find(checkpoint, HEARTH_PART_UP_EXPERTS, layer, 0, &up))
        return;
    size_t each = (size_t)(gate.extents[0] * gate.extents[1]), experts = (size_t)gate.extents[2];
    const float *gates = hearth_checkpoint_bytes(checkpoint, &gate);
    const float *ups = hearth_checkpoint_bytes(checkpoint, &up);
    float *both = hearth_calloc(2 * each * experts, sizeof(*both));
    for (size_t i = 0; i < experts; i++) {
        memcpy(both + 2 * i * each, gates + i * each, each * sizeof(*both));
        memcpy(both + (2 * i + 1) * each, ups + i * each, each * sizeof(*both));
    }
    struct hearth_checkpoint_tensor joined = gate;
    joined.extents[1] *= 2;
    folder_add(maker, HEARTH_PART_GATE_UP_EXPERTS, layer, &joined, both);
    hearth_free(both);
}

static inline void folder_take(struct folder_maker *maker,
                               const struct hearth_checkpoint *checkpoint)
{
    const struct hearth_architecture *row =
        hearth_architecture_find(maker->decoder.architecture, strlen(maker->decoder.architecture));
    for (int part = 0; part < HEARTH_PART_COUNT; part++) {
        /* phi3's GATE_UP and UP have one name in GGUF files. */
        if (((row->required | row->permitted) & HEARTH_PART_BIT(part)) == 0)
            continue;
        bool in_layer = hearth_part_row((enum hearth_part)part)->in_layer;
        bool apart = part == HEARTH_PART_GATE_EXPERTS || part == HEARTH_PART_UP_EXPERTS;
        for (uint32_t i = 0; i < (in_layer ? maker->decoder.layers : 1); i++) {
            struct hearth_checkpoint_tensor tensor;
            if (part == HEARTH_PART_GATE_UP_EXPERTS && maker->together)
                folder_join_experts(maker, i, checkpoint);
            if ((apart && maker->together) ||
                !hearth_checkpoint_find(checkpoint, (enum hearth_part)part, i, 0, &tensor))
                continue;
            float *values = hearth_calloc((size_t)tensor.size_bytes, 1);
            memcpy(values, hearth_checkpoint_bytes(checkpoint, &tensor), (size_t)tensor.size_bytes);
            folder_convert(maker, (enum hearth_part)part, &tensor, values);
            folder_add(maker, (enum hearth_part)part, i, &tensor, values);
            hearth_free(values);
        }
    }
}

static inline void folder_write(const char *folder, const char *name, const void *bytes,
                                size_t length)
{
    char *path = hearth_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
    hearth_free(path);
}

static inline void folder_write_shard(const struct folder_maker *maker, const char *folder,
                                      unsigned shard, const char *name)
{
    struct hearth_buf header, body, file;
    hearth_buf_init(&header, 1u << 20);
    hearth_buf_init(&body, 256u << 20);
    hearth_buf_init(&file, 256u << 20);
    hearth_buf_text(&header, "{\"__metadata__\":{\"format\":\"pt\"}");
    bool half = strcmp(maker->dtype, "BF16") == 0;
    for (size_t i = 0; i < maker->count; i++) {
        const struct folder_tensor *tensor = &maker->tensors[i];
        if (tensor->file != shard)
            continue;
        size_t begin = body.length;
        for (size_t j = 0; j < tensor->count; j++) {
            uint16_t bits = hearth_f32_to_bf16(tensor->values[j]);
            hearth_buf_append(&body, half ? (const void *)&bits : &tensor->values[j], half ? 2 : 4);
        }
        hearth_buf_printf(&header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", tensor->name,
                          maker->dtype);
        for (size_t j = 0; j < tensor->dims; j++)
            hearth_buf_printf(&header, "%s%llu", j > 0 ? "," : "",
                              (unsigned long long)tensor->shape[j]);
        hearth_buf_printf(&header, "],\"data_offsets\":[%zu,%zu]}", begin, body.length);
    }
    hearth_buf_char(&header, '}');
    put_u64(&file, header.length);
    hearth_buf_append(&file, header.bytes, header.length);
    hearth_buf_append(&file, body.bytes != NULL ? body.bytes : "", body.length);
    folder_write(folder, name, file.bytes, file.length);
    hearth_buf_finish(&header);
    hearth_buf_finish(&body);
    hearth_buf_finish(&file);
}

static inline void folder_write_weights(struct folder_maker *maker, const char *folder)
{
    if (maker->shards == 0) {
        folder_write_shard(maker, folder, 0, "model.safetensors");
        return;
    }
    struct hearth_buf index;
    hearth_buf_init(&index, 1u << 20);
    hearth_buf_text(&index, "{\"metadata\":{},\"weight_map\":{");
    for (size_t i = 0; i < maker->count; i++) {
        struct folder_tensor *tensor = &maker->tensors[i];
        tensor->file = (unsigned)(i * maker->shards / maker->count);
        bool wrong = maker->wrong_name != NULL && strcmp(tensor->name, maker->wrong_name) == 0;
        hearth_buf_printf(&index, "%s\"%s\":", i > 0 ? "," : "", tensor->name);
        if (wrong && maker->claimed_file != NULL)
            hearth_buf_printf(&index, "\"%s\"", maker->claimed_file);
        else
            hearth_buf_printf(&index, "\"model-%u.safetensors\"",
                              wrong && maker->misplaced ? (tensor->file + 1) % maker->shards
                                                        : tensor->file);
    }
    hearth_buf_text(&index, "}}");
    folder_write(folder, "model.safetensors.index.json", index.bytes, index.length);
    for (unsigned i = 0; i < maker->shards; i++) {
        char name[64];
        snprintf(name, sizeof(name), "model-%u.safetensors", i);
        folder_write_shard(maker, folder, i, name);
    }
    hearth_buf_finish(&index);
}

static inline void folder_write_config(const struct folder_maker *maker, const char *folder)
{
    const struct decoder_maker *d = &maker->decoder;
    struct hearth_buf text;
    hearth_buf_init(&text, 1u << 20);
    hearth_buf_printf(&text,
                      "{\"model_type\":\"%s\",\"hidden_size\":%u,\"num_hidden_layers\":%u,"
                      "\"num_attention_heads\":%u,\"num_key_value_heads\":%u,\"head_dim\":%u,"
                      "\"intermediate_size\":%u,\"vocab_size\":%u,\"max_position_embeddings\":%u,"
                      "\"%s\":1e-5,\"tie_word_embeddings\":%s",
                      maker->type->name, d->width, d->layers, d->heads, d->key_heads, d->head_size,
                      d->feed, d->vocabulary, d->context, maker->type->epsilon_key,
                      d->tied ? "true" : "false");
    if (d->experts > 0)
        hearth_buf_printf(&text,
                          ",\"num_local_experts\":%u,\"num_experts_per_tok\":%u,"
                          "\"moe_intermediate_size\":%u,\"norm_topk_prob\":true",
                          d->experts, d->experts_used, d->feed);
    hearth_buf_printf(&text, "%s}", maker->more_config);
    folder_write(folder, "config.json", text.bytes, text.length);
    hearth_buf_finish(&text);
}

/* Both: the GGUF file at `gguf`, and a new folder, whose name is written to `folder`. */
static inline bool folder_make(struct folder_maker *maker, const char *gguf, char folder[64])
{
    struct hearth_checkpoint *checkpoint = NULL;
    if (!decoder_make(&maker->decoder, gguf) ||
        hearth_checkpoint_open(gguf, &checkpoint, NULL) != 0 ||
        hearth_checkpoint_map(checkpoint, NULL) != 0)
        return false;
    folder_take(maker, checkpoint);
    hearth_checkpoint_close(checkpoint);
    temp_folder_make(folder);
    folder_write_config(maker, folder);
    folder_write_weights(maker, folder);
    return true;
}

static inline void folder_maker_free(struct folder_maker *maker)
{
    for (size_t i = 0; i < maker->count; i++)
        hearth_free(maker->tensors[i].values);
    hearth_free(maker);
}

#endif
