/* The schema of rows: members in the order of their coming, their types, how many rows have them.
 */
#include "unit/cmocka_all.h"

#include "dataset/row_columns.h"

#include <stdlib.h>
#include <string.h>

static void note(struct hearth_row_columns *columns, const char *text)
{
    json_t *row = json_loads(text, 0, NULL);
    assert_non_null(row);
    hearth_row_columns_note(columns, row);
    json_decref(row);
}

static void test_members_are_counted_with_their_types(void **state)
{
    (void)state;
    struct hearth_row_columns columns = {.count = 0};
    note(&columns, "{\"prompt\": \"a\", \"n\": 1, \"t\": true}");
    note(&columns, "{\"prompt\": [], \"n\": 1.5, \"t\": false, \"x\": null}");
    note(&columns, "{\"prompt\": {}}");
    json_t *json = hearth_row_columns_json(&columns);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(
        text, "{\"columns\":["
              "{\"name\":\"prompt\",\"types\":[\"object\",\"array\",\"string\"],\"rows\":3},"
              "{\"name\":\"n\",\"types\":[\"integer\",\"number\"],\"rows\":2},"
              "{\"name\":\"t\",\"types\":[\"boolean\"],\"rows\":2},"
              "{\"name\":\"x\",\"types\":[\"null\"],\"rows\":1}],\"more\":false}");
    free(text);
    json_decref(json);
}

static void test_what_has_no_room_is_told(void **state)
{
    (void)state;
    struct hearth_row_columns columns = {.count = 0};
    char text[256];
    snprintf(text, sizeof(text), "{\"%0*d\": 1}", HEARTH_ROW_COLUMN_NAME_MAX + 1, 0);
    note(&columns, text);
    assert_true(columns.more);
    assert_int_equal(columns.count, 0);
    columns.more = false;
    for (int i = 0; i <= HEARTH_ROW_COLUMNS_MAX; i++) {
        assert_false(columns.more);
        snprintf(text, sizeof(text), "{\"c%d\": 1}", i);
        note(&columns, text);
    }
    assert_true(columns.more);
    assert_int_equal(columns.count, HEARTH_ROW_COLUMNS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_counted_with_their_types),
        cmocka_unit_test(test_what_has_no_room_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
