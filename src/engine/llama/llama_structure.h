/* Grammars of answers by what requests say (src/grammar/structure_grammar.h), kept for later
 * requests that say the same: reading a grammar takes longer than copying one.
 *
 * Any thread; a compiled grammar that is handed out belongs to the caller. At most
 * HEARTH_LLAMA_STRUCTURES are kept, those that were used last. */
#ifndef HEARTH_LLAMA_STRUCTURE_H
#define HEARTH_LLAMA_STRUCTURE_H

#include "base/buf.h"
#include "engine/llama/llama_grammar.h"
#include "hearth/engine.h"

#define HEARTH_LLAMA_STRUCTURES 16u

struct hearth_llama_structures;

struct hearth_llama_structures *hearth_llama_structures_create(void);
void hearth_llama_structures_destroy(struct hearth_llama_structures *kept); /* NULL is allowed */

/* Appends the grammar, in GBNF, that the input asks for, be it in its sampling (GBNF, or a JSON
 * object) or beside its messages; nothing where it asks for none. */
int hearth_llama_structure_of(const struct hearth_input *input, struct hearth_buf *gbnf,
                              struct hearth_error *error);

/* The grammar of this text, compiled or kept. */
int hearth_llama_structure_compile(struct hearth_llama_structures *kept,
                                   struct hearth_llama_prefixes *prefixes,
                                   const struct hearth_buf *gbnf,
                                   struct hearth_llama_grammar **ret_grammar,
                                   struct hearth_error *error);

#endif
