#include "config/model_settings.h"

#include "base/error.h"
#include "base/text.h"
#include "config/fault.h"

#include <stdio.h>
#include <string.h>

static const char *const cache_types[] = {"f32",  "f16",  "bf16", "q8_0",   "q5_1",
                                          "q5_0", "q4_1", "q4_0", "iq4_nl", NULL};
static const char *const switches[] = {"auto", "on", "off", NULL};
static const char *const poolings[] = {"none", "mean", "cls", "last", "rank", NULL};
static const char *const precisions[] = {"auto", "f32", "bf16", "int16", "int8", NULL};

/* clang-format off */
const struct hearth_model_setting hearth_model_settings_table[] = {
    {"context", HEARTH_SETTING_INTEGER, 0, 16777216, NULL, false,
     "tokens for each sequence; 0: the smaller of the model's own and 4,096"},
    {"slots", HEARTH_SETTING_INTEGER, 1, 256, NULL, false, "sequences computed at once"},
    {"batch", HEARTH_SETTING_INTEGER, 1, 65536, NULL, false, "most tokens in one step"},
    {"threads", HEARTH_SETTING_INTEGER, 0, 1024, NULL, false, "threads; 0: one for each core"},
    {"queue_max", HEARTH_SETTING_INTEGER, 1, 1000000, NULL, false, "requests that may wait"},
    {"queue_tokens_max", HEARTH_SETTING_INTEGER, 0, 1e12, NULL, false,
     "estimated tokens that may wait; 0 is no limit"},
    {"pin", HEARTH_SETTING_TRUTH, 0, 1, NULL, false, "load at start and never evict"},
    {"idle_unload", HEARTH_SETTING_DURATION, 0, 1e12, NULL, false,
     "unload when not used for so long; 0 is never"},
    {"request_timeout", HEARTH_SETTING_DURATION, 0, 1e12, NULL, false,
     "longest time for one request; 0 is none"},
    {"load_timeout", HEARTH_SETTING_DURATION, 0, 1e12, NULL, false, "longest time for loading"},
    {"matryoshka", HEARTH_SETTING_TRUTH, 0, 1, NULL, false, "vectors may be cut to fewer dimensions"},
    {"flash_attention", HEARTH_SETTING_TEXT, 0, 0, switches, true, "attention kernel of llama"},
    {"cache_type_k", HEARTH_SETTING_TEXT, 0, 0, cache_types, true, "type of the cached keys"},
    {"cache_type_v", HEARTH_SETTING_TEXT, 0, 0, cache_types, true, "type of the cached values"},
    {"rope_freq_base", HEARTH_SETTING_NUMBER, 0, 1e12, NULL, true, "RoPE base; 0: the model's"},
    {"rope_freq_scale", HEARTH_SETTING_NUMBER, 0, 1e6, NULL, true, "RoPE scale; 0: the model's"},
    {"pooling", HEARTH_SETTING_TEXT, 0, 0, poolings, true, "how vectors of tokens become one"},
    {"precision", HEARTH_SETTING_TEXT, 0, 0, precisions, true, "arithmetic of the encoder"},
    {"cache_shared", HEARTH_SETTING_TRUTH, 0, 1, NULL, true,
     "one cache for all sequences instead of a part for each"},
    {"repack", HEARTH_SETTING_TRUTH, 0, 1, NULL, true,
     "lay weights out for this CPU; takes more memory"},
    {"lock_memory", HEARTH_SETTING_TRUTH, 0, 1, NULL, true, "keep the weights from being swapped"},
    {"chat_template", HEARTH_SETTING_TEXT, 0, 0, NULL, true, "Jinja text instead of the model's"},
    {NULL, 0, 0, 0, NULL, false, NULL},
};
/* clang-format on */

enum {
    TABLE_LENGTH = sizeof(hearth_model_settings_table) / sizeof(hearth_model_settings_table[0])
};

const struct hearth_model_setting *hearth_model_setting_find(const char *key)
{
    for (const struct hearth_model_setting *row = hearth_model_settings_table; row->key; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

const char *const *hearth_model_setting_keys(void)
{
    /* Every thread writes the same values, so that it does not matter who is first. */
    static const char *keys[TABLE_LENGTH];
    for (size_t i = 0; i < TABLE_LENGTH; i++)
        keys[i] = hearth_model_settings_table[i].key;
    return keys;
}

/* A text with a unit, or a number of seconds. */
static int read_duration(const json_t *value, uint64_t *ret_ms)
{
    if (json_is_string(value))
        return hearth_parse_duration(json_string_value(value), ret_ms);
    double seconds = json_is_number(value) ? json_number_value(value) : -1;
    if (!(seconds >= 0 && seconds <= 1e12))
        return HEARTH_EPARSE;
    *ret_ms = (uint64_t)(seconds * 1000 + 0.5);
    return 0;
}

static bool is_choice(const struct hearth_model_setting *setting, const char *text)
{
    for (const char *const *choice = setting->choices; choice && *choice; choice++)
        if (strcmp(*choice, text) == 0)
            return true;
    return setting->choices == NULL;
}

static bool is_right(const struct hearth_model_setting *setting, const json_t *value)
{
    uint64_t ms;
    switch (setting->kind) {
    case HEARTH_SETTING_INTEGER:
        return json_is_integer(value) && (double)json_integer_value(value) >= setting->low &&
               (double)json_integer_value(value) <= setting->high;
    case HEARTH_SETTING_NUMBER:
        return json_is_number(value) && json_number_value(value) >= setting->low &&
               json_number_value(value) <= setting->high;
    case HEARTH_SETTING_TRUTH:
        return json_is_boolean(value);
    case HEARTH_SETTING_DURATION:
        return read_duration(value, &ms) == 0 && (double)ms <= setting->high;
    default:
        return json_is_string(value) && is_choice(setting, json_string_value(value));
    }
}

const char *hearth_model_setting_check(const struct hearth_model_setting *setting,
                                       const json_t *value, char *buffer, size_t size)
{
    if (is_right(setting, value))
        return NULL;
    switch (setting->kind) {
    case HEARTH_SETTING_INTEGER:
    case HEARTH_SETTING_NUMBER:
        snprintf(buffer, size, "%s from %.0f to %.0f",
                 setting->kind == HEARTH_SETTING_INTEGER ? "an integer" : "a number", setting->low,
                 setting->high);
        return buffer;
    case HEARTH_SETTING_TRUTH:
        return "true or false";
    case HEARTH_SETTING_DURATION:
        return "a duration (250ms, 30s, 10m, or a number of seconds)";
    default:
        break;
    }
    if (!setting->choices)
        return "a text";
    size_t used = (size_t)snprintf(buffer, size, "one of ");
    for (const char *const *choice = setting->choices; *choice && used < size; choice++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s",
                                 choice == setting->choices ? "" : ", ", *choice);
    return buffer;
}

int hearth_model_settings_check(const json_t *settings, struct hearth_arena *arena,
                                struct hearth_faults *ret_faults, struct hearth_error *error)
{
    struct hearth_fault_list faults;
    hearth_fault_list_init(&faults, arena, NULL);
    if (!json_is_object(settings))
        hearth_fault_add(&faults, 0, 0, "settings: expected an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)settings, key, value)
    {
        char buffer[256];
        const struct hearth_model_setting *row = hearth_model_setting_find(key);
        const char *expected =
            row ? hearth_model_setting_check(row, value, buffer, sizeof(buffer)) : NULL;
        if (!row)
            hearth_fault_add_unknown(&faults, 0, 0, "the setting", key,
                                     hearth_model_setting_keys());
        else if (expected)
            hearth_fault_add(&faults, 0, 0, "%s: expected %s", key, expected);
    }
    return hearth_fault_list_end(&faults, ret_faults, error);
}

static int64_t integer_or(const json_t *settings, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(settings, key);
    return value && is_right(hearth_model_setting_find(key), value) ? json_integer_value(value)
                                                                    : fallback;
}

static uint64_t duration_or(const json_t *settings, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(settings, key);
    uint64_t ms;
    return value && read_duration(value, &ms) == 0 ? ms : fallback;
}

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
            .context = integer_or(own, "context", server->context),
            .slots = integer_or(own, "slots", server->slots),
            .batch = integer_or(own, "batch", server->batch),
            .threads = integer_or(own, "threads", server->threads),
            .queue_max = integer_or(own, "queue_max", server->queue_max),
            .queue_tokens_max = integer_or(own, "queue_tokens_max", server->queue_tokens_max),
            .idle_unload = duration_or(own, "idle_unload", server->idle_unload),
            .request_timeout = duration_or(own, "request_timeout", server->request_timeout),
            .load_timeout = duration_or(own, "load_timeout", server->load_timeout),
            .pin = hearth_json_truth(own, "pin", false),
            .engine_json = engine_json,
        };
    json_decref(own);
    if (!engine_json)
        return hearth_error_set(error, HEARTH_EPARSE, "the model's settings are no JSON object");
    return 0;
}
