/* What the writers of Anthropic's Messages make of an answer with thoughts, text and calls. */
#include "support/said.h"

#include "routes/anthropic/anthropic_write.h"

static struct said said;

static int set_up_stream(void **state)
{
    (void)state;
    said_init(&said, &hearth_anthropic_messages, true);
    return 0;
}

static int set_up_whole(void **state)
{
    (void)state;
    said_init(&said, &hearth_anthropic_messages, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    said_finish(&said);
    return 0;
}

static void a_stream_has_a_block_for_thoughts_for_text_and_for_each_call(void **state)
{
    (void)state;
    hearth_anthropic_stream_open(said.choice, &said.out);
    say_everything(&said);
    hearth_anthropic_stream_finish(said.choice, &said.out);
    assert_string_equal(
        said_events(&said),
        "message_start ping "
        "content_block_start content_block_delta content_block_delta content_block_stop "
        "content_block_start content_block_delta content_block_delta content_block_stop "
        "content_block_start content_block_delta content_block_delta content_block_stop "
        "content_block_start content_block_stop message_delta message_stop ");
    assert_said(&said, "\"index\":0,\"content_block\":{\"type\":\"thinking\"");
    assert_said(&said, "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}");
    assert_said(&said,
                "\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"msg_0a\"}");
    assert_said(&said, "\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"me\"}");
    assert_said(&said, "\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"call1\","
                       "\"name\":\"f\",\"input\":{}}");
    assert_said(&said, "\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"
                       "\"{\\\"a\\\":\"}");
    assert_said(&said, "\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"call2\"");
    assert_said(&said, "\"stop_reason\":\"tool_use\"");
}

static void a_whole_answer_has_the_same_blocks(void **state)
{
    (void)state;
    say_everything(&said);
    hearth_anthropic_messages.write_answer(said.generation, &said.out);
    assert_string_equal(
        hearth_buf_cstr(&said.out),
        "{\"id\":\"msg_0a\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
        "\"content\":["
        "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"msg_0a\"},"
        "{\"type\":\"text\",\"text\":\"let me\"},"
        "{\"type\":\"tool_use\",\"id\":\"call1\",\"name\":\"f\",\"input\":{\"a\":1}},"
        "{\"type\":\"tool_use\",\"id\":\"call2\",\"name\":\"g\",\"input\":{}}],"
        "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":4,"
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":3,\"output_tokens\":4,"
        "\"service_tier\":\"standard\"}}");
}

static void a_call_that_was_cut_off_is_left_out(void **state)
{
    (void)state;
    say(&said, HEARTH_CHANNEL_CALL, "f");
    say(&said, HEARTH_CHANNEL_ARGUMENTS, "{\"a\":");
    said.choice->done.finish = HEARTH_FINISH_LENGTH;
    hearth_anthropic_messages.write_answer(said.generation, &said.out);
    assert_said(&said, "\"content\":[],\"stop_reason\":\"max_tokens\"");
}

static void a_stop_string_of_the_template_is_the_end_of_a_turn(void **state)
{
    (void)state;
    const struct hearth_bytes stops[] = {{"END", 3}};
    said.generation->sampling.stops = stops;
    said.generation->sampling.stop_count = 1;
    said.choice->done.stop = 1;
    hearth_anthropic_write_stop(said.choice, &said.out);
    said.choice->done.stop = 2; /* none of the client's */
    hearth_anthropic_write_stop(said.choice, &said.out);
    assert_string_equal(hearth_buf_cstr(&said.out),
                        "\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\""
                        "\"stop_reason\":\"end_turn\",\"stop_sequence\":null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_stream_has_a_block_for_thoughts_for_text_and_for_each_call, set_up_stream, tear_down),
        cmocka_unit_test_setup_teardown(a_whole_answer_has_the_same_blocks, set_up_whole,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_call_that_was_cut_off_is_left_out, set_up_whole,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_stop_string_of_the_template_is_the_end_of_a_turn,
                                        set_up_whole, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
