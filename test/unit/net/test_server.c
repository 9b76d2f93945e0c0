/* The server over real sockets: HTTP/1.1, its limits, back-pressure, drain, take-over. */
#include "support/http_fixture.h"

#define HOST "Host: a\r\n"
#define CLOSE "Connection: close\r\n"

static int start(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.header_bytes_max = 4096;
    options.header_count_max = 20;
    options.write_buffer_max = 65536;
    fixture_start(options, NULL);
    return 0;
}

static void an_answer_carries_the_common_headers(void **state)
{
    (void)state;
    const char *answer = ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    assert_has(answer, "HTTP/1.1 200 OK\r\n");
    assert_has(answer, "Content-Type: text/plain\r\n");
    assert_has(answer, "Content-Length: 6\r\n");
    assert_has(answer, "Date: ");
    assert_has(answer, " GMT\r\n");
    assert_has(answer, "X-Request-Id: req_");
    assert_has(answer, "Hearth-Version: 1.2.3\r\n");
    assert_has(answer, "\r\n\r\nhello\n");
    assert_true(wait_for(&fixture.finished, 1));
    assert_int_equal(fixture.status, 200);
}

static void a_sane_request_id_of_the_client_is_kept(void **state)
{
    (void)state;
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "X-Request-Id: my.id-7\r\n\r\n"),
               "X-Request-Id: my.id-7\r\n");
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "X-Request-Id: a\"b\r\n\r\n"),
               "X-Request-Id: req_");
}

static void pipelined_requests_are_answered_in_order_on_one_connection(void **state)
{
    (void)state;
    const char *answer = ask("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none"
                             "GET /later HTTP/1.1\r\n" HOST "\r\n"
                             "POST /echo HTTP/1.1\r\n" HOST CLOSE
                             "Transfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n");
    const char *first = strstr(answer, "one");
    const char *second = first ? strstr(first, "later\n") : NULL;
    assert_non_null(second);
    assert_non_null(strstr(second, "three"));
}

static void many_pipelined_requests_in_one_write_are_all_answered(void **state)
{
    (void)state;
    char text[64 * 200];
    size_t length = 0;
    for (int i = 0; i < 200; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
                                   "GET /hello HTTP/1.1\r\n" HOST "%s\r\n", i == 199 ? CLOSE : "");
    const char *answer = ask(text);
    int count = 0;
    for (const char *at = answer; (at = strstr(at, "hello\n")); at++)
        count++;
    assert_int_equal(count, 200);
}

static void head_gets_the_length_and_no_body(void **state)
{
    (void)state;
    const char *answer = ask("HEAD /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    assert_has(answer, "Content-Length: 6\r\n");
    assert_has_not(answer, "hello");
}

static void http_1_0_gets_no_chunks_and_the_end_of_the_connection(void **state)
{
    (void)state;
    const char *answer = ask("GET /trailers HTTP/1.0\r\n\r\n");
    assert_has_not(answer, "chunked");
    assert_has(answer, "\r\n\r\npart1part2");
}

static void an_http_1_0_client_may_keep_its_connection(void **state)
{
    (void)state;
    const char *answer = ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                             "GET /later HTTP/1.0\r\n\r\n");
    assert_has(answer, "Connection: keep-alive\r\n");
    assert_has(answer, "later\n");
}

static void an_answer_in_pieces_is_chunked_with_trailers(void **state)
{
    (void)state;
    const char *answer = ask("GET /trailers HTTP/1.1\r\n" HOST CLOSE "\r\n");
    assert_has(answer, "Transfer-Encoding: chunked\r\n");
    assert_has(answer, "\r\n\r\n5\r\npart1\r\n5\r\npart2\r\n0\r\nX-Sum: 42\r\n\r\n");
}

static void continue_is_sent_only_to_who_asks(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client,
                "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    client_read(client, answer, sizeof(answer), 0, "100 Continue\r\n\r\n", &closed);
    assert_has(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    client_text(client, "body");
    client_read(client, answer, sizeof(answer), 0, "body", &closed);
    assert_has(answer, "HTTP/1.1 200 OK\r\n");
    close(client);
    assert_has_not(ask("POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 4\r\n\r\nbody"),
                   "100 Continue");
}

static void a_body_over_the_limit_is_413_and_the_end(void **state)
{
    (void)state;
    const char *answer = ask("POST /limit HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n"
                             "01234567890");
    assert_has(answer, "HTTP/1.1 413 ");
    assert_has(answer, "Connection: close\r\n");
    assert_has(answer, "\"code\":\"body_too_large\"");
    assert_has(answer, "\"request_id\":\"req_");
    assert_has(ask("POST /limit HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                   "8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n"),
               "HTTP/1.1 413 ");
    /* Nothing of the chunk need come. */
    assert_has(ask("POST /limit HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                   "8\r\n01234567\r\n3\r\n"),
               "HTTP/1.1 413 ");
    assert_has(ask("POST /limit HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                   "7fffffffffffffff\r\n"),
               "HTTP/1.1 413 ");
    answer =
        ask("POST /limit HTTP/1.1\r\n" HOST "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    assert_has(answer, "HTTP/1.1 413 ");
    assert_has_not(answer, "100 Continue");
    assert_int_equal(fixture.aborts, 5);
    assert_int_equal(fixture.abort_reason, HEARTH_ETOOLARGE);
    assert_has(ask("POST /limit HTTP/1.1\r\n" HOST CLOSE "Content-Length: 10\r\n\r\n0123456789"),
               "HTTP/1.1 200 ");
}

static void an_answer_before_the_body_keeps_the_connection_only_for_a_small_rest(void **state)
{
    (void)state;
    const char *answer = ask("POST /early HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody"
                             "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    assert_has(answer, "403 Forbidden");
    assert_has(answer, "hello\n");
    answer = ask("POST /early HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\nbody");
    assert_has(answer, "403 Forbidden");
    assert_has(answer, "Connection: close\r\n");
}

static void the_answer_to_a_refused_upload_reaches_a_client_that_still_sends(void **state)
{
    (void)state;
    size_t length = 3 << 20;
    char *body = hearth_calloc(1, length);
    int head =
        snprintf(body, 200, "POST /limit HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", length);
    assert_true(head > 0);
    assert_has(ask_bytes(body, length), "HTTP/1.1 413 ");
    hearth_free(body);
}

static void refused(const char *request, const char *status, const char *code)
{
    const char *answer = ask(request);
    assert_has(answer, status);
    assert_has(answer, "Connection: close\r\n");
    assert_has(answer, code);
    assert_has(answer, "{\"error\":\"");
    assert_has(answer, "\"detail\":\"");
    assert_has(answer, "\"request_id\":\"req_");
    /* Nothing behind it was taken for a request. */
    assert_has_not(answer, "hello\n");
}

static void malformed_requests_are_400_and_the_end(void **state)
{
    static const char *const requests[] = {
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 5\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "GET /echo HTTP/1.1\r\n" HOST "A : b\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET /echo HTTP/1.1\nHost: a\n\n",
        "GET /%zz HTTP/1.1\r\n" HOST "\r\n",
        "nonsense\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char both[1024];
        snprintf(both, sizeof(both), "%sGET /hello HTTP/1.1\r\n" HOST "\r\n", requests[i]);
        refused(both, "HTTP/1.1 400 ", "\"code\":\"malformed\"");
    }
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), "hello\n");
}

static void heads_over_the_limits_are_431_and_414(void **state)
{
    char request[16384];
    (void)state;
    size_t length = (size_t)snprintf(request, sizeof(request), "GET /hello HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 30; i++)
        length += (size_t)snprintf(request + length, sizeof(request) - length, "A%d: b\r\n", i);
    snprintf(request + length, sizeof(request) - length, "\r\n");
    refused(request, "HTTP/1.1 431 ", "\"code\":\"headers_too_large\"");
    memset(request, 'a', sizeof(request));
    memcpy(request, "GET /hello HTTP/1.1\r\nHost: a\r\nA: ", 33);
    snprintf(request + 8000, 16, "\r\n\r\n");
    refused(request, "HTTP/1.1 431 ", "\"code\":\"headers_too_large\"");
    memset(request, 'a', sizeof(request));
    memcpy(request, "GET /hello", 10);
    snprintf(request + 8000, 64, " HTTP/1.1\r\n" HOST "\r\n");
    refused(request, "HTTP/1.1 414 ", "\"code\":\"uri_too_long\"");
    refused("GET /hello HTTP/3.7\r\n" HOST "\r\n", "HTTP/1.1 505 ", "\"code\":\"http_version\"");
}

static void gzip_is_given_to_who_accepts_it_and_only_where_it_helps(void **state)
{
    (void)state;
    const char *answer =
        ask("GET /text HTTP/1.1\r\n" HOST CLOSE "Accept-Encoding: br, gzip;q=0.5\r\n\r\n");
    assert_has(answer, "Content-Encoding: gzip\r\n");
    assert_has(answer, "Vary: Origin, Accept-Encoding\r\n");
    assert_has_not(answer, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    answer = ask("GET /text HTTP/1.1\r\n" HOST CLOSE "Accept-Encoding: gzip;q=0, *\r\n\r\n");
    assert_has_not(answer, "Content-Encoding");
    assert_has(answer, "Vary: Origin, Accept-Encoding\r\n");
    assert_has(answer, "Content-Length: 8192\r\n");
    answer = ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "Accept-Encoding: gzip\r\n\r\n");
    assert_has_not(answer, "Content-Encoding");
    assert_has_not(answer, "Vary");
}

static void a_connection_taken_over_carries_raw_bytes_both_ways(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client,
                "GET /raw HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: raw\r\n\r\nfirst");
    client_read(client, answer, sizeof(answer), 0, "first", &closed);
    assert_has(answer, "HTTP/1.1 101 Switching Protocols\r\n");
    assert_has(answer, "Upgrade: raw\r\n");
    assert_has(answer, "Connection: Upgrade\r\n");
    assert_has(answer, "\r\n\r\nfirst");
    client_text(client, "GET / HTTP/1.1\r\n\r\n\x01");
    client_read(client, answer, sizeof(answer), 0, "\x01", &closed);
    assert_string_equal(answer, "GET / HTTP/1.1\r\n\r\n\x01");
    client_text(client, "end!");
    client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    assert_string_equal(answer, "end!");
    assert_true(closed);
    close(client);
}

static void a_client_that_leaves_aborts_its_request(void **state)
{
    (void)state;
    int client = client_connect();
    client_text(client, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    assert_true(wait_for(&fixture.ends, 1));
    close(client);
    assert_true(wait_for(&fixture.aborts, 1));
    assert_int_equal(fixture.abort_reason, HEARTH_ECANCELED);
    assert_true(wait_for(&fixture.finished, 1));
    assert_int_equal(fixture.status, 0);
}

static void a_client_that_leaves_behind_a_full_look_ahead_is_noticed_too(void **state)
{
    static char junk[100000];
    (void)state;
    int client = client_connect();
    client_text(client, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    assert_true(wait_for(&fixture.ends, 1));
    client_send(client, junk, sizeof(junk));
    shutdown(client, SHUT_WR);
    assert_true(wait_for(&fixture.aborts, 1));
    assert_int_equal(fixture.abort_reason, HEARTH_ECANCELED);
    close(client);
}

static void a_stream_reaches_the_client_at_once(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "GET /stream HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    client_read(client, answer, sizeof(answer), 0, "data: 1\n\n", &closed);
    assert_has(answer, "9\r\ndata: 1\n\n\r\n");
    assert_has_not(answer, "Content-Encoding");
    close(client);
    assert_true(wait_for(&fixture.aborts, 1));
}

static void a_producer_is_held_back_while_its_client_does_not_read(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "GET /flood HTTP/1.1\r\n" HOST "\r\n");
    assert_true(wait_for(&fixture.ends, 1));
    unsigned long before = 0;
    for (int i = 0; i < 100 && before != fixture.written; i++) {
        before = fixture.written;
        sleep_ms(100);
    }
    assert_true(before == fixture.written);
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), "hello\n");
    for (int i = 0; i < 20000 && fixture.written == before; i++)
        client_read(client, answer, sizeof(answer), 4000, NULL, &closed);
    assert_true(fixture.written > before);
    close(client);
    assert_true(wait_for(&fixture.aborts, 1));
}

static void a_big_answer_reaches_a_slow_reader_whole(void **state)
{
    static char answer[BIG + 4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "GET /big HTTP/1.1\r\n" HOST CLOSE "\r\n");
    sleep_ms(100);
    size_t got = client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(got - (size_t)(body + 4 - answer), BIG);
    close(client);
}

static void an_upload_that_is_paused_arrives_whole(void **state)
{
    (void)state;
    size_t length = 1 << 20;
    char *request = hearth_calloc(1, length + 200);
    int head = snprintf(
        request, 200, "POST /upload HTTP/1.1\r\n" HOST CLOSE "Content-Length: %zu\r\n\r\n", length);
    int client = client_connect();
    client_send(client, request, (size_t)head + length);
    assert_true(wait_for(&fixture.ends, 1));
    assert_true(wait_for(&fixture.finished, 1));
    assert_int_equal(fixture.body_bytes, length);
    assert_int_equal(fixture.status, 200);
    close(client);
    hearth_free(request);
}

static void a_request_that_no_handler_takes_is_404(void **state)
{
    (void)state;
    assert_has(ask("GET /nobody HTTP/1.1\r\n" HOST CLOSE "\r\n"), "HTTP/1.1 404 ");
}

/* Impatient server: every timeout is 300 ms. */

static void a_head_that_does_not_end_is_408(void **state)
{
    (void)state;
    const char *answer = ask("GET /hello HTTP/1.1\r\nHost:");
    assert_has(answer, "HTTP/1.1 408 ");
    assert_has(answer, "\"code\":\"request_timeout\"");
}

static void a_connection_that_says_nothing_is_closed_without_a_word(void **state)
{
    (void)state;
    assert_string_equal(ask(""), "");
}

static void a_kept_connection_without_a_request_is_closed(void **state)
{
    (void)state;
    const char *answer = ask("GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_has(answer, "hello\n");
    assert_has_not(answer, "408");
}

static void drip(int client, const char *text)
{
    for (int i = 0; i < 60 && fixture.aborts == 0; i++) {
        client_text(client, text);
        sleep_ms(50);
    }
}

static void a_body_that_drips_is_cut(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
    drip(client, "x");
    client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    assert_has(answer, "HTTP/1.1 408 ");
    assert_true(closed);
    assert_int_equal(fixture.abort_reason, HEARTH_ESLOWHEAD);
    close(client);
}

static void a_head_that_drips_is_cut(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "GET /hello HTTP/1.1\r\n");
    for (int i = 0; i < 60 && fixture.finished == 0; i++) {
        client_text(client, "A: b\r\n");
        sleep_ms(20);
    }
    client_read(client, answer, sizeof(answer), 0, NULL, &closed);
    assert_has(answer, "HTTP/1.1 408 ");
    close(client);
}

static void a_client_that_never_reads_is_cut_and_the_others_never_notice(void **state)
{
    (void)state;
    int client = client_connect();
    client_text(client, "GET /flood HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 10; i++)
        assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), "hello\n");
    assert_true(wait_for(&fixture.aborts, 1));
    assert_int_equal(fixture.abort_reason, HEARTH_ETIMEOUT);
    close(client);
}

static void a_quiet_stream_is_not_idle(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int client = client_connect();
    client_text(client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    client_read(client, answer, sizeof(answer), 0, "data: 1", &closed);
    sleep_ms(900);
    assert_int_equal(fixture.aborts, 0);
    close(client);
    assert_true(wait_for(&fixture.aborts, 1));
    assert_int_equal(fixture.abort_reason, HEARTH_ECANCELED);
}

/* Stopping */

static void drain_lets_requests_end_and_closes_the_rest(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int idle = client_connect();
    int busy = client_connect();
    client_text(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    client_read(idle, answer, sizeof(answer), 0, "hello\n", &closed);
    client_text(busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    assert_true(wait_for(&fixture.ends, 2));
    hearth_loop_post(fixture.loop, fixture_drain, NULL);
    client_read(busy, answer, sizeof(answer), 0, NULL, &closed);
    assert_has(answer, "later\n");
    assert_has(answer, "Connection: close\r\n");
    assert_true(closed);
    client_read(idle, answer, sizeof(answer), 0, NULL, &closed);
    assert_true(closed);
    assert_true(wait_for(&fixture.drained, 1));
    close(idle);
    close(busy);
    assert_int_equal(fixture.aborts, 0);
}

static void abort_answers_who_waits_and_tells_open_streams_why(void **state)
{
    char answer[4096];
    bool closed;
    (void)state;
    int waiting = client_connect();
    int streaming = client_connect();
    client_text(waiting, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    client_text(streaming, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    assert_true(wait_for(&fixture.ends, 2));
    hearth_loop_post(fixture.loop, fixture_drain, NULL);
    hearth_loop_post(fixture.loop, fixture_abort, NULL);
    client_read(waiting, answer, sizeof(answer), 0, NULL, &closed);
    assert_has(answer, "HTTP/1.1 503 ");
    assert_has(answer, "Retry-After: ");
    assert_has(answer, "\"code\":\"draining\"");
    client_read(streaming, answer, sizeof(answer), 0, NULL, &closed);
    assert_has(answer, "data: going\n\n");
    assert_has_not(answer, "0\r\n\r\n");
    assert_true(wait_for(&fixture.drained, 1));
    assert_int_equal(fixture.aborts, 2);
    assert_int_equal(fixture.abort_reason, HEARTH_EDRAINING);
    close(waiting);
    close(streaming);
}

/* Numbers of connections, and the Unix socket */

static void connections_over_the_limit_get_503(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.connections_max = 2;
    fixture_start(options, NULL);
    int first = client_connect();
    int second = client_connect();
    sleep_ms(100);
    const char *answer = ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    assert_has(answer, "HTTP/1.1 503 ");
    assert_has(answer, "too many connections");
    assert_has_not(answer, "hello");
    close(first);
    sleep_ms(100);
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), "hello\n");
    close(second);
    fixture_stop();
}

static void connections_of_one_address_are_limited_but_not_those_of_the_unix_socket(void **state)
{
    char path[64], answer[4096];
    bool closed;
    (void)state;
    snprintf(path, sizeof(path), "/tmp/hearth-test-%d.sock", (int)getpid());
    struct hearth_server_options options = fixture_options();
    options.connections_per_address_max = 1;
    fixture_start(options, path);
    int first = client_connect();
    sleep_ms(100);
    assert_has(ask("GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"), "HTTP/1.1 503 ");
    for (int i = 0; i < 3; i++) {
        int client = client_connect_unix(path);
        client_text(client, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
        client_read(client, answer, sizeof(answer), 0, NULL, &closed);
        assert_has(answer, "hello\n");
        close(client);
    }
    close(first);
    fixture_stop();
}

#define WITH(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(an_answer_carries_the_common_headers, start),
        WITH(a_sane_request_id_of_the_client_is_kept, start),
        WITH(pipelined_requests_are_answered_in_order_on_one_connection, start),
        WITH(many_pipelined_requests_in_one_write_are_all_answered, start),
        WITH(head_gets_the_length_and_no_body, start),
        WITH(http_1_0_gets_no_chunks_and_the_end_of_the_connection, start),
        WITH(an_http_1_0_client_may_keep_its_connection, start),
        WITH(an_answer_in_pieces_is_chunked_with_trailers, start),
        WITH(continue_is_sent_only_to_who_asks, start),
        WITH(a_body_over_the_limit_is_413_and_the_end, start),
        WITH(an_answer_before_the_body_keeps_the_connection_only_for_a_small_rest, start),
        WITH(the_answer_to_a_refused_upload_reaches_a_client_that_still_sends, start),
        WITH(malformed_requests_are_400_and_the_end, start),
        WITH(heads_over_the_limits_are_431_and_414, start),
        WITH(gzip_is_given_to_who_accepts_it_and_only_where_it_helps, start),
        WITH(a_connection_taken_over_carries_raw_bytes_both_ways, start),
        WITH(a_client_that_leaves_aborts_its_request, start),
        WITH(a_client_that_leaves_behind_a_full_look_ahead_is_noticed_too, start),
        WITH(a_stream_reaches_the_client_at_once, start),
        WITH(a_producer_is_held_back_while_its_client_does_not_read, start),
        WITH(a_big_answer_reaches_a_slow_reader_whole, start),
        WITH(an_upload_that_is_paused_arrives_whole, start),
        WITH(a_request_that_no_handler_takes_is_404, start),
        WITH(a_head_that_does_not_end_is_408, fixture_start_impatient),
        WITH(a_connection_that_says_nothing_is_closed_without_a_word, fixture_start_impatient),
        WITH(a_kept_connection_without_a_request_is_closed, fixture_start_impatient),
        WITH(a_body_that_drips_is_cut, fixture_start_impatient),
        WITH(a_head_that_drips_is_cut, fixture_start_impatient),
        WITH(a_client_that_never_reads_is_cut_and_the_others_never_notice, fixture_start_impatient),
        WITH(a_quiet_stream_is_not_idle, fixture_start_impatient),
        WITH(drain_lets_requests_end_and_closes_the_rest, start),
        WITH(abort_answers_who_waits_and_tells_open_streams_why, start),
        cmocka_unit_test(connections_over_the_limit_get_503),
        cmocka_unit_test(connections_of_one_address_are_limited_but_not_those_of_the_unix_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
