/* A model's GGUF header, in one file or in several: "NAME-00001-of-00003.gguf" stands for all
 * three, which lie in one folder. The header of every part is read, and checked to belong to the
 * others: its name, its number and count by its keys `split.no` and `split.count`, the number of
 * tensors of all parts, and that no two parts have a tensor of one name. A model in one file is one
 * part.
 *
 * Blocks while it opens; all parts together may have as many bytes of header and as many tensors as
 * one file. Immutable afterwards; any thread. */
#ifndef HEARTH_FORMAT_GGUF_PARTS_H
#define HEARTH_FORMAT_GGUF_PARTS_H

#include "format/gguf.h"

struct hearth_gguf_part {
    char *path;
    struct hearth_gguf *gguf;
};

struct hearth_gguf_parts {
    struct hearth_gguf_part *parts; /* the first has the metadata */
    size_t count;
};

/* HEARTH_EMODEL names the part and what is wrong; the others as hearth_gguf_open. */
int hearth_gguf_parts_open(const char *path, struct hearth_gguf_parts *ret_parts,
                           struct hearth_error *error);
void hearth_gguf_parts_close(struct hearth_gguf_parts *parts); /* zeroed memory is allowed */

#endif
