/* Reads a grammar in GBNF into rules and their parts, as far as its checks (gbnf_check.h) ask for
 * them. A group in brackets is a rule without a name. Of a sign or a text only its place is kept.
 *
 * Pure; all is allocated in the arena. */
#ifndef HEARTH_GRAMMAR_GBNF_READ_H
#define HEARTH_GRAMMAR_GBNF_READ_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_GBNF_NO_RULE UINT32_MAX

struct hearth_gbnf_part_read {
    uint32_t rule;   /* HEARTH_GBNF_NO_RULE: signs */
    bool may_lack;   /* it may be left out, or is an empty text */
    bool starts;     /* an alternative */
    uint32_t copies; /* libllama makes of it, at most */
};

struct hearth_gbnf_rule_read {
    const char *name; /* within the text; NULL: a group */
    size_t name_length;
    size_t line; /* where it was first named */
    bool defined;
    uint32_t first, count; /* its parts: alternatives, one behind the other */
};

struct hearth_gbnf_read {
    struct hearth_gbnf_rule_read *rules;
    struct hearth_gbnf_part_read *parts;
    uint32_t rule_count, part_count;
    uint32_t root;
    bool by_text; /* no rule names whole tokens */
};

/* HEARTH_EINVAL names the line: what cannot be read, a rule that is missing or stands twice. */
int hearth_gbnf_read(const char *text, size_t length, struct hearth_arena *arena,
                     struct hearth_gbnf_read *ret_read, struct hearth_error *error);

#endif
