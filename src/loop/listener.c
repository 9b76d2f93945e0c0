/* Listeners for TCP and Unix sockets: where they listen, who may connect, what the peer is
 * called. */
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop_private.h"
#include "loop/stream_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

struct hearth_listener {
    union stream_handle uv;
    struct hearth_loop *loop;
    hearth_on_accept on_accept;
    void *argument;
    bool is_tcp;
    char *path; /* of a Unix socket, removed with the listener */
};

static void free_listener(uv_handle_t *handle)
{
    struct hearth_listener *listener = handle->data;
    hearth_free(listener->path);
    hearth_free(listener);
}

/* The file of a Unix socket is removed first, so that no client connects to a server that is gone.
 */
void hearth_listener_destroy(struct hearth_listener *listener)
{
    if (!listener)
        return;
    if (listener->path)
        unlink(listener->path);
    uv_close(&listener->uv.handle, free_listener);
}

/* The address is what limits for each client count by, so it must be the same for all connections
 * of one client. */
static void name_peer(struct hearth_stream *stream)
{
    struct sockaddr_storage address = {0};
    int length = sizeof(address);
    snprintf(stream->peer, sizeof(stream->peer), "unknown");
    if (uv_tcp_getpeername(&stream->uv.tcp, (struct sockaddr *)&address, &length))
        return;
    if (address.ss_family == AF_INET) {
        uv_ip4_name((struct sockaddr_in *)&address, stream->peer, sizeof(stream->peer));
        return;
    }
    const struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    /* One client is one address, through whichever socket it came. */
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], stream->peer, sizeof(stream->peer));
    else
        uv_ip6_name(six, stream->peer, sizeof(stream->peer));
}

/* From here on the stream belongs to whoever accepts it. Nagle's algorithm is switched off: answers
 * are written whole, and a stream's small events must not wait for an acknowledgement. */
static void on_connection(uv_stream_t *uv, int status)
{
    struct hearth_listener *listener = uv->data;
    if (status < 0)
        return;
    struct hearth_stream *stream = stream_create(listener->loop, listener->is_tcp);
    if (uv_accept(uv, &stream->uv.stream)) {
        hearth_stream_close(stream);
        return;
    }
    if (listener->is_tcp) {
        uv_tcp_nodelay(&stream->uv.tcp, 1);
        name_peer(stream);
    } else {
        snprintf(stream->peer, sizeof(stream->peer), "unix");
    }
    listener->on_accept(listener->argument, stream);
}

static struct hearth_listener *listener_create(struct hearth_loop *loop, bool is_tcp,
                                               hearth_on_accept on_accept, void *argument)
{
    struct hearth_listener *listener = hearth_calloc(1, sizeof(*listener));
    listener->loop = loop;
    listener->is_tcp = is_tcp;
    listener->on_accept = on_accept;
    listener->argument = argument;
    stream_handle_init(&listener->uv, loop, is_tcp, listener);
    return listener;
}

/* Says what a person can do, with the flag that chooses another address. */
static int listen_error(int rc, const char *where, const char *flag, struct hearth_error *error)
{
    if (rc == UV_EADDRINUSE)
        return hearth_error_set(error, HEARTH_EINUSE,
                                "%s is taken by another program; stop it, or choose another (%s)",
                                where, flag);
    if (rc == UV_EACCES)
        return hearth_error_set(error, HEARTH_EFORBIDDEN, "this user may not listen on %s", where);
    return hearth_error_set_errno(error, -rc, "cannot listen on %s", where);
}

/* An IPv6 wildcard address takes IPv4 clients too (the kernel maps their addresses). */
int hearth_listen_tcp(struct hearth_loop *loop, const char *address, uint16_t port,
                      hearth_on_accept on_accept, void *argument,
                      struct hearth_listener **ret_listener, struct hearth_error *error)
{
    struct sockaddr_storage to = {0};
    if (uv_ip4_addr(address, port, (struct sockaddr_in *)&to) &&
        uv_ip6_addr(address, port, (struct sockaddr_in6 *)&to))
        return hearth_error_set(error, HEARTH_EINVAL, "%s is not an IP address", address);
    struct hearth_listener *listener = listener_create(loop, true, on_accept, argument);
    int rc = uv_tcp_bind(&listener->uv.tcp, (const struct sockaddr *)&to, 0);
    if (!rc)
        rc = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    if (rc) {
        hearth_listener_destroy(listener);
        char where[128];
        snprintf(where, sizeof(where), "%s port %u", address, port);
        return listen_error(rc, where, "--port", error);
    }
    *ret_listener = listener;
    return 0;
}

/* 0, or UV_EADDRINUSE when something answers there or the file is not a socket. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status))
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return UV_EADDRINUSE;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return -errno;
    int rc = connect(probe, (const struct sockaddr *)address, sizeof(*address));
    bool refused = rc && errno == ECONNREFUSED;
    close(probe);
    if (!refused)
        return UV_EADDRINUSE;
    return unlink(address->sun_path) ? -errno : 0;
}

/* Not through uv_pipe_bind, which would leave a moment in which the file is open to all. */
static int bind_unix(struct hearth_listener *listener, const struct sockaddr_un *address)
{
    int rc = remove_stale(address);
    if (rc)
        return rc;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    /* On Linux the file takes the socket's mode, so it is never open to others, not for a moment.
     */
    if (fchmod(descriptor, 0600) ||
        bind(descriptor, (const struct sockaddr *)address, sizeof(*address)))
        rc = -errno;
    else
        listener->path = hearth_strdup(address->sun_path);
    if (!rc)
        rc = uv_pipe_open(&listener->uv.pipe, descriptor);
    if (rc)
        close(descriptor);
    return rc;
}

/* The kernel's limit on the path (108 bytes) is checked here, because bind would cut it silently.
 */
int hearth_listen_unix(struct hearth_loop *loop, const char *path, hearth_on_accept on_accept,
                       void *argument, struct hearth_listener **ret_listener,
                       struct hearth_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof(address.sun_path))
        return hearth_error_set(error, HEARTH_EINVAL, "the socket path %s is longer than %zu bytes",
                                path, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length);
    struct hearth_listener *listener = listener_create(loop, false, on_accept, argument);
    int rc = bind_unix(listener, &address);
    if (!rc)
        rc = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    if (rc) {
        hearth_listener_destroy(listener);
        return listen_error(rc, path, "--unix-socket", error);
    }
    *ret_listener = listener;
    return 0;
}

/* Asked of the kernel, since port 0 lets it choose. */
uint16_t hearth_listener_port(const struct hearth_listener *listener)
{
    struct sockaddr_storage address = {0};
    int length = sizeof(address);
    if (!listener->is_tcp ||
        uv_tcp_getsockname(&listener->uv.tcp, (struct sockaddr *)&address, &length))
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}
