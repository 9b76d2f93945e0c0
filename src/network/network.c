/* A GGUF header becomes a network. Every number is a stranger's: it is bounded where it is read,
 * and what relates two numbers is checked when both are there. Behind hearth_network_read no size
 * is 0 that a division needs and no product of two overflows 64 bits. */
#include "network/network.h"

#include "base/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A header that is being read: the first failure stays in `rc`, and what follows reads zeros. */
struct reading {
    const struct hearth_gguf *gguf;
    const char *prefix;
    struct hearth_error *error;
    int rc;
};

static const struct hearth_gguf_entry *find(const struct reading *from, const char *suffix)
{
    char key[128];
    snprintf(key, sizeof(key), "%s.%s", from->prefix, suffix);
    return hearth_gguf_find(from->gguf, key);
}

static void refuse(struct reading *from, const char *suffix, const char *why)
{
    if (from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_EMODEL, "the GGUF header's '%s.%s' %s",
                                    from->prefix, suffix, why);
}

/* A whole number in [0, most], or the fallback where the key is missing. GGUF allows an array with
 * a number for each layer; one whose numbers are all the same is as good as one number, and
 * anything else is a network that no row describes. */
static uint32_t whole(struct reading *from, const char *suffix, uint32_t fallback, uint32_t most)
{
    const struct hearth_gguf_entry *entry = find(from, suffix);
    if (entry == NULL)
        return fallback;
    int64_t value = hearth_gguf_integer_at(entry, 0, -1);
    for (uint64_t i = 1; entry->is_array && i < entry->count; i++)
        if (hearth_gguf_integer_at(entry, i, -1) != value && from->rc == 0)
            from->rc =
                hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                 "'%s.%s' differs from layer to layer", from->prefix, suffix);
    if (value < 0 || value > most) {
        refuse(from, suffix, "is out of range");
        return 0;
    }
    return (uint32_t)value;
}

/* The same where 0 makes no sense; zeros that follow an earlier failure change nothing. */
static uint32_t needed(struct reading *from, const char *suffix, uint32_t fallback, uint32_t most)
{
    uint32_t value = whole(from, suffix, fallback, most);
    if (value == 0)
        refuse(from, suffix, "is missing or 0");
    return value;
}

static double number_as_written(struct reading *from, const char *suffix, double fallback)
{
    char key[128];
    snprintf(key, sizeof(key), "%s.%s", from->prefix, suffix);
    double value = hearth_gguf_number(from->gguf, key, fallback);
    if (!isfinite(value) || fabs(value) > HEARTH_NETWORK_NUMBER_MAX) {
        refuse(from, suffix, "is out of range");
        return fallback;
    }
    return value;
}

static float number(struct reading *from, const char *suffix, float fallback)
{
    return (float)number_as_written(from, suffix, (double)fallback);
}

/* Of a number that things are divided by; 1 where it is missing or 0. */
static float inverse(struct reading *from, const char *suffix)
{
    double value = number_as_written(from, suffix, 0);
    double result = value != 0 ? 1 / value : 1;
    if (fabs(result) > HEARTH_NETWORK_NUMBER_MAX)
        refuse(from, suffix, "is too close to 0 to divide by");
    return (float)result;
}

/* The same as it is, 0 where it is missing or means none. */
static float divisor(struct reading *from, const char *suffix)
{
    inverse(from, suffix);
    return number(from, suffix, 0);
}

/* Defaults are those of the GGUF specification: as many key heads as heads where nothing is said
 * (then it is not grouped-query attention), and width/heads components to a head. A head may also
 * be wider or narrower than width/heads, as in Gemma and Qwen 3. */
static void read_sizes(struct reading *from, struct hearth_network *network)
{
    enum { WIDTH = HEARTH_NETWORK_WIDTH_MAX };
    network->layers = needed(from, "block_count", 0, HEARTH_NETWORK_LAYERS_MAX);
    network->width = needed(from, "embedding_length", 0, WIDTH);
    network->trained_context = whole(from, "context_length", 0, INT32_MAX);
    network->heads = needed(from, "attention.head_count", 0, WIDTH);
    network->key_heads = needed(from, "attention.head_count_kv", network->heads, WIDTH);
    uint32_t head = network->heads > 0 ? network->width / network->heads : 0;
    network->head_size = needed(from, "attention.key_length", head, WIDTH);
    uint32_t value_size = needed(from, "attention.value_length", head, WIDTH);
    network->rotary_size = whole(from, "rope.dimension_count", network->head_size, WIDTH);
    network->feed = whole(from, "feed_forward_length", 0, WIDTH);
    network->experts = whole(from, "expert_count", 0, HEARTH_NETWORK_EXPERTS_MAX);
    network->experts_used = whole(from, "expert_used_count", 0, HEARTH_NETWORK_EXPERTS_MAX);
    network->expert_feed = whole(from, "expert_feed_forward_length", network->feed, WIDTH);
    /* From here on all needed sizes are above 0, so that the remainders are defined. */
    if (from->rc != 0)
        return;
    if (network->heads % network->key_heads != 0)
        refuse(from, "attention.head_count_kv", "does not divide the number of heads");
    if (network->rotary_size > network->head_size || network->rotary_size % 2 != 0)
        refuse(from, "rope.dimension_count", "is odd, or more than a head has");
    if (network->experts_used > network->experts ||
        (network->experts > 0) != (network->experts_used > 0))
        refuse(from, "expert_used_count", "does not fit the number of experts");
    uint64_t queries = (uint64_t)network->heads * network->head_size;
    if (queries > WIDTH)
        refuse(from, "attention.key_length", "makes the heads too wide");
    if (network->feed == 0 && network->experts == 0)
        refuse(from, "feed_forward_length", "is missing or 0");
    if (from->rc == 0 && value_size != network->head_size)
        from->rc =
            hearth_error_set(from->error, HEARTH_ENOTIMPL, "keys and values of different sizes");
}

/* The list of tokens decides where there is one: that many rows the embeddings must have, which
 * weights_describe.c compares with the tensor's shape. */
static void read_vocabulary(struct reading *from, struct hearth_network *network)
{
    network->vocabulary = whole(from, "vocab_size", 0, INT32_MAX / 2);
    const struct hearth_gguf_entry *tokens = hearth_gguf_find(from->gguf, "tokenizer.ggml.tokens");
    if (tokens != NULL && tokens->is_array && tokens->count <= INT32_MAX / 2)
        network->vocabulary = (uint32_t)tokens->count;
    if (network->vocabulary == 0)
        refuse(from, "vocab_size", "is missing, and there is no list of tokens");
}

/* One where nothing is said: a number for a pair of texts. */
static void read_labels(struct reading *from, struct hearth_network *network)
{
    const struct hearth_gguf_entry *labels = find(from, "classifier.output_labels");
    network->labels = 1;
    if (labels == NULL || !labels->is_array || labels->count == 0)
        return;
    if (labels->count > HEARTH_NETWORK_LABELS_MAX)
        refuse(from, "classifier.output_labels", "has too many labels");
    else
        network->labels = (uint32_t)labels->count;
}

/* Factors that most headers leave out; converters write 0 for "none" as well, hence the tests for
 * 0. Scores are multiplied by 1/√(head size) (arXiv 1706.03762), in Gemma's largest networks by
 * 1/√(width/heads). Granite's logit_scale is a divisor, and we keep its inverse. */
static void read_factors(struct reading *from, struct hearth_network *network)
{
    const struct hearth_architecture *row = network->architecture;
    bool rms = row->norm == HEARTH_NORM_RMS;
    network->norm_epsilon =
        number(from, rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", 0);
    if (!(network->norm_epsilon >= 0))
        refuse(from, "attention.layer_norm_epsilon", "is negative");
    network->embedding_scale =
        row->scales_embedding ? sqrtf((float)network->width) : number(from, "embedding_scale", 0);
    if (network->embedding_scale == 0)
        network->embedding_scale = 1;
    network->residual_scale = number(from, "residual_scale", 0);
    if (network->residual_scale == 0)
        network->residual_scale = 1;
    network->logit_scale = inverse(from, "logit_scale");
    float size = (float)network->head_size;
    if (row->layers_scaled_by_width != 0 && network->layers == row->layers_scaled_by_width)
        size = (float)network->width / (float)network->heads;
    network->attention_scale = number(from, "attention.scale", 0);
    if (network->attention_scale == 0)
        network->attention_scale = 1 / sqrtf(size);
    network->attention_cap = divisor(from, "attn_logit_softcapping");
    network->logit_cap = divisor(from, "final_logit_softcapping");
}

/* A pattern n means that layers n − 1, 2n − 1, … see everything. Files may instead have a truth for
 * each layer; a list that is too short says no for the rest. */
static void read_windows(struct reading *from, struct hearth_network *network)
{
    const struct hearth_architecture *row = network->architecture;
    if (!row->windows)
        return;
    network->window = whole(from, "attention.sliding_window", row->window_default, INT32_MAX);
    const struct hearth_gguf_entry *entry = find(from, "attention.sliding_window_pattern");
    uint32_t pattern = row->window_pattern;
    if (entry != NULL && !entry->is_array)
        pattern = whole(from, "attention.sliding_window_pattern", pattern, INT32_MAX);
    for (uint32_t i = 0; network->window > 0 && i < network->layers; i++) {
        bool windowed = pattern == 0 || i % pattern < pattern - 1;
        if (entry != NULL && entry->is_array)
            windowed = i < entry->count && entry->type == HEARTH_GGUF_BOOL
                           ? entry->bytes[i] != 0
                           : hearth_gguf_integer_at(entry, i, 0) != 0;
        network->windowed[i] = windowed;
    }
}

static bool text_is(struct hearth_gguf_text text, const char *word)
{
    return text.bytes != NULL && text.length == strlen(word) &&
           memcmp(text.bytes, word, text.length) == 0;
}

/* As llama.cpp's llama_context reads them: a caller's numbers before the header's, `scale_linear`
 * as the old name of the factor. The magnitude of yarn is 1 + 0.1 · ln(factor) (Peng et al., arXiv
 * 2309.00071), times the header's own.
 *
 * llama3's scaling and longrope have no numbers here: their factors are tensors of the file. Kinds
 * of scaling that are unknown are refused, since positions that are slightly wrong would only show
 * as worse answers. */
static void read_rotary(struct reading *from, const struct hearth_network_overrides *overrides,
                        struct hearth_network *network)
{
    struct hearth_rotary_scaling *rotary = &network->rotary;
    char key[128];
    snprintf(key, sizeof(key), "%s.rope.scaling.type", from->prefix);
    struct hearth_gguf_text type = hearth_gguf_text(from->gguf, key);
    rotary->base = number(from, "rope.freq_base", 10000);
    bool old = find(from, "rope.scaling.factor") == NULL;
    rotary->frequency_scale = inverse(from, old ? "rope.scale_linear" : "rope.scaling.factor");
    if (overrides != NULL && overrides->rotary_base > 0)
        rotary->base = overrides->rotary_base;
    if (overrides != NULL && overrides->rotary_scale > 0)
        rotary->frequency_scale = overrides->rotary_scale;
    rotary->yarn = text_is(type, "yarn");
    if (text_is(type, "none"))
        rotary->frequency_scale = 1;
    else if (type.bytes != NULL && !rotary->yarn && !text_is(type, "linear") &&
             !text_is(type, "longrope") && from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_ENOTIMPL,
                                    "a scaling of positions of another kind than linear, yarn and "
                                    "longrope");
    double scale = (double)rotary->frequency_scale;
    /* Twice the bound leaves room for rounding to f32. */
    if (!(rotary->base > 1) || !(scale > 0) || 1 / scale > 2 * HEARTH_NETWORK_NUMBER_MAX)
        refuse(from, "rope.freq_base", "or its scaling is out of range");
    rotary->original_context =
        whole(from, "rope.scaling.original_context_length", network->trained_context, INT32_MAX);
    rotary->yarn_fast = number(from, "rope.scaling.yarn_beta_fast", 32);
    rotary->yarn_slow = number(from, "rope.scaling.yarn_beta_slow", 1);
    rotary->magnitude = number(from, "rope.scaling.attn_factor", 1);
    if (rotary->yarn)
        rotary->magnitude *= 1 + 0.1f * logf(1 / rotary->frequency_scale);
    if (find(from, "rope.scaling.yarn_log_multiplier") != NULL && from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_ENOTIMPL, "yarn's multiplier of scores");
    network->windowed_rotary = *rotary;
    if (network->architecture->window_unscaled) {
        network->windowed_rotary.frequency_scale = 1;
        network->windowed_rotary.yarn = false;
        network->windowed_rotary.magnitude = 1;
    }
    float base = network->architecture->window_rotary_base;
    network->windowed_rotary.base =
        number(from, "rope.freq_base_swa", base > 0 ? base : rotary->base);
    if (!(network->windowed_rotary.base > 1))
        refuse(from, "rope.freq_base_swa", "is out of range");
}

/* Things that the rows could not know of when they were written. A key that changes what is
 * computed must be one that this code knows; otherwise a model would run and be wrong. */
static void check_rest(struct reading *from)
{
    const struct hearth_gguf_entry *causal = find(from, "attention.causal");
    const char *fault = NULL;
    if (causal != NULL && !causal->is_array && causal->type == HEARTH_GGUF_BOOL &&
        causal->bytes[0] == 0)
        fault = "attention in both directions";
    else if (number(from, "attention.clamp_kqv", 0) != 0)
        fault = "clamped queries and keys";
    else if (number(from, "expert_weights_scale", 1) != 1)
        fault = "scaled shares of experts";
    else if (number(from, "attention.max_alibi_bias", 0) != 0)
        fault = "positions by a bias";
    else if (whole(from, "expert_shared_count", 0, INT32_MAX) != 0 ||
             whole(from, "expert_shared_feed_forward_length", 0, INT32_MAX) != 0)
        fault = "experts that all tokens share";
    else if (strcmp(from->prefix, "granite") == 0 &&
             !hearth_gguf_truth(from->gguf, "granite.rope.scaling.finetuned", true))
        fault = "a network without positions";
    if (fault != NULL && from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_ENOTIMPL, "%s", fault);
}

int hearth_network_read(const struct hearth_gguf *gguf,
                        const struct hearth_network_overrides *overrides,
                        struct hearth_network *ret_network, struct hearth_error *error)
{
    /* The name is compared and never printed, for it is a stranger's. */
    struct hearth_gguf_text name = hearth_gguf_text(gguf, "general.architecture");
    if (name.bytes == NULL)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the GGUF header has no 'general.architecture'");
    struct hearth_network network = {
        .architecture = hearth_architecture_find(name.bytes, name.length),
    };
    if (network.architecture == NULL)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "an architecture without a row");
    network.required = network.architecture->required;
    network.permitted = network.architecture->permitted;
    network.tied = network.architecture->tied;
    network.rotation = network.architecture->rotary;
    struct reading from = {.gguf = gguf, .prefix = network.architecture->name, .error = error};
    read_sizes(&from, &network);
    read_vocabulary(&from, &network);
    read_labels(&from, &network);
    if (from.rc == 0) {
        read_factors(&from, &network);
        read_windows(&from, &network);
        read_rotary(&from, overrides, &network);
        check_rest(&from);
    }
    /* The result is touched only when all is well; what was read so far is on the stack. */
    if (from.rc == 0)
        *ret_network = network;
    return from.rc;
}

uint64_t hearth_network_extent(const struct hearth_network *network, enum hearth_extent extent)
{
    uint64_t queries = (uint64_t)network->heads * network->head_size;
    uint64_t keys = (uint64_t)network->key_heads * network->head_size;
    switch (extent) {
    case HEARTH_EXTENT_WIDTH:
        return network->width;
    case HEARTH_EXTENT_VOCABULARY:
        return network->vocabulary;
    case HEARTH_EXTENT_QUERIES:
        return queries;
    case HEARTH_EXTENT_KEYS:
        return keys;
    case HEARTH_EXTENT_QKV:
        return queries + 2 * keys;
    case HEARTH_EXTENT_HEAD:
        return network->head_size;
    case HEARTH_EXTENT_HEADS:
        return network->heads;
    case HEARTH_EXTENT_KEY_HEADS:
        return network->key_heads;
    case HEARTH_EXTENT_FEED:
        return network->feed;
    case HEARTH_EXTENT_TWO_FEEDS:
        return 2 * (uint64_t)network->feed;
    case HEARTH_EXTENT_FREQUENCIES:
        return network->rotary_size / 2;
    case HEARTH_EXTENT_EXPERTS:
        return network->experts;
    case HEARTH_EXTENT_EXPERT_FEED:
        return network->expert_feed;
    case HEARTH_EXTENT_TWO_EXPERT_FEEDS:
        return 2 * (uint64_t)network->expert_feed;
    case HEARTH_EXTENT_LABELS:
        return network->labels;
    case HEARTH_EXTENT_NONE:
        break;
    }
    return 1;
}
