#include "grammar/gbnf_read.h"

#include "grammar/gbnf.h"
#include "grammar/points.h"

#include <string.h>

#define PARTS_MAX (512u << 10)
#define NESTING_MAX 200u
#define COPIES_COUNTED 1000000u
#define COPIES_MAX 2000u /* of one part; libllama makes them, and takes more for no limit */

struct reader {
    const char *begin, *at, *end;
    struct hearth_arena *arena;
    struct hearth_gbnf_read *made;
    uint32_t *names; /* rules by their names: a hash table, 0 is free */
    uint32_t rule_max, part_max, name_places;
    unsigned depth;
    bool failed;
    struct hearth_error *error;
};

static uint32_t smaller(size_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

static size_t line_of(const struct reader *reader)
{
    size_t line = 1;
    for (const char *at = reader->begin; at < reader->at && at < reader->end; at++)
        line += *at == '\n';
    return line;
}

static void fail(struct reader *reader, const char *what)
{
    if (!reader->failed)
        hearth_error_set(reader->error, HEARTH_EINVAL, "grammar: line %zu: %s", line_of(reader),
                         what);
    reader->failed = true;
    reader->at = reader->end;
}

static char peek(const struct reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct reader *reader, char c)
{
    if (peek(reader) != c)
        return false;
    reader->at++;
    return true;
}

/* Spaces and comments; ends of lines only within brackets and before a rule. */
static void skip(struct reader *reader, bool lines)
{
    for (char c = peek(reader); c != '\0'; c = peek(reader)) {
        if (c == '#')
            while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r')
                reader->at++;
        else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r')))
            reader->at++;
        else
            return;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static uint32_t add_rule(struct reader *reader, const char *name, size_t length)
{
    if (reader->made->rule_count >= reader->rule_max)
        return fail(reader, "there are too many rules and groups"), 0;
    reader->made->rules[reader->made->rule_count] = (struct hearth_gbnf_rule_read){
        .name = name, .name_length = length, .line = line_of(reader)};
    return reader->made->rule_count++;
}

static uint32_t find_rule(struct reader *reader, const char *name, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    for (uint32_t tries = 0; tries < reader->name_places; tries++) {
        uint32_t *place = &reader->names[(hash + tries) % reader->name_places];
        if (*place == 0) {
            *place = add_rule(reader, name, length) + 1;
            return *place - 1;
        }
        const struct hearth_gbnf_rule_read *rule = &reader->made->rules[*place - 1];
        if (rule->name_length == length && !memcmp(rule->name, name, length))
            return *place - 1;
    }
    return fail(reader, "there are too many rules"), 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        return (c | 0x20) - 'a' + 10;
    return -1;
}

static uint32_t take_hex(struct reader *reader, unsigned digits)
{
    uint32_t point = 0;
    for (unsigned i = 0; i < digits; i++) {
        int value = hex_value(peek(reader));
        if (value < 0)
            return fail(reader, "\\x is followed by 2 hex digits, \\u by 4, \\U by 8"), 0;
        point = point << 4 | (uint32_t)value;
        reader->at++;
    }
    return point;
}

/* What stands behind a backslash. */
static uint32_t take_escape(struct reader *reader)
{
    char c = peek(reader);
    if (reader->at < reader->end)
        reader->at++;
    switch (c) {
    case 'x':
        return take_hex(reader, 2);
    case 'u':
        return take_hex(reader, 4);
    case 'U':
        return take_hex(reader, 8);
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    case '\\':
    case '"':
    case '[':
    case ']':
        return (uint32_t)c;
    default:
        return fail(reader, "a backslash stands before x, u, U, t, r, n, \\, \", [ or ]"), 0;
    }
}

/* One sign of a text or a class, as it is or escaped. */
static uint32_t take_point(struct reader *reader)
{
    uint32_t point;
    if (take(reader, '\\'))
        return take_escape(reader);
    size_t width = hearth_point_read(reader->at, (size_t)(reader->end - reader->at), &point);
    if (width == 0)
        return fail(reader, "it is not UTF-8"), 0;
    reader->at += width;
    return point;
}

/* True where it is empty. */
static bool take_text(struct reader *reader)
{
    bool empty = peek(reader) == '"';
    while (reader->at < reader->end && *reader->at != '"')
        take_point(reader);
    if (!take(reader, '"'))
        fail(reader, "a text has no closing quotation mark");
    return empty;
}

static void take_class(struct reader *reader)
{
    take(reader, '^');
    if (peek(reader) == ']')
        fail(reader, "a class is empty: nothing fits it");
    while (reader->at < reader->end && *reader->at != ']') {
        uint32_t first = take_point(reader);
        if (reader->end - reader->at < 2 || reader->at[0] != '-' || reader->at[1] == ']')
            continue;
        reader->at++;
        if (take_point(reader) < first)
            fail(reader, "a range of a class goes from the lower to the higher sign");
    }
    if (!take(reader, ']'))
        fail(reader, "a class has no closing bracket");
}

static void take_token(struct reader *reader)
{
    reader->made->by_text = false;
    while (reader->at < reader->end && *reader->at != '>')
        reader->at++;
    if (!take(reader, '>'))
        fail(reader, "a token has no closing bracket");
}

static uint64_t take_count(struct reader *reader)
{
    uint64_t count = 0;
    if (peek(reader) < '0' || peek(reader) > '9')
        fail(reader, "a number of repetitions is missing");
    while (peek(reader) >= '0' && peek(reader) <= '9') {
        count = count < 1000000000 ? count * 10 + (uint64_t)(*reader->at - '0') : count;
        reader->at++;
    }
    return count;
}

static void multiply(struct hearth_gbnf_part_read *part, uint64_t times)
{
    uint64_t copies = part->copies * (times > 0 ? times : 1);
    part->copies = copies < COPIES_COUNTED ? (uint32_t)copies : COPIES_COUNTED;
}

static void take_braces(struct reader *reader, struct hearth_gbnf_part_read *part)
{
    skip(reader, true);
    uint64_t low = take_count(reader), high = low;
    skip(reader, true);
    if (take(reader, ',')) {
        skip(reader, true);
        high = peek(reader) == '}' ? low : take_count(reader);
        skip(reader, true);
    }
    if (!reader->failed && !take(reader, '}'))
        fail(reader, "a repetition in braces has no end");
    if (!reader->failed && (low > COPIES_MAX || high > COPIES_MAX))
        fail(reader, "at most 2000 repetitions of one part are taken");
    if (!reader->failed && high < low)
        fail(reader, "a repetition goes from the lower to the higher number");
    part->may_lack = part->may_lack || low == 0;
    multiply(part, high);
}

static uint32_t read_alternatives(struct reader *reader, uint32_t rule);

static uint32_t read_group(struct reader *reader)
{
    if (++reader->depth > NESTING_MAX)
        fail(reader, "over 200 brackets stand within each other");
    uint32_t rule = add_rule(reader, NULL, 0);
    if (!reader->failed)
        read_alternatives(reader, rule);
    reader->depth--;
    if (!reader->failed && !take(reader, ')'))
        fail(reader, "a bracket is not closed");
    return rule;
}

/* One part; false where none begins here. */
static bool read_part(struct reader *reader, struct hearth_gbnf_part_read *ret_part)
{
    const char *name = reader->at;
    *ret_part = (struct hearth_gbnf_part_read){.rule = HEARTH_GBNF_NO_RULE, .copies = 1};
    if (take(reader, '"'))
        ret_part->may_lack = take_text(reader);
    else if (take(reader, '['))
        take_class(reader);
    else if (take(reader, '('))
        ret_part->rule = read_group(reader);
    else if (peek(reader) == '<' || peek(reader) == '!') {
        take_token(reader);
    } else if (take(reader, '.')) {
        return true;
    } else if (is_name(peek(reader))) {
        while (is_name(peek(reader)))
            reader->at++;
        ret_part->rule = find_rule(reader, name, (size_t)(reader->at - name));
    } else {
        return false;
    }
    return true;
}

static void read_repetitions(struct reader *reader, struct hearth_gbnf_part_read *part)
{
    for (;;) {
        skip(reader, reader->depth > 0);
        if (take(reader, '*') || take(reader, '?'))
            part->may_lack = true;
        else if (take(reader, '{'))
            take_braces(reader, part);
        else if (!take(reader, '+'))
            return;
    }
}

/* The parts of a rule are gathered on a list of their own, since groups within it have theirs. */
static uint32_t read_alternatives(struct reader *reader, uint32_t rule)
{
    struct hearth_gbnf_part_read *own = NULL;
    uint32_t count = 0, room = 0;
    bool starts = true;
    for (;;) {
        struct hearth_gbnf_part_read part;
        skip(reader, reader->depth > 0);
        bool empty = !read_part(reader, &part);
        if (empty && !starts && peek(reader) != '|')
            break;
        if (empty && !starts) {
            reader->at++;
            skip(reader, true);
            starts = true;
            continue;
        }
        part.starts = starts;
        part.may_lack = part.may_lack || empty;
        starts = false;
        if (!empty)
            read_repetitions(reader, &part);
        if (count == room) {
            room = room ? room * 2 : 8;
            struct hearth_gbnf_part_read *more =
                hearth_arena_alloc(reader->arena, room * sizeof(*more));
            if (!more)
                return fail(reader, "it has too many parts"), 0;
            if (count)
                memcpy(more, own, count * sizeof(*more));
            own = more;
        }
        own[count++] = part;
        if (reader->failed)
            return 0;
    }
    if (reader->made->part_count + count > reader->part_max)
        return fail(reader, "it has too many parts"), 0;
    struct hearth_gbnf_rule_read *made = &reader->made->rules[rule];
    made->defined = true;
    made->first = reader->made->part_count;
    made->count = count;
    memcpy(reader->made->parts + reader->made->part_count, own, count * sizeof(*own));
    reader->made->part_count += count;
    return rule;
}

static void read_rule(struct reader *reader)
{
    const char *name = reader->at;
    while (is_name(peek(reader)))
        reader->at++;
    size_t length = (size_t)(reader->at - name);
    if (length == 0) {
        fail(reader, "the name of a rule is expected here");
        return;
    }
    uint32_t rule = find_rule(reader, name, length);
    skip(reader, false);
    if (reader->end - reader->at < 3 || memcmp(reader->at, "::=", 3) != 0) {
        fail(reader, "::= is expected behind the name of a rule");
        return;
    }
    if (reader->made->rules[rule].defined) {
        fail(reader, "a rule of this name stands above");
        return;
    }
    reader->at += 3;
    skip(reader, true);
    read_alternatives(reader, rule);
    if (!reader->failed && reader->at < reader->end && peek(reader) != '\n' && peek(reader) != '\r')
        fail(reader, "this sign belongs to no rule");
    skip(reader, true);
}

static int open_reader(struct reader *reader, size_t length)
{
    struct hearth_gbnf_read *made = reader->made;
    /* A rule, a group and a part take at least one byte of the text each, or stand between two. */
    reader->rule_max = smaller(length + 2, HEARTH_GBNF_RULES_MAX * 4);
    reader->part_max = smaller(2 * length + 2, PARTS_MAX);
    reader->name_places = smaller(2 * length + 8, 1u << 15);
    made->rules = hearth_arena_alloc(reader->arena, reader->rule_max * sizeof(*made->rules));
    made->parts = hearth_arena_alloc(reader->arena, reader->part_max * sizeof(*made->parts));
    reader->names = hearth_arena_alloc(reader->arena, reader->name_places * sizeof(*reader->names));
    return made->rules && made->parts && reader->names
               ? 0
               : hearth_error_set(reader->error, HEARTH_ENOMEM, "no memory for a grammar");
}

static int check_defined(const struct reader *reader)
{
    const struct hearth_gbnf_read *made = reader->made;
    if (!made->rules[made->root].defined)
        return hearth_error_set(reader->error, HEARTH_EINVAL,
                                "grammar: it must be GBNF with a rule \"root\"");
    for (uint32_t i = 0; i < made->rule_count; i++) {
        const struct hearth_gbnf_rule_read *rule = &made->rules[i];
        if (!rule->defined)
            return hearth_error_set(
                reader->error, HEARTH_EINVAL, "grammar: line %zu: there is no rule %.*s",
                rule->line, rule->name_length < 64 ? (int)rule->name_length : 64, rule->name);
    }
    return 0;
}

int hearth_gbnf_read(const char *text, size_t length, struct hearth_arena *arena,
                     struct hearth_gbnf_read *ret_read, struct hearth_error *error)
{
    struct reader reader = {.begin = text,
                            .at = text,
                            .end = text + length,
                            .arena = arena,
                            .made = ret_read,
                            .error = error};
    *ret_read = (struct hearth_gbnf_read){.by_text = true};
    if (memchr(text, '\0', length))
        return hearth_error_set(error, HEARTH_EINVAL, "grammar: it holds a NUL");
    int rc = open_reader(&reader, length);
    if (rc)
        return rc;
    skip(&reader, true);
    while (!reader.failed && reader.at < reader.end)
        read_rule(&reader);
    if (!reader.failed)
        ret_read->root = find_rule(&reader, "root", 4);
    return reader.failed ? HEARTH_EINVAL : check_defined(&reader);
}
