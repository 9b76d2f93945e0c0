/* What the writers of chat and completions make of events. */
#include "gateway/sse.h"
#include "routes/openai/openai_write.h"

#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct hearth_generation *generation;
    struct hearth_choice *choice;
    const struct hearth_generation_shape *shape; /* whose writers keep something of the choice */
    struct hearth_buf out;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.generation = hearth_calloc(1, sizeof(*f.generation) + sizeof(struct hearth_choice));
    snprintf(f.generation->id, sizeof(f.generation->id), "x-1");
    f.generation->model = "m";
    f.generation->created_s = 5;
    f.generation->choice_count = f.generation->n = f.generation->given = 1;
    f.choice = &f.generation->choices[0];
    f.choice->generation = f.generation;
    hearth_buf_init(&f.choice->text, 1 << 20);
    f.choice->kept =
        hearth_calloc(1, hearth_openai_chat.kept_size + hearth_openai_completion.kept_size);
    f.shape = &hearth_openai_chat;
    hearth_buf_init(&f.out, 1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    hearth_buf_finish(&f->choice->text);
    f->shape->forget(f->choice);
    hearth_free(f->choice->kept);
    hearth_buf_finish(&f->out);
    hearth_free(f->generation);
    return 0;
}

static const struct hearth_alternative alternatives[] = {
    {.token = 1, .logprob = -0.25f, .text = {"\xc3", 1}},
    {.token = 2, .logprob = -1.5f, .text = {"b", 1}},
};
static const struct hearth_token tokens[] = {{.token = 1,
                                              .logprob = -0.25f,
                                              .text = {"\xc3", 1},
                                              .alternatives = alternatives,
                                              .alternative_count = 2},
                                             {.token = 2, .logprob = -1.0f, .text = {"\xa9!", 2}}};
static const struct hearth_event event = {.kind = HEARTH_EVENT_TEXT,
                                          .bytes = {"\xc3\xa9!", 3},
                                          .tokens = tokens,
                                          .token_count = 2,
                                          .has_tokens = true};

static void expect(struct fixture *f, const char *text)
{
    assert_string_equal(hearth_buf_cstr(&f->out), text);
    struct hearth_error error;
    json_t *value = hearth_json_parse(f->out.bytes, f->out.length, &error);
    assert_non_null(value);
    json_decref(value);
}

static void a_chat_chunk_has_one_delta(void **state)
{
    struct fixture *f = *state;
    hearth_openai_chat.write_delta(f->choice, &event, &f->out);
    expect(f, "{\"id\":\"x-1\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\","
              "\"system_fingerprint\":null,"
              "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xc3\xa9!\"},\"logprobs\":null,"
              "\"finish_reason\":null}]}");
}

static void every_object_tells_what_computed_it(void **state)
{
    struct fixture *f = *state;
    snprintf(f->generation->fingerprint, sizeof(f->generation->fingerprint),
             "fp_0123456789ab_own_avx2_f16");
    static const struct hearth_generation_shape *const shapes[] = {&hearth_openai_chat,
                                                                   &hearth_openai_completion};
    for (size_t i = 0; i < 2; i++) {
        hearth_buf_clear(&f->out);
        shapes[i]->write_delta(f->choice, &event, &f->out);
        assert_non_null(strstr(hearth_buf_cstr(&f->out),
                               ",\"system_fingerprint\":\"fp_0123456789ab_own_avx2_f16\","));
    }
}

static void with_usage_asked_for_every_chunk_has_a_null_one(void **state)
{
    struct fixture *f = *state;
    f->generation->include_usage = true;
    f->choice->done.finish = HEARTH_FINISH_LENGTH;
    hearth_openai_chat.write_finish(f->choice, &f->out);
    expect(f, "{\"id\":\"x-1\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\","
              "\"system_fingerprint\":null,"
              "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":"
              "\"length\"}],\"usage\":null}");
}

static void a_call_begins_with_its_id_and_name_and_goes_on_with_pieces(void **state)
{
    struct fixture *f = *state;
    struct hearth_generated_call call = {.id = "call_1"};
    const struct hearth_event begins = {
        .kind = HEARTH_EVENT_TEXT, .channel = HEARTH_CHANNEL_CALL, .bytes = {"f", 1}};
    const struct hearth_event goes_on = {
        .kind = HEARTH_EVENT_TEXT, .channel = HEARTH_CHANNEL_ARGUMENTS, .bytes = {"{\"a\":", 5}};
    f->choice->calls = &call;
    f->choice->call_count = 1;
    hearth_openai_chat.write_delta(f->choice, &begins, &f->out);
    assert_non_null(strstr(hearth_buf_cstr(&f->out),
                           "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":"
                           "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},"));
    hearth_buf_clear(&f->out);
    hearth_openai_chat.write_delta(f->choice, &goes_on, &f->out);
    assert_non_null(strstr(hearth_buf_cstr(&f->out),
                           "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                           "\"{\\\"a\\\":\"}}]},"));
}

static void an_answer_of_calls_alone_has_no_content(void **state)
{
    struct fixture *f = *state;
    struct hearth_generated_call call = {.id = "call_1"};
    static const struct {
        const struct hearth_generation_shape *shape;
        const char *message;
    } rows[] = {
        {&hearth_openai_chat,
         "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"why\",\"refusal\":null,"
         "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":\"tool_calls\""},
        {&hearth_openai_chat_functions,
         "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"why\",\"refusal\":null,"
         "\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},\"logprobs\":null,"
         "\"finish_reason\":\"function_call\""}};
    hearth_buf_init(&call.name, 100);
    hearth_buf_init(&call.arguments, 100);
    hearth_buf_init(&f->choice->reasoning, 100);
    hearth_buf_text(&call.name, "f");
    hearth_buf_text(&call.arguments, "{}");
    hearth_buf_text(&f->choice->reasoning, "why");
    f->choice->calls = &call;
    f->choice->call_count = 1;
    f->choice->done.finish = HEARTH_FINISH_TOOLS;
    for (size_t i = 0; i < 2; i++) {
        hearth_buf_clear(&f->out);
        f->generation->shape = rows[i].shape;
        rows[i].shape->write_answer(f->generation, &f->out);
        if (!strstr(hearth_buf_cstr(&f->out), rows[i].message))
            fail_msg("%s", hearth_buf_cstr(&f->out));
    }
    hearth_buf_finish(&call.name);
    hearth_buf_finish(&call.arguments);
    hearth_buf_finish(&f->choice->reasoning);
}

static void half_a_character_is_spelled_out_and_told_by_its_bytes(void **state)
{
    struct fixture *f = *state;
    f->generation->logprobs = true;
    hearth_openai_chat.keep(f->choice, &event);
    hearth_openai_chat.keep(f->choice, &(struct hearth_event){.kind = HEARTH_EVENT_TEXT});
    hearth_buf_text(&f->choice->text, "\xc3\xa9!");
    f->choice->done = (struct hearth_inference_done){.finish = HEARTH_FINISH_STOP,
                                                     .prompt_tokens = 3,
                                                     .cached_tokens = 1,
                                                     .completion_tokens = 2};
    hearth_openai_chat.write_answer(f->generation, &f->out);
    expect(f, "{\"id\":\"x-1\",\"object\":\"chat.completion\",\"created\":5,\"model\":\"m\","
              "\"system_fingerprint\":null,"
              "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
              "\"\xc3\xa9!\",\"refusal\":null},\"logprobs\":{\"content\":[{\"token\":"
              "\"\\\\xc3\",\"logprob\":-0.25,\"bytes\":[195],\"top_logprobs\":[{\"token\":"
              "\"\\\\xc3\",\"logprob\":-0.25,\"bytes\":[195]},{\"token\":\"b\",\"logprob\":-1.5,"
              "\"bytes\":[98]}]},{\"token\":\"\\\\xa9!\",\"logprob\":-1,\"bytes\":[169,33],"
              "\"top_logprobs\":[]}],\"refusal\":null},\"finish_reason\":\"stop\"}],\"usage\":{"
              "\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5,"
              "\"prompt_tokens_details\":{\"cached_tokens\":1},"
              "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}");
}

static void completion_logprobs_are_four_lists_with_the_sampled_token_in_each(void **state)
{
    struct fixture *f = *state;
    f->generation->logprobs = true;
    f->choice->characters = 7;
    hearth_openai_completion.write_delta(f->choice, &event, &f->out);
    expect(f, "{\"id\":\"x-1\",\"object\":\"text_completion\",\"created\":5,\"model\":\"m\","
              "\"system_fingerprint\":null,"
              "\"choices\":[{\"index\":0,\"text\":\"\xc3\xa9!\",\"logprobs\":{\"tokens\":["
              "\"bytes:\\\\xc3\",\"bytes:\\\\xa9!\"],\"token_logprobs\":[-0.25,-1],"
              "\"top_logprobs\":[{\"bytes:\\\\xc3\":-0.25,\"b\":-1.5},{\"bytes:\\\\xa9!\":-1}],"
              "\"text_offset\":[7,8]},\"finish_reason\":null}]}");
}

/* Control tokens have no text, and parts of characters would all be U+FFFD. */
static void no_two_of_top_logprobs_have_the_same_key(void **state)
{
    struct fixture *f = *state;
    static const struct hearth_alternative same[] = {
        {.token = 1, .logprob = -0.5f, .text = {"", 0}},
        {.token = 2, .logprob = -1, .text = {NULL, 0}},
        {.token = 3, .logprob = -2, .text = {"\xf0", 1}},
        {.token = 4, .logprob = -3, .text = {"\xf1", 1}},
    };
    const struct hearth_token token = {
        .token = 2, .logprob = -1, .text = {"", 0}, .alternatives = same, .alternative_count = 4};
    const struct hearth_event one = {
        .kind = HEARTH_EVENT_TEXT, .tokens = &token, .token_count = 1, .has_tokens = true};
    f->generation->logprobs = true;
    hearth_openai_completion.write_delta(f->choice, &one, &f->out);
    assert_non_null(
        strstr(hearth_buf_cstr(&f->out),
               "\"top_logprobs\":[{\"\":-0.5,\"bytes:\\\\xf0\":-2,\"bytes:\\\\xf1\":-3}]"));
}

static void echo_goes_first(void **state)
{
    struct fixture *f = *state;
    const char *const echo[] = {"before "};
    f->generation->echo = echo;
    hearth_buf_text(&f->choice->text, "after");
    f->choice->done.finish = HEARTH_FINISH_STOP;
    hearth_openai_completion.write_answer(f->generation, &f->out);
    assert_non_null(strstr(hearth_buf_cstr(&f->out), "\"text\":\"before after\""));
    f->generation->echo = NULL;
}

/* A prompt of ids: BOS, then an e with an acute in two tokens. */
static const struct hearth_token prompt_tokens[] = {{.logprob = NAN, .text = {"<s>", 3}},
                                                    {.logprob = -1, .text = {"a\xc3", 2}},
                                                    {.logprob = -2, .text = {"\xa9", 1}}};

static struct hearth_event prompt_event(uint32_t first, uint32_t count)
{
    return (struct hearth_event){.kind = HEARTH_EVENT_PROMPT,
                                 .tokens = prompt_tokens + first,
                                 .token_count = count,
                                 .has_tokens = true};
}

static void expect_text(struct fixture *f, const char *text)
{
    struct hearth_error error;
    json_t *value = hearth_json_parse(f->out.bytes, f->out.length, &error);
    const json_t *choice = json_array_get(json_object_get(value, "choices"), 0);
    assert_string_equal(hearth_json_text(choice, "text", "none"), text);
    json_decref(value);
    hearth_buf_clear(&f->out);
}

static void an_echo_of_ids_waits_for_whole_characters_in_a_stream(void **state)
{
    struct fixture *f = *state;
    const char *const echo[] = {NULL};
    struct hearth_event first = prompt_event(0, 2), second = prompt_event(2, 1);
    f->shape = &hearth_openai_completion;
    f->generation->echo = echo;
    f->generation->sampling.prompt_logprobs = true;
    hearth_openai_completion.write_open(f->choice, &f->out);
    assert_int_equal(f->out.length, 0);
    hearth_openai_completion.write_delta(f->choice, &first, &f->out);
    expect_text(f, "<s>a");
    hearth_openai_completion.write_delta(f->choice, &second, &f->out);
    expect_text(f, "\xc3\xa9");
    hearth_openai_completion.write_delta(f->choice, &event, &f->out);
    expect_text(f, "\xc3\xa9!");
    f->generation->echo = NULL;
}

static void half_a_character_at_the_end_of_an_echo_is_replaced(void **state)
{
    struct fixture *f = *state;
    const char *const echo[] = {NULL};
    struct hearth_event cut = prompt_event(1, 1);
    f->shape = &hearth_openai_completion;
    f->generation->echo = echo;
    hearth_openai_completion.write_delta(f->choice, &cut, &f->out);
    expect_text(f, "a");
    hearth_openai_completion.write_finish(f->choice, &f->out);
    expect_text(f, "\xef\xbf\xbd");
    f->generation->echo = NULL;
}

static void what_stands_before_a_text_takes_no_characters(void **state)
{
    struct fixture *f = *state;
    const char *const echo[] = {"a\xc3\xa9"};
    struct hearth_event whole = prompt_event(0, 3);
    f->shape = &hearth_openai_completion;
    f->generation->echo = echo;
    f->generation->logprobs = true;
    hearth_openai_completion.keep(f->choice, &whole);
    hearth_openai_completion.keep(f->choice, &event);
    hearth_buf_text(&f->choice->text, "\xc3\xa9!");
    f->choice->done.finish = HEARTH_FINISH_STOP;
    hearth_openai_completion.write_answer(f->generation, &f->out);
    const char *text = hearth_buf_cstr(&f->out);
    assert_non_null(strstr(text, "\"text\":\"a\xc3\xa9\xc3\xa9!\""));
    assert_non_null(strstr(text, "\"tokens\":[\"<s>\",\"bytes:a\\\\xc3\",\"bytes:\\\\xa9\","));
    assert_non_null(strstr(text, "\"token_logprobs\":[null,-1,-2,-0.25,-1]"));
    assert_non_null(strstr(text, "\"top_logprobs\":[null,{"));
    assert_non_null(strstr(text, "\"text_offset\":[0,0,2,2,3]"));
    f->generation->echo = NULL;
}

static void an_empty_event_is_taken_back(void **state)
{
    struct fixture *f = *state;
    hearth_sse_close(&f->out, hearth_sse_open(&f->out));
    assert_int_equal(f->out.length, 0);
    size_t start = hearth_sse_open(&f->out);
    hearth_buf_text(&f->out, "{}");
    hearth_sse_close(&f->out, start);
    assert_string_equal(hearth_buf_cstr(&f->out), "data: {}\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_chat_chunk_has_one_delta, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_object_tells_what_computed_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_usage_asked_for_every_chunk_has_a_null_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_call_begins_with_its_id_and_name_and_goes_on_with_pieces,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_of_calls_alone_has_no_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_character_is_spelled_out_and_told_by_its_bytes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            completion_logprobs_are_four_lists_with_the_sampled_token_in_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_two_of_top_logprobs_have_the_same_key, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(echo_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_echo_of_ids_waits_for_whole_characters_in_a_stream,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_character_at_the_end_of_an_echo_is_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_stands_before_a_text_takes_no_characters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_empty_event_is_taken_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
