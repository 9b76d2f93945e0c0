/* What every back-end of the store must do; run over each of them. */
#include "base/memory.h"
#include "store/record.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/postgres_bed.h"

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct fixture {
    struct hearth_store *store;
    struct hearth_arena *arena;
    struct hearth_error error;
    char directory[64];
};

static int open_in_memory(struct fixture *fixture)
{
    return hearth_store_open_memory(NULL, &fixture->store, &fixture->error);
}

static int open_in_sqlite(struct fixture *fixture)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/x.db", fixture->directory);
    return hearth_store_open_sqlite(path, NULL, &fixture->store, &fixture->error);
}

static struct postgres_bed bed;

static int open_in_postgres(struct fixture *fixture)
{
    const struct hearth_postgres_options options = {
        .url = postgres_bed_fresh(&bed),
        .connections = 2,
        .connect_ms = 5000,
        .statement_ms = 5000,
    };
    return hearth_store_open_postgres(&options, NULL, &fixture->store, &fixture->error);
}

static const struct backend {
    const char *name;
    int (*open)(struct fixture *fixture);
} backends[] = {
    {"memory", open_in_memory}, {"sqlite", open_in_sqlite}, {"postgres", open_in_postgres}};
static const struct backend *backend;

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/hearth-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    fixture->arena = hearth_arena_create(64 << 20);
    if (backend->open(fixture))
        fail_msg("%s", fixture->error.message);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[96];
    hearth_store_close(fixture->store);
    hearth_arena_destroy(fixture->arena);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->directory);
    int rc = system(command);
    free(fixture);
    return rc;
}

/* Fails with the message of the error when a verb failed. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            fail_msg("%s: %s", #call, fixture->error.message);                                     \
    } while (0)
/* The code is returned and stands in the error, with a message. */
#define FAILS(number, call)                                                                        \
    do {                                                                                           \
        memset(&fixture->error, 0, sizeof(fixture->error));                                        \
        assert_int_equal(call, number);                                                            \
        assert_int_equal(fixture->error.code, number);                                             \
        assert_true(fixture->error.message[0] != '\0');                                            \
    } while (0)

static int64_t add_model(struct fixture *fixture, const char *name, int64_t now_ms)
{
    int64_t id = 0;
    const struct hearth_model model = {.name = name};
    OK(hearth_store_model_create(fixture->store, &model, now_ms, &id, &fixture->error));
    return id;
}

static int64_t add_version(struct fixture *fixture, int64_t model_id,
                           enum hearth_version_state state, int64_t *ret_number)
{
    int64_t id = 0, number = 0;
    const struct hearth_version version = {.model_id = model_id, .state = state};
    OK(hearth_store_version_create(fixture->store, &version, 5, &id, &number, &fixture->error));
    if (ret_number)
        *ret_number = number;
    return id;
}

static struct hearth_version *get_version(struct fixture *fixture, int64_t model_id, int64_t number)
{
    struct hearth_version *version = NULL;
    OK(hearth_store_version_get(fixture->store, model_id, number, fixture->arena, &version,
                                &fixture->error));
    return version;
}

static struct hearth_model *get_model(struct fixture *fixture, const char *name)
{
    struct hearth_model *model = NULL;
    OK(hearth_store_model_get(fixture->store, name, fixture->arena, &model, &fixture->error));
    return model;
}

static void a_model_is_read_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    int64_t id = 0;
    const struct hearth_model written = {
        .name = "Smol-2.x_y",
        .task = "chat",
        .description = "it's \"quoted\"; DROP TABLE model; -- \xf0\x9f\x94\xa5",
        .tags_json = "{\"licence\":\"mit\"}",
        .base_model = "base",
        .device = "cuda:1",
        .settings_json = "{\"context\":2048,\"pin\":true}",
    };
    OK(hearth_store_model_create(fixture->store, &written, 1234567890123, &id, &fixture->error));
    struct hearth_model *by_name = get_model(fixture, "Smol-2.x_y"), *by_id = NULL;
    OK(hearth_store_model_get_id(fixture->store, id, fixture->arena, &by_id, &fixture->error));
    for (int i = 0; i < 2; i++) {
        const struct hearth_model *read = i ? by_id : by_name;
        assert_int_equal(read->id, id);
        assert_string_equal(read->name, written.name);
        assert_string_equal(read->task, written.task);
        assert_string_equal(read->description, written.description);
        assert_string_equal(read->tags_json, written.tags_json);
        assert_string_equal(read->base_model, written.base_model);
        assert_string_equal(read->device, written.device);
        assert_string_equal(read->settings_json, written.settings_json);
        assert_int_equal(read->created_ms, 1234567890123);
        assert_int_equal(read->updated_ms, 1234567890123);
        assert_int_equal(read->revision, 1);
    }
}

static void what_a_model_leaves_out_is_empty(void **state)
{
    struct fixture *fixture = *state;
    add_model(fixture, "m", 1);
    const struct hearth_model *model = get_model(fixture, "m");
    assert_string_equal(model->task, "");
    assert_string_equal(model->tags_json, "{}");
    assert_string_equal(model->device, "auto");
    assert_string_equal(model->settings_json, "{}");
}

static void a_name_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    add_model(fixture, "m", 1);
    int64_t id = 77;
    const struct hearth_model twin = {.name = "m"};
    FAILS(HEARTH_ECONFLICT,
          hearth_store_model_create(fixture->store, &twin, 1, &id, &fixture->error));
    assert_int_equal(id, 77);
    add_model(fixture, "M", 1);
}

static void faulty_rows_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct hearth_model models[] = {
        {.name = NULL},
        {.name = ""},
        {.name = "123"},
        {.name = "../x"},
        {.name = "a b"},
        {.name = "x", .tags_json = "[]"},
        {.name = "x", .tags_json = "{\"a\":1}"},
        {.name = "x", .settings_json = "{"},
        {.name = "x", .settings_json = "7"},
        {.name = "x", .description = "\xff\xfe"},
    };
    int64_t id = 0, number;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        FAILS(HEARTH_EINVAL,
              hearth_store_model_create(fixture->store, &models[i], 1, &id, &fixture->error));
    int64_t model = add_model(fixture, "m", 1);
    const struct hearth_file bad_files[] = {
        {"/abs", SHA_A, 1},     {"a/../b", SHA_A, 1}, {"", SHA_A, 1},  {"a//b", SHA_A, 1},
        {"./a", SHA_A, 1},      {"ok", "abc", 1},     {"ok", NULL, 1}, {"ok", SHA_A, -1},
        {"a\\..\\b", SHA_A, 1}, {NULL, SHA_A, 1},
    };
    for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
        const struct hearth_version version = {.model_id = model,
                                               .state = HEARTH_VERSION_READY,
                                               .files = &bad_files[i],
                                               .file_count = 1};
        assert_true(hearth_store_version_create(fixture->store, &version, 1, &id, &number,
                                                &fixture->error) < 0);
    }
    const struct hearth_file twice[] = {{"a", SHA_A, 1}, {"b", SHA_A, 1}, {"a", SHA_B, 1}};
    const struct hearth_version twins = {
        .model_id = model, .state = HEARTH_VERSION_READY, .files = twice, .file_count = 3};
    FAILS(HEARTH_EINVAL,
          hearth_store_version_create(fixture->store, &twins, 1, &id, &number, &fixture->error));
    const struct hearth_version stateless = {.model_id = model};
    FAILS(HEARTH_EINVAL, hearth_store_version_create(fixture->store, &stateless, 1, &id, &number,
                                                     &fixture->error));
}

static void what_is_not_there_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_model *model = NULL;
    struct hearth_version *version = NULL;
    const struct hearth_model row = {.id = 9, .name = "x", .revision = 1};
    const struct hearth_version new_version = {.model_id = 9, .state = HEARTH_VERSION_READY};
    const struct hearth_version old_version = {.id = 9, .state = HEARTH_VERSION_READY};
    struct hearth_store *store = fixture->store;
    struct hearth_error *error = &fixture->error;
    int64_t id, number;
    FAILS(HEARTH_ENOTFOUND, hearth_store_model_get(store, "x", fixture->arena, &model, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_model_get_id(store, 9, fixture->arena, &model, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_model_update(store, &row, 1, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_model_delete(store, 9, 1, error));
    FAILS(HEARTH_ENOTFOUND,
          hearth_store_version_create(store, &new_version, 1, &id, &number, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_version_get(store, 9, 1, fixture->arena, &version, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_version_update(store, &old_version, 1, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_version_delete(store, 9, 1, 1, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_alias_delete(store, 9, "x", 1, error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_alias_set(store, 9, "x", 1, -1, 1, error));
    assert_null(model);
    assert_null(version);
    size_t count = 7;
    struct hearth_alias *aliases;
    struct hearth_version *versions;
    OK(hearth_store_version_list(store, 9, fixture->arena, &versions, &count, error));
    assert_int_equal(count, 0);
    OK(hearth_store_alias_list(store, 9, fixture->arena, &aliases, &count, error));
    assert_int_equal(count, 0);
}

static void an_update_needs_the_newest_revision(void **state)
{
    struct fixture *fixture = *state;
    add_model(fixture, "m", 10);
    struct hearth_model mine = *get_model(fixture, "m"), other = mine;
    mine.description = "mine";
    mine.name = "renamed"; /* not changed by an update */
    OK(hearth_store_model_update(fixture->store, &mine, 20, &fixture->error));
    other.description = "other";
    FAILS(HEARTH_ECONFLICT, hearth_store_model_update(fixture->store, &other, 30, &fixture->error));
    const struct hearth_model *read = get_model(fixture, "m");
    assert_string_equal(read->description, "mine");
    assert_int_equal(read->revision, 2);
    assert_int_equal(read->created_ms, 10);
    assert_int_equal(read->updated_ms, 20);
}

static void versions_are_numbered_and_numbers_not_used_again(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1), other = add_model(fixture, "o", 1), number;
    add_version(fixture, model, HEARTH_VERSION_READY, &number);
    assert_int_equal(number, 1);
    add_version(fixture, model, HEARTH_VERSION_READY, &number);
    assert_int_equal(number, 2);
    add_version(fixture, other, HEARTH_VERSION_READY, &number);
    assert_int_equal(number, 1);
    OK(hearth_store_version_delete(fixture->store, model, 2, 1, &fixture->error));
    add_version(fixture, model, HEARTH_VERSION_READY, &number);
    assert_int_equal(number, 3);

    int64_t id;
    struct hearth_version chosen = {
        .model_id = model, .number = 7, .state = HEARTH_VERSION_REGISTERED};
    OK(hearth_store_version_create(fixture->store, &chosen, 1, &id, &number, &fixture->error));
    assert_int_equal(number, 7);
    FAILS(HEARTH_ECONFLICT,
          hearth_store_version_create(fixture->store, &chosen, 1, &id, &number, &fixture->error));
    chosen.number = 5;
    OK(hearth_store_version_create(fixture->store, &chosen, 1, &id, &number, &fixture->error));
    add_version(fixture, model, HEARTH_VERSION_READY, &number);
    assert_int_equal(number, 8);

    struct hearth_version *versions;
    size_t count;
    OK(hearth_store_version_list(fixture->store, model, fixture->arena, &versions, &count,
                                 &fixture->error));
    static const int64_t expected[] = {1, 3, 5, 7, 8};
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(versions[i].number, expected[i]);
}

static void a_version_is_read_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1), id, number;
    const struct hearth_file files[] = {{"z.gguf", SHA_A, 5}, {"a/b.json", SHA_B, 0}};
    const struct hearth_version written = {
        .model_id = model,
        .label = "first",
        .source = "hf:org/repo@main",
        .source_revision = "0123",
        .engine = "llama",
        .state = HEARTH_VERSION_INSTALLING,
        .state_reason = "because 'x'",
        .metrics_json = "{\"a\":1}",
        .lineage_json = "{\"b\":2}",
        .facts_json = "{\"c\":[3]}",
        .files = files,
        .file_count = 2,
    };
    OK(hearth_store_version_create(fixture->store, &written, 99, &id, &number, &fixture->error));
    const struct hearth_version *read = get_version(fixture, model, number);
    assert_int_equal(read->id, id);
    assert_int_equal(read->model_id, model);
    assert_string_equal(read->label, "first");
    assert_string_equal(read->source, "hf:org/repo@main");
    assert_string_equal(read->source_revision, "0123");
    assert_string_equal(read->engine, "llama");
    assert_int_equal(read->state, HEARTH_VERSION_INSTALLING);
    assert_string_equal(read->state_reason, "because 'x'");
    assert_string_equal(read->metrics_json, "{\"a\":1}");
    assert_string_equal(read->lineage_json, "{\"b\":2}");
    assert_string_equal(read->facts_json, "{\"c\":[3]}");
    assert_int_equal(read->file_count, 2);
    assert_string_equal(read->files[0].path, "z.gguf");
    assert_string_equal(read->files[0].sha256, SHA_A);
    assert_int_equal(read->files[0].size, 5);
    assert_string_equal(read->files[1].path, "a/b.json");
    assert_int_equal(read->created_ms, 99);
    assert_int_equal(read->revision, 1);
}

static void a_version_moves_only_as_the_diagram_allows(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1);
    for (int from = HEARTH_VERSION_REGISTERED; from <= HEARTH_VERSION_DEPRECATED; from++)
        for (int to = HEARTH_VERSION_REGISTERED; to <= HEARTH_VERSION_DEPRECATED; to++) {
            int64_t number;
            add_version(fixture, model, (enum hearth_version_state)from, &number);
            struct hearth_version version = *get_version(fixture, model, number);
            version.state = (enum hearth_version_state)to;
            bool allowed =
                from == to || hearth_version_state_may_follow((enum hearth_version_state)from,
                                                              (enum hearth_version_state)to);
            int rc = hearth_store_version_update(fixture->store, &version, 7, &fixture->error);
            assert_int_equal(rc, allowed ? 0 : HEARTH_ECONFLICT);
            const struct hearth_version *after = get_version(fixture, model, number);
            assert_int_equal(after->state, allowed ? to : from);
            assert_int_equal(after->revision, allowed ? 2 : 1);
        }
}

static void the_diagram_is_the_one_of_the_design(void **state)
{
    (void)state;
    static const enum hearth_version_state moves[][2] = {
        {HEARTH_VERSION_REGISTERED, HEARTH_VERSION_INSTALLING},
        {HEARTH_VERSION_INSTALLING, HEARTH_VERSION_READY},
        {HEARTH_VERSION_INSTALLING, HEARTH_VERSION_FAILED},
        {HEARTH_VERSION_FAILED, HEARTH_VERSION_INSTALLING},
        {HEARTH_VERSION_READY, HEARTH_VERSION_DEPRECATED},
        {HEARTH_VERSION_DEPRECATED, HEARTH_VERSION_READY},
    };
    int allowed = 0;
    for (int from = 0; from < 8; from++)
        for (int to = 0; to < 8; to++)
            allowed += hearth_version_state_may_follow((enum hearth_version_state)from,
                                                       (enum hearth_version_state)to);
    assert_int_equal(allowed, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(hearth_version_state_may_follow(moves[i][0], moves[i][1]));
    assert_int_equal(hearth_version_state_parse("ready"), HEARTH_VERSION_READY);
    assert_true(hearth_version_state_parse("gone") < 0);
    assert_null(hearth_version_state_name((enum hearth_version_state)99));
}

static void a_version_update_replaces_its_files_and_keeps_its_source(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1), id, number;
    const struct hearth_file first[] = {{"a", SHA_A, 1}, {"b", SHA_B, 2}};
    const struct hearth_file second[] = {{"b", SHA_A, 3}};
    const struct hearth_version written = {.model_id = model,
                                           .source = "file:/x",
                                           .state = HEARTH_VERSION_INSTALLING,
                                           .files = first,
                                           .file_count = 2};
    OK(hearth_store_version_create(fixture->store, &written, 1, &id, &number, &fixture->error));
    struct hearth_version changed = *get_version(fixture, model, number), stale = changed;
    changed.state = HEARTH_VERSION_READY;
    changed.engine = "fake";
    changed.source = "ignored";
    changed.files = second;
    changed.file_count = 1;
    OK(hearth_store_version_update(fixture->store, &changed, 8, &fixture->error));
    FAILS(HEARTH_ECONFLICT,
          hearth_store_version_update(fixture->store, &stale, 9, &fixture->error));
    const struct hearth_version *read = get_version(fixture, model, number);
    assert_int_equal(read->file_count, 1);
    assert_string_equal(read->files[0].path, "b");
    assert_int_equal(read->files[0].size, 3);
    assert_string_equal(read->engine, "fake");
    assert_string_equal(read->source, "file:/x");
    assert_int_equal(read->updated_ms, 8);
    assert_int_equal(read->created_ms, 1);
}

static void set_alias(struct fixture *fixture, int64_t model, const char *alias, int64_t number,
                      int64_t revision, int expected)
{
    int rc =
        hearth_store_alias_set(fixture->store, model, alias, number, revision, 1, &fixture->error);
    if (rc != expected)
        fail_msg("alias %s: %d (%s), expected %d", alias, rc, fixture->error.message, expected);
}

static void aliases_point_to_versions_that_are_there(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1);
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    set_alias(fixture, model, "latest", 1, -1, HEARTH_EINVAL);
    set_alias(fixture, model, "", 1, -1, HEARTH_EINVAL);
    set_alias(fixture, model, "a/b", 1, -1, HEARTH_EINVAL);
    set_alias(fixture, model, "prod", 3, -1, HEARTH_ENOTFOUND);
    set_alias(fixture, model, "prod", 0, -1, HEARTH_ENOTFOUND);
    set_alias(fixture, model, "prod", 1, 0, 0);
    set_alias(fixture, model, "prod", 2, 0, HEARTH_ECONFLICT);
    set_alias(fixture, model, "prod", 2, 7, HEARTH_ECONFLICT);
    set_alias(fixture, model, "none", 2, 1, HEARTH_ECONFLICT);
    set_alias(fixture, model, "prod", 2, 1, 0);
    set_alias(fixture, model, "default", 1, -1, 0);
    set_alias(fixture, model, "default", 2, -1, 0);
    struct hearth_alias *aliases;
    size_t count;
    OK(hearth_store_alias_list(fixture->store, model, fixture->arena, &aliases, &count,
                               &fixture->error));
    assert_int_equal(count, 2);
    assert_string_equal(aliases[0].name, "default");
    assert_string_equal(aliases[1].name, "prod");
    assert_int_equal(aliases[1].number, 2);
    assert_int_equal(aliases[1].revision, 2);
    assert_int_equal(aliases[1].model_id, model);
    OK(hearth_store_alias_delete(fixture->store, model, "prod", 1, &fixture->error));
    FAILS(HEARTH_ENOTFOUND,
          hearth_store_alias_delete(fixture->store, model, "prod", 1, &fixture->error));
}

static void deleting_a_version_takes_its_aliases_along(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1);
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    set_alias(fixture, model, "a", 1, -1, 0);
    set_alias(fixture, model, "b", 2, -1, 0);
    set_alias(fixture, model, "c", 1, -1, 0);
    OK(hearth_store_version_delete(fixture->store, model, 1, 1, &fixture->error));
    struct hearth_alias *aliases;
    size_t count;
    OK(hearth_store_alias_list(fixture->store, model, fixture->arena, &aliases, &count,
                               &fixture->error));
    assert_int_equal(count, 1);
    assert_string_equal(aliases[0].name, "b");
}

static int64_t blob_uses(struct fixture *fixture, const char *sha256)
{
    int64_t uses = -1;
    OK(hearth_store_blob_uses(fixture->store, sha256, &uses, &fixture->error));
    return uses;
}

static void deleting_a_model_takes_everything_along(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1), kept = add_model(fixture, "kept", 1), id, number;
    const struct hearth_file files[] = {{"a", SHA_A, 1}, {"b", SHA_A, 1}};
    struct hearth_version version = {
        .model_id = model, .state = HEARTH_VERSION_READY, .files = files, .file_count = 2};
    OK(hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    set_alias(fixture, model, "a", 1, -1, 0);
    version.model_id = kept;
    OK(hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    assert_int_equal(blob_uses(fixture, SHA_A), 2);
    assert_int_equal(blob_uses(fixture, SHA_B), 0);
    FAILS(HEARTH_EINVAL, hearth_store_blob_uses(fixture->store, "xyz", &id, &fixture->error));

    OK(hearth_store_model_delete(fixture->store, model, 1, &fixture->error));
    assert_int_equal(blob_uses(fixture, SHA_A), 1);
    struct hearth_version *versions;
    struct hearth_alias *aliases;
    size_t count;
    OK(hearth_store_version_list(fixture->store, model, fixture->arena, &versions, &count,
                                 &fixture->error));
    assert_int_equal(count, 0);
    OK(hearth_store_alias_list(fixture->store, model, fixture->arena, &aliases, &count,
                               &fixture->error));
    assert_int_equal(count, 0);
    assert_true(add_model(fixture, "m", 1) > kept);
}

static void a_version_that_others_are_based_on_stays(void **state)
{
    struct fixture *fixture = *state;
    int64_t base = add_model(fixture, "base", 1), adapter = add_model(fixture, "adapter", 1);
    int64_t base_version = add_version(fixture, base, HEARTH_VERSION_READY, NULL), id, number;
    struct hearth_version version = {
        .model_id = adapter, .state = HEARTH_VERSION_READY, .base_version_id = 4711};
    FAILS(HEARTH_ENOTFOUND,
          hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    version.base_version_id = base_version;
    OK(hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    assert_int_equal(number, 1);
    assert_int_equal(get_version(fixture, adapter, 1)->base_version_id, base_version);
    /* One of the same model does not hold the model. */
    version.model_id = base;
    OK(hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    FAILS(HEARTH_ECONFLICT,
          hearth_store_version_delete(fixture->store, base, 1, 1, &fixture->error));
    FAILS(HEARTH_ECONFLICT, hearth_store_model_delete(fixture->store, base, 1, &fixture->error));
    OK(hearth_store_model_delete(fixture->store, adapter, 1, &fixture->error));
    OK(hearth_store_model_delete(fixture->store, base, 1, &fixture->error));
}

/* The names of the models that a filter finds, with spaces between them. */
static const char *listed(struct fixture *fixture, const struct hearth_model_filter *filter,
                          int64_t expected_total)
{
    struct hearth_model *models;
    size_t count;
    int64_t total;
    OK(hearth_store_model_list(fixture->store, filter, fixture->arena, &models, &count, &total,
                               &fixture->error));
    assert_int_equal(total, expected_total);
    const char *names = "";
    for (size_t i = 0; i < count; i++)
        names = hearth_arena_format(fixture->arena, "%s%s%s", names, i ? " " : "", models[i].name);
    return names;
}

static void models_are_filtered_sorted_and_paged(void **state)
{
    struct fixture *fixture = *state;
    static const struct hearth_model rows[] = {
        {.name = "delta", .task = "chat", .device = "cpu", .tags_json = "{\"l\":\"mit\"}"},
        {.name = "Alpha", .task = "chat", .tags_json = "{\"l\":\"gpl\",\"x'y\":\"\"}"},
        {.name = "beta", .task = "embedding", .device = "cpu"},
        {.name = "alphabet", .task = "embedding", .tags_json = "{\"l\":\"mit\",\"k=v\":\"1\"}"},
    };
    int64_t ids[4];
    for (int i = 0; i < 4; i++)
        OK(hearth_store_model_create(fixture->store, &rows[i], 100 - i % 2, &ids[i],
                                     &fixture->error));
    add_version(fixture, ids[0], HEARTH_VERSION_READY, NULL);
    add_version(fixture, ids[0], HEARTH_VERSION_FAILED, NULL);
    add_version(fixture, ids[2], HEARTH_VERSION_READY, NULL);
    struct hearth_model changed = *get_model(fixture, "beta");
    OK(hearth_store_model_update(fixture->store, &changed, 500, &fixture->error));

    static const struct {
        struct hearth_model_filter filter;
        int64_t total;
        const char *names;
    } cases[] = {
        {{.sort = NULL}, 4, "Alpha alphabet beta delta"},
        {{.sort = "-name"}, 4, "delta beta alphabet Alpha"},
        {{.sort = "created"}, 4, "Alpha alphabet delta beta"},
        {{.sort = "-created"}, 4, "beta delta alphabet Alpha"},
        {{.sort = "-updated"}, 4, "beta delta alphabet Alpha"},
        {{.limit = 2}, 4, "Alpha alphabet"},
        {{.offset = 1, .limit = 2}, 4, "alphabet beta"},
        {{.offset = 3}, 4, "delta"},
        {{.offset = 9, .limit = 2}, 4, ""},
        {{.task = "chat"}, 2, "Alpha delta"},
        {{.task = "chat", .device = "cpu"}, 1, "delta"},
        {{.device = "auto"}, 2, "Alpha alphabet"},
        {{.tag = "l"}, 3, "Alpha alphabet delta"},
        {{.tag = "l=mit"}, 2, "alphabet delta"},
        {{.tag = "l=mi"}, 0, ""},
        {{.tag = "x'y"}, 1, "Alpha"},
        {{.tag = "none"}, 0, ""},
        {{.name = "ALPHA"}, 2, "Alpha alphabet"},
        {{.name = "%"}, 0, ""},
        {{.state = "ready"}, 2, "beta delta"},
        {{.state = "failed"}, 1, "delta"},
        {{.task = "' OR 1=1 --"}, 0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(listed(fixture, &cases[i].filter, cases[i].total), cases[i].names);
    assert_string_equal(listed(fixture, NULL, 4), "Alpha alphabet beta delta");

    static const struct hearth_model_filter wrong[] = {
        {.sort = "size"}, {.state = "gone"}, {.limit = -1}, {.offset = -1}, {.name = "\xff"},
    };
    struct hearth_model *models;
    size_t count;
    int64_t total;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        FAILS(HEARTH_EINVAL, hearth_store_model_list(fixture->store, &wrong[i], fixture->arena,
                                                     &models, &count, &total, &fixture->error));
}

static void changes_tell_what_was_written(void **state)
{
    struct fixture *fixture = *state;
    int64_t model = add_model(fixture, "m", 1);
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    set_alias(fixture, model, "a", 1, -1, 0);
    OK(hearth_store_alias_delete(fixture->store, model, "a", 1, &fixture->error));
    /* What fails leaves no trace. */
    set_alias(fixture, model, "a", 9, -1, HEARTH_ENOTFOUND);
    OK(hearth_store_version_delete(fixture->store, model, 1, 1, &fixture->error));
    OK(hearth_store_model_delete(fixture->store, model, 1, &fixture->error));
    static const struct {
        const char *kind;
        bool deleted;
    } expected[] = {{"model", false}, {"version", false}, {"alias", false},
                    {"alias", true},  {"version", true},  {"model", true}};
    struct hearth_change *changes;
    size_t count;
    OK(hearth_store_changes(fixture->store, 0, 100, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(changes[i].kind, expected[i].kind);
        assert_int_equal(changes[i].deleted, expected[i].deleted);
        assert_int_equal(changes[i].model_id, model);
        assert_true(i == 0 || changes[i].sequence > changes[i - 1].sequence);
    }
    int64_t third = changes[2].sequence;
    OK(hearth_store_changes(fixture->store, third, 2, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 2);
    assert_true(changes[0].sequence > third);
    OK(hearth_store_changes(fixture->store, 1000, 10, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 0);
}

static void old_changes_are_forgotten_and_the_gap_is_seen(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_change *changes;
    size_t count;
    int64_t gone = -1;
    OK(hearth_store_forget_changes(fixture->store, 3, &gone, &fixture->error));
    assert_int_equal(gone, 0);
    int64_t model = add_model(fixture, "m", 1);
    for (int i = 0; i < 7; i++)
        add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    OK(hearth_store_changes(fixture->store, 0, 100, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 8);
    int64_t newest = changes[7].sequence;
    assert_int_equal(changes[0].sequence, newest - 7);
    OK(hearth_store_forget_changes(fixture->store, 3, &gone, &fixture->error));
    assert_int_equal(gone, 5);
    OK(hearth_store_changes(fixture->store, newest - 7, 100, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 3);
    assert_int_equal(changes[0].sequence, newest - 2); /* not since + 1 */
    OK(hearth_store_changes(fixture->store, newest - 2, 100, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 2);
    OK(hearth_store_forget_changes(fixture->store, 3, &gone, &fixture->error));
    assert_int_equal(gone, 0);
    FAILS(HEARTH_EINVAL, hearth_store_forget_changes(fixture->store, 0, &gone, &fixture->error));
    /* Sequences go on where they were. */
    OK(hearth_store_forget_changes(fixture->store, 1, &gone, &fixture->error));
    add_version(fixture, model, HEARTH_VERSION_READY, NULL);
    OK(hearth_store_changes(fixture->store, newest, 100, fixture->arena, &changes, &count,
                            &fixture->error));
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].sequence, newest + 1);
}

static void a_claim_is_held_by_one_until_it_expires(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_store *store = fixture->store;
    struct hearth_error *error = &fixture->error;
    int64_t first, second, third;
    OK(hearth_store_claim(store, "install 1", "a", 100, 1000, &first, error));
    FAILS(HEARTH_EINUSE, hearth_store_claim(store, "install 1", "b", 100, 1099, &second, error));
    OK(hearth_store_claim(store, "install 2", "b", 100, 1000, &second, error));
    OK(hearth_store_claim(store, "install 1", "a", 100, 1050, &second, error));
    assert_true(second > first);
    FAILS(HEARTH_EINUSE, hearth_store_claim(store, "install 1", "b", 100, 1149, &third, error));
    OK(hearth_store_claim(store, "install 1", "b", 100, 1150, &third, error));
    assert_true(third > second);
    FAILS(HEARTH_ECONFLICT, hearth_store_release(store, "install 1", second, error));
    FAILS(HEARTH_EINUSE, hearth_store_claim(store, "install 1", "a", 100, 1151, &second, error));
    OK(hearth_store_release(store, "install 1", third, error));
    OK(hearth_store_claim(store, "install 1", "a", 100, 1152, &second, error));
    assert_true(second > third);
    FAILS(HEARTH_ECONFLICT, hearth_store_release(store, "nothing", 1, error));
    FAILS(HEARTH_EINVAL, hearth_store_claim(store, "", "a", 100, 1, &first, error));
    FAILS(HEARTH_EINVAL, hearth_store_claim(store, "x", "a", 0, 1, &first, error));
}

static void large_and_hostile_texts_come_back_whole(void **state)
{
    struct fixture *fixture = *state;
    enum { LENGTH = 64 << 10 };
    char *text = malloc(LENGTH + 1);
    static const char pieces[] = "'\"\\;--%_?\x01\x7f\n\t\xc3\xa9\xe2\x82\xac";
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = pieces[i % (sizeof(pieces) - 1)];
    size_t whole = LENGTH;
    while ((text[whole - 1] & 0x80) != 0)
        whole--;
    text[whole] = '\0';
    const struct hearth_model model = {.name = "m", .description = text};
    int64_t id;
    OK(hearth_store_model_create(fixture->store, &model, 1, &id, &fixture->error));
    assert_string_equal(get_model(fixture, "m")->description, text);
    free(text);

    char *huge = malloc(HEARTH_STORE_TEXT_MAX + 2);
    memset(huge, 'x', HEARTH_STORE_TEXT_MAX + 1);
    huge[HEARTH_STORE_TEXT_MAX + 1] = '\0';
    const struct hearth_model larger = {.name = "n", .description = huge};
    FAILS(HEARTH_EINVAL,
          hearth_store_model_create(fixture->store, &larger, 1, &id, &fixture->error));
    free(huge);
}

static void a_full_arena_is_an_error_and_the_store_lives(void **state)
{
    struct fixture *fixture = *state;
    add_model(fixture, "m", 1);
    add_model(fixture, "n", 1);
    struct hearth_arena *small = hearth_arena_create(sizeof(struct hearth_model) + 8);
    struct hearth_model *models = NULL;
    size_t count = 7;
    int64_t total;
    FAILS(HEARTH_ETOOLARGE, hearth_store_model_list(fixture->store, NULL, small, &models, &count,
                                                    &total, &fixture->error));
    FAILS(HEARTH_ETOOLARGE,
          hearth_store_model_get(fixture->store, "m", small, &models, &fixture->error));
    hearth_arena_destroy(small);
    assert_null(models);
    assert_int_equal(count, 7);
    add_model(fixture, "o", 1);
    listed(fixture, NULL, 3);
}

static void a_copy_has_the_rows_as_they_are_and_stays_so(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_store *copy = NULL;
    struct hearth_model *model, *here;
    struct hearth_version *versions;
    struct hearth_alias *aliases;
    size_t count;
    add_model(fixture, "gone", 1);
    int64_t id = add_model(fixture, "one", 2);
    int64_t version_id = add_version(fixture, id, HEARTH_VERSION_REGISTERED, NULL);
    add_version(fixture, id, HEARTH_VERSION_READY, NULL);
    OK(hearth_store_alias_set(fixture->store, id, "live", 2, -1, 3, &fixture->error));
    OK(hearth_store_alias_set(fixture->store, id, "live", 1, -1, 4, &fixture->error));
    here = get_model(fixture, "one");
    here->description = "changed";
    OK(hearth_store_model_update(fixture->store, here, 9, &fixture->error));
    OK(hearth_store_model_delete(fixture->store, get_model(fixture, "gone")->id, 9,
                                 &fixture->error));
    OK(hearth_store_copy_models(fixture->store, &copy, &fixture->error));
    assert_false(hearth_store_is_remote(copy));
    here = get_model(fixture, "one");
    OK(hearth_store_model_delete(fixture->store, id, 10, &fixture->error));
    OK(hearth_store_model_get_id(copy, id, fixture->arena, &model, &fixture->error));
    assert_int_equal(model->revision, here->revision);
    assert_int_equal(model->created_ms, 2);
    assert_int_equal(model->updated_ms, 9);
    assert_string_equal(model->description, "changed");
    OK(hearth_store_version_list(copy, id, fixture->arena, &versions, &count, &fixture->error));
    assert_int_equal(count, 2);
    assert_int_equal(versions[0].id, version_id);
    assert_int_equal(versions[1].number, 2);
    assert_int_equal(versions[1].state, HEARTH_VERSION_READY);
    OK(hearth_store_alias_list(copy, id, fixture->arena, &aliases, &count, &fixture->error));
    assert_int_equal(count, 1);
    assert_int_equal(aliases[0].number, 1);
    assert_int_equal(aliases[0].revision, 2);
    FAILS(HEARTH_ENOTFOUND,
          hearth_store_model_get(copy, "gone", fixture->arena, &model, &fixture->error));
    hearth_store_close(copy);
}

static void many_rows_stay_in_order(void **state)
{
    struct fixture *fixture = *state;
    enum { MODELS = 200, FILES = 300 };
    char name[32];
    for (int i = 0; i < MODELS; i++) {
        snprintf(name, sizeof(name), "m%03d", (i * 7) % MODELS);
        add_model(fixture, name, i);
    }
    const struct hearth_model_filter page = {.offset = 150, .limit = 10};
    struct hearth_model *models;
    size_t count;
    int64_t total, id, number;
    OK(hearth_store_model_list(fixture->store, &page, fixture->arena, &models, &count, &total,
                               &fixture->error));
    assert_int_equal(total, MODELS);
    assert_int_equal(count, 10);
    assert_string_equal(models[0].name, "m150");
    assert_string_equal(models[9].name, "m159");

    struct hearth_file files[FILES];
    char paths[FILES][16];
    for (int i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "f%d", FILES - i);
        files[i] = (struct hearth_file){paths[i], SHA_B, i};
    }
    const struct hearth_version version = {.model_id = models[0].id,
                                           .state = HEARTH_VERSION_READY,
                                           .files = files,
                                           .file_count = FILES};
    OK(hearth_store_version_create(fixture->store, &version, 1, &id, &number, &fixture->error));
    const struct hearth_version *read = get_version(fixture, models[0].id, number);
    assert_int_equal(read->file_count, FILES);
    for (int i = 0; i < FILES; i++)
        assert_int_equal(read->files[i].size, i);
}

static struct hearth_record note(const char *id, const char *principal, const char *label)
{
    return (struct hearth_record){.kind = "note",
                                  .id = id,
                                  .principal = principal,
                                  .label = label,
                                  .facts_json = "{\"a\":1}",
                                  .body = "by\0tes",
                                  .body_length = 6,
                                  .size = 6,
                                  .created_ms = 5};
}

static void add_note(struct fixture *fixture, const char *id, const char *principal,
                     const char *label, int64_t expires_ms)
{
    struct hearth_record record = note(id, principal, label);
    record.expires_ms = expires_ms;
    OK(hearth_store_record_create(fixture->store, &record, NULL, &fixture->error));
}

static struct hearth_record *get_note(struct fixture *fixture, const char *id)
{
    struct hearth_record *record = NULL;
    OK(hearth_store_record_get(fixture->store, "note", id, NULL, fixture->arena, &record,
                               &fixture->error));
    return record;
}

static void a_record_is_read_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    add_note(fixture, "n1", "key", "queued", 77);
    const struct hearth_record *record = get_note(fixture, "n1");
    assert_string_equal(record->kind, "note");
    assert_string_equal(record->id, "n1");
    assert_string_equal(record->principal, "key");
    assert_string_equal(record->label, "queued");
    assert_string_equal(record->facts_json, "{\"a\":1}");
    assert_int_equal(record->body_length, 6);
    assert_memory_equal(record->body, "by\0tes", 6);
    assert_int_equal(record->size, 6);
    assert_int_equal(record->created_ms, 5);
    assert_int_equal(record->expires_ms, 77);
    assert_int_equal(record->revision, 1);

    const struct hearth_record bare = {.kind = "note", .id = "n2"};
    OK(hearth_store_record_create(fixture->store, &bare, NULL, &fixture->error));
    record = get_note(fixture, "n2");
    assert_string_equal(record->facts_json, "{}");
    assert_string_equal(record->label, "");
    assert_int_equal(record->body_length, 0);
}

static void a_record_of_another_owner_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_record *record = NULL;
    add_note(fixture, "n1", "key", "", 0);
    OK(hearth_store_record_get(fixture->store, "note", "n1", "key", fixture->arena, &record,
                               &fixture->error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_record_get(fixture->store, "note", "n1", "local",
                                                    fixture->arena, &record, &fixture->error));
    FAILS(HEARTH_ENOTFOUND, hearth_store_record_get(fixture->store, "other", "n1", "key",
                                                    fixture->arena, &record, &fixture->error));
    const struct hearth_record_filter filter = {
        .kind = "note", .principal = "local", .after = "n1", .limit = 5};
    size_t count;
    FAILS(HEARTH_ENOTFOUND, hearth_store_record_list(fixture->store, &filter, fixture->arena,
                                                     &record, &count, &fixture->error));
}

static void faulty_records_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_record record = note("n1", "key", "");
    record.facts_json = "[1]";
    FAILS(HEARTH_EINVAL,
          hearth_store_record_create(fixture->store, &record, NULL, &fixture->error));
    record = note("", "key", "");
    FAILS(HEARTH_EINVAL,
          hearth_store_record_create(fixture->store, &record, NULL, &fixture->error));
    record = note("n1", "key", "");
    record.size = -1;
    FAILS(HEARTH_EINVAL,
          hearth_store_record_create(fixture->store, &record, NULL, &fixture->error));
    record = note("n1", "key", "\xff");
    FAILS(HEARTH_EINVAL,
          hearth_store_record_create(fixture->store, &record, NULL, &fixture->error));
}

static void records_keep_to_the_bounds_of_their_kind(void **state)
{
    struct fixture *fixture = *state;
    const struct hearth_record_bounds few = {.count_max = 2}, small = {.size_max = 18};
    const struct hearth_record first = note("n1", "key", ""), second = note("n2", "local", ""),
                               third = note("n3", "key", ""), fourth = note("n4", "key", "");
    OK(hearth_store_record_create(fixture->store, &first, &few, &fixture->error));
    FAILS(HEARTH_ECONFLICT,
          hearth_store_record_create(fixture->store, &first, &few, &fixture->error));
    OK(hearth_store_record_create(fixture->store, &second, &few, &fixture->error));
    FAILS(HEARTH_EQUEUEFULL,
          hearth_store_record_create(fixture->store, &third, &few, &fixture->error));
    OK(hearth_store_record_create(fixture->store, &third, &small, &fixture->error));
    FAILS(HEARTH_EQUEUEFULL,
          hearth_store_record_create(fixture->store, &fourth, &small, &fixture->error));
    OK(hearth_store_record_delete(fixture->store, "note", "n1", &fixture->error));
    FAILS(HEARTH_ENOTFOUND,
          hearth_store_record_delete(fixture->store, "note", "n1", &fixture->error));
    OK(hearth_store_record_create(fixture->store, &fourth, &small, &fixture->error));
}

static void records_are_counted_by_kind_owner_and_label(void **state)
{
    struct fixture *fixture = *state;
    add_note(fixture, "n1", "key", "queued", 0);
    add_note(fixture, "n2", "key", "", 0);
    add_note(fixture, "n3", "local", "queued", 0);
    const struct {
        struct hearth_record_filter filter;
        int64_t count;
    } rows[] = {{{.kind = "note"}, 3},
                {{.kind = "note", .principal = "key"}, 2},
                {{.kind = "note", .label = "queued"}, 2},
                {{.kind = "note", .principal = "key", .label = "queued"}, 1},
                {{.kind = "note", .principal = "nobody"}, 0},
                {{.kind = "other"}, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t count = -1;
        OK(hearth_store_record_count(fixture->store, &rows[i].filter, &count, &fixture->error));
        assert_int_equal(count, rows[i].count);
    }
}

static void a_record_update_needs_the_newest_revision_and_may_leave_the_body(void **state)
{
    struct fixture *fixture = *state;
    add_note(fixture, "n1", "key", "queued", 0);
    struct hearth_record record = *get_note(fixture, "n1");
    record.label = "running";
    record.body = NULL;
    record.facts_json = "{}";
    OK(hearth_store_record_update(fixture->store, &record, &fixture->error));
    const struct hearth_record *read = get_note(fixture, "n1");
    assert_string_equal(read->label, "running");
    assert_memory_equal(read->body, "by\0tes", 6);
    assert_int_equal(read->revision, 2);
    FAILS(HEARTH_ECONFLICT, hearth_store_record_update(fixture->store, &record, &fixture->error));
    record.revision = 2;
    record.body = "answer";
    record.body_length = 3;
    record.size = 3;
    record.expires_ms = 9;
    OK(hearth_store_record_update(fixture->store, &record, &fixture->error));
    read = get_note(fixture, "n1");
    assert_int_equal(read->body_length, 3);
    assert_memory_equal(read->body, "ans", 3);
    assert_int_equal(read->expires_ms, 9);
    record.id = "none";
    FAILS(HEARTH_ENOTFOUND, hearth_store_record_update(fixture->store, &record, &fixture->error));
}

static void list_notes(struct fixture *fixture, const struct hearth_record_filter *filter,
                       const char *expected)
{
    struct hearth_record *records;
    size_t count;
    char ids[200] = "";
    OK(hearth_store_record_list(fixture->store, filter, fixture->arena, &records, &count,
                                &fixture->error));
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(ids);
        snprintf(ids + used, sizeof(ids) - used, "%s ", records[i].id);
        assert_null(records[i].body);
        assert_int_equal(records[i].body_length, 6);
    }
    assert_string_equal(ids, expected);
}

static void records_are_listed_by_owner_label_age_and_page(void **state)
{
    struct fixture *fixture = *state;
    add_note(fixture, "a", "key", "queued", 100);
    add_note(fixture, "b", "local", "queued", 0);
    add_note(fixture, "c", "key", "running", 50);
    add_note(fixture, "d", "key", "queued", 0);
    const struct hearth_record other = {.kind = "other", .id = "z", .principal = "key"};
    OK(hearth_store_record_create(fixture->store, &other, NULL, &fixture->error));
    list_notes(fixture, &(struct hearth_record_filter){.kind = "note", .limit = 9}, "d c b a ");
    list_notes(fixture,
               &(struct hearth_record_filter){.kind = "note", .principal = "key", .limit = 2},
               "d c ");
    list_notes(fixture,
               &(struct hearth_record_filter){
                   .kind = "note", .principal = "key", .after = "c", .limit = 2},
               "a ");
    list_notes(fixture,
               &(struct hearth_record_filter){
                   .kind = "note", .label = "queued", .ascending = true, .limit = 9},
               "a b d ");
    list_notes(
        fixture,
        &(struct hearth_record_filter){.kind = "note", .after = "a", .ascending = true, .limit = 2},
        "b c ");
    list_notes(fixture,
               &(struct hearth_record_filter){.kind = "note", .expired_by_ms = 60, .limit = 9},
               "c ");
    list_notes(fixture,
               &(struct hearth_record_filter){.kind = "note", .expired_by_ms = 100, .limit = 9},
               "c a ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_model_is_read_as_it_was_written),
        TEST(what_a_model_leaves_out_is_empty),
        TEST(a_name_is_taken_once),
        TEST(faulty_rows_are_refused),
        TEST(what_is_not_there_is_not_found),
        TEST(an_update_needs_the_newest_revision),
        TEST(versions_are_numbered_and_numbers_not_used_again),
        TEST(a_version_is_read_as_it_was_written),
        TEST(a_version_moves_only_as_the_diagram_allows),
        TEST(the_diagram_is_the_one_of_the_design),
        TEST(a_version_update_replaces_its_files_and_keeps_its_source),
        TEST(aliases_point_to_versions_that_are_there),
        TEST(deleting_a_version_takes_its_aliases_along),
        TEST(deleting_a_model_takes_everything_along),
        TEST(a_version_that_others_are_based_on_stays),
        TEST(models_are_filtered_sorted_and_paged),
        TEST(changes_tell_what_was_written),
        TEST(old_changes_are_forgotten_and_the_gap_is_seen),
        TEST(a_claim_is_held_by_one_until_it_expires),
        TEST(large_and_hostile_texts_come_back_whole),
        TEST(a_full_arena_is_an_error_and_the_store_lives),
        TEST(many_rows_stay_in_order),
        TEST(a_copy_has_the_rows_as_they_are_and_stays_so),
        TEST(a_record_is_read_as_it_was_written),
        TEST(a_record_of_another_owner_is_not_there),
        TEST(faulty_records_are_refused),
        TEST(records_keep_to_the_bounds_of_their_kind),
        TEST(records_are_counted_by_kind_owner_and_label),
        TEST(a_record_update_needs_the_newest_revision_and_may_leave_the_body),
        TEST(records_are_listed_by_owner_label_age_and_page),
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        backend = &backends[i];
        if (backend->open == open_in_postgres && !postgres_bed_start(&bed))
            continue;
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    }
    postgres_bed_remove(&bed);
    return failed;
}
