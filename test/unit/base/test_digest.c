#include "base/digest.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_sha256_matches_the_published_vectors(void **state)
{
    (void)state;
    /* FIPS 180-4, the examples of NIST. */
    char hex[HEARTH_SHA256_HEX];
    hearth_sha256_of("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hearth_sha256_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    char bytes[1000], whole[HEARTH_SHA256_HEX], pieces[HEARTH_SHA256_HEX];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    hearth_sha256_of(bytes, sizeof(bytes), whole);
    struct hearth_sha256 *digest = hearth_sha256_create();
    for (size_t at = 0; at < sizeof(bytes); at += 100)
        hearth_sha256_update(digest, bytes + at, 100);
    hearth_sha256_hex(digest, pieces);
    hearth_sha256_destroy(digest);
    hearth_sha256_destroy(NULL);
    assert_string_equal(whole, pieces);
}

static void test_random_bytes_fill_all_and_differ(void **state)
{
    (void)state;
    unsigned char a[300] = {0}, b[300] = {0};
    hearth_random_bytes(a, sizeof(a));
    hearth_random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    static const unsigned char zeros[32];
    assert_memory_not_equal(a + sizeof(a) - 32, zeros, 32);
}

static void test_only_64_lower_case_digits_are_a_digest(void **state)
{
    (void)state;
    char text[67];
    memset(text, 'a', sizeof(text));
    text[64] = '\0';
    assert_true(hearth_sha256_valid(text));
    text[63] = 'A';
    assert_false(hearth_sha256_valid(text));
    text[63] = '\0';
    assert_false(hearth_sha256_valid(text));
    text[63] = text[64] = 'a';
    text[65] = '\0';
    assert_false(hearth_sha256_valid(text));
    assert_false(hearth_sha256_valid(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_matches_the_published_vectors),
        cmocka_unit_test(test_pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(test_only_64_lower_case_digits_are_a_digest),
        cmocka_unit_test(test_random_bytes_fill_all_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
