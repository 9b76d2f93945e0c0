/* The fake engine as a plug-in: everything that a scheduler, a worker or a client can be put to the
 * test with, and no model. What it does is said by a script of a few lines (docs/fake-engine.md).
 */
#include "base/error.h"
#include "base/memory.h"
#include "fake_engine.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What a script or the load parameters do not say. */
#define SLOTS_DEFAULT 4u
#define BATCH_DEFAULT 512u
#define CONTEXT_DEFAULT 4096u
#define SLOTS_MAX 4096u
#define LOAD_STEPS 20
/* What the process takes beside load_bytes. */
#define PROCESS_BYTES (8u << 20)
#define SEQUENCE_BYTES 1024u
#define PREFIX_PLACES 16u

/* What both describe and load say, so that they cannot differ. */
static void fill_facts(const struct fake_script *script, struct hearth_model_facts *ret_facts)
{
    *ret_facts = (struct hearth_model_facts){.architecture = "fake",
                                             .tasks = script->tasks | HEARTH_TASK_TOKENIZE,
                                             .trained_context = script->trained_context,
                                             .vocabulary_length = FAKE_BEGIN + 1 + FAKE_WORDS_MAX,
                                             .layer_count = 1,
                                             .weight_bytes = script->load_bytes,
                                             .quantization = "none",
                                             .normalized = true,
                                             .has_chat_template = true};
    if (script->tasks & HEARTH_TASK_EMBED) {
        ret_facts->embedding_length = script->vector_length;
        snprintf(ret_facts->pooling, sizeof(ret_facts->pooling), "mean");
    } else if (script->labels > 1) {
        ret_facts->embedding_length = script->labels;
    }
}

static int fake_describe(const struct hearth_model_files *files,
                         struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    struct fake_script script;
    int rc = fake_script_read(files->path, &script, error);
    if (rc)
        return rc;
    /* Before anything is told: the worker must die with its task undone. */
    if (script.crash_at_describe)
        fake_crash_now(&script);
    fill_facts(&script, ret_facts);
    fake_script_finish(&script);
    return 0;
}

/* What is asked for; without that the smaller of what the model was trained with and the default. A
 * wish of the server for all models is capped by the former. */
static uint32_t context_of(const struct fake_script *script,
                           const struct hearth_load_params *params)
{
    uint32_t trained = script->trained_context ? script->trained_context : CONTEXT_DEFAULT;
    if (params->context_is_limit && params->context > trained)
        return trained;
    if (params->context)
        return params->context;
    return trained < CONTEXT_DEFAULT ? trained : CONTEXT_DEFAULT;
}

static uint32_t slots_of(const struct hearth_load_params *params)
{
    uint32_t slots = params->slots ? params->slots : SLOTS_DEFAULT;
    return slots < SLOTS_MAX ? slots : SLOTS_MAX;
}

static int fake_plan_memory(const struct hearth_model_files *files,
                            const struct hearth_load_params *params,
                            struct hearth_memory_plan *ret_plan, struct hearth_error *error)
{
    struct fake_script script;
    int rc = fake_script_read(files->path, &script, error);
    if (rc)
        return rc;
    /* As a real engine would plan it, only smaller: weights, a cache by tokens, scratch by
     * sequences. */
    uint64_t tokens = (uint64_t)context_of(&script, params) * slots_of(params);
    *ret_plan = (struct hearth_memory_plan){.weights = script.plan_bytes ? script.plan_bytes
                                                                         : script.load_bytes,
                                            .cache = script.cache ? tokens * sizeof(int32_t) : 0,
                                            .scratch = (uint64_t)slots_of(params) * SEQUENCE_BYTES,
                                            .process = PROCESS_BYTES};
    fake_script_finish(&script);
    return 0;
}

static int spend_load_time(const struct fake_script *script, struct hearth_load_progress *progress,
                           struct hearth_error *error)
{
    for (int i = 0; i <= LOAD_STEPS; i++) {
        /* Asked before each part of the wait, so that a load that is given up ends soon. */
        if (progress && !progress->report(progress, (float)i / LOAD_STEPS))
            return hearth_error_set(error, HEARTH_ECANCELED, "loading was given up");
        uint64_t us = (uint64_t)script->load_ms * 1000 / LOAD_STEPS;
        const struct timespec pause = {.tv_sec = (time_t)(us / 1000000),
                                       .tv_nsec = (long)(us % 1000000) * 1000};
        if (i < LOAD_STEPS && us)
            nanosleep(&pause, NULL);
    }
    return 0;
}

/* Also for an engine that is half made: what was not filled in is NULL. */
static void fake_unload(struct hearth_engine *engine)
{
    for (uint32_t i = 0; i < engine->slots + engine->places; i++) {
        hearth_buf_finish(&engine->sequences[i].text);
        hearth_free(engine->sequences[i].tokens);
        hearth_free(engine->sequences[i].held);
    }
    hearth_free(engine->sequences);
    fake_words_destroy(engine->words);
    fake_script_finish(&engine->script);
    hearth_free(engine->memory);
    hearth_free(engine->path);
    pthread_mutex_destroy(&engine->lock);
    pthread_cond_destroy(&engine->aborted_now);
    hearth_free(engine);
}

static int fake_load(const struct hearth_model_files *files,
                     const struct hearth_load_params *params, struct hearth_load_progress *progress,
                     struct hearth_engine **ret_engine, struct hearth_model_facts *ret_facts,
                     struct hearth_error *error)
{
    struct fake_script script;
    int rc = fake_script_read(files->path, &script, error);
    if (rc)
        return rc;
    if (script.crash_at_load)
        fake_crash_now(&script);
    struct hearth_engine *engine = hearth_calloc(1, sizeof(*engine));
    /* The engine owns the script's texts from here on, and unload frees them. */
    engine->script = script;
    engine->path = hearth_strdup(files->path);
    engine->words = fake_words_create();
    engine->context = context_of(&script, params);
    engine->slots = slots_of(params);
    engine->adapter_places =
        params->adapter_places < FAKE_ADAPTERS_MAX ? params->adapter_places : FAKE_ADAPTERS_MAX;
    engine->places = script.cache ? PREFIX_PLACES : 0;
    engine->sequences = hearth_calloc(engine->slots + engine->places, sizeof(*engine->sequences));
    /* No sequence has more tokens than the context. */
    size_t text_max = ((size_t)engine->context + 1) * FAKE_WORD_BYTES_MAX;
    /* What one sequence may have to hold back is bounded by its context, not here. */
    for (uint32_t i = 0; i < engine->slots; i++)
        hearth_buf_init(&engine->sequences[i].text, text_max);
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->aborted_now, NULL);
    /* Tests ask for more than any machine has. */
    engine->memory = hearth_try_alloc(script.load_bytes);
    if (engine->memory)
        /* Written to, so that the kernel gives the pages: a test of memory must see them in the
         * process. */
        memset(engine->memory, 1, script.load_bytes);
    else
        rc = hearth_error_set(error, HEARTH_ENOMEM,
                              "there is not enough memory for the fake weights");
    if (!rc)
        rc = spend_load_time(&script, progress, error);
    if (!rc && script.load_fails)
        rc = hearth_error_set(error, HEARTH_EMODEL, "the script says that loading fails");
    if (rc) {
        fake_unload(engine);
        return rc;
    }
    fill_facts(&script, ret_facts);
    ret_facts->context = engine->context;
    ret_facts->slots = engine->slots;
    ret_facts->prefix_places = engine->places;
    ret_facts->cell_tokens = 1;
    ret_facts->cell_bytes = sizeof(int32_t);
    ret_facts->cells = ret_facts->prefix_cells = (engine->context + 2) * engine->slots;
    ret_facts->adapter_places = engine->adapter_places;
    ret_facts->batch = params->batch ? params->batch : BATCH_DEFAULT;
    *ret_engine = engine;
    return 0;
}

/* An adapter is a text: "fake adapter WORD". The word comes before each prompt, and so before what
 * an echo says. */
static int fake_adapter_load(struct hearth_engine *engine, uint32_t place, const char *name,
                             const void *bytes, size_t length, struct hearth_error *error)
{
    static const char head[] = "fake adapter ";
    const size_t head_length = sizeof(head) - 1;
    if (place >= engine->adapter_places)
        return hearth_error_set(error, HEARTH_EINVAL, "there is no place %u for an adapter", place);
    size_t room = sizeof(engine->adapters[place]) - 2;
    if (length <= head_length || length - head_length > room ||
        memcmp(bytes, head, head_length) != 0)
        return hearth_error_set(error, HEARTH_EMODEL, "adapter '%.60s' is no fake adapter", name);
    snprintf(engine->adapters[place], sizeof(engine->adapters[place]), "%.*s ",
             (int)(length - head_length), (const char *)bytes + head_length);
    return 0;
}

/* The cache needs no care: it compares words, and the adapter's is one of them. */
static void fake_adapter_unload(struct hearth_engine *engine, uint32_t place)
{
    if (place < engine->adapter_places)
        engine->adapters[place][0] = '\0';
}

static int fake_detokenize(struct hearth_engine *engine, const int32_t *tokens, size_t count,
                           struct hearth_event_sink *sink, struct hearth_error *error)
{
    (void)error;
    for (size_t i = 0; i < count; i++) {
        const struct hearth_event event = {.kind = HEARTH_EVENT_TEXT,
                                           .bytes = fake_words_text(engine->words, tokens[i]),
                                           .token_count = 1};
        if (event.bytes.length)
            sink->emit(sink, &event);
    }
    return 0;
}

__attribute__((visibility("default"))) extern const struct hearth_engine_ops hearth_engine_plugin;
const struct hearth_engine_ops hearth_engine_plugin = {
    .abi = HEARTH_ENGINE_ABI,
    .size = sizeof(struct hearth_engine_ops),
    .name = "fake",
    .version = "1",
    .adapter_load = fake_adapter_load,
    .adapter_unload = fake_adapter_unload,
    .describe = fake_describe,
    .plan_memory = fake_plan_memory,
    .load = fake_load,
    .prepare = fake_prepare,
    .discard = fake_discard,
    .step = fake_step,
    .cancel = fake_cancel,
    .abort = fake_abort,
    .unload = fake_unload,
    .detokenize = fake_detokenize,
    .held_tokens = fake_held_tokens,
    .fork = fake_fork,
    .trim = fake_trim,
    .held = fake_held,
};
