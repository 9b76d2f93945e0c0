/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_ROUTES_GEN_H
#define HEARTH_ROUTES_OPENAI_OPENAI_ROUTES_GEN_H

struct hearth_call;

void hearth_route_chat_completions(struct hearth_call *call);
void hearth_route_chat_input_tokens(struct hearth_call *call);
void hearth_route_completions(struct hearth_call *call);
void hearth_route_embeddings(struct hearth_call *call);
void hearth_route_rerank(struct hearth_call *call);
void hearth_route_embed(struct hearth_call *call);
void hearth_route_cohere_embed(struct hearth_call *call);
void hearth_route_score(struct hearth_call *call);
void hearth_route_predict(struct hearth_call *call);
void hearth_route_openai_models(struct hearth_call *call);
void hearth_route_openai_model(struct hearth_call *call);
void hearth_route_responses(struct hearth_call *call);
void hearth_route_response_tokens(struct hearth_call *call);
void hearth_route_response_show(struct hearth_call *call);
void hearth_route_response_delete(struct hearth_call *call);
void hearth_route_response_cancel(struct hearth_call *call);
void hearth_route_response_items(struct hearth_call *call);

#endif
