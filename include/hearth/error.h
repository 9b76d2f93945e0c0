/* An error that a person will read: a code and a message, in memory that the caller owns.
 *
 * The lowest layer that knows what happened sets it; a higher one may prefix it once. Functions
 * that take a `struct hearth_error *` return 0 or the same code that they put there; NULL is
 * allowed where only the code matters. Any thread. */
#ifndef HEARTH_ERROR_H
#define HEARTH_ERROR_H

#include "hearth/error_codes.h"

#define HEARTH_ERROR_MESSAGE_MAX 1024

struct hearth_error {
    int code; /* 0 or one of enum hearth_error_code */
    char message[HEARTH_ERROR_MESSAGE_MAX];
};

#endif
