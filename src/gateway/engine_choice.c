#include "gateway/catalog.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

static bool holds(const char *directory, const char *name)
{
    char path[4096];
    struct stat status;
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    return length > 0 && (size_t)length < sizeof(path) && stat(path, &status) == 0;
}

const char *hearth_engine_for_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return NULL;
    if (S_ISDIR(status.st_mode))
        return holds(path, "config.json") ? "encoder" : NULL;
    if (!S_ISREG(status.st_mode))
        return NULL;
    if (hearth_text_ends(path, ".gguf") || has_magic(path, "GGUF"))
        return "llama";
    return hearth_text_ends(path, ".fake") ? "fake" : NULL;
}
