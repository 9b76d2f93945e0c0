/* Samples of what processes use are shared, and never those of other processes. */
#include "serving/usage_samples.h"

#include "loop/loop.h"
#include "loop/pool.h"
#include "support/loop_wait.h"
#include "unit/cmocka_all.h"

#include <stdatomic.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

static atomic_int reads; /* on the lane */

struct bed {
    struct hearth_loop *loop;
    struct hearth_lane *lane;
    struct hearth_usage_samples *samples;
    pid_t pids[2];
    size_t pid_count;
    int samples_seen, done;
    uint64_t memory_bytes;
    int ask_again, wanted;
};

static void list(void *owner, struct hearth_usage_list *list)
{
    const struct bed *bed = owner;
    for (size_t i = 0; i < bed->pid_count; i++)
        hearth_usage_list_add(list, i + 1, bed->pids[i]);
}

static void read_usage(pid_t pid, struct hearth_process_usage *ret_usage)
{
    atomic_fetch_add(&reads, 1);
    usleep(30000); /* as a large process would: long enough for others to ask meanwhile */
    ret_usage->memory_bytes = (uint64_t)pid * 10;
}

static void on_sample(void *owner, const struct hearth_usage_row *rows, size_t count)
{
    struct bed *bed = owner;
    bed->samples_seen++;
    bed->memory_bytes = 0;
    for (size_t i = 0; i < count; i++)
        bed->memory_bytes += rows[i].usage.memory_bytes;
}

static const struct hearth_usage_ops ops = {
    .list = list, .read = read_usage, .on_sample = on_sample};

static void on_done(void *argument)
{
    struct bed *bed = argument;
    bed->done++;
    if (bed->ask_again) {
        bed->ask_again--;
        hearth_usage_samples_ask(bed->samples, on_done, bed);
    }
}

static int set_up(void **state)
{
    static struct bed bed;
    bed = (struct bed){.pids = {7, 8}, .pid_count = 1};
    bed.loop = hearth_loop_create();
    bed.lane = hearth_lane_create(bed.loop, "test", 1, 8);
    bed.samples = hearth_usage_samples_create(bed.loop, bed.lane, &ops, &bed);
    atomic_store(&reads, 0);
    *state = &bed;
    return 0;
}

static void destroy(struct bed *bed)
{
    hearth_lane_destroy(bed->lane);
    hearth_usage_samples_destroy(bed->samples);
    bed->lane = NULL;
    bed->samples = NULL;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    destroy(bed);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
    return 0;
}

static bool all_are_told(void *argument)
{
    const struct bed *bed = argument;
    return bed->done >= bed->wanted;
}

static void wait_for(struct bed *bed, int wanted)
{
    bed->wanted = wanted;
    assert_true(loop_until(bed->loop, WAIT_MS, all_are_told, bed));
}

static void ask(struct bed *bed, int times)
{
    int before = bed->done;
    for (int i = 0; i < times; i++)
        hearth_usage_samples_ask(bed->samples, on_done, bed);
    assert_int_equal(bed->done, before); /* never from inside */
    wait_for(bed, before + times);
    assert_int_equal(bed->done, before + times);
}

static void those_who_ask_while_one_is_taken_share_it(void **state)
{
    struct bed *bed = *state;
    ask(bed, 20);
    assert_int_equal(atomic_load(&reads), 1);
    assert_int_equal(bed->samples_seen, 1);
    assert_int_equal(bed->memory_bytes, 70);
}

static bool never(void *argument)
{
    (void)argument;
    return false;
}

static void one_of_the_last_second_is_shared_and_an_older_one_is_not(void **state)
{
    struct bed *bed = *state;
    ask(bed, 1);
    ask(bed, 3);
    assert_int_equal(atomic_load(&reads), 1);
    loop_until(bed->loop, 1050, never, NULL); /* the loop's clock goes on too */
    ask(bed, 2);
    assert_int_equal(atomic_load(&reads), 2);
    assert_int_equal(bed->samples_seen, 2);
}

static void a_process_that_has_started_since_is_read_at_once(void **state)
{
    struct bed *bed = *state;
    ask(bed, 1);
    bed->pid_count = 2;
    ask(bed, 1);
    assert_int_equal(bed->memory_bytes, 150);
    bed->pids[0] = 9; /* another one has its place */
    ask(bed, 1);
    assert_int_equal(bed->memory_bytes, 170);
    assert_int_equal(atomic_load(&reads), 5);
}

static void without_processes_the_lane_is_left_alone(void **state)
{
    struct bed *bed = *state;
    bed->pid_count = 0;
    ask(bed, 2);
    assert_int_equal(bed->samples_seen, 0);
}

static void one_who_asks_from_its_callback_is_answered_too(void **state)
{
    struct bed *bed = *state;
    bed->ask_again = 1;
    hearth_usage_samples_ask(bed->samples, on_done, bed);
    wait_for(bed, 2);
    assert_int_equal(bed->done, 2);
    assert_int_equal(atomic_load(&reads), 1);
}

static void those_who_wait_are_told_when_it_goes(void **state)
{
    struct bed *bed = *state;
    hearth_usage_samples_ask(bed->samples, on_done, bed);
    hearth_usage_samples_ask(bed->samples, on_done, bed);
    destroy(bed);
    assert_int_equal(bed->done, 2);
}

static void those_who_wait_for_no_lane_are_told_when_it_goes(void **state)
{
    struct bed *bed = *state;
    bed->pid_count = 0;
    hearth_usage_samples_ask(bed->samples, on_done, bed);
    destroy(bed);
    assert_int_equal(bed->done, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_who_ask_while_one_is_taken_share_it),
        TEST(one_of_the_last_second_is_shared_and_an_older_one_is_not),
        TEST(a_process_that_has_started_since_is_read_at_once),
        TEST(without_processes_the_lane_is_left_alone),
        TEST(one_who_asks_from_its_callback_is_answered_too),
        TEST(those_who_wait_are_told_when_it_goes),
        TEST(those_who_wait_for_no_lane_are_told_when_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
