/* Which engines this installation has: plug-ins, a file NAME.so each, in one folder. */
#ifndef HEARTH_BACKEND_ENGINES_H
#define HEARTH_BACKEND_ENGINES_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>

#define HEARTH_ENGINES_MAX 32
#define HEARTH_ENGINE_NAME_MAX 64 /* with a NUL */
#define HEARTH_ENGINES_PATH_MAX 4096

/* The folder of engines: as given, else beside this program (`given` NULL or ""). */
int hearth_engines_path(const char *given, char *ret_path, size_t size, struct hearth_error *error);
/* May a plug-in of this name be loaded from there? Blocking. */
bool hearth_engine_present(const char *engines_path, const char *engine);

/* The names that were there when the folder was read, so that a request has to ask no disk. */
struct hearth_engine_set {
    char path[HEARTH_ENGINES_PATH_MAX];
    char names[HEARTH_ENGINES_MAX][HEARTH_ENGINE_NAME_MAX];
    size_t count;
};
/* Blocking: when a server starts. A folder that cannot be read has none. Of more than
 * HEARTH_ENGINES_MAX the others are not seen. */
int hearth_engine_set_read(const char *given_path, struct hearth_engine_set *ret_set,
                           struct hearth_error *error);
bool hearth_engine_set_has(const struct hearth_engine_set *set, const char *engine);

#endif
