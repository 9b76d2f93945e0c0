#include "base/memory.h"
#include "gateway/body_room.h"
#include "unit/cmocka_all.h"

#include <string.h>

enum { BODY_MAX = 10000000 };

/* "[", `count` pieces, "0]"; freed with hearth_free. */
static char *list_of(const char *piece, size_t count, size_t *ret_length)
{
    size_t each = strlen(piece);
    *ret_length = count * each + 3;
    char *text = hearth_alloc(*ret_length);
    text[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(text + 1 + i * each, piece, each);
    memcpy(text + 1 + count * each, "0]", 2);
    return text;
}

static int parse(struct hearth_body_room *room, const char *piece, size_t count,
                 struct hearth_parsed_body *body, struct hearth_error *error)
{
    size_t length;
    char *text = list_of(piece, count, &length);
    int rc = hearth_body_parse(room, text, length, body, error);
    hearth_free(text);
    return rc;
}

static void what_is_much_larger_than_its_text_is_refused(void **state)
{
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(BODY_MAX);
    static const char *const pieces[] = {"{},", "[],", "\"a\",", "1,"};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct hearth_parsed_body body;
        struct hearth_error error;
        size_t count = (BODY_MAX - 3) / strlen(pieces[i]);
        assert_int_equal(parse(room, pieces[i], count, &body, &error), HEARTH_ETOOLARGE);
        assert_non_null(strstr(error.message, "values"));
        assert_null(body.json);
    }
    hearth_body_room_destroy(room);
}

static void texts_and_token_ids_may_fill_the_body(void **state)
{
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(BODY_MAX);
    static const char *const pieces[] = {"10207,", "\"a sentence that is not very long\","};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct hearth_parsed_body body;
        struct hearth_error error;
        size_t count = (BODY_MAX - 3) / strlen(pieces[i]);
        assert_int_equal(parse(room, pieces[i], count, &body, &error), 0);
        assert_int_equal(json_array_size(body.json), count + 1);
        hearth_body_free(room, body);
    }
    hearth_body_room_destroy(room);
}

static void a_small_limit_of_the_text_still_lets_small_bodies_in(void **state)
{
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(1000);
    struct hearth_parsed_body body;
    struct hearth_error error;
    assert_int_equal(parse(room, "{},", 300, &body, &error), 0);
    hearth_body_free(room, body);
    hearth_body_room_destroy(room);
}

static void all_together_have_their_bound_and_small_ones_the_last_of_it(void **state)
{
    (void)state;
    enum { IDS = 300000 }; /* 14 MB of the 16 MB that the least room gives to one */
    struct hearth_body_room *room = hearth_body_room_create(1000);
    struct hearth_parsed_body bodies[8], small;
    struct hearth_error error;
    size_t count = 0;
    int rc = 0;
    while (count < 8 && !(rc = parse(room, "1,", IDS, &bodies[count], &error)))
        count++;
    assert_int_equal(rc, HEARTH_EQUEUEFULL);
    assert_int_equal(count, 3);
    assert_int_equal(parse(room, "1,", 100, &small, &error), 0);
    hearth_body_free(room, small);
    hearth_body_free(room, bodies[--count]);
    assert_int_equal(parse(room, "1,", IDS, &bodies[count++], &error), 0);
    while (count)
        hearth_body_free(room, bodies[--count]);
    hearth_body_room_destroy(room);
}

static void a_body_that_cannot_be_read_keeps_no_room(void **state)
{
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(1000);
    struct hearth_parsed_body body;
    struct hearth_error error;
    for (int i = 0; i < 20; i++)
        assert_int_equal(parse(room, "1,,", 200000, &body, &error), HEARTH_EPARSE);
    assert_int_equal(parse(room, "1,", 200000, &body, &error), 0);
    hearth_body_free(room, body);
    assert_int_equal(hearth_body_parse(room, "", 0, &body, &error), HEARTH_EPARSE);
    assert_int_equal(parse(room, "[", 300, &body, &error), HEARTH_EPARSE);
    assert_non_null(strstr(error.message, "deeper than 256"));
    hearth_body_room_destroy(room);
}

static void inputs_that_wait_count_with_the_bodies(void **state)
{
    (void)state;
    enum { INPUT = 15 << 20 };
    struct hearth_body_room *room = hearth_body_room_create(1000);
    struct hearth_parsed_body body;
    struct hearth_error error;
    int taken = 0;
    while (taken < 8 && !hearth_body_room_take(room, INPUT, &error))
        taken++;
    assert_int_equal(taken, 3);
    assert_int_equal(error.code, HEARTH_EQUEUEFULL);
    assert_int_equal(parse(room, "1,", 300000, &body, &error), HEARTH_EQUEUEFULL);
    hearth_body_room_give(room, INPUT);
    assert_int_equal(parse(room, "1,", 300000, &body, &error), 0);
    hearth_body_free(room, body);
    while (--taken)
        hearth_body_room_give(room, INPUT);
    hearth_body_room_destroy(room);
}

static void what_was_freed_is_given_back_once_it_is_much(void **state)
{
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(BODY_MAX);
    struct hearth_parsed_body body;
    struct hearth_error error;
    assert_int_equal(parse(room, "1,", 100, &body, &error), 0);
    hearth_body_free(room, body);
    assert_false(hearth_body_room_is_untrimmed(room));
    assert_int_equal(parse(room, "1,", 1000000, &body, &error), 0);
    hearth_body_free(room, body);
    assert_true(hearth_body_room_is_untrimmed(room));
    hearth_body_room_trim(room);
    assert_false(hearth_body_room_is_untrimmed(room));
    hearth_body_room_destroy(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_much_larger_than_its_text_is_refused),
        cmocka_unit_test(texts_and_token_ids_may_fill_the_body),
        cmocka_unit_test(a_small_limit_of_the_text_still_lets_small_bodies_in),
        cmocka_unit_test(all_together_have_their_bound_and_small_ones_the_last_of_it),
        cmocka_unit_test(a_body_that_cannot_be_read_keeps_no_room),
        cmocka_unit_test(inputs_that_wait_count_with_the_bodies),
        cmocka_unit_test(what_was_freed_is_given_back_once_it_is_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
