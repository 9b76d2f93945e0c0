/* Bodies of OpenAI's Responses become the conversation that a chat template reads. */
#include "support/read_body.h"

#include "base/error.h"
#include "routes/openai/responses_read.h"

#include <time.h>

static const char *param;

static int read(const char *text, const char *answers)
{
    json_t *body = body_of(text), *found = body_of(answers), *items = NULL, *answer;
    const char *id;
    json_object_foreach(found, id, answer) hearth_responses_index(answer);
    hearth_buf_clear(&conversation);
    int rc = hearth_responses_items(body, found, &items, &param, &error);
    if (!rc)
        rc = hearth_responses_read(body, items, arena, &conversation, &request, &param, &error);
    json_decref(items);
    json_decref(found);
    json_decref(body);
    return rc;
}

static void items_become_messages_with_calls_and_results(void **state)
{
    (void)state;
    assert_int_equal(
        read(
            "{'instructions':'i','input':[{'role':'developer','content':'s'},{'role':'user',"
            "'content':[{'type':'input_text','text':'a'}]},{'type':'reasoning','summary':[{'type':"
            "'summary_text','text':'hm'}]},{'type':'message','role':'assistant','content':[{'type':"
            "'output_text','text':'c'},{'type':'refusal','refusal':'no'}]},{'type':"
            "'function_call','call_id':'1','name':'f','arguments':'{}'},{'type':"
            "'function_call_output','call_id':'1','output':'r'}]}",
            "{}"),
        0);
    assert_member(
        &conversation, "messages",
        "[{'role':'system','content':[{'type':'text','text':'i'},{'type':'text','text':'s'}]},"
        "{'role':'user','content':'a'},"
        "{'role':'assistant','reasoning_content':'hm','content':[{'type':'text','text':'c'},"
        "{'type':'text','text':'no'}],'tool_calls':[{'id':'1','type':'function','function':"
        "{'name':'f','arguments':'{}'}}]},"
        "{'role':'tool','tool_call_id':'1','name':'f','content':'r'}]");
}

static void what_was_before_comes_first(void **state)
{
    static const char answers[] =
        "{'resp_0':{'items':[{'type':'message','role':'user','content':'a'}],'response':{'output':["
        "{'id':'msg_0_0','type':'message','role':'assistant','content':[{'type':'output_text',"
        "'text':'b'}]}]}}}";
    (void)state;
    assert_int_equal(read("{'previous_response_id':'resp_0','input':'c'}", answers), 0);
    assert_member(&conversation, "messages",
                  "[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
                  "{'role':'user','content':'c'}]");
    assert_int_equal(read("{'input':[{'type':'item_reference','id':'msg_0_0'}]}", answers), 0);
    assert_member(&conversation, "messages", "[{'role':'assistant','content':'b'}]");
    assert_int_equal(read("{'previous_response_id':'resp_1','input':'c'}", answers),
                     HEARTH_ENOTFOUND);
    assert_string_equal(param, "previous_response_id");
}

static void answers_that_are_referred_to_are_looked_up_once(void **state)
{
    json_t *body =
        body_of("{'previous_response_id':'resp_0','input':[{'type':'item_reference','id':"
                "'msg_0_0'},{'type':'item_reference','id':'rs_1_0'},{'type':"
                "'item_reference','id':'odd'}]}");
    json_t *ids = NULL, *wanted = body_of("['resp_0','resp_1']");
    (void)state;
    assert_int_equal(hearth_responses_needs(body, &ids, &param, &error), 0);
    assert_true(json_equal(ids, wanted));
    json_decref(ids);
    json_decref(wanted);
    json_decref(body);
}

/* A pass over all that came before for each of them would take minutes. */
static void a_body_full_of_references_is_read_in_one_pass(void **state)
{
    enum { COUNT = 60000 };
    json_t *input = json_array(), *items = json_array(), *ids = NULL, *read_items = NULL;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        json_array_append_new(input, json_pack("{s:s, s:o}", "type", "item_reference", "id",
                                               json_sprintf("msg_%06d_0", i)));
        json_array_append_new(items, json_pack("{s:o}", "id", json_sprintf("msg_0_i%06d", i)));
    }
    json_t *body = json_pack("{s:o}", "input", input);
    clock_t start = clock();
    assert_int_equal(hearth_responses_needs(body, &ids, &param, &error), HEARTH_EINVAL);
    assert_string_equal(param, "input");

    json_t *answer = json_pack("{s:{s:[]}, s:O}", "response", "output", "items", items);
    json_t *found = json_pack("{s:O}", "resp_0", answer);
    for (int i = 0; i < COUNT; i++)
        json_object_set_new(json_array_get(input, (size_t)i), "id",
                            json_sprintf("msg_0_i%06d", COUNT - 1));
    hearth_responses_index(answer);
    assert_int_equal(hearth_responses_needs(body, &ids, &param, &error), 0);
    assert_int_equal(json_array_size(ids), 1);
    assert_int_equal(hearth_responses_items(body, found, &read_items, &param, &error), 0);
    assert_int_equal(json_array_size(read_items), COUNT);
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
    json_decref(read_items);
    json_decref(ids);
    json_decref(found);
    json_decref(answer);
    json_decref(items);
    json_decref(body);
}

/* A text that is copied for each thought that comes to it would take minutes. */
static void many_thoughts_of_one_turn_are_one_text(void **state)
{
    enum { COUNT = 60000 };
    static const char text[] = "a thought of some thirty letters";
    json_t *items = json_array(), *body = json_object();
    (void)state;
    for (int i = 0; i < COUNT; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:[{s:s}]}", "type", "reasoning", "summary", "text", text));
    clock_t start = clock();
    hearth_buf_finish(&conversation);
    hearth_buf_init(&conversation, 16 << 20);
    assert_int_equal(
        hearth_responses_read(body, items, arena, &conversation, &request, &param, &error), 0);
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
    json_t *read = hearth_json_parse(conversation.bytes, conversation.length, &error);
    json_t *messages = json_object_get(read, "messages");
    assert_int_equal(json_array_size(messages), 1);
    assert_int_equal(
        json_string_length(json_object_get(json_array_get(messages, 0), "reasoning_content")),
        COUNT * (sizeof(text) - 1));
    json_decref(read);
    json_decref(items);
    json_decref(body);
}

static void forms_of_answers_and_choices_become_those_of_chat(void **state)
{
    (void)state;
    assert_int_equal(
        read("{'input':'a','tools':[{'type':'function','name':'f','parameters':{},'strict':true}],"
             "'tool_choice':{'type':'allowed_tools','mode':'required','tools':[{'type':'function',"
             "'name':'f'}]},'parallel_tool_calls':false,'text':{'format':{'type':'json_schema',"
             "'name':'n','schema':{},'strict':true}},'reasoning':{'effort':'none'}}",
             "{}"),
        0);
    assert_member(&conversation, "tools",
                  "[{'type':'function','function':{'name':'f','parameters':{},'strict':true}}]");
    assert_member(&conversation, "tool_choice",
                  "{'type':'allowed_tools','allowed_tools':{'mode':'required','tools':[{'type':"
                  "'function','function':{'name':'f'}}]}}");
    assert_member(&conversation, "response_format",
                  "{'type':'json_schema','json_schema':{'name':'n','schema':{},'strict':true}}");
    assert_member(&conversation, "chat_template_kwargs", "{'enable_thinking':false}");
    assert_member(&conversation, "parallel_tool_calls", "false");
}

static void what_an_answer_repeats_has_the_defaults_of_the_api(void **state)
{
    json_t *body = body_of("{'input':'a','temperature':0.5,'metadata':null}");
    json_t *about = hearth_responses_about(body);
    (void)state;
    assert_true(hearth_json_number(about, "temperature", 0) == 0.5);
    assert_true(hearth_json_number(about, "top_p", 0) == 1);
    assert_true(json_is_object(json_object_get(about, "metadata")));
    assert_true(json_is_null(json_object_get(about, "instructions")));
    assert_null(json_object_get(about, "input"));
    json_decref(about);
    json_decref(body);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(items_become_messages_with_calls_and_results),
        CASE(what_was_before_comes_first),
        CASE(answers_that_are_referred_to_are_looked_up_once),
        CASE(a_body_full_of_references_is_read_in_one_pass),
        CASE(many_thoughts_of_one_turn_are_one_text),
        CASE(forms_of_answers_and_choices_become_those_of_chat),
        CASE(what_an_answer_repeats_has_the_defaults_of_the_api),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
