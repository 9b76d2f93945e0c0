/* As llama.cpp's get_overlapping_token_sequences does it, in one pass over the vocabulary for all
 * breakers: the tokens of what may be left of a breaker are found first. */
#include "engine/llama/llama_breakers.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_shim.h"

#include <inttypes.h>
#include <string.h>

/* TAIL_MAX is llama.cpp's. A breaker is a handful of characters; one that begins with a common
 * letter meets a third of a vocabulary. */
enum { TEXTS_MAX = 16, TEXT_MAX = 40, TAIL_MAX = 20, PIECE_MAX = 4096, LIST_MAX = 1 << 20 };

/* A breaker's text from byte `from` on, as tokens. */
struct rest {
    uint32_t at, count; /* in tails */
};

struct search {
    const struct llama_vocab *vocab;
    const struct hearth_bytes *texts;
    uint32_t count;
    struct rest rests[TEXTS_MAX][TEXT_MAX];
    struct hearth_llama_breakers *made;
    size_t capacity;
};

static int check(const struct hearth_bytes *texts, uint32_t count, struct hearth_error *error)
{
    if (count > TEXTS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "dry_sequence_breakers: %" PRIu32 " texts, at most %d are taken",
                                count, TEXTS_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (texts[i].length == 0 || texts[i].length > TEXT_MAX)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "dry_sequence_breakers[%" PRIu32 "]: a text of %zu bytes, from "
                                    "1 to %d are taken",
                                    i, texts[i].length, TEXT_MAX);
    return 0;
}

/* A cut may go through a character, whose rest is then tokenized as bytes. */
static int find_rests(struct search *search, struct hearth_error *error)
{
    uint32_t used = 0;
    search->made->tails =
        hearth_try_calloc((size_t)TEXTS_MAX * TEXT_MAX * TAIL_MAX, sizeof(*search->made->tails));
    if (search->made->tails == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the sequence breakers");
    for (uint32_t i = 0; i < search->count; i++)
        for (size_t from = 1; from < search->texts[i].length; from++) {
            int32_t *tokens = NULL;
            uint32_t count = 0;
            int rc = hearth_llama_tokenize(search->vocab, search->texts[i].bytes + from,
                                           search->texts[i].length - from, false, false, &tokens,
                                           &count, error);
            if (rc != 0)
                return rc;
            count = count < TAIL_MAX ? count : TAIL_MAX;
            if (count > 0)
                memcpy(search->made->tails + used, tokens, count * sizeof(*tokens));
            search->rests[i][from] = (struct rest){used, count};
            used += count;
            hearth_free(tokens);
        }
    return 0;
}

/* Tokens come in their order, so the list is sorted by itself, and equals of this one can only be
 * among those that were added last. */
static int add(struct search *search, int32_t head, struct rest rest)
{
    struct hearth_llama_breakers *made = search->made;
    for (size_t i = made->found.count; i > 0 && made->list[i - 1].head == head; i--)
        if (made->list[i - 1].tail_count == rest.count &&
            memcmp(made->tails + made->list[i - 1].tail_at, made->tails + rest.at,
                   rest.count * sizeof(*made->tails)) == 0)
            return 0;
    if (made->found.count == LIST_MAX)
        return HEARTH_EINVAL;
    if (made->found.count == search->capacity) {
        size_t capacity = search->capacity * 2 + 1024;
        struct hearth_dry_breaker *list =
            hearth_try_realloc(made->list, capacity * sizeof(*made->list));
        if (list == NULL)
            return HEARTH_ENOMEM;
        made->list = list;
        search->capacity = capacity;
    }
    made->list[made->found.count++] =
        (struct hearth_dry_breaker){.head = head, .tail_at = rest.at, .tail_count = rest.count};
    return 0;
}

/* Where the piece ends within the breaker, what is left of it is the tail. */
static int match(struct search *search, int32_t token, const char *piece, size_t length,
                 uint32_t text)
{
    const struct hearth_bytes *breaker = &search->texts[text];
    if (memmem(piece, length, breaker->bytes, breaker->length) != NULL)
        return add(search, token, (struct rest){0, 0});
    size_t most = length < breaker->length - 1 ? length : breaker->length - 1;
    for (size_t common = most; common > 0; common--)
        if (memcmp(piece + length - common, breaker->bytes, common) == 0) {
            int rc = add(search, token, search->rests[text][common]);
            if (rc != 0)
                return rc;
        }
    return 0;
}

static int find_all(struct search *search, struct hearth_error *error)
{
    struct hearth_buf piece;
    hearth_buf_init(&piece, PIECE_MAX);
    int rc = 0;
    for (int32_t token = 0; rc == 0 && token < llama_vocab_n_tokens(search->vocab); token++) {
        hearth_buf_clear(&piece);
        if (hearth_llama_piece(search->vocab, token, true, &piece) != 0)
            continue;
        for (uint32_t i = 0; rc == 0 && i < search->count && piece.length > 0; i++)
            rc = match(search, token, piece.bytes, piece.length, i);
    }
    hearth_buf_finish(&piece);
    if (rc == HEARTH_EINVAL)
        return hearth_error_set(error, rc, "dry_sequence_breakers: they are in too many tokens");
    return rc == 0 ? 0 : hearth_error_set(error, rc, "no memory for the sequence breakers");
}

int hearth_llama_breakers_init(struct hearth_llama_breakers *breakers,
                               const struct llama_vocab *vocab, const struct hearth_bytes *texts,
                               uint32_t count, struct hearth_error *error)
{
    struct search search = {.vocab = vocab, .texts = texts, .count = count, .made = breakers};
    *breakers = (struct hearth_llama_breakers){0};
    int rc = check(texts, count, error);
    if (rc == 0 && count > 0)
        rc = find_rests(&search, error);
    if (rc == 0 && count > 0)
        rc = find_all(&search, error);
    breakers->found.list = breakers->list;
    breakers->found.tails = breakers->tails;
    if (rc != 0)
        hearth_llama_breakers_finish(breakers);
    return rc;
}

void hearth_llama_breakers_finish(struct hearth_llama_breakers *breakers)
{
    hearth_free(breakers->list);
    hearth_free(breakers->tails);
    *breakers = (struct hearth_llama_breakers){0};
}
