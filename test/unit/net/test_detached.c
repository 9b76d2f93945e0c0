/* Exchanges without a client, and what a tap hears of an answer. */
#include "unit/cmocka_all.h"

#include "base/buf.h"
#include "loop/loop.h"
#include "net/detached.h"
#include "net/server.h"

#include <stdio.h>
#include <string.h>

enum { LARGE = 300 << 10 };

static struct bed {
    struct hearth_loop *loop;
    struct hearth_server *server;
    struct hearth_detached *detached;
    struct hearth_exchange *exchange;
    char body[64];
    int aborted, ends, status;
    size_t length, body_length;
    bool whole, failed;
    char type[128], header[64];
} bed;

static void on_body(void *state, struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    (void)state, (void)exchange;
    memcpy(bed.body + bed.body_length, bytes, length);
    bed.body_length += length;
}

static void wait_on_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    bed.exchange = exchange;
}

static void answer_on_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    hearth_exchange_set_header(exchange, "X-Kept", "yes");
    hearth_exchange_set_header(exchange, "Access-Control-Allow-Origin", "*");
    hearth_exchange_answer(exchange, 201, "text/plain", "made", 4);
}

static void answer_large_on_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, LARGE);
    static char zeros[LARGE];
    hearth_buf_append(&buf, zeros, LARGE);
    hearth_exchange_answer_buf(exchange, 200, "application/json", &buf);
}

static void break_on_end(void *state, struct hearth_exchange *exchange)
{
    (void)state;
    hearth_exchange_begin(exchange, 200, "text/plain");
    hearth_exchange_write(exchange, "half", 4);
    hearth_exchange_reset(exchange);
}

static void on_abort(void *state, struct hearth_exchange *exchange, int reason)
{
    (void)state, (void)exchange;
    bed.aborted = reason;
}

static void on_end(void *argument, const struct hearth_answer_record *answer)
{
    struct bed *of = argument;
    of->ends++;
    of->status = answer->status;
    of->whole = answer->whole;
    of->length = answer->body.length;
    of->failed = answer->body.failed != 0;
    snprintf(of->type, sizeof(of->type), "%s", answer->type);
    snprintf(of->header, sizeof(of->header), "%s|%s",
             hearth_json_text(answer->headers, "x-kept", "-"),
             hearth_json_text(answer->headers, "access-control-allow-origin", "-"));
    hearth_loop_stop(of->loop);
}

static void route(void *argument, struct hearth_exchange *exchange)
{
    (void)argument, (void)exchange;
    fail_msg("a detached exchange is routed by its owner");
}

static int set_up(void **state)
{
    (void)state;
    struct hearth_error error;
    const struct hearth_server_options options = {.route = route, .gzip = true};
    bed = (struct bed){.loop = hearth_loop_create()};
    assert_int_equal(hearth_server_create(bed.loop, &options, &bed.server, &error), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hearth_server_destroy(bed.server);
    hearth_loop_destroy(bed.loop);
    return 0;
}

static void begin(void (*handle)(void *state, struct hearth_exchange *exchange), size_t answer_max,
                  const char *body, uint64_t body_max)
{
    static struct hearth_handler handler;
    static const struct hearth_header headers[] = {{"x-request-id", "mine"},
                                                   {"accept-encoding", "gzip"}};
    const struct hearth_detached_head head = {.method = "POST",
                                              .path = "/a b",
                                              .query = "x=%31",
                                              .headers = headers,
                                              .header_count = 2,
                                              .body_length = strlen(body)};
    handler = (struct hearth_handler){.on_body = on_body, .on_end = handle, .on_abort = on_abort};
    assert_int_equal(
        hearth_detached_create(bed.server, &head, answer_max, on_end, &bed, &bed.detached), 0);
    struct hearth_exchange *exchange = hearth_detached_exchange(bed.detached);
    hearth_exchange_handle(exchange, &handler, NULL, body_max);
    assert_string_equal(hearth_exchange_head(exchange)->path, "/a b");
    assert_string_equal(hearth_exchange_query(exchange, "x"), "1");
    assert_string_equal(hearth_exchange_id(exchange), "mine");
    hearth_detached_send(bed.detached, body, strlen(body));
}

static void an_answer_is_gathered_with_the_headers_of_its_handler(void **state)
{
    (void)state;
    begin(answer_on_end, 100, "ask", 10);
    assert_int_equal(bed.ends, 0); /* never from within a verb */
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.ends, 1);
    assert_memory_equal(bed.body, "ask", 3);
    assert_int_equal(bed.status, 201);
    assert_true(bed.whole);
    assert_int_equal(bed.length, 4);
    assert_string_equal(bed.type, "text/plain");
    assert_string_equal(bed.header, "yes|-");
    assert_int_equal(hearth_server_counts(bed.server).requests_active, 0);
}

static void a_large_answer_is_gathered_as_it_is_and_counted_for_no_client(void **state)
{
    (void)state;
    begin(answer_large_on_end, 1 << 20, "", 10);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.length, LARGE);
    assert_false(bed.failed);
    assert_int_equal(hearth_server_counts(bed.server).held_bytes, 0);
}

static void more_than_is_kept_marks_the_record(void **state)
{
    (void)state;
    begin(answer_large_on_end, 1000, "", 10);
    hearth_loop_run(bed.loop);
    assert_true(bed.failed);
    assert_true(bed.whole);
}

static void an_answer_in_pieces_ends_when_its_handler_says_so(void **state)
{
    (void)state;
    begin(wait_on_end, 100, "", 10);
    hearth_exchange_begin(bed.exchange, 200, "text/event-stream");
    assert_true(hearth_exchange_write(bed.exchange, "one ", 4));
    assert_int_equal(hearth_detached_received(bed.detached), 4);
    assert_true(hearth_exchange_write(bed.exchange, "two", 3));
    assert_int_equal(bed.ends, 0);
    hearth_exchange_finish(bed.exchange, NULL, 0);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.length, 7);
    assert_true(bed.whole);
}

static void an_answer_that_breaks_off_is_not_whole(void **state)
{
    (void)state;
    begin(break_on_end, 100, "", 10);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.ends, 1);
    assert_false(bed.whole);
    assert_int_equal(bed.length, 4);
}

static void a_body_over_the_limit_is_answered_with_413(void **state)
{
    (void)state;
    begin(answer_on_end, 1000, "much too long", 5);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.status, 413);
    assert_int_equal(bed.aborted, HEARTH_ETOOLARGE);
}

static void a_cancel_tells_the_handler_and_nobody_else(void **state)
{
    (void)state;
    begin(wait_on_end, 100, "", 10);
    hearth_detached_cancel(bed.detached);
    assert_int_equal(bed.aborted, HEARTH_ECANCELED);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.ends, 0);
    assert_int_equal(hearth_server_counts(bed.server).requests_active, 0);
}

static void a_cancel_behind_the_end_is_heard_by_nobody_also_without_a_server(void **state)
{
    (void)state;
    begin(answer_on_end, 100, "", 10);
    hearth_detached_cancel(bed.detached);
    hearth_server_destroy(bed.server);
    bed.server = NULL;
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.ends, 0);
    assert_int_equal(bed.aborted, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_is_gathered_with_the_headers_of_its_handler),
        TEST(a_large_answer_is_gathered_as_it_is_and_counted_for_no_client),
        TEST(more_than_is_kept_marks_the_record),
        TEST(an_answer_in_pieces_ends_when_its_handler_says_so),
        TEST(an_answer_that_breaks_off_is_not_whole),
        TEST(a_body_over_the_limit_is_answered_with_413),
        TEST(a_cancel_tells_the_handler_and_nobody_else),
        TEST(a_cancel_behind_the_end_is_heard_by_nobody_also_without_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
