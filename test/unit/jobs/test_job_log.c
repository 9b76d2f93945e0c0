/* The events of jobs: written in order, numbered across processes, followed to their end. */
#include "unit/cmocka_all.h"

#include "base/buf.h"
#include "base/memory.h"
#include "jobs/job_log.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct hearth_loop *loop;
    struct hearth_job_logs *logs;
    struct hearth_job_reader *reader;
    struct hearth_buf seen;
    bool is_over;
    char folder[64];
};

static int set_up(void **state)
{
    struct bench *bench = hearth_calloc(1, sizeof(*bench));
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/hearth-job-log-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    bench->loop = hearth_loop_create();
    bench->logs = hearth_job_logs_create(bench->loop, bench->folder);
    hearth_buf_init(&bench->seen, 1 << 20);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char command_path[128];
    hearth_job_logs_destroy(bench->logs);
    hearth_loop_destroy(bench->loop);
    hearth_buf_finish(&bench->seen);
    snprintf(command_path, sizeof(command_path), "%s/job.events.jsonl", bench->folder);
    unlink(command_path);
    rmdir(bench->folder);
    hearth_free(bench);
    return 0;
}

static void on_lines(void *argument, const char *lines, size_t length, int rc)
{
    struct bench *bench = argument;
    assert_int_equal(rc, 0);
    hearth_buf_append(&bench->seen, lines, length);
    if (length) {
        hearth_job_reader_next(bench->reader);
        return;
    }
    bench->is_over = true;
    hearth_job_reader_destroy(bench->reader);
    hearth_loop_stop(bench->loop);
}

static const struct hearth_job_reader_events reader_events = {.on_lines = on_lines};

static void follow(struct bench *bench, uint64_t after, bool follows)
{
    bench->is_over = false;
    hearth_buf_clear(&bench->seen);
    bench->reader =
        hearth_job_reader_create(bench->logs, "job", after, follows, &reader_events, bench);
    hearth_job_reader_next(bench->reader);
}

static void append(struct hearth_job_log *log, const char *type, int step)
{
    json_t *event = json_pack("{s:s, s:i}", "type", type, "step", step);
    hearth_job_log_append(log, event);
    json_decref(event);
}

static int lines_seen(const struct bench *bench)
{
    int count = 0;
    for (size_t i = 0; i < bench->seen.length; i++)
        count += bench->seen.bytes[i] == '\n';
    return count;
}

static void test_a_reader_hears_all_and_the_end(void **state)
{
    struct bench *bench = *state;
    struct hearth_job_log *log = hearth_job_log_open(bench->logs, "job");
    follow(bench, 0, true);
    for (int step = 1; step <= 100; step++)
        append(log, "metrics", step);
    hearth_job_log_close(log);
    hearth_loop_run(bench->loop);
    assert_true(bench->is_over);
    assert_int_equal(lines_seen(bench), 100);
    assert_memory_equal(bench->seen.bytes, "{\"n\":1,\"at\":", 12);
    follow(bench, 98, true);
    hearth_loop_run(bench->loop);
    assert_int_equal(lines_seen(bench), 2);
    assert_memory_equal(bench->seen.bytes, "{\"n\":99,", 8);
}

/* The second process goes on counting, and a line that a kill cut off is gone. */
static void test_numbers_go_on_behind_a_torn_line(void **state)
{
    struct bench *bench = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/job.events.jsonl", bench->folder);
    FILE *file = fopen(path, "w");
    fputs("{\"n\":1,\"type\":\"log\"}\n{\"n\":2,\"type\":\"log\"}\n{\"n\":3,\"ty", file);
    fclose(file);
    struct hearth_job_log *log = hearth_job_log_open(bench->logs, "job");
    append(log, "state", 0);
    hearth_job_log_close(log);
    follow(bench, 2, true);
    hearth_loop_run(bench->loop);
    assert_int_equal(lines_seen(bench), 1);
    assert_memory_equal(bench->seen.bytes, "{\"n\":3,\"at\":", 12);
}

static void test_who_does_not_follow_ends_at_the_present_end(void **state)
{
    struct bench *bench = *state;
    struct hearth_job_log *log = hearth_job_log_open(bench->logs, "job");
    append(log, "log", 1);
    follow(bench, 0, false);
    hearth_loop_run(bench->loop);
    assert_int_equal(lines_seen(bench), 1);
    follow(bench, 1, false);
    hearth_loop_run(bench->loop);
    assert_int_equal(lines_seen(bench), 0);
    hearth_job_log_close(log);
}

static void test_a_job_without_a_log_has_said_nothing(void **state)
{
    struct bench *bench = *state;
    follow(bench, 0, true);
    hearth_loop_run(bench->loop);
    assert_true(bench->is_over);
    assert_int_equal(bench->seen.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_reader_hears_all_and_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_go_on_behind_a_torn_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_does_not_follow_ends_at_the_present_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_job_without_a_log_has_said_nothing, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
