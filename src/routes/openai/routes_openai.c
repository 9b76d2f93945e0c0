/* /v1/models; chat, completions, embeddings and reranking have files of their own. */
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_routes.gen.h"
#include "task/model_facts.h"

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
    json_t *model = openai_model(entry, call->params[0]);
    json_object_set_new(model, "hearth", hearth_model_facts_json(call->gateway, entry));
    hearth_catalog_entry_release(entry);
    hearth_answer_json(call, 200, model);
}
