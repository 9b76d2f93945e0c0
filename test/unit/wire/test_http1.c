/* The HTTP/1 parser: what it takes, what it refuses, and that the split of the bytes into reads
 * changes nothing. */
#include "base/buf.h"
#include "unit/cmocka_all.h"
#include "wire/http1.h"

#include <string.h>

static const struct hearth_http_limits limits = {.header_bytes_max = 2048, .header_count_max = 10};

struct listener {
    struct hearth_buf transcript;
    struct hearth_buf body;
};

static const char *at(const struct hearth_http_head *head, uint32_t offset)
{
    return offset == HEARTH_HTTP_ABSENT ? "-" : head->text + offset;
}

static void on_head(void *argument, const struct hearth_http_head *head)
{
    struct listener *listener = argument;
    hearth_buf_printf(&listener->transcript, "%s %s ?%s @%s 1.%d length=%d body=%d keep=%d 100=%d",
                      at(head, head->method), at(head, head->path), at(head, head->query),
                      at(head, head->authority), head->minor, (int)head->content_length,
                      head->has_body, head->keep_alive, head->expect_continue);
    for (size_t i = 0; i < head->field_count; i++)
        hearth_buf_printf(&listener->transcript, " %s=%s", at(head, head->fields[i].name),
                          at(head, head->fields[i].value));
    hearth_buf_char(&listener->transcript, '\n');
}

static void on_body(void *argument, const char *bytes, size_t length)
{
    struct listener *listener = argument;
    hearth_buf_append(&listener->body, bytes, length);
}

static void on_end(void *argument)
{
    struct listener *listener = argument;
    hearth_buf_text(&listener->transcript, "[");
    hearth_buf_append(&listener->transcript, listener->body.bytes, listener->body.length);
    hearth_buf_text(&listener->transcript, "]\n");
    hearth_buf_clear(&listener->body);
}

static const struct hearth_http1_events events = {
    .on_head = on_head, .on_body = on_body, .on_end = on_end};

/* Feeds in pieces of the sizes that `seed` gives (0: all at once, 1: byte by byte) and returns the
 * result of the last feed; the transcript is the caller's. */
static int parse(const char *bytes, size_t length, unsigned seed, struct listener *listener,
                 struct hearth_error *error)
{
    struct hearth_http1 *http1 = hearth_http1_create(&limits, &events, listener);
    int rc = 0;
    unsigned random = seed;
    hearth_buf_init(&listener->transcript, 1 << 20);
    hearth_buf_init(&listener->body, 1 << 20);
    for (size_t done = 0; done < length && !rc;) {
        random = random * 1103515245u + 12345u;
        size_t piece = seed == 0 ? length : seed == 1 ? 1 : 1 + (random >> 16) % 40;
        size_t used = 0;
        if (piece > length - done)
            piece = length - done;
        if (hearth_http1_complete(http1))
            hearth_http1_next(http1);
        rc = hearth_http1_feed(http1, bytes + done, piece, &used, error);
        done += used;
        assert_true(rc || used > 0);
    }
    hearth_http1_destroy(http1);
    return rc;
}

static void finish(struct listener *listener)
{
    hearth_buf_finish(&listener->transcript);
    hearth_buf_finish(&listener->body);
}

static void expect_transcript(const char *input, const char *transcript)
{
    for (unsigned seed = 0; seed < 30; seed++) {
        struct hearth_error error = {0};
        struct listener listener;
        assert_int_equal(parse(input, strlen(input), seed, &listener, &error), 0);
        assert_string_equal(hearth_buf_cstr(&listener.transcript), transcript);
        finish(&listener);
    }
}

static void expect_error_of(const char *input, size_t length, int code)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        struct hearth_error error = {0};
        struct listener listener;
        int rc = parse(input, length, seed, &listener, &error);
        if (rc != code)
            print_error("input: %.200s\n", input);
        assert_int_equal(rc, code);
        assert_int_equal(error.code, code);
        assert_true(strlen(error.message) > 0);
        finish(&listener);
    }
}

static void expect_error(const char *input, int code)
{
    expect_error_of(input, strlen(input), code);
}

#define BAD(text) expect_error(text, HEARTH_EPARSE)
#define HOST "Host: a\r\n"

static void a_request_is_the_same_however_it_is_split(void **state)
{
    (void)state;
    expect_transcript("GET /a%20b?x=1&y=%20 HTTP/1.1\r\nHost: example:80\r\nX-Thing:  a b \r\n\r\n",
                      "GET /a b ?x=1&y=%20 @example:80 1.1 length=-1 body=0 keep=1 100=0"
                      " host=example:80 x-thing=a b\n[]\n");
    expect_transcript("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                      "hello",
                      "POST / ? @a 1.1 length=5 body=1 keep=1 100=1 host=a content-length=5"
                      " expect=100-continue\n[hello]\n");
}

static void chunks_are_joined_and_trailers_dropped(void **state)
{
    (void)state;
    expect_transcript("PUT /c HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                      "3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
                      "PUT /c ? @a 1.1 length=-1 body=1 keep=1 100=0 host=a"
                      " transfer-encoding=chunked\n[abc0123456789]\n");
}

static void pipelined_requests_come_one_after_the_other(void **state)
{
    (void)state;
    expect_transcript(
        "GET /1 HTTP/1.1\r\n" HOST "\r\nPOST /2 HTTP/1.1\r\n" HOST
        "Content-Length: 2\r\n\r\nhiGET /3 HTTP/1.0\r\n\r\n",
        "GET /1 ? @a 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n"
        "POST /2 ? @a 1.1 length=2 body=1 keep=1 100=0 host=a content-length=2\n[hi]\n"
        "GET /3 ? @- 1.0 length=-1 body=0 keep=0 100=0\n[]\n");
}

static void keep_alive_follows_version_and_connection(void **state)
{
    (void)state;
    expect_transcript("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
                      "GET / ? @a 1.1 length=-1 body=0 keep=0 100=0 host=a connection=close\n[]\n");
    expect_transcript("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                      "GET / ? @- 1.0 length=-1 body=0 keep=1 100=0 connection=keep-alive\n[]\n");
}

static void an_upgrade_that_nobody_takes_is_an_ordinary_request(void **state)
{
    (void)state;
    expect_transcript("GET /1 HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\n"
                      "Upgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n",
                      "GET /1 ? @a 1.1 length=-1 body=0 keep=1 100=0 host=a"
                      " connection=Upgrade, HTTP2-Settings upgrade=h2c\n[]\n"
                      "GET /2 ? @a 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n");
}

static void an_absolute_target_gives_path_and_authority(void **state)
{
    (void)state;
    expect_transcript("GET http://b:1/p?q HTTP/1.1\r\n" HOST "\r\n",
                      "GET /p ?q @b:1 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n");
    expect_transcript("GET http://bc HTTP/1.1\r\n" HOST "\r\n",
                      "GET / ? @bc 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n");
    expect_transcript("GET http://bc?q HTTP/1.1\r\n" HOST "\r\n",
                      "GET / ?q @bc 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n");
    expect_transcript("OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
                      "OPTIONS * ? @a 1.1 length=-1 body=0 keep=1 100=0 host=a\n[]\n");
}

static void framing_that_can_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    BAD("POST / HTTP/1.1\r\n" HOST
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\na");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\na");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\na");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\na");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    BAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

static void bad_chunks_are_refused(void **state)
{
    (void)state;
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
    BAD(CHUNKED "x\r\n");
    BAD(CHUNKED "-1\r\n");
    BAD(CHUNKED "0x1\r\na\r\n");
    BAD(CHUNKED "1 \r\na\r\n");
    BAD(CHUNKED "1\na\r\n");
    BAD(CHUNKED "1\r\nab\r\n");
    BAD(CHUNKED "ffffffffffffffffff\r\n");
    BAD(CHUNKED "ffffffffffffffff\r\n");
    BAD(CHUNKED "8000000000000000\r\n");
    BAD(CHUNKED "\r\n");
}

static void bad_lines_and_fields_are_refused(void **state)
{
    (void)state;
    BAD("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST " A: b\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST "A\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n");
    BAD("GET / HTTP/1.1\n" HOST "\n");
    BAD("GET / HTTP/1.1\r\nHost: a\n\r\n");
    BAD("GET /\x01 HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET /#a HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET /%zz HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET /%0 HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET /%00 HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET a HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET * HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n");
    BAD("G@T / HTTP/1.1\r\n" HOST "\r\n");
    BAD("GET / HTTQ/1.1\r\n" HOST "\r\n");
    BAD("\x16\x03\x01\x02");
}

static void a_nul_is_refused_everywhere(void **state)
{
    static const char in_value[] = "GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n";
    static const char in_name[] = "GET / HTTP/1.1\r\nHost: a\r\nA\0b: c\r\n\r\n";
    static const char in_target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    (void)state;
    expect_error_of(in_value, sizeof(in_value) - 1, HEARTH_EPARSE);
    expect_error_of(in_name, sizeof(in_name) - 1, HEARTH_EPARSE);
    expect_error_of(in_target, sizeof(in_target) - 1, HEARTH_EPARSE);
}

static void host_must_be_there_once_and_sane(void **state)
{
    (void)state;
    BAD("GET / HTTP/1.1\r\n\r\n");
    BAD("GET / HTTP/1.1\r\n" HOST HOST "\r\n");
    BAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    BAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    BAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
    BAD("GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n");
    expect_transcript(
        "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        "GET / ? @[::1]:8080 1.1 length=-1 body=0 keep=1 100=0 host=[::1]:8080\n[]\n");
}

static void other_versions_are_named_as_such(void **state)
{
    (void)state;
    expect_error("GET / HTTP/1.2\r\n" HOST "\r\n", HEARTH_EHTTPVERSION);
    expect_error("GET / HTTP/2.0\r\n" HOST "\r\n", HEARTH_EHTTPVERSION);
    expect_error("GET / HTTP/3.0\r\n" HOST "\r\n", HEARTH_EHTTPVERSION);
    expect_error("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", HEARTH_EMETHOD);
}

/* prefix + `count` times `piece` + suffix */
static void expect_error_repeated(const char *prefix, const char *piece, size_t count,
                                  const char *suffix, int code)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    hearth_buf_text(&buf, prefix);
    for (size_t i = 0; i < count; i++)
        hearth_buf_text(&buf, piece);
    hearth_buf_text(&buf, suffix);
    expect_error_of(buf.bytes, buf.length, code);
    hearth_buf_finish(&buf);
}

static void heads_over_a_limit_are_refused(void **state)
{
    (void)state;
    expect_error_repeated("GET /", "a", 2100, " HTTP/1.1\r\n" HOST "\r\n", HEARTH_EURILONG);
    expect_error_repeated("GET / HTTP/1.1\r\n" HOST, "A: b\r\n", 10, "\r\n", HEARTH_EHEADERS);
    expect_error_repeated("GET / HTTP/1.1\r\n" HOST "A: ", "b", 2100, "\r\n\r\n", HEARTH_EHEADERS);
    expect_error_repeated("GET / HTTP/1.1\r\n" HOST "A", "b", 2100, ": \r\n\r\n", HEARTH_EHEADERS);
    expect_error_repeated("GET / HTTP/1.1\r\n" HOST "A: ", " ", 2100, "b\r\n\r\n", HEARTH_EHEADERS);
    expect_error_repeated("", "\r\n", 2100, "GET / HTTP/1.1\r\n" HOST "\r\n", HEARTH_EHEADERS);
}

static void more_chunk_framing_than_body_is_refused(void **state)
{
    (void)state;
    expect_error_repeated("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;", "x",
                          70000, "\r\na\r\n0\r\n\r\n", HEARTH_EPARSE);
    expect_error_repeated("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n",
                          "A: b\r\n", 12000, "\r\n", HEARTH_EPARSE);
}

static void answers_are_written_as_the_protocol_asks(void **state)
{
    const struct hearth_header headers[] = {{"content-type", "text/plain"}, {"x-a", "1"}};
    struct hearth_buf buf;
    (void)state;
    hearth_buf_init(&buf, 4096);
    assert_int_equal(hearth_http1_write_head(&buf, 404, headers, 2), 0);
    hearth_http1_write_chunk(&buf, "0123456789abcdefg", 17);
    hearth_http1_write_chunk(&buf, "", 0);
    hearth_http1_write_last_chunk(&buf, headers + 1, 1);
    assert_string_equal(hearth_buf_cstr(&buf),
                        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX-A: 1\r\n\r\n"
                        "11\r\n0123456789abcdefg\r\n0\r\nX-A: 1\r\n\r\n");
    hearth_buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_the_same_however_it_is_split),
        cmocka_unit_test(chunks_are_joined_and_trailers_dropped),
        cmocka_unit_test(pipelined_requests_come_one_after_the_other),
        cmocka_unit_test(keep_alive_follows_version_and_connection),
        cmocka_unit_test(an_upgrade_that_nobody_takes_is_an_ordinary_request),
        cmocka_unit_test(an_absolute_target_gives_path_and_authority),
        cmocka_unit_test(framing_that_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(bad_chunks_are_refused),
        cmocka_unit_test(bad_lines_and_fields_are_refused),
        cmocka_unit_test(a_nul_is_refused_everywhere),
        cmocka_unit_test(host_must_be_there_once_and_sane),
        cmocka_unit_test(other_versions_are_named_as_such),
        cmocka_unit_test(heads_over_a_limit_are_refused),
        cmocka_unit_test(more_chunk_framing_than_body_is_refused),
        cmocka_unit_test(answers_are_written_as_the_protocol_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
