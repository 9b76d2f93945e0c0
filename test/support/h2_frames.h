/* HTTP/2 frames made by hand, for clients of the server fixture. */
#ifndef HEARTH_TEST_H2_FRAMES_H
#define HEARTH_TEST_H2_FRAMES_H

#include "support/http_fixture.h"

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

struct frame {
    uint32_t length;
    uint8_t type, flags;
    uint32_t stream;
    char payload[20000];
};

static UNUSED void send_frame(int client, uint8_t type, uint8_t flags, uint32_t stream,
                              const void *payload, uint32_t length)
{
    uint8_t head[9] = {(uint8_t)(length >> 16),
                       (uint8_t)(length >> 8),
                       (uint8_t)length,
                       type,
                       flags,
                       (uint8_t)(stream >> 24),
                       (uint8_t)(stream >> 16),
                       (uint8_t)(stream >> 8),
                       (uint8_t)stream};
    client_send(client, head, sizeof(head));
    client_send(client, payload, length);
}

static UNUSED bool read_exactly(int client, char *to, size_t length)
{
    for (size_t got = 0; got < length;) {
        struct pollfd wait = {.fd = client, .events = POLLIN};
        ssize_t rc =
            poll(&wait, 1, PATIENCE_MS) == 1 ? recv(client, to + got, length - got, 0) : -1;
        if (rc <= 0)
            return false;
        got += (size_t)rc;
    }
    return true;
}

static UNUSED bool read_frame(int client, struct frame *frame)
{
    uint8_t head[9];
    if (!read_exactly(client, (char *)head, sizeof(head)))
        return false;
    frame->length = (uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2];
    frame->type = head[3];
    frame->flags = head[4];
    frame->stream =
        (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
    assert_true(frame->length < sizeof(frame->payload));
    frame->payload[frame->length] = '\0';
    return read_exactly(client, frame->payload, frame->length);
}

/* The next frame of this type on this stream (0: any); others are skipped. */
static UNUSED bool next_frame(int client, uint8_t type, uint32_t stream, struct frame *frame)
{
    while (read_frame(client, frame))
        if (frame->type == type && (stream == 0 || frame->stream == stream))
            return true;
    return false;
}

static UNUSED int h2_connect(void)
{
    int client = client_connect();
    client_text(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    send_frame(client, SETTINGS, 0, 0, "", 0);
    return client;
}

/* HPACK (RFC 7541): indexed :method and :scheme, literals without indexing. */
static UNUSED void send_request(int client, uint32_t stream, bool post, const char *path, bool end)
{
    char block[256];
    size_t length = strlen(path);
    size_t at = 0;
    block[at++] = (char)(post ? 0x83 : 0x82);
    block[at++] = (char)0x86;
    block[at++] = 0x04;
    block[at++] = (char)length;
    memcpy(block + at, path, length);
    at += length;
    memcpy(block + at,
           "\x01\x01"
           "a",
           3);
    at += 3;
    send_frame(client, HEADERS, (uint8_t)(END_HEADERS | (end ? END_STREAM : 0)), stream, block,
               (uint32_t)at);
}

static UNUSED bool is_200(const struct frame *frame)
{
    return (uint8_t)frame->payload[0] == 0x88;
}

#endif
