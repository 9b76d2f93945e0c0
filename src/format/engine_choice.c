#include "format/engine_choice.h"

#include "base/json.h"
#include "base/small_file.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Four bytes that a format's files begin with. A file that cannot be read has none: opening it says
 * why later. */
static bool has_magic(const char *path, const char *magic)
{
    char bytes[4] = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    bool whole = fread(bytes, 1, sizeof(bytes), file) == sizeof(bytes);
    fclose(file);
    return whole && memcmp(bytes, magic, sizeof(bytes)) == 0;
}

/* Only that the name is there; what it holds is the engine's to judge. */
static bool holds(const char *directory, const char *name)
{
    char path[4096];
    struct stat status;
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    return length > 0 && (size_t)length < sizeof(path) && stat(path, &status) == 0;
}

/* By its bytes as well: a blob has a digest for its name. */
static bool is_gguf(const char *path, mode_t mode)
{
    return S_ISREG(mode) && (hearth_text_ends(path, ".gguf") || has_magic(path, "GGUF"));
}

/* Every model that transformers saves has this file. */
static bool is_hugging_face_folder(const char *path, mode_t mode)
{
    return S_ISDIR(mode) && holds(path, "config.json");
}

enum { CONFIG_BYTES_MAX = 4 << 20 };

/* A network that predicts the next token, by the class that its folder was saved by. */
static bool is_causal(const char *class)
{
    return hearth_text_ends(class, "ForCausalLM") ||
           hearth_text_ends(class, "ForConditionalGeneration");
}

/* Saved without a head such a network has a class that does not tell ("Qwen3Model"); then its type
 * does. These are the rows of src/network/model_type.c, which a test compares. */
static bool is_decoder_type(const char *type)
{
    static const char *const types[] = {
        "llama",  "mistral", "mixtral", "qwen2", "qwen3",      "qwen3_moe", "gemma", "gemma2",
        "gemma3", "phi3",    "granite", "olmo2", "starcoder2", "stablelm",  "olmo3", "gemma3_text",
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* A config.json that cannot be read is an encoder's, whose engine says what is wrong with it. */
static bool is_decoder_folder(const char *path, mode_t mode)
{
    struct hearth_buf text;
    if (!is_hugging_face_folder(path, mode))
        return false;
    hearth_buf_init(&text, CONFIG_BYTES_MAX);
    bool read = hearth_small_file_read_in(path, "config.json", &text, NULL) == 0 && text.length > 0;
    json_t *config = read ? hearth_json_parse_wide(text.bytes, text.length, NULL) : NULL;
    const json_t *classes = json_object_get(config, "architectures");
    const char *class = json_string_value(json_array_get(classes, 0));
    bool decoder =
        is_decoder_type(hearth_json_text(config, "model_type", "")) || (class && is_causal(class));
    json_decref(config);
    hearth_buf_finish(&text);
    return decoder;
}

static bool is_script(const char *path, mode_t mode)
{
    return S_ISREG(mode) && hearth_text_ends(path, ".fake");
}

/* The first row that fits is taken. */
static const struct {
    const char *engine;
    bool (*fits)(const char *path, mode_t mode);
} engines[] = {
    {"llama", is_gguf},
    {"llama", is_decoder_folder},
    {"encoder", is_hugging_face_folder},
    {"fake", is_script},
};

const char *hearth_engine_for_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
        if (engines[i].fits(path, status.st_mode))
            return engines[i].engine;
    return NULL;
}
