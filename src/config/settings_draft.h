/* Holds the settings while they are being read: gathered from all places (settings.c), then
 * converted to their types (setting_values.c). Private to src/config. */
#ifndef HEARTH_CONFIG_SETTINGS_DRAFT_H
#define HEARTH_CONFIG_SETTINGS_DRAFT_H

#include "config/fault.h"
#include "config/settings.h"
#include "config/yaml.h"

/* What is known of one setting before it is converted. */
struct hearth_setting_given {
    enum hearth_setting_origin origin;
    const char *text;               /* NULL when it is a list of hearth.yml */
    const struct hearth_yaml *node; /* of hearth.yml */
};

struct hearth_settings_draft {
    const struct hearth_settings_input *input;
    struct hearth_arena *arena;
    struct hearth_fault_list faults;
    struct hearth_settings *settings;
    struct hearth_setting_given *given; /* by row */
    const char **shown;                 /* by row */
    const char *config_path;            /* or NULL */
    const char *config_directory;
    bool is_home_config; /* the file was found in the home */
};

/* The place of a setting in hearth_settings_table, and so in `given` and `shown`. */
size_t hearth_setting_row(const struct hearth_setting *setting);
/* Fills in the member of `settings` and what is shown of it, or adds a fault. */
void hearth_setting_convert(struct hearth_settings_draft *draft,
                            const struct hearth_setting *setting);

#endif
