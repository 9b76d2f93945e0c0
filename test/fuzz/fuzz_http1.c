/* Any bytes, in any split, through the HTTP/1 parser: the first byte chooses the split. */
#include "wire/http1.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct watcher {
    bool in_message;
    uint64_t body;
    int64_t expected;
};

static void check_text(const struct hearth_http_head *head, uint32_t offset)
{
    if (offset != HEARTH_HTTP_ABSENT)
        assert(memchr(head->text + offset, '\0', head->text_length - offset));
}

static void on_head(void *argument, const struct hearth_http_head *head)
{
    struct watcher *watcher = argument;
    assert(!watcher->in_message);
    *watcher = (struct watcher){.in_message = true, .expected = head->content_length};
    check_text(head, head->method);
    check_text(head, head->path);
    check_text(head, head->query);
    check_text(head, head->authority);
    assert(head->text[head->path] == '/' || strcmp(head->text + head->path, "*") == 0);
    assert(head->field_count <= 20);
    for (size_t i = 0; i < head->field_count; i++) {
        check_text(head, head->fields[i].name);
        check_text(head, head->fields[i].value);
    }
}

static void on_body(void *argument, const char *bytes, size_t length)
{
    struct watcher *watcher = argument;
    (void)bytes;
    assert(watcher->in_message);
    watcher->body += length;
}

static void on_end(void *argument)
{
    struct watcher *watcher = argument;
    assert(watcher->in_message);
    if (watcher->expected >= 0)
        assert(watcher->body == (uint64_t)watcher->expected);
    watcher->in_message = false;
}

static const struct hearth_http1_events events = {
    .on_head = on_head, .on_body = on_body, .on_end = on_end};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct hearth_http_limits limits = {.header_bytes_max = 4096, .header_count_max = 20};
    struct watcher watcher = {0};
    if (length == 0)
        return 0;
    size_t piece = bytes[0] % 64 + 1;
    struct hearth_http1 *http1 = hearth_http1_create(&limits, &events, &watcher);
    for (size_t at = 1; at < length;) {
        size_t used = 0;
        if (hearth_http1_complete(http1))
            hearth_http1_next(http1);
        if (hearth_http1_feed(http1, (const char *)bytes + at,
                              length - at < piece ? length - at : piece, &used, NULL))
            break;
        assert(used > 0);
        at += used;
    }
    hearth_http1_destroy(http1);
    return 0;
}
