/* Words by their text in a hash table with chains, and by their id in an array of chunks. Neither a
 * word nor a chunk ever moves or goes before the vocabulary does, so texts can be handed out
 * without a copy; the lock is only for growing and finding. */
#include "fake_words.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Ids of words begin behind the bytes and FAKE_BEGIN. CHUNK words are allocated at a time. */
#define FIRST_WORD (FAKE_BEGIN + 1)
#define BUCKETS 4096u
#define CHUNK 1024u

struct word {
    struct word *next;
    int32_t id;
    uint8_t length;
    char bytes[];
};

struct fake_words {
    pthread_mutex_t lock;
    struct word *buckets[BUCKETS];
    /* By id, in chunks that never move, so that texts may be handed out. */
    struct word **chunks[FAKE_WORDS_MAX / CHUNK];
    int32_t count;
    char single[256];
};

struct fake_words *fake_words_create(void)
{
    struct fake_words *words = hearth_calloc(1, sizeof(*words));
    pthread_mutex_init(&words->lock, NULL);
    for (int i = 0; i < 256; i++)
        words->single[i] = (char)i;
    return words;
}

void fake_words_destroy(struct fake_words *words)
{
    if (!words)
        return;
    for (int32_t i = 0; i < words->count; i++)
        hearth_free(words->chunks[i / (int32_t)CHUNK][i % (int32_t)CHUNK]);
    for (size_t i = 0; i < FAKE_WORDS_MAX / CHUNK; i++)
        hearth_free(words->chunks[i]);
    pthread_mutex_destroy(&words->lock);
    hearth_free(words);
}

/* ASCII only, so that no byte of a longer character is one. */
static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Of the word at the start of the text, with the white space before it. */
static size_t word_length(const char *text, size_t length)
{
    /* No further than it takes to see that the word is too long. */
    size_t most = length <= FAKE_WORD_BYTES_MAX ? length : FAKE_WORD_BYTES_MAX + 1, end = 0;
    while (end < most && is_space(text[end]))
        end++;
    while (end < most && !is_space(text[end]))
        end++;
    if (end <= FAKE_WORD_BYTES_MAX)
        return end;
    /* Cut between characters where that is possible. */
    size_t whole = hearth_utf8_whole(text, FAKE_WORD_BYTES_MAX);
    return whole ? whole : FAKE_WORD_BYTES_MAX;
}

static uint32_t hash(const char *bytes, size_t length)
{
    return hearth_hash32(HEARTH_HASH32_START, bytes, length);
}

/* The id, or -1 when the vocabulary is full or memory is. */
static int32_t intern(struct fake_words *words, const char *bytes, size_t length)
{
    struct word **bucket = &words->buckets[hash(bytes, length) % BUCKETS];
    for (struct word *word = *bucket; word; word = word->next)
        if (word->length == length && memcmp(word->bytes, bytes, length) == 0)
            return word->id;
    if (words->count == FAKE_WORDS_MAX)
        return -1;
    size_t chunk = (size_t)words->count / CHUNK;
    if (!words->chunks[chunk] &&
        !(words->chunks[chunk] = hearth_try_calloc(CHUNK, sizeof(struct word *))))
        return -1;
    struct word *word = hearth_try_alloc(sizeof(*word) + length);
    if (!word)
        return -1;
    *word =
        (struct word){.next = *bucket, .id = FIRST_WORD + words->count, .length = (uint8_t)length};
    memcpy(word->bytes, bytes, length);
    words->chunks[chunk][words->count % (int32_t)CHUNK] = word;
    words->count++;
    /* Last, when nothing can fail any more. */
    *bucket = word;
    return word->id;
}

int32_t *fake_words_tokens(struct fake_words *words, const char *text, size_t length,
                           uint32_t *ret_count)
{
    /* At most a token for each byte. */
    int32_t *tokens = hearth_try_calloc(length + 1, sizeof(*tokens));
    if (!tokens)
        return NULL;
    uint32_t count = 0;
    pthread_mutex_lock(&words->lock);
    for (size_t at = 0; at < length;) {
        size_t some = word_length(text + at, length - at);
        int32_t id = intern(words, text + at, some);
        /* No room for a new word: it comes byte by byte, which can always be turned back. */
        if (id < 0) {
            id = (unsigned char)text[at];
            some = 1;
        }
        tokens[count++] = id;
        at += some;
    }
    pthread_mutex_unlock(&words->lock);
    *ret_count = count;
    return tokens;
}

struct hearth_bytes fake_words_text(struct fake_words *words, int32_t token)
{
    /* Bytes have texts of their own and need no lock. */
    if (token >= 0 && token < 256)
        return (struct hearth_bytes){.bytes = &words->single[token], .length = 1};
    struct hearth_bytes text = {.bytes = "", .length = 0};
    int32_t index = token - FIRST_WORD;
    pthread_mutex_lock(&words->lock);
    if (token >= FIRST_WORD && index < words->count) {
        struct word *word = words->chunks[index / (int32_t)CHUNK][index % (int32_t)CHUNK];
        text = (struct hearth_bytes){.bytes = word->bytes, .length = word->length};
    }
    pthread_mutex_unlock(&words->lock);
    return text;
}
