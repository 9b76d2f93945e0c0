/* What a server that is told to keep to hearth.lock (--locked) looks at before it starts: that the
 * file can be read, and that what it pins is here. */
#ifndef HEARTH_SERVER_PINS_CHECK_H
#define HEARTH_SERVER_PINS_CHECK_H

#include "hearth/error.h"

struct hearth_blob_store;

/* Blocking, before the loop runs. HEARTH_ENOTFOUND without a file, HEARTH_EDIGEST when one that it
 * pins is missing or has another size; the error says how to mend it. */
int hearth_pins_check(const char *lock_path, struct hearth_blob_store *blobs,
                      struct hearth_error *error);

#endif
