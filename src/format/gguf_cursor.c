#include "format/gguf_cursor.h"

#include "base/error.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

/* Names come from the file and go into messages: only printable ASCII is shown, and not much of it.
 */
struct hearth_gguf_shown hearth_gguf_show(struct hearth_gguf_text name)
{
    struct hearth_gguf_shown out;
    size_t n = name.length < HEARTH_GGUF_SHOWN_MAX ? name.length : HEARTH_GGUF_SHOWN_MAX;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name.bytes[i];
        out.text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    memcpy(out.text + n, name.length > n ? "..." : "", name.length > n ? 4 : 1);
    return out;
}

/* The byte is where what is broken begins, for somebody with a hex editor. */
int hearth_gguf_broken(struct hearth_gguf_cursor *at, const char *what, const char *fault)
{
    return hearth_error_set(at->error, HEARTH_EMODEL, "GGUF header, byte %zu: %s %s", at->offset,
                            what, fault);
}

/* Two kinds of "too short": the file itself ends (broken), or only the window that was read of it
 * (`more`: come again with a larger one). */
int hearth_gguf_need(struct hearth_gguf_cursor *at, uint64_t size, const char *what)
{
    if (size <= at->length - at->offset)
        return 0;
    at->more = size <= at->file_bytes - at->offset;
    return hearth_error_set(at->error, HEARTH_EMODEL,
                            "GGUF header, byte %zu: %s needs %" PRIu64
                            " bytes, but the file ends %" PRIu64
                            " bytes after that (is it cut off?)",
                            at->offset, what, size, at->file_bytes - at->offset);
}

/* The one place that moves on over bytes, and so the one place that checks. */
static int take(struct hearth_gguf_cursor *at, const char *what, void *ret_bytes, size_t size)
{
    int rc = hearth_gguf_need(at, size, what);
    if (rc != 0)
        return rc;
    memcpy(ret_bytes, at->bytes + at->offset, size);
    at->offset += size;
    return 0;
}

int hearth_gguf_read_u32(struct hearth_gguf_cursor *at, const char *what, uint32_t *ret_value)
{
    int rc = take(at, what, ret_value, sizeof(*ret_value));
    if (rc == 0)
        *ret_value = le32toh(*ret_value);
    return rc;
}

int hearth_gguf_read_u64(struct hearth_gguf_cursor *at, const char *what, uint64_t *ret_value)
{
    int rc = take(at, what, ret_value, sizeof(*ret_value));
    if (rc == 0)
        *ret_value = le64toh(*ret_value);
    return rc;
}

/* A string is its length as a uint64, then its bytes, without an end mark (GGUF specification). */
int hearth_gguf_read_text(struct hearth_gguf_cursor *at, const char *what,
                          struct hearth_gguf_text *ret_text)
{
    uint64_t length = 0;
    int rc = hearth_gguf_read_u64(at, what, &length);
    if (rc == 0)
        rc = hearth_gguf_need(at, length, what);
    if (rc != 0)
        return rc;
    /* Points into the header: a vocabulary has a hundred thousand texts, which are not copied. */
    ret_text->bytes = (const char *)at->bytes + at->offset;
    ret_text->length = (size_t)length;
    at->offset += (size_t)length;
    return 0;
}

/* On a fault the place goes back to the start of the name, which is what the message gives. */
int hearth_gguf_read_name(struct hearth_gguf_cursor *at, const char *what, size_t length_max,
                          struct hearth_gguf_text *ret_name)
{
    struct hearth_gguf_text name = {0};
    size_t start = at->offset;
    int rc = hearth_gguf_read_text(at, what, &name);
    if (rc != 0)
        return rc;
    const char *fault = NULL;
    if (name.length == 0)
        fault = "is empty";
    else if (name.length > length_max)
        fault = "is too long";
    for (size_t i = 0; fault == NULL && i < name.length; i++)
        if ((unsigned char)name.bytes[i] < 0x20 || name.bytes[i] == 0x7f)
            fault = "holds a control character";
    if (fault != NULL) {
        at->offset = start;
        return hearth_gguf_broken(at, what, fault);
    }
    *ret_name = name;
    return 0;
}
