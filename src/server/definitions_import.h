/* Brings the registry in line with the definition files of models/: a model that is new there is
 * installed in the background; one that is installed already gets the definition's description,
 * tags, device and settings. Loop thread only. */
#ifndef HEARTH_SERVER_DEFINITIONS_IMPORT_H
#define HEARTH_SERVER_DEFINITIONS_IMPORT_H

#include "hearth/error.h"

struct hearth_gateway;

struct hearth_definitions_import;

/* Reads models/ and brings the rows of the registry up to date on the store's lane; then `on_done`
 * comes, unless the import was destroyed before. HEARTH_EFIELDS: faulty definitions, each told on
 * standard error by file, line and column. */
int hearth_definitions_import(struct hearth_gateway *gateway, void (*on_done)(void *argument),
                              void *argument, struct hearth_definitions_import **ret_import,
                              struct hearth_error *error);
/* After on_done: starts the installs of what is defined and not there, in the background; none when
 * the server is locked. */
void hearth_definitions_install(struct hearth_definitions_import *import);
void hearth_definitions_destroy(struct hearth_definitions_import *import); /* NULL is allowed */

#endif
