/* The requests that run over the prefix tree: who waits for whom, and what each may come to need.
 */
#include "domain/prefix_tree_private.h"

#include <assert.h>
#include <string.h>

static struct prefix_sequence *sequence_of(struct hearth_prefix_tree *tree, uint32_t slot)
{
    assert(slot < tree->limits.slots);
    return &tree->sequences[slot];
}

void hearth_prefix_tree_enter(struct hearth_prefix_tree *tree, uint32_t slot,
                              const struct hearth_prefix_prompt *prompt)
{
    struct prefix_sequence *sequence = sequence_of(tree, slot);
    assert(!sequence->entered && prompt->count > 0);
    *sequence =
        (struct prefix_sequence){.entered = true, .prompt = *prompt, .order = tree->arrivals++};
    if (sequence->prompt.most < prompt->count)
        sequence->prompt.most = prompt->count;
}

void hearth_prefix_tree_rest(struct hearth_prefix_tree *tree, uint32_t slot, bool rests)
{
    sequence_of(tree, slot)->rests = rests;
}

/* Of two prompts, and never all of the second. */
static uint32_t common(const struct hearth_prefix_prompt *one,
                       const struct hearth_prefix_prompt *other)
{
    uint32_t most = one->count < other->count - 1 ? one->count : other->count - 1, same = 0;
    while (same < most && one->tokens[same] == other->tokens[same])
        same++;
    return same;
}

/* Does a request that came before read, or wait to read, tokens that this one begins with too? Then
 * they are computed once. Who came later is not looked at, so that no two wait for each other. */
static bool follows(const struct hearth_prefix_tree *tree, const struct prefix_sequence *sequence,
                    uint32_t known)
{
    for (uint32_t i = 0; i < tree->limits.slots; i++) {
        const struct prefix_sequence *other = &tree->sequences[i];
        if (!other->entered || other->rests || other->order >= sequence->order ||
            other->prompt.key != sequence->prompt.key ||
            other->prompt.class_ > sequence->prompt.class_)
            continue;
        uint32_t same = common(&other->prompt, &sequence->prompt);
        if (same >= known + HEARTH_PREFIX_WORTH_WAITING && same > other->done)
            return true;
    }
    return false;
}

/* One more, for the copy of a cell that is shared and written to: of several tokens, as one of a
 * single token is never written to again. */
static uint32_t needs(const struct hearth_prefix_tree *tree, const struct prefix_sequence *sequence,
                      uint32_t from)
{
    return prefix_cells_between(tree, from, sequence->prompt.most) +
           (tree->limits.cell_tokens > 1 ? 1 : 0);
}

/* The slot's request starts with the first `count` tokens, which end in the node. Where there is no
 * room, nothing has changed but that others may have been evicted. */
static bool begin_at(struct hearth_prefix_tree *tree, uint32_t slot, struct prefix_node *node,
                     uint32_t count)
{
    struct prefix_sequence *sequence = &tree->sequences[slot];
    uint32_t need = needs(tree, sequence, count);
    if (node)
        node->users++; /* so that it stays */
    if (!prefix_make_room(tree, need)) {
        if (node && --node->users == 0 && node->count == 0)
            prefix_leave_slot(tree, node, false, false);
        return false;
    }
    if (count)
        tree->cells->copy(tree->cells, prefix_place(node), slot, count);
    sequence->started = true;
    sequence->at = node;
    sequence->done = count;
    sequence->reserved = need;
    tree->reserved_cells += need;
    return true;
}

/* What ends in the middle of a node becomes one of its own, because from there on two ways part; a
 * cell at the new border may count twice. Where that cannot be, `*length` is that of the parent. */
static struct prefix_node *node_that_ends(struct hearth_prefix_tree *tree, struct prefix_node *node,
                                          uint32_t *length)
{
    if (*length == prefix_end(node))
        return node;
    struct prefix_node *upper = NULL;
    node->users++;
    if (prefix_make_room(tree, 1))
        upper = prefix_split(tree, node, *length);
    node->users--;
    if (upper)
        return upper;
    *length = node->start;
    return node->parent;
}

/* Without what is known where there is no room for both: what it holds of others, and they of it,
 * counts twice at their borders, and alone any sequence fits. */
bool hearth_prefix_tree_start(struct hearth_prefix_tree *tree, uint32_t slot, uint32_t *ret_count)
{
    struct prefix_sequence *sequence = sequence_of(tree, slot);
    const struct hearth_prefix_prompt *prompt = &sequence->prompt;
    assert(sequence->entered && !sequence->started);
    uint32_t count = 0;
    struct prefix_node *node = NULL;
    if (prompt->key) {
        node = prefix_match(tree, prompt->key, prompt->tokens, prompt->count - 1, NULL, &count);
        if (follows(tree, sequence, count))
            return false;
        node = node ? node_that_ends(tree, node, &count) : NULL;
    }
    if (!node || !begin_at(tree, slot, node, count)) {
        count = 0;
        node = prompt->key ? prefix_root(tree, prompt->key, prompt->adapter) : NULL;
        if (!begin_at(tree, slot, node, 0))
            return false;
    }
    if (node)
        prefix_use(tree, node);
    if (node && !prompt->off_disk)
        prefix_let_out(node);
    if (prompt->key) {
        tree->counts.hits += count > 0;
        tree->counts.misses += count == 0;
        tree->counts.hit_tokens += count;
    }
    *ret_count = count;
    return true;
}

/* The tokens that the slot holds are its leaf's from now on, and its own reserve is the less.
 * Others may have computed the same meanwhile; then there are two of them, as there are in the
 * cells. */
static void publish(struct hearth_prefix_tree *tree, uint32_t slot, const int32_t *tokens,
                    uint32_t count)
{
    struct prefix_sequence *sequence = &tree->sequences[slot];
    struct prefix_node *at = sequence->at;
    if (!at || count <= prefix_end(at))
        return;
    if (sequence->prompt.most < count)
        sequence->prompt.most = count;
    uint32_t reserved = needs(tree, sequence, count);
    int64_t more = (int64_t)prefix_cells_between(tree, prefix_end(at), count) + reserved -
                   (int64_t)sequence->reserved;
    if (!prefix_make_room(tree, more))
        return;
    if (at->place == slot && at->users == 1 && at->off_disk == sequence->prompt.off_disk) {
        if (!prefix_extend(tree, at, tokens, count))
            return;
    } else {
        struct prefix_node *leaf = prefix_add(tree, at, tokens, count, slot);
        if (!leaf)
            return;
        at->users--;
        leaf->users++;
        leaf->off_disk = sequence->prompt.off_disk;
        sequence->at = leaf;
    }
    prefix_use(tree, sequence->at);
    tree->reserved_cells += reserved;
    tree->reserved_cells -= sequence->reserved;
    sequence->reserved = reserved;
}

void hearth_prefix_tree_grow(struct hearth_prefix_tree *tree, uint32_t slot, uint32_t count)
{
    struct prefix_sequence *sequence = sequence_of(tree, slot);
    assert(sequence->started && count <= sequence->prompt.count);
    if (count <= sequence->done)
        return;
    sequence->done = count;
    publish(tree, slot, sequence->prompt.tokens, count);
}

/* An answer that was given before word for word is not kept twice, unless only this one may be
 * written. */
static bool is_known(struct hearth_prefix_tree *tree, const struct prefix_sequence *sequence,
                     const int32_t *tokens, uint32_t count)
{
    uint32_t known;
    struct prefix_node *node =
        prefix_match(tree, sequence->prompt.key, tokens, count, sequence->at, &known);
    if (!node || known < count || (node->off_disk && !sequence->prompt.off_disk))
        return false;
    prefix_use(tree, node);
    return true;
}

void hearth_prefix_tree_end(struct hearth_prefix_tree *tree, uint32_t slot, const int32_t *tokens,
                            uint32_t count)
{
    struct prefix_sequence *sequence = sequence_of(tree, slot);
    bool started = sequence->started;
    if (sequence->at) {
        bool known = is_known(tree, sequence, tokens, count);
        if (!known)
            publish(tree, slot, tokens, count);
        struct prefix_node *node = sequence->at;
        sequence->at = NULL;
        node->users--;
        if (node->place == slot || node->count == 0)
            prefix_leave_slot(tree, node, count >= prefix_end(node), !known);
    }
    tree->reserved_cells -= sequence->reserved;
    *sequence = (struct prefix_sequence){.entered = false};
    if (started)
        tree->cells->cut(tree->cells, slot, 0);
    while (tree->node_cells > tree->limits.kept_cells && prefix_evict(tree, 0)) {
    }
}

uint32_t hearth_prefix_tree_known(const struct hearth_prefix_tree *tree,
                                  const struct hearth_prefix_prompt *prompt)
{
    uint32_t known = 0;
    if (prompt->key)
        prefix_match(tree, prompt->key, prompt->tokens, prompt->count - 1, NULL, &known);
    return known;
}

void hearth_prefix_tree_forget(struct hearth_prefix_tree *tree, uint32_t adapter)
{
    while (adapter && prefix_evict(tree, adapter)) {
    }
}
