/* Event streams: the form of an event, and what keeps a quiet stream alive. The server is real; the
 * loop is turned here for as long as a case needs. */
#include "gateway/sse.h"
#include "loop/loop.h"
#include "net/server.h"
#include "unit/cmocka_all.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUIET_MS = 50 };

static struct {
    struct hearth_loop *loop;
    struct hearth_server *server;
    struct hearth_sse_streams *streams;
    struct hearth_sse sse;
    struct hearth_timer *alarm;
    bool says_something; /* when it was quiet */
    int quiet, client;
    uint16_t port;
    char answer[4096];
} bed;

static void say(struct hearth_sse *sse, const char *text)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1024);
    hearth_buf_text(&buf, text);
    assert_true(hearth_sse_write(sse, &buf));
    hearth_buf_finish(&buf);
}

static void on_quiet(struct hearth_sse *sse)
{
    bed.quiet++;
    if (bed.says_something)
        say(sse, ": waiting\n\n");
}

static void on_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    hearth_sse_start(&bed.sse, bed.streams, exchange, on_quiet);
}

static void on_abort(void *state, struct hearth_exchange *exchange, int reason)
{
    (void)state, (void)exchange, (void)reason;
    hearth_sse_stop(&bed.sse);
}

static void route(void *argument, struct hearth_exchange *exchange)
{
    static const struct hearth_handler handler = {.on_end = on_end, .on_abort = on_abort};
    (void)argument;
    hearth_exchange_handle(exchange, &handler, NULL, 0);
}

static void on_alarm(void *argument)
{
    hearth_loop_stop(argument);
}

static void turn_for(uint64_t ms)
{
    hearth_timer_start(bed.alarm, ms, 0);
    hearth_loop_run(bed.loop);
}

/* What has come since the last time. */
static const char *heard(void)
{
    ssize_t length = recv(bed.client, bed.answer, sizeof(bed.answer) - 1, MSG_DONTWAIT);
    bed.answer[length > 0 ? length : 0] = '\0';
    return bed.answer;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static int set_up(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct hearth_error error;
    (void)state;
    memset(&bed, 0, sizeof(bed));
    bed.loop = hearth_loop_create();
    bed.streams = hearth_sse_streams_create(bed.loop, QUIET_MS);
    bed.alarm = hearth_timer_create(bed.loop, on_alarm, bed.loop);
    const struct hearth_server_options options = {.route = route};
    assert_int_equal(hearth_server_create(bed.loop, &options, &bed.server, &error), 0);
    assert_int_equal(hearth_server_listen_tcp(bed.server, "127.0.0.1", 0, &bed.port, &error), 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bed.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bed.client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(bed.client, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(bed.client, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    turn_for(QUIET_MS / 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(bed.client);
    hearth_server_destroy(bed.server);
    hearth_sse_streams_destroy(bed.streams);
    hearth_timer_destroy(bed.alarm);
    hearth_loop_destroy(bed.loop);
    return 0;
}

static void the_head_waits_for_the_first_write(void **state)
{
    (void)state;
    assert_string_equal(heard(), "");
    say(&bed.sse, "data: 1\n\n");
    turn_for(5);
    const char *answer = heard();
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(answer, "X-Accel-Buffering: no\r\n"));
    assert_non_null(strstr(answer, "data: 1\n\n"));
    assert_int_equal(bed.quiet, 0);
}

static void a_quiet_stream_is_told_and_says_something(void **state)
{
    (void)state;
    bed.says_something = true;
    turn_for(6 * QUIET_MS);
    size_t comments = count_of(heard(), ": waiting\n\n");
    assert_int_equal(comments, bed.quiet);
    assert_true(comments >= 2);
    assert_true(comments <= 6);
}

static void a_stream_that_speaks_is_not_told(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        say(&bed.sse, "data: 1\n\n");
        turn_for(QUIET_MS / 5);
    }
    assert_int_equal(bed.quiet, 0);
}

static void a_stream_that_stays_quiet_is_told_again(void **state)
{
    (void)state;
    turn_for(4 * QUIET_MS);
    assert_true(bed.quiet >= 2);
    assert_string_equal(heard(), "");
}

static void a_stopped_stream_is_not_told(void **state)
{
    (void)state;
    hearth_sse_stop(&bed.sse);
    hearth_sse_stop(&bed.sse);
    turn_for(3 * QUIET_MS);
    assert_int_equal(bed.quiet, 0);
}

static void an_event_with_nothing_in_it_is_taken_back(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1024);
    hearth_sse_close(&buf, hearth_sse_open(&buf));
    assert_int_equal(buf.length, 0);
    size_t start = hearth_sse_open(&buf);
    hearth_buf_text(&buf, "{}");
    hearth_sse_close(&buf, start);
    assert_string_equal(hearth_buf_cstr(&buf), "data: {}\n\n");
    hearth_buf_finish(&buf);
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_head_waits_for_the_first_write),
        WITH(a_quiet_stream_is_told_and_says_something),
        WITH(a_stream_that_speaks_is_not_told),
        WITH(a_stream_that_stays_quiet_is_told_again),
        WITH(a_stopped_stream_is_not_told),
        cmocka_unit_test(an_event_with_nothing_in_it_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
