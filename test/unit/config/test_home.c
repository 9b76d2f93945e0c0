#include "config/home.h"
#include "unit/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64], home_path[96];
static struct hearth_settings settings;
static struct hearth_error error;

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/hearth-home-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(home_path, sizeof(home_path), "%s/a/b", directory);
    settings = (struct hearth_settings){.home = home_path,
                                        .artifact_root = "",
                                        .storage_active_path = "",
                                        .storage_archive_path = "",
                                        .database_url = ""};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[192];
    snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", directory, directory);
    return system(command);
}

static struct hearth_home *open_home(void)
{
    struct hearth_home *home = NULL;
    if (hearth_home_open(&settings, &home, &error))
        fail_msg("%s", error.message);
    return home;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void a_home_is_made_and_opened_again(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "", "blobs", "run", "logs", "artifacts/active", "artifacts/archive"};
    for (int i = 0; i < 2; i++) {
        struct hearth_home *home = open_home();
        char path[256];
        struct stat status;
        for (size_t k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
            assert_int_equal(hearth_home_path(home, folders[k], path, sizeof(path)), 0);
            assert_true(is_folder(path));
        }
        assert_string_equal(hearth_home_directory(home), home_path);
        assert_int_equal(stat(home_path, &status), 0);
        assert_int_equal(status.st_mode & 077, 0);
        assert_int_equal(hearth_home_path(home, "run/x", path, 10), HEARTH_ETOOLARGE);
        hearth_home_close(home);
    }
    hearth_home_close(NULL);
}

static void artifacts_and_database_may_lie_elsewhere(void **state)
{
    (void)state;
    char root[128], archive[128], expected[160];
    snprintf(root, sizeof(root), "%s/root", directory);
    snprintf(archive, sizeof(archive), "%s/old", directory);
    settings.artifact_root = root;
    settings.storage_archive_path = archive;
    struct hearth_home *home = open_home();
    snprintf(expected, sizeof(expected), "%s/active", root);
    assert_string_equal(hearth_home_active(home), expected);
    assert_string_equal(hearth_home_archive(home), archive);
    assert_true(is_folder(expected) && is_folder(archive));
    snprintf(expected, sizeof(expected), "%s/hearth.db", home_path);
    assert_string_equal(hearth_home_database(home), expected);
    hearth_home_close(home);

    static const char *const urls[][2] = {{"sqlite:x.db", "x.db"}, {"sqlite:///y.db", "y.db"}};
    for (size_t i = 0; i < 2; i++) {
        settings.database_url = urls[i][0];
        home = open_home();
        snprintf(expected, sizeof(expected), "%s/%s", home_path, urls[i][1]);
        assert_string_equal(hearth_home_database(home), expected);
        hearth_home_close(home);
    }
    settings.database_url = "sqlite:////abs/z.db";
    home = open_home();
    assert_string_equal(hearth_home_database(home), "/abs/z.db");
    hearth_home_close(home);
    settings.database_url = "memory:";
    home = open_home();
    assert_null(hearth_home_database(home));
    hearth_home_close(home);
    settings.database_url = "postgresql://u:secret@h/d";
    home = open_home();
    assert_null(hearth_home_database(home));
    assert_string_equal(hearth_home_database_server(home), settings.database_url);
    hearth_home_close(home);
    static const char *const unknown[] = {"mysql://u:secret@h/d", "secret", "://secret", "sqlite:"};
    for (size_t i = 0; i < 4; i++) {
        settings.database_url = unknown[i];
        assert_int_equal(hearth_home_open(&settings, &home, &error), HEARTH_ENOTIMPL);
        assert_null(strstr(error.message, "secret"));
    }
}

static void what_cannot_be_a_home_says_how_to_mend_it(void **state)
{
    (void)state;
    struct hearth_home *home = NULL;
    char file[96], under[128];
    snprintf(file, sizeof(file), "%s/file", directory);
    snprintf(under, sizeof(under), "%s/x", file);
    fclose(fopen(file, "w"));
    settings.home = file;
    assert_int_equal(hearth_home_open(&settings, &home, &error), HEARTH_EIO);
    assert_non_null(strstr(error.message, "--home"));
    settings.home = under;
    assert_int_equal(hearth_home_open(&settings, &home, &error), HEARTH_EIO);
    assert_non_null(strstr(error.message, file));
    settings.home = "";
    assert_int_equal(hearth_home_open(&settings, &home, &error), HEARTH_EINVAL);
    settings.home = "/proc/hearth";
    assert_true(hearth_home_open(&settings, &home, &error) < 0);
    assert_null(home);
}

/* Root may write anywhere, so that this needs another user. */
static void a_home_that_may_not_be_written_is_told(void **state)
{
    (void)state;
    hearth_home_close(open_home());
    assert_int_equal(chmod(directory, 0755), 0);
    char above[96];
    snprintf(above, sizeof(above), "%s/a", directory);
    assert_int_equal(chmod(above, 0755), 0);
    assert_int_equal(chmod(home_path, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        struct hearth_home *home = NULL;
        if (geteuid() == 0 && setuid(65534))
            _exit(9);
        _exit(hearth_home_open(&settings, &home, &error) == HEARTH_EFORBIDDEN &&
                      strstr(error.message, "--home")
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void one_program_at_a_time_holds_the_lock(void **state)
{
    (void)state;
    struct hearth_home *first = open_home(), *second = open_home();
    assert_int_equal(hearth_home_lock(first, &error), 0);
    assert_int_equal(hearth_home_lock(first, &error), 0);
    assert_int_equal(hearth_home_lock(second, &error), HEARTH_EINUSE);
    char expected[64];
    snprintf(expected, sizeof(expected), "in use by process %ld", (long)getpid());
    assert_non_null(strstr(error.message, expected));
    assert_non_null(strstr(error.message, "--home"));
    hearth_home_close(first);
    assert_int_equal(hearth_home_lock(second, &error), 0);
    hearth_home_close(second);
}

static void the_lock_falls_with_its_process(void **state)
{
    (void)state;
    struct hearth_home *home = open_home();
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct hearth_home *own = NULL;
        if (hearth_home_open(&settings, &own, &error) || hearth_home_lock(own, &error) ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(hearth_home_lock(home, &error), HEARTH_EINUSE);
    char expected[64];
    snprintf(expected, sizeof(expected), "process %ld;", (long)child);
    assert_non_null(strstr(error.message, expected));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(hearth_home_lock(home, &error), 0);
    hearth_home_close(home);
}

static void a_link_in_the_locks_place_is_not_followed(void **state)
{
    (void)state;
    struct hearth_home *home = open_home();
    char path[256], victim[128];
    struct stat status;
    assert_int_equal(hearth_home_path(home, "run/server.lock", path, sizeof(path)), 0);
    snprintf(victim, sizeof(victim), "%s/victim", directory);
    assert_int_equal(symlink(victim, path), 0);
    assert_true(hearth_home_lock(home, &error) < 0);
    assert_int_not_equal(stat(victim, &status), 0);
    hearth_home_close(home);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_home_is_made_and_opened_again),
        TEST(artifacts_and_database_may_lie_elsewhere),
        TEST(what_cannot_be_a_home_says_how_to_mend_it),
        TEST(a_home_that_may_not_be_written_is_told),
        TEST(one_program_at_a_time_holds_the_lock),
        TEST(the_lock_falls_with_its_process),
        TEST(a_link_in_the_locks_place_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
