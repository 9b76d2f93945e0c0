/* A JSON value and a line end on standard output. */
#ifndef HEARTH_CLI_PRINT_JSON_H
#define HEARTH_CLI_PRINT_JSON_H

#include "base/json.h"

/* Takes the value over. */
int hearth_print_json(json_t *value, struct hearth_error *error);

#endif
