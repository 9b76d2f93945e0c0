/* The compute thread's use of domain/prefix_tree.h: sequences that run share what they have
 * computed alike, and what has ended is kept for prompts to come. Where the engine keeps no
 * prefixes all of this does nothing, and every sequence may start at once. Compute thread only,
 * between steps. */
#ifndef HEARTH_WORKER_PREFIXES_H
#define HEARTH_WORKER_PREFIXES_H

#include "domain/prefix_tree.h"
#include "worker/worker.h"

struct prefix_disk;

struct prefixes {
    struct hearth_prefix_cells cells; /* first: the tree gives it back */
    struct worker *worker;
    struct hearth_prefix_tree *tree; /* NULL: none are kept */
    struct prefix_disk *disk;        /* NULL: none are written */
    uint64_t loads_done;             /* ticket of the last load that has come back */
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
/* Copies one that is not written yet for the disk, when nothing was computed for so long that it
 * disturbs nobody: 1. Else after how many microseconds it is to be asked again; 0: not at all. */
uint64_t prefixes_save(struct prefixes *prefixes, uint64_t quiet_us);

/* prefixes_disk.c, for prefixes.c */
void prefixes_open_disk(struct prefixes *prefixes);
void prefixes_close_disk(struct prefixes *prefixes); /* saves what is not, for some seconds */
void prefixes_ask_disk(struct prefixes *prefixes, const struct hearth_prefix_prompt *prompt,
                       struct stream *stream);
void prefixes_take_loaded(struct prefixes *prefixes);
void prefixes_count_disk(const struct prefixes *prefixes, uint64_t counters[HEARTH_COUNTER_COUNT]);

/* Into the counters; under the lock. */
void prefixes_count(const struct prefixes *prefixes, uint64_t counters[HEARTH_COUNTER_COUNT]);
/* An adapter is about to go; its place is counted from 0. */
void prefixes_forget(struct prefixes *prefixes, uint32_t place);

#endif
