/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_SERVER_ROUTES_GEN_H
#define HEARTH_SERVER_ROUTES_GEN_H

#include "gateway/router.h"

extern const struct hearth_route_table hearth_routes;

#endif
