#include "config/settings_draft.h"

#include "base/error.h"
#include "config/expand.h"
#include "config/text_file.h"

#include <string.h>
#include <sys/stat.h>

/* Key and flag differ in _ and -; either is a name of the setting. */
const struct hearth_setting *hearth_setting_find(const char *word)
{
    for (size_t i = 0; i < hearth_settings_count; i++)
        if (strcmp(hearth_settings_table[i].key, word) == 0 ||
            strcmp(hearth_settings_table[i].flag, word) == 0)
            return &hearth_settings_table[i];
    return NULL;
}

size_t hearth_setting_row(const struct hearth_setting *setting)
{
    return (size_t)(setting - hearth_settings_table);
}

/* All keys, for suggestions; ends with NULL. */
static const char *const *setting_keys(struct hearth_settings_draft *draft)
{
    const char **keys =
        hearth_arena_alloc(draft->arena, (hearth_settings_count + 1) * sizeof(*keys));
    for (size_t i = 0; keys && i < hearth_settings_count; i++)
        keys[i] = hearth_settings_table[i].key;
    /* Without memory there is no suggestion, but the fault is still told. */
    static const char *const none[] = {NULL};
    return keys ? keys : none;
}

/* Only the names of the table are looked up: other variables are other programs'. */
static void take_environment(struct hearth_settings_draft *draft)
{
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const char *name = hearth_settings_table[i].env;
        const char *value = hearth_env_find(draft->input->env, name, strlen(name));
        /* An empty variable is how shells and containers say "not set". */
        if (value && *value)
            draft->given[i] =
                (struct hearth_setting_given){.origin = HEARTH_FROM_ENV, .text = value};
    }
}

/* Comes after the environment, and so wins over it. */
static void take_flags(struct hearth_settings_draft *draft)
{
    const char *const *flag = draft->input->flags;
    for (; flag && flag[0] && flag[1]; flag += 2) {
        const struct hearth_setting *setting = hearth_setting_find(flag[0]);
        if (!setting)
            hearth_fault_add_unknown(&draft->faults, 0, 0, "the flag", flag[0],
                                     setting_keys(draft));
        else
            draft->given[hearth_setting_row(setting)] =
                (struct hearth_setting_given){.origin = HEARTH_FROM_FLAG, .text = flag[1]};
    }
}

/* A file is the weakest of the three: what the environment or a flag has given stays. `config`, and
 * `home` in the home's own file, would come too late to have an effect. */
static void take_member(struct hearth_settings_draft *draft, const struct hearth_yaml *member)
{
    const struct hearth_setting *setting = hearth_setting_find(member->key);
    if (!setting || strcmp(setting->key, member->key) != 0) {
        hearth_fault_add_unknown(&draft->faults, member->key_line, member->key_column,
                                 "the setting", member->key, setting_keys(draft));
        return;
    }
    bool is_config = strcmp(setting->key, "config") == 0;
    if (is_config || (draft->is_home_config && strcmp(setting->key, "home") == 0)) {
        hearth_fault_add(&draft->faults, member->key_line, member->key_column,
                         "`%s` cannot stand in the file that it leads to; give it as a flag or in "
                         "the environment",
                         setting->key);
        return;
    }
    struct hearth_setting_given *given = &draft->given[hearth_setting_row(setting)];
    if (member->kind == HEARTH_YAML_NULL || given->origin > HEARTH_FROM_FILE)
        return;
    bool takes_list = setting->kind == HEARTH_SETTING_LIST && member->kind == HEARTH_YAML_LIST;
    if (member->kind != HEARTH_YAML_SCALAR && !takes_list) {
        hearth_fault_add(&draft->faults, member->line, member->column,
                         "%s must be %s, but it is %s", setting->key,
                         setting->kind == HEARTH_SETTING_LIST ? "a list" : "a single value",
                         hearth_yaml_kind_name(member->kind));
        return;
    }
    *given = (struct hearth_setting_given){.origin = HEARTH_FROM_FILE, .node = member};
    if (member->kind == HEARTH_YAML_SCALAR)
        given->text = member->text;
}

/* Only a file that cannot be read is an error here; everything that is wrong in it is a fault. */
static int take_file(struct hearth_settings_draft *draft, struct hearth_error *error)
{
    const char *text;
    size_t length;
    int rc = hearth_text_file_read(draft->config_path, HEARTH_YAML_BYTES_MAX, draft->arena, &text,
                                   &length, error);
    if (rc)
        return rc;
    draft->faults.file = draft->config_path;
    const struct hearth_yaml *root =
        hearth_yaml_parse(text, length, draft->input->env, draft->arena, &draft->faults);
    if (root && root->kind != HEARTH_YAML_MAP)
        hearth_fault_add(&draft->faults, root->line, root->column,
                         "settings must be lines of `key: value`, but this is %s",
                         hearth_yaml_kind_name(root->kind));
    else if (root)
        for (const struct hearth_yaml *member = root->first; member; member = member->next)
            take_member(draft, member);
    draft->faults.file = NULL;
    return 0;
}

/* A file that exists but cannot be read counts as there: reading it then says why. */
static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* The path of a setting that is needed before the file is read, or NULL. A faulty one is told
 * later, when all settings are converted, so that it is told once. */
static const char *early_path(struct hearth_settings_draft *draft, const char *key)
{
    const struct hearth_setting_given *given =
        &draft->given[hearth_setting_row(hearth_setting_find(key))];
    const char *path = NULL;
    struct hearth_error error;
    if (hearth_expand_path(given->text, draft->input->directory, draft->input->env, draft->arena,
                           &path, &error))
        return NULL;
    return path && *path ? path : NULL;
}

/* A file that was named must be there; else that of the current folder counts, else the home's. */
static void find_file(struct hearth_settings_draft *draft)
{
    const char *path = early_path(draft, "config");
    if (!path) {
        path = hearth_arena_format(draft->arena, "%s/hearth.yml", draft->input->directory);
        const char *home = early_path(draft, "home");
        if (path && !is_there(path)) {
            draft->is_home_config = home != NULL;
            path = home ? hearth_arena_format(draft->arena, "%s/hearth.yml", home) : NULL;
            if (path && !is_there(path))
                path = NULL;
        }
    }
    draft->config_path = path;
    /* Relative paths of the file count from its folder; of /hearth.yml that is "/". */
    const char *slash = path ? strrchr(path, '/') : NULL;
    draft->config_directory = draft->input->directory;
    if (slash)
        draft->config_directory =
            hearth_arena_strndup(draft->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/* Every setting starts with its default's text, so that defaults are converted and checked like
 * what a person writes. */
static int prepare(struct hearth_settings_draft *draft, struct hearth_error *error)
{
    draft->settings = hearth_arena_alloc(draft->arena, sizeof(*draft->settings));
    draft->given = hearth_arena_alloc(draft->arena, hearth_settings_count * sizeof(*draft->given));
    draft->shown = hearth_arena_alloc(draft->arena, hearth_settings_count * sizeof(*draft->shown));
    if (!draft->settings || !draft->given || !draft->shown)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory to read the settings");
    for (size_t i = 0; i < hearth_settings_count; i++)
        draft->given[i].text = hearth_settings_table[i].fallback;
    return 0;
}

/* The project's folder is that of its hearth.yml; without one, the home stands in. */
static int give_origins(const struct hearth_settings_draft *draft,
                        struct hearth_settings_origins *ret_origins, struct hearth_error *error)
{
    enum hearth_setting_origin *by_row =
        hearth_arena_alloc(draft->arena, hearth_settings_count * sizeof(*by_row));
    const char *project = draft->config_path ? draft->config_directory : draft->settings->home;
    if (!by_row || !project)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory to read the settings");
    for (size_t i = 0; i < hearth_settings_count; i++)
        by_row[i] = draft->given[i].origin;
    *ret_origins = (struct hearth_settings_origins){
        .by_row = by_row,
        .text = draft->shown,
        .config_path = draft->config_path,
        .project_directory = project,
    };
    return 0;
}

/* In order: environment and flags, since they may say where the file is; the file; then every text
 * becomes its type. All faults are gathered before any is returned. */
int hearth_settings_load(const struct hearth_settings_input *input, struct hearth_arena *arena,
                         struct hearth_settings **ret_settings,
                         struct hearth_settings_origins *ret_origins,
                         struct hearth_faults *ret_faults, struct hearth_error *error)
{
    struct hearth_settings_draft draft = {.input = input, .arena = arena};
    hearth_fault_list_init(&draft.faults, arena, NULL);
    if (ret_faults)
        *ret_faults = draft.faults.faults;
    int rc = prepare(&draft, error);
    if (rc)
        return rc;
    take_environment(&draft);
    take_flags(&draft);
    find_file(&draft);
    if (draft.config_path && (rc = take_file(&draft, error)) != 0)
        return rc;
    for (size_t i = 0; i < hearth_settings_count; i++)
        hearth_setting_convert(&draft, &hearth_settings_table[i]);
    /* With faults, only where the file lies is passed on: `config check` looks for models/ beside
     * it. */
    rc = hearth_fault_list_end(&draft.faults, ret_faults, error);
    if (rc && ret_origins)
        *ret_origins = (struct hearth_settings_origins){
            .config_path = draft.config_path,
            .project_directory = draft.config_path ? draft.config_directory : NULL};
    if (!rc && ret_origins)
        rc = give_origins(&draft, ret_origins, error);
    if (!rc)
        *ret_settings = draft.settings;
    return rc;
}
