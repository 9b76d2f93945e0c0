/* Whose jobs a server runs: those of its home, whatever the machine is called. */
#include "unit/cmocka_all.h"

#include "base/memory.h"
#include "base/out_file.h"
#include "jobs/job_owner.h"

#include <stdlib.h>
#include <string.h>

static void test_it_is_made_once_and_stays_when_the_home_moves(void **state)
{
    (void)state;
    char folder[] = "/tmp/hearth-job-owner-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *first = hearth_job_owner_read(folder, "/home/a"), *host = hearth_strdup(first);
    char *again = hearth_job_owner_read(folder, "/elsewhere");
    assert_non_null(strstr(first, ":/home/a#"));
    assert_string_equal(first, again);
    assert_true(hearth_job_owner_is(again, first));
    *strrchr(host, '#') = '\0';
    assert_true(hearth_job_owner_is(first, host)); /* of a server that could not write it */
    hearth_folder_remove(folder);
    hearth_free(first);
    hearth_free(again);
    hearth_free(host);
}

static void test_two_homes_of_one_name_are_two(void **state)
{
    (void)state;
    assert_false(hearth_job_owner_is("box:/data#1", "box:/data#2"));
    assert_false(hearth_job_owner_is("box:/data#1", "box:/dat"));
    assert_false(hearth_job_owner_is("box:/data", "box:/data#1"));
    assert_false(hearth_job_owner_is("box:/data#1", ""));
    char *none = hearth_job_owner_read("/proc/hearth-no-such-folder", "/data");
    assert_null(strchr(none, '#'));
    hearth_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_made_once_and_stays_when_the_home_moves),
        cmocka_unit_test(test_two_homes_of_one_name_are_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
