/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_HUB_HUB_ROUTES_GEN_H
#define HEARTH_ROUTES_HUB_HUB_ROUTES_GEN_H

struct hearth_call;

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

#endif
