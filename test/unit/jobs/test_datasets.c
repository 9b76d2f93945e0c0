/* Data sets over a store in memory: what is registered, refused, found changed and given back. */
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "domain/job_state.h"
#include "jobs/dataset_file.h"
#include "jobs/datasets.h"
#include "loop/loop.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEMP_FOLDER_BYTES], root[64], uploads[64];
static const char *roots[2];
static struct hearth_loop *loop;
static struct hearth_store *store;
static struct hearth_datasets *datasets;
static struct hearth_arena *arena;

/* What the last callback was told. */
static struct {
    int calls, code;
    char message[HEARTH_ERROR_MESSAGE_MAX], id[HEARTH_RECORD_ID], sha256[HEARTH_SHA256_HEX];
    uint64_t rows, faults;
    size_t previewed;
    bool more;
} told;

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *at(const char *directory, const char *name)
{
    static char path[160];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(folder);
    snprintf(root, sizeof(root), "%s/root", folder);
    snprintf(uploads, sizeof(uploads), "%s/files", folder);
    assert_int_equal(mkdir(root, 0700) | mkdir(uploads, 0700), 0);
    roots[0] = root;
    loop = hearth_loop_create();
    arena = hearth_arena_create(16 << 20);
    assert_int_equal(hearth_store_open_memory(loop, &store, NULL), 0);
    const struct hearth_datasets_options options = {.loop = loop,
                                                    .store = store,
                                                    .roots = roots,
                                                    .uploads = uploads,
                                                    .count_max = 3,
                                                    .uploads_bytes_max = 100};
    datasets = hearth_datasets_create(&options);
    hearth_loop_run(loop); /* it has tidied up */
    memset(&told, 0, sizeof(told));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hearth_datasets_stop(datasets);
    hearth_store_close(store);
    hearth_datasets_destroy(datasets);
    hearth_arena_destroy(arena);
    hearth_loop_destroy(loop);
    temp_folder_remove(folder);
    return 0;
}

static void note(const struct hearth_dataset *dataset, const struct hearth_error *error)
{
    told.calls++;
    told.code = error ? error->code : 0;
    snprintf(told.message, sizeof(told.message), "%s", error ? error->message : "");
    assert_true((dataset == NULL) == (error != NULL));
    if (!dataset)
        return;
    snprintf(told.id, sizeof(told.id), "%s", dataset->id);
    snprintf(told.sha256, sizeof(told.sha256), "%s", dataset->sha256);
    told.rows = dataset->rows;
    told.faults = dataset->faulty;
}

static void on_added(void *argument, const struct hearth_dataset *dataset,
                     const struct hearth_dataset_facts *facts, const struct hearth_error *error)
{
    (void)argument, (void)facts;
    note(dataset, error);
}

static void on_previewed(void *argument, const struct hearth_dataset *dataset, json_t *rows,
                         bool more, const struct hearth_error *error)
{
    (void)argument;
    note(dataset, error);
    told.previewed = json_array_size(rows);
    told.more = more;
}

static void wait_for_call(int calls)
{
    hearth_loop_run(loop);
    assert_int_equal(told.calls, calls);
    told.calls = 0;
}

static int add(const char *path, const char *name, enum hearth_dataset_origin origin)
{
    const struct hearth_dataset_order order = {
        .path = path, .name = name, .principal = "local", .origin = origin};
    hearth_datasets_add(datasets, &order, on_added, NULL);
    wait_for_call(1);
    return told.code;
}

static int check(const char *name)
{
    hearth_datasets_preview(datasets, name, 1, on_previewed, NULL);
    wait_for_call(1);
    return told.code;
}

static void test_a_file_is_known_by_its_id_its_name_and_its_digest(void **state)
{
    (void)state;
    struct hearth_dataset dataset;
    write_file(at(root, "facts.jsonl"), "{\"text\": \"a\"}\n{\"text\": 1}\n{\"text\": \"b\"}\n");
    assert_int_equal(add("facts.jsonl", NULL, HEARTH_DATASET_OF_PATH), 0);
    assert_int_equal(told.rows, 2);
    assert_int_equal(told.faults, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hearth_dataset_find(store, i ? "facts" : told.id, arena, &dataset, NULL),
                         0);
        assert_string_equal(dataset.name, "facts");
        assert_string_equal(dataset.sha256, told.sha256);
        assert_string_equal(dataset.path, at(root, "facts.jsonl"));
    }
    assert_int_equal(add(at(root, "facts.jsonl"), NULL, HEARTH_DATASET_OF_PATH), HEARTH_ECONFLICT);
    assert_int_equal(
        add(at(root, "facts.jsonl"), "ds-0123456789abcdef01234567", HEARTH_DATASET_OF_PATH),
        HEARTH_EFIELDS);
    assert_int_equal(add(at(root, "facts.jsonl"), "others", HEARTH_DATASET_OF_PATH), 0);
}

static void test_a_changed_file_is_refused_with_both_digests(void **state)
{
    (void)state;
    char before[HEARTH_SHA256_HEX];
    write_file(at(root, "a"), "{\"text\": \"a\"}");
    assert_int_equal(add("a", NULL, HEARTH_DATASET_OF_PATH), 0);
    memcpy(before, told.sha256, sizeof(before));
    assert_int_equal(check("a"), 0);
    write_file(at(root, "a"), "{\"text\": \"another\"}"); /* times may be as coarse as a tick */
    assert_int_equal(check("a"), HEARTH_ECONFLICT);
    assert_non_null(strstr(told.message, before));
    unlink(at(root, "a"));
    assert_int_equal(check("a"), HEARTH_ECONFLICT);
    assert_non_null(strstr(told.message, "not there any more"));
    assert_int_equal(check("b"), HEARTH_ENOTFOUND);
}

static void test_only_regular_files_under_the_roots_are_opened(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "../out", "/etc/passwd",     "x/../../out",        "link", "pipe", "/dev/null",
        "folder", "link_folder/out", "/proc/self/environ", "",     "a\nb"};
    char target[96];
    snprintf(target, sizeof(target), "%s/out", folder);
    write_file(target, "{\"text\": \"a\"}");
    assert_int_equal(symlink(target, at(root, "link")), 0);
    assert_int_equal(symlink(folder, at(root, "link_folder")), 0);
    assert_int_equal(symlink("good", at(root, "link_within")), 0);
    assert_int_equal(mkfifo(at(root, "pipe"), 0600), 0);
    assert_int_equal(mkdir(at(root, "folder"), 0700), 0);
    write_file(at(root, "good"), "{\"text\": \"a\"}");
    write_file(at(root, "empty"), "");
    struct hearth_dataset_file *file = calloc(1, sizeof(*file));
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        if (hearth_dataset_file_open(roots, outside[i], file, &error) != HEARTH_EPATH)
            fail_msg("%s: %s", outside[i], error.message);
    assert_int_equal(hearth_dataset_file_open(roots, "none", file, NULL), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_dataset_file_open(roots, "empty", file, NULL), HEARTH_EFIELDS);
    assert_int_equal(hearth_dataset_file_open(roots, "link_within", file, NULL), 0);
    assert_string_equal(file->path, at(root, "good"));
    close(file->descriptor);
    free(file);
}

static void test_a_job_holds_its_data(void **state)
{
    (void)state;
    struct hearth_dataset dataset;
    struct hearth_error error;
    char facts[128];
    write_file(at(root, "a"), "{\"text\": \"a\"}");
    assert_int_equal(add("a", NULL, HEARTH_DATASET_OF_PATH), 0);
    snprintf(facts, sizeof(facts), "{\"dataset_id\": \"x\", \"evaluation_dataset_id\": \"%s\"}",
             told.id);
    struct hearth_record job = {.kind = "training_job",
                                .id = "ftjob-1",
                                .principal = "local",
                                .facts_json = facts,
                                .created_ms = 1,
                                .revision = 1};
    for (int i = 0; i < HEARTH_JOB_STATES; i++) {
        bool holds = hearth_job_state_holds((enum hearth_job_state)i);
        const char *holder;
        job.label = hearth_job_state_name((enum hearth_job_state)i);
        assert_int_equal(hearth_store_record_create(store, &job, NULL, NULL), 0);
        assert_int_equal(hearth_dataset_holder(store, told.id, arena, &holder, NULL), 0);
        assert_int_equal(holder != NULL, holds);
        if (holds)
            assert_int_equal(hearth_dataset_delete(store, "a", arena, &dataset, &error),
                             HEARTH_EINUSE);
        assert_int_equal(hearth_store_record_delete(store, job.kind, job.id, NULL), 0);
    }
    assert_int_equal(hearth_dataset_delete(store, "a", arena, &dataset, &error), 0);
    assert_int_equal(check("a"), HEARTH_ENOTFOUND);
}

static void test_uploads_that_are_refused_leave_nothing(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof(path), "%s/data-1", uploads);
    write_file(path, "{\"nothing\": 1}\n");
    assert_int_equal(add(path, "a", HEARTH_DATASET_OF_UPLOAD), HEARTH_EFIELDS);
    assert_non_null(strstr(told.message, "line 1"));
    assert_int_equal(access(path, F_OK), -1);
    for (int i = 0; i < 2; i++) {
        write_file(path,
                   "{\"text\": \"words, so that two of these are over the bound together\"}\n");
        assert_int_equal(add(path, i ? "b" : "a", HEARTH_DATASET_OF_UPLOAD),
                         i ? HEARTH_EQUEUEFULL : 0);
        assert_int_equal(access(path, F_OK), i ? -1 : 0);
    }
}

static void test_a_preview_shows_the_rows_that_were_asked_for(void **state)
{
    (void)state;
    FILE *file = fopen(at(root, "rows"), "w");
    for (int i = 0; i < 300; i++)
        fprintf(file, "{\"text\": \"row %d %0*d\"}\n", i, i < 200 ? 1 : 100000, 0);
    fclose(file);
    assert_int_equal(add("rows", NULL, HEARTH_DATASET_OF_PATH), 0);
    const size_t asked[] = {1, 100, 1000};
    for (size_t i = 0; i < 3; i++) {
        hearth_datasets_preview(datasets, "rows", asked[i], on_previewed, NULL);
        wait_for_call(1);
        assert_int_equal(told.previewed, asked[i] < HEARTH_DATASETS_PREVIEW_MAX ? asked[i] : 100);
        assert_true(told.more);
    }
}

static void test_what_is_cancelled_or_stopped_is_told_so(void **state)
{
    (void)state;
    write_file(at(root, "a"), "{\"text\": \"a\"}");
    const struct hearth_dataset_order order = {.path = "a", .principal = "local"};
    struct hearth_dataset_work *work = hearth_datasets_add(datasets, &order, on_added, NULL);
    hearth_dataset_work_cancel(work);
    hearth_loop_run(loop);
    assert_int_equal(told.calls, 1); /* cancelled, or done before it was */
    assert_true(told.code == HEARTH_ECANCELED || told.code == 0);
    hearth_datasets_stop(datasets);
    assert_null(hearth_datasets_add(datasets, &order, on_added, NULL));
    assert_int_equal(told.code, HEARTH_EDRAINING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_is_known_by_its_id_its_name_and_its_digest,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_changed_file_is_refused_with_both_digests, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_only_regular_files_under_the_roots_are_opened, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_job_holds_its_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_uploads_that_are_refused_leave_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_preview_shows_the_rows_that_were_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_cancelled_or_stopped_is_told_so, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
