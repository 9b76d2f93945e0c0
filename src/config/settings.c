#include "config/settings.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "config/expand.h"
#include "config/fault.h"
#include "config/text_file.h"
#include "config/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What is known of one setting before it is converted. */
struct given {
    enum hearth_setting_origin origin;
    const char *text;               /* NULL when it is a list of hearth.yml */
    const struct hearth_yaml *node; /* of hearth.yml */
};

struct load {
    const struct hearth_settings_input *input;
    struct hearth_arena *arena;
    struct hearth_fault_list faults;
    struct hearth_settings *settings;
    struct given *given;     /* by row */
    const char **shown;      /* by row */
    const char *config_path; /* or NULL */
    const char *config_directory;
    bool is_home_config; /* the file was found in the home */
};

const struct hearth_setting *hearth_setting_find(const char *word)
{
    for (size_t i = 0; i < hearth_settings_count; i++)
        if (strcmp(hearth_settings_table[i].key, word) == 0 ||
            strcmp(hearth_settings_table[i].flag, word) == 0)
            return &hearth_settings_table[i];
    return NULL;
}

static size_t row_of(const struct hearth_setting *setting)
{
    return (size_t)(setting - hearth_settings_table);
}

/* All keys, for suggestions; ends with NULL. */
static const char *const *setting_keys(struct load *load)
{
    const char **keys =
        hearth_arena_alloc(load->arena, (hearth_settings_count + 1) * sizeof(*keys));
    for (size_t i = 0; keys && i < hearth_settings_count; i++)
        keys[i] = hearth_settings_table[i].key;
    static const char *const none[] = {NULL};
    return keys ? keys : none;
}

static void take_environment(struct load *load)
{
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const char *name = hearth_settings_table[i].env;
        const char *value = hearth_env_find(load->input->env, name, strlen(name));
        /* An empty variable is how shells and containers say "not set". */
        if (value && *value)
            load->given[i] = (struct given){.origin = HEARTH_FROM_ENV, .text = value};
    }
}

static void take_flags(struct load *load)
{
    const char *const *flag = load->input->flags;
    for (; flag && flag[0] && flag[1]; flag += 2) {
        const struct hearth_setting *setting = hearth_setting_find(flag[0]);
        if (!setting)
            hearth_fault_add_unknown(&load->faults, 0, 0, "the flag", flag[0], setting_keys(load));
        else
            load->given[row_of(setting)] =
                (struct given){.origin = HEARTH_FROM_FLAG, .text = flag[1]};
    }
}

static void take_member(struct load *load, const struct hearth_yaml *member)
{
    const struct hearth_setting *setting = hearth_setting_find(member->key);
    if (!setting || strcmp(setting->key, member->key) != 0) {
        hearth_fault_add_unknown(&load->faults, member->key_line, member->key_column, "the setting",
                                 member->key, setting_keys(load));
        return;
    }
    bool is_config = strcmp(setting->key, "config") == 0;
    if (is_config || (load->is_home_config && strcmp(setting->key, "home") == 0)) {
        hearth_fault_add(&load->faults, member->key_line, member->key_column,
                         "`%s` cannot stand in the file that it leads to; give it as a flag or in "
                         "the environment",
                         setting->key);
        return;
    }
    struct given *given = &load->given[row_of(setting)];
    if (member->kind == HEARTH_YAML_NULL || given->origin > HEARTH_FROM_FILE)
        return;
    bool takes_list = setting->kind == HEARTH_SETTING_LIST && member->kind == HEARTH_YAML_LIST;
    if (member->kind != HEARTH_YAML_SCALAR && !takes_list) {
        hearth_fault_add(&load->faults, member->line, member->column, "%s: expected %s, here is %s",
                         setting->key,
                         setting->kind == HEARTH_SETTING_LIST ? "a list" : "a single value",
                         hearth_yaml_kind_name(member->kind));
        return;
    }
    *given = (struct given){.origin = HEARTH_FROM_FILE, .node = member};
    if (member->kind == HEARTH_YAML_SCALAR)
        given->text = member->text;
}

static int take_file(struct load *load, struct hearth_error *error)
{
    const char *text;
    size_t length;
    int rc = hearth_text_file_read(load->config_path, HEARTH_YAML_BYTES_MAX, load->arena, &text,
                                   &length, error);
    if (rc)
        return rc;
    load->faults.file = load->config_path;
    const struct hearth_yaml *root =
        hearth_yaml_parse(text, length, load->input->env, load->arena, &load->faults);
    if (root && root->kind != HEARTH_YAML_MAP)
        hearth_fault_add(&load->faults, root->line, root->column,
                         "expected settings as `key: value`, here is %s",
                         hearth_yaml_kind_name(root->kind));
    else if (root)
        for (const struct hearth_yaml *member = root->first; member; member = member->next)
            take_member(load, member);
    load->faults.file = NULL;
    return 0;
}

/* Says which key, where the value came from, and what was expected. */
static void value_fault(struct load *load, const struct hearth_setting *setting,
                        const char *expected)
{
    const struct given *given = &load->given[row_of(setting)];
    char value[128];
    snprintf(value, sizeof(value), "\"%.100s\"",
             setting->secret ? "(secret)"
             : given->text   ? given->text
                             : "");
    switch (given->origin) {
    case HEARTH_FROM_FILE:
        load->faults.file = load->config_path;
        hearth_fault_add(&load->faults, given->node->line, given->node->column, "%s: %s is not %s",
                         setting->key, value, expected);
        load->faults.file = NULL;
        break;
    case HEARTH_FROM_ENV:
        hearth_fault_add(&load->faults, 0, 0, "%s: %s from the variable %s is not %s", setting->key,
                         value, setting->env, expected);
        break;
    case HEARTH_FROM_FLAG:
        hearth_fault_add(&load->faults, 0, 0, "%s: %s from the flag --%s is not %s", setting->key,
                         value, setting->flag, expected);
        break;
    case HEARTH_FROM_DEFAULT:
        hearth_fault_add(&load->faults, 0, 0, "%s: the default %s is not %s", setting->key, value,
                         expected);
    }
}

static void range_fault(struct load *load, const struct hearth_setting *setting, const char *kind)
{
    char expected[160];
    if (setting->high == INT64_MAX && setting->low == 0)
        snprintf(expected, sizeof(expected), "%s", kind);
    else if (setting->high == INT64_MAX)
        snprintf(expected, sizeof(expected), "%s of at least %lld", kind, (long long)setting->low);
    else
        snprintf(expected, sizeof(expected), "%s from %lld to %lld", kind, (long long)setting->low,
                 (long long)setting->high);
    value_fault(load, setting, expected);
}

/* What a relative path is relative to depends on where it was written. */
static const char *path_base(const struct load *load, enum hearth_setting_origin origin)
{
    return origin == HEARTH_FROM_FILE ? load->config_directory : load->input->directory;
}

static void convert_text(struct load *load, const struct hearth_setting *setting, const char *text,
                         const char **member)
{
    *member = text;
    if (setting->kind == HEARTH_SETTING_PATH) {
        struct hearth_error error;
        const char *base = path_base(load, load->given[row_of(setting)].origin);
        if (hearth_expand_path(text, base, load->input->env, load->arena, member, &error)) {
            char expected[256];
            snprintf(expected, sizeof(expected), "a usable path: %.200s", error.message);
            value_fault(load, setting, expected);
        }
    }
    if (!setting->choices)
        return;
    char expected[256] = "one of";
    for (const char *const *choice = setting->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0)
            return;
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof(expected) - used, "%s %s", used > 6 ? "," : "", *choice);
    }
    value_fault(load, setting, expected);
}

static void convert_amount(struct load *load, const struct hearth_setting *setting,
                           const char *text, uint64_t *member)
{
    bool is_size = setting->kind == HEARTH_SETTING_SIZE;
    uint64_t value = 0;
    int rc = is_size ? hearth_parse_size(text, &value) : hearth_parse_duration(text, &value);
    if (!rc && value >= (uint64_t)setting->low && value <= (uint64_t)setting->high)
        *member = value;
    else
        range_fault(load, setting,
                    is_size ? "a size (512, 64KiB, 10MB)" : "a duration (250ms, 30s, 10m)");
}

static void convert_truth(struct load *load, const struct hearth_setting *setting, const char *text,
                          bool *member)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        bool is_yes = strcasecmp(text, yes[i]) == 0;
        if (is_yes || strcasecmp(text, no[i]) == 0) {
            *member = is_yes;
            return;
        }
    }
    value_fault(load, setting, "true or false");
}

/* The parts of a list with commas, without the blanks around them; empty ones do not count. */
static const char **split_list(struct load *load, const char *text)
{
    size_t count = 1;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    const char **items = hearth_arena_alloc(load->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; items && *text;) {
        text += strspn(text, " \t");
        size_t whole = strcspn(text, ","), length = whole;
        while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
            length--;
        if (length && !(items[i++] = hearth_arena_strndup(load->arena, text, length)))
            return NULL;
        text += whole + (text[whole] == ',');
    }
    return items;
}

static const char **list_of_node(struct load *load, const struct hearth_setting *setting,
                                 const struct hearth_yaml *list)
{
    size_t count = 0, i = 0;
    for (const struct hearth_yaml *item = list->first; item; item = item->next)
        count++;
    const char **items = hearth_arena_alloc(load->arena, (count + 1) * sizeof(*items));
    for (const struct hearth_yaml *item = list->first; items && item; item = item->next) {
        if (item->kind == HEARTH_YAML_SCALAR)
            items[i++] = item->text;
        else
            hearth_fault_add(&load->faults, item->line, item->column,
                             "%s: expected a single value, here is %s", setting->key,
                             hearth_yaml_kind_name(item->kind));
    }
    return items;
}

static const char *join_list(struct load *load, const char *const *items)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_YAML_BYTES_MAX);
    for (size_t i = 0; items[i]; i++) {
        hearth_buf_text(&text, i ? "," : "");
        hearth_buf_text(&text, items[i]);
    }
    const char *copy =
        hearth_arena_strndup(load->arena, text.length ? text.bytes : "", text.length);
    hearth_buf_finish(&text);
    return copy ? copy : "";
}

static void convert_list(struct load *load, const struct hearth_setting *setting,
                         const char *const **member)
{
    static const char *const none[] = {NULL};
    const struct given *given = &load->given[row_of(setting)];
    load->faults.file = load->config_path;
    const char **items =
        given->text ? split_list(load, given->text) : list_of_node(load, setting, given->node);
    load->faults.file = NULL;
    *member = items ? items : none;
    load->shown[row_of(setting)] = join_list(load, *member);
}

static void convert(struct load *load, const struct hearth_setting *setting)
{
    struct given *given = &load->given[row_of(setting)];
    void *member = (char *)load->settings + setting->offset;
    const char *text = given->text ? given->text : "";
    load->shown[row_of(setting)] = text;
    switch (setting->kind) {
    case HEARTH_SETTING_TEXT:
    case HEARTH_SETTING_PATH:
        convert_text(load, setting, text, member);
        load->shown[row_of(setting)] = *(const char **)member;
        break;
    case HEARTH_SETTING_INTEGER:
        if (hearth_parse_int(text, setting->low, setting->high, member))
            range_fault(load, setting, "an integer");
        break;
    case HEARTH_SETTING_NUMBER: {
        double value = 0;
        if (hearth_parse_double(text, &value) || value < (double)setting->low ||
            value > (double)setting->high)
            range_fault(load, setting, "a number");
        else
            *(double *)member = value;
        break;
    }
    case HEARTH_SETTING_SIZE:
    case HEARTH_SETTING_DURATION:
        convert_amount(load, setting, text, member);
        break;
    case HEARTH_SETTING_TRUTH:
        convert_truth(load, setting, text, member);
        break;
    case HEARTH_SETTING_LIST:
        convert_list(load, setting, member);
    }
    if (setting->secret && *text)
        load->shown[row_of(setting)] = "***";
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* The path of a setting that is needed before the file is read, or NULL; faults come later. */
static const char *early_path(struct load *load, const char *key)
{
    const struct given *given = &load->given[row_of(hearth_setting_find(key))];
    const char *path = NULL;
    struct hearth_error error;
    if (hearth_expand_path(given->text, load->input->directory, load->input->env, load->arena,
                           &path, &error))
        return NULL;
    return path && *path ? path : NULL;
}

/* A file that was named must be there; else that of the current folder counts, else the home's. */
static void find_file(struct load *load)
{
    const char *path = early_path(load, "config");
    if (!path) {
        path = hearth_arena_format(load->arena, "%s/hearth.yml", load->input->directory);
        const char *home = early_path(load, "home");
        if (path && !is_there(path)) {
            load->is_home_config = home != NULL;
            path = home ? hearth_arena_format(load->arena, "%s/hearth.yml", home) : NULL;
            if (path && !is_there(path))
                path = NULL;
        }
    }
    load->config_path = path;
    const char *slash = path ? strrchr(path, '/') : NULL;
    load->config_directory = load->input->directory;
    if (slash)
        load->config_directory =
            hearth_arena_strndup(load->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static int load_prepare(struct load *load, struct hearth_error *error)
{
    load->settings = hearth_arena_alloc(load->arena, sizeof(*load->settings));
    load->given = hearth_arena_alloc(load->arena, hearth_settings_count * sizeof(*load->given));
    load->shown = hearth_arena_alloc(load->arena, hearth_settings_count * sizeof(*load->shown));
    if (!load->settings || !load->given || !load->shown)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory to read the settings");
    for (size_t i = 0; i < hearth_settings_count; i++)
        load->given[i].text = hearth_settings_table[i].fallback;
    return 0;
}

static int give_origins(const struct load *load, struct hearth_settings_origins *ret_origins,
                        struct hearth_error *error)
{
    enum hearth_setting_origin *by_row =
        hearth_arena_alloc(load->arena, hearth_settings_count * sizeof(*by_row));
    const char *project = load->config_path ? load->config_directory : load->settings->home;
    if (!by_row || !project)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory to read the settings");
    for (size_t i = 0; i < hearth_settings_count; i++)
        by_row[i] = load->given[i].origin;
    *ret_origins = (struct hearth_settings_origins){
        .by_row = by_row,
        .text = load->shown,
        .config_path = load->config_path,
        .project_directory = project,
    };
    return 0;
}

int hearth_settings_load(const struct hearth_settings_input *input, struct hearth_arena *arena,
                         struct hearth_settings **ret_settings,
                         struct hearth_settings_origins *ret_origins,
                         struct hearth_faults *ret_faults, struct hearth_error *error)
{
    struct load load = {.input = input, .arena = arena};
    hearth_fault_list_init(&load.faults, arena, NULL);
    if (ret_faults)
        *ret_faults = load.faults.faults;
    int rc = load_prepare(&load, error);
    if (rc)
        return rc;
    take_environment(&load);
    take_flags(&load);
    find_file(&load);
    if (load.config_path && (rc = take_file(&load, error)) != 0)
        return rc;
    for (size_t i = 0; i < hearth_settings_count; i++)
        convert(&load, &hearth_settings_table[i]);
    rc = hearth_fault_list_end(&load.faults, ret_faults, error);
    if (rc && ret_origins)
        *ret_origins = (struct hearth_settings_origins){
            .config_path = load.config_path,
            .project_directory = load.config_path ? load.config_directory : NULL};
    if (!rc && ret_origins)
        rc = give_origins(&load, ret_origins, error);
    if (!rc)
        *ret_settings = load.settings;
    return rc;
}
