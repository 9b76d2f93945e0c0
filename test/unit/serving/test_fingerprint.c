/* One word for what computes: equal parts give it equal, any other part gives another. */
#include "serving/fingerprint.h"

#include "unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

static struct hearth_model_facts facts;

static struct hearth_fingerprint_parts parts_of(const char *compute, const char *cache_type)
{
    facts = (struct hearth_model_facts){.context = 4096, .slots = 4, .batch = 512};
    snprintf(facts.compute, sizeof(facts.compute), "%s", compute);
    snprintf(facts.cache_type, sizeof(facts.cache_type), "%s", cache_type);
    return (struct hearth_fingerprint_parts){
        .files = "ab", .engine = "llama", .engine_json = "{}", .facts = &facts};
}

static void it_says_in_words_what_computes_and_the_type_of_the_cache(void **state)
{
    (void)state;
    char text[HEARTH_FINGERPRINT_SIZE];
    struct hearth_fingerprint_parts parts = parts_of("own, avx512_bf16", "f16");
    hearth_fingerprint_make(&parts, text);
    assert_memory_equal(text, "fp_", 3);
    assert_int_equal(strspn(text + 3, "0123456789abcdef"), 12);
    assert_string_equal(text + 15, "_own_avx512_bf16_f16");
    parts = parts_of("libllama", "f16, q8_0");
    hearth_fingerprint_make(&parts, text);
    assert_string_equal(text + 15, "_libllama_f16_q8_0");
    parts = parts_of("", "");
    hearth_fingerprint_make(&parts, text);
    assert_int_equal(strlen(text), 15);
}

static void files_settings_and_context_make_another_one_and_slots_and_batch_do_not(void **state)
{
    (void)state;
    char first[HEARTH_FINGERPRINT_SIZE], other[HEARTH_FINGERPRINT_SIZE];
    struct hearth_fingerprint_parts parts = parts_of("own, avx2", "bf16");
    hearth_fingerprint_make(&parts, first);
    facts.slots = 32;
    facts.batch = 64;
    hearth_fingerprint_make(&parts, other);
    assert_string_equal(other, first);
    facts.context = 8192;
    hearth_fingerprint_make(&parts, other);
    assert_string_not_equal(other, first);
    parts = parts_of("own, avx2", "bf16");
    snprintf(facts.adapters_digest, sizeof(facts.adapters_digest), "0123");
    hearth_fingerprint_make(&parts, other);
    assert_string_not_equal(other, first);
    for (int i = 0; i < 3; i++) {
        parts = parts_of("own, avx2", "bf16");
        parts.files = i == 0 ? "ac" : parts.files;
        parts.engine = i == 1 ? "fake" : parts.engine;
        parts.engine_json = i == 2 ? "{\"rope_freq_base\":1}" : parts.engine_json;
        hearth_fingerprint_make(&parts, other);
        assert_string_not_equal(other, first);
    }
}

static void what_is_too_long_is_cut_and_stays_one_word(void **state)
{
    (void)state;
    char text[HEARTH_FINGERPRINT_SIZE];
    struct hearth_fingerprint_parts parts =
        parts_of("a b c d e f g h i j k l m n o ", "aaaaaaaaaaaaaaaaaaaaaaa");
    hearth_fingerprint_make(&parts, text);
    assert_true(strlen(text) < sizeof(text));
    assert_null(strpbrk(text, " ,\"\\"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_in_words_what_computes_and_the_type_of_the_cache),
        cmocka_unit_test(files_settings_and_context_make_another_one_and_slots_and_batch_do_not),
        cmocka_unit_test(what_is_too_long_is_cut_and_stays_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
