/* Files of our own that become a ready version: whole or not at all. */
#include "registry/adopt.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/memory.h"
#include "blob/blob.h"
#include "registry/base_version.h"
#include "registry/install.h"
#include "support/gguf_maker.h"
#include "support/temp_folder.h"

#include <fcntl.h>

static const char sha256_of_hello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

struct place {
    char home[TEMP_FOLDER_BYTES], folder[TEMP_FOLDER_BYTES];
    struct hearth_registry registry;
    struct hearth_arena *arena;
    int64_t base_model, base_version, model;
};

static int64_t make_model(struct place *place, const char *name)
{
    const struct hearth_model model = {.name = name};
    int64_t id = 0;
    assert_int_equal(hearth_store_model_create(place->registry.store, &model, 1, &id, NULL), 0);
    return id;
}

static int64_t make_version(struct place *place, int64_t model, enum hearth_version_state state,
                            int64_t base)
{
    struct hearth_version version = hearth_version_fresh(model, NULL, "file:/x");
    int64_t id = 0, number = 0;
    version.state = state;
    version.base_version_id = base;
    assert_int_equal(
        hearth_store_version_create(place->registry.store, &version, 1, &id, &number, NULL), 0);
    return id;
}

static void put_file(struct place *place, const char *name, const void *bytes, size_t length)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static int enter(void **state)
{
    struct place *place = hearth_calloc(1, sizeof(*place));
    temp_folder_make(place->home);
    temp_folder_make(place->folder);
    place->registry.home = place->home;
    place->arena = hearth_arena_create(16 << 20);
    assert_int_equal(hearth_store_open_memory(NULL, &place->registry.store, NULL), 0);
    assert_int_equal(hearth_blob_open_files(place->home, &place->registry.blobs, NULL), 0);
    place->base_model = make_model(place, "base");
    place->base_version = make_version(place, place->base_model, HEARTH_VERSION_READY, 0);
    place->model = make_model(place, "tuned");
    put_file(place, "notes.txt", "hello", 5);
    *state = place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    hearth_store_close(place->registry.store);
    hearth_blob_close(place->registry.blobs);
    hearth_arena_destroy(place->arena);
    temp_folder_remove(place->home);
    temp_folder_remove(place->folder);
    hearth_free(place);
    return 0;
}

static const char *const notes[] = {"notes.txt", "config.txt"};

static struct hearth_adoption adoption_of(struct place *place)
{
    put_file(place, "config.txt", "{}", 2);
    return (struct hearth_adoption){.model_id = place->model,
                                    .label = "first",
                                    .source = "train:7",
                                    .engine = "llama",
                                    .folder = place->folder,
                                    .files = notes,
                                    .file_count = 2,
                                    .base_version_id = place->base_version,
                                    .metrics_json = "{\"loss\":0.5}",
                                    .lineage_json = "{\"job\":7}",
                                    .facts_json = "{\"rank\":8}"};
}

static size_t version_count(struct place *place)
{
    struct hearth_version *versions = NULL;
    size_t count = 0;
    assert_int_equal(hearth_store_version_list(place->registry.store, place->model, place->arena,
                                               &versions, &count, NULL),
                     0);
    return count;
}

static void refused(struct place *place, const struct hearth_adoption *adoption, int code,
                    const char *says)
{
    struct hearth_error error = {0};
    int64_t id = -1, number = -1;
    assert_int_equal(hearth_registry_adopt(&place->registry, adoption, &id, &number, &error), code);
    assert_int_equal(id, -1);
    assert_int_equal(number, -1);
    if (!strstr(error.message, says))
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
    assert_int_equal(version_count(place), 0);
    assert_false(hearth_blob_exists(place->registry.blobs, sha256_of_hello, NULL));
}

static void files_become_a_ready_version_with_base_metrics_and_lineage(void **state)
{
    struct place *place = *state;
    const struct hearth_adoption adoption = adoption_of(place);
    struct hearth_version *version = NULL;
    int64_t id = 0, number = 0;
    assert_int_equal(hearth_registry_adopt(&place->registry, &adoption, &id, &number, NULL), 0);
    assert_int_equal(number, 1);
    assert_int_equal(hearth_store_version_get(place->registry.store, place->model, number,
                                              place->arena, &version, NULL),
                     0);
    assert_int_equal(version->id, id);
    assert_int_equal(version->state, HEARTH_VERSION_READY);
    assert_int_equal(version->base_version_id, place->base_version);
    assert_string_equal(version->label, "first");
    assert_string_equal(version->source, "train:7");
    assert_string_equal(version->engine, "llama");
    assert_string_equal(version->metrics_json, "{\"loss\":0.5}");
    assert_string_equal(version->lineage_json, "{\"job\":7}");
    assert_string_equal(version->facts_json, "{\"rank\":8}");
    assert_int_equal(version->file_count, 2);
    for (size_t i = 0; i < 2; i++)
        if (strcmp(version->files[i].path, "notes.txt") == 0) {
            assert_string_equal(version->files[i].sha256, sha256_of_hello);
            assert_int_equal(version->files[i].size, 5);
        }
    assert_int_equal(hearth_blob_verify(place->registry.blobs, sha256_of_hello, NULL, NULL, NULL),
                     0);
}

static void
the_folder_may_go_afterwards_and_the_version_is_still_served_from_its_links(void **state)
{
    struct place *place = *state;
    const struct hearth_adoption adoption = adoption_of(place);
    struct hearth_model *model = NULL;
    struct hearth_version *version = NULL;
    int64_t id = 0, number = 0;
    char path[256];
    assert_int_equal(hearth_registry_adopt(&place->registry, &adoption, &id, &number, NULL), 0);
    temp_folder_remove(place->folder);
    assert_int_equal(mkdir(place->folder, 0700), 0);
    assert_int_equal(
        hearth_store_model_get_id(place->registry.store, place->model, place->arena, &model, NULL),
        0);
    assert_int_equal(hearth_store_version_get(place->registry.store, place->model, number,
                                              place->arena, &version, NULL),
                     0);
    assert_int_equal(
        hearth_registry_path(&place->registry, model, version, path, sizeof(path), NULL), 0);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(hearth_registry_verify(&place->registry, model, version, NULL), 0);
}

static void a_base_that_is_not_there_is_refused(void **state)
{
    struct place *place = *state;
    struct hearth_adoption adoption = adoption_of(place);
    adoption.base_version_id = 4711;
    refused(place, &adoption, HEARTH_ENOTFOUND, "4711");
}

static void a_base_that_is_not_ready_is_refused_by_name(void **state)
{
    struct place *place = *state;
    struct hearth_adoption adoption = adoption_of(place);
    adoption.base_version_id = make_version(place, place->base_model, HEARTH_VERSION_INSTALLING, 0);
    refused(place, &adoption, HEARTH_ECONFLICT, "base:2 is not ready");
}

static void an_adapter_is_no_base(void **state)
{
    struct place *place = *state;
    struct hearth_adoption adoption = adoption_of(place);
    adoption.base_version_id =
        make_version(place, make_model(place, "other"), HEARTH_VERSION_READY, place->base_version);
    refused(place, &adoption, HEARTH_ECONFLICT, "other:1 is an adapter itself");
}

static void a_model_that_is_not_there_is_refused(void **state)
{
    struct place *place = *state;
    struct hearth_adoption adoption = adoption_of(place);
    adoption.model_id = 99;
    refused(place, &adoption, HEARTH_ENOTFOUND, "99");
}

static void a_missing_file_leaves_neither_a_version_nor_the_other_files_bytes(void **state)
{
    struct place *place = *state;
    static const char *const files[] = {"notes.txt", "absent.txt"};
    struct hearth_adoption adoption = adoption_of(place);
    adoption.files = files;
    refused(place, &adoption, HEARTH_ENOTFOUND, "absent.txt");
}

static void a_path_out_of_the_folder_and_a_link_are_refused(void **state)
{
    struct place *place = *state;
    static const char *const outside[] = {"notes.txt", "../passwd"};
    static const char *const links[] = {"notes.txt", "link.txt"};
    char path[128];
    struct hearth_adoption adoption = adoption_of(place);
    adoption.files = outside;
    refused(place, &adoption, HEARTH_EPATH, "../passwd");
    snprintf(path, sizeof(path), "%s/link.txt", place->folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    adoption.files = links;
    refused(place, &adoption, HEARTH_EIO, "link.txt");
}

static void a_damaged_model_file_is_refused_by_name(void **state)
{
    struct place *place = *state;
    static const char *const files[] = {"notes.txt", "adapter.gguf"};
    struct hearth_adoption adoption = adoption_of(place);
    put_file(place, "adapter.gguf", "GGUF\3\0\0\0", 8);
    adoption.files = files;
    refused(place, &adoption, HEARTH_EMODEL, "adapter.gguf");
}

static void a_base_cannot_be_removed_while_its_adapter_is_there(void **state)
{
    struct place *place = *state;
    const struct hearth_adoption adoption = adoption_of(place);
    struct hearth_error error = {0};
    int64_t id = 0, number = 0;
    assert_int_equal(hearth_registry_adopt(&place->registry, &adoption, &id, &number, NULL), 0);
    assert_int_equal(hearth_registry_remove(&place->registry, place->base_model, 1, &error),
                     HEARTH_ECONFLICT);
    assert_non_null(strstr(error.message, "based on this"));
    assert_int_equal(hearth_registry_remove(&place->registry, place->base_model, 0, NULL),
                     HEARTH_ECONFLICT);
    assert_int_equal(hearth_registry_remove(&place->registry, place->model, 0, NULL), 0);
    assert_false(hearth_blob_exists(place->registry.blobs, sha256_of_hello, NULL));
    assert_int_equal(hearth_registry_remove(&place->registry, place->base_model, 0, NULL), 0);
}

/* A kill leaves a partial blob under the key of the file (source/source_fetch.c). */
static void leave_half_a_file(struct place *place)
{
    struct hearth_blob_writer *writer = NULL;
    char text[128], key[HEARTH_SHA256_HEX];
    int64_t offset = 0;
    snprintf(text, sizeof(text), "\n\n\n%s/notes.txt", place->folder);
    hearth_sha256_of(text, strlen(text), key);
    assert_int_equal(hearth_blob_write_begin(place->registry.blobs, key, &writer, &offset, NULL),
                     0);
    assert_int_equal(hearth_blob_write(writer, "HE", 2, NULL), 0);
    hearth_blob_write_suspend(writer);
}

static void what_a_killed_adoption_left_does_no_harm(void **state)
{
    struct place *place = *state;
    const struct hearth_adoption adoption = adoption_of(place);
    int64_t id = 0, number = 0;
    leave_half_a_file(place);
    assert_int_equal(hearth_registry_adopt(&place->registry, &adoption, &id, &number, NULL), 0);
    assert_int_equal(hearth_blob_verify(place->registry.blobs, sha256_of_hello, NULL, NULL, NULL),
                     0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static int64_t resolved(struct place *place, const char *reference, int *ret_rc)
{
    struct hearth_model *model = NULL;
    struct hearth_version *version = NULL;
    struct hearth_error error;
    *ret_rc = hearth_base_version_resolve(place->registry.store, reference, place->arena, &model,
                                          &version, &error);
    return version ? version->number : 0;
}

static void a_base_is_named_as_a_request_names_a_model(void **state)
{
    struct place *place = *state;
    int rc;
    make_version(place, place->base_model, HEARTH_VERSION_READY, 0);
    make_version(place, place->base_model, HEARTH_VERSION_FAILED, 0);
    assert_int_equal(resolved(place, "base", &rc), 2);
    assert_int_equal(resolved(place, "base:1", &rc), 1);
    assert_int_equal(
        hearth_store_alias_set(place->registry.store, place->base_model, "default", 1, -1, 1, NULL),
        0);
    assert_int_equal(resolved(place, "base", &rc), 1);
    assert_int_equal(resolved(place, "base@default", &rc), 1);
    assert_int_equal(resolved(place, "base@latest", &rc), 2);
    assert_int_equal(rc, 0);
    assert_int_equal(resolved(place, "base@other", &rc), 0);
    assert_int_equal(rc, HEARTH_ENOTFOUND);
    assert_int_equal(resolved(place, "base:9", &rc), 0);
    assert_int_equal(rc, HEARTH_ENOTFOUND);
    assert_int_equal(resolved(place, "nobody", &rc), 0);
    assert_int_equal(rc, HEARTH_ENOMODEL);
    assert_int_equal(resolved(place, "../x", &rc), 0);
    assert_int_equal(rc, HEARTH_EPATH);
}

/* `paths` are separated by spaces; what is given for them, below the version's folder. */
static void adapter_lies_at(struct place *place, const char *paths, const char *expected)
{
    char text[256], path[4096], *rest = NULL;
    struct hearth_file files[8];
    struct hearth_error error;
    size_t count = 0;
    struct hearth_version version = {.number = 1, .state = HEARTH_VERSION_READY, .files = files};
    const struct hearth_model model = {.name = "tuned"};
    const struct hearth_adoption adoption = {.model_id = place->model,
                                             .folder = place->folder,
                                             .files = (const char *[]){"notes.txt", "more.txt"},
                                             .file_count = 2};
    int64_t id, number;
    put_file(place, "more.txt", "more", 4);
    assert_int_equal(hearth_registry_adopt(&place->registry, &adoption, &id, &number, NULL), 0);
    snprintf(text, sizeof(text), "%s", paths);
    for (char *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
        files[count++] = (struct hearth_file){.path = one, .sha256 = sha256_of_hello, .size = 5};
    version.file_count = count;
    int rc = hearth_registry_adapter_path(&place->registry, &model, &version, path, sizeof(path),
                                          &error);
    if (!expected) {
        assert_int_equal(rc, HEARTH_EMODEL);
        return;
    }
    assert_int_equal(rc, 0);
    const char *tail = strstr(path, "/tuned/1");
    assert_non_null(tail);
    assert_string_equal(tail + strlen("/tuned/1"), expected);
}

static void an_adapter_is_found_among_the_files_of_its_version(void **state)
{
    struct place *place = *state;
    adapter_lies_at(place, "any.bin", "/any.bin");
    adapter_lies_at(place, "other.gguf adapter.gguf peft/adapter_config.json", "/adapter.gguf");
    adapter_lies_at(place, "mlx/x.gguf poet.gguf readme.md", "/poet.gguf");
    adapter_lies_at(place, "adapter_config.json adapter_model.safetensors", "");
    adapter_lies_at(place, "peft/adapter_config.json peft/adapter_model.safetensors", "/peft");
    adapter_lies_at(place, "readme.md mlx/adapters.safetensors", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(files_become_a_ready_version_with_base_metrics_and_lineage),
        CASE(the_folder_may_go_afterwards_and_the_version_is_still_served_from_its_links),
        CASE(a_base_that_is_not_there_is_refused),
        CASE(a_base_that_is_not_ready_is_refused_by_name),
        CASE(an_adapter_is_no_base),
        CASE(a_base_is_named_as_a_request_names_a_model),
        CASE(an_adapter_is_found_among_the_files_of_its_version),
        CASE(a_model_that_is_not_there_is_refused),
        CASE(a_missing_file_leaves_neither_a_version_nor_the_other_files_bytes),
        CASE(a_path_out_of_the_folder_and_a_link_are_refused),
        CASE(a_damaged_model_file_is_refused_by_name),
        CASE(a_base_cannot_be_removed_while_its_adapter_is_there),
        CASE(what_a_killed_adoption_left_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
