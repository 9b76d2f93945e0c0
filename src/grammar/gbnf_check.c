/* Reads GBNF into a flat list of parts. A group is a rule without a name. Each part says which rule
 * it stands for, or that it is a sign; whether it may be left out; and what the texts of a rule are
 * made of is its alternatives, one behind the other. */
#include "grammar/gbnf_check.h"

#include "base/arena.h"
#include "grammar/gbnf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX (512u << 10)
#define NESTING_MAX 200u
#define COPIES_MAX 2000u /* of one part; libllama makes them, and takes more for no limit */
#define ARENA_MAX (48u << 20)
#define NO_RULE UINT32_MAX

struct part {
    uint32_t rule; /* NO_RULE: a sign, or a text */
    bool may_lack;
    bool starts; /* an alternative */
};

struct rule {
    const char *name; /* NULL: a group */
    size_t name_length;
    size_t line; /* where it was first named */
    bool defined, finite;
    uint32_t first, count; /* its parts */
};

struct reader {
    const char *begin, *at, *end;
    struct hearth_arena *arena;
    struct rule *rules;
    uint32_t rule_count;
    struct part *parts; /* of finished rules */
    uint32_t part_count;
    uint32_t *names; /* rules by their names: a hash table, 0 is free */
    uint32_t rule_max, part_max, name_places;
    unsigned depth;
    bool by_text, failed;
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
    if (reader->rule_count >= reader->rule_max)
        return fail(reader, "there are too many rules and groups"), 0;
    reader->rules[reader->rule_count] =
        (struct rule){.name = name, .name_length = length, .line = line_of(reader)};
    return reader->rule_count++;
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
        const struct rule *rule = &reader->rules[*place - 1];
        if (rule->name_length == length && !memcmp(rule->name, name, length))
            return *place - 1;
    }
    return fail(reader, "there are too many rules"), 0;
}

/* A text or a class up to its end; a backslash takes the sign behind it along. */
static void take_until(struct reader *reader, char end)
{
    while (reader->at < reader->end && *reader->at != end)
        reader->at += *reader->at == '\\' && reader->at + 1 < reader->end ? 2 : 1;
    if (!take(reader, end))
        fail(reader, end == '"' ? "a text has no closing quotation mark"
                                : "a class or a token has no closing bracket");
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

/* True where what stands before may be left out. */
static bool take_braces(struct reader *reader)
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
    return low == 0;
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
static bool read_part(struct reader *reader, struct part *ret_part)
{
    const char *name = reader->at;
    *ret_part = (struct part){.rule = NO_RULE};
    if (take(reader, '"'))
        take_until(reader, '"');
    else if (take(reader, '['))
        take_until(reader, ']');
    else if (take(reader, '('))
        ret_part->rule = read_group(reader);
    else if (peek(reader) == '<' || peek(reader) == '!') {
        reader->by_text = false;
        take_until(reader, '>');
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

static void read_repetitions(struct reader *reader, struct part *part)
{
    for (;;) {
        skip(reader, reader->depth > 0);
        if (take(reader, '*') || take(reader, '?'))
            part->may_lack = true;
        else if (take(reader, '{'))
            part->may_lack = take_braces(reader) || part->may_lack;
        else if (!take(reader, '+'))
            return;
    }
}

/* The parts of a rule are gathered on a list of their own, since groups within it have theirs. */
static uint32_t read_alternatives(struct reader *reader, uint32_t rule)
{
    struct part *own = NULL;
    uint32_t count = 0, room = 0;
    bool starts = true;
    for (;;) {
        struct part part;
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
        part.may_lack = empty;
        starts = false;
        if (!empty)
            read_repetitions(reader, &part);
        if (count == room) {
            room = room ? room * 2 : 8;
            struct part *more = hearth_arena_alloc(reader->arena, room * sizeof(*more));
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
    if (reader->part_count + count > reader->part_max)
        return fail(reader, "it has too many parts"), 0;
    struct rule *made = &reader->rules[rule];
    made->defined = true;
    made->first = reader->part_count;
    made->count = count;
    memcpy(reader->parts + reader->part_count, own, count * sizeof(*own));
    reader->part_count += count;
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
    reader->at += 3;
    skip(reader, true);
    read_alternatives(reader, rule);
    if (!reader->failed && reader->at < reader->end && peek(reader) != '\n' && peek(reader) != '\r')
        fail(reader, "this sign belongs to no rule");
    skip(reader, true);
}

/* A rule is finite when one of its alternatives has finite parts only. */
static bool is_finite(const struct reader *reader, const struct rule *rule)
{
    bool fits = false;
    for (uint32_t i = 0; i < rule->count; i++) {
        const struct part *part = &reader->parts[rule->first + i];
        if (part->starts && fits)
            return true;
        fits = (part->starts || fits) &&
               (part->may_lack || part->rule == NO_RULE || reader->rules[part->rule].finite);
    }
    return fits;
}

/* What is found about one rule may tell something about others: forwards and backwards in turn,
 * which settles most orders in few rounds. */
static void find_finite(struct reader *reader)
{
    bool changed = true;
    for (bool forwards = true; changed; forwards = !forwards) {
        changed = false;
        for (uint32_t i = 0; i < reader->rule_count; i++) {
            struct rule *rule = &reader->rules[forwards ? i : reader->rule_count - 1 - i];
            if (rule->finite || !is_finite(reader, rule))
                continue;
            rule->finite = changed = true;
        }
    }
}

static int check_rules(struct reader *reader)
{
    const uint32_t root = find_rule(reader, "root", 4);
    if (reader->failed)
        return HEARTH_EINVAL;
    if (!reader->rules[root].defined)
        return hearth_error_set(reader->error, HEARTH_EINVAL,
                                "grammar: it must be GBNF with a rule \"root\"");
    for (uint32_t i = 0; i < reader->rule_count; i++) {
        const struct rule *rule = &reader->rules[i];
        if (!rule->defined)
            return hearth_error_set(
                reader->error, HEARTH_EINVAL, "grammar: line %zu: there is no rule %.*s",
                rule->line, rule->name_length < 64 ? (int)rule->name_length : 64, rule->name);
    }
    find_finite(reader);
    return reader->rules[root].finite
               ? 0
               : hearth_error_set(reader->error, HEARTH_EINVAL,
                                  "grammar: it recurses without end: no finite text fits it");
}

int hearth_gbnf_check(const char *text, size_t length, bool *ret_by_text,
                      struct hearth_error *error)
{
    struct reader reader = {.begin = text,
                            .at = text,
                            .end = text + length,
                            .arena = hearth_arena_create(ARENA_MAX),
                            .by_text = true,
                            .error = error};
    /* A rule, a group and a part take at least one byte of the text each, or stand between two. */
    reader.rule_max = smaller(length + 2, HEARTH_GBNF_RULES_MAX * 4);
    reader.part_max = smaller(2 * length + 2, PARTS_MAX);
    reader.name_places = smaller(2 * length + 8, 1u << 15);
    reader.rules = hearth_arena_alloc(reader.arena, reader.rule_max * sizeof(*reader.rules));
    reader.parts = hearth_arena_alloc(reader.arena, reader.part_max * sizeof(*reader.parts));
    reader.names = hearth_arena_alloc(reader.arena, reader.name_places * sizeof(*reader.names));
    int rc = reader.rules && reader.parts && reader.names
                 ? 0
                 : hearth_error_set(error, HEARTH_ENOMEM, "no memory for a grammar");
    if (!rc && memchr(text, '\0', length))
        rc = hearth_error_set(error, HEARTH_EINVAL, "grammar: it holds a NUL");
    skip(&reader, true);
    while (!rc && !reader.failed && reader.at < reader.end)
        read_rule(&reader);
    if (!rc)
        rc = reader.failed ? HEARTH_EINVAL : check_rules(&reader);
    hearth_arena_destroy(reader.arena);
    if (!rc)
        *ret_by_text = reader.by_text;
    return rc;
}
