#include "dataset/learnt.h"

#include "base/error.h"
#include "base/memory.h"
#include "dataset/learnt_answers.h"
#include "dataset/token_places.h"

#include <string.h>

int hearth_learnt_own(struct hearth_learnt *learnt, int32_t *tokens, uint32_t count,
                      struct hearth_error *error)
{
    *learnt = (struct hearth_learnt){.tokens = tokens, .count = count};
    learnt->counts = hearth_try_calloc((size_t)count + 1, sizeof(*learnt->counts));
    if (learnt->counts)
        return 0;
    hearth_learnt_finish(learnt);
    return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %u tokens", count);
}

void hearth_learnt_mark(struct hearth_learnt *learnt, uint32_t first, uint32_t end)
{
    for (uint32_t i = first > 0 ? first : 1; i < end && i < learnt->count; i++) {
        learnt->learnt += !learnt->counts[i];
        learnt->counts[i] = true;
    }
}

/* With the end of a text behind them, unless it is there. */
static int tokens_of(const struct hearth_words *words, const char *text, size_t length,
                     struct hearth_learnt *learnt, struct hearth_error *error)
{
    int32_t *tokens = NULL;
    uint32_t count = 0;
    int rc = words->tokenize(words->argument, text, length, true, true, &tokens, &count, error);
    int32_t *longer = rc ? NULL : hearth_try_calloc((size_t)count + 1, sizeof(*longer));
    if (longer && count)
        memcpy(longer, tokens, count * sizeof(*longer));
    hearth_free(tokens);
    if (!rc && !longer)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for %u tokens", count);
    if (rc)
        return rc;
    if (words->end >= 0 && (count == 0 || longer[count - 1] != words->end))
        longer[count++] = words->end;
    return hearth_learnt_own(learnt, longer, count, error);
}

/* The tokens from `learnt_from`, a place in the text, on are learnt. */
static int learn_text(const struct hearth_words *words, const char *text, size_t length,
                      size_t learnt_from, const struct hearth_learnt_taker *taker,
                      struct hearth_error *error)
{
    struct hearth_learnt learnt = {0};
    struct hearth_token_places places = {0};
    uint32_t first = 0;
    int rc = tokens_of(words, text, length, &learnt, error);
    if (!rc)
        rc = hearth_token_places_find(words, text, length, learnt.tokens, learnt.count, &places,
                                      error);
    if (!rc)
        rc = hearth_token_places_before(&places, learnt_from, &first, error);
    if (!rc)
        hearth_learnt_mark(&learnt, first, learnt.count);
    if (!rc && learnt.learnt)
        rc = taker->take(taker->argument, &learnt, error);
    hearth_token_places_finish(&places);
    hearth_learnt_finish(&learnt);
    return rc;
}

static int learn_completion(const struct hearth_words *words, const json_t *value, bool all,
                            const struct hearth_learnt_taker *taker, struct hearth_error *error)
{
    const json_t *prompt = json_object_get(value, "prompt");
    const json_t *completion = json_object_get(value, "completion");
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_LEARNT_TEXT_MAX);
    hearth_buf_append(&text, json_string_value(prompt), json_string_length(prompt));
    hearth_buf_append(&text, json_string_value(completion), json_string_length(completion));
    int rc = hearth_buf_cstr(&text)
                 ? learn_text(words, text.bytes, text.length, all ? 0 : json_string_length(prompt),
                              taker, error)
                 : hearth_error_set(error, HEARTH_ETOOLARGE, "the row is too long");
    hearth_buf_finish(&text);
    return rc;
}

struct counting {
    const struct hearth_learnt_taker *taker;
    uint64_t parts;
};

static int count_part(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    struct counting *counting = argument;
    counting->parts++;
    return counting->taker->take(counting->taker->argument, part, error);
}

int hearth_learn_parts(const struct hearth_words *words, const struct hearth_dataset_row *row,
                       bool all, const struct hearth_learnt_taker *taker,
                       struct hearth_error *error)
{
    const json_t *text = json_object_get(row->value, "text");
    struct counting counting = {.taker = taker};
    const struct hearth_learnt_taker counted = {count_part, &counting};
    int rc;
    switch (row->form) {
    case HEARTH_FORM_MESSAGES:
        rc = hearth_learn_answers(words, row->value, all, &counted, error);
        break;
    case HEARTH_FORM_PROMPT:
        rc = learn_completion(words, row->value, all, &counted, error);
        break;
    default:
        rc = learn_text(words, json_string_value(text), json_string_length(text), 0, &counted,
                        error);
    }
    if (!rc && counting.parts == 0)
        rc = hearth_error_set(error, HEARTH_EINVAL, "nothing of the row would be learnt");
    return rc;
}

static int take_only(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    struct hearth_learnt *only = argument;
    if (only->tokens)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the template shows answers in another way once others follow, so "
                                "that the conversation is several parts");
    *only = *part;
    *part = (struct hearth_learnt){0};
    return 0;
}

int hearth_learn_row(const struct hearth_words *words, const struct hearth_dataset_row *row,
                     bool all, struct hearth_learnt *ret_learnt, struct hearth_error *error)
{
    const struct hearth_learnt_taker taker = {take_only, ret_learnt};
    *ret_learnt = (struct hearth_learnt){0};
    int rc = hearth_learn_parts(words, row, all, &taker, error);
    if (rc)
        hearth_learnt_finish(ret_learnt);
    return rc;
}

void hearth_learnt_finish(struct hearth_learnt *learnt)
{
    hearth_free(learnt->tokens);
    hearth_free(learnt->counts);
    *learnt = (struct hearth_learnt){0};
}

void hearth_learnt_cut(struct hearth_learnt *learnt, uint32_t count)
{
    if (count >= learnt->count)
        return;
    learnt->count = count;
    learnt->learnt = 0;
    for (uint32_t i = 0; i < count; i++)
        learnt->learnt += learnt->counts[i];
}
