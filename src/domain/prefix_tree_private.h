/* What the two halves of the prefix tree share: prefix_tree.c has its nodes and places,
 * prefix_sequences.c the requests that run. */
#ifndef HEARTH_DOMAIN_PREFIX_TREE_PRIVATE_H
#define HEARTH_DOMAIN_PREFIX_TREE_PRIVATE_H

#include "domain/prefix_tree.h"

#define PREFIX_NO_PLACE UINT32_MAX

struct prefix_node {
    struct prefix_node *parent, *children, *next; /* `next` beside it */
    int32_t *tokens;
    uint32_t start, count; /* none of the first one of each key */
    uint32_t place;        /* of a leaf that has tokens; else PREFIX_NO_PLACE */
    bool settled;          /* a leaf: see hearth_prefix_tree_settle */
    bool off_disk;         /* so are all nodes below it */
    uint32_t users;        /* running sequences that stand here */
    uint64_t used;
    uint64_t key; /* of a first one */
    uint32_t adapter;
};

struct prefix_sequence {
    bool entered, started, rests;
    struct hearth_prefix_prompt prompt;
    struct prefix_node *at; /* the deepest that it goes through; NULL: it shares nothing */
    uint32_t done;          /* tokens of the prompt that its slot holds */
    uint32_t reserved;      /* cells for what it computes that is no node's yet */
    uint64_t order;
};

struct hearth_prefix_tree {
    struct hearth_prefix_limits limits;
    struct hearth_prefix_cells *cells;
    struct prefix_node *roots; /* one for each key */
    uint32_t *free_places, free_count;
    uint64_t node_cells, reserved_cells;
    uint64_t uses, arrivals;
    struct hearth_prefix_counts counts;
    struct prefix_sequence sequences[];
};

static inline uint32_t prefix_end(const struct prefix_node *node)
{
    return node->start + node->count;
}

/* Cells that tokens from `start` to `end` lie in. */
static inline uint32_t prefix_cells_between(const struct hearth_prefix_tree *tree, uint32_t start,
                                            uint32_t end)
{
    uint64_t each = tree->limits.cell_tokens;
    return (uint32_t)((end + each - 1) / each - start / each);
}

/* The node of a key in which no token stands yet, made where it is missing. NULL: no memory. */
struct prefix_node *prefix_root(struct hearth_prefix_tree *tree, uint64_t key, uint32_t adapter);
/* The node that the longest known beginning of the tokens ends in, maybe in its middle. The leaf
 * `except` (or NULL) is not known. */
struct prefix_node *prefix_match(const struct hearth_prefix_tree *tree, uint64_t key,
                                 const int32_t *tokens, uint32_t count,
                                 const struct prefix_node *except, uint32_t *ret_length);
/* Cuts it in two; the upper one, which ends at token number `end`, or NULL: no memory. */
struct prefix_node *prefix_split(struct hearth_prefix_tree *tree, struct prefix_node *node,
                                 uint32_t end);
/* A leaf below `at` with tokens up to `end`, all of which `place` holds; NULL: no memory. */
struct prefix_node *prefix_add(struct hearth_prefix_tree *tree, struct prefix_node *at,
                               const int32_t *tokens, uint32_t end, uint32_t place);
/* The same for a leaf that becomes longer. */
bool prefix_extend(struct hearth_prefix_tree *tree, struct prefix_node *leaf, const int32_t *tokens,
                   uint32_t end);
/* Any place that holds the node's tokens. */
uint32_t prefix_place(const struct prefix_node *node);
/* It and all above it were used just now. */
void prefix_use(struct hearth_prefix_tree *tree, struct prefix_node *node);
/* It and all above it may be written. */
void prefix_let_out(struct prefix_node *node);
/* A leaf leaves its place, a slot which maybe still `holds` its tokens, for another one; or it
 * goes, also where it is not `wanted`. A root without children goes. */
void prefix_leave_slot(struct hearth_prefix_tree *tree, struct prefix_node *node, bool holds,
                       bool wanted);
/* Takes the leaf away that was not used for the longest; of one adapter only where it is not 0.
 * False: there is none that could go. */
bool prefix_evict(struct hearth_prefix_tree *tree, uint32_t adapter);
/* Evicts until so many cells more would have room. */
bool prefix_make_room(struct hearth_prefix_tree *tree, int64_t cells);

#endif
