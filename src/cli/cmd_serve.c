/* serve: hands over to the gateway, which runs until it is told to end. */
#include "cli/command.h"
#include "server/server_run.h"

int hearth_cli_serve(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return hearth_server_run(invocation->settings, &invocation->origins, error);
}
