/* Reads a regular expression by recursive descent: alternatives of sequences of repeated parts. */
#include "base/text.h"
#include "grammar/pattern_parts.h"

#include <string.h>

#define GROUPS_MAX 100u
#define ARENA_MAX (16u << 20)

struct reader {
    struct hearth_pattern *pattern;
    const char *text, *at, *end;
    uint32_t depth;
    bool inverted; /* the class that is being read */
    enum hearth_pattern_use use;
    struct hearth_error *error;
    bool failed;
};

typedef const struct hearth_pattern_node *node_t;

static node_t fail(struct reader *reader, const char *what)
{
    if (!reader->failed)
        hearth_error_set(reader->error, HEARTH_EINVAL, "at character %zu of the pattern: %s",
                         (size_t)(reader->at - reader->text) + 1, what);
    reader->failed = true;
    return NULL;
}

static bool looking_at(const struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(reader->end - reader->at) >= length && !memcmp(reader->at, word, length);
}

static bool take(struct reader *reader, const char *word)
{
    if (!looking_at(reader, word))
        return false;
    reader->at += strlen(word);
    return true;
}

/* One character of UTF-8; the whole was checked before. */
static uint32_t take_point(struct reader *reader)
{
    uint32_t point = 0;
    reader->at += hearth_point_read(reader->at, (size_t)(reader->end - reader->at), &point);
    return point;
}

static int digit_of(char c, unsigned base)
{
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return digit < (int)base ? digit : -1;
}

/* `least` to `most` digits; false where there are fewer. */
static bool take_number(struct reader *reader, unsigned base, unsigned least, unsigned most,
                        uint32_t *ret_number)
{
    uint32_t number = 0;
    unsigned count = 0;
    while (count < most && reader->at < reader->end && digit_of(*reader->at, base) >= 0) {
        number = number * base + (uint32_t)digit_of(*reader->at++, base);
        count++;
    }
    *ret_number = number;
    return count >= least;
}

/* Signs that some dialect counts as digits or letters, or as spaces, and others do not. */
static bool add_doubtful(char kind, struct hearth_points *points)
{
    static const uint32_t spaces[][2] = {{0x1C, 0x1F},     {0x85, 0x85},     {0xA0, 0xA0},
                                         {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200A},
                                         {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                                         {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
    if (kind != 's')
        return hearth_points_add(points, 0x80, HEARTH_POINT_LAST);
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        hearth_points_add(points, spaces[i][0], spaces[i][1]);
    return true;
}

static bool add_certain(char kind, struct hearth_points *points)
{
    if (kind == 's')
        return hearth_points_add(points, '\t', '\r') && hearth_points_add(points, ' ', ' ');
    if (kind == 'w')
        return hearth_points_add(points, 'A', 'Z') && hearth_points_add(points, 'a', 'z') &&
               hearth_points_add(points, '_', '_') && hearth_points_add(points, '0', '9');
    return hearth_points_add(points, '0', '9');
}

/* \d and its like: what is in the class for all dialects, or, in a class that is inverted as a
 * whole, what is in it for any. */
static bool take_class(const struct reader *reader, char letter, struct hearth_points *points)
{
    char kind = (char)(letter | 0x20);
    bool opposite = kind != letter;
    if (kind != 'd' && kind != 'w' && kind != 's')
        return false;
    add_certain(kind, points);
    if (opposite != reader->inverted)
        add_doubtful(kind, points);
    if (opposite)
        hearth_points_invert(points);
    return true;
}

static bool take_hex(struct reader *reader, uint32_t *ret_point)
{
    bool read = reader->at[-1] == 'x' ? take_number(reader, 16, 2, 2, ret_point)
                : take(reader, "{") ? take_number(reader, 16, 1, 6, ret_point) && take(reader, "}")
                                    : take_number(reader, 16, 4, 4, ret_point);
    if (!read || *ret_point > HEARTH_POINT_LAST || *ret_point == 0 ||
        (*ret_point >= 0xD800 && *ret_point <= 0xDFFF))
        fail(reader, "the digits of this escape stand for no character");
    return !reader->failed;
}

/* Behind a backslash: one sign (true), or a class of them. */
static bool take_escape(struct reader *reader, uint32_t *ret_point, struct hearth_points *points)
{
    static const char names[] = "nrtfv", values[] = "\n\r\t\f\v";
    if (reader->at == reader->end)
        return fail(reader, "a backslash at the end stands for nothing"), false;
    char c = *reader->at;
    const char *name = c ? strchr(names, c) : NULL;
    if (take_class(reader, c, points)) {
        reader->at++;
        return false;
    }
    if (c == 'x' || c == 'u') {
        reader->at++;
        return take_hex(reader, ret_point);
    }
    if (name) {
        reader->at++;
        *ret_point = (unsigned char)values[name - names];
        return true;
    }
    if (digit_of(c, 10) >= 0 || (c | 0x20) == 'k')
        return fail(reader, "references to groups are not supported"), false;
    if ((c | 0x20) == 'b')
        return fail(reader, "word boundaries are not supported"), false;
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        return fail(reader, "this escape is not supported"), false;
    *ret_point = take_point(reader);
    return true;
}

/* One sign of a class (true), or a class within it, which was added to the points. */
static bool take_member(struct reader *reader, uint32_t *ret_point, struct hearth_points *points)
{
    if (reader->at == reader->end)
        return fail(reader, "a class that begins with [ has no end"), false;
    if (!take(reader, "\\")) {
        *ret_point = take_point(reader);
        return true;
    }
    if (take(reader, "b")) { /* within a class it is the backspace */
        *ret_point = '\b';
        return true;
    }
    struct hearth_points within = {.count = 0};
    if (take_escape(reader, ret_point, &within))
        return true;
    if (!hearth_points_add_all(points, &within))
        fail(reader, "this class has too many parts");
    return false;
}

static node_t read_class(struct reader *reader)
{
    struct hearth_points points = {.count = 0};
    reader->inverted = take(reader, "^");
    for (bool first = true; first || !looking_at(reader, "]"); first = false) {
        if (first && looking_at(reader, "]"))
            return fail(reader, "an empty class, or one that begins with ], is not supported");
        uint32_t low = 0, high = 0;
        if (!take_member(reader, &low, &points)) {
            if (reader->failed)
                return NULL;
            continue;
        }
        high = low;
        if (looking_at(reader, "-") && !looking_at(reader, "-]")) {
            reader->at++;
            if (!take_member(reader, &high, &points))
                return fail(reader, "a range needs a character at both of its ends");
        }
        if (high < low)
            return fail(reader, "a range goes from the lower to the higher character");
        if (low > 0 && !hearth_points_add(&points, low, high))
            return fail(reader, "this class has too many parts");
        if (reader->at == reader->end)
            return fail(reader, "a class that begins with [ has no end");
    }
    reader->at++;
    if (reader->inverted)
        hearth_points_invert(&points);
    reader->inverted = false;
    return hearth_pattern_points(reader->pattern, &points);
}

static node_t read_either(struct reader *reader);

static node_t read_group(struct reader *reader)
{
    if (looking_at(reader, "?<=") || looking_at(reader, "?<!") || looking_at(reader, "?=") ||
        looking_at(reader, "?!"))
        return fail(reader, "look-ahead and look-behind are not supported");
    if (take(reader, "?P<") || take(reader, "?<")) { /* a name says nothing about the text */
        while (reader->at < reader->end && *reader->at != '>')
            reader->at++;
        if (!take(reader, ">"))
            return fail(reader, "the name of this group has no end");
    } else if (!take(reader, "?:") && looking_at(reader, "?")) {
        return fail(reader, "flags and other kinds of groups are not supported");
    }
    if (++reader->depth > GROUPS_MAX)
        return fail(reader, "the groups are nested too deep");
    node_t inner = read_either(reader);
    reader->depth--;
    if (!take(reader, ")"))
        return fail(reader, "this group has no end");
    return inner;
}

static node_t read_part(struct reader *reader)
{
    struct hearth_points points = {.count = 0};
    uint32_t point = 0;
    if (take(reader, "("))
        return read_group(reader);
    if (take(reader, "["))
        return read_class(reader);
    if (take(reader, ".")) { /* no line ends, of whichever dialect */
        hearth_points_invert(&points);
        hearth_points_remove(&points, '\n', '\n');
        hearth_points_remove(&points, '\r', '\r');
        hearth_points_remove(&points, 0x2028, 0x2029);
        return hearth_pattern_points(reader->pattern, &points);
    }
    if (looking_at(reader, "^") || looking_at(reader, "$"))
        return fail(reader, "an anchor is only supported at the ends of the whole pattern");
    if (looking_at(reader, "*") || looking_at(reader, "+") || looking_at(reader, "?"))
        return fail(reader, "there is nothing to repeat");
    if (take(reader, "\\")) {
        if (take_escape(reader, &point, &points))
            hearth_points_add(&points, point, point);
    } else {
        point = take_point(reader);
        hearth_points_add(&points, point, point);
    }
    return reader->failed ? NULL : hearth_pattern_points(reader->pattern, &points);
}

/* "{2}", "{2,}", "{2,5}"; anything else in braces is text, as in both dialects. */
static bool take_braces(struct reader *reader, uint32_t *ret_low, uint32_t *ret_high)
{
    const char *begin = reader->at;
    if (take(reader, "{") && take_number(reader, 10, 1, 9, ret_low)) {
        *ret_high = *ret_low;
        if (take(reader, ",") && !take_number(reader, 10, 1, 9, ret_high))
            *ret_high = HEARTH_GBNF_NO_LIMIT;
        if (take(reader, "}"))
            return true;
        if (reader->at < reader->end && digit_of(*reader->at, 10) >= 0)
            fail(reader, "the number of repetitions is too large");
    }
    reader->at = begin;
    if (looking_at(reader, "{,"))
        fail(reader, "a repetition needs its lower number");
    return false;
}

static bool take_repetition(struct reader *reader, uint32_t *ret_low, uint32_t *ret_high)
{
    *ret_low = looking_at(reader, "+") ? 1 : 0;
    *ret_high = looking_at(reader, "?") ? 1 : HEARTH_GBNF_NO_LIMIT;
    return take(reader, "*") || take(reader, "+") || take(reader, "?") ||
           take_braces(reader, ret_low, ret_high);
}

static node_t read_repeated(struct reader *reader)
{
    node_t part = read_part(reader);
    uint32_t low, high, more;
    if (reader->failed || !take_repetition(reader, &low, &high))
        return part;
    if (high < low)
        return fail(reader, "a repetition goes from the lower to the higher number");
    if (low > HEARTH_GBNF_REPEAT_MAX ||
        (high > HEARTH_GBNF_REPEAT_MAX && high != HEARTH_GBNF_NO_LIMIT))
        return fail(reader, "at most 100000 repetitions are taken");
    take(reader, "?"); /* a lazy one matches the same texts */
    if (take_repetition(reader, &more, &more))
        return fail(reader, "a repetition cannot be repeated without a group around it");
    return hearth_pattern_repeat(reader->pattern, part, low, high);
}

/* Any text, for what stands around a pattern that is found within one. */
static node_t anything(struct reader *reader)
{
    struct hearth_points points = {.count = 0};
    hearth_points_invert(&points);
    return hearth_pattern_repeat(reader->pattern, hearth_pattern_points(reader->pattern, &points),
                                 0, HEARTH_GBNF_NO_LIMIT);
}

static bool at_end_of_sequence(const struct reader *reader)
{
    return reader->at == reader->end || *reader->at == '|' || *reader->at == ')';
}

static node_t read_sequence(struct reader *reader)
{
    bool outermost = reader->depth == 0;
    bool begins = !outermost || reader->use == HEARTH_PATTERN_WHOLE, ends = begins;
    if (outermost && take(reader, "^"))
        begins = true;
    node_t whole =
        begins ? hearth_pattern_leaf(reader->pattern, HEARTH_PATTERN_EMPTY) : anything(reader);
    while (!at_end_of_sequence(reader) && !reader->failed) {
        if (outermost && take(reader, "$")) {
            ends = true;
            if (!at_end_of_sequence(reader))
                return fail(reader, "nothing can follow the anchor $");
            break;
        }
        whole =
            hearth_pattern_pair(reader->pattern, HEARTH_PATTERN_THEN, whole, read_repeated(reader));
        if (!whole)
            return fail(reader, "the pattern has too many parts");
    }
    return ends
               ? whole
               : hearth_pattern_pair(reader->pattern, HEARTH_PATTERN_THEN, whole, anything(reader));
}

static node_t read_either(struct reader *reader)
{
    node_t whole = read_sequence(reader);
    while (!reader->failed && take(reader, "|"))
        whole = hearth_pattern_pair(reader->pattern, HEARTH_PATTERN_EITHER, whole,
                                    read_sequence(reader));
    return whole;
}

int hearth_pattern_read(const char *text, size_t length, enum hearth_pattern_use use,
                        struct hearth_pattern **ret_pattern, struct hearth_error *error)
{
    if (length > HEARTH_PATTERN_BYTES_MAX)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the pattern has %zu bytes, at most %u are taken", length,
                                HEARTH_PATTERN_BYTES_MAX);
    if (!hearth_utf8_valid(text, length) || memchr(text, 0, length))
        return hearth_error_set(error, HEARTH_EINVAL, "the pattern is not UTF-8 without NUL");
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_pattern *pattern = hearth_arena_alloc(arena, sizeof(*pattern));
    pattern->arena = arena;
    struct reader reader = {.pattern = pattern,
                            .text = text,
                            .at = text,
                            .end = text + length,
                            .use = use,
                            .error = error};
    pattern->root = read_either(&reader);
    if (!reader.failed && reader.at != reader.end)
        fail(&reader, "this ) closes no group");
    if (!reader.failed && !pattern->root)
        fail(&reader, "the pattern has too many parts");
    if (!reader.failed && pattern->root->kind == HEARTH_PATTERN_NEVER)
        fail(&reader, "no text matches the pattern");
    if (reader.failed) {
        hearth_pattern_destroy(pattern);
        return HEARTH_EINVAL;
    }
    *ret_pattern = pattern;
    return 0;
}

void hearth_pattern_destroy(struct hearth_pattern *pattern)
{
    if (pattern)
        hearth_arena_destroy(pattern->arena);
}

void hearth_pattern_lengths(const struct hearth_pattern *pattern, uint32_t *ret_least,
                            uint32_t *ret_most)
{
    *ret_least = pattern->root->least;
    *ret_most = pattern->root->most;
}
