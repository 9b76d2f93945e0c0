/* Answers of llama-server's own routes. */
#ifndef HEARTH_ROUTES_NATIVE_NATIVE_WRITE_H
#define HEARTH_ROUTES_NATIVE_NATIVE_WRITE_H

#include "task/generation.h"

/* /completion and /infill, and their streams. */
extern const struct hearth_generation_shape hearth_native_completion;

/* {"temperature":…,…}: what an answer was made with, by llama-server's names. */
void hearth_native_write_settings(const struct hearth_sampling *sampling, struct hearth_buf *buf);

/* Of a whole answer, a JSON object, the members at `fields` (paths, up to a NULL) under their
 * paths; one that is not there is left out. */
void hearth_native_fields_write(const char *const *fields, const struct hearth_buf *whole,
                                struct hearth_buf *buf);

#endif
