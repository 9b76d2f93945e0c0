/* /v1/embeddings and /v1/models; chat and completions have files of their own. */
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/openai_write.h"
#include "gateway/routes.gen.h"
#include "gateway/sampling.h"
#include "gateway/vectors.h"

#include <string.h>
#include <strings.h>

static void write_embeddings(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; i < vectors->count; i++) {
        hearth_buf_printf(
            buf, "%s{\"object\":\"embedding\",\"index\":%u,\"embedding\":", i ? "," : "", i);
        hearth_vector_write(vectors, i, buf);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "],\"model\":");
    hearth_openai_write_text(buf, vectors->model);
    hearth_buf_printf(buf, ",\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu}}",
                      (unsigned long long)vectors->prompt_tokens,
                      (unsigned long long)vectors->prompt_tokens);
}

static enum hearth_truncate read_truncate(const json_t *body)
{
    const json_t *value = json_object_get(body, "truncate");
    const char *word = json_is_string(value) ? json_string_value(value) : "";
    if (strcasecmp(word, "start") == 0)
        return HEARTH_TRUNCATE_START;
    return json_is_true(value) || strcasecmp(word, "end") == 0 ? HEARTH_TRUNCATE_END
                                                               : HEARTH_TRUNCATE_NEVER;
}

static int read_input(const json_t *value, struct hearth_arena *arena, struct hearth_input *input)
{
    if (json_is_string(value)) {
        input->kind = HEARTH_INPUT_TEXT;
        input->bytes = json_string_value(value);
        input->length = json_string_length(value);
        return 0;
    }
    input->kind = HEARTH_INPUT_TOKENS;
    input->token_count = json_array_size(value);
    input->tokens = hearth_tokens_read(value, arena);
    return input->tokens ? 0 : HEARTH_ETOOLARGE;
}

/* Matryoshka models say so in their definition's settings. */
static bool may_cut(struct hearth_gateway *gateway, const char *model)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_catalog_resolve(gateway->catalog, model, &entry, &error))
        return false;
    json_t *settings =
        hearth_json_parse(entry->settings_json, strlen(entry->settings_json), &error);
    bool may = hearth_json_truth(settings, "matryoshka", false);
    json_decref(settings);
    hearth_catalog_entry_release(entry);
    return may;
}

void hearth_route_embeddings(struct hearth_call *call)
{
    const json_t *body = call->json, *given = json_object_get(body, "input");
    bool list = json_is_array(given) && !json_is_number(json_array_get(given, 0));
    size_t count = list ? json_array_size(given) : 1;
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        inputs[i].task = HEARTH_TASK_EMBED;
        inputs[i].truncate = read_truncate(body);
        if (read_input(list ? json_array_get(given, i) : given, hearth_call_arena(call),
                       &inputs[i]))
            inputs = NULL;
    }
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "input", "the input is too large");
        return;
    }
    const char *model = hearth_json_text(body, "model", "");
    struct hearth_vectors_request request = {
        .model = model,
        .inputs = inputs,
        .count = (uint32_t)count,
        .dimensions = (uint32_t)hearth_body_integer(body, "dimensions", 0),
        .class_ = hearth_class_read(body),
        .base64 = strcmp(hearth_json_text(body, "encoding_format", "float"), "base64") == 0,
        .list = list,
        .write = write_embeddings,
    };
    request.may_cut = request.dimensions && may_cut(call->gateway, model);
    hearth_vectors_start(call, &request);
}

static json_t *openai_model(const struct hearth_catalog_entry *entry, const char *id)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", "model", "created",
                     (json_int_t)(entry->created_ms / 1000), "owned_by", "hearth");
}

static void add_model(void *argument, const struct hearth_catalog_entry *entry)
{
    json_array_append_new(argument, openai_model(entry, entry->name));
}

void hearth_route_openai_models(struct hearth_call *call)
{
    json_t *list = json_array();
    hearth_catalog_each_model(call->gateway->catalog, add_model, list);
    hearth_answer_json(call, 200, json_pack("{s:s, s:o}", "object", "list", "data", list));
}

void hearth_route_openai_model(struct hearth_call *call)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_catalog_resolve(call->gateway->catalog, call->params[0], &entry, &error)) {
        const struct hearth_error_detail detail = {.param = "model"};
        hearth_answer_error(call, &error, &detail);
        return;
    }
    json_t *model = openai_model(entry, call->params[0]);
    hearth_catalog_entry_release(entry);
    hearth_answer_json(call, 200, model);
}
