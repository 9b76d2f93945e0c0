/* One hop over curl: what it is asked, what becomes of the bytes, and how each failure is told. */
#include "net/http_transfer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* How often a wish to stop is looked at, at least. */
enum { POLL_MS = 100, CONNECT_TIMEOUT_MS = 10000, IDLE_TIMEOUT_MS = 60000 };

struct hearth_http_wire {
    CURL *easy;
    CURLM *multi; /* so that we, not curl, decide how often to look at the clock */
    char reason[CURL_ERROR_SIZE];
};

/* One exchange as its callbacks see it. */
struct transfer {
    struct hearth_http_wire *wire;
    const struct hearth_http_request *request;
    const struct hearth_http_hop *hop;
    struct hearth_http_answer *answer;
    uint64_t active_ms; /* when the last byte came or went */
    uint64_t received;
    curl_off_t sent;
    size_t read; /* by read_body */
    bool head_told;
    int stopped; /* the code that a callback ended it with */
};

/* curl_global_init is not safe to call from two threads at once, and nothing works without it. */
static void start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

struct hearth_http_wire *hearth_http_wire_create(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    struct hearth_http_wire *wire = hearth_calloc(1, sizeof(*wire));
    wire->easy = curl_easy_init();
    wire->multi = curl_multi_init();
    if (!wire->easy || !wire->multi)
        abort();
    return wire;
}

void hearth_http_wire_destroy(struct hearth_http_wire *wire)
{
    if (!wire)
        return;
    curl_easy_cleanup(wire->easy);
    curl_multi_cleanup(wire->multi);
    hearth_free(wire);
}

/* The first reason counts; curl only learns that a callback failed. */
static int stop(struct transfer *transfer, int number)
{
    if (!transfer->stopped)
        transfer->stopped = number;
    return transfer->stopped;
}

/* Taking fewer bytes than were given is curl's way to be told to stop. */
static size_t on_header(char *bytes, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t length = size * count;
    transfer->active_ms = hearth_clock_monotonic_ms();
    if (hearth_buf_append(&transfer->answer->head, bytes, length)) {
        stop(transfer, HEARTH_EHEADERS);
        return 0;
    }
    return length;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Whether this is a redirect that is going to be followed: then its body is of no interest. */
static bool is_passed_over(const struct transfer *transfer)
{
    struct curl_header *location;
    return !transfer->hop->stops_here && is_redirect(transfer->answer->status) &&
           curl_easy_header(transfer->wire->easy, "Location", 0, CURLH_HEADER, -1, &location) ==
               CURLHE_OK;
}

/* The head is known to be whole only when the first byte of the body comes, or the end. */
static int tell_head(struct transfer *transfer)
{
    long status = 0;
    if (transfer->head_told)
        return 0;
    transfer->head_told = true;
    curl_easy_getinfo(transfer->wire->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer->status = (int)status;
    if (!transfer->request->on_head || is_passed_over(transfer))
        return 0;
    return transfer->request->on_head(transfer->request->argument, transfer->answer);
}

/* The body of a refusal is kept for the error message; only what was asked for goes to on_body. */
static int take_body(struct transfer *transfer, const char *bytes, size_t length)
{
    const struct hearth_http_request *request = transfer->request;
    int status = transfer->answer->status;
    if (is_passed_over(transfer))
        return 0;
    if (request->on_body && (status == 200 || status == 206))
        return request->on_body(request->argument, bytes, length);
    return hearth_buf_append(&transfer->answer->body, bytes, length);
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t length = size * count;
    int rc = tell_head(transfer);
    if (!rc && length > transfer->answer->body.max - transfer->received)
        rc = HEARTH_ETOOLARGE;
    transfer->received += length;
    if (!rc)
        rc = take_body(transfer, bytes, length);
    /* After the call, because taking the bytes may itself have been slow. */
    transfer->active_ms = hearth_clock_monotonic_ms();
    if (rc) {
        stop(transfer, rc);
        return 0;
    }
    return length;
}

static bool is_credential(const char *header)
{
    return strncasecmp(header, "authorization:", 14) == 0 || strncasecmp(header, "cookie:", 7) == 0;
}

/* "Expect:" without a value switches off curl's wait for "100 Continue", which costs a second with
 * servers that do not know it. */
static struct curl_slist *header_list(const struct hearth_http_request *request,
                                      const struct hearth_http_hop *hop)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (const char *const *header = request->headers; header && *header; header++)
        if (hop->is_trusted || !is_credential(*header))
            list = curl_slist_append(list, *header);
    if (request->bearer && hop->is_trusted) {
        char *line = hearth_format("Authorization: Bearer %s", request->bearer);
        list = curl_slist_append(list, line);
        hearth_free(line);
    }
    return list;
}

/* NOSIGNAL: curl would otherwise use SIGALRM for its time limits, in a process with threads. The
 * headers of a proxy's answer to CONNECT are not the answer's. */
static void set_where(CURL *easy, const struct hearth_http_request *request,
                      const struct hearth_http_hop *hop)
{
    curl_easy_setopt(easy, CURLOPT_URL, hop->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (hop->unix_socket)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, hop->unix_socket);
    if (hop->unix_socket || hop->bypasses_proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    const char *authorities = getenv("SSL_CERT_FILE");
    if (authorities && *authorities)
        curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "hearth");
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        (long)(request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS));
}

/* curl may ask once more than there are bytes. */
static size_t read_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    const struct hearth_http_request *request = transfer->request;
    size_t left = request->body_length - transfer->read, room = size * count;
    if (!left)
        return 0;
    int64_t length = request->read_body(request->argument, bytes, room < left ? room : left);
    transfer->active_ms = hearth_clock_monotonic_ms();
    if (length <= 0 || (size_t)length > left) {
        stop(transfer, HEARTH_EIO);
        return CURL_READFUNC_ABORT;
    }
    transfer->read += (size_t)length;
    return (size_t)length;
}

/* Bytes that can be had only once are not begun on a connection that may have been closed. */
static void set_stream(CURL *easy, struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->request->body_length);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

/* The method is named in any case: curl would take every
 * body for a POST and everything else for a GET. */
static void set_what(CURL *easy, struct transfer *transfer)
{
    const struct hearth_http_request *request = transfer->request;
    const struct hearth_http_hop *hop = transfer->hop;
    if (strcmp(hop->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->read_body) {
        set_stream(easy, transfer);
    } else if (hop->has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, hop->method);
    if (request->range_start) {
        char range[32];
        snprintf(range, sizeof(range), "%llu-", (unsigned long long)request->range_start);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
}

/* curl asks before it connects, with the address that it is about to use. */
static curl_socket_t open_socket(void *argument, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct transfer *transfer = argument;
    const struct hearth_http_request *request = transfer->request;
    (void)purpose;
    if (!request->allows_address(request->argument, &address->addr)) {
        stop(transfer, HEARTH_EFORBIDDEN);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_callbacks(CURL *easy, struct transfer *transfer)
{
    if (transfer->request->allows_address) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    }
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->wire->reason);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
}

/* Whether to go on: the caller's wish and the clock. */
static bool may_go_on(struct transfer *transfer)
{
    const struct hearth_http_request *request = transfer->request;
    if (request->is_canceled && request->is_canceled(request->argument))
        stop(transfer, HEARTH_ECANCELED);
    curl_off_t sent = 0;
    curl_easy_getinfo(transfer->wire->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    uint64_t now_ms = hearth_clock_monotonic_ms();
    if (sent != transfer->sent)
        transfer->active_ms = now_ms;
    transfer->sent = sent;
    uint64_t limit_ms = request->idle_timeout_ms ? request->idle_timeout_ms : IDLE_TIMEOUT_MS;
    if (now_ms - transfer->active_ms > limit_ms)
        stop(transfer, HEARTH_ETIMEOUT);
    return !transfer->stopped;
}

/* curl_multi_poll also wakes up for the sockets; POLL_MS only bounds how long a stop waits. */
static CURLcode drive(struct transfer *transfer)
{
    CURLM *multi = transfer->wire->multi;
    int running = 1, left;
    while (may_go_on(transfer)) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (message && message->msg == CURLMSG_DONE)
            return message->data.result;
        if (!running)
            return CURLE_FAILED_INIT;
        curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
    }
    return CURLE_ABORTED_BY_CALLBACK;
}

static int explain_stop(const struct transfer *transfer, struct hearth_error *error)
{
    const char *server = transfer->hop->server;
    switch (transfer->stopped) {
    case HEARTH_ECANCELED:
        return hearth_error_set(error, HEARTH_ECANCELED, "stopped");
    case HEARTH_ETIMEOUT:
        return hearth_error_set(error, HEARTH_ETIMEOUT, "%s sent nothing for too long", server);
    case HEARTH_ETOOLARGE:
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "the answer of %s is larger than %zu bytes", server,
                                transfer->answer->body.max);
    case HEARTH_EHEADERS:
        return hearth_error_set(error, HEARTH_EHEADERS,
                                "the header of the answer of %s is too large", server);
    default:
        return hearth_error_set(error, transfer->stopped, "%s",
                                hearth_error_row(transfer->stopped)->text);
    }
}

/* curl's faults in our words: before the server's name and behind it. The last row is for all that
 * no other row names (https://curl.se/libcurl/c/libcurl-errors.html). */
static const struct fault {
    CURLcode code;
    int number;
    const char *before, *after;
} faults[] = {
    {CURLE_URL_MALFORMAT, HEARTH_EINVAL, "this is not an address to fetch from", NULL},
    {CURLE_OUT_OF_MEMORY, HEARTH_ENOMEM, "no memory for the transfer", NULL},
    {CURLE_COULDNT_RESOLVE_HOST, HEARTH_ENETWORK, "no address can be found for ", ""},
    {CURLE_COULDNT_RESOLVE_PROXY, HEARTH_ENETWORK,
     "no address can be found for the proxy on the way to ", ""},
    {CURLE_COULDNT_CONNECT, HEARTH_ENETWORK, "cannot connect to ", ""},
    {CURLE_PROXY, HEARTH_ENETWORK, "the proxy does not let through to ", ""},
    {CURLE_OPERATION_TIMEDOUT, HEARTH_ETIMEOUT, "", " did not answer in time"},
    {CURLE_PEER_FAILED_VERIFICATION, HEARTH_EFORBIDDEN, "the certificate of ",
     " is not trusted (SSL_CERT_FILE may name other authorities)"},
    {CURLE_SSL_CACERT_BADFILE, HEARTH_EFORBIDDEN,
     "the file of authorities (SSL_CERT_FILE) cannot be read, so the certificate of ",
     " is not trusted"},
    {CURLE_SSL_CONNECT_ERROR, HEARTH_ENETWORK, "no TLS connection comes about with ", ""},
    {CURLE_GOT_NOTHING, HEARTH_ENETWORK, "", " closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, HEARTH_ENETWORK, "", " broke the answer off before its end"},
    {CURLE_RECV_ERROR, HEARTH_ENETWORK, "the connection to ", " broke off"},
    {CURLE_SEND_ERROR, HEARTH_ENETWORK, "the connection to ", " broke off"},
    /* The scheme has been looked at before: what curl cannot take is the answer's version. */
    {CURLE_UNSUPPORTED_PROTOCOL, HEARTH_ENETWORK, "the answer of ", " is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, HEARTH_ENETWORK, "the answer of ", " is not HTTP"},
    {CURLE_HTTP2, HEARTH_ENETWORK, "the answer of ", " breaks the rules of HTTP/2"},
    {CURLE_HTTP2_STREAM, HEARTH_ENETWORK, "the answer of ", " breaks the rules of HTTP/2"},
    {CURLE_BAD_CONTENT_ENCODING, HEARTH_ENETWORK, "the answer of ",
     " is packed in a way that cannot be unpacked"},
    {CURLE_OK, HEARTH_ENETWORK, "the exchange with ", " failed"},
};

/* What curl says itself goes to the log: its words change with its version, and name what only its
 * callers know. */
static int explain(const struct transfer *transfer, CURLcode code, struct hearth_error *error)
{
    const char *reason =
        transfer->wire->reason[0] ? transfer->wire->reason : curl_easy_strerror(code);
    HEARTH_LOG(HEARTH_LOG_DEBUG, "http.failed", HEARTH_TEXT("server", transfer->hop->server),
               HEARTH_INT("curl_code", code), HEARTH_TEXT("reason", reason));
    const struct fault *fault = faults;
    while (fault->code != CURLE_OK && fault->code != code)
        fault++;
    return hearth_error_set(error, fault->number, "%s%s%s", fault->before,
                            fault->after ? transfer->hop->server : "",
                            fault->after ? fault->after : "");
}

static int finish(struct transfer *transfer, CURLcode code, struct hearth_error *error)
{
    char *next = NULL;
    if (transfer->stopped)
        return explain_stop(transfer, error);
    if (code != CURLE_OK)
        return explain(transfer, code, error);
    int rc = tell_head(transfer); /* an answer without a body */
    if (rc)
        return hearth_error_set(error, rc, "%s", hearth_error_row(rc)->text);
    if (is_passed_over(transfer)) {
        curl_easy_getinfo(transfer->wire->easy, CURLINFO_REDIRECT_URL, &next);
        if (!next)
            return hearth_error_set(error, HEARTH_ENETWORK,
                                    "the redirect of %s does not name an address",
                                    transfer->hop->server);
        *transfer->hop->ret_next_url = hearth_strdup(next);
    }
    return 0;
}

int hearth_http_wire_run(struct hearth_http_wire *wire, const struct hearth_http_request *request,
                         const struct hearth_http_hop *hop, struct hearth_http_answer *answer,
                         struct hearth_error *error)
{
    struct transfer transfer = {.wire = wire,
                                .request = request,
                                .hop = hop,
                                .answer = answer,
                                .active_ms = hearth_clock_monotonic_ms()};
    struct curl_slist *headers = header_list(request, hop);
    wire->reason[0] = '\0';
    curl_easy_reset(wire->easy);
    set_where(wire->easy, request, hop);
    set_what(wire->easy, &transfer);
    set_callbacks(wire->easy, &transfer);
    curl_easy_setopt(wire->easy, CURLOPT_HTTPHEADER, headers);
    curl_multi_add_handle(wire->multi, wire->easy);
    CURLcode code = drive(&transfer);
    int rc = finish(&transfer, code, error);
    curl_multi_remove_handle(wire->multi, wire->easy);
    curl_slist_free_all(headers);
    return rc;
}
