/* Looks at a grammar in GBNF before libllama reads it, so that what is wrong is said in words that
 * help, with the line: what cannot be read, rules that are missing or stand twice, too much
 * nesting, too many repetitions, rules that may begin with themselves or lead to others in so many
 * ways that reading them would take for ever, and rules that no finite text fits, because each
 * begins another round.
 *
 * Pure. Time is in proportion to the text, and to the number of its rules at worst. */
#ifndef HEARTH_GRAMMAR_GBNF_CHECK_H
#define HEARTH_GRAMMAR_GBNF_CHECK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct hearth_gbnf_verdict {
    bool by_text; /* no rule names whole tokens (<[1000]>, <think>, !<[7]>) */
    bool endless; /* it was refused because no finite text fits it */
};

/* HEARTH_EINVAL. */
int hearth_gbnf_check(const char *text, size_t length, struct hearth_gbnf_verdict *ret_verdict,
                      struct hearth_error *error);

#endif
