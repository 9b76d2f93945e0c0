/* A folder of a test's own under /tmp, and its end with all that is in it. */
#ifndef HEARTH_TEST_TEMP_FOLDER_H
#define HEARTH_TEST_TEMP_FOLDER_H

#include "unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_FOLDER_BYTES = 32 };

static inline void temp_folder_make(char ret_path[static TEMP_FOLDER_BYTES])
{
    snprintf(ret_path, TEMP_FOLDER_BYTES, "/tmp/hearth-test-XXXXXX");
    assert_non_null(mkdtemp(ret_path));
}

static inline int temp_folder_drop(const char *path, const struct stat *status, int kind,
                                   struct FTW *walk)
{
    (void)status;
    (void)walk;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static inline void temp_folder_remove(const char *path)
{
    assert_int_equal(nftw(path, temp_folder_drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
