/* Writes GGUF files of small decoders with random weights, one for each architecture's row: what a
 * file must hold is read off the rows themselves. For tests of src/network/. */
#ifndef HEARTH_TEST_DECODER_MAKER_H
#define HEARTH_TEST_DECODER_MAKER_H

#include "base/memory.h"
#include "compute/quant.h"
#include "network/network.h"
#include "support/gguf_maker.h"
#include "support/seeded.h"

#include <math.h>
#include <stdio.h>

struct decoder_maker {
    const char *architecture;
    uint32_t layers, width, heads, key_heads, head_size, rotary_size, feed, vocabulary, context;
    uint32_t experts, experts_used;
    uint32_t window;
    uint32_t pooling; /* libllama's number: it only makes vectors or scores; 0: it generates */
    const char *const *labels; /* of a classifier, with a NULL behind the last; or NULL */
    const char *pair_template; /* of a reranker; or NULL */
    bool words;                /* with a tokenizer of BERT's kind, for engines */
    enum hearth_quant type;    /* of matrices; vectors are f32 */
    bool biases, tied, fused, rotary_factors, side_by_side;
    uint64_t seed;
    const char *tokens_of; /* a GGUF file whose tokens and template it gets; NULL: it has none */
    /* What is made wrong, if anything; of one tensor. */
    const char *wrong_name;
    uint32_t wrong_type;   /* 0: right */
    uint32_t wrong_extent; /* added to the first */
    bool left_out, one_more;
    float wrong_value;     /* in each of its rows; 0: right */
    const char *wrong_key; /* of the header, behind the architecture's name; or NULL */
    float wrong_number;    /* which it has */
    float wrong_values;    /* all that it has; 0: right */
};

/* The sizes of a network that is there, for who makes something that fits it. */
static inline struct decoder_maker decoder_maker_of(const struct hearth_network *network)
{
    return (struct decoder_maker){.architecture = network->architecture->name,
                                  .layers = network->layers,
                                  .width = network->width,
                                  .heads = network->heads,
                                  .key_heads = network->key_heads,
                                  .head_size = network->head_size,
                                  .feed = network->feed,
                                  .vocabulary = network->vocabulary};
}

static inline struct decoder_maker decoder_maker_small(const char *architecture)
{
    return (struct decoder_maker){
        .architecture = architecture,
        .layers = 4,
        .width = 128,
        .heads = 4,
        .key_heads = 2,
        .head_size = 32,
        .rotary_size = 32,
        .feed = 192,
        .vocabulary = 320,
        .context = 512,
        .type = HEARTH_QUANT_F32,
        .seed = 1,
    };
}

struct decoder_tensor {
    char name[64];
    uint64_t extents[3];
    uint32_t type;
    uint64_t offset, bytes;
    enum hearth_part part;
};

struct decoder_making {
    const struct decoder_maker *maker;
    struct hearth_network network;
    struct decoder_tensor tensors[512];
    size_t count;
    uint64_t bytes;
};

static inline bool decoder_part_is_made(const struct decoder_making *making, enum hearth_part part)
{
    const struct decoder_maker *maker = making->maker;
    const struct hearth_architecture *row = making->network.architecture;
    uint64_t bit = HEARTH_PART_BIT(part);
    bool is_fused = part == HEARTH_PART_QKV || part == HEARTH_PART_QKV_BIAS;
    bool is_apart = part >= HEARTH_PART_QUERY && part <= HEARTH_PART_VALUE_BIAS;
    bool is_expert = part >= HEARTH_PART_ROUTER;
    bool is_dense = (part >= HEARTH_PART_GATE && part <= HEARTH_PART_GATE_UP);
    if (((row->required | row->permitted) & bit) == 0 || part == HEARTH_PART_GATE_UP_EXPERTS)
        return false;
    if ((is_fused && !maker->fused) || (is_apart && maker->fused) ||
        (is_expert && maker->experts == 0) || (is_dense && maker->experts > 0))
        return false;
    if ((row->required & bit) != 0 || is_expert || part == HEARTH_PART_QKV)
        return true;
    switch (part) {
    case HEARTH_PART_HEAD:
        return !maker->tied;
    case HEARTH_PART_CLASSIFIER:
        return maker->labels != NULL;
    case HEARTH_PART_ROTARY_FACTORS:
        return maker->rotary_factors;
    case HEARTH_PART_ROTARY_FACTORS_SHORT:
    case HEARTH_PART_ROTARY_FACTORS_LONG:
        return false;
    case HEARTH_PART_FEED_NORM:
    case HEARTH_PART_FEED_NORM_BIAS:
        return !maker->side_by_side;
    case HEARTH_PART_QUERY_NORM:
    case HEARTH_PART_KEY_NORM:
        return maker->side_by_side;
    default:
        return maker->biases;
    }
}

static inline void decoder_add_tensor(struct decoder_making *making, enum hearth_part part,
                                      uint32_t layer)
{
    const struct decoder_maker *maker = making->maker;
    const struct hearth_part_row *row = hearth_part_row(part);
    struct decoder_tensor *tensor = &making->tensors[making->count];
    *tensor = (struct decoder_tensor){.part = part};
    hearth_part_name(part, layer, tensor->name, sizeof(tensor->name));
    for (size_t i = 0; i < 3; i++)
        tensor->extents[i] = hearth_network_extent(&making->network, row->extent[i]);
    if (part == HEARTH_PART_QUERY_NORM || part == HEARTH_PART_KEY_NORM) {
        uint32_t heads = part == HEARTH_PART_QUERY_NORM ? maker->heads : maker->key_heads;
        enum hearth_head_norm norm = making->network.architecture->head_norm;
        tensor->extents[1] = norm == HEARTH_HEAD_NORM_EACH ? heads : 1;
        tensor->extents[0] *= norm == HEARTH_HEAD_NORM_WHOLE ? heads : 1;
    }
    bool quantized = row->is_matrix && part != HEARTH_PART_ROUTER;
    tensor->type = (uint32_t)(quantized ? maker->type : HEARTH_QUANT_F32);
    if (maker->wrong_name != NULL && strcmp(maker->wrong_name, tensor->name) == 0) {
        if (maker->left_out)
            return;
        if (maker->wrong_type != 0)
            tensor->type = maker->wrong_type;
        tensor->extents[0] += maker->wrong_extent;
    }
    tensor->offset = making->bytes;
    tensor->bytes = hearth_gguf_tensor_type_bytes(tensor->type, tensor->extents[0]) *
                    tensor->extents[1] * tensor->extents[2];
    making->bytes += (tensor->bytes + 31) / 32 * 32;
    making->count++;
}

static inline void decoder_list_tensors(struct decoder_making *making)
{
    for (int part = 0; part < HEARTH_PART_COUNT; part++) {
        if (!decoder_part_is_made(making, (enum hearth_part)part))
            continue;
        bool in_layer = hearth_part_row((enum hearth_part)part)->in_layer;
        for (uint32_t i = 0; i < (in_layer ? making->maker->layers : 1); i++)
            decoder_add_tensor(making, (enum hearth_part)part, i);
    }
    if (making->maker->one_more) {
        struct decoder_tensor *tensor = &making->tensors[making->count++];
        *tensor = (struct decoder_tensor){.name = "blk.0.attn_sinks.weight",
                                          .extents = {32, 1, 1},
                                          .offset = making->bytes,
                                          .bytes = 128,
                                          .part = HEARTH_PART_QUERY_BIAS};
        making->bytes += 128;
    }
}

static inline void put_key_of(struct hearth_buf *buf, const struct decoder_maker *maker,
                              const char *suffix, uint32_t value, uint64_t *entries)
{
    char key[96];
    snprintf(key, sizeof(key), "%s.%s", maker->architecture, suffix);
    put_key_u32(buf, key, value);
    (*entries)++;
}

static inline void put_number_of(struct hearth_buf *buf, const struct decoder_maker *maker,
                                 const char *suffix, float value, uint64_t *entries)
{
    char key[96];
    snprintf(key, sizeof(key), "%s.%s", maker->architecture, suffix);
    put_key_f32(buf, key, value);
    (*entries)++;
}

/* Keys of a tokenizer, byte for byte. */
static inline void decoder_copy_tokenizer(struct hearth_buf *buf, const char *path,
                                          uint64_t *entries)
{
    struct hearth_gguf *gguf = NULL;
    if (hearth_gguf_open(path, &gguf, NULL) != 0)
        return;
    for (size_t i = 0; i < hearth_gguf_entry_count(gguf); i++) {
        const struct hearth_gguf_entry *entry = hearth_gguf_entry(gguf, i);
        size_t length = 0;
        if (entry->key.length < 10 || memcmp(entry->key.bytes, "tokenizer.", 10) != 0)
            continue;
        if (entry->type == HEARTH_GGUF_STRING)
            for (uint64_t j = 0; j < entry->count; j++)
                hearth_gguf_next_text(entry, &length);
        else
            length = entry->count * (entry->type == HEARTH_GGUF_BOOL ? 1 : 4);
        put_u64(buf, entry->key.length);
        hearth_buf_append(buf, entry->key.bytes, entry->key.length);
        put_u32(buf, (uint32_t)(entry->is_array ? HEARTH_GGUF_ARRAY : entry->type));
        if (entry->is_array) {
            put_u32(buf, (uint32_t)entry->type);
            put_u64(buf, entry->count);
        }
        hearth_buf_append(buf, entry->bytes, length);
        (*entries)++;
    }
    hearth_gguf_destroy(gguf);
}

static inline uint32_t decoder_label_count(const struct decoder_maker *maker)
{
    uint32_t count = 0;
    while (maker->labels != NULL && maker->labels[count] != NULL)
        count++;
    return count > 0 ? count : 1;
}

/* "a" to "z" are tokens 1 to 26; the special ones lie where BERT has them. */
static inline void decoder_put_words(struct hearth_buf *buf, const struct decoder_maker *maker)
{
    static const char *const special[] = {"[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    put_key_text(buf, "tokenizer.ggml.model", "bert");
    put_key_u32(buf, "tokenizer.ggml.token_type_count", 2);
    put_key_array(buf, "tokenizer.ggml.tokens", 8, maker->vocabulary);
    for (uint32_t i = 0; i < maker->vocabulary; i++) {
        char word[24];
        if (i >= 100 && i < 104)
            snprintf(word, sizeof(word), "%s", special[i - 100]);
        else if (i > 0 && i <= 26)
            snprintf(word, sizeof(word), "\xe2\x96\x81%c", 'a' + (int)i - 1);
        else
            snprintf(word, sizeof(word), "[unused%u]", i);
        put_text(buf, word);
    }
    put_key_array(buf, "tokenizer.ggml.token_type", 5, maker->vocabulary);
    for (uint32_t i = 0; i < maker->vocabulary; i++)
        put_u32(buf, 1);
}

static inline void decoder_put_labels(struct hearth_buf *buf, const struct decoder_maker *maker)
{
    char key[96];
    snprintf(key, sizeof(key), "%s.classifier.output_labels", maker->architecture);
    put_key_array(buf, key, 8, decoder_label_count(maker));
    for (uint32_t i = 0; maker->labels[i] != NULL; i++)
        put_text(buf, maker->labels[i]);
}

static inline void decoder_put_keys(struct hearth_buf *buf, const struct decoder_maker *maker,
                                    uint64_t *entries)
{
    put_key_text(buf, "general.architecture", maker->architecture);
    *entries += 1;
    if (maker->tokens_of != NULL) {
        decoder_copy_tokenizer(buf, maker->tokens_of, entries);
    } else if (maker->words) {
        decoder_put_words(buf, maker);
        *entries += 4;
    } else {
        put_key_text(buf, "tokenizer.ggml.model", "none");
        *entries += 1;
    }
    if (maker->pooling > 0)
        put_key_of(buf, maker, "pooling_type", maker->pooling, entries);
    if (maker->pair_template != NULL) {
        put_key_text(buf, "tokenizer.chat_template.rerank", maker->pair_template);
        (*entries)++;
    }
    if (maker->labels != NULL) {
        decoder_put_labels(buf, maker);
        (*entries)++;
    }
    put_key_of(buf, maker, "block_count", maker->layers, entries);
    put_key_of(buf, maker, "context_length", maker->context, entries);
    put_key_of(buf, maker, "embedding_length", maker->width, entries);
    put_key_of(buf, maker, "feed_forward_length", maker->feed, entries);
    put_key_of(buf, maker, "attention.head_count", maker->heads, entries);
    put_key_of(buf, maker, "attention.head_count_kv", maker->key_heads, entries);
    put_key_of(buf, maker, "attention.key_length", maker->head_size, entries);
    put_key_of(buf, maker, "attention.value_length", maker->head_size, entries);
    put_key_of(buf, maker, "rope.dimension_count", maker->rotary_size, entries);
    put_key_of(buf, maker, "vocab_size", maker->vocabulary, entries);
    put_number_of(buf, maker, "attention.layer_norm_rms_epsilon", 1e-5f, entries);
    put_number_of(buf, maker, "attention.layer_norm_epsilon", 1e-5f, entries);
    put_number_of(buf, maker, "rope.freq_base", 10000, entries);
    if (maker->experts > 0) {
        put_key_of(buf, maker, "expert_count", maker->experts, entries);
        put_key_of(buf, maker, "expert_used_count", maker->experts_used, entries);
        put_key_of(buf, maker, "expert_feed_forward_length", maker->feed, entries);
    }
    if (maker->window > 0)
        put_key_of(buf, maker, "attention.sliding_window", maker->window, entries);
    if (maker->wrong_key != NULL)
        put_number_of(buf, maker, maker->wrong_key, maker->wrong_number, entries);
    if (strcmp(maker->architecture, "granite") == 0) {
        put_number_of(buf, maker, "logit_scale", 4, entries);
        put_number_of(buf, maker, "residual_scale", 0.5f, entries);
        put_number_of(buf, maker, "embedding_scale", 6, entries);
        put_number_of(buf, maker, "attention.scale", 0.125f, entries);
    }
    if (strcmp(maker->architecture, "gemma2") == 0) {
        put_number_of(buf, maker, "attn_logit_softcapping", 5, entries);
        put_number_of(buf, maker, "final_logit_softcapping", 3, entries);
    }
}

static inline float decoder_random(uint64_t *seed)
{
    return (float)((double)(seeded_next(seed) >> 11) / 4503599627370496.0 - 1); /* [-1, 1) */
}

/* Values of a size that keeps activations near 1. */
static inline void decoder_put_values(struct hearth_buf *buf, const struct decoder_making *making,
                                      const struct decoder_tensor *tensor, uint64_t *seed)
{
    const struct decoder_maker *maker = making->maker;
    bool is_wrong = maker->wrong_name != NULL && strcmp(tensor->name, maker->wrong_name) == 0;
    bool matrix = hearth_part_row(tensor->part)->is_matrix;
    bool norm = strstr(tensor->name, "norm.weight") != NULL;
    bool factors = tensor->part == HEARTH_PART_ROTARY_FACTORS;
    size_t count = tensor->extents[0], rows = tensor->extents[1] * tensor->extents[2];
    float *values = hearth_calloc(count, sizeof(*values));
    size_t bytes = hearth_gguf_tensor_type_bytes(tensor->type, count);
    char *block = hearth_calloc(bytes + 1, 1);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < count; i++) {
            float random = decoder_random(seed);
            values[i] = factors ? 1.5f + random
                        : norm  ? 1 + 0.3f * random
                        : matrix && tensor->part != HEARTH_PART_EMBEDDING
                            ? 1.7f * random / sqrtf((float)count)
                            : 0.5f * random;
        }
        if (is_wrong && maker->wrong_value != 0)
            values[count / 2] = maker->wrong_value;
        for (size_t i = 0; is_wrong && maker->wrong_values != 0 && i < count; i++)
            values[i] = maker->wrong_values;
        if (hearth_quant_type(tensor->type) != NULL &&
            hearth_quant_can_be_made((enum hearth_quant)tensor->type))
            hearth_quantize((enum hearth_quant)tensor->type, values, count, block);
        hearth_buf_append(buf, block, bytes);
    }
    hearth_free(values);
    hearth_free(block);
    put_padding(buf, 32);
}

static inline void decoder_describe_network(struct decoder_making *making)
{
    const struct decoder_maker *maker = making->maker;
    making->network = (struct hearth_network){
        .architecture = hearth_architecture_find(maker->architecture, strlen(maker->architecture)),
        .layers = maker->layers,
        .width = maker->width,
        .vocabulary = maker->vocabulary,
        .heads = maker->heads,
        .key_heads = maker->key_heads,
        .head_size = maker->head_size,
        .rotary_size = maker->rotary_size,
        .feed = maker->feed,
        .experts = maker->experts,
        .expert_feed = maker->feed,
        .labels = decoder_label_count(maker),
    };
}

/* Writes the file; false when it cannot be written. */
static inline bool decoder_make(const struct decoder_maker *maker, const char *path)
{
    struct decoder_making *making = hearth_calloc(1, sizeof(*making));
    struct hearth_buf keys, buf;
    uint64_t entries = 0, seed = maker->seed;
    hearth_buf_init(&keys, 32u << 20);
    hearth_buf_init(&buf, 1u << 30);
    making->maker = maker;
    decoder_describe_network(making);
    decoder_list_tensors(making);
    decoder_put_keys(&keys, maker, &entries);
    put_head(&buf, 3, making->count, entries);
    hearth_buf_append(&buf, keys.bytes, keys.length);
    for (size_t i = 0; i < making->count; i++) {
        const struct decoder_tensor *tensor = &making->tensors[i];
        uint32_t extents = tensor->extents[2] > 1 ? 3 : tensor->extents[1] > 1 ? 2 : 1;
        put_text(&buf, tensor->name);
        put_u32(&buf, extents);
        for (uint32_t j = 0; j < extents; j++)
            put_u64(&buf, tensor->extents[j]);
        put_u32(&buf, tensor->type);
        put_u64(&buf, tensor->offset);
    }
    put_padding(&buf, 32);
    for (size_t i = 0; i < making->count; i++)
        decoder_put_values(&buf, making, &making->tensors[i], &seed);
    FILE *file = fopen(path, "wb");
    bool written =
        file != NULL && buf.failed == 0 && fwrite(buf.bytes, 1, buf.length, file) == buf.length;
    written = file != NULL && fclose(file) == 0 && written;
    hearth_buf_finish(&keys);
    hearth_buf_finish(&buf);
    hearth_free(making);
    return written;
}

#endif
