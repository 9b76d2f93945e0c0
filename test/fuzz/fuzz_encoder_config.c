/* Any files beside the weights as an encoder's folder: describe, plan_memory and prepare end, with
 * facts that make sense or an error in words.
 *
 * An input is a few files in one text: a line "=== NAME" before each. A folder of the process's own
 * takes them; the weights in it are of test/golden, so that a good description goes all the way. */
#include "engine/encoder/encoder.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

extern const struct hearth_engine_ops hearth_engine_plugin;

static const char *const names[] = {
    "config.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "model.safetensors.index.json",
    "pool/config.json",
    "dense/config.json",
    "normal/config.json",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const char *const folders[] = {"pool", "dense", "normal"};

static char folder[64];

static void path_in(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", folder, name);
}

static void link_weights(const char *golden, const char *name)
{
    char path[256];
    char *target =
        hearth_format(HEARTH_SOURCE_DIR "/test/golden/encoder/%s/model.safetensors", golden);
    path_in(name, path);
    if (symlink(target, path))
        abort();
    hearth_free(target);
}

static void remove_folder(void)
{
    static const char *const weights[] = {"model.safetensors", "dense/model.safetensors"};
    char path[256];
    for (size_t i = 0; i < NAMES; i++) {
        path_in(names[i], path);
        unlink(path);
    }
    for (size_t i = 0; i < 2; i++) {
        path_in(weights[i], path);
        unlink(path);
    }
    for (size_t i = 0; i < 3; i++) {
        path_in(folders[i], path);
        rmdir(path);
    }
    rmdir(folder);
}

static void make_folder(void)
{
    char path[256];
    snprintf(folder, sizeof(folder), "/tmp/hearth-fuzz-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    for (size_t i = 0; i < 3; i++) {
        path_in(folders[i], path);
        if (mkdir(path, 0700))
            abort();
    }
    link_weights("bert", "model.safetensors");
    link_weights("bert", "dense/model.safetensors");
    atexit(remove_folder);
}

/* What stands behind the line "=== NAME", up to the next such line; NULL when there is none. */
static const char *section(const char *text, size_t length, const char *name, size_t *ret_length)
{
    char mark[64];
    int width = snprintf(mark, sizeof(mark), "=== %s\n", name);
    const char *start = memmem(text, length, mark, (size_t)width);
    if (!start)
        return NULL;
    start += width;
    size_t left = length - (size_t)(start - text);
    const char *next = memmem(start, left, "\n=== ", 5);
    *ret_length = next ? (size_t)(next - start) : left;
    return start;
}

static void write_files(const char *text, size_t length)
{
    for (size_t i = 0; i < NAMES; i++) {
        char path[256];
        size_t bytes = 0;
        const char *content = section(text, length, names[i], &bytes);
        path_in(names[i], path);
        unlink(path);
        FILE *file = content ? fopen(path, "we") : NULL;
        if (content && (!file || fwrite(content, 1, bytes, file) != bytes || fclose(file)))
            abort();
    }
}

static void check_facts(const struct hearth_model_facts *facts)
{
    assert(facts->embedding_length > 0 && facts->vocabulary_length > 0);
    assert(facts->trained_context > 0 && facts->layer_count > 0);
    assert(memchr(facts->prompts_json, '\0', sizeof(facts->prompts_json)));
    assert(memchr(facts->labels_json, '\0', sizeof(facts->labels_json)));
    if (*facts->prompts_json) {
        json_t *prompts = hearth_json_parse(facts->prompts_json, strlen(facts->prompts_json), NULL);
        assert(json_is_object(prompts));
        json_decref(prompts);
    }
    if (*facts->labels_json) {
        json_t *labels = hearth_json_parse(facts->labels_json, strlen(facts->labels_json), NULL);
        assert(json_array_size(labels) == facts->embedding_length);
        json_decref(labels);
    }
}

static void prepare(const struct encoder_intake *intake, const struct hearth_input *input)
{
    struct encoder_prepared *prepared = NULL;
    struct hearth_error error = {0};
    int rc = encoder_input_prepare(intake, input, &prepared, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    assert(input->task == HEARTH_TASK_TOKENIZE ||
           (prepared->tokens.count > 0 && prepared->tokens.count <= intake->config->tokens_max &&
            prepared->unpooled < prepared->tokens.count));
    encoder_prepared_destroy(prepared);
}

static void prepare_all(const struct encoder_intake *intake)
{
    static const char text[] = "what is a hearth? the place of a fire, and of those around it";
    static const int32_t ids[] = {2, 5, 1, 0, 3, 7, 6, 4};
    uint32_t task = intake->config->labels ? HEARTH_TASK_SCORE : HEARTH_TASK_EMBED;
    for (int truncate = HEARTH_TRUNCATE_NEVER; truncate <= HEARTH_TRUNCATE_START; truncate++) {
        struct hearth_input input = {.task = task,
                                     .kind = HEARTH_INPUT_TEXT,
                                     .bytes = text,
                                     .length = sizeof(text) - 1,
                                     .truncate = (enum hearth_truncate)truncate};
        prepare(intake, &input);
        input.pair = task == HEARTH_TASK_SCORE ? text : NULL;
        input.pair_length = input.pair ? sizeof(text) - 1 : 0;
        prepare(intake, &input);
        input = (struct hearth_input){.task = task,
                                      .kind = HEARTH_INPUT_TOKENS,
                                      .tokens = ids,
                                      .token_count = sizeof(ids) / sizeof(ids[0]),
                                      .truncate = (enum hearth_truncate)truncate};
        prepare(intake, &input);
    }
    const struct hearth_input counted = {
        .task = HEARTH_TASK_TOKENIZE, .kind = HEARTH_INPUT_TEXT, .bytes = text, .length = 9};
    prepare(intake, &counted);
}

/* As the plug-in's load does it, without weights. */
static void open_and_prepare(void)
{
    struct encoder_config config;
    struct hearth_model_facts facts = {0};
    struct hearth_tokenizer *tokenizer = NULL;
    struct hearth_error error = {0};
    json_t *prompts = NULL;
    if (encoder_config_read(folder, &config, &error) ||
        hearth_tokenizer_open(folder, &tokenizer, &error))
        return;
    if (!encoder_prompts_read(folder, &facts, &prompts, &error)) {
        const struct encoder_intake intake = {
            .config = &config,
            .tokenizer = tokenizer,
            .prompts = prompts,
            .default_prompt = *facts.default_prompt ? facts.default_prompt : NULL};
        prepare_all(&intake);
    }
    json_decref(prompts);
    hearth_tokenizer_close(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (!*folder)
        make_folder();
    write_files((const char *)bytes, length);
    struct hearth_model_files files = {.path = folder};
    const struct hearth_load_params params = {.threads = 1};
    struct hearth_model_facts facts = {0};
    struct hearth_memory_plan plan;
    struct hearth_error error = {0};
    int rc = hearth_engine_plugin.describe(&files, &facts, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return 0;
    check_facts(&facts);
    assert(hearth_engine_plugin.plan_memory(&files, &params, &plan, &error) == 0);
    assert(plan.weights > 0 && plan.weights < 1ULL << 48 && plan.scratch < 1ULL << 56);
    files.thorough = true;
    rc = hearth_engine_plugin.describe(&files, &facts, &error);
    assert(rc == 0 || *error.message);
    open_and_prepare();
    return 0;
}
