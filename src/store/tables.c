#include "store/tables.h"

#include "base/error.h"

int hearth_tables_check(int64_t before, int64_t step, int64_t newest, int64_t *ret_step,
                        struct hearth_error *error)
{
    /* A newer program may have changed what a column means, so nothing is read on trust. */
    if (before > newest)
        return hearth_error_set(
            error, HEARTH_ECONFLICT,
            "the registry's database was written by a newer version of hearth (schema %lld, this "
            "one knows up to %lld); upgrade this one",
            (long long)before, (long long)newest);
    if (step > newest)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "there is no step %lld of the schema: the newest is %lld",
                                (long long)step, (long long)newest);
    *ret_step = step == HEARTH_TABLES_NEWEST ? newest : step == HEARTH_TABLES_LOOK ? before : step;
    return 0;
}
