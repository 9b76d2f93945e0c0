/* Finds an engine's plug-in by name in the plug-in folder, opens it and checks that it fits this
 * worker. */
#ifndef HEARTH_WORKER_PLUGIN_H
#define HEARTH_WORKER_PLUGIN_H

#include "hearth/engine.h"

/* Runs the constructors of the plug-in's libraries, so the sandbox must be up before. It stays open
 * until the process ends. HEARTH_EPATH for a name with other characters than a-z 0-9 _ -,
 * HEARTH_ENOTIMPL when it cannot be loaded, HEARTH_EINTERNAL when it was built for another ABI or
 * lacks a required slot. */
int plugin_open(const char *folder, const char *name, const struct hearth_engine_ops **ret_ops,
                struct hearth_error *error);

/* Whether this build of the plug-in has an optional slot. */
#define PLUGIN_HAS(ops, slot)                                                                      \
    ((ops)->size >= offsetof(struct hearth_engine_ops, slot) + sizeof((ops)->slot) && (ops)->slot)

#endif
