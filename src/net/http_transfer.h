/* One HTTP request and its answer over a curl handle, without following redirects: the inner part
 * of http_client.c, which calls it once for each hop. Blocks until the answer is whole or has
 * failed; may be used by any thread, but by one at a time. Private to src/net. */
#ifndef HEARTH_NET_HTTP_TRANSFER_H
#define HEARTH_NET_HTTP_TRANSFER_H

#include "net/http_client.h"

struct hearth_http_wire; /* the curl handles */

struct hearth_http_wire *hearth_http_wire_create(void);
void hearth_http_wire_destroy(struct hearth_http_wire *wire); /* NULL is allowed */

/* Where one exchange goes, besides what the request says. */
struct hearth_http_hop {
    const char *url;         /* http or https */
    const char *server;      /* what errors call it: host and port, or the socket's path */
    const char *unix_socket; /* connect there instead, or NULL */
    const char *method;
    bool has_body;
    bool is_trusted;     /* credentials may be sent */
    bool stops_here;     /* a redirect is an answer like any other */
    bool bypasses_proxy; /* a loopback address */
    char **ret_next_url; /* where a redirect leads, on the heap; or NULL */
};

/* Fills in status, head, body of `answer`, whose buffers the caller has made and bounded. 0 for
 * every HTTP status; otherwise as hearth_http_client_run. When the answer is a redirect that is to
 * be followed, `*hop->ret_next_url` is set and the caller frees it. */
int hearth_http_wire_run(struct hearth_http_wire *wire, const struct hearth_http_request *request,
                         const struct hearth_http_hop *hop, struct hearth_http_answer *answer,
                         struct hearth_error *error);

#endif
