/* What src/grammar/ makes, by a matcher of the tests' own. test/e2e/test_structure.py has what
 * libllama and models make of it. */
#include "grammar/gbnf_check.h"
#include "grammar/gbnf_rename.h"
#include "grammar/json_schema.h"
#include "grammar/numbers.h"
#include "grammar/pattern.h"
#include "grammar/structure_grammar.h"
#include "support/gbnf_match.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <regex.h>

/* The grammar of a pattern, in a buffer that is to be finished. */
static void write_pattern(struct hearth_gbnf *gbnf, const char *text, enum hearth_pattern_use use,
                          bool in_json)
{
    struct hearth_pattern *pattern = NULL;
    assert_int_equal(hearth_pattern_read(text, strlen(text), use, &pattern, NULL), 0);
    hearth_gbnf_init(gbnf, HEARTH_GRAMMAR_BYTES_MAX);
    hearth_gbnf_root(gbnf, hearth_pattern_write(pattern, in_json, gbnf));
    assert_int_equal(gbnf->text.failed, 0);
    hearth_pattern_destroy(pattern);
}

/* Against the C library's extended regular expressions, on texts of few letters. */
static void a_pattern_matches_what_a_regular_expression_does(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "a",          "ab|c",           "(a|b)*c",   "a{2,3}b?",    "[^ab]+",       "(ab?)+|c{2}",
        "a(b(c|a))*", "(a*)*",          "(a?b?){2}", "((a|b?)c*)+", "[a-b]{0}",     "(a|b|)c",
        "a+b+c+",     "(a{0,2}b){1,2}", ".b.",       "(|a)(|b)c",   "((a?){3}b)*c?"};
    for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
        char anchored[128];
        struct hearth_gbnf gbnf;
        regex_t compiled;
        snprintf(anchored, sizeof(anchored), "^(%s)$", patterns[p]);
        assert_int_equal(regcomp(&compiled, anchored, REG_EXTENDED | REG_NOSUB), 0);
        write_pattern(&gbnf, patterns[p], HEARTH_PATTERN_WHOLE, false);
        for (unsigned number = 0; number < 1093; number++) { /* all texts of up to six letters */
            char text[8] = "";
            size_t length = 0;
            for (unsigned rest = number; rest > 0; rest = (rest - 1) / 3)
                text[length++] = (char)('a' + (rest - 1) % 3);
            bool wanted = regexec(&compiled, text, 0, NULL, 0) == 0;
            if (gbnf_fits(hearth_buf_cstr(&gbnf.text), text) != wanted)
                fail_msg("%s and %s: %d is wanted", patterns[p], text, wanted);
        }
        regfree(&compiled);
        hearth_gbnf_finish(&gbnf);
    }
}

static void a_pattern_in_json_writes_its_signs_as_json_does(void **state)
{
    (void)state;
    struct hearth_gbnf gbnf;
    write_pattern(&gbnf, "^[\"\\\\\\n]x$", HEARTH_PATTERN_WITHIN, true);
    const char *grammar = hearth_buf_cstr(&gbnf.text);
    assert_true(gbnf_fits(grammar, "\\\"x"));
    assert_true(gbnf_fits(grammar, "\\\\x"));
    assert_true(gbnf_fits(grammar, "\\nx"));
    assert_false(gbnf_fits(grammar, "\"x"));
    assert_false(gbnf_fits(grammar, "\nx"));
    hearth_gbnf_finish(&gbnf);
}

static void a_repetition_of_many_counts_exactly(void **state)
{
    (void)state;
    static const uint32_t bounds[][2] = {{0, 41}, {41, 41}, {43, 59}, {0, 60}, {50, 57}, {7, 49}};
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        struct hearth_gbnf gbnf;
        hearth_gbnf_init(&gbnf, 1 << 16);
        uint32_t sign = hearth_gbnf_rule_of(&gbnf, "\"x\"");
        hearth_gbnf_root(&gbnf, hearth_gbnf_repeat(&gbnf, sign, bounds[i][0], bounds[i][1]));
        for (uint32_t length = 0; length < 62; length++) {
            char text[64] = "";
            memset(text, 'x', length);
            assert_int_equal(gbnf_fits(hearth_buf_cstr(&gbnf.text), text),
                             length >= bounds[i][0] && length <= bounds[i][1]);
        }
        hearth_gbnf_finish(&gbnf);
    }
}

static struct hearth_number_bound bound_of(uint64_t *seed)
{
    static const double scales[] = {1, 1, 10, 100, 1000};
    struct hearth_number_bound bound = {.given = seeded_next(seed) % 5 > 0};
    double scale = scales[seeded_next(seed) % 5];
    double number = (double)((int64_t)(seeded_next(seed) % 40001) - 20000) / scale;
    bound.exclusive = seeded_next(seed) % 2;
    assert_int_equal(hearth_decimal_read(number, &bound.value), 0);
    return bound;
}

static double value_of(const struct hearth_number_bound *bound)
{
    char text[64];
    snprintf(text, sizeof(text), "%s%s.%s0", bound->value.negative ? "-" : "", bound->value.whole,
             bound->value.fraction);
    return strtod(text, NULL);
}

/* Numbers near the bounds, as texts: within them the grammar fits, beyond them it does not. One
 * that ends in zeros behind its point may be left out. */
static void numbers_keep_to_their_bounds(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int round = 0; round < 300; round++) {
        struct hearth_gbnf gbnf;
        struct hearth_number_bound low = bound_of(&seed), high = bound_of(&seed);
        bool integer = seeded_next(&seed) % 2;
        hearth_gbnf_init(&gbnf, 1 << 16);
        uint32_t rule = hearth_numbers_write(&gbnf, integer, &low, &high);
        if (rule)
            hearth_gbnf_root(&gbnf, rule);
        for (int i = 0; i < 40; i++) {
            char text[64];
            double near = value_of(i % 2 ? &low : &high);
            near += (double)((int64_t)(seeded_next(&seed) % 2001) - 1000) / (i % 4 < 2 ? 1000 : 1);
            snprintf(text, sizeof(text), "%.*f", integer ? 0 : (int)(seeded_next(&seed) % 4), near);
            double value = strtod(text, NULL);
            bool within = (!low.given || value > value_of(&low) ||
                           (value >= value_of(&low) && !low.exclusive)) &&
                          (!high.given || value < value_of(&high) ||
                           (value <= value_of(&high) && !high.exclusive));
            bool fits = rule && gbnf_fits(hearth_buf_cstr(&gbnf.text), text);
            bool zeros = strchr(text, '.') && text[strlen(text) - 1] == '0';
            bool nothing = text[0] == '-' && value >= 0;
            if (fits ? !within : within && !zeros && !nothing)
                fail_msg("%s between %g and %g: it fits %d", text, value_of(&low), value_of(&high),
                         fits);
        }
        hearth_gbnf_finish(&gbnf);
    }
}

static int grammar_of(const char *members, struct hearth_buf *grammar, struct hearth_error *error)
{
    json_t *json = hearth_json_parse(members, strlen(members), error);
    assert_non_null(json);
    hearth_buf_init(grammar, HEARTH_GRAMMAR_BYTES_MAX);
    int rc = hearth_structure_write(json, grammar, error);
    json_decref(json);
    return rc;
}

static void objects_have_their_members_in_order_and_no_others(void **state)
{
    (void)state;
    struct hearth_buf grammar;
    assert_int_equal(grammar_of("{\"guided_json\":{\"type\":\"object\",\"properties\":{\"a\":{"
                                "\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3}},"
                                "\"required\":[\"b\"],\"additionalProperties\":{\"const\":4}}}",
                                &grammar, NULL),
                     0);
    static const struct {
        const char *text;
        bool fits;
    } rows[] = {{"{\"b\":2}", true},
                {"{\"a\":1,\"b\":2,\"c\":3}", true},
                {"{\"b\":2, \"c\":3}", true},
                {"{\n  \"b\": 2\n}", true},
                {"{\"b\":2,\"d\":4,\"ab\":4}", true},
                {"{}", false},
                {"{\"a\":1}", false},
                {"{\"c\":3,\"b\":2}", false},
                {"{\"b\":2,\"a\":4}", false},
                {"{\"b\":2,\"\\u0061\":4}", false},
                {"{\"b\":2,}", false},
                {"{\"b\":2}x", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (gbnf_fits(hearth_buf_cstr(&grammar), rows[i].text) != rows[i].fits)
            fail_msg("%s", rows[i].text);
    hearth_buf_finish(&grammar);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"guided_json\":{\"properties\":{\"a\":{\"items\":{\"not\":{}}}}}}",
         "guided_json.properties.a.items: the keyword not is not supported"},
        {"{\"guided_json\":{\"$defs\":{\"n\":{\"type\":\"x\"}},\"$ref\":\"#/$defs/n\"}}",
         "guided_json.$defs/n: type must be one of"},
        {"{\"regex\":\"a(?=b)\"}", "regex: at character 3 of the pattern: look-ahead"},
        {"{\"choice\":[]}", "choice: must be a list of 1 to 1,000 texts"},
        {"{\"choice\":[\"a\"],\"regex\":\"a\"}", "choice: it stands beside regex"},
        {"{\"json_schema\":{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}}",
         "json_schema: it recurses without end"},
        {"{\"response_format\":{\"type\":\"xml\"}}", "response_format.type: must be text"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_error error = {0};
        struct hearth_buf grammar;
        assert_int_equal(grammar_of(rows[i][0], &grammar, &error), HEARTH_EINVAL);
        if (strncmp(error.message, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s: %s", rows[i][0], error.message);
        hearth_buf_finish(&grammar);
    }
}

static void a_grammar_is_checked_line_by_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"root ::= \"a\" |\n \"b\"", NULL},
        {"root ::= x\n\ny ::= \"a\"", "grammar: line 1: there is no rule x"},
        {"root ::= \"a\"\nb = c", "grammar: line 2: ::= is expected"},
        {"root ::= \"a\" root", "grammar: it recurses without end"},
        {"root ::= (\"a\"", "grammar: line 1: a bracket is not closed"},
        {"root ::= \"a\"{3,2}", "grammar: line 1: a repetition goes"},
        {"x ::= \"a\"", "grammar: it must be GBNF with a rule \"root\""},
        {"root ::= \"\\xZZ\"", "grammar: line 1: \\x is followed by 2 hex digits"},
        {"root ::= \"\\q\"", "grammar: line 1: a backslash stands before"},
        {"root ::= []", "grammar: line 1: a class is empty"},
        {"root ::= [^]", "grammar: line 1: a class is empty"},
        {"root ::= [z-a]", "grammar: line 1: a range of a class goes"},
        {"root ::= [\\[\\]\\x41-\\x5A\\u00e9-]", NULL},
        {"root ::= \"a\"\nroot ::= \"b\"", "grammar: line 2: a rule of this name stands above"},
        {"root ::= x \"z\" | \"a\"\nx ::= root", "grammar: line 1: a rule may begin with itself"},
        {"root ::= \"\" x\nx ::= y? x \"z\" | \"a\"\ny ::= \"b\"",
         "grammar: line 1: a rule may begin with itself"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_error error = {0};
        struct hearth_gbnf_verdict verdict;
        int rc = hearth_gbnf_check(rows[i][0], strlen(rows[i][0]), &verdict, &error);
        assert_int_equal(rc, rows[i][1] ? HEARTH_EINVAL : 0);
        if (rows[i][1] && strncmp(error.message, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s: %s", rows[i][0], error.message);
    }
    struct hearth_gbnf_verdict verdict;
    assert_int_equal(hearth_gbnf_check("root ::= <think>", 16, &verdict, NULL), 0);
    assert_false(verdict.by_text);
}

/* Each rule has two ways to the next: a walk along all of them would take 2^40 steps. */
static void ways_through_rules_are_counted_and_not_walked(void **state)
{
    (void)state;
    struct hearth_buf text;
    struct hearth_error error = {0};
    struct hearth_gbnf_verdict verdict;
    hearth_buf_init(&text, 1 << 20);
    hearth_buf_text(&text, "root ::= d0\n");
    for (int i = 0; i < 40; i++)
        hearth_buf_printf(&text, "d%d ::= d%d | d%d\n", i, i + 1, i + 1);
    hearth_buf_text(&text, "d40 ::= \"a\"\n");
    assert_int_equal(hearth_gbnf_check(text.bytes, text.length, &verdict, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "too many ways lead"));
    static const char copies[] = "root ::= a{99} | \"\"\na ::= b{99} | \"\"\nb ::= c{99} | \"\"\n"
                                 "c ::= \"x\"{99} | \"\"\n";
    assert_int_equal(hearth_gbnf_check(copies, strlen(copies), &verdict, NULL), 0);
    static const char more[] = "root ::= a{99} | \"\"\na ::= b{99} | \"\"\nb ::= c{99} | \"\"\n"
                               "c ::= d{99} | \"\"\nd ::= \"x\" | \"\"\n";
    assert_int_equal(hearth_gbnf_check(more, strlen(more), &verdict, NULL), HEARTH_EINVAL);
    hearth_buf_finish(&text);
}

static void renaming_leaves_what_are_no_names_of_rules(void **state)
{
    (void)state;
    static const char text[] = "root ::= a-1 [a\\]b] \"a \\\" b\" a-1{2,3} <a> # a\na-1 ::= .";
    struct hearth_buf to;
    hearth_buf_init(&to, 1024);
    hearth_gbnf_rename(text, strlen(text), "p-", &to);
    assert_string_equal(hearth_buf_cstr(&to),
                        "p-root ::= p-a-1 [a\\]b] \"a \\\" b\" p-a-1{2,3} <a> # a\np-a-1 ::= .\n");
    hearth_buf_finish(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_what_a_regular_expression_does),
        cmocka_unit_test(a_pattern_in_json_writes_its_signs_as_json_does),
        cmocka_unit_test(a_repetition_of_many_counts_exactly),
        cmocka_unit_test(numbers_keep_to_their_bounds),
        cmocka_unit_test(objects_have_their_members_in_order_and_no_others),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_grammar_is_checked_line_by_line),
        cmocka_unit_test(ways_through_rules_are_counted_and_not_walked),
        cmocka_unit_test(renaming_leaves_what_are_no_names_of_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
