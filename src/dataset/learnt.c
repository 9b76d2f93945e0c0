#include "dataset/learnt.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

enum { RENDERED_MAX = 8 << 20, ALONE = 4096 /* tokens that are looked at behind an answer */ };

static int own_tokens(struct hearth_learnt *learnt, int32_t *tokens, uint32_t count,
                      struct hearth_error *error)
{
    learnt->tokens = tokens;
    learnt->count = count;
    learnt->counts = hearth_try_calloc((size_t)count + 1, sizeof(*learnt->counts));
    return learnt->counts
               ? 0
               : hearth_error_set(error, HEARTH_ENOMEM, "no memory for %u tokens", count);
}

/* How many tokens the text up to `length` has in common with the whole: the next one is the first
 * that holds something of what follows. */
static int tokens_before(const struct hearth_words *words, const struct hearth_learnt *whole,
                         const char *text, size_t length, bool begins, uint32_t *ret_count,
                         struct hearth_error *error)
{
    int32_t *tokens = NULL;
    uint32_t count = 0, same = 0;
    int rc = words->tokenize(words->argument, text, length, begins, true, &tokens, &count, error);
    while (!rc && same < count && same < whole->count && tokens[same] == whole->tokens[same])
        same++;
    hearth_free(tokens);
    *ret_count = same;
    return rc;
}

static int render(const struct hearth_words *words, const json_t *value, size_t messages,
                  bool answer_begins, struct hearth_buf *text, struct hearth_error *error)
{
    json_t *conversation = json_object(), *part = json_array();
    const json_t *all = json_object_get(value, "messages");
    for (size_t i = 0; i < messages; i++)
        json_array_append(part, json_array_get(all, i));
    json_object_set_new(conversation, "messages", part);
    json_object_set_new(conversation, "add_generation_prompt", json_boolean(answer_begins));
    if (json_object_get(value, "tools"))
        json_object_set(conversation, "tools", json_object_get(value, "tools"));
    hearth_buf_clear(text);
    int rc = words->render(words->argument, conversation, text, error);
    json_decref(conversation);
    return rc;
}

static size_t common(const struct hearth_buf *a, const struct hearth_buf *b)
{
    size_t same = 0;
    while (same < a->length && same < b->length && a->bytes[same] == b->bytes[same])
        same++;
    return same;
}

struct conversation {
    const struct hearth_words *words;
    const json_t *value;
    struct hearth_buf whole, prefix;
    struct hearth_learnt *learnt;
};

static bool is_space_token(const struct hearth_words *words, int32_t token)
{
    struct hearth_buf text;
    bool space = true;
    hearth_buf_init(&text, ALONE);
    words->spell(words->argument, token, &text);
    for (size_t i = 0; i < text.length; i++)
        space = space && strchr(" \t\r\n", text.bytes[i]) && text.bytes[i];
    hearth_buf_finish(&text);
    return space;
}

/* Marks the tokens of an answer. White space behind the token that ends it is the template's, which
 * no model is asked for. */
static void mark(const struct hearth_words *words, struct hearth_learnt *learnt, uint32_t first,
                 uint32_t end)
{
    uint32_t last = end;
    while (last > first && is_space_token(words, learnt->tokens[last - 1]))
        last--;
    if (last > first && words->ends(words->argument, learnt->tokens[last - 1]))
        end = last;
    for (uint32_t i = first > 0 ? first : 1; i < end; i++) {
        learnt->learnt += !learnt->counts[i];
        learnt->counts[i] = true;
    }
}

/* Message number `index` is an answer. */
static int learn_answer(struct conversation *at, size_t index, struct hearth_error *error)
{
    uint32_t first = 0, end = 0;
    int rc = render(at->words, at->value, index, true, &at->prefix, error);
    size_t start = common(&at->prefix, &at->whole);
    if (!rc)
        rc = tokens_before(at->words, at->learnt, at->whole.bytes, start, true, &first, error);
    if (!rc)
        rc = render(at->words, at->value, index + 1, false, &at->prefix, error);
    size_t stop = common(&at->prefix, &at->whole);
    if (!rc && stop <= start)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the template shows message %zu in another way once others follow, "
                                "so that it cannot be learnt where it stands",
                                index + 1);
    if (!rc)
        rc = tokens_before(at->words, at->learnt, at->whole.bytes, stop, true, &end, error);
    if (!rc)
        mark(at->words, at->learnt, first, end);
    return rc;
}

static int learn_answers(struct conversation *at, bool all, struct hearth_error *error)
{
    const json_t *messages = json_object_get(at->value, "messages");
    size_t count = json_array_size(messages);
    int32_t *tokens = NULL;
    uint32_t token_count = 0;
    int rc = render(at->words, at->value, count, false, &at->whole, error);
    if (!rc)
        rc = at->words->tokenize(at->words->argument, at->whole.length ? at->whole.bytes : "",
                                 at->whole.length, true, true, &tokens, &token_count, error);
    if (!rc)
        rc = own_tokens(at->learnt, tokens, token_count, error);
    for (size_t i = 0; !rc && !all && i < count; i++)
        if (strcmp(hearth_json_text(json_array_get(messages, i), "role", ""), "assistant") == 0)
            rc = learn_answer(at, i, error);
    return rc;
}

static int learn_conversation(const struct hearth_words *words, const json_t *value, bool all,
                              struct hearth_learnt *learnt, struct hearth_error *error)
{
    struct conversation at = {.words = words, .value = value, .learnt = learnt};
    hearth_buf_init(&at.whole, RENDERED_MAX);
    hearth_buf_init(&at.prefix, RENDERED_MAX);
    int rc = learn_answers(&at, all, error);
    hearth_buf_finish(&at.whole);
    hearth_buf_finish(&at.prefix);
    return rc;
}

/* The tokens of a text with the end of a text behind it; those from `learnt_from`, a place in the
 * text, on are learnt. */
static int learn_text(const struct hearth_words *words, const char *text, size_t length,
                      size_t learnt_from, struct hearth_learnt *learnt, struct hearth_error *error)
{
    int32_t *tokens = NULL;
    uint32_t count = 0, first = 0;
    int rc = words->tokenize(words->argument, text, length, true, true, &tokens, &count, error);
    if (rc)
        return rc;
    int32_t *longer = hearth_try_calloc((size_t)count + 1, sizeof(*longer));
    if (longer)
        memcpy(longer, tokens, count * sizeof(*longer));
    hearth_free(tokens);
    if (!longer)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %u tokens", count);
    if (words->end >= 0 && (count == 0 || longer[count - 1] != words->end))
        longer[count++] = words->end;
    rc = own_tokens(learnt, longer, count, error);
    if (!rc)
        rc = tokens_before(words, learnt, text, learnt_from, true, &first, error);
    for (uint32_t i = first > 0 ? first : 1; !rc && i < count; i++)
        learnt->counts[i] = true;
    learnt->learnt = !rc && count > first ? count - (first > 0 ? first : 1) : 0;
    return rc;
}

static int learn_completion(const struct hearth_words *words, const json_t *value, bool all,
                            struct hearth_learnt *learnt, struct hearth_error *error)
{
    const json_t *prompt = json_object_get(value, "prompt");
    struct hearth_buf text;
    hearth_buf_init(&text, RENDERED_MAX);
    hearth_buf_append(&text, json_string_value(prompt), json_string_length(prompt));
    hearth_buf_text(&text, json_string_value(json_object_get(value, "completion")));
    int rc = hearth_buf_cstr(&text)
                 ? learn_text(words, text.bytes, text.length, all ? 0 : json_string_length(prompt),
                              learnt, error)
                 : hearth_error_set(error, HEARTH_ETOOLARGE, "the row is too long");
    hearth_buf_finish(&text);
    return rc;
}

static void learn_everything(struct hearth_learnt *learnt)
{
    for (uint32_t i = 1; i < learnt->count; i++)
        learnt->counts[i] = true;
    learnt->learnt = learnt->count > 0 ? learnt->count - 1 : 0;
}

int hearth_learn_row(const struct hearth_words *words, const struct hearth_dataset_row *row,
                     bool all, struct hearth_learnt *ret_learnt, struct hearth_error *error)
{
    const json_t *text = json_object_get(row->value, "text");
    int rc;
    *ret_learnt = (struct hearth_learnt){0};
    switch (row->form) {
    case HEARTH_FORM_MESSAGES:
        rc = learn_conversation(words, row->value, all, ret_learnt, error);
        if (!rc && all)
            learn_everything(ret_learnt);
        break;
    case HEARTH_FORM_PROMPT:
        rc = learn_completion(words, row->value, all, ret_learnt, error);
        break;
    default:
        rc = learn_text(words, json_string_value(text), json_string_length(text), 0, ret_learnt,
                        error);
    }
    if (!rc && ret_learnt->learnt == 0)
        rc = hearth_error_set(error, HEARTH_EINVAL, "nothing of the row would be learnt");
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
