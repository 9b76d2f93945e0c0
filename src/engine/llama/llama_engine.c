/* The plug-in: its table, loading and unloading. */
#include "engine/llama/llama_engine.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/llama_log.h"
#include "engine/llama/llama_drafter.h"
#include "engine/llama/llama_folder.h"
#include "engine/llama/llama_trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What would compute it where no setting says, with the sizes that a load takes by itself. What
 * cannot be planned is said by whoever loads it. */
static void tell_choice(const struct hearth_model_files *files,
                        const struct hearth_llama_settings *settings,
                        struct hearth_llama_header *header)
{
    struct hearth_llama_plan plan;
    struct hearth_memory_plan memory;
    const struct hearth_llama_load load = {
        .path = files->path, .header = header, .plan = &plan, .settings = settings};
    struct hearth_llama_choice choice;
    if (hearth_llama_plan_make(header, &(struct hearth_load_params){0}, settings, &plan, NULL) ==
            0 &&
        hearth_llama_choose(&load, &memory, &choice, NULL) == 0)
        snprintf(header->facts.compute, sizeof(header->facts.compute), "%s",
                 choice.own ? "own" : "libllama");
}

static int describe(const struct hearth_model_files *files, struct hearth_model_facts *ret_facts,
                    struct hearth_error *error)
{
    struct hearth_llama_settings settings;
    struct hearth_llama_header header;
    int rc = hearth_llama_settings_init(&settings, NULL, error);
    if (rc == 0)
        rc = hearth_llama_header_read(files->path, &settings, &header, error);
    if (rc == 0 && files->thorough)
        rc = header.folder ? hearth_llama_folder_trial(files->path, &header, error)
                           : hearth_llama_trial(files->path, &header, error);
    if (rc == 0) {
        tell_choice(files, &settings, &header);
        *ret_facts = header.facts;
    }
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
    const struct hearth_llama_load load = {
        .path = files->path, .header = &header, .plan = &plan, .settings = &settings};
    struct hearth_llama_choice choice;
    if (rc == 0)
        rc = hearth_llama_choose(&load, ret_plan, &choice, error);
    if (rc == 0 && settings.draft_model != NULL)
        rc = hearth_llama_drafter_plan(settings.draft_model, &plan, ret_plan, error);
    hearth_llama_settings_finish(&settings);
    return rc;
}

static int check_vocabulary(struct hearth_engine *engine, struct hearth_error *error)
{
    engine->vocab = llama_model_get_vocab(engine->model);
    int32_t words = llama_vocab_n_tokens(engine->vocab);
    if (words <= 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the model has no vocabulary");
    engine->facts.vocabulary_length = (uint32_t)words;
    return hearth_llama_check_vocabulary(engine->vocab, error);
}

/* Encoders keep no keys and values. */
static void tell_cache_type(struct hearth_engine *engine)
{
    const char *keys = ggml_type_name(engine->settings.cache_type_k);
    const char *values = ggml_type_name(engine->settings.cache_type_v);
    bool same = engine->settings.cache_type_k == engine->settings.cache_type_v;
    if (engine->compute->keeps)
        snprintf(engine->facts.cache_type, sizeof(engine->facts.cache_type), "%s%s%s", keys,
                 same ? "" : ", ", same ? "" : values);
}

/* Names have no character that JSON writes longer than itself but the two that it escapes, and so
 * fit where there are at most HEARTH_ADAPTERS_MAX of them. */
static void list_adapters(struct hearth_engine *engine)
{
    struct hearth_buf names;
    hearth_buf_init(&names, sizeof(engine->facts.adapters_json) - 1);
    for (uint32_t i = 0; i < engine->compute->adapter_fixed; i++) {
        hearth_buf_text(&names, i == 0 ? "[" : ",");
        hearth_json_write_text(&names, engine->compute->ops->adapter_name(engine->compute, i));
    }
    if (engine->compute->adapter_fixed > 0)
        hearth_buf_text(&names, "]");
    if (names.failed == 0 && names.length > 0)
        memcpy(engine->facts.adapters_json, names.bytes, names.length);
    hearth_buf_finish(&names);
}

static void digest_adapters(struct hearth_engine *engine)
{
    struct hearth_sha256 *digest = hearth_sha256_create();
    bool any = false;
    for (uint32_t i = 0; i < engine->compute->adapter_fixed; i++) {
        const char *its = engine->compute->ops->adapter_digest(engine->compute, i);
        if (its != NULL)
            hearth_sha256_update(digest, its, strlen(its));
        any = any || its != NULL;
    }
    if (any)
        hearth_sha256_hex(digest, engine->facts.adapters_digest);
    hearth_sha256_destroy(digest);
}

/* Standard error is the server's log. Whoever made a setting that our decoder does not have would
 * else wonder why a seed does not give the same text. */
static void tell_fallback(const char *why)
{
    char words[HEARTH_ERROR_MESSAGE_MAX + 80];
    snprintf(words, sizeof(words), "libllama computes this model: our own decoder does not have %s",
             why);
    hearth_llama_log_words(words);
}

static int load_model(struct hearth_engine *engine, const char *path,
                      struct hearth_load_progress *progress, struct hearth_error *error)
{
    const struct hearth_llama_load load = {.path = path,
                                           .header = &engine->header,
                                           .plan = &engine->plan,
                                           .settings = &engine->settings,
                                           .progress = progress,
                                           .ret_tokenizer = &engine->tokenizer};
    struct hearth_memory_plan memory;
    struct hearth_llama_choice choice;
    int rc = hearth_llama_choose(&load, &memory, &choice, error);
    if (rc == 0 && choice.why.code != 0)
        tell_fallback(choice.why.message);
    if (rc == 0 && choice.own)
        rc = hearth_llama_compute_own(&load, &engine->model, &engine->compute, error);
    else if (rc == 0)
        rc = hearth_llama_compute_library(&load, &engine->model, &engine->compute, error);
    if (rc != 0)
        return rc;
    const char *kernels = engine->compute->kernels;
    snprintf(engine->facts.compute, sizeof(engine->facts.compute), "%s%s%s",
             engine->compute->ops->name, kernels != NULL ? ", " : "",
             kernels != NULL ? kernels : "");
    tell_cache_type(engine);
    hearth_llama_tell_prefixes(engine);
    engine->facts.adapter_places = engine->compute->adapter_count - engine->compute->adapter_fixed;
    list_adapters(engine);
    digest_adapters(engine);
    return check_vocabulary(engine, error);
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
    engine->vector_length = engine->compute->vector_length;
    if (engine->header.pooling != LLAMA_POOLING_TYPE_RANK)
        engine->facts.embedding_length = engine->vector_length;
    else if (engine->compute->label_count != engine->header.label_count)
        return hearth_error_set(error, HEARTH_EMODEL, "the classifier does not have %u labels",
                                engine->header.label_count);
    engine->scores = hearth_try_calloc((size_t)engine->compute->label_count + 1, sizeof(float));
    engine->vector = hearth_try_calloc((size_t)engine->vector_length + 1, sizeof(float));
    engine->sequence_count = engine->plan.slots + engine->compute->prefix_places;
    engine->sequences = hearth_try_calloc(engine->sequence_count, sizeof(*engine->sequences));
    engine->batch.capacity = engine->plan.batch;
    engine->batch.rows = hearth_try_calloc(engine->plan.batch, sizeof(*engine->batch.rows));
    int sampling = hearth_llama_sampling_init(&engine->scratch, words, engine->plan.context,
                                              engine->settings.isa);
    engine->prefixes = hearth_llama_prefixes_create(engine->vocab);
    engine->structures = hearth_llama_structures_create();
    if (sampling != 0 || engine->prefixes == NULL || engine->vector == NULL ||
        engine->scores == NULL || engine->sequences == NULL || engine->batch.rows == NULL ||
        find_end_tokens(engine) != 0)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the engine's buffers");
    for (uint32_t i = 0; i < engine->sequence_count; i++) {
        struct hearth_llama_sequence *sequence = &engine->sequences[i];
        hearth_llama_release_init(&sequence->release);
        sequence->held = hearth_try_calloc(engine->plan.context, sizeof(*sequence->held));
        sequence->scales =
            hearth_try_calloc(engine->compute->adapter_count + 1, sizeof(*sequence->scales));
        sequence->draft = hearth_try_calloc(HEARTH_LLAMA_DRAFT_MOST, sizeof(*sequence->draft));
        if (sequence->held == NULL || sequence->scales == NULL || sequence->draft == NULL)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the sequences");
    }
    return 0;
}

/* Takes half-built engines. Context before model, which it points into. */
static void unload(struct hearth_engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 0; engine->sequences != NULL && i < engine->sequence_count; i++) {
        hearth_llama_sequence_end(engine, i);
        hearth_llama_release_finish(&engine->sequences[i].release);
        hearth_free(engine->sequences[i].held);
        hearth_free(engine->sequences[i].scales);
        hearth_free(engine->sequences[i].draft);
    }
    hearth_free(engine->sequences);
    hearth_free(engine->vector);
    hearth_free(engine->scores);
    hearth_llama_sampling_finish(&engine->scratch);
    hearth_llama_structures_destroy(engine->structures);
    hearth_llama_prefixes_destroy(engine->prefixes);
    hearth_free(engine->end_tokens);
    hearth_free(engine->batch.rows);
    hearth_llama_drafter_destroy(engine->drafter);
    hearth_free(engine->draft_orders);
    hearth_chat_destroy(engine->chat);
    if (engine->compute != NULL)
        engine->compute->ops->destroy(engine->compute);
    if (engine->model != NULL)
        llama_model_free(engine->model);
    hearth_tokenizer_close(engine->tokenizer);
    hearth_llama_settings_finish(&engine->settings);
    hearth_free(engine);
}

/* One without a place for the document is none. */
static const char *find_pair_template(const struct llama_model *model)
{
    const char *template = llama_model_chat_template(model, "rerank");
    return template != NULL && strstr(template, "{document}") != NULL ? template : NULL;
}

static int load_drafter(struct hearth_engine *engine, struct hearth_error *error)
{
    if (engine->settings.draft_model == NULL)
        return 0;
    engine->draft_orders = hearth_calloc(engine->plan.slots, sizeof(*engine->draft_orders));
    return hearth_llama_drafter_create(engine, &engine->drafter, error);
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
    rc = load_model(engine, files->path, progress, error);
    engine->facts.batch = engine->plan.batch;
    /* Normalizers and added tokens that strip spaces are a folder's own: of its tokens nothing is
     * known. */
    if (rc == 0 && engine->tokenizer == NULL)
        engine->token_bytes = longest_token(engine->vocab);
    if (rc == 0)
        rc = make_buffers(engine, error);
    if (rc == 0)
        rc = load_drafter(engine, error);
    if (rc == 0)
        engine->pair_template = find_pair_template(engine->model);
    if (rc == 0 && (engine->facts.tasks & HEARTH_TASK_GENERATE) != 0)
        rc =
            hearth_chat_create(engine->model, engine->settings.chat_template, &engine->chat, error);
    if (rc == 0 && engine->chat != NULL)
        hearth_chat_note(&engine->facts, hearth_chat_knows(engine->chat));
    engine->facts.fills_gaps = rc == 0 && hearth_llama_fills_gaps(engine->vocab);
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
    if (sequence >= engine->sequence_count)
        return 0;
    return hearth_llama_held(engine, sequence, (const struct hearth_llama_input *)prepared);
}

static int adapter_load(struct hearth_engine *engine, uint32_t place, const char *name,
                        const void *bytes, size_t length, struct hearth_error *error)
{
    struct hearth_error own = {0};
    if (place >= engine->facts.adapter_places)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "there is no place %" PRIu32 " for an adapter", place);
    return engine->compute->ops->adapter_add(engine->compute,
                                             engine->compute->adapter_fixed + place, name, bytes,
                                             length, error != NULL ? error : &own);
}

/* What a sequence holds was computed with other values than an adapter that comes to this place
 * later has. */
static void adapter_unload(struct hearth_engine *engine, uint32_t place)
{
    if (place >= engine->facts.adapter_places)
        return;
    uint32_t number = engine->compute->adapter_fixed + place;
    for (uint32_t i = 0; i < engine->sequence_count; i++) {
        if (engine->sequences[i].scales[number] == 0)
            continue;
        hearth_llama_sequence_forget(engine, i);
        engine->sequences[i].scales[number] = 0;
    }
    engine->compute->ops->adapter_drop(engine->compute, number);
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
    .fork = hearth_llama_fork,
    .trim = hearth_llama_trim,
    .save = hearth_llama_save,
    .restore = hearth_llama_restore,
    .adapter_load = adapter_load,
    .adapter_unload = adapter_unload,
    .at_work = hearth_chat_at_work,
    .held = hearth_llama_list_held,
    .draft = hearth_llama_draft,
};
