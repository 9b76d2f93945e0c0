#include "base/memory.h"
#include "cli/word_wrap.h"
#include "unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 8 };

/* What a terminal of that width is sent for a text in pieces (NULL ends them). */
static void assert_wrapped(size_t columns, const char *const pieces[PIECES_MAX],
                           const char *expected)
{
    struct hearth_word_wrap wrap;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    hearth_word_wrap_init(&wrap);
    for (size_t i = 0; i < PIECES_MAX && pieces[i]; i++)
        hearth_word_wrap_take(&wrap, columns, pieces[i], out);
    hearth_word_wrap_end(&wrap, columns, out);
    hearth_word_wrap_finish(&wrap);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

#define PIECES(...)                                                                                \
    (const char *const[PIECES_MAX])                                                                \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void test_a_line_breaks_between_words(void **state)
{
    (void)state;
    assert_wrapped(10, PIECES("the quick brown fox"), "the quick\nbrown fox");
    assert_wrapped(9, PIECES("the quick brown fox"), "the quick\nbrown fox");
    assert_wrapped(8, PIECES("the quick brown fox"), "the\nquick\nbrown\nfox");
    assert_wrapped(80, PIECES("the quick brown fox"), "the quick brown fox");
}

static void test_a_word_in_pieces_is_one_word(void **state)
{
    (void)state;
    assert_wrapped(10, PIECES("the qu", "i", "ck b", "rown", " ", "fox"), "the quick\nbrown fox");
}

static void test_only_a_word_longer_than_a_line_is_broken(void **state)
{
    (void)state;
    assert_wrapped(5, PIECES("a ", "abcde", " b"), "a\nabcde\nb");
    assert_wrapped(5, PIECES("a abcdefg hi"), "a\nabcde\nfg hi");
    assert_wrapped(5, PIECES("abc", "defghijkl", "m"), "abcde\nfghij\nklm");
}

static void test_line_ends_and_indentation_are_kept(void **state)
{
    (void)state;
    assert_wrapped(20, PIECES("if x:\n    y = 1\n\n\tz\r\n"), "if x:\n    y = 1\n\n        z\n");
    assert_wrapped(12, PIECES("        word and"), "        word\nand");
    assert_wrapped(8, PIECES("a b   c      ", "d"), "a b   c\nd");
    assert_wrapped(4, PIECES("      word"), "word");
    assert_wrapped(9, PIECES("one two  \nthree"), "one two\nthree");
}

static void test_wide_characters_take_two_columns_and_may_be_parted(void **state)
{
    (void)state;
    assert_wrapped(6, PIECES("日本語文字"), "日本語\n文字");
    assert_wrapped(7, PIECES("日本", "語文字"), "日本語\n文字");
    assert_wrapped(6, PIECES("ab 日本"), "ab 日\n本");
    assert_wrapped(6, PIECES("日本abcd"), "日本\nabcd");
    /* Neither does a line begin with closing nor end with opening punctuation. */
    assert_wrapped(6, PIECES("日本語。文"), "日本\n語。文");
    assert_wrapped(6, PIECES("日本「語」"), "日本\n「語」");
}

static void test_marks_take_no_column_and_stay_with_their_character(void **state)
{
    (void)state;
    assert_wrapped(4, PIECES("cafe", "\u0301", " ole"), "cafe\u0301\nole");
    assert_wrapped(4, PIECES("日か\u3099本"), "日か\u3099\n本");
    /* A family of two, joined. */
    assert_wrapped(5, PIECES("ab 👩\u200d👧"), "ab\n👩\u200d👧");
}

static void test_a_text_cannot_steer_the_terminal(void **state)
{
    (void)state;
    assert_wrapped(20,
                   PIECES("a\033[2Jb \a\b\x7f \xc2\x9b"
                          "1m"),
                   "a?[2Jb ??? ?1m");
    /* What takes the place of a control character is counted. */
    assert_wrapped(4, PIECES("ab \033\033"), "ab\n??");
}

static void test_marks_without_end_are_written_in_bounded_memory(void **state)
{
    (void)state;
    enum { MARKS = 100000 };
    char *marks = hearth_calloc(1, 2 * MARKS + 2), *text = NULL;
    size_t length = 0;
    marks[0] = 'e';
    for (size_t i = 0; i < MARKS; i++)
        memcpy(marks + 1 + 2 * i, "\u0301", 2);
    struct hearth_word_wrap wrap;
    FILE *out = open_memstream(&text, &length);
    hearth_word_wrap_init(&wrap);
    hearth_word_wrap_take(&wrap, 10, marks, out);
    assert_true(wrap.word.capacity <= 8192);
    hearth_word_wrap_end(&wrap, 10, out);
    hearth_word_wrap_finish(&wrap);
    fclose(out);
    assert_string_equal(text, marks);
    free(text);
    hearth_free(marks);
}

static void test_the_next_text_goes_on_in_the_line(void **state)
{
    (void)state;
    struct hearth_word_wrap wrap;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    hearth_word_wrap_init(&wrap);
    hearth_word_wrap_take(&wrap, 10, "one two", out);
    hearth_word_wrap_end(&wrap, 10, out);
    assert_int_equal(wrap.at, 7);
    hearth_word_wrap_take(&wrap, 10, " three", out);
    hearth_word_wrap_end(&wrap, 10, out);
    assert_int_equal(wrap.at, 5);
    hearth_word_wrap_finish(&wrap);
    fclose(out);
    assert_string_equal(text, "one two\nthree");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_breaks_between_words),
        cmocka_unit_test(test_a_word_in_pieces_is_one_word),
        cmocka_unit_test(test_only_a_word_longer_than_a_line_is_broken),
        cmocka_unit_test(test_line_ends_and_indentation_are_kept),
        cmocka_unit_test(test_wide_characters_take_two_columns_and_may_be_parted),
        cmocka_unit_test(test_marks_take_no_column_and_stay_with_their_character),
        cmocka_unit_test(test_a_text_cannot_steer_the_terminal),
        cmocka_unit_test(test_marks_without_end_are_written_in_bounded_memory),
        cmocka_unit_test(test_the_next_text_goes_on_in_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
