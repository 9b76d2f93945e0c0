/* Brings the registry in line with the definitions of models/: what is new is installed in the
 * background, what is there gets the definition's description, tags, device and settings. Loop
 * thread only. */
#ifndef HEARTH_SERVER_DEFINITIONS_IMPORT_H
#define HEARTH_SERVER_DEFINITIONS_IMPORT_H

#include "hearth/error.h"

struct hearth_gateway;

/* HEARTH_EFIELDS names the first faulty definition. `on_done` comes when the rows are up to date;
 * installs may go on. */
int hearth_definitions_import(struct hearth_gateway *gateway, void (*on_done)(void *argument),
                              void *argument, struct hearth_error *error);

#endif
