/* config check and config show. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/print_json.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

static json_t *fault_json(const struct hearth_fault *fault)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "file", fault->file ? fault->file : "", "line",
                     (int)fault->line, "column", (int)fault->column, "message", fault->message);
}

static void print_fault(const struct hearth_fault *fault)
{
    if (fault->line)
        printf("%s:%u:%u: %s\n", fault->file, fault->line, fault->column, fault->message);
    else
        printf("%s%s%s\n", fault->file ? fault->file : "", fault->file && *fault->file ? ": " : "",
               fault->message);
}

static int check_as_json(const struct hearth_faults *settings, const struct hearth_faults *models,
                         size_t model_count, const char *config_path, struct hearth_error *error)
{
    json_t *faults = json_array();
    for (size_t i = 0; i < settings->count; i++)
        json_array_append_new(faults, fault_json(&settings->rows[i]));
    for (size_t i = 0; i < models->count; i++)
        json_array_append_new(faults, fault_json(&models->rows[i]));
    return hearth_print_json(json_pack("{s:b, s:s?, s:I, s:o}", "ok",
                                       settings->count + models->count == 0, "config", config_path,
                                       "models", (json_int_t)model_count, "faults", faults),
                             error);
}

static void check_as_text(const struct hearth_faults *settings, const struct hearth_faults *models,
                          size_t model_count, const char *config_path)
{
    for (size_t i = 0; i < settings->count; i++)
        print_fault(&settings->rows[i]);
    for (size_t i = 0; i < models->count; i++)
        print_fault(&models->rows[i]);
    if (settings->count + models->count == 0)
        printf("no faults: %s, %zu model%s\n", config_path ? config_path : "no hearth.yml",
               model_count, model_count == 1 ? "" : "s");
}

/* Lists faults of the settings and of all definitions together, so that one run is enough to mend
 * them. */
int hearth_cli_config_check(struct hearth_invocation *invocation, struct hearth_error *error)
{
    /* The settings were loaded before the command ran, and its `error` tells how that went. Without
     * faults to list, something else failed (a file that cannot be read), and there is nothing to
     * check. */
    int loaded = error->code;
    if (loaded && !invocation->faults.count)
        return loaded;
    const struct hearth_settings_origins *origins = &invocation->origins;
    struct hearth_definition *definitions = NULL;
    struct hearth_faults faults = {.count = 0};
    size_t count = 0;
    const char *folder =
        origins->project_directory
            ? hearth_arena_format(invocation->arena, "%s/models", origins->project_directory)
            : NULL;
    struct hearth_error read_error = {.code = 0};
    int rc = folder ? hearth_definitions_read(folder, invocation->arena, &definitions, &count,
                                              &faults, &read_error)
                    : 0;
    /* The same for the definitions: faults in them are the answer, anything else is an error. */
    if (rc && !faults.count) {
        *error = read_error;
        return rc;
    }
    if (invocation->json) {
        rc = check_as_json(&invocation->faults, &faults, count, origins->config_path, error);
        if (rc)
            return rc;
    } else {
        check_as_text(&invocation->faults, &faults, count, origins->config_path);
    }
    /* A command that finds faults fails, so that a script or a CI job notices. */
    size_t total = invocation->faults.count + faults.count;
    if (total == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EFIELDS, "%zu fault%s found", total,
                            total == 1 ? "" : "s");
}

/* In the order of strength: each of these overrides the ones before it. */
static const char *origin_name(enum hearth_setting_origin origin)
{
    static const char *const names[] = {
        [HEARTH_FROM_DEFAULT] = "default",
        [HEARTH_FROM_FILE] = "hearth.yml",
        [HEARTH_FROM_ENV] = "environment",
        [HEARTH_FROM_FLAG] = "flag",
    };
    return names[origin];
}

static int show_as_json(const struct hearth_settings_origins *origins, struct hearth_error *error)
{
    json_t *settings = json_object();
    for (size_t i = 0; i < hearth_settings_count; i++)
        json_object_set_new(settings, hearth_settings_table[i].key,
                            json_pack("{s:s, s:s}", "value", origins->text[i], "origin",
                                      origin_name(origins->by_row[i])));
    return hearth_print_json(
        json_pack("{s:s?, s:o}", "config", origins->config_path, "settings", settings), error);
}

int hearth_cli_config_show(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const struct hearth_settings_origins *origins = &invocation->origins;
    if (invocation->json)
        return show_as_json(origins, error);
    const char **cells =
        hearth_arena_alloc(invocation->arena, (hearth_settings_count + 1) * 3 * sizeof(*cells));
    if (!cells)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    static const char *const head[] = {"SETTING", "VALUE", "FROM"};
    memcpy(cells, head, sizeof(head));
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const char **row = cells + (i + 1) * 3;
        row[0] = hearth_settings_table[i].key;
        row[1] = origins->text[i];
        row[2] = origin_name(origins->by_row[i]);
    }
    hearth_print_table(cells, hearth_settings_count + 1, 3);
    if (origins->config_path)
        printf("\n%s\n", origins->config_path);
    return 0;
}
