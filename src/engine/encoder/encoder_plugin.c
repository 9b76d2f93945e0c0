/* The encoder as a plug-in: the table of include/hearth/engine.h over config, weights, tokenizer
 * and forward pass. Every input is one step; a step is one packed batch. */
#include "engine/encoder/encoder.h"

#include "base/error.h"
#include "base/memory.h"

#include <assert.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Steps: long enough to keep all threads at work, short enough that a single text does not wait
 * long behind a batch. */
enum {
    BATCH_PER_THREAD = 256, /* tokens; more make a step longer and no faster */
    BATCH_LEAST = 512,
    TOKENS_PER_SLOT = 32,
    SLOTS_LEAST = 64,
    SLOTS_MOST = 256,
    TEXT_BYTES_PER_TOKEN_MAX = 1024
};

struct hearth_engine {
    struct encoder_model *model;
    struct encoder_workspace *workspace;
    struct hearth_tokenizer *tokenizer;
    struct hearth_team *team;
    json_t *prompts; /* or NULL */
    char default_prompt[ENCODER_PROMPT_NAME_MAX];
    struct encoder_intake intake;
    size_t slots;
    float *vectors;                     /* [slots, vector length] */
    struct encoder_sequence *sequences; /* [slots] */
    _Atomic int abort;
};

/* Before anything is read: somebody who names a wrong folder should hear just that. */
static bool is_directory_with_config(const char *path)
{
    char config[PATH_MAX];
    struct stat status;
    return snprintf(config, sizeof(config), "%s/config.json", path) < (int)sizeof(config) &&
           stat(config, &status) == 0 && S_ISREG(status.st_mode);
}

/* "mean", or "cls+max" when there are several; "several" when there is no room for their names. */
static void name_poolings(const struct encoder_config *config, char *ret_name, size_t size)
{
    static const char *const names[] = {
        [POOL_MEAN] = "mean",
        [POOL_CLS] = "cls",
        [POOL_MAX] = "max",
        [POOL_LAST] = "last",
        [POOL_MEAN_SQRT] = "mean_sqrt_len",
        [POOL_WEIGHTED_MEAN] = "weightedmean",
    };
    size_t length = 0;
    for (size_t i = 0; i < config->pooling_count && length < size; i++)
        length += (size_t)snprintf(ret_name + length, size - length, "%s%s", i ? "+" : "",
                                   names[config->poolings[i]]);
    if (length >= size)
        snprintf(ret_name, size, "several");
}

static const char *const precision_names[] = {
    [HEARTH_PRECISION_F32] = "f32",
    [HEARTH_PRECISION_BF16] = "bf16",
    [HEARTH_PRECISION_INT16] = "int16",
    [HEARTH_PRECISION_INT8] = "int8",
};

/* An estimate out of config.json alone, for plans of memory and for people. */
static uint64_t parameter_count(const struct encoder_config *config)
{
    uint64_t hidden = config->hidden, up = config->gated ? 2 : 1;
    /* Query, key, value and output are hidden × hidden each; up (twice when gated) and down are
     * hidden × intermediate. Biases and norms are too few to count. */
    uint64_t layer = 4 * hidden * hidden + (up + 1) * hidden * config->intermediate;
    uint64_t tables = config->vocabulary + config->types;
    if (!config->rotary)
        tables += config->positions;
    return tables * hidden + layer * config->layers;
}

static void fill_facts(const struct encoder_config *config, struct hearth_model_facts *facts)
{
    snprintf(facts->architecture, sizeof(facts->architecture), "%s", config->name);
    facts->tasks = (config->labels ? HEARTH_TASK_SCORE : HEARTH_TASK_EMBED) | HEARTH_TASK_TOKENIZE;
    facts->trained_context = (uint32_t)config->tokens_max;
    facts->embedding_length =
        (uint32_t)(config->labels ? config->labels : encoder_embedding_width(config));
    facts->vocabulary_length = (uint32_t)config->vocabulary;
    facts->layer_count = (uint32_t)config->layers;
    facts->parameter_count = parameter_count(config);
    facts->weight_bytes = 4 * facts->parameter_count;
    name_poolings(config, facts->pooling, sizeof(facts->pooling));
    facts->normalized = config->normalize;
    snprintf(facts->labels_json, sizeof(facts->labels_json), "%s", config->labels_json);
    facts->labels_independent = config->labels_independent;
}

/* What config.json and the files beside it say, without opening the weights. */
static int read_directory(const struct hearth_model_files *files, struct encoder_config *config,
                          struct hearth_model_facts *facts, struct hearth_error *error)
{
    if (!is_directory_with_config(files->path))
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the model is no Hugging Face directory: it has no config.json");
    int rc = encoder_config_read(files->path, config, error);
    if (rc)
        return rc;
    fill_facts(config, facts);
    return encoder_prompts_read(files->path, facts, NULL, error);
}

/* Whatever the tokenizer can put into a text must have a row in the model's tables. */
static int check_tokenizer(const struct hearth_tokenizer *tokenizer,
                           const struct encoder_config *config, struct hearth_error *error)
{
    size_t tokens = hearth_tokenizer_vocabulary(tokenizer);
    unsigned segments = hearth_tokenizer_segments(tokenizer, config->labels > 0);
    if (tokens > config->vocabulary)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the tokenizer gives token ids up to %zu, the model has %zu tokens",
                                tokens - 1, config->vocabulary);
    if (config->types > 1 && segments > config->types)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the tokenizer gives segment ids up to %u, the model has %zu "
                                "segments",
                                segments - 1, config->types);
    return 0;
}

/* Opens it as the model's files ask, and refuses one that gives ids without a row: a load must not
 * succeed and then fail at every text. */
static int open_tokenizer(const char *directory, const struct encoder_config *config,
                          struct hearth_tokenizer **ret_tokenizer, struct hearth_error *error)
{
    struct hearth_tokenizer *tokenizer = NULL;
    int rc = hearth_tokenizer_open(directory, &tokenizer, error);
    if (!rc && config->lowers)
        rc = hearth_tokenizer_lower(tokenizer, error);
    if (!rc)
        rc = check_tokenizer(tokenizer, config, error);
    if (rc)
        hearth_tokenizer_close(tokenizer);
    else
        *ret_tokenizer = tokenizer;
    return rc;
}

/* All that load would refuse, but for memory and what this CPU has. */
static int check_directory(const char *directory, const struct encoder_config *config,
                           struct hearth_error *error)
{
    struct hearth_tokenizer *tokenizer = NULL;
    int rc = open_tokenizer(directory, config, &tokenizer, error);
    hearth_tokenizer_close(tokenizer);
    return rc ? rc : encoder_model_check(directory, config, error);
}

static int describe(const struct hearth_model_files *files, struct hearth_model_facts *ret_facts,
                    struct hearth_error *error)
{
    struct encoder_config config;
    struct hearth_model_facts facts = {0};
    int rc = read_directory(files, &config, &facts, error);
    if (!rc && files->thorough)
        rc = check_directory(files->path, &config, error);
    snprintf(facts.quantization, sizeof(facts.quantization), "%s",
             precision_names[HEARTH_PRECISION_F32]);
    if (!rc)
        *ret_facts = facts;
    return rc;
}

struct arithmetic {
    enum hearth_precision precision;
    enum hearth_isa isa;
};

/* The best that this CPU has, unless a setting asks for another one; that is for tests and
 * comparisons. */
static int read_isa(const char *name, enum hearth_isa *ret_isa, struct hearth_error *error)
{
    *ret_isa = hearth_isa_best();
    if (!*name || strcmp(name, "best") == 0)
        return 0;
    if (!hearth_isa_named(name, ret_isa))
        return hearth_error_set(error, HEARTH_EINVAL, "instruction_set \"%.40s\" is not known here",
                                name);
    if (!hearth_isa_usable(*ret_isa))
        return hearth_error_set(error, HEARTH_ENOTIMPL, "this CPU has no %s", name);
    return 0;
}

static int read_precision(const char *name, enum hearth_precision *ret_precision,
                          struct hearth_error *error)
{
    for (int i = 0; i < HEARTH_PRECISION_COUNT; i++)
        if (strcmp(name, precision_names[i]) == 0) {
            *ret_precision = (enum hearth_precision)i;
            return 0;
        }
    return hearth_error_set(error, HEARTH_EINVAL,
                            "precision \"%.40s\" is none of f32, bf16, int16, int8", name);
}

static int read_arithmetic(const char *settings_json, struct arithmetic *ret_arithmetic,
                           struct hearth_error *error)
{
    /* Settings that are not there are the defaults. */
    json_t *settings = NULL;
    if (settings_json && *settings_json) {
        settings = hearth_json_parse(settings_json, strlen(settings_json), error);
        if (!settings)
            return HEARTH_EPARSE;
    }
    int rc = read_precision(hearth_json_text(settings, "precision", "f32"),
                            &ret_arithmetic->precision, error);
    if (!rc)
        rc = read_isa(hearth_json_text(settings, "instruction_set", "best"), &ret_arithmetic->isa,
                      error);
    json_decref(settings);
    return rc;
}

/* The cores that this process may use, which its gateway has chosen for it. */
static unsigned thread_count(const struct hearth_load_params *params)
{
    cpu_set_t usable;
    unsigned threads = params->threads;
    if (!threads && !sched_getaffinity(0, sizeof(usable), &usable))
        threads = (unsigned)CPU_COUNT(&usable);
    /* More threads than that make a pass no faster, whatever a setting says. */
    return threads > 256 ? 256 : threads ? threads : 1;
}

/* In tokens; what the params say goes before our own number. */
static size_t batch_for(const struct hearth_load_params *params)
{
    size_t own = (size_t)thread_count(params) * BATCH_PER_THREAD;
    return params->batch ? params->batch : own < BATCH_LEAST ? BATCH_LEAST : own;
}

static size_t slots_for(const struct hearth_load_params *params)
{
    size_t own = batch_for(params) / TOKENS_PER_SLOT;
    if (params->slots)
        return params->slots;
    return own < SLOTS_LEAST ? SLOTS_LEAST : own > SLOTS_MOST ? SLOTS_MOST : own;
}

/* An input is never divided, so a step must be able to hold the longest one. */
static size_t rows_for(const struct encoder_config *config, const struct hearth_load_params *params)
{
    size_t batch = batch_for(params);
    return batch > config->tokens_max ? batch : config->tokens_max;
}

static int plan_memory(const struct hearth_model_files *files,
                       const struct hearth_load_params *params, struct hearth_memory_plan *ret_plan,
                       struct hearth_error *error)
{
    /* By precision, of a packed weight. Tables stay as they are in the file. */
    static const uint64_t bytes[] = {4, 2, 2, 1};
    struct encoder_config config;
    struct hearth_model_facts facts = {0};
    struct arithmetic arithmetic;
    int rc = read_directory(files, &config, &facts, error);
    if (!rc)
        rc = read_arithmetic(params->settings_json, &arithmetic, error);
    if (rc)
        return rc;
    uint64_t tables = (config.vocabulary + config.positions) * config.hidden * 4;
    /* What is not tables is packed in the precision that was asked for. */
    uint64_t layers = facts.parameter_count * 4 > tables ? facts.parameter_count * 4 - tables : 0;
    /* The buffers of encoder_workspace.c for one token, in floats. */
    uint64_t row = 4 * (2 * config.hidden + 2 * encoder_pooled_width(&config) + 3 * config.hidden +
                        (config.gated ? 3 : 1) * config.intermediate);
    *ret_plan = (struct hearth_memory_plan){
        /* While it loads, the file's own pages may be there beside the packed ones. */
        .weights = tables + layers / 4 * bytes[arithmetic.precision] +
                   4 * config.hidden * config.intermediate,
        .scratch = rows_for(&config, params) * row +
                   8 * config.tokens_max * (config.tokens_max / 16 + config.hidden),
        .process = 24u << 20,
    };
    return 0;
}

/* In the reverse order; the team first, since its threads use all that follows. Also for an engine
 * that is half made. */
static void unload(struct hearth_engine *engine)
{
    if (!engine)
        return;
    hearth_team_destroy(engine->team);
    encoder_workspace_destroy(engine->workspace);
    encoder_model_destroy(engine->model);
    hearth_tokenizer_close(engine->tokenizer);
    json_decref(engine->prompts);
    hearth_free(engine->vectors);
    hearth_free(engine->sequences);
    hearth_free(engine);
}

static int fill_engine(struct hearth_engine *engine, const struct hearth_model_files *files,
                       const struct encoder_config *config, const struct hearth_load_params *params,
                       const struct arithmetic *arithmetic, struct hearth_load_progress *progress,
                       struct hearth_error *error)
{
    const struct hearth_kernels *kernels = hearth_kernels_for(arithmetic->isa);
    enum hearth_precision precision = arithmetic->precision;
    /* Told before gigabytes are read. */
    if (!kernels->shape[precision].row_block)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "this CPU has no %s arithmetic",
                                precision_names[precision]);
    int rc = open_tokenizer(files->path, config, &engine->tokenizer, error);
    if (!rc)
        rc = encoder_model_load(files->path, config, kernels, precision, progress, &engine->model,
                                error);
    if (rc)
        return rc;
    /* A step computes up to `slots` inputs; each has a vector of its own, which is read when the
     * step has ended. */
    engine->slots = slots_for(params);
    engine->team = hearth_team_create(thread_count(params));
    engine->vectors =
        hearth_try_calloc(engine->slots * encoder_vector_length(engine->model), sizeof(float));
    engine->sequences = hearth_try_calloc(engine->slots, sizeof(*engine->sequences));
    if (!engine->team || !engine->vectors || !engine->sequences)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for %zu sequences", engine->slots);
    engine->workspace = encoder_workspace_create(engine->model, hearth_team_size(engine->team),
                                                 rows_for(config, params));
    return 0;
}

/* Points into the engine itself, which does not move. */
static void open_intake(struct hearth_engine *engine, const struct hearth_model_facts *facts)
{
    snprintf(engine->default_prompt, sizeof(engine->default_prompt), "%s", facts->default_prompt);
    engine->intake = (struct encoder_intake){
        .config = &engine->model->config,
        .tokenizer = engine->tokenizer,
        .prompts = engine->prompts,
        .default_prompt = *engine->default_prompt ? engine->default_prompt : NULL,
    };
}

static int load(const struct hearth_model_files *files, const struct hearth_load_params *params,
                struct hearth_load_progress *progress, struct hearth_engine **ret_engine,
                struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    struct encoder_config config;
    struct hearth_model_facts facts = {0};
    struct arithmetic arithmetic;
    int rc = read_directory(files, &config, &facts, error);
    if (!rc)
        rc = read_arithmetic(params->settings_json, &arithmetic, error);
    if (rc)
        return rc;
    /* A setting can only lower what the model was made for. */
    if (params->context && params->context < config.tokens_max)
        config.tokens_max = params->context;
    struct hearth_engine *engine = hearth_calloc(1, sizeof(*engine));
    rc = fill_engine(engine, files, &config, params, &arithmetic, progress, error);
    if (!rc)
        rc = encoder_prompts_read(files->path, &facts, &engine->prompts, error);
    if (rc) {
        unload(engine);
        return rc;
    }
    open_intake(engine, &facts);
    snprintf(facts.quantization, sizeof(facts.quantization), "%s",
             precision_names[arithmetic.precision]);
    facts.context = (uint32_t)config.tokens_max;
    facts.slots = (uint32_t)engine->slots;
    facts.batch = (uint32_t)rows_for(&config, params);
    *ret_facts = facts;
    *ret_engine = engine;
    return 0;
}

static void discard(struct hearth_engine *engine, struct hearth_prepared *head)
{
    (void)engine;
    encoder_prepared_destroy((struct encoder_prepared *)head);
}

/* On any thread: everything that it reads was fixed by load. */
static int prepare(struct hearth_engine *engine, const struct hearth_input *input,
                   struct hearth_prepared **ret_prepared, struct hearth_error *error)
{
    struct encoder_prepared *prepared;
    int rc = encoder_input_prepare(&engine->intake, input, &prepared, error);
    if (!rc)
        *ret_prepared = &prepared->head;
    return rc;
}

static int step(struct hearth_engine *engine, const struct hearth_step_item *items, size_t count,
                struct hearth_event_sink *sink, struct hearth_error *error)
{
    size_t width = encoder_vector_length(engine->model);
    /* The worker plans by the facts that load gave it; anything else is our own mistake. */
    assert(count <= engine->slots);
    for (size_t i = 0; i < count; i++) {
        assert(items[i].begin && items[i].token_count == items[i].begin->token_count);
        const struct encoder_prepared *prepared = (const struct encoder_prepared *)items[i].begin;
        engine->sequences[i] = (struct encoder_sequence){
            .ids = prepared->tokens.ids,
            .types = prepared->tokens.types,
            .positions = prepared->positions,
            .count = prepared->tokens.count,
            .unpooled = prepared->unpooled,
            .vector = engine->vectors + i * width,
        };
    }
    int rc = encoder_forward(engine->model, engine->workspace, engine->team, engine->sequences,
                             count, &engine->abort);
    /* An abort was for this step alone. */
    atomic_store(&engine->abort, 0);
    if (rc)
        return hearth_error_set(error, rc,
                                rc == HEARTH_ECANCELED ? "the step was aborted"
                                : rc == HEARTH_EMODEL
                                    ? "tokens that the model has no rows for"
                                    : "there is not enough memory for this batch");
    /* Only when the whole batch is done: there is no vector before that. */
    for (size_t i = 0; i < count; i++) {
        struct hearth_event vector = {.kind = HEARTH_EVENT_VECTOR,
                                      .sequence = items[i].sequence,
                                      .values = engine->vectors + i * width,
                                      .value_count = (uint32_t)width};
        struct hearth_event done = {.kind = HEARTH_EVENT_DONE,
                                    .sequence = items[i].sequence,
                                    .finish = HEARTH_FINISH_STOP,
                                    .prompt_tokens = items[i].begin->token_count};
        sink->emit(sink, &vector);
        sink->emit(sink, &done);
    }
    return 0;
}

/* Nothing of a sequence outlives its step. */
static void cancel(struct hearth_engine *engine, uint32_t sequence)
{
    (void)engine;
    (void)sequence;
}

static void abort_step(struct hearth_engine *engine)
{
    /* Looked at between layers; it is for the step that runs, and `step` clears it when that has
     * ended. */
    atomic_store(&engine->abort, 1);
}

static int detokenize(struct hearth_engine *engine, const int32_t *tokens, size_t count,
                      struct hearth_event_sink *sink, struct hearth_error *error)
{
    struct hearth_buf text;
    /* A token's text comes from the model's file, so how much of it there may be is bounded. */
    hearth_buf_init(&text, count * TEXT_BYTES_PER_TOKEN_MAX + 1);
    int rc = hearth_tokenizer_decode(engine->tokenizer, tokens, count, false, &text, error);
    if (!rc) {
        struct hearth_event event = {.kind = HEARTH_EVENT_TEXT,
                                     .bytes = {.bytes = text.bytes, .length = text.length}};
        sink->emit(sink, &event);
    }
    hearth_buf_finish(&text);
    return rc;
}

__attribute__((visibility("default"))) extern const struct hearth_engine_ops hearth_engine_plugin;

const struct hearth_engine_ops hearth_engine_plugin = {
    .abi = HEARTH_ENGINE_ABI,
    .size = sizeof(struct hearth_engine_ops),
    .name = "encoder",
    .version = HEARTH_VERSION,
    .describe = describe,
    .plan_memory = plan_memory,
    .load = load,
    .prepare = prepare,
    .discard = discard,
    .step = step,
    .cancel = cancel,
    .abort = abort_step,
    .unload = unload,
    /* optional */
    .detokenize = detokenize,
};
