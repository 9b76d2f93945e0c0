#include "base/buf.h"

#include "base/error.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hearth_buf_init(struct hearth_buf *buf, size_t max)
{
    *buf = (struct hearth_buf){.max = max};
}

/* The buffer is empty then and may be used again. */
void hearth_buf_finish(struct hearth_buf *buf)
{
    hearth_free(buf->bytes);
    hearth_buf_init(buf, buf->max);
}

void hearth_buf_clear(struct hearth_buf *buf)
{
    buf->length = 0;
    buf->failed = 0;
}

/* The first failure stays: it is the one that explains the others. */
static int fail(struct hearth_buf *buf, int number)
{
    if (!buf->failed)
        buf->failed = number;
    return number;
}

/* Grows by half, so that appending n bytes one by one copies fewer than 3n; never beyond the
 * maximum. `length` is at most `max`, so the difference cannot wrap. */
int hearth_buf_reserve(struct hearth_buf *buf, size_t extra)
{
    if (buf->failed)
        return buf->failed;
    if (extra > buf->max - buf->length)
        return fail(buf, HEARTH_ETOOLARGE);
    size_t need = buf->length + extra;
    if (need <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < need)
        capacity += capacity / 2 + 16;
    if (capacity > buf->max)
        capacity = buf->max;
    char *bytes = hearth_try_realloc(buf->bytes, capacity);
    if (!bytes)
        return fail(buf, HEARTH_ENOMEM);
    buf->bytes = bytes;
    buf->capacity = capacity;
    return 0;
}

/* memcpy may not be given NULL, not even for no bytes. */
int hearth_buf_append(struct hearth_buf *buf, const void *bytes, size_t length)
{
    int rc = hearth_buf_reserve(buf, length);
    if (rc)
        return rc;
    if (length)
        memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    return 0;
}

int hearth_buf_text(struct hearth_buf *buf, const char *text)
{
    return hearth_buf_append(buf, text, strlen(text));
}

int hearth_buf_char(struct hearth_buf *buf, char c)
{
    return hearth_buf_append(buf, &c, 1);
}

int hearth_buf_printf(struct hearth_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* Most texts are short: they are formatted once and need no memory of their own. */
    char small[256];
    int length = vsnprintf(small, sizeof(small), format, arguments);
    va_end(arguments);
    /* vsnprintf only fails for a format that is wrong, which would be our own mistake. */
    assert(length >= 0);
    if ((size_t)length < sizeof(small))
        return hearth_buf_append(buf, small, (size_t)length);
    /* The terminating NUL needs room for a moment, also at the cap. */
    char *large = hearth_try_alloc((size_t)length + 1);
    if (!large)
        return fail(buf, HEARTH_ENOMEM);
    va_start(arguments, format);
    vsnprintf(large, (size_t)length + 1, format, arguments);
    va_end(arguments);
    int rc = hearth_buf_append(buf, large, (size_t)length);
    hearth_free(large);
    return rc;
}

/* Moves what is left to the front: cheap as long as readers take most of it at once. */
void hearth_buf_consume(struct hearth_buf *buf, size_t length)
{
    assert(length <= buf->length);
    buf->length -= length;
    if (buf->length)
        memmove(buf->bytes, buf->bytes + length, buf->length);
}

/* The NUL is written behind the content and overwritten by the next append. */
const char *hearth_buf_cstr(struct hearth_buf *buf)
{
    if (hearth_buf_reserve(buf, 1))
        return NULL;
    buf->bytes[buf->length] = '\0';
    return buf->bytes;
}

/* The NUL gets a byte of its own beyond the maximum, so that a full buffer can be taken too. The
 * memory is the caller's then. */
char *hearth_buf_take(struct hearth_buf *buf)
{
    char *text = NULL;
    if (!buf->failed) {
        buf->max = buf->max < SIZE_MAX ? buf->max + 1 : buf->max;
        text = (char *)hearth_buf_cstr(buf);
        buf->max--;
    }
    if (text)
        buf->bytes = NULL;
    hearth_buf_finish(buf);
    return text;
}
