/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_NATIVE_NATIVE_ROUTES_GEN_H
#define HEARTH_ROUTES_NATIVE_NATIVE_ROUTES_GEN_H

struct hearth_call;

void hearth_route_native_completion(struct hearth_call *call);
void hearth_route_native_infill(struct hearth_call *call);
void hearth_route_native_template(struct hearth_call *call);
void hearth_route_native_props(struct hearth_call *call);
void hearth_route_native_slots(struct hearth_call *call);
void hearth_route_native_adapters(struct hearth_call *call);

#endif
