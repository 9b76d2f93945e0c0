/* The registry follows the definitions of models/: what is new is installed, what has changed is
 * changed, and nothing is fetched twice or against the lock. */
#include "support/gateway_bed.h"

#include "server/definitions_import.h"

static struct gateway_bed bed;

static int set_up(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_GENERATE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gateway_bed_close(&bed);
    return 0;
}

static void define(const char *file, const char *text)
{
    const char *project = bed.origins.project_directory ? bed.origins.project_directory : bed.home;
    char *folder = hearth_format("%s/models", project);
    char *path = hearth_format("%s/%s", folder, file);
    mkdir(folder, 0700);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    hearth_free(path);
    hearth_free(folder);
}

static void on_imported(void *argument)
{
    ++*(int *)argument;
}

static bool is_settled(void *argument)
{
    return *(const int *)argument && hearth_installs_idle(bed.gateway.installs);
}

/* Imports and waits for all installs that came of it. */
static void import_definitions(void)
{
    struct hearth_error error = {0};
    int told = 0;
    struct hearth_definitions_import *import;
    assert_int_equal(hearth_definitions_import(&bed.gateway, on_imported, &told, &import, &error),
                     0);
    assert_int_equal(told, 0); /* never from inside the call */
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_settled, &told));
    hearth_definitions_install(import);
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_settled, &told));
    hearth_definitions_destroy(import);
    assert_int_equal(told, 1);
}

static void a_new_definition_is_installed_as_it_says(void **state)
{
    (void)state;
    define("x.yml", "name: x\nsource: 'fake:reply = a'\ntask: chat\ndescription: one\n"
                    "tags: {owner: me}\nsettings: {slots: 3}\n");
    import_definitions();
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_text_at(shown, "task", "chat");
    assert_text_at(shown, "description", "one");
    assert_text_at(shown, "tags/owner", "me");
    assert_integer_at(shown, "settings/slots", 3);
    assert_text_at(shown, "versions/0/state", "ready");
    json_decref(shown);
}

static void the_same_definition_again_changes_nothing(void **state)
{
    (void)state;
    define("x.yml", "name: x\nsource: 'fake:reply = a'\ndescription: one\n");
    import_definitions();
    json_t *before = bed_ask_json(&bed, "GET /models/x", "", 200);
    import_definitions();
    json_t *after = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

static void words_that_have_changed_are_taken_over_without_an_install(void **state)
{
    (void)state;
    define("x.yml", "name: x\nsource: 'fake:reply = a'\ntask: chat\ndescription: one\n");
    import_definitions();
    define("x.yml", "name: x\nsource: 'fake:reply = a'\ndescription: two\n");
    import_definitions();
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_text_at(shown, "description", "two");
    assert_text_at(shown, "task", "chat"); /* no word of a task is no task taken away */
    assert_int_equal(json_array_size(json_object_get(shown, "versions")), 1);
    import_definitions(); /* nor a change each time */
    json_t *again = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_true(json_equal(shown, again));
    json_decref(again);
    json_decref(shown);
}

static void another_source_is_another_version(void **state)
{
    (void)state;
    define("x.yml", "name: x\nsource: 'fake:reply = a'\n");
    import_definitions();
    define("x.yml", "name: x\nsource: 'fake:reply = b'\n");
    import_definitions();
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_int_equal(json_array_size(json_object_get(shown, "versions")), 2);
    json_decref(shown);
}

/* It serves what the lock says, and fetches nothing by itself. */
static void a_locked_server_installs_nothing(void **state)
{
    (void)state;
    define("x.yml", "name: x\nsource: 'fake:reply = a'\n");
    bed.settings->locked = true;
    import_definitions();
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 404));
}

static void a_source_that_cannot_be_installed_does_not_stop_the_others(void **state)
{
    (void)state;
    define("a.yml", "name: a\nsource: 'file:/nowhere/a.gguf'\n");
    define("b.yml", "name: b\nsource: 'fake:reply = b'\n");
    import_definitions();
    json_t *shown = bed_ask_json(&bed, "GET /models/b", "", 200);
    assert_text_at(shown, "versions/0/state", "ready");
    json_decref(shown);
}

static void a_faulty_definition_is_an_error_and_nobody_is_called(void **state)
{
    (void)state;
    struct hearth_error error = {0};
    int told = 0;
    define("x.yml", "name: x\nsorce: 'fake:reply = a'\n");
    struct hearth_definitions_import *none = NULL;
    assert_int_equal(hearth_definitions_import(&bed.gateway, on_imported, &told, &none, &error),
                     HEARTH_EFIELDS);
    assert_null(none);
    assert_true(*error.message);
    assert_int_equal(told, 0);
    assert_true(hearth_installs_idle(bed.gateway.installs));
}

static void no_definitions_are_no_fault(void **state)
{
    (void)state;
    import_definitions();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_definition_is_installed_as_it_says),
        TEST(the_same_definition_again_changes_nothing),
        TEST(words_that_have_changed_are_taken_over_without_an_install),
        TEST(another_source_is_another_version),
        TEST(a_locked_server_installs_nothing),
        TEST(a_source_that_cannot_be_installed_does_not_stop_the_others),
        TEST(a_faulty_definition_is_an_error_and_nobody_is_called),
        TEST(no_definitions_are_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
