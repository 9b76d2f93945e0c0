/* The tree of a regular expression; shared by the files that read and write it. */
#ifndef HEARTH_GRAMMAR_PATTERN_PARTS_H
#define HEARTH_GRAMMAR_PATTERN_PARTS_H

#include "base/arena.h"
#include "grammar/pattern.h"
#include "grammar/points.h"

enum hearth_pattern_kind {
    HEARTH_PATTERN_EMPTY,  /* the empty text */
    HEARTH_PATTERN_NEVER,  /* no text at all */
    HEARTH_PATTERN_POINTS, /* one of a set */
    HEARTH_PATTERN_THEN,   /* first, then second */
    HEARTH_PATTERN_EITHER, /* first or second */
    HEARTH_PATTERN_REPEAT, /* first, low to high times */
};

struct hearth_pattern_node {
    enum hearth_pattern_kind kind;
    const struct hearth_pattern_node *first, *second;
    const struct hearth_points *points;
    uint32_t low, high;
    /* Of what it matches, in code points; known when it is made. */
    uint32_t least, most;
};

struct hearth_pattern {
    struct hearth_arena *arena;
    const struct hearth_pattern_node *root;
    uint32_t node_count;
};

/* pattern_nodes.c. NULL: the pattern has too many parts; NULL arguments give NULL. */
const struct hearth_pattern_node *hearth_pattern_leaf(struct hearth_pattern *pattern,
                                                      enum hearth_pattern_kind kind);
const struct hearth_pattern_node *hearth_pattern_points(struct hearth_pattern *pattern,
                                                        const struct hearth_points *points);
const struct hearth_pattern_node *hearth_pattern_pair(struct hearth_pattern *pattern,
                                                      enum hearth_pattern_kind kind,
                                                      const struct hearth_pattern_node *first,
                                                      const struct hearth_pattern_node *second);
const struct hearth_pattern_node *hearth_pattern_repeat(struct hearth_pattern *pattern,
                                                        const struct hearth_pattern_node *body,
                                                        uint32_t low, uint32_t high);

#endif
