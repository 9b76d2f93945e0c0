/* Unigram: of all ways to cut a piece into tokens, the one with the greatest sum of scores, by the
 * Viterbi algorithm. Source: T. Kudo, "Subword Regularization", 2018. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All pairs of two bytes. */
enum { LEADS = 1 << 16 };

struct unigram {
    struct token_model head;
    double *scores;  /* by id */
    int32_t *sorted; /* ids in order of their bytes, for prefix search */
    size_t count;
    uint32_t *leads; /* [LEADS + 1]: the first place whose two leading bytes are at least so much */
    double unknown_score; /* of a character without a token */
    int32_t unknown;      /* -1: none */
    int32_t byte_ids[256];
    bool byte_fallback;
};

/* The best way to each byte of a piece: of the token that ends there the length, which is all that
 * has to be kept, and the score of the way, which is asked for no longer than a token is. */
struct lattice {
    uint32_t *steps; /* [length + 1]; 0: not reached */
    double *scores;  /* [mask + 1], a ring */
    size_t mask;
};
#define STEP_UNKNOWN (1u << 31)

static void destroy(struct token_model *head)
{
    struct unigram *model = (struct unigram *)head;
    vocabulary_finish(&head->vocabulary);
    hearth_free(model->scores);
    hearth_free(model->sorted);
    hearth_free(model->leads);
    hearth_free(model);
}

/* Order of bytes, shorter first: tokens that begin alike stand together, and of these the one that
 * is the common beginning stands first. `extend` relies on both. */
static int by_bytes(const void *a, const void *b, void *vocabulary)
{
    size_t n, m;
    const char *x = vocabulary_text(vocabulary, *(const int32_t *)a, &n);
    const char *y = vocabulary_text(vocabulary, *(const int32_t *)b, &m);
    int order = memcmp(x, y, n < m ? n : m);
    return order ? order : n < m ? -1 : n > m;
}

/* The reference reads a decimal as digits divided by a power of ten, both as doubles, which may
 * miss the nearest double by one unit; sums of scores that tie are decided by such units. Files
 * have the shortest decimal that stands for a number, so its digits can be had back. */
static double as_the_reference_reads(double score)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, score);
        if (strtod(text, NULL) == score)
            break;
    }
    uint64_t significand = 0;
    int places = 0, exponent = 0;
    bool fraction = false;
    const char *at = text + (*text == '-');
    for (; *at && *at != 'e'; at++) {
        if (*at == '.')
            fraction = true;
        else {
            significand = significand * 10 + (uint64_t)(*at - '0');
            places += fraction;
        }
    }
    int64_t parsed = 0;
    if (*at == 'e' && !hearth_parse_int(at + (at[1] == '+' ? 2 : 1), -400, 400, &parsed))
        exponent = (int)parsed;
    for (; significand && significand % 10 == 0; significand /= 10)
        places--;
    exponent -= places;
    double value = (double)significand, power = pow(10, exponent < 0 ? -exponent : exponent);
    value = exponent < 0 ? value / power : value * power;
    return score < 0 ? -value : value;
}

static int read_tokens(struct unigram *model, const json_t *json, struct hearth_error *error)
{
    double least = DBL_MAX;
    for (size_t i = 0; i < model->count; i++) {
        const json_t *entry = json_array_get(json, i), *token = json_array_get(entry, 0);
        const json_t *score = json_array_get(entry, 1);
        if (!json_is_string(token) || !json_is_number(score))
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "tokenizer.json: entry %zu is not a token and a score", i);
        int rc = vocabulary_add(&model->head.vocabulary, json_string_value(token),
                                json_string_length(token), (int64_t)i, error);
        if (rc)
            return rc;
        model->scores[i] = as_the_reference_reads(json_number_value(score));
        least = model->scores[i] < least ? model->scores[i] : least;
    }
    /* As in sentencepiece: an unknown character costs 10 more than the least likely token. */
    model->unknown_score = least - 10;
    return 0;
}

/* Empty tokens are left out: the search would take them for ever without moving on. */
static void sort_tokens(struct unigram *model)
{
    size_t kept = 0, length;
    for (size_t i = 0; i < model->count; i++)
        if (vocabulary_text(&model->head.vocabulary, (int64_t)i, &length) && length)
            model->sorted[kept++] = (int32_t)i;
    model->count = kept;
    qsort_r(model->sorted, kept, sizeof(*model->sorted), by_bytes, &model->head.vocabulary);
}

/* Where each pair of leading bytes begins among the sorted tokens. */
static void index_tokens(struct unigram *model)
{
    size_t place = 0;
    for (uint32_t key = 0; key <= LEADS; key++) {
        for (size_t length; place < model->count; place++) {
            const unsigned char *text = (const unsigned char *)vocabulary_text(
                &model->head.vocabulary, model->sorted[place], &length);
            if (((uint32_t)text[0] << 8 | (length > 1 ? text[1] : 0u)) >= key)
                break;
        }
        model->leads[key] = (uint32_t)place;
    }
}

static int read_fields(struct unigram *model, const json_t *json, struct hearth_error *error)
{
    const json_t *vocabulary = json_object_get(json, "vocab");
    json_int_t unknown = hearth_json_integer(json, "unk_id", -1);
    model->count = json_array_size(vocabulary);
    if (model->count == 0 || model->count > VOCABULARY_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: no vocabulary");
    if (unknown >= (json_int_t)model->count)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: unk_id is out of range");
    model->unknown = unknown < 0 ? -1 : (int32_t)unknown;
    model->byte_fallback = hearth_json_truth(json, "byte_fallback", false);
    model->scores = hearth_try_calloc(model->count, sizeof(*model->scores));
    model->sorted = hearth_try_calloc(model->count, sizeof(*model->sorted));
    model->leads = hearth_try_calloc(LEADS + 1, sizeof(*model->leads));
    if (!model->scores || !model->sorted || !model->leads)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for the vocabulary");
    int rc = read_tokens(model, vocabulary, error);
    if (rc)
        return rc;
    sort_tokens(model);
    index_tokens(model);
    vocabulary_byte_ids(&model->head.vocabulary, model->byte_ids);
    return 0;
}

static int read_model(const json_t *json, struct token_model **ret_model,
                      struct hearth_error *error)
{
    struct unigram *model = hearth_calloc(1, sizeof(*model));
    model->head.ops = &unigram_model;
    int rc = read_fields(model, json, error);
    if (rc)
        destroy(&model->head);
    else
        *ret_model = &model->head;
    return rc;
}

/* The byte of a token at a depth, -1 behind its end. */
static int byte_at(const struct unigram *model, size_t place, size_t depth)
{
    size_t length;
    const char *text = vocabulary_text(&model->head.vocabulary, model->sorted[place], &length);
    return depth < length ? (unsigned char)text[depth] : -1;
}

/* The first place in [low, high) whose byte at this depth is at least `byte`. */
static size_t first_at_least(const struct unigram *model, size_t low, size_t high, size_t depth,
                             int byte)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (byte_at(model, middle, depth) < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The tokens of [*low, *high) that have this byte at this depth. */
static void narrow(const struct unigram *model, size_t depth, int byte, int before, size_t *low,
                   size_t *high)
{
    if (depth == 0) {
        *low = model->leads[byte << 8];
        *high = model->leads[(byte + 1) << 8];
    } else if (depth == 1 && byte > 0) { /* 0 cannot be told from a token's end there */
        *low = model->leads[before << 8 | byte];
        *high = model->leads[(before << 8 | byte) + 1];
    } else {
        *low = first_at_least(model, *low, *high, depth, byte);
        *high = first_at_least(model, *low, *high, depth, byte + 1);
    }
}

/* A better way to `end` takes the place of the former one; of two that are as good the first stays,
 * as in the library. */
static void offer(struct lattice *lattice, size_t start, size_t end, double score, bool unknown)
{
    double *best = &lattice->scores[end & lattice->mask];
    if (lattice->steps[end] && score <= *best)
        return;
    *best = score;
    lattice->steps[end] = (uint32_t)(end - start) | (unknown ? STEP_UNKNOWN : 0);
}

/* All tokens that the text at `start` begins with: the range of sorted tokens shrinks byte by byte.
 */
static void extend(const struct unigram *model, const char *text, size_t length, size_t start,
                   size_t width, struct lattice *lattice)
{
    const unsigned char *bytes = (const unsigned char *)text + start;
    size_t low = 0, high = model->count;
    double score = lattice->scores[start & lattice->mask];
    bool has_character = false;
    for (size_t depth = 0; start + depth < length && low < high; depth++) {
        narrow(model, depth, bytes[depth], depth ? bytes[depth - 1] : 0, &low, &high);
        /* The first of the range ends here, so it is the text up to here; all others are longer. */
        if (low < high && byte_at(model, low, depth + 1) < 0) {
            int32_t id = model->sorted[low];
            offer(lattice, start, start + depth + 1, score + model->scores[id],
                  id == model->unknown);
            has_character |= depth + 1 == width;
        }
    }
    /* So every character is reached, and the search cannot get stuck: at worst it is unknown. */
    if (!has_character)
        offer(lattice, start, start + width, score + model->unknown_score, true);
}

/* A token, or where there is none its bytes when the model has tokens for them, or the unknown
 * token. */
static int append_part(const struct unigram *model, const char *text, size_t length,
                       struct hearth_tokens *tokens, struct hearth_error *error)
{
    int32_t id = vocabulary_find(&model->head.vocabulary, text, length);
    if (id >= 0)
        return tokens_append(tokens, id, error);
    bool have_bytes = model->byte_fallback;
    for (size_t i = 0; i < length && have_bytes; i++)
        have_bytes = model->byte_ids[(unsigned char)text[i]] >= 0;
    int rc = 0;
    for (size_t i = 0; i < length && have_bytes && !rc; i++)
        rc = tokens_append(tokens, model->byte_ids[(unsigned char)text[i]], error);
    if (have_bytes || rc)
        return rc;
    if (model->unknown < 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a character is not in the vocabulary, which has no unknown token");
    return tokens_append(tokens, model->unknown, error);
}

/* Turns the best path round: each step then stands where it begins. */
static void turn(uint32_t *steps, size_t length)
{
    uint32_t step = steps[length];
    for (size_t at = length; at > 0;) {
        at -= step & ~STEP_UNKNOWN;
        uint32_t before = steps[at];
        steps[at] = step;
        step = before;
    }
}

/* Neighbours that are unknown are one part. */
static int append_path(const struct unigram *model, const char *text, size_t length,
                       const uint32_t *steps, struct hearth_tokens *tokens,
                       struct hearth_error *error)
{
    int rc = 0;
    for (size_t at = 0, next; at < length && !rc; at = next) {
        next = at + (steps[at] & ~STEP_UNKNOWN);
        while (steps[at] & STEP_UNKNOWN && next < length && steps[next] & STEP_UNKNOWN)
            next += steps[next] & ~STEP_UNKNOWN;
        rc = append_part(model, text + at, next - at, tokens, error);
    }
    return rc;
}

static int find_path(const struct unigram *model, const char *text, size_t length,
                     struct lattice *lattice, struct hearth_tokens *tokens,
                     struct hearth_error *error)
{
    enum { STARTS_AT_ONCE = 1 << 14 };
    int rc = 0;
    for (size_t start = 0, width, count = 0; start < length && !rc; start += width) {
        unsigned char lead = (unsigned char)text[start];
        /* Tokens begin where characters do: starts in between are never looked at. */
        width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        extend(model, text, length, start, width, lattice);
        rc = ++count % STARTS_AT_ONCE ? 0 : tokens_check(tokens, error);
    }
    return rc;
}

static int encode_bytes(const struct unigram *model, const char *text, size_t length,
                        struct hearth_tokens *tokens, struct hearth_error *error)
{
    /* Scores are asked for at most `longest` bytes back, so a ring of that many is enough; a
     * character of 4 bytes must fit too. A power of two makes the place a mask. */
    size_t ring = 8, longest = model->head.vocabulary.longest;
    while (ring <= longest && ring <= length)
        ring *= 2;
    struct lattice lattice = {.steps = hearth_try_calloc(length + 1, sizeof(*lattice.steps)),
                              .scores = hearth_try_calloc(ring, sizeof(*lattice.scores)),
                              .mask = ring - 1};
    int rc =
        lattice.steps && lattice.scores
            ? find_path(model, text, length, &lattice, tokens, error)
            : hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for this text");
    if (!rc) {
        turn(lattice.steps, length);
        rc = append_path(model, text, length, lattice.steps, tokens, error);
    }
    hearth_free(lattice.steps);
    hearth_free(lattice.scores);
    return rc;
}

/* At most four bytes for each code point. */
static int encode(const struct token_model *head, const uint32_t *piece, size_t count,
                  struct hearth_tokens *tokens, struct hearth_error *error)
{
    char *text = hearth_try_alloc(4 * count);
    if (!text)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for this text");
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += hearth_rune_to_utf8(piece[i], text + length);
    int rc = encode_bytes((const struct unigram *)head, text, length, tokens, error);
    hearth_free(text);
    return rc;
}

const struct token_model_ops unigram_model = {
    .name = "Unigram",
    .read = read_model,
    .destroy = destroy,
    .encode = encode,
};
