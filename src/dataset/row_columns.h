/* The schema of a file of examples: which members its rows have, of which types, and how many rows
 * have each. Zeroed is one of no rows. Pure. */
#ifndef HEARTH_DATASET_ROW_COLUMNS_H
#define HEARTH_DATASET_ROW_COLUMNS_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEARTH_ROW_COLUMNS_MAX = 64, HEARTH_ROW_COLUMN_NAME_MAX = 64 };

struct hearth_row_column {
    char name[HEARTH_ROW_COLUMN_NAME_MAX + 1];
    unsigned types; /* bits by jansson's json_type */
    uint64_t rows;
};

struct hearth_row_columns {
    struct hearth_row_column rows[HEARTH_ROW_COLUMNS_MAX];
    size_t count;
    bool more; /* others had no room, or have longer names */
};

void hearth_row_columns_note(struct hearth_row_columns *columns, const json_t *row);
/* {"columns": [{"name", "types": ["string" …], "rows"} …], "more"}, in the order of their coming,
 * with the types of JSON Schema; the caller's. */
json_t *hearth_row_columns_json(const struct hearth_row_columns *columns);

#endif
