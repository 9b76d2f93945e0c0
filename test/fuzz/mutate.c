#include "fuzz/mutate.h"

#include "support/seeded.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The ends of what readers of JSON, of grammars and of forms count, nest and compare. */
static const char *const words[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "-0",
    "1e308",
    "1e999",
    "0.1",
    "{}",
    "[]",
    "\"\"",
    "4294967296",
    "2147483647",
    "1e-9",
    "2.0",
    ",",
    ":",
    "[[[[",
    "{\"a\":",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "--",
    "(?:",
    "{9999}",
    "|",
    "*",
    "\xF0\x9F",
    "\xC3\xA4",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"type\"",
    "\"$ref\":\"#\"",
    "\"object\"",
    "\"additionalProperties\":false",
    "\"stream\":true",
};

struct span {
    size_t at, length;
};

static struct span any_span(uint64_t *seed, size_t length, size_t most)
{
    struct span span = {.at = seeded_next(seed) % (length + 1)};
    size_t left = length - span.at;
    span.length = seeded_next(seed) % ((left < most ? left : most) + 1);
    return span;
}

static size_t string_length(const uint8_t *bytes, size_t length)
{
    size_t at = 1;
    while (at < length && bytes[at] != '"')
        at += bytes[at] == '\\' ? 2 : 1;
    return at < length ? at + 1 : length;
}

static size_t brackets_length(const uint8_t *bytes, size_t length)
{
    size_t at = 0, depth = 0;
    do {
        depth += bytes[at] == '{' || bytes[at] == '[';
        depth -= bytes[at] == '}' || bytes[at] == ']';
        at += bytes[at] == '"' ? string_length(bytes + at, length - at) : 1;
    } while (depth && at < length);
    return at < length ? at : length;
}

static size_t value_length(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    if (bytes[0] == '"')
        return string_length(bytes, length);
    if (bytes[0] == '{' || bytes[0] == '[')
        return brackets_length(bytes, length);
    while (at < length && (isalnum(bytes[at]) || bytes[at] == '-' || bytes[at] == '.'))
        at++;
    return at;
}

static bool begins_value(uint8_t byte)
{
    return isalnum(byte) || byte == '"' || byte == '{' || byte == '[' || byte == '-';
}

/* The value or key number `wanted`, in the order in which they begin; `*ret_count` is how many
 * begin before it, which is all of them where there are fewer. What lies in strings is not looked
 * at. */
static struct span value_number(const uint8_t *bytes, size_t length, size_t wanted,
                                size_t *ret_count)
{
    struct span span = {0};
    for (*ret_count = 0; span.at < length;) {
        const uint8_t *here = bytes + span.at;
        bool begins = begins_value(*here), nests = *here == '{' || *here == '[';
        if (begins && (*ret_count)++ == wanted) {
            span.length = value_length(here, length - span.at);
            break;
        }
        /* Where one that nests ends is not asked: of deep ones that takes the square of a text. */
        span.at += begins && !nests ? value_length(here, length - span.at) : 1;
    }
    return span;
}

/* Any JSON value or key; nothing, at the end, where there is none. */
static struct span any_value(uint64_t *seed, const uint8_t *bytes, size_t length)
{
    size_t count, same;
    struct span none = value_number(bytes, length, SIZE_MAX, &count);
    return count ? value_number(bytes, length, seeded_next(seed) % count, &same) : none;
}

/* `with` may lie within `bytes`. Returns the new length. */
static size_t replace(uint8_t *bytes, size_t length, struct span old, const uint8_t *with,
                      size_t count)
{
    uint8_t piece[FUZZ_PIECE_MAX];
    count = count < sizeof(piece) ? count : sizeof(piece);
    memcpy(piece, with, count);
    memmove(bytes + old.at + count, bytes + old.at + old.length, length - old.at - old.length);
    memcpy(bytes + old.at, piece, count);
    return length - old.length + count;
}

static size_t flip(uint64_t *seed, uint8_t *bytes, size_t length)
{
    if (length)
        bytes[seeded_next(seed) % length] ^= (uint8_t)(1u << seeded_pick(seed, 0, 7));
    return length;
}

static size_t put_byte(uint64_t *seed, uint8_t *bytes, size_t length)
{
    uint8_t byte = (uint8_t)seeded_next(seed);
    return replace(bytes, length, any_span(seed, length, 1), &byte, 1);
}

static size_t put_word(uint64_t *seed, uint8_t *bytes, size_t length, bool at_value)
{
    const char *word = words[seeded_pick(seed, 0, sizeof(words) / sizeof(*words) - 1)];
    struct span old = at_value ? any_value(seed, bytes, length) : any_span(seed, length, 0);
    return replace(bytes, length, old, (const uint8_t *)word, strlen(word));
}

static size_t put_value(uint64_t *seed, const struct fuzz_sample *from, uint8_t *bytes,
                        size_t length)
{
    struct span value = any_value(seed, from->bytes, from->length);
    return replace(bytes, length, any_value(seed, bytes, length), from->bytes + value.at,
                   value.length);
}

static size_t put_piece(uint64_t *seed, const struct fuzz_sample *from, uint8_t *bytes,
                        size_t length)
{
    struct span piece = any_span(seed, from->length, FUZZ_PIECE_MAX);
    return replace(bytes, length, any_span(seed, length, seeded_pick(seed, 0, 64)),
                   from->bytes + piece.at, piece.length);
}

static size_t change_bytes(uint64_t *seed, const struct fuzz_sample *other, uint8_t *bytes,
                           size_t length)
{
    const struct fuzz_sample self = {bytes, length};
    switch (seeded_pick(seed, 0, 6)) {
    case 0:
        return flip(seed, bytes, length);
    case 1:
        return put_byte(seed, bytes, length);
    case 2: /* cut short */
        return any_span(seed, length, 0).at;
    case 3: /* cut out */
        return replace(bytes, length, any_span(seed, length, length), bytes, 0);
    case 4: /* repeated elsewhere */
        return put_piece(seed, &self, bytes, length);
    case 5:
        return put_piece(seed, other, bytes, length);
    default:
        return put_word(seed, bytes, length, false);
    }
}

static size_t change_values(uint64_t *seed, const struct fuzz_sample *other, uint8_t *bytes,
                            size_t length)
{
    const struct fuzz_sample self = {bytes, length};
    switch (seeded_pick(seed, 0, 2)) {
    case 0: /* a value for a value of its own: what nests comes to nest deeper */
        return put_value(seed, &self, bytes, length);
    case 1:
        return put_value(seed, other, bytes, length);
    default:
        return put_word(seed, bytes, length, true);
    }
}

/* Half of all inputs have only values changed, so that they mostly stay JSON and come to what lies
 * behind its parser. */
size_t fuzz_mutate(uint64_t *seed, const struct fuzz_sample *from, const struct fuzz_sample *other,
                   uint8_t *to)
{
    bool stays_json = seeded_pick(seed, 0, 1);
    size_t length = from->length;
    memcpy(to, from->bytes, length);
    for (uint32_t left = seeded_pick(seed, 1, FUZZ_CHANGES_MAX); left > 0; left--)
        length = stays_json ? change_values(seed, other, to, length)
                            : change_bytes(seed, other, to, length);
    return length;
}
