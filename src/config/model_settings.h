/* Checks the settings of one model (what `settings:` of a definition and of POST /models may say)
 * and joins them with the server's own. Pure; one thread at a time.
 *
 * They are stored as a JSON object (settings_json): integers, numbers and truths as such, a
 * duration as text with its unit or as a number of seconds, a list of paths as an array of texts, a
 * map of texts as an object. Keys that only an engine knows are handed on to it. */
#ifndef HEARTH_CONFIG_MODEL_SETTINGS_H
#define HEARTH_CONFIG_MODEL_SETTINGS_H

#include "base/arena.h"
#include "base/json.h"
#include "config/definition.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* One row of the table of a model's settings. `low` and `high` bound integers and numbers, and
 * durations in milliseconds. */
struct hearth_model_setting {
    const char *key;
    enum hearth_setting_kind kind;
    double low, high;
    const char *const *choices; /* ends with NULL, or NULL */
    bool is_engines;            /* only the engine reads it */
    bool takes_auto;            /* the word `auto` in place of an integer */
    const char *help;
};

/* Generated from api/model_settings.json; ends with a row without a key. */
extern const struct hearth_model_setting hearth_model_settings_table[];
/* The row of a key, or NULL. */
const struct hearth_model_setting *hearth_model_setting_find(const char *key);
/* The keys alone, for suggestions; ends with NULL. */
extern const char *const hearth_model_setting_keys[];

/* NULL when the value is right, else what was expected ("an integer from 1 to 256"): a constant, or
 * a text in `buffer`, which has `size` bytes. A NULL value is never right. */
const char *hearth_model_setting_check(const struct hearth_model_setting *setting,
                                       const json_t *value, char *buffer, size_t size);
/* The key of a setting that does not go together with another one, and what was expected of it
 * (both constants); NULL when they go together. Wrong values are no matter of this. */
const char *hearth_model_settings_conflict(const json_t *settings, const char **ret_expected);
/* Checks all settings of an object: HEARTH_EFIELDS and a fault for each key that is unknown or
 * wrong. The messages begin with the key; the faults have no place in a file. */
int hearth_model_settings_check(const json_t *settings, struct hearth_arena *arena,
                                struct hearth_faults *ret_faults, struct hearth_error *error);

/* What computes a model of llama.cpp's kinds by its settings, which may be NULL: what `compute`
 * asks for, else `found`, which was told of the files alone ("own", "libllama", ""), unless another
 * setting asks for what our own decoder does not have. The engine has the last word, when it loads.
 */
const char *hearth_model_settings_compute(const json_t *settings, const char *found);

/* `context`: as many tokens as the model can, or as memory allows. */
#define HEARTH_CONTEXT_AUTO (-1)

/* What is in force for a model: its own settings where it has them, else the server's. */
struct hearth_model_settings {
    bool context_is_servers; /* `context` is the server's wish for all models, not this one's own */
    int64_t context, slots, batch, threads, queue_max, queue_tokens_max, replicas, breaker_failures;
    uint64_t idle_unload, request_timeout, load_timeout; /* milliseconds; 0 is never or none */
    uint64_t prefix_disk;                                /* bytes; 0: nothing is kept there */
    uint64_t breaker_rest, gap_max;                      /* milliseconds */
    bool pin;
    bool drops_turns; /* of conversations that do not fit into the context */
    const char *affinity;
    const char *engine_json; /* object of the keys that only the engine knows */
    const char *readable;    /* paths that it names, one a line; NULL: none */
};

/* The engine's settings and the readable paths with the draft model, whose name becomes this path.
 * Texts of the arena. */
void hearth_model_settings_draft(struct hearth_model_settings *settings, const char *path,
                                 struct hearth_arena *arena);

/* The engine's settings and the readable paths with one adapter more, behind those that are there.
 * Texts of the arena. */
void hearth_model_settings_adapt(struct hearth_model_settings *settings, const char *adapter,
                                 struct hearth_arena *arena);

/* HEARTH_EPARSE when the text is no JSON object; a value of a wrong type counts as absent. */
int hearth_model_settings_read(const char *settings_json, const struct hearth_settings *server,
                               struct hearth_arena *arena, struct hearth_model_settings *ret,
                               struct hearth_error *error);

#endif
