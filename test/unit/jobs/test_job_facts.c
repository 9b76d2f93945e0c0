/* What is kept and shown of a training job. */
#include "unit/cmocka_all.h"

#include "jobs/job_facts.h"

#include "base/error.h"

#include <string.h>

static json_t *fresh(void)
{
    json_t *parameters = json_pack("{s:i, s:s}", "seed", 7, "method", "lora");
    const struct hearth_job_fresh job = {
        .id = "ftjob-1",
        .home = "host:/home",
        .model = "clerk",
        .model_id = 3,
        .base = "base:1",
        .base_digest = "aa",
        .base_version_id = 9,
        .data = {.id = "ds-1", .path = "/data.jsonl", .sha256 = "bb"},
        .evaluation = {.id = "ds-2", .path = "/eval.jsonl", .sha256 = "cc"},
        .parameters = parameters,
        .label = "spring",
        .now_ms = 1000,
    };
    json_t *facts = hearth_job_facts_create(&job);
    json_decref(parameters);
    return facts;
}

static void test_clients_see_nothing_internal(void **state)
{
    (void)state;
    json_t *facts = fresh(), *shown = hearth_job_facts_shown(facts, NULL);
    assert_null(json_object_get(shown, "internal"));
    assert_string_equal(hearth_json_text(shown, "state", ""), "queued");
    assert_int_equal(hearth_json_integer(shown, "seed", 0), 7);
    assert_true(json_is_null(json_object_get(shown, "version")));
    assert_string_equal(hearth_job_facts_internal(facts, "data_path"), "/data.jsonl");
    json_decref(shown);
    json_decref(facts);
}

static void test_paths_in_messages_become_what_clients_know(void **state)
{
    (void)state;
    json_t *facts = fresh();
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EIO, "/data.jsonl, /eval.jsonl, /blobs/aa/x, /jobs/1/adapter");
    hearth_job_facts_name(facts, "/blobs/aa", "/jobs/1", &error);
    assert_string_equal(error.message, "ds-1, ds-2, base:1/x, the job's folder/adapter");
    json_object_set_new(facts, "client", json_pack("{s:s}", "training_file", "file-7"));
    hearth_error_set(&error, HEARTH_EIO, "/data.jsonl, /eval.jsonl");
    hearth_job_facts_name(facts, "", NULL, &error);
    assert_string_equal(error.message, "file-7, ds-2");
    json_decref(facts);
}

static void test_an_order_names_files_by_their_digests(void **state)
{
    (void)state;
    json_t *facts = fresh();
    json_t *order = hearth_job_facts_order(facts, "/base", "/out");
    assert_string_equal(hearth_json_text(order, "work", ""), "train");
    assert_string_equal(hearth_json_text(order, "output", ""), "/out");
    const json_t *data = json_object_get(order, "evaluation_data");
    assert_string_equal(hearth_json_text(data, "sha256", ""), "cc");
    assert_string_equal(hearth_json_text(json_object_get(order, "base"), "sha256", ""), "aa");
    json_decref(order);
    order = hearth_job_facts_order(facts, "/base", NULL);
    assert_string_equal(hearth_json_text(order, "work", ""), "preview");
    assert_null(json_object_get(order, "output"));
    json_decref(order);
    json_decref(facts);
}

static void test_events_move_the_whole(void **state)
{
    (void)state;
    json_t *facts = fresh();
    json_t *plan = json_pack("{s:s, s:i, s:i}", "type", "plan", "steps", 12, "memory_bytes", 4096);
    json_t *step = json_pack("{s:s, s:i, s:f, s:i, s:i}", "type", "metrics", "step", 3, "loss", 1.5,
                             "tokens", 99, "memory_bytes", 4000);
    json_t *log = json_pack("{s:s, s:i}", "type", "log", "step", 77);
    assert_int_equal(hearth_job_facts_planned(facts), 0);
    hearth_job_facts_event(facts, plan);
    hearth_job_facts_event(facts, step);
    hearth_job_facts_event(facts, log);
    assert_int_equal(hearth_job_facts_planned(facts), 4096);
    assert_int_equal(hearth_json_integer(facts, "steps", 0), 12);
    assert_int_equal(hearth_json_integer(facts, "step", 0), 3);
    assert_int_equal(hearth_json_integer(facts, "trained_tokens", 0), 99);
    assert_int_equal(hearth_json_integer(facts, "memory_bytes", 0), 4000);
    json_decref(plan);
    json_decref(step);
    json_decref(log);
    json_decref(facts);
}

static void test_a_state_has_its_times(void **state)
{
    (void)state;
    json_t *facts = fresh();
    hearth_job_facts_move(facts, HEARTH_JOB_RUNNING, 2000);
    hearth_job_facts_move(facts, HEARTH_JOB_INTERRUPTED, 3000);
    hearth_job_facts_move(facts, HEARTH_JOB_QUEUED, 3000);
    hearth_job_facts_move(facts, HEARTH_JOB_RUNNING, 4000);
    assert_string_equal(hearth_json_text(facts, "started_at", ""), "1970-01-01T00:00:02.000Z");
    assert_true(json_is_null(json_object_get(facts, "finished_at")));
    hearth_job_facts_move(facts, HEARTH_JOB_FAILED, 5000);
    assert_string_equal(hearth_json_text(facts, "finished_at", ""), "1970-01-01T00:00:05.000Z");
    json_decref(facts);
}

static void test_a_version_knows_where_it_comes_from(void **state)
{
    (void)state;
    json_t *facts = fresh(), *environment = json_pack("{s:s}", "commit", "abc");
    json_t *result = json_pack("{s:{s:f}}", "metrics", "loss", 0.5);
    json_t *lineage = hearth_job_facts_lineage(facts, environment);
    assert_string_equal(hearth_json_text(lineage, "dataset_sha256", ""), "bb");
    assert_string_equal(hearth_json_text(lineage, "evaluation_dataset_sha256", ""), "cc");
    assert_int_equal(hearth_json_integer(json_object_get(lineage, "parameters"), "seed", 0), 7);
    assert_string_equal(hearth_json_text(json_object_get(lineage, "environment"), "commit", ""),
                        "abc");
    hearth_job_facts_done(facts, result, 4, "/artifacts/clerk/4");
    assert_string_equal(hearth_json_text(facts, "version", ""), "clerk:4");
    assert_true(hearth_json_number(json_object_get(facts, "metrics"), "loss", 0) == 0.5);
    json_decref(lineage);
    json_decref(environment);
    json_decref(result);
    json_decref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_see_nothing_internal),
        cmocka_unit_test(test_paths_in_messages_become_what_clients_know),
        cmocka_unit_test(test_an_order_names_files_by_their_digests),
        cmocka_unit_test(test_events_move_the_whole),
        cmocka_unit_test(test_a_state_has_its_times),
        cmocka_unit_test(test_a_version_knows_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
