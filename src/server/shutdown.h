/* How a server ends. On the first SIGTERM or SIGINT it takes no new connections, and what runs may
 * finish until drain_timeout; streams that are still open then are told why they end. A second
 * signal ends the process at once. Loop thread only. */
#ifndef HEARTH_SERVER_SHUTDOWN_H
#define HEARTH_SERVER_SHUTDOWN_H

struct hearth_gateway;
struct hearth_shutdown;

/* Watches SIGTERM and SIGINT. When everything is done the loop is stopped. `run_file` (kept
 * by the caller, may be filled in later) is removed when a second signal ends the process. */
struct hearth_shutdown *hearth_shutdown_create(struct hearth_gateway *gateway,
                                               const char *run_file);
void hearth_shutdown_destroy(struct hearth_shutdown *shutdown); /* NULL is allowed */

#endif
