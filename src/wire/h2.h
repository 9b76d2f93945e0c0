/* HTTP/2 on the server's side, over nghttp2: bytes in, requests out; answers in, bytes out.
 *
 * It holds back in both directions. The client may send more of a body only after hearth_h2_consume
 * has given its bytes back to the flow-control window; and the body of an answer is pulled only
 * while the client's window and our own output have room. A client that floods the connection with
 * frames that cost it nothing (rapid resets, PING, SETTINGS, empty DATA) loses it. No clock of its
 * own: the caller passes the time. Not thread-safe. */
#ifndef HEARTH_WIRE_H2_H
#define HEARTH_WIRE_H2_H

#include "wire/http.h"

struct hearth_h2;

enum {
    HEARTH_H2_PREFACE_LENGTH = 24,
    HEARTH_H2_STREAM_WINDOW = 256 << 10, /* bytes of a body that may come before consume */
};
extern const char hearth_h2_preface[HEARTH_H2_PREFACE_LENGTH + 1];

struct hearth_h2_pulled {
    bool end;                             /* nothing follows */
    const struct hearth_header *trailers; /* with `end`; copied */
    size_t trailer_count;
};

struct hearth_h2_events {
    /* A head, or the fault in it (HEARTH_EHEADERS, HEARTH_EPARSE; then the head is NULL). Returns
     * the state that the stream's other events carry; NULL resets the stream. */
    void *(*on_head)(void *argument, int32_t stream, const struct hearth_http_head *head,
                     const struct hearth_error *fault);
    void (*on_body)(void *argument, void *stream_state, const char *bytes, size_t length);
    void (*on_end)(void *argument, void *stream_state);
    /* Copies at most `size` bytes of the answer's body. 0 without `end`: wait for
     * hearth_h2_resume. */
    size_t (*on_pull)(void *argument, void *stream_state, char *to, size_t size,
                      struct hearth_h2_pulled *ret_pulled);
    /* The stream is gone, for whatever reason; its state is not used again. */
    void (*on_close)(void *argument, void *stream_state);
};

/* The events must outlive the session. NULL without memory. */
struct hearth_h2 *hearth_h2_create(const struct hearth_http_limits *limits, uint32_t streams_max,
                                   const struct hearth_h2_events *events, void *argument);
/* Closes no streams by callback. NULL is allowed. */
void hearth_h2_destroy(struct hearth_h2 *h2);

/* HEARTH_EPARSE or HEARTH_ERATE: send what output gives, then close. */
int hearth_h2_feed(struct hearth_h2 *h2, const char *bytes, size_t length, uint64_t now_ms,
                   struct hearth_error *error);
/* The next piece to send, valid until the next call; 0 when there is none now. */
size_t hearth_h2_output(struct hearth_h2 *h2, const char **ret_bytes);
/* Whether the session is over in both directions. */
bool hearth_h2_done(const struct hearth_h2 *h2);
/* Whether a header block has begun and not ended. */
bool hearth_h2_in_head(const struct hearth_h2 *h2);

/* Headers may not hold framing fields (connection, transfer-encoding). Without a body the stream
 * ends at once. */
int hearth_h2_answer(struct hearth_h2 *h2, int32_t stream, int status,
                     const struct hearth_header *headers, size_t count, bool body);
int hearth_h2_continue(struct hearth_h2 *h2, int32_t stream); /* 100 */
/* Something can be pulled again for this stream. */
void hearth_h2_resume(struct hearth_h2 *h2, int32_t stream);
/* Says that `length` bytes of the body have been taken: the client may send as many more, on this
 * stream and on the connection. */
void hearth_h2_consume(struct hearth_h2 *h2, int32_t stream, size_t length);
/* RST_STREAM: the stream is broken off at once; on_close follows. */
void hearth_h2_reset(struct hearth_h2 *h2, int32_t stream);
/* GOAWAY: streams that run go on, new ones are not taken. */
void hearth_h2_go_away(struct hearth_h2 *h2);

#endif
