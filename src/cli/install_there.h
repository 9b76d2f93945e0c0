/* What `install` is to do, and the half of it that a server does. Main thread only; all texts live
 * in the invocation's arena. */
#ifndef HEARTH_CLI_INSTALL_THERE_H
#define HEARTH_CLI_INSTALL_THERE_H

#include "base/json.h"
#include "cli/client.h"
#include "cli/command.h"
#include "registry/install.h"

#include <stddef.h>

/* One install to be done. */
struct hearth_cli_wanted {
    struct hearth_install_request request;
    int64_t number; /* the version that came of it */
    const char *name;
    const char *warning; /* why no engine serves it, or NULL */
    json_t *quantized;   /* what quantizing it has cost, or NULL; owned */
};

struct hearth_cli_installs {
    struct hearth_invocation *invocation;
    struct hearth_client *client; /* NULL: here */
    struct hearth_cli_wanted *wanted;
    size_t count;
};

/* Registers each with the server and follows it to its end. The first failure ends it. Ctrl-C,
 * where hearth_interrupt_watch was called, cancels the one that is under way: HEARTH_ECANCELED,
 * unless it has just come to its end. A connection that breaks cancels nothing. */
int hearth_cli_install_there(struct hearth_cli_installs *installs, struct hearth_error *error);

/* Why no engine serves what was installed; NULL or "": one does. */
void hearth_cli_warn(const struct hearth_cli_installs *installs, struct hearth_cli_wanted *wanted,
                     const char *reason);

#endif
