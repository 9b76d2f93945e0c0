#include "catalog/catalog_rows.h"

#include "base/memory.h"

struct counted {
    struct hearth_catalog_rows rows; /* first: what others see */
    unsigned uses;
};

struct hearth_catalog_rows *hearth_catalog_rows_create(struct hearth_store *store)
{
    struct counted *counted = hearth_calloc(1, sizeof(*counted));
    counted->rows.store = store;
    counted->uses = 1;
    return &counted->rows;
}

struct hearth_catalog_rows *hearth_catalog_rows_keep(struct hearth_catalog_rows *rows)
{
    ((struct counted *)rows)->uses++;
    return rows;
}

void hearth_catalog_rows_release(struct hearth_catalog_rows *rows)
{
    if (!rows || --((struct counted *)rows)->uses)
        return;
    hearth_store_close(rows->store);
    hearth_free(rows);
}
