/* Inputs of the fake engine: the text that they make, its tokens, and what will be answered. All of
 * that is known before the first step, so a step only has to hand it out. */
#include "fake_engine.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/input_error.h"
#include "base/json.h"
#include "base/memory.h"
#include "grammar/structure_grammar.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Bytes of a prompt and of its echo; the context is a bound of its own. */
#define TEXT_MAX (32u << 20)

/* The prompt, and the part of it that an echo says. */
struct prompt {
    struct hearth_buf text, said;
    const char *adapter; /* stands before both; or "" */
    bool tools;          /* of a chat that may call them */
};

/* A text, or OpenAI's list of parts, of which only those with text say something. */
static void add_content(struct hearth_buf *text, const json_t *content)
{
    size_t i;
    const json_t *part;
    if (json_is_string(content))
        hearth_buf_append(text, json_string_value(content), json_string_length(content));
    json_array_foreach(content, i, part) hearth_buf_text(text, hearth_json_text(part, "text", ""));
}

/* "role: content" a line; an echo says what the last user said. */
static int render_messages(const struct hearth_input *input, struct prompt *prompt,
                           struct hearth_error *error)
{
    json_t *json = hearth_json_parse(input->bytes, input->length, error);
    const json_t *messages = json_object_get(json, "messages"), *message;
    if (!json_is_array(messages)) {
        json_decref(json);
        return hearth_error_set(error, HEARTH_EPARSE,
                                "the input must be an object with a list of messages");
    }
    size_t i;
    json_array_foreach(messages, i, message)
    {
        const char *role = hearth_json_text(message, "role", "user");
        const json_t *content = json_object_get(message, "content");
        hearth_buf_text(&prompt->text, role);
        hearth_buf_text(&prompt->text, ": ");
        add_content(&prompt->text, content);
        hearth_buf_char(&prompt->text, '\n');
        if (strcmp(role, "user") == 0) {
            hearth_buf_clear(&prompt->said);
            hearth_buf_text(&prompt->said, prompt->adapter);
            add_content(&prompt->said, content);
        }
    }
    prompt->tools = json_array_size(json_object_get(json, "tools")) > 0 &&
                    strcmp(hearth_json_text(json, "tool_choice", ""), "none") != 0;
    json_decref(json);
    return 0;
}

static int render(struct hearth_engine *engine, const struct hearth_input *input,
                  struct prompt *prompt, struct hearth_error *error)
{
    int rc = 0;
    if (input->adapter > engine->adapter_places)
        return hearth_error_set(error, HEARTH_EINVAL, "there is no place %u for an adapter",
                                input->adapter - 1);
    prompt->adapter = input->adapter ? engine->adapters[input->adapter - 1] : "";
    hearth_buf_text(&prompt->text, prompt->adapter);
    hearth_buf_text(&prompt->said, prompt->adapter);
    switch (input->kind) {
    case HEARTH_INPUT_MESSAGES:
        rc = render_messages(input, prompt, error);
        break;
    case HEARTH_INPUT_TEXT:
        hearth_buf_append(&prompt->text, input->bytes, input->length);
        hearth_buf_append(&prompt->said, input->bytes, input->length);
        break;
    /* Ids of words that nobody has said yet are empty: nothing is refused for them. */
    case HEARTH_INPUT_TOKENS:
        for (size_t i = 0; i < input->token_count; i++) {
            struct hearth_bytes text = fake_words_text(engine->words, input->tokens[i]);
            hearth_buf_append(&prompt->text, text.bytes, text.length);
            hearth_buf_append(&prompt->said, text.bytes, text.length);
        }
        break;
    case HEARTH_INPUT_TENSORS:
    case HEARTH_INPUT_BYTES:
    case HEARTH_INPUT_INFILL:
    case HEARTH_INPUT_PIECES:
        rc = hearth_error_set(error, HEARTH_EINVAL, "the fake engine takes messages and text");
        break;
    }
    if (!rc && (prompt->text.failed || prompt->said.failed))
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too long");
    return rc;
}

/* The script's words are looked for in the whole prompt, system message included. */
static bool contains(const struct hearth_buf *text, const char *word)
{
    return word && text->length && memmem(text->bytes, text->length, word, strlen(word));
}

/* With FAKE_BEGIN at the front, unless told not to. */
static int tokenize(struct hearth_engine *engine, const struct hearth_input *input,
                    const struct hearth_buf *text, struct fake_prepared *prepared)
{
    uint32_t count = 0, first = input->no_special_tokens ? 0 : 1;
    int32_t *words = fake_words_tokens(engine->words, text->bytes, text->length, &count);
    prepared->tokens = words ? hearth_try_calloc((size_t)count + 1, sizeof(int32_t)) : NULL;
    /* One place more than words, for FAKE_BEGIN. */
    if (prepared->tokens) {
        prepared->tokens[0] = FAKE_BEGIN;
        memcpy(prepared->tokens + first, words, count * sizeof(*words));
        prepared->head.tokens = prepared->tokens;
        prepared->head.token_count = count + first;
    }
    hearth_free(words);
    return prepared->tokens ? 0 : HEARTH_ENOMEM;
}

/* A model that generates needs room for a token of its own. */
static int fit(struct hearth_engine *engine, const struct hearth_input *input,
               struct fake_prepared *prepared, struct hearth_error *error)
{
    struct hearth_prepared *head = &prepared->head;
    uint32_t room = engine->context - (input->task == HEARTH_TASK_GENERATE ? 1 : 0);
    if (input->task == HEARTH_TASK_TOKENIZE || head->token_count <= room)
        return 0;
    if (input->truncate == HEARTH_TRUNCATE_NEVER)
        return hearth_input_error_context(error, input, head->token_count, engine->context);
    /* FAKE_BEGIN stays where it is; it opens every input, also one that lost its start. */
    head->truncated_count = head->token_count - room;
    head->token_count = room;
    if (input->truncate == HEARTH_TRUNCATE_START)
        memmove(prepared->tokens + 1, prepared->tokens + 1 + head->truncated_count,
                (room - 1) * sizeof(*prepared->tokens));
    return 0;
}

static int copy_sampling(const struct hearth_sampling *sampling, struct fake_prepared *prepared)
{
    if (!sampling)
        return 0;
    prepared->sampling = *sampling;
    /* The fake engine samples nothing, so biases have nothing to weigh. */
    prepared->sampling.biases = NULL;
    prepared->sampling.bias_count = 0;
    prepared->sampling.stops = NULL;
    /* The list and all texts are one block, so that there is one thing to free; the request goes
     * away before the answer is generated. */
    size_t bytes = 0, list = sampling->stop_count * sizeof(struct hearth_bytes);
    for (uint32_t i = 0; i < sampling->stop_count; i++)
        bytes += sampling->stops[i].length;
    struct hearth_bytes *stops = hearth_try_alloc(list + bytes);
    if (!stops)
        return HEARTH_ENOMEM;
    char *at = (char *)stops + list;
    for (uint32_t i = 0; i < sampling->stop_count; i++) {
        size_t length = sampling->stops[i].length;
        memcpy(at, sampling->stops[i].bytes, length);
        stops[i] = (struct hearth_bytes){.bytes = at, .length = length};
        at += length;
    }
    prepared->sampling.stops = stops;
    return 0;
}

/* A number from 0 to 1 that depends on both texts and on nothing else: 24 bits are what a float
 * holds exactly. */
static float pair_score(const struct hearth_input *input)
{
    uint32_t value = hearth_hash32(HEARTH_HASH32_START, input->bytes, input->length);
    value = hearth_hash32(value, input->pair, input->pair_length);
    return (float)(value >> 8) / (float)(1 << 24);
}

#define GROW_BYTES (16u << 20)

/* As a model file could make it: takes memory until there is no more, and touches it. */
static int grow(struct hearth_error *error)
{
    /* Each block holds the address of the one before it: there is no memory left for a list. */
    void **last = NULL;
    size_t taken = 0;
    for (void **next; (next = hearth_try_alloc(GROW_BYTES)); last = next, taken += GROW_BYTES) {
        memset(next, 1, GROW_BYTES);
        *next = last;
    }
    while (last) {
        void **before = *last;
        hearth_free(last);
        last = before;
    }
    return hearth_error_set(error, HEARTH_ENOMEM, "there was memory for %zu MiB", taken >> 20);
}

/* What the script wants to go wrong while an input is prepared. */
static int misbehave(const struct fake_script *script, const struct hearth_buf *text,
                     struct hearth_error *error)
{
    /* For ever, and canceled or not: what is tested is that the worker is ended from outside. */
    bool hangs = contains(text, script->hang_word);
    while (hangs)
        sched_yield();
    if (contains(text, script->crash_early_word))
        fake_crash_now(script);
    return contains(text, script->grow_word) ? grow(error) : 0;
}

/* An answer that need not keep to what was asked for would be taken for one that does. */
static int check_structure(const struct hearth_input *input, struct hearth_error *error)
{
    bool asked = (input->sampling && input->sampling->grammar.length > 0) ||
                 (input->kind == HEARTH_INPUT_MESSAGES &&
                  hearth_structure_may_ask(input->bytes, input->length));
    return asked ? hearth_error_set(error, HEARTH_EINVAL,
                                    "this model's engine cannot hold an answer to a schema, a "
                                    "pattern or a grammar")
                 : 0;
}

static int fill(struct hearth_engine *engine, const struct hearth_input *input,
                struct prompt *prompt, struct fake_prepared *prepared, struct hearth_error *error)
{
    const struct fake_script *script = &engine->script;
    int rc = check_structure(input, error);
    if (!rc)
        rc = render(engine, input, prompt, error);
    if (rc)
        return rc;
    if (contains(&prompt->text, script->error_word))
        return hearth_error_set(error, HEARTH_EINVAL, "the prompt contains \"%s\"",
                                script->error_word);
    rc = misbehave(script, &prompt->text, error);
    if (rc)
        return rc;
    prepared->task = input->task;
    prepared->crashes = contains(&prompt->text, script->crash_word);
    /* A vector is made of the whole input at once. */
    prepared->head.indivisible =
        input->task == HEARTH_TASK_EMBED || input->task == HEARTH_TASK_SCORE;
    /* A script without a reply makes an echo. */
    const char *reply = script->reply ? script->reply : prompt->said.bytes;
    size_t reply_length = script->reply ? strlen(script->reply) : prompt->said.length;
    prepared->reply = fake_words_tokens(engine->words, reply, reply_length, &prepared->reply_count);
    prepared->thinks = script->thought && input->kind == HEARTH_INPUT_MESSAGES;
    prepared->calls = script->call && prompt->tools;
    if (input->task == HEARTH_TASK_SCORE)
        prepared->score = pair_score(input);
    if (!prepared->reply || tokenize(engine, input, &prompt->text, prepared) ||
        copy_sampling(input->sampling, prepared))
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for the prompt");
    prepared->head.prefix_key = script->cache && input->task == HEARTH_TASK_GENERATE;
    prepared->head.tokens_most = engine->context;
    return fit(engine, input, prepared, error);
}

static int spend_prepare_time(const struct fake_script *script, const struct hearth_input *input,
                              struct hearth_error *error)
{
    /* In short naps: who cancels must not wait for long. */
    enum { AT_ONCE_MS = 10 };
    const struct timespec pause = {.tv_nsec = AT_ONCE_MS * 1000000L};
    for (uint32_t ms = 0; ms < script->prepare_ms; ms += AT_ONCE_MS) {
        if (input->canceled && atomic_load(input->canceled))
            return hearth_error_set(error, HEARTH_ECANCELED, "canceled");
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* Runs on any thread: only the vocabulary is shared, and it has a lock. */
int fake_prepare(struct hearth_engine *engine, const struct hearth_input *input,
                 struct hearth_prepared **ret_prepared, struct hearth_error *error)
{
    if (!(engine->script.tasks & input->task) && input->task != HEARTH_TASK_TOKENIZE)
        return hearth_error_set(error, HEARTH_EINVAL, "this model does not do that");
    struct prompt prompt;
    hearth_buf_init(&prompt.text, TEXT_MAX);
    hearth_buf_init(&prompt.said, TEXT_MAX);
    struct fake_prepared *prepared = hearth_calloc(1, sizeof(*prepared));
    int rc = spend_prepare_time(&engine->script, input, error);
    if (!rc)
        rc = fill(engine, input, &prompt, prepared, error);
    hearth_buf_finish(&prompt.text);
    hearth_buf_finish(&prompt.said);
    if (rc)
        fake_discard(engine, &prepared->head);
    else
        *ret_prepared = &prepared->head;
    return rc;
}

void fake_discard(struct hearth_engine *engine, struct hearth_prepared *prepared)
{
    (void)engine;
    struct fake_prepared *own = (struct fake_prepared *)prepared;
    hearth_free(own->tokens);
    hearth_free(own->reply);
    hearth_free((void *)own->sampling.stops);
    hearth_free(own);
}
