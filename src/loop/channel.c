/* The channel over sendmsg and recvmsg, because libuv's own pipes would not say which descriptor
 * came with which bytes. */
#include "loop/channel.h"

#include "base/error.h"
#include "base/memory.h"
#include "loop/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 16
/* Reads of one turn of the loop, so that a talkative peer cannot keep the others waiting. */
#define READS_MAX 8

/* A frame, or the rest of one, that the kernel did not take at once. It owns its descriptor until
 * that has been sent with the first of its bytes. */
struct unsent {
    struct unsent *next;
    int descriptor;
    size_t offset, length;
    char bytes[];
};

/* `ended` means that the owner has been told of the end; `broken`, that no write can succeed any
 * more, which the owner learns from the read side; `closed`, that the owner has let go and only
 * libuv still holds the memory. `last` points to the link at the end of the list of unsent frames.
 * `received` are descriptors that came and were not taken yet. */
struct hearth_channel {
    uv_poll_t poll;
    struct hearth_loop *loop;
    const struct hearth_channel_events *events;
    void *argument;
    int descriptor;
    bool ended, broken, closed;
    struct unsent *first, **last;
    size_t queued;
    int received[DESCRIPTORS_MAX];
    size_t received_count;
};

int hearth_channel_pair(int ret_descriptors[2], struct hearth_error *error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_descriptors))
        return hearth_error_set_errno(error, errno, "cannot make a channel");
    return 0;
}

/* libuv calls this when it no longer uses the handle: only now may the memory and the descriptor
 * go. */
static void channel_free(uv_handle_t *handle)
{
    struct hearth_channel *channel = handle->data;
    close(channel->descriptor);
    for (size_t i = 0; i < channel->received_count; i++)
        close(channel->received[i]);
    hearth_free(channel);
}

static void drop_unsent(struct hearth_channel *channel)
{
    while (channel->first) {
        struct unsent *unsent = channel->first;
        channel->first = unsent->next;
        if (unsent->descriptor >= 0)
            close(unsent->descriptor);
        hearth_free(unsent);
    }
    channel->last = &channel->first;
    channel->queued = 0;
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* Asks to be woken for what can still happen. Writability is watched only while something is
 * unsent: a socket is nearly always writable, and the loop would spin. */
static void watch(struct hearth_channel *channel)
{
    int events = (channel->ended ? 0 : UV_READABLE) | (channel->first ? UV_WRITABLE : 0);
    if (events)
        uv_poll_start(&channel->poll, events, on_ready);
    else
        uv_poll_stop(&channel->poll);
}

/* The owner may close the channel within on_end, so nothing of it is touched after the call. */
static void tell_end(struct hearth_channel *channel, int error)
{
    channel->ended = channel->broken = true;
    drop_unsent(channel);
    uv_poll_stop(&channel->poll);
    channel->events->on_end(channel->argument, error);
}

/* Bytes taken by the kernel, or negative errno. */
static ssize_t send_some(int socket_, const char *bytes, size_t length, int descriptor)
{
    struct iovec vector = {.iov_base = (char *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
    }
    ssize_t rc;
    do
        rc = sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : rc;
}

static bool would_block(ssize_t rc)
{
    /* ETOOMANYREFS: too many descriptors are in flight; they drain as the peer reads. */
    return rc == -EAGAIN || rc == -EWOULDBLOCK || rc == -ENOBUFS || rc == -ETOOMANYREFS;
}

/* Sends the waiting frames in their order, until the socket is full. A descriptor goes with the
 * first bytes of its frame (SCM_RIGHTS, unix(7)), so it is closed here as soon as any byte was
 * taken. */
static void send_unsent(struct hearth_channel *channel)
{
    struct unsent *unsent;
    while ((unsent = channel->first)) {
        ssize_t rc = send_some(channel->descriptor, unsent->bytes + unsent->offset,
                               unsent->length - unsent->offset, unsent->descriptor);
        if (would_block(rc))
            return;
        if (rc < 0) {
            /* The end comes to the reader, after what the peer had still sent. */
            channel->broken = true;
            drop_unsent(channel);
            return;
        }
        if (unsent->descriptor >= 0)
            close(unsent->descriptor);
        unsent->descriptor = -1;
        unsent->offset += (size_t)rc;
        channel->queued -= (size_t)rc;
        if (unsent->offset < unsent->length)
            continue;
        if (!(channel->first = unsent->next))
            channel->last = &channel->first;
        hearth_free(unsent);
    }
}

/* Tries to send at once; what the kernel does not take is copied, and its descriptor duplicated, so
 * that the caller keeps what it passed in. */
void hearth_channel_write(struct hearth_channel *channel, const void *bytes, size_t length,
                          int descriptor)
{
    assert(length > 0 || descriptor < 0);
    if (channel->broken || channel->closed || length == 0)
        return;
    size_t sent = 0;
    if (!channel->first) {
        ssize_t rc = send_some(channel->descriptor, bytes, length, descriptor);
        if (rc < 0 && !would_block(rc)) {
            channel->broken = true;
            return;
        }
        if (rc > 0) {
            sent = (size_t)rc;
            descriptor = -1;
        }
        if (sent == length)
            return;
    }
    if (descriptor >= 0 && (descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) < 0) {
        /* Without its descriptor the frame would be taken for another one's. */
        channel->broken = true;
        drop_unsent(channel);
        return;
    }
    size_t rest = length - sent;
    struct unsent *unsent = hearth_alloc(sizeof(*unsent) + rest);
    *unsent = (struct unsent){.length = rest, .descriptor = descriptor};
    memcpy(unsent->bytes, (const char *)bytes + sent, rest);
    *channel->last = unsent;
    channel->last = &unsent->next;
    channel->queued += rest;
    watch(channel);
}

/* False when the peer sent more descriptors than it may. */
static bool keep_descriptors(struct hearth_channel *channel, struct msghdr *message)
{
    bool fine = !(message->msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
            if (channel->received_count == DESCRIPTORS_MAX) {
                fine = false;
                close(descriptor);
            } else {
                channel->received[channel->received_count++] = descriptor;
            }
        }
    }
    return fine;
}

/* True when there may be more to read. */
static bool read_some(struct hearth_channel *channel)
{
    struct hearth_loop *loop = channel->loop;
    struct iovec vector = {.iov_base = loop->read_bytes, .iov_len = sizeof(loop->read_bytes)};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
    } control;
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t rc = recvmsg(channel->descriptor, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (rc < 0) {
        if (errno != EINTR && !would_block(-errno))
            tell_end(channel, -errno);
        return false;
    }
    if (!keep_descriptors(channel, &message)) {
        tell_end(channel, -EMFILE);
        return false;
    }
    if (rc == 0) {
        tell_end(channel, 0);
        return false;
    }
    channel->events->on_read(channel->argument, loop->read_bytes, (size_t)rc);
    return !channel->closed && !channel->ended;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct hearth_channel *channel = poll->data;
    if (status < 0) {
        tell_end(channel, status);
        return;
    }
    if (events & UV_WRITABLE && channel->first) {
        send_unsent(channel);
        watch(channel);
        if (!channel->first && !channel->broken)
            channel->events->on_drained(channel->argument);
    }
    if (events & UV_READABLE)
        for (int i = 0; i < READS_MAX && !channel->closed && !channel->ended; i++)
            if (!read_some(channel))
                break;
}

struct hearth_channel *hearth_channel_create(struct hearth_loop *loop, int descriptor,
                                             const struct hearth_channel_events *events,
                                             void *argument)
{
    struct hearth_channel *channel = hearth_calloc(1, sizeof(*channel));
    channel->loop = loop;
    channel->events = events;
    channel->argument = argument;
    channel->descriptor = descriptor;
    channel->last = &channel->first;
    int rc = uv_poll_init(&loop->uv, &channel->poll, descriptor);
    assert(rc == 0);
    channel->poll.data = channel;
    watch(channel);
    return channel;
}

/* Bytes that wait here, not those in the kernel's own buffer. */
size_t hearth_channel_queued(const struct hearth_channel *channel)
{
    return channel->queued;
}

/* Descriptors come out in the order in which the peer sent them; the caller owns what it takes. */
int hearth_channel_take_descriptor(struct hearth_channel *channel)
{
    if (!channel->received_count)
        return -1;
    int descriptor = channel->received[0];
    channel->received_count--;
    memmove(channel->received, channel->received + 1, channel->received_count * sizeof(int));
    return descriptor;
}

/* No callback comes after this, although the memory goes only when libuv has finished. */
void hearth_channel_close(struct hearth_channel *channel)
{
    if (!channel)
        return;
    assert(!channel->closed);
    channel->closed = true;
    drop_unsent(channel);
    uv_close((uv_handle_t *)&channel->poll, channel_free);
}
