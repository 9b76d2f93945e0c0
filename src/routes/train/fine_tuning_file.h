/* A file of /v1/files as data to learn from: it becomes a data set that has the file's id as its
 * name, and whose bytes stay the file's. Loop thread only. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_FILE_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_FILE_H

#include "hearth/error.h"

struct hearth_gateway;

/* `error` NULL: it is there, and every row of it can be learnt. HEARTH_EINVAL: there is no such
 * file of this principal, it has another purpose, or its bytes are not what OpenAI's API takes,
 * JSON on each line with messages or with prompt and completion; the first fault is named. Comes
 * exactly once, perhaps from within. Texts are copied. */
void hearth_fine_tuning_file_take(
    struct hearth_gateway *gateway, const char *principal, const char *file_id,
    void (*on_taken)(void *argument, const struct hearth_error *error), void *argument);

#endif
