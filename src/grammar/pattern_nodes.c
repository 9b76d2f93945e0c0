/* The parts of a regular expression. What is repeated never matches the empty text: a grammar that
 * repeats nothing would begin with itself. */
#include "grammar/pattern_parts.h"

#define NODES_MAX 20000u
#define DEPTH_MAX 500u /* of parts that may be empty, one behind the other, and are repeated */

static struct hearth_pattern_node *make(struct hearth_pattern *pattern,
                                        enum hearth_pattern_kind kind)
{
    if (pattern->node_count >= NODES_MAX)
        return NULL;
    struct hearth_pattern_node *node = hearth_arena_alloc(pattern->arena, sizeof(*node));
    if (!node)
        return NULL;
    pattern->node_count++;
    node->kind = kind;
    return node;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    return a >= HEARTH_GBNF_NO_LIMIT - b ? HEARTH_GBNF_NO_LIMIT : a + b;
}

static uint32_t product(uint32_t a, uint32_t b)
{
    uint64_t whole = (uint64_t)a * b;
    return whole >= HEARTH_GBNF_NO_LIMIT ? HEARTH_GBNF_NO_LIMIT : (uint32_t)whole;
}

const struct hearth_pattern_node *hearth_pattern_leaf(struct hearth_pattern *pattern,
                                                      enum hearth_pattern_kind kind)
{
    return make(pattern, kind);
}

const struct hearth_pattern_node *hearth_pattern_points(struct hearth_pattern *pattern,
                                                        const struct hearth_points *points)
{
    if (!points->count)
        return make(pattern, HEARTH_PATTERN_NEVER);
    struct hearth_pattern_node *node = make(pattern, HEARTH_PATTERN_POINTS);
    struct hearth_points *copy = node ? hearth_arena_alloc(pattern->arena, sizeof(*copy)) : NULL;
    if (!copy)
        return NULL;
    *copy = *points;
    node->points = copy;
    node->least = node->most = 1;
    return node;
}

const struct hearth_pattern_node *hearth_pattern_pair(struct hearth_pattern *pattern,
                                                      enum hearth_pattern_kind kind,
                                                      const struct hearth_pattern_node *first,
                                                      const struct hearth_pattern_node *second)
{
    if (!first || !second)
        return NULL;
    bool then = kind == HEARTH_PATTERN_THEN;
    bool first_never = first->kind == HEARTH_PATTERN_NEVER;
    bool second_never = second->kind == HEARTH_PATTERN_NEVER;
    if (first_never || second_never)
        return then ? make(pattern, HEARTH_PATTERN_NEVER) : first_never ? second : first;
    if (then && first->kind == HEARTH_PATTERN_EMPTY)
        return second;
    if (then && second->kind == HEARTH_PATTERN_EMPTY)
        return first;
    struct hearth_pattern_node *node = make(pattern, kind);
    if (!node)
        return NULL;
    node->first = first;
    node->second = second;
    node->least = then                           ? sum(first->least, second->least)
                  : first->least < second->least ? first->least
                                                 : second->least;
    node->most = then                         ? sum(first->most, second->most)
                 : first->most > second->most ? first->most
                                              : second->most;
    return node;
}

/* What the node matches, without the empty text. Of two parts that may both be empty: something of
 * the first and then the second, or something of the second alone. */
static const struct hearth_pattern_node *
something(struct hearth_pattern *pattern, const struct hearth_pattern_node *node, unsigned depth)
{
    if (!node || node->least > 0 || node->kind == HEARTH_PATTERN_NEVER)
        return node;
    if (depth > DEPTH_MAX)
        return NULL;
    switch (node->kind) {
    case HEARTH_PATTERN_EITHER:
        return hearth_pattern_pair(pattern, HEARTH_PATTERN_EITHER,
                                   something(pattern, node->first, depth + 1),
                                   something(pattern, node->second, depth + 1));
    case HEARTH_PATTERN_THEN:
        return hearth_pattern_pair(pattern, HEARTH_PATTERN_EITHER,
                                   hearth_pattern_pair(pattern, HEARTH_PATTERN_THEN,
                                                       something(pattern, node->first, depth + 1),
                                                       node->second),
                                   something(pattern, node->second, depth + 1));
    case HEARTH_PATTERN_REPEAT: /* its body is something already */
        return hearth_pattern_repeat(pattern, node->first, 1, node->high);
    default:
        return make(pattern, HEARTH_PATTERN_NEVER);
    }
}

const struct hearth_pattern_node *hearth_pattern_repeat(struct hearth_pattern *pattern,
                                                        const struct hearth_pattern_node *body,
                                                        uint32_t low, uint32_t high)
{
    if (!body)
        return NULL;
    bool may_be_empty = body->least == 0 && body->kind != HEARTH_PATTERN_NEVER;
    if (may_be_empty) {
        body = something(pattern, body, 0);
        low = 0;
    }
    if (!body)
        return NULL;
    if (body->kind == HEARTH_PATTERN_NEVER)
        return make(pattern, low == 0 ? HEARTH_PATTERN_EMPTY : HEARTH_PATTERN_NEVER);
    if (high == 0)
        return make(pattern, HEARTH_PATTERN_EMPTY);
    if (low == 1 && high == 1)
        return body;
    struct hearth_pattern_node *node = make(pattern, HEARTH_PATTERN_REPEAT);
    if (!node)
        return NULL;
    node->first = body;
    node->low = low;
    node->high = high;
    node->least = product(body->least, low);
    node->most = high == HEARTH_GBNF_NO_LIMIT ? high : product(body->most, high);
    return node;
}
