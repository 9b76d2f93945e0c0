/* A server on its own thread, with handlers that tests choose by path, and raw client sockets with
 * deadlines. For one test program: everything is static.
 *
 * /hello "hello\n" · /echo the body · /wait no answer · /stream one event and no end · /flood
 * writes whenever it may · /big 4 MB at once · /static, /owned: the same without a copy · /text
 * 8 KB of text · /raw takes the connection over and echoes · /trailers · /limit a body of at most
 * 10 bytes · /early answers before the body · /later answers in another turn · /upload pauses the
 * body behind each piece until it is resumed */
#ifndef HEARTH_TEST_HTTP_FIXTURE_H
#define HEARTH_TEST_HTTP_FIXTURE_H

#include "base/buf.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "net/server.h"
#include "unit/cmocka_all.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

enum { BIG = 4 << 20, PATIENCE_MS = 10000 };

static struct {
    struct hearth_loop *loop;
    struct hearth_server *server;
    struct hearth_timer *alive; /* the loop runs on when the server has ended */
    pthread_t thread;
    uint16_t port;
    /* Written by the loop's thread, read by tests. */
    atomic_int aborts, abort_reason, heads, ends, finished, status, drained;
    atomic_ulong body_bytes, written;
} fixture;

struct route_state {
    struct hearth_buf body;
    struct hearth_timer *timer;
    struct hearth_exchange *exchange;
    const char *path;
};

static void state_free(struct route_state *state)
{
    hearth_timer_destroy(state->timer);
    hearth_buf_finish(&state->body);
    hearth_free(state);
}

static void state_body(void *handler_state, struct hearth_exchange *exchange, const char *bytes,
                       size_t length)
{
    struct route_state *state = handler_state;
    fixture.body_bytes += length;
    if (strcmp(state->path, "/raw") == 0) {
        hearth_exchange_write(exchange, bytes, length);
        if (memchr(bytes, '!', length)) {
            hearth_exchange_finish(exchange, NULL, 0);
            state_free(state);
        }
        return;
    }
    if (strcmp(state->path, "/upload") == 0) {
        hearth_exchange_pause_body(exchange, true);
        hearth_timer_start(state->timer, 20, 0);
    }
    assert_int_equal(hearth_buf_append(&state->body, bytes, length), 0);
}

static void flood(struct hearth_exchange *exchange)
{
    static const char piece[8192] = "flood";
    do
        fixture.written += sizeof(piece);
    while (hearth_exchange_write(exchange, piece, sizeof(piece)));
}

static void state_end(void *handler_state, struct hearth_exchange *exchange)
{
    static char big[BIG];
    static char text[8192];
    struct route_state *state = handler_state;
    const struct hearth_header trailers[] = {{"x-sum", "42"}};
    fixture.ends++;
    state->exchange = exchange;
    if (strcmp(state->path, "/wait") == 0 || strcmp(state->path, "/stream") == 0)
        return;
    if (strcmp(state->path, "/flood") == 0) {
        flood(exchange);
        return;
    }
    if (strcmp(state->path, "/later") == 0) {
        hearth_timer_start(state->timer, 50, 0);
        return;
    }
    memset(text, 'a', sizeof(text));
    if (strcmp(state->path, "/big") == 0) {
        hearth_exchange_answer(exchange, 200, "application/octet-stream", big, BIG);
    } else if (strcmp(state->path, "/static") == 0) {
        hearth_exchange_answer_static(exchange, 200, "application/octet-stream", big, BIG);
    } else if (strcmp(state->path, "/owned") == 0) {
        struct hearth_buf body;
        hearth_buf_init(&body, BIG);
        hearth_buf_append(&body, big, BIG);
        hearth_exchange_answer_buf(exchange, 200, "application/octet-stream", &body);
        hearth_buf_finish(&body);
    } else if (strcmp(state->path, "/text") == 0) {
        hearth_exchange_set_header(exchange, "Vary", "Origin");
        hearth_exchange_answer(exchange, 200, "text/plain", text, sizeof(text));
    } else if (strcmp(state->path, "/hello") == 0) {
        hearth_exchange_answer(exchange, 200, "text/plain", "hello\n", 6);
    } else if (strcmp(state->path, "/trailers") == 0) {
        hearth_exchange_begin(exchange, 200, "text/plain");
        hearth_exchange_write(exchange, "part1", 5);
        hearth_exchange_write(exchange, "part2", 5);
        hearth_exchange_finish(exchange, trailers, 1);
    } else {
        hearth_exchange_answer(exchange, 200, "text/plain", state->body.bytes, state->body.length);
    }
    state_free(state);
}

static void state_later(void *argument)
{
    struct route_state *state = argument;
    if (strcmp(state->path, "/upload") == 0) {
        hearth_exchange_pause_body(state->exchange, false);
        return;
    }
    hearth_exchange_answer(state->exchange, 200, "text/plain", "later\n", 6);
    state_free(state);
}

static void state_abort(void *handler_state, struct hearth_exchange *exchange, int reason)
{
    struct route_state *state = handler_state;
    if (reason == HEARTH_EDRAINING && hearth_exchange_begun(exchange))
        hearth_exchange_write(exchange, "data: going\n\n", 13);
    fixture.abort_reason = reason;
    fixture.aborts++;
    state_free(state);
}

static void state_writable(void *handler_state, struct hearth_exchange *exchange)
{
    const struct route_state *state = handler_state;
    if (strcmp(state->path, "/flood") == 0)
        flood(exchange);
}

static const struct hearth_handler state_handler = {.on_body = state_body,
                                                    .on_end = state_end,
                                                    .on_abort = state_abort,
                                                    .on_writable = state_writable};

static void fixture_route(void *argument, struct hearth_exchange *exchange)
{
    const char *path = hearth_exchange_head(exchange)->path;
    (void)argument;
    fixture.heads++;
    if (strcmp(path, "/early") == 0) {
        hearth_exchange_answer(exchange, 403, "text/plain", "no\n", 3);
        return;
    }
    if (strcmp(path, "/nobody") == 0)
        return;
    struct route_state *state = hearth_calloc(1, sizeof(*state));
    hearth_buf_init(&state->body, 64 << 20);
    state->path = path;
    state->exchange = exchange;
    state->timer = hearth_timer_create(fixture.loop, state_later, state);
    hearth_exchange_handle(exchange, &state_handler, state,
                           strcmp(path, "/limit") == 0 ? 10 : 64 << 20);
    if (strcmp(path, "/stream") == 0 || strcmp(path, "/flood") == 0) {
        hearth_exchange_begin(exchange, 200, "text/event-stream");
        hearth_exchange_write(exchange, "data: 1\n\n", 9);
    }
    if (strcmp(path, "/raw") == 0) {
        hearth_exchange_set_header(exchange, "Upgrade", "raw");
        hearth_exchange_take_over(exchange, 101);
    }
}

static void fixture_finished(void *argument, struct hearth_exchange *exchange, int status,
                             uint64_t bytes_sent)
{
    (void)argument;
    (void)exchange;
    (void)bytes_sent;
    fixture.status = status;
    fixture.finished++;
}

static void *fixture_run(void *argument)
{
    hearth_loop_run(argument);
    return NULL;
}

static UNUSED struct hearth_server_options fixture_options(void)
{
    return (struct hearth_server_options){.header_timeout_ms = 10000,
                                          .idle_timeout_ms = 10000,
                                          .write_timeout_ms = 10000,
                                          .gzip = true,
                                          .version = "1.2.3"};
}

static void fixture_alive(void *argument)
{
    (void)argument;
}

static void fixture_start(struct hearth_server_options options, const char *unix_path)
{
    struct hearth_error error = {0};
    memset(&fixture, 0, sizeof(fixture));
    fixture.loop = hearth_loop_create();
    options.route = fixture_route;
    options.on_finished = fixture_finished;
    assert_int_equal(hearth_server_create(fixture.loop, &options, &fixture.server, &error), 0);
    assert_int_equal(
        hearth_server_listen_tcp(fixture.server, "127.0.0.1", 0, &fixture.port, &error), 0);
    if (unix_path)
        assert_int_equal(hearth_server_listen_unix(fixture.server, unix_path, &error), 0);
    fixture.alive = hearth_timer_create(fixture.loop, fixture_alive, NULL);
    hearth_timer_start(fixture.alive, 1000, 1000);
    pthread_create(&fixture.thread, NULL, fixture_run, fixture.loop);
}

/* What the server says of itself, asked on its own thread. */
static struct hearth_server_counts fixture_counted;
static atomic_int fixture_count_answers;

static void fixture_read_counts(void *argument)
{
    (void)argument;
    fixture_counted = hearth_server_counts(fixture.server);
    fixture_count_answers++;
}

static UNUSED struct hearth_server_counts fixture_counts(void)
{
    int before = fixture_count_answers;
    hearth_loop_post(fixture.loop, fixture_read_counts, NULL);
    for (int i = 0; i < PATIENCE_MS && fixture_count_answers == before; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return fixture_counted;
}

static void fixture_destroy(void *argument)
{
    (void)argument;
    hearth_server_destroy(fixture.server);
    hearth_timer_destroy(fixture.alive);
    hearth_loop_stop(fixture.loop);
}

/* For what must be cut off soon. */
static UNUSED int fixture_start_impatient(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.header_timeout_ms = options.idle_timeout_ms = options.write_timeout_ms = 300;
    fixture_start(options, NULL);
    return 0;
}

static void fixture_stop(void)
{
    hearth_loop_post(fixture.loop, fixture_destroy, NULL);
    pthread_join(fixture.thread, NULL);
    hearth_loop_destroy(fixture.loop);
}

static UNUSED int fixture_end(void **state)
{
    (void)state;
    fixture_stop();
    return 0;
}

static void on_fixture_drained(void *argument)
{
    (void)argument;
    fixture.drained++;
}

static UNUSED void fixture_drain(void *argument)
{
    (void)argument;
    hearth_server_drain(fixture.server, on_fixture_drained, NULL);
}

static UNUSED void fixture_abort(void *argument)
{
    (void)argument;
    hearth_server_abort(fixture.server);
}

static UNUSED bool wait_for(atomic_int *value, int at_least)
{
    for (int i = 0; i < PATIENCE_MS / 5 && *value < at_least; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return *value >= at_least;
}

static UNUSED void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Clients */

static UNUSED int client_connect(void)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

static UNUSED int client_connect_unix(const char *path)
{
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

/* Failures are left to the reading: the server may have closed already. */
static UNUSED void client_send(int client, const void *bytes, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        ssize_t rc = send(client, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL);
        if (rc <= 0)
            return;
        sent += (size_t)rc;
    }
}

static UNUSED void client_text(int client, const char *text)
{
    client_send(client, text, strlen(text));
}

/* Reads until `length` bytes or `needle` are there (0 and NULL: to the end); the count, and whether
 * the server has closed. */
static UNUSED size_t client_read(int client, char *to, size_t size, size_t length,
                                 const char *needle, bool *ret_closed)
{
    size_t got = 0;
    *ret_closed = false;
    to[0] = '\0';
    while (got + 1 < size && !(length && got >= length) && !(needle && strstr(to, needle))) {
        struct pollfd wait = {.fd = client, .events = POLLIN};
        if (poll(&wait, 1, PATIENCE_MS) != 1)
            break;
        ssize_t rc = recv(client, to + got, size - 1 - got, 0);
        if (rc <= 0) {
            *ret_closed = true;
            break;
        }
        got += (size_t)rc;
        to[got] = '\0';
    }
    return got;
}

/* Sends, reads until the server closes (which it must) into a static buffer. */
static UNUSED const char *ask_bytes(const void *bytes, size_t length)
{
    static char answer[65536];
    bool closed;
    int client = client_connect();
    client_send(client, bytes, length);
    client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    close(client);
    assert_true(closed);
    return answer;
}

static UNUSED const char *ask(const char *text)
{
    return ask_bytes(text, strlen(text));
}

static UNUSED void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("%s\nis not in:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

static UNUSED void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        print_error("%s\nis in:\n%s\n", part, text);
    assert_null(strstr(text, part));
}

#endif
