/* Texts and numbers. Formats are patterns: narrower than their standards where those leave room, so
 * that whoever checks agrees. */
#include "grammar/json_schema_walk.h"
#include "grammar/numbers.h"
#include "grammar/pattern.h"

#include <string.h>

#define DATE                                                                                       \
    "(?:(?:19|20)\\d\\d)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|"  \
    "[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
#define TIME                                                                                       \
    "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
#define LABEL "[a-z](?:[a-z0-9-]{0,20}[a-z0-9])?"
#define BYTE "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"

static const struct {
    const char *name, *pattern;
} formats[] = {
    {"date", DATE}, /* RFC 3339, of the years 1900 to 2099 */
    {"time", TIME}, /* RFC 3339 without leap seconds */
    {"date-time", DATE "T" TIME},
    {"duration", /* ISO 8601 */
     "P(?:\\d{1,4}D(?:T\\d{1,4}H)?|\\d{1,4}W|T(?:\\d{1,4}H(?:\\d{1,2}M(?:\\d{1,2}S)?)?|\\d{1,4}M|"
     "\\d{1,5}S))"},
    {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"},
    {"email", "[a-z0-9](?:[a-z0-9._+-]{0,30}[a-z0-9])?@" LABEL "(?:\\." LABEL "){1,3}"},
    {"hostname", LABEL "(?:\\." LABEL "){0,3}"},
    {"ipv4", BYTE "(?:\\." BYTE "){3}"},
    {"ipv6", "[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}"},
    {"uri", "https?://" LABEL "(?:\\." LABEL "){1,3}(?:/[A-Za-z0-9._~-]{1,40}){0,8}/?"},
};

static uint32_t write_pattern(struct hearth_json_schema_walk *walk, hearth_place place,
                              const char *keyword, const char *text, enum hearth_pattern_use use,
                              uint32_t least, uint32_t most)
{
    struct hearth_pattern *pattern = NULL;
    struct hearth_error fault = {0};
    uint32_t shortest, longest;
    if (hearth_pattern_read(text, strlen(text), use, &pattern, &fault))
        return hearth_json_schema_fail(walk, place, "%s: %.200s", keyword, fault.message);
    hearth_pattern_lengths(pattern, &shortest, &longest);
    uint32_t rule = 0;
    if (shortest < least || longest > most)
        hearth_json_schema_fail(
            walk, place,
            "%s beside minLength or maxLength is not supported where it does not "
            "keep to them by itself",
            keyword);
    else
        rule = hearth_gbnf_rule_of(walk->gbnf, "\"\\\"\" r%u \"\\\"\"",
                                   hearth_pattern_write(pattern, true, walk->gbnf));
    hearth_pattern_destroy(pattern);
    return rule;
}

static uint32_t write_format(struct hearth_json_schema_walk *walk, hearth_place place,
                             const char *name, uint32_t least, uint32_t most)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (!strcmp(formats[i].name, name))
            return write_pattern(walk, place, "format", formats[i].pattern, HEARTH_PATTERN_WHOLE,
                                 least, most);
    return hearth_json_schema_fail(
        walk, place,
        "format %.64s is not supported; date, time, date-time, duration, "
        "uuid, email, hostname, ipv4, ipv6 and uri are",
        name);
}

uint32_t hearth_json_schema_string(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema)
{
    const char *pattern = hearth_json_text(schema, "pattern", NULL);
    const char *format = hearth_json_text(schema, "format", NULL);
    uint32_t least = hearth_json_schema_count(schema, "minLength", 0);
    uint32_t most = hearth_json_schema_count(schema, "maxLength", HEARTH_GBNF_NO_LIMIT);
    if (least > most)
        return hearth_json_schema_fail(walk, place,
                                       "minLength is over maxLength: no text is allowed here");
    if (pattern && format)
        return hearth_json_schema_fail(walk, place, "format beside pattern is not supported");
    if (pattern)
        return write_pattern(walk, place, "pattern", pattern, HEARTH_PATTERN_WITHIN, least, most);
    if (format)
        return write_format(walk, place, format, least, most);
    if (least == 0 && most == HEARTH_GBNF_NO_LIMIT)
        return hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_STRING);
    if (least > HEARTH_GBNF_REPEAT_MAX ||
        (most > HEARTH_GBNF_REPEAT_MAX && most != HEARTH_GBNF_NO_LIMIT))
        return hearth_json_schema_fail(walk, place, "%s is %u, at most %u are taken",
                                       least > HEARTH_GBNF_REPEAT_MAX ? "minLength" : "maxLength",
                                       least > HEARTH_GBNF_REPEAT_MAX ? least : most,
                                       HEARTH_GBNF_REPEAT_MAX);
    uint32_t point = hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_CHAR);
    return hearth_gbnf_rule_of(walk->gbnf, "\"\\\"\" r%u \"\\\"\"",
                               hearth_gbnf_repeat(walk->gbnf, point, least, most));
}

/* A bound that lies beyond all numbers that are written says nothing; on the wrong side of them it
 * leaves none. `sign` 1: a lower bound. */
static bool read_bound(struct hearth_json_schema_walk *walk, hearth_place place,
                       const json_t *schema, const char *keyword, bool exclusive, double sign,
                       struct hearth_number_bound *bound)
{
    const json_t *value = json_object_get(schema, keyword);
    double number = json_number_value(value);
    struct hearth_number_bound read = {.given = true, .exclusive = exclusive};
    if (!value || number * sign < -(double)HEARTH_DECIMAL_LIMIT)
        return true;
    if (hearth_decimal_read(number, &read.value)) {
        hearth_json_schema_fail(walk, place, "%s has more than 15 digits", keyword);
        return false;
    }
    int order = bound->given ? hearth_decimal_order(&read.value, &bound->value) : (int)sign;
    if (order * (int)sign > 0 || (order == 0 && exclusive))
        *bound = read;
    return true;
}

uint32_t hearth_json_schema_number(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema, bool integer)
{
    struct hearth_number_bound low = {.given = false}, high = {.given = false};
    const json_t *multiple = json_object_get(schema, "multipleOf");
    if (multiple && (!integer || json_number_value(multiple) != 1))
        return hearth_json_schema_fail(walk, place, "the keyword multipleOf is not supported");
    if (!read_bound(walk, place, schema, "minimum", false, 1, &low) ||
        !read_bound(walk, place, schema, "exclusiveMinimum", true, 1, &low) ||
        !read_bound(walk, place, schema, "maximum", false, -1, &high) ||
        !read_bound(walk, place, schema, "exclusiveMaximum", true, -1, &high))
        return 0;
    if (!low.given && !high.given)
        return hearth_gbnf_part(walk->gbnf, integer ? HEARTH_GBNF_INTEGER : HEARTH_GBNF_NUMBER);
    uint32_t rule = hearth_numbers_write(walk->gbnf, integer, &low, &high);
    return rule ? rule : hearth_json_schema_fail(walk, place, "no number lies within these bounds");
}
