/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_GATEWAY_ROUTES_GEN_H
#define HEARTH_GATEWAY_ROUTES_GEN_H

struct hearth_call;

void hearth_route_chat_completions(struct hearth_call *call);
void hearth_route_completions(struct hearth_call *call);
void hearth_route_embeddings(struct hearth_call *call);
void hearth_route_rerank(struct hearth_call *call);
void hearth_route_openai_models(struct hearth_call *call);
void hearth_route_openai_model(struct hearth_call *call);
void hearth_route_infer(struct hearth_call *call);
void hearth_route_inference(struct hearth_call *call);
void hearth_route_inference_stream(struct hearth_call *call);
void hearth_route_tokenize(struct hearth_call *call);
void hearth_route_detokenize(struct hearth_call *call);
void hearth_route_models_list(struct hearth_call *call);
void hearth_route_models_create(struct hearth_call *call);
void hearth_route_models_show(struct hearth_call *call);
void hearth_route_models_update(struct hearth_call *call);
void hearth_route_models_delete(struct hearth_call *call);
void hearth_route_models_history(struct hearth_call *call);
void hearth_route_version_create(struct hearth_call *call);
void hearth_route_version_show(struct hearth_call *call);
void hearth_route_version_delete(struct hearth_call *call);
void hearth_route_version_promote(struct hearth_call *call);
void hearth_route_version_deprecate(struct hearth_call *call);
void hearth_route_version_restore(struct hearth_call *call);
void hearth_route_aliases_list(struct hearth_call *call);
void hearth_route_alias_set(struct hearth_call *call);
void hearth_route_alias_delete(struct hearth_call *call);
void hearth_route_admin_ps(struct hearth_call *call);
void hearth_route_admin_load(struct hearth_call *call);
void hearth_route_admin_unload(struct hearth_call *call);
void hearth_route_admin_cache(struct hearth_call *call);
void hearth_route_admin_cache_clear(struct hearth_call *call);
void hearth_route_admin_letters(struct hearth_call *call);
void hearth_route_admin_letter_retry(struct hearth_call *call);
void hearth_route_admin_letter_delete(struct hearth_call *call);
void hearth_route_health(struct hearth_call *call);
void hearth_route_ready(struct hearth_call *call);
void hearth_route_metrics(struct hearth_call *call);
void hearth_route_openapi(struct hearth_call *call);
void hearth_route_docs(struct hearth_call *call);

#endif
