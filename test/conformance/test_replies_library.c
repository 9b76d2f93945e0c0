/* What is told of answers in the forms of several families of models. The templates are short ones
 * of our own with each family's marks: llama-common finds the form of a call by rendering. */
#include "support/reply_reader.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/json.h"

#define HEAD "{%- for message in messages %}{%- if message.role == 'tool' %}"
#define TURN "{{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}"
#define TAIL                                                                                       \
    "{{- '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"                                              \
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"

static const char qwen[] =
    "{%- if tools %}{{- '<|im_start|>system\\n# Tools\\n<tools>' }}{%- for tool in tools %}"
    "{{- '\\n' + (tool | tojson) }}{%- endfor %}{{- '\\n</tools>\\nA call is in "
    "<tool_call></tool_call>"
    "<|im_end|>\\n' }}{%- endif %}" HEAD
    "{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response>"
    "<|im_end|>\\n' }}{%- else %}" TURN
    "{%- if message.tool_calls %}{%- for call in message.tool_calls %}"
    "{{- '\\n<tool_call>\\n{\"name\": \"' + call.function.name + '\", \"arguments\": ' }}"
    "{{- call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}{%- endfor %}{%- endif "
    "%}" TAIL;

static const char mistral[] =
    "{%- if tools %}{{- '[AVAILABLE_TOOLS]' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}{%- endif "
    "%}"
    "{%- for message in messages %}{%- if message.role == 'user' %}{{- '[INST]' + message.content "
    "+ "
    "'[/INST]' }}{%- elif message.role == 'tool' %}{{- '[TOOL_RESULTS]' + message.content + "
    "'[/TOOL_RESULTS]' }}{%- elif message.tool_calls %}{{- '[TOOL_CALLS][' }}"
    "{%- for call in message.tool_calls %}{{- '{\"name\": \"' + call.function.name + "
    "'\", \"arguments\": ' + (call.function.arguments | tojson) + '}' }}"
    "{%- if not loop.last %}{{- ', ' }}{%- endif %}{%- endfor %}{{- ']</s>' }}"
    "{%- else %}{{- message.content + '</s>' }}{%- endif %}{%- endfor %}";

static const char thinking[] = "{%- for message in messages %}{%- if message.role == 'assistant' "
                               "and message.reasoning_content "
                               "%}{{- '<|im_start|>assistant\\n<think>\\n' + "
                               "message.reasoning_content + '\\n</think>\\n\\n' + "
                               "message.content + '<|im_end|>\\n' }}{%- else %}" TURN TAIL;

static const char without[] = "{%- for message in messages %}" TURN
                              "{{- '<|im_end|>\\n' }}{%- endfor %}{%- if add_generation_prompt %}"
                              "{{- '<|im_start|>assistant\\n' }}{%- endif %}";

#define TOOLS                                                                                      \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":"         \
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":"           \
    "[\"city\"]}}},{\"type\":\"function\",\"function\":{\"name\":\"time\",\"parameters\":{}}}]"
static const char with_tools[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," TOOLS
                                 ",\"parallel_tool_calls\":true}";
static const char plain[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

struct chat {
    struct hearth_chat *chat;
    struct hearth_chat_rendered rendered;
};

static struct chat render(const char *text, const char *conversation)
{
    struct hearth_error error = {0};
    struct chat made;
    int rc = hearth_chat_create(NULL, text, &made.chat, &error);
    if (rc != 0)
        fail_msg("%s", error.message);
    hearth_chat_rendered_init(&made.rendered);
    rc = hearth_chat_render(made.chat, conversation, strlen(conversation), 100, 0, &made.rendered,
                            &error);
    if (rc != 0)
        fail_msg("%s", error.message);
    return made;
}

static void finish(struct chat *chat)
{
    hearth_chat_rendered_finish(&chat->rendered);
    hearth_chat_destroy(chat->chat);
}

static struct reply_reader reader;

static void expect_arguments(uint32_t call, const char *name, const char *city)
{
    struct hearth_error error;
    assert_true(call < reader.call_count);
    assert_string_equal(reader.calls[call].name, name);
    json_t *arguments = hearth_json_parse(reader.calls[call].arguments,
                                          strlen(reader.calls[call].arguments), &error);
    if (arguments == NULL)
        fail_msg("no JSON: %s", reader.calls[call].arguments);
    assert_string_equal(hearth_json_text(arguments, "city", ""), city);
    json_decref(arguments);
}

static const size_t steps[] = {1, 3, 7, 1000};
#define EACH_STEP(answer)                                                                          \
    for (size_t s = 0;                                                                             \
         s < sizeof(steps) / sizeof(*steps) &&                                                     \
         (reply_read(&reader, chat.rendered.form, answer, strlen(answer), steps[s]), true);        \
         s++)

static void a_call_in_the_form_of_qwen_and_hermes_is_read(void **state)
{
    (void)state;
    struct chat chat = render(qwen, with_tools);
    assert_non_null(chat.rendered.form);
    assert_true(chat.rendered.wake_words.length > 0);
    EACH_STEP(
        "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n"
        "</tool_call>")
    {
        assert_true(reader.tools);
        assert_int_equal(reader.call_count, 1);
        expect_arguments(0, "weather", "Rome");
        assert_int_equal(strncmp(reader.content, "Let me see.", 11), 0);
        assert_null(strstr(reader.content, "tool_call"));
        assert_string_equal(reader.unread, "");
    }
    finish(&chat);
}

static void several_calls_in_the_form_of_mistral_are_read(void **state)
{
    (void)state;
    struct chat chat = render(mistral, with_tools);
    EACH_STEP("[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}, "
              "{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}]")
    {
        assert_true(reader.tools);
        assert_int_equal(reader.call_count, 2);
        expect_arguments(0, "weather", "Oslo");
        expect_arguments(1, "weather", "Rome");
    }
    finish(&chat);
}

static void tools_are_told_to_a_model_whose_template_drops_them(void **state)
{
    (void)state;
    struct chat chat = render(without, with_tools);
    assert_false(hearth_chat_knows(chat.chat).tools);
    assert_non_null(strstr(hearth_buf_cstr(&chat.rendered.prompt), "\"weather\""));
    EACH_STEP(
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n"
        "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>")
    {
        assert_true(reader.tools);
        assert_int_equal(reader.call_count, 2);
        expect_arguments(0, "weather", "Rome");
        assert_string_equal(reader.calls[1].name, "time");
    }
    finish(&chat);
    struct chat knows = render(qwen, with_tools);
    assert_true(hearth_chat_knows(knows.chat).tools);
    finish(&knows);
}

static void calls_and_results_of_before_are_told_to_such_a_model_too(void **state)
{
    (void)state;
    struct chat chat = render(
        without, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","
                 "\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":"
                 "\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Rome\\\"}\"}}]},{\"role\":\"tool\","
                 "\"tool_call_id\":\"1\",\"content\":\"sunny\"}]," TOOLS "}");
    const char *prompt = hearth_buf_cstr(&chat.rendered.prompt);
    assert_non_null(strstr(prompt, "{\"name\":\"weather\",\"arguments\":{\"city\":\"Rome\"}}"));
    assert_non_null(strstr(prompt, "<tool_response>\nsunny\n</tool_response>"));
    finish(&chat);
}

static void what_a_model_thinks_is_kept_apart(void **state)
{
    (void)state;
    struct chat chat = render(thinking, plain);
    assert_non_null(chat.rendered.form);
    EACH_STEP("<think>\nIt is easy.\n</think>\n\nFour.")
    {
        assert_false(reader.tools);
        assert_int_equal(strncmp(reader.reasoning, "It is easy.", 11), 0);
        assert_null(strstr(reader.reasoning, "think>"));
        assert_string_equal(reader.content, "Four.");
    }
    EACH_STEP("<think>\nIt is ea") /* cut */
    {
        assert_string_equal(reader.reasoning, "It is ea");
        assert_string_equal(reader.content, "");
    }
    finish(&chat);
}

static void an_answer_without_parts_is_not_read(void **state)
{
    (void)state;
    struct chat chat = render(without, plain);
    assert_null(chat.rendered.form);
    assert_int_equal(chat.rendered.grammar.length, 0);
    finish(&chat);
}

static void text_is_text_whatever_signs_it_has(void **state)
{
    (void)state;
    static const char *const templates[] = {qwen, mistral, without};
    static const char answer[] =
        "A set is {1, 2}, a list [3]; 1 < 2 and <tool is no mark: [TOOL ]. {\"a\": 1}";
    for (size_t i = 0; i < 3; i++) {
        struct chat chat = render(templates[i], with_tools);
        EACH_STEP(answer)
        {
            assert_false(reader.tools);
            assert_int_equal(reader.call_count, 0);
            assert_string_equal(reader.content, answer);
        }
        finish(&chat);
    }
}

/* Each end of a call: what of it is told as a call is whole, and the rest is told as it was
 * written. */
static void half_a_call_is_never_a_call(void **state)
{
    (void)state;
    static const char answer[] = "Well. <tool_call>\n{\"name\": \"weather\", \"arguments\": "
                                 "{\"city\": \"Rome\"}}\n</tool_call>";
    struct chat chat = render(qwen, with_tools);
    for (size_t length = 7; length < strlen(answer) - 14; length++) {
        char cut[sizeof(answer)];
        memcpy(cut, answer, length);
        cut[length] = 0;
        reply_read(&reader, chat.rendered.form, cut, length, 1);
        if (reader.tools) {
            expect_arguments(0, "weather", "Rome"); /* only marks are missing */
            continue;
        }
        size_t content = strlen(reader.content);
        assert_memory_equal(reader.content, cut, content);
        assert_string_equal(reader.unread, cut + content);
        if (length > sizeof("Well. <tool_call>\n{\"name\": \"weather\"")) {
            assert_true(strlen(reader.unread) > 0);
            assert_int_equal(reader.unread_call, 0);
        }
    }
    finish(&chat);
}

static void a_call_that_leaves_its_form_is_told_as_it_was_written(void **state)
{
    (void)state;
    struct chat chat = render(without, with_tools);
    static const char *const bad[] = {
        "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": Rome}}</tool_call>",
        "<tool_call>{\"name\": \"weathers\", \"arguments\": {}}</tool_call>",
        "<tool_call>weather(Rome)</tool_call>",
        "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call> and "
        "weather",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        EACH_STEP(bad[i])
        {
            assert_false(reader.tools);
            assert_true(strlen(reader.unread) > 0);
            if (reader.call_count == 0 || reader.unread_call == 0)
                assert_non_null(strstr(bad[i], reader.unread));
        }
    finish(&chat);
}

/* A parser that begins anew for each token takes the square of the length. */
static void reading_again_waits_in_proportion_to_the_length(void **state)
{
    (void)state;
    assert_true(hearth_llama_reply_due(1, 1));
    assert_true(hearth_llama_reply_due(1023, 1));
    assert_false(hearth_llama_reply_due(1 << 20, 2047));
    assert_true(hearth_llama_reply_due(1 << 20, 2048));
    assert_false(hearth_llama_reply_due(100, 0));
    uint64_t read = 0;
    size_t last = 0, length = 1u << 20;
    for (size_t at = 4; at <= length; at += 4)
        if (hearth_llama_reply_due(at, at - last)) {
            read += at;
            last = at;
        }
    assert_true(read < 600 * length);
}

static void brackets_without_an_end_are_bounded(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 16 };
    static char deep[LENGTH];
    struct chat chat = render(qwen, with_tools);
    memset(deep, '[', sizeof(deep));
    static const char head[] = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": ";
    memcpy(deep, head, sizeof(head) - 1);
    reply_read(&reader, chat.rendered.form, deep, sizeof(deep) - 1, 5);
    assert_false(reader.tools);
    assert_true(strlen(reader.unread) > 0);
    finish(&chat);
}

/* What models write when they go wrong: pieces of all forms in any order. */
static size_t any_answer(uint64_t *seed, char *answer, size_t size)
{
    static const char *const pieces[] = {
        "<tool_call>",
        "</tool_call>",
        "\n",
        "{\"name\": \"weather\", \"arguments\": ",
        "{\"city\": ",
        "\"Rome\"",
        "}",
        "}}",
        "[TOOL_CALLS]",
        "[",
        "]",
        ", ",
        "<think>",
        "</think>",
        "time",
        "{",
        ":",
        "{\"name\": \"time\", \"arguments\": {}}",
        "Hello",
        " ",
        "\"",
        "\\",
        "1e9",
        "null",
        "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}</tool_call>"};
    size_t length = 0;
    for (uint32_t left = seeded_pick(seed, 1, 14); left > 0; left--) {
        const char *piece = pieces[seeded_pick(seed, 0, sizeof(pieces) / sizeof(*pieces) - 1)];
        length += (size_t)snprintf(answer + length, size - length, "%s", piece);
    }
    if (seeded_pick(seed, 0, 3) == 0)
        answer[seeded_pick(seed, 0, (uint32_t)length - 1)] = (char)seeded_pick(seed, 1, 126);
    return length;
}

/* Whatever an answer is: it is read to its end, calls that are told as whole have arguments that
 * parse, and the end says that there are calls only where all of them are whole. */
static void no_answer_makes_a_malformed_call(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    enum { ROUNDS = 10000 };
#else
    enum { ROUNDS = 100000 };
#endif
    static const char *const templates[] = {qwen, mistral, without, thinking};
    struct chat chats[4];
    uint64_t seed = 7, called = 0;
    for (size_t i = 0; i < 4; i++)
        chats[i] = render(templates[i], with_tools);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        char answer[2048];
        size_t length = any_answer(&seed, answer, sizeof(answer));
        reply_read(&reader, chats[round % 4].rendered.form, answer, length, 1 + length / 3);
        uint32_t whole = reader.unread[0] ? reader.unread_call : reader.call_count;
        assert_true(whole <= reader.call_count && reader.call_count < REPLY_CALLS);
        assert_true(!reader.tools || (whole > 0 && !reader.unread[0]));
        for (uint32_t i = 0; i < whole; i++) {
            struct hearth_error error;
            const char *text = reader.calls[i].arguments;
            json_t *arguments = hearth_json_parse(text, strlen(text), &error);
            if (arguments == NULL && reader.tools)
                fail_msg("of %s: no JSON: %s", answer, text);
            json_decref(arguments);
        }
        called += reader.tools;
    }
    assert_true(called > ROUNDS / 1000);
    for (size_t i = 0; i < 4; i++)
        finish(&chats[i]);
}

static const char tagged[] =
    "{%- if tools %}{{- '<|im_start|>system\\n<tools>' }}{%- for tool in tools %}"
    "{{- '\\n' + (tool | tojson) }}{%- endfor %}{{- '\\n</tools><|im_end|>\\n' }}{%- endif %}" HEAD
    "{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response>"
    "<|im_end|>\\n' }}{%- else %}" TURN
    "{%- if message.tool_calls %}{%- for call in message.tool_calls %}"
    "{{- '\\n<tool_call>\\n<function=' + call.function.name + '>\\n' }}"
    "{%- for name, value in call.function.arguments | items %}{{- '<parameter=' + name + '>\\n' }}"
    "{{- value if value is string else (value | tojson) }}{{- '\\n</parameter>\\n' }}{%- endfor %}"
    "{{- '</function>\\n</tool_call>' }}{%- endfor %}{%- endif %}" TAIL;

/* A text without quotation marks is held to nothing: the form of ours is taken instead. */
static void a_form_that_cannot_hold_a_schema_gives_way_where_a_call_is_forced(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        bool own;
    } rows[] = {{"{\"type\":\"string\"}", true},
                {"{\"type\":\"integer\",\"minimum\":3,\"maximum\":4}", true},
                {"{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char asked[600];
        snprintf(asked, sizeof(asked),
                 "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tool_choice\":"
                 "\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
                 "\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":%s}}}}]}",
                 rows[i].schema);
        struct chat chat = render(tagged, asked);
        const char *grammar = hearth_buf_cstr(&chat.rendered.grammar);
        if ((strstr(grammar, "function=") != NULL) != rows[i].own)
            fail_msg("%s: %s", rows[i].schema, grammar);
        finish(&chat);
    }
}

static void forced_arguments_keep_to_our_rules_in_the_models_own_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {qwen, mistral, without};
    static const char asked[] =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tool_choice\":\"required\"," TOOLS
        "}";
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct chat chat = render(forms[i], asked);
        const char *grammar = hearth_buf_cstr(&chat.rendered.grammar);
        assert_non_null(strstr(grammar, "hearth-0-root ::="));
        assert_non_null(strstr(grammar, "hearth-1-root ::="));
        assert_null(strstr(grammar, "tool-weather-schema ::="));
        finish(&chat);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_that_cannot_hold_a_schema_gives_way_where_a_call_is_forced),
        cmocka_unit_test(forced_arguments_keep_to_our_rules_in_the_models_own_forms),
        cmocka_unit_test(a_call_in_the_form_of_qwen_and_hermes_is_read),
        cmocka_unit_test(several_calls_in_the_form_of_mistral_are_read),
        cmocka_unit_test(tools_are_told_to_a_model_whose_template_drops_them),
        cmocka_unit_test(calls_and_results_of_before_are_told_to_such_a_model_too),
        cmocka_unit_test(what_a_model_thinks_is_kept_apart),
        cmocka_unit_test(an_answer_without_parts_is_not_read),
        cmocka_unit_test(text_is_text_whatever_signs_it_has),
        cmocka_unit_test(half_a_call_is_never_a_call),
        cmocka_unit_test(a_call_that_leaves_its_form_is_told_as_it_was_written),
        cmocka_unit_test(reading_again_waits_in_proportion_to_the_length),
        cmocka_unit_test(brackets_without_an_end_are_bounded),
        cmocka_unit_test(no_answer_makes_a_malformed_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
