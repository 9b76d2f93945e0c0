/* Reads a model's header in a sandboxed process of its own: what it is, or what is wrong with it.
 * For the registry (struct hearth_registry.probe). Blocking; any thread, with its own loop. */
#ifndef HEARTH_BACKEND_PROBE_H
#define HEARTH_BACKEND_PROBE_H

#include "base/buf.h"
#include "hearth/error.h"
#include "wire/ipc_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_probe_options {
    const char *worker_path;  /* NULL: beside this program */
    const char *engines_path; /* NULL or "": beside this program */
    enum hearth_sandbox_mode sandbox;
    uint64_t timeout_ms;
};

/* `options` is a struct hearth_probe_options. Engine and facts (a JSON object); the engine's name
 * alone, without facts, when this build does not have it. HEARTH_EMODEL names the fault,
 * HEARTH_ENOTIMPL an architecture that the engine does not have. */
int hearth_probe(void *options, const char *path, char *ret_engine, size_t engine_size,
                 struct hearth_buf *ret_facts_json, struct hearth_error *error);

/* "auto", "require", "off"; anything else is auto. */
enum hearth_sandbox_mode hearth_sandbox_mode_parse(const char *word);

#endif
