/* One request and its answer, whatever protocol carries them, as a handler sees them.
 *
 * The server parses a request's head and calls `hearth_server_options.route`, which names a handler
 * (hearth_exchange_handle) or answers at once. The handler is told what comes through the events of
 * struct hearth_handler, and answers with the verbs below. This one shape carries answers that are
 * given whole, server-sent events, uploads (the body arrives piece by piece), trailers (gRPC) and,
 * through hearth_exchange_take_over, WebSocket. Loop thread only.
 *
 * The order of events: route, then on_body any number of times, then on_end; or on_abort at any
 * moment, when the client is gone, a limit was broken or the server is stopping hard. After
 * hearth_exchange_finish, _answer…, _reset or on_abort the exchange belongs to the server again:
 * the handler must not touch it, hears nothing more, and frees its own state. A client that closes
 * its half of the connection while it waits for an answer counts as gone. */
#ifndef HEARTH_NET_EXCHANGE_H
#define HEARTH_NET_EXCHANGE_H

#include "base/arena.h"
#include "wire/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_buf;
struct hearth_exchange;

/* The request as parsed; lives as long as the exchange. */
struct hearth_request_head {
    const char *method;
    const char *path;      /* percent-decoded once, starts with '/', without the query */
    const char *query;     /* undecoded, or "" */
    const char *authority; /* Host or :authority, or "" */
    const char *protocol;  /* of an extended CONNECT (HTTP/2), else NULL */
    const struct hearth_header *headers;
    size_t header_count;
    int64_t content_length; /* -1 when it is not known */
    uint8_t http_major;     /* 1 or 2 */
    uint8_t http_minor;
    bool tls;
    const char *peer; /* address, or "unix" */
};

/* Is told what is answered, beside the client: for answers that are kept. The bytes are those
 * before any compression; `headers` are those that the handler has set. After on_end, which comes
 * once, nothing comes. `whole`: the answer has its proper end. */
struct hearth_answer_tap {
    void (*on_begin)(void *argument, int status, const char *type,
                     const struct hearth_header *headers, size_t count);
    void (*on_bytes)(void *argument, const void *bytes, size_t length);
    void (*on_end)(void *argument, bool whole);
};

/* Slots may be NULL but for on_end and on_abort. */
struct hearth_handler {
    void (*on_body)(void *handler_state, struct hearth_exchange *exchange, const char *bytes,
                    size_t length);
    void (*on_end)(void *handler_state, struct hearth_exchange *exchange); /* the body is whole */
    /* `reason` is an error code: HEARTH_ECANCELED, HEARTH_ETOOLARGE, HEARTH_EDRAINING … The answer
     * to the client, where there can be one, is already on its way. With HEARTH_EDRAINING, when an
     * answer has begun, the handler may still write (not finish), to tell the client why. */
    void (*on_abort)(void *handler_state, struct hearth_exchange *exchange, int reason);
    /* What was written has left for the kernel; more may be written. */
    void (*on_writable)(void *handler_state, struct hearth_exchange *exchange);
};

const struct hearth_request_head *hearth_exchange_head(const struct hearth_exchange *exchange);
/* The value of a request header (lower-case name), or NULL. */
const char *hearth_exchange_header(const struct hearth_exchange *exchange, const char *name);
/* A decoded query parameter in the exchange's arena, or NULL; the first one of that name. */
const char *hearth_exchange_query(struct hearth_exchange *exchange, const char *name);
/* Freed with the exchange, also while work elsewhere goes on: what a lane reads may not lie in it.
 * Capped at 1 MB and the body limit. */
struct hearth_arena *hearth_exchange_arena(struct hearth_exchange *exchange);
/* "req_" and 24 hex digits; the client's own X-Request-Id when it is a sane token. */
const char *hearth_exchange_id(const struct hearth_exchange *exchange);
uint64_t hearth_exchange_started_ms(const struct hearth_exchange *exchange);

/* Who serves this exchange; called by the router inside on_head. `body_max` is for this route. */
void hearth_exchange_handle(struct hearth_exchange *exchange, const struct hearth_handler *handler,
                            void *handler_state, uint64_t body_max);

/* A whole answer at once: head, body, end. `type` is a media type or NULL. The body is copied; a
 * large one is better given as a buffer, or as static memory.
 * Compressible types between 1 and 256 KiB are sent as gzip to clients that accept it; a larger one
 * the handler may compress itself, away from the loop, and say so with set_coding. */
void hearth_exchange_answer(struct hearth_exchange *exchange, int status, const char *type,
                            const void *body, size_t length);
/* The same with bytes that live as long as the process: they are never copied as a whole. */
void hearth_exchange_answer_static(struct hearth_exchange *exchange, int status, const char *type,
                                   const void *body, size_t length);
/* The same with the memory of a buffer, which is left empty: it goes over to the exchange. */
void hearth_exchange_answer_buf(struct hearth_exchange *exchange, int status, const char *type,
                                struct hearth_buf *body);
/* Sets a header for the answer, before its head is sent; copied. A name that is set again is
 * replaced. The server adds date, length or framing, encoding, X-Request-Id, Hearth-Version. */
void hearth_exchange_set_header(struct hearth_exchange *exchange, const char *name,
                                const char *value);
/* Would this client take a gzip of such a body, and does the server compress? */
bool hearth_exchange_takes_gzip(const struct hearth_exchange *exchange);
/* The body is in this coding already: sets Content-Encoding and Vary, and names the variant in a
 * strong ETag. */
void hearth_exchange_set_coding(struct hearth_exchange *exchange, const char *coding);
/* The body is dense: compressing it would cost more than it saves. */
void hearth_exchange_keep_plain(struct hearth_exchange *exchange);
/* Sends the head; the body follows in pieces of unknown number. */
void hearth_exchange_begin(struct hearth_exchange *exchange, int status, const char *type);
/* Returns false when the bytes had to be queued beyond the low-water mark: stop until on_writable.
 * Never blocks and never drops; a client that does not drain within the limit is aborted, and so is
 * one whose producer goes on by more than 16 MiB. */
bool hearth_exchange_write(struct hearth_exchange *exchange, const void *bytes, size_t length);
bool hearth_exchange_begun(const struct hearth_exchange *exchange);
/* From now on `tap` (static memory, all slots set) is told of the answer; one for each exchange.
 * Before the answer begins. on_end may come when the exchange is freed, after the handler's last
 * event. */
void hearth_exchange_tap(struct hearth_exchange *exchange, const struct hearth_answer_tap *tap,
                         void *argument);
/* Ends the body; trailers (may be NULL) go where the protocol has them. */
void hearth_exchange_finish(struct hearth_exchange *exchange, const struct hearth_header *trailers,
                            size_t trailer_count);
/* Breaks the connection or stream off without a proper end, so that the client can tell. No event
 * follows. */
void hearth_exchange_reset(struct hearth_exchange *exchange);
/* Stops reading this request's body for a while (uploads); what has already been read may still
 * arrive. */
void hearth_exchange_pause_body(struct hearth_exchange *exchange, bool paused);

/* After 101 (HTTP/1.1) or 200 to an extended CONNECT (HTTP/2; 101 becomes 200 there): raw bytes
 * both ways. write and finish go on as before; on_body brings what arrives, on_end comes no more:
 * the client's end is on_abort with HEARTH_ECANCELED. For 101 the handler sets Upgrade, the server
 * adds Connection. */
void hearth_exchange_take_over(struct hearth_exchange *exchange, int status);

#endif
