#include "cli/quantized.h"

#include "base/error.h"
#include "base/small_file.h"
#include "base/text.h"
#include "domain/quantization.h"
#include "registry/install.h"

#include <stdio.h>
#include <string.h>

static int read_text(const struct hearth_invocation *invocation, const char *path,
                     const char **ret_text, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_PERPLEXITY_TEXT_MAX);
    int rc = hearth_small_file_read(path, &text, error);
    if (!rc && (text.length == 0 || memchr(text.bytes, '\0', text.length) ||
                !hearth_utf8_valid(text.bytes, text.length)))
        rc = hearth_error_set(error, HEARTH_EINVAL, "%.300s is no text in UTF-8", path);
    if (!rc)
        *ret_text = hearth_arena_strndup(invocation->arena, text.bytes, text.length);
    if (!rc && !*ret_text)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    hearth_buf_finish(&text);
    return rc;
}

int hearth_quantize_options(const struct hearth_invocation *invocation, const char **ret_type,
                            const char **ret_text, struct hearth_error *error)
{
    const char *path = hearth_invocation_option(invocation, "perplexity-text");
    *ret_text = NULL;
    *ret_type = hearth_invocation_option(invocation, "quantize");
    if (path && !*ret_type)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "--perplexity-text says on what to measure a model that "
                                "--quantize makes; there is no --quantize");
    int rc = *ret_type ? hearth_quantization_check(*ret_type, error) : 0;
    return rc || !path ? rc : read_text(invocation, path, ret_text, error);
}

json_t *hearth_quantized_json(const json_t *version)
{
    const json_t *lineage = json_object_get(json_object_get(version, "lineage"), "quantized");
    const json_t *metrics = json_object_get(version, "metrics");
    static const char *const keys[] = {"source_size", "source_perplexity", "perplexity",
                                       "perplexity_tokens"};
    if (!lineage)
        return NULL;
    json_t *quantized =
        json_pack("{s:O?, s:O?, s:O*}", "type", json_object_get(lineage, "type"), "size",
                  json_object_get(version, "size"), "why", json_object_get(lineage, "why"));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_object_get(metrics, keys[i]))
            json_object_set(quantized, keys[i], json_object_get(metrics, keys[i]));
    return quantized;
}

void hearth_quantized_print(const json_t *quantized)
{
    char before[16], after[16];
    double was = hearth_json_number(quantized, "source_perplexity", 0);
    double is = hearth_json_number(quantized, "perplexity", 0);
    if (!quantized)
        return;
    hearth_size_text((uint64_t)hearth_json_integer(quantized, "source_size", 0), before);
    hearth_size_text((uint64_t)hearth_json_integer(quantized, "size", 0), after);
    printf("  %s: %s before, %s now", hearth_json_text(quantized, "type", "?"), before, after);
    if (was > 0)
        printf("; perplexity %.3f before, %.3f now (%+.2f %%, %lld tokens)", was, is,
               100 * (is / was - 1),
               (long long)hearth_json_integer(quantized, "perplexity_tokens", 0));
    putchar('\n');
    const char *why = hearth_json_text(quantized, "why", NULL);
    if (why)
        printf("  chosen because %s\n", why);
}
