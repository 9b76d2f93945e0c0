/* Puts `by` wherever an error's message has `found`, which is not empty: what a reader has no use
 * for, or is not to know, becomes what he calls it by. What does not fit is cut at the end. Any
 * thread. */
#ifndef HEARTH_BASE_ERROR_REPLACE_H
#define HEARTH_BASE_ERROR_REPLACE_H

#include "hearth/error.h"

void hearth_error_replace(struct hearth_error *error, const char *found, const char *by);

#endif
