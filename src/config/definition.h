/* Model definitions: models/NAME.yml beside hearth.yml, one model a file.
 *
 *     name: smollm2
 *     version: 1              # a label; optional
 *     source: hf:org/repo@main:file.gguf
 *     task: chat
 *     device: auto            # auto, cpu, cuda:N
 *     description: …          # optional
 *     tags: {licence: apache-2.0}
 *     settings: {context: 2048, slots: 4, pin: true}
 *
 * Values may name variables: ${VAR} must be set, ${VAR:-default} need not. Faults are collected,
 * each with file, line and column; unknown keys are faults and get a suggestion. Pure but for
 * reading the files; rows live in the arena. */
#ifndef HEARTH_CONFIG_DEFINITION_H
#define HEARTH_CONFIG_DEFINITION_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stddef.h>

struct hearth_definition {
    const char *name, *label, *source, *task, *device, *description;
    const char *tags_json;     /* "{}" when there are none */
    const char *settings_json; /* "{}" when there are none; keys checked against the known ones */
    const char *file;          /* where it was read from */
    unsigned line;
};

struct hearth_fault {
    const char *file;
    unsigned line, column; /* from 1 */
    const char *message;   /* one sentence, with the suggestion */
};

struct hearth_faults {
    struct hearth_fault *rows;
    size_t count;
};

/* One text; `file` is for messages. HEARTH_EFIELDS when there are faults; `error` has the first. */
int hearth_definition_parse(const char *text, size_t length, const char *file,
                            struct hearth_arena *arena, struct hearth_definition **ret_definition,
                            struct hearth_faults *ret_faults, struct hearth_error *error);
/* All *.yml and *.yaml of a folder, in order of name; two with one name are a fault. A folder that
 * does not exist has none. */
int hearth_definitions_read(const char *directory, struct hearth_arena *arena,
                            struct hearth_definition **ret_definitions, size_t *ret_count,
                            struct hearth_faults *ret_faults, struct hearth_error *error);

/* The known keys of `settings`: which type, for the validator of POST /models too. Ends with NULL.
 */
extern const char *const hearth_definition_settings[];

#endif
