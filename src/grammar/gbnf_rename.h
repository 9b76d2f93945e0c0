/* Gives every rule of a grammar in GBNF a name of its own, so that two grammars can stand in one
 * text: "root" becomes "hearth-answer-root" with the prefix "hearth-answer-".
 *
 * Pure; time is in proportion to the text. What is no GBNF is copied in some way, and refused by
 * who compiles it (gbnf_check.h). */
#ifndef HEARTH_GRAMMAR_GBNF_RENAME_H
#define HEARTH_GRAMMAR_GBNF_RENAME_H

#include "base/buf.h"

/* Appends the grammar, and a line's end. What does not fit is in the buffer's `failed`. */
void hearth_gbnf_rename(const char *text, size_t length, const char *prefix, struct hearth_buf *to);

#endif
