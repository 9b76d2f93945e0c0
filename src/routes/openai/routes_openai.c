/* /v1/models; chat, completions, embeddings and reranking have files of their own. */
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_models_anthropic.h"
#include "routes/openai/openai_routes.gen.h"
#include "task/model_facts.h"

/* What several servers tell of a model in their lists, under their own names: clients read a limit
 * from `context_length` (OpenRouter, LM Studio), `max_model_len` (vLLM) or `meta` (llama-server).
 */
static void add_facts(struct hearth_gateway *gateway, const struct hearth_catalog_entry *entry,
                      json_t *model)
{
    struct hearth_model_facts facts;
    if (!hearth_model_facts_find(gateway, entry, &facts))
        return;
    uint32_t limit = hearth_model_token_limit(gateway, entry, &facts);
    json_object_set_new(model, "kind", json_string(hearth_model_kind(&facts)));
    json_object_set_new(model, "capabilities", hearth_model_capabilities_json(&facts));
    if (limit) {
        json_object_set_new(model, "context_length", json_integer(limit));
        json_object_set_new(model, "max_model_len", json_integer(limit));
    }
    json_object_set_new(
        model, "meta",
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "n_ctx", (json_int_t)limit, "n_ctx_train",
                  (json_int_t)facts.trained_context, "n_vocab", (json_int_t)facts.vocabulary_length,
                  "n_embd", (json_int_t)facts.embedding_length, "n_params",
                  (json_int_t)facts.parameter_count, "size", (json_int_t)facts.weight_bytes));
}

static json_t *openai_model(struct hearth_gateway *gateway,
                            const struct hearth_catalog_entry *entry, const char *id)
{
    json_t *model = json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", "model", "created",
                              (json_int_t)(entry->created_ms / 1000), "owned_by", "hearth");
    add_facts(gateway, entry, model);
    return model;
}

struct listing {
    struct hearth_gateway *gateway;
    json_t *list;
};

static void add_model(void *argument, const struct hearth_catalog_entry *entry)
{
    const struct listing *listing = argument;
    json_array_append_new(listing->list, openai_model(listing->gateway, entry, entry->name));
}

void hearth_route_openai_models(struct hearth_call *call)
{
    struct listing listing = {call->gateway, json_array()};
    if (hearth_openai_is_anthropic(call)) {
        json_decref(listing.list);
        hearth_openai_list_anthropic(call);
        return;
    }
    hearth_catalog_each_model(call->gateway->catalog, add_model, &listing);
    hearth_answer_json(call, 200, json_pack("{s:s, s:o}", "object", "list", "data", listing.list));
}

/* `hearth` is beside OpenAI's members: clients skip what they do not know. */
void hearth_route_openai_model(struct hearth_call *call)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_catalog_acquire(call->gateway->catalog, call->params[0], &entry, &error)) {
        const struct hearth_error_detail detail = {.param = "model"};
        hearth_answer_error(call, &error, &detail);
        return;
    }
    json_t *model;
    if (hearth_openai_is_anthropic(call)) {
        model = hearth_openai_anthropic_model(entry, call->params[0]);
    } else {
        model = openai_model(call->gateway, entry, call->params[0]);
        json_object_set_new(model, "hearth", hearth_model_facts_json(call->gateway, entry));
    }
    hearth_catalog_entry_release(entry);
    hearth_answer_json(call, 200, model);
}
