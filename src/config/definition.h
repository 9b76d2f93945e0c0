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
 * reading the files and the environment; rows live in the arena. A relative path in a `file:`
 * source is relative to the definition's folder. */
#ifndef HEARTH_CONFIG_DEFINITION_H
#define HEARTH_CONFIG_DEFINITION_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>

struct hearth_definition {
    const char *name, *label, *source, *task, *device, *description; /* never NULL; label, task and
                                                                        description may be "" */
    const char *tags_json;                                           /* "{}" when there are none */
    const char *settings_json; /* "{}" when there are none; as model_settings.h checks them */
    const char *file;          /* where it was read from */
    unsigned line;
};

/* One thing that is wrong in a definition or in hearth.yml. */
struct hearth_fault {
    const char *file;
    unsigned line, column; /* from 1; 0 when the fault has no place in a file */
    const char *message;   /* one sentence, with the suggestion */
};

struct hearth_faults {
    struct hearth_fault *rows;
    size_t count;
};

/* Reads one text; `file` is only for messages. HEARTH_EFIELDS when there are faults: `ret_faults`
 * has all of them, `error` the first. */
int hearth_definition_parse(const char *text, size_t length, const char *file,
                            struct hearth_arena *arena, struct hearth_definition **ret_definition,
                            struct hearth_faults *ret_faults, struct hearth_error *error);
/* Reads every .yml and .yaml file of a folder, in order of name. Two definitions with one name are
 * a fault. A folder that does not exist has no definitions. HEARTH_ETOOLARGE with more than 4,096.
 */
int hearth_definitions_read(const char *directory, struct hearth_arena *arena,
                            struct hearth_definition **ret_definitions, size_t *ret_count,
                            struct hearth_faults *ret_faults, struct hearth_error *error);

/* What a task is called here: "chat" for "chat", "embedding" for "feature-extraction" …; NULL when
 * it is not known. */
const char *hearth_task_canonical(const char *task);
/* The names that a person may write; ends with NULL. */
extern const char *const hearth_task_names[];
/* Whether a text has the form of a device: "auto", "cpu", "cuda" or "cuda:N". Such a device need
 * not be there. */
bool hearth_device_valid(const char *device);

#endif
