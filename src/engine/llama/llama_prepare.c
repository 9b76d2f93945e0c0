/* From an input to tokens: template, tokenizer, limits, sampling. Runs on the prepare lane, beside
 * the compute thread. */
#include "base/error.h"
#include "base/hash.h"
#include "base/input_error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_prompts.h"
#include "grammar/structure_grammar.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PROMPT_MAX (64u << 20) /* bytes of a rendered chat */
#define STOPS_MAX 64u

/* The request's stop strings first, then the template's own, which come as one text with a NUL
 * behind each. Everything is copied: the request may be gone while the sequence runs. */
static int copy_stops(struct hearth_llama_input *made, const struct hearth_sampling *sampling,
                      const struct hearth_buf *own, struct hearth_error *error)
{
    size_t length = 1;
    uint32_t count = sampling->stop_count;
    for (uint32_t i = 0; i < sampling->stop_count; i++)
        length += sampling->stops[i].length;
    for (size_t i = 0; i < own->length; i++)
        count += own->bytes[i] == '\0';
    if (count > STOPS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "more than %u stop strings", STOPS_MAX);
    made->stops = hearth_try_calloc(count + 1, sizeof(*made->stops));
    made->stop_text = hearth_try_alloc(length + own->length);
    if (made->stops == NULL || made->stop_text == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the stop strings");
    char *at = made->stop_text;
    uint32_t n = 0;
    for (; n < sampling->stop_count; n++) {
        made->stops[n] = (struct hearth_bytes){at, sampling->stops[n].length};
        memcpy(at, sampling->stops[n].bytes, sampling->stops[n].length);
        at += sampling->stops[n].length;
    }
    if (own->length > 0)
        memcpy(at, own->bytes, own->length);
    for (const char *end = at + own->length; at < end; at += strlen(at) + 1)
        made->stops[n++] = (struct hearth_bytes){at, strlen(at)};
    made->sampling.stops = made->stops;
    made->sampling.stop_count = n;
    return 0;
}

/* Checked here, where it is an error of the request; sampling would only ignore it. */
static int check_biases(const struct hearth_engine *engine, const struct hearth_sampling *sampling,
                        struct hearth_error *error)
{
    uint32_t length = engine->facts.vocabulary_length;
    for (uint32_t i = 0; i < sampling->bias_count; i++)
        if (sampling->biases[i].token < 0 || (uint32_t)sampling->biases[i].token >= length)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "logit_bias: token %" PRId32
                                    " is not in the vocabulary of %" PRIu32 " tokens",
                                    sampling->biases[i].token, length);
    return 0;
}

static int make_grammar(struct hearth_engine *engine, const struct hearth_input *input,
                        const struct hearth_chat_rendered *chat, struct hearth_llama_input *made,
                        struct hearth_error *error)
{
    struct hearth_buf gbnf;
    hearth_buf_init(&gbnf, HEARTH_GRAMMAR_BYTES_MAX);
    int rc = hearth_llama_structure_of(input, &gbnf, error);
    if (rc == 0)
        rc = hearth_llama_answer_grammar(engine, &gbnf, chat, made, error);
    hearth_buf_finish(&gbnf);
    return rc;
}

static int copy_sampling(struct hearth_engine *engine, struct hearth_llama_input *made,
                         const struct hearth_input *input, const struct hearth_chat_rendered *chat,
                         struct hearth_error *error)
{
    static const struct hearth_sampling plain = {.top_p = 1, .repeat_penalty = 1};
    const struct hearth_sampling *sampling = input->sampling != NULL ? input->sampling : &plain;
    made->sampling = *sampling;
    made->sampling.biases = NULL;
    made->sampling.dry_breakers = NULL;
    made->sampling.dry_breaker_count = 0;
    made->sampling.grammar = (struct hearth_bytes){0};
    int rc = check_biases(engine, sampling, error);
    if (rc == 0)
        rc = copy_stops(made, sampling, &chat->stops, error);
    if (rc == 0 && hearth_dry_wanted(sampling))
        rc = hearth_llama_breakers_init(&made->breakers, engine->vocab, sampling->dry_breakers,
                                        sampling->dry_breaker_count, error);
    if (rc == 0 && input->sampling != NULL)
        rc = make_grammar(engine, input, chat, made, error);
    if (rc != 0 || sampling->bias_count == 0)
        return rc;
    made->biases = hearth_try_calloc(sampling->bias_count, sizeof(*made->biases));
    if (made->biases == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the biases");
    memcpy(made->biases, sampling->biases, sampling->bias_count * sizeof(*made->biases));
    made->sampling.biases = made->biases;
    return 0;
}

/* One more than there are, because limit_tokens may put a BOS into an empty input. */
static int take_tokens(struct hearth_engine *engine, const struct hearth_input *input,
                       struct hearth_llama_input *made, struct hearth_error *error)
{
    if (input->token_count > INT32_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "too many tokens");
    made->tokens = hearth_try_calloc(input->token_count + 1, sizeof(*made->tokens));
    if (made->tokens == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tokens",
                                input->token_count);
    for (size_t i = 0; i < input->token_count; i++) {
        int32_t token = input->tokens[i];
        if (token < 0 || (uint32_t)token >= engine->facts.vocabulary_length)
            return hearth_input_error_vocabulary(error, input, token,
                                                 engine->facts.vocabulary_length);
        made->tokens[i] = token;
    }
    made->head.token_count = (uint32_t)input->token_count;
    return 0;
}

/* What the tokenizer makes of nothing are the special tokens around every text. */
static int check_frame(struct hearth_engine *engine, const struct hearth_input *input,
                       struct hearth_error *error)
{
    int32_t *frame = NULL;
    uint32_t count = 0;
    int rc = hearth_llama_encode(engine, "", 0, true, false, NULL, &frame, &count, error);
    size_t opening = count != 0 && frame[0] == llama_vocab_bos(engine->vocab) ? 1 : 0;
    if (rc == 0)
        rc = hearth_input_check_frame(input, frame, count, opening, error);
    hearth_free(frame);
    return rc;
}

/* Counting tokens has no context to fit into, nor has an input that may be cut. A conversation is
 * not cut anywhere: of one that may be, whole turns are left out until it fits. */
static bool must_fit(const struct hearth_input *input)
{
    return input->task != HEARTH_TASK_TOKENIZE &&
           (input->truncate == HEARTH_TRUNCATE_NEVER || input->kind == HEARTH_INPUT_MESSAGES);
}

int hearth_llama_check_bytes(const struct hearth_engine *engine, const struct hearth_input *input,
                             size_t length, struct hearth_error *error)
{
    if (engine->token_bytes == 0 || !must_fit(input) ||
        length / engine->token_bytes <= engine->plan.context)
        return 0;
    return hearth_input_error_length(error, input, length / engine->token_bytes,
                                     engine->plan.context);
}

/* Prompt and text are tokenized as one: a word may begin in the one and end in the other. How many
 * tokens the prompt has is asked without the spaces at its end, which belong to the word behind. */
static int tokenize_text(struct hearth_engine *engine, const struct hearth_input *input,
                         const char *prompt, struct hearth_llama_input *made,
                         struct hearth_error *error)
{
    struct hearth_buf text;
    size_t length = strlen(prompt);
    hearth_buf_init(&text, input->length + length + 1);
    hearth_buf_append(&text, prompt, length);
    hearth_buf_append(&text, input->bytes, input->length);
    int rc = hearth_llama_check_bytes(engine, input, text.length, error);
    if (rc == 0 && text.failed != 0)
        rc = hearth_error_set(error, text.failed, "the text is too long");
    if (rc == 0)
        rc = hearth_llama_encode(engine, text.length > 0 ? text.bytes : "", text.length,
                                 !input->no_special_tokens, !input->literal, input->canceled,
                                 &made->tokens, &made->head.token_count, error);
    hearth_buf_finish(&text);
    while (length > 0 && (prompt[length - 1] == ' ' || prompt[length - 1] == '\n'))
        length--;
    if (rc == 0 && length > 0)
        rc = hearth_llama_count_tokens(engine, prompt, length, &made->opening, error);
    return rc;
}

static int make_tokens(struct hearth_engine *engine, const struct hearth_input *input,
                       const char *prompt, struct hearth_chat_rendered *chat,
                       struct hearth_llama_input *made, struct hearth_error *error)
{
    int rc;
    switch (input->kind) {
    case HEARTH_INPUT_MESSAGES:
        return hearth_llama_chat_input(
            engine, input, must_fit(input) ? engine->plan.context : SIZE_MAX, chat, made, error);
    case HEARTH_INPUT_TOKENS:
        rc = take_tokens(engine, input, made, error);
        return rc != 0 ? rc : check_frame(engine, input, error);
    case HEARTH_INPUT_TEXT:
        if (input->task != HEARTH_TASK_SCORE || input->pair == NULL)
            return tokenize_text(engine, input, prompt, made, error);
        rc = hearth_llama_check_bytes(engine, input, input->length, error);
        if (rc == 0)
            return hearth_llama_make_pair(engine, input, made, error);
        return rc;
    case HEARTH_INPUT_INFILL:
    case HEARTH_INPUT_PIECES:
        return hearth_llama_make_pieces(engine, input, made, error);
    default:
        return hearth_error_set(error, HEARTH_EINVAL,
                                "this model takes messages, text or token ids");
    }
}

/* Keeps a leading BOS or CLS and what closes a text, which the model needs. check_pair has seen
 * that there is room for it. */
static void truncate_tokens(struct hearth_engine *engine, enum hearth_truncate side, uint32_t most,
                            struct hearth_llama_input *made)
{
    int32_t *tokens = made->tokens;
    uint32_t count = made->head.token_count;
    int32_t last = tokens[count - 1];
    uint32_t closing = made->closing;
    if (last == llama_vocab_eos(engine->vocab) || last == llama_vocab_sep(engine->vocab))
        closing = closing > 1 ? closing : 1;
    bool opened = tokens[0] == llama_vocab_bos(engine->vocab);
    made->head.truncated_count = count - most;
    made->head.token_count = most;
    if (side == HEARTH_TRUNCATE_END) {
        memmove(tokens + most - closing, tokens + count - closing, closing * sizeof(*tokens));
        return;
    }
    uint32_t kept = (opened && most > 1 ? 1 : 0) + made->opening;
    memmove(tokens + kept, tokens + count - (most - kept), (most - kept) * sizeof(*tokens));
}

/* A prompt stays whole, and with it at least one token of the text and what stands around them. */
static int check_prompt(const struct hearth_llama_input *made, uint32_t most,
                        struct hearth_error *error)
{
    if (made->opening == 0 || (uint64_t)made->opening + 3 <= most)
        return 0;
    return hearth_error_set(error, HEARTH_ECONTEXT,
                            "This model's maximum context length is %" PRIu32
                            " tokens. However, the prompt has %" PRIu32
                            ", which leaves no room for a text.",
                            most, made->opening);
}

/* Only the second text is cut: the first one must leave room for some of it. */
static int check_pair(const struct hearth_llama_input *made, enum hearth_truncate side,
                      uint32_t most, struct hearth_error *error)
{
    if (made->pair_at == 0 && made->closing == 0)
        return 0;
    if (side == HEARTH_TRUNCATE_START)
        return hearth_error_set(error, HEARTH_EINVAL, "of a pair only the end can be cut");
    /* At least one token of the second text, and what closes it. */
    uint32_t closing = made->closing > 0 ? made->closing : 1;
    return (uint64_t)made->pair_at + 1 + closing <= most
               ? 0
               : hearth_error_set(error, HEARTH_ECONTEXT,
                                  "This model's maximum context length is %" PRIu32
                                  " tokens. However, the first text has %" PRIu32
                                  ", which leaves no room for the second.",
                                  most, made->pair_at);
}

/* One place of the context is left for the first token of an answer; a vector needs none. An empty
 * prompt still generates where there is a BOS to begin from. `max_tokens` is what is left behind
 * the prompt, or what was asked for if that is less. */
static int limit_tokens(struct hearth_engine *engine, const struct hearth_input *input,
                        struct hearth_llama_input *made, struct hearth_error *error)
{
    uint32_t context = engine->plan.context;
    bool generate = input->task == HEARTH_TASK_GENERATE;
    uint32_t most = generate && !made->sampling.no_answer ? context - 1 : context;
    if (made->head.token_count == 0 && llama_vocab_bos(engine->vocab) != LLAMA_TOKEN_NULL &&
        generate) {
        made->tokens[0] = llama_vocab_bos(engine->vocab);
        made->head.token_count = 1;
    }
    if (made->head.token_count == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "the input is empty");
    if (made->head.token_count > most) {
        if (input->truncate == HEARTH_TRUNCATE_NEVER || input->kind == HEARTH_INPUT_MESSAGES)
            return hearth_input_error_context(error, input, made->head.token_count, context);
        int rc = check_pair(made, input->truncate, most, error);
        if (rc == 0)
            rc = check_prompt(made, most, error);
        if (rc != 0)
            return rc;
        truncate_tokens(engine, input->truncate, most, made);
    }
    made->max_tokens = context - made->head.token_count;
    if (made->sampling.max_tokens != 0 && made->sampling.max_tokens < made->max_tokens)
        made->max_tokens = made->sampling.max_tokens;
    return 0;
}

/* Keys and values are those of the adapters that they were computed with. A vector, and the
 * logprobs of a prompt, want a result of every token. */
static void tell_prefix(const struct hearth_engine *engine, struct hearth_llama_input *made)
{
    made->head.tokens_most = made->head.token_count + made->max_tokens;
    if (engine->compute->prefix_places == 0 || made->task != HEARTH_TASK_GENERATE ||
        made->sampling.prompt_logprobs)
        return;
    uint64_t key = hearth_hash64(HEARTH_HASH64_START, made->scales,
                                 engine->compute->adapter_count * sizeof(*made->scales));
    made->head.prefix_key = key != 0 ? key : 1;
}

/* The number of what an input's list calls `adapter`: one of the settings', or behind them the one
 * that was loaded for it. */
static uint32_t number_of(const struct hearth_engine *engine, const struct hearth_input *input,
                          uint32_t adapter)
{
    uint32_t fixed = engine->compute->adapter_fixed;
    return adapter < fixed ? adapter : fixed + input->adapter - 1;
}

static int choose_adapter(const struct hearth_engine *engine, const struct hearth_input *input,
                          uint32_t index, float *scales, struct hearth_error *error)
{
    const struct hearth_adapter_scale *chosen = &input->adapters.scales[index];
    uint32_t count = engine->compute->adapter_fixed + (input->adapter != 0);
    if (chosen->adapter >= count)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "lora: there is no adapter %" PRIu32 "; this model has %" PRIu32,
                                chosen->adapter, count);
    if (!isfinite(chosen->scale))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "lora: the scale of adapter %" PRIu32 " is not finite",
                                chosen->adapter);
    for (uint32_t j = 0; j < index; j++)
        if (input->adapters.scales[j].adapter == chosen->adapter)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "lora: adapter %" PRIu32 " is named twice", chosen->adapter);
    scales[number_of(engine, input, chosen->adapter)] = chosen->scale;
    return 0;
}

/* All adapters at 1 where the input says nothing; what it names must be there, and only once. */
static int choose_adapters(const struct hearth_engine *engine, const struct hearth_input *input,
                           struct hearth_llama_input *made, struct hearth_error *error)
{
    uint32_t fixed = engine->compute->adapter_fixed;
    made->scales = hearth_try_calloc(engine->compute->adapter_count + 1, sizeof(*made->scales));
    if (made->scales == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for an input");
    if (input->adapter > engine->facts.adapter_places)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "there is no place %" PRIu32 " for an adapter", input->adapter - 1);
    for (uint32_t i = 0; !input->adapters.given && i < fixed + (input->adapter != 0); i++)
        made->scales[number_of(engine, input, i)] = 1;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < input->adapters.count; i++)
        rc = choose_adapter(engine, input, i, made->scales, error);
    return rc;
}

static int prepare(struct hearth_engine *engine, const struct hearth_input *input,
                   struct hearth_llama_input *made, struct hearth_error *error)
{
    if ((engine->facts.tasks & (uint32_t)input->task) == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "this model does not do that: it can%s%s%s",
                                engine->facts.tasks & HEARTH_TASK_GENERATE ? " generate" : "",
                                engine->facts.tasks & HEARTH_TASK_EMBED ? " embed" : "",
                                engine->facts.tasks & HEARTH_TASK_SCORE ? " score" : "");
    const char *prompt;
    if (hearth_llama_prompt_of(&engine->settings, input, &prompt, error) != 0)
        return HEARTH_EINVAL;
    struct hearth_chat_rendered chat;
    hearth_chat_rendered_init(&chat);
    made->task = input->task;
    int rc = choose_adapters(engine, input, made, error);
    if (rc == 0)
        rc = make_tokens(engine, input, prompt, &chat, made, error);
    if (rc == 0 && input->task == HEARTH_TASK_GENERATE)
        rc = copy_sampling(engine, made, input, &chat, error);
    if (rc == 0 && input->task != HEARTH_TASK_TOKENIZE)
        rc = limit_tokens(engine, input, made, error);
    hearth_chat_rendered_finish(&chat);
    made->head.tokens = made->tokens;
    made->head.indivisible = engine->compute->pools;
    if (rc == 0)
        tell_prefix(engine, made);
    return rc;
}

int hearth_llama_prepare(struct hearth_engine *engine, const struct hearth_input *input,
                         struct hearth_prepared **ret_prepared, struct hearth_error *error)
{
    struct hearth_llama_input *made = hearth_calloc(1, sizeof(*made));
    int rc = prepare(engine, input, made, error);
    if (rc == 0)
        *ret_prepared = &made->head;
    else
        hearth_llama_discard(engine, &made->head);
    return rc;
}

void hearth_llama_discard(struct hearth_engine *engine, struct hearth_prepared *prepared)
{
    (void)engine;
    struct hearth_llama_input *made = (struct hearth_llama_input *)prepared;
    if (made == NULL)
        return;
    hearth_free(made->tokens);
    hearth_free(made->stops);
    hearth_free(made->stop_text);
    hearth_free(made->biases);
    hearth_free(made->scales);
    hearth_llama_breakers_finish(&made->breakers);
    hearth_llama_grammar_destroy(made->grammar);
    hearth_buf_finish(&made->rendered);
    hearth_llama_reply_form_destroy(made->form);
    hearth_free(made->shown);
    hearth_free(made);
}

/* Control tokens are shown as text, so that tokenizing and the way back can be compared. */
int hearth_llama_detokenize(struct hearth_engine *engine, const int32_t *tokens, size_t count,
                            struct hearth_event_sink *sink, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, PROMPT_MAX);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (tokens[i] < 0 || (uint32_t)tokens[i] >= engine->facts.vocabulary_length)
            rc = hearth_error_set(error, HEARTH_EINVAL,
                                  "token %" PRId32 " (at %zu) is not in the vocabulary of %" PRIu32
                                  " tokens",
                                  tokens[i], i, engine->facts.vocabulary_length);
        else if (hearth_llama_piece(engine->vocab, tokens[i], true, &text) != 0)
            rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the text of the tokens is too long");
    }
    if (rc == 0) {
        struct hearth_event event = {
            .kind = HEARTH_EVENT_TEXT,
            .bytes = {text.bytes != NULL ? text.bytes : "", text.length},
            .token_count = (uint32_t)count,
        };
        sink->emit(sink, &event);
    }
    hearth_buf_finish(&text);
    return rc;
}
