/* What a sandboxed process says about a model's file, as the registry asks at install. */
#include "backend/probe.h"
#include "base/json.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 60000 };

static char directory[] = "/tmp/hearth-test-XXXXXX";

static struct hearth_probe_options options = {
    .worker_path = HEARTH_BUILD_DIR "/libexec/hearth/hearth-worker",
    .engines_path = HEARTH_BUILD_DIR "/lib/hearth/engines",
    .timeout_ms = TIMEOUT_MS,
};

struct outcome {
    char path[64], engine[64];
    struct hearth_buf facts;
    struct hearth_error error;
    int rc;
};

static void write_file(struct outcome *outcome, const char *name, const char *text)
{
    memset(outcome, 0, sizeof(*outcome));
    hearth_buf_init(&outcome->facts, 1 << 16);
    snprintf(outcome->path, sizeof(outcome->path), "%s/%s", directory, name);
    FILE *file = fopen(outcome->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void *probe(void *argument)
{
    struct outcome *outcome = argument;
    outcome->rc = hearth_probe(&options, outcome->path, NULL, outcome->engine,
                               sizeof(outcome->engine), &outcome->facts, &outcome->error);
    return NULL;
}

static void finish(struct outcome *outcome)
{
    hearth_buf_finish(&outcome->facts);
    unlink(outcome->path);
}

static void expect_facts(struct outcome *outcome, int trained_context)
{
    if (outcome->rc)
        fail_msg("%s", outcome->error.message);
    assert_string_equal(outcome->engine, "fake");
    json_t *facts = hearth_json_parse(outcome->facts.bytes, outcome->facts.length, NULL);
    assert_non_null(facts);
    assert_int_equal(hearth_json_integer(facts, "trained_context", 0), trained_context);
    json_decref(facts);
}

static void test_a_sound_model_gives_engine_and_facts(void **state)
{
    (void)state;
    struct outcome outcome;
    write_file(&outcome, "a.fake", "reply = hello\ncontext = 77\n");
    probe(&outcome);
    expect_facts(&outcome, 77);
    finish(&outcome);
}

static void test_several_threads_may_probe_at_once(void **state)
{
    (void)state;
    struct outcome outcomes[4];
    pthread_t threads[4];
    char name[16];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof(name), "%d.fake", i);
        write_file(&outcomes[i], name, "context = 5\n");
        assert_int_equal(pthread_create(&threads[i], NULL, probe, &outcomes[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        expect_facts(&outcomes[i], 5);
        finish(&outcomes[i]);
    }
}

static void test_a_faulty_model_is_named_with_its_fault(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"b.fake", "colour = red\n", "colour"},
        {"c.fake", "crash_at_describe = yes\n", "ended"}, /* it ends who reads it */
        {"d.txt", "once upon a time\n", "no engine is known"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome outcome;
        write_file(&outcome, rows[i].name, rows[i].text);
        probe(&outcome);
        assert_int_equal(outcome.rc, HEARTH_EMODEL);
        if (!strstr(outcome.error.message, rows[i].words))
            fail_msg("'%s' does not say '%s'", outcome.error.message, rows[i].words);
        finish(&outcome);
    }
}

static void test_without_its_engine_the_form_alone_is_told(void **state)
{
    (void)state;
    struct outcome outcome;
    struct hearth_probe_options saved = options;
    options.engines_path = directory;
    write_file(&outcome, "e.fake", "reply = hello\n");
    probe(&outcome);
    options = saved;
    assert_int_equal(outcome.rc, 0);
    assert_string_equal(outcome.engine, "fake");
    assert_int_equal(outcome.facts.length, 0);
    finish(&outcome);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_model_gives_engine_and_facts),
        cmocka_unit_test(test_several_threads_may_probe_at_once),
        cmocka_unit_test(test_a_faulty_model_is_named_with_its_fault),
        cmocka_unit_test(test_without_its_engine_the_form_alone_is_told),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
