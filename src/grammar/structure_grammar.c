#include "grammar/structure_grammar.h"

#include "grammar/gbnf.h"
#include "grammar/gbnf_check.h"
#include "grammar/gbnf_rename.h"
#include "grammar/json_schema.h"
#include "grammar/pattern.h"

#include <stdio.h>
#include <string.h>

/* A member that is read: where it stands, for errors, and what it says. */
struct member {
    char place[64];
    const json_t *value;
};

static int need(const struct member *member, bool right, const char *what,
                struct hearth_error *error)
{
    return right ? 0
                 : hearth_error_set(error, HEARTH_EINVAL, "%s: %s %s", member->place,
                                    member->value ? "must be" : "is missing: it must be", what);
}

static struct member inner(const struct member *member, const char *key)
{
    struct member found = {.value = json_object_get(member->value, key)};
    snprintf(found.place, sizeof(found.place), "%.40s.%.20s", member->place, key);
    return found;
}

/* Some clients send the schema as a text. */
static int write_schema(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                        struct hearth_error *error)
{
    const json_t *value = member->value;
    json_t *parsed = NULL;
    int rc = need(member, json_is_object(value) || json_is_boolean(value) || json_is_string(value),
                  "a JSON schema", error);
    if (rc)
        return rc;
    if (json_is_string(value)) {
        value = parsed =
            hearth_json_parse(json_string_value(value), json_string_length(value), error);
        if (!parsed) {
            char what[200];
            snprintf(what, sizeof(what), "%.199s", error ? error->message : "");
            return hearth_error_set(error, HEARTH_EINVAL, "%s: %s", member->place, what);
        }
    }
    rc = hearth_json_schema_write(gbnf, value, member->place, ret_rule, error);
    json_decref(parsed);
    return rc;
}

static int write_object(struct hearth_gbnf *gbnf, uint32_t *ret_rule)
{
    *ret_rule = hearth_gbnf_part(gbnf, HEARTH_GBNF_OBJECT);
    return 0;
}

/* OpenAI puts the schema one object deeper than others. */
static int write_format(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                        struct hearth_error *error)
{
    const char *type = hearth_json_text(member->value, "type", "");
    struct member named = inner(member, "json_schema");
    struct member schema = inner(json_is_object(named.value) ? &named : member, "schema");
    int rc = need(member, json_is_object(member->value), "an object", error);
    if (rc || !strcmp(type, "text"))
        return rc;
    if (!strcmp(type, "json_object") && (!schema.value || json_is_null(schema.value)))
        return write_object(gbnf, ret_rule);
    if (strcmp(type, "json_object") != 0 && strcmp(type, "json_schema") != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%s.type: must be text, json_object or json_schema", member->place);
    if (!schema.value && !json_is_object(named.value))
        return need(&named, false, "an object with a schema", error);
    return write_schema(&schema, gbnf, ret_rule, error);
}

static int write_regex(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                       struct hearth_error *error)
{
    struct hearth_pattern *pattern = NULL;
    int rc = need(member, json_is_string(member->value), "a text", error);
    if (rc)
        return rc;
    rc = hearth_pattern_read(json_string_value(member->value), json_string_length(member->value),
                             HEARTH_PATTERN_WHOLE, &pattern, error);
    if (rc) {
        hearth_error_prefix(error, "%s", member->place);
        return rc;
    }
    *ret_rule = hearth_pattern_write(pattern, false, gbnf);
    hearth_pattern_destroy(pattern);
    return 0;
}

static int write_choice(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                        struct hearth_error *error)
{
    struct hearth_buf body;
    json_t *one;
    size_t i, count = json_array_size(member->value);
    int rc =
        need(member, count > 0 && count <= HEARTH_CHOICES_MAX, "a list of 1 to 1,000 texts", error);
    hearth_buf_init(&body, HEARTH_GRAMMAR_BYTES_MAX);
    json_array_foreach((json_t *)member->value, i, one)
    {
        if (!rc)
            rc = need(member, json_string_length(one) > 0, "a list of texts that are not empty",
                      error);
        if (rc)
            break;
        hearth_buf_text(&body, i > 0 ? " | " : "");
        hearth_gbnf_literal(&body, json_string_value(one), json_string_length(one));
    }
    *ret_rule = rc ? 0 : hearth_gbnf_rule(gbnf, &body);
    hearth_buf_finish(&body);
    return rc;
}

/* A client's own rules, as they are; its "root" is the one of the whole. */
static int write_grammar(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                         struct hearth_error *error)
{
    *ret_rule = 0;
    int rc = need(member, json_string_length(member->value) > 0, "a text in GBNF", error);
    if (!rc)
        hearth_buf_append(&gbnf->text, json_string_value(member->value),
                          json_string_length(member->value));
    return rc;
}

typedef int (*write_t)(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                       struct hearth_error *error);

static int write_any_object(const struct member *member, struct hearth_gbnf *gbnf,
                            uint32_t *ret_rule, struct hearth_error *error)
{
    int rc = need(member, json_is_true(member->value), "true", error);
    return rc ? rc : write_object(gbnf, ret_rule);
}

/* vLLM's member; exactly one of the ways. */
static int write_outputs(const struct member *member, struct hearth_gbnf *gbnf, uint32_t *ret_rule,
                         struct hearth_error *error)
{
    static const struct {
        const char *key;
        write_t write;
    } ways[] = {{"json", write_schema},
                {"regex", write_regex},
                {"choice", write_choice},
                {"grammar", write_grammar},
                {"json_object", write_any_object}};
    struct member found = {.value = NULL};
    write_t write = NULL;
    int rc = need(member, json_is_object(member->value), "an object", error);
    for (size_t i = 0; !rc && i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct member way = inner(member, ways[i].key);
        if (!way.value || json_is_null(way.value) || json_is_false(way.value))
            continue;
        rc = need(member, !write,
                  "an object with only one of json, regex, choice, grammar and "
                  "json_object",
                  error);
        found = way;
        write = ways[i].write;
    }
    if (!rc)
        rc = need(member, write, "an object with json, regex, choice, grammar or json_object",
                  error);
    return rc ? rc : write(&found, gbnf, ret_rule, error);
}

static const write_t writers[] = {write_format,  write_schema,  write_regex,  write_choice,
                                  write_grammar, write_outputs, write_schema, write_regex,
                                  write_choice,  write_grammar};
const char *const hearth_structure_members[] = {
    "response_format", "json_schema",        "regex",       "choice",
    "grammar",         "structured_outputs", "guided_json", "guided_regex",
    "guided_choice",   "guided_grammar",     NULL};

bool hearth_structure_may_ask(const char *json, size_t length)
{
    char quoted[32];
    for (const char *const *member = hearth_structure_members; *member; member++) {
        size_t size = (size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", *member);
        if (length >= size && memmem(json, length, quoted, size))
            return true;
    }
    return false;
}

/* A schema may need itself, so that no value would ever be whole. The lines of its grammar mean
 * nothing to who sent the schema. */
static int check_finite(const char *place, const struct hearth_buf *text,
                        struct hearth_error *error)
{
    struct hearth_gbnf_verdict verdict;
    if (hearth_gbnf_check(text->bytes, text->length, &verdict, NULL) == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL, "%s: %s", place,
                            verdict.endless
                                ? "it recurses without end: no finite value satisfies it"
                                : "it is too large: its parts lead to each other in too many ways");
}

static int write_member(size_t which, const json_t *value, struct hearth_buf *grammar,
                        struct hearth_error *error)
{
    struct hearth_gbnf gbnf;
    struct member member = {.value = value};
    uint32_t rule = 0;
    snprintf(member.place, sizeof(member.place), "%s", hearth_structure_members[which]);
    hearth_gbnf_init(&gbnf, HEARTH_GRAMMAR_BYTES_MAX);
    int rc = writers[which](&member, &gbnf, &rule, error);
    if (!rc && rule)
        hearth_gbnf_root(&gbnf, rule);
    if (!rc && rule && !gbnf.text.failed)
        rc = check_finite(member.place, &gbnf.text, error);
    if (!rc && (gbnf.text.failed || (gbnf.text.length && hearth_buf_append(grammar, gbnf.text.bytes,
                                                                           gbnf.text.length))))
        rc = hearth_error_set(error, HEARTH_EINVAL, "%s: it is too large", member.place);
    hearth_gbnf_finish(&gbnf);
    return rc;
}

int hearth_structure_write(const json_t *members, struct hearth_buf *grammar,
                           struct hearth_error *error)
{
    const char *first = NULL;
    for (size_t i = 0; hearth_structure_members[i]; i++) {
        const char *name = hearth_structure_members[i];
        const json_t *value = json_object_get(members, name);
        size_t before = grammar->length;
        if (!value || json_is_null(value))
            continue;
        int rc = first ? hearth_error_set(error, HEARTH_EINVAL,
                                          "%s: it stands beside %s, and only one of them can say "
                                          "what the answer must be",
                                          name, first)
                       : write_member(i, value, grammar, error);
        if (rc)
            return rc;
        if (grammar->length > before)
            first = name;
    }
    return 0;
}

int hearth_structure_write_rules(const json_t *document, const json_t *schema, const char *place,
                                 const char *prefix, struct hearth_buf *grammar,
                                 struct hearth_error *error)
{
    struct hearth_gbnf gbnf;
    uint32_t rule = 0;
    size_t before = grammar->length;
    hearth_gbnf_init(&gbnf, HEARTH_GRAMMAR_BYTES_MAX);
    int rc = hearth_json_schema_write_within(&gbnf, document, schema, place, &rule, error);
    if (!rc) {
        hearth_gbnf_root(&gbnf, rule);
        rc = check_finite(place, &gbnf.text, error);
    }
    if (!rc)
        hearth_gbnf_rename(gbnf.text.bytes, gbnf.text.length, prefix, grammar);
    hearth_gbnf_finish(&gbnf);
    if (!rc && grammar->failed) {
        grammar->length = before;
        rc = hearth_error_set(error, HEARTH_EINVAL, "%s: the schema is too large", place);
    }
    return rc;
}
