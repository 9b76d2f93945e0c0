/* Installing from a hub into a store and blobs: whole, resumed, refused,
 * locked, removed. */
#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/blob.h"
#include "config/lock.h"
#include "registry/install.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/stand_in_hub.h"
#include "support/temp_folder.h"

enum { BIG = 3000000 };

static const char spec[] =
    "{\"token\": \"hf_good\", \"repos\": {"
    "\"o/big\": {\"files\": {\"big.gguf\": {\"gguf\": 3000000}}},"
    "\"o/small\": {\"files\": {\"small.gguf\": {\"gguf\": 4000, \"seed\": 2}}},"
    "\"o/copy\": {\"files\": {\"copy.gguf\": {\"gguf\": 4000, \"seed\": 2}}},"
    "\"o/split\": {\"files\": {\"s-00001-of-00002.gguf\": {\"gguf\": 4000, "
    "\"seed\": 3},"
    "  \"s-00002-of-00002.gguf\": {\"gguf\": 4000, \"seed\": 4}}},"
    "\"o/broken\": {\"files\": {\"broken.gguf\": {\"hex\":"
    "  \"4747554603000000ffffffffffffff7f0100000000000000\"}}},"
    "\"o/gated\": {\"gated\": true, \"files\": {\"g.gguf\": {\"gguf\": 4000, "
    "\"seed\": 5}}},"
    "\"o/bert\": {\"files\": {\"config.json\": {\"text\": \"{}\"},"
    "  \"1_Pooling/config.json\": {\"text\": \"{}\"}, \"vocab.txt\": "
    "{\"text\": \"a\"},"
    "  \"tokenizer.json\": {\"text\": \"[]\"},"
    "  \"model.safetensors\": {\"safetensors\": 100000, \"seed\": 6}}}},"
    "\"plain\": {\"p.gguf\": {\"gguf\": 200000, \"seed\": 7}}}";

static struct stand_in_hub hub;

struct place {
    char home[64];
    struct hearth_source_options options;
    struct hearth_registry registry;
    struct hearth_arena *arena;
};

static void open_place(struct place *place)
{
    temp_folder_make(place->home);
    place->options = (struct hearth_source_options){.hf_endpoint = hub.address,
                                                    .base_directory = place->home,
                                                    .retries = 3,
                                                    .retry_delay_ms = 1};
    place->registry.home = place->home;
    place->registry.sources = &place->options;
    place->arena = hearth_arena_create(16 << 20);
    assert_int_equal(hearth_store_open_memory(NULL, &place->registry.store, NULL), 0);
    assert_int_equal(hearth_blob_open_files(place->home, &place->registry.blobs, NULL), 0);
}

static void close_place(struct place *place)
{
    hearth_store_close(place->registry.store);
    hearth_blob_close(place->registry.blobs);
    hearth_arena_destroy(place->arena);
    temp_folder_remove(place->home);
}

static bool set_faults(const char *faults)
{
    return stand_in_hub_control(&hub, "POST", "faults", faults, NULL, 0) &&
           stand_in_hub_control(&hub, "DELETE", "log", NULL, NULL, 0);
}

static int enter(void **state)
{
    struct place *place = hearth_calloc(1, sizeof(*place));
    open_place(place);
    *state = place;
    return set_faults("[]") ? 0 : -1;
}

static int leave(void **state)
{
    close_place(*state);
    hearth_free(*state);
    return 0;
}

static int start_hub(void **state)
{
    (void)state;
    return stand_in_hub_start(&hub, spec) ? 0 : -1;
}

static int stop_hub(void **state)
{
    (void)state;
    stand_in_hub_stop(&hub);
    return 0;
}

static int install_as(struct place *place, const char *source, const char *name,
                      struct hearth_fetch_progress *progress, int64_t *ret_number,
                      struct hearth_error *error)
{
    int64_t model_id;
    const struct hearth_install_request request = {.source = source, .name = name};
    return hearth_install(&place->registry, &request, progress, &model_id, ret_number, error);
}

static void installed(struct place *place, const char *source, const char *name, int64_t number)
{
    struct hearth_error error = {0};
    int64_t got = 0;
    if (install_as(place, source, name, NULL, &got, &error))
        fail_msg("%s: %s", source, error.message);
    assert_int_equal(got, number);
}

static void refused(struct place *place, const char *source, const char *name, int number,
                    const char *says)
{
    struct hearth_error error = {0};
    int64_t got = 0;
    assert_int_equal(install_as(place, source, name, NULL, &got, &error), number);
    if (!strstr(error.message, says))
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
}

static struct hearth_model *model_of(struct place *place, const char *name)
{
    struct hearth_model *model = NULL;
    assert_int_equal(
        hearth_store_model_get(place->registry.store, name, place->arena, &model, NULL), 0);
    return model;
}

static struct hearth_version *version_of(struct place *place, const char *name, int64_t number)
{
    struct hearth_version *version = NULL;
    assert_int_equal(hearth_store_version_get(place->registry.store, model_of(place, name)->id,
                                              number, place->arena, &version, NULL),
                     0);
    return version;
}

static const char *path_of(struct place *place, const char *name, int64_t number)
{
    char *path = hearth_arena_alloc(place->arena, PATH_MAX);
    struct hearth_error error = {0};
    if (hearth_registry_path(&place->registry, model_of(place, name),
                             version_of(place, name, number), path, PATH_MAX, &error))
        fail_msg("%s", error.message);
    return path;
}

static int64_t size_at(const char *path)
{
    struct stat status;
    return stat(path, &status) ? -1 : status.st_size;
}

/* Bytes of bodies that the storage and the hub have sent. */
static long long sent_bytes(void)
{
    static char log[1 << 20];
    long long sum = 0;
    assert_true(stand_in_hub_control(&hub, "GET", "log", NULL, log, sizeof(log)));
    for (const char *at = log; (at = strstr(at, "\"sent\": ")); at++)
        sum += atoll(at + 8);
    return sum;
}

static void a_model_is_ready_and_its_file_is_there(void **state)
{
    struct place *place = *state;
    installed(place, "hf:o/big", "m", 1);
    struct hearth_version *version = version_of(place, "m", 1);
    assert_int_equal(version->state, HEARTH_VERSION_READY);
    assert_int_equal(version->file_count, 1);
    assert_string_equal(version->source, "hf:o/big");
    assert_int_equal(strlen(version->source_revision), 40);
    assert_string_equal(version->engine, "llama");
    const char *path = path_of(place, "m", 1);
    assert_non_null(strstr(path, "/artifacts/active/m/1/big.gguf"));
    assert_true(size_at(path) > BIG);
    assert_int_equal(size_at(path), version->files[0].size);
    assert_int_equal(hearth_registry_verify(&place->registry, model_of(place, "m"), version, NULL),
                     0);
}

static void the_same_bytes_are_no_new_version(void **state)
{
    struct place *place = *state;
    installed(place, "hf:o/small", "m", 1);
    assert_true(set_faults("[]"));
    installed(place, "hf:o/small", "m", 1);
    assert_int_equal(sent_bytes(), 0);
    /* Nor when they come under another file name's source without a digest. */
    char text[PATH_MAX];
    snprintf(text, sizeof(text), "file:%s", path_of(place, "m", 1));
    installed(place, text, "m", 1);
    refused(place, "file:absent.gguf", "m", HEARTH_ENOTFOUND, "absent.gguf");
    installed(place, "hf:o/split", "m", 2);
    assert_int_equal(version_of(place, "m", 2)->file_count, 2);
    assert_non_null(strstr(path_of(place, "m", 2), "/s-00001-of-00002.gguf"));
}

static void a_directory_keeps_its_shape(void **state)
{
    struct place *place = *state;
    installed(place, "hf:o/bert", NULL, 1);
    const char *path = path_of(place, "bert", 1);
    char below[PATH_MAX];
    snprintf(below, sizeof(below), "%s/1_Pooling/config.json", path);
    assert_int_equal(size_at(below), 2);
    snprintf(below, sizeof(below), "%s/model.safetensors", path);
    assert_true(size_at(below) > 100000);
    assert_string_equal(version_of(place, "bert", 1)->engine, "encoder");
    assert_int_equal(unlink(below), 0); /* what is missing is mended */
    path_of(place, "bert", 1);
    assert_true(size_at(below) > 100000);
}

static void a_broken_transfer_goes_on_where_it_stopped(void **state)
{
    struct place *place = *state;
    struct hearth_version *version;
    char digest[65], faults[200];
    installed(place, "hf:o/big", "probe", 1);
    version = version_of(place, "probe", 1);
    snprintf(digest, sizeof(digest), "%s", version->files[0].sha256);
    assert_int_equal(hearth_registry_remove(&place->registry, version->model_id, 0, NULL), 0);
    snprintf(faults, sizeof(faults),
             "[{\"kind\": \"drop\", \"after\": 1000000, \"times\": 2, \"match\": "
             "\"%s\"}]",
             digest);
    assert_true(set_faults(faults));
    installed(place, "hf:o/big", "m", 1);
    assert_int_equal(stand_in_hub_count(&hub, "\"range\": \"bytes=1000000-\""), 2);
    assert_int_equal(stand_in_hub_count(&hub, "\"range\": \"bytes=2000000-\""), 2);
    assert_int_equal(sent_bytes(), version_of(place, "m", 1)->files[0].size);
}

struct stopper {
    struct hearth_fetch_progress progress;
    atomic_llong seen;
    long long limit;
};

static void count_bytes(struct hearth_fetch_progress *progress,
                        const struct hearth_source_file *file, int64_t done, int64_t size)
{
    (void)file;
    (void)size;
    atomic_store(&((struct stopper *)progress)->seen, done);
}

static bool stop_at_limit(struct hearth_fetch_progress *progress)
{
    struct stopper *stopper = (struct stopper *)progress;
    return atomic_load(&stopper->seen) >= stopper->limit;
}

static void a_stopped_install_takes_up_what_came(void **state)
{
    struct place *place = *state;
    struct stopper stopper = {.progress = {.on_bytes = count_bytes, .is_canceled = stop_at_limit},
                              .limit = 1000000};
    int64_t number = 0;
    assert_true(set_faults("[{\"kind\": \"slow\", \"rate\": 4000000, \"match\": \"/\","
                           " \"times\": 20}]"));
    assert_int_equal(install_as(place, "hf:o/big", "m", &stopper.progress, &number, NULL),
                     HEARTH_ECANCELED);
    struct hearth_version *version = version_of(place, "m", 1);
    assert_int_equal(version->state, HEARTH_VERSION_FAILED);
    assert_true(version->state_reason[0] != '\0');
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s/artifacts/active/m/1", place->home);
    assert_int_equal(access(folder, F_OK), -1);
    assert_true(set_faults("[]"));
    installed(place, "hf:o/big", "m", 1);
    assert_true(sent_bytes() <= version_of(place, "m", 1)->files[0].size - 1000000);
}

static bool is_unwanted(struct hearth_fetch_progress *progress)
{
    return stop_at_limit(progress);
}

/* Neither rows, nor the file that was half there, nor those that were whole. */
static void an_install_that_is_canceled_for_good_leaves_nothing(void **state)
{
    /* Of "{}", config.json's. */
    static const char digest[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    struct place *place = *state;
    struct stopper stopper = {.progress = {.on_bytes = count_bytes,
                                           .is_canceled = stop_at_limit,
                                           .is_unwanted = is_unwanted},
                              .limit = 50000};
    struct hearth_model *model;
    struct hearth_error error = {0};
    int64_t number = 0, bytes = -1;
    assert_true(set_faults("[{\"kind\": \"slow\", \"rate\": 200000, \"match\": \"/\","
                           " \"times\": 20}]"));
    assert_int_equal(install_as(place, "hf:o/bert", "m", &stopper.progress, &number, &error),
                     HEARTH_ECANCELED);
    assert_non_null(strstr(error.message, "canceled"));
    assert_int_equal(hearth_store_model_get(place->registry.store, "m", place->arena, &model, NULL),
                     HEARTH_ENOTFOUND);
    assert_false(hearth_blob_exists(place->registry.blobs, digest, NULL));
    assert_int_equal(hearth_blob_forget_partials(place->registry.blobs, INT64_MAX, &bytes, &error),
                     0);
    assert_int_equal(bytes, 0);
    assert_true(set_faults("[]"));
    installed(place, "hf:o/bert", "m", 1);
    assert_true(hearth_blob_exists(place->registry.blobs, digest, NULL));
}

static void what_a_killed_process_left_is_taken_up(void **state)
{
    struct place *place = *state;
    assert_true(set_faults("[{\"kind\": \"slow\", \"rate\": 1000000, \"match\": \"/\","
                           " \"times\": 20}]"));
    pid_t child = fork();
    if (child == 0) {
        int64_t number = 0;
        install_as(place, "hf:o/big", "m", NULL, &number, NULL);
        _exit(0);
    }
    for (int i = 0; i < 1000 && sent_bytes() < 1000000; i++)
        usleep(20000);
    assert_true(sent_bytes() >= 1000000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(set_faults("[]"));
    installed(place, "hf:o/big", "m", 1);
    assert_true(sent_bytes() < BIG - 500000);
    assert_int_equal(stand_in_hub_count(&hub, "\"range\": \"bytes="), 2);
}

static void wrong_bytes_are_never_ready(void **state)
{
    struct place *place = *state;
    assert_true(set_faults("[{\"kind\": \"corrupt\", \"match\": \"/\", \"times\": 99}]"));
    refused(place, "hf:o/small", "m", HEARTH_EDIGEST, "small.gguf");
    struct hearth_version *version = version_of(place, "m", 1);
    assert_int_equal(version->state, HEARTH_VERSION_FAILED);
    assert_non_null(strstr(version->state_reason, "small.gguf"));
    assert_true(set_faults("[]"));
    installed(place, "hf:o/small", "m", 1);
}

static void a_broken_header_names_the_file(void **state)
{
    struct place *place = *state;
    char blobs[PATH_MAX];
    refused(place, "hf:o/broken", "m", HEARTH_EMODEL, "broken.gguf");
    assert_int_equal(version_of(place, "m", 1)->state, HEARTH_VERSION_FAILED);
    snprintf(blobs, sizeof(blobs), "%s/artifacts/active/m/1", place->home);
    assert_int_equal(access(blobs, F_OK), -1);
}

static void a_gated_file_asks_for_a_token(void **state)
{
    struct place *place = *state;
    refused(place, "hf:o/gated", "m", HEARTH_EAUTH, "gated");
    place->options.hf_token = "hf_good";
    installed(place, "hf:o/gated", "m", 1);
    assert_int_equal(stand_in_hub_count(&hub, "\"place\": \"storage\""), 1);
}

static void an_address_is_resumed_only_while_it_is_the_same(void **state)
{
    struct place *place = *state;
    char url[128];
    snprintf(url, sizeof(url), "%s/plain/p.gguf", hub.address);
    assert_true(set_faults("[{\"kind\": \"none\", \"match\": \"/plain\", \"times\": 1},"
                           " {\"kind\": \"drop\", \"after\": 100000, \"match\": \"/plain\"},"
                           " {\"kind\": \"change\", \"match\": \"/plain\"}]"));
    installed(place, url, NULL, 1);
    assert_string_equal(model_of(place, "p")->name, "p");
    assert_int_equal(stand_in_hub_count(&hub, "\"if_range\": \"\\\""), 1);
    assert_int_equal(hearth_registry_verify(&place->registry, model_of(place, "p"),
                                            version_of(place, "p", 1), NULL),
                     0);
}

struct racer {
    struct place *place;
    int rc;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    int64_t number;
    racer->rc = install_as(racer->place, "hf:o/big", "m", NULL, &number, NULL);
    return NULL;
}

static void one_name_is_installed_once_at_a_time(void **state)
{
    struct place *place = *state;
    struct racer racer = {.place = place};
    pthread_t thread;
    assert_true(set_faults("[{\"kind\": \"slow\", \"rate\": 3000000, \"match\": \"/\","
                           " \"times\": 20}]"));
    assert_int_equal(pthread_create(&thread, NULL, race, &racer), 0);
    for (int i = 0; i < 1000 && sent_bytes() == 0; i++)
        usleep(10000);
    refused(place, "hf:o/small", "m", HEARTH_EINUSE, "m is being installed");
    pthread_join(thread, NULL);
    assert_int_equal(racer.rc, 0);
}

/* hearth.lock with what is installed, written and read again. */
static struct hearth_lock *lock_of(struct place *place, const char *name)
{
    struct hearth_version *version = version_of(place, name, 1);
    struct hearth_lock_file files[16];
    struct hearth_lock_entry entry = {.name = name,
                                      .source = version->source,
                                      .revision = version->source_revision,
                                      .version = 1,
                                      .files = files,
                                      .file_count = version->file_count};
    for (size_t i = 0; i < version->file_count; i++)
        files[i] = (struct hearth_lock_file){.path = version->files[i].path,
                                             .sha256 = version->files[i].sha256,
                                             .size = version->files[i].size};
    const struct hearth_lock written = {.entries = &entry, .count = 1};
    struct hearth_lock *read = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/hearth.lock", place->home);
    assert_int_equal(hearth_lock_write(path, &written, NULL), 0);
    assert_int_equal(hearth_lock_read(path, place->arena, &read, NULL), 0);
    return read;
}

static void a_lock_reproduces_a_model_elsewhere(void **state)
{
    struct place *place = *state, other = {0};
    int64_t model_id, number;
    installed(place, "hf:o/bert", NULL, 1);
    struct hearth_lock *lock = lock_of(place, "bert");
    struct hearth_lock_entry entry = *hearth_lock_find(lock, "bert");
    struct hearth_install_request request = {.locked = &entry};
    open_place(&other);
    assert_int_equal(hearth_install(&other.registry, &request, NULL, &model_id, &number, NULL), 0);
    assert_string_equal(version_of(&other, "bert", 1)->files[0].sha256,
                        version_of(place, "bert", 1)->files[0].sha256);
    assert_int_equal(hearth_registry_verify(&other.registry, model_of(&other, "bert"),
                                            version_of(&other, "bert", 1), NULL),
                     0);
    /* With all blobs there the hub is not asked. */
    other.options.hf_endpoint = "http://127.0.0.1:1";
    entry.name = "offline";
    assert_int_equal(hearth_install(&other.registry, &request, NULL, &model_id, &number, NULL), 0);
    close_place(&other);
}

static void a_lock_refuses_other_bytes(void **state)
{
    struct place *place = *state, other = {0};
    struct hearth_error error = {0};
    int64_t model_id, number;
    installed(place, "hf:o/bert", NULL, 1);
    struct hearth_lock *lock = lock_of(place, "bert");
    for (size_t i = 0; i < lock->entries[0].file_count; i++)
        if (strcmp(lock->entries[0].files[i].path, "vocab.txt") == 0)
            lock->entries[0].files[i].sha256 =
                "0000000000000000000000000000000000000000000000000000000000000000";
    struct hearth_install_request request = {.locked = &lock->entries[0]};
    open_place(&other);
    assert_int_equal(hearth_install(&other.registry, &request, NULL, &model_id, &number, &error),
                     HEARTH_EDIGEST);
    assert_non_null(strstr(error.message, "vocab.txt"));
    close_place(&other);
}

static void changed_bytes_are_found_out(void **state)
{
    struct place *place = *state;
    struct hearth_error error = {0};
    installed(place, "hf:o/small", "m", 1);
    const char *path = path_of(place, "m", 1);
    chmod(path, 0600);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fseek(file, 500, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, 500, SEEK_SET);
    fputc(byte ^ 1, file);
    fclose(file);
    assert_int_equal(hearth_registry_verify(&place->registry, model_of(place, "m"),
                                            version_of(place, "m", 1), &error),
                     HEARTH_EDIGEST);
    assert_non_null(strstr(error.message, "small.gguf"));
}

static void removal_leaves_blobs_that_others_use(void **state)
{
    struct place *place = *state;
    installed(place, "hf:o/small", "one", 1);
    installed(place, "hf:o/copy", "two", 1);
    const char *digest = version_of(place, "one", 1)->files[0].sha256;
    const char *path = path_of(place, "two", 1);
    int64_t one = model_of(place, "one")->id, two = model_of(place, "two")->id, size;
    assert_int_equal(hearth_registry_remove(&place->registry, one, 0, NULL), 0);
    assert_true(hearth_blob_exists(place->registry.blobs, digest, &size));
    assert_true(size_at(path) > 0);
    assert_int_equal(hearth_registry_remove(&place->registry, two, 1, NULL), 0);
    assert_false(hearth_blob_exists(place->registry.blobs, digest, &size));
    assert_int_equal(size_at(path), -1);
}

static void a_registered_version_is_filled_or_fails(void **state)
{
    struct place *place = *state;
    const struct hearth_model model = {.name = "given",
                                       .task = "chat",
                                       .description = "",
                                       .tags_json = "{}",
                                       .base_model = "",
                                       .device = "auto",
                                       .settings_json = "{}"};
    struct hearth_version version = hearth_version_fresh(0, NULL, "hf:o/none");
    struct hearth_store *store = place->registry.store;
    int64_t id, number;
    assert_int_equal(hearth_store_model_create(store, &model, 1, &version.model_id, NULL), 0);
    assert_int_equal(hearth_store_version_create(store, &version, 1, &id, &number, NULL), 0);
    struct hearth_install_request request = {
        .source = "hf:o/none", .model_id = version.model_id, .version_number = number};
    assert_int_equal(hearth_install(&place->registry, &request, NULL, &id, &number, NULL),
                     HEARTH_EAUTH);
    assert_int_equal(version_of(place, "given", 1)->state, HEARTH_VERSION_FAILED);
    request.source = "hf:o/small";
    assert_int_equal(hearth_install(&place->registry, &request, NULL, &id, &number, NULL), 0);
    assert_int_equal(version_of(place, "given", 1)->state, HEARTH_VERSION_READY);
    assert_string_equal(model_of(place, "given")->task, "chat");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_model_is_ready_and_its_file_is_there),
        TEST(the_same_bytes_are_no_new_version),
        TEST(a_directory_keeps_its_shape),
        TEST(a_broken_transfer_goes_on_where_it_stopped),
        TEST(a_stopped_install_takes_up_what_came),
        TEST(an_install_that_is_canceled_for_good_leaves_nothing),
        TEST(what_a_killed_process_left_is_taken_up),
        TEST(wrong_bytes_are_never_ready),
        TEST(a_broken_header_names_the_file),
        TEST(a_gated_file_asks_for_a_token),
        TEST(an_address_is_resumed_only_while_it_is_the_same),
        TEST(one_name_is_installed_once_at_a_time),
        TEST(a_lock_reproduces_a_model_elsewhere),
        TEST(a_lock_refuses_other_bytes),
        TEST(changed_bytes_are_found_out),
        TEST(removal_leaves_blobs_that_others_use),
        TEST(a_registered_version_is_filled_or_fails),
    };
    return cmocka_run_group_tests(tests, start_hub, stop_hub);
}
