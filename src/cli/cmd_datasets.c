/* datasets: what is registered as training data; add, show, rm. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/data_reference.h"
#include "cli/print_json.h"
#include "cli/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS = 7, READING_MS = 60 * 60 * 1000 };

static void fill_row(struct hearth_arena *arena, const json_t *dataset, const char **row)
{
    char size[16];
    hearth_size_text((uint64_t)hearth_json_integer(dataset, "bytes", 0), size);
    row[0] = hearth_json_text(dataset, "name", "?");
    row[1] = hearth_arena_format(arena, "%lld", (long long)hearth_json_integer(dataset, "rows", 0));
    row[2] = hearth_arena_format(
        arena, "%lld",
        (long long)hearth_json_integer(json_object_get(dataset, "faults"), "count", 0));
    row[3] = hearth_json_text(dataset, "shape", "?");
    row[4] = hearth_json_text(dataset, "format", "?");
    row[5] = hearth_arena_strdup(arena, size);
    row[6] = hearth_json_text(dataset, "created_at", "?");
}

static int print_list(struct hearth_arena *arena, const json_t *answer, struct hearth_error *error)
{
    static const char *const head[COLUMNS] = {"NAME",   "ROWS", "FAULTS", "SHAPE",
                                              "FORMAT", "SIZE", "CREATED"};
    const json_t *datasets = json_object_get(answer, "datasets");
    const struct hearth_item_table table = {
        .head = head,
        .columns = COLUMNS,
        .fill_row = fill_row,
        .none = "No data set is registered; hearth datasets add FILE registers one."};
    json_int_t left =
        hearth_json_integer(answer, "total", 0) - (json_int_t)json_array_size(datasets);
    int rc = hearth_print_items(arena, datasets, &table, error);
    if (!rc && left > 0)
        printf("… and %lld more\n", (long long)left);
    return rc;
}

int hearth_cli_datasets(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const struct hearth_client_call call = {.path = "/datasets?limit=500"};
    json_t *answer;
    int rc = hearth_client_ask(invocation, &call, &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    rc = print_list(invocation->arena, answer, error);
    json_decref(answer);
    return rc;
}

static void print_faults(const json_t *faults)
{
    const json_t *first = json_object_get(faults, "first"), *fault;
    json_int_t count = hearth_json_integer(faults, "count", 0);
    size_t index;
    if (!count)
        return;
    printf("\n%lld faulty row%s, left out:\n", (long long)count, count == 1 ? "" : "s");
    json_array_foreach(first, index, fault)
    {
        printf("  line %lld: ", (long long)hearth_json_integer(fault, "line", 0));
        hearth_print_clean(stdout, hearth_json_text(fault, "message", "?"));
        putchar('\n');
    }
    if ((json_int_t)json_array_size(first) < count)
        printf("  … and %lld more\n", (long long)(count - (json_int_t)json_array_size(first)));
}

static void print_measure(const json_t *measure)
{
    const json_t *tokens = json_object_get(measure, "tokens");
    char text[160];
    printf("\nin tokens of ");
    hearth_print_clean(stdout, hearth_json_text(measure, "base", "?"));
    putchar('\n');
    snprintf(text, sizeof(text), "%lld in %lld rows, %lld are learnt",
             (long long)hearth_json_integer(tokens, "total", 0),
             (long long)hearth_json_integer(tokens, "rows", 0),
             (long long)hearth_json_integer(measure, "learnt_tokens", 0));
    hearth_print_field("tokens", text);
    snprintf(text, sizeof(text), "%lld to %lld, mean %.1f, median %lld, 95 of 100 up to %lld",
             (long long)hearth_json_integer(tokens, "min", 0),
             (long long)hearth_json_integer(tokens, "max", 0),
             hearth_json_number(tokens, "mean", 0),
             (long long)hearth_json_integer(tokens, "median", 0),
             (long long)hearth_json_integer(tokens, "p95", 0));
    hearth_print_field("a row", text);
    snprintf(text, sizeof(text), "%lld rows are longer than %lld",
             (long long)hearth_json_integer(measure, "over_context", 0),
             (long long)hearth_json_integer(measure, "context", 0));
    hearth_print_field("context", text);
}

static void print_dataset(const json_t *dataset, const char *home)
{
    char text[64], size[16];
    hearth_size_text((uint64_t)hearth_json_integer(dataset, "bytes", 0), size);
    printf("%s", hearth_style(HEARTH_BOLD));
    hearth_print_clean(stdout, hearth_json_text(dataset, "name", "?"));
    printf("%s  %s\n", hearth_style(HEARTH_PLAIN), hearth_json_text(dataset, "id", "?"));
    snprintf(text, sizeof(text), "%lld, %s", (long long)hearth_json_integer(dataset, "rows", 0),
             size);
    hearth_print_field("rows", text);
    hearth_print_field("shape", hearth_json_text(dataset, "shape", ""));
    hearth_print_field("format", hearth_json_text(dataset, "format", ""));
    hearth_print_place("path", hearth_json_text(dataset, "path", ""), home);
    hearth_print_field("sha256", hearth_json_text(dataset, "sha256", ""));
    hearth_print_field("created", hearth_json_text(dataset, "created_at", ""));
    size_t index;
    json_t *measure;
    json_array_foreach(json_object_get(dataset, "measured"), index, measure)
    {
        print_measure(measure);
    }
    print_faults(json_object_get(dataset, "faults"));
}

static int show(const struct hearth_invocation *invocation, json_t *dataset,
                struct hearth_error *error)
{
    if (invocation->json)
        return hearth_print_json(dataset, error);
    print_dataset(dataset, invocation->settings->home);
    json_decref(dataset);
    return 0;
}

/* By its path, which is another one for a server that does not run here or in another folder: so a
 * path that leads somewhere here is sent whole, and any other as it was typed. */
static int register_path(struct hearth_invocation *invocation, struct hearth_client *client,
                         json_t **ret_dataset, struct hearth_error *error)
{
    char path[PATH_MAX];
    const char *typed = invocation->arguments[0];
    const char *name = hearth_invocation_option(invocation, "name");
    bool is_here = !hearth_client_is_named(client) && realpath(typed, path);
    json_t *body = json_pack("{s:s, s:s*}", "path", is_here ? path : typed, "name", name);
    if (!body)
        return hearth_error_set(error, HEARTH_EINVAL, "the path and the name must be UTF-8");
    const struct hearth_client_call call = {
        .method = "POST", .path = "/datasets", .body = body, .idle_timeout_ms = READING_MS};
    int rc = hearth_client_run(client, &call, ret_dataset, error);
    json_decref(body);
    return rc;
}

int hearth_cli_datasets_add(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_client *client;
    json_t *dataset;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    if (hearth_invocation_option(invocation, "in-place"))
        rc = register_path(invocation, client, &dataset, error);
    else
        rc = hearth_data_upload(client, invocation->arguments[0],
                                hearth_invocation_option(invocation, "name"), &dataset, error);
    hearth_client_destroy(client);
    return rc ? rc : show(invocation, dataset, error);
}

/* A call of the one that is named. */
static int ask(struct hearth_invocation *invocation, const char *method, const char *tail,
               json_t **ret_answer, struct hearth_error *error)
{
    const struct hearth_client_call call = {
        .method = method,
        .path = hearth_client_path(invocation->arena, "/datasets/", invocation->arguments[0], tail),
        .idle_timeout_ms = READING_MS};
    return hearth_client_ask(invocation, &call, ret_answer, error);
}

/* With a base its tokens are counted first, unless that is known already. */
int hearth_cli_datasets_show(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *base = hearth_invocation_option(invocation, "base");
    json_t *dataset = NULL, *measure = NULL;
    int rc = 0;
    if (base)
        rc = ask(invocation, "GET",
                 hearth_client_path(invocation->arena, "/tokens?base=", base, ""), &measure, error);
    if (!rc)
        rc = ask(invocation, "GET", "", &dataset, error);
    if (!rc && measure)
        json_object_set_new(dataset, "measured", json_pack("[O]", measure));
    json_decref(measure);
    return rc ? rc : show(invocation, dataset, error);
}

int hearth_cli_datasets_rm(struct hearth_invocation *invocation, struct hearth_error *error)
{
    json_t *answer;
    int rc = ask(invocation, "DELETE", "", &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    printf("removed %s\n", hearth_json_text(answer, "name", invocation->arguments[0]));
    json_decref(answer);
    return 0;
}
