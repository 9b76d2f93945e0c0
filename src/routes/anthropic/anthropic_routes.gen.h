/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_ROUTES_GEN_H
#define HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_ROUTES_GEN_H

struct hearth_call;

void hearth_route_messages(struct hearth_call *call);
void hearth_route_count_tokens(struct hearth_call *call);

#endif
