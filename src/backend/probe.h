/* Finds out what a model is, or what is wrong with it, before it is installed: its header is read
 * by a worker in its sandbox, because the file comes from a stranger. The registry calls it (struct
 * hearth_registry.probe). Blocking; any thread, with a loop of its own. */
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

/* `options` is a struct hearth_probe_options. Returns the engine's name and the model's facts (a
 * JSON object); the name alone when this build does not have that engine. HEARTH_EMODEL says what
 * is wrong with the file, HEARTH_ENOTIMPL that the engine does not know its architecture. An
 * `adapter` (a path, or NULL) that does not fit the model is an error of the same kinds. */
int hearth_probe(void *options, const char *path, const char *adapter, char *ret_engine,
                 size_t engine_size, struct hearth_buf *ret_facts_json, struct hearth_error *error);

/* How a model is to be loaded, as of struct hearth_ipc_hello. */
struct hearth_probe_load {
    const char *path;
    uint32_t context, slots, batch;
    bool context_is_limit;
    const char *settings_json; /* the engine's; NULL: none */
};
/* What it would take, planned in the same way. */
int hearth_probe_plan(const struct hearth_probe_options *options,
                      const struct hearth_probe_load *load, struct hearth_memory_plan *ret_plan,
                      struct hearth_error *error);

/* "auto", "require", "off"; anything else is auto. */
enum hearth_sandbox_mode hearth_sandbox_mode_parse(const char *word);

#endif
