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

struct unigram {
    struct token_model head;
    double *scores;  /* by id */
    int32_t *sorted; /* ids in order of their bytes, for prefix search */
    size_t count;
    uint32_t *firsts; /* [65537]: the first place whose two leading bytes are at least so much */
    double unknown_score; /* of a character without a token */
    int32_t unknown;      /* -1: none */
    int32_t byte_ids[256];
    bool byte_fallback;
};

/* The best path that ends at a byte. */
struct path_end {
    double score;
    size_t start;
    int32_t id;
    bool reached;
};

static void destroy(struct token_model *head)
{
    struct unigram *model = (struct unigram *)head;
    vocabulary_finish(&head->vocabulary);
    hearth_free(model->scores);
    hearth_free(model->sorted);
    hearth_free(model->firsts);
    hearth_free(model);
}

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
    model->unknown_score = least - 10;
    return 0;
}

static void sort_tokens(struct unigram *model)
{
    size_t kept = 0, length;
    for (size_t i = 0; i < model->count; i++)
        if (vocabulary_text(&model->head.vocabulary, (int64_t)i, &length) && length)
            model->sorted[kept++] = (int32_t)i;
    model->count = kept;
    qsort_r(model->sorted, kept, sizeof(*model->sorted), by_bytes, &model->head.vocabulary);
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
    if (!model->scores || !model->sorted)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vocabulary");
    int rc = read_tokens(model, vocabulary, error);
    if (rc)
        return rc;
    sort_tokens(model);
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

static void offer(struct path_end *end, double score, size_t start, int32_t id)
{
    if (end->reached && score <= end->score)
        return;
    *end = (struct path_end){.score = score, .start = start, .id = id, .reached = true};
}

/* All tokens that the text at `start` begins with: the range of sorted tokens shrinks byte by byte.
 */
static void extend(const struct unigram *model, const char *text, size_t length, size_t start,
                   size_t width, struct path_end *ends)
{
    size_t low = 0, high = model->count;
    bool has_character = false;
    for (size_t depth = 0; start + depth < length && low < high; depth++) {
        int byte = (unsigned char)text[start + depth];
        low = first_at_least(model, low, high, depth, byte);
        high = first_at_least(model, low, high, depth, byte + 1);
        if (low < high && byte_at(model, low, depth + 1) < 0) {
            int32_t id = model->sorted[low];
            offer(&ends[start + depth + 1], ends[start].score + model->scores[id], start, id);
            has_character |= depth + 1 == width;
        }
    }
    if (!has_character)
        offer(&ends[start + width], ends[start].score + model->unknown_score, start, -1);
}

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

static bool is_unknown(const struct unigram *model, const struct path_end *end)
{
    return end->id < 0 || end->id == model->unknown;
}

/* Walks the best path backwards, turns it round, and joins neighbours that are unknown. */
static int append_path(const struct unigram *model, const char *text, size_t length,
                       struct path_end *ends, struct hearth_tokens *tokens,
                       struct hearth_error *error)
{
    size_t next = length;
    for (size_t at = length; at > 0;) {
        size_t start = ends[at].start;
        ends[start].score = (double)at; /* from here on: where the token that starts here ends */
        at = start;
    }
    int rc = 0;
    for (size_t at = 0; at < length && !rc; at = next) {
        next = (size_t)ends[at].score;
        while (is_unknown(model, &ends[next]) && next < length &&
               is_unknown(model, &ends[(size_t)ends[next].score]))
            next = (size_t)ends[next].score;
        rc = append_part(model, text + at, next - at, tokens, error);
    }
    return rc;
}

static int encode_bytes(const struct unigram *model, const char *text, size_t length,
                        struct hearth_tokens *tokens, struct hearth_error *error)
{
    struct path_end *ends = hearth_try_calloc(length + 1, sizeof(*ends));
    if (!ends)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text");
    for (size_t start = 0, width; start < length; start += width) {
        unsigned char lead = (unsigned char)text[start];
        width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        extend(model, text, length, start, width, ends);
    }
    int rc = append_path(model, text, length, ends, tokens, error);
    hearth_free(ends);
    return rc;
}

static int encode(const struct token_model *head, const uint32_t *piece, size_t count,
                  struct hearth_tokens *tokens, struct hearth_error *error)
{
    char *text = hearth_try_alloc(4 * count);
    if (!text)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text");
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
