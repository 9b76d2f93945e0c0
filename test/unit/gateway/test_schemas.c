/* The validator over the schemas that the routes use. */
#include "gateway/schemas.gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct hearth_arena *arena;
    struct hearth_schema_faults faults;
};

static int check(struct fixture *f, const struct hearth_schema *schema, const char *text)
{
    struct hearth_error error;
    json_t *value = hearth_json_parse(text, strlen(text), &error);
    assert_non_null(value);
    int rc = hearth_schema_check(schema, value, f->arena, &f->faults);
    json_decref(value);
    return rc;
}

static void expect_fault(struct fixture *f, const struct hearth_schema *schema, const char *text,
                         enum hearth_schema_fault_kind kind, const char *path)
{
    assert_int_equal(check(f, schema, text), HEARTH_EFIELDS);
    assert_int_equal(f->faults.count, 1);
    assert_int_equal(f->faults.rows[0].kind, kind);
    assert_string_equal(f->faults.rows[0].path, path);
}

static int set_up(void **state)
{
    static struct fixture f;
    f.arena = hearth_arena_create(1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    hearth_arena_destroy(((struct fixture *)*state)->arena);
    return 0;
}

#define CHAT(rest) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" rest "}"

static void takes_what_clients_send(void **state)
{
    static const char *const good[] = {
        CHAT(""),
        CHAT(",\"temperature\":0,\"top_p\":1,\"n\":2,\"stop\":null,\"seed\":-1"),
        CHAT(",\"stop\":[\"a\",\"b\"],\"max_tokens\":2.0,\"stream_options\":null"),
        CHAT(",\"logit_bias\":{\"15\":-100},\"response_format\":{\"type\":\"text\"}"),
        CHAT(",\"typical_p\":1,\"top_n_sigma\":-1,\"xtc_probability\":0.5,\"xtc_threshold\":0.1"),
        CHAT(",\"dry_multiplier\":0.8,\"dry_base\":1,\"dry_allowed_length\":2.0,"
             "\"dry_penalty_last_n\":-1,\"dry_sequence_breakers\":[\"\\n\",\":\"]"),
        CHAT(",\"dry_sequence_breakers\":null,\"dynatemp_range\":0.5,\"dynatemp_exponent\":1"),
        CHAT(",\"grammar\":null,\"tools\":[],\"metadata\":{\"a\":\"b\"}"),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":\"a\"}]},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\","
        "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]}",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(check(*state, &hearth_schema_chat_request, good[i]), 0);
}

static void names_the_faulty_value(void **state)
{
    const struct hearth_schema *chat = &hearth_schema_chat_request;
    expect_fault(*state, chat, CHAT(",\"temperature\":\"hot\""), HEARTH_FAULT_TYPE, "temperature");
    expect_fault(*state, chat, CHAT(",\"temperature\":2.01"), HEARTH_FAULT_VALUE, "temperature");
    expect_fault(*state, chat, CHAT(",\"max_tokens\":1.5"), HEARTH_FAULT_TYPE, "max_tokens");
    expect_fault(*state, chat, CHAT(",\"repeat_penalty\":0"), HEARTH_FAULT_VALUE, "repeat_penalty");
    expect_fault(*state, chat, CHAT(",\"stop\":[\"a\",7]"), HEARTH_FAULT_TYPE, "stop[1]");
    expect_fault(*state, chat, CHAT(",\"typical_p\":1.5"), HEARTH_FAULT_VALUE, "typical_p");
    expect_fault(*state, chat, CHAT(",\"xtc_threshold\":-0.1"), HEARTH_FAULT_VALUE,
                 "xtc_threshold");
    expect_fault(*state, chat, CHAT(",\"dry_base\":0.5"), HEARTH_FAULT_VALUE, "dry_base");
    expect_fault(*state, chat, CHAT(",\"dry_penalty_last_n\":-2"), HEARTH_FAULT_VALUE,
                 "dry_penalty_last_n");
    expect_fault(*state, chat, CHAT(",\"dry_sequence_breakers\":\"x\""), HEARTH_FAULT_TYPE,
                 "dry_sequence_breakers");
    expect_fault(*state, chat, CHAT(",\"dry_sequence_breakers\":[\"a\",\"\"]"), HEARTH_FAULT_VALUE,
                 "dry_sequence_breakers[1]");
    expect_fault(*state, chat, CHAT(",\"top_n_sigma\":\"2\""), HEARTH_FAULT_TYPE, "top_n_sigma");
    expect_fault(*state, chat, CHAT(",\"stop\":7"), HEARTH_FAULT_TYPE, "stop");
    expect_fault(*state, chat, CHAT(",\"logit_bias\":{\"3\":101}"), HEARTH_FAULT_VALUE,
                 "logit_bias.3");
    expect_fault(*state, chat, CHAT(",\"grammar\":[\"root ::= x\"]"), HEARTH_FAULT_TYPE, "grammar");
    expect_fault(*state, chat, CHAT(",\"guided_choice\":[\"a\",\"\"]"), HEARTH_FAULT_VALUE,
                 "guided_choice[1]");
    expect_fault(*state, chat, "{\"model\":\"m\",\"messages\":[]}", HEARTH_FAULT_VALUE, "messages");
    expect_fault(*state, chat, "{\"model\":\"m\",\"messages\":[{\"role\":\"judge\"}]}",
                 HEARTH_FAULT_VALUE, "messages[0].role");
    expect_fault(*state, chat, "{\"model\":\"m\"}", HEARTH_FAULT_MISSING, "messages");
    expect_fault(*state, chat, "[]", HEARTH_FAULT_TYPE, "");
    expect_fault(*state, chat,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                 "\"image_url\",\"text\":\"\"}]}]}",
                 HEARTH_FAULT_VALUE, "messages[0].content[0].type");
}

static void a_mistyped_key_gets_a_suggestion(void **state)
{
    struct fixture *f = *state;
    expect_fault(f, &hearth_schema_chat_request, CHAT(",\"temprature\":1"), HEARTH_FAULT_UNKNOWN,
                 "temprature");
    assert_string_equal(f->faults.rows[0].suggestion, "temperature");
    expect_fault(f, &hearth_schema_chat_request, CHAT(",\"zzzzzz\":1"), HEARTH_FAULT_UNKNOWN,
                 "zzzzzz");
    assert_null(f->faults.rows[0].suggestion);
}

/* As check, for a route that passes over what it does not know. */
static int check_tolerant(struct fixture *f, const struct hearth_schema *schema, const char *text,
                          struct hearth_schema_ignored *ret_ignored)
{
    struct hearth_error error;
    json_t *value = hearth_json_parse(text, strlen(text), &error);
    assert_non_null(value);
    int rc = hearth_schema_check_tolerant(schema, value, f->arena, &f->faults, ret_ignored);
    json_decref(value);
    return rc;
}

static void keys_that_are_not_known_are_noted_where_they_are_passed_over(void **state)
{
    struct hearth_schema_ignored ignored;
    const struct hearth_schema *chat = &hearth_schema_chat_request;
    assert_int_equal(check_tolerant(*state, chat, CHAT(""), &ignored), 0);
    assert_int_equal(ignored.count, 0);
    assert_int_equal(check_tolerant(*state, chat,
                                    CHAT(",\"color\":1,\"stream_options\":{\"x\":{}},\"lora\":[{"
                                         "\"id\":0,\"scale\":1,\"y\":1},{\"id\":1,\"scale\":1,"
                                         "\"y\":2}],\"a,b\\nc\\u00e9\":0"),
                                    &ignored),
                     0);
    assert_int_equal(ignored.count, 4);
    assert_string_equal(ignored.paths[0], "color");
    assert_string_equal(ignored.paths[1], "stream_options.x");
    assert_string_equal(ignored.paths[2], "lora[].y"); /* once for the whole list */
    assert_string_equal(ignored.paths[3], "a?b?c??");
    assert_false(ignored.more);
}

static void what_is_known_stays_a_fault_where_keys_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct hearth_schema_ignored ignored;
    assert_int_equal(check_tolerant(f, &hearth_schema_chat_request,
                                    CHAT(",\"color\":1,\"temperature\":\"hot\""), &ignored),
                     HEARTH_EFIELDS);
    assert_int_equal(f->faults.count, 1);
    assert_string_equal(f->faults.rows[0].path, "temperature");
    assert_int_equal(check_tolerant(f, &hearth_schema_chat_request,
                                    CHAT(",\"web_search_options\":{}"), &ignored),
                     HEARTH_EFIELDS);
    assert_int_equal(f->faults.rows[0].kind, HEARTH_FAULT_REFUSED);
}

static void the_number_of_keys_that_are_noted_is_bounded(void **state)
{
    char text[8192] = CHAT("");
    struct hearth_schema_ignored ignored;
    text[strlen(text) - 1] = '\0';
    for (int i = 0; i < 100; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, ",\"%*s%d\":0", i < 50 ? 1 : 60, "k", i);
    }
    strcat(text, "}");
    assert_int_equal(check_tolerant(*state, &hearth_schema_chat_request, text, &ignored), 0);
    assert_int_equal(ignored.count, HEARTH_SCHEMA_IGNORED_MAX);
    assert_true(ignored.more);
}

/* An alternative that does not fit leaves nothing behind, whatever it does not know. */
static void only_the_alternative_that_fits_notes_keys(void **state)
{
    static const struct hearth_schema number = {.expected = "n", .types = HEARTH_SCHEMA_INTEGER},
                                      text = {.expected = "t", .types = HEARTH_SCHEMA_STRING};
    static const struct hearth_schema_property in_first[] = {{"a", &number, true}},
                                               in_second[] = {{"a", &text, true}};
    static const struct hearth_schema first = {.expected = "first",
                                               .types = HEARTH_SCHEMA_OBJECT,
                                               .properties = in_first,
                                               .property_count = 1,
                                               .closed = true},
                                      second = {.expected = "second",
                                                .types = HEARTH_SCHEMA_OBJECT,
                                                .properties = in_second,
                                                .property_count = 1,
                                                .closed = true};
    static const struct hearth_schema *const both[] = {&first, &second, NULL};
    static const struct hearth_schema any = {.expected = "either", .any_of = both};
    struct hearth_schema_ignored ignored;
    assert_int_equal(check_tolerant(*state, &any, "{\"b\":1,\"a\":\"x\"}", &ignored), 0);
    assert_int_equal(ignored.count, 1);
    assert_int_equal(check_tolerant(*state, &any, "{\"b\":1,\"a\":null}", &ignored),
                     HEARTH_EFIELDS);
    assert_int_equal(ignored.count, 0);
}

static void a_refused_key_may_say_that_it_is_not_used(void **state)
{
    static const char *const off[] = {"null", "false", "0", "\"\"", "[]"};
    char body[256];
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        snprintf(body, sizeof(body), "{\"messages\":[{\"role\":\"user\"}],\"audio\":%s}", off[i]);
        assert_int_equal(check(*state, &hearth_schema_chat_request, body), 0);
    }
    expect_fault(*state, &hearth_schema_chat_request, CHAT(",\"audio\":true"), HEARTH_FAULT_REFUSED,
                 "audio");
}

static void all_faults_are_listed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(check(f, &hearth_schema_model_create,
                           "{\"name\":7,\"task\":[],\"tags\":{\"a\":1},\"settings\":"
                           "{\"slots\":-1},\"what\":1}"),
                     HEARTH_EFIELDS);
    assert_int_equal(f->faults.count, 6);
    assert_false(f->faults.more);
}

static void the_number_of_faults_is_bounded(void **state)
{
    struct fixture *f = *state;
    char text[4096] = "{\"source\":\"a\",\"tags\":{";
    for (int i = 0; i < 100; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s\"k%d\":%d", i ? "," : "", i, i);
    }
    size_t used = strlen(text);
    snprintf(text + used, sizeof(text) - used, "}}");
    assert_int_equal(check(f, &hearth_schema_model_create, text), HEARTH_EFIELDS);
    assert_int_equal(f->faults.count, HEARTH_SCHEMA_FAULTS_MAX);
    assert_true(f->faults.more);
}

static void a_list_is_told_by_its_first_item(void **state)
{
    struct fixture *f = *state;
    const struct hearth_schema *embed = &hearth_schema_embedding_request;
    assert_int_equal(check(f, embed, "{\"model\":\"m\",\"input\":[[1,2],[3]]}"), 0);
    assert_int_equal(check(f, embed, "{\"model\":\"m\",\"input\":[1,2]}"), 0);
    expect_fault(f, embed, "{\"model\":\"m\",\"input\":[\"a\",\"\"]}", HEARTH_FAULT_VALUE,
                 "input[1]");
    expect_fault(f, embed, "{\"model\":\"m\",\"input\":[]}", HEARTH_FAULT_VALUE, "input");
    assert_string_equal(f->faults.rows[0].got, "0 items");
    expect_fault(f, embed, "{\"model\":\"m\",\"input\":[null]}", HEARTH_FAULT_TYPE, "input[0]");
    assert_string_equal(f->faults.rows[0].got, "null");
    assert_int_equal(check(f, embed, "{\"model\":\"m\",\"input\":[\"a\",[1]]}"), 0);
}

static void a_fault_reads_as_a_sentence(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const struct hearth_schema *schema;
        const char *body, *sentence;
    } rows[] = {
        {&hearth_schema_chat_request, CHAT(",\"temperature\":3"),
         "temperature must be a number from 0 to 2, but it is 3"},
        {&hearth_schema_chat_request, CHAT(",\"temprature\":3"),
         "temprature is not known here; was temperature meant?"},
        {&hearth_schema_chat_request, CHAT(",\"audio\":{}"),
         "audio is not allowed here: this server answers with text only"},
        {&hearth_schema_alias_set, "{}", "version is missing; it must be an integer of at least 1"},
        {&hearth_schema_model_create, "{\"source\":\"what\"}",
         "\"what\" is not a source: it begins with file:, hf:, https: or fake:"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(check(f, rows[i].schema, rows[i].body), HEARTH_EFIELDS);
        assert_int_equal(f->faults.count, 1);
        assert_string_equal(hearth_schema_fault_text(&f->faults.rows[0], f->arena),
                            rows[i].sentence);
    }
}

/* `expected` and `got` are for programs that compare them: a reason has its own place. */
static void a_reason_is_neither_what_was_expected_nor_what_came(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(check(f, &hearth_schema_chat_request, CHAT(",\"audio\":{}")), HEARTH_EFIELDS);
    assert_string_equal(f->faults.rows[0].expected, "nothing");
    assert_string_equal(f->faults.rows[0].got, "an object");
    assert_int_equal(check(f, &hearth_schema_model_create, "{\"source\":\"fake:@../x\"}"),
                     HEARTH_EFIELDS);
    assert_string_equal(f->faults.rows[0].got, "\"fake:@../x\"");
    assert_null(strstr(f->faults.rows[0].expected, "unsafe"));
    assert_non_null(strstr(f->faults.rows[0].message, "unsafe path"));
}

static void deep_documents_are_bounded(void **state)
{
    /* A schema that refers to itself. */
    static struct hearth_schema nested = {.expected = "a list", .types = HEARTH_SCHEMA_ARRAY};
    nested.items = &nested;
    char text[401];
    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    text[400] = '\0';
    struct fixture *f = *state;
    assert_int_equal(check(f, &nested, text), HEARTH_EFIELDS);
    assert_int_equal(f->faults.count, 1);
    assert_int_equal(f->faults.rows[0].kind, HEARTH_FAULT_DEPTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_what_clients_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_the_faulty_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_mistyped_key_gets_a_suggestion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            keys_that_are_not_known_are_noted_where_they_are_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_known_stays_a_fault_where_keys_are_passed_over,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_keys_that_are_noted_is_bounded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_the_alternative_that_fits_notes_keys, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refused_key_may_say_that_it_is_not_used, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_faults_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_faults_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_is_told_by_its_first_item, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fault_reads_as_a_sentence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reason_is_neither_what_was_expected_nor_what_came, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(deep_documents_are_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
