/* What the writers of OpenAI's Responses make of an answer with thoughts, text and calls. */
#include "support/said.h"

#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_read.h"
#include "routes/openai/responses_write.h"

static struct said said;

static int set_up_stream(void **state)
{
    (void)state;
    said_init(&said, &hearth_openai_responses, true);
    return 0;
}

static int set_up_whole(void **state)
{
    (void)state;
    said_init(&said, &hearth_openai_responses, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    said_finish(&said);
    return 0;
}

static const char output[] =
    "\"output\":[{\"id\":\"rs_0a_0\",\"type\":\"reasoning\",\"status\":\"completed\","
    "\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}]},"
    "{\"id\":\"msg_0a_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\","
    "\"content\":[{\"type\":\"output_text\",\"text\":\"let me\",\"annotations\":[],\"logprobs\":[]}"
    "]},{\"id\":\"fc_0a_2\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":"
    "\"call1\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"},"
    "{\"id\":\"fc_0a_3\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":"
    "\"call2\",\"name\":\"g\",\"arguments\":\"\"}]";

static void a_stream_tells_each_item_as_it_begins_grows_and_ends(void **state)
{
    (void)state;
    hearth_response_stream_open(said.choice, &said.out);
    say_everything(&said);
    hearth_response_stream_finish(said.choice, &said.out);
    assert_string_equal(
        said_events(&said),
        "response.created response.in_progress "
        "response.output_item.added response.content_part.added response.reasoning_text.delta "
        "response.reasoning_text.done response.content_part.done response.output_item.done "
        "response.output_item.added response.content_part.added response.output_text.delta "
        "response.output_text.delta response.output_text.done response.content_part.done "
        "response.output_item.done "
        "response.output_item.added response.function_call_arguments.delta "
        "response.function_call_arguments.delta response.function_call_arguments.done "
        "response.output_item.done "
        "response.output_item.added response.function_call_arguments.done "
        "response.output_item.done response.completed ");
    assert_said(&said, output);
    assert_said(&said, "\"item_id\":\"rs_0a_0\",\"output_index\":0,\"content_index\":0,\"delta\":"
                       "\"hm\"}");
    assert_said(&said, "\"item_id\":\"msg_0a_1\",\"output_index\":1,\"content_index\":0,\"text\":"
                       "\"let me\",\"logprobs\":[]}");
    assert_said(&said, "\"item_id\":\"fc_0a_2\",\"output_index\":2,\"arguments\":"
                       "\"{\\\"a\\\":1}\",\"name\":\"f\"}");
    assert_said(&said, "\"item\":{\"id\":\"fc_0a_2\",\"type\":\"function_call\",\"status\":"
                       "\"in_progress\",\"call_id\":\"call1\",\"name\":\"f\",\"arguments\":\"\"}");
}

static void a_whole_answer_has_the_same_items(void **state)
{
    (void)state;
    say_everything(&said);
    hearth_openai_responses.write_answer(said.generation, &said.out);
    assert_said(&said, output);
    assert_said(&said, "\"status\":\"completed\"");
}

static void thoughts_are_told_as_a_summary_where_one_was_asked_for(void **state)
{
    (void)state;
    ((struct hearth_response *)said.choice->kept)->summary = true;
    say(&said, HEARTH_CHANNEL_REASONING, "hm");
    say(&said, HEARTH_CHANNEL_CONTENT, "yes");
    hearth_response_stream_finish(said.choice, &said.out);
    assert_string_equal(said_events(&said),
                        "response.output_item.added response.reasoning_summary_part.added "
                        "response.reasoning_summary_text.delta "
                        "response.reasoning_summary_text.done "
                        "response.reasoning_summary_part.done response.output_item.done "
                        "response.output_item.added response.content_part.added "
                        "response.output_text.delta response.output_text.done "
                        "response.content_part.done response.output_item.done "
                        "response.completed ");
    assert_said(&said, "\"content\":[],\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]");
}

static void text_behind_a_call_is_an_item_of_its_own(void **state)
{
    (void)state;
    say(&said, HEARTH_CHANNEL_CONTENT, "one");
    say(&said, HEARTH_CHANNEL_CALL, "f");
    say(&said, HEARTH_CHANNEL_CONTENT, "two");
    hearth_openai_responses.write_answer(said.generation, &said.out);
    assert_said(&said, "\"text\":\"one\"");
    assert_said(&said, "\"text\":\"two\"");
}

static void an_answer_without_a_word_has_an_empty_message(void **state)
{
    (void)state;
    hearth_response_stream_finish(said.choice, &said.out);
    assert_string_equal(said_events(&said),
                        "response.output_item.added response.content_part.added "
                        "response.output_text.done response.content_part.done "
                        "response.output_item.done response.completed ");
}

static void an_item_finds_the_answer_that_it_is_of(void **state)
{
    (void)state;
    char id[HEARTH_RESPONSES_ID_MAX];
    char item[200];
    assert_true(hearth_responses_owner("msg_0a_1", id));
    assert_string_equal(id, "resp_0a");
    assert_false(hearth_responses_owner("msg_0a", id));
    assert_false(hearth_responses_owner("msg__1", id));
    assert_false(hearth_responses_owner("", id));
    snprintf(item, sizeof(item), "msg_%0100d_1", 0);
    assert_false(hearth_responses_owner(item, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stream_tells_each_item_as_it_begins_grows_and_ends,
                                        set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(a_whole_answer_has_the_same_items, set_up_whole, tear_down),
        cmocka_unit_test_setup_teardown(thoughts_are_told_as_a_summary_where_one_was_asked_for,
                                        set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(text_behind_a_call_is_an_item_of_its_own, set_up_whole,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_answer_without_a_word_has_an_empty_message,
                                        set_up_stream, tear_down),
        cmocka_unit_test(an_item_finds_the_answer_that_it_is_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
