/* The engine's plug-in: found by name in the plug-in folder, opened and checked. */
#ifndef HEARTH_WORKER_PLUGIN_H
#define HEARTH_WORKER_PLUGIN_H

#include "hearth/engine.h"

/* Runs the plug-in's constructors: the sandbox must be up. It is never closed. Names outside
 * [a-z0-9_-] are refused. */
int plugin_open(const char *folder, const char *name, const struct hearth_engine_ops **ret_ops,
                struct hearth_error *error);

/* Whether this build of the plug-in has an optional slot. */
#define PLUGIN_HAS(ops, slot)                                                                      \
    ((ops)->size >= offsetof(struct hearth_engine_ops, slot) + sizeof((ops)->slot) && (ops)->slot)

#endif
