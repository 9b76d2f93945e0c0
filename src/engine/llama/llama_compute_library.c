/* libllama's context as what computes. The head of `struct library` is the interface's struct, so
 * that a pointer to one is a pointer to the other. libllama has one state of its own for each
 * context and no locks; all of this is the compute thread's. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_compute.h"
#include "engine/llama/llama_log.h"

#include <string.h>

struct library {
    struct hearth_llama_compute head;
    struct llama_context *context;
    llama_memory_t memory; /* NULL for encoders */
    struct llama_batch batch;
    const atomic_bool *canceled;
    bool states; /* the context makes states now */
};

/* A state that only goes forward cannot be taken back, so its steps run to their end. */
static bool on_abort_check(void *argument)
{
    const struct library *library = argument;
    return library->head.cuttable && library->canceled != NULL && atomic_load(library->canceled);
}

/* The batch is libllama's own struct, allocated once for the largest step with one sequence for
 * each token, and filled anew each time. */
static void fill(struct llama_batch *to, const struct hearth_llama_batch *batch)
{
    to->n_tokens = (int32_t)batch->count;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct hearth_llama_row *row = &batch->rows[i];
        to->token[i] = row->token;
        to->pos[i] = (llama_pos)row->position;
        to->n_seq_id[i] = 1;
        to->seq_id[i][0] = (llama_seq_id)row->sequence;
        to->logits[i] = row->output;
    }
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
    fill(&library->batch, batch);
    /* The abort callback has no argument of the step, and finds the flag here. */
    library->canceled = canceled;
    /* llama_decode (llama.h): 0 is good, 1 means that the cache has no room, 2 that the abort
     * callback ended it, below 0 a failure. */
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

static float *logits(struct hearth_llama_compute *compute, uint32_t row)
{
    return llama_get_logits_ith(((struct library *)compute)->context, (int32_t)row);
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
 * fewer bytes than there are has met the bytes of another model. */
static int restore(struct hearth_llama_compute *compute, uint32_t sequence, const void *bytes,
                   size_t length, struct hearth_error *error)
{
    size_t taken = llama_state_seq_set_data(((struct library *)compute)->context, bytes, length,
                                            (llama_seq_id)sequence);
    return taken == length
               ? 0
               : hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is of another model");
}

/* The context before the model, which the caller frees: it points into the model. */
static void destroy(struct hearth_llama_compute *compute)
{
    struct library *library = (struct library *)compute;
    if (library->batch.token != NULL)
        llama_batch_free(library->batch);
    if (library->context != NULL)
        llama_free(library->context);
    hearth_free(library);
}

static const struct hearth_llama_compute_ops ops = {
    .name = "libllama",
    .decode = decode,
    .logits = logits,
    .states = states,
    .pooled = pooled,
    .cut = cut,
    .oldest = oldest,
    .copy = copy,
    .saved_bytes = saved_bytes,
    .save = save,
    .restore = restore,
    .destroy = destroy,
};

struct loading {
    struct hearth_load_progress *progress;
    bool given_up;
};

/* false makes libllama give up, and its failure then looks like any other; `given_up` tells them
 * apart. */
static bool on_progress(float fraction, void *argument)
{
    struct loading *loading = argument;
    if (loading->progress != NULL && !loading->progress->report(loading->progress, fraction))
        loading->given_up = true;
    return !loading->given_up;
}

/* Weights are mapped from the file: several workers of one model share their pages, and a load
 * reads only what is used. repack copies them into a layout that the CPU multiplies faster. */
static int load_model(const struct hearth_llama_load *load, struct llama_model **ret_model,
                      struct hearth_error *error)
{
    struct loading loading = {.progress = load->progress};
    struct llama_model_params params = llama_model_default_params();
    params.load_mode =
        load->settings->lock_memory ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
    params.n_gpu_layers = 0;
    params.use_extra_bufts = load->settings->repack;
    params.progress_callback = on_progress;
    params.progress_callback_user_data = &loading;
    *ret_model = hearth_llama_load(load->path, &params, error);
    if (loading.given_up)
        return hearth_error_set(error, HEARTH_ECANCELED, "loading was given up");
    if (*ret_model == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_EMODEL;
    return 0;
}

/* libllama gives each sequence an equal share of n_ctx, and rounds it up to 256 cells; so the
 * rounding is done before multiplying. n_ubatch is the whole batch: it is the composer who decides
 * how large a step is. */
static struct llama_context_params context_params(const struct hearth_llama_load *load)
{
    const struct hearth_llama_plan *plan = load->plan;
    const struct hearth_llama_settings *settings = load->settings;
    bool pooling = load->header->pooled;
    struct llama_context_params params = llama_context_default_params();
    params.n_seq_max = plan->slots;
    params.n_ctx = (plan->context + 255) / 256 * 256 * plan->slots;
    params.n_batch = plan->batch;
    params.n_ubatch = plan->batch;
    params.n_outputs_max = pooling                                 ? plan->batch
                           : plan->slots > HEARTH_LLAMA_POOL_CHUNK ? plan->slots
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
    params.kv_unified = settings->cache_shared || (pooling && !load->header->encoder);
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
    library->head.window = window > 0 ? (uint32_t)window : 0;
    library->head.vector_length = width > 0 ? (uint32_t)width : 0;
    library->head.label_count = ranks ? llama_model_n_cls_out(model) : 0;
    library->head.states_max =
        HEARTH_LLAMA_POOL_CHUNK < load->plan->batch ? HEARTH_LLAMA_POOL_CHUNK : load->plan->batch;
}

int hearth_llama_compute_library(const struct hearth_llama_load *load,
                                 struct llama_model **ret_model,
                                 struct hearth_llama_compute **ret_compute,
                                 struct hearth_error *error)
{
    int rc = load_model(load, ret_model, error);
    if (rc != 0)
        return rc;
    struct library *library = hearth_calloc(1, sizeof(*library));
    library->head.ops = &ops;
    *ret_compute = &library->head;
    struct llama_context_params params = context_params(load);
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
