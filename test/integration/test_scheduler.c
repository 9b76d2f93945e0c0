/* The scheduler with real workers and the fake engine: what is asked here is what a person who
 * serves models would see. Times are long enough for a slow machine and only bound a hang. */
#include "base/error.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "loop/process_usage.h"
#include "support/inference_answer.h"
#include "support/loop_wait.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

struct bed {
    struct hearth_loop *loop;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    struct hearth_settings settings;
    char directory[32], path[64];
};

static const struct hearth_settings usual = {
    .engines = HEARTH_BUILD_DIR "/lib/hearth/engines",
    .sandbox = "auto",
    .affinity = "auto",
    .slots = 2,
    .queue_max = 64,
    .load_timeout = WAIT_MS,
    .heartbeat_timeout = WAIT_MS,
    .stop_timeout = WAIT_MS,
    .breaker_failures = 3,
    .breaker_rest = WAIT_MS,
};

static void open_bed(struct bed *bed, const char *script, const struct hearth_settings *from)
{
    struct hearth_error error;
    memset(bed, 0, sizeof(*bed));
    snprintf(bed->directory, sizeof(bed->directory), "/tmp/hearth-test-XXXXXX");
    assert_non_null(mkdtemp(bed->directory));
    snprintf(bed->path, sizeof(bed->path), "%s/m.fake", bed->directory);
    FILE *file = fopen(bed->path, "w");
    fputs(script, file);
    fclose(file);
    bed->loop = hearth_loop_create();
    bed->catalog = hearth_catalog_create(bed->loop, NULL, 0);
    assert_int_equal(hearth_catalog_add_file(bed->catalog, bed->path, &error), 0);
    bed->settings = *from;
    const struct hearth_scheduler_options options = {
        .loop = bed->loop,
        .catalog = bed->catalog,
        .settings = &bed->settings,
        .worker_path = HEARTH_BUILD_DIR "/libexec/hearth/hearth-worker",
    };
    assert_int_equal(hearth_scheduler_create(&options, &bed->scheduler, &error), 0);
}

static void close_bed(struct bed *bed)
{
    hearth_scheduler_destroy(bed->scheduler);
    hearth_catalog_destroy(bed->catalog);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
    unlink(bed->path);
    rmdir(bed->directory);
}

static int submit_task(struct bed *bed, struct answer *answer, enum hearth_task task,
                       const char *text, uint32_t credit)
{
    const struct hearth_sampling sampling = {
        .temperature = 0, .top_p = 1, .repeat_penalty = 1, .max_tokens = 400};
    const struct hearth_inference_request request = {
        .model = "m",
        .input = {.task = task,
                  .kind = HEARTH_INPUT_TEXT,
                  .bytes = text,
                  .length = strlen(text),
                  .sampling = task == HEARTH_TASK_GENERATE ? &sampling : NULL},
        .class_ = HEARTH_CLASS_NORMAL,
        .client = "tester",
        .request_id = "req_1",
        .credit = credit,
    };
    memset(answer, 0, sizeof(*answer));
    return answer_submit(bed->scheduler, &request, answer);
}

static void submit(struct bed *bed, struct answer *answer, const char *text)
{
    if (submit_task(bed, answer, HEARTH_TASK_GENERATE, text, 1000) < 0)
        fail_msg("%s", answer->message);
}

/* Waiting */

static bool comes_true(struct bed *bed, bool (*is)(void *argument), void *argument)
{
    return loop_until(bed->loop, WAIT_MS, is, argument);
}

static bool has_text(void *argument)
{
    struct answer *answer = argument;
    return answer->events > 0 || answer_has_ended(answer);
}

static void expect_done(struct bed *bed, struct answer *answer)
{
    assert_true(comes_true(bed, answer_has_ended, answer));
    if (answer->error)
        fail_msg("%s", answer->message);
    assert_int_equal(answer->done, 1);
}

static void expect_error(struct bed *bed, struct answer *answer, int code)
{
    assert_true(comes_true(bed, answer_has_ended, answer));
    if (answer->error != code)
        fail_msg("error %d (%s) in place of %d", answer->error, answer->message, code);
    assert_int_equal(answer->done, 0);
}

static const struct hearth_model_report *report(struct bed *bed)
{
    return report_of(bed->scheduler);
}

static void set_flag(void *argument)
{
    *(bool *)argument = true;
}

static void model_done(void *argument, const struct hearth_error *error)
{
    if (error)
        fail_msg("%s", error->message);
    *(bool *)argument = true;
}

static void stop(struct bed *bed, bool force)
{
    bool stopped = false;
    struct hearth_error error;
    assert_int_equal(
        hearth_scheduler_stop(bed->scheduler, "m", force, model_done, &stopped, &error), 0);
    assert_true(comes_true(bed, is_true, &stopped));
    assert_int_equal(report(bed)->state, HEARTH_MODEL_UNLOADED);
}

static void sample(struct bed *bed)
{
    bool sampled = false;
    hearth_scheduler_sample(bed->scheduler, set_flag, &sampled);
    assert_true(comes_true(bed, is_true, &sampled));
}

/* Tests */

static void test_the_first_request_loads_and_the_answer_streams(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "reply = one two three four\nload_ms = 100\n", &usual);
    submit(&bed, &answer, "hello");
    expect_done(&bed, &answer);
    assert_string_equal(answer.text, "one two three four");
    assert_true(answer.loading > 0);
    assert_int_equal(answer.prepared, 1);
    assert_true(answer.end.completion_tokens >= 4);
    assert_true(answer.end.load_us >= 100000);
    submit(&bed, &answer, "hello");
    expect_done(&bed, &answer);
    assert_int_equal(answer.loading, 0);
    assert_int_equal(report(&bed)->loads, 1);
    assert_int_equal(report(&bed)->requests, 2);
    assert_string_equal(report(&bed)->engine, "fake");
    sample(&bed);
    assert_true(report(&bed)->memory_bytes > 100000);
    close_bed(&bed);
}

static void test_vectors_and_tokens_come_back(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "tasks = generate embed tokenize\nvector_length = 16\n", &usual);
    assert_int_equal(submit_task(&bed, &answer, HEARTH_TASK_EMBED, "a text", 10), 0);
    expect_done(&bed, &answer);
    assert_int_equal(answer.vectors, 16);
    assert_int_equal(submit_task(&bed, &answer, HEARTH_TASK_TOKENIZE, "three small words", 10), 0);
    expect_done(&bed, &answer);
    assert_true(answer.tokens >= 3);
    close_bed(&bed);
}

static void test_a_client_without_credit_waits_alone(void **state)
{
    (void)state;
    struct bed bed;
    struct answer slow, quick;
    open_bed(&bed, "reply = one two three four five six\n", &usual);
    assert_int_equal(submit_task(&bed, &slow, HEARTH_TASK_GENERATE, "x", 1), 0);
    assert_true(comes_true(&bed, has_text, &slow));
    submit(&bed, &quick, "y");
    expect_done(&bed, &quick);
    assert_int_equal(slow.events, 1);
    assert_false(answer_has_ended(&slow));
    hearth_inference_credit(slow.inference, 1000);
    expect_done(&bed, &slow);
    assert_string_equal(slow.text, "one two three four five six");
    close_bed(&bed);
}

static void test_a_crash_is_told_to_its_stream_and_hidden_from_the_rest(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first, other;
    struct hearth_settings options = usual;
    options.slots = 1; /* the other is prepared, but has not begun */
    open_bed(&bed, "reply = one two three\ntoken_us = 50000\n", &options);
    submit(&bed, &first, "x");
    submit(&bed, &other, "y");
    assert_true(comes_true(&bed, has_text, &first));
    kill(report(&bed)->pid, SIGKILL);
    expect_error(&bed, &first, HEARTH_ECRASHED);
    expect_done(&bed, &other);
    assert_string_equal(other.text, "one two three");
    assert_int_equal(report(&bed)->crashes, 1);
    assert_int_equal(report(&bed)->retries, 1);
    close_bed(&bed);
}

static void test_a_request_that_kills_its_worker_is_tried_twice_only(void **state)
{
    (void)state;
    struct bed bed;
    struct answer poison, healthy;
    open_bed(&bed, "reply = fine\ncrash_word = poison\ncrash = segv\n", &usual);
    submit(&bed, &healthy, "before");
    expect_done(&bed, &healthy);
    submit(&bed, &poison, "poison");
    expect_error(&bed, &poison, HEARTH_ECRASHED);
    assert_int_equal(report(&bed)->crashes, 2);
    submit(&bed, &healthy, "after");
    expect_done(&bed, &healthy);
    assert_string_equal(report(&bed)->breaker, "closed");
    close_bed(&bed);
}

static void test_a_model_that_always_crashes_opens_its_breaker(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "crash_at_load = yes\n", &usual);
    submit(&bed, &answer, "x");
    expect_error(&bed, &answer, HEARTH_EBREAKER);
    assert_true(answer.retry_after_ms > 0);
    assert_int_equal(report(&bed)->crashes, 3);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_RESTING);
    assert_int_equal(submit_task(&bed, &answer, HEARTH_TASK_GENERATE, "x", 1), HEARTH_EBREAKER);
    assert_true(answer.retry_after_ms > 0);
    close_bed(&bed);
}

static void test_a_load_that_fails_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int code;
    } rows[] = {{"load_fails = yes\n", HEARTH_EMODEL}, {"no such key = 1\n", HEARTH_EMODEL}};
    for (int i = 0; i < 2; i++) {
        struct bed bed;
        struct answer answer;
        open_bed(&bed, rows[i].script, &usual);
        submit(&bed, &answer, "x");
        expect_error(&bed, &answer, rows[i].code);
        assert_true(strlen(answer.message) > 5);
        assert_int_equal(report(&bed)->state, HEARTH_MODEL_FAILED);
        assert_int_equal(report(&bed)->pid, 0);
        close_bed(&bed);
    }
}

static void test_a_model_that_does_not_fit_is_refused_with_the_sum(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "plan_bytes = 900G\n", &usual);
    submit(&bed, &answer, "x");
    expect_error(&bed, &answer, HEARTH_EMEMORY);
    assert_non_null(strstr(answer.message, "900.0 GiB"));
    assert_non_null(strstr(answer.message, "may be taken"));
    close_bed(&bed);
}

static void test_cancel_frees_the_slot_of_a_long_request(void **state)
{
    (void)state;
    struct bed bed;
    struct answer long_one, next;
    struct hearth_settings options = usual;
    options.slots = 1;
    open_bed(&bed, "token_us = 20000\n", &options);
    char words[1600] = "";
    for (int i = 0; i < 300; i++)
        memcpy(words + strlen(words), "word ", 6);
    submit(&bed, &long_one, words);
    assert_true(comes_true(&bed, has_text, &long_one));
    hearth_inference_cancel(long_one.inference);
    submit(&bed, &next, "short");
    expect_done(&bed, &next);
    assert_int_equal(long_one.done + long_one.error, 0);
    assert_int_equal(report(&bed)->cancels, 1);
    assert_int_equal(report(&bed)->running, 0);
    close_bed(&bed);
}

static void test_a_request_that_stalls_times_out_and_the_worker_goes_on(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    struct hearth_settings options = usual;
    options.request_timeout = 3000;
    options.slots = 1;
    open_bed(&bed, "reply = one two three\nstall_at = 2\n", &options);
    for (int i = 0; i < 2; i++) { /* the slot is free, so the second gets as far as the first */
        submit(&bed, &answer, "x");
        expect_error(&bed, &answer, HEARTH_ETIMEOUT);
        assert_string_equal(answer.text, "one");
    }
    assert_int_equal(report(&bed)->crashes, 0);
    close_bed(&bed);
}

static void test_a_frozen_worker_is_replaced(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    struct hearth_settings options = usual;
    options.heartbeat_timeout = 3000;
    open_bed(&bed, "reply = fine\n", &options);
    submit(&bed, &answer, "x");
    expect_done(&bed, &answer);
    kill(report(&bed)->pid, SIGSTOP);
    submit(&bed, &answer, "y"); /* it has sent nothing when the worker is ended: retried */
    expect_done(&bed, &answer);
    assert_int_equal(report(&bed)->crashes, 1);
    assert_non_null(strstr(report(&bed)->last_error.message, "silent"));
    close_bed(&bed);
}

static void test_stop_waits_for_what_runs_and_force_does_not(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "reply = a b c d e f g h\ntoken_us = 50000\n", &usual);
    submit(&bed, &answer, "x");
    assert_true(comes_true(&bed, has_text, &answer));
    stop(&bed, false);
    assert_string_equal(answer.text, "a b c d e f g h");
    assert_int_equal(answer.done, 1);
    submit(&bed, &answer, "x");
    assert_true(comes_true(&bed, has_text, &answer));
    stop(&bed, true);
    assert_int_equal(answer.error, HEARTH_EDRAINING);
    assert_int_equal(report(&bed)->crashes, 0);
    close_bed(&bed);
}

static void test_drain_finishes_the_queue_and_ends_the_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[8];
    bool drained = false;
    open_bed(&bed, "reply = a b c\ntoken_us = 2000\n", &usual);
    for (int i = 0; i < 8; i++)
        submit(&bed, &answers[i], "x");
    hearth_scheduler_drain(bed.scheduler, hearth_loop_now_ms(bed.loop) + WAIT_MS, set_flag,
                           &drained);
    assert_true(comes_true(&bed, is_true, &drained));
    for (int i = 0; i < 8; i++)
        assert_int_equal(answers[i].done, 1);
    assert_int_equal(report(&bed)->pid, 0);
    close_bed(&bed);
}

/* Runs a gateway of its own until it is killed; tells the worker's pid. */
static void gateway_main(int report_descriptor)
{
    struct bed bed;
    struct answer answer;
    open_bed(&bed, "token_us = 50000\n", &usual);
    submit(&bed, &answer, "a b c d e f g h i j k l m n o p q r s t u v w x y z");
    comes_true(&bed, has_text, &answer);
    pid_t pid = report(&bed)->pid;
    unlink(bed.path);
    rmdir(bed.directory);
    if (write(report_descriptor, &pid, sizeof(pid)) != sizeof(pid))
        _exit(1);
    hearth_loop_run(bed.loop);
    pause();
}

static void test_a_killed_gateway_takes_its_workers_with_it(void **state)
{
    (void)state;
    int report_pipe[2];
    pid_t worker = 0;
    assert_int_equal(pipe(report_pipe), 0);
    pid_t gateway = fork();
    if (gateway == 0) {
        gateway_main(report_pipe[1]);
        _exit(0);
    }
    assert_int_equal(read(report_pipe[0], &worker, sizeof(worker)), sizeof(worker));
    assert_true(worker > 0);
    assert_int_equal(kill(worker, 0), 0);
    kill(gateway, SIGKILL);
    waitpid(gateway, NULL, 0);
    bool gone = false;
    for (int i = 0; i < 20 && !gone; i++) { /* two seconds */
        usleep(100000);
        struct hearth_process_usage usage;
        hearth_process_usage(worker, &usage); /* a zombie that nobody reaps holds nothing */
        gone = kill(worker, 0) < 0 || usage.memory_bytes == 0;
    }
    assert_true(gone);
    close(report_pipe[0]);
    close(report_pipe[1]);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void test_twenty_loads_and_unloads_leave_nothing_behind(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer;
    struct hearth_process_usage before = {0}, after = {0};
    size_t descriptors = 0;
    open_bed(&bed, "reply = fine\nload_bytes = 64M\n", &usual);
    for (int i = 0; i < 20; i++) {
        submit(&bed, &answer, "x");
        expect_done(&bed, &answer);
        if (i == 0) {
            sample(&bed);
            assert_true(report(&bed)->memory_bytes > 60 << 20);
        }
        stop(&bed, false);
        if (i == 4) { /* pools and caches are warm */
            hearth_process_usage(getpid(), &before);
            descriptors = open_descriptors();
        }
    }
    hearth_process_usage(getpid(), &after);
    assert_int_equal(report(&bed)->loads, 20);
    assert_int_equal(report(&bed)->unloads, 20);
    assert_int_equal(open_descriptors(), descriptors);
    assert_true(after.memory_bytes < before.memory_bytes + (5 << 20));
    close_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_request_loads_and_the_answer_streams),
        cmocka_unit_test(test_vectors_and_tokens_come_back),
        cmocka_unit_test(test_a_client_without_credit_waits_alone),
        cmocka_unit_test(test_a_crash_is_told_to_its_stream_and_hidden_from_the_rest),
        cmocka_unit_test(test_a_request_that_kills_its_worker_is_tried_twice_only),
        cmocka_unit_test(test_a_model_that_always_crashes_opens_its_breaker),
        cmocka_unit_test(test_a_load_that_fails_says_why),
        cmocka_unit_test(test_a_model_that_does_not_fit_is_refused_with_the_sum),
        cmocka_unit_test(test_cancel_frees_the_slot_of_a_long_request),
        cmocka_unit_test(test_a_request_that_stalls_times_out_and_the_worker_goes_on),
        cmocka_unit_test(test_a_frozen_worker_is_replaced),
        cmocka_unit_test(test_stop_waits_for_what_runs_and_force_does_not),
        cmocka_unit_test(test_drain_finishes_the_queue_and_ends_the_worker),
        cmocka_unit_test(test_a_killed_gateway_takes_its_workers_with_it),
        cmocka_unit_test(test_twenty_loads_and_unloads_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
