/* Where the adapter lies among the files of a version that has a base. A training job writes it in
 * several forms, of which one is enough. */
#include "base/error.h"
#include "base/text.h"
#include "registry/registry_parts.h"

#include <stdio.h>
#include <string.h>

#define CONFIG "adapter_config.json"

/* The GGUF at the root, "adapter.gguf" before others. */
static const char *gguf_of(const struct hearth_version *version)
{
    const char *found = NULL;
    for (size_t i = 0; i < version->file_count; i++) {
        const char *path = version->files[i].path;
        if (strcmp(path, "adapter.gguf") == 0)
            return path;
        if (!found && !strchr(path, '/') && hearth_text_ends(path, ".gguf"))
            found = path;
    }
    return found;
}

/* The config of PEFT's, the one that is nearest to the root. */
static const char *config_of(const struct hearth_version *version)
{
    const char *found = NULL;
    for (size_t i = 0; i < version->file_count; i++) {
        const char *path = version->files[i].path, *slash = strrchr(path, '/');
        if (strcmp(slash ? slash + 1 : path, CONFIG) == 0 &&
            (!found || strlen(path) < strlen(found)))
            found = path;
    }
    return found;
}

/* What is opened, below the version's folder: a file, or a folder, which is "" for the root. */
static const char *adapter_of(const struct hearth_version *version, size_t *ret_length)
{
    const char *path = gguf_of(version);
    if (path) {
        *ret_length = strlen(path);
        return path;
    }
    path = config_of(version);
    *ret_length = path && strchr(path, '/') ? (size_t)(strrchr(path, '/') - path) : 0;
    return path;
}

int hearth_registry_adapter_path(struct hearth_registry *registry, const struct hearth_model *model,
                                 const struct hearth_version *version, char *ret_path, size_t size,
                                 struct hearth_error *error)
{
    size_t below;
    int rc = hearth_registry_path(registry, model, version, ret_path, size, error);
    /* A version of one file is given as that file. */
    if (rc || version->file_count == 1)
        return rc;
    const char *path = adapter_of(version, &below);
    if (!path)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "%s:%lld has no adapter among its files: neither a GGUF file nor "
                                "an " CONFIG,
                                model->name, (long long)version->number);
    /* Of several files, a split GGUF alone is given as a file; an adapter is never split. */
    size_t length = strlen(ret_path);
    int written = below ? snprintf(ret_path + length, size - length, "/%.*s", (int)below, path) : 0;
    if (written < 0 || (size_t)written >= size - length)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    return 0;
}
