/* Finds the row of a table of routes that fits a request. The server's own table is generated from
 * api/routes.json (server/routes.gen.c). Pure; any thread. */
#ifndef HEARTH_GATEWAY_ROUTER_H
#define HEARTH_GATEWAY_ROUTER_H

#include "base/arena.h"
#include "base/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_call;

enum hearth_scope {
    HEARTH_SCOPE_OPEN, /* no key asked for */
    HEARTH_SCOPE_READ,
    HEARTH_SCOPE_INFER,
    HEARTH_SCOPE_WRITE,
    HEARTH_SCOPE_ADMIN,
};

enum hearth_route_kind {
    HEARTH_ROUTE_UNARY,
    HEARTH_ROUTE_SSE,
    HEARTH_ROUTE_UPLOAD,
    HEARTH_ROUTE_WEBSOCKET,
    HEARTH_ROUTE_GRPC,
};

/* Which shape errors have on a route. */
enum hearth_error_shape {
    HEARTH_ERRORS_HEARTH,    /* {"error", "detail", "code", "request_id"} */
    HEARTH_ERRORS_OPENAI,    /* {"error": {"message", "type", "param", "code"}} */
    HEARTH_ERRORS_ANTHROPIC, /* {"type": "error", "error": {"type", "message"}, "request_id"} */
    HEARTH_ERRORS_OLLAMA,    /* {"error": "message"} */
};

#define HEARTH_BODY_DEFAULT UINT64_MAX /* body_max: the setting body_bytes_max */
#define HEARTH_ROUTE_PARAMS_MAX 3
#define HEARTH_ALLOW_MAX 80

struct hearth_route {
    const char *method;
    const char *path;           /* {name} is one segment, {name*} all that follow */
    const char *const *aliases; /* other paths of the same form, up to NULL; or NULL */
    const char *group, *name;
    enum hearth_scope scope;
    enum hearth_route_kind kind;
    enum hearth_error_shape errors;
    uint64_t body_max;
    bool may_ignore; /* keys that `request` does not know, if the setting unknown_fields says so */
    const struct hearth_schema *request; /* NULL: no body is read as JSON */
    void (*handle)(struct hearth_call *call);
};

struct hearth_route_table {
    const struct hearth_route *rows;
    size_t count;
};

struct hearth_route_match {
    const struct hearth_route *route;
    const char *params[HEARTH_ROUTE_PARAMS_MAX]; /* in the order of the path; in the arena */
};

/* `path` is decoded. Repeated and trailing slashes count as one and as none, but for those inside
 * what {name*} takes. A HEAD finds the row of GET. HEARTH_ENOTFOUND; HEARTH_EMETHOD when only other
 * methods fit, which `ret_allow` lists then; HEARTH_ETOOLARGE when the arena is full. */
int hearth_router_find(const struct hearth_route_table *routes, const char *method,
                       const char *path, struct hearth_arena *arena,
                       struct hearth_route_match *ret_match, char ret_allow[HEARTH_ALLOW_MAX]);

/* The shape of an error at this path, whether a row has it or not: that of the row which shares the
 * most segments with it from the start, the first one of equals; Hearth's own where none does. For
 * errors before a row is known. */
enum hearth_error_shape hearth_router_errors(const struct hearth_route_table *routes,
                                             const char *path);

#endif
