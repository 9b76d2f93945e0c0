/* What /api/chat and /api/generate have in common: options, thinking, the form of the answer. */
#include "routes/ollama/ollama_read.h"
#include "task/sampling.h"

#include <string.h>

/* Of Ollama's api/types.go (DefaultOptions); a model's own file could say others there. */
static void set_defaults(json_t *options)
{
    static const struct {
        const char *key;
        double value;
    } defaults[] = {{"temperature", 0.8}, {"top_k", 40}, {"top_p", 0.9}, {"repeat_penalty", 1.1}};
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        if (!json_is_number(json_object_get(options, defaults[i].key)))
            json_object_set_new(options, defaults[i].key, json_real(defaults[i].value));
    if (json_number_value(json_object_get(options, "seed")) < 0)
        json_object_del(options, "seed");
}

int hearth_ollama_options_read(json_t *body, struct hearth_arena *arena,
                               struct hearth_generation_request *request,
                               struct hearth_error *error)
{
    json_t *options = json_object_get(body, "options");
    const char *param;
    if (!json_is_object(options)) {
        options = json_object();
        json_object_set_new(body, "options", options);
    }
    set_defaults(options);
    int rc = hearth_sampling_read(options, arena, &request->sampling, &param, error);
    if (rc)
        return rc;
    struct hearth_sampling *sampling = &request->sampling;
    sampling->max_tokens = hearth_max_tokens_read(options, "num_predict", 0);
    sampling->logprobs = hearth_json_truth(body, "logprobs", false);
    sampling->top_logprobs = (uint32_t)hearth_body_integer(body, "top_logprobs", 0);
    if (sampling->top_logprobs && !sampling->logprobs)
        return hearth_error_set(error, HEARTH_EINVAL, "top_logprobs needs logprobs to be true");
    request->model = hearth_json_text(body, "model", "");
    request->input_count = request->n = 1;
    request->class_ = HEARTH_CLASS_NORMAL;
    request->stream = hearth_json_truth(body, "stream", true);
    return 0;
}

/* A level is both: that it thinks, and how much. */
void hearth_ollama_set_think(const json_t *body, json_t *conversation)
{
    const json_t *think = json_object_get(body, "think");
    bool level = json_is_string(think);
    if (!level && !json_is_boolean(think))
        return;
    json_object_set_new(conversation, "chat_template_kwargs",
                        json_pack("{s:b}", "enable_thinking", level || json_is_true(think)));
    if (level)
        json_object_set_new(conversation, "reasoning_effort",
                            json_string(strcmp(json_string_value(think), "max") == 0
                                            ? "high"
                                            : json_string_value(think)));
}

void hearth_ollama_set_format(const json_t *body, json_t *conversation)
{
    json_t *format = json_object_get(body, "format");
    if (json_is_object(format))
        json_object_set_new(conversation, "response_format",
                            json_pack("{s:s, s:{s:s, s:b, s:O}}", "type", "json_schema",
                                      "json_schema", "name", "format", "strict", 1, "schema",
                                      format));
    else if (json_string_length(format))
        json_object_set_new(conversation, "response_format",
                            json_pack("{s:s}", "type", "json_object"));
}
