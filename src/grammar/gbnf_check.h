/* Looks at a grammar in GBNF before libllama reads it, so that what is wrong is said in words that
 * help, with the line: what cannot be read, rules that are missing, too much nesting, too many
 * repetitions, and rules that no finite text fits, because each begins another round.
 *
 * Pure. Time is in proportion to the text, and to the number of its rules at worst. */
#ifndef HEARTH_GRAMMAR_GBNF_CHECK_H
#define HEARTH_GRAMMAR_GBNF_CHECK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* HEARTH_EINVAL. `ret_by_text`: no rule names whole tokens (<[1000]>, <think>, !<[7]>). */
int hearth_gbnf_check(const char *text, size_t length, bool *ret_by_text,
                      struct hearth_error *error);

#endif
