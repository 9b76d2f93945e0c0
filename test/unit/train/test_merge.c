/* A base and an adapter that became one model compute what the two compute beside each other, for
 * every architecture, in GGUF files and folders; what does not change keeps its bytes; and nothing
 * half is left where something goes wrong. */
#include "support/adapter_maker.h"
#include "support/folder_maker.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/small_file.h"
#include "network/decoder.h"
#include "train/export_full.h"
#include "train/full.h"
#include "train/merge.h"

#include <signal.h>
#include <sys/resource.h>

enum { TOKENS = 24, VOCABULARY = 320, LOGITS = TOKENS * VOCABULARY };

struct bed {
    char folder[TEMP_FOLDER_BYTES], base[128], adapter[128], merged[128];
};

static void begin(struct bed *bed, const struct decoder_maker *base,
                  const struct adapter_maker *adapter)
{
    temp_folder_make(bed->folder);
    snprintf(bed->base, sizeof(bed->base), "%s/base.gguf", bed->folder);
    snprintf(bed->adapter, sizeof(bed->adapter), "%s/adapter.gguf", bed->folder);
    snprintf(bed->merged, sizeof(bed->merged), "%s/model.gguf", bed->folder);
    assert_true(decoder_make(base, bed->base));
    assert_true(adapter_make_gguf(adapter, bed->adapter));
}

static void finish(struct bed *bed)
{
    temp_folder_remove(bed->folder);
}

static void merge(const struct bed *bed, enum hearth_rewrite_type type)
{
    struct hearth_error error = {0};
    if (hearth_merge(bed->base, bed->adapter, type, bed->folder, NULL, &error) != 0)
        fail_msg("%s", error.message);
}

static void logits_of(const char *path, const char *adapter, float *ret_logits)
{
    const char *const adapters[] = {adapter};
    struct hearth_decoder_params params = {.context = 64,
                                           .sequences = 1,
                                           .batch = TOKENS,
                                           .outputs = TOKENS,
                                           .states = TOKENS,
                                           .threads = 1,
                                           .kv_type = HEARTH_KV_F16,
                                           .adapters = adapters,
                                           .adapter_count = adapter != NULL};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    int32_t tokens[TOKENS];
    const float scales[] = {1};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        fail_msg("%s: %s", path, error.message);
    for (int i = 0; i < TOKENS; i++)
        tokens[i] = (i * 37 + 11) % VOCABULARY;
    if (adapter != NULL)
        hearth_decoder_adapt(decoder, 0, scales);
    struct hearth_decoder_span span = {0, tokens, TOKENS, TOKENS};
    assert_int_equal(hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     0);
    for (uint32_t i = 0; i < TOKENS; i++)
        memcpy(ret_logits + (size_t)i * VOCABULARY, hearth_decoder_result(decoder, i),
               VOCABULARY * sizeof(float));
    hearth_decoder_close(decoder);
}

static double apart(const float *a, const float *b)
{
    double worst = 0;
    for (size_t i = 0; i < LOGITS; i++)
        worst = fmax(worst, fabs((double)(a[i] - b[i])));
    return worst;
}

/* `most` in logits, which are around 1 to 10 here. */
static void expect_merged(const struct bed *bed, const char *base, const char *merged,
                          const char *what, double most)
{
    static float alone[LOGITS], beside[LOGITS], one[LOGITS];
    logits_of(base, NULL, alone);
    logits_of(base, bed->adapter, beside);
    logits_of(merged, NULL, one);
    double worst = apart(beside, one), changed = apart(beside, alone);
    if (!(worst < most && changed > 4 * worst && changed > 0.05))
        fail_msg("%s: %g from the adapter beside its base, %g from the base", what, worst, changed);
}

static void merge_one(const struct decoder_maker *base, const struct adapter_maker *adapter)
{
    struct bed bed;
    begin(&bed, base, adapter);
    merge(&bed, HEARTH_REWRITE_KEEP);
    expect_merged(&bed, bed.base, bed.merged, base->architecture, 2e-2);
    finish(&bed);
}

static void test_every_architecture_merged_is_its_base_with_the_adapter(void **state)
{
    (void)state;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker base = decoder_maker_small(hearth_architecture_at(i)->name);
        base.layers = 2;
        base.biases = i % 2 == 0;
        if (strcmp(base.architecture, "qwen3moe") == 0) {
            base.experts = 8;
            base.experts_used = 3;
        }
        struct adapter_maker adapter = adapter_maker_small(&base);
        uint64_t parts = adapter.parts = adapter_parts_of(&base);
        merge_one(&base, &adapter);
        base.fused = true;
        adapter.parts = adapter_parts_of(&base);
        if (adapter.parts != parts)
            merge_one(&base, &adapter);
    }
}

/* The adapter has Q, K and V where the base has one matrix, and the other way round. */
static void test_fused_matrices_and_their_parts_stand_for_each_other(void **state)
{
    (void)state;
    for (int fused = 0; fused < 2; fused++) {
        struct decoder_maker base = decoder_maker_small("llama");
        base.fused = fused;
        struct adapter_maker adapter = adapter_maker_small(&base);
        if (!fused)
            adapter.parts = HEARTH_PART_BIT(HEARTH_PART_QKV) | HEARTH_PART_BIT(HEARTH_PART_DOWN);
        merge_one(&base, &adapter);
    }
}

static const struct hearth_gguf_tensor *find(const struct hearth_gguf *gguf, const char *name)
{
    const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(gguf, name);
    assert_non_null(tensor);
    return tensor;
}

static void expect_type(const char *path, const char *name, uint32_t type)
{
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(hearth_gguf_open(path, &gguf, NULL), 0);
    assert_int_equal(find(gguf, name)->type, type);
    hearth_gguf_destroy(gguf);
}

static void test_types_are_kept_where_they_can_be_made(void **state)
{
    (void)state;
    static const struct {
        enum hearth_quant base;
        enum hearth_rewrite_type type;
        enum hearth_quant changed, unchanged; /* gate and up */
        double most;
    } rows[] = {
        {HEARTH_QUANT_F16, HEARTH_REWRITE_KEEP, HEARTH_QUANT_F16, HEARTH_QUANT_F16, 0.05},
        {HEARTH_QUANT_BF16, HEARTH_REWRITE_KEEP, HEARTH_QUANT_BF16, HEARTH_QUANT_BF16, 0.2},
        {HEARTH_QUANT_Q8_0, HEARTH_REWRITE_KEEP, HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q8_0, 0.2},
        {HEARTH_QUANT_F32, HEARTH_REWRITE_F16, HEARTH_QUANT_F16, HEARTH_QUANT_F16, 0.05},
        {HEARTH_QUANT_F16, HEARTH_REWRITE_F32, HEARTH_QUANT_F32, HEARTH_QUANT_F32, 0.05},
        {HEARTH_QUANT_F32, HEARTH_REWRITE_Q8_0, HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q8_0, 0.2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decoder_maker base = decoder_maker_small("llama");
        struct bed bed;
        base.type = rows[i].base;
        struct adapter_maker adapter = adapter_maker_small(&base);
        adapter.parts = HEARTH_PART_BIT(HEARTH_PART_QUERY) | HEARTH_PART_BIT(HEARTH_PART_DOWN);
        begin(&bed, &base, &adapter);
        merge(&bed, rows[i].type);
        expect_type(bed.merged, "blk.0.attn_q.weight", rows[i].changed);
        expect_type(bed.merged, "blk.0.ffn_up.weight", rows[i].unchanged);
        expect_type(bed.merged, "blk.0.attn_norm.weight", HEARTH_QUANT_F32);
        expect_merged(&bed, bed.base, bed.merged, hearth_quant_type(rows[i].base)->name,
                      rows[i].most);
        finish(&bed);
    }
}

static void read_file(const char *path, struct hearth_buf *bytes)
{
    hearth_buf_init(bytes, 64u << 20);
    assert_int_equal(hearth_small_file_read(path, bytes, NULL), 0);
}

/* Tensors and entries of the two headers, and of those tensors that the adapter leaves alone the
 * bytes. */
static void compare_files(const struct bed *bed)
{
    struct hearth_gguf *from = NULL, *to = NULL;
    struct hearth_buf before, after;
    read_file(bed->base, &before);
    read_file(bed->merged, &after);
    assert_int_equal(hearth_gguf_open(bed->base, &from, NULL), 0);
    assert_int_equal(hearth_gguf_open(bed->merged, &to, NULL), 0);
    assert_int_equal(hearth_gguf_entry_count(from), hearth_gguf_entry_count(to));
    assert_int_equal(hearth_gguf_tensor_count(from), hearth_gguf_tensor_count(to));
    for (size_t i = 0; i < hearth_gguf_entry_count(from); i++) {
        const struct hearth_gguf_entry *a = hearth_gguf_entry(from, i),
                                       *b = hearth_gguf_entry(to, i);
        assert_int_equal(a->key.length, b->key.length);
        assert_memory_equal(a->key.bytes, b->key.bytes, a->key.length);
        assert_int_equal(a->count, b->count);
    }
    unsigned equal = 0;
    for (size_t i = 0; i < hearth_gguf_tensor_count(from); i++) {
        const struct hearth_gguf_tensor *a = hearth_gguf_tensor(from, i),
                                        *b = hearth_gguf_tensor(to, i);
        assert_int_equal(a->size_bytes, b->size_bytes);
        assert_memory_equal(a->name.bytes, b->name.bytes, a->name.length);
        equal += memcmp(hearth_buf_cstr(&before) + a->offset, hearth_buf_cstr(&after) + b->offset,
                        (size_t)a->size_bytes) == 0;
    }
    assert_int_equal(equal, hearth_gguf_tensor_count(from) - 4);
    hearth_gguf_destroy(from);
    hearth_gguf_destroy(to);
    hearth_buf_finish(&before);
    hearth_buf_finish(&after);
}

static void test_what_does_not_change_keeps_its_bytes_and_all_bytes_are_the_same_again(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker adapter = adapter_maker_small(&base);
    struct hearth_buf first, second;
    struct bed bed;
    adapter.parts = HEARTH_PART_BIT(HEARTH_PART_VALUE);
    begin(&bed, &base, &adapter);
    merge(&bed, HEARTH_REWRITE_KEEP);
    compare_files(&bed);
    read_file(bed.merged, &first);
    merge(&bed, HEARTH_REWRITE_KEEP);
    read_file(bed.merged, &second);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(hearth_buf_cstr(&first), hearth_buf_cstr(&second), first.length);
    hearth_buf_finish(&first);
    hearth_buf_finish(&second);
    finish(&bed);
}

static void test_folders_become_folders(void **state)
{
    (void)state;
    static const char *const types[] = {"llama", "qwen3", "phi3", "gemma3_text"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct hearth_model_type *type = hearth_model_type_find(types[i], NULL);
        struct folder_maker *maker = folder_maker_of(type);
        char gguf[] = "/tmp/hearth-merge-XXXXXX", folder[64];
        struct bed bed;
        close(mkstemp(gguf));
        maker->shards = i % 2 == 0 ? 0 : 3;
        maker->more_config =
            strcmp(types[i], "gemma3_text") == 0
                ? ",\"query_pre_attn_scalar\":32,\"rope_theta\":10000,\"sliding_window\":20"
                : "";
        assert_true(folder_make(maker, gguf, folder));
        struct adapter_maker adapter = adapter_maker_small(&maker->decoder);
        adapter.parts = adapter_parts_of(&maker->decoder);
        begin(&bed, &maker->decoder, &adapter);
        snprintf(bed.base, sizeof(bed.base), "%s", folder);
        merge(&bed, HEARTH_REWRITE_KEEP);
        expect_merged(&bed, folder, bed.folder, types[i], 2e-2);
        struct hearth_error error = {0};
        assert_int_equal(
            hearth_merge(folder, bed.adapter, HEARTH_REWRITE_Q8_0, bed.folder, NULL, &error),
            HEARTH_EINVAL);
        finish(&bed);
        temp_folder_remove(folder);
        unlink(gguf);
        folder_maker_free(maker);
    }
}

static void expect_refusal(const struct bed *bed, int code, const char *words)
{
    struct hearth_error error = {0};
    int rc = hearth_merge(bed->base, bed->adapter, HEARTH_REWRITE_KEEP, bed->folder, NULL, &error);
    if (rc != code || strstr(error.message, words) == NULL)
        fail_msg("%d \"%s\", not %d with \"%s\"", rc, error.message, code, words);
    assert_int_not_equal(access(bed->merged, F_OK), 0);
    char partial[160];
    snprintf(partial, sizeof(partial), "%s.partial", bed->merged);
    assert_int_not_equal(access(partial, F_OK), 0);
}

static void test_what_cannot_be_merged_leaves_no_model(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama"), other = base;
    struct adapter_maker adapter = adapter_maker_small(&base);
    struct rlimit before, small;
    struct bed bed;
    other.feed = 256;
    begin(&bed, &other, &adapter);
    expect_refusal(&bed, HEARTH_EMODEL, "is for another base");
    finish(&bed);
    adapter.not_finite = true; /* found when half is written */
    begin(&bed, &base, &adapter);
    expect_refusal(&bed, HEARTH_EMODEL, "is not finite");
    finish(&bed);
    adapter.not_finite = false;
    base.type = HEARTH_QUANT_F16;
    adapter.alpha = 7e6f; /* finite, and beyond f16 when it is added */
    begin(&bed, &base, &adapter);
    expect_refusal(&bed, HEARTH_EMODEL, "not finite as f16");
    finish(&bed);
    adapter.alpha = 16;
    begin(&bed, &base, &adapter);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    expect_refusal(&bed, HEARTH_EIO, "cannot be written");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    finish(&bed);
}

/* A source as a model that was trained whole has it: all values are others. */
static bool begin_all(void *argument, enum hearth_part part, uint32_t layer)
{
    (void)part;
    (void)layer;
    ++*(unsigned *)argument;
    return true;
}

static int count_up(void *argument, enum hearth_part part, uint32_t layer, uint32_t row,
                    float *values, struct hearth_error *error)
{
    (void)argument;
    (void)error;
    values[0] = (float)(part * 65536 + layer * 4096 + row);
    return 0;
}

/* `row` of a part has what count_up wrote, and behind it what the base has. */
static void expect_counted(struct hearth_checkpoint *base, struct hearth_checkpoint *made,
                           enum hearth_part part, uint32_t layer, uint32_t row)
{
    struct hearth_checkpoint_tensor before, after;
    float first;
    assert_true(hearth_checkpoint_find(base, part, layer, 0, &before));
    assert_true(hearth_checkpoint_find(made, part, layer, 0, &after));
    const float *from = (const float *)hearth_checkpoint_bytes(base, &before);
    const char *to = (const char *)hearth_checkpoint_bytes(made, &after);
    size_t columns = (size_t)before.extents[0];
    memcpy(&first, to + row * columns * sizeof(float), sizeof(first));
    assert_true(first == (float)(part * 65536 + layer * 4096 + row));
    assert_memory_equal(to + (row * columns + 1) * sizeof(float), from + row * columns + 1,
                        (columns - 1) * sizeof(float));
}

static void test_all_values_may_change(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker adapter = adapter_maker_small(&base);
    struct hearth_checkpoint *from = NULL, *to = NULL;
    unsigned begun = 0;
    const struct hearth_rewrite_source source = {
        .begin = begin_all, .row = count_up, .argument = &begun};
    struct bed bed;
    begin(&bed, &base, &adapter);
    assert_int_equal(hearth_rewrite(bed.base, &source, HEARTH_REWRITE_KEEP, bed.folder, NULL), 0);
    assert_int_equal(hearth_checkpoint_open(bed.base, &from, NULL), 0);
    assert_int_equal(hearth_checkpoint_open(bed.merged, &to, NULL), 0);
    assert_int_equal(hearth_checkpoint_map(from, NULL), 0);
    assert_int_equal(hearth_checkpoint_map(to, NULL), 0);
    assert_int_equal(begun, 2 * hearth_checkpoint_count(from)); /* planned, then written */
    expect_counted(from, to, HEARTH_PART_EMBEDDING, 0, 319);
    expect_counted(from, to, HEARTH_PART_FINAL_NORM, 0, 0);
    expect_counted(from, to, HEARTH_PART_ATTENTION_NORM, 3, 0);
    expect_counted(from, to, HEARTH_PART_KEY, 2, 63);
    expect_counted(from, to, HEARTH_PART_DOWN, 1, 5);
    hearth_checkpoint_close(from);
    hearth_checkpoint_close(to);
    finish(&bed);
}

/* Norms of Gemma's folders are written without the 1 that they are read with. */
static void expect_what_was_trained(const char *path, const char *made, const struct bed *bed)
{
    static const enum hearth_part parts[] = {HEARTH_PART_EMBEDDING, HEARTH_PART_FINAL_NORM,
                                             HEARTH_PART_ATTENTION_NORM, HEARTH_PART_QUERY,
                                             HEARTH_PART_DOWN};
    struct hearth_train_base *base = NULL, *again = NULL;
    struct hearth_lora *trained = NULL, *read = NULL;
    struct hearth_error error = {0};
    assert_int_equal(hearth_train_base_open(path, &base, NULL), 0);
    assert_int_equal(hearth_full_create(base, &trained, NULL), 0);
    hearth_full_read(trained);
    for (size_t i = 0; i < trained->count; i++)
        trained->values[i] += (float)(i % 17) * 0.0625f;
    if (hearth_export_full(trained, path, HEARTH_REWRITE_KEEP, bed->folder, NULL, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(hearth_train_base_open(made, &again, NULL), 0);
    assert_int_equal(hearth_full_create(again, &read, NULL), 0);
    hearth_full_read(read);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct hearth_full_tensor a = hearth_full_at(trained, parts[i], 0),
                                  b = hearth_full_at(read, parts[i], 0);
        assert_true(a.count == b.count && a.values != NULL);
        for (size_t j = 0; j < a.count; j++)
            assert_true(fabsf(a.values[j] - b.values[j]) < 1e-6f);
    }
    hearth_lora_destroy(trained);
    hearth_lora_destroy(read);
    hearth_train_base_close(base);
    hearth_train_base_close(again);
}

static void test_a_model_that_was_trained_whole_is_read_back(void **state)
{
    (void)state;
    struct folder_maker *maker = folder_maker_of(hearth_model_type_find("gemma", NULL));
    struct adapter_maker adapter = adapter_maker_small(&maker->decoder);
    struct decoder_maker llama = decoder_maker_small("llama");
    char gguf[] = "/tmp/hearth-merge-XXXXXX", folder[64];
    struct bed bed;
    close(mkstemp(gguf));
    assert_true(folder_make(maker, gguf, folder));
    begin(&bed, &llama, &adapter);
    expect_what_was_trained(bed.base, bed.merged, &bed);
    expect_what_was_trained(folder, bed.folder, &bed);
    finish(&bed);
    temp_folder_remove(folder);
    unlink(gguf);
    folder_maker_free(maker);
}

static void test_types_have_words(void **state)
{
    (void)state;
    enum hearth_rewrite_type type;
    assert_true(hearth_rewrite_type_of("keep", &type) && type == HEARTH_REWRITE_KEEP);
    assert_true(hearth_rewrite_type_of("q8_0", &type) && type == HEARTH_REWRITE_Q8_0);
    assert_false(hearth_rewrite_type_of("q4_K", &type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_architecture_merged_is_its_base_with_the_adapter),
        cmocka_unit_test(test_fused_matrices_and_their_parts_stand_for_each_other),
        cmocka_unit_test(test_types_are_kept_where_they_can_be_made),
        cmocka_unit_test(
            test_what_does_not_change_keeps_its_bytes_and_all_bytes_are_the_same_again),
        cmocka_unit_test(test_folders_become_folders),
        cmocka_unit_test(test_what_cannot_be_merged_leaves_no_model),
        cmocka_unit_test(test_all_values_may_change),
        cmocka_unit_test(test_a_model_that_was_trained_whole_is_read_back),
        cmocka_unit_test(test_types_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
