/* The same text is computed once: followers, the cache, and who goes away when. */
#include "scheduler_bed.h"

#include "domain/vector_cache.h"

static const struct hearth_settings both = {.embedding_cache_bytes = 1 << 20,
                                            .embedding_dedup = true};
static const struct hearth_settings only_dedup = {.embedding_dedup = true};
static const struct hearth_settings neither = {.embedding_dedup = false};

static void the_same_text_at_the_same_time_is_computed_once(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0}, c = {0}, other = {0};
    bed_open(&bed, &both);
    bed_ask(&bed, &a, "one");
    bed_ask(&bed, &b, "one");
    bed_ask(&bed, &other, "two");
    bed_become_ready(&bed);
    bed_ask(&bed, &c, "one");
    assert_int_equal(manual->sent_count, 2);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(a.done, 1);
    bed_until(&bed, bed_has_ended, &c);
    assert_int_equal(b.done + c.done, 2);
    assert_int_equal(b.vectors + c.vectors, 2);
    assert_float_equal(b.first, 7, 0);
    assert_float_equal(c.first, 7, 0);
    assert_int_equal(b.prompt_tokens, a.prompt_tokens);
    assert_int_equal(other.done, 0);
    bed_close(&bed);
    assert_int_equal(other.error, HEARTH_EDRAINING);
}

static void what_was_computed_comes_from_the_cache(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0}, cut = {0};
    bed_open(&bed, &both);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    bed_ask(&bed, &b, "one");
    assert_int_equal(b.done, 0); /* not from inside submit */
    bed_until(&bed, bed_has_ended, &b);
    assert_float_equal(b.first, 7, 0);
    assert_int_equal(manual->sent_count, 1);
    assert_int_equal(bed_ask_with(&bed, &cut, "one", HEARTH_TRUNCATE_END, 0), 0);
    assert_int_equal(manual->sent_count, 2); /* another truncation is another vector */
    hearth_scheduler_forget_vectors(bed.scheduler);
    struct vector_answer again = {0};
    bed_ask(&bed, &again, "one");
    assert_int_equal(manual->sent_count, 3);
    bed_close(&bed);
}

static void is_unloaded(void *argument, const struct hearth_error *error)
{
    assert_null(error);
    *(bool *)argument = true;
}

static void no_answer_comes_from_what_was_loaded_before(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    struct hearth_error error;
    bool unloaded = false;
    bed_open(&bed, &both);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(
        hearth_scheduler_stop(bed.scheduler, "m", false, is_unloaded, &unloaded, &error), 0);
    manual_ended_as_asked();
    bed_until(&bed, is_true, &unloaded);
    /* The file may be another one now: no registry row vouches for it. */
    struct hearth_error load_error;
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, &load_error), 0);
    bed_become_ready(&bed);
    bed_ask(&bed, &b, "one");
    assert_int_equal(manual->sent_count, 1);
    bed_vector(manual->sent[0], 9);
    manual_done(manual->sent[0]);
    assert_float_equal(b.first, 9, 0);
    bed_close(&bed);
}

static void a_follower_survives_the_cancel_of_the_first(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0}, c = {0};
    bed_open(&bed, &only_dedup);
    bed_ask(&bed, &a, "one");
    bed_ask(&bed, &b, "one");
    bed_become_ready(&bed);
    bed_ask(&bed, &c, "one");
    hearth_inference_cancel(a.inference);
    assert_int_equal(manual->canceled_count, 0);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(b.done, 1);
    bed_until(&bed, bed_has_ended, &c);
    assert_float_equal(b.first, 7, 0);
    assert_float_equal(c.first, 7, 0);
    assert_int_equal(a.vectors + a.done + a.error, 0);
    bed_close(&bed);
}

static void in_the_queue_the_follower_takes_the_place(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &only_dedup);
    bed_ask(&bed, &a, "one");
    bed_ask(&bed, &b, "one");
    hearth_inference_cancel(a.inference);
    bed_become_ready(&bed);
    assert_int_equal(manual->sent_count, 1);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(b.done, 1);
    bed_close(&bed);
}

static void the_last_one_that_leaves_cancels_at_the_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &only_dedup);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    bed_ask(&bed, &b, "one");
    hearth_inference_cancel(b.inference);
    assert_int_equal(manual->canceled_count, 0);
    hearth_inference_cancel(a.inference);
    assert_int_equal(manual->canceled_count, 1);
    struct vector_answer again = {0};
    bed_ask(&bed, &again, "one"); /* nobody computes it any more */
    assert_int_equal(manual->sent_count, 2);
    bed_close(&bed);
}

static void a_follower_has_its_own_deadline(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &only_dedup);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    uint64_t soon_ms = hearth_loop_now_ms(bed.loop) + 20;
    assert_int_equal(bed_ask_with(&bed, &b, "one", HEARTH_TRUNCATE_NEVER, soon_ms), 0);
    bed_until(&bed, bed_has_ended, &b);
    assert_int_equal(b.error, HEARTH_ETIMEOUT);
    assert_int_equal(a.done + a.error, 0);
    assert_int_equal(manual->canceled_count, 0);
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(a.done, 1);
    bed_close(&bed);
}

static void a_failure_is_the_followers_too(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &both);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    bed_ask(&bed, &b, "one");
    manual_error(manual->sent[0], HEARTH_ECONTEXT);
    assert_int_equal(a.error, HEARTH_ECONTEXT);
    bed_until(&bed, bed_has_ended, &b);
    assert_int_equal(b.error, HEARTH_ECONTEXT);
    struct vector_answer again = {0}; /* and is not kept */
    bed_ask(&bed, &again, "one");
    assert_int_equal(manual->sent_count, 2);
    bed_close(&bed);
}

static void a_callback_may_cancel_whom_it_likes(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0}, c = {0};
    bed_open(&bed, &both);
    bed_ask(&bed, &a, "one");
    bed_become_ready(&bed);
    bed_ask(&bed, &b, "one");
    bed_ask(&bed, &c, "one");
    a.cancels = &a; /* its vector came and it leaves: the next one is owed it */
    c.cancels = &c;
    bed_vector(manual->sent[0], 7);
    manual_done(manual->sent[0]);
    assert_int_equal(b.vectors, 1);
    assert_int_equal(b.done, 1);
    assert_float_equal(b.first, 7, 0);
    for (int turn = 0; turn < 1000 && !c.vectors; turn++) {
        struct vector_answer hit = {0};
        bed_ask(&bed, &hit, "one");
        bed_until(&bed, bed_has_ended, &hit);
    }
    assert_int_equal(c.vectors, 1);
    assert_int_equal(c.done, 0);
    bed_close(&bed);
}

static void when_both_are_off_everything_is_computed(void **state)
{
    (void)state;
    struct bed bed;
    struct vector_answer a = {0}, b = {0};
    bed_open(&bed, &neither);
    bed_ask(&bed, &a, "one");
    bed_ask(&bed, &b, "one");
    bed_become_ready(&bed);
    assert_int_equal(manual->sent_count, 2);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_text_at_the_same_time_is_computed_once),
        cmocka_unit_test(what_was_computed_comes_from_the_cache),
        cmocka_unit_test(no_answer_comes_from_what_was_loaded_before),
        cmocka_unit_test(a_follower_survives_the_cancel_of_the_first),
        cmocka_unit_test(in_the_queue_the_follower_takes_the_place),
        cmocka_unit_test(the_last_one_that_leaves_cancels_at_the_worker),
        cmocka_unit_test(a_follower_has_its_own_deadline),
        cmocka_unit_test(a_failure_is_the_followers_too),
        cmocka_unit_test(a_callback_may_cancel_whom_it_likes),
        cmocka_unit_test(when_both_are_off_everything_is_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
