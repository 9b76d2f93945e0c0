#include "grammar/gbnf.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Up to so many repetitions are left to libllama, which copies each. */
#define DIRECT_REPEATS 40u

/* "rN" in them stands for another part: the enum's names in lower case. */
static const char *const part_bodies[HEARTH_GBNF_PART_COUNT] = {
    [HEARTH_GBNF_SPACE] = "| \" \" | \"\\n\" [ ]{0,20}",
    /* Halves of surrogate pairs are left out: alone they are no text, and a pair would be one code
     * point to whoever counts them. */
    [HEARTH_GBNF_CHAR] =
        ("[^\"\\\\\\x7F\\x00-\\x1F] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" ([0-9a-cefA-CEF] "
         "[0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))"),
    [HEARTH_GBNF_PLAIN] = "[^\"\\\\\\x7F\\x00-\\x1F]",
    [HEARTH_GBNF_STRING] = "\"\\\"\" @1* \"\\\"\"",
    [HEARTH_GBNF_INTEGER] = "\"-\"? (\"0\" | [1-9] [0-9]{0,15})",
    [HEARTH_GBNF_NUMBER] =
        "\"-\"? (\"0\" | [1-9] [0-9]{0,15}) (\".\" [0-9]{1,16})? ([eE] [-+]? [0-9] [0-9]?)?",
    [HEARTH_GBNF_VALUE] = "@8 | @7 | @3 | @5 | \"true\" | \"false\" | \"null\"",
    [HEARTH_GBNF_ARRAY] = "\"[\" @0 (@6 (\",\" @0 @6)* @0)? \"]\"",
    [HEARTH_GBNF_OBJECT] = "\"{\" @0 (@3 \":\" @0 @6 (\",\" @0 @3 \":\" @0 @6)* @0)? \"}\"",
};

void hearth_gbnf_init(struct hearth_gbnf *gbnf, size_t max)
{
    memset(gbnf, 0, sizeof(*gbnf));
    hearth_buf_init(&gbnf->text, max);
}

void hearth_gbnf_finish(struct hearth_gbnf *gbnf)
{
    hearth_buf_finish(&gbnf->text);
}

uint32_t hearth_gbnf_reserve(struct hearth_gbnf *gbnf)
{
    if (gbnf->rule_count >= HEARTH_GBNF_RULES_MAX) {
        if (!gbnf->text.failed)
            gbnf->text.failed = HEARTH_ETOOLARGE;
        return gbnf->rule_count;
    }
    return ++gbnf->rule_count;
}

void hearth_gbnf_define(struct hearth_gbnf *gbnf, uint32_t rule, const struct hearth_buf *body)
{
    hearth_buf_printf(&gbnf->text, "r%u ::= ", rule);
    hearth_buf_append(&gbnf->text, body->bytes, body->length);
    hearth_buf_char(&gbnf->text, '\n');
    if (body->failed && !gbnf->text.failed)
        gbnf->text.failed = body->failed;
}

uint32_t hearth_gbnf_rule(struct hearth_gbnf *gbnf, const struct hearth_buf *body)
{
    uint32_t rule = hearth_gbnf_reserve(gbnf);
    hearth_gbnf_define(gbnf, rule, body);
    return rule;
}

uint32_t hearth_gbnf_rule_of(struct hearth_gbnf *gbnf, const char *format, ...)
{
    char body[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(body, sizeof(body), format, arguments);
    va_end(arguments);
    uint32_t rule = hearth_gbnf_reserve(gbnf);
    hearth_buf_printf(&gbnf->text, "r%u ::= %s\n", rule, body);
    return rule;
}

void hearth_gbnf_root(struct hearth_gbnf *gbnf, uint32_t rule)
{
    hearth_buf_printf(&gbnf->text, "root ::= r%u\n", rule);
}

uint32_t hearth_gbnf_part(struct hearth_gbnf *gbnf, enum hearth_gbnf_part part)
{
    if (gbnf->parts[part])
        return gbnf->parts[part];
    uint32_t rule = gbnf->parts[part] = hearth_gbnf_reserve(gbnf);
    struct hearth_buf body;
    hearth_buf_init(&body, 1024);
    for (const char *at = part_bodies[part]; *at; at++) {
        if (*at == '@')
            hearth_buf_printf(&body, "r%u",
                              hearth_gbnf_part(gbnf, (enum hearth_gbnf_part)(*++at - '0')));
        else
            hearth_buf_char(&body, *at);
    }
    hearth_gbnf_define(gbnf, rule, &body);
    hearth_buf_finish(&body);
    return rule;
}

static uint32_t square_root(uint32_t number)
{
    uint32_t root = 1;
    while ((uint64_t)root * root < number)
        root++;
    return root;
}

static uint32_t exactly(struct hearth_gbnf *gbnf, uint32_t rule, uint32_t count)
{
    if (count <= DIRECT_REPEATS)
        return hearth_gbnf_rule_of(gbnf, "r%u{%u}", rule, count);
    uint32_t size = square_root(count);
    uint32_t block = hearth_gbnf_rule_of(gbnf, "r%u{%u}", rule, size);
    if (count % size == 0)
        return hearth_gbnf_rule_of(gbnf, "r%u{%u}", block, count / size);
    return hearth_gbnf_rule_of(gbnf, "r%u{%u} r%u{%u}", block, count / size, rule, count % size);
}

/* Whole blocks, and less than a block behind them: each number of repetitions in one way only. */
static uint32_t at_most(struct hearth_gbnf *gbnf, uint32_t rule, uint32_t count)
{
    if (count <= DIRECT_REPEATS)
        return hearth_gbnf_rule_of(gbnf, "r%u{0,%u}", rule, count);
    uint32_t size = square_root(count), blocks = count / size, rest = count % size;
    uint32_t block = hearth_gbnf_rule_of(gbnf, "r%u{%u}", rule, size);
    uint32_t fewer =
        hearth_gbnf_rule_of(gbnf, "r%u{0,%u} r%u{0,%u}", block, blocks - 1, rule, size - 1);
    if (rest == 0)
        return hearth_gbnf_rule_of(gbnf, "r%u | r%u{%u}", fewer, block, blocks);
    return hearth_gbnf_rule_of(gbnf, "r%u | r%u{%u} r%u{0,%u}", fewer, block, blocks, rule, rest);
}

uint32_t hearth_gbnf_repeat(struct hearth_gbnf *gbnf, uint32_t rule, uint32_t low, uint32_t high)
{
    if (high == 0)
        return hearth_gbnf_rule_of(gbnf, "\"\"");
    uint32_t first = low ? exactly(gbnf, rule, low) : 0;
    if (high == low)
        return first;
    uint32_t more = high == HEARTH_GBNF_NO_LIMIT ? hearth_gbnf_rule_of(gbnf, "r%u*", rule)
                                                 : at_most(gbnf, rule, high - low);
    return low ? hearth_gbnf_rule_of(gbnf, "r%u r%u", first, more) : more;
}

void hearth_gbnf_point(struct hearth_buf *body, uint32_t point)
{
    if ((point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
        (point >= 'a' && point <= 'z') || point == ' ' || point == ':' || point == ',' ||
        point == '_' || point == '{' || point == '}')
        hearth_buf_char(body, (char)point);
    else if (point < 0x100)
        hearth_buf_printf(body, "\\x%02X", point);
    else
        hearth_buf_printf(body, "\\U%08X", point);
}

/* Bytes over 127 are parts of characters, which stand as they are. */
void hearth_gbnf_literal(struct hearth_buf *body, const char *text, size_t length)
{
    hearth_buf_char(body, '"');
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80)
            hearth_buf_char(body, text[i]);
        else
            hearth_gbnf_point(body, (unsigned char)text[i]);
    }
    hearth_buf_char(body, '"');
}
