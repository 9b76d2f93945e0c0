/* The order of scores. */
#include "task/ranking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_best_comes_first_and_equal_ones_keep_their_order(void **state)
{
    (void)state;
    struct hearth_ranked ranked[] = {{0, 1}, {1, 3}, {2, 1}, {3, -2}, {4, 3}};
    static const uint32_t order[] = {1, 4, 0, 2, 3};
    hearth_rank(ranked, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ranked[i].index, order[i]);
    hearth_rank(ranked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_comes_first_and_equal_ones_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
