/* The HTTP server alone, for h2spec, wrk and load tests: fixed answers, an echo, a stream.
 *
 *     http_server PORT [CERTIFICATE KEY]
 *
 * /health a small JSON · /echo the body back · /later the same, a little later · /big 1 MB ·
 * /stream one event and then silence */
#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATER_MS = 30 };

static struct hearth_loop *loop;
static struct hearth_server *server;

struct echo {
    struct hearth_buf body;
    struct hearth_timer *later; /* NULL: at once */
    struct hearth_exchange *exchange;
};

static void echo_body(void *state, struct hearth_exchange *exchange, const char *bytes,
                      size_t length)
{
    struct echo *echo = state;
    (void)exchange;
    hearth_buf_append(&echo->body, bytes, length);
}

static void echo_free(struct echo *echo)
{
    hearth_timer_destroy(echo->later);
    hearth_buf_finish(&echo->body);
    hearth_free(echo);
}

static void echo_answer(void *state)
{
    struct echo *echo = state;
    hearth_exchange_answer(echo->exchange, 200, "application/octet-stream", echo->body.bytes,
                           echo->body.length);
    echo_free(echo);
}

static void echo_end(void *state, struct hearth_exchange *exchange)
{
    struct echo *echo = state;
    echo->exchange = exchange;
    if (echo->later && echo->body.length == 0)
        hearth_buf_text(&echo->body, "later\n");
    if (echo->later)
        hearth_timer_start(echo->later, LATER_MS, 0);
    else
        echo_answer(echo);
}

static void echo_abort(void *state, struct hearth_exchange *exchange, int reason)
{
    (void)exchange;
    (void)reason;
    echo_free(state);
}

static const struct hearth_handler echo_handler = {
    .on_body = echo_body, .on_end = echo_end, .on_abort = echo_abort};

static void nothing_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    (void)exchange;
}

static void nothing_abort(void *state, struct hearth_exchange *exchange, int reason)
{
    (void)state;
    (void)exchange;
    (void)reason;
}

static const struct hearth_handler silent_handler = {.on_end = nothing_end,
                                                     .on_abort = nothing_abort};

static void route(void *argument, struct hearth_exchange *exchange)
{
    static const char health[] = "{\"status\":\"ok\"}\n";
    static char big[1 << 20];
    const char *path = hearth_exchange_head(exchange)->path;
    (void)argument;
    if (strcmp(path, "/echo") == 0 || strcmp(path, "/later") == 0) {
        struct echo *echo = hearth_calloc(1, sizeof(*echo));
        if (path[1] == 'l')
            echo->later = hearth_timer_create(loop, echo_answer, echo);
        hearth_buf_init(&echo->body, 16 << 20);
        hearth_exchange_handle(exchange, &echo_handler, echo, 16 << 20);
    } else if (strcmp(path, "/stream") == 0) {
        hearth_exchange_handle(exchange, &silent_handler, NULL, 1024);
        hearth_exchange_begin(exchange, 200, "text/event-stream");
        hearth_exchange_write(exchange, "data: 1\n\n", 9);
    } else if (strcmp(path, "/big") == 0) {
        hearth_exchange_answer(exchange, 200, "application/octet-stream", big, sizeof(big));
    } else {
        hearth_exchange_answer(exchange, 200, "application/json", health, sizeof(health) - 1);
    }
}

static void on_drained(void *argument)
{
    hearth_loop_stop(argument);
}

static void on_signal(void *argument, int number)
{
    (void)number;
    hearth_server_drain(server, on_drained, argument);
}

int main(int argc, char **argv)
{
    struct hearth_error error = {0};
    int64_t port = 0;
    uint16_t taken = 0;
    if (argc != 2 && argc != 4)
        return 2;
    if (hearth_parse_int(argv[1], 0, 65535, &port))
        return 2;
    loop = hearth_loop_create();
    const struct hearth_server_options options = {.route = route,
                                                  .version = "bench",
                                                  .gzip = true,
                                                  .tls_certificate = argc == 4 ? argv[2] : NULL,
                                                  .tls_key = argc == 4 ? argv[3] : NULL};
    if (hearth_server_create(loop, &options, &server, &error) ||
        hearth_server_listen_tcp(server, "127.0.0.1", (uint16_t)port, &taken, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    struct hearth_signal *terminate = hearth_signal_create(loop, SIGTERM, on_signal, loop);
    printf("listening on %u\n", taken);
    fflush(stdout);
    hearth_loop_run(loop);
    hearth_signal_destroy(terminate);
    hearth_server_destroy(server);
    hearth_loop_destroy(loop);
    return 0;
}
