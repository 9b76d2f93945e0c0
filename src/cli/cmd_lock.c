/* lock: pins in hearth.lock what is installed. */
#include "cli/command.h"
#include "cli/local.h"
#include "cli/print_json.h"

#include <stdio.h>

int hearth_cli_lock(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *path = hearth_arena_format(invocation->arena, "%s/hearth.lock",
                                           invocation->origins.project_directory);
    struct hearth_local local;
    size_t count = 0;
    int rc = hearth_local_open(invocation, false, &local, error);
    if (rc)
        return rc;
    rc = hearth_registry_lock_write(&local.registry, path, &count, error);
    hearth_local_close(&local);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(json_pack("{s:s, s:I}", "file", path, "models", (json_int_t)count),
                                 error);
    printf("pinned %zu model%s in %s\n", count, count == 1 ? "" : "s", path);
    return 0;
}
