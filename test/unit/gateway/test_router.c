#include "gateway/router.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct hearth_route routes[] = {
    {.method = "GET", .path = "/models", .name = "list"},
    {.method = "POST", .path = "/models", .name = "create"},
    {.method = "GET", .path = "/models/{id}", .name = "show"},
    {.method = "GET", .path = "/models/{id}/versions/{number}", .name = "version"},
    {.method = "GET", .path = "/files/{path*}", .name = "file"},
};

struct fixture {
    struct hearth_arena *arena;
    struct hearth_route_match match;
    char allow[HEARTH_ALLOW_MAX];
};

static int find(struct fixture *f, const char *method, const char *path)
{
    const struct hearth_route_table table = {routes, sizeof(routes) / sizeof(routes[0])};
    return hearth_router_find(&table, method, path, f->arena, &f->match, f->allow);
}

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.arena = hearth_arena_create(4096);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    hearth_arena_destroy(((struct fixture *)*state)->arena);
    return 0;
}

static void finds_the_row_by_method_and_path(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "POST", "/models"), 0);
    assert_string_equal(f->match.route->name, "create");
    assert_int_equal(find(f, "GET", "/models"), 0);
    assert_string_equal(f->match.route->name, "list");
}

static void takes_parameters_in_order(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "GET", "/models/a.b/versions/12"), 0);
    assert_string_equal(f->match.route->name, "version");
    assert_string_equal(f->match.params[0], "a.b");
    assert_string_equal(f->match.params[1], "12");
}

static void a_rest_parameter_takes_all_segments(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "GET", "/files/a/b/c"), 0);
    assert_string_equal(f->match.params[0], "a/b/c");
}

static void head_finds_the_row_of_get(void **state)
{
    assert_int_equal(find(*state, "HEAD", "/models"), 0);
}

static void a_wrong_method_lists_those_that_fit(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "DELETE", "/models"), HEARTH_EMETHOD);
    assert_string_equal(f->allow, "GET, HEAD, POST");
}

static void near_misses_are_not_found(void **state)
{
    static const char *const paths[] = {"/",          "",         "/model",    "/modelss",
                                        "/models/",   "//models", "/models//", "/models/a/versions",
                                        "/models/a/", "/files/",  "/MODELS"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(find(*state, "GET", paths[i]), HEARTH_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_the_row_by_method_and_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_parameters_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rest_parameter_takes_all_segments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_finds_the_row_of_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_method_lists_those_that_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(near_misses_are_not_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
