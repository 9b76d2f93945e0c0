/* The real hearth-worker with the fake engine, over its channel. */
#include "support/seeded.h"
#include "support/worker_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static struct driven_worker worker;

static int teardown(void **state)
{
    (void)state;
    driven_finish(&worker);
    return 0;
}

static void it_greets_loads_with_progress_and_says_what_it_is(void **state)
{
    (void)state;
    driven_load(&worker, "load_ms = 500\nload_bytes = 1MB\n");
    assert_int_equal(worker.started_count, 1);
    assert_true(worker.progress >= 2);
    assert_string_equal(worker.started.facts.architecture, "fake");
    assert_int_equal(worker.started.plan.weights, 1 << 20);
    assert_int_equal(worker.facts.context, 256);
    driven_stop(&worker);
}

static void a_heartbeat_is_answered_while_it_loads(void **state)
{
    (void)state;
    driven_start(&worker);
    driven_write_script(&worker, "load_ms = 2000");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.progress);
    driven_say(&worker, HEARTH_IPC_PING, 0);
    DRIVEN_UNTIL(&worker, worker.pongs);
    assert_int_equal(worker.ready, 0);
    driven_stop(&worker); /* also given up early */
    assert_int_equal(worker.ready, 0);
}

static void a_request_is_prepared_generated_and_done(void **state)
{
    (void)state;
    driven_load(&worker, "echo");
    driven_generate(&worker, 1, "one two three", 100);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    assert_string_equal(driven_text(&worker, 1), "one two three");
    assert_int_equal(worker.streams[1].prepared, 4);
    assert_int_equal(worker.streams[1].event_tokens, 3);
    assert_int_equal(worker.streams[1].last.finish, HEARTH_FINISH_STOP);
    assert_int_equal(worker.streams[1].last.prompt_tokens, 4);
    assert_int_equal(worker.streams[1].last.completion_tokens, 3);
    driven_stop(&worker);
}

static void many_requests_share_the_slots_and_all_end(void **state)
{
    (void)state;
    driven_load(&worker, "token_us = 200");
    char text[64];
    for (uint32_t i = 1; i <= 40; i++) {
        snprintf(text, sizeof(text), "request number %u says this", i);
        driven_generate(&worker, i, text, 1000);
    }
    for (uint32_t i = 1; i <= 40; i++) {
        DRIVEN_UNTIL(&worker, worker.streams[i].done);
        snprintf(text, sizeof(text), "request number %u says this", i);
        assert_string_equal(driven_text(&worker, i), text);
    }
    driven_say(&worker, HEARTH_IPC_PING, 0);
    DRIVEN_UNTIL(&worker, worker.pongs);
    assert_int_equal(worker.counters[HEARTH_COUNT_SEQUENCES_BUSY], 0);
    assert_int_equal(worker.counters[HEARTH_COUNT_SEQUENCES_WAITING], 0);
    assert_int_equal(worker.counters[HEARTH_COUNT_PREPARED], 40);
    assert_true(worker.counters[HEARTH_COUNT_STEPS] > 0);
    driven_stop(&worker);
}

static void a_stream_without_credit_waits_and_the_other_goes_on(void **state)
{
    (void)state;
    driven_load(&worker, "echo");
    driven_generate(&worker, 1, "a b c d e f", 2);
    DRIVEN_UNTIL(&worker, worker.streams[1].events == 2);
    driven_generate(&worker, 2, "u v w x y z", 100);
    DRIVEN_UNTIL(&worker, worker.streams[2].done);
    driven_pass_ms(&worker, 100);
    assert_int_equal(worker.streams[1].events, 2);
    assert_int_equal(worker.streams[1].done, 0);
    driven_credit(&worker, 1, 100);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    assert_string_equal(driven_text(&worker, 1), "a b c d e f");
    driven_stop(&worker);
}

static void busy_is(uint64_t count)
{
    worker.pongs = 0;
    driven_say(&worker, HEARTH_IPC_PING, 0);
    DRIVEN_UNTIL(&worker, worker.pongs);
    assert_int_equal(worker.counters[HEARTH_COUNT_SEQUENCES_BUSY], count);
}

static void cancel_ends_a_stream_while_it_decodes(void **state)
{
    (void)state;
    driven_load(&worker, "reply = a a a a a a a a a a a a a a a a a a a a\ntoken_us = 50000");
    driven_generate(&worker, 1, "x", 1000);
    DRIVEN_UNTIL(&worker, worker.streams[1].events >= 2);
    driven_say(&worker, HEARTH_IPC_CANCEL, 1);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_ECANCELED);
    assert_true(worker.streams[1].events < 20);
    busy_is(0);
    driven_stop(&worker);
}

static void cancel_breaks_off_a_long_prefill(void **state)
{
    (void)state;
    /* 16 tokens a step, a second each: only abort can be as fast as this. */
    driven_load(&worker, "prefill_us = 1000000");
    driven_generate(&worker, 1, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", 1000);
    DRIVEN_UNTIL(&worker, worker.streams[1].prepared);
    driven_pass_ms(&worker, 300);
    uint64_t began_ms = hearth_clock_monotonic_ms();
    driven_say(&worker, HEARTH_IPC_CANCEL, 1);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    assert_true(worker.streams[1].done_ms - began_ms < 5000);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_ECANCELED);
    busy_is(0);
    driven_stop(&worker);
}

static void others_lose_nothing_when_a_step_is_broken_off(void **state)
{
    (void)state;
    driven_load(&worker, "stall_at = 3");
    const struct hearth_sampling two = {.top_p = 1, .max_tokens = 2};
    const struct hearth_input short_one = {.task = HEARTH_TASK_GENERATE,
                                           .kind = HEARTH_INPUT_TEXT,
                                           .bytes = "a b c d",
                                           .length = 7,
                                           .sampling = &two};
    driven_generate(&worker, 1, "one two three four", 1000); /* stalls before its third token */
    DRIVEN_UNTIL(&worker, worker.streams[1].events == 2);
    driven_request(&worker, 2, &short_one, 1000);
    DRIVEN_UNTIL(&worker, worker.streams[2].prepared);
    driven_pass_ms(&worker, 100);
    driven_say(&worker, HEARTH_IPC_CANCEL, 1);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors && worker.streams[2].done);
    assert_string_equal(driven_text(&worker, 2), "a b");
    driven_stop(&worker);
}

static void a_canceled_request_that_waits_never_runs(void **state)
{
    (void)state;
    driven_load(&worker, "reply = a a a a\ntoken_us = 100000");
    for (uint32_t i = 1; i <= 3; i++)
        driven_generate(&worker, i, "x", 1000);
    driven_say(&worker, HEARTH_IPC_CANCEL, 3);
    driven_say(&worker, HEARTH_IPC_CANCEL, 3);  /* again, */
    driven_say(&worker, HEARTH_IPC_CANCEL, 60); /* and one that never was */
    DRIVEN_UNTIL(&worker,
                 worker.streams[3].errors && worker.streams[1].done && worker.streams[2].done);
    assert_int_equal(worker.streams[3].failure.code, HEARTH_ECANCELED);
    assert_int_equal(worker.streams[3].events, 0);
    driven_stop(&worker);
}

static void a_canceled_request_makes_way_while_it_is_prepared(void **state)
{
    (void)state;
    driven_load(&worker, "echo; prepare_ms = 3000");
    uint64_t began_ms = hearth_clock_monotonic_ms();
    for (uint32_t i = 1; i <= 4; i++)
        driven_generate(&worker, i, "x", 1000);
    driven_pass_ms(&worker, 100);
    for (uint32_t i = 1; i <= 3; i++)
        driven_say(&worker, HEARTH_IPC_CANCEL, i);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors && worker.streams[3].errors);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 2000);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_ECANCELED);
    DRIVEN_UNTIL(&worker, worker.streams[4].done);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 6000);
    driven_stop(&worker);
}

static void stop_lets_what_runs_end_and_refuses_what_comes(void **state)
{
    (void)state;
    driven_load(&worker, "token_us = 20000");
    driven_generate(&worker, 1, "a b c d e", 1000);
    DRIVEN_UNTIL(&worker, worker.streams[1].events);
    driven_say(&worker, HEARTH_IPC_STOP, 0);
    driven_generate(&worker, 2, "late", 1000);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.status, 0);
    assert_int_equal(worker.signal, 0);
    assert_int_equal(worker.streams[1].done, 1);
    assert_string_equal(driven_text(&worker, 1), "a b c d e");
    assert_int_equal(worker.streams[2].failure.code, HEARTH_EDRAINING);
}

static void tokens_and_text_turn_into_each_other(void **state)
{
    (void)state;
    driven_load(&worker, "echo");
    const struct hearth_input to = {.task = HEARTH_TASK_TOKENIZE,
                                    .kind = HEARTH_INPUT_TEXT,
                                    .bytes = "ab cd",
                                    .length = 5,
                                    .no_special_tokens = true};
    driven_request(&worker, 1, &to, 0);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    assert_int_equal(worker.streams[1].token_count, 2);
    const struct hearth_input back = {.task = HEARTH_TASK_TOKENIZE,
                                      .kind = HEARTH_INPUT_TOKENS,
                                      .tokens = (int32_t *)worker.streams[1].tokens,
                                      .token_count = 2};
    driven_request(&worker, 2, &back, 1);
    DRIVEN_UNTIL(&worker, worker.streams[2].done);
    assert_string_equal(driven_text(&worker, 2), "ab cd");
    driven_stop(&worker);
}

static void an_embedding_is_a_unit_vector(void **state)
{
    (void)state;
    driven_load(&worker, "vector_length = 12");
    const struct hearth_input input = {
        .task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TEXT, .bytes = "ab cd", .length = 5};
    driven_request(&worker, 1, &input, 1);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    assert_int_equal(worker.streams[1].value_count, 12);
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)worker.streams[1].values[i] * worker.streams[1].values[i];
    assert_true(sum > 0.999 && sum < 1.001);
    driven_stop(&worker);
}

static void a_large_prompt_comes_by_memfd_and_is_judged_by_the_context(void **state)
{
    (void)state;
    driven_load(&worker, "echo");
    size_t length = 1u << 20;
    char *text = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = i % 8 ? 'w' : ' ';
    text[length] = '\0';
    driven_generate(&worker, 1, text, 10);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    free(text);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_ECONTEXT);
    assert_non_null(strstr(worker.streams[1].failure.message, "131073"));
    assert_non_null(strstr(worker.streams[1].failure.message, "256"));
    driven_stop(&worker);
}

static void a_load_that_fails_says_why_and_ends(void **state)
{
    (void)state;
    driven_start(&worker);
    driven_write_script(&worker, "colour = blue\n");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.failed, 1);
    assert_int_equal(worker.failure.code, HEARTH_EMODEL);
    assert_non_null(strstr(worker.failure.message, "line 1: colour"));
    assert_int_equal(worker.started_count, 0);
    assert_int_equal(worker.signal, 0);
}

static void what_does_not_fit_is_refused_with_the_sum(void **state)
{
    (void)state;
    driven_start(&worker);
    driven_write_script(&worker, "plan_bytes = 100MB\n");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    hello.memory_limit = 50u << 20;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.failure.code, HEARTH_EMEMORY);
    assert_non_null(strstr(worker.failure.message, "weights 100"));
    assert_non_null(strstr(worker.failure.message, "may have 50 MiB"));
    assert_int_equal(worker.started_count, 1);
}

static void a_probe_describes_and_plans_and_loads_nothing(void **state)
{
    (void)state;
    driven_start(&worker);
    driven_write_script(&worker, "load_bytes = 3MB\ncrash_at_load = yes\n");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    hello.probe = true;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.started_count, 1);
    assert_int_equal(worker.ready + worker.failed, 0);
    assert_int_equal(worker.status, 0);
    assert_int_equal(worker.started.plan.weights, 3 << 20);
}

static void an_engine_that_is_not_there_or_has_a_bad_name_is_refused(void **state)
{
    (void)state;
    driven_start(&worker);
    driven_write_script(&worker, "echo");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    snprintf(hello.engine, sizeof(hello.engine), "../engines/fake");
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.failure.code, HEARTH_EPATH);
}

static void a_crash_ends_the_process_with_its_signal(void **state)
{
    (void)state;
    driven_load(&worker, "crash_at_token = 2\ncrash = abort\n");
    driven_generate(&worker, 1, "a b c", 1000);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.signal, SIGABRT);
    assert_non_null(strstr(worker.log, "the script says crash"));
}

/* Loads a script whose inputs may take this long to prepare. */
static void load_impatient(const char *script, uint32_t prepare_ms)
{
    driven_start(&worker);
    driven_write_script(&worker, script);
    struct hearth_ipc_hello hello = driven_hello(&worker);
    hello.prepare_ms = prepare_ms;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.ready || worker.failed || worker.exited);
    assert_int_equal(worker.ready, 1);
}

/* The one that is to blame is told so; of the others nothing is said, so that they can be sent to
 * the next worker. */
static void expect_blame(uint32_t stream, const char *words)
{
    DRIVEN_UNTIL(&worker, worker.exited && worker.ended);
    assert_int_equal(worker.streams[stream].failure.code, HEARTH_EMODEL);
    if (!strstr(worker.streams[stream].failure.message, words))
        fail_msg("\"%s\" does not say \"%s\"", worker.streams[stream].failure.message, words);
    for (uint32_t i = 1; i < DRIVEN_STREAMS; i++)
        assert_true(i == stream || worker.streams[i].done + worker.streams[i].errors == 0);
}

static void a_prepare_that_does_not_come_back_is_blamed_and_ends_the_worker(void **state)
{
    (void)state;
    load_impatient("hang_word = forever\ntoken_us = 50000\nreply = a b c d e f g h i j k l m n o p",
                   500);
    driven_generate(&worker, 1, "goes on", 1000);
    DRIVEN_UNTIL(&worker, worker.streams[1].events);
    uint64_t began_ms = hearth_clock_monotonic_ms();
    driven_generate(&worker, 2, "forever", 1000);
    driven_generate(&worker, 3, "waits behind it", 1000);
    expect_blame(2, "did not come to an end within 1 s while it prepared this input");
    assert_int_equal(worker.status, 70);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 10000);
    assert_int_equal(worker.streams[3].prepared, 0);
}

static void a_prepare_that_nobody_waits_for_any_more_is_ended_too(void **state)
{
    (void)state;
    load_impatient("hang_word = forever", 500);
    driven_generate(&worker, 1, "forever", 1000);
    driven_pass_ms(&worker, 100);
    driven_say(&worker, HEARTH_IPC_CANCEL, 1);
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.status, 70);
}

static void inputs_that_take_their_time_one_after_the_other_are_not_blamed(void **state)
{
    (void)state;
    load_impatient("echo; prepare_ms = 300", 1000);
    for (uint32_t i = 1; i <= 6; i++)
        driven_generate(&worker, i, "a b", 1000);
    for (uint32_t i = 1; i <= 6; i++)
        DRIVEN_UNTIL(&worker, worker.streams[i].done);
    driven_stop(&worker);
}

static void expect_crash(const char *script, const char *words, int number)
{
    driven_load(&worker, script);
    driven_generate(&worker, 1, "bang", 1000);
    expect_blame(1, words);
    assert_true(worker.signal == number || worker.status != 0); /* a sanitizer reports and exits */
}

static void a_fault_while_an_input_is_prepared_is_blamed_on_it(void **state)
{
    (void)state;
    expect_crash("crash = segv; crash_early_word = bang", "(Segmentation fault)", SIGSEGV);
}

static void an_abort_while_an_input_is_prepared_is_blamed_on_it(void **state)
{
    (void)state;
    expect_crash("crash = abort; crash_early_word = bang", "(Aborted)", SIGABRT);
}

/* The most that the process has held, in KiB. */
static uint64_t most_memory_kib(void)
{
    char path[64], line[256];
    unsigned long long most = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)hearth_process_pid(worker.process));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            most = strtoull(line + 6, NULL, 10);
    fclose(file);
    return most;
}

static void memory_beyond_the_plan_and_its_margin_is_not_to_be_had(void **state)
{
    (void)state;
    driven_load(&worker, "grow_word = more\nload_bytes = 64MB");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    driven_stop(&worker);
    skip(); /* their shadow is larger than any limit */
#endif
    uint64_t plan_kib = (worker.started.plan.weights + worker.started.plan.cache +
                         worker.started.plan.scratch + worker.started.plan.process) >>
                        10;
    driven_generate(&worker, 1, "more", 1000);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_ENOMEM);
    assert_true(most_memory_kib() > plan_kib);
    assert_true(most_memory_kib() < plan_kib + (1u << 20));
    driven_generate(&worker, 2, "a b", 1000); /* and it goes on */
    DRIVEN_UNTIL(&worker, worker.streams[2].done);
    driven_stop(&worker);
}

static void a_broken_protocol_ends_the_worker_cleanly(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n\r\n",         "\0\0\0\0\x02\0\0\0\0\0\0\0", /* a request on stream 0 */
        "\0\0\0\0\x40\0\0\0\0\0\0\0",     /* a frame of the other way */
        "\0\0\0\0\x01\0\0\0\0\0\0\0",     /* a second HELLO */
        "\x04\0\0\0\x02\x01\0\0\1\0\0\0", /* a memfd that is not there */
        "\0\0\0\0\x03\0\0\0\1\0\0\0",     /* a CREDIT without its field */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (i)
            driven_finish(&worker);
        driven_load(&worker, "echo");
        hearth_channel_write(worker.channel, bad[i], 12, -1);
        DRIVEN_UNTIL(&worker, worker.exited);
        assert_int_equal(worker.signal, 0);
        assert_int_equal(worker.status, 65);
        assert_non_null(strstr(worker.log, "broke the protocol"));
    }
}

static uint64_t seed = 0x9E3779B97F4A7C15ull;

static uint32_t pick(uint32_t below)
{
    return (uint32_t)(seeded_next(&seed) % below);
}

/* Frames of every kind, some of them bent; the worker serves on or says that it cannot. */
static void random_frames_never_crash_it(void **state)
{
    (void)state;
    static const char messages[] = "{\"messages\":[{\"content\":\"a b c\"}]}";
    const struct hearth_sampling sampling = {.top_p = 1, .max_tokens = 3};
    for (int round = 0; round < 12; round++) {
        if (round)
            driven_finish(&worker);
        driven_load(&worker, "cache = yes");
        worker.unchecked = true;
        struct hearth_buf buf;
        int descriptor;
        hearth_buf_init(&buf, 1u << 20);
        for (int i = 0; i < 40; i++) {
            const struct hearth_input input = {.task = (enum hearth_task)(1u << pick(4)),
                                               .kind = (enum hearth_input_kind)(1 + pick(5)),
                                               .bytes = messages,
                                               .length = pick(sizeof(messages)),
                                               .tokens = (const int32_t[]){-1, 0, 300, 1 << 30},
                                               .token_count = pick(5),
                                               .truncate = (enum hearth_truncate)pick(3),
                                               .sampling = &sampling};
            hearth_ipc_put_request(&buf, 1 + pick(50), &input, pick(9), pick(9), NULL, &descriptor);
            hearth_ipc_put_credit(&buf, 1 + pick(50), pick(2) ? UINT32_MAX : 1);
            hearth_ipc_put_empty(&buf, HEARTH_IPC_CANCEL, pick(50));
            hearth_ipc_put_empty(&buf, HEARTH_IPC_PING, 0);
        }
        for (int bends = round % 4; bends > 0; bends--)
            buf.bytes[pick((uint32_t)buf.length)] ^= (char)(1u << pick(8));
        driven_send(&worker, &buf, -1);
        driven_say(&worker, HEARTH_IPC_STOP, 0);
        driven_pass_ms(&worker, 200);
        hearth_channel_close(worker.channel); /* streams without credit would wait for ever */
        worker.channel = NULL;
        DRIVEN_UNTIL(&worker, worker.exited);
        if (worker.signal || (worker.status && worker.status != 65))
            fail_msg("status %d, signal %d: %s", worker.status, worker.signal, worker.log);
    }
}

static void a_malformed_request_fails_alone(void **state)
{
    (void)state;
    driven_load(&worker, "echo");
    driven_say(&worker, HEARTH_IPC_REQUEST, 1); /* without any field */
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    assert_int_equal(worker.streams[1].failure.code, HEARTH_EPARSE);
    driven_generate(&worker, 2, "fine", 10);
    DRIVEN_UNTIL(&worker, worker.streams[2].done);
    driven_stop(&worker);
}

static void the_end_of_the_channel_ends_a_busy_worker(void **state)
{
    (void)state;
    driven_load(&worker, "stall_at = 1");
    driven_generate(&worker, 1, "a", 10);
    DRIVEN_UNTIL(&worker, worker.streams[1].prepared);
    driven_pass_ms(&worker, 100);
    uint64_t began_ms = hearth_clock_monotonic_ms();
    hearth_channel_close(worker.channel);
    worker.channel = NULL;
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 2000);
}

static bool runs(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *got = fgets(line, sizeof(line), file);
    fclose(file);
    char *end = got ? strrchr(got, ')') : NULL;
    return end && end[2] != 'Z';
}

static void the_death_of_the_gateway_ends_a_loading_worker_within_two_seconds(void **state)
{
    (void)state;
    int out[2];
    pid_t pid = 0;
    assert_int_equal(pipe(out), 0);
    pid_t gateway = fork();
    if (gateway == 0) {
        driven_start(&worker);
        driven_write_script(&worker, "load_ms = 100000");
        struct hearth_ipc_hello hello = driven_hello(&worker);
        driven_greet(&worker, &hello);
        DRIVEN_UNTIL(&worker, worker.progress);
        unlink(worker.script);
        pid = hearth_process_pid(worker.process);
        if (write(out[1], &pid, sizeof(pid)) == sizeof(pid))
            pause();
        _exit(1);
    }
    assert_int_equal(read(out[0], &pid, sizeof(pid)), sizeof(pid));
    assert_true(runs(pid));
    kill(gateway, SIGKILL);
    waitpid(gateway, NULL, 0);
    uint64_t began_ms = hearth_clock_monotonic_ms();
    while (runs(pid) && hearth_clock_monotonic_ms() - began_ms < 10000)
        usleep(10000);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 2000);
    close(out[0]);
    close(out[1]);
}

/* The whole engine inside the whole sandbox. */
static void a_real_model_generates_in_the_sandbox(void **state)
{
    (void)state;
    const char *model = getenv("HEARTH_TEST_GGUF");
    driven_start(&worker);
    if (!model || access(HEARTH_BUILD_DIR "/lib/hearth/engines/llama.so", R_OK)) {
        print_message("skipped: HEARTH_TEST_GGUF is not set, or llama is not built\n");
        skip();
    }
    struct hearth_ipc_hello hello = driven_hello(&worker);
    snprintf(hello.engine, sizeof(hello.engine), "llama");
    snprintf(hello.model_path, sizeof(hello.model_path), "%s", model);
    hello.batch = 64;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.ready || worker.exited);
    if (!worker.ready)
        fail_msg("%s %s", worker.failure.message, worker.log);
    const struct hearth_sampling sampling = {
        .top_p = 1, .repeat_penalty = 1, .max_tokens = 8, .ignore_eos = true};
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = "Once upon a time",
                                       .length = 16,
                                       .sampling = &sampling};
    for (uint32_t i = 1; i <= 4; i++)
        driven_request(&worker, i, &input, 100);
    for (uint32_t i = 1; i <= 4; i++) {
        DRIVEN_UNTIL(&worker, worker.streams[i].done);
        assert_int_equal(worker.streams[i].last.completion_tokens, 8);
        assert_true(strlen(driven_text(&worker, i)) > 8);
    }
    driven_stop(&worker);
}

static void it_links_only_what_it_needs(void **state)
{
    (void)state;
    char line[512];
    FILE *ldd = popen("ldd " HEARTH_BUILD_DIR "/libexec/hearth/hearth-worker", "r");
    assert_non_null(ldd);
    int lines = 0;
    static const char *const allowed[] = {
        "linux-vdso",  "libuv.so", "libjansson.so", "libm.so",  "libc.so",
        "ld-linux",    "libdl.so", "libpthread.so", "librt.so", "libasan",
        "libubsan",    "libtsan",  "libstdc++",     "libgcc_s", /* of the sanitizers */
        "libcrypto.so"}; /* digests of base: what was computed of prompts and comes back from disk
                          */
    while (fgets(line, sizeof(line), ldd)) {
        bool fine = false;
        for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
            fine |= strstr(line, allowed[i]) != NULL;
        if (!fine)
            fail_msg("it links %s", line);
        lines++;
    }
    assert_int_equal(pclose(ldd), 0);
    assert_true(lines > 3);
}

static void load_with_places(uint32_t places)
{
    driven_start(&worker);
    driven_write_script(&worker, "echo\ntoken_us = 200\n");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    hello.adapter_places = places;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.ready || worker.failed || worker.exited);
    assert_int_equal(worker.ready, 1);
}

static void adapters_come_and_go_beside_what_runs(void **state)
{
    (void)state;
    load_with_places(2);
    assert_int_equal(worker.facts.adapter_places, 2);
    driven_generate(&worker, 1, "one two three four five six", 100);
    driven_adapter(&worker, 0, "fake adapter poet");
    driven_adapter(&worker, 1, "fake adapter coder");
    DRIVEN_UNTIL(&worker, worker.adapters == 2);
    assert_int_equal(worker.adapter.error.code, 0);
    driven_generate_adapted(&worker, 2, "says this", 0);
    driven_generate_adapted(&worker, 3, "says that", 1);
    driven_generate(&worker, 4, "alone", 100);
    for (uint32_t i = 1; i <= 4; i++)
        DRIVEN_UNTIL(&worker, worker.streams[i].done);
    assert_string_equal(driven_text(&worker, 1), "one two three four five six");
    assert_string_equal(driven_text(&worker, 2), "poet says this");
    assert_string_equal(driven_text(&worker, 3), "coder says that");
    assert_string_equal(driven_text(&worker, 4), "alone");
    /* The place is another's now. */
    driven_adapter_drop(&worker, 0);
    driven_adapter(&worker, 0, "fake adapter clerk");
    DRIVEN_UNTIL(&worker, worker.adapters == 3);
    driven_generate_adapted(&worker, 5, "says it", 0);
    DRIVEN_UNTIL(&worker, worker.streams[5].done);
    assert_string_equal(driven_text(&worker, 5), "clerk says it");
    driven_stop(&worker);
}

static void an_adapter_that_is_none_is_an_answer_and_its_place_stays_free(void **state)
{
    (void)state;
    load_with_places(1);
    driven_generate_adapted(&worker, 1, "too early", 0);
    DRIVEN_UNTIL(&worker, worker.streams[1].errors);
    assert_string_equal(worker.streams[1].failure.message, "the adapter is not loaded");
    driven_adapter(&worker, 0, "this is no adapter");
    DRIVEN_UNTIL(&worker, worker.adapters == 1);
    assert_int_equal(worker.adapter.error.code, HEARTH_EMODEL);
    assert_string_equal(worker.adapter.error.message, "adapter 'poet' is no fake adapter");
    driven_adapter(&worker, 0, "");
    DRIVEN_UNTIL(&worker, worker.adapters == 2);
    assert_string_equal(worker.adapter.error.message, "adapter 'poet' is not a file with content");
    driven_adapter(&worker, 0, "fake adapter poet");
    DRIVEN_UNTIL(&worker, worker.adapters == 3);
    driven_generate_adapted(&worker, 2, "says this", 0);
    DRIVEN_UNTIL(&worker, worker.streams[2].done);
    assert_string_equal(driven_text(&worker, 2), "poet says this");
    driven_stop(&worker);
}

/* `break_it` sends what may not come. */
static void ends_the_connection(void (*break_it)(void))
{
    load_with_places(1);
    break_it();
    DRIVEN_UNTIL(&worker, worker.exited);
    assert_int_equal(worker.status, 65);
}

static void drop_what_is_not_there(void)
{
    driven_adapter_drop(&worker, 0);
}

static void fill_a_place_that_is_not_there(void)
{
    driven_adapter(&worker, 1, "fake adapter poet");
}

static void fill_without_a_file(void)
{
    driven_adapter(&worker, 0, NULL);
}

static void fill_twice(void)
{
    driven_adapter(&worker, 0, "fake adapter poet");
    driven_adapter(&worker, 0, "fake adapter poet");
}

static void drop_what_is_used(void)
{
    driven_adapter(&worker, 0, "fake adapter poet");
    DRIVEN_UNTIL(&worker, worker.adapters == 1);
    driven_generate_adapted(&worker, 1, "one two three four five six seven eight nine", 0);
    driven_adapter_drop(&worker, 0);
}

static void a_drop_of_nothing_ends_it(void **state)
{
    (void)state;
    ends_the_connection(drop_what_is_not_there);
}

static void a_place_that_is_not_there_ends_it(void **state)
{
    (void)state;
    ends_the_connection(fill_a_place_that_is_not_there);
}

static void an_adapter_without_a_file_ends_it(void **state)
{
    (void)state;
    ends_the_connection(fill_without_a_file);
}

static void a_place_filled_twice_ends_it(void **state)
{
    (void)state;
    ends_the_connection(fill_twice);
}

static void a_drop_under_a_stream_ends_it(void **state)
{
    (void)state;
    ends_the_connection(drop_what_is_used);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        CASE(it_greets_loads_with_progress_and_says_what_it_is),
        CASE(a_heartbeat_is_answered_while_it_loads),
        CASE(a_request_is_prepared_generated_and_done),
        CASE(many_requests_share_the_slots_and_all_end),
        CASE(adapters_come_and_go_beside_what_runs),
        CASE(an_adapter_that_is_none_is_an_answer_and_its_place_stays_free),
        CASE(a_drop_of_nothing_ends_it),
        CASE(a_place_that_is_not_there_ends_it),
        CASE(an_adapter_without_a_file_ends_it),
        CASE(a_place_filled_twice_ends_it),
        CASE(a_drop_under_a_stream_ends_it),
        CASE(a_stream_without_credit_waits_and_the_other_goes_on),
        CASE(cancel_ends_a_stream_while_it_decodes),
        CASE(cancel_breaks_off_a_long_prefill),
        CASE(others_lose_nothing_when_a_step_is_broken_off),
        CASE(a_canceled_request_that_waits_never_runs),
        CASE(a_canceled_request_makes_way_while_it_is_prepared),
        CASE(stop_lets_what_runs_end_and_refuses_what_comes),
        CASE(tokens_and_text_turn_into_each_other),
        CASE(an_embedding_is_a_unit_vector),
        CASE(a_large_prompt_comes_by_memfd_and_is_judged_by_the_context),
        CASE(a_load_that_fails_says_why_and_ends),
        CASE(what_does_not_fit_is_refused_with_the_sum),
        CASE(a_probe_describes_and_plans_and_loads_nothing),
        CASE(an_engine_that_is_not_there_or_has_a_bad_name_is_refused),
        CASE(a_crash_ends_the_process_with_its_signal),
        CASE(a_prepare_that_does_not_come_back_is_blamed_and_ends_the_worker),
        CASE(a_prepare_that_nobody_waits_for_any_more_is_ended_too),
        CASE(inputs_that_take_their_time_one_after_the_other_are_not_blamed),
        CASE(a_fault_while_an_input_is_prepared_is_blamed_on_it),
        CASE(an_abort_while_an_input_is_prepared_is_blamed_on_it),
        CASE(memory_beyond_the_plan_and_its_margin_is_not_to_be_had),
        CASE(a_broken_protocol_ends_the_worker_cleanly),
        CASE(random_frames_never_crash_it),
        CASE(a_malformed_request_fails_alone),
        CASE(the_end_of_the_channel_ends_a_busy_worker),
        CASE(a_real_model_generates_in_the_sandbox),
        cmocka_unit_test(the_death_of_the_gateway_ends_a_loading_worker_within_two_seconds),
        cmocka_unit_test(it_links_only_what_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
