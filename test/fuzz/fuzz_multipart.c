/* Any bytes as a multipart form, in any split (the first byte chooses it): the same parts and bytes
 * come out however it is cut, or it is refused; no more comes out than went in. */
#include "base/digest.h"
#include "base/error.h"
#include "wire/multipart.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct watcher {
    struct hearth_sha256 *told;
    size_t bytes, parts;
    bool in_part;
};

static int on_part(void *argument, const char *name, const char *filename)
{
    struct watcher *watcher = argument;
    assert(!watcher->in_part);
    watcher->in_part = true;
    watcher->parts++;
    hearth_sha256_update(watcher->told, name, strlen(name) + 1);
    if (filename)
        hearth_sha256_update(watcher->told, filename, strlen(filename) + 1);
    return 0;
}

static int on_bytes(void *argument, const char *bytes, size_t length)
{
    struct watcher *watcher = argument;
    assert(watcher->in_part && length);
    watcher->bytes += length;
    hearth_sha256_update(watcher->told, bytes, length);
    return 0;
}

static int on_part_end(void *argument)
{
    struct watcher *watcher = argument;
    assert(watcher->in_part);
    watcher->in_part = false;
    hearth_sha256_update(watcher->told, "\0]", 2);
    return 0;
}

static int parse(const char *bytes, size_t length, size_t step, char hex[HEARTH_SHA256_HEX])
{
    static const struct hearth_multipart_events events = {on_part, on_bytes, on_part_end};
    struct watcher watcher = {.told = hearth_sha256_create()};
    struct hearth_multipart parser;
    struct hearth_error error = {0};
    int rc = hearth_multipart_init(&parser, "multipart/form-data; boundary=xyz", &events, &watcher,
                                   &error);
    assert(rc == 0);
    for (size_t at = 0; !rc && at < length; at += step)
        rc = hearth_multipart_feed(&parser, bytes + at, length - at < step ? length - at : step,
                                   &error);
    if (!rc)
        rc = hearth_multipart_end(&parser, &error);
    assert(rc == 0 || (error.code == rc && error.message[0]));
    assert(watcher.bytes <= length && watcher.parts <= HEARTH_MULTIPART_PARTS_MAX);
    assert(rc || !watcher.in_part);
    hearth_multipart_finish(&parser);
    hearth_sha256_hex(watcher.told, hex);
    hearth_sha256_destroy(watcher.told);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char whole[HEARTH_SHA256_HEX], cut[HEARTH_SHA256_HEX];
    if (!length)
        return 0;
    const char *text = (const char *)bytes + 1;
    int rc = parse(text, length - 1, length, whole);
    assert(parse(text, length - 1, 1 + bytes[0] % 64, cut) == rc);
    if (!rc)
        assert(strcmp(whole, cut) == 0);
    return 0;
}
