/* Writes adapters with random values for the networks of decoder_maker.h: GGUF files and PEFT
 * folders, right and wrong ones. */
#ifndef HEARTH_TEST_ADAPTER_MAKER_H
#define HEARTH_TEST_ADAPTER_MAKER_H

#include "network/adapter_file.h"
#include "support/decoder_maker.h"

#include <sys/stat.h>
#include <unistd.h>

struct adapter_maker {
    const struct decoder_maker *base;
    uint64_t parts; /* bits of enum hearth_part, of every layer from first_layer on */
    uint32_t first_layer;
    uint32_t rank;
    float alpha;
    enum hearth_quant type;
    uint64_t seed;
    /* What is made wrong, if anything. */
    const char *architecture, *kind, *general_type;   /* NULL: right */
    const char *one_more;                             /* a tensor of this name, [rank × 4] */
    uint32_t wrong_inputs, wrong_outputs, wrong_rank; /* added, to the first pair */
    bool half, not_finite, cut_off;
};

static inline struct adapter_maker adapter_maker_small(const struct decoder_maker *base)
{
    const uint64_t parts = HEARTH_PART_BIT(HEARTH_PART_QUERY) | HEARTH_PART_BIT(HEARTH_PART_KEY) |
                           HEARTH_PART_BIT(HEARTH_PART_VALUE) |
                           HEARTH_PART_BIT(HEARTH_PART_ATTENTION_OUT) |
                           HEARTH_PART_BIT(HEARTH_PART_GATE) | HEARTH_PART_BIT(HEARTH_PART_UP) |
                           HEARTH_PART_BIT(HEARTH_PART_DOWN);
    return (struct adapter_maker){
        .base = base, .parts = parts, .rank = 8, .alpha = 16, .type = HEARTH_QUANT_F32, .seed = 5};
}

/* The matrices that the base's file has, and a pass can change. */
static inline uint64_t adapter_parts_of(const struct decoder_maker *base)
{
    struct decoder_making *making = hearth_calloc(1, sizeof(*making));
    making->maker = base;
    decoder_describe_network(making);
    uint64_t parts = 0;
    for (int part = HEARTH_PART_QUERY; part <= HEARTH_PART_GATE_UP; part++)
        if (hearth_part_row((enum hearth_part)part)->is_matrix &&
            decoder_part_is_made(making, (enum hearth_part)part))
            parts |= HEARTH_PART_BIT(part);
    hearth_free(making);
    return parts;
}

/* Of the base's network, as far as an adapter needs it. */
static inline struct hearth_network adapter_network(const struct decoder_maker *base)
{
    struct decoder_making *making = hearth_calloc(1, sizeof(*making));
    making->maker = base;
    decoder_describe_network(making);
    struct hearth_network network = making->network;
    network.rotation = network.architecture->rotary;
    hearth_free(making);
    return network;
}

struct adapter_tensor {
    char name[96]; /* of the base's tensor */
    enum hearth_part part;
    uint32_t layer;
    bool is_b;
    uint64_t columns, rows, offset, bytes;
};

struct adapter_making {
    const struct adapter_maker *maker;
    struct hearth_network network;
    struct adapter_tensor tensors[512];
    size_t count;
    uint64_t bytes;
};

static inline void adapter_add(struct adapter_making *making, enum hearth_part part, uint32_t layer,
                               bool is_b, unsigned alignment)
{
    const struct adapter_maker *maker = making->maker;
    const struct hearth_part_row *row = hearth_part_row(part);
    bool first = making->count < 2;
    if (maker->half && first && is_b)
        return;
    struct adapter_tensor *tensor = &making->tensors[making->count++];
    *tensor = (struct adapter_tensor){.part = part, .layer = layer, .is_b = is_b};
    hearth_part_name(part, layer, tensor->name, sizeof(tensor->name));
    tensor->columns = is_b ? maker->rank : hearth_network_extent(&making->network, row->extent[0]);
    tensor->rows = is_b ? hearth_network_extent(&making->network, row->extent[1]) : maker->rank;
    if (first) {
        tensor->columns += is_b ? maker->wrong_rank : maker->wrong_inputs;
        tensor->rows += is_b ? maker->wrong_outputs : 0;
    }
    tensor->offset = making->bytes;
    tensor->bytes = hearth_quant_bytes(maker->type, tensor->columns) * tensor->rows;
    making->bytes += (tensor->bytes + alignment - 1) / alignment * alignment;
}

static inline void adapter_list(struct adapter_making *making, unsigned alignment)
{
    for (uint32_t i = making->maker->first_layer; i < making->network.layers; i++)
        for (int part = 0; part < HEARTH_PART_COUNT; part++)
            if ((making->maker->parts & HEARTH_PART_BIT(part)) != 0) {
                adapter_add(making, (enum hearth_part)part, i, false, alignment);
                adapter_add(making, (enum hearth_part)part, i, true, alignment);
            }
}

/* A value of a tensor in f32: a function of the seed and its place alone, so that a test can ask
 * for it again. Of a size that changes the network's answers well. */
static inline float adapter_value(const struct adapter_maker *maker,
                                  const struct adapter_tensor *tensor, uint64_t row,
                                  uint64_t column)
{
    uint64_t seed = maker->seed * 1000003 + tensor->part * 7919 + tensor->layer * 104729 +
                    (tensor->is_b ? 15485863 : 0) + row * 32452843 + column * 49979687 + 1;
    for (int i = 0; i < 4; i++)
        seeded_next(&seed);
    float size = tensor->is_b ? 0.25f : 1.7f / sqrtf((float)tensor->columns);
    float value = size * decoder_random(&seed);
    /* What every type here holds exactly. */
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bits &= 0xffff0000u;
    memcpy(&value, &bits, sizeof(value));
    return maker->type == HEARTH_QUANT_F16 ? hearth_f16_to_f32(hearth_f32_to_f16(value)) : value;
}

static inline void adapter_put_values(struct hearth_buf *buf, const struct adapter_making *making,
                                      const struct adapter_tensor *tensor, unsigned alignment)
{
    const struct adapter_maker *maker = making->maker;
    float *values = hearth_calloc(tensor->columns, sizeof(*values));
    size_t bytes = hearth_quant_bytes(maker->type, tensor->columns);
    char *block = hearth_calloc(bytes + 1, 1);
    for (uint64_t row = 0; row < tensor->rows; row++) {
        for (uint64_t i = 0; i < tensor->columns; i++)
            values[i] = adapter_value(maker, tensor, row, i);
        if (maker->not_finite && tensor == &making->tensors[1] && row == 3)
            values[tensor->columns - 1] = INFINITY;
        hearth_quantize(maker->type, values, tensor->columns, block);
        hearth_buf_append(buf, block, bytes);
    }
    hearth_free(values);
    hearth_free(block);
    put_padding(buf, alignment);
}

static inline bool adapter_write(const char *path, const struct hearth_buf *buf, size_t less)
{
    FILE *file = fopen(path, "wb");
    size_t length = buf->length - less;
    bool written =
        file != NULL && buf->failed == 0 && fwrite(buf->bytes, 1, length, file) == length;
    return file != NULL && fclose(file) == 0 && written;
}

static inline struct adapter_making *adapter_begin(const struct adapter_maker *maker,
                                                   unsigned alignment)
{
    struct adapter_making *making = hearth_calloc(1, sizeof(*making));
    making->maker = maker;
    making->network = adapter_network(maker->base);
    adapter_list(making, alignment);
    return making;
}

static inline bool adapter_make_gguf(const struct adapter_maker *maker, const char *path)
{
    struct adapter_making *making = adapter_begin(maker, 32);
    struct hearth_buf buf;
    char name[128];
    hearth_buf_init(&buf, 64u << 20);
    put_head(&buf, 3, making->count + (maker->one_more != NULL), 4);
    put_key_text(&buf, "general.type", maker->general_type ? maker->general_type : "adapter");
    put_key_text(&buf, "general.architecture",
                 maker->architecture ? maker->architecture : maker->base->architecture);
    put_key_text(&buf, "adapter.type", maker->kind ? maker->kind : "lora");
    put_key_f32(&buf, "adapter.lora.alpha", maker->alpha);
    for (size_t i = 0; i < making->count; i++) {
        const struct adapter_tensor *tensor = &making->tensors[i];
        snprintf(name, sizeof(name), "%s.lora_%s", tensor->name, tensor->is_b ? "b" : "a");
        put_tensor(&buf, name, maker->type, tensor->columns, tensor->rows, tensor->offset);
    }
    if (maker->one_more != NULL)
        put_tensor(&buf, maker->one_more, HEARTH_QUANT_F32, maker->rank, 4, making->bytes);
    put_padding(&buf, 32);
    for (size_t i = 0; i < making->count; i++)
        adapter_put_values(&buf, making, &making->tensors[i], 32);
    if (maker->one_more != NULL)
        put_zeros(&buf, (size_t)maker->rank * 4 * sizeof(float));
    put_padding(&buf, 32);
    bool written = adapter_write(path, &buf, maker->cut_off ? 64 : 0);
    hearth_buf_finish(&buf);
    hearth_free(making);
    return written;
}

/* Where transformers has a part; the module that PEFT names. */
static inline const char *adapter_module(enum hearth_part part)
{
    switch (part) {
    case HEARTH_PART_QUERY:
        return "self_attn.q_proj";
    case HEARTH_PART_KEY:
        return "self_attn.k_proj";
    case HEARTH_PART_VALUE:
        return "self_attn.v_proj";
    case HEARTH_PART_QKV:
        return "self_attn.qkv_proj";
    case HEARTH_PART_ATTENTION_OUT:
        return "self_attn.o_proj";
    case HEARTH_PART_GATE:
        return "mlp.gate_proj";
    case HEARTH_PART_UP:
        return "mlp.up_proj";
    case HEARTH_PART_GATE_UP:
        return "mlp.gate_up_proj";
    default:
        return "mlp.down_proj";
    }
}

/* The row of a Llama's W in transformers that GGUF's file has at `row`: see adapter_file.c; written
 * down again from convert_hf_to_gguf.py's
 *     w.reshape(heads, 2, size // 2, columns).swapaxes(1, 2).reshape(w.shape) */
static inline uint64_t adapter_gguf_row(const struct decoder_maker *base, uint64_t row)
{
    uint64_t size = base->head_size, head = row / size, in = row % size;
    uint64_t half = in / (size / 2), i = in % (size / 2);
    return head * size + 2 * i + half;
}

/* The same adapter as adapter_make_gguf's in f32 and in PEFT's order of rows. `config` holds more
 * members
 * (", \"use_dora\": true"). */
static inline bool adapter_make_peft(const struct adapter_maker *maker, const char *folder,
                                     const char *config)
{
    struct adapter_making *making = adapter_begin(maker, 1);
    making->bytes = 0;
    for (size_t i = 0; i < making->count; i++) {
        struct adapter_tensor *tensor = &making->tensors[i];
        tensor->offset = making->bytes;
        tensor->bytes = tensor->columns * tensor->rows * sizeof(float);
        making->bytes += tensor->bytes;
    }
    struct hearth_buf head, buf;
    char path[256];
    bool permuted =
        hearth_architecture_find(maker->base->architecture, strlen(maker->base->architecture))
            ->rotary == HEARTH_ROTARY_ADJACENT;
    hearth_buf_init(&head, 1u << 20);
    hearth_buf_init(&buf, 64u << 20);
    hearth_buf_text(&head, "{");
    for (size_t i = 0; i < making->count; i++) {
        const struct adapter_tensor *tensor = &making->tensors[i];
        char *entry = hearth_format(
            "%s\"base_model.model.model.layers.%u.%s.lora_%s.weight\":{\"dtype\":\"F32\","
            "\"shape\":[%u,%u],\"data_offsets\":[%u,%u]}",
            i > 0 ? "," : "", tensor->layer, adapter_module(tensor->part), tensor->is_b ? "B" : "A",
            (unsigned)tensor->rows, (unsigned)tensor->columns, (unsigned)tensor->offset,
            (unsigned)(tensor->offset + tensor->bytes));
        hearth_buf_text(&head, entry);
        hearth_free(entry);
    }
    if (maker->one_more != NULL) {
        char *entry =
            hearth_format(",\"%s\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[%u,%u]}",
                          maker->one_more, (unsigned)making->bytes, (unsigned)making->bytes + 4);
        hearth_buf_text(&head, entry);
        hearth_free(entry);
    }
    hearth_buf_text(&head, "}");
    put_u64(&buf, head.length);
    hearth_buf_append(&buf, head.bytes, head.length);
    for (size_t i = 0; i < making->count; i++) {
        const struct adapter_tensor *tensor = &making->tensors[i];
        bool turned = permuted && tensor->is_b &&
                      (tensor->part == HEARTH_PART_QUERY || tensor->part == HEARTH_PART_KEY);
        for (uint64_t row = 0; row < tensor->rows; row++)
            for (uint64_t column = 0; column < tensor->columns; column++) {
                float value = adapter_value(
                    maker, tensor, turned ? adapter_gguf_row(maker->base, row) : row, column);
                hearth_buf_append(&buf, &value, sizeof(value));
            }
    }
    if (maker->one_more != NULL)
        put_zeros(&buf, 4);
    mkdir(folder, 0700);
    snprintf(path, sizeof(path), "%s/adapter_model.safetensors", folder);
    bool written = adapter_write(path, &buf, maker->cut_off ? 4 : 0);
    buf.length = 0;
    char *text =
        config != NULL && config[0] == '{'
            ? hearth_strdup(config)
            : hearth_format("{\"peft_type\":\"LORA\",\"r\":%u,\"lora_alpha\":%g%s}", maker->rank,
                            (double)maker->alpha, config != NULL ? config : "");
    hearth_buf_text(&buf, text);
    hearth_free(text);
    snprintf(path, sizeof(path), "%s/adapter_config.json", folder);
    written = adapter_write(path, &buf, 0) && written;
    hearth_buf_finish(&head);
    hearth_buf_finish(&buf);
    hearth_free(making);
    return written;
}

static inline void adapter_remove_peft(const char *folder)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/adapter_model.safetensors", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/adapter_config.json", folder);
    unlink(path);
    rmdir(folder);
}

#endif
