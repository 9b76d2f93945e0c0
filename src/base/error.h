/* Looks up rows of the error table (api/errors.json), and sets the `struct hearth_error` that goes
 * along with a code. Any thread. */
#ifndef HEARTH_BASE_ERROR_H
#define HEARTH_BASE_ERROR_H

#include "hearth/error.h"

#include <stdbool.h>

/* One row of the table; `code` is the machine-readable word that answers carry. */
struct hearth_error_row {
    int number;
    const char *code;
    const char *text;
    int http_status;
    int grpc_status;
    int exit_code;
    bool retry;
    const char *openai_type;
};

/* Never NULL: an unknown number is answered with the row of HEARTH_EINTERNAL. */
const struct hearth_error_row *hearth_error_row(int number);

/* The row whose `code` is this word, or NULL. */
const struct hearth_error_row *hearth_error_row_by_code(const char *code);

/* Sets code and message and returns the code. A NULL error is allowed. Messages that do not fit
 * are cut at a character boundary. */
int hearth_error_set(struct hearth_error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " before a message that is already set. */
void hearth_error_prefix(struct hearth_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Like hearth_error_set, with errno's text behind the message; ENOSPC and EDQUOT become
 * HEARTH_ENOSPACE, ENOENT HEARTH_ENOTFOUND, ENOMEM HEARTH_ENOMEM, everything else HEARTH_EIO. */
int hearth_error_set_errno(struct hearth_error *error, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
