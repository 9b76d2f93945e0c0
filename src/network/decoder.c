/* Opening and closing a decoder, and the verbs that only pass on to the KV cache. */
#include "base/big_memory.h"
#include "base/error.h"
#include "base/memory.h"
#include "network/decoder_adapters.h"
#include "network/decoder_private.h"
#include "network/rotary.h"

#include <inttypes.h>
#include <string.h>

/* Of parts that every file of the architecture has; of those that it only permits this says no. */
static bool has(const struct hearth_decoder *decoder, enum hearth_part part)
{
    return (decoder->network.required & HEARTH_PART_BIT(part)) != 0;
}

/* How the parts of this network fit the kernels. A strip of a product can be finished as one head
 * when it consists of whole panels and fits a strip's buffer; not so when the norm of Q and K runs
 * over all heads, which no single strip has. What attention gives can be packed head by head when a
 * head is a whole number of the parts that rows are packed in. */
static void choose_ways(struct hearth_decoder *decoder)
{
    const struct hearth_network *network = &decoder->network;
    uint32_t size = network->head_size;
    decoder->whole_heads = size % HEARTH_PANEL_OUTPUTS == 0 && size <= HEARTH_STRIP_MAX &&
                           network->architecture->head_norm != HEARTH_HEAD_NORM_WHOLE;
    decoder->packed_heads = size % HEARTH_ROW_PART == 0;
    decoder->waits_for_norm = has(decoder, HEARTH_PART_ATTENTION_POST_NORM);
    decoder->windowed_angles =
        network->window > 0 &&
        memcmp(&network->rotary, &network->windowed_rotary, sizeof(network->rotary)) != 0;
}

/* The kernels of attention have buffers of HEARTH_HEAD_MAX numbers on their stack, and both
 * rotation and bf16 pages take components in pairs. The header is a stranger's, so this is asked
 * before anything is laid out. */
static int check_params(const struct hearth_decoder *decoder, struct hearth_error *error)
{
    const struct hearth_decoder_params *params = &decoder->params;
    if (params->context == 0 || params->sequences == 0 || params->batch == 0 ||
        params->outputs == 0 || params->threads == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "a decoder of size 0");
    if (decoder->network.head_size > HEARTH_HEAD_MAX || decoder->network.head_size % 2 != 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "heads of %" PRIu32 " components",
                                decoder->network.head_size);
    return 0;
}

/* Only key heads are kept: with grouped-query attention (Ainslie et al., arXiv 2305.13245) several
 * query heads read the same one. */
static struct hearth_kv_shape kv_shape(const struct hearth_decoder *decoder)
{
    struct hearth_kv_shape shape = {
        .type = decoder->params.kv_type,
        .layers = decoder->network.layers,
        .heads = decoder->network.key_heads,
        .head_size = decoder->network.head_size,
        .sequences = decoder->params.sequences,
        .context = decoder->params.context,
        .pages = 1,
    };
    uint64_t bytes = hearth_kv_cache_bytes(&shape), wanted = decoder->params.cache_bytes / bytes;
    shape.pages = decoder->params.pages;
    if (wanted > shape.pages)
        shape.pages = wanted < UINT32_MAX ? (uint32_t)wanted : UINT32_MAX;
    return shape;
}

static int describe_adapters(struct hearth_decoder *decoder, struct hearth_error *error)
{
    uint32_t count = decoder->params.adapter_count, places = decoder->params.adapter_places;
    if (count > HEARTH_ADAPTERS_MAX || places > HEARTH_ADAPTERS_MAX - count)
        return hearth_error_set(error, HEARTH_EINVAL, "%" PRIu32 " adapters; at most %d are taken",
                                count + places, HEARTH_ADAPTERS_MAX);
    decoder->adapters = hearth_calloc(count + places + 1, sizeof(*decoder->adapters));
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = hearth_adapter_init(&decoder->adapters[i], decoder->params.adapters[i],
                                 &decoder->network, error);
    /* From here on a free place is an adapter that changes nothing. */
    decoder->params.adapter_count = count + places;
    return rc;
}

static void finish_adapters(struct hearth_decoder *decoder)
{
    for (uint32_t i = 0; decoder->adapters != NULL && i < decoder->params.adapter_count; i++)
        hearth_adapter_finish(&decoder->adapters[i]);
    hearth_free(decoder->adapters);
    hearth_free(decoder->adapter_scales);
}

static uint64_t adapter_bytes(const struct hearth_decoder *decoder)
{
    const uint64_t huge_page = UINT64_C(2) << 20; /* the last one of each block */
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < decoder->params.adapter_count; i++)
        if (decoder->adapters[i].file != NULL)
            bytes += decoder->adapters[i].bytes + huge_page;
    return bytes;
}

/* Everything that the header says; nothing is allocated for computing yet. The order matters: the
 * network's numbers are bounded first, so that the shapes of weights may multiply them; weights are
 * described before the workspace, because their types decide how rows are packed; the layout of
 * pages before it too, because it says how much each member of the team needs for attention. Both
 * plan and open run this very function, which is why a plan and what is taken later agree. */
static int describe(struct hearth_decoder *decoder, const char *path,
                    struct hearth_checkpoint **ret_checkpoint, struct hearth_error *error)
{
    struct hearth_checkpoint *checkpoint = NULL;
    int rc = hearth_checkpoint_open(path, &checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(checkpoint, &decoder->params.overrides, &decoder->network,
                                       error);
    if (rc == 0)
        rc = check_params(decoder, error);
    if (rc == 0)
        rc = hearth_weights_describe(&decoder->network, checkpoint, &decoder->params.quantize,
                                     &decoder->weights, error);
    if (rc == 0 && decoder->params.classifies && !decoder->weights.classifies) {
        hearth_weights_finish(&decoder->weights);
        rc = hearth_error_set(error, HEARTH_ENOTIMPL, "a network that ranks without a classifier");
    }
    if (rc != 0) {
        hearth_checkpoint_close(checkpoint);
        return rc;
    }
    choose_ways(decoder);
    rc = describe_adapters(decoder, error);
    if (rc != 0) {
        hearth_checkpoint_close(checkpoint);
        return rc;
    }
    struct hearth_kv_shape shape = kv_shape(decoder);
    hearth_kv_layout_init(&decoder->cache.layout, shape.type, shape.heads, shape.head_size,
                          shape.head_size);
    decoder->memory_bytes = hearth_workspace_lay_out(decoder, NULL);
    *ret_checkpoint = checkpoint;
    return 0;
}

int hearth_decoder_plan(const char *path, const struct hearth_decoder_params *params,
                        struct hearth_decoder_plan *ret_plan, struct hearth_error *error)
{
    struct hearth_decoder *decoder = hearth_calloc(1, sizeof(*decoder));
    struct hearth_checkpoint *checkpoint = NULL;
    decoder->params = *params;
    int rc = describe(decoder, path, &checkpoint, error);
    if (rc == 0) {
        struct hearth_kv_shape shape = kv_shape(decoder);
        const uint64_t huge_pages = 3 * (UINT64_C(2) << 20); /* the last one of each block */
        *ret_plan = (struct hearth_decoder_plan){
            .weights = decoder->weights.bytes + adapter_bytes(decoder),
            .cache = hearth_kv_cache_bytes(&shape),
            .scratch = decoder->memory_bytes + huge_pages,
        };
    }
    hearth_checkpoint_close(checkpoint);
    finish_adapters(decoder);
    hearth_weights_finish(&decoder->weights);
    hearth_free(decoder);
    return rc;
}

static const float *rotary_factors(const struct hearth_decoder *decoder)
{
    const struct hearth_weights *weights = &decoder->weights;
    if (weights->rotary_factors != NULL)
        /* llama3's factors, or those of another fixed scaling. */
        return weights->rotary_factors;
    /* Longrope has other frequencies where more than the original context may come. It is decided
     * once by the context that the decoder was opened with and not by a sequence's present length:
     * keys that are stored already were turned by the frequencies of their time. */
    return decoder->params.context > decoder->network.rotary.original_context
               ? weights->rotary_factors_long
               : weights->rotary_factors_short;
}

/* A header may say that nothing is rotated; hence the one more, so that there is always an
 * array. */
static void make_frequencies(struct hearth_decoder *decoder)
{
    const struct hearth_network *network = &decoder->network;
    uint32_t size = network->rotary_size;
    decoder->frequencies = hearth_calloc(size / 2 + 1, sizeof(float));
    decoder->windowed_frequencies = hearth_calloc(size / 2 + 1, sizeof(float));
    uint32_t context = decoder->params.context;
    struct hearth_rotary_scaling whole = hearth_rotary_for(&network->rotary, size, context);
    struct hearth_rotary_scaling windowed =
        hearth_rotary_for(&network->windowed_rotary, size, context);
    hearth_rotary_frequencies(&whole, size, rotary_factors(decoder), decoder->frequencies);
    hearth_rotary_frequencies(&windowed, size, rotary_factors(decoder),
                              decoder->windowed_frequencies);
}

/* The team comes before the weights, because its members repack them. When they are loaded the file
 * is closed: panels are copies, and nothing of the mapping is left. Whatever fails, the caller
 * closes the half-open decoder. */
static int open_all(struct hearth_decoder *decoder, const char *path,
                    const struct hearth_weights_progress *progress, struct hearth_error *error)
{
    struct hearth_checkpoint *checkpoint = NULL;
    int rc = describe(decoder, path, &checkpoint, error);
    if (rc != 0)
        return rc;
    decoder->kernels = hearth_decoder_kernels_for(decoder->params.isa);
    decoder->ops = hearth_row_ops(decoder->kernels);
    decoder->team = hearth_team_create(decoder->params.threads);
    decoder->memory = hearth_big_alloc(decoder->memory_bytes);
    if (decoder->team == NULL || decoder->memory == NULL)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory or threads to compute with");
    struct hearth_kv_shape shape = kv_shape(decoder);
    if (rc == 0)
        rc = hearth_kv_cache_init(&decoder->cache, &shape, error);
    if (rc == 0)
        rc = hearth_weights_load(&decoder->weights, checkpoint, decoder->team, progress, error);
    hearth_checkpoint_close(checkpoint);
    for (uint32_t i = 0; rc == 0 && i < decoder->params.adapter_count; i++)
        if (decoder->adapters[i].file != NULL)
            rc = hearth_adapter_load(&decoder->adapters[i], error);
    if (rc != 0)
        return rc;
    decoder->params.adapters = NULL;
    hearth_workspace_lay_out(decoder, decoder->memory);
    decoder->adapter_scales =
        hearth_calloc((size_t)decoder->params.sequences * decoder->params.adapter_count + 1,
                      sizeof(*decoder->adapter_scales));
    make_frequencies(decoder);
    if (decoder->params.lock_memory)
        /* Where locking is not allowed the decoder computes all the same, so its result is not
         * looked at. */
        hearth_big_lock(decoder->weights.memory, (size_t)decoder->weights.bytes);
    return 0;
}

int hearth_decoder_open(const char *path, const struct hearth_decoder_params *params,
                        const struct hearth_weights_progress *progress,
                        struct hearth_decoder **ret_decoder, struct hearth_error *error)
{
    struct hearth_decoder *decoder = hearth_calloc(1, sizeof(*decoder));
    decoder->params = *params;
    int rc = open_all(decoder, path, progress, error);
    if (rc == 0)
        *ret_decoder = decoder;
    else
        hearth_decoder_close(decoder);
    return rc;
}

void hearth_decoder_close(struct hearth_decoder *decoder)
{
    if (decoder == NULL)
        return;
    /* First, so that no thread is left that could read what is freed below. */
    hearth_team_destroy(decoder->team);
    hearth_kv_cache_finish(&decoder->cache);
    finish_adapters(decoder);
    hearth_weights_finish(&decoder->weights);
    hearth_big_free(decoder->memory, decoder->memory_bytes);
    hearth_free(decoder->frequencies);
    hearth_free(decoder->windowed_frequencies);
    hearth_free(decoder);
}

const struct hearth_network *hearth_decoder_network(const struct hearth_decoder *decoder)
{
    return &decoder->network;
}

const char *hearth_decoder_adapter_name(const struct hearth_decoder *decoder, uint32_t index)
{
    return decoder->adapters[index].name;
}

const char *hearth_decoder_adapter_digest(const struct hearth_decoder *decoder, uint32_t index)
{
    return decoder->adapters[index].digest;
}

float *hearth_decoder_result(struct hearth_decoder *decoder, uint32_t index)
{
    return decoder->space.results + index * decoder->result_stride;
}

/* In double and in order: a few rows for each text, so that nothing is won by kernels. */
void hearth_decoder_classify(const struct hearth_decoder *decoder, const float *state,
                             float *ret_logits)
{
    const float *row = decoder->weights.classifier;
    size_t width = decoder->network.width;
    for (uint32_t i = 0; i < decoder->network.labels; i++, row += width) {
        double sum = 0;
        for (size_t j = 0; j < width; j++)
            sum += (double)row[j] * (double)state[j];
        ret_logits[i] = (float)sum;
    }
}

uint32_t hearth_decoder_length(const struct hearth_decoder *decoder, uint32_t sequence)
{
    return hearth_kv_cache_length(&decoder->cache, sequence);
}

void hearth_decoder_trim(struct hearth_decoder *decoder, uint32_t sequence, uint32_t count)
{
    hearth_kv_cache_trim(&decoder->cache, sequence, count);
}

static float *scales_of(const struct hearth_decoder *decoder, uint32_t sequence)
{
    return decoder->adapter_scales + (size_t)sequence * decoder->params.adapter_count;
}

void hearth_decoder_adapt(struct hearth_decoder *decoder, uint32_t sequence, const float *scales)
{
    float *has = scales_of(decoder, sequence);
    bool other = false;
    for (uint32_t i = 0; i < decoder->params.adapter_count; i++) {
        float scale = scales != NULL ? scales[i] : 0;
        other = other || has[i] != scale;
        has[i] = scale;
    }
    if (other)
        hearth_kv_cache_trim(&decoder->cache, sequence, 0);
}

int hearth_decoder_adapter_add(struct hearth_decoder *decoder, uint32_t index, const char *name,
                               const void *bytes, size_t length, struct hearth_error *error)
{
    struct hearth_adapter *adapter = &decoder->adapters[index];
    int rc = hearth_adapter_init_parsed(adapter, name, bytes, length, &decoder->network, error);
    if (rc == 0 && !hearth_adapters_fit(decoder))
        rc = hearth_error_set(error, HEARTH_ENOMEM,
                              "adapter '%s': there is no room for its rank beside the others that "
                              "are loaded",
                              adapter->name);
    if (rc == 0)
        rc = hearth_adapter_load(adapter, error);
    if (rc != 0)
        hearth_adapter_finish(adapter);
    return rc;
}

void hearth_decoder_adapter_drop(struct hearth_decoder *decoder, uint32_t index)
{
    for (uint32_t i = 0; i < decoder->params.sequences; i++) {
        float *scale = &scales_of(decoder, i)[index];
        if (*scale != 0)
            hearth_kv_cache_trim(&decoder->cache, i, 0);
        *scale = 0;
    }
    hearth_adapter_finish(&decoder->adapters[index]);
}

uint32_t hearth_decoder_pages(const struct hearth_decoder *decoder, uint64_t *ret_page_bytes)
{
    *ret_page_bytes = decoder->cache.page_stride;
    return decoder->cache.page_count;
}

void hearth_decoder_copy(struct hearth_decoder *decoder, uint32_t from, uint32_t to)
{
    memmove(scales_of(decoder, to), scales_of(decoder, from),
            decoder->params.adapter_count * sizeof(*decoder->adapter_scales));
    hearth_kv_cache_copy(&decoder->cache, from, to);
}

size_t hearth_decoder_saved_bytes(const struct hearth_decoder *decoder, uint32_t sequence)
{
    return hearth_kv_cache_saved_bytes(&decoder->cache, sequence);
}

void hearth_decoder_save(const struct hearth_decoder *decoder, uint32_t sequence, void *bytes)
{
    hearth_kv_cache_save(&decoder->cache, sequence, bytes);
}

int hearth_decoder_restore(struct hearth_decoder *decoder, uint32_t sequence, const void *bytes,
                           size_t length, struct hearth_error *error)
{
    return hearth_kv_cache_restore(&decoder->cache, sequence, bytes, length, error);
}
