#include "domain/cpu_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct hearth_cpus cpus(const char *list)
{
    struct hearth_cpus parsed;
    assert_int_equal(hearth_cpus_parse(list, strlen(list), &parsed), 0);
    return parsed;
}

static void assert_part(const struct hearth_cpus *part, const char *expected)
{
    char list[HEARTH_CPU_LIST_MAX];
    assert_int_equal(hearth_cpus_write(part, list, sizeof(list)), 0);
    assert_string_equal(list, expected);
}

static void lists_are_the_kernels(void **state)
{
    (void)state;
    const char *const good[] = {"0", "0-3", "0-3,8", "1,3,5", "0-1023"};
    const char *const bad[] = {"",   "-1",   "3-1",         "1,", ",1",
                               "1-", "1024", "99999999999", "a",  "1 2"};
    struct hearth_cpus parsed;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct hearth_cpus set = cpus(good[i]);
        assert_part(&set, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_cpus_parse(bad[i], strlen(bad[i]), &parsed), HEARTH_EPARSE);
    struct hearth_cpus odd = cpus("1,3,5,7,9");
    char small[6];
    assert_int_equal(hearth_cpus_write(&odd, small, sizeof(small)), HEARTH_ETOOLARGE);
    assert_int_equal(hearth_cpus_count(&odd), 5);
}

static void workers_stay_within_nodes(void **state)
{
    (void)state;
    struct hearth_cpus usable = cpus("0-7"), parts[4];
    const struct hearth_cpus nodes[] = {cpus("0,2,4,6"), cpus("1,3,5,7")};
    struct hearth_error error;
    assert_int_equal(hearth_cpu_split("auto", &usable, nodes, 2, 2, parts, &error), 0);
    assert_part(&parts[0], "0,2,4,6");
    assert_part(&parts[1], "1,3,5,7");
    assert_int_equal(hearth_cpu_split("auto", &usable, nodes, 2, 4, parts, &error), 0);
    assert_part(&parts[1], "4,6");
    assert_part(&parts[2], "1,3");
    assert_int_equal(hearth_cpu_split("auto", &usable, NULL, 0, 3, parts, &error), 0);
    assert_int_equal(hearth_cpus_count(&parts[0]) + hearth_cpus_count(&parts[1]) +
                         hearth_cpus_count(&parts[2]),
                     8);
    struct hearth_cpus few = cpus("4");
    assert_int_equal(hearth_cpu_split("auto", &few, nodes, 2, 2, parts, &error), HEARTH_ENOTFOUND);
}

static void a_list_is_taken_as_it_stands(void **state)
{
    (void)state;
    struct hearth_cpus usable = cpus("0-3"), parts[2];
    struct hearth_error error;
    assert_int_equal(hearth_cpu_split("3;0-1", &usable, NULL, 0, 2, parts, &error), 0);
    assert_part(&parts[0], "3");
    assert_part(&parts[1], "0-1");
    assert_int_equal(hearth_cpu_split("0-1", &usable, NULL, 0, 2, parts, &error), 0);
    assert_part(&parts[1], "0-1");
    const char *const bad[] = {"0;1;2", "0-4", "x", "0;", ";"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_cpu_split(bad[i], &usable, NULL, 0, 2, parts, &error),
                         HEARTH_EINVAL);
}

static void a_wish_that_no_machine_could_keep_is_told_from_others(void **state)
{
    (void)state;
    const char *const possible[] = {"auto", "off", "0", "0-3;4-7", "1000-1023"};
    const char *const impossible[] = {"zzz", "", "0;", ";", "3-1", "0-1024", "auto;0", "Off"};
    for (size_t i = 0; i < sizeof(possible) / sizeof(possible[0]); i++)
        assert_true(hearth_cpu_wish_is_possible(possible[i]));
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
        assert_false(hearth_cpu_wish_is_possible(impossible[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_the_kernels),
        cmocka_unit_test(workers_stay_within_nodes),
        cmocka_unit_test(a_list_is_taken_as_it_stands),
        cmocka_unit_test(a_wish_that_no_machine_could_keep_is_told_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
