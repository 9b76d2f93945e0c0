/* Requests that nobody could compute are kept for a person, within bounds. */
#include "serving/dead_letters.h"
#include "serving/shared_input.h"
#include "unit/cmocka_all.h"

static struct hearth_dead_letter letter_of(struct hearth_shared_input *shared)
{
    return (struct hearth_dead_letter){.model = (char *)"m:1", .shared = shared};
}

static struct hearth_shared_input *input_of(size_t length)
{
    static const char text[9000];
    const struct hearth_input input = {.kind = HEARTH_INPUT_TEXT, .bytes = text, .length = length};
    return hearth_shared_input_create(&input);
}

struct seen {
    uint64_t ids[16];
    size_t count, first_length;
};

static void see(void *argument, const struct hearth_dead_letter *letter)
{
    struct seen *seen = argument;
    if (!seen->count)
        seen->first_length = hearth_shared_input_view(letter->shared)->length;
    seen->ids[seen->count++] = letter->id;
}

static struct seen look(const struct hearth_dead_letters *letters)
{
    struct seen seen = {.count = 0};
    hearth_dead_letters_each(letters, see, &seen);
    return seen;
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
    (void)state;
    struct hearth_dead_letters *letters = hearth_dead_letters_create(3, 1 << 20);
    struct hearth_shared_input *shared = input_of(4);
    struct hearth_dead_letter letter = letter_of(shared);
    for (int i = 0; i < 10; i++)
        hearth_dead_letters_add(letters, &letter);
    struct seen seen = look(letters);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.ids[0], 8);
    assert_int_equal(seen.ids[2], 10);
    assert_null(hearth_dead_letters_take(letters, 1));
    hearth_dead_letter_destroy(hearth_dead_letters_take(letters, 9));
    assert_int_equal(look(letters).count, 2);
    hearth_shared_input_release(shared);
    hearth_dead_letters_destroy(letters);
}

static void their_bytes_are_bounded_too(void **state)
{
    (void)state;
    struct hearth_dead_letters *letters = hearth_dead_letters_create(8, 9000);
    struct hearth_shared_input *small = input_of(4), *large = input_of(6000),
                               *huge = input_of(9000);
    struct hearth_dead_letter letter = letter_of(small);
    hearth_dead_letters_add(letters, &letter);
    hearth_dead_letters_add(letters, &letter);
    letter = letter_of(large);
    hearth_dead_letters_add(letters, &letter);
    letter = letter_of(large); /* only one of them has room */
    hearth_dead_letters_add(letters, &letter);
    struct seen seen = look(letters);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.first_length, 6000);
    letter = letter_of(huge); /* alone too large: it drives nobody out */
    hearth_dead_letters_add(letters, &letter);
    assert_int_equal(look(letters).count, 1);
    hearth_shared_input_release(small);
    hearth_shared_input_release(large);
    hearth_shared_input_release(huge);
    hearth_dead_letters_destroy(letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_goes_when_there_are_too_many),
        cmocka_unit_test(their_bytes_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
