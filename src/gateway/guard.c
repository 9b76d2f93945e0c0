/* The three questions to every request: is it meant for this server, may its page ask, does it have
 * the key? */
#include "gateway/guard.h"

#include "base/error.h"
#include "base/text.h"
#include "domain/origin.h"

#include <string.h>
#include <strings.h>

/* Asked once, at the start: an open server on a network must be somebody's decision. */
int hearth_guard_listening(const struct hearth_settings *settings, struct hearth_error *error)
{
    if (hearth_host_is_loopback(settings->host) || *settings->api_key || settings->insecure)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "%s is reachable from other machines: set HEARTH_API_KEY, or give "
                            "--insecure if everyone there may use it",
                            settings->host);
}

/* Methods that change nothing (RFC 9110 9.2.1). A foreign page may send them, and cannot read the
 * answer without CORS headers. */
static bool is_safe(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

/* The one origin that asked is named, never "*": then caches must keep answers apart, hence Vary.
 * What a preflight may be told is kept by the browser for ten minutes. */
static void set_cors_headers(struct hearth_exchange *exchange, const char *origin, bool preflight)
{
    hearth_exchange_set_header(exchange, "access-control-allow-origin", origin);
    hearth_exchange_set_header(exchange, "vary", "Origin");
    hearth_exchange_set_header(exchange, "access-control-expose-headers",
                               "X-Request-Id, Hearth-Version, Hearth-Model, Hearth-Ignored, "
                               "Hearth-Tool-Call, Hearth-Dropped-Turns, Hearth-As-Of, "
                               "Retry-After");
    if (!preflight)
        return;
    const char *wanted = hearth_exchange_header(exchange, "access-control-request-headers");
    hearth_exchange_set_header(exchange, "access-control-allow-methods",
                               "GET, POST, PUT, PATCH, DELETE");
    hearth_exchange_set_header(exchange, "access-control-allow-headers",
                               wanted ? wanted : "authorization, content-type, x-api-key");
    hearth_exchange_set_header(exchange, "access-control-max-age", "600");
}

/* DNS rebinding: a page of evil.example whose name suddenly means 127.0.0.1 is of our own origin to
 * the browser, but its requests still carry Host: evil.example. So the Host must be one of ours. */
int hearth_guard_origin(const struct hearth_settings *settings, struct hearth_exchange *exchange,
                        bool *ret_preflight, struct hearth_error *error)
{
    const struct hearth_request_head *head = hearth_exchange_head(exchange);
    if (!hearth_host_allowed(head->authority, settings->allowed_hosts))
        return hearth_error_set(error, HEARTH_EFORBIDDEN,
                                "the Host header names %.200s, which is not this server; name it "
                                "in allowed_hosts if it is",
                                head->authority);
    const char *origin = hearth_exchange_header(exchange, "origin");
    *ret_preflight = false;
    if (!origin)
        return 0;
    bool named = hearth_origin_listed(origin, settings->cors_origins);
    bool asks = strcmp(head->method, "OPTIONS") == 0 &&
                hearth_exchange_header(exchange, "access-control-request-method");
    if (named) {
        *ret_preflight = asks;
        set_cors_headers(exchange, origin, asks);
        return 0;
    }
    /* A page of another site can send a form or plain text here without asking first. */
    if ((asks || !is_safe(head->method)) &&
        !hearth_origin_is_own(origin, head->authority, head->tls))
        return hearth_error_set(error, HEARTH_EFORBIDDEN,
                                "pages of %.200s may not call this server; name the origin in "
                                "cors_origins if they should",
                                origin);
    return 0;
}

/* Compared in constant time, so that the answer's delay does not tell how much of a guess was
 * right. */
int hearth_guard_key(const struct hearth_settings *settings, struct hearth_exchange *exchange,
                     const char **ret_principal, struct hearth_error *error)
{
    if (!*settings->api_key) {
        *ret_principal = "local";
        return 0;
    }
    const char *given = hearth_exchange_header(exchange, "authorization");
    if (given && strncasecmp(given, "bearer ", 7) == 0)
        given += 7 + strspn(given + 7, " ");
    else
        given = hearth_exchange_header(exchange, "x-api-key");
    if (!given)
        return hearth_error_set(error, HEARTH_EAUTH,
                                "no API key: send it as Authorization: Bearer KEY, or x-api-key");
    if (!hearth_secret_equal(given, strlen(given), settings->api_key, strlen(settings->api_key)))
        return hearth_error_set(error, HEARTH_EAUTH, "the API key is wrong");
    *ret_principal = "key";
    return 0;
}
