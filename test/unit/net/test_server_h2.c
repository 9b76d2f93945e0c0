/* HTTP/2 on the server over real sockets, with frames made by hand. */
#include "support/h2_frames.h"

static int start(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.write_buffer_max = 65536;
    options.streams_max = 10;
    fixture_start(options, NULL);
    return 0;
}

static void many_streams_are_answered_on_one_connection(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/later", true);
    send_request(client, 3, false, "/hello", true);
    send_request(client, 5, true, "/echo", false);
    send_frame(client, DATA, 0, 5, "up", 2);
    send_frame(client, DATA, END_STREAM, 5, "load", 4);
    assert_true(next_frame(client, HEADERS, 3, &frame));
    assert_true(is_200(&frame));
    assert_true(next_frame(client, DATA, 3, &frame));
    assert_string_equal(frame.payload, "hello\n");
    assert_true(next_frame(client, DATA, 5, &frame));
    assert_string_equal(frame.payload, "upload");
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "later\n");
    assert_true(frame.flags & END_STREAM);
    close(client);
}

static void trailers_follow_the_body(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/trailers", true);
    assert_true(next_frame(client, HEADERS, 1, &frame));
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "part1part2");
    assert_true(next_frame(client, HEADERS, 1, &frame));
    assert_true(frame.flags & END_STREAM);
    close(client);
}

static void a_reset_stream_aborts_only_its_own_request(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/wait", true);
    send_request(client, 3, false, "/wait", true);
    assert_true(wait_for(&fixture.ends, 2));
    send_frame(client, RST_STREAM, 0, 1, "\0\0\0\x08", 4);
    assert_true(wait_for(&fixture.aborts, 1));
    assert_int_equal(fixture.abort_reason, HEARTH_ECANCELED);
    send_request(client, 5, false, "/hello", true);
    assert_true(next_frame(client, DATA, 5, &frame));
    assert_int_equal(fixture.aborts, 1);
    close(client);
    assert_true(wait_for(&fixture.aborts, 2));
}

static void a_body_over_the_limit_is_413(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, true, "/limit", false);
    send_frame(client, DATA, 0, 1, "01234567890", 11);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_has(frame.payload, "\"code\":\"body_too_large\"");
    assert_true(next_frame(client, RST_STREAM, 1, &frame));
    assert_memory_equal(frame.payload, "\0\0\0\0", 4);
    assert_int_equal(fixture.abort_reason, HEARTH_ETOOLARGE);
    close(client);
}

static void more_streams_than_allowed_are_refused(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    for (uint32_t i = 0; i < 11; i++)
        send_request(client, 2 * i + 1, false, "/wait", true);
    assert_true(next_frame(client, RST_STREAM, 21, &frame));
    assert_memory_equal(frame.payload, "\0\0\0\x07", 4);
    assert_int_equal(fixture.heads, 10);
    close(client);
}

static void a_stream_without_window_pauses_its_producer_and_not_the_others(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    /* Windows of nothing for streams from now on. */
    send_frame(client, SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    send_request(client, 1, false, "/flood", true);
    assert_true(wait_for(&fixture.ends, 1));
    sleep_ms(100);
    unsigned long written = fixture.written;
    assert_true(written < 300000);
    sleep_ms(200);
    assert_true(fixture.written == written);
    send_request(client, 3, false, "/hello", true);
    send_frame(client, WINDOW_UPDATE, 0, 3, "\0\0\0\x64", 4);
    assert_true(next_frame(client, DATA, 3, &frame));
    assert_string_equal(frame.payload, "hello\n");
    send_frame(client, WINDOW_UPDATE, 0, 0, "\0\x10\0\0", 4);
    send_frame(client, WINDOW_UPDATE, 0, 1, "\0\x10\0\0", 4);
    assert_true(next_frame(client, DATA, 1, &frame));
    for (int i = 0; i < 200 && fixture.written == written; i++)
        next_frame(client, DATA, 1, &frame);
    assert_true(fixture.written > written);
    close(client);
    assert_true(wait_for(&fixture.aborts, 1));
}

static void a_stream_that_gets_no_window_for_too_long_is_reset(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_frame(client, SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    send_request(client, 1, false, "/flood", true);
    assert_true(next_frame(client, RST_STREAM, 1, &frame));
    assert_int_equal(fixture.aborts, 1);
    assert_int_equal(fixture.abort_reason, HEARTH_ETIMEOUT);
    close(client);
}

static void an_idle_connection_is_closed(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/hello", true);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_false(next_frame(client, PING, 0, &frame)); /* reads to the end */
    close(client);
}

static void a_header_block_that_does_not_end_closes_the_connection(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_frame(client, HEADERS, END_STREAM, 1, "\x82", 1);
    assert_false(next_frame(client, PING, 0, &frame));
    assert_int_equal(fixture.heads, 0);
    close(client);
}

static void an_extended_connect_is_taken_over(void **state)
{
    static struct frame frame;
    (void)state;
    static const char block[] = "\x02\x07"
                                "CONNECT"
                                "\x86\x04\x04/raw\x01\x01"
                                "a"
                                "\x00\x09:protocol\x03raw";
    int client = h2_connect();
    send_frame(client, HEADERS, END_HEADERS, 1, block, sizeof(block) - 1);
    assert_true(next_frame(client, HEADERS, 1, &frame));
    assert_true(is_200(&frame));
    assert_false(frame.flags & END_STREAM);
    send_frame(client, DATA, 0, 1, "there", 5);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "there");
    send_frame(client, DATA, 0, 1, "end!", 4);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "end!");
    assert_true(frame.flags & END_STREAM ||
                (next_frame(client, DATA, 1, &frame) && frame.flags & END_STREAM));
    close(client);
}

static void the_clients_end_of_a_taken_over_stream_is_its_abort(void **state)
{
    static struct frame frame;
    (void)state;
    static const char block[] = "\x02\x07"
                                "CONNECT"
                                "\x86\x04\x04/raw\x01\x01"
                                "a"
                                "\x00\x09:protocol\x03raw";
    int client = h2_connect();
    send_frame(client, HEADERS, END_HEADERS, 1, block, sizeof(block) - 1);
    assert_true(next_frame(client, HEADERS, 1, &frame));
    send_frame(client, DATA, END_STREAM, 1, "", 0);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_true(frame.flags & END_STREAM);
    assert_int_equal(fixture.aborts, 1);
    assert_int_equal(fixture.abort_reason, HEARTH_ECANCELED);
    assert_true(wait_for(&fixture.finished, 1));
    close(client);
}

static void a_paused_upload_holds_back_only_its_own_stream(void **state)
{
    static struct frame frame;
    static char body[16384];
    (void)state;
    int client = h2_connect();
    send_request(client, 1, true, "/upload", false);
    for (int i = 0; i < 8; i++)
        send_frame(client, DATA, 0, 1, body, 8000);
    send_request(client, 3, false, "/hello", true);
    assert_true(next_frame(client, DATA, 3, &frame));
    send_frame(client, DATA, END_STREAM, 1, body, 10);
    assert_true(wait_for(&fixture.ends, 2));
    assert_int_equal(fixture.body_bytes, 64010);
    close(client);
}

static void drain_says_goaway_and_ends_behind_the_last_stream(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/later", true);
    assert_true(wait_for(&fixture.ends, 1));
    hearth_loop_post(fixture.loop, fixture_drain, NULL);
    assert_true(next_frame(client, GOAWAY, 0, &frame));
    assert_memory_equal(frame.payload, "\0\0\0\1\0\0\0\0", 8);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "later\n");
    assert_false(next_frame(client, PING, 0, &frame));
    assert_true(wait_for(&fixture.drained, 1));
    assert_int_equal(fixture.aborts, 0);
    close(client);
}

static void abort_lets_open_streams_say_why(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    send_request(client, 1, false, "/stream", true);
    assert_true(next_frame(client, DATA, 1, &frame));
    hearth_loop_post(fixture.loop, fixture_drain, NULL);
    hearth_loop_post(fixture.loop, fixture_abort, NULL);
    assert_true(next_frame(client, DATA, 1, &frame));
    assert_string_equal(frame.payload, "data: going\n\n");
    assert_false(frame.flags & END_STREAM);
    assert_true(next_frame(client, RST_STREAM, 1, &frame));
    assert_true(wait_for(&fixture.drained, 1));
    close(client);
}

static void a_flood_of_resets_ends_the_connection(void **state)
{
    static struct frame frame;
    (void)state;
    int client = h2_connect();
    for (uint32_t i = 0; i < 2000; i++) {
        send_request(client, 2 * i + 1, false, "/wait", true);
        send_frame(client, RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
    }
    while (next_frame(client, GOAWAY, 0, &frame))
        ;
    assert_true(fixture.heads < 500);
    close(client);
    client = h2_connect();
    send_request(client, 1, false, "/hello", true);
    assert_true(next_frame(client, DATA, 1, &frame));
    close(client);
}

#define WITH(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(many_streams_are_answered_on_one_connection, start),
        WITH(trailers_follow_the_body, start),
        WITH(a_reset_stream_aborts_only_its_own_request, start),
        WITH(a_body_over_the_limit_is_413, start),
        WITH(more_streams_than_allowed_are_refused, start),
        WITH(a_stream_without_window_pauses_its_producer_and_not_the_others, start),
        WITH(a_stream_that_gets_no_window_for_too_long_is_reset, fixture_start_impatient),
        WITH(an_idle_connection_is_closed, fixture_start_impatient),
        WITH(a_header_block_that_does_not_end_closes_the_connection, fixture_start_impatient),
        WITH(an_extended_connect_is_taken_over, start),
        WITH(the_clients_end_of_a_taken_over_stream_is_its_abort, start),
        WITH(a_paused_upload_holds_back_only_its_own_stream, start),
        WITH(drain_says_goaway_and_ends_behind_the_last_stream, start),
        WITH(abort_lets_open_streams_say_why, start),
        WITH(a_flood_of_resets_ends_the_connection, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
