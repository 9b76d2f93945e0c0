/* Inputs of the encoder: prompt, tokens, and what is cut when there are too many. */
#include "engine/encoder/encoder.h"

#include "base/error.h"
#include "base/input_error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Copied and checked, since each id becomes the number of a row of a table. */
static int take_ids(const struct encoder_intake *intake, const struct hearth_input *input,
                    struct hearth_tokens *tokens, struct hearth_error *error)
{
    tokens->ids = hearth_try_calloc(input->token_count + 1, sizeof(*tokens->ids));
    if (!tokens->ids)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for %zu token ids", input->token_count);
    for (size_t i = 0; i < input->token_count; i++) {
        int32_t id = input->tokens[i];
        if (id < 0 || (size_t)id >= intake->config->vocabulary)
            return hearth_input_error_vocabulary(error, input, id, intake->config->vocabulary);
        tokens->ids[i] = id;
    }
    tokens->count = input->token_count;
    return 0;
}

/* What the tokenizer makes of nothing are the special tokens around every text. */
static int check_frame(const struct encoder_intake *intake, const struct hearth_input *input,
                       struct hearth_error *error)
{
    struct hearth_tokens frame = {0};
    int rc = hearth_tokenizer_encode(intake->tokenizer, "", 0, NULL, 0, true, &frame, error);
    if (!rc)
        rc = hearth_input_check_frame(
            input, frame.ids, frame.count,
            hearth_tokenizer_opening(intake->tokenizer, frame.ids, frame.count), error);
    hearth_tokens_finish(&frame);
    return rc;
}

/* "" when the input gets none. */
static int prompt_of(const struct encoder_intake *intake, const struct hearth_input *input,
                     const char **ret_prompt, struct hearth_error *error)
{
    const char *name = input->prompt_name;
    *ret_prompt = "";
    if (!name && input->task == HEARTH_TASK_EMBED && input->kind == HEARTH_INPUT_TEXT)
        name = intake->default_prompt;
    if (!name || !*name)
        return 0;
    *ret_prompt = hearth_json_text(intake->prompts, name, NULL);
    if (*ret_prompt)
        return 0;
    /* The names that the model has help more than the one that it has not. */
    char names[512] = "it has none";
    size_t length = 0;
    const char *known;
    json_t *text;
    json_object_foreach(intake->prompts, known, text)
    {
        if (length < sizeof(names))
            length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%.80s",
                                       length ? ", " : "it has ", known);
    }
    return hearth_error_set(error, HEARTH_EINVAL, "the model has no prompt named \"%.80s\"; %s",
                            name, names);
}

static int encode_text(const struct encoder_intake *intake, const struct hearth_input *input,
                       const char *prompt, struct hearth_tokens *tokens, struct hearth_error *error)
{
    struct hearth_buf prompted;
    if (input->literal)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "parse_special: this model's tokenizer always takes special tokens "
                                "for what they are");
    const char *bytes = input->length ? input->bytes : "";
    size_t length = input->length;
    /* The prompt is put before the text and both are tokenized as one: a word may begin in the
     * prompt and end in the text. */
    hearth_buf_init(&prompted, input->length + strlen(prompt) + 1);
    if (*prompt) {
        hearth_buf_text(&prompted, prompt);
        hearth_buf_append(&prompted, input->bytes, input->length);
        bytes = prompted.bytes;
        length = prompted.length;
    }
    int rc = prompted.failed ? hearth_error_set(error, prompted.failed, "the text is too long")
                             : hearth_tokenizer_encode(intake->tokenizer, bytes, length,
                                                       input->pair, input->pair_length,
                                                       !input->no_special_tokens, tokens, error);
    hearth_buf_finish(&prompted);
    return rc;
}

/* Cutting */

/* Segment ids are not copied: those of a single text are all 0. */
static int append_ids(struct hearth_tokens *tokens, const int32_t *ids, size_t count,
                      struct hearth_error *error)
{
    size_t all = tokens->count + count;
    int32_t *grown = hearth_try_realloc(tokens->ids, (all + 1) * sizeof(*grown));
    if (!grown)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for %zu tokens",
                                all);
    if (count)
        memcpy(grown + tokens->count, ids, count * sizeof(*ids));
    tokens->ids = grown;
    tokens->count = all;
    return 0;
}

/* Without special tokens. */
static int encode_bare(const struct encoder_intake *intake, const char *text, size_t length,
                       struct hearth_tokens *tokens, struct hearth_error *error)
{
    return hearth_tokenizer_encode(intake->tokenizer, text, length, NULL, 0, false, tokens, error);
}

/* Spaces at a prompt's end belong to the word that follows. */
static size_t length_without_spaces(const char *prompt)
{
    size_t length = strlen(prompt);
    while (length && (prompt[length - 1] == ' ' || prompt[length - 1] == '\n'))
        length--;
    return length;
}

/* Takes the place of `tokens`: prompt and text encoded each for itself, so that it is known where
 * the prompt ends. Segment ids are 0, as they are of any single text. */
static int encode_apart(const struct encoder_intake *intake, const struct hearth_input *input,
                        const struct hearth_tokens *prompt, size_t before, size_t after,
                        struct hearth_tokens *tokens, struct hearth_error *error)
{
    struct hearth_tokens text = {.canceled = input->canceled}, all = {0};
    int rc = encode_bare(intake, input->bytes, input->length, &text, error);
    if (!rc)
        rc = append_ids(&all, tokens->ids, before, error);
    if (!rc)
        rc = append_ids(&all, prompt->ids, prompt->count, error);
    if (!rc)
        rc = append_ids(&all, text.ids, text.count, error);
    if (!rc)
        rc = append_ids(&all, tokens->ids + tokens->count - after, after, error);
    hearth_tokens_finish(&text);
    if (rc) {
        hearth_tokens_finish(&all);
        return rc;
    }
    hearth_tokens_finish(tokens);
    *tokens = all;
    return 0;
}

/* Takes `count` tokens away from place `at` on, with their segments. */
static void drop(struct hearth_tokens *tokens, size_t at, size_t count)
{
    size_t rest = tokens->count - at - count;
    memmove(tokens->ids + at, tokens->ids + at + count, rest * sizeof(*tokens->ids));
    if (tokens->types)
        memmove(tokens->types + at, tokens->types + at + count, rest);
    tokens->count -= count;
}

/* Only the second text is cut: the first one must leave room for some of it. */
static int cut_pair(const struct encoder_intake *intake, const struct hearth_input *input,
                    struct encoder_prepared *prepared, struct hearth_error *error)
{
    struct hearth_tokens *tokens = &prepared->tokens;
    struct hearth_tokens first = {.canceled = input->canceled};
    size_t limit = intake->config->tokens_max;
    if (input->truncate == HEARTH_TRUNCATE_START)
        return hearth_error_set(error, HEARTH_EINVAL, "of a pair only the end can be cut");
    int rc = hearth_tokenizer_encode(intake->tokenizer, input->bytes, input->length, NULL, 0,
                                     !input->no_special_tokens, &first, error);
    size_t kept = first.count;
    hearth_tokens_finish(&first);
    if (rc)
        return rc;
    /* The first text, what separates, at least one token of the second, what closes. */
    if (limit <= kept + 2)
        return hearth_error_set(error, HEARTH_ECONTEXT,
                                "This model's maximum context length is %zu tokens. However, the "
                                "first text has %zu, which leaves no room for the second.",
                                limit, kept);
    /* What closes the second text stays; what stands before that goes, as far as there is too much.
     */
    size_t after = hearth_tokenizer_closing(intake->tokenizer, true, tokens->ids, tokens->count);
    size_t excess = tokens->count - limit;
    drop(tokens, tokens->count - after - excess, excess);
    prepared->head.truncated_count = (uint32_t)excess;
    return 0;
}

/* At least one token of the text itself must fit, or there would be nothing to make a vector of. */
static int check_room(size_t specials, size_t prompt, size_t limit, struct hearth_error *error)
{
    if (specials + prompt < limit)
        return 0;
    return prompt
               ? hearth_error_set(error, HEARTH_ECONTEXT,
                                  "This model's maximum context length is %zu tokens. However, "
                                  "the prompt has %zu, special ones included, which leaves no room "
                                  "for the text.",
                                  limit, specials + prompt)
               : hearth_error_set(error, HEARTH_ECONTEXT,
                                  "This model's maximum context length is %zu tokens. However, "
                                  "%zu special tokens leave no room for the text.",
                                  limit, specials);
}

/* Special tokens stay where they are, of token ids too, and so does the prompt. */
static int cut_single(const struct encoder_intake *intake, const struct hearth_input *input,
                      const char *prompt_text, struct encoder_prepared *prepared,
                      struct hearth_error *error)
{
    struct hearth_tokens *tokens = &prepared->tokens, prompt = {0};
    size_t limit = intake->config->tokens_max;
    /* Token ids that a client sends may lack special tokens; then 0 are kept at that end. */
    size_t before = hearth_tokenizer_opening(intake->tokenizer, tokens->ids, tokens->count);
    size_t after = hearth_tokenizer_closing(intake->tokenizer, false, tokens->ids + before,
                                            tokens->count - before);
    int rc = encode_bare(intake, prompt_text, length_without_spaces(prompt_text), &prompt, error);
    if (!rc)
        rc = check_room(before + after, prompt.count, limit, error);
    /* Only for a cut behind the prompt it must be known exactly where the prompt ends. */
    if (!rc && prompt.count && input->truncate == HEARTH_TRUNCATE_START)
        rc = encode_apart(intake, input, &prompt, before, after, tokens, error);
    size_t excess = tokens->count > limit ? tokens->count - limit : 0;
    if (!rc)
        drop(tokens,
             input->truncate == HEARTH_TRUNCATE_START ? before + prompt.count
                                                      : tokens->count - after - excess,
             excess);
    prepared->head.truncated_count = (uint32_t)excess;
    hearth_tokens_finish(&prompt);
    return rc;
}

/* A text that is only tokenized may have any length: nothing computes with it. */
static int check_length(const struct encoder_intake *intake, const struct hearth_input *input,
                        const char *prompt, struct encoder_prepared *prepared,
                        struct hearth_error *error)
{
    size_t count = prepared->tokens.count, limit = intake->config->tokens_max;
    if (input->task == HEARTH_TASK_TOKENIZE)
        return 0;
    if (count == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "the input has no tokens");
    if (count <= limit)
        return 0;
    if (input->truncate == HEARTH_TRUNCATE_NEVER)
        return hearth_input_error_context(error, input, count, limit);
    return input->pair && input->kind == HEARTH_INPUT_TEXT
               ? cut_pair(intake, input, prepared, error)
               : cut_single(intake, input, prompt, prepared, error);
}

/* sentence-transformers counts the prompt as encoded alone, with what opens it. */
static int leave_prompt_out(const struct encoder_intake *intake, const char *prompt,
                            struct encoder_prepared *prepared, struct hearth_error *error)
{
    struct hearth_tokens alone = {0};
    if (!*prompt || intake->config->pools_prompt)
        return 0;
    int rc = hearth_tokenizer_encode(intake->tokenizer, prompt, strlen(prompt), NULL, 0, true,
                                     &alone, error);
    size_t count = alone.count;
    if (!rc)
        count -= hearth_tokenizer_closing(intake->tokenizer, false, alone.ids, alone.count);
    hearth_tokens_finish(&alone);
    /* At least one token is pooled: of an empty text the last special one. */
    prepared->unpooled = count < prepared->tokens.count ? count : prepared->tokens.count - 1;
    return rc;
}

/* What is longer is never tokenized, so that nothing that one client sends keeps the tokenizer busy
 * for long or needs much memory: of ordinary text it would be ten times what any model takes. */
static int check_bytes(const struct encoder_intake *intake, const struct hearth_input *input,
                       struct hearth_error *error)
{
    enum { TEXT_BYTES_MAX = 2 << 20, TOKENIZED_BYTES_MAX = 4 << 20 };
    /* Both texts of a pair together are tokenized. */
    size_t length = input->length + (input->pair ? input->pair_length : 0);
    if (input->kind != HEARTH_INPUT_TEXT)
        return 0;
    if (input->task == HEARTH_TASK_TOKENIZE)
        return length <= TOKENIZED_BYTES_MAX
                   ? 0
                   : hearth_error_set(error, HEARTH_ETOOLARGE,
                                      "the text has %zu bytes, at most %d are tokenized at once",
                                      length, TOKENIZED_BYTES_MAX);
    return length <= TEXT_BYTES_MAX
               ? 0
               : hearth_error_set(error, HEARTH_ECONTEXT,
                                  "This model's maximum context length is %zu tokens. However, "
                                  "the input has %zu bytes; a text of more than %d bytes is not "
                                  "read, also where it may be truncated.",
                                  intake->config->tokens_max, length, TEXT_BYTES_MAX);
}

static int read_tokens(const struct encoder_intake *intake, const struct hearth_input *input,
                       struct encoder_prepared *prepared, struct hearth_error *error)
{
    const char *prompt;
    /* In this order, because each step is dearer than the one before. */
    int rc = check_bytes(intake, input, error);
    if (!rc)
        rc = prompt_of(intake, input, &prompt, error);
    if (!rc && input->kind == HEARTH_INPUT_TOKENS)
        rc = take_ids(intake, input, &prepared->tokens, error);
    if (!rc && input->kind == HEARTH_INPUT_TOKENS)
        rc = check_frame(intake, input, error);
    else if (!rc)
        rc = encode_text(intake, input, prompt, &prepared->tokens, error);
    if (!rc)
        rc = check_length(intake, input, prompt, prepared, error);
    if (!rc && input->kind == HEARTH_INPUT_TEXT)
        rc = leave_prompt_out(intake, prompt, prepared, error);
    return rc;
}

/* A model of one segment has no second one for a pair, whatever its tokenizer says: RoBERTa's own
 * tokenizers give no segment ids at all. Others were checked when the model was loaded; but none of
 * this may ever point behind a table. */
static int check_rows(const struct encoder_config *config, struct hearth_tokens *tokens,
                      struct hearth_error *error)
{
    if (config->types == 1 && tokens->types && tokens->count)
        memset(tokens->types, 0, tokens->count);
    for (size_t i = 0; i < tokens->count; i++) {
        if (tokens->ids[i] < 0 || (size_t)tokens->ids[i] >= config->vocabulary)
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "the tokenizer gave the token id %d, the model has %zu tokens",
                                    tokens->ids[i], config->vocabulary);
        if (config->types && tokens->types && tokens->types[i] >= config->types)
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "the tokenizer gave the segment id %u, the model has %zu "
                                    "segments",
                                    tokens->types[i], config->types);
    }
    return 0;
}

/* RoBERTa's positions as transformers counts them: a padding token within a text, where somebody
 * wrote "<pad>" or gave its id, has the position of padding, and those behind it move up. */
static int place_tokens(const struct encoder_config *config, struct encoder_prepared *prepared,
                        struct hearth_error *error)
{
    const struct hearth_tokens *tokens = &prepared->tokens;
    /* Without a padding token the positions are consecutive, which needs no list. */
    size_t padding = config->position_offset - 1, position = padding, first = 0;
    if (!config->pad_has_no_place)
        return 0;
    while (first < tokens->count && (size_t)tokens->ids[first] != padding)
        first++;
    if (first == tokens->count)
        return 0;
    prepared->positions = hearth_try_calloc(tokens->count, sizeof(*prepared->positions));
    if (!prepared->positions)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for %zu tokens",
                                tokens->count);
    for (size_t i = 0; i < tokens->count; i++)
        prepared->positions[i] =
            (uint32_t)((size_t)tokens->ids[i] == padding ? padding : ++position);
    return 0;
}

/* What was cut is given back now: the rest may wait a while in the queue. */
static void shrink(struct hearth_tokens *tokens)
{
    size_t count = tokens->count ? tokens->count : 1;
    int32_t *ids = hearth_try_realloc(tokens->ids, count * sizeof(*ids));
    uint8_t *types = tokens->types ? hearth_try_realloc(tokens->types, count) : NULL;
    tokens->ids = ids ? ids : tokens->ids;
    tokens->types = types ? types : tokens->types;
    tokens->capacity = count;
}

int encoder_input_prepare(const struct encoder_intake *intake, const struct hearth_input *input,
                          struct encoder_prepared **ret_prepared, struct hearth_error *error)
{
    /* A classifier's pooled vectors are of no use, and others have no scores: what is not offered
     * is refused here, not computed wrongly. */
    uint32_t offered =
        (intake->config->labels ? HEARTH_TASK_SCORE : HEARTH_TASK_EMBED) | HEARTH_TASK_TOKENIZE;
    if (!(input->task & offered))
        return hearth_error_set(error, HEARTH_EINVAL, "this model does not do that: it %s",
                                intake->config->labels ? "scores pairs of texts"
                                                       : "makes embeddings");
    if (input->kind != HEARTH_INPUT_TEXT && input->kind != HEARTH_INPUT_TOKENS)
        return hearth_error_set(error, HEARTH_EINVAL, "this model takes text or token ids");
    struct encoder_prepared *prepared = hearth_calloc(1, sizeof(*prepared));
    prepared->tokens.canceled = input->canceled;
    int rc = read_tokens(intake, input, prepared, error);
    prepared->tokens.canceled = NULL; /* the input may go away now */
    if (!rc && input->task != HEARTH_TASK_TOKENIZE)
        rc = check_rows(intake->config, &prepared->tokens, error);
    if (!rc && input->task != HEARTH_TASK_TOKENIZE)
        rc = place_tokens(intake->config, prepared, error);
    if (rc) {
        encoder_prepared_destroy(prepared);
        return rc;
    }
    if (prepared->head.truncated_count)
        shrink(&prepared->tokens);
    prepared->head.tokens = prepared->tokens.ids;
    prepared->head.token_count = (uint32_t)prepared->tokens.count;
    /* Every token sees every other one, so an input is one step or none. */
    prepared->head.indivisible = true;
    *ret_prepared = prepared;
    return 0;
}

void encoder_prepared_destroy(struct encoder_prepared *prepared)
{
    hearth_tokens_finish(&prepared->tokens);
    hearth_free(prepared->positions);
    hearth_free(prepared);
}
