/* Bodies of Anthropic's Messages become the conversation that a chat template reads. */
#include "support/read_body.h"

#include "base/error.h"
#include "routes/anthropic/anthropic_read.h"

static int read(const char *text)
{
    json_t *body = body_of(text);
    int rc = hearth_anthropic_read(body, arena, &conversation, &request, &error);
    json_decref(body);
    return rc;
}

static void blocks_become_messages_with_calls_and_results(void **state)
{
    (void)state;
    assert_int_equal(
        read("{'max_tokens':9,'system':[{'type':'text','text':'s'},{'type':'text','text':'t'}],"
             "'messages':[{'role':'user','content':'a'},{'role':'user','content':[{'type':'text',"
             "'text':'b'}]},{'role':'assistant','content':[{'type':'thinking','thinking':'hm'},"
             "{'type':'text','text':'c'},{'type':'tool_use','id':'1','name':'f','input':{'x':1}},"
             "{'type':'tool_use','id':'2','name':'g','input':{}}]},{'role':'user','content':["
             "{'type':'tool_result','tool_use_id':'1','content':'r'},{'type':'tool_result',"
             "'tool_use_id':'2','is_error':true},{'type':'text','text':'d'}]}]}"),
        0);
    assert_member(
        &conversation, "messages",
        "[{'role':'system','content':[{'type':'text','text':'s'},{'type':'text','text':'t'}]},"
        "{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]},"
        "{'role':'assistant','reasoning_content':'hm','content':'c','tool_calls':["
        "{'id':'1','type':'function','function':{'name':'f','arguments':'{\\u0022x\\u0022:1}'}}"
        ","
        "{'id':'2','type':'function','function':{'name':'g','arguments':'{}'}}]},"
        "{'role':'tool','tool_call_id':'1','name':'f','content':'r'},"
        "{'role':'tool','tool_call_id':'2','name':'g','content':'Error'},"
        "{'role':'user','content':'d'}]");
}

static void what_a_tool_says_of_its_failure_begins_with_error(void **state)
{
    (void)state;
    assert_int_equal(
        read("{'max_tokens':9,'messages':[{'role':'user','content':'a'},{'role':'assistant',"
             "'content':[{'type':'tool_use','id':'1','name':'f','input':{}},{'type':'tool_use',"
             "'id':'2','name':'f','input':{}}]},{'role':'user','content':[{'type':'tool_result',"
             "'tool_use_id':'1','content':'no','is_error':true},{'type':'tool_result',"
             "'tool_use_id':'2','content':[{'type':'text','text':'no'}],'is_error':true}]}]}"),
        0);
    assert_non_null(strstr(hearth_buf_cstr(&conversation), "\"content\":\"Error: no\""));
    assert_non_null(strstr(hearth_buf_cstr(&conversation),
                           "\"content\":[{\"type\":\"text\",\"text\":\"Error: \"},"
                           "{\"type\":\"text\",\"text\":\"no\"}]"));
}

static void tools_and_choices_become_those_of_chat(void **state)
{
    (void)state;
    assert_int_equal(
        read("{'max_tokens':9,'messages':[{'role':'user','content':'a'}],'tools':[{'name':'f',"
             "'description':'d','input_schema':{'type':'object'}}],'tool_choice':{'type':'tool',"
             "'name':'f','disable_parallel_tool_use':true}}"),
        0);
    assert_member(&conversation, "tools",
                  "[{'type':'function','function':{'name':'f','description':'d','parameters':"
                  "{'type':'object'}}}]");
    assert_member(&conversation, "tool_choice", "{'type':'function','function':{'name':'f'}}");
    assert_member(&conversation, "parallel_tool_calls", "false");
    hearth_buf_clear(&conversation);
    assert_int_equal(read("{'max_tokens':9,'messages':[{'role':'user','content':'a'}],'tools':[{"
                          "'name':'f','input_schema':{}}],'tool_choice':{'type':'any'}}"),
                     0);
    assert_int_equal(memmem(conversation.bytes, conversation.length, "\"required\"", 10) != NULL,
                     1);
    assert_null(memmem(conversation.bytes, conversation.length, "parallel", 8));
}

static void a_model_thinks_only_where_it_was_asked_to(void **state)
{
    (void)state;
    assert_int_equal(read("{'max_tokens':9,'messages':[{'role':'user','content':'a'}]}"), 0);
    assert_member(&conversation, "chat_template_kwargs", "{'enable_thinking':false}");
    hearth_buf_clear(&conversation);
    assert_int_equal(read("{'max_tokens':9,'messages':[{'role':'user','content':'a'}],"
                          "'thinking':{'type':'enabled','budget_tokens':7}}"),
                     0);
    assert_member(&conversation, "chat_template_kwargs",
                  "{'enable_thinking':true,'thinking_budget':7}");
}

static void a_beginning_and_a_schema_of_the_answer_are_handed_on(void **state)
{
    (void)state;
    assert_int_equal(read("{'max_tokens':9,'messages':[{'role':'assistant','content':'a'}],"
                          "'output_config':{'format':{'type':'json_schema','schema':{'a':1}},"
                          "'effort':'low'}}"),
                     0);
    assert_member(&conversation, "continue_final_message", "true");
    assert_member(&conversation, "response_format",
                  "{'type':'json_schema','json_schema':{'name':'answer','schema':{'a':1},"
                  "'strict':true}}");
    assert_int_equal(memmem(conversation.bytes, conversation.length, "\"low\"", 5) != NULL, 1);
}

static void sampling_and_stops_are_read(void **state)
{
    (void)state;
    assert_int_equal(read("{'max_tokens':9,'messages':[{'role':'user','content':'a'}],'top_k':5,"
                          "'temperature':0.5,'stop_sequences':['x','yz'],'stream':true}"),
                     0);
    assert_int_equal(request.sampling.max_tokens, 9);
    assert_int_equal(request.sampling.top_k, 5);
    assert_true(request.sampling.temperature == 0.5f && request.stream);
    /* Also once the body is gone. */
    assert_int_equal(request.sampling.stop_count, 2);
    assert_memory_equal(request.sampling.stops[1].bytes, "yz", 2);
}

static void a_fault_names_its_place(void **state)
{
    (void)state;
    assert_int_equal(
        read("{'max_tokens':9,'messages':[{'role':'user','content':'a'},{'role':'user',"
             "'content':[{'type':'text','text':'b'},{'type':'tool_result',"
             "'tool_use_id':'1'}]}]}"),
        HEARTH_EINVAL);
    assert_string_equal(error.message, "messages[1].content[1].tool_use_id: no tool_use block "
                                       "before it has this id");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(blocks_become_messages_with_calls_and_results),
        CASE(what_a_tool_says_of_its_failure_begins_with_error),
        CASE(tools_and_choices_become_those_of_chat),
        CASE(a_model_thinks_only_where_it_was_asked_to),
        CASE(a_beginning_and_a_schema_of_the_answer_are_handed_on),
        CASE(sampling_and_stops_are_read),
        CASE(a_fault_names_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
