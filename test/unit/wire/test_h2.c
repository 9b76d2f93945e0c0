/* The HTTP/2 session against nghttp2's own client, in memory. */
#include "base/memory.h"
#include "unit/cmocka_all.h"
#include "wire/h2.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

struct request {
    int32_t stream;
    struct hearth_buf seen; /* "GET /path @authority name=value …" */
    struct hearth_buf body;
    struct hearth_buf answer;
    bool ended, closed, finished;
    int fault;
};

struct pair {
    struct hearth_h2 *server;
    nghttp2_session *client;
    struct request requests[300];
    size_t count;
    bool auto_consume, auto_answer;
    /* What the client saw. */
    char status[8];
    struct hearth_buf received, trailers;
    uint32_t reset_code, goaway_code;
    int resets, goaways, closes;
    uint64_t now_ms;
    int server_error;
};

/* Server */

static const char *at(const struct hearth_http_head *head, uint32_t offset)
{
    return offset == HEARTH_HTTP_ABSENT ? "-" : head->text + offset;
}

static void *on_head(void *argument, int32_t stream, const struct hearth_http_head *head,
                     const struct hearth_error *fault)
{
    struct pair *pair = argument;
    struct request *request = &pair->requests[pair->count++];
    assert_true(pair->count < 300);
    request->stream = stream;
    hearth_buf_init(&request->seen, 1 << 16);
    hearth_buf_init(&request->body, 1 << 24);
    hearth_buf_init(&request->answer, 1 << 24);
    if (!head) {
        request->fault = fault->code;
        hearth_h2_answer(pair->server, stream, 400, NULL, 0, false);
        return request;
    }
    hearth_buf_printf(&request->seen, "%s %s ?%s @%s %s body=%d", at(head, head->method),
                      at(head, head->path), at(head, head->query), at(head, head->authority),
                      at(head, head->protocol), head->has_body);
    for (size_t i = 0; i < head->field_count; i++)
        hearth_buf_printf(&request->seen, " %s=%s", at(head, head->fields[i].name),
                          at(head, head->fields[i].value));
    return request;
}

static void on_body(void *argument, void *stream_state, const char *bytes, size_t length)
{
    struct pair *pair = argument;
    struct request *request = stream_state;
    hearth_buf_append(&request->body, bytes, length);
    if (pair->auto_consume)
        hearth_h2_consume(pair->server, request->stream, length);
}

static void on_end(void *argument, void *stream_state)
{
    struct pair *pair = argument;
    struct request *request = stream_state;
    request->ended = true;
    if (!pair->auto_answer)
        return;
    hearth_buf_text(&request->answer, "hello");
    request->finished = true;
    hearth_h2_answer(pair->server, request->stream, 200, NULL, 0, true);
}

static size_t on_pull(void *argument, void *stream_state, char *to, size_t size,
                      struct hearth_h2_pulled *ret_pulled)
{
    static const struct hearth_header trailers[] = {{"x-sum", "42"}};
    struct request *request = stream_state;
    size_t length = request->answer.length < size ? request->answer.length : size;
    (void)argument;
    if (length)
        memcpy(to, request->answer.bytes, length);
    hearth_buf_consume(&request->answer, length);
    ret_pulled->end = request->finished && request->answer.length == 0;
    ret_pulled->trailers = trailers;
    ret_pulled->trailer_count = ret_pulled->end;
    return length;
}

static void on_close(void *argument, void *stream_state)
{
    struct request *request = stream_state;
    (void)argument;
    request->closed = true;
}

static const struct hearth_h2_events events = {.on_head = on_head,
                                               .on_body = on_body,
                                               .on_end = on_end,
                                               .on_pull = on_pull,
                                               .on_close = on_close};

/* Client */

static int client_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                         size_t name_length, const uint8_t *value, size_t value_length,
                         uint8_t flags, void *user_data)
{
    struct pair *pair = user_data;
    (void)session;
    (void)frame;
    (void)flags;
    if (name_length == 7 && memcmp(name, ":status", 7) == 0)
        memcpy(pair->status, value, value_length < 7 ? value_length : 7);
    else if (frame->headers.cat != NGHTTP2_HCAT_RESPONSE)
        hearth_buf_append(&pair->trailers, value, value_length);
    return 0;
}

static int client_data(nghttp2_session *session, uint8_t flags, int32_t stream,
                       const uint8_t *bytes, size_t length, void *user_data)
{
    struct pair *pair = user_data;
    (void)session;
    (void)flags;
    (void)stream;
    hearth_buf_append(&pair->received, bytes, length);
    return 0;
}

static int client_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct pair *pair = user_data;
    (void)session;
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        pair->resets++;
        pair->reset_code = frame->rst_stream.error_code;
    }
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        pair->goaways++;
        pair->goaway_code = frame->goaway.error_code;
    }
    return 0;
}

static int client_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user_data)
{
    struct pair *pair = user_data;
    (void)session;
    (void)stream;
    (void)code;
    pair->closes++;
    return 0;
}

static int set_up(void **state)
{
    const struct hearth_http_limits limits = {.header_bytes_max = 4096, .header_count_max = 20};
    struct pair *pair = hearth_calloc(1, sizeof(*pair));
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    pair->server = hearth_h2_create(&limits, 128, &events, pair);
    assert_non_null(pair->server);
    hearth_buf_init(&pair->received, 1 << 24);
    hearth_buf_init(&pair->trailers, 1 << 16);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, client_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, client_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, client_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, client_close);
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_client_new2(&pair->client, callbacks, pair, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(pair->client, NGHTTP2_FLAG_NONE, NULL, 0);
    pair->auto_consume = pair->auto_answer = true;
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;
    hearth_h2_destroy(pair->server);
    nghttp2_session_del(pair->client);
    for (size_t i = 0; i < pair->count; i++) {
        hearth_buf_finish(&pair->requests[i].seen);
        hearth_buf_finish(&pair->requests[i].body);
        hearth_buf_finish(&pair->requests[i].answer);
    }
    hearth_buf_finish(&pair->received);
    hearth_buf_finish(&pair->trailers);
    hearth_free(pair);
    return 0;
}

/* Carries bytes both ways, in pieces of `piece`, until nobody has any. */
static void carry(struct pair *pair, size_t piece)
{
    for (bool moved = true; moved;) {
        const uint8_t *out = NULL;
        const char *back = NULL;
        size_t length;
        moved = false;
        ssize_t rc = nghttp2_session_mem_send(pair->client, &out);
        for (ssize_t sent = 0; sent < rc && !pair->server_error; sent += (ssize_t)piece) {
            size_t size = (size_t)(rc - sent) < piece ? (size_t)(rc - sent) : piece;
            pair->server_error =
                hearth_h2_feed(pair->server, (const char *)out + sent, size, pair->now_ms, NULL);
        }
        moved = rc > 0;
        while ((length = hearth_h2_output(pair->server, &back)) > 0) {
            nghttp2_session_mem_recv(pair->client, (const uint8_t *)back, length);
            moved = true;
        }
    }
}

static nghttp2_nv nv(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)value,
                        .valuelen = strlen(value)};
}

static ssize_t send_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    size_t *left = source->ptr;
    size_t length = *left < size ? *left : size;
    (void)session;
    (void)stream;
    (void)user_data;
    memset(to, 'b', length);
    *left -= length;
    if (*left == 0)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

static int32_t ask(struct pair *pair, const char *method, const char *path, const nghttp2_nv *extra,
                   size_t extra_count, size_t *body)
{
    nghttp2_nv headers[40] = {nv(":method", method), nv(":scheme", "http"), nv(":path", path),
                              nv(":authority", "a:1")};
    const nghttp2_data_provider provider = {.source = {.ptr = body}, .read_callback = send_body};
    for (size_t i = 0; i < extra_count; i++)
        headers[4 + i] = extra[i];
    return nghttp2_submit_request(pair->client, NULL, headers, 4 + extra_count,
                                  body ? &provider : NULL, NULL);
}

/* Tests */

static void a_request_is_the_same_in_every_split_and_answered_with_trailers(void **state)
{
    struct pair *pair = *state;
    for (size_t piece = 1; piece < 64; piece += 5) {
        const nghttp2_nv extra = nv("x-a", "b c");
        ask(pair, "GET", "/a%20b?q=1", &extra, 1, NULL);
        carry(pair, piece);
        const struct request *request = &pair->requests[pair->count - 1];
        assert_string_equal(hearth_buf_cstr((struct hearth_buf *)&request->seen),
                            "GET /a b ?q=1 @a:1 - body=0 x-a=b c");
        assert_true(request->ended && request->closed);
        assert_string_equal(pair->status, "200");
        assert_string_equal(hearth_buf_cstr(&pair->received), "hello");
        assert_string_equal(hearth_buf_cstr(&pair->trailers), "42");
        hearth_buf_clear(&pair->received);
        hearth_buf_clear(&pair->trailers);
    }
}

static void a_body_goes_no_further_than_what_was_consumed(void **state)
{
    struct pair *pair = *state;
    size_t body = 1 << 20;
    pair->auto_consume = false;
    ask(pair, "POST", "/", NULL, 0, &body);
    carry(pair, 65536);
    struct request *request = &pair->requests[0];
    assert_true(request->body.length > 0 && request->body.length < 1 << 20);
    size_t held = request->body.length;
    hearth_h2_consume(pair->server, request->stream, held);
    pair->auto_consume = true;
    carry(pair, 65536);
    assert_int_equal(request->body.length, 1 << 20);
    assert_true(request->ended);
}

static void an_answer_waits_for_the_clients_window(void **state)
{
    struct pair *pair = *state;
    pair->auto_answer = false;
    int32_t stream = ask(pair, "GET", "/", NULL, 0, NULL);
    carry(pair, 65536);
    struct request *request = &pair->requests[0];
    for (int i = 0; i < 200000; i++)
        hearth_buf_char(&request->answer, 'x');
    request->finished = true;
    hearth_h2_answer(pair->server, stream, 200, NULL, 0, true);
    carry(pair, 65536);
    assert_int_equal(pair->received.length, 65535);
    nghttp2_session_consume(pair->client, stream, 65535);
    carry(pair, 65536);
    assert_int_equal(pair->received.length, 2 * 65535);
}

static void an_answer_in_pieces_resumes(void **state)
{
    struct pair *pair = *state;
    pair->auto_answer = false;
    int32_t stream = ask(pair, "GET", "/", NULL, 0, NULL);
    carry(pair, 65536);
    struct request *request = &pair->requests[0];
    hearth_h2_answer(pair->server, stream, 200, NULL, 0, true);
    carry(pair, 65536);
    assert_string_equal(pair->status, "200");
    for (int i = 0; i < 3; i++) {
        hearth_buf_text(&request->answer, "event;");
        hearth_h2_resume(pair->server, stream);
        carry(pair, 65536);
        assert_int_equal(pair->received.length, 6 * (i + 1));
    }
    assert_int_equal(pair->closes, 0);
    request->finished = true;
    hearth_h2_resume(pair->server, stream);
    carry(pair, 65536);
    assert_int_equal(pair->closes, 1);
}

static void an_extended_connect_is_a_request_with_a_protocol(void **state)
{
    struct pair *pair = *state;
    const nghttp2_nv extra = nv(":protocol", "websocket");
    size_t body = 10;
    pair->auto_answer = false;
    carry(pair, 65536);
    ask(pair, "CONNECT", "/chat", &extra, 1, &body);
    carry(pair, 65536);
    assert_string_equal(hearth_buf_cstr(&pair->requests[0].seen),
                        "CONNECT /chat ? @a:1 websocket body=1");
    assert_int_equal(pair->requests[0].body.length, 10);
}

static void faulty_heads_are_told_as_faults(void **state)
{
    struct pair *pair = *state;
    char big[5000];
    nghttp2_nv many[30];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    const nghttp2_nv large = nv("x-large", big);
    ask(pair, "GET", "/", &large, 1, NULL);
    for (int i = 0; i < 30; i++)
        many[i] = nv("x-many", "1");
    ask(pair, "GET", "/", many, 30, NULL);
    ask(pair, "GET", "/%zz", NULL, 0, NULL);
    big[0] = '/';
    ask(pair, "GET", big, NULL, 0, NULL);
    carry(pair, 100);
    assert_int_equal(pair->count, 4);
    assert_int_equal(pair->requests[0].fault, HEARTH_EHEADERS);
    assert_int_equal(pair->requests[1].fault, HEARTH_EHEADERS);
    assert_int_equal(pair->requests[2].fault, HEARTH_EPARSE);
    assert_int_equal(pair->requests[3].fault, HEARTH_EURILONG);
    assert_string_equal(pair->status, "400");
    ask(pair, "GET", "/", NULL, 0, NULL);
    carry(pair, 100);
    assert_string_equal(pair->status, "200");
}

static void rapid_resets_end_the_connection(void **state)
{
    struct pair *pair = *state;
    pair->auto_answer = false;
    for (int i = 0; i < 290 && !pair->server_error; i++) {
        int32_t stream = ask(pair, "GET", "/", NULL, 0, NULL);
        carry(pair, 65536);
        nghttp2_submit_rst_stream(pair->client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
        carry(pair, 65536);
    }
    assert_int_equal(pair->server_error, HEARTH_ERATE);
    assert_int_equal(pair->goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(pair->count < 250);
}

static void resets_at_a_human_pace_are_fine(void **state)
{
    struct pair *pair = *state;
    pair->auto_answer = false;
    for (int i = 0; i < 290; i++) {
        int32_t stream = ask(pair, "GET", "/", NULL, 0, NULL);
        carry(pair, 65536);
        nghttp2_submit_rst_stream(pair->client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
        pair->now_ms += 50;
        carry(pair, 65536);
    }
    assert_int_equal(pair->server_error, 0);
}

static void floods_of_pings_and_settings_end_the_connection(void **state)
{
    struct pair *pair = *state;
    for (int i = 0; i < 3000 && !pair->server_error; i++) {
        if (i % 2)
            nghttp2_submit_ping(pair->client, NGHTTP2_FLAG_NONE, NULL);
        else
            nghttp2_submit_settings(pair->client, NGHTTP2_FLAG_NONE, NULL, 0);
        carry(pair, 65536);
    }
    assert_int_equal(pair->server_error, HEARTH_ERATE);
    assert_int_equal(pair->goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void going_away_lets_streams_end_and_takes_no_new_ones(void **state)
{
    struct pair *pair = *state;
    pair->auto_answer = false;
    int32_t stream = ask(pair, "GET", "/", NULL, 0, NULL);
    carry(pair, 65536);
    hearth_h2_go_away(pair->server);
    carry(pair, 65536);
    assert_int_equal(pair->goaways, 1);
    assert_int_equal(pair->goaway_code, NGHTTP2_NO_ERROR);
    struct request *request = &pair->requests[0];
    request->finished = true;
    hearth_buf_text(&request->answer, "late");
    hearth_h2_answer(pair->server, stream, 200, NULL, 0, true);
    carry(pair, 65536);
    assert_string_equal(hearth_buf_cstr(&pair->received), "late");
    assert_int_equal(pair->count, 1);
}

static void an_early_answer_stops_the_upload(void **state)
{
    struct pair *pair = *state;
    size_t body = 10 << 20;
    pair->auto_consume = pair->auto_answer = false;
    int32_t stream = ask(pair, "POST", "/", NULL, 0, &body);
    carry(pair, 65536);
    hearth_h2_answer(pair->server, stream, 413, NULL, 0, false);
    carry(pair, 65536);
    assert_string_equal(pair->status, "413");
    assert_int_equal(pair->resets, 1);
    assert_int_equal(pair->reset_code, NGHTTP2_NO_ERROR);
    assert_true(pair->requests[0].closed);
}

static void bytes_that_are_not_http2_are_an_error(void **state)
{
    struct pair *pair = *state;
    assert_int_equal(hearth_h2_feed(pair->server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0, NULL),
                     HEARTH_EPARSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_the_same_in_every_split_and_answered_with_trailers),
        TEST(a_body_goes_no_further_than_what_was_consumed),
        TEST(an_answer_waits_for_the_clients_window),
        TEST(an_answer_in_pieces_resumes),
        TEST(an_extended_connect_is_a_request_with_a_protocol),
        TEST(faulty_heads_are_told_as_faults),
        TEST(rapid_resets_end_the_connection),
        TEST(resets_at_a_human_pace_are_fine),
        TEST(floods_of_pings_and_settings_end_the_connection),
        TEST(going_away_lets_streams_end_and_takes_no_new_ones),
        TEST(an_early_answer_stops_the_upload),
        TEST(bytes_that_are_not_http2_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
