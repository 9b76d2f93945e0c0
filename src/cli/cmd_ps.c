/* ps, stop: what a running server has loaded. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/print_json.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 7 };

/* A number as text for a cell; a missing field is 0. */
static const char *number_text(struct hearth_arena *arena, const json_t *row, const char *key)
{
    json_int_t number = hearth_json_integer(row, key, 0);
    return hearth_arena_format(arena, "%lld", (long long)number);
}

static void fill_row(struct hearth_arena *arena, const json_t *model, const char **row)
{
    char memory[16];
    hearth_size_text((uint64_t)hearth_json_integer(model, "memory_bytes", 0), memory);
    /* A model that waits for its worker, or whose worker failed, has a row but no process. */
    bool has_process = hearth_json_integer(model, "pid", 0) > 0;
    row[0] = hearth_json_text(model, "model", "?");
    row[1] = hearth_json_text(model, "state", "?");
    const char *compute = hearth_json_text(model, "compute", "");
    row[2] = hearth_json_text(model, "engine", "");
    if (*compute)
        row[2] = hearth_arena_format(arena, "%s (%s)", row[2], compute);
    row[3] = has_process ? number_text(arena, model, "pid") : "-";
    row[4] = has_process ? hearth_arena_strdup(arena, memory) : "-";
    row[5] = hearth_arena_format(arena, "%s/%s", number_text(arena, model, "busy"),
                                 number_text(arena, model, "slots"));
    row[6] = number_text(arena, model, "queued");
}

/* Errors stand below the table, where they have room for a sentence. */
static int print_processes(struct hearth_arena *arena, const json_t *models,
                           struct hearth_error *error)
{
    static const char *const head[COLUMNS] = {"MODEL",  "STATE", "ENGINE", "PID",
                                              "MEMORY", "BUSY",  "QUEUED"};
    const struct hearth_item_table table = {
        .head = head, .columns = COLUMNS, .fill_row = fill_row, .none = "Nothing is loaded."};
    int rc = hearth_print_items(arena, models, &table, error);
    for (size_t i = 0; !rc && i < json_array_size(models); i++) {
        const char *fault = hearth_json_text(json_array_get(models, i), "error", "");
        if (*fault) {
            printf("\n%s: ", hearth_json_text(json_array_get(models, i), "model", "?"));
            hearth_print_clean(stdout, fault);
            putchar('\n');
        }
    }
    return rc;
}

int hearth_cli_ps(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const struct hearth_client_call call = {.path = "/admin/ps"};
    json_t *answer = NULL;
    int rc = hearth_client_ask(invocation, &call, &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    rc = print_processes(invocation->arena, json_object_get(answer, "models"), error);
    json_decref(answer);
    return rc;
}

/* Asks a server or fails: without one nothing is loaded. */
int hearth_cli_stop(struct hearth_invocation *invocation, struct hearth_error *error)
{
    bool force = hearth_invocation_option(invocation, "force");
    const struct hearth_client_call call = {
        .method = "POST",
        .path = hearth_client_path(invocation->arena, "/admin/models/", invocation->arguments[0],
                                   force ? "/unload?force=true" : "/unload"),
    };
    json_t *answer = NULL;
    int rc = hearth_client_ask(invocation, &call, &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    printf("stopped %s\n", hearth_json_text(answer, "model", invocation->arguments[0]));
    json_decref(answer);
    return 0;
}
