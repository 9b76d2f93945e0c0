#include "task/fault_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct hearth_place_name names[] = {
    {"tools[*].function.parameters", "tools[*].input_schema"},
    {"response_format", "text.format"},
    {NULL, NULL}};

static void a_place_gets_the_name_that_the_client_gave_it(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"tools[12].function.parameters.a: no", "tools[12].input_schema.a: no"},
        {"tools[].function.parameters", "tools[].input_schema"},
        {"tools[1].function.name is missing", "tools[1].function.name is missing"},
        {"response_format must be an object", "text.format must be an object"},
        {"the response_format", "the response_format"},
        {"", ""},
    };
    char told[64];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hearth_fault_place_rename(names, rows[i][0], told, sizeof(told));
        assert_string_equal(told, rows[i][1]);
    }
    hearth_fault_place_rename(NULL, "response_format", told, sizeof(told));
    assert_string_equal(told, "response_format");
    hearth_fault_place_rename(names, "response_format", told, 8);
    assert_string_equal(told, "text.fo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_gets_the_name_that_the_client_gave_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
