/* The catalogue over the store in memory, and its resolving of references. */
#include "base/arena.h"
#include "base/buf.h"
#include "catalog/catalog.h"
#include "catalog/catalog_tags.h"
#include "loop/loop.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct bed {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_catalog *catalog;
};

static void open_bed(struct bed *bed)
{
    struct hearth_error error;
    bed->loop = hearth_loop_create();
    assert_int_equal(hearth_store_open_memory(bed->loop, &bed->store, &error), 0);
    bed->catalog = hearth_catalog_create(bed->loop, bed->store, 0);
}

static void close_bed(struct bed *bed)
{
    hearth_catalog_destroy(bed->catalog);
    hearth_store_close(bed->store);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
}

static int64_t add_model(struct bed *bed, const char *name, const char *settings_json)
{
    struct hearth_error error;
    int64_t id;
    const struct hearth_model model = {.name = name,
                                       .task = "chat",
                                       .description = "",
                                       .tags_json = "{}",
                                       .base_model = "",
                                       .device = "auto",
                                       .settings_json = settings_json};
    if (hearth_store_model_create(bed->store, &model, 1, &id, &error) < 0)
        fail_msg("%s", error.message);
    return id;
}

static void set_state(struct bed *bed, int64_t model_id, int64_t number,
                      enum hearth_version_state state)
{
    struct hearth_error error;
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_version *version;
    assert_int_equal(
        hearth_store_version_get(bed->store, model_id, number, arena, &version, &error), 0);
    version->state = state;
    version->engine = "fake";
    if (hearth_store_version_update(bed->store, version, 2, &error) < 0)
        fail_msg("%s", error.message);
    hearth_arena_destroy(arena);
}

/* Goes through the states that lead to the wanted one. */
static int64_t add_version_from(struct bed *bed, int64_t model_id, enum hearth_version_state state,
                                const char *source)
{
    struct hearth_error error;
    int64_t id, number;
    const struct hearth_version version = hearth_version_fresh(model_id, NULL, source);
    if (hearth_store_version_create(bed->store, &version, 1, &id, &number, &error) < 0)
        fail_msg("%s", error.message);
    if (state != HEARTH_VERSION_REGISTERED)
        set_state(bed, model_id, number, HEARTH_VERSION_INSTALLING);
    if (state == HEARTH_VERSION_DEPRECATED)
        set_state(bed, model_id, number, HEARTH_VERSION_READY);
    if (state > HEARTH_VERSION_INSTALLING)
        set_state(bed, model_id, number, state);
    return number;
}

static int64_t add_version(struct bed *bed, int64_t model_id, enum hearth_version_state state)
{
    return add_version_from(bed, model_id, state, "fake:x");
}

static void refreshed(void *argument, const struct hearth_error *error)
{
    assert_null(error);
    ++*(int *)argument;
}

static void refresh(struct bed *bed)
{
    int times = 0;
    hearth_catalog_refresh(bed->catalog, refreshed, &times);
    hearth_loop_run(bed->loop);
    assert_int_equal(times, 1);
}

static void expect(struct bed *bed, const char *reference, const char *id)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_catalog_acquire(bed->catalog, reference, &entry, &error) < 0)
        fail_msg("%s: %s", reference, error.message);
    assert_string_equal(entry->id, id);
    hearth_catalog_entry_release(entry);
}

static void expect_none(struct bed *bed, const char *reference, const char *words)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    assert_int_equal(hearth_catalog_acquire(bed->catalog, reference, &entry, &error),
                     HEARTH_ENOMODEL);
    if (!strstr(error.message, words))
        fail_msg("'%s' does not say '%s'", error.message, words);
}

static void test_a_bare_name_is_default_else_the_newest_ready_version(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    open_bed(&bed);
    assert_false(hearth_catalog_ready(bed.catalog));
    int64_t id = add_model(&bed, "m", "{}");
    add_version(&bed, id, HEARTH_VERSION_READY);
    add_version(&bed, id, HEARTH_VERSION_READY);
    add_version(&bed, id, HEARTH_VERSION_FAILED);
    add_version(&bed, id, HEARTH_VERSION_REGISTERED);
    refresh(&bed);
    assert_true(hearth_catalog_ready(bed.catalog));
    expect(&bed, "m", "m:2");
    expect(&bed, "m@latest", "m:2");
    expect(&bed, "m:1", "m:1");
    assert_int_equal(hearth_store_alias_set(bed.store, id, "default", 1, -1, 3, &error), 0);
    refresh(&bed);
    expect(&bed, "m", "m:1");
    expect(&bed, "m@default", "m:1");
    expect(&bed, "m@latest", "m:2");
    close_bed(&bed);
}

/* The version of this number becomes the base of a new one of `model_id`. */
static void add_adapter(struct bed *bed, int64_t model_id, int64_t base_id, int64_t base_number)
{
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_version *base, adapter = hearth_version_fresh(model_id, NULL, "fake:x");
    struct hearth_error error;
    int64_t id, number;
    assert_int_equal(
        hearth_store_version_get(bed->store, base_id, base_number, arena, &base, &error), 0);
    adapter.base_version_id = base->id;
    adapter.state = HEARTH_VERSION_READY;
    assert_int_equal(hearth_store_version_create(bed->store, &adapter, 1, &id, &number, &error), 0);
    hearth_arena_destroy(arena);
}

static void test_an_adapter_is_found_behind_its_base(void **state)
{
    (void)state;
    struct bed bed;
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    open_bed(&bed);
    int64_t base = add_model(&bed, "base", "{}"), poet = add_model(&bed, "poet", "{}");
    int64_t other = add_model(&bed, "other", "{}");
    add_version(&bed, base, HEARTH_VERSION_READY);
    add_version(&bed, base, HEARTH_VERSION_READY);
    add_version(&bed, other, HEARTH_VERSION_READY);
    add_adapter(&bed, poet, base, 1);
    refresh(&bed);
    expect(&bed, "poet", "poet:1");
    expect(&bed, "base+poet", "poet:1");
    expect(&bed, "base:1+poet:1", "poet:1");
    expect(&bed, "openai/Base+poet", "poet:1");
    static const char *const wrong[] = {"base:2+poet", "other+poet", "base+other", "poet+poet"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(hearth_catalog_acquire(bed.catalog, wrong[i], &entry, &error),
                         HEARTH_ECONFLICT);
        assert_non_null(strstr(error.message, "is no adapter of"));
    }
    expect_none(&bed, "base+nobody", "nobody");
    expect_none(&bed, "nobody+poet", "nobody");
    close_bed(&bed);
}

static void test_what_is_missing_is_named(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    int64_t id = add_model(&bed, "m", "{}");
    add_model(&bed, "empty", "{}");
    add_version(&bed, id, HEARTH_VERSION_FAILED);
    refresh(&bed);
    expect_none(&bed, "x", "no model 'x'");
    expect_none(&bed, "empty", "no version");
    expect_none(&bed, "m", "it is failed");
    expect_none(&bed, "m:7", "no version 7");
    expect_none(&bed, "m@prod", "no alias 'prod'");
    expect_none(&bed, "m@latest", "no version that is ready");
    close_bed(&bed);
}

static void test_a_model_is_found_in_any_case_and_behind_a_provider(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    int64_t lower = add_model(&bed, "smollm2", "{}");
    add_version(&bed, lower, HEARTH_VERSION_READY);
    add_version(&bed, lower, HEARTH_VERSION_READY);
    add_version(&bed, add_model(&bed, "Big", "{}"), HEARTH_VERSION_READY);
    add_version(&bed, add_model(&bed, "big", "{}"), HEARTH_VERSION_READY);
    refresh(&bed);
    expect(&bed, "SmolLM2", "smollm2:2");
    expect(&bed, "openai/smollm2", "smollm2:2");
    expect(&bed, "openai/SMOLLM2:1", "smollm2:1");
    expect(&bed, "a/b/smollm2@latest", "smollm2:2");
    /* The exact name stands before one in another case. */
    expect(&bed, "Big", "Big:1");
    expect(&bed, "big", "big:1");
    expect_none(&bed, "a/b/c/smollm2", "there is no model 'a/b/c/smollm2'");
    expect_none(&bed, "openai/smollm3", "did you mean 'smollm2'?");
    expect_none(&bed, "smollm2:new", "no version that is called 'new'");
    expect_none(&bed, "../x", "there is no model '../x'");
    expect_none(&bed, "", "there is no model ''");
    expect_none(&bed, "//", "there is no model");
    close_bed(&bed);
}

static void test_a_model_is_found_by_the_hub_id_that_it_came_from(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    int64_t id = add_model(&bed, "small", "{}");
    add_version_from(&bed, id, HEARTH_VERSION_READY, "hf:Org/Repo-GGUF@main:q4.gguf");
    add_version_from(&bed, id, HEARTH_VERSION_READY, "file:/x.gguf");
    add_version_from(&bed, add_model(&bed, "repo", "{}"), HEARTH_VERSION_READY, "hf:Org/Repo");
    refresh(&bed);
    expect(&bed, "Org/Repo-GGUF", "small:1");
    expect(&bed, "org/repo-gguf", "small:1");
    expect(&bed, "openai/org/repo-gguf", "small:1");
    expect(&bed, "Org/Repo-GGUF:2", "small:2");
    expect(&bed, "Org/Repo", "repo:1");
    /* An id is whole: neither a part of it nor a longer one means the model. */
    expect_none(&bed, "Org/Repo-GGU", "there is no model");
    expect_none(&bed, "Org/Repo-GGUF-x", "there is no model");
    close_bed(&bed);
}

static void expect_tagged(struct bed *bed, const char *name, const char *id)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_catalog_acquire_tagged(bed->catalog, name, &entry, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    assert_string_equal(entry->id, id);
    hearth_catalog_entry_release(entry);
}

static void add_name(void *argument, const char *name, const struct hearth_catalog_entry *entry)
{
    struct hearth_buf *names = argument;
    hearth_buf_printf(names, "%s=%s ", name, entry->id);
}

static void test_a_tag_is_a_version_an_alias_or_a_quantization(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    const struct hearth_catalog_entry *entry;
    struct hearth_buf names;
    open_bed(&bed);
    int64_t id = add_model(&bed, "m", "{}");
    add_version_from(&bed, id, HEARTH_VERSION_READY, "hf:Org/Repo:m-Q4_K_M.gguf");
    add_version_from(&bed, id, HEARTH_VERSION_READY, "hf:Org/Repo:m-Q8_0.gguf");
    add_version(&bed, id, HEARTH_VERSION_READY);
    assert_int_equal(hearth_store_alias_set(bed.store, id, "best", 1, -1, 3, &error), 0);
    refresh(&bed);
    expect_tagged(&bed, "m", "m:3");
    expect_tagged(&bed, "m:latest", "m:3");
    expect_tagged(&bed, "library/m:latest", "m:3");
    expect_tagged(&bed, "m:2", "m:2");
    expect_tagged(&bed, "m:best", "m:1");
    expect_tagged(&bed, "m@best", "m:1");
    expect_tagged(&bed, "best", "m:1");
    expect_tagged(&bed, "best:latest", "m:1");
    expect_tagged(&bed, "hf.co/Org/Repo:Q4_K_M", "m:1");
    expect_tagged(&bed, "hf.co/org/repo:q8_0", "m:2");
    static const char *const missing[] = {"m:other", "m:9", "other:best",
                                          "default", "",    "hf.co/Org/Repo:Q2_K"};
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_int_not_equal(hearth_catalog_acquire_tagged(bed.catalog, missing[i], &entry, &error),
                             0);
    hearth_buf_init(&names, 4096);
    hearth_catalog_each_tag(bed.catalog, add_name, &names);
    assert_string_equal(hearth_buf_cstr(&names), "m:latest=m:3 m:best=m:1 m:2=m:2 ");
    /* Two models have it: alone it means neither. */
    int64_t other = add_model(&bed, "n", "{}");
    add_version(&bed, other, HEARTH_VERSION_READY);
    assert_int_equal(hearth_store_alias_set(bed.store, other, "best", 1, -1, 3, &error), 0);
    refresh(&bed);
    assert_int_equal(hearth_catalog_acquire_tagged(bed.catalog, "best", &entry, &error),
                     HEARTH_ENOMODEL);
    hearth_buf_finish(&names);
    close_bed(&bed);
}

static void test_an_entry_outlives_the_snapshot(void **state)
{
    (void)state;
    struct bed bed;
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    open_bed(&bed);
    int64_t id = add_model(&bed, "m", "{\"pin\":true,\"slots\":3}");
    add_version(&bed, id, HEARTH_VERSION_READY);
    refresh(&bed);
    assert_int_equal(hearth_catalog_acquire(bed.catalog, "m", &entry, &error), 0);
    assert_int_equal(hearth_store_model_delete(bed.store, id, 5, &error), 0);
    refresh(&bed);
    expect_none(&bed, "m", "no model");
    assert_string_equal(entry->id, "m:1");
    assert_true(entry->pin);
    assert_non_null(strstr(entry->settings_json, "slots"));
    hearth_catalog_entry_release(entry);
    close_bed(&bed);
}

static void test_a_catalogue_may_go_while_it_reads(void **state)
{
    (void)state;
    struct bed bed;
    int times = 0;
    open_bed(&bed);
    add_model(&bed, "m", "{}");
    hearth_catalog_refresh(bed.catalog, refreshed, &times);
    close_bed(&bed);
    assert_int_equal(times, 0);
}

static void test_each_call_sees_what_was_written_before_it(void **state)
{
    (void)state;
    struct bed bed;
    int times = 0;
    open_bed(&bed);
    hearth_catalog_refresh(bed.catalog, refreshed, &times);
    hearth_catalog_refresh(bed.catalog, refreshed, &times);
    hearth_catalog_refresh(bed.catalog, refreshed, &times);
    hearth_loop_run(bed.loop);
    assert_int_equal(times, 3);
    close_bed(&bed);
}

static void collect(void *argument, const struct hearth_catalog_entry *entry)
{
    char *list = argument;
    size_t used = strlen(list);
    snprintf(list + used, 200 - used, "%s ", entry->id);
}

static void test_files_stand_beside_the_registry_in_order_of_name(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    char directory[] = "/tmp/hearth-test-XXXXXX", path[64], list[200] = "";
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/B model!.fake", directory);
    fclose(fopen(path, "w"));
    open_bed(&bed);
    add_version(&bed, add_model(&bed, "C", "{}"), HEARTH_VERSION_READY);
    add_version(&bed, add_model(&bed, "A", "{}"), HEARTH_VERSION_READY);
    refresh(&bed);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, path, &error), 0);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, path, &error), HEARTH_ECONFLICT);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, "/no/such", &error), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, "/proc/self/status", &error),
                     HEARTH_EMODEL);
    hearth_catalog_each_model(bed.catalog, collect, list);
    assert_string_equal(list, "A:1 B-model- C:1 ");
    expect(&bed, "B-model-", "B-model-");
    /* Only where it is asked for does any name mean the file, and others keep their names. */
    const struct hearth_catalog_entry *entry;
    assert_int_equal(hearth_catalog_acquire(bed.catalog, "gpt-4o", &entry, &error),
                     HEARTH_ENOMODEL);
    hearth_catalog_take_any_name(bed.catalog);
    expect(&bed, "gpt-4o", "B-model-");
    expect(&bed, "A", "A:1");
    close_bed(&bed);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bare_name_is_default_else_the_newest_ready_version),
        cmocka_unit_test(test_an_adapter_is_found_behind_its_base),
        cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_a_model_is_found_in_any_case_and_behind_a_provider),
        cmocka_unit_test(test_a_model_is_found_by_the_hub_id_that_it_came_from),
        cmocka_unit_test(test_a_tag_is_a_version_an_alias_or_a_quantization),
        cmocka_unit_test(test_an_entry_outlives_the_snapshot),
        cmocka_unit_test(test_a_catalogue_may_go_while_it_reads),
        cmocka_unit_test(test_each_call_sees_what_was_written_before_it),
        cmocka_unit_test(test_files_stand_beside_the_registry_in_order_of_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
