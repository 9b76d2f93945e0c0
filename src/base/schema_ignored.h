/* The keys of a document that its schema does not know and that were passed over (base/schema.h).
 *
 * A key is kept as its path, "stream_options.color", where the places in lists have no numbers,
 * "lora[].color", so that a list of a million objects is one entry. Paths are what clients wrote:
 * they are cut and hold printable ASCII only, without commas, so that they may stand in a header or
 * a log. Plain memory without a destructor; any thread, one at a time. */
#ifndef HEARTH_BASE_SCHEMA_IGNORED_H
#define HEARTH_BASE_SCHEMA_IGNORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_SCHEMA_IGNORED_MAX 32
#define HEARTH_SCHEMA_IGNORED_SIZE 64 /* bytes of a path, with its NUL */

struct hearth_schema_ignored {
    char paths[HEARTH_SCHEMA_IGNORED_MAX][HEARTH_SCHEMA_IGNORED_SIZE]; /* each once */
    uint32_t count;
    bool more; /* there were others */
};

/* Notes a path as base/schema.h writes it: "lora[7].color". */
void hearth_schema_ignored_add(struct hearth_schema_ignored *ignored, const char *path,
                               size_t length);

#endif
