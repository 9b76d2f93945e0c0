#include "gateway/openai_write.h"

#include <string.h>

void hearth_openai_write_text(struct hearth_buf *buf, const char *text)
{
    hearth_json_write_string(buf, text, strlen(text));
}

void hearth_openai_write_head(const struct hearth_generation *generation, const char *object,
                              struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%lld,\"model\":",
                      generation->id, object, (long long)generation->created_s);
    hearth_openai_write_text(buf, generation->model);
}

void hearth_openai_write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    struct hearth_usage usage = hearth_generation_usage(generation);
    hearth_buf_printf(buf,
                      "{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu,"
                      "\"prompt_tokens_details\":{\"cached_tokens\":%llu}}",
                      (unsigned long long)usage.prompt_tokens,
                      (unsigned long long)usage.completion_tokens,
                      (unsigned long long)(usage.prompt_tokens + usage.completion_tokens),
                      (unsigned long long)usage.cached_tokens);
}

int hearth_openai_check_format(const json_t *body, struct hearth_error *error)
{
    const char *type = hearth_json_text(json_object_get(body, "response_format"), "type", "text");
    if (strcmp(type, "text") == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "response_format %s is not supported yet, and an answer that may not "
                            "keep to it would be wrong; ask for text",
                            type);
}

bool hearth_openai_wants_usage(const json_t *body)
{
    return hearth_json_truth(json_object_get(body, "stream_options"), "include_usage", false);
}
