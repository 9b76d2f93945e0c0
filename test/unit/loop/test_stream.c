#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* More than the kernel holds for a connection whose peer does not read. */
#define BIG (32u << 20)

struct fixture {
    struct hearth_loop *loop;
    struct hearth_listener *listener;
    struct hearth_stream *stream;
    struct hearth_timer *limit;
    char got[64];
    size_t got_length;
    char peer[64];
    int ends, end_error, drained;
    bool big;                            /* answer with BIG bytes */
    enum { COPIED, OWNED, STATIC } kind; /* how these are given */
    size_t held_after_write, held_after_drain;
    int ignore; /* so many connections are closed at once */
    size_t queued_after_write;
    sem_t answered; /* the big answer was written: now the client reads */
};

static void finish(struct fixture *f)
{
    hearth_stream_close(f->stream);
    f->stream = NULL;
    hearth_listener_destroy(f->listener);
    f->listener = NULL;
    hearth_timer_stop(f->limit);
}

static void write_big(struct fixture *f)
{
    static char lasting[BIG];
    char *answer = f->kind == STATIC ? lasting : hearth_calloc(1, BIG);
    if (f->kind == COPIED)
        hearth_stream_write(f->stream, answer, BIG);
    else
        hearth_stream_write_in_place(f->stream, "head", 4, answer, BIG,
                                     f->kind == OWNED ? answer : NULL);
    if (f->kind == COPIED)
        hearth_free(answer);
}

static void on_read(void *argument, const char *bytes, size_t length)
{
    struct fixture *f = argument;
    assert_true(f->got_length + length < sizeof(f->got));
    memcpy(f->got + f->got_length, bytes, length);
    f->got_length += length;
    if (f->big) {
        write_big(f);
        f->held_after_write = hearth_stream_held(f->stream);
        f->queued_after_write = hearth_stream_queued(f->stream);
        sem_post(&f->answered);
    } else {
        hearth_stream_write(f->stream, bytes, length);
    }
}

static void on_end(void *argument, int error)
{
    struct fixture *f = argument;
    f->ends++;
    f->end_error = error;
    finish(f);
}

static void on_drained(void *argument)
{
    struct fixture *f = argument;
    f->drained++;
    f->held_after_drain = hearth_stream_held(f->stream);
    hearth_stream_shutdown(f->stream);
}

static const struct hearth_stream_events events = {on_read, on_end, on_drained};

static void on_accept(void *argument, struct hearth_stream *stream)
{
    struct fixture *f = argument;
    if (f->ignore && f->ignore--) {
        hearth_stream_close(stream);
        return;
    }
    f->stream = stream;
    snprintf(f->peer, sizeof(f->peer), "%s", hearth_stream_peer(stream));
    hearth_stream_start(stream, &events, f);
}

static void on_limit(void *argument)
{
    (void)argument;
    /* A failed assertion would leave the loop with open handles, and teardown waiting for them. */
    fprintf(stderr, "the test took too long\n");
    abort();
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = hearth_loop_create();
    sem_init(&f->answered, 0, 0);
    f->limit = hearth_timer_create(f->loop, on_limit, f);
    hearth_timer_start(f->limit, 20000, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    hearth_timer_destroy(f->limit);
    hearth_loop_destroy(f->loop);
    sem_destroy(&f->answered);
    free(f);
    return 0;
}

struct client {
    int descriptor;
    const char *send;
    size_t got;
    bool close_early;
    sem_t *read_after; /* or NULL */
};

static void *client_run(void *argument)
{
    struct client *client = argument;
    ssize_t rc = write(client->descriptor, client->send, strlen(client->send));
    char bytes[65536];
    if (client->read_after)
        sem_wait(client->read_after);
    if (client->close_early) {
        struct linger linger = {.l_onoff = 1};
        setsockopt(client->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        rc = read(client->descriptor, bytes, 1);
        close(client->descriptor);
        return NULL;
    }
    while ((rc = read(client->descriptor, bytes, sizeof(bytes))) > 0) {
        client->got += (size_t)rc;
        if (client->got == strlen(client->send))
            break;
    }
    close(client->descriptor);
    return NULL;
}

static pthread_t connect_tcp(struct client *client, int family, uint16_t port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    six.sin6_addr = in6addr_loopback;
    client->descriptor = socket(family, SOCK_STREAM, 0);
    int rc = family == AF_INET ? connect(client->descriptor, (struct sockaddr *)&four, sizeof(four))
                               : connect(client->descriptor, (struct sockaddr *)&six, sizeof(six));
    assert_int_equal(rc, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, client_run, client);
    return thread;
}

static void echo(struct fixture *f, const char *address, int family)
{
    assert_int_equal(hearth_listen_tcp(f->loop, address, 0, on_accept, f, &f->listener, NULL), 0);
    struct client client = {.send = "hello"};
    pthread_t thread = connect_tcp(&client, family, hearth_listener_port(f->listener));
    hearth_loop_run(f->loop);
    pthread_join(thread, NULL);
    assert_int_equal(client.got, 5);
    assert_memory_equal(f->got, "hello", 5);
    assert_int_equal(f->ends, 1);
    assert_int_equal(f->end_error, 0);
}

static void ipv4_bytes_go_both_ways_and_the_end_is_told(void **state)
{
    struct fixture *f = *state;
    echo(f, "127.0.0.1", AF_INET);
    assert_string_equal(f->peer, "127.0.0.1");
}

static void ipv6_peers_are_named(void **state)
{
    struct fixture *f = *state;
    struct hearth_listener *probe = NULL;
    if (hearth_listen_tcp(f->loop, "::1", 0, on_accept, f, &probe, NULL))
        skip();
    hearth_listener_destroy(probe);
    echo(f, "::1", AF_INET6);
    assert_string_equal(f->peer, "::1");
}

static void send_big(struct fixture *f, size_t expected)
{
    f->big = true;
    assert_int_equal(hearth_listen_tcp(f->loop, "127.0.0.1", 0, on_accept, f, &f->listener, NULL),
                     0);
    struct client client = {.send = "go", .read_after = &f->answered};
    client.got = 1; /* never equal to the length of what it sent: reads to the end */
    pthread_t thread = connect_tcp(&client, AF_INET, hearth_listener_port(f->listener));
    hearth_loop_run(f->loop);
    pthread_join(thread, NULL);
    assert_int_equal(client.got, expected + 1);
    assert_true(f->queued_after_write > 0);
    assert_int_equal(f->drained, 1);
    assert_int_equal(f->held_after_drain, 0);
}

static void a_large_answer_is_queued_drained_and_ended(void **state)
{
    struct fixture *f = *state;
    send_big(f, BIG);
    assert_true(f->held_after_write >= f->queued_after_write);
}

static void bytes_that_are_handed_over_are_held_whole_until_they_are_sent(void **state)
{
    struct fixture *f = *state;
    f->kind = OWNED;
    send_big(f, BIG + 4);
    assert_int_equal(f->held_after_write, BIG);
}

static void static_bytes_are_sent_from_where_they_lie(void **state)
{
    struct fixture *f = *state;
    f->kind = STATIC;
    send_big(f, BIG + 4);
    assert_int_equal(f->held_after_write, 0);
}

static void bytes_that_are_handed_over_are_freed_when_the_peer_breaks_off(void **state)
{
    struct fixture *f = *state;
    f->kind = OWNED; /* the leak checker sees to it */
    f->big = true;
    assert_int_equal(hearth_listen_tcp(f->loop, "127.0.0.1", 0, on_accept, f, &f->listener, NULL),
                     0);
    struct client client = {.send = "go", .close_early = true, .read_after = &f->answered};
    pthread_t thread = connect_tcp(&client, AF_INET, hearth_listener_port(f->listener));
    hearth_loop_run(f->loop);
    pthread_join(thread, NULL);
    assert_int_equal(f->ends, 1);
}

static void a_reset_connection_is_an_error_end(void **state)
{
    struct fixture *f = *state;
    f->big = true;
    assert_int_equal(hearth_listen_tcp(f->loop, "127.0.0.1", 0, on_accept, f, &f->listener, NULL),
                     0);
    struct client client = {.send = "go", .close_early = true, .read_after = &f->answered};
    pthread_t thread = connect_tcp(&client, AF_INET, hearth_listener_port(f->listener));
    hearth_loop_run(f->loop);
    pthread_join(thread, NULL);
    assert_int_equal(f->ends, 1);
    assert_true(f->end_error < 0);
}

static void a_taken_port_is_named(void **state)
{
    struct fixture *f = *state;
    struct hearth_error error;
    struct hearth_listener *second = NULL;
    assert_int_equal(hearth_listen_tcp(f->loop, "127.0.0.1", 0, on_accept, f, &f->listener, NULL),
                     0);
    uint16_t port = hearth_listener_port(f->listener);
    assert_int_equal(hearth_listen_tcp(f->loop, "127.0.0.1", port, on_accept, f, &second, &error),
                     HEARTH_EINUSE);
    assert_non_null(strstr(error.message, "127.0.0.1 port"));
    assert_int_equal(hearth_listen_tcp(f->loop, "localhost", port, on_accept, f, &second, &error),
                     HEARTH_EINVAL);
    assert_null(second);
    finish(f);
}

static void a_unix_socket_is_private_and_only_a_stale_one_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct hearth_error error;
    char folder[] = "/tmp/hearth-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
    close(stale);

    assert_int_equal(hearth_listen_unix(f->loop, path, on_accept, f, &f->listener, &error), 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    struct hearth_listener *second = NULL;
    f->ignore = 1; /* the second listener looks whether the first one answers */
    assert_int_equal(hearth_listen_unix(f->loop, path, on_accept, f, &second, &error),
                     HEARTH_EINUSE);
    struct client client = {.send = "hi", .descriptor = socket(AF_UNIX, SOCK_STREAM, 0)};
    assert_int_equal(connect(client.descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    pthread_t thread;
    pthread_create(&thread, NULL, client_run, &client);
    hearth_loop_run(f->loop);
    pthread_join(thread, NULL);
    assert_string_equal(f->peer, "unix");
    assert_int_equal(client.got, 2);
    assert_int_equal(access(path, F_OK), -1);
    rmdir(folder);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(ipv4_bytes_go_both_ways_and_the_end_is_told),
        CASE(ipv6_peers_are_named),
        CASE(a_large_answer_is_queued_drained_and_ended),
        CASE(bytes_that_are_handed_over_are_held_whole_until_they_are_sent),
        CASE(static_bytes_are_sent_from_where_they_lie),
        CASE(bytes_that_are_handed_over_are_freed_when_the_peer_breaks_off),
        CASE(a_reset_connection_is_an_error_end),
        CASE(a_taken_port_is_named),
        CASE(a_unix_socket_is_private_and_only_a_stale_one_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
