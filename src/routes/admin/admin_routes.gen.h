/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_ADMIN_ADMIN_ROUTES_GEN_H
#define HEARTH_ROUTES_ADMIN_ADMIN_ROUTES_GEN_H

struct hearth_call;

void hearth_route_admin_ps(struct hearth_call *call);
void hearth_route_admin_load(struct hearth_call *call);
void hearth_route_admin_unload(struct hearth_call *call);
void hearth_route_admin_cache(struct hearth_call *call);
void hearth_route_admin_cache_clear(struct hearth_call *call);
void hearth_route_admin_letters(struct hearth_call *call);
void hearth_route_admin_letter_retry(struct hearth_call *call);
void hearth_route_admin_letter_delete(struct hearth_call *call);
void hearth_route_home(struct hearth_call *call);
void hearth_route_health(struct hearth_call *call);
void hearth_route_ready(struct hearth_call *call);
void hearth_route_metrics(struct hearth_call *call);
void hearth_route_openapi(struct hearth_call *call);
void hearth_route_docs(struct hearth_call *call);

#endif
