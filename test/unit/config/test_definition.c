#include "config/definition.h"
#include "config/model_settings.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct hearth_arena *arena;
    struct hearth_definition *definition;
    struct hearth_faults faults;
    struct hearth_error error;
    char directory[64];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->arena = hearth_arena_create(16 << 20);
    temp_folder_make(fixture->directory);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    temp_folder_remove(fixture->directory);
    hearth_arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static int parse(struct fixture *fixture, const char *text)
{
    fixture->definition = NULL;
    return hearth_definition_parse(text, strlen(text), "/project/models/x.yml", fixture->arena,
                                   &fixture->definition, &fixture->faults, &fixture->error);
}

static void parses(struct fixture *fixture, const char *text)
{
    if (parse(fixture, text))
        fail_msg("%s", fixture->error.message);
}

/* The first fault stands there and says this. */
static void fails_at(struct fixture *fixture, const char *text, unsigned line, unsigned column,
                     const char *part)
{
    assert_int_equal(parse(fixture, text), HEARTH_EFIELDS);
    assert_null(fixture->definition);
    const struct hearth_fault *fault = &fixture->faults.rows[0];
    if (fault->line != line || fault->column != column || !strstr(fault->message, part))
        fail_msg("%s\ngot %u:%u: %s", text, fault->line, fault->column, fault->message);
}

static void a_whole_definition_is_read(void **state)
{
    struct fixture *fixture = *state;
    parses(fixture, "name: smollm2\nversion: 1\nsource: hf:org/repo@main:file.gguf\ntask: chat\n"
                    "device: cuda:1\ndescription: 'a \"small\" one'\n"
                    "tags: {licence: apache-2.0, size: 135}\n"
                    "settings:\n  context: 2048\n  slots: 4\n  pin: yes\n  idle_unload: 10m\n"
                    "  rope_freq_base: 1e4\n  cache_type_k: q8_0\n");
    const struct hearth_definition *read = fixture->definition;
    assert_string_equal(read->name, "smollm2");
    assert_string_equal(read->label, "1");
    assert_string_equal(read->source, "hf:org/repo@main:file.gguf");
    assert_string_equal(read->task, "chat");
    assert_string_equal(read->device, "cuda:1");
    assert_string_equal(read->description, "a \"small\" one");
    assert_string_equal(read->tags_json, "{\"licence\":\"apache-2.0\",\"size\":\"135\"}");
    assert_string_equal(read->settings_json,
                        "{\"context\":2048,\"slots\":4,\"pin\":true,\"idle_unload\":\"10m\","
                        "\"rope_freq_base\":10000.0,\"cache_type_k\":\"q8_0\"}");
    assert_string_equal(read->file, "/project/models/x.yml");
    assert_int_equal(read->line, 1);
    parses(fixture, "name: x\nsource: fake:x\nsettings:\n  adapters: [/a/poet.gguf, /b]\n");
    assert_string_equal(fixture->definition->settings_json,
                        "{\"adapters\":[\"/a/poet.gguf\",\"/b\"]}");
    parses(fixture, "name: x\nsource: fake:x\nsettings:\n  adapters: /a/poet.gguf\n");
    assert_string_equal(fixture->definition->settings_json, "{\"adapters\":[\"/a/poet.gguf\"]}");
    parses(fixture, "name: x\nsource: fake:x\nsettings:\n  prompts: {query: 'Q: ', passage: P}\n");
    assert_string_equal(fixture->definition->settings_json,
                        "{\"prompts\":{\"query\":\"Q: \",\"passage\":\"P\"}}");
    parses(fixture, "name: x\nsource: fake:x\nsettings:\n  prompts: '{\"query\": \"Q\"}'\n");
}

static void what_is_left_out_has_a_default(void **state)
{
    struct fixture *fixture = *state;
    parses(fixture,
           "# a comment\nname: x\nsource: fake:s\ntask:\nsettings:\n  context:\ntags: ~\n");
    const struct hearth_definition *read = fixture->definition;
    assert_string_equal(read->label, "");
    assert_string_equal(read->task, "");
    assert_string_equal(read->device, "auto");
    assert_string_equal(read->description, "");
    assert_string_equal(read->tags_json, "{}");
    assert_string_equal(read->settings_json, "{}");
    assert_int_equal(read->line, 2);
}

static void names_of_other_tools_for_a_task_are_understood(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"chat", "chat"},
                                           {"text-generation", "chat"},
                                           {"feature-extraction", "embedding"},
                                           {"text-ranking", "rerank"},
                                           {"text-classification", "classification"},
                                           {"text-to-image", "image"},
                                           {"automatic-speech-recognition", "audio"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_string_equal(hearth_task_canonical(pairs[i][0]), pairs[i][1]);
    assert_null(hearth_task_canonical("dance"));
    for (size_t i = 0; hearth_task_names[i]; i++)
        assert_string_equal(hearth_task_canonical(hearth_task_names[i]), hearth_task_names[i]);
}

static void a_relative_file_is_relative_to_the_definition(void **state)
{
    struct fixture *fixture = *state;
    parses(fixture, "name: x\nsource: file:../files/x.gguf\n");
    assert_string_equal(fixture->definition->source, "file:/project/models/../files/x.gguf");
    parses(fixture, "name: x\nsource: file:/abs/x.gguf\n");
    assert_string_equal(fixture->definition->source, "file:/abs/x.gguf");
}

static void faults_stand_where_they_are(void **state)
{
    struct fixture *fixture = *state;
    fails_at(fixture, "name: x\n", 1, 1, "`source` is missing");
    fails_at(fixture, "source: fake:x\n", 1, 1, "`name` is missing");
    fails_at(fixture, "name: 12\nsource: fake:x\n", 1, 7, "are not all digits, but it is \"12\"");
    fails_at(fixture, "name: ../x\nsource: fake:x\n", 1, 7, "name must be 1 to 96 letters");
    fails_at(fixture, "name: x\nsuorce: fake:x\n", 2, 1, "did you mean `source`?");
    fails_at(fixture, "name: x\nsource: ftp://x\n", 2, 9, "source must be file:PATH");
    fails_at(fixture, "name: x\nsource: 'file:'\n", 2, 9, "source must be file:PATH");
    fails_at(fixture, "name: x\nsource: fake:x\ntask: caht\n", 3, 7, "did you mean `chat`?");
    fails_at(fixture, "name: x\nsource: fake:x\ndevice: gpu\n", 3, 9,
             "device must be auto, cpu, cuda");
    fails_at(fixture, "name: x\nsource: fake:x\ndevice: cuda:x\n", 3, 9,
             "device must be auto, cpu, cuda");
    fails_at(fixture, "name: [x]\nsource: fake:x\n", 1, 7,
             "must be a single value, but it is a list");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings: 3\n", 3, 11,
             "settings must be a map, but it is \"3\"");
    fails_at(fixture, "name: x\nsource: fake:x\ntags: {a: [b]}\n", 3, 11, "a tag must be a text");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  contxt: 1\n", 4, 3,
             "did you mean `context`?");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  slots: -1\n", 4, 10,
             "slots must be an integer from 0 to 256, but it is \"-1\"");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  pin: maybe\n", 4, 8, "true or false");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  idle_unload: soon\n", 4, 16,
             "a duration");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  pooling: max\n", 4, 12,
             "one of none, mean, cls, last, rank");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  adapters: [/a, b]\n", 4, 13,
             "a list of at most 32 absolute paths (item 2 is none), but it is a list");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  adapters: {a: /b}\n", 4, 13,
             "a list of at most 32 absolute paths");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  slots: [1]\n", 4, 10,
             "an integer from 0 to 256");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  prompts: {query: [Q]}\n", 4, 12,
             "a map of texts by name");
    fails_at(fixture, "name: x\nsource: fake:x\nsettings:\n  prompts: Query\n", 4, 12,
             "a map of texts by name");
    fails_at(fixture, "- name: x\n", 1, 1, "but it is a list");
    fails_at(fixture, "name: x\nsource: ${NO_SUCH_VARIABLE_HERE}\n", 2, 9, "is not set");
}

static void all_faults_are_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "nmae: x\nsource: y\ntask: z\nsettings: {pni: 1}\n"),
                     HEARTH_EFIELDS);
    assert_int_equal(fixture->faults.count, 4);
    assert_non_null(strstr(fixture->error.message, "/project/models/x.yml:1:1: "));
    assert_non_null(strstr(fixture->error.message, "(and 3 more)"));
}

static void tags_may_be_a_list(void **state)
{
    struct fixture *fixture = *state;
    parses(fixture, "name: x\nsource: fake:x\ntags: [a, b]\n");
    assert_string_equal(fixture->definition->tags_json, "{\"a\":\"\",\"b\":\"\"}");
}

static void put_file(struct fixture *fixture, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_folder_is_read_in_order_of_name(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_definition *definitions = NULL;
    size_t count = 7;
    put_file(fixture, "b.yml", "name: one\nsource: fake:x\n");
    put_file(fixture, "a.yaml", "name: two\nsource: file:x\n");
    put_file(fixture, ".hidden.yml", "not: read\n");
    put_file(fixture, "notes.txt", "not: read\n");
    assert_int_equal(hearth_definitions_read(fixture->directory, fixture->arena, &definitions,
                                             &count, &fixture->faults, &fixture->error),
                     0);
    assert_int_equal(count, 2);
    assert_string_equal(definitions[0].name, "two");
    assert_non_null(strstr(definitions[0].source, fixture->directory));
    assert_string_equal(definitions[1].name, "one");
    assert_int_equal(hearth_definitions_read("/no/such/folder", fixture->arena, &definitions,
                                             &count, &fixture->faults, &fixture->error),
                     0);
    assert_int_equal(count, 0);
}

static void faults_of_a_folder_name_their_files(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_definition *definitions = NULL;
    size_t count;
    put_file(fixture, "a.yml", "name: x\nsource: fake:x\n");
    put_file(fixture, "b.yml", "name: x\nsource: fake:x\n");
    put_file(fixture, "c.yml", "name: y\nsource: fake:x\nwrong: 1\n");
    assert_int_equal(hearth_definitions_read(fixture->directory, fixture->arena, &definitions,
                                             &count, &fixture->faults, &fixture->error),
                     HEARTH_EFIELDS);
    assert_null(definitions);
    assert_int_equal(fixture->faults.count, 2);
    assert_non_null(strstr(fixture->faults.rows[0].file, "b.yml"));
    assert_non_null(strstr(fixture->faults.rows[0].message, "the name x is used twice"));
    assert_non_null(strstr(fixture->faults.rows[1].file, "c.yml"));
    assert_int_equal(fixture->faults.rows[1].line, 3);
    put_file(fixture, "d.yml", "name: \xff\n");
    assert_int_equal(hearth_definitions_read(fixture->directory, fixture->arena, &definitions,
                                             &count, &fixture->faults, &fixture->error),
                     HEARTH_EPARSE);
}

static json_t *json(const char *text)
{
    json_t *value = hearth_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static void settings_of_a_request_are_checked_likewise(void **state)
{
    struct fixture *fixture = *state;
    json_t *good = json("{\"context\":1,\"pin\":true,\"idle_unload\":90,\"load_timeout\":\"5m\","
                        "\"rope_freq_scale\":0.5,\"repack\":false,\"flash_attention\":\"on\"}");
    assert_int_equal(
        hearth_model_settings_check(good, fixture->arena, &fixture->faults, &fixture->error), 0);
    json_decref(good);
    json_t *bad = json("{\"contxt\":1,\"slots\":\"4\",\"pin\":1,\"idle_unload\":-1,"
                       "\"cache_type_k\":\"q2\",\"batch\":70000,\"chat_template\":7,"
                       "\"affinity\":\"zzz\",\"adapters\":[\"/a\\n/b\"]}");
    assert_int_equal(
        hearth_model_settings_check(bad, fixture->arena, &fixture->faults, &fixture->error),
        HEARTH_EFIELDS);
    json_decref(bad);
    assert_int_equal(fixture->faults.count, 9);
    assert_string_equal(fixture->faults.rows[7].message,
                        "affinity must be auto, off, or lists of cores such as 0-3;4-7");
    assert_string_equal(fixture->faults.rows[0].message,
                        "the setting `contxt` is not known; did you mean `context`?");
    assert_string_equal(fixture->faults.rows[1].message, "slots must be an integer from 0 to 256");
    json_t *list = json("[]");
    assert_int_equal(
        hearth_model_settings_check(list, fixture->arena, &fixture->faults, &fixture->error),
        HEARTH_EFIELDS);
    json_decref(list);
}

static void a_models_settings_win_over_the_servers(void **state)
{
    struct fixture *fixture = *state;
    const struct hearth_settings server = {
        .context = 100,
        .slots = 4,
        .batch = 512,
        .idle_unload = 7000,
        .request_timeout = 8000,
        .breaker_failures = 3,
        .breaker_rest = 30000,
    };
    struct hearth_model_settings read;
    assert_int_equal(hearth_model_settings_read(
                         "{\"context\":200,\"pin\":true,\"idle_unload\":\"90s\",\"slots\":\"x\","
                         "\"request_timeout\":1.5,\"breaker_rest\":\"5s\",\"pooling\":\"mean\","
                         "\"from_later\":1,\"adapters\":[\"/a\",\"/b c\"]}",
                         &server, fixture->arena, &read, &fixture->error),
                     0);
    assert_int_equal(read.context, 200);
    assert_int_equal(read.slots, 4);
    assert_int_equal(read.batch, 512);
    assert_int_equal(read.idle_unload, 90000);
    assert_int_equal(read.request_timeout, 1500);
    assert_int_equal(read.breaker_failures, 3);
    assert_int_equal(read.breaker_rest, 5000);
    assert_true(read.pin);
    assert_string_equal(read.engine_json, "{\"pooling\":\"mean\",\"from_later\":1,"
                                          "\"adapters\":[\"/a\",\"/b c\"]}");
    assert_string_equal(read.readable, "/a\n/b c");
    hearth_model_settings_adapt(&read, "/home/poet.gguf", fixture->arena);
    assert_string_equal(read.engine_json, "{\"pooling\":\"mean\",\"from_later\":1,"
                                          "\"adapters\":[\"/a\",\"/b c\",\"/home/poet.gguf\"]}");
    assert_string_equal(read.readable, "/a\n/b c\n/home/poet.gguf");
    assert_int_equal(hearth_model_settings_read("{\"adapters\":5}", &server, fixture->arena, &read,
                                                &fixture->error),
                     0);
    assert_null(read.readable);
    hearth_model_settings_adapt(&read, "/b", fixture->arena);
    assert_string_equal(read.engine_json, "{\"adapters\":[\"/b\"]}");
    assert_string_equal(read.readable, "/b");
    assert_int_equal(
        hearth_model_settings_read("[]", &server, fixture->arena, &read, &fixture->error),
        HEARTH_EPARSE);
    assert_int_equal(
        hearth_model_settings_read("{", &server, fixture->arena, &read, &fixture->error),
        HEARTH_EPARSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_definition_is_read),
        TEST(what_is_left_out_has_a_default),
        TEST(names_of_other_tools_for_a_task_are_understood),
        TEST(a_relative_file_is_relative_to_the_definition),
        TEST(faults_stand_where_they_are),
        TEST(all_faults_are_told_at_once),
        TEST(tags_may_be_a_list),
        TEST(a_folder_is_read_in_order_of_name),
        TEST(faults_of_a_folder_name_their_files),
        TEST(settings_of_a_request_are_checked_likewise),
        TEST(a_models_settings_win_over_the_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
