/* A blocking HTTP client over libcurl, for the command line and for the pool's lanes. Never call it
 * on a loop thread.
 *
 * A client may be used by any thread, but by one at a time; it keeps its connections open from one
 * request to the next. At most ten redirects are followed, only to http and https, and never from
 * https to http. The bearer token, and headers named Authorization or Cookie, go only to the
 * scheme, host and port that the request named: once a redirect has led elsewhere they are not sent
 * again. The usual proxy variables of the environment count, but not for loopback addresses;
 * SSL_CERT_FILE names other certificate authorities. */
#ifndef HEARTH_NET_HTTP_CLIENT_H
#define HEARTH_NET_HTTP_CLIENT_H

#include "base/buf.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_http_client;
struct sockaddr;
struct hearth_http_answer;

struct hearth_http_request {
    const char *method;         /* "GET" when NULL */
    const char *url;            /* http, https, or unix:/path/to/socket:/path?query */
    const char *const *headers; /* "Name: value", ends with NULL, or NULL */
    const char *bearer;         /* sent to the first host only, or NULL */
    const void *body;
    size_t body_length;
    /* Instead of `body`, with no_redirects: the next bytes of it, at most `size`, of `body_length`
     * in all; on the caller's thread. Negative, or 0 before the end, fails with HEARTH_EIO. */
    int64_t (*read_body)(void *argument, char *bytes, size_t size);
    uint32_t connect_timeout_ms; /* 0: 10 s */
    uint32_t idle_timeout_ms;    /* without a byte for this time it fails; 0: 60 s */
    uint64_t range_start;        /* > 0: ask for the bytes from here on */
    uint64_t body_max;           /* of the answer; 0: 64 MiB */
    bool no_redirects;
    /* Before the first byte of the body of the last answer, with status and head; other than 0
     * stops with that code. */
    int (*on_head)(void *argument, const struct hearth_http_answer *answer);
    /* The answer piece by piece, instead of into ret_body; other than 0 stops with that code. Only
     * called for 200 and 206. */
    int (*on_body)(void *argument, const char *bytes, size_t length);
    /* Whether to connect to this address (of getaddrinfo); false fails with HEARTH_EFORBIDDEN.
     * Asked for each one that is tried, so that a name cannot mean another address than the one
     * that was looked at. No proxy is used then. */
    bool (*allows_address)(void *argument, const struct sockaddr *address);
    /* True stops with HEARTH_ECANCELED; asked several times a second. */
    bool (*is_canceled)(void *argument);
    void *argument;
};

struct hearth_http_answer {
    int status;
    struct hearth_buf body; /* what on_body did not take */
    struct hearth_buf
        head;       /* all header lines of the last answer, and of the redirects before it */
    char url[2048]; /* where the redirects led; cut off when it is longer */
};

struct hearth_http_client *hearth_http_client_create(void);
void hearth_http_client_destroy(struct hearth_http_client *client);
/* 0 for every HTTP status; HEARTH_ENETWORK, HEARTH_ETIMEOUT, HEARTH_ETOOLARGE … when no whole
 * answer came. The caller finishes the answer in either case. */
int hearth_http_client_run(struct hearth_http_client *client,
                           const struct hearth_http_request *request,
                           struct hearth_http_answer *ret_answer, struct hearth_error *error);
void hearth_http_answer_finish(struct hearth_http_answer *answer);
/* A header of the last answer, case-insensitive; false when absent or longer than `size`. */
bool hearth_http_answer_header(const struct hearth_http_answer *answer, const char *name,
                               char *ret_value, size_t size);
/* The same of the first answer, the one before any redirect. */
bool hearth_http_answer_first_header(const struct hearth_http_answer *answer, const char *name,
                                     char *ret_value, size_t size);

#endif
