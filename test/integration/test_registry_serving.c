/* Serving what was installed: through the registry to a worker, and only the pinned bytes when the
 * server is locked. */
#include "base/error.h"
#include "blob/blob.h"
#include "catalog/catalog.h"
#include "config/lock.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "registry/install.h"
#include "serving/inference.h"
#include "serving/scheduler.h"
#include "serving/shared_input.h"
#include "support/temp_folder.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 60000 };

struct bed {
    struct hearth_loop *loop;
    struct hearth_source_options sources;
    struct hearth_registry registry;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    struct hearth_settings settings;
    char home[32], lock_path[64];
    struct hearth_arena *arena;
    struct hearth_version *version;
    struct hearth_error outcome; /* of the load */
    bool ended;
};

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void install(struct bed *bed)
{
    struct hearth_error error;
    char script[64], source[80];
    int64_t model_id, number;
    snprintf(script, sizeof(script), "%s/script.fake", bed->home);
    snprintf(source, sizeof(source), "fake:%s", script);
    write_text(script, "reply = installed\n");
    const struct hearth_install_request request = {.source = source, .name = "m"};
    if (hearth_install(&bed->registry, &request, NULL, &model_id, &number, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(hearth_store_version_get(bed->registry.store, model_id, number, bed->arena,
                                              &bed->version, &error),
                     0);
    assert_int_equal(bed->version->file_count, 1);
}

static void refreshed(void *argument, const struct hearth_error *error)
{
    assert_null(error);
    hearth_loop_stop(argument);
}

static void refresh(struct bed *bed)
{
    hearth_catalog_refresh(bed->catalog, refreshed, bed->loop);
    hearth_loop_run(bed->loop);
}

static void open_bed(struct bed *bed)
{
    struct hearth_error error;
    memset(bed, 0, sizeof(*bed));
    temp_folder_make(bed->home);
    snprintf(bed->lock_path, sizeof(bed->lock_path), "%s/hearth.lock", bed->home);
    bed->arena = hearth_arena_create(16 << 20);
    bed->loop = hearth_loop_create();
    bed->sources.base_directory = bed->home;
    bed->registry.home = bed->home;
    bed->registry.sources = &bed->sources;
    assert_int_equal(hearth_store_open_memory(bed->loop, &bed->registry.store, &error), 0);
    assert_int_equal(hearth_blob_open_files(bed->home, &bed->registry.blobs, &error), 0);
    install(bed);
    bed->catalog = hearth_catalog_create(bed->loop, bed->registry.store, 0);
    refresh(bed);
}

static void start_scheduler(struct bed *bed, bool locked)
{
    struct hearth_error error;
    bed->settings = (struct hearth_settings){
        .engines = HEARTH_BUILD_DIR "/lib/hearth/engines",
        .sandbox = "auto",
        .affinity = "auto",
        .queue_max = 4,
        .load_timeout = WAIT_MS,
        .heartbeat_timeout = WAIT_MS,
        .stop_timeout = WAIT_MS,
        .breaker_failures = 3,
        .breaker_rest = WAIT_MS,
        .locked = locked,
    };
    const struct hearth_scheduler_options options = {
        .loop = bed->loop,
        .catalog = bed->catalog,
        .registry = &bed->registry,
        .settings = &bed->settings,
        .worker_path = HEARTH_BUILD_DIR "/libexec/hearth/hearth-worker",
        .lock_path = bed->lock_path,
    };
    assert_int_equal(hearth_scheduler_create(&options, &bed->scheduler, &error), 0);
}

static void close_bed(struct bed *bed)
{
    hearth_scheduler_destroy(bed->scheduler);
    hearth_catalog_destroy(bed->catalog);
    hearth_store_close(bed->registry.store);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
    hearth_blob_close(bed->registry.blobs);
    hearth_arena_destroy(bed->arena);
    temp_folder_remove(bed->home);
}

static void loaded(void *argument, const struct hearth_error *error)
{
    struct bed *bed = argument;
    if (error)
        bed->outcome = *error;
    bed->ended = true;
    hearth_loop_stop(bed->loop);
}

static void give_up(void *argument)
{
    hearth_loop_stop(argument);
}

static void load(struct bed *bed)
{
    struct hearth_error error;
    bed->ended = false;
    bed->outcome.code = 0;
    if (hearth_scheduler_load(bed->scheduler, "m", loaded, bed, &error) < 0)
        fail_msg("%s", error.message);
    struct hearth_timer *timer = hearth_timer_create(bed->loop, give_up, bed->loop);
    hearth_timer_start(timer, WAIT_MS, 0);
    hearth_loop_run(bed->loop);
    hearth_timer_destroy(timer);
    assert_true(bed->ended);
}

static void expect_refusal(struct bed *bed, int code, const char *words)
{
    load(bed);
    assert_int_equal(bed->outcome.code, code);
    if (!strstr(bed->outcome.message, words))
        fail_msg("'%s' does not say '%s'", bed->outcome.message, words);
}

static void expect_loaded(struct bed *bed)
{
    load(bed);
    if (bed->outcome.code)
        fail_msg("%s", bed->outcome.message);
}

static void write_lock(struct bed *bed, const char *sha256)
{
    struct hearth_error error;
    const struct hearth_file *file = &bed->version->files[0];
    struct hearth_lock_file pinned = {
        .path = file->path, .sha256 = sha256 ? sha256 : file->sha256, .size = file->size};
    struct hearth_lock_entry entry = {.name = "m",
                                      .source = bed->version->source,
                                      .revision = "",
                                      .version = 1,
                                      .files = &pinned,
                                      .file_count = 1};
    const struct hearth_lock lock = {.entries = &entry, .count = 1};
    if (hearth_lock_write(bed->lock_path, &lock, &error) < 0)
        fail_msg("%s", error.message);
}

/* Other bytes of the same length under the blob's name, as a disk or a hand might do it. */
static void tamper(struct bed *bed)
{
    char path[PATH_MAX];
    assert_int_equal(hearth_blob_path(bed->registry.blobs, bed->version->files[0].sha256, path,
                                      sizeof(path), NULL),
                     0);
    assert_int_equal(chmod(path, 0600), 0);
    write_text(path, "reply = tampered!\n");
    assert_int_equal(truncate(path, bed->version->files[0].size), 0);
}

static void test_an_installed_model_is_loaded_through_the_registry(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    start_scheduler(&bed, false);
    expect_loaded(&bed);
    close_bed(&bed);
}

static void test_locked_serving_takes_what_the_lock_pins(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    write_lock(&bed, NULL);
    start_scheduler(&bed, true);
    expect_loaded(&bed);
    close_bed(&bed);
}

static void test_locked_serving_refuses_without_a_lock(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    start_scheduler(&bed, true);
    expect_refusal(&bed, HEARTH_EDIGEST, "hearth.lock is not there");
    close_bed(&bed);
}

static void test_locked_serving_names_the_file_that_another_digest_is_pinned_for(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    write_lock(&bed, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    start_scheduler(&bed, true);
    expect_refusal(&bed, HEARTH_EDIGEST, bed.version->files[0].path);
    close_bed(&bed);
}

static void test_locked_serving_names_the_file_whose_bytes_have_changed(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    write_lock(&bed, NULL);
    tamper(&bed);
    start_scheduler(&bed, true);
    expect_refusal(&bed, HEARTH_EDIGEST, bed.version->files[0].path);
    close_bed(&bed);
}

static void take_pid(void *argument, const struct hearth_model_report *report)
{
    *(pid_t *)argument = report->pid;
}

/* By another program, say, that the gateway hears of only through the store. */
static void test_a_version_in_a_removed_one_s_place_gets_a_process_of_its_own(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    pid_t first = 0, second = 0;
    open_bed(&bed);
    start_scheduler(&bed, false);
    expect_loaded(&bed);
    hearth_scheduler_each(bed.scheduler, take_pid, &first);
    assert_int_equal(hearth_registry_remove(&bed.registry, bed.version->model_id, 0, &error), 0);
    install(&bed);
    refresh(&bed);
    expect_loaded(&bed);
    hearth_scheduler_each(bed.scheduler, take_pid, &second);
    assert_true(first > 0 && second > 0 && first != second);
    close_bed(&bed);
}

/* The catalogue has not heard of it yet. It is no fault of the model's files. */
static void test_a_version_that_was_removed_is_told_so(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    open_bed(&bed);
    start_scheduler(&bed, false);
    assert_int_equal(hearth_registry_remove(&bed.registry, bed.version->model_id, 0, &error), 0);
    expect_refusal(&bed, HEARTH_ENOMODEL, "model 'm:1' was removed");
    close_bed(&bed);
}

static void put_another_in_its_place(struct bed *bed)
{
    struct hearth_error error;
    assert_int_equal(hearth_registry_remove(&bed->registry, bed->version->model_id, 0, &error), 0);
    install(bed);
    refresh(bed);
}

static void test_a_target_goes_to_no_other_version_in_its_place(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    struct hearth_inference_target *target;
    struct hearth_inference *inference;
    const struct hearth_inference_request request = {.model = "m", .client = "tester"};
    const struct hearth_input input = {
        .task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_TEXT, .bytes = "hi", .length = 2};
    const struct hearth_inference_events none = {.on_error = NULL};
    open_bed(&bed);
    start_scheduler(&bed, false);
    assert_int_equal(hearth_inference_target_open(bed.scheduler, &request, &target, &error), 0);
    put_another_in_its_place(&bed);
    expect_loaded(&bed);
    struct hearth_shared_input *shared = hearth_shared_input_create(&input);
    const struct hearth_inference_part part = {.input = shared};
    assert_int_equal(
        hearth_inference_submit_part(target, &part, &none, NULL, &inference, NULL, &error),
        HEARTH_ENOMODEL);
    assert_string_equal(error.message, "model 'm:1' was removed");
    hearth_shared_input_release(shared);
    hearth_inference_target_close(target);
    close_bed(&bed);
}

/* That the old version's bytes were right says nothing of the new one's. */
static void test_locked_serving_reads_the_files_of_a_version_in_a_removed_one_s_place(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    write_lock(&bed, NULL);
    start_scheduler(&bed, true);
    expect_loaded(&bed);
    put_another_in_its_place(&bed);
    tamper(&bed);
    expect_refusal(&bed, HEARTH_EDIGEST, bed.version->files[0].path);
    close_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_installed_model_is_loaded_through_the_registry),
        cmocka_unit_test(test_a_version_in_a_removed_one_s_place_gets_a_process_of_its_own),
        cmocka_unit_test(test_a_version_that_was_removed_is_told_so),
        cmocka_unit_test(test_a_target_goes_to_no_other_version_in_its_place),
        cmocka_unit_test(test_locked_serving_takes_what_the_lock_pins),
        cmocka_unit_test(test_locked_serving_refuses_without_a_lock),
        cmocka_unit_test(test_locked_serving_names_the_file_that_another_digest_is_pinned_for),
        cmocka_unit_test(test_locked_serving_names_the_file_whose_bytes_have_changed),
        cmocka_unit_test(test_locked_serving_reads_the_files_of_a_version_in_a_removed_one_s_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
