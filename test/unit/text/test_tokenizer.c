/* What the tokenizers make of files that a stranger wrote; that they agree with the library is
 * tested in test/e2e/test_tokenizers.py. */
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "unit/cmocka_all.h"

#include <string.h>

#define WORDS "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":1,\"b\":2,\"##b\":3}}"

static int parse(const char *json, struct hearth_tokenizer **ret_tokenizer,
                 struct hearth_error *error)
{
    char *copy = hearth_strdup(json);
    int rc = hearth_tokenizer_parse(copy, strlen(copy), ret_tokenizer, error);
    hearth_free(copy);
    return rc;
}

static void expect_ids(const char *json, const char *text, const int32_t *ids, size_t count)
{
    struct hearth_tokenizer *tokenizer = NULL;
    struct hearth_tokens tokens = {0};
    struct hearth_error error = {0};
    assert_int_equal(parse(json, &tokenizer, &error), 0);
    assert_int_equal(
        hearth_tokenizer_encode(tokenizer, text, strlen(text), NULL, 0, true, &tokens, &error), 0);
    assert_int_equal(tokens.count, count);
    assert_memory_equal(tokens.ids, ids, count * sizeof(*ids));
    hearth_tokens_finish(&tokens);
    hearth_tokenizer_close(tokenizer);
}

static void a_sequence_without_processors_leaves_the_text_as_it_is(void **state)
{
    static const int32_t ids[] = {1, 3};
    (void)state;
    expect_ids("{\"post_processor\":{\"type\":\"Sequence\",\"processors\":[]}," WORDS "}", "ab",
               ids, 2);
    expect_ids("{\"post_processor\":null," WORDS "}", "ab", ids, 2);
}

/* A map of one key, "a", with this replacement. A unit of the trie has its label in the low 8 bits,
 * a flag for "a value follows" above them, and from bit 10 on the offset to what follows, which is
 * combined with the own place and the next label by exclusive or. */
static char *map_of_a(const char *replacement, size_t length)
{
    enum { ROOT = 0x100, KEY = ROOT ^ 'a', UNITS = KEY + 1 };
    uint32_t units[1 + UNITS] = {4 * UNITS};
    struct hearth_buf json;
    struct hearth_buf bytes;
    units[1] = (uint32_t)ROOT << 10;
    units[1 + KEY] = 'a' | 1u << 8 | 1u << 10;
    units[1 + (KEY ^ 1)] = 0x80000000u; /* the value: where its text begins in the pool */
    hearth_buf_init(&bytes, 1 << 20);
    hearth_buf_append(&bytes, units, sizeof(units));
    hearth_buf_append(&bytes, replacement, length + 1);
    hearth_buf_init(&json, 1 << 20);
    hearth_buf_text(&json, "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"");
    hearth_base64_append(&json, bytes.bytes, bytes.length);
    hearth_buf_text(&json, "\"}," WORDS "}");
    hearth_buf_finish(&bytes);
    return hearth_buf_take(&json);
}

static void expect_broken_map(const char *replacement, size_t length)
{
    struct hearth_tokenizer *tokenizer = NULL;
    struct hearth_error error = {0};
    char *json = map_of_a(replacement, length);
    assert_int_equal(parse(json, &tokenizer, &error), HEARTH_EMODEL);
    assert_string_equal(error.message, "tokenizer.json: the precompiled map is broken");
    assert_null(tokenizer);
    hearth_free(json);
}

static void a_precompiled_map_replaces_a_character(void **state)
{
    static const int32_t ids[] = {2};
    (void)state;
    char *json = map_of_a("b", 1);
    expect_ids(json, "a", ids, 1);
    hearth_free(json);
}

/* Looked at for each character of a text of megabytes, such a one would take hours. */
static void a_precompiled_map_with_a_replacement_of_over_a_kilobyte_is_broken(void **state)
{
    static const int32_t unknown[] = {0};
    (void)state;
    char *longest = hearth_calloc(1, 1026);
    memset(longest, 'b', 1024);
    char *json = map_of_a(longest, 1024);
    expect_ids(json, "a", unknown, 1); /* a word of 1,024 letters is none that it has */
    hearth_free(json);
    longest[1024] = 'b';
    expect_broken_map(longest, 1025);
    hearth_free(longest);
}

static void a_precompiled_map_whose_replacements_are_not_utf8_is_broken(void **state)
{
    (void)state;
    expect_broken_map("\xff", 1);
    expect_broken_map("\xc3", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_without_processors_leaves_the_text_as_it_is),
        cmocka_unit_test(a_precompiled_map_replaces_a_character),
        cmocka_unit_test(a_precompiled_map_with_a_replacement_of_over_a_kilobyte_is_broken),
        cmocka_unit_test(a_precompiled_map_whose_replacements_are_not_utf8_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
