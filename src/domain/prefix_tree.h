/* Beginnings of prompts that were computed already: which cells of a KV cache hold them, who shares
 * them, and what goes when room is wanted. Pure policy; not thread-safe.
 *
 * A radix tree over tokens. A node stands for the tokens between its parent's end and its own, and
 * owns the cells that hold these. Cells are reached through a *place*: a sequence of the engine.
 * The places 0 … slots - 1 are the slots, in which requests run; those behind them keep what was
 * computed after its request has ended. Only leaves have a place, which holds all tokens from the
 * first one to the leaf's end: of a slot while its request runs, so that others share what it has
 * computed so far, and one of the rest after that. A request that begins takes a copy of the
 * longest beginning that there is, from any place below it.
 *
 * Whose prompt begins as one that is being read waits for that one's next piece, not for its end,
 * and not where the other is less urgent or stands still.
 *
 * Room: the cells of all nodes, and those that each running sequence may still come to need by
 * itself, are never more than there are. Where they would be, the leaf whose last use is the
 * longest ago goes, whole; never one that a running sequence has under it. A sequence for which
 * that is not enough waits in its slot. The sum is an upper bound: cells hold several tokens, and
 * one at a border counts for both sides.
 *
 * Disk: a request may say that what is computed of it stays *off disk*. A node that only such
 * requests have computed or begun with is never offered to be written; one that another request has
 * computed or begun with is, and then so are all above it. A node therefore never grows by tokens
 * of the other kind: these become a leaf below it. */
#ifndef HEARTH_DOMAIN_PREFIX_TREE_H
#define HEARTH_DOMAIN_PREFIX_TREE_H

#include "domain/queue.h"

#include <stdbool.h>
#include <stdint.h>

/* Who would be spared fewer tokens than this does not wait for them. */
#define HEARTH_PREFIX_WORTH_WAITING 32u

struct hearth_prefix_limits {
    uint32_t slots;
    uint32_t places;      /* behind the slots */
    uint32_t cell_tokens; /* tokens of a cell; at least 1 */
    uint32_t cells; /* in all; enough for one sequence of any length that comes; and one more, where
                     * a cell has several tokens */
    uint32_t kept_cells; /* most that nodes may have once nobody runs with them */
};

/* What holds the cells; whoever makes a tree gives it, and it stays until the tree is gone. */
struct hearth_prefix_cells {
    /* `to` becomes what the first `count` tokens of `from` are. */
    void (*copy)(struct hearth_prefix_cells *cells, uint32_t from, uint32_t to, uint32_t count);
    /* A place forgets all but its first `count` tokens. */
    void (*cut)(struct hearth_prefix_cells *cells, uint32_t place, uint32_t count);
};

struct hearth_prefix_prompt {
    uint64_t key;          /* prompts of other keys have nothing in common; 0: with nobody */
    uint32_t adapter;      /* see forget; 0: none */
    const int32_t *tokens; /* the caller's, until the slot's end */
    uint32_t count;        /* at least 1 */
    uint32_t most;         /* tokens that it may have with its answer */
    enum hearth_class class_;
    bool off_disk; /* what is computed of it is not to be written */
};

struct hearth_prefix_counts {
    uint64_t hits, misses; /* prompts that began with something of the tree, or with nothing */
    uint64_t hit_tokens;
    uint64_t evictions; /* nodes */
    uint32_t cells;     /* of all nodes, now */
    uint32_t nodes;
};

struct hearth_prefix_tree;

struct hearth_prefix_tree *hearth_prefix_tree_create(const struct hearth_prefix_limits *limits,
                                                     struct hearth_prefix_cells *cells);
void hearth_prefix_tree_destroy(struct hearth_prefix_tree *tree); /* NULL is allowed */

/* A free slot, which holds nothing, gets a request. */
void hearth_prefix_tree_enter(struct hearth_prefix_tree *tree, uint32_t slot,
                              const struct hearth_prefix_prompt *prompt);
/* May the slot's request, which has not started, start now? Then the slot holds its first
 * `*ret_count` tokens, which are fewer than the prompt's. Else it is asked again after a step. */
bool hearth_prefix_tree_start(struct hearth_prefix_tree *tree, uint32_t slot, uint32_t *ret_count);
/* Whether it stands still for now, for what reason ever; not at first. */
void hearth_prefix_tree_rest(struct hearth_prefix_tree *tree, uint32_t slot, bool rests);
/* So many tokens of its prompt are in its slot now; others may take them from there. */
void hearth_prefix_tree_grow(struct hearth_prefix_tree *tree, uint32_t slot, uint32_t count);
/* It has ended, and its slot, if it has started, holds these tokens, prompt and answer: they are
 * kept where there is room, and the slot holds nothing any more. */
void hearth_prefix_tree_end(struct hearth_prefix_tree *tree, uint32_t slot, const int32_t *tokens,
                            uint32_t count);

/* How many tokens of the prompt a request could start with, if it came now. */
uint32_t hearth_prefix_tree_known(const struct hearth_prefix_tree *tree,
                                  const struct hearth_prefix_prompt *prompt);

/* Prefixes that come from elsewhere, and go there: a disk. Room for `count` tokens and a place that
 * is free; false: there is none. Then adopt, with the tokens that the place holds by now; or with
 * none, and it is free again. */
bool hearth_prefix_tree_place(struct hearth_prefix_tree *tree, uint32_t count, uint32_t *ret_place);
void hearth_prefix_tree_adopt(struct hearth_prefix_tree *tree, uint64_t key, const int32_t *tokens,
                              uint32_t count, uint32_t place);
/* A place behind the slots that nobody has settled, of no adapter, that may be written, and its
 * prompt's key. False: there is none. */
bool hearth_prefix_tree_unsettled(const struct hearth_prefix_tree *tree, uint32_t *ret_place,
                                  uint64_t *ret_key);
/* It has been written, or never will be. */
void hearth_prefix_tree_settle(struct hearth_prefix_tree *tree, uint32_t place);

/* Leaves that may not be written go, as far as nobody runs with them, until a node that may be is
 * one: the end of a worker. */
void hearth_prefix_tree_forget_off_disk(struct hearth_prefix_tree *tree);

/* What was computed with an adapter goes; no request of it runs. */
void hearth_prefix_tree_forget(struct hearth_prefix_tree *tree, uint32_t adapter);
struct hearth_prefix_counts hearth_prefix_tree_counts(const struct hearth_prefix_tree *tree);

#endif
