/* Any bytes behind the preface, in any split, through the HTTP/2 session; every request is answered
 * with a body and trailers. */
#include "wire/h2.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct stream {
    struct stream *next;
    bool closed;
    size_t left;
};

struct session {
    struct hearth_h2 *h2;
    struct stream *streams;
};

static void *on_head(void *argument, int32_t number, const struct hearth_http_head *head,
                     const struct hearth_error *fault)
{
    static const struct hearth_header headers[] = {{"content-type", "text/plain"}};
    struct session *session = argument;
    struct stream *stream = calloc(1, sizeof(*stream));
    assert(stream);
    assert(head || fault->code);
    if (head)
        for (size_t i = 0; i < head->field_count; i++)
            assert(memchr(head->text + head->fields[i].value, '\0',
                          head->text_length - head->fields[i].value));
    stream->left = 100;
    stream->next = session->streams;
    session->streams = stream;
    hearth_h2_answer(session->h2, number, head ? 200 : 400, headers, 1, true);
    return stream;
}

static void on_body(void *argument, void *stream_state, const char *bytes, size_t length)
{
    const struct stream *stream = stream_state;
    (void)argument;
    (void)bytes;
    (void)length;
    assert(!stream->closed);
}

static void on_end(void *argument, void *stream_state)
{
    const struct stream *stream = stream_state;
    (void)argument;
    assert(!stream->closed);
}

static size_t on_pull(void *argument, void *stream_state, char *to, size_t size,
                      struct hearth_h2_pulled *ret_pulled)
{
    static const struct hearth_header trailers[] = {{"x-done", "1"}};
    struct stream *stream = stream_state;
    size_t length = stream->left < size ? stream->left : size;
    (void)argument;
    assert(!stream->closed);
    memset(to, 'x', length);
    stream->left -= length;
    ret_pulled->end = stream->left == 0;
    ret_pulled->trailers = trailers;
    ret_pulled->trailer_count = ret_pulled->end;
    return length;
}

static void on_close(void *argument, void *stream_state)
{
    struct stream *stream = stream_state;
    (void)argument;
    assert(!stream->closed);
    stream->closed = true;
}

static const struct hearth_h2_events events = {.on_head = on_head,
                                               .on_body = on_body,
                                               .on_end = on_end,
                                               .on_pull = on_pull,
                                               .on_close = on_close};

static void feed_all(struct session *session, const uint8_t *bytes, size_t length, size_t piece)
{
    const char *out;
    for (size_t at = 0; at < length; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        int rc = hearth_h2_feed(session->h2, (const char *)bytes + at, size, at, NULL);
        while (hearth_h2_output(session->h2, &out) > 0)
            ;
        if (rc || hearth_h2_done(session->h2))
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct hearth_http_limits limits = {.header_bytes_max = 4096, .header_count_max = 20};
    struct session session = {0};
    if (length == 0)
        return 0;
    session.h2 = hearth_h2_create(&limits, 16, &events, &session);
    assert(session.h2);
    hearth_h2_feed(session.h2, hearth_h2_preface, HEARTH_H2_PREFACE_LENGTH, 0, NULL);
    feed_all(&session, bytes + 1, length - 1, bytes[0] % 64 + 1);
    hearth_h2_destroy(session.h2);
    while (session.streams) {
        struct stream *next = session.streams->next;
        free(session.streams);
        session.streams = next;
    }
    return 0;
}
