/* A hundred thousand random forms, the same in each run: whatever stands in them, each is refused
 * in words or becomes a grammar that can be read. test/fuzz/fuzz_structure.c tries one of each
 * kind. */
#include "base/buf.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz_structure.c"

enum { EACH = 33334 };

static const char *const pattern_words[] = {
    "a",        "b",     "(",     ")",          "(?:",   "|",      "*",   "+",   "?",
    "{2}",      "{0,3}", "{2,}",  "[",          "]",     "[^",     "a-z", "\\d", "\\W",
    "\\s",      "\\n",   "\\x41", "\\u{1F600}", ".",     "^",      "$",   "\"",  "\\\\",
    "\xC3\xA4", "-",     "(?=",   "\\b",        "{100}", "{1000}", "?",   "*?",  "(a?)*"};

static const char *const grammar_words[] = {
    "root ::= ", "a ::= ", "b ::= ", "a",   "b",       "root",   "\"x\"", "\"\\\"\"",
    "[a-z]",     "[^\\]]", "(",      ")",   "|",       "*",      "+",     "?",
    "{2,3}",     "{0,}",   "\n",     " ",   "<think>", "!<[7]>", ".",     "# c",
    "{9999}",    "\"",     "[",      "::=", "\\",      "0"};

static const char *const schema_words[] = {
    "{\"type\":\"object\",\"properties\":{\"a\":",
    "{\"type\":\"array\",\"items\":",
    "{\"anyOf\":[{\"type\":\"null\"},",
    "{\"allOf\":[{\"minLength\":2},",
    "{\"oneOf\":[{\"const\":1},",
    "{\"$defs\":{\"x\":{\"$ref\":\"#\"}},\"additionalProperties\":",
    "{\"prefixItems\":[{\"$ref\":\"#/prefixItems/1\"},",
    "{\"required\":[\"a\",\"b\"],\"properties\":{\"a\":true,\"b\":",
    "{\"type\":[\"string\",\"number\",\"object\"],\"not\":",
};
static const char *const schema_ends[] = {"}}", "}", "]}", "]}", "]}", "}", "]}", "}}", "}"};
static const char *const schema_leaves[] = {
    "true",
    "false",
    "{}",
    "3",
    "{\"$ref\":\"#\"}",
    "{\"$ref\":\"#/$defs/x\",\"minimum\":1}",
    "{\"enum\":[1,\"a\",null]}",
    "{\"type\":\"integer\",\"minimum\":-5,\"exclusiveMaximum\":1e3}",
    "{\"type\":\"number\",\"minimum\":0.25,\"maximum\":0.5}",
    "{\"type\":\"string\",\"pattern\":\"a+|b\"}",
    "{\"type\":\"string\",\"minLength\":3,\"maxLength\":90000}",
    "{\"type\":\"string\",\"format\":\"date\"}",
    "{\"type\":\"array\",\"minItems\":2,\"maxItems\":70}",
    "{\"minimum\":2,\"maximum\":1}",
};

static void attempt(const char *text)
{
    LLVMFuzzerTestOneInput((const uint8_t *)text, strlen(text));
}

static void soup(uint64_t *seed, const char *const *words, uint32_t count, char *ret_text)
{
    size_t length = 0;
    for (uint32_t i = seeded_pick(seed, 1, 14); i > 0; i--) {
        const char *word = words[seeded_next(seed) % count];
        memcpy(ret_text + length, word, strlen(word));
        length += strlen(word);
    }
    ret_text[length] = '\0';
}

static void patterns_are_read_or_refused(void **state)
{
    (void)state;
    uint64_t seed = 3;
    char text[512];
    for (int i = 0; i < EACH; i++) {
        soup(&seed, pattern_words, sizeof(pattern_words) / sizeof(pattern_words[0]), text);
        attempt(text);
    }
}

static void grammars_are_read_or_refused(void **state)
{
    (void)state;
    uint64_t seed = 5;
    char text[512] = "root ::= ";
    for (int i = 0; i < EACH; i++) {
        soup(&seed, grammar_words, sizeof(grammar_words) / sizeof(grammar_words[0]), text + 9);
        attempt(text);
    }
}

/* Schemas within each other, up to eight deep. */
static void schemas_become_grammars_or_are_refused(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < EACH; i++) {
        struct hearth_buf text;
        uint32_t kinds[8], depth = (uint32_t)(seeded_next(&seed) % 9);
        hearth_buf_init(&text, 8192);
        hearth_buf_text(&text, "{\"json_schema\":");
        for (uint32_t level = 0; level < depth; level++) {
            kinds[level] =
                (uint32_t)(seeded_next(&seed) % (sizeof(schema_words) / sizeof(schema_words[0])));
            hearth_buf_text(&text, schema_words[kinds[level]]);
        }
        hearth_buf_text(
            &text,
            schema_leaves[seeded_next(&seed) % (sizeof(schema_leaves) / sizeof(schema_leaves[0]))]);
        while (depth-- > 0)
            hearth_buf_text(&text, schema_ends[kinds[depth]]);
        hearth_buf_text(&text, "}");
        attempt(hearth_buf_cstr(&text));
        hearth_buf_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_read_or_refused),
        cmocka_unit_test(grammars_are_read_or_refused),
        cmocka_unit_test(schemas_become_grammars_or_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
