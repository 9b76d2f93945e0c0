/* Reads the settings that api/settings.json lists. A value can come from four places, of which a
 * later one wins: the default, hearth.yml, the environment, a flag of the command line. `struct
 * hearth_settings` is generated (settings.gen.h) and has a member for each key. Blocking: reads one
 * file. One thread at a time. */
#ifndef HEARTH_CONFIG_SETTINGS_H
#define HEARTH_CONFIG_SETTINGS_H

#include "base/arena.h"
#include "config/definition.h"
#include "config/settings.gen.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_setting_kind {
    HEARTH_SETTING_TEXT,
    HEARTH_SETTING_PATH,
    HEARTH_SETTING_INTEGER,
    HEARTH_SETTING_NUMBER,
    HEARTH_SETTING_SIZE,     /* bytes */
    HEARTH_SETTING_DURATION, /* milliseconds */
    HEARTH_SETTING_TRUTH,
    HEARTH_SETTING_LIST,
    HEARTH_SETTING_MAP, /* texts by name; of a model's settings only */
};

/* One row of the table, for help, `config show` and the reference. */
struct hearth_setting {
    const char *key, *flag; /* "header-timeout" */
    const char *env, *fallback, *help;
    const char *commands; /* "serve", "all", "client", or a list with commas */
    const char *type;     /* as in api/settings.json */
    enum hearth_setting_kind kind;
    const char *const *choices; /* ends with NULL, or NULL */
    int64_t low, high;          /* of integers, numbers, sizes and durations */
    bool secret;
    size_t offset; /* of the member in struct hearth_settings */
};
extern const struct hearth_setting hearth_settings_table[];
extern const size_t hearth_settings_count;

/* The row of a key or flag ("header_timeout", "header-timeout"), or NULL. */
const struct hearth_setting *hearth_setting_find(const char *word);

struct hearth_settings_input {
    const char *const *flags; /* pairs key, value …, ends with NULL; keys as in the table */
    const char *const *env;   /* environ */
    const char *directory;    /* the current folder, where hearth.yml is looked for */
};

/* Where a value came from, for `config show`. */
enum hearth_setting_origin {
    HEARTH_FROM_DEFAULT,
    HEARTH_FROM_FILE,
    HEARTH_FROM_ENV,
    HEARTH_FROM_FLAG
};

struct hearth_settings_origins {
    enum hearth_setting_origin *by_row; /* hearth_settings_count of them */
    const char **text;                  /* the value as text, secrets blotted out, never NULL */
    const char *config_path;            /* the hearth.yml that was read, or NULL */
    const char *project_directory; /* the folder of hearth.yml: models/ and hearth.lock lie there */
};

/* Everything lies in the arena. HEARTH_EFIELDS when there are faults: all of them are in
 * `ret_faults`, the first in `error`, and `ret_origins` only says where hearth.yml lies;
 * `ret_origins` and `ret_faults` may be NULL. HEARTH_ENOTFOUND when a hearth.yml that was named is
 * not there. */
int hearth_settings_load(const struct hearth_settings_input *input, struct hearth_arena *arena,
                         struct hearth_settings **ret_settings,
                         struct hearth_settings_origins *ret_origins,
                         struct hearth_faults *ret_faults, struct hearth_error *error);

#endif
