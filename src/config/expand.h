/* Replaces ${NAME} in a text by the value of that environment variable, and makes paths absolute.
 * Results are allocated in the arena that is passed; one thread at a time. */
#ifndef HEARTH_CONFIG_EXPAND_H
#define HEARTH_CONFIG_EXPAND_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stddef.h>

/* The value of a variable of `env` (as environ), or NULL when it is not set. It belongs to `env`.
 */
const char *hearth_env_find(const char *const *env, const char *name, size_t name_length);

/* Fills in `${NAME}`, `${NAME:-default}` and `$$`. HEARTH_EINVAL says what is wrong with it: a
 * variable that is not set, a form that is not closed. HEARTH_ETOOLARGE past `max` bytes. */
int hearth_expand_variables(const char *text, size_t length, const char *const *env, size_t max,
                            struct hearth_arena *arena, const char **ret_text,
                            struct hearth_error *error);

/* `~` and `~/x` begin with the variable HOME; what is relative then is relative to `base`. "" stays
 * "". HEARTH_EINVAL when HOME is needed and not set, HEARTH_ETOOLARGE past PATH_MAX. */
int hearth_expand_path(const char *path, const char *base, const char *const *env,
                       struct hearth_arena *arena, const char **ret_path,
                       struct hearth_error *error);

#endif
