#include "dataset/learnt_answers.h"

#include "base/error.h"
#include "base/memory.h"
#include "dataset/token_places.h"

#include <inttypes.h>
#include <string.h>

enum { TOKEN_TEXT_MAX = 4096, RENDERED_AS_ONE = 4096 }; /* bytes */

/* The first `count` messages as the template has them. */
struct conversation {
    const struct hearth_words *words;
    const json_t *value;
    size_t count;
    struct hearth_buf whole, prefix;
    struct hearth_learnt learnt;
    struct hearth_token_places places;
};

static void finish(struct conversation *at)
{
    hearth_buf_finish(&at->whole);
    hearth_buf_finish(&at->prefix);
    hearth_learnt_finish(&at->learnt);
    hearth_token_places_finish(&at->places);
}

static int render(const struct conversation *at, size_t messages, bool answer_begins,
                  struct hearth_buf *text, struct hearth_error *error)
{
    json_t *conversation = json_object(), *part = json_array();
    const json_t *all = json_object_get(at->value, "messages");
    for (size_t i = 0; i < messages; i++)
        json_array_append(part, json_array_get(all, i));
    json_object_set_new(conversation, "messages", part);
    json_object_set_new(conversation, "add_generation_prompt", json_boolean(answer_begins));
    if (json_object_get(at->value, "tools"))
        json_object_set(conversation, "tools", json_object_get(at->value, "tools"));
    hearth_buf_clear(text);
    int rc = at->words->render(at->words->argument, conversation, text, error);
    json_decref(conversation);
    return rc;
}

static int begin(struct conversation *at, const struct hearth_words *words, const json_t *value,
                 size_t count, struct hearth_error *error)
{
    int32_t *tokens = NULL;
    uint32_t token_count = 0;
    *at = (struct conversation){.words = words, .value = value, .count = count};
    hearth_buf_init(&at->whole, HEARTH_LEARNT_TEXT_MAX);
    hearth_buf_init(&at->prefix, HEARTH_LEARNT_TEXT_MAX);
    int rc = render(at, count, false, &at->whole, error);
    const char *text = at->whole.length ? at->whole.bytes : "";
    if (!rc)
        rc = words->tokenize(words->argument, text, at->whole.length, true, true, &tokens,
                             &token_count, error);
    if (!rc)
        rc = hearth_learnt_own(&at->learnt, tokens, token_count, error);
    if (!rc)
        rc = hearth_token_places_find(words, text, at->whole.length, at->learnt.tokens, token_count,
                                      &at->places, error);
    return rc;
}

static size_t common(const struct hearth_buf *a, const struct hearth_buf *b)
{
    size_t same = 0;
    while (same < a->length && same < b->length && a->bytes[same] == b->bytes[same])
        same++;
    return same;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether what was rendered last stands at the beginning of the whole, but for space at its end. */
static bool stands(const struct conversation *at)
{
    size_t length = at->prefix.length;
    while (length > 0 && is_space(at->prefix.bytes[length - 1]))
        length--;
    return common(&at->prefix, &at->whole) >= length;
}

/* Where the answer begins: as far as the beginning of an answer, which may go another way than this
 * one (it begins a thought), is the text's own. What is before it must be. */
static int find_start(struct conversation *at, size_t index, size_t *ret_start, bool *ret_altered,
                      struct hearth_error *error)
{
    int rc = render(at, index, true, &at->prefix, error);
    *ret_start = common(&at->prefix, &at->whole);
    if (rc || *ret_start == at->prefix.length)
        return rc;
    rc = render(at, index, false, &at->prefix, error);
    *ret_altered = !rc && (!stands(at) || *ret_start < common(&at->prefix, &at->whole));
    return rc;
}

static int find_stop(struct conversation *at, size_t index, size_t *ret_stop, bool *ret_altered,
                     struct hearth_error *error)
{
    *ret_stop = at->whole.length;
    if (index + 1 == at->count)
        return 0;
    int rc = render(at, index + 1, false, &at->prefix, error);
    *ret_stop = common(&at->prefix, &at->whole);
    *ret_altered = *ret_altered || (!rc && !stands(at));
    return rc;
}

static bool is_space_token(const struct conversation *at, int32_t token)
{
    struct hearth_buf text;
    bool space = true;
    hearth_buf_init(&text, TOKEN_TEXT_MAX);
    at->words->spell(at->words->argument, token, &text);
    for (size_t i = 0; i < text.length; i++)
        space = space && is_space(text.bytes[i]);
    hearth_buf_finish(&text);
    return space;
}

/* White space behind the token that ends the answer is the template's, which no model is asked for.
 */
static void mark(struct conversation *at, uint32_t first, uint32_t end)
{
    uint32_t last = end;
    while (last > first && is_space_token(at, at->learnt.tokens[last - 1]))
        last--;
    if (last > first && at->words->ends(at->words->argument, at->learnt.tokens[last - 1]))
        end = last;
    hearth_learnt_mark(&at->learnt, first, end);
}

/* Message number `index` is an answer. `ret_altered`: the template shows it, or what stands before
 * it, in another way once others follow, and it is not learnt here. */
static int learn_answer(struct conversation *at, size_t index, bool *ret_altered,
                        struct hearth_error *error)
{
    size_t start = 0, stop = 0;
    uint32_t first = 0, end = 0;
    int rc = find_start(at, index, &start, ret_altered, error);
    if (!rc && !*ret_altered)
        rc = find_stop(at, index, &stop, ret_altered, error);
    *ret_altered = *ret_altered || stop < start;
    if (rc || *ret_altered)
        return rc;
    rc = hearth_token_places_before(&at->places, start, &first, error);
    if (!rc)
        rc = hearth_token_places_before(&at->places, stop, &end, error);
    if (!rc)
        mark(at, first, end);
    return rc;
}

/* OpenAI's `weight` of 0 leaves an answer out. The first message of all answers nobody: no model is
 * asked for it. */
static bool is_learnt(const json_t *messages, size_t index)
{
    const json_t *message = json_array_get(messages, index);
    return index > 0 && strcmp(hearth_json_text(message, "role", ""), "assistant") == 0 &&
           hearth_json_number(message, "weight", 1) != 0;
}

static int give(const struct hearth_learnt_taker *taker, struct conversation *at,
                struct hearth_error *error)
{
    return at->learnt.learnt ? taker->take(taker->argument, &at->learnt, error) : 0;
}

/* The conversation ends with this answer, as it did when it was asked for. */
static int learn_alone(const struct hearth_words *words, const json_t *value, size_t index,
                       const struct hearth_learnt_taker *taker, struct hearth_error *error)
{
    struct conversation at;
    bool altered = false;
    int rc = begin(&at, words, value, index + 1, error);
    if (!rc)
        rc = learn_answer(&at, index, &altered, error);
    if (!rc && altered)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "the template shows what stands before message %zu in another way "
                              "once it is there, so that it cannot be learnt",
                              index + 1);
    if (!rc)
        rc = give(taker, &at, error);
    finish(&at);
    return rc;
}

static int learn_together(struct conversation *at, const json_t *messages, bool *altered,
                          struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < at->count; i++)
        if (is_learnt(messages, i))
            rc = learn_answer(at, i, &altered[i], error);
    return rc;
}

/* How many messages are rendered to find all answers: up to each, with and without the beginning of
 * an answer. */
static uint64_t rendered(const json_t *value, const json_t *messages)
{
    size_t count = json_array_size(messages);
    uint64_t sum = 0, bytes = json_dumpb(value, NULL, 0, JSON_COMPACT);
    uint64_t each = 1 + bytes / (count + 1) / RENDERED_AS_ONE;
    for (size_t i = 0; i < count; i++)
        sum += is_learnt(messages, i) ? 2 * (i + 1) * each : 0;
    return sum;
}

static int check_work(const json_t *value, const json_t *messages, struct hearth_error *error)
{
    uint64_t work = rendered(value, messages);
    if (work <= HEARTH_LEARN_RENDERED_MAX)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the conversation has %zu messages, too many for one row: to find its "
                            "answers %" PRIu64 " would be rendered, and may be %d; it may be split "
                            "into several rows",
                            json_array_size(messages), work, HEARTH_LEARN_RENDERED_MAX);
}

int hearth_learn_answers(const struct hearth_words *words, const json_t *value, bool all,
                         const struct hearth_learnt_taker *taker, struct hearth_error *error)
{
    const json_t *messages = json_object_get(value, "messages");
    size_t count = json_array_size(messages);
    int rc = all ? 0 : check_work(value, messages, error);
    if (rc)
        return rc;
    bool *altered = hearth_calloc(count + 1, sizeof(*altered));
    struct conversation at;
    rc = begin(&at, words, value, count, error);
    if (!rc && all)
        hearth_learnt_mark(&at.learnt, 0, at.learnt.count);
    else if (!rc)
        rc = learn_together(&at, messages, altered, error);
    if (!rc)
        rc = give(taker, &at, error);
    finish(&at);
    for (size_t i = 0; !rc && i < count; i++)
        if (altered[i])
            rc = learn_alone(words, value, i, taker, error);
    hearth_free(altered);
    return rc;
}
