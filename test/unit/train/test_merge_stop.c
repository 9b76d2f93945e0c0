/* A merge hears a stop between tensors and says beforehand what it needs; neither leaves anything
 * behind that is half. */
#include "support/adapter_maker.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "train/merge.h"

struct watching {
    int left; /* tensors before the stop */
    uint64_t memory_bytes;
    int refuses;
};

static bool stops(void *argument)
{
    struct watching *watching = argument;
    return watching->left-- == 0;
}

static int plans(void *argument, uint64_t memory_bytes, struct hearth_error *error)
{
    struct watching *watching = argument;
    watching->memory_bytes = memory_bytes;
    return watching->refuses ? hearth_error_set(error, watching->refuses, "no room") : 0;
}

static void test_a_merge_that_is_stopped_or_refused_leaves_nothing(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker adapter = adapter_maker_small(&base);
    char folder[TEMP_FOLDER_BYTES], base_path[64], adapter_path[64], merged[64];
    temp_folder_make(folder);
    snprintf(base_path, sizeof(base_path), "%s/base.gguf", folder);
    snprintf(adapter_path, sizeof(adapter_path), "%s/adapter.gguf", folder);
    snprintf(merged, sizeof(merged), "%s/model.gguf", folder);
    assert_true(decoder_make(&base, base_path));
    assert_true(adapter_make_gguf(&adapter, adapter_path));
    static const struct watching all[] = {{0, 0, 0}, {20, 0, 0}, {-1, 0, HEARTH_EMEMORY}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct watching watching = all[i];
        const struct hearth_rewrite_watch watch = {stops, plans, &watching};
        struct hearth_error error = {0};
        assert_int_equal(
            hearth_merge(base_path, adapter_path, HEARTH_REWRITE_KEEP, folder, &watch, &error),
            watching.refuses ? watching.refuses : HEARTH_ECANCELED);
        assert_non_null(strstr(error.message, watching.refuses ? "no room" : "interrupted"));
        /* At least the embeddings. */
        assert_true(watching.memory_bytes > 320 * 128 * sizeof(float));
        assert_int_not_equal(access(merged, F_OK), 0);
    }
    /* Base and adapter alone are left, and nothing half. */
    assert_int_equal(unlink(base_path), 0);
    assert_int_equal(unlink(adapter_path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_merge_that_is_stopped_or_refused_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
