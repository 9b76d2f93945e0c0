#include "routes/ollama/ollama_source.h"

#include "base/error.h"
#include "base/text.h"
#include "domain/reference.h"
#include "source/source.h"

#include <string.h>
#include <strings.h>

static const char *behind(const char *text, const char *start)
{
    size_t length = strlen(start);
    return strncasecmp(text, start, length) == 0 ? text + length : NULL;
}

/* "ORG/REPO:latest" asks for what there is. */
static const char *hub_source(const char *id, struct hearth_arena *arena)
{
    size_t length = strlen(id);
    if (hearth_text_ends(id, ":latest"))
        length -= strlen(":latest");
    return hearth_arena_format(arena, "hf:%.*s", (int)length, id);
}

int hearth_ollama_source(const char *name, struct hearth_arena *arena, const char **ret_source,
                         struct hearth_error *error)
{
    static const char *const schemes[] = {"file:", "hf:", "https:", "http:", "fake:"};
    const char *id = behind(name, "hf.co/"), *source = NULL;
    if (!id)
        id = behind(name, "huggingface.co/");
    if (id)
        source = hub_source(id, arena);
    for (size_t i = 0; !source && i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(name, schemes[i], strlen(schemes[i])) == 0)
            source = name;
    if (!source) {
        char shown[HEARTH_REFERENCE_SHOWN_MAX];
        hearth_reference_show(name, shown);
        return hearth_error_set(error, HEARTH_ENOTFOUND,
                                "pull model manifest: file does not exist: '%s' is not installed "
                                "here, and names nothing that can be: hf.co/ORG/REPO:QUANT does, "
                                "or a source such as https://…",
                                shown);
    }
    int rc = hearth_source_check(source, error);
    if (!rc)
        rc = hearth_source_check_remote(source, error);
    if (!rc)
        *ret_source = source;
    return rc;
}
