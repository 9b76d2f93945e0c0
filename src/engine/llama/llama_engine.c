/* The plug-in: its table, loading and unloading. */
#include "engine/llama/llama_engine.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_log.h"
#include "engine/llama/llama_trial.h"

#include <string.h>

static int describe(const struct hearth_model_files *files, struct hearth_model_facts *ret_facts,
                    struct hearth_error *error)
{
    struct hearth_llama_settings settings;
    struct hearth_llama_header header;
    int rc = hearth_llama_settings_init(&settings, NULL, error);
    if (rc == 0)
        rc = hearth_llama_header_read(files->path, &settings, &header, error);
    if (rc == 0 && files->thorough)
        rc = hearth_llama_trial(files->path, &header, error);
    if (rc == 0)
        *ret_facts = header.facts;
    hearth_llama_settings_finish(&settings);
    return rc;
}

static int plan_memory(const struct hearth_model_files *files,
                       const struct hearth_load_params *params, struct hearth_memory_plan *ret_plan,
                       struct hearth_error *error)
{
    struct hearth_llama_settings settings;
    struct hearth_llama_header header;
    struct hearth_llama_plan plan;
    int rc = hearth_llama_settings_init(&settings, params->settings_json, error);
    if (rc == 0)
        rc = hearth_llama_header_read(files->path, &settings, &header, error);
    if (rc == 0)
        rc = hearth_llama_plan_make(&header, params, &settings, &plan, error);
    if (rc == 0)
        hearth_llama_plan_memory(&header, &plan, ret_plan);
    hearth_llama_settings_finish(&settings);
    return rc;
}

struct loading {
    struct hearth_load_progress *progress;
    bool given_up;
};

static bool on_progress(float fraction, void *argument)
{
    struct loading *loading = argument;
    if (loading->progress != NULL && !loading->progress->report(loading->progress, fraction))
        loading->given_up = true;
    return !loading->given_up;
}

/* Weights are mapped from the file: several workers of one model share their pages, and a load
 * reads only what is used. repack copies them into a layout that the CPU multiplies faster. */
static int load_model(struct hearth_engine *engine, const char *path,
                      struct hearth_load_progress *progress, struct hearth_error *error)
{
    struct loading loading = {.progress = progress};
    struct llama_model_params params = llama_model_default_params();
    params.load_mode =
        engine->settings.lock_memory ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
    params.n_gpu_layers = 0;
    params.use_extra_bufts = engine->settings.repack;
    params.progress_callback = on_progress;
    params.progress_callback_user_data = &loading;
    engine->model = hearth_llama_load(path, &params, error);
    if (loading.given_up)
        return hearth_error_set(error, HEARTH_ECANCELED, "loading was given up");
    if (engine->model == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_EMODEL;
    engine->vocab = llama_model_get_vocab(engine->model);
    int32_t words = llama_vocab_n_tokens(engine->vocab);
    if (words <= 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the model has no vocabulary");
    engine->facts.vocabulary_length = (uint32_t)words;
    return hearth_llama_check_vocabulary(engine->vocab, error);
}

/* A state that only goes forward cannot be taken back, so its steps run to their end. */
static bool on_abort_check(void *argument)
{
    struct hearth_engine *engine = argument;
    return engine->cuttable && !engine->committed && atomic_load(&engine->abort_wanted);
}

/* libllama gives each sequence an equal share of n_ctx, and rounds it up to 256 cells; so the
 * rounding is done before multiplying. n_ubatch is the whole batch: it is the composer who decides
 * how large a step is. */
static int make_context(struct hearth_engine *engine, struct hearth_error *error)
{
    const struct hearth_llama_plan *plan = &engine->plan;
    const struct hearth_llama_settings *settings = &engine->settings;
    bool pooled = engine->header.pooled;
    struct llama_context_params params = llama_context_default_params();
    params.n_seq_max = plan->slots;
    params.n_ctx = (plan->context + 255) / 256 * 256 * plan->slots;
    params.n_batch = plan->batch;
    params.n_ubatch = plan->batch;
    params.n_outputs_max = pooled                                  ? plan->batch
                           : plan->slots > HEARTH_LLAMA_POOL_CHUNK ? plan->slots
                                                                   : HEARTH_LLAMA_POOL_CHUNK;
    params.n_threads = (int32_t)plan->threads;
    params.n_threads_batch = (int32_t)plan->threads;
    params.flash_attn_type = settings->flash_attention;
    if (pooled)
        params.pooling_type = engine->header.pooling;
    params.embeddings = pooled;
    params.rope_freq_base = settings->rope_freq_base;
    params.rope_freq_scale = settings->rope_freq_scale;
    params.type_k = settings->cache_type_k;
    params.type_v = settings->cache_type_v;
    params.kv_unified = settings->cache_shared;
    params.abort_callback = on_abort_check;
    params.abort_callback_data = engine;
    params.no_perf = true;
    engine->context = hearth_llama_context(engine->model, &params, error);
    if (engine->context == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_ENOMEM;
    engine->memory = llama_get_memory(engine->context);
    engine->cuttable = engine->header.family == HEARTH_LLAMA_ATTENTION;
    int32_t window = llama_model_n_swa(engine->model);
    engine->window = window > 0 ? (uint32_t)window : 0;
    return 0;
}

/* Looked for once, as ignore_eos needs all of them in each step. */
static int find_end_tokens(struct hearth_engine *engine)
{
    uint32_t words = engine->facts.vocabulary_length;
    engine->end_tokens = hearth_try_calloc(words, sizeof(*engine->end_tokens));
    if (engine->end_tokens == NULL)
        return HEARTH_ENOMEM;
    for (uint32_t i = 0; i < words; i++)
        if (llama_vocab_is_eog(engine->vocab, (llama_token)i))
            engine->end_tokens[engine->end_count++] = (int32_t)i;
    return 0;
}

/* Some tokenizers take any number of bytes for one token (a word that they do not know) or for none
 * (spaces, also around a token that strips them); of those nothing is known. */
static size_t longest_token(const struct llama_vocab *vocab)
{
    const int strips = LLAMA_TOKEN_ATTR_LSTRIP | LLAMA_TOKEN_ATTR_RSTRIP;
    enum llama_vocab_type type = llama_vocab_type(vocab);
    size_t longest = 4; /* a character that has no token of its own */
    if (type != LLAMA_VOCAB_TYPE_BPE && type != LLAMA_VOCAB_TYPE_SPM)
        return 0;
    struct hearth_buf piece;
    hearth_buf_init(&piece, 1u << 20);
    for (llama_token i = 0; longest != 0 && i < llama_vocab_n_tokens(vocab); i++) {
        piece.length = 0;
        bool known = (llama_vocab_get_attr(vocab, i) & strips) == 0 &&
                     hearth_llama_piece(vocab, i, true, &piece) == 0;
        longest = !known ? 0 : piece.length > longest ? piece.length : longest;
    }
    hearth_buf_finish(&piece);
    return longest;
}

/* All buffers of a step are made at the load: a step allocates nothing that grows with the
 * model. */
static int make_buffers(struct hearth_engine *engine, struct hearth_error *error)
{
    uint32_t words = engine->facts.vocabulary_length;
    int32_t width = llama_model_n_embd_out(engine->model);
    uint32_t labels = engine->header.pooling == LLAMA_POOLING_TYPE_RANK
                          ? llama_model_n_cls_out(engine->model)
                          : 0;
    engine->vector_length = width > 0 ? (uint32_t)width : 0;
    if (labels > engine->vector_length)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "a classifier of %u labels is more than the llama engine serves",
                                labels);
    engine->facts.embedding_length = engine->vector_length;
    engine->vector = hearth_try_calloc((size_t)engine->vector_length + 1, sizeof(float));
    engine->candidates = hearth_try_calloc(words, sizeof(*engine->candidates));
    engine->counts = hearth_try_calloc(words, sizeof(*engine->counts));
    engine->unchanged = hearth_try_calloc(words, sizeof(*engine->unchanged));
    engine->sequences = hearth_try_calloc(engine->plan.slots, sizeof(*engine->sequences));
    engine->batch = llama_batch_init((int32_t)engine->plan.batch, 0, 1);
    if (engine->vector == NULL || engine->candidates == NULL || engine->counts == NULL ||
        engine->unchanged == NULL || engine->sequences == NULL || engine->batch.token == NULL ||
        find_end_tokens(engine) != 0)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the engine's buffers");
    for (uint32_t i = 0; i < engine->plan.slots; i++) {
        struct hearth_llama_sequence *sequence = &engine->sequences[i];
        hearth_llama_release_init(&sequence->release);
        sequence->held = hearth_try_calloc(engine->plan.context, sizeof(*sequence->held));
        if (sequence->held == NULL)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the sequences");
    }
    return 0;
}

/* Takes half-built engines. Context before model, which it points into. */
static void unload(struct hearth_engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 0; engine->sequences != NULL && i < engine->plan.slots; i++) {
        hearth_llama_sequence_end(engine, i);
        hearth_llama_release_finish(&engine->sequences[i].release);
        hearth_free(engine->sequences[i].held);
    }
    hearth_free(engine->sequences);
    hearth_free(engine->vector);
    hearth_free(engine->candidates);
    hearth_free(engine->counts);
    hearth_free(engine->unchanged);
    hearth_free(engine->end_tokens);
    if (engine->batch.token != NULL)
        llama_batch_free(engine->batch);
    hearth_chat_destroy(engine->chat);
    if (engine->context != NULL)
        llama_free(engine->context);
    if (engine->model != NULL)
        llama_model_free(engine->model);
    hearth_llama_settings_finish(&engine->settings);
    hearth_free(engine);
}

/* Nothing of this reaches libllama before our own reader has found the header sound. */
static int load_all(struct hearth_engine *engine, const struct hearth_model_files *files,
                    const struct hearth_load_params *params, struct hearth_load_progress *progress,
                    struct hearth_error *error)
{
    if (params->device != NULL && strcmp(params->device, "cpu") != 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "device '%.32s' is not in this build",
                                params->device);
    int rc = hearth_llama_settings_init(&engine->settings, params->settings_json, error);
    if (rc == 0)
        rc = hearth_llama_header_read(files->path, &engine->settings, &engine->header, error);
    if (rc == 0)
        rc = hearth_llama_plan_make(&engine->header, params, &engine->settings, &engine->plan,
                                    error);
    if (rc != 0)
        return rc;
    engine->facts = engine->header.facts;
    engine->facts.context = engine->plan.context;
    engine->facts.slots = engine->plan.slots;
    engine->facts.batch = engine->plan.batch;
    rc = load_model(engine, files->path, progress, error);
    if (rc == 0)
        engine->token_bytes = longest_token(engine->vocab);
    if (rc == 0)
        rc = make_context(engine, error);
    if (rc == 0)
        rc = make_buffers(engine, error);
    if (rc == 0 && (engine->facts.tasks & HEARTH_TASK_GENERATE) != 0)
        rc =
            hearth_chat_create(engine->model, engine->settings.chat_template, &engine->chat, error);
    return rc;
}

static int load(const struct hearth_model_files *files, const struct hearth_load_params *params,
                struct hearth_load_progress *progress, struct hearth_engine **ret_engine,
                struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    struct hearth_error own = {0};
    if (error == NULL)
        error = &own;
    hearth_llama_log_start();
    llama_backend_init();
    struct hearth_engine *engine = hearth_calloc(1, sizeof(*engine));
    int rc = load_all(engine, files, params, progress, error);
    if (rc != 0) {
        unload(engine);
        return rc;
    }
    *ret_facts = engine->facts;
    *ret_engine = engine;
    return 0;
}

/* The cache of the sequence stays, for the next request with the same beginning. */
static void cancel(struct hearth_engine *engine, uint32_t sequence)
{
    if (sequence < engine->plan.slots)
        hearth_llama_sequence_end(engine, sequence);
}

static void abort_step(struct hearth_engine *engine)
{
    if (atomic_load(&engine->running))
        atomic_store(&engine->abort_wanted, true);
}

static uint32_t held_tokens(struct hearth_engine *engine, uint32_t sequence,
                            const struct hearth_prepared *prepared)
{
    if (sequence >= engine->plan.slots)
        return 0;
    return hearth_llama_held(engine, sequence, (const struct hearth_llama_input *)prepared);
}

__attribute__((visibility("default"))) extern const struct hearth_engine_ops hearth_engine_plugin;

const struct hearth_engine_ops hearth_engine_plugin = {
    .abi = HEARTH_ENGINE_ABI,
    .size = sizeof(struct hearth_engine_ops),
    .name = "llama",
    .version = "1",
    .describe = describe,
    .plan_memory = plan_memory,
    .load = load,
    .prepare = hearth_llama_prepare,
    .discard = hearth_llama_discard,
    .step = hearth_llama_step,
    .cancel = cancel,
    .abort = abort_step,
    .unload = unload,
    .detokenize = hearth_llama_detokenize,
    .held_tokens = held_tokens,
    .at_work = hearth_chat_at_work,
};
