#include "config/model_settings.h"

#include "base/error.h"
#include "base/text.h"
#include "config/fault.h"
#include "domain/cpu_split.h"

#include <stdio.h>
#include <string.h>

enum { PATHS_MAX = 32, PATH_LENGTH_MAX = 4096 };

const struct hearth_model_setting *hearth_model_setting_find(const char *key)
{
    for (const struct hearth_model_setting *row = hearth_model_settings_table; row->key; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

/* A text with a unit, or a number of seconds. */
static int read_duration(const json_t *value, uint64_t *ret_ms)
{
    if (json_is_string(value))
        return hearth_parse_duration(json_string_value(value), ret_ms);
    double seconds = json_is_number(value) ? json_number_value(value) : -1;
    /* Written this way round so that NaN is refused too. The bound keeps the product below 2^64. */
    if (!(seconds >= 0 && seconds <= 1e12))
        return HEARTH_EPARSE;
    *ret_ms = (uint64_t)(seconds * 1000 + 0.5);
    return 0;
}

/* A setting without choices takes any text. */
static bool is_choice(const struct hearth_model_setting *setting, const char *text)
{
    for (const char *const *choice = setting->choices; choice && *choice; choice++)
        if (strcmp(*choice, text) == 0)
            return true;
    return setting->choices == NULL;
}

/* A text whose form is not told by its kind. */
static bool has_form(const struct hearth_model_setting *setting, const char *text)
{
    return strcmp(setting->key, "affinity") != 0 || hearth_cpu_wish_is_possible(text);
}

/* Absolute, for nobody knows in what folder a worker stands; without line breaks, because the paths
 * of a list travel as lines. */
static bool is_path(const json_t *path)
{
    const char *text = json_string_value(path);
    return text && text[0] == '/' && !strchr(text, '\n') && strlen(text) < PATH_LENGTH_MAX;
}

/* The place of the first item that is no path; the number of items where all are. */
static size_t first_wrong(const json_t *list)
{
    size_t i = 0;
    while (i < json_array_size(list) && is_path(json_array_get(list, i)))
        i++;
    return i;
}

static bool are_paths(const json_t *list)
{
    return json_is_array(list) && json_array_size(list) <= PATHS_MAX &&
           first_wrong(list) == json_array_size(list);
}

/* Whoever reads it need not look for the item that is meant. */
static const char *paths_expected(const json_t *list, char *buffer, size_t size)
{
    const char *all = "a list of at most 32 absolute paths";
    size_t at = first_wrong(list);
    if (!json_is_array(list) || json_array_size(list) > PATHS_MAX || at == json_array_size(list))
        return all;
    snprintf(buffer, size, "%s (item %zu is none)", all, at + 1);
    return buffer;
}

static bool are_texts(const json_t *map)
{
    const char *key;
    json_t *value;
    bool are = json_is_object(map);
    json_object_foreach((json_t *)map, key, value)
    {
        are = are && json_is_string(value);
    }
    return are;
}

/* Or a text that is such a map as JSON, which is how a form that has only texts says it. */
static bool is_map(const json_t *value)
{
    if (!json_is_string(value))
        return are_texts(value);
    json_t *parsed = hearth_json_parse(json_string_value(value), json_string_length(value), NULL);
    bool is = are_texts(parsed);
    json_decref(parsed);
    return is;
}

static bool is_auto(const json_t *value)
{
    return json_is_string(value) && strcmp(json_string_value(value), "auto") == 0;
}

/* Types are taken strictly: a JSON text "8" is no integer, though YAML's plain 8 becomes one before
 * it comes here. */
static bool is_right(const struct hearth_model_setting *setting, const json_t *value)
{
    uint64_t ms, bytes;
    if (setting->takes_auto && is_auto(value))
        return true;
    switch (setting->kind) {
    case HEARTH_SETTING_INTEGER:
        /* The bounds are doubles, which hold all integers that a bound can be (below 2^53) exactly.
         */
        return json_is_integer(value) && (double)json_integer_value(value) >= setting->low &&
               (double)json_integer_value(value) <= setting->high;
    case HEARTH_SETTING_NUMBER:
        return json_is_number(value) && json_number_value(value) >= setting->low &&
               json_number_value(value) <= setting->high;
    case HEARTH_SETTING_TRUTH:
        return json_is_boolean(value);
    case HEARTH_SETTING_DURATION:
        return read_duration(value, &ms) == 0 && (double)ms <= setting->high;
    case HEARTH_SETTING_SIZE:
        return json_is_string(value) ? hearth_parse_size(json_string_value(value), &bytes) == 0
                                     : json_is_integer(value) && json_integer_value(value) >= 0;
    case HEARTH_SETTING_LIST:
        return are_paths(value);
    case HEARTH_SETTING_MAP:
        return is_map(value);
    default:
        return json_is_string(value) && is_choice(setting, json_string_value(value)) &&
               has_form(setting, json_string_value(value));
    }
}

const char *hearth_model_setting_check(const struct hearth_model_setting *setting,
                                       const json_t *value, char *buffer, size_t size)
{
    if (is_right(setting, value))
        return NULL;
    /* The sentences end "… must be", which is why none of them is whole. */
    switch (setting->kind) {
    case HEARTH_SETTING_INTEGER:
    case HEARTH_SETTING_NUMBER:
        snprintf(buffer, size, "%s%s from %.0f to %.0f", setting->takes_auto ? "auto, or " : "",
                 setting->kind == HEARTH_SETTING_INTEGER ? "an integer" : "a number", setting->low,
                 setting->high);
        return buffer;
    case HEARTH_SETTING_TRUTH:
        return "true or false";
    case HEARTH_SETTING_DURATION:
        return "a duration (250ms, 30s, 10m, or a number of seconds)";
    case HEARTH_SETTING_SIZE:
        return "a size (512MiB, 2GiB, or a number of bytes)";
    case HEARTH_SETTING_LIST:
        return paths_expected(value, buffer, size);
    case HEARTH_SETTING_MAP:
        return "a map of texts by name";
    default:
        break;
    }
    if (strcmp(setting->key, "affinity") == 0)
        return "auto, off, or lists of cores such as 0-3;4-7";
    if (!setting->choices)
        return "a text";
    size_t used = (size_t)snprintf(buffer, size, "one of ");
    for (const char *const *choice = setting->choices; *choice && used < size; choice++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s",
                                 choice == setting->choices ? "" : ", ", *choice);
    return buffer;
}

const char *hearth_model_settings_conflict(const json_t *settings, const char **ret_expected)
{
    if (strcmp(hearth_json_text(settings, "speculation", ""), "draft") != 0 ||
        json_object_get(settings, "draft_model"))
        return NULL;
    *ret_expected = "another than draft where there is no draft_model";
    return "speculation";
}

int hearth_model_settings_check(const json_t *settings, struct hearth_arena *arena,
                                struct hearth_faults *ret_faults, struct hearth_error *error)
{
    struct hearth_fault_list faults;
    /* There is no file: the object came with a request, and the messages name the key instead. */
    hearth_fault_list_init(&faults, arena, NULL);
    if (!json_is_object(settings))
        hearth_fault_add(&faults, 0, 0, "settings must be an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)settings, key, value)
    {
        char buffer[256];
        const struct hearth_model_setting *row = hearth_model_setting_find(key);
        const char *expected =
            row ? hearth_model_setting_check(row, value, buffer, sizeof(buffer)) : NULL;
        if (!row)
            hearth_fault_add_unknown(&faults, 0, 0, "the setting", key, hearth_model_setting_keys);
        else if (expected)
            hearth_fault_add(&faults, 0, 0, "%s must be %s", key, expected);
    }
    const char *expected;
    key = hearth_model_settings_conflict(settings, &expected);
    if (key)
        hearth_fault_add(&faults, 0, 0, "%s must be %s", key, expected);
    return hearth_fault_list_end(&faults, ret_faults, error);
}

/* As src/engine/llama/llama_compute_own.c decides it, of which no header may be seen here; a test
 * of the whole program holds the two together. Keys and values lie in one layout of pages and
 * therefore have one type; a sequence has pages of its own. */
static bool suits_own(const json_t *settings)
{
    static const char *const types[] = {"f16", "bf16", "q8_0", "f32"};
    const char *keys = hearth_json_text(settings, "cache_type_k", "f16");
    bool same = strcmp(keys, hearth_json_text(settings, "cache_type_v", "f16")) == 0;
    if (!same || hearth_json_truth(settings, "cache_shared", false))
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(keys, types[i]) == 0)
            return true;
    return false;
}

const char *hearth_model_settings_compute(const json_t *settings, const char *found)
{
    const char *chosen = hearth_json_text(settings, "compute", "auto");
    if (strcmp(chosen, "auto") != 0)
        return chosen;
    return strcmp(found, "own") != 0 || suits_own(settings) ? found : "libllama";
}

/* Settings that were stored by an older version, or written into the database by hand, may be
 * anything: what is not right counts as absent. */
static int64_t integer_or(const json_t *settings, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(settings, key);
    return value && is_right(hearth_model_setting_find(key), value) ? json_integer_value(value)
                                                                    : fallback;
}

/* Milliseconds. A value that is no duration counts as absent, as in integer_or. */
static uint64_t duration_or(const json_t *settings, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(settings, key);
    uint64_t ms;
    return value && read_duration(value, &ms) == 0 ? ms : fallback;
}

/* Bytes; the same. */
static uint64_t size_or(const json_t *settings, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(settings, key);
    uint64_t bytes;
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    return json_is_string(value) && hearth_parse_size(json_string_value(value), &bytes) == 0
               ? bytes
               : fallback;
}

/* The settings that go to the engine as they are: its own keys, and those that nobody here knows.
 */
static const char *engine_part(const json_t *settings, struct hearth_arena *arena)
{
    json_t *part = json_object();
    const char *key, *copy = NULL;
    json_t *value;
    json_object_foreach((json_t *)settings, key, value)
    {
        const struct hearth_model_setting *row = hearth_model_setting_find(key);
        if (!row || row->is_engines)
            json_object_set(part, key, value);
    }
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 20);
    if (!hearth_json_dump(&text, part))
        copy = hearth_arena_strndup(arena, text.bytes, text.length);
    hearth_buf_finish(&text);
    json_decref(part);
    return copy;
}

static const char *readable_paths(const json_t *settings, struct hearth_arena *arena)
{
    const json_t *list = json_object_get(settings, "adapters");
    const char *draft = hearth_json_text(settings, "draft_model", "");
    const char *lines = *draft == '/' ? hearth_arena_strdup(arena, draft) : NULL;
    for (size_t i = 0; list && are_paths(list) && i < json_array_size(list); i++)
        lines = hearth_arena_format(arena, "%s%s%s", lines ? lines : "", lines ? "\n" : "",
                                    json_string_value(json_array_get(list, i)));
    return lines;
}

int hearth_model_settings_read(const char *settings_json, const struct hearth_settings *server,
                               struct hearth_arena *arena, struct hearth_model_settings *ret,
                               struct hearth_error *error)
{
    json_t *own = hearth_json_parse(settings_json, strlen(settings_json), error);
    if (!own)
        return HEARTH_EPARSE;
    const char *engine_json = json_is_object(own) ? engine_part(own, arena) : NULL;
    if (engine_json)
        *ret = (struct hearth_model_settings){
            .context = is_auto(json_object_get(own, "context"))
                           ? HEARTH_CONTEXT_AUTO
                           : integer_or(own, "context", server->context),
            .context_is_servers = !json_is_integer(json_object_get(own, "context")),
            .slots = integer_or(own, "slots", server->slots),
            .batch = integer_or(own, "batch", server->batch),
            .threads = integer_or(own, "threads", server->threads),
            .queue_max = integer_or(own, "queue_max", server->queue_max),
            .queue_tokens_max = integer_or(own, "queue_tokens_max", server->queue_tokens_max),
            .replicas = integer_or(own, "replicas", server->replicas ? server->replicas : 1),
            .affinity = hearth_arena_strdup(
                arena,
                hearth_json_text(own, "affinity", server->affinity ? server->affinity : "auto")),
            .idle_unload = duration_or(own, "idle_unload", server->idle_unload),
            .request_timeout = duration_or(own, "request_timeout", server->request_timeout),
            .load_timeout = duration_or(own, "load_timeout", server->load_timeout),
            .breaker_failures = integer_or(own, "breaker_failures", server->breaker_failures),
            .breaker_rest = duration_or(own, "breaker_rest", server->breaker_rest),
            .prefix_disk = size_or(own, "prefix_disk", server->prefix_disk),
            .drops_turns = strcmp(hearth_json_text(own, "context_end",
                                                   server->context_end ? server->context_end : ""),
                                  "drop") == 0,
            .gap_max = duration_or(own, "gap_max", server->gap_max),
            .pin = hearth_json_truth(own, "pin", false),
            .engine_json = engine_json,
            .readable = readable_paths(own, arena),
        };
    json_decref(own);
    /* The text is no object; a full arena, which no such text can cause, is not told apart. */
    if (!engine_json)
        return hearth_error_set(error, HEARTH_EPARSE, "the model's settings must be a JSON object");
    return 0;
}

void hearth_model_settings_draft(struct hearth_model_settings *settings, const char *path,
                                 struct hearth_arena *arena)
{
    const char *text = settings->engine_json ? settings->engine_json : "{}";
    json_t *object = hearth_json_parse(text, strlen(text), NULL);
    json_object_set_new(object, "draft_model", json_string(path));
    settings->engine_json = engine_part(object, arena);
    settings->readable = readable_paths(object, arena);
    json_decref(object);
}

void hearth_model_settings_adapt(struct hearth_model_settings *settings, const char *adapter,
                                 struct hearth_arena *arena)
{
    const char *text = settings->engine_json ? settings->engine_json : "{}";
    json_t *object = hearth_json_parse(text, strlen(text), NULL);
    json_t *list = json_object_get(object, "adapters");
    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(object, "adapters", list);
    }
    json_array_append_new(list, json_string(adapter));
    settings->engine_json = engine_part(object, arena);
    settings->readable = readable_paths(object, arena);
    json_decref(object);
}
