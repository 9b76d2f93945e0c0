#include "gateway/router.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct hearth_route routes[] = {
    {.method = "POST",
     .path = "/v1/rerank",
     .aliases = (const char *const[]){"/rerank", "/v2/rerank", NULL},
     .name = "rerank",
     .errors = HEARTH_ERRORS_OPENAI},
    {.method = "GET", .path = "/v1/models", .name = "theirs", .errors = HEARTH_ERRORS_OPENAI},
    {.method = "GET", .path = "/", .name = "home"},
    {.method = "GET",
     .path = "/health",
     .aliases = (const char *const[]){"/v1/health", NULL},
     .name = "health"},
    {.method = "GET", .path = "/models", .name = "list"},
    {.method = "POST", .path = "/models", .name = "create"},
    {.method = "GET", .path = "/models/{id}", .name = "show"},
    {.method = "GET", .path = "/models/{id}/versions/{number}", .name = "version"},
    {.method = "GET", .path = "/files/{path*}", .name = "file"},
};

static const struct hearth_route_table table = {routes, sizeof(routes) / sizeof(routes[0])};

struct fixture {
    struct hearth_arena *arena;
    struct hearth_route_match match;
    char allow[HEARTH_ALLOW_MAX];
};

static int find(struct fixture *f, const char *method, const char *path)
{
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

static void repeated_and_trailing_slashes_are_folded(void **state)
{
    struct fixture *f = *state;
    static const char *const lists[] = {"/models/", "//models", "/models//", "///models///"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_int_equal(find(f, "GET", lists[i]), 0);
        assert_string_equal(f->match.route->name, "list");
    }
    assert_int_equal(find(f, "GET", "/models//a.b/"), 0);
    assert_string_equal(f->match.route->name, "show");
    assert_string_equal(f->match.params[0], "a.b");
    assert_int_equal(find(f, "GET", "/models/a///versions//12/"), 0);
    assert_string_equal(f->match.params[1], "12");
    assert_int_equal(find(f, "GET", "//"), 0);
    assert_string_equal(f->match.route->name, "home");
}

static void slashes_inside_a_rest_parameter_are_kept(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "GET", "/files//a//b/c//"), 0);
    assert_string_equal(f->match.params[0], "a//b/c");
}

static void an_alias_finds_its_row(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {"/v1/rerank", "/rerank", "/v2/rerank/", "//rerank"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(find(f, "POST", paths[i]), 0);
        assert_string_equal(f->match.route->name, "rerank");
    }
    assert_int_equal(find(f, "GET", "/rerank"), HEARTH_EMETHOD);
    assert_string_equal(f->allow, "POST");
}

static void errors_have_the_shape_of_the_row_that_shares_most(void **state)
{
    (void)state;
    static const char *const theirs[] = {"/v1/rerank", "/rerank",     "/v2/rerank", "/rerank/x",
                                         "/v1",        "/v1/nothing", "//v1//x",    "/v1/models/x",
                                         "/v2/embed",  "/v1/models/", "/v1/"};
    static const char *const ours[] = {
        "",        "/",          "/models",    "/models/x/y", "/nothing",  "/v1x", "/v",
        "/health", "/v1/health", "/V1/models", "/xv1/models", "v1/models", "*",    "/v1/health/x"};
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
        assert_int_equal(hearth_router_errors(&table, theirs[i]), HEARTH_ERRORS_OPENAI);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        assert_int_equal(hearth_router_errors(&table, ours[i]), HEARTH_ERRORS_HEARTH);
}

static void near_misses_are_not_found(void **state)
{
    static const char *const paths[] = {
        "", "models", "/model", "/modelss", "/files", "/files/", "/models/a/versions", "/MODELS"};
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
        cmocka_unit_test_setup_teardown(repeated_and_trailing_slashes_are_folded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(slashes_inside_a_rest_parameter_are_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_alias_finds_its_row, set_up, tear_down),
        cmocka_unit_test(errors_have_the_shape_of_the_row_that_shares_most),
        cmocka_unit_test_setup_teardown(near_misses_are_not_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
