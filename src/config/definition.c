#include "config/definition_fill.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "config/expand.h"
#include "config/model_settings.h"
#include "config/yaml.h"

#include <string.h>
#include <unistd.h>

/* LABEL_MAX is in bytes, as fault_here says it. */
enum { JSON_BYTES_MAX = 1 << 20, LABEL_MAX = 64 };

/* What is being read. */
struct draft {
    struct hearth_definition *definition;
    struct hearth_arena *arena;
    struct hearth_fault_list *faults;
    bool has_name, has_source; /* as far as their faults have been told */
};

/* Quotes what stands there, cut: it may be a whole page. */
static void fault_here(struct draft *draft, const struct hearth_yaml *node, const char *expected)
{
    if (node->kind == HEARTH_YAML_SCALAR)
        hearth_fault_add(draft->faults, node->line, node->column,
                         "%s must be %s, but it is \"%.100s\"", node->key, expected, node->text);
    else
        hearth_fault_add(draft->faults, node->line, node->column, "%s must be %s, but it is %s",
                         node->key, expected, hearth_yaml_kind_name(node->kind));
}

/* Serialises into the arena and lets go of the value. */
static const char *json_text(struct draft *draft, json_t *value)
{
    struct hearth_buf text;
    hearth_buf_init(&text, JSON_BYTES_MAX);
    /* A definition with faults still has a text here, so that reading goes on to the next fault. */
    const char *copy = NULL;
    if (!hearth_json_dump(&text, value))
        copy = hearth_arena_strndup(draft->arena, text.bytes, text.length);
    if (!copy)
        hearth_fault_add(draft->faults, 1, 1, "the definition needs too much memory");
    hearth_buf_finish(&text);
    json_decref(value);
    return copy ? copy : "{}";
}

/* The name is kept even when it is faulty: a second definition with the same name is told all the
 * same. */
static void read_name(struct draft *draft, const struct hearth_yaml *node)
{
    draft->definition->name = node->text;
    if (!hearth_model_name_valid(node->text))
        fault_here(draft, node, HEARTH_NAME_RULE);
}

/* Free text, since people number versions in many ways; only its length is bounded. */
static void read_label(struct draft *draft, const struct hearth_yaml *node)
{
    draft->definition->label = node->text;
    if (!*node->text || strlen(node->text) > LABEL_MAX)
        fault_here(draft, node, "1 to 64 bytes of text");
}

/* A relative path of a file: or fake:@ source is relative to the definition. */
static const char *place_source(struct draft *draft, const struct hearth_yaml *node)
{
    const char *file = draft->definition->file, *slash = strrchr(file, '/'), *path;
    /* The length of the scheme: "fake:@" has 6 letters, "file:" has 5. */
    int scheme = strncmp(node->text, "fake:@", 6) == 0 ? 6 : 5;
    if ((scheme == 5 && strncmp(node->text, "file:", 5) != 0) || !node->text[scheme])
        return node->text;
    const char *folder =
        slash ? hearth_arena_strndup(draft->arena, file, (size_t)(slash - file)) : ".";
    struct hearth_error error;
    if (!folder || hearth_expand_path(node->text + scheme, folder, (const char *const *)environ,
                                      draft->arena, &path, &error)) {
        hearth_fault_add(draft->faults, node->line, node->column, "source: %s",
                         folder ? error.message : "there is not enough memory");
        return node->text;
    }
    return hearth_arena_format(draft->arena, "%.*s%s", scheme, node->text, path);
}

/* Any known scheme is taken here; the installer says which of them it can fetch. */
static void read_source(struct draft *draft, const struct hearth_yaml *node)
{
    static const char *const schemes[] = {
        "file:", "hf:", "https:", "http:", "fake:", "ollama:", "s3:"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t length = strlen(schemes[i]);
        if (strncmp(node->text, schemes[i], length) == 0 && node->text[length]) {
            draft->definition->source = place_source(draft, node);
            return;
        }
    }
    draft->definition->source = node->text;
    fault_here(draft, node, "file:PATH, hf:ORG/REPO[@REVISION][:FILE] or https://…");
}

static void read_task(struct draft *draft, const struct hearth_yaml *node)
{
    const char *task = hearth_task_canonical(node->text);
    if (task)
        draft->definition->task = task;
    else
        hearth_fault_add_unknown(draft->faults, node->line, node->column, "the task", node->text,
                                 hearth_task_names);
}

static void read_device(struct draft *draft, const struct hearth_yaml *node)
{
    draft->definition->device = node->text;
    if (!hearth_device_valid(node->text))
        fault_here(draft, node, "auto, cpu, cuda or cuda:N");
}

static void read_description(struct draft *draft, const struct hearth_yaml *node)
{
    draft->definition->description = node->text;
}

/* A map of texts; a list of texts is a map without values. */
static void read_tags(struct draft *draft, const struct hearth_yaml *node)
{
    json_t *tags = json_object();
    for (const struct hearth_yaml *tag = node->first; tag; tag = tag->next) {
        bool is_map = node->kind == HEARTH_YAML_MAP;
        bool is_text = tag->kind == HEARTH_YAML_SCALAR || (is_map && tag->kind == HEARTH_YAML_NULL);
        /* "tags: [a, b]" and "tags: {a: , b: }" say the same. */
        const char *key = is_map ? tag->key : tag->text;
        if (!is_text || !*key)
            hearth_fault_add(draft->faults, tag->line, tag->column,
                             "a tag must be a text, but it is %s",
                             hearth_yaml_kind_name(tag->kind));
        else
            json_object_set_new(tags, key, json_string(is_map ? tag->text : ""));
    }
    draft->definition->tags_json = json_text(draft, tags);
}

/* A setting's value as JSON of its type, or NULL when it cannot be that. */
static json_t *setting_value(const struct hearth_model_setting *setting, const char *text)
{
    int64_t integer;
    double number;
    if (setting->takes_auto && strcmp(text, "auto") == 0)
        return json_string(text);
    switch (setting->kind) {
    case HEARTH_SETTING_INTEGER:
        return hearth_parse_int(text, INT64_MIN, INT64_MAX, &integer) ? NULL
                                                                      : json_integer(integer);
    case HEARTH_SETTING_NUMBER:
        /* Which integers and numbers are allowed is told by the row, not here. */
        return hearth_parse_double(text, &number) ? NULL : json_real(number);
    /* YAML 1.1's words, as hearth.yml takes them. */
    case HEARTH_SETTING_TRUTH:
        if (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
            strcasecmp(text, "on") == 0)
            return json_true();
        if (strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0 ||
            strcasecmp(text, "off") == 0)
            return json_false();
        return NULL;
    case HEARTH_SETTING_LIST:
        return json_pack("[s]", text);
    default:
        return json_string(text);
    }
}

static json_t *item_value(const struct hearth_yaml *item)
{
    return item->kind == HEARTH_YAML_SCALAR ? json_string(item->text) : json_null();
}

/* A list or map of texts, for a setting that is one; a single text stands for a list of it. */
static json_t *several_values(const struct hearth_model_setting *setting,
                              const struct hearth_yaml *node)
{
    json_t *values = NULL;
    if (node->kind == HEARTH_YAML_LIST && setting->kind == HEARTH_SETTING_LIST)
        values = json_array();
    if (node->kind == HEARTH_YAML_MAP && setting->kind == HEARTH_SETTING_MAP)
        values = json_object();
    for (const struct hearth_yaml *item = node->first; values && item; item = item->next) {
        if (json_is_array(values))
            json_array_append_new(values, item_value(item));
        else
            json_object_set_new(values, item->key, item_value(item));
    }
    return values;
}

/* The engine's settings pass too: each engine checks its own when it loads. */
static void read_setting(struct draft *draft, const struct hearth_yaml *node, json_t *settings)
{
    const struct hearth_model_setting *setting = hearth_model_setting_find(node->key);
    if (!setting) {
        hearth_fault_add_unknown(draft->faults, node->key_line, node->key_column, "the setting",
                                 node->key, hearth_model_setting_keys);
        return;
    }
    /* `slots:` without a value leaves the server's setting in force. */
    if (node->kind == HEARTH_YAML_NULL)
        return;
    char buffer[256];
    /* The check takes NULL, a value of a wrong form, for wrong as well. */
    json_t *value = node->kind == HEARTH_YAML_SCALAR ? setting_value(setting, node->text)
                                                     : several_values(setting, node);
    const char *expected = hearth_model_setting_check(setting, value, buffer, sizeof(buffer));
    if (expected) {
        fault_here(draft, node, expected);
        json_decref(value);
    } else {
        json_object_set_new(settings, node->key, value);
    }
}

static void read_settings(struct draft *draft, const struct hearth_yaml *node)
{
    json_t *settings = json_object();
    for (const struct hearth_yaml *member = node->first; member; member = member->next)
        read_setting(draft, member, settings);
    const char *expected, *key = hearth_model_settings_conflict(settings, &expected);
    for (const struct hearth_yaml *member = node->first; key && member; member = member->next)
        if (strcmp(member->key, key) == 0)
            fault_here(draft, member, expected);
    draft->definition->settings_json = json_text(draft, settings);
}

/* The keys of a definition, and which forms of YAML value each takes. */
static const struct field {
    const char *key;
    void (*read)(struct draft *draft, const struct hearth_yaml *node);
    bool is_scalar, is_list, is_map;
} fields[] = {
    {.key = "name", .read = read_name, .is_scalar = true},
    {.key = "version", .read = read_label, .is_scalar = true},
    {.key = "source", .read = read_source, .is_scalar = true},
    {.key = "task", .read = read_task, .is_scalar = true},
    {.key = "device", .read = read_device, .is_scalar = true},
    {.key = "description", .read = read_description, .is_scalar = true},
    {.key = "tags", .read = read_tags, .is_list = true, .is_map = true},
    {.key = "settings", .read = read_settings, .is_map = true},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* A key that is misspelt or of a wrong form is not missing too. */
static void note_key(struct draft *draft, const char *key)
{
    if (key && strcmp(key, "name") == 0)
        draft->has_name = true;
    if (key && strcmp(key, "source") == 0)
        draft->has_source = true;
}

/* A key without a value (`task:`) is as if it were not there. */
static void read_field(struct draft *draft, const struct hearth_yaml *node)
{
    const char *keys[FIELDS + 1] = {NULL};
    /* `keys` is complete only when nothing has fitted, which is when it is needed. */
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *field = &fields[i];
        keys[i] = field->key;
        if (strcmp(field->key, node->key) != 0)
            continue;
        if (node->kind != HEARTH_YAML_NULL)
            note_key(draft, field->key);
        bool fits = (node->kind == HEARTH_YAML_SCALAR && field->is_scalar) ||
                    (node->kind == HEARTH_YAML_LIST && field->is_list) ||
                    (node->kind == HEARTH_YAML_MAP && field->is_map);
        if (fits)
            field->read(draft, node);
        else if (node->kind != HEARTH_YAML_NULL)
            fault_here(draft, node, field->is_scalar ? "a single value" : "a map");
        return;
    }
    /* A misspelt `nmae:` must not be told as missing once more: it counts for the key that is
     * nearest. */
    hearth_fault_add_unknown(draft->faults, node->key_line, node->key_column, "the key", node->key,
                             keys);
    note_key(draft, hearth_nearest_word(node->key, keys));
}

/* Faults are gathered rather than returned, so that one run tells all of them. */
static void read_members(struct draft *draft, const char *text, size_t length)
{
    const struct hearth_yaml *root =
        hearth_yaml_parse(text, length, (const char *const *)environ, draft->arena, draft->faults);
    if (!root)
        return;
    if (root->kind != HEARTH_YAML_MAP) {
        hearth_fault_add(draft->faults, root->line, root->column,
                         "a definition must be lines of `key: value`, but it is %s",
                         hearth_yaml_kind_name(root->kind));
        return;
    }
    /* Where faults that belong to the whole definition are told, such as a name that is used twice.
     */
    draft->definition->line = root->line;
    for (const struct hearth_yaml *member = root->first; member; member = member->next)
        read_field(draft, member);
    if (!draft->has_name)
        hearth_fault_add(draft->faults, root->line, root->column, "`name` is missing");
    if (!draft->has_source)
        hearth_fault_add(draft->faults, root->line, root->column, "`source` is missing");
}

/* Defaults first: a definition with faults still has texts everywhere. */
void hearth_definition_fill(struct hearth_definition *definition, const char *text, size_t length,
                            struct hearth_arena *arena, struct hearth_fault_list *faults)
{
    *definition = (struct hearth_definition){
        .label = "",
        .task = "",
        .device = "auto",
        .description = "",
        .tags_json = "{}",
        .settings_json = "{}",
        .file = faults->file,
    };
    struct draft draft = {.definition = definition, .arena = arena, .faults = faults};
    read_members(&draft, text, length);
}

int hearth_definition_parse(const char *text, size_t length, const char *file,
                            struct hearth_arena *arena, struct hearth_definition **ret_definition,
                            struct hearth_faults *ret_faults, struct hearth_error *error)
{
    struct hearth_fault_list faults;
    hearth_fault_list_init(&faults, arena, file);
    struct hearth_definition *definition = hearth_arena_alloc(arena, sizeof(*definition));
    if (!definition)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s",
                                file);
    hearth_definition_fill(definition, text, length, arena, &faults);
    int rc = hearth_fault_list_end(&faults, ret_faults, error);
    if (!rc)
        *ret_definition = definition;
    return rc;
}
