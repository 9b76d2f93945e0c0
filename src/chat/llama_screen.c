/* Lists and counts of a header that libllama takes for granted. */
#include "chat/llama_screen.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EXPERTS_MAX 1024 /* of libllama */

struct screening {
    const struct hearth_gguf *gguf;
    const char *architecture;
    struct hearth_error *error;
};

static int refuse(const struct screening *screening, const char *key, const char *fault)
{
    return hearth_error_set(screening->error, HEARTH_EMODEL, "the GGUF header's '%s' %s", key,
                            fault);
}

static const struct hearth_gguf_entry *find(const struct screening *screening, const char *suffix)
{
    char key[192];
    snprintf(key, sizeof(key), "%s.%s", screening->architecture, suffix);
    return hearth_gguf_find(screening->gguf, key);
}

static int64_t number(const struct screening *screening, const char *suffix)
{
    return hearth_gguf_integer_at(find(screening, suffix), 0, 0);
}

/* Some numbers are one for all layers, or a list with one for each. */
static int64_t largest(const struct hearth_gguf_entry *entry)
{
    int64_t most = hearth_gguf_integer_at(entry, 0, 0);
    for (uint64_t i = 1; entry != NULL && entry->is_array && i < entry->count; i++) {
        int64_t value = hearth_gguf_integer_at(entry, i, 0);
        most = value > most ? value : most;
    }
    return most;
}

/* Mixtures of experts: libllama divides by groups, and indexes with the numbers of experts. */
static int screen_layers(const struct screening *screening)
{
    int64_t layers = number(screening, "block_count");
    int64_t ahead = number(screening, "nextn_predict_layers");
    if (ahead < 0 || ahead > layers)
        return refuse(screening, "nextn_predict_layers", "is more than the layers");
    int64_t experts = number(screening, "expert_count");
    int64_t used = largest(find(screening, "expert_used_count"));
    int64_t groups = number(screening, "expert_group_count");
    int64_t groups_used = number(screening, "expert_group_used_count");
    if (experts < 0 || experts > EXPERTS_MAX)
        return refuse(screening, "expert_count", "cannot be");
    if (used < 0 || used > experts || (experts > 1 && used == 0))
        return refuse(screening, "expert_used_count", "does not fit the number of experts");
    if (groups < 0 || (groups > 0 && groups >= experts) || (groups > 1 && experts % groups != 0))
        return refuse(screening, "expert_group_count", "does not fit the number of experts");
    if (groups > 1 && (groups_used <= 0 || groups_used >= groups))
        return refuse(screening, "expert_group_used_count", "does not fit the number of groups");
    return 0;
}

/* libllama asserts that it knows the name. */
static int screen_rope(const struct screening *screening)
{
    static const char *const known[] = {"none", "linear", "yarn", "longrope"};
    const struct hearth_gguf_entry *entry = find(screening, "rope.scaling.type");
    if (entry == NULL || entry->is_array || entry->type != HEARTH_GGUF_STRING)
        return 0;
    size_t offset = 0;
    struct hearth_gguf_text name = hearth_gguf_next_text(entry, &offset);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i]) == name.length && memcmp(known[i], name.bytes, name.length) == 0)
            return 0;
    return refuse(screening, "rope.scaling.type", "is not known");
}

/* An array that libllama indexes by token, with elements of the width that it takes for granted. */
static int screen_by_token(const struct screening *screening, const char *key,
                           enum hearth_gguf_type type, enum hearth_gguf_type other, uint64_t words)
{
    const struct hearth_gguf_entry *entry = hearth_gguf_find(screening->gguf, key);
    if (entry == NULL)
        return 0;
    if (!entry->is_array || (entry->type != type && entry->type != other))
        return refuse(screening, key, "has the wrong type");
    if (entry->count < words)
        return refuse(screening, key, "is shorter than the vocabulary");
    return 0;
}

static uint64_t hash(struct hearth_gguf_text text)
{
    return hearth_hash64(HEARTH_HASH64_START, text.bytes, text.length);
}

static bool same(struct hearth_gguf_text a, struct hearth_gguf_text b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* An open-addressing table of at least twice as many places as words. libllama asserts that its own
 * map has as many entries as there are words. */
static int insert_words(const struct screening *screening, const struct hearth_gguf_entry *words,
                        struct hearth_gguf_text *table, size_t size)
{
    size_t offset = 0;
    for (uint64_t i = 0; i < words->count; i++) {
        struct hearth_gguf_text word = hearth_gguf_next_text(words, &offset);
        /* libllama reads them as C strings, and gives each empty one a name of its own. */
        word.length = strnlen(word.bytes, word.length);
        if (word.length == 0)
            continue;
        size_t at = (size_t)hash(word) & (size - 1);
        /* A hostile vocabulary may collide at will: the search is bounded, and then given up. */
        for (unsigned tries = 0; table[at].bytes != NULL && tries < 4096; tries++) {
            if (same(table[at], word))
                return hearth_error_set(screening->error, HEARTH_EMODEL,
                                        "the GGUF header's vocabulary holds a token twice (the "
                                        "second at %" PRIu64 ")",
                                        i);
            at = (at + 1) & (size - 1);
        }
        if (table[at].bytes != NULL)
            return refuse(screening, "tokenizer.ggml.tokens", "is made to be slow");
        table[at] = word;
    }
    return 0;
}

/* INT32_MAX / 4 leaves room for libllama's arithmetic on int. Arrays that are indexed by token must
 * be as long as the vocabulary; the last three have a length of their own. */
static int screen_words(const struct screening *screening)
{
    const struct hearth_gguf_entry *words =
        hearth_gguf_find(screening->gguf, "tokenizer.ggml.tokens");
    if (words == NULL)
        return 0;
    if (!words->is_array || words->type != HEARTH_GGUF_STRING || words->count == 0)
        return refuse(screening, "tokenizer.ggml.tokens", "is no list of texts");
    if (words->count > INT32_MAX / 4)
        return refuse(screening, "tokenizer.ggml.tokens", "is too long");
    size_t size = 1024;
    while (size < 2 * words->count)
        size *= 2;
    struct hearth_gguf_text *table = hearth_try_calloc(size, sizeof(*table));
    if (table == NULL)
        return hearth_error_set(screening->error, HEARTH_ENOMEM, "no memory for the vocabulary");
    int rc = insert_words(screening, words, table, size);
    hearth_free(table);
    if (rc == 0)
        rc = screen_by_token(screening, "tokenizer.ggml.scores", HEARTH_GGUF_FLOAT32,
                             HEARTH_GGUF_INT32, words->count);
    if (rc == 0)
        rc = screen_by_token(screening, "tokenizer.ggml.token_type", HEARTH_GGUF_INT32,
                             HEARTH_GGUF_UINT32, words->count);
    if (rc == 0)
        rc = screen_by_token(screening, "tokenizer.ggml.merges", HEARTH_GGUF_STRING,
                             HEARTH_GGUF_STRING, 0);
    if (rc == 0)
        rc = screen_by_token(screening, "tokenizer.ggml.precompiled_charsmap", HEARTH_GGUF_UINT8,
                             HEARTH_GGUF_INT8, 0);
    if (rc == 0)
        rc = screen_by_token(screening, "tokenizer.ggml.suppress_tokens", HEARTH_GGUF_INT32,
                             HEARTH_GGUF_UINT32, 0);
    return rc;
}

int hearth_llama_screen(const struct hearth_gguf *gguf, const char *architecture,
                        struct hearth_error *error)
{
    struct screening screening = {gguf, architecture, error};
    int rc = screen_layers(&screening);
    if (rc == 0)
        rc = screen_rope(&screening);
    if (rc == 0)
        rc = screen_words(&screening);
    return rc;
}
