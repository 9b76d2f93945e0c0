/* Regular expressions into grammars: the part that is the same in JSON Schema (ECMA-262) and in
 * Python, and that is regular. Classes, groups, alternatives, repetitions (lazy ones match the same
 * texts), anchors at the ends of the whole or of its alternatives, \d \w \s and their opposites,
 * \n \r \t \f \v \xHH \uHHHH \u{H…}, and any escaped sign.
 *
 * What is refused: look-around, back references, flags, word boundaries, \p. Classes that the
 * dialects see differently mean what all of them agree on: \d, \w and \s are ASCII's; \D and \W are
 * the other signs of ASCII; \S is all that no dialect calls a space.
 *
 * Pure. Bounds: HEARTH_PATTERN_BYTES_MAX bytes, 100 groups within each other, 20,000 parts, a
 * repetition of at most HEARTH_GBNF_REPEAT_MAX. */
#ifndef HEARTH_GRAMMAR_PATTERN_H
#define HEARTH_GRAMMAR_PATTERN_H

#include "base/error.h"
#include "grammar/gbnf.h"

#include <stdbool.h>

#define HEARTH_PATTERN_BYTES_MAX (16u << 10)

enum hearth_pattern_use {
    HEARTH_PATTERN_WHOLE = 1, /* the pattern is the whole text, as if it had its anchors */
    HEARTH_PATTERN_WITHIN,    /* it is found somewhere in the text, as JSON Schema has it */
};

struct hearth_pattern;

/* HEARTH_EINVAL, with the place in the pattern, what cannot be read or is not taken. */
int hearth_pattern_read(const char *text, size_t length, enum hearth_pattern_use use,
                        struct hearth_pattern **ret_pattern, struct hearth_error *error);
void hearth_pattern_destroy(struct hearth_pattern *pattern); /* NULL is allowed */

/* The fewest and the most code points of a text that it matches; HEARTH_GBNF_NO_LIMIT. */
void hearth_pattern_lengths(const struct hearth_pattern *pattern, uint32_t *ret_least,
                            uint32_t *ret_most);

/* The rule of the texts that it matches. `in_json`: as they stand between the quotation marks of
 * JSON. */
uint32_t hearth_pattern_write(struct hearth_pattern *pattern, bool in_json,
                              struct hearth_gbnf *gbnf);

#endif
