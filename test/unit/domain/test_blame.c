#include "domain/blame.h"
#include "hearth/error.h"
#include "unit/cmocka_all.h"

static void a_load_never_blames_who_asks(void **state)
{
    (void)state;
    static const int clients[] = {HEARTH_EINVAL,   HEARTH_EPARSE,    HEARTH_EPATH,
                                  HEARTH_ECONTEXT, HEARTH_ENOTFOUND, HEARTH_ETOOLARGE,
                                  HEARTH_EFIELDS};
    static const int others[] = {HEARTH_EMEMORY, HEARTH_ETIMEOUT, HEARTH_EDIGEST, HEARTH_ECRASHED,
                                 HEARTH_EMODEL};
    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        assert_true(hearth_blames_request(clients[i]));
        assert_int_equal(hearth_blame_load(clients[i]), HEARTH_EMODEL);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(hearth_blames_request(others[i]));
        assert_int_equal(hearth_blame_load(others[i]), others[i]);
    }
}

static void only_what_lies_with_one_input_names_it(void **state)
{
    (void)state;
    assert_true(hearth_blames_input(HEARTH_ECONTEXT));
    assert_true(hearth_blames_input(HEARTH_EINVAL));
    assert_false(hearth_blames_input(HEARTH_EFIELDS)); /* it lies with the body */
    assert_false(hearth_blames_input(HEARTH_EQUEUEFULL));
}

static void a_file_that_ends_its_reader_is_to_blame(void **state)
{
    (void)state;
    assert_int_equal(hearth_blame_probe(HEARTH_ECRASHED), HEARTH_EMODEL);
    assert_int_equal(hearth_blame_probe(HEARTH_ETIMEOUT), HEARTH_ETIMEOUT);
}

static void what_breaks_the_model_shows_no_life(void **state)
{
    (void)state;
    assert_true(hearth_end_proves_life(0));
    assert_true(hearth_end_proves_life(HEARTH_ECONTEXT));
    assert_false(hearth_end_proves_life(HEARTH_EMODEL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_never_blames_who_asks),
        cmocka_unit_test(only_what_lies_with_one_input_names_it),
        cmocka_unit_test(a_file_that_ends_its_reader_is_to_blame),
        cmocka_unit_test(what_breaks_the_model_shows_no_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
