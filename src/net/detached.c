/* A connection of its own for each such exchange, with a protocol that sends nothing: what is
 * answered reaches the tap, which is all that is wanted of it. The connection counts as busy
 * forever, so that the server's rounds leave it alone. */
#include "net/detached.h"

#include "base/error.h"
#include "base/memory.h"
#include "net/connection.h"

#include <string.h>

enum { HEAD_MAX = 256 << 10 };

struct hearth_detached {
    struct hearth_answer_record answer; /* first: the tap's argument */
    struct hearth_connection connection;
    struct hearth_exchange *exchange; /* NULL: canceled while its end was on its way */
    void (*on_end)(void *argument, const struct hearth_answer_record *answer);
    void *argument;
    bool ended; /* the end is on its way through the loop */
};

static struct hearth_detached *of(struct hearth_exchange *exchange)
{
    return exchange->connection->session;
}

/* The protocol: nothing leaves */

static void begin(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body)
{
    (void)exchange, (void)status, (void)headers, (void)count, (void)body;
}

static void write_nothing(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    (void)exchange, (void)bytes, (void)length;
}

static void drop_exchange(struct hearth_detached *detached)
{
    hearth_exchange_destroy(detached->exchange);
    detached->exchange = NULL;
    hearth_connection_count(&detached->connection); /* gives back what the answer was counted as */
    hearth_answer_record_finish(&detached->answer);
}

/* The exchange is freed after its owner has heard: the record is the owner's to read, and a handler
 * that is still on the stack may look at its exchange. It is gone already where the owner has
 * canceled meanwhile; the server may be gone then too. */
static void on_deferred(void *argument)
{
    struct hearth_detached *detached = argument;
    if (detached->exchange) {
        detached->on_end(detached->argument, &detached->answer);
        drop_exchange(detached);
    }
    hearth_free(detached);
}

static void end(struct hearth_exchange *exchange)
{
    struct hearth_detached *detached = of(exchange);
    if (detached->ended)
        return;
    detached->ended = true;
    hearth_loop_defer(detached->connection.server->loop, on_deferred, detached);
}

static void pause_body(struct hearth_exchange *exchange, bool paused)
{
    (void)exchange, (void)paused;
}

static void send_continue(struct hearth_exchange *exchange)
{
    (void)exchange;
}

static bool is_blocked(const struct hearth_exchange *exchange)
{
    (void)exchange;
    return false;
}

static size_t held(const struct hearth_connection *connection)
{
    (void)connection;
    return 0;
}

static const struct hearth_protocol protocol_detached = {
    .exchange_size = sizeof(struct hearth_exchange),
    .begin = begin,
    .write = write_nothing,
    .finish = end,
    .reset = end,
    .pause_body = pause_body,
    .send_continue = send_continue,
    .is_blocked = is_blocked,
    .held = held,
};

/* The head, as the codecs make it: one text and offsets into it */

static uint32_t put(struct hearth_buf *text, const char *bytes)
{
    uint32_t at = (uint32_t)text->length;
    hearth_buf_append(text, bytes, strlen(bytes) + 1);
    return at;
}

static int write_head(const struct hearth_detached_head *from, struct hearth_buf *text,
                      struct hearth_http_field *fields, struct hearth_http_head *ret_head)
{
    *ret_head = (struct hearth_http_head){
        .method = put(text, from->method),
        .path = put(text, from->path),
        .query = put(text, from->query ? from->query : ""),
        .authority = HEARTH_HTTP_ABSENT,
        .protocol = HEARTH_HTTP_ABSENT,
        .fields = fields,
        .field_count = from->header_count,
        .content_length = (int64_t)from->body_length,
        .has_body = true,
        .keep_alive = true,
        .major = 1,
        .minor = 1,
    };
    for (size_t i = 0; i < from->header_count; i++)
        fields[i] = (struct hearth_http_field){.name = put(text, from->headers[i].name),
                                               .value = put(text, from->headers[i].value)};
    ret_head->text = text->bytes;
    ret_head->text_length = text->length;
    return text->failed;
}

static int create_exchange(struct hearth_detached *detached,
                           const struct hearth_detached_head *from)
{
    struct hearth_buf text;
    struct hearth_http_head head;
    struct hearth_http_field *fields = hearth_calloc(from->header_count + 1, sizeof(*fields));
    hearth_buf_init(&text, HEAD_MAX);
    int rc = write_head(from, &text, fields, &head);
    detached->exchange = rc ? NULL : hearth_exchange_create(&detached->connection, &head);
    hearth_buf_finish(&text);
    hearth_free(fields);
    return rc ? rc : detached->exchange ? 0 : HEARTH_ENOMEM;
}

/* Whether it was whole; that it has ended, the protocol tells. */
static void on_answer_end(void *argument, bool whole)
{
    struct hearth_answer_record *answer = argument;
    answer->whole = whole;
}

int hearth_detached_create(struct hearth_server *server, const struct hearth_detached_head *head,
                           size_t answer_max,
                           void (*on_end)(void *argument,
                                          const struct hearth_answer_record *answer),
                           void *argument, struct hearth_detached **ret_detached)
{
    static const struct hearth_answer_tap tap = {.on_begin = hearth_answer_record_begin,
                                                 .on_bytes = hearth_answer_record_bytes,
                                                 .on_end = on_answer_end};
    struct hearth_detached *detached = hearth_calloc(1, sizeof(*detached));
    detached->connection = (struct hearth_connection){
        .server = server, .protocol = &protocol_detached, .session = detached, .busy = true};
    detached->on_end = on_end;
    detached->argument = argument;
    hearth_answer_record_init(&detached->answer, answer_max);
    int rc = create_exchange(detached, head);
    if (rc) {
        hearth_answer_record_finish(&detached->answer);
        hearth_free(detached);
        return rc;
    }
    hearth_exchange_tap(detached->exchange, &tap, detached);
    *ret_detached = detached;
    return 0;
}

struct hearth_exchange *hearth_detached_exchange(struct hearth_detached *detached)
{
    return detached->exchange;
}

/* A handler may answer as soon as it has the body; the exchange stays until the loop has gone
 * round. */
void hearth_detached_send(struct hearth_detached *detached, const void *body, size_t length)
{
    struct hearth_exchange *exchange = detached->exchange;
    if (length > exchange->body_max)
        hearth_exchange_fail(exchange, HEARTH_ETOOLARGE, NULL);
    else if (length)
        hearth_exchange_receive(exchange, body, length);
    if (!hearth_answer_is_over(exchange))
        hearth_exchange_receive_end(exchange);
}

size_t hearth_detached_received(const struct hearth_detached *detached)
{
    return detached->answer.body.length;
}

/* The memory of one that has ended already is its deferred call's to free. */
void hearth_detached_cancel(struct hearth_detached *detached)
{
    if (!detached)
        return;
    bool is_deferred = detached->ended;
    detached->ended = true;
    if (!is_deferred)
        hearth_exchange_break(detached->exchange, HEARTH_ECANCELED);
    drop_exchange(detached);
    if (!is_deferred)
        hearth_free(detached);
}
