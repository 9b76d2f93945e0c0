/* Grammars in GBNF, through libllama: which tokens may follow, and where in the grammar a text is.
 * A grammar is read when an input is prepared; each sequence has a copy with a place of its own.
 * One thread at a time for each. */
#ifndef HEARTH_LLAMA_GRAMMAR_H
#define HEARTH_LLAMA_GRAMMAR_H

#include "base/buf.h"
#include "hearth/error.h"

#include <llama.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_llama_grammar;

/* Which token's text begins with which other token's text, of a whole vocabulary: where a grammar
 * refuses the shorter one, it refuses the longer one too, so that most tokens need not be asked. It
 * is found out at the first use, which takes tens of milliseconds. Any thread. */
struct hearth_llama_prefixes;

struct hearth_llama_prefixes *hearth_llama_prefixes_create(const struct llama_vocab *vocab);
void hearth_llama_prefixes_destroy(struct hearth_llama_prefixes *prefixes); /* NULL is allowed */

/* HEARTH_EINVAL where it cannot be read, or has no rule "root". The prefixes must outlive it. */
int hearth_llama_grammar_create(struct hearth_llama_prefixes *prefixes, const char *text,
                                size_t length, struct hearth_llama_grammar **ret_grammar,
                                struct hearth_error *error);
/* What a grammar waits for that holds only a part of an answer; lists of texts, each with its NUL,
 * which must outlive the call only. */
struct hearth_llama_wake_words {
    const struct hearth_buf *words;    /* any of these wakes it */
    const struct hearth_buf *patterns; /* so does any of these regular expressions */
    const struct hearth_buf *thought_starts, *thought_ends; /* nothing does between these */
    bool thinking;                                          /* it begins between them */
};
/* One that lets everything through until then. */
int hearth_llama_grammar_create_waiting(struct hearth_llama_prefixes *prefixes, const char *text,
                                        size_t length, const struct hearth_llama_wake_words *wake,
                                        struct hearth_llama_grammar **ret_grammar,
                                        struct hearth_error *error);
/* Lets everything through up to the first of these texts, where what the model thinks ends, and
 * begins behind the token that completes it. */
int hearth_llama_grammar_wait_for_thought(struct hearth_llama_grammar *grammar,
                                          const struct hearth_buf *thought_ends,
                                          struct hearth_error *error);
/* At the place where `from` is. NULL: no memory. */
struct hearth_llama_grammar *hearth_llama_grammar_copy(const struct hearth_llama_grammar *from);
void hearth_llama_grammar_destroy(struct hearth_llama_grammar *grammar); /* NULL is allowed */

/* Which tokens may come next; struct hearth_sampler_gate's test, its argument is a grammar. Where
 * libllama fails, none. */
void hearth_llama_grammar_test(void *grammar, const int32_t *tokens, size_t count,
                               bool *ret_allowed);
/* Goes on behind a token that was found allowed. */
int hearth_llama_grammar_accept(struct hearth_llama_grammar *grammar, int32_t token);
/* Did test or accept need more time than an answer has for each of its tokens? */
bool hearth_llama_grammar_exhausted(const struct hearth_llama_grammar *grammar);

#endif
