/* Which engines there are is read once; a name that a definition gives leads nowhere else. */
#include "backend/engines.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include <stdio.h>

static void touch(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void plug_ins_are_what_ends_in_so(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    struct hearth_error error;
    static struct hearth_engine_set set;
    temp_folder_make(folder);
    touch(folder, "llama.so");
    touch(folder, "notes.txt");
    touch(folder, ".so");
    assert_int_equal(hearth_engine_set_read(folder, &set, &error), 0);
    assert_int_equal(set.count, 1);
    assert_string_equal(set.path, folder);
    assert_true(hearth_engine_set_has(&set, "llama"));
    assert_false(hearth_engine_set_has(&set, "notes"));
    assert_false(hearth_engine_set_has(&set, ""));
    touch(folder, "late.so"); /* a running server keeps what it has seen */
    assert_false(hearth_engine_set_has(&set, "late"));
    assert_true(hearth_engine_present(folder, "late"));
    assert_false(hearth_engine_present(folder, "../llama"));
    temp_folder_remove(folder);
}

static void more_than_there_is_room_for_are_not_seen(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES], name[32];
    struct hearth_error error;
    static struct hearth_engine_set set;
    temp_folder_make(folder);
    for (int i = 0; i < HEARTH_ENGINES_MAX + 8; i++) {
        snprintf(name, sizeof(name), "engine%d.so", i);
        touch(folder, name);
    }
    assert_int_equal(hearth_engine_set_read(folder, &set, &error), 0);
    assert_int_equal(set.count, HEARTH_ENGINES_MAX);
    temp_folder_remove(folder);
}

static void a_folder_that_is_not_there_has_none(void **state)
{
    (void)state;
    struct hearth_error error;
    static struct hearth_engine_set set;
    assert_int_equal(hearth_engine_set_read("/nonexistent/engines", &set, &error), 0);
    assert_int_equal(set.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plug_ins_are_what_ends_in_so),
        cmocka_unit_test(more_than_there_is_room_for_are_not_seen),
        cmocka_unit_test(a_folder_that_is_not_there_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
