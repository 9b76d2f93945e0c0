/* Exchanges from both sides: what the protocols tell them (a head, pieces of the body, the end,
 * faults), and what handlers ask of the request. */
#include "net/exchange.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/connection.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    /* On top of the body limit: the arena holds headers, queries and a parsed body. */
    ARENA_BASE_MAX = 1 << 20,
    ID_SIZE = 29,
    CLIENT_ID_MAX = 128,
};

/* Life, as the protocols see it */

static const char *text_at(const char *text, uint32_t offset, const char *fallback)
{
    return offset == HEARTH_HTTP_ABSENT ? fallback : text + offset;
}

/* The text of the head is copied as one piece into the exchange's own allocation; its strings are
 * offsets, so the copy needs no other work. */
static void fill_head(struct hearth_exchange *exchange, const struct hearth_http_head *head,
                      struct hearth_header *headers, char *text)
{
    const struct hearth_connection *connection = exchange->connection;
    memcpy(text, head->text, head->text_length);
    for (size_t i = 0; i < head->field_count; i++)
        headers[i] = (struct hearth_header){.name = text + head->fields[i].name,
                                            .value = text + head->fields[i].value};
    exchange->head = (struct hearth_request_head){
        .method = text + head->method,
        .path = text + head->path,
        .query = text + head->query,
        .authority = text_at(text, head->authority, ""),
        .protocol = text_at(text, head->protocol, NULL),
        .headers = headers,
        .header_count = head->field_count,
        .content_length = head->content_length,
        .http_major = head->major,
        .http_minor = head->minor,
        .tls = connection->tls != NULL,
        .peer = connection->stream ? hearth_stream_peer(connection->stream) : "detached",
    };
    exchange->request = !head->has_body         ? HEARTH_REQUEST_BARE
                        : head->expect_continue ? HEARTH_REQUEST_EXPECTED
                                                : HEARTH_REQUEST_ARRIVING;
    exchange->closes = !head->keep_alive;
}

/* A client's id is written into logs and headers: only what cannot be mistaken for anything
 * else. */
static bool id_sane(const char *id)
{
    size_t length = 0;
    for (; id[length]; length++) {
        char c = id[length];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (length == CLIENT_ID_MAX || (!letter && c != '-' && c != '_' && c != '.'))
            return false;
    }
    return length > 0;
}

static void choose_id(struct hearth_exchange *exchange, char *own)
{
    const char *theirs = hearth_exchange_header(exchange, "x-request-id");
    exchange->id = own;
    if (theirs && id_sane(theirs))
        exchange->id = theirs;
    else
        hearth_server_request_id(exchange->connection->server, own);
}

/* The newest is the first of the list. */
static void link_exchange(struct hearth_exchange *exchange)
{
    struct hearth_connection *connection = exchange->connection;
    exchange->next = connection->exchanges;
    if (exchange->next)
        exchange->next->previous = exchange;
    connection->exchanges = exchange;
    connection->head_since_ms = 0;
    connection->server->counts.requests_active++;
}

/* One allocation holds the exchange, its headers, the text of the head and its own id. It is sized
 * by the client, so it may fail. `unread` stands in for a head that could not be read. */
struct hearth_exchange *hearth_exchange_create(struct hearth_connection *connection,
                                               const struct hearth_http_head *head)
{
    static const struct hearth_http_field no_fields[1];
    static const struct hearth_http_head unread = {.text = "",
                                                   .text_length = 1,
                                                   .authority = HEARTH_HTTP_ABSENT,
                                                   .protocol = HEARTH_HTTP_ABSENT,
                                                   .fields = no_fields,
                                                   .content_length = -1,
                                                   .major = 1,
                                                   .minor = 1};
    const struct hearth_http_head *use = head ? head : &unread;
    size_t headers_size = use->field_count * sizeof(struct hearth_header);
    size_t own_size = connection->protocol->exchange_size;
    struct hearth_exchange *exchange =
        hearth_try_alloc(own_size + headers_size + use->text_length + ID_SIZE);
    if (!exchange)
        return NULL;
    memset(exchange, 0, own_size);
    exchange->connection = connection;
    struct hearth_header *headers = (struct hearth_header *)((char *)exchange + own_size);
    char *text = (char *)headers + headers_size;
    fill_head(exchange, use, headers, text);
    choose_id(exchange, text + use->text_length);
    exchange->body_max = connection->server->options.body_bytes_max;
    exchange->started_ms = hearth_connection_now(connection);
    exchange->window_since_ms = exchange->started_ms;
    link_exchange(exchange);
    return exchange;
}

/* The observer is told first, while everything about the request can still be asked. The handler is
 * not told: by now its answer is over, or it has had its on_abort. */
void hearth_exchange_destroy(struct hearth_exchange *exchange)
{
    struct hearth_connection *connection = exchange->connection;
    struct hearth_server *server = connection->server;
    server->counts.requests_active--;
    if (server->options.on_finished)
        server->options.on_finished(server->options.argument, exchange, exchange->status,
                                    exchange->bytes_sent);
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        connection->exchanges = exchange->next;
    connection->idle_since_ms = hearth_connection_now(connection);
    hearth_exchange_end_tap(exchange, false);
    if (connection->protocol->release)
        connection->protocol->release(exchange);
    hearth_exchange_drop_rest(exchange);
    hearth_exchange_unreserve(exchange);
    hearth_arena_destroy(exchange->arena);
    hearth_free(exchange);
}

/* Counted beforehand: a thousand requests that begin at once would each see an empty sum, and then
 * fill the memory together. */
void hearth_exchange_reserve(struct hearth_exchange *exchange)
{
    exchange->reserved = HEARTH_ANSWER_RESERVE;
    exchange->connection->server->held += exchange->reserved;
}

void hearth_exchange_unreserve(struct hearth_exchange *exchange)
{
    exchange->connection->server->held -= exchange->reserved;
    exchange->reserved = 0;
}

/* Trailers lie in the arena and are sent last, so an exchange that has some keeps it. */
void hearth_exchange_slim(struct hearth_exchange *exchange)
{
    if (!hearth_answer_is_over(exchange) || exchange->trailer_count)
        return;
    hearth_arena_destroy(exchange->arena);
    exchange->arena = NULL;
    exchange->answer_headers = NULL;
    exchange->answer_header_count = 0;
}

void hearth_exchange_take_rest(struct hearth_exchange *exchange, size_t length)
{
    exchange->rest.bytes += length;
    exchange->rest.length -= length;
    exchange->connection->rest_waiting -= length;
    if (!exchange->rest.length)
        hearth_exchange_drop_rest(exchange);
}

void hearth_exchange_drop_rest(struct hearth_exchange *exchange)
{
    exchange->connection->rest_waiting -= exchange->rest.length;
    exchange->connection->rest_held -= exchange->rest.held;
    hearth_free(exchange->rest.owned);
    exchange->rest = (struct hearth_rest){0};
}

/* Answers at once, or leaves the request to the handler that takes it. */
static void find_handler(struct hearth_exchange *exchange)
{
    const struct hearth_server *server = exchange->connection->server;
    if (strcmp(exchange->head.path, "*") == 0) { /* OPTIONS *: about the server, not a route */
        hearth_exchange_answer(exchange, 204, NULL, NULL, 0);
        return;
    }
    if (hearth_server_is_pressed(server)) {
        hearth_exchange_fail(exchange, HEARTH_EQUEUEFULL,
                             "too many answers wait for clients that do not read them");
        return;
    }
    hearth_exchange_reserve(exchange);
    server->options.route(server->options.argument, exchange);
    if (!exchange->handler && exchange->answer == HEARTH_ANSWER_DUE)
        hearth_exchange_fail(exchange, HEARTH_ENOTFOUND, "no route answers this request");
    else if (exchange->handler && exchange->head.content_length > 0 &&
             (uint64_t)exchange->head.content_length > exchange->body_max)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
}

void hearth_exchange_start(struct hearth_exchange *exchange)
{
    bool expected = exchange->request == HEARTH_REQUEST_EXPECTED;
    find_handler(exchange);
    /* An answer that begins before the body says by itself whether it is still wanted. */
    if (expected && exchange->answer == HEARTH_ANSWER_DUE)
        exchange->connection->protocol->send_continue(exchange);
    if (exchange->request == HEARTH_REQUEST_EXPECTED)
        hearth_exchange_move_request(exchange, HEARTH_REQUEST_ARRIVING);
}

/* Whether a handler still counts the body: not one that took the connection over. */
static bool counts_body(const struct hearth_exchange *exchange)
{
    return exchange->handler && !hearth_answer_is_over(exchange) &&
           exchange->framing != HEARTH_FRAMING_RAW;
}

/* An HTTP/1 chunk says its length before its bytes come, so one that is too long is refused without
 * waiting for them. */
void hearth_exchange_announce(struct hearth_exchange *exchange, uint64_t length)
{
    uint64_t room = exchange->body_max > exchange->body_received
                        ? exchange->body_max - exchange->body_received
                        : 0;
    if (counts_body(exchange) && length > room)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
}

/* Bytes are counted even if nobody takes them: keeps_alive of HTTP/1 needs to know how much is
 * still to come. */
void hearth_exchange_receive(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    exchange->body_received += length;
    if (!exchange->handler || hearth_answer_is_over(exchange))
        return;
    if (counts_body(exchange) && exchange->body_received > exchange->body_max)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
    else if (exchange->handler->on_body)
        exchange->handler->on_body(exchange->handler_state, exchange, bytes, length);
}

void hearth_exchange_receive_end(struct hearth_exchange *exchange)
{
    if (exchange->request != HEARTH_REQUEST_WHOLE)
        hearth_exchange_move_request(exchange, HEARTH_REQUEST_WHOLE);
    if (counts_body(exchange))
        exchange->handler->on_end(exchange->handler_state, exchange);
}

void hearth_exchange_writable(struct hearth_exchange *exchange)
{
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_OPEN);
    if (exchange->handler && exchange->handler->on_writable)
        exchange->handler->on_writable(exchange->handler_state, exchange);
}

/* The handler is forgotten only after the call, during which it may still look at the exchange. */
void hearth_exchange_abort(struct hearth_exchange *exchange, int reason)
{
    const struct hearth_handler *handler = exchange->handler;
    if (!handler || hearth_answer_is_over(exchange))
        return;
    handler->on_abort(exchange->handler_state, exchange, reason);
    exchange->handler = NULL;
}

/* `render_error` gives the error the shape of the API that the path belongs to; the shape here is
 * for requests whose path is not known, or that belong to none. */
static void answer_error(struct hearth_exchange *exchange, int code, const char *detail)
{
    const struct hearth_server *server = exchange->connection->server;
    const struct hearth_error_row *row = hearth_error_row(code);
    struct hearth_buf body;
    char limit[96];
    if (code == HEARTH_ETOOLARGE && !detail) {
        snprintf(limit, sizeof(limit), "the limit here is %llu bytes",
                 (unsigned long long)exchange->body_max);
        detail = limit;
    }
    detail = detail ? detail : row->text;
    hearth_buf_init(&body, 65536);
    if (!server->options.render_error ||
        !server->options.render_error(server->options.argument, exchange, code, detail, &body)) {
        hearth_buf_clear(&body);
        hearth_buf_text(&body, "{\"error\":");
        hearth_json_write_string(&body, row->text, strlen(row->text));
        hearth_buf_text(&body, ",\"detail\":");
        hearth_json_write_string(&body, detail, strlen(detail));
        hearth_buf_printf(&body, ",\"code\":\"%s\",\"request_id\":\"%s\"}\n", row->code,
                          exchange->id);
    }
    if (row->http_status == 503)
        hearth_exchange_set_header(exchange, "retry-after", "1");
    hearth_exchange_answer(exchange, row->http_status, "application/json", body.bytes, body.length);
    hearth_buf_finish(&body);
}

/* The handler is taken away first, so that the answer made here does not call it back, and told
 * last, when the client's answer is on its way. In HTTP/1 the connection ends behind the
 * answer, since the rest of the request may still be coming. */
void hearth_exchange_fail(struct hearth_exchange *exchange, int code, const char *detail)
{
    const struct hearth_handler *handler = exchange->handler;
    if (hearth_answer_is_over(exchange))
        return;
    exchange->handler = NULL;
    exchange->closes = true;
    if (exchange->answer == HEARTH_ANSWER_DUE)
        answer_error(exchange, code, detail);
    else
        hearth_exchange_reset(exchange);
    if (handler)
        handler->on_abort(exchange->handler_state, exchange, code);
}

/* Unlike reset this also drops an answer that was given whole, of which the client has not taken
 * the rest. */
void hearth_exchange_break(struct hearth_exchange *exchange, int reason)
{
    if (exchange->answer == HEARTH_ANSWER_BROKEN)
        return;
    hearth_exchange_abort(exchange, reason);
    exchange->handler = NULL;
    hearth_exchange_drop_rest(exchange);
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_BROKEN);
    if (!exchange->connection->dead)
        exchange->connection->protocol->reset(exchange);
}

/* A due answer can still be a proper 503. One that has begun cannot: the handler may write a last
 * word, then the end is a broken one (CUT), so that the client does not take half an answer for a
 * whole. */
void hearth_exchange_drain(struct hearth_exchange *exchange)
{
    if (hearth_answer_is_over(exchange))
        return;
    if (exchange->answer == HEARTH_ANSWER_DUE) {
        hearth_exchange_fail(exchange, HEARTH_EDRAINING, NULL);
        return;
    }
    exchange->closes = true;
    hearth_exchange_abort(exchange, HEARTH_EDRAINING);
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_CUT);
    exchange->connection->protocol->finish(exchange);
}

/* The request, as handlers see it */

const struct hearth_request_head *hearth_exchange_head(const struct hearth_exchange *exchange)
{
    return &exchange->head;
}

const char *hearth_exchange_header(const struct hearth_exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->head.header_count; i++)
        if (strcmp(exchange->head.headers[i].name, name) == 0)
            return exchange->head.headers[i].value;
    return NULL;
}

/* Names are compared decoded, because "%6Eame" is "name". The first pair of that name counts. */
const char *hearth_exchange_query(struct hearth_exchange *exchange, const char *name)
{
    for (const char *pair = exchange->head.query; *pair;) {
        size_t length = strcspn(pair, "&");
        char *key = hearth_arena_strndup(hearth_exchange_arena(exchange), pair, length);
        if (!key)
            return NULL;
        char *value = strchr(key, '=');
        if (value)
            *value++ = '\0';
        if (hearth_http_percent_decode(key, true) && strcmp(key, name) == 0)
            return !value ? "" : hearth_http_percent_decode(value, true) ? value : NULL;
        pair += length + (pair[length] == '&');
    }
    return NULL;
}

/* Made at first use: most requests need none. */
struct hearth_arena *hearth_exchange_arena(struct hearth_exchange *exchange)
{
    if (!exchange->arena) {
        uint64_t body_max = exchange->body_max;
        bool fits = body_max <= SIZE_MAX - ARENA_BASE_MAX;
        exchange->arena = hearth_arena_create(fits ? (size_t)body_max + ARENA_BASE_MAX : SIZE_MAX);
    }
    return exchange->arena;
}

void hearth_exchange_tap(struct hearth_exchange *exchange, const struct hearth_answer_tap *tap,
                         void *argument)
{
    assert(!exchange->tap && exchange->answer == HEARTH_ANSWER_DUE);
    exchange->tap = tap;
    exchange->tap_argument = argument;
}

/* Forgotten first: what it does when it hears the end may end here again. */
void hearth_exchange_end_tap(struct hearth_exchange *exchange, bool whole)
{
    const struct hearth_answer_tap *tap = exchange->tap;
    exchange->tap = NULL;
    if (tap)
        tap->on_end(exchange->tap_argument, whole);
}

const char *hearth_exchange_id(const struct hearth_exchange *exchange)
{
    return exchange->id;
}

uint64_t hearth_exchange_started_ms(const struct hearth_exchange *exchange)
{
    return exchange->started_ms;
}

void hearth_exchange_handle(struct hearth_exchange *exchange, const struct hearth_handler *handler,
                            void *handler_state, uint64_t body_max)
{
    assert(handler->on_end && handler->on_abort);
    exchange->handler = handler;
    exchange->handler_state = handler_state;
    exchange->body_max = body_max;
}
