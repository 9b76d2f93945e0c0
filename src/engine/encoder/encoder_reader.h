/* Reads members of a JSON object that a stranger wrote: one that is absent or null is the fallback,
 * one of another type or out of its range is a fault of the model. The first fault stays, and what
 * is read after it is harmless and of no use, so that a function looks at `rc` once at its end. */
#ifndef HEARTH_ENGINE_ENCODER_READER_H
#define HEARTH_ENGINE_ENCODER_READER_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

struct encoder_reader {
    const char *file; /* as errors name it */
    const json_t *object;
    struct hearth_error *error;
    int rc;
};

/* A whole number from 1 to `most`. `other`, if not NULL, is the key that is read when `key` is
 * absent. When neither is there, `fallback` is taken; a fallback of 0 means that one must be there.
 */
size_t encoder_read_count(struct encoder_reader *reader, const char *key, const char *other,
                          size_t fallback, size_t most);
/* A number, a truth, a text: the fallback when the key is absent or null. The text belongs to the
 * object. */
double encoder_read_real(struct encoder_reader *reader, const char *key, double fallback);
bool encoder_read_truth(struct encoder_reader *reader, const char *key, bool fallback);
const char *encoder_read_text(struct encoder_reader *reader, const char *key, const char *fallback);
/* A fault of the caller's own finding, after "file: ". Returns reader->rc. */
int encoder_read_fault(struct encoder_reader *reader, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
