/* Opens a plug-in; see include/hearth/engine.h for its table. */
#include "worker/plugin.h"

#include "base/error.h"
#include "base/memory.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Slots behind `detokenize` are optional: an older build may not have them at all, which `size`
 * tells. */
static int check(const struct hearth_engine_ops *ops, const char *path, struct hearth_error *error)
{
    if (!ops)
        return hearth_error_set(error, HEARTH_EINTERNAL, "%s has no table of an engine", path);
    if (ops->abi != HEARTH_ENGINE_ABI)
        return hearth_error_set(error, HEARTH_EINTERNAL,
                                "%s was built for ABI %u; this worker has ABI %u", path, ops->abi,
                                HEARTH_ENGINE_ABI);
    if (ops->size < offsetof(struct hearth_engine_ops, detokenize) || !ops->name || !ops->version ||
        !ops->describe || !ops->plan_memory || !ops->load || !ops->prepare || !ops->discard ||
        !ops->step || !ops->cancel || !ops->abort || !ops->unload)
        return hearth_error_set(error, HEARTH_EINTERNAL,
                                "the table of the engine %s lacks a required function", path);
    return 0;
}

int plugin_open(const char *folder, const char *name, const struct hearth_engine_ops **ret_ops,
                struct hearth_error *error)
{
    if (!name[0] || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
        return hearth_error_set(error, HEARTH_EPATH, "\"%s\" is not the name of an engine", name);
    char *path = hearth_format("%s/%s.so", folder, name);
    /* OpenMP reads this when an engine brings it in: docs/decisions/020-openmp-spin.md. */
    setenv("GOMP_SPINCOUNT", "500", 0);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *why = library ? NULL : dlerror();
    int rc;
    if (library) {
        const struct hearth_engine_ops *ops = dlsym(library, HEARTH_ENGINE_SYMBOL);
        if (!(rc = check(ops, path, error)))
            *ret_ops = ops;
    } else {
        rc = hearth_error_set(error, HEARTH_ENOTIMPL, "the engine \"%s\" cannot be loaded: %s",
                              name, why ? why : "unknown");
    }
    hearth_free(path);
    return rc;
}
