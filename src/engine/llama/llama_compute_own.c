/* A decoder of our own (src/network/) as what computes; libllama's model has a vocabulary only. The
 * decoder is given what the plan of this load says, and takes no more than hearth_llama_own_plan
 * promised, because plan and open describe the file by the same code. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_compute.h"
#include "engine/llama/llama_folder.h"
#include "network/decoder.h"

#include <string.h>

/* Memory for each byte of a tokenizer.json while it is read: its text, a tree of its values, and
 * the tables that are made of them. */
#define TOKENIZER_FACTOR 6ull

/* In `results`, of a row that asked for none. */
#define NO_RESULT UINT32_MAX

struct own {
    struct hearth_llama_compute head;
    struct hearth_decoder *decoder;
    struct hearth_decoder_span *spans; /* [slots] */
    int32_t *tokens;                   /* [batch] */
    uint32_t *results;                 /* [batch] number of a row's result */
    uint32_t row_count;
};

/* From the interface's list of rows to spans. Rows of one sequence follow each other, and those
 * that ask for a result are its last ones: so the composer of batches makes them, and so a span can
 * say with one number which rows give a result. Results are numbered in the order of rows. */
static size_t make_spans(struct own *own, const struct hearth_llama_batch *batch)
{
    size_t count = 0;
    uint32_t results = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct hearth_llama_row *row = &batch->rows[i];
        if (i == 0 || row->sequence != batch->rows[i - 1].sequence)
            own->spans[count++] =
                (struct hearth_decoder_span){.sequence = row->sequence, .tokens = own->tokens + i};
        own->tokens[i] = row->token;
        own->spans[count - 1].count++;
        own->spans[count - 1].outputs += row->output;
        own->results[i] = row->output ? results++ : NO_RESULT;
    }
    own->row_count = batch->count;
    return count;
}

static int decode(struct hearth_llama_compute *compute, const struct hearth_llama_batch *batch,
                  enum hearth_llama_result result, const atomic_bool *canceled,
                  struct hearth_error *error)
{
    struct own *own = (struct own *)compute;
    size_t count = make_spans(own, batch);
    enum hearth_decoder_result kind =
        result == HEARTH_LLAMA_STATES ? HEARTH_DECODER_STATES : HEARTH_DECODER_LOGITS;
    int rc = hearth_decoder_step(own->decoder, own->spans, count, kind, canceled, error);
    /* The engine has checked tokens, lengths and sizes before. What the decoder refuses here is our
     * own mistake, and no client's; the message still says what it was. */
    return rc == 0 || rc == HEARTH_ECANCELED ? rc : HEARTH_EINTERNAL;
}

/* Logits or states, whichever the last step made: the decoder keeps one buffer for both. */
static float *result_of(struct hearth_llama_compute *compute, uint32_t row)
{
    struct own *own = (struct own *)compute;
    if (row >= own->row_count || own->results[row] == NO_RESULT)
        return NULL;
    return hearth_decoder_result(own->decoder, own->results[row]);
}

static const float *states(struct hearth_llama_compute *compute, uint32_t row)
{
    return result_of(compute, row);
}

static void classify(struct hearth_llama_compute *compute, const float *state, float *ret_logits)
{
    hearth_decoder_classify(((struct own *)compute)->decoder, state, ret_logits);
}

/* The engine pools, from states; so nobody asks. */
static const float *pooled(struct hearth_llama_compute *compute, uint32_t sequence)
{
    (void)compute;
    (void)sequence;
    return NULL;
}

/* Pages allow any length, so nothing has to be forgotten beyond what was asked for. */
static bool cut(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t count)
{
    hearth_decoder_trim(((struct own *)compute)->decoder, sequence, count);
    return true;
}

/* Windows only limit what a query looks at; the cache keeps every position. */
static uint32_t oldest(struct hearth_llama_compute *compute, uint32_t sequence)
{
    (void)compute;
    (void)sequence;
    return 0;
}

static void adapt(struct hearth_llama_compute *compute, uint32_t sequence, const float *scales)
{
    hearth_decoder_adapt(((struct own *)compute)->decoder, sequence, scales);
}

static int adapter_add(struct hearth_llama_compute *compute, uint32_t adapter, const char *name,
                       const void *bytes, size_t length, struct hearth_error *error)
{
    return hearth_decoder_adapter_add(((struct own *)compute)->decoder, adapter, name, bytes,
                                      length, error);
}

static void adapter_drop(struct hearth_llama_compute *compute, uint32_t adapter)
{
    hearth_decoder_adapter_drop(((struct own *)compute)->decoder, adapter);
}

static const char *adapter_name(struct hearth_llama_compute *compute, uint32_t adapter)
{
    return hearth_decoder_adapter_name(((struct own *)compute)->decoder, adapter);
}

static const char *adapter_digest(struct hearth_llama_compute *compute, uint32_t adapter)
{
    return hearth_decoder_adapter_digest(((struct own *)compute)->decoder, adapter);
}

static void copy(struct hearth_llama_compute *compute, uint32_t from, uint32_t to)
{
    hearth_decoder_copy(((struct own *)compute)->decoder, from, to);
}

static size_t saved_bytes(struct hearth_llama_compute *compute, uint32_t sequence)
{
    return hearth_decoder_saved_bytes(((struct own *)compute)->decoder, sequence);
}

static int save(struct hearth_llama_compute *compute, uint32_t sequence, void *bytes, size_t length,
                struct hearth_error *error)
{
    struct hearth_decoder *decoder = ((struct own *)compute)->decoder;
    if (length < hearth_decoder_saved_bytes(decoder, sequence))
        return hearth_error_set(error, HEARTH_EINTERNAL, "no room for a saved sequence");
    hearth_decoder_save(decoder, sequence, bytes);
    return 0;
}

/* The decoder leaves its sequence as it was where it refuses the bytes. The interface wants it
 * empty then, because the engine has already forgotten which tokens it held. */
static int restore(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t token_count,
                   const void *bytes, size_t length, struct hearth_error *error)
{
    struct hearth_decoder *decoder = ((struct own *)compute)->decoder;
    int rc = hearth_decoder_restore(decoder, sequence, bytes, length, error);
    if (rc == 0 && hearth_decoder_length(decoder, sequence) != token_count)
        rc = hearth_error_set(error, HEARTH_EPARSE, "a saved sequence has another length");
    if (rc != 0)
        hearth_decoder_trim(decoder, sequence, 0);
    return rc;
}

static void destroy(struct hearth_llama_compute *compute)
{
    struct own *own = (struct own *)compute;
    hearth_decoder_close(own->decoder);
    hearth_free(own->spans);
    hearth_free(own->tokens);
    hearth_free(own->results);
    hearth_free(own);
}

static const struct hearth_llama_compute_ops ops = {
    .name = "own",
    .decode = decode,
    .logits = result_of,
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
    .classify = classify,
};

/* Keys and values lie in one layout of pages and therefore have one type. */
static int kv_type(const struct hearth_llama_settings *settings, enum hearth_kv_type *ret_type,
                   struct hearth_error *error)
{
    static const struct {
        enum ggml_type library;
        enum hearth_kv_type own;
    } types[] = {
        {GGML_TYPE_F16, HEARTH_KV_F16},
        {GGML_TYPE_BF16, HEARTH_KV_BF16},
        {GGML_TYPE_Q8_0, HEARTH_KV_Q8_0},
        {GGML_TYPE_F32, HEARTH_KV_F32},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (settings->cache_type_k == types[i].library &&
            settings->cache_type_v == types[i].library) {
            *ret_type = types[i].own;
            return 0;
        }
    return hearth_error_set(
        error, HEARTH_ENOTIMPL,
        "a KV cache of another type than f16, bf16, q8_0 and f32, or of two types");
}

/* What settings and header ask for that only libllama's context does. */
static int check(const struct hearth_llama_load *load, struct hearth_error *error)
{
    const char *why = NULL;
    if (load->header->family != HEARTH_LLAMA_ATTENTION)
        why = "a state that only goes forward";
    else if (load->settings->cache_shared)
        why = "one KV cache for all sequences";
    return why != NULL ? hearth_error_set(error, HEARTH_ENOTIMPL, "%s", why) : 0;
}

/* Of the KV cache, where sequences share it: what the slots need, and two more for each, because a
 * page that ends and one that begins what is shared may be there twice. 0: they do not share. */
static uint32_t pages(const struct hearth_llama_plan *plan)
{
    uint64_t each = ((uint64_t)plan->context + HEARTH_KV_PAGE_TOKENS - 1) / HEARTH_KV_PAGE_TOKENS;
    uint64_t all = plan->prefix_places > 0 ? plan->slots * (each + 2) : 0;
    return all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}

static uint32_t logits_max(const struct hearth_llama_plan *plan)
{
    uint32_t part = plan->batch < HEARTH_LLAMA_POOL_CHUNK ? plan->batch : HEARTH_LLAMA_POOL_CHUNK;
    return part > plan->slots ? part : plan->slots;
}

/* One result for each sequence is all that sampling needs in a step. The logprobs of a prompt come
 * from one of each of its rows, in parts as large as libllama's. Vectors want the state of every
 * row of an input, hence as many states as rows. */
static int params_of(const struct hearth_llama_load *load, struct hearth_decoder_params *ret_params,
                     struct hearth_error *error)
{
    const struct hearth_llama_plan *plan = load->plan;
    struct hearth_decoder_params params = {
        .context = plan->context,
        .sequences = plan->slots + plan->prefix_places,
        .pages = pages(plan),
        .cache_bytes = plan->prefix_places > 0 && load->settings->prefix_cache != UINT64_MAX
                           ? load->settings->prefix_cache
                           : 0,
        .batch = plan->batch,
        .outputs = logits_max(plan),
        .states = plan->batch,
        .threads = plan->threads,
        .isa = load->settings->isa,
        .classifies = load->header->pooling == LLAMA_POOLING_TYPE_RANK,
        .lock_memory = load->settings->lock_memory,
        .quantize = load->settings->quantize,
        .adapters = (const char *const *)load->settings->adapters,
        .adapter_count = load->settings->adapter_count,
        .adapter_places = plan->adapter_places,
        .overrides = {.rotary_base = load->settings->rope_freq_base,
                      .rotary_scale = load->settings->rope_freq_scale},
    };
    int rc = check(load, error);
    if (rc == 0)
        rc = kv_type(load->settings, &params.kv_type, error);
    if (rc == 0)
        *ret_params = params;
    return rc;
}

int hearth_llama_own_plan(const struct hearth_llama_load *load,
                          struct hearth_memory_plan *ret_memory, struct hearth_error *error)
{
    struct hearth_decoder_params params;
    struct hearth_decoder_plan plan;
    int rc = params_of(load, &params, error);
    if (rc == 0)
        rc = hearth_decoder_plan(load->path, &params, &plan, error);
    if (rc != 0)
        return rc;
    uint64_t vocabulary = load->header->facts.vocabulary_length;
    *ret_memory = (struct hearth_memory_plan){
        .weights = plan.weights,
        .cache = plan.cache,
        .scratch = plan.scratch +
                   hearth_llama_sampling_bytes((uint32_t)vocabulary, load->plan->context) +
                   hearth_llama_prefix_bytes(load->plan),
        /* Code and heap of the worker; each word of the vocabulary stands in several tables. */
        .process = hearth_llama_process_bytes(vocabulary) +
                   TOKENIZER_FACTOR * load->header->tokenizer_bytes,
    };
    return 0;
}

static bool on_progress(void *argument, float fraction)
{
    struct hearth_load_progress *progress = argument;
    return progress == NULL || progress->report(progress, fraction);
}

/* Tokens, templates and grammars stay libllama's. It is told to leave the weights alone, so the
 * file's tensors are read by our own checked path only. */
static int load_vocabulary(const struct hearth_llama_load *load, struct llama_model **ret_model,
                           struct hearth_error *error)
{
    struct llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    if (load->header->folder)
        return hearth_llama_folder_texts(load->path, load->header, load->ret_tokenizer, ret_model,
                                         error);
    *ret_model = hearth_llama_load(load->path, &params, error);
    if (*ret_model == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_EMODEL;
    return 0;
}

int hearth_llama_compute_own(const struct hearth_llama_load *load, struct llama_model **ret_model,
                             struct hearth_llama_compute **ret_compute, struct hearth_error *error)
{
    struct hearth_decoder_params params;
    struct hearth_weights_progress progress = {on_progress, load->progress};
    int rc = params_of(load, &params, error);
    if (rc == 0)
        rc = load_vocabulary(load, ret_model, error);
    if (rc != 0)
        return rc;
    struct own *own = hearth_calloc(1, sizeof(*own));
    own->head = (struct hearth_llama_compute){.ops = &ops,
                                              .exact = true,
                                              .keeps = true,
                                              .cuttable = true,
                                              .adapter_fixed = load->settings->adapter_count,
                                              .adapter_count = load->settings->adapter_count +
                                                               load->plan->adapter_places,
                                              .states_max = load->plan->batch,
                                              .logits_max = logits_max(load->plan)};
    /* From here on the caller destroys it, also when what follows fails; every part may be
     * missing. */
    *ret_compute = &own->head;
    rc = hearth_decoder_open(load->path, &params, &progress, &own->decoder, error);
    if (rc != 0)
        return rc;
    own->head.kernels = hearth_decoder_kernels_name(hearth_decoder_kernels_for(params.isa));
    own->head.prefix_places = load->plan->prefix_places;
    own->head.cell_tokens = HEARTH_KV_PAGE_TOKENS;
    own->head.cells = hearth_decoder_pages(own->decoder, &own->head.cell_bytes);
    own->head.vector_length = hearth_decoder_network(own->decoder)->width;
    own->head.label_count = params.classifies ? hearth_decoder_network(own->decoder)->labels : 0;
    own->spans = hearth_try_calloc(load->plan->slots, sizeof(*own->spans));
    own->tokens = hearth_try_calloc(load->plan->batch, sizeof(*own->tokens));
    own->results = hearth_try_calloc(load->plan->batch, sizeof(*own->results));
    if (own->spans == NULL || own->tokens == NULL || own->results == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch");
    return 0;
}
