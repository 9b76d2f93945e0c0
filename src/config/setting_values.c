#include "config/settings_draft.h"

#include "base/buf.h"
#include "base/text.h"
#include "config/expand.h"

#include <stdio.h>
#include <string.h>

/* Says which key, where the value came from, and what was expected. */
static void value_fault(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                        const char *expected)
{
    const struct hearth_setting_given *given = &draft->given[hearth_setting_row(setting)];
    char value[128];
    snprintf(value, sizeof(value), "\"%.100s\"",
             setting->secret ? "(secret)"
             : given->text   ? given->text
                             : "");
    switch (given->origin) {
    /* Only a value of hearth.yml has a line and a column; the others name their variable or flag.
     */
    case HEARTH_FROM_FILE:
        draft->faults.file = draft->config_path;
        hearth_fault_add(&draft->faults, given->node->line, given->node->column, "%s: %s is not %s",
                         setting->key, value, expected);
        draft->faults.file = NULL;
        break;
    case HEARTH_FROM_ENV:
        hearth_fault_add(&draft->faults, 0, 0, "%s: %s from the variable %s is not %s",
                         setting->key, value, setting->env, expected);
        break;
    case HEARTH_FROM_FLAG:
        hearth_fault_add(&draft->faults, 0, 0, "%s: %s from the flag --%s is not %s", setting->key,
                         value, setting->flag, expected);
        break;
    /* A fault of api/settings.json, which a test finds before anybody sees it. */
    case HEARTH_FROM_DEFAULT:
        hearth_fault_add(&draft->faults, 0, 0, "%s: the default %s is not %s", setting->key, value,
                         expected);
    }
}

/* A bound that is the type's own is not worth telling. */
static void range_fault(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                        const char *kind)
{
    char expected[160];
    if (setting->high == INT64_MAX && setting->low == 0)
        snprintf(expected, sizeof(expected), "%s", kind);
    else if (setting->high == INT64_MAX)
        snprintf(expected, sizeof(expected), "%s of at least %lld", kind, (long long)setting->low);
    else
        snprintf(expected, sizeof(expected), "%s from %lld to %lld", kind, (long long)setting->low,
                 (long long)setting->high);
    value_fault(draft, setting, expected);
}

/* What a relative path is relative to depends on where it was written. */
static const char *path_base(const struct hearth_settings_draft *draft,
                             enum hearth_setting_origin origin)
{
    return origin == HEARTH_FROM_FILE ? draft->config_directory : draft->input->directory;
}

static void convert_path(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                         const char *text, const char **member)
{
    struct hearth_error error;
    const char *base = path_base(draft, draft->given[hearth_setting_row(setting)].origin);
    if (!hearth_expand_path(text, base, draft->input->env, draft->arena, member, &error))
        return;
    char expected[256];
    snprintf(expected, sizeof(expected), "a usable path: %.200s", error.message);
    value_fault(draft, setting, expected);
}

/* A setting may be a path and have choices at once, so both are looked at. */
static void convert_text(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                         const char *text, const char **member)
{
    *member = text;
    if (setting->kind == HEARTH_SETTING_PATH)
        convert_path(draft, setting, text, member);
    if (!setting->choices)
        return;
    /* The list for the message grows while none has fitted; 6 is the length of "one of". */
    char expected[256] = "one of";
    for (const char *const *choice = setting->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0)
            return;
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof(expected) - used, "%s %s", used > 6 ? "," : "", *choice);
    }
    /* None of the choices: all of them are in the message by now. */
    value_fault(draft, setting, expected);
}

/* A number that is refused leaves the member at 0; nobody sees it, because a fault ends the
 * loading. */
static void convert_amount(struct hearth_settings_draft *draft,
                           const struct hearth_setting *setting, const char *text, uint64_t *member)
{
    /* Sizes are bytes and durations milliseconds; both are stored as they are compared. */
    bool is_size = setting->kind == HEARTH_SETTING_SIZE;
    uint64_t value = 0;
    int rc = is_size ? hearth_parse_size(text, &value) : hearth_parse_duration(text, &value);
    if (!rc && value >= (uint64_t)setting->low && value <= (uint64_t)setting->high)
        *member = value;
    else
        range_fault(draft, setting,
                    is_size ? "a size (512, 64KiB, 10MB)" : "a duration (250ms, 30s, 10m)");
}

/* YAML 1.1's words, and 1 and 0 for the environment. */
static void convert_truth(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                          const char *text, bool *member)
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
    value_fault(draft, setting, "true or false");
}

/* The parts of a list with commas, without the blanks around them; empty ones do not count. */
static const char **split_list(struct hearth_settings_draft *draft, const char *text)
{
    size_t count = 1;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    /* At most one part more than commas, and NULL at the end, which the arena's zeros give. */
    const char **items = hearth_arena_alloc(draft->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; items && *text;) {
        text += strspn(text, " \t");
        size_t whole = strcspn(text, ","), length = whole;
        while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
            length--;
        if (length && !(items[i++] = hearth_arena_strndup(draft->arena, text, length)))
            return NULL;
        text += whole + (text[whole] == ',');
    }
    return items;
}

/* A list of hearth.yml, whose items may hold commas. */
static const char **list_of_node(struct hearth_settings_draft *draft,
                                 const struct hearth_setting *setting,
                                 const struct hearth_yaml *list)
{
    size_t count = 0, i = 0;
    for (const struct hearth_yaml *item = list->first; item; item = item->next)
        count++;
    const char **items = hearth_arena_alloc(draft->arena, (count + 1) * sizeof(*items));
    for (const struct hearth_yaml *item = list->first; items && item; item = item->next) {
        if (item->kind == HEARTH_YAML_SCALAR)
            items[i++] = item->text;
        else
            hearth_fault_add(&draft->faults, item->line, item->column,
                             "an item of %s must be a single value, but it is %s", setting->key,
                             hearth_yaml_kind_name(item->kind));
    }
    return items;
}

/* For `config show`, which prints a list in the form that a flag takes. */
static const char *join_list(struct hearth_settings_draft *draft, const char *const *items)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_YAML_BYTES_MAX);
    for (size_t i = 0; items[i]; i++) {
        hearth_buf_text(&text, i ? "," : "");
        hearth_buf_text(&text, items[i]);
    }
    const char *copy =
        hearth_arena_strndup(draft->arena, text.length ? text.bytes : "", text.length);
    hearth_buf_finish(&text);
    return copy ? copy : "";
}

static void convert_list(struct hearth_settings_draft *draft, const struct hearth_setting *setting,
                         const char *const **member)
{
    static const char *const none[] = {NULL};
    const struct hearth_setting_given *given = &draft->given[hearth_setting_row(setting)];
    draft->faults.file = draft->config_path;
    const char **items =
        given->text ? split_list(draft, given->text) : list_of_node(draft, setting, given->node);
    draft->faults.file = NULL;
    for (size_t i = 0; items && items[i] && strcmp(setting->type, "paths") == 0; i++)
        convert_path(draft, setting, items[i], &items[i]);
    *member = items ? items : none;
    draft->shown[hearth_setting_row(setting)] = join_list(draft, *member);
}

/* `member` is the setting's place in struct hearth_settings, by the offset in its row. What is
 * shown of a secret is that there is one. */
void hearth_setting_convert(struct hearth_settings_draft *draft,
                            const struct hearth_setting *setting)
{
    struct hearth_setting_given *given = &draft->given[hearth_setting_row(setting)];
    /* The kind of the row vouches for the member's type. */
    void *member = (char *)draft->settings + setting->offset;
    const char *text = given->text ? given->text : "";
    draft->shown[hearth_setting_row(setting)] = text;
    switch (setting->kind) {
    case HEARTH_SETTING_TEXT:
    case HEARTH_SETTING_PATH:
        convert_text(draft, setting, text, member);
        draft->shown[hearth_setting_row(setting)] = *(const char **)member;
        break;
    case HEARTH_SETTING_INTEGER:
        if (hearth_parse_int(text, setting->low, setting->high, member))
            range_fault(draft, setting, "an integer");
        break;
    case HEARTH_SETTING_NUMBER: {
        double value = 0;
        if (hearth_parse_double(text, &value) || value < (double)setting->low ||
            value > (double)setting->high)
            range_fault(draft, setting, "a number");
        else
            *(double *)member = value;
        break;
    }
    case HEARTH_SETTING_SIZE:
    case HEARTH_SETTING_DURATION:
        convert_amount(draft, setting, text, member);
        break;
    case HEARTH_SETTING_TRUTH:
        convert_truth(draft, setting, text, member);
        break;
    case HEARTH_SETTING_LIST:
        convert_list(draft, setting, member);
        break;
    case HEARTH_SETTING_MAP:
        break;
    }
    if (setting->secret && *text)
        draft->shown[hearth_setting_row(setting)] = "***";
}
