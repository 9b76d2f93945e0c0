#include "base/error.h"
#include "routes/ollama/ollama_read.h"
#include "routes/ollama/ollama_source.h"
#include "unit/cmocka_all.h"

#include <string.h>

enum { ARENA_MAX = 1 << 20 };

static json_t *parsed(const char *text)
{
    json_t *value = hearth_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static void test_results_of_tools_get_the_ids_of_their_calls(void **state)
{
    (void)state;
    json_t *given =
        parsed("[{\"role\": \"assistant\", \"tool_calls\": ["
               "{\"function\": {\"name\": \"a\", \"arguments\": {\"x\": 1}}},"
               "{\"function\": {\"name\": \"b\"}}, {\"id\": \"own\", \"function\": {\"name\": "
               "\"c\"}}]},"
               "{\"role\": \"tool\", \"tool_name\": \"b\", \"content\": \"of b\"},"
               "{\"role\": \"tool\", \"content\": \"of a\"},"
               "{\"role\": \"tool\", \"tool_call_id\": \"own\", \"content\": \"of c\"}]");
    json_t *made = hearth_ollama_messages(given);
    json_t *calls = json_object_get(json_array_get(made, 0), "tool_calls");
    assert_string_equal(hearth_json_text(json_array_get(calls, 0), "id", ""), "call_0");
    assert_string_equal(hearth_json_text(json_array_get(calls, 2), "id", ""), "own");
    assert_true(json_is_object(
        json_object_get(json_object_get(json_array_get(calls, 1), "function"), "arguments")));
    static const char *const ids[] = {"call_1", "call_0", "own"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(hearth_json_text(json_array_get(made, i + 1), "tool_call_id", ""),
                            ids[i]);
    json_decref(made);
    json_decref(given);
}

/* 121 bytes, of characters of three each: a cut would fall into one of them. */
static void test_an_id_of_a_call_is_taken_whole(void **state)
{
    char id[128] = "a", text[1024];
    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(id, "中");
    snprintf(text, sizeof(text),
             "[{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"%s\", \"function\": "
             "{\"name\": \"f\"}}, {\"id\": \"%s2\", \"function\": {\"name\": \"g\"}}]},"
             "{\"role\": \"tool\", \"tool_name\": \"g\", \"content\": \"1\"},"
             "{\"role\": \"tool\", \"tool_call_id\": \"%s\", \"content\": \"2\"}]",
             id, id, id);
    json_t *given = parsed(text), *made = hearth_ollama_messages(given);
    json_t *calls = json_object_get(json_array_get(made, 0), "tool_calls");
    assert_int_equal(json_array_size(calls), 2);
    assert_string_equal(hearth_json_text(json_array_get(calls, 0), "id", ""), id);
    assert_string_equal(hearth_json_text(json_array_get(made, 2), "tool_call_id", ""), id);
    strcat(id, "2");
    assert_string_equal(hearth_json_text(json_array_get(calls, 1), "id", ""), id);
    assert_string_equal(hearth_json_text(json_array_get(made, 1), "tool_call_id", ""), id);
    json_decref(made);
    json_decref(given);
}

static void test_defaults_are_ollamas_and_what_is_said_goes_before_them(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    json_t *body = parsed("{\"model\": \"m\", \"prompt\": \"x\", \"options\": {\"top_k\": 3, "
                          "\"seed\": -1, \"num_predict\": -2}, \"stream\": false}");
    struct hearth_generation_request request;
    struct hearth_buf conversation;
    struct hearth_error error;
    hearth_buf_init(&conversation, ARENA_MAX);
    assert_int_equal(hearth_ollama_generate_read(body, arena, &conversation, &request, &error), 0);
    assert_int_equal(request.sampling.top_k, 3);
    assert_true(request.sampling.temperature > 0.79f && request.sampling.temperature < 0.81f);
    assert_true(request.sampling.repeat_penalty > 1.09f);
    assert_int_equal(request.sampling.max_tokens, 0);
    assert_false(request.stream);
    assert_int_equal(request.inputs[0].kind, HEARTH_INPUT_MESSAGES);
    hearth_buf_finish(&conversation);
    json_decref(body);
    hearth_arena_destroy(arena);
}

static void test_names_that_can_be_pulled_become_sources(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_error error;
    const char *source = NULL;
    assert_int_equal(hearth_ollama_source("hf.co/org/repo:Q4_K_M", arena, &source, &error), 0);
    assert_string_equal(source, "hf:org/repo:Q4_K_M");
    assert_int_equal(hearth_ollama_source("huggingface.co/org/repo", arena, &source, &error), 0);
    assert_string_equal(source, "hf:org/repo");
    assert_int_equal(hearth_ollama_source("hf.co/org/repo:latest", arena, &source, &error), 0);
    assert_string_equal(source, "hf:org/repo");
    assert_int_equal(hearth_ollama_source("llama3:8b", arena, &source, &error), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_ollama_source("hf.co/../repo", arena, &source, &error), HEARTH_EINVAL);
    assert_int_equal(hearth_ollama_source("file:relative", arena, &source, &error), HEARTH_EPATH);
    hearth_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_of_tools_get_the_ids_of_their_calls),
        cmocka_unit_test(test_an_id_of_a_call_is_taken_whole),
        cmocka_unit_test(test_defaults_are_ollamas_and_what_is_said_goes_before_them),
        cmocka_unit_test(test_names_that_can_be_pulled_become_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
