/* The rows of the models as they were read last, counted, so that a request may read them while the
 * next ones take their place. Loop thread only, but for what it says. Private to the catalogue;
 * catalog.h has what others see. */
#ifndef HEARTH_CATALOG_CATALOG_ROWS_H
#define HEARTH_CATALOG_CATALOG_ROWS_H

#include "catalog/catalog.h"

/* Takes the store, and closes it with the last release. Any thread. */
struct hearth_catalog_rows *hearth_catalog_rows_create(struct hearth_store *store);
struct hearth_catalog_rows *hearth_catalog_rows_keep(struct hearth_catalog_rows *rows);

#endif
