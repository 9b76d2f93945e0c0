/* Many inputs of one call: resolved once, copied once, one version for all. */
#include "scheduler_bed.h"

#include "serving/shared_input.h"
#include "support/inference_answer.h"

static const struct hearth_inference_events quiet = {
    .on_event = bed_on_event, .on_done = bed_on_done, .on_error = bed_on_error};

static struct hearth_inference_target *open_target(struct bed *bed)
{
    char client[] = "tester", id[] = "req_1";
    const struct hearth_inference_request request = {.model = "m",
                                                     .class_ = HEARTH_CLASS_NORMAL,
                                                     .client = client,
                                                     .request_id = id,
                                                     .credit = 1};
    struct hearth_inference_target *target;
    assert_int_equal(hearth_inference_target_open(bed->scheduler, &request, &target, NULL), 0);
    memset(client, 'x', sizeof(client) - 1);
    memset(id, 'x', sizeof(id) - 1);
    return target;
}

static int submit_text(struct hearth_inference_target *target, struct vector_answer *answer,
                       const char *text, struct hearth_error *error)
{
    const struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = text,
                                       .length = strlen(text)};
    struct hearth_shared_input *shared = hearth_shared_input_create(&input);
    const struct hearth_inference_part part = {.input = shared};
    int rc = hearth_inference_submit_part(target, &part, &quiet, answer, &answer->inference,
                                          &answer->retry_after_ms, error);
    hearth_shared_input_release(shared);
    return rc;
}

static void parts_outlive_their_target(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &(struct hearth_settings){.queue_max = 8});
    struct hearth_inference_target *target = open_target(&bed);
    assert_string_equal(hearth_inference_target_model(target), "m");
    assert_int_equal(submit_text(target, &a, "one", NULL), 0);
    assert_int_equal(submit_text(target, &b, "two", NULL), 0);
    hearth_inference_target_close(target);
    bed_become_ready(&bed);
    assert_int_equal(manual->sent_count, 2);
    bed_vector(manual->sent[0], 1);
    manual_done(manual->sent[0]);
    bed_vector(manual->sent[1], 2);
    manual_done(manual->sent[1]);
    assert_int_equal(a.done + b.done, 2);
    bed_close(&bed);
}

static void a_target_outlives_the_scheduler(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0};
    struct hearth_error error;
    bed_open(&bed, &(struct hearth_settings){.queue_max = 8});
    struct hearth_inference_target *first = open_target(&bed), *second = open_target(&bed);
    hearth_inference_target_close(first);
    first = open_target(&bed);
    bed_close(&bed);
    assert_int_equal(submit_text(second, &a, "late", &error), HEARTH_EDRAINING);
    assert_string_equal(error.message, "the server is shutting down");
    assert_string_equal(hearth_inference_target_model(second), "m");
    hearth_inference_target_close(second);
    hearth_inference_target_close(first);
}

static void a_full_queue_says_how_many_wait(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0}, c = {0};
    struct hearth_error error;
    bed_open(&bed, &(struct hearth_settings){.queue_max = 2});
    struct hearth_inference_target *target = open_target(&bed);
    assert_int_equal(submit_text(target, &a, "one", NULL), 0);
    assert_int_equal(submit_text(target, &b, "two", NULL), 0);
    assert_int_equal(submit_text(target, &c, "three", &error), HEARTH_EQUEUEFULL);
    assert_string_equal(error.message, "the model already has 2 requests waiting");
    assert_true(c.retry_after_ms >= 1000);
    hearth_inference_target_close(target);
    bed_close(&bed);
}

static void choices_share_one_copy_and_differ_by_their_seed(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[3] = {{0}};
    bed_open_for(&bed, HEARTH_TASK_GENERATE, &(struct hearth_settings){.slots = 4});
    const struct hearth_sampling sampling = {.seed = 40};
    char text[] = "once upon a time";
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = text,
                                       .length = strlen(text),
                                       .sampling = &sampling};
    struct hearth_inference_target *target = open_target(&bed);
    struct hearth_shared_input *shared = hearth_shared_input_create(&input);
    const struct hearth_inference_events events = {
        .on_event = answer_on_event, .on_done = answer_on_done, .on_error = answer_on_error};
    for (uint32_t i = 0; i < 3; i++) {
        const struct hearth_inference_part part = {.input = shared, .seed_offset = i};
        assert_int_equal(hearth_inference_submit_part(target, &part, &events, &answers[i],
                                                      &answers[i].inference, NULL, NULL),
                         0);
    }
    const char *copy = hearth_shared_input_view(shared)->bytes;
    hearth_shared_input_release(shared);
    hearth_inference_target_close(target);
    bed_become_ready(&bed);
    assert_int_equal(manual->sent_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ptr_equal(manual->bytes_of_sent[i], copy);
        assert_int_equal(manual->seed_of_sent[i], 40 + i);
    }
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_outlive_their_target),
        cmocka_unit_test(a_target_outlives_the_scheduler),
        cmocka_unit_test(a_full_queue_says_how_many_wait),
        cmocka_unit_test(choices_share_one_copy_and_differ_by_their_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
