/* Requests with their redirects: which hops are followed, and what each may be told. */
#include "net/http_client.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "net/http_transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HEAD_MAX = 512 * 1024, /* of all answers of a request together */
    URL_MAX = 16 * 1024,   /* signed addresses of content networks are long */
    REDIRECTS_MAX = 10,
};
#define BODY_MAX_DEFAULT (64ull << 20)

struct hearth_http_client {
    struct hearth_http_wire *wire;
};

/* What decides whether two addresses are the same server. */
struct origin {
    char *scheme, *host, *port;
};

struct hearth_http_client *hearth_http_client_create(void)
{
    struct hearth_http_client *client = hearth_calloc(1, sizeof(*client));
    client->wire = hearth_http_wire_create();
    return client;
}

void hearth_http_client_destroy(struct hearth_http_client *client)
{
    if (!client)
        return;
    hearth_http_wire_destroy(client->wire);
    hearth_free(client);
}

static void finish_origin(struct origin *origin)
{
    curl_free(origin->scheme);
    curl_free(origin->host);
    curl_free(origin->port);
    *origin = (struct origin){0};
}

/* curl's own parser decides, since it is the one that will connect: two parsers that disagree about
 * the host are how credentials leak. */
static int parse_origin(const char *url, struct origin *ret_origin, struct hearth_error *error)
{
    CURLU *parsed = curl_url();
    struct origin origin = {0};
    int rc = 0;
    if (strlen(url) > URL_MAX || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &origin.scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &origin.host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_PORT, &origin.port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        (strcmp(origin.scheme, "http") != 0 && strcmp(origin.scheme, "https") != 0)) {
        finish_origin(&origin);
        rc = hearth_error_set(error, HEARTH_EINVAL, "%.200s is not an http or https address", url);
    }
    curl_url_cleanup(parsed);
    *ret_origin = origin;
    return rc;
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 &&
           strcmp(a->port, b->port) == 0;
}

/* A line end in a header or a token would let its author add headers of his own. */
static bool has_control_character(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static int check_request(const struct hearth_http_request *request, struct hearth_error *error)
{
    if (request->bearer && has_control_character(request->bearer))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the token has characters that a token cannot have");
    for (const char *const *header = request->headers; header && *header; header++)
        if (has_control_character(*header) || !strchr(*header, ':'))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "a header is not of the form \"Name: value\"");
    return 0;
}

/* "unix:/run/x.sock:/path" → the socket's path and an address for the request line. */
static int split_unix(const char *url, char **ret_socket, char **ret_url,
                      struct hearth_error *error)
{
    const char *path = url + strlen("unix:");
    const char *colon = strstr(path, ":/");
    if (path[0] != '/' || !colon)
        return hearth_error_set(error, HEARTH_EINVAL, "%.200s is not unix:/SOCKET:/PATH", url);
    *ret_socket = hearth_strndup(path, (size_t)(colon - path));
    *ret_url = hearth_format("http://localhost%s", colon + 1);
    return 0;
}

/* RFC 9110, 15.4: what becomes of the method when a redirect is followed. */
static void follow_method(struct hearth_http_hop *hop, int status)
{
    bool becomes_get = status == 303 ? strcmp(hop->method, "HEAD") != 0
                                     : status < 303 && strcmp(hop->method, "POST") == 0;
    if (!becomes_get)
        return;
    hop->method = "GET";
    hop->has_body = false;
}

static int run_hop(struct hearth_http_client *client, const struct hearth_http_request *request,
                   struct hearth_http_hop *hop, const struct origin *origin,
                   struct hearth_http_answer *answer, struct hearth_error *error)
{
    char *server = hop->unix_socket ? hearth_strdup(hop->unix_socket)
                                    : hearth_format("%.200s:%s", origin->host, origin->port);
    hop->server = server;
    int rc = hearth_http_wire_run(client->wire, request, hop, answer, error);
    if (!rc)
        follow_method(hop, answer->status);
    hop->server = NULL;
    hearth_free(server);
    return rc;
}

/* Runs the hops of one request; `ret_next` of the last one is NULL. */
static int follow(struct hearth_http_client *client, const struct hearth_http_request *request,
                  struct hearth_http_hop *hop, struct hearth_http_answer *answer,
                  struct hearth_error *error)
{
    struct origin first = {0}, now = {0};
    char *url = hearth_strdup(hop->url);
    int rc = parse_origin(url, &first, error);
    hop->is_trusted = true;
    for (int hops = 0; !rc && url; hops++) {
        char *next = NULL;
        if (hops > REDIRECTS_MAX) {
            rc = hearth_error_set(error, HEARTH_ENETWORK, "more than %d redirects", REDIRECTS_MAX);
            break;
        }
        rc = parse_origin(url, &now, error);
        if (!rc && strcmp(first.scheme, "https") == 0 && strcmp(now.scheme, "https") != 0)
            rc = hearth_error_set(error, HEARTH_EFORBIDDEN,
                                  "redirected from https to http at %.200s", now.host);
        if (rc)
            break;
        /* Once elsewhere, nobody gets the credentials again: a redirect back is not our wish. */
        hop->is_trusted = hop->is_trusted && same_origin(&first, &now);
        hop->bypasses_proxy = hearth_host_is_loopback(now.host);
        hop->url = url;
        hop->ret_next_url = &next;
        snprintf(answer->url, sizeof(answer->url), "%s", url);
        rc = run_hop(client, request, hop, &now, answer, error);
        finish_origin(&now);
        hearth_free(url);
        url = next;
    }
    finish_origin(&now);
    finish_origin(&first);
    hearth_free(url);
    return rc;
}

/* The buffers of the answer are made first, so that the caller can finish the answer after any
 * error. */
int hearth_http_client_run(struct hearth_http_client *client,
                           const struct hearth_http_request *request,
                           struct hearth_http_answer *ret_answer, struct hearth_error *error)
{
    uint64_t body_max = request->body_max ? request->body_max : BODY_MAX_DEFAULT;
    *ret_answer = (struct hearth_http_answer){0};
    hearth_buf_init(&ret_answer->body, body_max < SIZE_MAX ? (size_t)body_max : SIZE_MAX);
    hearth_buf_init(&ret_answer->head, HEAD_MAX);
    int rc = check_request(request, error);
    if (rc)
        return rc;
    char *socket_path = NULL, *socket_url = NULL;
    bool is_unix = strncmp(request->url, "unix:", 5) == 0;
    if (is_unix)
        rc = split_unix(request->url, &socket_path, &socket_url, error);
    struct hearth_http_hop hop = {
        .url = is_unix ? socket_url : request->url,
        .unix_socket = socket_path,
        .method = request->method ? request->method : "GET",
        .has_body = request->body_length || request->body,
        .stops_here = request->no_redirects || is_unix,
    };
    if (!rc)
        rc = follow(client, request, &hop, ret_answer, error);
    hearth_free(socket_path);
    hearth_free(socket_url);
    return rc;
}

void hearth_http_answer_finish(struct hearth_http_answer *answer)
{
    hearth_buf_finish(&answer->body);
    hearth_buf_finish(&answer->head);
}

static bool is_field(const char *line, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    return length > name_length && line[name_length] == ':' &&
           strncasecmp(line, name, name_length) == 0;
}

/* A value with a NUL in it is treated as absent: it would be cut where it is printed. */
static bool copy_value(const char *value, size_t length, char *ret_value, size_t size)
{
    while (length && (*value == ' ' || *value == '\t')) {
        value++;
        length--;
    }
    while (length && strchr(" \t\r", value[length - 1]))
        length--;
    if (length >= size || memchr(value, '\0', length))
        return false;
    memcpy(ret_value, value, length);
    ret_value[length] = '\0';
    return true;
}

/* Interim answers (1xx) are blocks of their own and do not count as the first answer. */
static bool find_header(const struct hearth_http_answer *answer, const char *name, bool of_first,
                        char *ret_value, size_t size)
{
    const char *line = answer->head.bytes, *end = line + answer->head.length;
    bool found = false, block_is_interim = true, past_first = false;
    while (line && line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);
        if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
            const char *space = memchr(line, ' ', length);
            past_first = past_first || !block_is_interim;
            block_is_interim = space && space + 1 < line + length && space[1] == '1';
            if (of_first && past_first)
                break;
            found = false;
        } else if (!found && is_field(line, length, name)) {
            size_t skip = strlen(name) + 1;
            found = copy_value(line + skip, length - skip, ret_value, size);
        }
        line = newline ? newline + 1 : end;
    }
    return found;
}

bool hearth_http_answer_header(const struct hearth_http_answer *answer, const char *name,
                               char *ret_value, size_t size)
{
    return find_header(answer, name, false, ret_value, size);
}

bool hearth_http_answer_first_header(const struct hearth_http_answer *answer, const char *name,
                                     char *ret_value, size_t size)
{
    return find_header(answer, name, true, ret_value, size);
}
