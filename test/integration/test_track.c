/* The tracker against a real MLflow server, whose address HEARTH_TEST_MLFLOW names. Without the
 * server only what needs none is tested. */
#include "loop/loop.h"
#include "store/record.h"
#include "support/temp_folder.h"
#include "track/track.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEADLINE_MS = 20000 };

struct bed {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_track *track;
    struct hearth_timer *timer;
    int pending; /* rows, when they were counted last */
    int rounds;
    struct hearth_track_outcome outcome;
    char experiment[80], reason[400];
    bool tried;
};

static void count_rows(struct hearth_store *store, void *argument)
{
    struct bed *bed = argument;
    struct hearth_arena *arena = hearth_arena_create(16 << 20);
    struct hearth_record *rows;
    size_t count = 0;
    struct hearth_error error;
    const struct hearth_record_filter filter = {.kind = HEARTH_OUTBOX, .limit = 1000};
    assert_int_equal(hearth_store_record_list(store, &filter, arena, &rows, &count, &error), 0);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].label, "refused") == 0)
            fprintf(stderr, "refused: %s\n", rows[i].facts_json);
    bed->pending = (int)count;
    hearth_arena_destroy(arena);
}

static void on_counted(void *argument)
{
    struct bed *bed = argument;
    if (bed->pending == 0 || ++bed->rounds > DEADLINE_MS / 100)
        hearth_loop_stop(bed->loop);
}

static void on_time(void *argument)
{
    struct bed *bed = argument;
    hearth_store_submit(bed->store, count_rows, on_counted, bed);
}

static void begin(struct bed *bed, const char *uri)
{
    const struct hearth_track_options options = {.loop = bed->loop,
                                                 .store = bed->store,
                                                 .uri = uri,
                                                 .username = "",
                                                 .password = "",
                                                 .token = "",
                                                 .wait_ms = 10000};
    bed->track = hearth_track_create(&options);
    hearth_track_start(bed->track);
}

static void open_bed(struct bed *bed, const char *uri)
{
    struct hearth_error error;
    *bed = (struct bed){.loop = hearth_loop_create(), .pending = -1};
    assert_int_equal(hearth_store_open_memory(bed->loop, &bed->store, &error), 0);
    bed->timer = hearth_timer_create(bed->loop, on_time, bed);
    begin(bed, uri);
}

static void close_bed(struct bed *bed)
{
    hearth_timer_destroy(bed->timer);
    hearth_track_stop(bed->track);
    hearth_store_close(bed->store);
    hearth_track_destroy(bed->track);
    hearth_loop_destroy(bed->loop);
}

static void on_tried(void *argument, const struct hearth_track_outcome *outcome)
{
    struct bed *bed = argument;
    bed->tried = true;
    bed->outcome = *outcome;
    snprintf(bed->experiment, sizeof(bed->experiment), "%s", outcome->experiment_id);
    snprintf(bed->reason, sizeof(bed->reason), "%s", outcome->reason);
    hearth_loop_stop(bed->loop);
}

/* Port 9 of this machine has nobody who listens. */
static void a_server_that_is_away_keeps_the_row(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, "http://127.0.0.1:9");
    hearth_track_model(bed.track, "m1", "", on_tried, &bed);
    hearth_loop_run(bed.loop);
    assert_true(bed.tried);
    assert_false(bed.outcome.told);
    assert_non_null(strstr(bed.reason, "cannot connect to 127.0.0.1:9"));
    hearth_timer_start(bed.timer, 0, 0);
    bed.rounds = DEADLINE_MS; /* one look */
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.pending, 1);
    close_bed(&bed);
}

static void make_models(struct hearth_store *store, void *argument)
{
    (void)argument;
    struct hearth_error error;
    int64_t id;
    for (int i = 0; i < 3; i++) {
        const char name[] = {'f', (char)('0' + i), '\0'};
        const struct hearth_model model = {.name = name};
        assert_int_equal(hearth_store_model_create(store, &model, 1, &id, &error), 0);
    }
}

static void read_state(struct hearth_store *store, void *argument)
{
    struct bed *bed = argument;
    struct hearth_error error;
    json_t *state;
    assert_int_equal(hearth_track_state(store, "f1", &state, &error), 0);
    snprintf(bed->reason, sizeof(bed->reason), "%s", hearth_json_text(state, "state", ""));
    bed->pending = (int)hearth_json_integer(state, "pending", -1);
    json_decref(state);
}

static void on_read(void *argument)
{
    hearth_loop_stop(((struct bed *)argument)->loop);
}

static void nothing(void *argument)
{
    (void)argument;
}

/* Until the tracker has counted them, or the deadline. */
static void on_look(void *argument)
{
    struct bed *bed = argument;
    if (hearth_track_figures(bed->track).pending == 3 || ++bed->rounds > DEADLINE_MS / 20)
        hearth_loop_stop(bed->loop);
}

/* What it has under way at the store comes back before it goes. */
static void end(struct bed *bed)
{
    hearth_track_stop(bed->track);
    hearth_store_submit(bed->store, read_state, on_read, bed);
    hearth_loop_run(bed->loop);
    hearth_track_destroy(bed->track);
}

static void models_that_came_without_us_are_found_and_written_once(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, "http://127.0.0.1:9");
    end(&bed);
    hearth_store_submit(bed.store, make_models, nothing, NULL);
    for (int i = 0; i < 2; i++) { /* the second finds the rows of the first */
        begin(&bed, "http://127.0.0.1:9");
        bed.rounds = 0;
        struct hearth_timer *timer = hearth_timer_create(bed.loop, on_look, &bed);
        hearth_timer_start(timer, 20, 20);
        hearth_loop_run(bed.loop);
        hearth_timer_destroy(timer);
        assert_int_equal(hearth_track_figures(bed.track).pending, 3);
        assert_int_equal(hearth_track_figures(bed.track).told, 0);
        hearth_store_submit(bed.store, read_state, on_read, &bed);
        hearth_loop_run(bed.loop);
        assert_string_equal(bed.reason, "pending");
        assert_int_equal(bed.pending, 1);
        if (i == 0)
            end(&bed);
    }
    close_bed(&bed);
}

static void where_nobody_listens_the_verbs_do_nothing(void **state)
{
    (void)state;
    const struct hearth_track_listener *to = hearth_track_listener(NULL);
    const struct hearth_track_run run = {.run = "job_1", .model = "m1"};
    const struct hearth_track_metric metric = {"loss", 1, 1, 1};
    const struct hearth_track_version version = {.model = "m1", .number = 1};
    to->model_registered(to->argument, "m1", NULL);
    to->run_started(to->argument, &run);
    to->metrics(to->argument, "job_1", &metric, 1);
    to->artifacts(to->argument, "job_1", "/", "");
    to->run_ended(to->argument, "job_1", HEARTH_TRACK_KILLED, 1);
    to->version_registered(to->argument, &version);
    to->alias_moved(to->argument, "m1", "a", 1);
}

static void tell_metrics(const struct hearth_track_listener *to, int first, int last)
{
    for (int step = first; step <= last; step++) {
        const struct hearth_track_metric metrics[] = {{"loss", 1.0 / step, step, 1000 + step},
                                                      {"rate", 0.5, step, 1000 + step}};
        to->metrics(to->argument, "job_1", metrics, 2);
    }
}

static void a_run_is_told_whole(void **state)
{
    (void)state;
    const char *uri = getenv("HEARTH_TEST_MLFLOW");
    char folder[TEMP_FOLDER_BYTES], path[600];
    struct bed bed;
    if (!uri)
        skip();
    temp_folder_make(folder);
    snprintf(path, sizeof(path), "%s/peft", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/peft/a.bin", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 3000000; i++)
        fputc(i & 0xff, file);
    fclose(file);
    open_bed(&bed, uri);
    const struct hearth_track_listener *to = hearth_track_listener(bed.track);
    const struct hearth_track_pair params[] = {{"rank", "8"}, {"seed", "42"}};
    const struct hearth_track_pair tags[] = {{"git", "abc"}};
    const struct hearth_track_dataset data = {
        "facts", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "/d/f.jsonl",
        "training", 200};
    const struct hearth_track_run run = {"job_1", "m1", "first", 1795840000000, params,
                                         tags,    2,    1,       &data,         1};
    hearth_track_model(bed.track, "m1", "", on_tried, &bed);
    hearth_loop_run(bed.loop);
    assert_true(bed.outcome.told);
    assert_string_not_equal(bed.experiment, "");
    to->run_started(to->argument, &run);
    tell_metrics(to, 1, 700);
    to->run_started(to->argument, &run); /* it goes on from a checkpoint */
    tell_metrics(to, 600, 800);
    to->artifacts(to->argument, "job_1", folder, "model");
    to->run_ended(to->argument, "job_1", HEARTH_TRACK_FINISHED, 1795840009000);
    const struct hearth_track_version version = {
        .model = "m1", .number = 3, .run = "job_1", .alias = "champion", .source = "model"};
    to->version_registered(to->argument, &version);
    to->version_registered(to->argument, &version);
    hearth_timer_start(bed.timer, 500, 100);
    hearth_loop_run(bed.loop);
    assert_int_equal(bed.pending, 0);
    close_bed(&bed);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_away_keeps_the_row),
        cmocka_unit_test(where_nobody_listens_the_verbs_do_nothing),
        cmocka_unit_test(models_that_came_without_us_are_found_and_written_once),
        cmocka_unit_test(a_run_is_told_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
