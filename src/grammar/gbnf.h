/* Writes a grammar in GBNF, llama.cpp's form of grammars (its grammars/README.md): one rule to a
 * line, rules are named r1, r2 … and referred to by their number.
 *
 * Life: init, then rules in any order (a rule may be named before it is written), finish. What goes
 * wrong (too many rules, too much text) is kept in `text.failed`, so that a writer asks once at the
 * end; numbers that were given after that are good for nothing, and harmless. Bounds: `text` has
 * the maximum given at init, and there are at most HEARTH_GBNF_RULES_MAX rules. One thread. */
#ifndef HEARTH_GRAMMAR_GBNF_H
#define HEARTH_GRAMMAR_GBNF_H

#include "base/buf.h"

#include <stdint.h>

#define HEARTH_GBNF_RULES_MAX 10000u
#define HEARTH_GBNF_NO_LIMIT UINT32_MAX
/* The most repetitions that a bound may ask for: libllama copies what is repeated. */
#define HEARTH_GBNF_REPEAT_MAX 100000u

/* Parts of JSON that most grammars need; each is written at its first use. */
enum hearth_gbnf_part {
    HEARTH_GBNF_SPACE, /* nothing, a space, or a line's end and an indent: bounded, so that a model
                          cannot go on with white space for ever */
    HEARTH_GBNF_CHAR,  /* one code point within a JSON text, as it is or escaped */
    HEARTH_GBNF_PLAIN, /* the same, never escaped */
    HEARTH_GBNF_STRING,
    HEARTH_GBNF_INTEGER, /* at most 16 digits: exact in a double */
    HEARTH_GBNF_NUMBER,  /* finite in a double */
    HEARTH_GBNF_VALUE,
    HEARTH_GBNF_ARRAY,
    HEARTH_GBNF_OBJECT,
    HEARTH_GBNF_PART_COUNT,
};

struct hearth_gbnf {
    struct hearth_buf text; /* the rules that are written */
    uint32_t rule_count;
    uint32_t parts[HEARTH_GBNF_PART_COUNT]; /* 0: not written yet */
};

void hearth_gbnf_init(struct hearth_gbnf *gbnf, size_t max);
void hearth_gbnf_finish(struct hearth_gbnf *gbnf);

/* A number for a rule that is written later. */
uint32_t hearth_gbnf_reserve(struct hearth_gbnf *gbnf);
/* Writes the rule: `body` is what stands behind "::=". */
void hearth_gbnf_define(struct hearth_gbnf *gbnf, uint32_t rule, const struct hearth_buf *body);
/* Both in one. */
uint32_t hearth_gbnf_rule(struct hearth_gbnf *gbnf, const struct hearth_buf *body);
uint32_t hearth_gbnf_rule_of(struct hearth_gbnf *gbnf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "root ::= …": where a text begins. */
void hearth_gbnf_root(struct hearth_gbnf *gbnf, uint32_t rule);

uint32_t hearth_gbnf_part(struct hearth_gbnf *gbnf, enum hearth_gbnf_part part);

/* `low` to `high` times (HEARTH_GBNF_NO_LIMIT) what the rule says, with `low` <= `high` and both
 * within HEARTH_GBNF_REPEAT_MAX. Many repetitions are written as repetitions of blocks, which takes
 * the square root of their number. */
uint32_t hearth_gbnf_repeat(struct hearth_gbnf *gbnf, uint32_t rule, uint32_t low, uint32_t high);

/* For bodies: a quoted text, whatever its bytes are (UTF-8 without NUL); one code point as it may
 * stand in a quoted text or within brackets. */
void hearth_gbnf_literal(struct hearth_buf *body, const char *text, size_t length);
void hearth_gbnf_point(struct hearth_buf *body, uint32_t point);

#endif
