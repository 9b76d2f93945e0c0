/* The front door of the HTTP interface: every request passes the guard (Host, origin, key), finds
 * its route, and becomes a call. The access log is written here too. Loop thread only. */
#ifndef HEARTH_GATEWAY_FRONT_H
#define HEARTH_GATEWAY_FRONT_H

#include "net/server.h"

struct hearth_gateway;

/* Fills in the callbacks of the server's options. */
void hearth_front_attach(struct hearth_gateway *gateway, struct hearth_server_options *options);

#endif
