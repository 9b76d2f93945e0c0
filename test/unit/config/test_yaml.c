#include "config/expand.h"
#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const env[] = {"NAME=hearth", "EMPTY=", "HOME=/home/u", NULL};

struct fixture {
    struct hearth_arena *arena;
    struct hearth_fault_list faults;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.arena = hearth_arena_create(4 << 20);
    hearth_fault_list_init(&fixture.faults, fixture.arena, "x.yml");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    hearth_arena_destroy(((struct fixture *)*state)->arena);
    return 0;
}

static struct hearth_yaml *parse(struct fixture *fixture, const char *text)
{
    hearth_fault_list_init(&fixture->faults, fixture->arena, "x.yml");
    return hearth_yaml_parse(text, strlen(text), env, fixture->arena, &fixture->faults);
}

static void expect_fault(struct fixture *fixture, const char *text, unsigned line, unsigned column,
                         const char *part)
{
    parse(fixture, text);
    if (fixture->faults.faults.count == 0)
        fail_msg("no fault in: %s", text);
    const struct hearth_fault *fault = &fixture->faults.faults.rows[0];
    if (!strstr(fault->message, part) || fault->line != line || fault->column != column)
        fail_msg("%s: got %u:%u: %s", text, fault->line, fault->column, fault->message);
}

static void a_tree_knows_where_everything_stands(void **state)
{
    struct hearth_yaml *root = parse(*state, "# first\nname: x\nlist:\n  - a\n  - {k: 'v w'}\n");
    assert_non_null(root);
    assert_int_equal(root->kind, HEARTH_YAML_MAP);
    const struct hearth_yaml *name = root->first, *list = name->next;
    assert_string_equal(name->key, "name");
    assert_string_equal(name->text, "x");
    assert_int_equal(name->key_line, 2);
    assert_int_equal(name->column, 7);
    assert_int_equal(list->kind, HEARTH_YAML_LIST);
    assert_null(list->next);
    const struct hearth_yaml *map = list->first->next;
    assert_int_equal(map->kind, HEARTH_YAML_MAP);
    assert_int_equal(map->line, 5);
    assert_string_equal(map->first->text, "v w");
}

static void an_empty_text_is_an_empty_map(void **state)
{
    static const char *const texts[] = {"", "# nothing\n", "---\n", "~", "--- null\n...\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct hearth_yaml *root = parse(*state, texts[i]);
        assert_non_null(root);
        assert_int_equal(root->kind, HEARTH_YAML_MAP);
        assert_null(root->first);
    }
}

static void nothing_differs_from_an_empty_text(void **state)
{
    struct hearth_yaml *root = parse(*state, "a:\nb: ''\nc: null\nd: 'null'\n");
    assert_int_equal(root->first->kind, HEARTH_YAML_NULL);
    assert_int_equal(root->first->next->kind, HEARTH_YAML_SCALAR);
    assert_int_equal(root->first->next->next->kind, HEARTH_YAML_NULL);
    assert_int_equal(root->first->next->next->next->kind, HEARTH_YAML_SCALAR);
}

static void what_is_not_taken_is_a_fault_in_its_place(void **state)
{
    expect_fault(*state, "a: &x 1\n", 1, 4, "anchors");
    expect_fault(*state, "a: *x\n", 1, 4, "aliases");
    expect_fault(*state, "a: !!str 1\n", 1, 4, "tags");
    expect_fault(*state, "a: !<!x> {}\n", 1, 4, "tags");
    expect_fault(*state, "a: 1\n---\nb: 2\n", 2, 1, "second document");
    expect_fault(*state, "{a: 1}: 2\n", 1, 1, "key must be a plain text");
    expect_fault(*state, "a: 1\nb: 2\na: 3\n", 3, 1, "second time; the first is in line 1");
    expect_fault(*state, "a: \"x\\0y\"\n", 1, 4, "U+0000");
    expect_fault(*state, "\"x\\0y\": 1\n", 1, 1, "U+0000");
}

static void what_is_no_yaml_says_where(void **state)
{
    struct fixture *fixture = *state;
    assert_null(parse(fixture, "a: [1, 2\nb: 3\n"));
    assert_int_equal(fixture->faults.faults.count, 1);
    assert_int_equal(fixture->faults.faults.rows[0].line, 2);
    assert_non_null(strstr(fixture->faults.faults.rows[0].message, "not YAML"));
    assert_null(parse(fixture, "a:\tb: c\n\t- x"));
    assert_null(parse(fixture, "\xff\xfe\x00"));
    assert_null(parse(fixture, "a: \x80\x81\n"));
    assert_true(fixture->faults.faults.count > 0);
}

static void depth_number_and_size_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    hearth_fault_list_init(&fixture->faults, fixture->arena, "x.yml");
    assert_null(hearth_yaml_parse(deep, 200, env, fixture->arena, &fixture->faults));
    assert_string_equal(fixture->faults.faults.rows[0].message, "the values are nested too deeply");

    size_t many = 3 * (HEARTH_YAML_NODES_MAX + 10);
    char *list = malloc(many + 1);
    for (size_t i = 0; i < many; i += 3)
        memcpy(list + i, "- \n", 3);
    list[many] = '\0';
    assert_null(parse(fixture, list));
    assert_string_equal(fixture->faults.faults.rows[0].message, "the file has too many values");
    free(list);

    char *large = calloc(1, HEARTH_YAML_BYTES_MAX + 2);
    memset(large, ' ', HEARTH_YAML_BYTES_MAX + 1);
    assert_null(parse(fixture, large));
    free(large);
}

static void variables_are_filled_in(void **state)
{
    struct hearth_yaml *root =
        parse(*state, "a: ${NAME}\nb: \"x ${NAME}-${NONE:-y}\"\nc: ${EMPTY:-e}\nd: $$${NAME}\n"
                      "e: a$b\nf: $${NAME}\ng: ${EMPTY}\nh: ${NONE:-}\n");
    static const char *const expected[] = {"hearth", "x hearth-y", "e", "$hearth",
                                           "a$b",    "${NAME}",    "",  ""};
    assert_non_null(root);
    assert_int_equal(((struct fixture *)*state)->faults.faults.count, 0);
    const struct hearth_yaml *member = root->first;
    for (size_t i = 0; i < 8; i++, member = member->next)
        assert_string_equal(member->text, expected[i]);
}

static void a_variable_that_is_not_set_is_named(void **state)
{
    expect_fault(*state, "a: 1\nb: x${NONE}\n", 2, 4, "the variable NONE is not set");
    expect_fault(*state, "b: x${NAME\n", 1, 4, "no closing brace");
    expect_fault(*state, "b: ${NAME:+x}\n", 1, 4, "is not a variable");
    expect_fault(*state, "b: ${}\n", 1, 4, "is not a variable");
    expect_fault(*state, "b: ${1A}\n", 1, 4, "is not a variable");
}

static void a_value_that_grows_too_large_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    char *value = malloc(40001);
    memset(value, 'x', 40000);
    memcpy(value, "BIG=", 4);
    value[40000] = '\0';
    const char *const big[] = {value, NULL};
    hearth_fault_list_init(&fixture->faults, fixture->arena, "x.yml");
    const char *text = "a: ${BIG}${BIG}\n";
    hearth_yaml_parse(text, strlen(text), big, fixture->arena, &fixture->faults);
    free(value);
    assert_int_equal(fixture->faults.faults.count, 1);
    assert_non_null(strstr(fixture->faults.faults.rows[0].message, "longer than"));
}

static void faults_over_the_limit_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_error error;
    struct hearth_faults rows;
    for (int i = 0; i < HEARTH_FAULTS_MAX + 5; i++)
        hearth_fault_add(&fixture->faults, 3, 4, "fault %d", i);
    assert_int_equal(hearth_fault_list_end(&fixture->faults, &rows, &error), HEARTH_EFIELDS);
    assert_int_equal(rows.count, HEARTH_FAULTS_MAX);
    assert_string_equal(error.message, "x.yml:3:4: fault 0 (and 104 more)");
}

static void paths_become_absolute(void **state)
{
    struct fixture *fixture = *state;
    static const char *const cases[][2] = {
        {"a/b", "/base/a/b"}, {"/x", "/x"},       {"~/m", "/home/u/m"}, {"~", "/home/u"}, {"", ""},
        {".", "/base"},       {"~x", "/base/~x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = NULL;
        assert_int_equal(hearth_expand_path(cases[i][0], "/base", env, fixture->arena, &path, NULL),
                         0);
        assert_string_equal(path, cases[i][1]);
    }
    const char *path = "untouched";
    const char *const none[] = {NULL};
    assert_int_equal(hearth_expand_path("~/x", "/", none, fixture->arena, &path, NULL),
                     HEARTH_EINVAL);
    assert_string_equal(path, "untouched");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tree_knows_where_everything_stands),
        TEST(an_empty_text_is_an_empty_map),
        TEST(nothing_differs_from_an_empty_text),
        TEST(what_is_not_taken_is_a_fault_in_its_place),
        TEST(what_is_no_yaml_says_where),
        TEST(depth_number_and_size_are_bounded),
        TEST(variables_are_filled_in),
        TEST(a_variable_that_is_not_set_is_named),
        TEST(a_value_that_grows_too_large_is_a_fault),
        TEST(faults_over_the_limit_are_counted),
        TEST(paths_become_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
