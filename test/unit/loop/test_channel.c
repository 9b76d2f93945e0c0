#include "loop/channel.h"
#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct end {
    struct hearth_channel *channel;
    struct end *other;
    size_t got;
    int ends, error, drained;
    int descriptor; /* the last that came */
    size_t close_after;
    bool hoard; /* takes no descriptors */
};

static void close_end(struct end *end)
{
    hearth_channel_close(end->channel);
    end->channel = NULL;
}

static void on_read(void *argument, const char *bytes, size_t length)
{
    struct end *end = argument;
    (void)bytes;
    end->got += length;
    int descriptor = end->hoard ? -1 : hearth_channel_take_descriptor(end->channel);
    if (descriptor >= 0)
        end->descriptor = descriptor;
    if (end->close_after && end->got >= end->close_after)
        close_end(end);
}

static void on_end(void *argument, int error)
{
    struct end *end = argument;
    end->ends++;
    end->error = error;
    close_end(end);
}

static void on_drained(void *argument)
{
    struct end *end = argument;
    end->drained++;
}

static const struct hearth_channel_events events = {on_read, on_end, on_drained};

struct fixture {
    struct hearth_loop *loop;
    struct end a, b;
    int pair[2];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = hearth_loop_create();
    assert_int_equal(hearth_channel_pair(f->pair, NULL), 0);
    f->a.descriptor = f->b.descriptor = -1;
    f->a.channel = hearth_channel_create(f->loop, f->pair[0], &events, &f->a);
    *state = f;
    return 0;
}

static void open_b(struct fixture *f)
{
    f->b.channel = hearth_channel_create(f->loop, f->pair[1], &events, &f->b);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    hearth_channel_close(f->a.channel);
    hearth_channel_close(f->b.channel);
    hearth_loop_destroy(f->loop);
    free(f);
    return 0;
}

static void what_does_not_fit_is_queued_and_arrives_whole(void **state)
{
    struct fixture *f = *state;
    size_t length = 4u << 20;
    char *bytes = calloc(1, length);
    open_b(f);
    f->b.close_after = length + 3;
    hearth_channel_write(f->a.channel, bytes, length, -1);
    hearth_channel_write(f->a.channel, "end", 3, -1);
    free(bytes);
    assert_true(hearth_channel_queued(f->a.channel) > 0);
    hearth_loop_run(f->loop);
    assert_int_equal(f->b.got, length + 3);
    assert_int_equal(f->a.drained, 1);
    assert_int_equal(f->a.ends, 1);
    assert_int_equal(f->a.error, 0);
}

static void a_descriptor_travels_also_when_it_has_to_wait(void **state)
{
    struct fixture *f = *state;
    size_t length = 2u << 20;
    char *bytes = calloc(1, length), text[8] = {0};
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    open_b(f);
    f->b.close_after = length + 1;
    hearth_channel_write(f->a.channel, bytes, length, -1);
    hearth_channel_write(f->a.channel, "d", 1, pipe_ends[0]);
    close(pipe_ends[0]);
    free(bytes);
    hearth_loop_run(f->loop);
    assert_true(f->b.descriptor >= 0);
    assert_int_equal(write(pipe_ends[1], "hi", 2), 2);
    assert_int_equal(read(f->b.descriptor, text, sizeof(text)), 2);
    assert_string_equal(text, "hi");
    close(f->b.descriptor);
    close(pipe_ends[1]);
}

static void more_descriptors_than_are_kept_break_the_channel(void **state)
{
    struct fixture *f = *state;
    f->a.hoard = true;
    for (int i = 0; i < 20; i++) {
        struct iovec vector = {.iov_base = "x", .iov_len = 1};
        union {
            struct cmsghdr head;
            char space[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct msghdr message = {.msg_iov = &vector,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &f->pair[1], sizeof(int));
        assert_int_equal(sendmsg(f->pair[1], &message, MSG_NOSIGNAL), 1);
    }
    hearth_loop_run(f->loop);
    close(f->pair[1]);
    assert_int_equal(f->a.ends, 1);
    assert_int_equal(f->a.error, -EMFILE);
}

static void bytes_before_the_end_are_read_first(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(write(f->pair[1], "last", 4), 4);
    close(f->pair[1]);
    hearth_loop_run(f->loop);
    assert_int_equal(f->a.got, 4);
    assert_int_equal(f->a.ends, 1);
}

static void a_write_to_a_dead_peer_is_told_as_its_end(void **state)
{
    struct fixture *f = *state;
    close(f->pair[1]);
    hearth_channel_write(f->a.channel, "x", 1, -1);
    assert_int_equal(f->a.ends, 0); /* never from inside the write */
    hearth_loop_run(f->loop);
    assert_int_equal(f->a.ends, 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_does_not_fit_is_queued_and_arrives_whole),
        CASE(a_descriptor_travels_also_when_it_has_to_wait),
        CASE(more_descriptors_than_are_kept_break_the_channel),
        CASE(bytes_before_the_end_are_read_first),
        CASE(a_write_to_a_dead_peer_is_told_as_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
