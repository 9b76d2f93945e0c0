#include "config/settings.h"
#include "support/temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct hearth_arena *arena;
    char directory[64];  /* the current folder of the tests */
    char home_entry[96]; /* "HOME=…" */
    struct hearth_settings *settings;
    struct hearth_settings_origins origins;
    struct hearth_faults faults;
    struct hearth_error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->arena = hearth_arena_create(8 << 20);
    temp_folder_make(fixture->directory);
    snprintf(fixture->home_entry, sizeof(fixture->home_entry), "HOME=%s/user", fixture->directory);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    temp_folder_remove(fixture->directory);
    hearth_arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static void put_file(struct fixture *fixture, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    for (char *slash = path + strlen(fixture->directory) + 1; (slash = strchr(slash, '/'));
         slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* `env` has HOME put before it. */
static int load(struct fixture *fixture, const char *const *flags, const char *const *env)
{
    const char *all[16] = {fixture->home_entry};
    for (size_t i = 0; env && env[i]; i++)
        all[i + 1] = env[i];
    const struct hearth_settings_input input = {flags, all, fixture->directory};
    return hearth_settings_load(&input, fixture->arena, &fixture->settings, &fixture->origins,
                                &fixture->faults, &fixture->error);
}

static void loads(struct fixture *fixture, const char *const *flags, const char *const *env)
{
    if (load(fixture, flags, env))
        fail_msg("%s", fixture->error.message);
}

static void fails_with(struct fixture *fixture, const char *const *flags, const char *const *env,
                       const char *part)
{
    assert_int_equal(load(fixture, flags, env), HEARTH_EFIELDS);
    if (!strstr(fixture->error.message, part))
        fail_msg("got: %s", fixture->error.message);
}

static const char *in_folder(struct fixture *fixture, const char *name)
{
    static char path[2][256];
    static int turn;
    turn ^= 1;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", fixture->directory, name);
    return path[turn];
}

static void the_defaults_are_right_and_safe(void **state)
{
    struct fixture *fixture = *state;
    loads(fixture, NULL, NULL);
    assert_string_equal(fixture->settings->host, "127.0.0.1");
    assert_int_equal(fixture->settings->port, 8080);
    assert_int_equal(fixture->settings->body_bytes_max, 10 << 20);
    assert_int_equal(fixture->settings->header_timeout, 10000);
    assert_false(fixture->settings->insecure);
    assert_true(fixture->settings->gzip);
    assert_string_equal(fixture->settings->home, in_folder(fixture, "user/.hearth"));
    assert_null(fixture->settings->allowed_hosts[0]);
    assert_null(fixture->origins.config_path);
    assert_string_equal(fixture->origins.project_directory, fixture->settings->home);
}

/* One setting of each type, in all three places. */
static void flags_win_over_the_environment_over_the_file(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "hearth.yml",
             "port: 1001\nhost: ::1\nbody_bytes_max: 1MiB\ngzip: no\nallowed_hosts: [a, b]\n"
             "header_timeout: 2s\n");
    loads(fixture, NULL, NULL);
    assert_int_equal(fixture->settings->port, 1001);
    assert_string_equal(fixture->settings->host, "::1");
    assert_int_equal(fixture->settings->body_bytes_max, 1 << 20);
    assert_false(fixture->settings->gzip);
    assert_string_equal(fixture->settings->allowed_hosts[1], "b");
    assert_int_equal(fixture->settings->header_timeout, 2000);
    assert_string_equal(fixture->origins.config_path, in_folder(fixture, "hearth.yml"));
    assert_string_equal(fixture->origins.project_directory, fixture->directory);

    const char *const env[] = {"HEARTH_PORT=1002", "HEARTH_GZIP=true", "HEARTH_ALLOWED_HOSTS=x, y,",
                               "HEARTH_HOST=", NULL};
    loads(fixture, NULL, env);
    assert_int_equal(fixture->settings->port, 1002);
    assert_true(fixture->settings->gzip);
    assert_string_equal(fixture->settings->allowed_hosts[0], "x");
    assert_string_equal(fixture->settings->allowed_hosts[1], "y");
    assert_null(fixture->settings->allowed_hosts[2]);
    assert_string_equal(fixture->settings->host, "::1");

    const char *const flags[] = {"port", "1003", "header-timeout", "50ms", NULL};
    loads(fixture, flags, env);
    assert_int_equal(fixture->settings->port, 1003);
    assert_int_equal(fixture->settings->header_timeout, 50);
}

/* The table itself: no key that one of the three places does not take. */
static void every_key_is_taken_in_all_three_places(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const struct hearth_setting *row = &hearth_settings_table[i];
        if (strcmp(row->key, "config") == 0)
            continue;
        const char *value = *row->fallback ? row->fallback : "x";
        if (strcmp(row->key, "home") == 0)
            value = "elsewhere";
        char text[256], variable[256];
        snprintf(text, sizeof(text), "%s: \"%s\"\n", row->key, value);
        snprintf(variable, sizeof(variable), "%s=%s", row->env, value);
        const char *const flags[] = {row->key, value, NULL}, *const env[] = {variable, NULL};
        loads(fixture, flags, NULL);
        assert_int_equal(fixture->origins.by_row[i], HEARTH_FROM_FLAG);
        loads(fixture, NULL, env);
        assert_int_equal(fixture->origins.by_row[i], HEARTH_FROM_ENV);
        put_file(fixture, "hearth.yml", text);
        loads(fixture, NULL, NULL);
        assert_int_equal(fixture->origins.by_row[i], HEARTH_FROM_FILE);
        unlink(in_folder(fixture, "hearth.yml"));
    }
}

static void relative_paths_are_relative_to_where_they_stand(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "conf/my.yml", "tls_key: k.pem\nartifact_root: ~/art\nhome: h\n");
    const char *const flags[] = {"config", "conf/my.yml", "tls_certificate", "c.pem", NULL};
    loads(fixture, flags, NULL);
    assert_string_equal(fixture->settings->tls_key, in_folder(fixture, "conf/k.pem"));
    assert_string_equal(fixture->settings->tls_certificate, in_folder(fixture, "c.pem"));
    assert_string_equal(fixture->settings->artifact_root, in_folder(fixture, "user/art"));
    assert_string_equal(fixture->settings->home, in_folder(fixture, "conf/h"));
    assert_string_equal(fixture->origins.project_directory, in_folder(fixture, "conf"));
}

static void the_home_has_a_file_of_its_own_when_the_folder_has_none(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "user/.hearth/hearth.yml", "port: 7\n");
    loads(fixture, NULL, NULL);
    assert_int_equal(fixture->settings->port, 7);
    put_file(fixture, "hearth.yml", "port: 8\n");
    loads(fixture, NULL, NULL);
    assert_int_equal(fixture->settings->port, 8);
    unlink(in_folder(fixture, "hearth.yml"));
    put_file(fixture, "other/hearth.yml", "port: 9\n");
    const char *const env[] = {"HEARTH_HOME=other", NULL};
    loads(fixture, NULL, env);
    assert_int_equal(fixture->settings->port, 9);
    put_file(fixture, "other/hearth.yml", "home: x\n");
    fails_with(fixture, NULL, env, "`home` cannot stand in the file that it leads to");
}

static void a_file_that_was_named_must_be_there(void **state)
{
    struct fixture *fixture = *state;
    const char *const flags[] = {"config", "none.yml", NULL};
    assert_int_equal(load(fixture, flags, NULL), HEARTH_ENOTFOUND);
    assert_non_null(strstr(fixture->error.message, "none.yml"));
}

static void unknown_keys_get_a_suggestion_and_their_place(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "hearth.yml", "host: 127.0.0.1\nprot: 1\nzzzzzzzz: 1\n");
    fails_with(fixture, NULL, NULL,
               "hearth.yml:2:1: the setting `prot` is not known; did you mean");
    assert_int_equal(fixture->faults.count, 2);
    assert_int_equal(fixture->faults.rows[1].line, 3);
    assert_null(strstr(fixture->faults.rows[1].message, "did you mean"));
    const char *const flags[] = {"header-timeuot", "1", NULL};
    unlink(in_folder(fixture, "hearth.yml"));
    fails_with(fixture, flags, NULL, "did you mean `header_timeout`");
}

static void a_bad_value_tells_key_origin_and_what_was_expected(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "hearth.yml", "port: 70000\ngzip: maybe\nlog_level: loud\nhost: [a]\n");
    fails_with(fixture, NULL, NULL,
               "hearth.yml:1:7: port: \"70000\" is not an integer from 0 to 65535 (and 3 more)");
    static const unsigned lines[] = {1, 2, 3, 4};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fixture->faults.rows[i].line, lines[i]);
    assert_string_equal(fixture->faults.rows[3].message,
                        "host must be a single value, but it is a list");
    unlink(in_folder(fixture, "hearth.yml"));
    const char *const env[] = {"HEARTH_HEADER_BYTES_MAX=3", NULL};
    fails_with(fixture, NULL, env,
               "header_bytes_max: \"3\" from the variable HEARTH_HEADER_BYTES_MAX is not a size "
               "(512, 64KiB, 10MB) of at least 1024");
    const char *const flags[] = {"header_timeout", "soon", NULL};
    fails_with(fixture, flags, NULL, "from the flag --header-timeout is not a duration");
    const char *const choice[] = {"sandbox", "maybe", NULL};
    fails_with(fixture, choice, NULL, "is not one of auto, require, off");
    const char *const truth[] = {"gzip", "2", NULL};
    fails_with(fixture, truth, NULL, "is not true or false");
}

static void secrets_are_blotted_out(void **state)
{
    struct fixture *fixture = *state;
    const char *const env[] = {"HEARTH_API_KEY=hunter2", NULL};
    loads(fixture, NULL, env);
    assert_string_equal(fixture->settings->api_key, "hunter2");
    size_t row = (size_t)(hearth_setting_find("api_key") - hearth_settings_table);
    assert_string_equal(fixture->origins.text[row], "***");
    row = (size_t)(hearth_setting_find("hf_token") - hearth_settings_table);
    assert_string_equal(fixture->origins.text[row], "");
}

static void values_of_the_file_may_name_variables(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "hearth.yml", "port: ${MY_PORT:-81}\napi_key: \"${MY_KEY}\"\n");
    const char *const env[] = {"MY_KEY=k", NULL};
    loads(fixture, NULL, env);
    assert_int_equal(fixture->settings->port, 81);
    assert_string_equal(fixture->settings->api_key, "k");
    fails_with(fixture, NULL, NULL, "hearth.yml:2:10: the variable MY_KEY is not set");
}

static void without_home_a_tilde_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    const char *const none[] = {NULL};
    const struct hearth_settings_input input = {NULL, none, fixture->directory};
    assert_int_equal(hearth_settings_load(&input, fixture->arena, &fixture->settings, NULL, NULL,
                                          &fixture->error),
                     HEARTH_EFIELDS);
    assert_non_null(strstr(fixture->error.message, "HOME"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_defaults_are_right_and_safe),
        TEST(flags_win_over_the_environment_over_the_file),
        TEST(every_key_is_taken_in_all_three_places),
        TEST(relative_paths_are_relative_to_where_they_stand),
        TEST(the_home_has_a_file_of_its_own_when_the_folder_has_none),
        TEST(a_file_that_was_named_must_be_there),
        TEST(unknown_keys_get_a_suggestion_and_their_place),
        TEST(a_bad_value_tells_key_origin_and_what_was_expected),
        TEST(secrets_are_blotted_out),
        TEST(values_of_the_file_may_name_variables),
        TEST(without_home_a_tilde_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
