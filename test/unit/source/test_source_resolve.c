/* Resolving: local files and directories, and a hub that is friendly, faulty or hostile. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "source/source.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/stand_in_hub.h"
#include "support/temp_folder.h"

struct place {
    char directory[64];
    struct hearth_arena *arena;
    struct hearth_source_options options;
};

static int enter(void **state)
{
    struct place *place = hearth_calloc(1, sizeof(*place));
    temp_folder_make(place->directory);
    place->arena = hearth_arena_create(16 << 20);
    place->options = (struct hearth_source_options){
        .base_directory = place->directory, .retries = 3, .retry_delay_ms = 1};
    *state = place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    temp_folder_remove(place->directory);
    hearth_arena_destroy(place->arena);
    hearth_free(place);
    return 0;
}

static void put(const struct place *place, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", place->directory, name);
    for (char *slash = strchr(path + strlen(place->directory) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void link_to(const struct place *place, const char *target, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", place->directory, name);
    assert_int_equal(symlink(target, path), 0);
}

static int resolve(struct place *place, const char *text, struct hearth_source **ret_source,
                   struct hearth_error *error)
{
    return hearth_source_resolve(text, NULL, &place->options, place->arena, ret_source, error);
}

static void refused(struct place *place, const char *text, int number, const char *says)
{
    struct hearth_source *source = NULL;
    struct hearth_error error = {0};
    assert_int_equal(resolve(place, text, &source, &error), number);
    if (!strstr(error.message, says))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error.message, says);
    assert_null(source);
}

static void a_local_gguf_is_one_file(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    put(place, "Small Model.Q4.gguf", "GGUFxxxx");
    assert_int_equal(resolve(place, "file:Small Model.Q4.gguf", &source, NULL), 0);
    assert_string_equal(source->name, "Small-Model.Q4");
    assert_string_equal(source->scheme, "file");
    assert_int_equal(source->file_count, 1);
    assert_string_equal(source->files[0].path, "Small Model.Q4.gguf");
    assert_int_equal(source->files[0].size, 8);
    put(place, "without-suffix", "GGUFxxxx");
    assert_int_equal(resolve(place, "file:without-suffix", &source, NULL), 0);
    assert_string_equal(source->files[0].path, "model.gguf");
}

static void all_parts_of_a_local_split_model_are_found(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    put(place, "m-00001-of-00002.gguf", "GGUF1");
    refused(place, "file:m-00001-of-00002.gguf", HEARTH_ENOTFOUND, "m-00002-of-00002.gguf");
    put(place, "m-00002-of-00002.gguf", "GGUF2");
    assert_int_equal(resolve(place, "file:m-00002-of-00002.gguf", &source, NULL), 0);
    assert_int_equal(source->file_count, 2);
    assert_string_equal(source->files[0].path, "m-00001-of-00002.gguf");
    assert_string_equal(source->name, "m");
}

static void what_is_no_model_is_refused_with_what_it_is(void **state)
{
    struct place *place = *state;
    put(place, "pickle.bin", "PK\003\004abc");
    put(place, "page.gguf", "<!DOCTYPE html><html>");
    put(place, "pointer.gguf", "version https://git-lfs.github.com/spec/v1\n");
    put(place, "empty.gguf", "");
    put(place, "notes/readme.txt", "hello");
    refused(place, "file:pickle.bin", HEARTH_EMODEL, "PyTorch");
    refused(place, "file:page.gguf", HEARTH_EMODEL, "a web page");
    refused(place, "file:pointer.gguf", HEARTH_EMODEL, "Git LFS");
    refused(place, "file:empty.gguf", HEARTH_EMODEL, "an empty file");
    refused(place, "file:notes", HEARTH_EMODEL, "no config.json");
    refused(place, "file:absent.gguf", HEARTH_ENOTFOUND, "absent.gguf");
    refused(place, "file:/dev/null", HEARTH_EPATH, "neither");
}

static void a_directory_gives_its_model_files_in_order(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    static const char *const names[] = {"1_Pooling/config.json", "config.json", "model.safetensors",
                                        "modules.json", "tokenizer.json"};
    for (size_t i = 0; i < 5; i++)
        put(place, names[i], "{}");
    put(place, ".git/config.json", "{}");
    put(place, "onnx/model.safetensors", "{}");
    put(place, "train.py", "");
    char text[100];
    snprintf(text, sizeof(text), "file:%s", place->directory);
    assert_int_equal(resolve(place, text, &source, NULL), 0);
    assert_int_equal(source->file_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(source->files[i].path, names[i]);
}

static void links_may_not_lead_out_of_a_directory(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    put(place, "inside/config.json", "{}");
    put(place, "inside/weights", "x");
    put(place, "outside/model.safetensors", "x");
    link_to(place, "weights", "inside/model.safetensors");
    assert_int_equal(resolve(place, "file:inside", &source, NULL), 0);
    link_to(place, "../outside/model.safetensors", "inside/model-2.safetensors");
    refused(place, "file:inside", HEARTH_EPATH, "link out of the directory");
}

static void a_script_comes_as_text_or_from_a_file(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    put(place, "script.json", "{\"a\":1}");
    static const char *const texts[] = {"fake:{\"a\":1}", "fake:@script.json", "fake:script.json"};
    const char *digest = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(resolve(place, texts[i], &source, NULL), 0);
        assert_string_equal(source->files[0].path, "model.fake");
        assert_string_equal(source->files[0].url, "{\"a\":1}");
        assert_true(!digest || strcmp(source->files[0].sha256, digest) == 0);
        digest = source->files[0].sha256;
    }
    refused(place, "fake:@absent.json", HEARTH_ENOTFOUND, "absent.json");
}

static const char spec[] =
    "{\"token\": \"hf_good\", \"page\": 2, \"repos\": {"
    "\"o/one\": {\"tags\": [\"v1\"], \"files\": {\"README.md\": {\"text\": \"hi\"},"
    "  \"a.gguf\": {\"size\": 5000}, \"sub/x.txt\": {\"text\": \"x\"}}},"
    "\"o/old\": {\"moved_to\": \"o/one\"},"
    "\"o/many\": {\"files\": {\"a.gguf\": {\"size\": 5000}, \"b.gguf\": {\"size\": 7000}}},"
    "\"o/bert\": {\"files\": {\"config.json\": {\"text\": \"{}\"},"
    "  \"1_Pooling/config.json\": {\"text\": \"{}\"}, \"model.safetensors\": {\"size\": 2000},"
    "  \"onnx/model.onnx\": {\"size\": 2000}, \"vocab.txt\": {\"text\": \"a\"}}},"
    "\"o/private\": {\"private\": true, \"files\": {\"a.gguf\": {\"size\": 5000}}},"
    "\"o/climb\": {\"files\": {\"a.gguf\": {\"size\": 5000}}, \"rows\":"
    "  [{\"type\": \"file\", \"path\": \"../../etc/cron.d/x\", \"size\": 1, \"oid\": \"0\"}]},"
    "\"o/root\": {\"files\": {}, \"rows\":"
    "  [{\"type\": \"file\", \"path\": \"/etc/passwd\", \"size\": 1, \"oid\": \"0\"}]},"
    "\"o/size\": {\"files\": {}, \"rows\":"
    "  [{\"type\": \"file\", \"path\": \"a.gguf\", \"size\": -5, \"oid\": \"0\"}]},"
    "\"o/digest\": {\"files\": {}, \"rows\": [{\"type\": \"file\", \"path\": \"a.gguf\","
    "  \"size\": 5, \"oid\": \"0\", \"lfs\": {\"oid\": \"../../x\", \"size\": 5}}]},"
    "\"o/twice\": {\"files\": {\"a.gguf\": {\"size\": 5000}}, \"rows\":"
    "  [{\"type\": \"file\", \"path\": \"a.gguf\", \"size\": 5, \"oid\": \"0\"}]}},"
    "\"plain\": {\"p.gguf\": {\"size\": 4000, \"start\": \"GGUF\"}}}";

static struct stand_in_hub hub;

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

static int enter_with_hub(void **state)
{
    enter(state);
    ((struct place *)*state)->options.hf_endpoint = hub.address;
    return stand_in_hub_control(&hub, "POST", "faults", "[]", NULL, 0) &&
                   stand_in_hub_control(&hub, "DELETE", "log", NULL, NULL, 0)
               ? 0
               : -1;
}

static void a_revision_becomes_a_commit_with_its_files(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL, *again = NULL;
    assert_int_equal(resolve(place, "hf:o/one@v1", &source, NULL), 0);
    assert_int_equal(strlen(source->revision), 40);
    assert_string_equal(source->name, "one");
    assert_int_equal(source->file_count, 1);
    assert_string_equal(source->files[0].path, "a.gguf");
    assert_int_equal(source->files[0].size, 5000);
    assert_int_equal(strlen(source->files[0].sha256), 64);
    assert_non_null(strstr(source->files[0].url, source->revision));
    assert_int_equal(stand_in_hub_count(&hub, "/tree/"), 2); /* four rows, two a page */
    assert_int_equal(hearth_source_resolve("hf:o/one@main", source->revision, &place->options,
                                           place->arena, &again, NULL),
                     0);
    assert_string_equal(again->revision, source->revision);
}

static void a_repository_without_gguf_gives_a_directory(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    assert_int_equal(resolve(place, "hf:o/bert", &source, NULL), 0);
    assert_int_equal(source->file_count, 4);
    for (size_t i = 0; i < source->file_count; i++)
        assert_null(strstr(source->files[i].path, "onnx"));
}

static void a_repository_that_moved_is_found(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    assert_int_equal(resolve(place, "hf:o/old", &source, NULL), 0);
    assert_int_equal(source->file_count, 1);
}

static void several_files_want_a_choice(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    refused(place, "hf:o/many", HEARTH_EINVAL, "\n  a.gguf  (4.9 KiB)\n  b.gguf  (6.8 KiB)");
    assert_int_equal(resolve(place, "hf:o/many:b.gguf", &source, NULL), 0);
    assert_string_equal(source->name, "b");
    refused(place, "hf:o/many:c.gguf", HEARTH_ENOTFOUND, "has no file c.gguf");
}

static void the_hubs_refusals_are_told_apart(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    refused(place, "hf:o/none", HEARTH_EAUTH, "no such repository, or it is private");
    refused(place, "hf:o/private", HEARTH_EAUTH, "HF_TOKEN");
    refused(place, "hf:o/one@none", HEARTH_ENOTFOUND, "no such revision");
    place->options.hf_token = "hf_bad";
    refused(place, "hf:o/private", HEARTH_EFORBIDDEN, "the token is not valid");
    place->options.hf_token = "hf_good";
    refused(place, "hf:o/none", HEARTH_ENOTFOUND, "no such repository");
    assert_int_equal(resolve(place, "hf:o/private", &source, NULL), 0);
}

static void hostile_listings_are_refused(void **state)
{
    struct place *place = *state;
    refused(place, "hf:o/climb", HEARTH_EPATH, "../../etc/cron.d/x");
    refused(place, "hf:o/root", HEARTH_EPATH, "/etc/passwd");
    refused(place, "hf:o/size", HEARTH_ENETWORK, "no usable size");
    refused(place, "hf:o/digest", HEARTH_ENETWORK, "no usable size or digest");
    refused(place, "hf:o/twice", HEARTH_ENETWORK, "twice");
}

static void passing_faults_are_asked_again(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    assert_true(stand_in_hub_control(
        &hub, "POST", "faults",
        "[{\"match\": \"/revision/\", \"kind\": \"status\", \"status\": 503, \"times\": 2},"
        "{\"match\": \"/tree/\", \"kind\": \"status\", \"status\": 429, \"times\": 1,"
        " \"headers\": {\"Retry-After\": \"1\"}}]",
        NULL, 0));
    assert_int_equal(resolve(place, "hf:o/one", &source, NULL), 0);
    assert_int_equal(stand_in_hub_count(&hub, "/revision/"), 3);
    assert_true(stand_in_hub_control(&hub, "POST", "faults",
                                     "[{\"kind\": \"status\", \"status\": 500, \"times\": 100}]",
                                     NULL, 0));
    refused(place, "hf:o/one", HEARTH_ENETWORK, "the hub answered 500");
    assert_int_equal(stand_in_hub_count(&hub, "/revision/"), 7);
}

static void another_server_is_not_taken_for_a_hub(void **state)
{
    struct place *place = *state;
    char endpoint[128];
    snprintf(endpoint, sizeof(endpoint), "%s/_stand_in/log?", hub.address);
    place->options.hf_endpoint = endpoint;
    refused(place, "hf:o/one", HEARTH_ENETWORK, "does not answer like a model hub");
    place->options.hf_endpoint = "http://127.0.0.1:1";
    place->options.retries = 0;
    refused(place, "hf:o/one", HEARTH_ENETWORK, "127.0.0.1");
}

static void an_address_gives_one_file(void **state)
{
    struct place *place = *state;
    struct hearth_source *source = NULL;
    char url[256];
    snprintf(url, sizeof(url), "%s/plain/p.gguf", hub.address);
    assert_int_equal(resolve(place, url, &source, NULL), 0);
    assert_string_equal(source->files[0].path, "p.gguf");
    assert_int_equal(source->files[0].size, 4000);
    assert_string_equal(source->revision, source->files[0].etag);
    assert_true(source->revision[0] == '"');
    snprintf(url, sizeof(url), "%s/plain/absent.gguf", hub.address);
    refused(place, url, HEARTH_ENOTFOUND, "no such file");
}

static bool is_canceled_later(struct hearth_fetch_progress *progress)
{
    (void)progress;
    static unsigned asked;
    return ++asked % 3 == 0;
}

static void a_resolve_that_is_canceled_does_not_wait_for_its_next_try(void **state)
{
    struct place *place = *state;
    struct hearth_fetch_progress progress = {.is_canceled = is_canceled_later};
    place->options.retry_delay_ms = 30000;
    place->options.progress = &progress;
    place->options.hf_endpoint = "http://127.0.0.1:1";
    uint64_t start_ms = hearth_clock_monotonic_ms();
    refused(place, "hf:o/one", HEARTH_ECANCELED, "");
    refused(place, "http://127.0.0.1:1/m.gguf", HEARTH_ECANCELED, "");
    assert_true(hearth_clock_monotonic_ms() - start_ms < 20000);
}

#define LOCAL(test) cmocka_unit_test_setup_teardown(test, enter, leave)
#define HUB(test) cmocka_unit_test_setup_teardown(test, enter_with_hub, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL(a_local_gguf_is_one_file),
        LOCAL(all_parts_of_a_local_split_model_are_found),
        LOCAL(what_is_no_model_is_refused_with_what_it_is),
        LOCAL(a_directory_gives_its_model_files_in_order),
        LOCAL(links_may_not_lead_out_of_a_directory),
        LOCAL(a_script_comes_as_text_or_from_a_file),
        LOCAL(a_resolve_that_is_canceled_does_not_wait_for_its_next_try),
        HUB(a_revision_becomes_a_commit_with_its_files),
        HUB(a_repository_without_gguf_gives_a_directory),
        HUB(a_repository_that_moved_is_found),
        HUB(several_files_want_a_choice),
        HUB(the_hubs_refusals_are_told_apart),
        HUB(hostile_listings_are_refused),
        HUB(passing_faults_are_asked_again),
        HUB(another_server_is_not_taken_for_a_hub),
        HUB(an_address_gives_one_file),
    };
    return cmocka_run_group_tests(tests, start_hub, stop_hub);
}
