/* Any bytes as what an answer must be: as the members of a request, as a regular expression, as a
 * grammar. No crash, and what is made of a schema or a pattern is a grammar that can be read. */
#include "grammar/gbnf_check.h"
#include "grammar/pattern.h"
#include "grammar/structure_grammar.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void try_members(const char *text, size_t length)
{
    struct hearth_error error = {0};
    struct hearth_buf grammar;
    json_t *members = hearth_json_parse_any_text(text, length, &error);
    if (!members)
        return;
    hearth_buf_init(&grammar, HEARTH_GRAMMAR_BYTES_MAX);
    int rc = hearth_structure_write(members, &grammar, &error);
    assert(rc == 0 || (error.code == rc && error.message[0]));
    bool own = json_object_get(members, "grammar") || json_object_get(members, "guided_grammar") ||
               json_object_get(members, "structured_outputs");
    struct hearth_gbnf_verdict verdict;
    if (rc == 0 && grammar.length && !own)
        assert(hearth_gbnf_check(grammar.bytes, grammar.length, &verdict, &error) == 0 &&
               verdict.by_text);
    hearth_buf_finish(&grammar);
    json_decref(members);
}

static void try_pattern(const char *text, size_t length, enum hearth_pattern_use use)
{
    struct hearth_error error = {0};
    struct hearth_pattern *pattern = NULL;
    struct hearth_gbnf gbnf;
    uint32_t least, most;
    struct hearth_gbnf_verdict verdict;
    if (hearth_pattern_read(text, length, use, &pattern, &error)) {
        assert(error.message[0]);
        return;
    }
    hearth_pattern_lengths(pattern, &least, &most);
    assert(least <= most);
    hearth_gbnf_init(&gbnf, HEARTH_GRAMMAR_BYTES_MAX);
    hearth_gbnf_root(&gbnf, hearth_pattern_write(pattern, use == HEARTH_PATTERN_WITHIN, &gbnf));
    if (!gbnf.text.failed)
        assert(hearth_gbnf_check(gbnf.text.bytes, gbnf.text.length, &verdict, &error) == 0 ||
               strstr(error.message, "too many"));
    hearth_gbnf_finish(&gbnf);
    hearth_pattern_destroy(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    struct hearth_error error = {0};
    struct hearth_gbnf_verdict verdict;
    if (hearth_gbnf_check(text, length, &verdict, &error))
        assert(error.message[0]);
    try_pattern(text, length, HEARTH_PATTERN_WHOLE);
    try_pattern(text, length, HEARTH_PATTERN_WITHIN);
    try_members(text, length);
    return 0;
}
