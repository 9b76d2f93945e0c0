/* Times as texts. */
#include "unit/cmocka_all.h"

#include "base/clock.h"

static void test_a_time_comes_back_from_its_text(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, 999, 1795858205678, 4102444799999};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[25];
        int64_t back = -1;
        hearth_clock_iso8601(times[i], text);
        assert_true(hearth_clock_iso8601_read(text, &back));
        assert_int_equal(back, times[i]);
    }
}

static void test_other_texts_are_no_times(void **state)
{
    (void)state;
    static const char *const strange[] = {"",
                                          "2026-11-21",
                                          "2026-11-21T13:04:05Z",
                                          "2026-11-21T13:04:05.67Z",
                                          "2026-11-21T13:04:05.678",
                                          "2026-11-21T13:04:05.678Z ",
                                          "2026-02-31T13:04:05.678Z",
                                          "2026-11-21T13:04:05.6-8Z",
                                          "21.11.2026"};
    int64_t back;
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
        assert_false(hearth_clock_iso8601_read(strange[i], &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_time_comes_back_from_its_text),
        cmocka_unit_test(test_other_texts_are_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
