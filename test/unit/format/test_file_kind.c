#include "format/file_kind.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void first_bytes_tell_what_a_file_is(void **state)
{
    (void)state;
    assert_null(hearth_file_kind("GGUF\3\0\0\0", 8));
    assert_string_equal(hearth_file_kind("", 0), "an empty file");
    assert_string_equal(hearth_file_kind("\x10\0\0\0\0\0\0\0{", 9), "a safetensors file");
    assert_non_null(strstr(hearth_file_kind("version https://git-lfs", 23), "LFS"));
    assert_non_null(strstr(hearth_file_kind("<!DOCTYPE html>", 15), "web page"));
    assert_non_null(hearth_file_kind("GGU", 3));
    assert_non_null(hearth_file_kind("hello", 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_bytes_tell_what_a_file_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
