/* list, show, rm: through the server where one runs, else on the home itself. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/local.h"
#include "cli/print_json.h"
#include "cli/quantized.h"
#include "cli/terminal.h"
#include "registry/model_json.h"

#include <stdio.h>
#include <string.h>

/* Models in a list, and in a page of one that a server gives. */
enum { LIST_MAX = 100000, PAGE = 500 };

/* Files that versions share count for each of them, as in the version's own size. */
static json_int_t size_of(const json_t *model)
{
    json_int_t total = 0;
    size_t index;
    const json_t *version;
    json_array_foreach(json_object_get(model, "versions"), index, version)
    {
        total += hearth_json_integer(version, "size", 0);
    }
    return total;
}

/* That of the newest version, which is the last. */
static const char *engine_of(const json_t *model)
{
    const json_t *versions = json_object_get(model, "versions");
    size_t count = json_array_size(versions);
    return count ? hearth_json_text(json_array_get(versions, count - 1), "engine", "") : "";
}

/* Names, states and tasks come from outside; the table prints them clean. */
static int list_table(struct hearth_arena *arena, const json_t *models, struct hearth_error *error)
{
    size_t count = json_array_size(models);
    if (count == 0) {
        printf(
            "There are no models yet. Install one: hearth install file:model.gguf --name mine\n");
        return 0;
    }
    const char **cells = hearth_arena_alloc(arena, (count + 1) * 6 * sizeof(*cells));
    if (!cells)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "there are too many models to list");
    static const char *const head[] = {"NAME", "VERSION", "STATE", "TASK", "ENGINE", "SIZE"};
    memcpy(cells, head, sizeof(head));
    for (size_t i = 0; i < count; i++) {
        const json_t *model = json_array_get(models, i);
        const char **row = cells + (i + 1) * 6;
        char size[16];
        hearth_size_text((uint64_t)size_of(model), size);
        /* The version that the bare name means: the alias @default where there is one, else the
         * newest. */
        json_int_t version = hearth_json_integer(model, "default_version",
                                                 hearth_json_integer(model, "latest_version", 0));
        row[0] = hearth_json_text(model, "name", "?");
        row[1] = version ? hearth_arena_format(arena, "%lld", (long long)version) : "-";
        row[2] = hearth_json_text(model, "state", "?");
        row[3] = hearth_json_text(model, "task", "");
        row[4] = engine_of(model);
        row[5] = hearth_arena_strdup(arena, size);
    }
    hearth_print_table(cells, count + 1, 6);
    return 0;
}

/* Each filter is encoded as hearth_client_path does it. A head that does not fit the arena leaves
 * the path as it was. */
static void add_query(struct hearth_arena *arena, const char **path, const char *key,
                      const char *value)
{
    if (!value)
        return;
    const char *head = hearth_arena_format(arena, "%s&%s=", *path, key);
    *path = hearth_client_path(arena, head ? head : *path, value, "");
}

/* Adds the pages behind the first to its list. */
static int list_more(struct hearth_invocation *invocation, struct hearth_client *client,
                     const char *path, json_t *answer, struct hearth_error *error)
{
    json_t *models = json_object_get(answer, "models");
    /* A list may change while its pages are read. The count is only a stop: a page that is empty,
     * or the greatest number of pages, ends it too. */
    size_t total = (size_t)hearth_json_integer(answer, "total", 0);
    int rc = 0;
    for (int page = 2; !rc && json_array_size(models) < total && page < LIST_MAX / PAGE; page++) {
        json_t *more = NULL;
        const char *next = hearth_arena_format(invocation->arena, "%s&page=%d", path, page);
        rc = hearth_client_run(client, &(struct hearth_client_call){.path = next}, &more, error);
        if (!rc && json_array_size(json_object_get(more, "models")) == 0)
            total = 0; /* some went away meanwhile */
        else if (!rc)
            json_array_extend(models, json_object_get(more, "models"));
        json_decref(more);
    }
    return rc;
}

static int list_there(struct hearth_invocation *invocation, struct hearth_client *client,
                      const struct hearth_model_filter *filter, json_t **ret_answer,
                      struct hearth_error *error)
{
    const char *path = hearth_arena_format(invocation->arena, "/models?limit=%d", PAGE);
    add_query(invocation->arena, &path, "task", filter->task);
    add_query(invocation->arena, &path, "tag", filter->tag);
    add_query(invocation->arena, &path, "state", filter->state);
    json_t *answer = NULL;
    int rc = hearth_client_run(client, &(struct hearth_client_call){.path = path}, &answer, error);
    if (!rc)
        rc = list_more(invocation, client, path, answer, error);
    if (rc)
        json_decref(answer);
    else
        *ret_answer = answer;
    return rc;
}

/* Through the server where one runs, so that the list is the one that it serves from. */
static int list_models(struct hearth_invocation *invocation, json_t **ret_answer,
                       struct hearth_error *error)
{
    const struct hearth_model_filter filter = {
        .task = hearth_invocation_option(invocation, "task"),
        .tag = hearth_invocation_option(invocation, "tag"),
        .state = hearth_invocation_option(invocation, "state"),
        .limit = LIST_MAX,
    };
    struct hearth_client *client;
    struct hearth_storage local;
    int rc = hearth_client_find(invocation, &client, error);
    if (rc)
        return rc;
    if (client) {
        rc = list_there(invocation, client, &filter, ret_answer, error);
        hearth_client_destroy(client);
        return rc;
    }
    rc = hearth_local_open(invocation, false, &local, error);
    if (rc)
        return rc;
    rc = hearth_local_models_json(&local, invocation->arena, &filter, ret_answer, error);
    hearth_storage_close(&local);
    return rc;
}

int hearth_cli_list(struct hearth_invocation *invocation, struct hearth_error *error)
{
    json_t *answer = NULL;
    int rc = list_models(invocation, &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    rc = list_table(invocation->arena, json_object_get(answer, "models"), error);
    json_decref(answer);
    return rc;
}

static void print_object(const char *key, const json_t *object)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 16);
    if (json_object_size(object) && hearth_json_dump(&text, object) == 0)
        hearth_print_field(key, hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
}

static void print_version(const json_t *version)
{
    char size[16];
    hearth_size_text((uint64_t)hearth_json_integer(version, "size", 0), size);
    const char *label = hearth_json_text(version, "label", "");
    printf("\n%sversion %lld%s%s%s  %s, %s\n", hearth_style(HEARTH_BOLD),
           (long long)hearth_json_integer(version, "version", 0), *label ? " " : "", label,
           hearth_style(HEARTH_PLAIN), hearth_json_text(version, "state", "?"), size);
    hearth_print_field("  reason", hearth_json_text(version, "reason", ""));
    hearth_print_field("  source", hearth_json_text(version, "source", ""));
    hearth_print_field("  revision", hearth_json_text(version, "source_revision", ""));
    hearth_print_field("  engine", hearth_json_text(version, "engine", ""));
    hearth_print_field("  computes", hearth_json_text(version, "compute", ""));
    hearth_print_field("  tools", hearth_json_text(version, "tools", ""));
    hearth_print_field("  created", hearth_json_text(version, "created_at", ""));
    json_t *quantized = hearth_quantized_json(version);
    hearth_quantized_print(quantized);
    json_decref(quantized);
    size_t index;
    const json_t *file;
    json_array_foreach(json_object_get(version, "files"), index, file)
    {
        printf("  %.12s  ", hearth_json_text(file, "sha256", ""));
        hearth_size_text((uint64_t)hearth_json_integer(file, "size", 0), size);
        printf("%9s  ", size);
        hearth_print_clean(stdout, hearth_json_text(file, "path", "?"));
        putchar('\n');
    }
}

/* Fields without a value are left out. */
static void print_model(const json_t *model)
{
    printf("%s", hearth_style(HEARTH_BOLD));
    hearth_print_clean(stdout, hearth_json_text(model, "name", "?"));
    printf("%s  %s\n", hearth_style(HEARTH_PLAIN), hearth_json_text(model, "state", "?"));
    hearth_print_field("task", hearth_json_text(model, "task", ""));
    hearth_print_field("description", hearth_json_text(model, "description", ""));
    hearth_print_field("device", hearth_json_text(model, "device", ""));
    print_object("tags", json_object_get(model, "tags"));
    print_object("settings", json_object_get(model, "settings"));
    print_object("aliases", json_object_get(model, "aliases"));
    size_t index;
    const json_t *version;
    json_array_foreach(json_object_get(model, "versions"), index, version)
    {
        print_version(version);
    }
}

/* "name:3" into name and number (0: the whole model). */
static int split_reference(struct hearth_arena *arena, const char *text, const char **ret_name,
                           int64_t *ret_number, struct hearth_error *error)
{
    const char *colon = strchr(text, ':');
    *ret_number = 0;
    *ret_name = colon ? hearth_arena_strndup(arena, text, (size_t)(colon - text)) : text;
    /* Names cannot hold a colon, so the first one ends the name. */
    if (colon && hearth_parse_int(colon + 1, 1, INT64_MAX, ret_number))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a version is a number, as in smollm2:1, but this is '%s'",
                                colon + 1);
    return 0;
}

/* Leaves only the version that was asked for. */
static int keep_version(json_t *model, const char *name, int64_t number, struct hearth_error *error)
{
    json_t *versions = json_object_get(model, "versions");
    /* From the end, so that removing does not move what is still to be looked at. */
    for (size_t i = json_array_size(versions); number && i-- > 0;)
        if (hearth_json_integer(json_array_get(versions, i), "version", 0) != number)
            json_array_remove(versions, i);
    if (json_array_size(versions) || !number)
        return 0;
    return hearth_error_set(error, HEARTH_ENOTFOUND, "%s has no version %lld; see hearth show %s",
                            name, (long long)number, name);
}

/* Through the server where one runs, so that what is shown is what it serves. */
static int show_model(struct hearth_invocation *invocation, const char *name, json_t **ret_model,
                      struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_find(invocation, &client, error);
    if (rc)
        return rc;
    if (client) {
        const char *path = hearth_client_path(invocation->arena, "/models/", name, "");
        rc =
            hearth_client_run(client, &(struct hearth_client_call){.path = path}, ret_model, error);
        hearth_client_destroy(client);
        return rc;
    }
    struct hearth_storage local;
    rc = hearth_local_open(invocation, false, &local, error);
    if (rc)
        return rc;
    struct hearth_model *model = NULL;
    rc = hearth_local_model(&local, invocation->arena, name, &model, error);
    if (!rc)
        rc = hearth_model_json(local.store, model, invocation->arena, ret_model, error);
    hearth_storage_close(&local);
    return rc;
}

int hearth_cli_show(struct hearth_invocation *invocation, struct hearth_error *error)
{
    json_t *model = NULL;
    const char *name;
    int64_t number;
    int rc = split_reference(invocation->arena, invocation->arguments[0], &name, &number, error);
    if (!rc)
        rc = show_model(invocation, name, &model, error);
    if (!rc)
        rc = keep_version(model, name, number, error);
    if (rc) {
        json_decref(model);
        return rc;
    }
    if (invocation->json)
        return hearth_print_json(model, error);
    print_model(model);
    json_decref(model);
    return 0;
}

/* `force` stands in the query, because some proxies drop the body of a DELETE. */
static int remove_through(struct hearth_client *client, struct hearth_invocation *invocation,
                          const char *name, int64_t number, struct hearth_error *error)
{
    const char *force = hearth_invocation_option(invocation, "force") ? "?force=true" : "";
    const char *tail = number ? hearth_arena_format(invocation->arena, "/versions/%lld%s",
                                                    (long long)number, force)
                              : force;
    const char *path = hearth_client_path(invocation->arena, "/models/", name, tail);
    return hearth_client_run(client, &(struct hearth_client_call){.method = "DELETE", .path = path},
                             NULL, error);
}

/* Without a server nobody uses the model, and the home's lock keeps other commands off. So --force
 * has nothing to do here. */
static int remove_here(struct hearth_invocation *invocation, const char *name, int64_t number,
                       struct hearth_error *error)
{
    struct hearth_storage local;
    int rc = hearth_local_open(invocation, true, &local, error);
    if (rc)
        return rc;
    struct hearth_model *model = NULL;
    rc = hearth_local_model(&local, invocation->arena, name, &model, error);
    if (!rc)
        rc = hearth_registry_remove(&local.registry, model->id, number, error);
    hearth_storage_close(&local);
    return rc;
}

int hearth_cli_rm(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *name;
    int64_t number;
    struct hearth_client *client = NULL;
    int rc = split_reference(invocation->arena, invocation->arguments[0], &name, &number, error);
    if (!rc)
        rc = hearth_client_find(invocation, &client, error);
    if (rc)
        return rc;
    rc = client ? remove_through(client, invocation, name, number, error)
                : remove_here(invocation, name, number, error);
    hearth_client_destroy(client);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(
            json_pack("{s:b, s:s}", "deleted", 1, "name", invocation->arguments[0]), error);
    printf("removed %s\n", invocation->arguments[0]);
    return 0;
}
