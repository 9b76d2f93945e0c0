/* The HTTP client against a scripted server: one thread, one answer for each connection. */
#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWERS_MAX = 16 };

/* Accepts as many connections as it has answers and records what was asked. */
struct script {
    int listener;
    uint16_t port;
    pthread_t thread;
    char answers[ANSWERS_MAX][1024]; /* '@' in an answer ends it: then silence until the end */
    size_t answer_count;
    char asked[ANSWERS_MAX][4096];
    atomic_bool ended;
};

static void play(struct script *script, size_t turn)
{
    int peer = accept(script->listener, NULL, NULL);
    if (peer < 0)
        return;
    size_t used = 0;
    char *asked = script->asked[turn];
    while (used < 4095 && !strstr(asked, "\r\n\r\n")) {
        ssize_t got = read(peer, asked + used, 4095 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
        asked[used] = '\0';
    }
    const char *answer = script->answers[turn];
    size_t length = strcspn(answer, "@");
    if (write(peer, answer, length) < 0)
        length = 0;
    while (answer[length] == '@' && !script->ended)
        usleep(10000);
    close(peer);
}

static void *serve(void *argument)
{
    struct script *script = argument;
    for (size_t turn = 0; turn < script->answer_count; turn++)
        play(script, turn);
    return NULL;
}

static void start(struct script *script, const char *unix_path)
{
    struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(tcp);
    script->ended = false;
    script->listener = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    assert_true(script->listener >= 0);
    if (unix_path) {
        snprintf(local.sun_path, sizeof(local.sun_path), "%s", unix_path);
        assert_int_equal(bind(script->listener, (struct sockaddr *)&local, sizeof(local)), 0);
    } else {
        assert_int_equal(bind(script->listener, (struct sockaddr *)&tcp, sizeof(tcp)), 0);
        assert_int_equal(getsockname(script->listener, (struct sockaddr *)&tcp, &length), 0);
        script->port = ntohs(tcp.sin_port);
    }
    assert_int_equal(listen(script->listener, 8), 0);
}

static void run_server(struct script *script)
{
    assert_int_equal(pthread_create(&script->thread, NULL, serve, script), 0);
}

static void stop(struct script *script)
{
    script->ended = true;
    shutdown(script->listener, SHUT_RDWR);
    pthread_join(script->thread, NULL);
    close(script->listener);
    hearth_free(script);
}

static struct script *new_script(void)
{
    struct script *script = hearth_calloc(1, sizeof(*script));
    start(script, NULL);
    return script;
}

static void add(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct script *script, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(script->answers[script->answer_count++], sizeof(script->answers[0]), format,
              arguments);
    va_end(arguments);
}

#define CLOSE "Connection: close\r\n"

/* Runs the request against http://127.0.0.1:port + path; the caller finishes the answer. */
static int ask(const struct script *script, struct hearth_http_request request, const char *path,
               struct hearth_http_answer *answer, struct hearth_error *error)
{
    char url[256];
    if (!request.url) {
        snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", script->port, path);
        request.url = url;
    }
    struct hearth_http_client *client = hearth_http_client_create();
    int rc = hearth_http_client_run(client, &request, answer, error);
    hearth_http_client_destroy(client);
    return rc;
}

static void a_body_and_its_headers_arrive_whole(void **state)
{
    (void)state;
    struct script *script = new_script();
    add(script, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One:  a b \r\n" CLOSE "\r\nhello");
    run_server(script);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    assert_int_equal(
        ask(script, (struct hearth_http_request){.bearer = "t0k"}, "/a?b=1", &answer, &error), 0);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, 5);
    assert_memory_equal(answer.body.bytes, "hello", 5);
    char value[16], small[3];
    assert_true(hearth_http_answer_header(&answer, "x-one", value, sizeof(value)));
    assert_string_equal(value, "a b");
    assert_false(hearth_http_answer_header(&answer, "x-one", small, sizeof(small)));
    assert_false(hearth_http_answer_header(&answer, "x-two", value, sizeof(value)));
    assert_non_null(strstr(script->asked[0], "GET /a?b=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(script->asked[0], "Authorization: Bearer t0k\r\n"));
    hearth_http_answer_finish(&answer);
    stop(script);
}

static void a_bearer_does_not_follow_to_another_port(void **state)
{
    (void)state;
    struct script *hub = new_script(), *cdn = new_script();
    add(hub,
        "HTTP/1.1 302 Found\r\nLocation: /again\r\nX-Kind: first\r\nContent-Length: 3\r\n" CLOSE
        "\r\nodd");
    add(hub, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/far\r\n" CLOSE "\r\n", cdn->port);
    add(cdn, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/back\r\n" CLOSE "\r\n",
        hub->port);
    add(hub, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" CLOSE "\r\nok");
    run_server(hub);
    run_server(cdn);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    const char *headers[] = {"Cookie: secret=1", "X-Plain: 1", NULL};
    struct hearth_http_request request = {.bearer = "t0k", .headers = headers};
    assert_int_equal(ask(hub, request, "/", &answer, &error), 0);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, 2);
    assert_non_null(strstr(answer.url, "/back"));
    char value[16];
    assert_true(hearth_http_answer_first_header(&answer, "X-Kind", value, sizeof(value)));
    assert_false(hearth_http_answer_header(&answer, "X-Kind", value, sizeof(value)));
    assert_non_null(strstr(hub->asked[1], "Bearer t0k")); /* the same server */
    const char *strangers[] = {cdn->asked[0], hub->asked[2]};
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(strangers[i], "X-Plain: 1"));
        assert_null(strstr(strangers[i], "Authorization"));
        assert_null(strstr(strangers[i], "Cookie"));
    }
    hearth_http_answer_finish(&answer);
    stop(hub);
    stop(cdn);
}

static void a_redirect_leads_only_to_http(void **state)
{
    (void)state;
    static const char *const targets[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://a/"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct script *script = new_script();
        add(script, "HTTP/1.1 302 Found\r\nLocation: %s\r\n" CLOSE "\r\n", targets[i]);
        run_server(script);
        struct hearth_http_answer answer;
        struct hearth_error error = {0};
        assert_int_equal(ask(script, (struct hearth_http_request){0}, "/", &answer, &error),
                         HEARTH_EINVAL);
        assert_int_equal(answer.body.length, 0);
        hearth_http_answer_finish(&answer);
        stop(script);
    }
}

static void redirects_without_end_are_an_error(void **state)
{
    (void)state;
    struct script *script = new_script();
    for (int i = 0; i < 11; i++)
        add(script, "HTTP/1.1 302 Found\r\nLocation: /%d\r\n" CLOSE "\r\n", i);
    run_server(script);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    assert_int_equal(ask(script, (struct hearth_http_request){0}, "/", &answer, &error),
                     HEARTH_ENETWORK);
    assert_non_null(strstr(error.message, "redirects"));
    hearth_http_answer_finish(&answer);
    stop(script);
}

struct collected {
    struct hearth_buf bytes;
    int head_status, refuse_with, canceled_after;
};

static int on_head(void *argument, const struct hearth_http_answer *answer)
{
    struct collected *collected = argument;
    collected->head_status = answer->status;
    return collected->refuse_with;
}

static int on_body(void *argument, const char *bytes, size_t length)
{
    struct collected *collected = argument;
    assert_int_not_equal(collected->head_status, 0); /* the head comes first */
    return hearth_buf_append(&collected->bytes, bytes, length);
}

static bool is_canceled(void *argument)
{
    struct collected *collected = argument;
    return collected->canceled_after-- <= 0;
}

static void a_range_is_asked_for_and_streamed(void **state)
{
    (void)state;
    struct script *script = new_script();
    add(script, "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n"
                "Content-Range: bytes 7-9/10\r\n" CLOSE "\r\nxyz");
    add(script, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n" CLOSE "\r\nnone");
    add(script, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" CLOSE "\r\nfull");
    run_server(script);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    struct collected collected = {0};
    hearth_buf_init(&collected.bytes, 100);
    struct hearth_http_request request = {
        .range_start = 7, .on_head = on_head, .on_body = on_body, .argument = &collected};
    assert_int_equal(ask(script, request, "/", &answer, &error), 0);
    assert_int_equal(collected.head_status, 206);
    assert_int_equal(collected.bytes.length, 3);
    assert_int_equal(answer.body.length, 0);
    assert_non_null(strstr(script->asked[0], "Range: bytes=7-\r\n"));
    hearth_http_answer_finish(&answer);

    assert_int_equal(ask(script, request, "/", &answer, &error), 0);
    assert_int_equal(answer.status, 404);
    assert_int_equal(answer.body.length, 4); /* an error's text is not the model's bytes */
    assert_int_equal(collected.bytes.length, 3);
    hearth_http_answer_finish(&answer);

    collected.refuse_with = HEARTH_EDIGEST;
    assert_int_equal(ask(script, request, "/", &answer, &error), HEARTH_EDIGEST);
    assert_int_equal(collected.bytes.length, 3);
    hearth_http_answer_finish(&answer);
    hearth_buf_finish(&collected.bytes);
    stop(script);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct script *script = new_script();
    add(script, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" CLOSE "\r\n0123456789");
    add(script, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" CLOSE "\r\n0123");
    run_server(script);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    struct hearth_http_request request = {.body_max = 9};
    assert_int_equal(ask(script, request, "/", &answer, &error), HEARTH_ETOOLARGE);
    hearth_http_answer_finish(&answer);
    request.body_max = 10;
    assert_int_equal(ask(script, request, "/", &answer, &error), HEARTH_ENETWORK); /* cut off */
    hearth_http_answer_finish(&answer);
    stop(script);
}

static void silence_and_cancel_end_the_wait(void **state)
{
    (void)state;
    struct script *script = new_script();
    add(script, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" CLOSE "\r\n01@");
    struct script *other = new_script();
    add(other, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" CLOSE "\r\n01@");
    run_server(script);
    run_server(other);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    struct hearth_http_request request = {.idle_timeout_ms = 200};
    assert_int_equal(ask(script, request, "/", &answer, &error), HEARTH_ETIMEOUT);
    hearth_http_answer_finish(&answer);
    struct collected collected = {.canceled_after = 3};
    request = (struct hearth_http_request){.is_canceled = is_canceled, .argument = &collected};
    assert_int_equal(ask(other, request, "/", &answer, &error), HEARTH_ECANCELED);
    hearth_http_answer_finish(&answer);
    stop(script);
    stop(other);
}

static void a_body_is_posted_over_a_unix_socket(void **state)
{
    (void)state;
    char directory[] = "/tmp/hearth-http-XXXXXX", path[64], url[128];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);
    snprintf(url, sizeof(url), "unix:%s:/v1/x?y=2", path);
    struct script *script = hearth_calloc(1, sizeof(*script));
    start(script, path);
    add(script, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n" CLOSE "\r\n");
    run_server(script);
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    struct hearth_http_request request = {
        .method = "POST", .url = url, .body = "{\"a\":1}", .body_length = 7};
    assert_int_equal(ask(script, request, "", &answer, &error), 0);
    assert_int_equal(answer.status, 201);
    assert_non_null(strstr(script->asked[0], "POST /v1/x?y=2 HTTP/1.1\r\n"));
    assert_non_null(strstr(script->asked[0], "Content-Length: 7\r\n"));
    hearth_http_answer_finish(&answer);
    stop(script);
    unlink(path);
    rmdir(directory);
}

static void faulty_requests_are_refused_unsent(void **state)
{
    (void)state;
    static const char *const bad[] = {"ftp://127.0.0.1/",   "/etc/passwd",
                                      "unix:relative:/x",   "http://",
                                      "unix:/no/separator", "file:///etc/passwd"};
    const char *split[] = {"X: a\r\nY: b", NULL};
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            ask(NULL, (struct hearth_http_request){.url = bad[i]}, "", &answer, &error),
            HEARTH_EINVAL);
        hearth_http_answer_finish(&answer);
    }
    struct hearth_http_request request = {.url = "http://127.0.0.1:1/", .headers = split};
    assert_int_equal(ask(NULL, request, "", &answer, &error), HEARTH_EINVAL);
    hearth_http_answer_finish(&answer);
    request = (struct hearth_http_request){.url = "http://127.0.0.1:1/", .bearer = "a\nb"};
    assert_int_equal(ask(NULL, request, "", &answer, &error), HEARTH_EINVAL);
    hearth_http_answer_finish(&answer);
    request.bearer = NULL;
    assert_int_equal(ask(NULL, request, "", &answer, &error), HEARTH_ENETWORK); /* nobody there */
    assert_string_equal(error.message, "cannot connect to 127.0.0.1:1");
    hearth_http_answer_finish(&answer);
}

/* curl's would say "Could not resolve host: …", "Empty reply from server", "transfer closed with 95
 * bytes remaining to read". */
static void a_failure_is_told_in_our_words_and_names_the_server(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *before, *after;
    } rows[] = {
        {"", "", " closed the connection without an answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "",
         " broke the answer off before its end"},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer of ", " is not HTTP"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *script = new_script();
        add(script, "%s", rows[i].answer);
        run_server(script);
        struct hearth_http_answer answer;
        struct hearth_error error = {0};
        char expected[200];
        snprintf(expected, sizeof(expected), "%s127.0.0.1:%u%s", rows[i].before, script->port,
                 rows[i].after);
        assert_int_equal(ask(script, (struct hearth_http_request){0}, "/", &answer, &error),
                         HEARTH_ENETWORK);
        assert_string_equal(error.message, expected);
        hearth_http_answer_finish(&answer);
        stop(script);
    }
}

/* A label has at most 63 characters, so no name server is asked. */
static void a_name_without_an_address_is_told_as_one(void **state)
{
    (void)state;
    struct hearth_http_answer answer;
    struct hearth_error error = {0};
    setenv("no_proxy", "*", 1);
    const struct hearth_http_request request = {
        .url = "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"};
    assert_int_equal(ask(NULL, request, "", &answer, &error), HEARTH_ENETWORK);
    assert_string_equal(error.message,
                        "no address can be found for "
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80");
    hearth_http_answer_finish(&answer);
    unsetenv("no_proxy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told_in_our_words_and_names_the_server),
        cmocka_unit_test(a_name_without_an_address_is_told_as_one),
        cmocka_unit_test(a_body_and_its_headers_arrive_whole),
        cmocka_unit_test(a_bearer_does_not_follow_to_another_port),
        cmocka_unit_test(a_redirect_leads_only_to_http),
        cmocka_unit_test(redirects_without_end_are_an_error),
        cmocka_unit_test(a_range_is_asked_for_and_streamed),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(silence_and_cancel_end_the_wait),
        cmocka_unit_test(a_body_is_posted_over_a_unix_socket),
        cmocka_unit_test(faulty_requests_are_refused_unsent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
