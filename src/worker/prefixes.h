/* The compute thread's use of domain/prefix_tree.h: sequences that run share what they have
 * computed alike, and what has ended is kept for prompts to come. Where the engine keeps no
 * prefixes all of this does nothing, and every sequence may start at once. Compute thread only,
 * between steps. */
#ifndef HEARTH_WORKER_PREFIXES_H
#define HEARTH_WORKER_PREFIXES_H

#include "domain/prefix_tree.h"
#include "worker/worker.h"

struct prefixes {
    struct hearth_prefix_cells cells; /* first: the tree gives it back */
    struct worker *worker;
    struct hearth_prefix_tree *tree; /* NULL: none are kept */
};

void prefixes_init(struct prefixes *prefixes, struct worker *worker);
void prefixes_finish(struct prefixes *prefixes);

/* The stream has got its sequence; it `waits` until prefixes_start lets it go. */
void prefixes_enter(struct prefixes *prefixes, struct stream *stream);
/* Lets streams go that may start now: their `batch.prompt_left` is what is not there already. */
void prefixes_start(struct prefixes *prefixes, struct stream *const *running);
/* Whether a stream stands still since its client does not read: nobody waits for it then. True when
 * that is news. Under the lock. */
bool prefixes_rest(struct prefixes *prefixes, struct stream *stream);
/* After a step that took tokens of its prompt. */
void prefixes_grow(struct prefixes *prefixes, const struct stream *stream);
/* The engine has ended its sequence. */
void prefixes_end(struct prefixes *prefixes, const struct stream *stream);
/* Into the counters; under the lock. */
void prefixes_count(const struct prefixes *prefixes, uint64_t counters[HEARTH_COUNTER_COUNT]);
/* An adapter is about to go; its place is counted from 0. */
void prefixes_forget(struct prefixes *prefixes, uint32_t place);

#endif
