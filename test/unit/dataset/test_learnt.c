/* Which tokens of a row are learnt, with a small template and a token for each byte; "<e>" is one
 * token. */
#include "support/byte_words.h"
#include "unit/cmocka_all.h"

#include "base/error.h"

#include <string.h>

static bool hides_thoughts;

static int render(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error)
{
    (void)argument;
    const json_t *messages = json_object_get(conversation, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *one = json_array_get(messages, i);
        const char *content = hearth_json_text(one, "content", "");
        if (strcmp(content, "refuse") == 0)
            return hearth_error_set(error, HEARTH_EINVAL, "the template refuses it");
        /* As templates of thinking models do: a thought is shown in the last message only. */
        if (hides_thoughts && i + 1 < json_array_size(messages) && content[0] == '(')
            content = strchr(content, ')') + 1;
        hearth_buf_printf(text, "%c:%s<e>\n", hearth_json_text(one, "role", "")[0], content);
    }
    if (json_is_true(json_object_get(conversation, "add_generation_prompt")))
        hearth_buf_text(text, "a:");
    return 0;
}

static const struct hearth_words words = {render, byte_words_tokenize, byte_words_spell,
                                          NULL,   BYTE_WORDS_END,      byte_words_ends};

/* What is learnt stands in brackets. */
static void show(const struct hearth_learnt *learnt, char *ret_text)
{
    struct hearth_buf text;
    uint32_t counted = 0;
    hearth_buf_init(&text, 1000);
    for (uint32_t i = 0; i < learnt->count; i++) {
        bool before = i > 0 && learnt->counts[i - 1];
        if (before != learnt->counts[i])
            hearth_buf_char(&text, before ? ']' : '[');
        byte_words_spell(NULL, learnt->tokens[i], &text);
        counted += learnt->counts[i];
    }
    assert_int_equal(counted, learnt->learnt);
    if (learnt->count && learnt->counts[learnt->count - 1])
        hearth_buf_char(&text, ']');
    strcpy(ret_text, hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
}

static int learn(enum hearth_dataset_form form, const char *json, bool all, char *ret_text,
                 struct hearth_error *error)
{
    json_t *value = hearth_json_parse(json, strlen(json), NULL);
    assert_non_null(value);
    const struct hearth_dataset_row row = {.line = 1, .form = form, .value = value};
    struct hearth_learnt learnt;
    int rc = hearth_learn_row(&words, &row, all, &learnt, error);
    json_decref(value);
    if (rc)
        return rc;
    show(&learnt, ret_text);
    hearth_learnt_finish(&learnt);
    return 0;
}

static int take(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    char *text = argument;
    (void)error;
    show(part, text + strlen(text));
    strcat(text, "|");
    return 0;
}

/* How many parts there are. */
static int learn_parts(const char *json, char *ret_text)
{
    json_t *value = hearth_json_parse(json, strlen(json), NULL);
    const struct hearth_dataset_row row = {.line = 1, .form = HEARTH_FORM_MESSAGES, .value = value};
    const struct hearth_learnt_taker taker = {take, ret_text};
    int parts = 0;
    *ret_text = '\0';
    assert_int_equal(hearth_learn_parts(&words, &row, false, &taker, NULL), 0);
    for (const char *at = ret_text; *at; at++)
        parts += *at == '|';
    json_decref(value);
    return parts;
}

#define TURN(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"

static void test_only_answers_and_their_ends_are_learnt(void **state)
{
    (void)state;
    char text[1000];
    static const char json[] = "{\"messages\":[" TURN("user", "q") "," TURN(
        "assistant", "yes") "," TURN("user", "w") "," TURN("assistant", "no") "]}";
    hides_thoughts = false;
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, json, false, text, NULL), 0);
    assert_string_equal(text, "u:q<e>\na:[yes<e>]\nu:w<e>\na:[no<e>]\n");
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, json, true, text, NULL), 0);
    assert_string_equal(text, "u[:q<e>\na:yes<e>\nu:w<e>\na:no<e>\n]");
}

static void test_thoughts_that_a_template_hides_are_told(void **state)
{
    (void)state;
    char text[1000];
    struct hearth_error error = {.code = 0};
    hides_thoughts = true;
    static const char last[] =
        "{\"messages\":[" TURN("user", "q") "," TURN("assistant", "(hm)yes") "]}";
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, last, false, text, NULL), 0);
    assert_string_equal(text, "u:q<e>\na:[(hm)yes<e>]\n");
    static const char earlier[] = "{\"messages\":[" TURN("user", "q") "," TURN(
        "assistant", "(hm)yes") "," TURN("user", "w") "," TURN("assistant", "no") "]}";
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, earlier, false, text, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "several parts"));
    assert_int_equal(learn_parts(earlier, text), 2);
    assert_string_equal(text, "u:q<e>\na:yes<e>\nu:w<e>\na:[no<e>]\n|"
                              "u:q<e>\na:[(hm)yes<e>]\n|");
    hides_thoughts = false;
}

static void test_a_weight_of_0_leaves_an_answer_out(void **state)
{
    (void)state;
    char text[1000];
    static const char json[] = "{\"messages\":[" TURN("assistant", "hi") "," TURN(
        "user", "q") ","
                     "{\"role\":\"assistant\",\"content\":\"yes\",\"weight\":0}," TURN(
                         "user", "w") "," TURN("assistant", "no") "]}";
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, json, false, text, NULL), 0);
    assert_string_equal(text, "a:hi<e>\nu:q<e>\na:yes<e>\nu:w<e>\na:[no<e>]\n");
}

/* A question and its answer in turn; `learnt` of the answers, the last ones, have no weight of 0.
 */
static json_t *long_conversation(size_t messages, size_t learnt)
{
    json_t *list = json_array();
    for (size_t i = 0; i < messages; i++) {
        json_t *one = json_pack("{s:s, s:s}", "role", i % 2 ? "assistant" : "user", "content", "x");
        if (messages - i > 2 * learnt)
            json_object_set_new(one, "weight", json_integer(0));
        json_array_append_new(list, one);
    }
    return json_pack("{s:o}", "messages", list);
}

static int learn_long(size_t messages, size_t learnt, bool all, struct hearth_error *error)
{
    const struct hearth_dataset_row row = {
        .line = 3, .form = HEARTH_FORM_MESSAGES, .value = long_conversation(messages, learnt)};
    struct hearth_learnt made = {0};
    int rc = hearth_learn_row(&words, &row, all, &made, error);
    if (!rc)
        assert_int_equal(made.learnt, all ? made.count - 1 : 2 * learnt);
    json_decref((json_t *)row.value);
    hearth_learnt_finish(&made);
    return rc;
}

static void test_a_row_of_too_many_answers_is_refused_and_not_rendered_for_minutes(void **state)
{
    (void)state;
    struct hearth_error error = {.code = 0};
    hides_thoughts = false;
    assert_int_equal(learn_long(10000, 5000, false, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "10000 messages, too many for one row"));
    assert_non_null(strstr(error.message, "split"));
    assert_int_equal(learn_long(360, 180, false, NULL), 0);
    /* What counts is what has to be rendered. */
    assert_int_equal(learn_long(10000, 3, false, NULL), 0);
    assert_int_equal(learn_long(10000, 5000, true, NULL), 0);
}

static void test_of_a_prompt_the_completion_is_learnt(void **state)
{
    (void)state;
    char text[1000];
    static const char json[] = "{\"prompt\":\"one \",\"completion\":\"two\"}";
    assert_int_equal(learn(HEARTH_FORM_PROMPT, json, false, text, NULL), 0);
    assert_string_equal(text, "one [two<e>]");
    assert_int_equal(learn(HEARTH_FORM_TEXT, "{\"text\":\"word\"}", false, text, NULL), 0);
    assert_string_equal(text, "w[ord<e>]");
    assert_int_equal(
        learn(HEARTH_FORM_PROMPT, "{\"prompt\":\"\",\"completion\":\"x\"}", false, text, NULL), 0);
    assert_string_equal(text, "x[<e>]");
}

static void test_what_the_template_refuses_is_refused(void **state)
{
    (void)state;
    char text[1000];
    struct hearth_error error = {.code = 0};
    static const char json[] =
        "{\"messages\":[" TURN("user", "refuse") "," TURN("assistant", "a") "]}";
    assert_int_equal(learn(HEARTH_FORM_MESSAGES, json, false, text, &error), HEARTH_EINVAL);
    assert_string_equal(error.message, "the template refuses it");
}

static void test_a_cut_row_counts_what_is_left(void **state)
{
    (void)state;
    int32_t tokens[4] = {1, 2, 3, 4};
    bool counts[4] = {false, true, false, true};
    struct hearth_learnt learnt = {tokens, counts, 4, 2};
    hearth_learnt_cut(&learnt, 3);
    assert_int_equal(learnt.count, 3);
    assert_int_equal(learnt.learnt, 1);
    hearth_learnt_cut(&learnt, 9);
    assert_int_equal(learnt.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_answers_and_their_ends_are_learnt),
        cmocka_unit_test(test_thoughts_that_a_template_hides_are_told),
        cmocka_unit_test(test_a_weight_of_0_leaves_an_answer_out),
        cmocka_unit_test(test_a_row_of_too_many_answers_is_refused_and_not_rendered_for_minutes),
        cmocka_unit_test(test_of_a_prompt_the_completion_is_learnt),
        cmocka_unit_test(test_what_the_template_refuses_is_refused),
        cmocka_unit_test(test_a_cut_row_counts_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
