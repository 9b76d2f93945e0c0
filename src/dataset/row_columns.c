#include "dataset/row_columns.h"

#include <stdio.h>
#include <string.h>

/* NULL: there is no room for it. */
static struct hearth_row_column *column_of(struct hearth_row_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->rows[i].name, name) == 0)
            return &columns->rows[i];
    if (columns->count == HEARTH_ROW_COLUMNS_MAX || strlen(name) > HEARTH_ROW_COLUMN_NAME_MAX) {
        columns->more = true;
        return NULL;
    }
    struct hearth_row_column *column = &columns->rows[columns->count++];
    snprintf(column->name, sizeof(column->name), "%s", name);
    return column;
}

void hearth_row_columns_note(struct hearth_row_columns *columns, const json_t *row)
{
    void *at = json_object_iter((json_t *)row);
    for (; at; at = json_object_iter_next((json_t *)row, at)) {
        struct hearth_row_column *column = column_of(columns, json_object_iter_key(at));
        if (!column)
            continue;
        column->types |= 1u << json_typeof(json_object_iter_value(at));
        column->rows++;
    }
}

static json_t *types_json(unsigned types)
{
    static const struct {
        unsigned bits;
        const char *name;
    } names[] = {
        {1u << JSON_OBJECT, "object"}, {1u << JSON_ARRAY, "array"},
        {1u << JSON_STRING, "string"}, {1u << JSON_INTEGER, "integer"},
        {1u << JSON_REAL, "number"},   {1u << JSON_TRUE | 1u << JSON_FALSE, "boolean"},
        {1u << JSON_NULL, "null"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (types & names[i].bits)
            json_array_append_new(list, json_string(names[i].name));
    return list;
}

json_t *hearth_row_columns_json(const struct hearth_row_columns *columns)
{
    json_t *list = json_array();
    for (size_t i = 0; i < columns->count; i++) {
        const struct hearth_row_column *column = &columns->rows[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:I}", "name", column->name, "types",
                                              types_json(column->types), "rows",
                                              (json_int_t)column->rows));
    }
    return json_pack("{s:o, s:b}", "columns", list, "more", columns->more);
}
