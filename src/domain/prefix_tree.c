/* Nodes and places of the prefix tree. There are no more leaves than places and slots, so that
 * walks over all of it are short. */
#include "domain/prefix_tree_private.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

struct hearth_prefix_tree *hearth_prefix_tree_create(const struct hearth_prefix_limits *limits,
                                                     struct hearth_prefix_cells *cells)
{
    struct hearth_prefix_tree *tree =
        hearth_calloc(1, sizeof(*tree) + limits->slots * sizeof(tree->sequences[0]));
    tree->limits = *limits;
    tree->cells = cells;
    tree->free_places = hearth_calloc(limits->places + 1, sizeof(*tree->free_places));
    while (tree->free_count < limits->places) {
        tree->free_places[tree->free_count] = limits->slots + limits->places - 1 - tree->free_count;
        tree->free_count++;
    }
    return tree;
}

static void free_node(struct prefix_node *node)
{
    hearth_free(node->tokens);
    hearth_free(node);
}

/* The first leaf below. */
static struct prefix_node *first_leaf(struct prefix_node *node)
{
    while (node->children)
        node = node->children;
    return node;
}

/* The next leaf in order, or NULL behind the last one. */
static struct prefix_node *next_leaf(struct prefix_node *leaf)
{
    while (leaf && !leaf->next)
        leaf = leaf->parent;
    return leaf ? first_leaf(leaf->next) : NULL;
}

void hearth_prefix_tree_destroy(struct hearth_prefix_tree *tree)
{
    if (!tree)
        return;
    for (struct prefix_node *leaf; tree->roots;) {
        leaf = first_leaf(tree->roots);
        if (leaf->parent)
            leaf->parent->children = leaf->next;
        else
            tree->roots = leaf->next;
        free_node(leaf);
    }
    hearth_free(tree->free_places);
    hearth_free(tree);
}

static struct prefix_node *find_root(const struct hearth_prefix_tree *tree, uint64_t key)
{
    struct prefix_node *root = tree->roots;
    while (root && root->key != key)
        root = root->next;
    return root;
}

struct prefix_node *prefix_root(struct hearth_prefix_tree *tree, uint64_t key, uint32_t adapter)
{
    struct prefix_node *root = find_root(tree, key);
    if (!root && (root = hearth_try_calloc(1, sizeof(*root)))) {
        root->place = PREFIX_NO_PLACE;
        root->key = key;
        root->adapter = adapter;
        root->next = tree->roots;
        tree->roots = root;
    }
    return root;
}

/* How many of the node's tokens are those that stand there in `tokens`. */
static uint32_t same_tokens(const struct prefix_node *node, const int32_t *tokens, uint32_t count)
{
    uint32_t same = 0;
    while (same < node->count && node->start + same < count &&
           node->tokens[same] == tokens[node->start + same])
        same++;
    return same;
}

/* The next node in the order of a walk in which those below a node come right behind it; without
 * those below where it is not to go `down`. */
static struct prefix_node *next_node(const struct prefix_node *root, struct prefix_node *node,
                                     bool down)
{
    if (down && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

/* Several children may begin alike, so that all of them are looked at. */
struct prefix_node *prefix_match(const struct hearth_prefix_tree *tree, uint64_t key,
                                 const int32_t *tokens, uint32_t count,
                                 const struct prefix_node *except, uint32_t *ret_length)
{
    struct prefix_node *root = find_root(tree, key), *found = root;
    uint32_t longest = 0;
    for (struct prefix_node *node = root; node;) {
        uint32_t same = node == except ? 0 : same_tokens(node, tokens, count);
        if (node->start + same > longest && same > 0) {
            longest = node->start + same;
            found = node;
        }
        node = next_node(root, node, same == node->count && node != except);
    }
    *ret_length = longest;
    return found;
}

static int32_t *copy_tokens(const int32_t *tokens, uint32_t count)
{
    int32_t *copy = hearth_try_alloc(count * sizeof(*copy));
    if (copy)
        memcpy(copy, tokens, count * sizeof(*copy));
    return copy;
}

static uint32_t cells_of(const struct hearth_prefix_tree *tree, const struct prefix_node *node)
{
    return prefix_cells_between(tree, node->start, prefix_end(node));
}

/* In the list of its parent's children. */
static struct prefix_node **link_of(struct hearth_prefix_tree *tree, struct prefix_node *node)
{
    struct prefix_node **link = node->parent ? &node->parent->children : &tree->roots;
    while (*link != node)
        link = &(*link)->next;
    return link;
}

/* The upper half is the new one, so that whoever stands at the node stays at its end. */
struct prefix_node *prefix_split(struct hearth_prefix_tree *tree, struct prefix_node *node,
                                 uint32_t end)
{
    uint32_t count = end - node->start;
    assert(count > 0 && count < node->count);
    struct prefix_node *upper = hearth_try_calloc(1, sizeof(*upper));
    int32_t *first = copy_tokens(node->tokens, count);
    int32_t *rest = copy_tokens(node->tokens + count, node->count - count);
    if (!upper || !first || !rest) {
        hearth_free(upper);
        hearth_free(first);
        hearth_free(rest);
        return NULL;
    }
    tree->node_cells -= cells_of(tree, node);
    *upper = (struct prefix_node){.parent = node->parent,
                                  .children = node,
                                  .tokens = first,
                                  .start = node->start,
                                  .count = count,
                                  .place = PREFIX_NO_PLACE,
                                  .off_disk = node->off_disk,
                                  .used = node->used};
    struct prefix_node **link = link_of(tree, node);
    upper->next = node->next;
    *link = upper;
    hearth_free(node->tokens);
    node->tokens = rest;
    node->start = end;
    node->count -= count;
    node->parent = upper;
    node->next = NULL;
    tree->node_cells += cells_of(tree, upper) + cells_of(tree, node);
    tree->counts.nodes++;
    return upper;
}

/* Slots hold what their requests need; nobody else gives them up. */
static void free_place(struct hearth_prefix_tree *tree, uint32_t place)
{
    if (place == PREFIX_NO_PLACE || place < tree->limits.slots)
        return;
    tree->cells->cut(tree->cells, place, 0);
    tree->free_places[tree->free_count++] = place;
}

struct prefix_node *prefix_add(struct hearth_prefix_tree *tree, struct prefix_node *at,
                               const int32_t *tokens, uint32_t end, uint32_t place)
{
    uint32_t start = prefix_end(at);
    struct prefix_node *leaf = hearth_try_calloc(1, sizeof(*leaf));
    int32_t *copy = copy_tokens(tokens + start, end - start);
    if (!leaf || !copy) {
        hearth_free(leaf);
        hearth_free(copy);
        return NULL;
    }
    *leaf = (struct prefix_node){.parent = at,
                                 .next = at->children,
                                 .tokens = copy,
                                 .start = start,
                                 .count = end - start,
                                 .place = place};
    at->children = leaf;
    free_place(tree, at->place);
    at->place = PREFIX_NO_PLACE;
    tree->node_cells += cells_of(tree, leaf);
    tree->counts.nodes++;
    return leaf;
}

bool prefix_extend(struct hearth_prefix_tree *tree, struct prefix_node *leaf, const int32_t *tokens,
                   uint32_t end)
{
    uint32_t count = end - leaf->start;
    int32_t *longer = hearth_try_realloc(leaf->tokens, count * sizeof(*longer));
    if (!longer)
        return false;
    leaf->tokens = longer;
    memcpy(longer + leaf->count, tokens + prefix_end(leaf),
           (count - leaf->count) * sizeof(*longer));
    tree->node_cells -= cells_of(tree, leaf);
    leaf->count = count;
    leaf->settled = false;
    tree->node_cells += cells_of(tree, leaf);
    return true;
}

uint32_t prefix_place(const struct prefix_node *node)
{
    while (node->children)
        node = node->children;
    return node->place;
}

void prefix_use(struct hearth_prefix_tree *tree, struct prefix_node *node)
{
    tree->uses++;
    for (; node; node = node->parent)
        node->used = tree->uses;
}

void prefix_let_out(struct prefix_node *node)
{
    for (; node && node->off_disk; node = node->parent)
        node->off_disk = false;
}

/* A slot whose request stands at the node, and which therefore holds its tokens. */
static uint32_t slot_at(const struct hearth_prefix_tree *tree, const struct prefix_node *node)
{
    for (uint32_t slot = 0; node->users && slot < tree->limits.slots; slot++)
        if (tree->sequences[slot].at == node)
            return slot;
    return PREFIX_NO_PLACE;
}

static void drop_root(struct hearth_prefix_tree *tree, struct prefix_node *root)
{
    if (root->children || root->users)
        return;
    *link_of(tree, root) = root->next;
    free_node(root);
}

/* The node's only child went, whose place still `holds` all tokens: it becomes the node's. False
 * when none can: then the node goes as well. */
static bool inherit(struct hearth_prefix_tree *tree, struct prefix_node *node, uint32_t place,
                    bool holds)
{
    uint32_t slot = slot_at(tree, node);
    if (slot != PREFIX_NO_PLACE) {
        node->place = slot;
        free_place(tree, place);
    } else if (place >= tree->limits.slots) {
        tree->cells->cut(tree->cells, place, prefix_end(node));
        node->place = place;
    } else if (holds && tree->free_count) {
        node->place = tree->free_places[--tree->free_count];
        tree->cells->copy(tree->cells, place, node->place, prefix_end(node));
    } else {
        return false;
    }
    return true;
}

/* Up to a node that stays. */
static void remove_leaf(struct hearth_prefix_tree *tree, struct prefix_node *leaf, bool holds)
{
    uint32_t place = leaf->place;
    for (;;) {
        struct prefix_node *parent = leaf->parent;
        *link_of(tree, leaf) = leaf->next;
        tree->node_cells -= cells_of(tree, leaf);
        tree->counts.nodes--;
        free_node(leaf);
        if (parent->children || parent->count == 0) {
            free_place(tree, place);
            if (parent->count == 0)
                drop_root(tree, parent);
            return;
        }
        if (inherit(tree, parent, place, holds))
            return;
        leaf = parent;
    }
}

bool prefix_evict(struct hearth_prefix_tree *tree, uint32_t adapter)
{
    struct prefix_node *oldest = NULL;
    for (struct prefix_node *root = tree->roots; root; root = root->next) {
        if (adapter && root->adapter != adapter)
            continue;
        struct prefix_node *beyond = root->next ? first_leaf(root->next) : NULL;
        for (struct prefix_node *leaf = first_leaf(root); leaf != beyond; leaf = next_leaf(leaf))
            if (leaf->count && !leaf->users && (!oldest || leaf->used < oldest->used))
                oldest = leaf;
    }
    if (!oldest)
        return false;
    tree->counts.evictions++;
    remove_leaf(tree, oldest, true);
    return true;
}

bool prefix_make_room(struct hearth_prefix_tree *tree, int64_t cells)
{
    while ((int64_t)(tree->node_cells + tree->reserved_cells) + cells > (int64_t)tree->limits.cells)
        if (!prefix_evict(tree, 0))
            return false;
    return true;
}

/* Where all places are taken, the least used of them is given up for it. */
static bool take_kept_place(struct hearth_prefix_tree *tree, struct prefix_node *leaf,
                            uint32_t *ret_place)
{
    leaf->users++; /* it is not the one that goes */
    while (!tree->free_count && tree->limits.places && prefix_evict(tree, 0)) {
    }
    leaf->users--;
    if (!tree->free_count)
        return false;
    *ret_place = tree->free_places[--tree->free_count];
    return true;
}

void prefix_leave_slot(struct hearth_prefix_tree *tree, struct prefix_node *node, bool holds,
                       bool wanted)
{
    if (node->count == 0) {
        drop_root(tree, node);
        return;
    }
    uint32_t slot = node->place, other = slot_at(tree, node), place;
    if (other != PREFIX_NO_PLACE) {
        node->place = other;
    } else if (wanted && holds && take_kept_place(tree, node, &place)) {
        tree->cells->copy(tree->cells, slot, place, prefix_end(node));
        node->place = place;
    } else {
        remove_leaf(tree, node, holds);
    }
}

bool hearth_prefix_tree_place(struct hearth_prefix_tree *tree, uint32_t count, uint32_t *ret_place)
{
    while (!tree->free_count)
        if (!prefix_evict(tree, 0))
            return false;
    if (!prefix_make_room(tree, prefix_cells_between(tree, 0, count)))
        return false;
    *ret_place = tree->free_places[--tree->free_count];
    return true;
}

void hearth_prefix_tree_adopt(struct hearth_prefix_tree *tree, uint64_t key, const int32_t *tokens,
                              uint32_t count, uint32_t place)
{
    struct prefix_node *root = count ? prefix_root(tree, key, 0) : NULL;
    struct prefix_node *leaf = root ? prefix_add(tree, root, tokens, count, place) : NULL;
    if (leaf) {
        leaf->settled = true;
        prefix_use(tree, leaf);
    } else {
        free_place(tree, place);
        if (root)
            drop_root(tree, root);
    }
}

bool hearth_prefix_tree_unsettled(const struct hearth_prefix_tree *tree, uint32_t *ret_place,
                                  uint64_t *ret_key)
{
    for (struct prefix_node *root = tree->roots; root; root = root->next)
        for (struct prefix_node *node = root; node && !root->adapter;
             node = next_node(root, node, true))
            if (node->count && !node->children && !node->settled && !node->off_disk &&
                node->place >= tree->limits.slots) {
                *ret_place = node->place;
                *ret_key = root->key;
                return true;
            }
    return false;
}

void hearth_prefix_tree_settle(struct hearth_prefix_tree *tree, uint32_t place)
{
    for (struct prefix_node *root = tree->roots; root; root = root->next)
        for (struct prefix_node *node = root; node; node = next_node(root, node, true))
            if (node->place == place && node->count)
                node->settled = true;
}

static struct prefix_node *leaf_off_disk(const struct hearth_prefix_tree *tree)
{
    struct prefix_node *leaf = tree->roots ? first_leaf(tree->roots) : NULL;
    while (leaf && (!leaf->off_disk || leaf->users))
        leaf = next_leaf(leaf);
    return leaf;
}

void hearth_prefix_tree_forget_off_disk(struct hearth_prefix_tree *tree)
{
    for (struct prefix_node *leaf; (leaf = leaf_off_disk(tree));)
        remove_leaf(tree, leaf, true);
}

struct hearth_prefix_counts hearth_prefix_tree_counts(const struct hearth_prefix_tree *tree)
{
    struct hearth_prefix_counts counts = tree->counts;
    counts.cells = (uint32_t)tree->node_cells;
    return counts;
}
