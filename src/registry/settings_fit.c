#include "registry/settings_fit.h"

#include "base/error.h"
#include "base/json.h"
#include "format/gguf_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* RoPE scaling lets a model take more than it was trained with; how well is for whoever sets it to
 * judge. */
static bool stretches(const json_t *settings)
{
    return json_object_get(settings, "rope_freq_base") ||
           json_object_get(settings, "rope_freq_scale");
}

/* Of a folder only that it is there. */
static int look_at(const char *path, struct hearth_error *error)
{
    struct hearth_gguf_parts parts;
    struct stat status;
    if (stat(path, &status) != 0)
        return hearth_error_set_errno(error, errno, "%s", path);
    if (S_ISDIR(status.st_mode))
        return 0;
    int rc = hearth_gguf_parts_open(path, &parts, error);
    if (rc == 0)
        hearth_gguf_parts_close(&parts);
    else
        hearth_error_prefix(error, "%s", path);
    return rc;
}

static int check_draft(const json_t *settings, struct hearth_error *error)
{
    const char *path = hearth_json_text(settings, "draft_model", "");
    struct hearth_error why = {0};
    if (*path != '/' || look_at(path, &why) == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EFIELDS, "settings.draft_model: %s", why.message);
}

int hearth_settings_fit(const char *settings_json, const char *facts_json,
                        struct hearth_error *error)
{
    json_t *settings = hearth_json_parse(settings_json, strlen(settings_json), NULL);
    json_t *facts = hearth_json_parse(facts_json, strlen(facts_json), NULL);
    /* 0 stands for "not said" on both sides, and then there is nothing to compare. */
    json_int_t asked = hearth_json_integer(settings, "context", 0);
    json_int_t trained = hearth_json_integer(facts, "trained_context", 0);
    int rc = check_draft(settings, error);
    if (rc == 0 && trained > 0 && asked > trained && !stretches(settings))
        rc = hearth_error_set(error, HEARTH_EFIELDS,
                              "settings.context: %lld tokens are more than the %lld that the model "
                              "was trained with (rope_freq_scale stretches them)",
                              (long long)asked, (long long)trained);
    json_decref(settings);
    json_decref(facts);
    return rc;
}
