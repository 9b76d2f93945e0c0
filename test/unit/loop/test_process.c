#include "base/error.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct hearth_loop *loop;
    struct hearth_process *process;
    char lines[512];
    int exits, status, signal;
    int lines_at_exit, line_count;
};

static void on_line(void *argument, const char *line, size_t length)
{
    struct fixture *f = argument;
    size_t used = strlen(f->lines);
    snprintf(f->lines + used, sizeof(f->lines) - used, "%.*s|", (int)length, line);
    f->line_count++;
}

static void on_exit_(void *argument, int status, int signal_)
{
    struct fixture *f = argument;
    f->exits++;
    f->status = status;
    f->signal = signal_;
    f->lines_at_exit = f->line_count;
    hearth_process_destroy(f->process);
    f->process = NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = hearth_loop_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    hearth_process_destroy(f->process);
    hearth_loop_destroy(f->loop);
    free(f);
    return 0;
}

static int start(struct fixture *f, const char *program, const char *script, int channel,
                 struct hearth_error *error)
{
    const char *argv[] = {program, "-c", script, NULL};
    const char *env[] = {"PATH=/usr/bin:/bin", "COLOUR=blue", NULL};
    struct hearth_process_spec spec = {.path = program,
                                       .argv = argv,
                                       .env = env,
                                       .channel_descriptor = channel,
                                       .line_max = 16,
                                       .on_line = on_line,
                                       .on_exit = on_exit_,
                                       .argument = f};
    return hearth_process_start(f->loop, &spec, &f->process, error);
}

static void lines_and_the_status_come_back(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(start(f, "/bin/sh",
                           "echo one >&2; echo a-line-that-is-longer-than-it-may-be >&2;"
                           "echo out; printf end >&2; exit 7",
                           -1, NULL),
                     0);
    hearth_loop_run(f->loop);
    assert_int_equal(f->exits, 1);
    assert_int_equal(f->status, 7);
    assert_int_equal(f->signal, 0);
    assert_string_equal(f->lines, "one|a-line-that-is-l|out|end|");
    assert_int_equal(f->lines_at_exit, 4);
}

static void the_environment_and_descriptors_are_only_what_is_given(void **state)
{
    struct fixture *f = *state;
    int pair[2];
    assert_int_equal(hearth_channel_pair(pair, NULL), 0);
    setenv("HEARTH_SECRET", "x", 1);
    /* The channel does not block: what is read must be there before. */
    assert_int_equal(write(pair[0], "hello\n", 6), 6);
    shutdown(pair[0], SHUT_WR);
    assert_int_equal(start(f, "/bin/sh", "echo $COLOUR-$HEARTH_SECRET; cat <&3; ls /proc/$$/fd; :",
                           pair[1], NULL),
                     0);
    close(pair[1]);
    hearth_loop_run(f->loop);
    close(pair[0]);
    assert_string_equal(f->lines, "blue-|hello|0|1|2|3|");
}

static void a_signal_that_ended_it_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(start(f, "/bin/sleep", "", -1, NULL), 0);
    hearth_process_destroy(f->process); /* killed and forgotten: no callback */
    f->process = NULL;
    assert_int_equal(start(f, "/bin/sh", "kill -ABRT $$", -1, NULL), 0);
    hearth_loop_run(f->loop);
    assert_int_equal(f->exits, 1);
    assert_int_equal(f->signal, SIGABRT);
}

static void a_program_that_is_not_there_is_an_error_of_start(void **state)
{
    struct fixture *f = *state;
    struct hearth_error error;
    assert_int_equal(start(f, "/nonexistent/program", "", -1, &error), HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, "/nonexistent/program"));
    hearth_loop_run(f->loop);
    assert_int_equal(f->exits, 0);
    assert_null(f->process);
}

static void a_killed_child_is_gone_when_destroyed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(start(f, "/bin/sh", "exec sleep 1000", -1, NULL), 0);
    pid_t pid = hearth_process_pid(f->process);
    hearth_process_destroy(f->process);
    f->process = NULL;
    hearth_loop_run(f->loop);
    assert_int_equal(f->exits, 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* The parent in the middle starts a child, tells its pid, and is killed. */
static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int out[2];
    pid_t child = 0;
    assert_int_equal(pipe(out), 0);
    pid_t middle = fork();
    if (middle == 0) {
        struct fixture f = {.loop = hearth_loop_create()};
        if (start(&f, "/bin/sleep", "", -1, NULL))
            _exit(1);
        hearth_process_destroy(f.process);
        const char *argv[] = {"sleep", "1000", NULL};
        const char *env[] = {NULL};
        struct hearth_process_spec spec = {.path = "/bin/sleep",
                                           .argv = argv,
                                           .env = env,
                                           .channel_descriptor = -1,
                                           .line_max = 16,
                                           .on_exit = on_exit_,
                                           .argument = &f};
        if (hearth_process_start(f.loop, &spec, &f.process, NULL))
            _exit(1);
        child = hearth_process_pid(f.process);
        if (write(out[1], &child, sizeof(child)) != sizeof(child))
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(out[0], &child, sizeof(child)), sizeof(child));
    assert_int_equal(kill(child, 0), 0);
    kill(middle, SIGKILL);
    waitpid(middle, NULL, 0);
    /* An orphan is reaped by another process; until then it is a zombie. */
    char path[64], state_letter = 'R';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
    for (int i = 0; i < 2000; i++) {
        FILE *file = fopen(path, "r");
        if (!file)
            break;
        char line[256] = "";
        char *got = fgets(line, sizeof(line), file);
        fclose(file);
        char *end = got ? strrchr(got, ')') : NULL;
        state_letter = end ? end[2] : 'R';
        if (state_letter == 'Z')
            break;
        usleep(10000);
    }
    assert_true(access(path, F_OK) || state_letter == 'Z');
    close(out[0]);
    close(out[1]);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(lines_and_the_status_come_back),
        CASE(the_environment_and_descriptors_are_only_what_is_given),
        CASE(a_signal_that_ended_it_is_told),
        CASE(a_program_that_is_not_there_is_an_error_of_start),
        CASE(a_killed_child_is_gone_when_destroyed),
        CASE(a_child_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
