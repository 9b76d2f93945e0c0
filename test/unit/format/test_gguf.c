#include "base/memory.h"
#include "format/gguf.h"
#include "support/gguf_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct hearth_buf file;
static struct hearth_error fault;

static int begin(void **state)
{
    (void)state;
    hearth_buf_init(&file, 64u << 20);
    fault = (struct hearth_error){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    hearth_buf_finish(&file);
    return 0;
}

static int parse(struct hearth_gguf **ret_gguf)
{
    return hearth_gguf_parse(file.bytes, file.length, file.length, ret_gguf, &fault);
}

/* The file must be refused with this code, and the message must hold the text. */
static void expect_fault(int code, const char *text)
{
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(parse(&gguf), code);
    assert_null(gguf);
    assert_int_equal(fault.code, code);
    if (strstr(fault.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, fault.message);
}

/* A small sound file: two tensors, a key of each kind. */
static void put_sound_file(void)
{
    put_head(&file, 3, 2, 7);
    put_key_text(&file, "general.architecture", "llama");
    put_key_u32(&file, "llama.context_length", 2048);
    put_key_f32(&file, "llama.epsilon", 0.5f);
    put_key_truth(&file, "tokenizer.ggml.add_bos_token", 1);
    put_key_array(&file, "tokenizer.ggml.tokens", 8, 3);
    put_text(&file, "a");
    put_text(&file, "");
    put_text(&file, "b\n");
    put_key_array(&file, "llama.attention.head_count_kv", 5, 2);
    put_u32(&file, 4);
    put_u32(&file, (uint32_t)-2);
    put_key_u32(&file, "general.alignment", 64);
    put_tensor(&file, "token_embd.weight", 0, 8, 2, 0);
    put_tensor(&file, "output.weight", 2, 32, 2, 64);
    put_padding(&file, 64);
    put_zeros(&file, 64 + 36);
}

static void a_sound_file_is_read_whole(void **state)
{
    (void)state;
    put_sound_file();
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(parse(&gguf), 0);
    assert_int_equal(hearth_gguf_version(gguf), 3);
    assert_int_equal(hearth_gguf_entry_count(gguf), 7);
    assert_int_equal(hearth_gguf_tensor_count(gguf), 2);
    struct hearth_gguf_text text = hearth_gguf_text(gguf, "general.architecture");
    assert_int_equal(text.length, 5);
    assert_memory_equal(text.bytes, "llama", 5);
    assert_int_equal(hearth_gguf_integer(gguf, "llama.context_length", 0), 2048);
    assert_true(hearth_gguf_number(gguf, "llama.epsilon", 0) == 0.5);
    assert_true(hearth_gguf_truth(gguf, "tokenizer.ggml.add_bos_token", false));
    const struct hearth_gguf_entry *heads = hearth_gguf_find(gguf, "llama.attention.head_count_kv");
    assert_true(heads->is_array);
    assert_int_equal(hearth_gguf_integer_at(heads, 0, 0), 4);
    assert_int_equal(hearth_gguf_integer_at(heads, 1, 0), -2);
    assert_int_equal(hearth_gguf_integer_at(heads, 2, 77), 77);
    assert_int_equal(hearth_gguf_find(gguf, "tokenizer.ggml.tokens")->count, 3);
    size_t offset = 0;
    static const char *const words[] = {"a", "", "b\n"};
    for (int i = 0; i < 3; i++) {
        struct hearth_gguf_text word =
            hearth_gguf_next_text(hearth_gguf_find(gguf, "tokenizer.ggml.tokens"), &offset);
        assert_int_equal(word.length, strlen(words[i]));
        assert_memory_equal(word.bytes, words[i], word.length);
    }
    const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(gguf, "output.weight");
    assert_int_equal(tensor->element_count, 64);
    assert_int_equal(tensor->size_bytes, 36);
    assert_int_equal(tensor->offset + tensor->size_bytes, file.length);
    assert_string_equal(hearth_gguf_tensor_type_name(tensor->type), "q4_0");
    hearth_gguf_destroy(gguf);
}

static void a_key_that_is_absent_or_of_another_kind_gives_the_fallback(void **state)
{
    (void)state;
    put_sound_file();
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(parse(&gguf), 0);
    assert_null(hearth_gguf_find(gguf, "llama"));
    assert_null(hearth_gguf_find(gguf, ""));
    assert_null(hearth_gguf_find_tensor(gguf, "output.weight2"));
    assert_int_equal(hearth_gguf_integer(gguf, "general.architecture", -1), -1);
    assert_int_equal(hearth_gguf_integer(gguf, "tokenizer.ggml.tokens", -1), -1);
    assert_null(hearth_gguf_text(gguf, "llama.context_length").bytes);
    assert_true(hearth_gguf_truth(gguf, "llama.context_length", true));
    assert_true(hearth_gguf_number(gguf, "llama.context_length", 7) == 7);
    hearth_gguf_destroy(gguf);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    put_sound_file();
    for (size_t length = 0; length < file.length; length++) {
        /* Bytes of their own, so that a sanitizer sees a read past them. */
        char *exact = hearth_alloc(length > 0 ? length : 1);
        memcpy(exact, file.bytes, length);
        struct hearth_gguf *gguf = NULL;
        int rc = hearth_gguf_parse(exact, length, length, &gguf, &fault);
        assert_int_equal(rc, HEARTH_EMODEL);
        assert_null(gguf);
        hearth_free(exact);
    }
}

static void every_flipped_byte_of_a_header_is_survived(void **state)
{
    (void)state;
    put_sound_file();
    for (size_t i = 0; i < file.length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            file.bytes[i] ^= (char)(1 << bit);
            struct hearth_gguf *gguf = NULL;
            int rc = parse(&gguf);
            assert_true((rc == 0) == (gguf != NULL));
            hearth_gguf_destroy(gguf);
            file.bytes[i] ^= (char)(1 << bit);
        }
    }
}

static void what_is_no_gguf_file_is_named(void **state)
{
    (void)state;
    hearth_buf_text(&file, "version https://git-lfs.github.com/spec/v1\n");
    expect_fault(HEARTH_EMODEL, "Git LFS pointer");
    hearth_buf_clear(&file);
    hearth_buf_text(&file, "once upon a time");
    expect_fault(HEARTH_EMODEL, "not a GGUF file");
    hearth_buf_clear(&file);
    put_u64(&file, 20);
    hearth_buf_text(&file, "{\"a\":{}}            ");
    expect_fault(HEARTH_EMODEL, "safetensors");
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(hearth_gguf_parse("", 0, 0, &gguf, &fault), HEARTH_EMODEL);
    assert_non_null(strstr(fault.message, "empty"));
}

static void unknown_versions_are_named(void **state)
{
    (void)state;
    put_head(&file, 1, 0, 0);
    expect_fault(HEARTH_ENOTIMPL, "version 1 ");
    hearth_buf_clear(&file);
    put_head(&file, 4, 0, 0);
    expect_fault(HEARTH_ENOTIMPL, "version 4 ");
    hearth_buf_clear(&file);
    put_head(&file, 0x03000000, 0, 0);
    expect_fault(HEARTH_ENOTIMPL, "version 3 is not known here (2 and 3 are): the file is big");
}

static void huge_counts_are_refused_before_they_are_believed(void **state)
{
    (void)state;
    put_head(&file, 3, UINT64_MAX, 0);
    expect_fault(HEARTH_EMODEL, "number of tensors");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1ull << 62);
    expect_fault(HEARTH_EMODEL, "number of keys");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_array(&file, "numbers", 10, UINT64_MAX / 8 + 2);
    expect_fault(HEARTH_EMODEL, "'numbers' says it has more elements");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_array(&file, "words", 8, 1ull << 61);
    expect_fault(HEARTH_EMODEL, "'words' says it has more strings");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_text(&file, "word");
    put_u32(&file, 8);
    put_u64(&file, UINT64_MAX);
    expect_fault(HEARTH_EMODEL, "key 'word' needs 18446744073709551615 bytes");
}

static void bad_keys_are_refused(void **state)
{
    (void)state;
    put_head(&file, 3, 0, 2);
    put_key_u32(&file, "twice", 1);
    put_key_text(&file, "twice", "1");
    expect_fault(HEARTH_EMODEL, "key 'twice' stands there twice");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_u32(&file, "", 1);
    expect_fault(HEARTH_EMODEL, "a key is empty");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_u32(&file, "a\nb", 1);
    expect_fault(HEARTH_EMODEL, "control character");
}

static void bad_types_are_refused(void **state)
{
    (void)state;
    put_head(&file, 3, 0, 1);
    put_text(&file, "odd");
    put_u32(&file, 13);
    put_u64(&file, 0);
    expect_fault(HEARTH_EMODEL, "key 'odd' has a type that GGUF does not have");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_array(&file, "nested", 9, 1);
    expect_fault(HEARTH_EMODEL, "array of arrays");
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_truth(&file, "truth", 2);
    expect_fault(HEARTH_EMODEL, "other than 0 and 1");
}

static void bad_alignments_are_refused(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 3, 48, 1u << 21, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hearth_buf_clear(&file);
        put_head(&file, 3, 0, 1);
        put_key_u32(&file, "general.alignment", bad[i]);
        expect_fault(HEARTH_EMODEL, "general.alignment");
    }
    hearth_buf_clear(&file);
    put_head(&file, 3, 0, 1);
    put_key_text(&file, "general.alignment", "32");
    expect_fault(HEARTH_EMODEL, "general.alignment");
}

static void put_one_tensor(uint32_t type, uint64_t columns, uint64_t rows, uint64_t offset)
{
    hearth_buf_clear(&file);
    put_head(&file, 3, 1, 0);
    put_tensor(&file, "w", type, columns, rows, offset);
    put_padding(&file, 32);
    put_zeros(&file, 256);
}

static void bad_tensors_are_refused(void **state)
{
    (void)state;
    put_one_tensor(0, 8, 8, 0);
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(parse(&gguf), 0);
    hearth_gguf_destroy(gguf);
    put_one_tensor(0, 8, 9, 0);
    expect_fault(HEARTH_EMODEL, "tensor 'w' (288 bytes) does not lie inside");
    put_one_tensor(0, 8, 8, 32);
    expect_fault(HEARTH_EMODEL, "does not lie inside");
    put_one_tensor(0, 8, 1, UINT64_MAX - 31);
    expect_fault(HEARTH_EMODEL, "does not lie inside");
    put_one_tensor(0, 8, 1, 8);
    expect_fault(HEARTH_EMODEL, "unaligned");
    put_one_tensor(2, 8, 1, 0);
    expect_fault(HEARTH_EMODEL, "not whole blocks");
    put_one_tensor(0, 1ull << 40, 1ull << 40, 0);
    expect_fault(HEARTH_EMODEL, "more elements than can be counted");
    put_one_tensor(28, 1ull << 40, 1ull << 22, 0);
    expect_fault(HEARTH_EMODEL, "more bytes than can be counted");
    put_one_tensor(0, 0, 1, 0);
    expect_fault(HEARTH_EMODEL, "dimension of 0");
    put_one_tensor(4, 32, 1, 0);
    expect_fault(HEARTH_ENOTIMPL, "type 4");
    put_one_tensor(UINT32_MAX, 32, 1, 0);
    expect_fault(HEARTH_ENOTIMPL, "type 4294967295");
}

static void tensors_that_overlap_or_share_a_name_are_refused(void **state)
{
    (void)state;
    put_head(&file, 3, 2, 0);
    put_tensor(&file, "a", 0, 8, 2, 32);
    put_tensor(&file, "b", 0, 8, 2, 0);
    put_padding(&file, 32);
    put_zeros(&file, 256);
    expect_fault(HEARTH_EMODEL, "tensors 'b' and 'a' overlap");
    hearth_buf_clear(&file);
    put_head(&file, 3, 2, 0);
    put_tensor(&file, "a", 0, 8, 1, 0);
    put_tensor(&file, "a", 0, 8, 1, 32);
    put_padding(&file, 32);
    put_zeros(&file, 256);
    expect_fault(HEARTH_EMODEL, "tensor 'a' stands there twice");
}

static void put_file(const char *path)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file.bytes, 1, file.length, out), file.length);
    assert_int_equal(fclose(out), 0);
}

static void a_header_longer_than_the_first_window_is_read(void **state)
{
    (void)state;
    char path[] = "/tmp/hearth-gguf-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    put_head(&file, 2, 1, 2);
    put_key_array(&file, "numbers", 10, 700000);
    put_zeros(&file, (size_t)700000 * 8);
    put_key_u32(&file, "last", 9);
    put_tensor(&file, "w", 0, 8, 1, 0);
    put_padding(&file, 32);
    put_zeros(&file, 32);
    put_file(path);
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(hearth_gguf_open(path, &gguf, &fault), 0);
    assert_int_equal(hearth_gguf_integer(gguf, "last", 0), 9);
    hearth_gguf_destroy(gguf);
    /* The same file cut inside its header. */
    file.length = 3u << 20;
    put_file(path);
    gguf = NULL;
    assert_int_equal(hearth_gguf_open(path, &gguf, &fault), HEARTH_EMODEL);
    assert_non_null(strstr(fault.message, "numbers"));
    unlink(path);
}

static void what_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(hearth_gguf_open("/nonexistent/x.gguf", &gguf, &fault), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_gguf_open("/tmp", &gguf, &fault), HEARTH_EMODEL);
    assert_int_equal(hearth_gguf_open("/dev/zero", &gguf, &fault), HEARTH_EMODEL);
    assert_null(gguf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_file_is_read_whole),
        TEST(a_key_that_is_absent_or_of_another_kind_gives_the_fallback),
        TEST(every_truncation_is_refused),
        TEST(every_flipped_byte_of_a_header_is_survived),
        TEST(what_is_no_gguf_file_is_named),
        TEST(unknown_versions_are_named),
        TEST(huge_counts_are_refused_before_they_are_believed),
        TEST(bad_keys_are_refused),
        TEST(bad_types_are_refused),
        TEST(bad_alignments_are_refused),
        TEST(bad_tensors_are_refused),
        TEST(tensors_that_overlap_or_share_a_name_are_refused),
        TEST(a_header_longer_than_the_first_window_is_read),
        TEST(what_cannot_be_opened_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
