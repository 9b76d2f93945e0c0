#include "dataset/learnt_answers.h"

#include "base/error.h"
#include "base/memory.h"
#include "dataset/answer_places.h"
#include "dataset/token_places.h"

#include <inttypes.h>
#include <string.h>

enum { TOKEN_TEXT_MAX = 4096 }; /* bytes */
/* Fewer answers are found as fast one by one. */
enum { ANSWERS_AT_ONCE = 4 };

/* The first `count` messages as the template has them. */
struct conversation {
    const struct hearth_words *words;
    struct hearth_conversation_text *text;
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
    return hearth_conversation_render(at->text, 0, messages, answer_begins, text, error);
}

static int begin(struct conversation *at, struct hearth_conversation_text *conversation,
                 size_t count, struct hearth_error *error)
{
    const struct hearth_words *words = conversation->words;
    int32_t *tokens = NULL;
    uint32_t token_count = 0;
    *at = (struct conversation){.words = words, .text = conversation, .count = count};
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
    return hearth_conversation_common(&at->prefix, &at->whole) >= length;
}

/* Where the answer begins: as far as the beginning of an answer, which may go another way than this
 * one (it begins a thought), is the text's own. What is before it must be. */
static int find_start(struct conversation *at, size_t index, size_t *ret_start, bool *ret_altered,
                      struct hearth_error *error)
{
    int rc = render(at, index, true, &at->prefix, error);
    *ret_start = hearth_conversation_common(&at->prefix, &at->whole);
    if (rc || *ret_start == at->prefix.length)
        return rc;
    rc = render(at, index, false, &at->prefix, error);
    *ret_altered =
        !rc && (!stands(at) || *ret_start < hearth_conversation_common(&at->prefix, &at->whole));
    return rc;
}

static int find_stop(struct conversation *at, size_t index, size_t *ret_stop, bool *ret_altered,
                     struct hearth_error *error)
{
    *ret_stop = at->whole.length;
    if (index + 1 == at->count)
        return 0;
    int rc = render(at, index + 1, false, &at->prefix, error);
    *ret_stop = hearth_conversation_common(&at->prefix, &at->whole);
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

static int mark_between(struct conversation *at, size_t start, size_t stop,
                        struct hearth_error *error)
{
    uint32_t first = 0, end = 0;
    int rc = hearth_token_places_before(&at->places, start, &first, error);
    if (!rc)
        rc = hearth_token_places_before(&at->places, stop, &end, error);
    if (!rc)
        mark(at, first, end);
    return rc;
}

/* Message number `index` is an answer. `ret_altered`: the template shows it, or what stands before
 * it, in another way once others follow, and it is not learnt here. */
static int learn_answer(struct conversation *at, size_t index, bool *ret_altered,
                        struct hearth_error *error)
{
    size_t start = 0, stop = 0;
    int rc = find_start(at, index, &start, ret_altered, error);
    if (!rc && !*ret_altered)
        rc = find_stop(at, index, &stop, ret_altered, error);
    *ret_altered = *ret_altered || stop < start;
    return rc || *ret_altered ? rc : mark_between(at, start, stop, error);
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
static int learn_alone(struct hearth_conversation_text *conversation, size_t index,
                       const struct hearth_learnt_taker *taker, struct hearth_error *error)
{
    struct conversation at;
    bool altered = false;
    int rc = begin(&at, conversation, index + 1, error);
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

/* Before anything is learnt of the row: each answer that is `wanted` takes so many renderings of
 * all up to it. */
static int check_work(const struct conversation *at, const bool *wanted, uint64_t renderings,
                      struct hearth_error *error)
{
    uint64_t work = 0, bytes = at->whole.length / (at->count + 1);
    for (size_t i = 0; i < at->count; i++)
        if (wanted[i])
            work += renderings * hearth_conversation_cost(at->text, i + 1, (i + 1) * bytes);
    if (work <= HEARTH_LEARN_RENDERED_MAX)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the conversation has %zu messages, too many for one row: to find its "
                            "answers %" PRIu64 " would be rendered, and may be %d; it may be split "
                            "into several rows",
                            at->count, work, HEARTH_LEARN_RENDERED_MAX);
}

static int learn_one_by_one(struct conversation *at, const bool *learnt, bool *altered,
                            struct hearth_error *error)
{
    int rc = check_work(at, learnt, 2, error); /* with and without the beginning of an answer */
    for (size_t i = 0; !rc && i < at->count; i++)
        if (learnt[i])
            rc = learn_answer(at, i, &altered[i], error);
    return rc;
}

static int learn_places(struct conversation *at, const bool *learnt,
                        const struct hearth_answer_place *places, struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < at->count; i++)
        if (learnt[i])
            rc = mark_between(at, places[i].start, places[i].stop, error);
    return rc;
}

static int learn_together(struct conversation *at, bool *altered, struct hearth_error *error)
{
    bool *learnt = hearth_calloc(at->count + 1, sizeof(*learnt));
    struct hearth_answer_place *places = hearth_calloc(at->count + 1, sizeof(*places));
    size_t answers = 0;
    for (size_t i = 0; i < at->count; i++)
        answers += learnt[i] = is_learnt(at->text->messages, i);
    int rc = answers >= ANSWERS_AT_ONCE &&
                     hearth_answer_places_find(at->text, &at->whole, learnt, places)
                 ? learn_places(at, learnt, places, error)
                 : learn_one_by_one(at, learnt, altered, error);
    hearth_free(places);
    hearth_free(learnt);
    return rc;
}

int hearth_learn_answers(const struct hearth_words *words, const json_t *value, bool all,
                         const struct hearth_learnt_taker *taker, struct hearth_error *error)
{
    struct hearth_conversation_text conversation;
    hearth_conversation_text_init(&conversation, words, value);
    bool *altered = hearth_calloc(conversation.count + 1, sizeof(*altered));
    struct conversation at;
    int rc = begin(&at, &conversation, conversation.count, error);
    if (!rc && all)
        hearth_learnt_mark(&at.learnt, 0, at.learnt.count);
    else if (!rc)
        rc = learn_together(&at, altered, error);
    if (!rc)
        rc = check_work(&at, altered, 3, error);
    if (!rc)
        rc = give(taker, &at, error);
    finish(&at);
    for (size_t i = 0; !rc && i < conversation.count; i++)
        if (altered[i])
            rc = learn_alone(&conversation, i, taker, error);
    hearth_free(altered);
    return rc;
}
