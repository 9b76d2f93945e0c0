#include "net/exchange.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/connection.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    ARENA_BASE_MAX = 1 << 20,
    ID_SIZE = 29,
    CLIENT_ID_MAX = 128,
};

/* Life, as the protocols see it */

static const char *text_at(const char *text, uint32_t offset, const char *fallback)
{
    return offset == HEARTH_HTTP_ABSENT ? fallback : text + offset;
}

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
        .peer = hearth_stream_peer(connection->stream),
    };
    exchange->has_body = head->has_body;
    exchange->keep_alive = head->keep_alive;
    exchange->expects_continue = head->expect_continue;
}

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
    struct hearth_exchange *exchange =
        hearth_try_alloc(sizeof(*exchange) + headers_size + use->text_length + ID_SIZE);
    if (!exchange)
        return NULL;
    memset(exchange, 0, sizeof(*exchange));
    exchange->connection = connection;
    struct hearth_header *headers = (struct hearth_header *)(exchange + 1);
    char *text = (char *)headers + headers_size;
    fill_head(exchange, use, headers, text);
    choose_id(exchange, text + use->text_length);
    exchange->body_max = connection->server->options.body_bytes_max;
    exchange->started_ms = hearth_connection_now(connection);
    exchange->window_since_ms = exchange->stalled_since_ms = exchange->started_ms;
    hearth_buf_init(&exchange->out, SIZE_MAX / 2);
    link_exchange(exchange);
    return exchange;
}

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
    connection->waiting_bytes -= exchange->out.length - exchange->out_at;
    connection->idle_since_ms = hearth_connection_now(connection);
    hearth_buf_finish(&exchange->out);
    hearth_arena_destroy(exchange->arena);
    hearth_free(exchange);
}

void hearth_exchange_start(struct hearth_exchange *exchange)
{
    const struct hearth_server *server = exchange->connection->server;
    if (strcmp(exchange->head.path, "*") == 0) { /* OPTIONS *: about the server, not a route */
        hearth_exchange_answer(exchange, 204, NULL, NULL, 0);
        return;
    }
    server->options.route(server->options.argument, exchange);
    if (exchange->finished)
        return;
    if (!exchange->handler && !exchange->begun) {
        hearth_exchange_fail(exchange, HEARTH_ENOTFOUND, "no handler took this request");
        return;
    }
    if (exchange->head.content_length > 0 &&
        (uint64_t)exchange->head.content_length > exchange->body_max) {
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
        return;
    }
    if (exchange->expects_continue && !exchange->begun)
        exchange->connection->protocol->send_continue(exchange);
    exchange->expects_continue = false;
}

void hearth_exchange_announce(struct hearth_exchange *exchange, uint64_t length)
{
    uint64_t room = exchange->body_max > exchange->body_received
                        ? exchange->body_max - exchange->body_received
                        : 0;
    if (exchange->handler && !exchange->finished && !exchange->taken_over && length > room)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
}

void hearth_exchange_receive(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    exchange->body_received += length;
    if (exchange->finished || !exchange->handler)
        return;
    if (exchange->body_received > exchange->body_max && !exchange->taken_over)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
    else if (exchange->handler->on_body)
        exchange->handler->on_body(exchange->handler_state, exchange, bytes, length);
}

void hearth_exchange_receive_end(struct hearth_exchange *exchange)
{
    exchange->request_complete = true;
    if (exchange->handler && !exchange->finished && !exchange->taken_over)
        exchange->handler->on_end(exchange->handler_state, exchange);
}

void hearth_exchange_writable(struct hearth_exchange *exchange)
{
    exchange->blocked = false;
    if (exchange->handler && !exchange->finished && exchange->handler->on_writable)
        exchange->handler->on_writable(exchange->handler_state, exchange);
}

void hearth_exchange_abort(struct hearth_exchange *exchange, int reason)
{
    const struct hearth_handler *handler = exchange->handler;
    if (!handler || exchange->finished)
        return;
    handler->on_abort(exchange->handler_state, exchange, reason);
    exchange->handler = NULL;
}

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

void hearth_exchange_fail(struct hearth_exchange *exchange, int code, const char *detail)
{
    const struct hearth_handler *handler = exchange->handler;
    if (exchange->finished)
        return;
    exchange->handler = NULL;
    exchange->close_after = true;
    if (!exchange->begun)
        answer_error(exchange, code, detail);
    else
        hearth_exchange_reset(exchange);
    if (handler)
        handler->on_abort(exchange->handler_state, exchange, code);
}

void hearth_exchange_drain(struct hearth_exchange *exchange)
{
    if (exchange->finished)
        return;
    if (!exchange->begun) {
        hearth_exchange_fail(exchange, HEARTH_EDRAINING, NULL);
        return;
    }
    exchange->close_after = true;
    hearth_exchange_abort(exchange, HEARTH_EDRAINING);
    exchange->break_at_end = !exchange->finished;
    exchange->finished = true;
    if (exchange->head.http_major == 2)
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

struct hearth_arena *hearth_exchange_arena(struct hearth_exchange *exchange)
{
    if (!exchange->arena) {
        uint64_t max = exchange->body_max < SIZE_MAX / 4 ? exchange->body_max : SIZE_MAX / 4;
        exchange->arena = hearth_arena_create((size_t)max + ARENA_BASE_MAX);
    }
    return exchange->arena;
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
