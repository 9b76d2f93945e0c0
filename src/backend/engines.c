#include "backend/engines.h"

#include "backend/supervisor.h"
#include "base/error.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int hearth_engines_path(const char *given, char *ret_path, size_t size, struct hearth_error *error)
{
    int rc;
    if (given && *given)
        rc = snprintf(ret_path, size, "%s", given) < (int)size ? 0 : HEARTH_ETOOLARGE;
    else
        rc = hearth_program_path("lib/hearth/engines", ret_path, size);
    return rc < 0 ? hearth_error_set(error, rc, "cannot find the engine folder") : 0;
}

/* The name comes from a definition: it may not lead out of the folder. */
static bool is_name(const char *engine)
{
    return *engine && strlen(engine) < HEARTH_ENGINE_NAME_MAX && !strchr(engine, '/');
}

bool hearth_engine_present(const char *engines_path, const char *engine)
{
    char path[HEARTH_ENGINES_PATH_MAX + HEARTH_ENGINE_NAME_MAX + 8];
    if (!is_name(engine))
        return false;
    snprintf(path, sizeof(path), "%s/%s.so", engines_path, engine);
    return access(path, R_OK) == 0;
}

/* The name is checked as one that a definition may give, and the file must be readable by us. */
static void add_file(struct hearth_engine_set *set, const char *file)
{
    size_t length = strlen(file);
    if (length <= 3 || length - 3 >= HEARTH_ENGINE_NAME_MAX ||
        strcmp(file + length - 3, ".so") != 0)
        return;
    char *name = set->names[set->count];
    snprintf(name, HEARTH_ENGINE_NAME_MAX, "%.*s", (int)(length - 3), file);
    set->count += hearth_engine_present(set->path, name);
}

/* Whatever ends in .so and can be read counts. Whether it is a plug-in of this version is found out
 * by the worker that loads it, in its sandbox. */
int hearth_engine_set_read(const char *given_path, struct hearth_engine_set *ret_set,
                           struct hearth_error *error)
{
    ret_set->count = 0;
    int rc = hearth_engines_path(given_path, ret_set->path, sizeof(ret_set->path), error);
    DIR *folder = rc == 0 ? opendir(ret_set->path) : NULL;
    if (!folder)
        return rc;
    for (struct dirent *one; ret_set->count < HEARTH_ENGINES_MAX && (one = readdir(folder));)
        add_file(ret_set, one->d_name);
    closedir(folder);
    return 0;
}

bool hearth_engine_set_has(const struct hearth_engine_set *set, const char *engine)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->names[i], engine) == 0)
            return true;
    return false;
}
