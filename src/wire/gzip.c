/* One deflate state, reset for each body. */
#include "wire/gzip.h"

#include "base/memory.h"
#include "hearth/error.h"

#include <limits.h>
#include <zlib.h>

/* Level 3 is near the best trade for JSON answers made while a client waits; 16 added to the window
 * bits asks zlib for a gzip head and tail instead of its own. */
enum { LEVEL = 3, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

struct hearth_gzip {
    z_stream stream;
};

struct hearth_gzip *hearth_gzip_create(void)
{
    struct hearth_gzip *gzip = hearth_calloc(1, sizeof(*gzip));
    if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return gzip;
    hearth_free(gzip);
    return NULL;
}

void hearth_gzip_destroy(struct hearth_gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    hearth_free(gzip);
}

/* The buffer is grown to the upper bound first, so that one call of deflate does it all. zlib
 * counts in unsigned ints. */
int hearth_gzip_append(struct hearth_gzip *gzip, struct hearth_buf *buf, const void *bytes,
                       size_t length)
{
    z_stream *stream = &gzip->stream;
    deflateReset(stream);
    uLong bound = length < UINT_MAX / 2 ? deflateBound(stream, (uLong)length) : 0;
    if (bound == 0)
        return HEARTH_ETOOLARGE;
    int rc = hearth_buf_reserve(buf, bound);
    if (rc)
        return rc;
    stream->next_in = (Bytef *)bytes;
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)buf->bytes + buf->length;
    stream->avail_out = (uInt)bound;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return HEARTH_EINTERNAL;
    buf->length += bound - stream->avail_out;
    return 0;
}
