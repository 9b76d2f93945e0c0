/* Which tokens of a row are learnt, with a small template and a token for each byte; "<e>" is one
 * token. */
#include "support/byte_words.h"
#include "unit/cmocka_all.h"

#include "base/error.h"

#include <string.h>

/* What templates do beside showing one message behind the other. */
static enum {
    PLAIN,
    HIDES_THOUGHTS,     /* but in the last message, as those of thinking models do */
    HIDES_ASKED_BEFORE, /* the thoughts before the last question */
    NUMBERS_TURNS,
    MARKS_LAST_QUESTION, /* as some show tools */
    MERGES_SYSTEM,       /* into the first question */
    BEGINS_THOUGHTS,     /* where an answer is asked for */
    MANNERS
} manner;
static uint64_t rendered; /* messages */

static bool is_last_question(const json_t *messages, size_t index)
{
    while (++index < json_array_size(messages))
        if (hearth_json_text(json_array_get(messages, index), "role", "")[0] == 'u')
            return false;
    return true;
}

static void show_message(const json_t *messages, size_t i, struct hearth_buf *text)
{
    const json_t *one = json_array_get(messages, i);
    const char *content = hearth_json_text(one, "content", "");
    char role = hearth_json_text(one, "role", "")[0];
    bool hides = (manner == HIDES_THOUGHTS && i + 1 < json_array_size(messages)) ||
                 (manner == HIDES_ASKED_BEFORE && !is_last_question(messages, i));
    if (hides && content[0] == '(')
        content = strchr(content, ')') + 1;
    if (manner == MERGES_SYSTEM && role == 's')
        return;
    hearth_buf_printf(text, "%c:", role);
    if (manner == NUMBERS_TURNS && role == 'u')
        hearth_buf_printf(text, "%zu ", i);
    if (manner == MARKS_LAST_QUESTION && role == 'u' && is_last_question(messages, i))
        hearth_buf_text(text, "tools ");
    if (manner == MERGES_SYSTEM && i == 1 && role == 'u')
        hearth_buf_text(text, hearth_json_text(json_array_get(messages, 0), "content", ""));
    hearth_buf_printf(text, "%s<e>\n", content);
}

static int render(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error)
{
    (void)argument;
    const json_t *messages = json_object_get(conversation, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const char *content = hearth_json_text(json_array_get(messages, i), "content", "");
        if (strcmp(content, "refuse") == 0)
            return hearth_error_set(error, HEARTH_EINVAL, "the template refuses it");
        show_message(messages, i, text);
    }
    rendered += json_array_size(messages);
    if (json_is_true(json_object_get(conversation, "add_generation_prompt")))
        hearth_buf_text(text, manner == BEGINS_THOUGHTS ? "a:(" : "a:");
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
    manner = PLAIN;
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
    manner = HIDES_THOUGHTS;
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
    manner = PLAIN;
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
    manner = PLAIN;
    assert_int_equal(learn_long(360, 180, false, NULL), 0);
    manner = NUMBERS_TURNS;
    rendered = 0;
    assert_int_equal(learn_long(1000, 500, false, &error), HEARTH_EINVAL);
    assert_in_range(rendered, 1000, 2000);
    assert_non_null(strstr(error.message, "1000 messages, too many for one row"));
    assert_non_null(strstr(error.message, "split"));
    assert_int_equal(learn_long(360, 180, false, NULL), 0);
    /* What counts is what has to be rendered. */
    assert_int_equal(learn_long(10000, 3, false, NULL), 0);
    assert_int_equal(learn_long(10000, 5000, true, NULL), 0);
    manner = PLAIN;
}

static void test_work_grows_with_the_messages_where_the_template_allows_it(void **state)
{
    (void)state;
    rendered = 0;
    assert_int_equal(learn_long(1000, 500, false, NULL), 0);
    assert_in_range(rendered, 1000, 12000);
}

enum { TOKENS_MAX = 4096 };

/* A conversation of a few tens of messages of all roles, with thoughts here and there. */
static json_t *any_conversation(unsigned *chance)
{
    static const char *const roles[] = {"user", "assistant", "assistant", "tool", "user"};
    static const char *const texts[] = {"x", "(hm)yes", "no", "", "a longer one"};
    json_t *list = json_array();
    size_t count = 8 + (*chance = *chance * 1103515245u + 12345u) / 65536 % 24;
    for (size_t i = 0; i < count; i++) {
        *chance = *chance * 1103515245u + 12345u;
        const char *role = i == 0 ? "system" : i == 1 ? "user" : roles[*chance / 65536 % 5];
        const char *text = texts[*chance / 1048576 % 5];
        json_array_append_new(list, json_pack("{s:s, s:s}", "role", role, "content", text));
    }
    return json_pack("{s:o}", "messages", list);
}

struct taken {
    bool *into; /* tokens that are learnt */
    const struct hearth_learnt *whole;
};

/* Parts of their own, of answers that the template alters later, are found one by one in any case:
 * they are other texts. */
static int take_counts(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    struct taken *taken = argument;
    (void)error;
    bool is_whole =
        part->count == taken->whole->count &&
        memcmp(part->tokens, taken->whole->tokens, part->count * sizeof(*part->tokens)) == 0;
    for (uint32_t i = 0; is_whole && i < part->count; i++)
        taken->into[i] = taken->into[i] || part->counts[i];
    return 0;
}

static void take_row(json_t *value, const struct hearth_learnt *whole, bool *into)
{
    const struct hearth_dataset_row row = {.line = 1, .form = HEARTH_FORM_MESSAGES, .value = value};
    struct taken taken = {into, whole};
    const struct hearth_learnt_taker taker = {take_counts, &taken};
    hearth_learn_parts(&words, &row, false, &taker, NULL);
}

static void weigh(json_t *messages, size_t only)
{
    size_t i;
    json_t *one;
    json_array_foreach(messages, i, one)
    {
        json_object_set_new(one, "weight", json_integer(i == only));
    }
}

/* An answer alone is found from the beginning, a lot of them by what stands near. */
static void test_many_answers_are_found_where_each_of_them_is(void **state)
{
    (void)state;
    unsigned chance = 7;
    for (int round = 0; round < 70; round++) {
        bool at_once[TOKENS_MAX] = {false}, alone[TOKENS_MAX] = {false};
        manner = (unsigned)round % MANNERS;
        json_t *value = any_conversation(&chance), *messages = json_object_get(value, "messages");
        const struct hearth_dataset_row row = {
            .line = 1, .form = HEARTH_FORM_MESSAGES, .value = value};
        struct hearth_learnt whole;
        assert_int_equal(hearth_learn_row(&words, &row, true, &whole, NULL), 0);
        assert_true(whole.count < TOKENS_MAX);
        take_row(value, &whole, at_once);
        for (size_t i = 1; i < json_array_size(messages); i++) {
            weigh(messages, i);
            take_row(value, &whole, alone);
        }
        assert_memory_equal(at_once, alone, sizeof(alone));
        hearth_learnt_finish(&whole);
        json_decref(value);
    }
    manner = PLAIN;
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
        cmocka_unit_test(test_work_grows_with_the_messages_where_the_template_allows_it),
        cmocka_unit_test(test_many_answers_are_found_where_each_of_them_is),
        cmocka_unit_test(test_of_a_prompt_the_completion_is_learnt),
        cmocka_unit_test(test_what_the_template_refuses_is_refused),
        cmocka_unit_test(test_a_cut_row_counts_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
