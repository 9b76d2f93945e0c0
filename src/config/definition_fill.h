/* Reads one model definition from its YAML text. Shared by definition.c, which reads a single text,
 * and definition_folder.c, which reads all of models/. Private to src/config. */
#ifndef HEARTH_CONFIG_DEFINITION_FILL_H
#define HEARTH_CONFIG_DEFINITION_FILL_H

#include "config/definition.h"
#include "config/fault.h"

/* Faults are added for `faults->file`; what is not faulty is filled in. */
void hearth_definition_fill(struct hearth_definition *definition, const char *text, size_t length,
                            struct hearth_arena *arena, struct hearth_fault_list *faults);

#endif
