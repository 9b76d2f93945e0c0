/* Prints a JSON value and a line end on standard output. */
#ifndef HEARTH_CLI_PRINT_JSON_H
#define HEARTH_CLI_PRINT_JSON_H

#include "base/json.h"

/* Takes the value over, also when it fails. NULL, which json_pack answers without memory, is an
 * error. */
int hearth_print_json(json_t *value, struct hearth_error *error);

#endif
