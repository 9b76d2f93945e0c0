/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_ROUTES_GEN_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_ROUTES_GEN_H

struct hearth_call;

void hearth_route_ollama_version(struct hearth_call *call);
void hearth_route_ollama_tags(struct hearth_call *call);
void hearth_route_ollama_ps(struct hearth_call *call);
void hearth_route_ollama_show(struct hearth_call *call);
void hearth_route_ollama_generate(struct hearth_call *call);
void hearth_route_ollama_chat(struct hearth_call *call);
void hearth_route_ollama_embed(struct hearth_call *call);
void hearth_route_ollama_embeddings(struct hearth_call *call);
void hearth_route_ollama_pull(struct hearth_call *call);
void hearth_route_ollama_copy(struct hearth_call *call);
void hearth_route_ollama_delete(struct hearth_call *call);
void hearth_route_ollama_create(struct hearth_call *call);
void hearth_route_ollama_push(struct hearth_call *call);
void hearth_route_ollama_blob_put(struct hearth_call *call);
void hearth_route_ollama_blob_head(struct hearth_call *call);

#endif
