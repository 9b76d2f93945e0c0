/* What sources, paths and names may look like, and which files make a model. */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void good_sources_pass_the_check(void **state)
{
    (void)state;
    static const char *const good[] = {
        "file:/models/a.gguf",
        "file:relative dir",
        "hf:org/repo",
        "hf:o-r_g.x/Repo.v1@main",
        "hf:org/repo@refs/pr/1:sub/model.gguf",
        "hf:org/repo:a b.gguf",
        "https://example.org/a.gguf",
        "https://example.org:8443/x/a.gguf?download=true#sha256="
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "http://127.0.0.1:80/a.gguf",
        "http://[::1]/a.gguf",
        "http://localhost:9/a.gguf",
        "fake:{}",
        "fake:@/x/y",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct hearth_error error = {0};
        if (hearth_source_check(good[i], &error))
            fail_msg("%s: %s", good[i], error.message);
    }
}

static void faulty_sources_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "model.gguf",
        "ftp://example.org/a",
        "file:",
        "file:a\nb",
        "hf:",
        "hf:repo",
        "hf:/repo",
        "hf:org/",
        "hf:org/repo/more",
        "hf:../etc/passwd",
        "hf:org/..",
        "hf:org/re..po",
        "hf:org/-repo",
        "hf:org/repo?x=1",
        "hf:org/repo@",
        "hf:org/repo@a b",
        "hf:org/repo@../../x",
        "hf:org/repo:",
        "hf:org/repo:../a.gguf",
        "hf:org/repo:/a.gguf",
        "hf:org/repo:a\\b.gguf",
        "https:example.org/a",
        "https://example.org",
        "https:///a.gguf",
        "https://user:secret@example.org/a.gguf",
        "https://example.org/a b",
        "https://example.org/a.gguf#sha256=12",
        "https://example.org/a.gguf#part",
        "http://example.org/a.gguf",
        "http://127.0.0.1.example.org/a.gguf",
        "http:",
        "http:/",
        "http://[::1",
        "http://[::1/a.gguf",
        "http://[::1]x/a.gguf",
        "http://localhost@example.org/a.gguf",
        "fake:",
        "fake:@",
        "hf:org/repo:\xff.gguf",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hearth_error error = {0};
        if (hearth_source_check(bad[i], &error) == 0)
            fail_msg("%s was taken", bad[i]);
        assert_true(error.message[0] != '\0');
    }
}

static void hostile_paths_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "config.json", "1_Pooling/config.json", "a b/ü.gguf", "..a", "a..", "...", ".hidden"};
    static const char *const bad[] = {"",     "/a",    "a/",   "a//b", ".",     "..",  "a/..",
                                      "../a", "a/./b", "a\\b", "a\nb", "a\x7f", "\xc3"};
    char longest[520], part[300];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(hearth_source_path_check(good[i], NULL), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_source_path_check(bad[i], NULL), HEARTH_EPATH);
    for (size_t i = 0; i < sizeof(longest); i++)
        longest[i] = i % 100 == 99 ? '/' : 'a';
    longest[512] = '\0';
    assert_int_equal(hearth_source_path_check(longest, NULL), 0);
    longest[512] = 'a';
    longest[513] = '\0';
    assert_int_equal(hearth_source_path_check(longest, NULL), HEARTH_EPATH);
    memset(part, 'a', sizeof(part));
    part[256] = '\0';
    assert_int_equal(hearth_source_path_check(part, NULL), HEARTH_EPATH);
}

static void names_are_always_valid(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"org/SmolLM2-135M-GGUF", "SmolLM2-135M-GGUF"},
        {"a/b/SmolLM2.Q4_1.gguf", "SmolLM2.Q4_1"},
        {"big-00002-of-00005.gguf", "big"},
        {"big-00002-of-0005.gguf", "big-00002-of-0005"},
        {"My Model (v2).gguf", "My-Model--v2"},
        {"..hidden", "hidden"},
        {"123", "model-123"},
        {"___", "model"},
        {"", "model"},
        {".gguf", "model"},
        {"模型", "model"},
    };
    struct hearth_arena *arena = hearth_arena_create(100000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(hearth_source_name(arena, cases[i][0]), cases[i][1]);
    char digits[200];
    memset(digits, '7', sizeof(digits));
    digits[199] = '\0';
    assert_true(hearth_model_name_valid(hearth_source_name(arena, digits)));
    digits[0] = 'a';
    assert_true(hearth_model_name_valid(hearth_source_name(arena, digits)));
    hearth_arena_destroy(arena);
}

enum { FILES = 24 };

static size_t make(struct hearth_source_file *files, const char *const *paths)
{
    size_t count = 0;
    for (; paths[count]; count++)
        files[count] = (struct hearth_source_file){.path = paths[count],
                                                   .size = 1500000 * (int64_t)(count + 1)};
    return count;
}

static void the_only_gguf_is_taken(void **state)
{
    (void)state;
    static const char *const paths[] = {"README.md",   "mmproj-f16.gguf", "m.gguf",
                                        "config.json", "x.safetensors",   NULL};
    struct hearth_source_file files[FILES];
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, NULL, "here", NULL), 0);
    assert_int_equal(count, 1);
    assert_string_equal(files[0].path, "m.gguf");
}

static void several_ggufs_are_listed_with_sizes(void **state)
{
    (void)state;
    static const char *const paths[] = {"a.Q4.gguf", "b-00001-of-00002.gguf",
                                        "b-00002-of-00002.gguf", NULL};
    struct hearth_source_file files[FILES];
    struct hearth_error error = {0};
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, NULL, "hf:o/r", &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "\n  a.Q4.gguf  (1.4 MiB)"));
    assert_non_null(strstr(error.message, "\n  b-00001-of-00002.gguf  (7.2 MiB)"));
    assert_null(strstr(error.message, "b-00002-of-00002.gguf"));
}

static void a_list_that_is_too_long_says_how_many_are_left_out(void **state)
{
    (void)state;
    static struct hearth_source_file files[500];
    static char names[500][40];
    for (size_t i = 0; i < 500; i++) {
        snprintf(names[i], sizeof(names[i]), "model-number-%zu.gguf", i);
        files[i] = (struct hearth_source_file){.path = names[i], .size = 1};
    }
    struct hearth_error error = {0};
    size_t count = 500;
    assert_int_equal(hearth_source_select(files, &count, NULL, "hf:o/r", &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, " more"));
}

static void parts_of_a_split_model_belong_together(void **state)
{
    (void)state;
    static const char *const paths[] = {"q/b-00001-of-00003.gguf", "a.gguf",
                                        "q/b-00002-of-00003.gguf", "q/b-00003-of-00003.gguf",
                                        "b-00003-of-00003.gguf",   NULL};
    struct hearth_source_file files[FILES];
    struct hearth_error error = {0};
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, "q/b-00002-of-00003.gguf", "here", &error),
                     0);
    assert_int_equal(count, 3);
    assert_string_equal(files[0].path, "q/b-00001-of-00003.gguf");
    count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, "b-00003-of-00003.gguf", "here", &error),
                     HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, "1 of the 3"));
}

static void a_wrong_file_gets_a_suggestion(void **state)
{
    (void)state;
    static const char *const paths[] = {"model.Q4_0.gguf", "model.Q8_0.gguf", NULL};
    struct hearth_source_file files[FILES];
    struct hearth_error error = {0};
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, "model.q4_0.gguf", "hf:o/r", &error),
                     HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, "did you mean model.Q4_0.gguf?"));
}

static void a_word_of_the_name_means_the_only_model_that_has_it(void **state)
{
    (void)state;
    static const char *const paths[] = {"m-IQ4_K_M.gguf",
                                        "m-Q4_K_M.gguf",
                                        "m-Q4_K.gguf",
                                        "m.q8_0-00001-of-00002.gguf",
                                        "m.q8_0-00002-of-00002.gguf",
                                        "mmproj-F16.gguf",
                                        NULL};
    struct hearth_source_file files[FILES];
    struct hearth_error error = {0};
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, "q4_k_m", "here", &error), 0);
    assert_int_equal(count, 1);
    assert_string_equal(files[0].path, "m-Q4_K_M.gguf");
    count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, "Q8_0", "here", &error), 0);
    assert_int_equal(count, 2);
    static const char *const wrong[] = {"Q4", "m", "F16", "Q2_K"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        count = make(files, paths);
        assert_int_equal(hearth_source_select(files, &count, wrong[i], "here", &error),
                         HEARTH_ENOTFOUND);
    }
}

static void a_directory_gives_what_a_model_needs(void **state)
{
    (void)state;
    static const char *const paths[] = {"1_Pooling/config.json",
                                        "2_Dense/model.safetensors",
                                        "README.md",
                                        "config.json",
                                        "consolidated.safetensors",
                                        "model.safetensors",
                                        "model.safetensors.index.json",
                                        "onnx/config.json",
                                        "onnx/model.safetensors",
                                        "pytorch_model.bin",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "train.py",
                                        "vocab.txt",
                                        NULL};
    static const char *const taken[] = {"1_Pooling/config.json",
                                        "2_Dense/model.safetensors",
                                        "config.json",
                                        "model.safetensors",
                                        "model.safetensors.index.json",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "vocab.txt"};
    struct hearth_source_file files[FILES];
    size_t count = make(files, paths);
    assert_int_equal(hearth_source_select(files, &count, NULL, "here", NULL), 0);
    assert_int_equal(count, sizeof(taken) / sizeof(taken[0]));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(files[i].path, taken[i]);
}

static void what_is_no_model_says_why(void **state)
{
    (void)state;
    static const char *const pickled[] = {"config.json", "pytorch_model.bin", NULL};
    static const char *const empty[] = {NULL};
    struct hearth_source_file files[FILES];
    struct hearth_error error = {0};
    size_t count = make(files, pickled);
    assert_int_equal(hearth_source_select(files, &count, NULL, "here", &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "no .safetensors weights"));
    count = make(files, empty);
    assert_int_equal(hearth_source_select(files, &count, NULL, "here", &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "no config.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_sources_pass_the_check),
        cmocka_unit_test(faulty_sources_are_refused),
        cmocka_unit_test(hostile_paths_are_refused),
        cmocka_unit_test(names_are_always_valid),
        cmocka_unit_test(the_only_gguf_is_taken),
        cmocka_unit_test(several_ggufs_are_listed_with_sizes),
        cmocka_unit_test(a_list_that_is_too_long_says_how_many_are_left_out),
        cmocka_unit_test(parts_of_a_split_model_belong_together),
        cmocka_unit_test(a_wrong_file_gets_a_suggestion),
        cmocka_unit_test(a_word_of_the_name_means_the_only_model_that_has_it),
        cmocka_unit_test(a_directory_gives_what_a_model_needs),
        cmocka_unit_test(what_is_no_model_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
