/* Compresses whole bodies with gzip (RFC 1952). One compressor serves one body after another, since
 * its state takes a quarter of a megabyte. Not thread-safe. */
#ifndef HEARTH_WIRE_GZIP_H
#define HEARTH_WIRE_GZIP_H

#include "base/buf.h"

struct hearth_gzip;

struct hearth_gzip *hearth_gzip_create(void);       /* NULL without memory */
void hearth_gzip_destroy(struct hearth_gzip *gzip); /* NULL is allowed */
/* Appends; HEARTH_ETOOLARGE or HEARTH_ENOMEM when the buffer cannot hold it. */
int hearth_gzip_append(struct hearth_gzip *gzip, struct hearth_buf *buf, const void *bytes,
                       size_t length);

#endif
