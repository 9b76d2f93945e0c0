/* Reads a header into facts and sizes. Each number is checked as it is read, because everything
 * that follows multiplies and divides by them. */
#include "engine/llama/llama_header.h"
#include "engine/llama/llama_compute.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/llama_screen.h"
#include "engine/llama/llama_folder.h"
#include "engine/llama/llama_prompts.h"
#include "engine/llama/llama_weights.h"
#include "format/gguf.h"
#include "network/adapter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYERS_MAX 512 /* of libllama */
#define WIDTH_MAX (1 << 24)
#define LABELS_MAX 4096

/* Architectures whose attention sees the whole input: one pass, no KV cache. */
static const char *const encoders[] = {
    "bert",         "modern-bert",  "nomic-bert", "nomic-bert-moe",  "neo-bert",
    "jina-bert-v2", "jina-bert-v3", "eurobert",   "gemma-embedding", "t5encoder",
};

/* llama_ftype of llama.h, as llama-quantize names them. */
static const char *const file_types[] = {
    [0] = "F32",      [1] = "F16",      [2] = "Q4_0",    [3] = "Q4_1",    [7] = "Q8_0",
    [8] = "Q5_0",     [9] = "Q5_1",     [10] = "Q2_K",   [11] = "Q3_K_S", [12] = "Q3_K_M",
    [13] = "Q3_K_L",  [14] = "Q4_K_S",  [15] = "Q4_K_M", [16] = "Q5_K_S", [17] = "Q5_K_M",
    [18] = "Q6_K",    [19] = "IQ2_XXS", [20] = "IQ2_XS", [21] = "Q2_K_S", [22] = "IQ3_XS",
    [23] = "IQ3_XXS", [24] = "IQ1_S",   [25] = "IQ4_NL", [26] = "IQ3_S",  [27] = "IQ3_M",
    [28] = "IQ2_S",   [29] = "IQ2_M",   [30] = "IQ4_XS", [31] = "IQ1_M",  [32] = "BF16",
    [36] = "TQ1_0",   [37] = "TQ2_0",   [38] = "MXFP4",
};

struct reading {
    const struct hearth_gguf *gguf;
    const char *architecture;
    struct hearth_error *error;
};

static const struct hearth_gguf_entry *find(const struct reading *from, const char *suffix)
{
    char key[192];
    snprintf(key, sizeof(key), "%s.%s", from->architecture, suffix);
    return hearth_gguf_find(from->gguf, key);
}

/* A number of the architecture's own keys: 0 when absent, an error beyond `most`. */
static int number(const struct reading *from, const char *suffix, int64_t most, uint32_t *ret_value)
{
    int64_t value = hearth_gguf_integer_at(find(from, suffix), 0, 0);
    if (value < 0 || value > most)
        return hearth_error_set(from->error, HEARTH_EMODEL,
                                "the GGUF header's '%s.%s' is %" PRId64
                                ", which cannot be (at most %" PRId64 ")",
                                from->architecture, suffix, value, most);
    *ret_value = (uint32_t)value;
    return 0;
}

static int read_architecture(const struct reading *from, struct hearth_model_facts *facts)
{
    struct hearth_gguf_text name = hearth_gguf_text(from->gguf, "general.architecture");
    if (name.bytes == NULL || name.length == 0 || name.length >= sizeof(facts->architecture))
        return hearth_error_set(from->error, HEARTH_EMODEL,
                                "the GGUF header has no usable 'general.architecture'");
    for (size_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
        if (!fine)
            return hearth_error_set(from->error, HEARTH_EMODEL,
                                    "the GGUF header's 'general.architecture' is not a name");
    }
    memcpy(facts->architecture, name.bytes, name.length);
    facts->architecture[name.length] = '\0';
    return 0;
}

/* Told by name, so that a person sees why a file that looks like a model is none for this
 * engine. */
static int check_architecture(const struct hearth_gguf *gguf, struct hearth_llama_header *header,
                              struct hearth_error *error)
{
    const char *name = header->facts.architecture;
    header->family = hearth_llama_family_of(name);
    const char *fault = NULL;
    struct hearth_gguf_text type = hearth_gguf_text(gguf, "general.type");
    if (type.length == 7 && memcmp(type.bytes, "adapter", 7) == 0)
        fault = "is an adapter, not a model of its own";
    else if (strcmp(name, "clip") == 0)
        fault = "is a projector for images, not a model of its own";
    else if (header->family == HEARTH_LLAMA_UNKNOWN)
        fault = "is not one that the llama engine has";
    else if (header->family == HEARTH_LLAMA_DIFFUSION)
        fault = "generates by diffusion, which the llama engine does not serve";
    else if (strcmp(name, "t5") == 0 || strcmp(name, "wavtokenizer-dec") == 0)
        fault = "needs an encoder pass, which the llama engine does not serve";
    if (fault == NULL)
        return 0;
    return hearth_error_set(error, HEARTH_ENOTIMPL, "architecture '%s' %s", name, fault);
}

/* A model without a head of its own may hold its embeddings twice: by rows for looking up, and in
 * the layout for multiplying. The quantization's name is what the header says, or else the type
 * that most bytes have. */
static int read_weights(const struct hearth_gguf_parts *parts,
                        const struct hearth_llama_settings *settings,
                        struct hearth_llama_header *header, struct hearth_error *error)
{
    struct hearth_model_facts *facts = &header->facts;
    struct hearth_llama_weights weights;
    uint32_t most = 0;
    int rc = hearth_llama_weights_read(parts, &weights, error);
    if (rc != 0)
        return rc;
    facts->parameter_count = weights.parameter_count;
    facts->weight_bytes = weights.bytes;
    header->repacked = settings->repack && hearth_llama_weights_repacked(&weights);
    for (uint32_t i = 1; i < HEARTH_LLAMA_TENSOR_TYPES_MAX; i++)
        if (weights.bytes_of_type[i] > weights.bytes_of_type[most])
            most = i;
    int64_t type = hearth_gguf_integer(parts->parts[0].gguf, "general.file_type", -1);
    const char *name = NULL;
    if (type >= 0 && type < (int64_t)(sizeof(file_types) / sizeof(file_types[0])))
        name = file_types[type];
    if (name == NULL)
        name = hearth_gguf_tensor_type_name(most);
    snprintf(facts->quantization, sizeof(facts->quantization), "%s", name != NULL ? name : "");
    return 0;
}

/* Values of a token's K and V in one layer: heads × their length, as libllama's n_embd_k_gqa. */
static void cache_values(const struct reading *from, uint32_t layer, uint32_t embedding,
                         uint64_t *ret_k, uint64_t *ret_v)
{
    int64_t heads = hearth_gguf_integer_at(find(from, "attention.head_count"), layer, 0);
    int64_t heads_kv = hearth_gguf_integer_at(find(from, "attention.head_count_kv"), layer, heads);
    int64_t own = heads > 0 ? embedding / heads : 0;
    int64_t key = hearth_gguf_integer_at(find(from, "attention.key_length"), layer, own);
    int64_t value = hearth_gguf_integer_at(find(from, "attention.value_length"), layer, own);
    if (heads_kv < 0 || key < 0 || value < 0 || heads_kv > WIDTH_MAX || key > WIDTH_MAX ||
        value > WIDTH_MAX)
        return;
    *ret_k = (uint64_t)heads_kv * (uint64_t)key;
    *ret_v = (uint64_t)heads_kv * (uint64_t)value;
}

/* Layers may differ (list-valued keys), so they are added up one by one. */
static void read_cache(const struct reading *from, const struct hearth_llama_settings *settings,
                       struct hearth_llama_header *header)
{
    if (header->encoder)
        return;
    for (uint32_t layer = 0; layer < header->facts.layer_count; layer++) {
        uint64_t k = 0, v = 0;
        cache_values(from, layer, header->width, &k, &v);
        header->cache_bytes_per_token +=
            hearth_gguf_tensor_type_bytes((uint32_t)settings->cache_type_k, k) +
            hearth_gguf_tensor_type_bytes((uint32_t)settings->cache_type_v, v);
    }
}

/* Upper bounds for the recurrent families (Mamba's ssm.*, RWKV's wkv.*): inner × (state + two
 * convolutions) floats in each layer. Where a key is absent, the family's usual value stands. */
static void read_state(const struct reading *from, struct hearth_llama_header *header)
{
    if (header->family == HEARTH_LLAMA_ATTENTION)
        return;
    uint64_t inner =
        (uint64_t)hearth_gguf_integer_at(find(from, "ssm.inner_size"), 0, 2 * header->width);
    uint64_t state = (uint64_t)hearth_gguf_integer_at(find(from, "ssm.state_size"), 0, 128);
    uint64_t convolution = (uint64_t)hearth_gguf_integer_at(find(from, "ssm.conv_kernel"), 0, 4);
    uint64_t head = (uint64_t)hearth_gguf_integer_at(find(from, "wkv.head_size"), 0, 0);
    if (inner > WIDTH_MAX || state > WIDTH_MAX || convolution > 1024 || head > WIDTH_MAX)
        return;
    uint64_t per_layer = inner * (state + head + 2 * convolution) * sizeof(float);
    header->state_bytes_per_sequence = per_layer * header->facts.layer_count;
}

/* The list of tokens counts for the length of the vocabulary, not the number beside it. */
static int read_shape(const struct reading *from, struct hearth_llama_header *header)
{
    struct hearth_model_facts *facts = &header->facts;
    uint32_t feed_forward = 0, vocabulary = 0;
    int rc = number(from, "block_count", LAYERS_MAX, &facts->layer_count);
    if (rc == 0)
        rc = number(from, "context_length", INT32_MAX, &facts->trained_context);
    if (rc == 0)
        rc = number(from, "embedding_length", WIDTH_MAX, &facts->embedding_length);
    if (rc == 0)
        rc = number(from, "feed_forward_length", WIDTH_MAX, &feed_forward);
    if (rc == 0)
        rc = number(from, "vocab_size", INT32_MAX, &vocabulary);
    if (rc == 0)
        rc = number(from, "attention.head_count", WIDTH_MAX, &header->head_count);
    if (rc != 0)
        return rc;
    if (facts->layer_count == 0 || facts->embedding_length == 0)
        return hearth_error_set(from->error, HEARTH_EMODEL, "the GGUF header does not say '%s.%s'",
                                from->architecture,
                                facts->layer_count == 0 ? "block_count" : "embedding_length");
    const struct hearth_gguf_entry *tokens = hearth_gguf_find(from->gguf, "tokenizer.ggml.tokens");
    if (tokens != NULL && tokens->is_array && tokens->count <= INT32_MAX)
        vocabulary = (uint32_t)tokens->count;
    facts->vocabulary_length = vocabulary;
    header->window = hearth_gguf_integer_at(find(from, "attention.sliding_window"), 0, 0) > 0;
    header->width = facts->embedding_length;
    header->widest_layer =
        feed_forward > facts->embedding_length ? feed_forward : facts->embedding_length;
    return 0;
}

/* What a model can do follows from how it pools: an encoder, or one whose header says that it
 * pools, makes vectors (or scores, with a ranking head); everything else generates, and can make
 * vectors out of its hidden states. */
static int read_tasks(const struct reading *from, const struct hearth_llama_settings *settings,
                      struct hearth_llama_header *header)
{
    struct hearth_model_facts *facts = &header->facts;
    for (size_t i = 0; i < sizeof(encoders) / sizeof(encoders[0]); i++)
        header->encoder = header->encoder || strcmp(encoders[i], facts->architecture) == 0;
    const struct hearth_gguf_entry *causal = find(from, "attention.causal");
    bool two_way = causal != NULL && !causal->is_array && causal->type == HEARTH_GGUF_BOOL &&
                   causal->bytes[0] == 0;
    int64_t pooling = hearth_gguf_integer_at(find(from, "pooling_type"), 0, -1);
    header->pooling = settings->pooling;
    if (header->pooling == LLAMA_POOLING_TYPE_UNSPECIFIED && pooling >= 0 &&
        pooling <= LLAMA_POOLING_TYPE_RANK)
        header->pooling = (enum llama_pooling_type)pooling;
    if (settings->pooling == LLAMA_POOLING_TYPE_RANK && pooling != LLAMA_POOLING_TYPE_RANK)
        return hearth_error_set(from->error, HEARTH_EINVAL,
                                "setting 'pooling': this model has no head that ranks");
    bool says = header->pooling > LLAMA_POOLING_TYPE_NONE;
    if ((header->encoder || two_way) && !says)
        header->pooling = LLAMA_POOLING_TYPE_MEAN;
    /* A generating model that is only told how to pool still generates. */
    header->pooled = header->encoder || two_way || (says && pooling > LLAMA_POOLING_TYPE_NONE) ||
                     header->pooling == LLAMA_POOLING_TYPE_RANK;
    facts->tasks = HEARTH_TASK_TOKENIZE;
    if (header->pooling == LLAMA_POOLING_TYPE_RANK)
        facts->tasks |= HEARTH_TASK_SCORE;
    else
        facts->tasks |= HEARTH_TASK_EMBED;
    if (!header->pooled)
        facts->tasks |= HEARTH_TASK_GENERATE;
    enum llama_pooling_type shown = header->pooling;
    if (shown == LLAMA_POOLING_TYPE_UNSPECIFIED || shown == LLAMA_POOLING_TYPE_NONE)
        shown = LLAMA_POOLING_TYPE_MEAN;
    snprintf(facts->pooling, sizeof(facts->pooling), "%s", hearth_llama_pooling_name(shown));
    facts->normalized = shown != LLAMA_POOLING_TYPE_RANK;
    int rc = hearth_llama_prompts_tell(settings, facts, from->error);
    if (rc != 0)
        return rc;
    facts->has_chat_template = hearth_gguf_text(from->gguf, "tokenizer.chat_template").length > 0 ||
                               settings->chat_template != NULL;
    return 0;
}

static bool says(struct hearth_gguf_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

/* Names that have no room are left out whole: labels are then told by their numbers. */
static void write_labels(const struct hearth_gguf_entry *labels, struct hearth_model_facts *facts)
{
    struct hearth_buf json;
    size_t offset = 0;
    hearth_buf_init(&json, sizeof(facts->labels_json) - 1);
    for (uint64_t i = 0; i < labels->count; i++) {
        struct hearth_gguf_text text = hearth_gguf_next_text(labels, &offset);
        hearth_buf_char(&json, i == 0 ? '[' : ',');
        hearth_json_write_string(&json, text.bytes, text.length);
    }
    hearth_buf_char(&json, ']');
    if (json.failed == 0)
        snprintf(facts->labels_json, sizeof(facts->labels_json), "%s", hearth_buf_cstr(&json));
    hearth_buf_finish(&json);
}

/* What a model that ranks gives is one number, or one for each label. Qwen's rerankers have two
 * labels, of which a caller wants the share of "yes". */
static int read_labels(const struct reading *from, struct hearth_llama_header *header)
{
    struct hearth_model_facts *facts = &header->facts;
    const struct hearth_gguf_entry *labels = find(from, "classifier.output_labels");
    bool listed = labels != NULL && labels->is_array && labels->type == HEARTH_GGUF_STRING &&
                  labels->count > 0;
    if (listed && labels->count > LABELS_MAX)
        return hearth_error_set(from->error, HEARTH_EMODEL,
                                "the GGUF header's classifier has over %d labels", LABELS_MAX);
    header->label_count = listed ? (uint32_t)labels->count : 1;
    header->gives_shares = strncmp(facts->architecture, "qwen3", 5) == 0;
    if (listed && labels->count == 2) {
        size_t offset = 0;
        struct hearth_gguf_text first = hearth_gguf_next_text(labels, &offset);
        struct hearth_gguf_text second = hearth_gguf_next_text(labels, &offset);
        header->says_yes = says(first, "yes") && says(second, "no");
    }
    if (listed && header->label_count > 1 && !header->says_yes)
        write_labels(labels, facts);
    facts->embedding_length = header->says_yes ? 1 : header->label_count;
    return 0;
}

/* Our own checks (shape, screens) come before anything that counts on them. */
static int read_all(const struct hearth_gguf_parts *parts,
                    const struct hearth_llama_settings *settings,
                    struct hearth_llama_header *header, struct hearth_error *error)
{
    const struct hearth_gguf *gguf = parts->parts[0].gguf;
    struct reading from = {.gguf = gguf, .error = error};
    int rc = read_architecture(&from, &header->facts);
    if (rc == 0)
        rc = check_architecture(gguf, header, error);
    if (rc != 0)
        return rc;
    from.architecture = header->facts.architecture;
    rc = read_shape(&from, header);
    if (rc != 0)
        return rc;
    rc = hearth_llama_screen(gguf, header->facts.architecture, error);
    if (rc == 0)
        rc = hearth_llama_screen_numbers(gguf, header->facts.architecture,
                                         header->family == HEARTH_LLAMA_ATTENTION, error);
    if (rc != 0)
        return rc;
    rc = read_weights(parts, settings, header, error);
    if (rc == 0)
        rc = read_tasks(&from, settings, header);
    if (rc != 0)
        return rc;
    read_cache(&from, settings, header);
    if (header->pooling == LLAMA_POOLING_TYPE_RANK)
        rc = read_labels(&from, header);
    if (rc != 0)
        return rc;
    read_state(&from, header);
    return 0;
}

/* On the heap: the facts are some kilobytes, and `ret_header` stays untouched on failure. */
int hearth_llama_header_read(const char *path, const struct hearth_llama_settings *settings,
                             struct hearth_llama_header *ret_header, struct hearth_error *error)
{
    struct hearth_gguf_parts parts;
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return hearth_llama_folder_header(path, settings, ret_header, error);
    int rc = hearth_gguf_parts_open(path, &parts, error);
    if (rc != 0)
        return rc;
    struct hearth_llama_header *header = hearth_calloc(1, sizeof(*header));
    rc = read_all(&parts, settings, header, error);
    if (rc == 0)
        *ret_header = *header;
    hearth_free(header);
    hearth_gguf_parts_close(&parts);
    return rc;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* A context beyond what the model was trained with gives nonsense without a stretched RoPE. A
 * server-wide number (context_is_limit) is cut to what the model can; one that was set for this
 * model is refused, so that somebody notices. */
int hearth_llama_plan_make(const struct hearth_llama_header *header,
                           const struct hearth_load_params *params,
                           const struct hearth_llama_settings *settings,
                           struct hearth_llama_plan *ret_plan, struct hearth_error *error)
{
    uint32_t trained = header->facts.trained_context;
    struct hearth_llama_plan plan = {
        .context = params->context != 0 ? params->context
                   : trained == 0       ? HEARTH_LLAMA_CONTEXT_DEFAULT
                                        : smaller(trained, HEARTH_LLAMA_CONTEXT_DEFAULT),
        .slots = params->slots != 0 ? params->slots : HEARTH_LLAMA_SLOTS_DEFAULT,
        .batch = params->batch != 0 ? params->batch : HEARTH_LLAMA_BATCH_DEFAULT,
        .threads = params->threads != 0 ? params->threads : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
    };
    bool stretched = settings->rope_freq_base > 0 || settings->rope_freq_scale > 0;
    bool over = trained != 0 && plan.context > trained && (header->encoder || !stretched);
    if (over && params->context_is_limit)
        plan.context = trained;
    else if (over)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a context of %" PRIu32 " is more than the %" PRIu32
                                " tokens that the model was trained with%s",
                                plan.context, trained,
                                header->encoder ? "" : " (set rope_freq_scale to stretch it)");
    if (plan.slots > llama_max_parallel_sequences())
        return hearth_error_set(error, HEARTH_EINVAL, "more than %zu slots are not possible",
                                llama_max_parallel_sequences());
    plan.batch = larger(plan.batch, plan.slots);
    if (settings->prefix_cache > 0 && (header->facts.tasks & HEARTH_TASK_GENERATE) != 0)
        plan.prefix_places = HEARTH_LLAMA_PREFIX_PLACES;
    if ((header->facts.tasks & HEARTH_TASK_GENERATE) != 0)
        plan.adapter_places =
            smaller(params->adapter_places, HEARTH_ADAPTERS_MAX - settings->adapter_count);
    *ret_plan = plan;
    return 0;
}

void hearth_llama_plan_whole(const struct hearth_llama_header *header,
                             struct hearth_llama_plan *plan)
{
    if (header->pooled)
        plan->batch = larger(plan->batch, plan->context);
}

uint64_t hearth_llama_prefix_bytes(const struct hearth_llama_plan *plan)
{
    return (uint64_t)plan->prefix_places * plan->context * sizeof(int32_t);
}

/* Without flash attention the scores of all cells would lie in memory at once. */
bool hearth_llama_shares_cells(const struct hearth_llama_header *header,
                               const struct hearth_llama_settings *settings,
                               const struct hearth_llama_plan *plan)
{
    return plan->prefix_places > 0 && header->family == HEARTH_LLAMA_ATTENTION &&
           !header->encoder && !header->pooled && !header->window &&
           settings->flash_attention != LLAMA_FLASH_ATTN_TYPE_DISABLED &&
           plan->slots + plan->prefix_places <= llama_max_parallel_sequences();
}

uint64_t hearth_llama_library_cells(const struct hearth_llama_header *header,
                                    const struct hearth_llama_settings *settings,
                                    const struct hearth_llama_plan *plan)
{
    uint64_t each = ((uint64_t)plan->context + 255) / 256 * 256, cells = each * plan->slots;
    if (hearth_llama_shares_cells(header, settings, plan) && settings->prefix_cache != UINT64_MAX &&
        header->cache_bytes_per_token > 0 &&
        settings->prefix_cache / header->cache_bytes_per_token > cells)
        cells = settings->prefix_cache / header->cache_bytes_per_token;
    return (cells + 255) / 256 * 256;
}

/* Measured, with what else of the plan is not touched: docs/memory.md has the table. */
uint64_t hearth_llama_process_bytes(uint64_t vocabulary)
{
    return (8ull << 20) + vocabulary * 256;
}

void hearth_llama_plan_memory(const struct hearth_llama_header *header,
                              const struct hearth_llama_settings *settings,
                              struct hearth_llama_plan *plan, struct hearth_memory_plan *ret_memory)
{
    const struct hearth_model_facts *facts = &header->facts;
    uint64_t all = hearth_llama_library_cells(header, settings, plan);
    bool shares = hearth_llama_shares_cells(header, settings, plan);
    uint64_t cells = shares || settings->cache_shared ? all : all / plan->slots;
    if (!shares)
        plan->prefix_places = 0;
    uint64_t outputs = header->pooled
                           ? plan->batch
                           : larger(plan->slots + plan->prefix_places, HEARTH_LLAMA_POOL_CHUNK);
    uint64_t vocabulary = facts->vocabulary_length;
    /* Activations that are alive at once: residual, norm, Q, K, V, gate and up, and their copies
     * quantized for the product; the mask in f32 and f16; logits as computed and as handed out. */
    uint64_t activations = (uint64_t)plan->batch * 4 *
                           (6 * (uint64_t)header->width + 4 * (uint64_t)header->widest_layer);
    uint64_t mask = cells * plan->batch * 6;
    if (header->encoder)
        mask = (uint64_t)plan->batch * plan->batch * (6 + 4 * (uint64_t)header->head_count);
    uint64_t logits = header->encoder ? 0 : 2 * outputs * vocabulary * 4;
    *ret_memory = (struct hearth_memory_plan){
        .weights = facts->weight_bytes,
        .cache = header->encoder ? 0
                                 : header->cache_bytes_per_token * all +
                                       header->state_bytes_per_sequence * plan->slots,
        .scratch = activations + mask + logits +
                   hearth_llama_sampling_bytes((uint32_t)vocabulary, plan->context) +
                   hearth_llama_prefix_bytes(plan),
        /* Code and heap of the worker; each word of the vocabulary stands in several tables. */
        .process = hearth_llama_process_bytes(vocabulary),
    };
}
