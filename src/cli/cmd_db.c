/* db status, db upgrade and db downgrade: the steps of the registry's tables. */
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/print_json.h"
#include "registry/storage.h"

#include <stdio.h>

static int move(struct hearth_invocation *invocation, int64_t step, struct hearth_error *error)
{
    struct hearth_tables tables;
    int rc = hearth_storage_tables(invocation->settings, step, &tables, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(json_pack("{s:s, s:I, s:I, s:I}", "store", tables.store, "before",
                                           (json_int_t)tables.before, "step",
                                           (json_int_t)tables.after, "newest",
                                           (json_int_t)tables.newest),
                                 error);
    if (tables.before != tables.after)
        printf("%s: from step %lld to step %lld of %lld\n", tables.store, (long long)tables.before,
               (long long)tables.after, (long long)tables.newest);
    else
        printf("%s: step %lld of %lld\n", tables.store, (long long)tables.after,
               (long long)tables.newest);
    return 0;
}

int hearth_cli_db_status(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return move(invocation, HEARTH_TABLES_LOOK, error);
}

int hearth_cli_db_upgrade(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return move(invocation, HEARTH_TABLES_NEWEST, error);
}

/* The step must be said: what goes with it does not come back. */
int hearth_cli_db_downgrade(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_tables tables;
    int64_t step;
    if (hearth_parse_int(invocation->arguments[0], 0, INT32_MAX, &step))
        return hearth_error_set(error, HEARTH_EINVAL, "a step is a number, 0 or more");
    int rc = hearth_storage_tables(invocation->settings, HEARTH_TABLES_LOOK, &tables, error);
    if (!rc && step > tables.before)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "the tables are at step %lld; `hearth db upgrade` brings them up",
                              (long long)tables.before);
    return rc ? rc : move(invocation, step, error);
}
