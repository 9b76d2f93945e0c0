/* Housekeeping over the stores in memory, under a clock that the test moves. */
#include "server/housekeeping.h"

#include "base/arena.h"
#include "base/clock.h"
#include "blob/blob.h"
#include "loop/loop.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY_MS = 86400000, KEPT = 5, MODELS = 20, PERIOD_MS = 5 };

static int64_t now_ms;

static int64_t fake_wall_ms(void)
{
    return now_ms;
}

struct bed {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    struct hearth_housekeeping *housekeeping;
    int first;      /* of the models to make */
    size_t counted; /* changes in the store */
};

static void open_bed(struct bed *bed)
{
    struct hearth_error error;
    *bed = (struct bed){.loop = hearth_loop_create()};
    assert_int_equal(hearth_store_open_memory(bed->loop, &bed->store, &error), 0);
    assert_int_equal(hearth_blob_open_memory(&bed->blobs, &error), 0);
    now_ms = hearth_clock_wall_ms();
}

static void start(struct bed *bed)
{
    const struct hearth_housekeeping_options options = {
        .loop = bed->loop,
        .store = bed->store,
        .blobs = bed->blobs,
        .period_ms = PERIOD_MS,
        .changes_kept = KEPT,
        .partial_age_ms = 7ll * DAY_MS,
        .wall_ms = fake_wall_ms,
    };
    bed->housekeeping = hearth_housekeeping_create(&options);
}

static void close_bed(struct bed *bed)
{
    hearth_housekeeping_destroy(bed->housekeeping);
    hearth_store_close(bed->store);
    hearth_blob_close(bed->blobs);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
}

static void stop_loop(void *argument)
{
    hearth_loop_stop(((struct bed *)argument)->loop);
}

/* On the store's lane, between housekeeping's own rounds. */
static void do_on_lane(struct bed *bed, void (*work)(struct hearth_store *store, void *argument))
{
    assert_int_equal(hearth_store_submit(bed->store, work, stop_loop, bed), 0);
    hearth_loop_run(bed->loop);
}

static void add_models(struct hearth_store *store, void *argument)
{
    struct bed *bed = argument;
    for (int i = 0; i < MODELS; i++) {
        char name[16];
        int64_t id;
        struct hearth_error error;
        snprintf(name, sizeof(name), "m%d", bed->first++);
        const struct hearth_model model = {.name = name, .task = "chat"};
        assert_int_equal(hearth_store_model_create(store, &model, 1, &id, &error), 0);
    }
}

static void count_changes(struct hearth_store *store, void *argument)
{
    struct bed *bed = argument;
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_change *changes;
    struct hearth_error error;
    assert_int_equal(hearth_store_changes(store, 0, 1000, arena, &changes, &bed->counted, &error),
                     0);
    hearth_arena_destroy(arena);
}

static size_t changes_in(struct bed *bed)
{
    do_on_lane(bed, count_changes);
    return bed->counted;
}

static void wait(struct bed *bed, uint64_t ms)
{
    struct hearth_timer *timer = hearth_timer_create(bed->loop, stop_loop, bed);
    hearth_timer_start(timer, ms, 0);
    hearth_loop_run(bed->loop);
    hearth_timer_destroy(timer);
}

/* Not at once: a round may have begun before what it shall clean was there. */
static void wait_for_few_changes(struct bed *bed)
{
    for (int i = 0; i < 1000 && changes_in(bed) != KEPT; i++)
        wait(bed, PERIOD_MS);
    assert_int_equal(changes_in(bed), KEPT);
}

static int64_t partial_bytes(struct bed *bed)
{
    struct hearth_blob_writer *writer;
    struct hearth_error error;
    int64_t offset;
    assert_int_equal(hearth_blob_write_begin(bed->blobs, "left", &writer, &offset, &error), 0);
    hearth_blob_write_suspend(writer);
    return offset;
}

static void leave_partial(struct bed *bed)
{
    struct hearth_blob_writer *writer;
    struct hearth_error error;
    int64_t offset;
    assert_int_equal(hearth_blob_write_begin(bed->blobs, "left", &writer, &offset, &error), 0);
    assert_int_equal(hearth_blob_write(writer, "abc", 3, &error), 0);
    hearth_blob_write_suspend(writer);
}

static void it_cleans_at_the_start_and_again(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    do_on_lane(&bed, add_models);
    assert_int_equal(changes_in(&bed), MODELS);
    start(&bed);
    wait_for_few_changes(&bed);
    do_on_lane(&bed, add_models);
    wait_for_few_changes(&bed);
    close_bed(&bed);
}

static void what_was_left_goes_only_when_it_is_old(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    leave_partial(&bed);
    now_ms += 6ll * DAY_MS;
    do_on_lane(&bed, add_models);
    start(&bed);
    wait_for_few_changes(&bed); /* partial blobs come after the changes of a round */
    do_on_lane(&bed, add_models);
    wait_for_few_changes(&bed);
    assert_int_equal(partial_bytes(&bed), 3);
    now_ms += 2ll * DAY_MS;
    for (int i = 0; i < 1000 && partial_bytes(&bed); i++)
        wait(&bed, PERIOD_MS);
    assert_int_equal(partial_bytes(&bed), 0);
    close_bed(&bed);
}

static void take_time(struct hearth_store *store, void *argument)
{
    (void)store;
    (void)argument;
    usleep(50000);
}

static void it_may_end_while_a_round_waits(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    do_on_lane(&bed, add_models);
    assert_int_equal(hearth_store_submit(bed.store, take_time, NULL, NULL), 0);
    start(&bed);
    wait(&bed, 10);
    hearth_housekeeping_destroy(bed.housekeeping);
    bed.housekeeping = NULL;
    assert_int_equal(changes_in(&bed), KEPT);
    close_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_cleans_at_the_start_and_again),
        cmocka_unit_test(what_was_left_goes_only_when_it_is_old),
        cmocka_unit_test(it_may_end_while_a_round_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
