#include "format/engine_choice.h"

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
