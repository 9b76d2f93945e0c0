/* Several workers for one model, over backends whose events the test gives by hand. */
#include "scheduler_bed.h"

#include "serving/dead_letters.h"
#include "serving/shared_input.h"

static const struct hearth_settings three = {.replicas = 3, .slots = 2, .affinity = "off"};
static const struct hearth_settings two = {.replicas = 2, .slots = 4, .affinity = "off"};

static bool pick(int worker)
{
    manual = manual_all[worker];
    return manual != NULL;
}

static void all_ready(struct bed *bed, int count)
{
    bed_become_ready(bed);
    assert_int_equal(manual_starts, count);
    for (int i = 1; i < count; i++) {
        assert_true(pick(i));
        manual_planned();
        manual_ready();
    }
}

static void answer_all(int worker)
{
    assert_true(pick(worker));
    for (size_t i = 0; i < manual->sent_count; i++) {
        bed_vector(manual->sent[i], (float)worker);
        manual_done(manual->sent[i]);
    }
}

static void crash(int worker)
{
    assert_true(pick(worker));
    manual_crash();
}

static void ask_many(struct bed *bed, struct vector_answer *answers, size_t count)
{
    static const char *const texts[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (size_t i = 0; i < count; i++)
        bed_ask(bed, &answers[i], texts[i % 8]);
}

static void the_load_is_spread(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[6] = {0};
    bed_open(&bed, &three);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 3);
    ask_many(&bed, answers, 6);
    for (int i = 0; i < 3; i++)
        assert_int_equal(manual_all[i]->sent_count, 2);
    answer_all(1);
    struct vector_answer more[2] = {0};
    ask_many(&bed, more, 2); /* to the one that has nothing */
    assert_int_equal(manual_all[1]->sent_count, 4);
    bed_close(&bed);
}

static void the_first_serves_while_the_others_load(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[2] = {0};
    bed_open(&bed, &three);
    bed_ask(&bed, &answers[0], "a");
    bed_become_ready(&bed);
    assert_int_equal(manual_starts, 3);
    assert_int_equal(manual_all[0]->sent_count, 1);
    answer_all(0);
    assert_int_equal(answers[0].done, 1);
    bed_close(&bed);
}

static void work_of_a_dead_worker_is_done_by_another(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[4] = {0};
    bed_open(&bed, &two);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    ask_many(&bed, answers, 4);
    assert_int_equal(manual_all[0]->sent_count, 2);
    crash(0);
    assert_null(manual_all[0]);
    assert_int_equal(manual_all[1]->sent_count, 4);
    answer_all(1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(answers[i].done, 1);
        assert_int_equal(answers[i].error, 0);
        assert_int_equal(answers[i].vectors, 1);
    }
    bed_close(&bed);
}

static bool has_three_starts(void *argument)
{
    (void)argument;
    return manual_starts == 3;
}

static void a_dead_worker_comes_back(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[4] = {0};
    bed_open(&bed, &two);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    crash(0);
    bed_until(&bed, has_three_starts, NULL);
    assert_true(pick(2));
    manual_planned();
    manual_ready();
    ask_many(&bed, answers, 4);
    assert_int_equal(manual_all[1]->sent_count, 2);
    assert_int_equal(manual_all[2]->sent_count, 2);
    bed_close(&bed);
}

static void a_vector_that_came_is_not_computed_again(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answer = {0};
    bed_open(&bed, &two);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    bed_ask(&bed, &answer, "a");
    assert_true(pick(0));
    bed_vector(manual->sent[0], 5);
    crash(0);
    assert_int_equal(answer.done, 1);
    assert_int_equal(answer.vectors, 1);
    assert_int_equal(manual_all[1]->sent_count, 0);
    bed_close(&bed);
}

static void when_all_are_dead_the_model_starts_again(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[2] = {0};
    bed_open(&bed, &two);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    ask_many(&bed, answers, 2);
    crash(0);
    crash(1);
    bed_until(&bed, has_three_starts, NULL);
    assert_true(pick(2));
    manual_planned();
    manual_ready();
    assert_int_equal(manual_all[2]->sent_count, 1); /* two have ended under it: alone */
    answer_all(2);
    assert_int_equal(answers[0].done + answers[1].done, 2);
    bed_close(&bed);
}

static void a_cancel_reaches_the_right_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer answers[2] = {0};
    bed_open(&bed, &two);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    ask_many(&bed, answers, 2);
    hearth_inference_cancel(answers[1].inference);
    assert_int_equal(manual_all[0]->canceled_count, 0);
    assert_int_equal(manual_all[1]->canceled_count, 1);
    assert_int_equal(manual_all[1]->canceled[0], manual_all[1]->sent[0]);
    bed_close(&bed);
}

static bool has_starts(void *argument)
{
    return manual_starts >= *(int *)argument && manual_all[*(int *)argument - 1];
}

/* Two texts, of which one ends every worker that takes it up. */
struct letters_seen {
    int count;
    uint64_t id;
};

static void see_letter(void *argument, const struct hearth_dead_letter *letter)
{
    struct letters_seen *seen = argument;
    seen->count++;
    seen->id = letter->id;
}

static void only_the_one_to_blame_is_given_up(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer poison = {0}, good = {0};
    const struct hearth_settings one = {.slots = 4, .breaker_failures = 10};
    bed_open(&bed, &one);
    bed_ask(&bed, &poison, "poison");
    bed_ask(&bed, &good, "good");
    for (int start = 1; start <= 2; start++) {
        bed_until(&bed, has_starts, &start);
        manual_planned();
        manual_ready();
        assert_int_equal(manual->sent_count, 2);
        manual_crash();
    }
    int third = 3;
    bed_until(&bed, has_starts, &third);
    manual_planned();
    manual_ready();
    assert_int_equal(manual->sent_count, 1); /* alone now */
    bed_vector(manual->sent[0], 1);
    manual_done(manual->sent[0]);
    assert_int_equal(poison.done + good.done, 1);
    assert_int_equal(manual->sent_count, 2);
    manual_crash();
    assert_int_equal(poison.done + good.done, 1);
    assert_int_equal((poison.error ? poison.error : good.error), HEARTH_ECRASHED);
    struct letters_seen seen = {0};
    hearth_scheduler_each_dead_letter(bed.scheduler, see_letter, &seen);
    assert_int_equal(seen.count, 1);
    struct hearth_dead_letter *letter = hearth_scheduler_take_dead_letter(bed.scheduler, seen.id);
    assert_int_equal(letter->attempts, 3);
    assert_string_equal(letter->model, "m");
    assert_int_equal(hearth_shared_input_view(letter->shared)->task, HEARTH_TASK_EMBED);
    hearth_dead_letter_destroy(letter);
    assert_null(hearth_scheduler_take_dead_letter(bed.scheduler, seen.id));
    bed_close(&bed);
}

static uint64_t planned_bytes;

static void look(void *argument, const struct hearth_model_report *report)
{
    (void)argument;
    planned_bytes = report->plan.weights;
}

static void their_memory_is_planned_together(void **state)
{
    (void)state;
    struct bed bed;
    bed_open(&bed, &three);
    manual_plan.weights = 1000;
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 3);
    hearth_scheduler_each(bed.scheduler, look, NULL);
    assert_int_equal(planned_bytes, 3000);
    bed_close(&bed);
}

static const char *first_breaker;

static void look_at_first(void *argument, const struct hearth_worker_report *worker)
{
    (void)argument;
    first_breaker = first_breaker ? first_breaker : worker->breaker;
}

/* How the first worker's breaker stands after it has ended once. */
static const char *breaker_after_a_crash(uint32_t failures)
{
    const struct hearth_settings options = {
        .slots = 4, .replicas = 2, .breaker_failures = failures};
    struct bed bed;
    bed_open(&bed, &options);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, NULL), 0);
    all_ready(&bed, 2);
    crash(0);
    first_breaker = NULL;
    hearth_scheduler_each_worker(bed.scheduler, "m", look_at_first, NULL);
    bed_close(&bed);
    return first_breaker;
}

static void a_worker_rests_after_as_many_crashes_as_are_set(void **state)
{
    (void)state;
    assert_string_equal(breaker_after_a_crash(1), "open");
    assert_string_equal(breaker_after_a_crash(2), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_load_is_spread),
        cmocka_unit_test(the_first_serves_while_the_others_load),
        cmocka_unit_test(work_of_a_dead_worker_is_done_by_another),
        cmocka_unit_test(a_dead_worker_comes_back),
        cmocka_unit_test(a_vector_that_came_is_not_computed_again),
        cmocka_unit_test(when_all_are_dead_the_model_starts_again),
        cmocka_unit_test(a_cancel_reaches_the_right_worker),
        cmocka_unit_test(their_memory_is_planned_together),
        cmocka_unit_test(only_the_one_to_blame_is_given_up),
        cmocka_unit_test(a_worker_rests_after_as_many_crashes_as_are_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
