/* Checks that the settings of a model ask for no more than its files can do, and name files that
 * are there, as soon as they are set, so that nobody learns it at the first request. Blocks for the
 * header of a file; any thread. */
#ifndef HEARTH_REGISTRY_SETTINGS_FIT_H
#define HEARTH_REGISTRY_SETTINGS_FIT_H

#include "hearth/error.h"

/* Both are JSON objects as the store has them. HEARTH_EFIELDS names the setting, what it asks for
 * and what the model can: a context over the trained one, unless a rope setting stretches it. Or
 * what is wrong with the file of a draft model that is named by its path; names of the registry are
 * looked for at a load, since their models may come later. */
int hearth_settings_fit(const char *settings_json, const char *facts_json,
                        struct hearth_error *error);

#endif
