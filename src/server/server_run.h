/* The server: opens the home, the store and the listeners, and answers requests until it is told
 * to stop. */
#ifndef HEARTH_SERVER_SERVER_RUN_H
#define HEARTH_SERVER_SERVER_RUN_H

#include "config/settings.h"
#include "hearth/error.h"

/* Blocks until the server has ended: SIGTERM or SIGINT drains it (0 is returned), a second signal
 * ends at once. Writes HOME/run/server.json {"pid", "url", "unix"} while it listens, and prints
 * "hearth: ready URL" on standard output when requests can come. Any failure to start is one line
 * that says what to do. Call it from the main thread. */
int hearth_server_run(const struct hearth_settings *settings,
                      const struct hearth_settings_origins *origins, struct hearth_error *error);

#endif
