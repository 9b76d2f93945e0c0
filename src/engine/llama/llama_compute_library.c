/* libllama's context as what computes. The head of `struct library` is the interface's struct, so
 * that a pointer to one is a pointer to the other. libllama has one state of its own for each
 * context and no locks; all of this is the compute thread's. */
#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_log.h"
#include "engine/llama/llama_adapters.h"
#include "network/adapter.h"

#include <string.h>

struct library {
    struct hearth_llama_compute head;
    struct llama_context *context;
    llama_memory_t memory; /* NULL for encoders */
    struct llama_batch batch;
    const atomic_bool *canceled;
    bool states; /* the context makes states now */
    /* A context has one set of adapters for all of a step; sequences with other sets go through
     * steps of their own, one after the other. */
    struct hearth_llama_adapter *adapters; /* [adapter_count] */
    float *scales;                         /* [sequences][adapter_count] */
    uint32_t *part_of;                     /* [batch] of a row: its part, from 1 on; 0: none yet */
    float *kept;                           /* [results][vocabulary] logits of a step in parts */
    uint32_t *places;                      /* [batch] of a row: where in `kept` its logits are */
    uint32_t slots, sequences, vocabulary; /* sequences: slots and those behind them */
    uint32_t results;                      /* rows of `kept` */
    struct hearth_llama_adapters_base *base; /* for adapters that come later; NULL: none can */
    bool in_parts;                           /* the last step was one */
};

/* A state that only goes forward cannot be taken back, so its steps run to their end. */
static bool on_abort_check(void *argument)
{
    const struct library *library = argument;
    return library->head.cuttable && library->canceled != NULL && atomic_load(library->canceled);
}

/* The batch is libllama's own struct, allocated once for the largest step with one sequence for
 * each token, and filled anew each time. */
static void add_row(struct llama_batch *to, const struct hearth_llama_row *row)
{
    int32_t i = to->n_tokens++;
    to->token[i] = row->token;
    to->pos[i] = (llama_pos)row->position;
    to->n_seq_id[i] = 1;
    to->seq_id[i][0] = (llama_seq_id)row->sequence;
    to->logits[i] = row->output;
}

static float *scales_of(const struct library *library, uint32_t sequence)
{
    return library->scales + (size_t)sequence * library->head.adapter_count;
}

static bool same_adapters(const struct library *library, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < library->head.adapter_count; i++)
        if (scales_of(library, a)[i] != scales_of(library, b)[i])
            return false;
    return true;
}

/* The rows of part number `part`: all that have the adapters of the first row that is left. */
static uint32_t fill_part(struct library *library, const struct hearth_llama_batch *batch,
                          uint32_t part)
{
    uint32_t first = 0;
    while (library->part_of[first] != 0)
        first++;
    uint32_t sequence = batch->rows[first].sequence;
    library->batch.n_tokens = 0;
    for (uint32_t i = first; i < batch->count; i++) {
        if (library->part_of[i] != 0 || !same_adapters(library, batch->rows[i].sequence, sequence))
            continue;
        library->part_of[i] = part;
        add_row(&library->batch, &batch->rows[i]);
    }
    return sequence;
}

/* Scales of 0 are left out, as they are in llama-server: then nothing is computed for them. */
static int use_adapters(struct library *library, uint32_t sequence, struct hearth_error *error)
{
    struct llama_adapter_lora *adapters[HEARTH_ADAPTERS_MAX];
    float scales[HEARTH_ADAPTERS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < library->head.adapter_count; i++) {
        float scale = scales_of(library, sequence)[i];
        if (scale == 0)
            continue;
        adapters[count] = library->adapters[i].adapter;
        scales[count++] = scale;
    }
    return library->head.adapter_count == 0
               ? 0
               : hearth_llama_adapt(library->context, adapters, count, scales, error);
}

/* llama_decode (llama.h): 0 is good, 1 means that the cache has no room, 2 that the abort callback
 * ended it, below 0 a failure. */
static int decode_part(struct library *library, const struct hearth_llama_batch *batch,
                       uint32_t part, struct hearth_error *error)
{
    int rc = use_adapters(library, fill_part(library, batch, part), error);
    if (rc != 0)
        return rc;
    switch (hearth_llama_decode(library->context, &library->batch)) {
    case 0:
        return 0;
    case 1:
        return hearth_error_set(error, HEARTH_ENOMEM, "the KV cache is full");
    case 2:
        return hearth_error_set(error, HEARTH_ECANCELED, "the step was aborted");
    default:
        return hearth_llama_log_error(error, HEARTH_EINTERNAL,
                                      "the llama engine cannot compute this step");
    }
}

/* The logits of a part are kept, for the next part writes over them. There are no more than
 * `results`: a step asks for one row of each sequence, and for one of each drafted token. */
static int keep_logits(struct library *library, const struct hearth_llama_batch *batch,
                       uint32_t part, uint32_t *count, struct hearth_error *error)
{
    int32_t at = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        if (library->part_of[i] != part)
            continue;
        const float *logits =
            batch->rows[i].output ? llama_get_logits_ith(library->context, at) : NULL;
        at++;
        library->places[i] = UINT32_MAX;
        if (logits == NULL)
            continue;
        if (*count == library->results)
            return hearth_error_set(error, HEARTH_EINTERNAL, "a step of too many results");
        library->places[i] = *count;
        memcpy(library->kept + (size_t)(*count)++ * library->vocabulary, logits,
               library->vocabulary * sizeof(*logits));
    }
    return 0;
}

/* A step that fails in a later part leaves nothing of the earlier ones: positions count as taken
 * only when all of it is done. */
static void forget_step(const struct library *library, const struct hearth_llama_batch *batch)
{
    for (uint32_t i = 0; library->memory != NULL && i < batch->count; i++)
        if (i == 0 || batch->rows[i].sequence != batch->rows[i - 1].sequence)
            llama_memory_seq_rm(library->memory, (llama_seq_id)batch->rows[i].sequence,
                                (llama_pos)batch->rows[i].position, -1);
}

static int decode_parts(struct library *library, const struct hearth_llama_batch *batch,
                        struct hearth_error *error)
{
    uint32_t left = batch->count, kept = 0;
    int rc = 0;
    memset(library->part_of, 0, batch->count * sizeof(*library->part_of));
    library->in_parts = false;
    for (uint32_t part = 1; rc == 0 && left > 0; part++) {
        rc = decode_part(library, batch, part, error);
        left -= rc == 0 ? (uint32_t)library->batch.n_tokens : 0;
        library->in_parts = library->in_parts || left > 0;
        if (rc == 0 && library->in_parts)
            rc = keep_logits(library, batch, part, &kept, error);
        if (rc != 0 && part > 1)
            forget_step(library, batch);
    }
    return rc;
}

static int decode(struct hearth_llama_compute *compute, const struct hearth_llama_batch *batch,
                  enum hearth_llama_result result, const atomic_bool *canceled,
                  struct hearth_error *error)
{
    struct library *library = (struct library *)compute;
    bool states = result == HEARTH_LLAMA_STATES;
    /* A context makes either logits or states. A network that pools stays in the mode that its
     * context began with. */
    if (states != library->states && result != HEARTH_LLAMA_POOLED) {
        llama_set_embeddings(library->context, states);
        library->states = states;
    }
    /* The abort callback has no argument of the step, and finds the flag here. */
    library->canceled = canceled;
    return decode_parts(library, batch, error);
}

static float *logits(struct hearth_llama_compute *compute, uint32_t row)
{
    struct library *library = (struct library *)compute;
    if (!library->in_parts)
        return llama_get_logits_ith(library->context, (int32_t)row);
    return library->places[row] == UINT32_MAX
               ? NULL
               : library->kept + (size_t)library->places[row] * library->vocabulary;
}

static const float *states(struct hearth_llama_compute *compute, uint32_t row)
{
    return llama_get_embeddings_ith(((struct library *)compute)->context, (int32_t)row);
}

static const float *pooled(struct hearth_llama_compute *compute, uint32_t sequence)
{
    return llama_get_embeddings_seq(((struct library *)compute)->context, (llama_seq_id)sequence);
}

/* Some caches cannot forget a part, such as states that only go forward. Then the whole sequence is
 * forgotten, and the engine computes it again from its tokens. */
static bool cut(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t count)
{
    const struct library *library = (struct library *)compute;
    if (library->memory == NULL)
        return count == 0;
    if (llama_memory_seq_rm(library->memory, (llama_seq_id)sequence, (llama_pos)count, -1))
        return true;
    llama_memory_seq_rm(library->memory, (llama_seq_id)sequence, -1, -1);
    return false;
}

/* Caches with a window drop what lies before it; −1 means that there is nothing at all. */
static uint32_t oldest(struct hearth_llama_compute *compute, uint32_t sequence)
{
    llama_pos at =
        llama_memory_seq_pos_min(((struct library *)compute)->memory, (llama_seq_id)sequence);
    return at < 0 ? UINT32_MAX : (uint32_t)at;
}

static void copy(struct hearth_llama_compute *compute, uint32_t from, uint32_t to)
{
    llama_memory_t memory = ((struct library *)compute)->memory;
    llama_memory_seq_rm(memory, (llama_seq_id)to, -1, -1);
    llama_memory_seq_cp(memory, (llama_seq_id)from, (llama_seq_id)to, -1, -1);
    memcpy(scales_of((struct library *)compute, to), scales_of((struct library *)compute, from),
           compute->adapter_count * sizeof(float));
}

static void adapt(struct hearth_llama_compute *compute, uint32_t sequence, const float *scales)
{
    float *has = scales_of((struct library *)compute, sequence);
    size_t length = compute->adapter_count * sizeof(*has);
    if (length == 0 || memcmp(has, scales, length) == 0)
        return;
    memcpy(has, scales, length);
    cut(compute, sequence, 0);
}

static int adapter_add(struct hearth_llama_compute *compute, uint32_t adapter, const char *name,
                       const void *bytes, size_t length, struct hearth_error *error)
{
    struct library *library = (struct library *)compute;
    return hearth_llama_adapter_parse(library->base, name, bytes, length,
                                      &library->adapters[adapter], error);
}

/* The context must not point to it when it goes: the next step sets what it needs. */
static void adapter_drop(struct hearth_llama_compute *compute, uint32_t adapter)
{
    struct library *library = (struct library *)compute;
    for (uint32_t i = 0; i < library->sequences; i++) {
        float *scale = &scales_of(library, i)[adapter];
        if (*scale != 0)
            cut(compute, i, 0);
        *scale = 0;
    }
    if (library->adapters[adapter].adapter != NULL) {
        hearth_llama_adapt(library->context, NULL, 0, NULL, NULL);
        llama_adapter_lora_free(library->adapters[adapter].adapter);
    }
    library->adapters[adapter] = (struct hearth_llama_adapter){.adapter = NULL};
}

static const char *adapter_name(struct hearth_llama_compute *compute, uint32_t adapter)
{
    return ((struct library *)compute)->adapters[adapter].name;
}

/* Only our own decoder promises the same bits. */
static const char *adapter_digest(struct hearth_llama_compute *compute, uint32_t adapter)
{
    (void)compute, (void)adapter;
    return NULL;
}

static size_t saved_bytes(struct hearth_llama_compute *compute, uint32_t sequence)
{
    return llama_state_seq_get_size(((struct library *)compute)->context, (llama_seq_id)sequence);
}

static int save(struct hearth_llama_compute *compute, uint32_t sequence, void *bytes, size_t length,
                struct hearth_error *error)
{
    size_t written = llama_state_seq_get_data(((struct library *)compute)->context, bytes, length,
                                              (llama_seq_id)sequence);
    return written == length ? 0 : hearth_error_set(error, HEARTH_EINTERNAL, "cannot save");
}

/* llama.cpp's own parser reads these bytes. What they are worth is its judgement; one that takes
 * fewer bytes than there are has met the bytes of another model, and how long it takes the sequence
 * to be must be true. */
static int restore(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t token_count,
                   const void *bytes, size_t length, struct hearth_error *error)
{
    const struct library *library = (struct library *)compute;
    llama_seq_id id = (llama_seq_id)sequence;
    size_t taken = llama_state_seq_set_data(library->context, bytes, length, id);
    int64_t held =
        taken == length ? (int64_t)llama_memory_seq_pos_max(library->memory, id) + 1 : -1;
    if (held == token_count)
        return 0;
    llama_memory_seq_rm(library->memory, id, -1, -1);
    return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence %s",
                            held < 0 ? "is of another model" : "has another length");
}

/* The context before the model, which the caller frees: it points into the model. */
static void destroy(struct hearth_llama_compute *compute)
{
    struct library *library = (struct library *)compute;
    if (library->batch.token != NULL)
        llama_batch_free(library->batch);
    if (library->context != NULL)
        llama_free(library->context);
    hearth_llama_adapters_base_destroy(library->base);
    hearth_free(library->adapters);
    hearth_free(library->scales);
    hearth_free(library->part_of);
    hearth_free(library->kept);
    hearth_free(library->places);
    hearth_free(library);
}

static const struct hearth_llama_compute_ops ops = {
    .name = "libllama",
    .decode = decode,
    .logits = logits,
    .states = states,
    .pooled = pooled,
    .adapt = adapt,
    .adapter_add = adapter_add,
    .adapter_drop = adapter_drop,
    .adapter_name = adapter_name,
    .adapter_digest = adapter_digest,
    .cut = cut,
    .oldest = oldest,
    .copy = copy,
    .saved_bytes = saved_bytes,
    .save = save,
    .restore = restore,
    .destroy = destroy,
};

/* libllama gives each sequence an equal share of n_ctx, and rounds it up to 256 cells; so the
 * rounding is done before multiplying. n_ubatch is the whole batch: it is the composer who decides
 * how large a step is. */
static struct llama_context_params context_params(const struct hearth_llama_load *load,
                                                  uint32_t sequences)
{
    const struct hearth_llama_plan *plan = load->plan;
    const struct hearth_llama_settings *settings = load->settings;
    bool pooling = load->header->pooled;
    struct llama_context_params params = llama_context_default_params();
    params.n_seq_max = sequences;
    params.n_ctx = (uint32_t)hearth_llama_library_cells(load->header, settings, plan);
    params.n_batch = plan->batch;
    params.n_ubatch = plan->batch;
    params.n_outputs_max = pooling                               ? plan->batch
                           : sequences > HEARTH_LLAMA_POOL_CHUNK ? sequences
                                                                 : HEARTH_LLAMA_POOL_CHUNK;
    params.n_threads = (int32_t)plan->threads;
    params.n_threads_batch = (int32_t)plan->threads;
    params.flash_attn_type = settings->flash_attention;
    if (pooling)
        params.pooling_type = load->header->pooling;
    params.embeddings = pooling;
    params.rope_freq_base = settings->rope_freq_base;
    params.rope_freq_scale = settings->rope_freq_scale;
    params.type_k = settings->cache_type_k;
    params.type_v = settings->cache_type_v;
    /* With a cache for each sequence libllama cuts a batch into pieces of as many tokens of each,
     * and pools what the last piece has of a text. */
    params.kv_unified =
        settings->cache_shared || sequences > plan->slots || (pooling && !load->header->encoder);
    params.abort_callback = on_abort_check;
    params.no_perf = true;
    return params;
}

/* What the engine must know of this model in order to treat both implementations alike. */
static void tell_head(struct library *library, const struct hearth_llama_load *load,
                      const struct llama_model *model)
{
    int32_t window = llama_model_n_swa(model), width = llama_model_n_embd_out(model);
    bool ranks = load->header->pooling == LLAMA_POOLING_TYPE_RANK;
    library->head.pools = load->header->pooled;
    library->head.keeps = library->memory != NULL;
    library->head.cuttable = load->header->family == HEARTH_LLAMA_ATTENTION;
    library->head.prefix_places = library->sequences - library->slots;
    library->head.cell_tokens = 1;
    library->head.cells = llama_n_ctx(library->context);
    library->head.cell_bytes = load->header->cache_bytes_per_token;
    library->head.window = window > 0 ? (uint32_t)window : 0;
    library->head.vector_length = width > 0 ? (uint32_t)width : 0;
    library->head.label_count = ranks ? llama_model_n_cls_out(model) : 0;
}

/* Adapters before the context, which reserves its memory for graphs with them. */
static int load_adapters(struct library *library, const struct hearth_llama_load *load,
                         struct llama_model *model, struct hearth_error *error)
{
    uint32_t fixed = load->settings->adapter_count, places = load->plan->adapter_places;
    /* What our reader does not know has no places: adapters are read by it. */
    if (places > 0 && hearth_llama_adapters_base_make(load, model, &library->base) != 0)
        places = 0;
    uint32_t count = fixed + places;
    uint32_t batch = load->plan->batch;
    library->slots = library->sequences = load->plan->slots;
    if (hearth_llama_shares_cells(load->header, load->settings, load->plan) &&
        llama_model_n_swa(model) == 0)
        library->sequences += load->plan->prefix_places;
    library->results = library->slots;
    if (library->head.logits_max > library->slots &&
        load->settings->speculation != HEARTH_LLAMA_SPECULATION_AUTO)
        library->results = library->head.logits_max;
    library->vocabulary = (uint32_t)llama_vocab_n_tokens(llama_model_get_vocab(model));
    library->head.adapter_fixed = fixed;
    library->head.adapter_count = count;
    library->adapters = hearth_try_calloc(count + 1, sizeof(*library->adapters));
    library->scales =
        hearth_try_calloc((size_t)library->sequences * count + 1, sizeof(*library->scales));
    library->part_of = hearth_try_calloc(batch, sizeof(*library->part_of));
    library->places = hearth_try_calloc(batch, sizeof(*library->places));
    if (count > 0)
        library->kept = hearth_try_calloc((size_t)library->results * library->vocabulary,
                                          sizeof(*library->kept));
    if (library->adapters == NULL || library->scales == NULL || library->part_of == NULL ||
        library->places == NULL || (count > 0 && library->kept == NULL))
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch");
    return hearth_llama_adapters_load(load, model, library->adapters, error);
}

int hearth_llama_compute_library(const struct hearth_llama_load *load,
                                 struct llama_model **ret_model,
                                 struct hearth_llama_compute **ret_compute,
                                 struct hearth_error *error)
{
    int rc = hearth_llama_library_load(load, ret_model, error);
    if (rc != 0)
        return rc;
    struct library *library = hearth_calloc(1, sizeof(*library));
    library->head.ops = &ops;
    library->head.logits_max = library->head.states_max =
        HEARTH_LLAMA_POOL_CHUNK < load->plan->batch ? HEARTH_LLAMA_POOL_CHUNK : load->plan->batch;
    *ret_compute = &library->head;
    rc = load_adapters(library, load, *ret_model, error);
    if (rc != 0)
        return rc;
    struct llama_context_params params = context_params(load, library->sequences);
    params.abort_callback_data = library;
    library->context = hearth_llama_context(*ret_model, &params, error);
    if (library->context == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_ENOMEM;
    library->memory = llama_get_memory(library->context);
    library->batch = llama_batch_init((int32_t)load->plan->batch, 0, 1);
    if (library->batch.token == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch");
    tell_head(library, load, *ret_model);
    return 0;
}
