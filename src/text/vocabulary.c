/* The vocabulary: token texts in one pool, an array from id to text, and a hash table from text to
 * id. Ids come out of a file in any order and may have gaps, so the array grows to the highest id,
 * which VOCABULARY_MAX bounds. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Folded: the tables are read from files, so a collision costs time only up to the bounded
 * probing below. */
static uint64_t folded(uint64_t hash)
{
    return hash ^ hash >> 32;
}

static uint64_t hash_of(const char *text, size_t length)
{
    return hearth_hash64(HEARTH_HASH64_START, text, length);
}

/* A hole has the length UINT32_MAX, which no text has. */
static bool entry_is(const struct vocabulary *vocabulary, uint32_t id, const char *text,
                     size_t length)
{
    const struct vocabulary_entry *entry = &vocabulary->entries[id];
    return entry->length == length && memcmp(vocabulary->pool + entry->offset, text, length) == 0;
}

static void insert(struct vocabulary *vocabulary, uint32_t id)
{
    const struct vocabulary_entry *entry = &vocabulary->entries[id];
    size_t mask = vocabulary->slot_count - 1;
    size_t slot = folded(hash_of(vocabulary->pool + entry->offset, entry->length)) & mask;
    /* Open addressing: the next free slot. There is one, because at most half are taken. */
    while (vocabulary->slots[slot])
        slot = (slot + 1) & mask;
    vocabulary->slots[slot] = id + 1;
}

static int grow_slots(struct vocabulary *vocabulary)
{
    /* Before more than half of the slots are taken the table doubles, and all tokens get new
     * places. */
    if (2 * (vocabulary->token_count + 1) <= vocabulary->slot_count)
        return 0;
    size_t count = vocabulary->slot_count ? 2 * vocabulary->slot_count : 1024;
    uint32_t *slots = hearth_try_calloc(count, sizeof(*slots));
    if (!slots)
        return HEARTH_ENOMEM;
    hearth_free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->slot_count = count;
    for (size_t id = 0; id < vocabulary->id_count; id++)
        if (vocabulary->entries[id].length != UINT32_MAX)
            insert(vocabulary, (uint32_t)id);
    return 0;
}

/* To twice the size, so that ids which come in order cost no copy each. */
static int grow_ids(struct vocabulary *vocabulary, size_t id)
{
    if (id < vocabulary->id_count)
        return 0;
    size_t count = id + 1 > 2 * vocabulary->id_count ? id + 1 : 2 * vocabulary->id_count;
    struct vocabulary_entry *entries =
        hearth_try_realloc(vocabulary->entries, count * sizeof(*entries));
    if (!entries)
        return HEARTH_ENOMEM;
    /* Ids between those that come are holes until, or unless, a token takes them. */
    for (size_t i = vocabulary->id_count; i < count; i++)
        entries[i].length = UINT32_MAX;
    vocabulary->entries = entries;
    vocabulary->id_count = count;
    return 0;
}

/* The pool may move: entries keep offsets into it and not addresses. */
static int grow_pool(struct vocabulary *vocabulary, size_t length)
{
    size_t need = vocabulary->pool_length + length;
    /* The empty text needs no bytes, but a pool to stand in. */
    if (vocabulary->pool && need <= vocabulary->pool_capacity)
        return 0;
    size_t capacity = 2 * need + 4096;
    char *pool = hearth_try_realloc(vocabulary->pool, capacity);
    if (!pool)
        return HEARTH_ENOMEM;
    vocabulary->pool = pool;
    vocabulary->pool_capacity = capacity;
    return 0;
}

int vocabulary_add(struct vocabulary *vocabulary, const char *text, size_t length, int64_t id,
                   struct hearth_error *error)
{
    /* What a stranger's file says decides how much is allocated here, so both are bounded. */
    if (id < 0 || id >= VOCABULARY_MAX || length > 1 << 20)
        return hearth_error_set(error, HEARTH_EMODEL, "token \"%.60s\": id %lld is out of range",
                                text, (long long)id);
    /* Unigram files may have a token twice; the first one counts. */
    if (vocabulary_find(vocabulary, text, length) >= 0)
        return 0;
    if (grow_pool(vocabulary, length) || grow_ids(vocabulary, (size_t)id) || grow_slots(vocabulary))
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for the vocabulary");
    struct vocabulary_entry *entry = &vocabulary->entries[id];
    if (entry->length != UINT32_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "two tokens have the id %lld", (long long)id);
    entry->offset = vocabulary->pool_length;
    entry->length = (uint32_t)length;
    if (length)
        memcpy(vocabulary->pool + entry->offset, text, length);
    vocabulary->pool_length += length;
    vocabulary->token_count++;
    vocabulary->longest = length > vocabulary->longest ? length : vocabulary->longest;
    insert(vocabulary, (uint32_t)id);
    return 0;
}

void vocabulary_finish(struct vocabulary *vocabulary)
{
    hearth_free(vocabulary->pool);
    hearth_free(vocabulary->entries);
    hearth_free(vocabulary->slots);
    *vocabulary = (struct vocabulary){0};
}

int32_t vocabulary_find(const struct vocabulary *vocabulary, const char *text, size_t length)
{
    return vocabulary_find_hashed(vocabulary, hash_of(text, length), text, length);
}

int32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, uint64_t hash, const char *text,
                               size_t length)
{
    if (!vocabulary->slot_count)
        return -1;
    size_t mask = vocabulary->slot_count - 1, slot = folded(hash) & mask;
    for (; vocabulary->slots[slot]; slot = (slot + 1) & mask)
        if (entry_is(vocabulary, vocabulary->slots[slot] - 1, text, length))
            return (int32_t)(vocabulary->slots[slot] - 1);
    return -1;
}

const char *vocabulary_text(const struct vocabulary *vocabulary, int64_t id, size_t *ret_length)
{
    if (id < 0 || (size_t)id >= vocabulary->id_count ||
        vocabulary->entries[id].length == UINT32_MAX)
        return NULL;
    *ret_length = vocabulary->entries[id].length;
    return vocabulary->pool + vocabulary->entries[id].offset;
}

int vocabulary_read_object(const json_t *json, struct vocabulary *vocabulary,
                           struct hearth_error *error)
{
    const char *token;
    json_t *id;
    if (!json_is_object(json) || json_object_size(json) == 0)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: no vocabulary");
    json_object_foreach((json_t *)json, token, id)
    {
        if (!json_is_integer(id))
            return hearth_error_set(error, HEARTH_EMODEL, "token \"%.60s\": its id is no number",
                                    token);
        int rc = vocabulary_add(vocabulary, token, strlen(token), json_integer_value(id), error);
        if (rc)
            return rc;
    }
    return 0;
}

void vocabulary_byte_ids(const struct vocabulary *vocabulary, int32_t ret_ids[256])
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[8];
        int length = snprintf(text, sizeof(text), "<0x%02X>", byte);
        ret_ids[byte] = vocabulary_find(vocabulary, text, (size_t)length);
    }
}
