/* Byte-pair encoding: a piece starts as its characters, and the neighbouring pair with the lowest
 * rank is merged, the leftmost first, until none is left. Source: R. Sennrich et al., "Neural
 * Machine Translation of Rare Words with Subword Units", 2016. Pairs wait in a heap, so a piece of
 * n characters costs n·log n. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Real affixes are two or three bytes ("##", "</w>"), real tables have up to a few hundred thousand
 * merges. */
enum { AFFIX_MAX = 32, MERGES_MAX = 1 << 24 };

struct merge {
    int32_t left, right; /* left -1: an empty slot of the table */
    uint32_t rank;
    int32_t joined;
};

struct bpe {
    struct token_model head;
    struct merge *merges; /* open addressing */
    size_t merge_slots;
    int32_t unknown; /* -1: none */
    int32_t byte_ids[256];
    bool byte_fallback, fuse_unknown, ignore_merges;
    char prefix[AFFIX_MAX], suffix[AFFIX_MAX];
};

/* The tokens that a piece is made of at present, as a linked list within an array: a merge makes
 * one of two neighbours without moving the others. */
struct symbol {
    int32_t id;
    int32_t previous, next; /* -1: none */
    bool gone;
};

/* A merge that was possible when it was put into the heap. It is not taken out when one of its two
 * symbols changes: merge_all sees that when its turn comes. */
struct candidate {
    uint32_t rank;
    int32_t at, joined;
};

struct word {
    struct symbol *symbols;
    size_t count, capacity;
    struct candidate *heap;
    size_t heap_count, heap_capacity;
    bool failed;
};

static void destroy(struct token_model *head)
{
    struct bpe *model = (struct bpe *)head;
    vocabulary_finish(&head->vocabulary);
    hearth_free(model->merges);
    hearth_free(model);
}

/* Merges */

/* Fibonacci hashing: 2^64 divided by the golden ratio spreads neighbouring ids over the table,
 * which is never more than half full, so that the search ends soon. */
static size_t slot_of(const struct bpe *model, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    size_t mask = model->merge_slots - 1, slot = (key * 0x9e3779b97f4a7c15u >> 29) & mask;
    while (model->merges[slot].left >= 0 &&
           (model->merges[slot].left != left || model->merges[slot].right != right))
        slot = (slot + 1) & mask;
    return slot;
}

/* NULL when the two never merge. */
static const struct merge *find_merge(const struct bpe *model, int32_t left, int32_t right)
{
    if (!model->merge_slots)
        return NULL;
    const struct merge *merge = &model->merges[slot_of(model, left, right)];
    return merge->left >= 0 ? merge : NULL;
}

static int add_merge(struct bpe *model, const char *left, const char *right, uint32_t rank,
                     struct hearth_error *error)
{
    const struct vocabulary *vocabulary = &model->head.vocabulary;
    size_t skip = strlen(model->prefix);
    int32_t a = vocabulary_find(vocabulary, left, strlen(left));
    int32_t b = vocabulary_find(vocabulary, right, strlen(right));
    struct hearth_buf joined;
    hearth_buf_init(&joined, 1 << 20);
    hearth_buf_text(&joined, left);
    /* The continuing prefix says that a token goes on a word: of "a" and "##b" it becomes "ab". */
    if (skip && strncmp(right, model->prefix, skip) == 0)
        hearth_buf_text(&joined, right + skip);
    else
        hearth_buf_text(&joined, right);
    int32_t id = joined.failed || !joined.bytes
                     ? -1
                     : vocabulary_find(vocabulary, joined.bytes, joined.length);
    hearth_buf_finish(&joined);
    if (a < 0 || b < 0 || id < 0)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: merge %u, \"%.40s\" and \"%.40s\", is of tokens "
                                "that are not in the vocabulary",
                                rank, left, right);
    model->merges[slot_of(model, a, b)] =
        (struct merge){.left = a, .right = b, .rank = rank, .joined = id};
    return 0;
}

static int read_merge(struct bpe *model, const json_t *json, uint32_t rank,
                      struct hearth_error *error)
{
    if (json_is_array(json) && json_array_size(json) == 2 &&
        json_is_string(json_array_get(json, 0)) && json_is_string(json_array_get(json, 1)))
        return add_merge(model, json_string_value(json_array_get(json, 0)),
                         json_string_value(json_array_get(json, 1)), rank, error);
    /* Older files have a pair as one text with a space between, which no token can hold. */
    const char *text = json_is_string(json) ? json_string_value(json) : NULL;
    const char *space = text ? strchr(text, ' ') : NULL;
    if (!space || strchr(space + 1, ' '))
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: merge %u is no pair", rank);
    char *left = hearth_strndup(text, (size_t)(space - text));
    int rc = add_merge(model, left, space + 1, rank, error);
    hearth_free(left);
    return rc;
}

static int read_merges(struct bpe *model, const json_t *json, struct hearth_error *error)
{
    size_t count = json_array_size(json), slots = 1024;
    if (count > MERGES_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: too many merges");
    /* A power of two, so that a mask finds the slot; half of them stay free. */
    while (slots < 2 * count)
        slots *= 2;
    model->merges = hearth_try_alloc(slots * sizeof(*model->merges));
    if (!model->merges)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for %zu merges",
                                count);
    model->merge_slots = slots;
    for (size_t i = 0; i < slots; i++)
        model->merges[i].left = -1;
    int rc = 0;
    for (size_t i = 0; i < count && !rc; i++)
        rc = read_merge(model, json_array_get(json, i), (uint32_t)i, error);
    return rc;
}

/* Reading */

static int read_affix(const json_t *json, const char *key, char affix[AFFIX_MAX],
                      struct hearth_error *error)
{
    const char *text = hearth_json_text(json, key, "");
    if (strlen(text) >= AFFIX_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: %s is too long", key);
    snprintf(affix, AFFIX_MAX, "%s", text);
    return 0;
}

static int read_fields(struct bpe *model, const json_t *json, struct hearth_error *error)
{
    const char *unknown = hearth_json_text(json, "unk_token", NULL);
    /* Dropout leaves merges out at random: of use in training only, and never the same twice. */
    if (hearth_json_number(json, "dropout", 0) != 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "tokenizer.json: BPE with dropout");
    model->byte_fallback = hearth_json_truth(json, "byte_fallback", false);
    model->fuse_unknown = hearth_json_truth(json, "fuse_unk", false);
    model->ignore_merges = hearth_json_truth(json, "ignore_merges", false);
    int rc = read_affix(json, "continuing_subword_prefix", model->prefix, error);
    if (!rc)
        rc = read_affix(json, "end_of_word_suffix", model->suffix, error);
    if (!rc)
        rc = vocabulary_read_object(json_object_get(json, "vocab"), &model->head.vocabulary, error);
    if (!rc)
        rc = read_merges(model, json_object_get(json, "merges"), error);
    model->unknown =
        unknown ? vocabulary_find(&model->head.vocabulary, unknown, strlen(unknown)) : -1;
    vocabulary_byte_ids(&model->head.vocabulary, model->byte_ids);
    return rc;
}

static int read_model(const json_t *json, struct token_model **ret_model,
                      struct hearth_error *error)
{
    struct bpe *model = hearth_calloc(1, sizeof(*model));
    model->head.ops = &bpe_model;
    int rc = read_fields(model, json, error);
    if (rc)
        destroy(&model->head);
    else
        *ret_model = &model->head;
    return rc;
}

/* One piece */

/* A failure is noted and asked for once, when the piece is done. */
static void append_symbol(struct word *word, int32_t id)
{
    if (word->count == word->capacity) {
        size_t capacity = word->capacity ? 2 * word->capacity : 32;
        struct symbol *symbols = hearth_try_realloc(word->symbols, capacity * sizeof(*symbols));
        if (!symbols) {
            word->failed = true;
            return;
        }
        word->symbols = symbols;
        word->capacity = capacity;
    }
    int32_t at = (int32_t)word->count++;
    word->symbols[at] = (struct symbol){.id = id, .previous = at - 1, .next = -1};
    if (at)
        word->symbols[at - 1].next = at;
}

/* The order of the heap: the merge that was learnt earlier, and of the same merge at two places the
 * leftmost. That is the order in which the library's own loop would find them. */
static bool comes_first(const struct candidate *a, const struct candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

/* The heap is a binary tree in an array: the children of i are 2i + 1 and 2i + 2, and none comes
 * before its parent. The new one rises from the end. */
static void push(struct word *word, struct candidate candidate)
{
    if (word->heap_count == word->heap_capacity) {
        size_t capacity = word->heap_capacity ? 2 * word->heap_capacity : 32;
        struct candidate *heap = hearth_try_realloc(word->heap, capacity * sizeof(*heap));
        if (!heap) {
            word->failed = true;
            return;
        }
        word->heap = heap;
        word->heap_capacity = capacity;
    }
    size_t at = word->heap_count++;
    for (size_t parent; at && comes_first(&candidate, &word->heap[parent = (at - 1) / 2]);
         at = parent)
        word->heap[at] = word->heap[parent];
    word->heap[at] = candidate;
}

/* The first goes; the last one takes its place and sinks below all that come before it. */
static struct candidate pop(struct word *word)
{
    struct candidate top = word->heap[0], last = word->heap[--word->heap_count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < word->heap_count) {
        if (child + 1 < word->heap_count && comes_first(&word->heap[child + 1], &word->heap[child]))
            child++;
        if (!comes_first(&word->heap[child], &last))
            break;
        word->heap[at] = word->heap[child];
        at = child;
    }
    word->heap[at] = last;
    return top;
}

/* Puts the merge of a symbol and its right neighbour into the heap, if there is one. */
static void consider(const struct bpe *model, struct word *word, int32_t at)
{
    if (at < 0 || word->symbols[at].next < 0)
        return;
    const struct merge *merge =
        find_merge(model, word->symbols[at].id, word->symbols[word->symbols[at].next].id);
    if (merge)
        push(word, (struct candidate){.rank = merge->rank, .at = at, .joined = merge->joined});
}

static int merge_all(const struct bpe *model, struct word *word, const struct hearth_tokens *tokens,
                     struct hearth_error *error)
{
    /* Rounds between two looks at whether the request was canceled. */
    enum { MERGES_AT_ONCE = 1 << 14 };
    int rc = 0;
    for (size_t i = 0; i < word->count; i++)
        consider(model, word, (int32_t)i);
    for (size_t count = 1; word->heap_count && !word->failed && !rc; count++) {
        struct candidate top = pop(word);
        rc = count % MERGES_AT_ONCE ? 0 : tokens_check(tokens, error);
        struct symbol *left = &word->symbols[top.at];
        if (left->gone || left->next < 0)
            continue;
        struct symbol *right = &word->symbols[left->next];
        const struct merge *merge = find_merge(model, left->id, right->id);
        if (!merge || merge->joined != top.joined)
            continue; /* one of the two has changed since */
        /* The left symbol becomes the merged one, the right one is taken out of the list. Only the
         * two pairs that the merged symbol now makes with its neighbours can be new. */
        left->id = top.joined;
        left->next = right->next;
        right->gone = true;
        if (left->next >= 0)
            word->symbols[left->next].previous = top.at;
        consider(model, word, left->previous);
        consider(model, word, top.at);
    }
    return rc;
}

/* A character without a token: its bytes, the unknown token, or nothing. */
static void append_unknown(const struct bpe *model, const char *bytes, size_t length,
                           bool *after_unknown, struct word *word)
{
    /* All of a character's bytes need a token; half a character would be no text. */
    bool have_bytes = model->byte_fallback;
    for (size_t i = 0; i < length && have_bytes; i++)
        have_bytes = model->byte_ids[(unsigned char)bytes[i]] >= 0;
    if (have_bytes) {
        for (size_t i = 0; i < length; i++)
            append_symbol(word, model->byte_ids[(unsigned char)bytes[i]]);
        *after_unknown = false;
    } else if (model->unknown >= 0) {
        if (!*after_unknown || !model->fuse_unknown)
            append_symbol(word, model->unknown);
        *after_unknown = true;
    }
}

/* A piece as it is before any merge: a symbol for each character, which carries the continuing
 * prefix unless it is the first, and the suffix if it is the last. */
static void start_word(const struct bpe *model, const uint32_t *piece, size_t count,
                       struct word *word)
{
    size_t prefix = strlen(model->prefix), suffix = strlen(model->suffix);
    bool after_unknown = false;
    for (size_t i = 0; i < count; i++) {
        char text[2 * AFFIX_MAX + 4];
        size_t before = i ? prefix : 0, after = i + 1 == count ? suffix : 0;
        memcpy(text, model->prefix, before);
        size_t width = hearth_rune_to_utf8(piece[i], text + before);
        memcpy(text + before + width, model->suffix, after);
        int32_t id = vocabulary_find(&model->head.vocabulary, text, before + width + after);
        if (id >= 0) {
            append_symbol(word, id);
            after_unknown = false;
        } else {
            append_unknown(model, text + before, width, &after_unknown, word);
        }
    }
}

/* ignore_merges: a piece that is a token itself is that token, whatever the merges would make of
 * it. Pieces longer than any such token are not looked up. */
static int32_t whole_piece(const struct bpe *model, const uint32_t *piece, size_t count)
{
    char bytes[512] = "";
    size_t length = 0;
    if (count > sizeof(bytes) / 4)
        return -1;
    for (size_t i = 0; i < count; i++)
        length += hearth_rune_to_utf8(piece[i], bytes + length);
    return vocabulary_find(&model->head.vocabulary, bytes, length);
}

static int encode(const struct token_model *head, const uint32_t *piece, size_t count,
                  struct hearth_tokens *tokens, struct hearth_error *error)
{
    const struct bpe *model = (const struct bpe *)head;
    int32_t whole = model->ignore_merges ? whole_piece(model, piece, count) : -1;
    if (whole >= 0)
        return tokens_append(tokens, whole, error);
    struct word word = {0};
    start_word(model, piece, count, &word);
    int rc = merge_all(model, &word, tokens, error);
    if (word.failed)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for this text");
    /* Merging kept their order in the array, so the list need not be followed. */
    for (size_t i = 0; i < word.count && !rc; i++)
        if (!word.symbols[i].gone)
            rc = tokens_append(tokens, word.symbols[i].id, error);
    hearth_free(word.symbols);
    hearth_free(word.heap);
    return rc;
}

const struct token_model_ops bpe_model = {
    .name = "BPE",
    .read = read_model,
    .destroy = destroy,
    .encode = encode,
};
