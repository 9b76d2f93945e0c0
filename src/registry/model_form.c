/* What can be known of a model's files without an engine: that their headers are whole. */
#include "base/error.h"
#include "base/text.h"
#include "blob/blob.h"
#include "format/gguf.h"
#include "format/safetensors.h"
#include "registry/registry_parts.h"

#include <limits.h>
#include <string.h>

enum form { FORM_OTHER, FORM_GGUF, FORM_SAFETENSORS, FORM_FAKE };

static enum form form_of(const char *path, size_t count)
{
    if (strcmp(path, "model.fake") == 0)
        return FORM_FAKE;
    if (hearth_text_ends(path, ".safetensors"))
        return FORM_SAFETENSORS;
    /* A file that came alone is a GGUF, whatever its name. */
    return count == 1 || hearth_text_ends(path, ".gguf") ? FORM_GGUF : FORM_OTHER;
}

/* Opening reads and checks the whole header; the tensors' bytes are not touched. */
static int check_gguf(const char *blob, struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    int rc = hearth_gguf_open(blob, &gguf, error);
    hearth_gguf_destroy(gguf);
    return rc;
}

static int check_safetensors(const char *blob, struct hearth_error *error)
{
    struct hearth_safetensors *file = NULL;
    int rc = hearth_safetensors_open(blob, &file, error);
    hearth_safetensors_close(file);
    return rc;
}

static int check_form(struct hearth_registry *registry, const struct hearth_file *file,
                      enum form form, struct hearth_error *error)
{
    char blob[PATH_MAX];
    int rc = hearth_blob_path(registry->blobs, file->sha256, blob, sizeof(blob), error);
    if (rc)
        return rc;
    return form == FORM_GGUF ? check_gguf(blob, error) : check_safetensors(blob, error);
}

int hearth_model_form_check(struct hearth_registry *registry, const struct hearth_file *files,
                            size_t count, const char **ret_engine, struct hearth_error *error)
{
    bool has_gguf = false, has_safetensors = false;
    for (size_t i = 0; i < count; i++) {
        enum form form = form_of(files[i].path, count);
        /* A script is read by its engine; there is no header to check. */
        if (form == FORM_FAKE) {
            *ret_engine = "fake";
            return 0;
        }
        if (form == FORM_OTHER)
            continue;
        int rc = check_form(registry, &files[i], form, error);
        if (rc) {
            hearth_error_prefix(error, "%.200s", files[i].path);
            return rc;
        }
        has_gguf = has_gguf || form == FORM_GGUF;
        has_safetensors = has_safetensors || form == FORM_SAFETENSORS;
    }
    /* The probe of an engine may know better; this is what stands without one. */
    *ret_engine = has_gguf ? "llama" : has_safetensors ? "encoder" : "";
    return 0;
}
