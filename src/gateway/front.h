/* The front door: every request passes the guard, finds its route, and becomes a call. Also the
 * access log. Loop thread only. */
#ifndef HEARTH_GATEWAY_FRONT_H
#define HEARTH_GATEWAY_FRONT_H

#include "net/server.h"

struct hearth_gateway;

/* Fills in the callbacks of the server's options. */
void hearth_front_attach(struct hearth_gateway *gateway, struct hearth_server_options *options);

#endif
