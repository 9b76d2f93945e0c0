#include "domain/origin.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 256 };

/* The name in "name", "name:port" or "[v6]:port"; false when the form is none of these. */
static bool split_authority(const char *authority, char ret_host[HOST_MAX])
{
    const char *start = authority, *end;
    if (*authority == '[') {
        start = authority + 1;
        end = strchr(start, ']');
        if (!end || (end[1] && end[1] != ':'))
            return false;
    } else {
        end = authority + strcspn(authority, ":");
    }
    const char *port = *end == ']' ? end + 1 : end;
    if (*port == ':' && strspn(port + 1, "0123456789") != strlen(port + 1))
        return false;
    size_t length = (size_t)(end - start);
    /* A root dot is the same name. */
    if (length > 1 && start[length - 1] == '.')
        length--;
    if (length == 0 || length >= HOST_MAX)
        return false;
    memcpy(ret_host, start, length);
    ret_host[length] = '\0';
    return true;
}

static bool is_ip_literal(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool is_localhost(const char *host)
{
    static const char suffix[] = ".localhost";
    size_t length = strlen(host), tail = sizeof(suffix) - 1;
    return strcasecmp(host, "localhost") == 0 ||
           (length > tail && strcasecmp(host + length - tail, suffix) == 0);
}

/* 127.0.0.0/8 and ::1. */
static bool is_loopback(const char *host)
{
    unsigned char v4[sizeof(struct in_addr)], v6[sizeof(struct in6_addr)];
    static const unsigned char one[sizeof(v6)] = {[sizeof(v6) - 1] = 1};
    if (inet_pton(AF_INET, host, v4) == 1)
        return v4[0] == 127;
    return inet_pton(AF_INET6, host, v6) == 1 && memcmp(v6, one, sizeof(one)) == 0;
}

static bool is_listed(const char *text, const char *const *list)
{
    for (; list && *list; list++)
        if (strcasecmp(text, *list) == 0)
            return true;
    return false;
}

bool hearth_host_allowed(const char *authority, const char *const *allowed_hosts)
{
    char host[HOST_MAX];
    if (!*authority || is_listed(authority, allowed_hosts))
        return true;
    if (!split_authority(authority, host))
        return false;
    return is_ip_literal(host) || is_localhost(host) || is_listed(host, allowed_hosts);
}

/* Schemes that a browser gives to no page from the network, only to what is installed here. */
static bool is_app_scheme(const char *origin, size_t length)
{
    static const char *const schemes[] = {
        "app",            /* Electron apps of that habit: app://obsidian.md */
        "tauri",          /* Tauri on macOS and Linux; on Windows it is http://tauri.localhost */
        "capacitor",      /* Capacitor, and Obsidian's mobile app: capacitor://localhost */
        "ionic",          /* Capacitor's predecessor */
        "vscode-webview", /* a web view of a VS Code extension */
        "vscode-file",    /* VS Code's own window */
        "file",           /* Electron apps that open files; a browser says "null" for these */
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strlen(schemes[i]) == length && strncasecmp(origin, schemes[i], length) == 0)
            return true;
    return false;
}

static bool is_web_scheme(const char *origin, size_t length)
{
    return (length == 4 && strncasecmp(origin, "http", length) == 0) ||
           (length == 5 && strncasecmp(origin, "https", length) == 0);
}

static bool is_local(const char *origin)
{
    static const char separator[] = "://";
    char host[HOST_MAX];
    const char *end = strstr(origin, separator);
    if (!end)
        return false;
    size_t scheme = (size_t)(end - origin);
    if (is_app_scheme(origin, scheme))
        return true;
    return is_web_scheme(origin, scheme) && split_authority(end + sizeof(separator) - 1, host) &&
           (is_localhost(host) || is_loopback(host));
}

bool hearth_origin_listed(const char *origin, const char *const *cors_origins)
{
    return is_listed("*", cors_origins) || is_listed(origin, cors_origins) ||
           (is_listed("local", cors_origins) && is_local(origin));
}

bool hearth_origin_is_own(const char *origin, const char *authority, bool tls)
{
    const char *scheme = tls ? "https://" : "http://";
    return *authority && strncasecmp(origin, scheme, strlen(scheme)) == 0 &&
           strcasecmp(origin + strlen(scheme), authority) == 0;
}
