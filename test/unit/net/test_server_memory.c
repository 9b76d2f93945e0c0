/* What the server holds for clients that do not read: of one connection, and of all together. */
#include "base/error.h"
#include "support/h2_frames.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_LAST(path) "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

enum {
    TEXT = 8192, /* of /text */
    WRITE_BUFFER = 64 << 10,
    BUFFERS = 1 << 20,
    /* One answer, and one piece of another, may come on top of what a limit says. */
    SLACK = 128 << 10,
    /* What the kernels of both sides may hold for a connection on this machine. */
    KERNEL_MAX = 8 << 20,
};

static int start(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.write_buffer_max = WRITE_BUFFER;
    options.streams_max = 128;
    fixture_start(options, NULL);
    return 0;
}

static int start_short_of_memory(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.write_buffer_max = WRITE_BUFFER;
    options.buffers_max = BUFFERS;
    options.streams_max = 128;
    fixture_start(options, NULL);
    return 0;
}

/* A client with a small receive buffer, that sends what the server takes and no more. */
static int client_that_does_not_read(const char *text, int times)
{
    int client = client_connect();
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
    size_t length = strlen(text);
    for (int i = 0; i < times; i++)
        if (send(client, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
            break;
    return client;
}

/* Waits until no further request is begun. */
static int heads_at_rest(void)
{
    int before = -1;
    for (int i = 0; i < 50 && before != fixture.heads; i++) {
        before = fixture.heads;
        sleep_ms(150);
    }
    return before;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void pipelined_requests_wait_while_their_answers_are_not_read(void **state)
{
    (void)state;
    int client = client_that_does_not_read(GET("/text"), 5000);
    int begun = heads_at_rest();
    assert_true(begun > 0);
    assert_true(begun < (KERNEL_MAX + WRITE_BUFFER) / TEXT);
    assert_true(fixture_counts().held_bytes < WRITE_BUFFER + SLACK);
    assert_has(ask(GET_LAST("/hello")), "hello\n");
    close(client);
}

/* `wait_ms`: between asking and reading. */
static void read_late(bool half_closes, long wait_ms)
{
    enum { COUNT = 1500, SIZE = COUNT * (TEXT + 512) };
    bool closed;
    int client = client_connect();
    char *answers = hearth_alloc(SIZE);
    for (int i = 1; i < COUNT; i++)
        client_text(client, GET("/text"));
    client_text(client, half_closes ? GET("/text") : GET_LAST("/text"));
    if (half_closes)
        shutdown(client, SHUT_WR);
    assert_true(heads_at_rest() < COUNT);
    sleep_ms(wait_ms);
    client_read(client, answers, SIZE, 0, NULL, &closed);
    assert_true(closed);
    assert_int_equal(count_of(answers, "HTTP/1.1 200 OK"), COUNT);
    hearth_free(answers);
    close(client);
}

static void requests_that_waited_are_all_answered_once_the_client_reads(void **state)
{
    (void)state;
    read_late(false, 0);
}

static void a_half_closed_client_still_gets_the_answers_that_waited(void **state)
{
    (void)state;
    read_late(true, 0);
}

static int start_quick_to_close(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.write_buffer_max = WRITE_BUFFER;
    options.idle_timeout_ms = 200;
    fixture_start(options, NULL);
    return 0;
}

static void a_connection_whose_requests_wait_is_not_idle(void **state)
{
    (void)state;
    read_late(false, 800);
}

static void h2_requests_wait_while_the_answers_of_other_streams_are_not_read(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    /* The connection's window is 64 KB, so that 64 KB arrive, and 64 KB wait in the server. */
    for (uint32_t i = 0; i < 100; i++)
        send_request(client, 2 * i + 1, false, "/text", true);
    int begun = heads_at_rest();
    assert_true(begun > 8);
    assert_true(begun < 30);
    assert_true(fixture_counts().held_bytes < WRITE_BUFFER + SLACK);
    send_frame(client, WINDOW_UPDATE, 0, 0, "\0\x7f\0\0", 4);
    int ends = 0;
    while (ends < 100 && next_frame(client, DATA, 0, &frame))
        ends += (frame.flags & END_STREAM) != 0;
    assert_int_equal(ends, 100);
    assert_int_equal(fixture.heads, 100);
    assert_true(fixture_counts().held_bytes < SLACK);
    close(client);
}

static void a_held_h2_request_keeps_its_body(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    for (uint32_t i = 0; i < 40; i++)
        send_request(client, 2 * i + 1, false, "/text", true);
    send_request(client, 81, true, "/echo", false);
    send_frame(client, DATA, 0, 81, "kept ", 5);
    send_frame(client, DATA, END_STREAM, 81, "whole", 5);
    assert_true(heads_at_rest() < 40);
    send_frame(client, WINDOW_UPDATE, 0, 0, "\0\x7f\0\0", 4);
    assert_true(next_frame(client, DATA, 81, &frame));
    assert_string_equal(frame.payload, "kept whole");
    close(client);
}

static void a_held_h2_request_that_is_reset_is_forgotten(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    for (uint32_t i = 0; i < 40; i++)
        send_request(client, 2 * i + 1, false, "/text", true);
    send_request(client, 81, true, "/echo", false);
    send_frame(client, DATA, 0, 81, "lost", 4);
    assert_true(heads_at_rest() < 40);
    send_frame(client, RST_STREAM, 0, 81, "\0\0\0\x08", 4);
    send_frame(client, WINDOW_UPDATE, 0, 0, "\0\x7f\0\0", 4);
    send_request(client, 83, false, "/hello", true);
    assert_true(next_frame(client, DATA, 83, &frame));
    assert_int_equal(fixture.heads, 41);
    assert_true(fixture_counts().held_bytes < SLACK);
    close(client);
}

static void static_answers_take_no_memory(void **state)
{
    int clients[20];
    (void)state;
    for (int i = 0; i < 20; i++)
        clients[i] = client_that_does_not_read(GET("/static"), 1);
    assert_true(wait_for(&fixture.ends, 20));
    sleep_ms(100);
    assert_true(fixture_counts().held_bytes < 20 * 1024);
    for (int i = 0; i < 20; i++)
        close(clients[i]);
}

static void arrives_whole(const char *request)
{
    static char answer[BIG + 4096];
    bool closed;
    int client = client_connect();
    client_text(client, request);
    sleep_ms(50);
    size_t got = client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(got - (size_t)(body + 4 - answer), BIG);
    assert_true(closed);
    close(client);
}

static void answers_that_are_not_copied_arrive_whole(void **state)
{
    (void)state;
    arrives_whole(GET_LAST("/static"));
    arrives_whole(GET_LAST("/owned"));
    assert_int_equal(fixture_counts().held_bytes, 0);
}

static void h2_answers_that_are_not_copied_arrive_whole(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_frame(client, SETTINGS, 0, 0, "\0\4\0\x7f\xff\xff", 6);
    send_frame(client, WINDOW_UPDATE, 0, 0, "\x0f\0\0\0", 4);
    send_request(client, 1, false, "/static", true);
    send_request(client, 3, false, "/owned", true);
    size_t got[4] = {0};
    for (int ends = 0; ends < 2 && next_frame(client, DATA, 0, &frame);) {
        got[frame.stream] += frame.length;
        ends += (frame.flags & END_STREAM) != 0;
    }
    assert_int_equal(got[1], BIG);
    assert_int_equal(got[3], BIG);
    assert_int_equal(fixture_counts().held_bytes, 0);
    close(client);
}

static uint64_t most_held_for(int ms)
{
    uint64_t most = 0;
    for (int i = 0; i < ms / 20; i++) {
        uint64_t held = fixture_counts().held_bytes;
        most = held > most ? held : most;
        sleep_ms(20);
    }
    return most;
}

static void stays_under_the_sum(int clients[], int count)
{
    assert_true(most_held_for(3000) < BUFFERS + SLACK);
    /* Those that take nothing are closed, so that there is room for who reads. */
    assert_true(fixture_counts().closed_for_memory > 0);
    assert_has(ask(GET_LAST("/hello")), "hello\n");
    for (int i = 0; i < count; i++)
        close(clients[i]);
}

static void all_connections_together_stay_under_the_sum(void **state)
{
    int clients[100];
    (void)state;
    for (int i = 0; i < 100; i++)
        clients[i] = client_that_does_not_read(GET("/text"), 1000);
    stays_under_the_sum(clients, 100);
}

static void all_h2_connections_together_stay_under_the_sum(void **state)
{
    int clients[100];
    (void)state;
    for (int i = 0; i < 100; i++) {
        clients[i] = h2_connect();
        for (uint32_t k = 0; k < 60; k++)
            send_request(clients[i], 2 * k + 1, false, "/text", true);
    }
    stays_under_the_sum(clients, 100);
}

static void who_reads_keeps_its_connection_when_memory_is_short(void **state)
{
    int clients[100];
    char answer[4096];
    bool closed;
    (void)state;
    int reader = client_connect();
    client_text(reader, GET("/stream"));
    client_read(reader, answer, sizeof(answer), 0, "data: 1\n\n", &closed);
    for (int i = 0; i < 100; i++)
        clients[i] = client_that_does_not_read(GET("/text"), 1000);
    stays_under_the_sum(clients, 100);
    struct pollfd still = {.fd = reader, .events = POLLIN};
    assert_int_equal(poll(&still, 1, 0), 0);
    close(reader);
}

static void requests_are_told_to_come_back_while_memory_is_short(void **state)
{
    int clients[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        clients[i] = client_that_does_not_read(GET("/big"), 1);
    assert_true(wait_for(&fixture.ends, 1));
    sleep_ms(50);
    const char *answer = ask(GET_LAST("/hello"));
    assert_has(answer, "HTTP/1.1 503 ");
    assert_has(answer, "Retry-After: 1\r\n");
    assert_has(answer, "clients that do not read them");
    for (int i = 0; i < 8; i++)
        close(clients[i]);
}

#define WITH(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(pipelined_requests_wait_while_their_answers_are_not_read, start),
        WITH(requests_that_waited_are_all_answered_once_the_client_reads, start),
        WITH(a_half_closed_client_still_gets_the_answers_that_waited, start),
        WITH(a_connection_whose_requests_wait_is_not_idle, start_quick_to_close),
        WITH(h2_requests_wait_while_the_answers_of_other_streams_are_not_read, start),
        WITH(a_held_h2_request_keeps_its_body, start),
        WITH(a_held_h2_request_that_is_reset_is_forgotten, start),
        WITH(static_answers_take_no_memory, start),
        WITH(answers_that_are_not_copied_arrive_whole, start),
        WITH(h2_answers_that_are_not_copied_arrive_whole, start),
        WITH(all_connections_together_stay_under_the_sum, start_short_of_memory),
        WITH(all_h2_connections_together_stay_under_the_sum, start_short_of_memory),
        WITH(who_reads_keeps_its_connection_when_memory_is_short, start_short_of_memory),
        WITH(requests_are_told_to_come_back_while_memory_is_short, start_short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
