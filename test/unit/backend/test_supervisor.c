/* The supervisor against children that misbehave: this program starts itself as the child, whose
 * manners are named by the subject. */
#include "backend/supervisor.h"
#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHANNEL = 3, WAIT_MS = 20000 };

/* The child's side */

static void say(const struct hearth_buf *buf)
{
    if (write(CHANNEL, buf->bytes, buf->length) != (ssize_t)buf->length)
        _exit(9);
}

static void greet(void)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 16);
    hearth_ipc_put_progress(&buf, 0.5f);
    say(&buf);
    hearth_buf_finish(&buf);
}

/* Reads until the gateway is gone; answers nothing. */
static int listen_for_ever(void)
{
    char bytes[4096];
    struct pollfd watched = {.fd = CHANNEL, .events = POLLIN};
    for (;;) {
        if (poll(&watched, 1, -1) > 0 && read(CHANNEL, bytes, sizeof(bytes)) == 0)
            return 0;
    }
}

static int end_at_stop(void)
{
    char head[12];
    struct pollfd watched = {.fd = CHANNEL, .events = POLLIN};
    while (poll(&watched, 1, -1) > 0 && read(CHANNEL, head, sizeof(head)) == sizeof(head)) {
        if (head[4] == HEARTH_IPC_STOP)
            return 0;
        struct hearth_buf buf;
        hearth_buf_init(&buf, 1 << 12);
        const uint64_t counters[HEARTH_COUNTER_COUNT] = {0};
        hearth_ipc_put_pong(&buf, counters);
        say(&buf);
        hearth_buf_finish(&buf);
    }
    return 1;
}

static int child_main(const char *manner)
{
    if (strcmp(manner, "mute") == 0)
        return listen_for_ever();
    if (strcmp(manner, "exit") == 0) {
        fputs("first line\n/home/builder/src/a.c:12: no such model\n", stderr);
        return 7;
    }
    if (strcmp(manner, "garbage") == 0)
        return write(CHANNEL, "this is no frame at all", 23) == 23 ? listen_for_ever() : 9;
    greet();
    if (strcmp(manner, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(manner, "last words") == 0)
        return 3;
    if (strcmp(manner, "closes") == 0) {
        close(CHANNEL);
        sleep(60);
    }
    if (strcmp(manner, "polite") == 0)
        return end_at_stop();
    return listen_for_ever(); /* "frozen", "stubborn" */
}

/* The test's side */

struct watch {
    struct hearth_loop *loop;
    struct hearth_child *child;
    struct hearth_child_end end;
    int frames, ends, frame_return;
};

static int on_frame(void *argument, const struct hearth_ipc_frame *frame,
                    struct hearth_error *error)
{
    struct watch *watch = argument;
    (void)frame;
    watch->frames++;
    if (watch->frame_return)
        hearth_error_set(error, watch->frame_return, "not now");
    return watch->frame_return;
}

static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct watch *watch = argument;
    watch->ends++;
    watch->end = *end;
    hearth_child_destroy(watch->child);
    watch->child = NULL;
    hearth_loop_stop(watch->loop);
}

static void start_with(struct watch *watch, const char *manner, uint64_t handshake_ms,
                       uint64_t heartbeat_ms)
{
    static const struct hearth_child_events events = {.on_frame = on_frame, .on_end = on_end};
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(length > 0);
    self[length] = '\0';
    struct hearth_error error;
    const struct hearth_child_options options = {.kind = HEARTH_PROCESS_WORKER,
                                                 .path = self,
                                                 .subject = manner,
                                                 .handshake_timeout_ms = handshake_ms,
                                                 .heartbeat_timeout_ms = heartbeat_ms,
                                                 .events = &events,
                                                 .argument = watch};
    *watch = (struct watch){.loop = hearth_loop_create()};
    assert_int_equal(hearth_child_start(watch->loop, &options, &watch->child, &error), 0);
}

static void give_up(void *argument)
{
    hearth_loop_stop(argument);
}

static void run_to_end(struct watch *watch)
{
    struct hearth_timer *timer = hearth_timer_create(watch->loop, give_up, watch->loop);
    hearth_timer_start(timer, WAIT_MS, 0);
    hearth_loop_run(watch->loop);
    hearth_timer_destroy(timer);
    assert_int_equal(watch->ends, 1);
    hearth_loop_destroy(watch->loop);
}

static void assert_says(const struct watch *watch, int code, const char *words)
{
    assert_int_equal(watch->end.error.code, code);
    if (!strstr(watch->end.error.message, words))
        fail_msg("'%s' does not say '%s'", watch->end.error.message, words);
    assert_false(watch->end.asked);
}

static void test_a_child_that_does_not_greet_is_killed(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "mute", 200, WAIT_MS);
    run_to_end(&watch);
    assert_says(&watch, HEARTH_ETIMEOUT, "did not greet");
}

static void test_a_child_that_falls_silent_is_killed(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "frozen", WAIT_MS, 300);
    run_to_end(&watch);
    assert_says(&watch, HEARTH_ETIMEOUT, "was silent");
    assert_int_equal(watch.end.signal, SIGKILL);
}

static void stop_now(void *argument)
{
    hearth_child_stop(((struct watch *)argument)->child, WAIT_MS);
}

static void hold_the_loop(void *argument)
{
    (void)argument;
    usleep(1500 * 1000);
}

static void test_a_pause_of_our_own_is_no_silence_of_the_child(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "polite", WAIT_MS, 600);
    struct hearth_timer *pause = hearth_timer_create(watch.loop, hold_the_loop, NULL);
    struct hearth_timer *stop = hearth_timer_create(watch.loop, stop_now, &watch);
    hearth_timer_start(pause, 100, 0);
    hearth_timer_start(stop, 2500, 0);
    hearth_loop_run(watch.loop);
    hearth_timer_destroy(pause);
    hearth_timer_destroy(stop);
    assert_int_equal(watch.end.error.code, 0);
    assert_true(watch.end.asked);
    hearth_loop_destroy(watch.loop);
}

/* Clients are told of the end; what a child printed is for who reads the log. */
static void
test_an_exit_is_told_with_its_status_and_the_last_words_are_in_the_log_only(void **state)
{
    (void)state;
    struct watch watch;
    char logged[8192] = "";
    int log = memfd_create("log", MFD_CLOEXEC);
    assert_true(log >= 0);
    hearth_log_set_descriptor(log);
    start_with(&watch, "exit", WAIT_MS, WAIT_MS);
    run_to_end(&watch);
    hearth_log_set_descriptor(STDERR_FILENO);
    assert_int_equal(watch.end.error.code, HEARTH_ECRASHED);
    assert_string_equal(watch.end.error.message, "the worker ended with status 7");
    assert_true(pread(log, logged, sizeof(logged) - 1, 0) > 0);
    const char *end = strstr(logged, "\"event\":\"process.ended\"");
    assert_non_null(end);
    assert_non_null(strstr(end, "\"last_line\":\"/home/builder/src/a.c:12: no such model\""));
    close(log);
}

static void test_frames_sent_right_before_the_end_are_read(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct watch watch;
        start_with(&watch, "last words", WAIT_MS, WAIT_MS);
        run_to_end(&watch);
        assert_int_equal(watch.frames, 1);
        assert_says(&watch, HEARTH_ECRASHED, "status 3");
    }
}

static void test_a_signal_is_named(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "segv", WAIT_MS, WAIT_MS);
    run_to_end(&watch);
    assert_int_equal(watch.end.error.code, HEARTH_ECRASHED);
}

static void test_bytes_that_are_no_frames_end_the_child(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "garbage", WAIT_MS, WAIT_MS);
    run_to_end(&watch);
    assert_says(&watch, HEARTH_EPARSE, "broke the protocol");
}

static void set_return(void *argument)
{
    ((struct watch *)argument)->frame_return = HEARTH_EPARSE;
}

static void test_a_frame_out_of_place_ends_the_child(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "polite", WAIT_MS, 1000);
    set_return(&watch);
    run_to_end(&watch);
    assert_says(&watch, HEARTH_EPARSE, "not now");
}

static void test_a_child_that_closes_its_channel_is_helped_to_end(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "closes", WAIT_MS, WAIT_MS);
    run_to_end(&watch);
    assert_int_equal(watch.end.signal, SIGKILL);
}

static void stop_soon(void *argument)
{
    hearth_child_stop(((struct watch *)argument)->child, 300);
}

static void test_stop_asks_first_and_kills_at_the_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *manner;
        void (*stop)(void *argument);
        int signal;
    } rows[] = {{"polite", stop_now, 0}, {"stubborn", stop_soon, SIGKILL}};
    for (int i = 0; i < 2; i++) {
        struct watch watch;
        start_with(&watch, rows[i].manner, WAIT_MS, WAIT_MS);
        struct hearth_timer *timer = hearth_timer_create(watch.loop, rows[i].stop, &watch);
        hearth_timer_start(timer, 100, 0);
        struct hearth_timer *giving_up = hearth_timer_create(watch.loop, give_up, watch.loop);
        hearth_timer_start(giving_up, WAIT_MS, 0);
        hearth_loop_run(watch.loop);
        hearth_timer_destroy(timer);
        hearth_timer_destroy(giving_up);
        assert_int_equal(watch.ends, 1);
        assert_true(watch.end.asked);
        assert_int_equal(watch.end.signal, rows[i].signal);
        assert_int_equal(watch.end.error.code, 0);
        hearth_loop_destroy(watch.loop);
    }
}

static void test_destroy_kills_without_a_word(void **state)
{
    (void)state;
    struct watch watch;
    start_with(&watch, "stubborn", WAIT_MS, WAIT_MS);
    pid_t pid = hearth_child_pid(watch.child);
    hearth_child_destroy(watch.child);
    hearth_loop_run(watch.loop);
    assert_int_equal(watch.ends, 0);
    assert_int_equal(kill(pid, 0), -1);
    hearth_loop_destroy(watch.loop);
}

static void test_a_program_that_is_not_there_is_an_error_of_start(void **state)
{
    (void)state;
    struct hearth_loop *loop = hearth_loop_create();
    struct hearth_child *child = NULL;
    struct hearth_error error;
    static const struct hearth_child_events events = {.on_frame = on_frame, .on_end = on_end};
    const struct hearth_child_options options = {
        .path = "/no/such/worker", .subject = "m", .events = &events};
    assert_true(hearth_child_start(loop, &options, &child, &error) < 0);
    assert_non_null(strstr(error.message, "/no/such/worker"));
    assert_null(child);
    hearth_loop_destroy(loop);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child_main(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_that_does_not_greet_is_killed),
        cmocka_unit_test(test_a_child_that_falls_silent_is_killed),
        cmocka_unit_test(test_a_pause_of_our_own_is_no_silence_of_the_child),
        cmocka_unit_test(
            test_an_exit_is_told_with_its_status_and_the_last_words_are_in_the_log_only),
        cmocka_unit_test(test_frames_sent_right_before_the_end_are_read),
        cmocka_unit_test(test_a_signal_is_named),
        cmocka_unit_test(test_bytes_that_are_no_frames_end_the_child),
        cmocka_unit_test(test_a_frame_out_of_place_ends_the_child),
        cmocka_unit_test(test_a_child_that_closes_its_channel_is_helped_to_end),
        cmocka_unit_test(test_stop_asks_first_and_kills_at_the_deadline),
        cmocka_unit_test(test_destroy_kills_without_a_word),
        cmocka_unit_test(test_a_program_that_is_not_there_is_an_error_of_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
