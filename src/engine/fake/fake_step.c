/* Steps of the fake engine. A step first takes the time that the script gives it, and only then
 * changes sequences and emits events: one that was aborted has changed nothing and may come again.
 */
#include "fake_engine.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* Until the time is over (0: no end) or abort; false when aborted. */
static bool wait_us(struct hearth_engine *engine, uint64_t us, bool for_ever)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + us * 1000;
    /* The moment when it is over, so that being woken early does not make the wait longer. */
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&engine->lock);
    int rc = 0;
    while (!engine->aborted && !rc && (us || for_ever)) {
        if (for_ever)
            pthread_cond_wait(&engine->aborted_now, &engine->lock);
        else
            rc = pthread_cond_clockwait(&engine->aborted_now, &engine->lock, CLOCK_MONOTONIC,
                                        &until);
    }
    bool fine = !engine->aborted;
    pthread_mutex_unlock(&engine->lock);
    return fine;
}

void fake_abort(struct hearth_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    /* An abort between two steps is for the one that has ended, and must not hit the next. */
    engine->aborted = engine->stepping;
    pthread_cond_broadcast(&engine->aborted_now);
    pthread_mutex_unlock(&engine->lock);
}

/* An abort counts for the step that runs when it comes, so the mark is taken away at both ends. */
static void set_stepping(struct hearth_engine *engine, bool stepping)
{
    pthread_mutex_lock(&engine->lock);
    engine->stepping = stepping;
    engine->aborted = false;
    pthread_mutex_unlock(&engine->lock);
}

uint32_t fake_held_tokens(struct hearth_engine *engine, uint32_t sequence,
                          const struct hearth_prepared *prepared)
{
    const struct fake_sequence *one = &engine->sequences[sequence];
    uint32_t same = 0;
    /* The last token is never taken from the cache: something must be computed for the first word
     * of the answer, as in a real engine. */
    while (same < one->held_count && same + 1 < prepared->token_count &&
           one->held[same] == prepared->tokens[same])
        same++;
    return same;
}

/* Only the prompt: what an answer was made of is nowhere. */
uint32_t fake_held(struct hearth_engine *engine, uint32_t sequence, const int32_t **ret_tokens)
{
    const struct fake_sequence *one = &engine->sequences[sequence];
    *ret_tokens = one->running ? one->running->tokens : one->held;
    return one->running ? one->position : one->held_count;
}

static void remember(struct fake_sequence *sequence, const int32_t *tokens, uint32_t count)
{
    hearth_free(sequence->held);
    sequence->held = hearth_try_alloc(count * sizeof(*tokens) + 1);
    sequence->held_count = sequence->held ? count : 0;
    if (sequence->held_count)
        memcpy(sequence->held, tokens, count * sizeof(*tokens));
}

int fake_fork(struct hearth_engine *engine, uint32_t from, uint32_t to)
{
    uint32_t all = engine->slots + engine->places;
    if (from >= all || to >= all || from == to || engine->sequences[to].running)
        return HEARTH_EINVAL;
    if (!engine->script.cache)
        return HEARTH_ENOTIMPL;
    const int32_t *tokens;
    uint32_t count = fake_held(engine, from, &tokens);
    remember(&engine->sequences[to], tokens, count);
    return 0;
}

int fake_trim(struct hearth_engine *engine, uint32_t sequence, uint32_t token_count)
{
    if (sequence >= engine->slots + engine->places || engine->sequences[sequence].running)
        return HEARTH_EINVAL;
    struct fake_sequence *one = &engine->sequences[sequence];
    one->held_count = token_count < one->held_count ? token_count : one->held_count;
    return 0;
}

/* The sequence is free again; with a cache it remembers its prompt. */
static void free_sequence(struct hearth_engine *engine, struct fake_sequence *sequence)
{
    if (sequence->running && engine->script.cache)
        remember(sequence, sequence->running->tokens, sequence->position);
    sequence->running = NULL;
    sequence->position = sequence->cached = sequence->completion = sequence->token_count = 0;
    hearth_buf_clear(&sequence->text);
}

/* Between steps, so nothing of the sequence is in use. */
void fake_cancel(struct hearth_engine *engine, uint32_t sequence)
{
    free_sequence(engine, &engine->sequences[sequence]);
}

/* What the cache holds is not prefilled again. */
static void begin(struct hearth_engine *engine, uint32_t number,
                  const struct hearth_prepared *prepared)
{
    struct fake_sequence *sequence = &engine->sequences[number];
    sequence->cached = engine->script.cache ? fake_held_tokens(engine, number, prepared) : 0;
    sequence->running = (const struct fake_prepared *)prepared;
    sequence->position = sequence->cached;
    engine->requests++;
    if (engine->requests == engine->script.crash_at_request || sequence->running->crashes)
        fake_crash_now(&engine->script);
}

/* Emission
 * -------- */
/* The token itself and its neighbours, each less likely by one. */
static struct hearth_alternative *add_alternatives(struct hearth_engine *engine,
                                                   struct fake_sequence *sequence)
{
    uint32_t each = sequence->running->sampling.top_logprobs;
    struct hearth_alternative *all =
        hearth_calloc((size_t)sequence->token_count * each, sizeof(*all));
    for (uint32_t i = 0; i < sequence->token_count; i++) {
        struct hearth_token *token = &sequence->tokens[i];
        token->alternatives = all + (size_t)i * each;
        token->alternative_count = each;
        for (uint32_t j = 0; j < each; j++)
            all[i * each + j] = (struct hearth_alternative){
                .token = token->token + (int32_t)j,
                .logprob = token->logprob - (float)j,
                .text = fake_words_text(engine->words, token->token + (int32_t)j)};
    }
    return all;
}

/* An event without bytes still goes out when tokens were asked for: a token may be a part of a
 * character. */
static void emit_text(struct hearth_engine *engine, uint32_t number, size_t length,
                      struct hearth_event_sink *sink)
{
    struct fake_sequence *sequence = &engine->sequences[number];
    bool wanted = sequence->running->sampling.logprobs;
    if (!length && !(wanted && sequence->token_count))
        return;
    struct hearth_alternative *alternatives = wanted ? add_alternatives(engine, sequence) : NULL;
    const struct hearth_event event = {.kind = HEARTH_EVENT_TEXT,
                                       .sequence = number,
                                       .bytes = {sequence->text.bytes, length},
                                       .tokens = sequence->tokens,
                                       .token_count = sequence->token_count,
                                       .has_tokens = wanted};
    sink->emit(sink, &event);
    hearth_free(alternatives);
    hearth_buf_consume(&sequence->text, length);
    sequence->token_count = 0;
}

/* The last event of a sequence; behind it the slot is free. */
static void emit_done(struct hearth_engine *engine, uint32_t number, enum hearth_finish finish,
                      uint32_t stop, struct hearth_event_sink *sink)
{
    struct fake_sequence *sequence = &engine->sequences[number];
    const struct hearth_event event = {.kind = HEARTH_EVENT_DONE,
                                       .sequence = number,
                                       .finish = finish,
                                       .stop = stop,
                                       .prompt_tokens = sequence->running->head.token_count,
                                       .cached_tokens = sequence->cached,
                                       .completion_tokens = sequence->completion};
    sink->emit(sink, &event);
    free_sequence(engine, sequence);
}

/* As engines fail that cannot read a file of the model: the message names it. */
static void emit_error(struct hearth_engine *engine, uint32_t number,
                       struct hearth_event_sink *sink)
{
    char *message = hearth_format("%s says that this token fails", engine->path);
    const struct hearth_event event = {.kind = HEARTH_EVENT_ERROR,
                                       .sequence = number,
                                       .error = HEARTH_EINTERNAL,
                                       .bytes = {message, strlen(message)}};
    sink->emit(sink, &event);
    free_sequence(engine, &engine->sequences[number]);
    hearth_free(message);
}

/* Any number will do, as long as it is the same for the same token. */
static float token_logprob(int32_t token)
{
    return -(float)(token % 8) / 8;
}

static void add_token(struct hearth_engine *engine, struct fake_sequence *sequence, int32_t token)
{
    if (sequence->token_count == sequence->token_capacity) {
        sequence->token_capacity = sequence->token_capacity ? sequence->token_capacity * 2 : 16;
        sequence->tokens =
            hearth_realloc(sequence->tokens, sequence->token_capacity * sizeof(*sequence->tokens));
    }
    struct hearth_bytes text = fake_words_text(engine->words, token);
    sequence->tokens[sequence->token_count++] =
        (struct hearth_token){.token = token, .logprob = token_logprob(token), .text = text};
    hearth_buf_append(&sequence->text, text.bytes, text.length);
    sequence->completion++;
}

/* Where the first stop string begins, or the length of the text; and which, counted from 1. */
static size_t stop_offset(const struct fake_sequence *sequence, uint32_t *ret_stop)
{
    const struct hearth_sampling *sampling = &sequence->running->sampling;
    *ret_stop = 0;
    size_t first = sequence->text.length;
    for (uint32_t i = 0; first && i < sampling->stop_count; i++) {
        const char *found = memmem(sequence->text.bytes, sequence->text.length,
                                   sampling->stops[i].bytes, sampling->stops[i].length);
        if (!found || (size_t)(found - sequence->text.bytes) >= first)
            continue;
        first = (size_t)(found - sequence->text.bytes);
        *ret_stop = i + 1;
    }
    return first;
}

/* Bytes that no stop string can begin in any more, whole characters only. */
static size_t releasable(const struct fake_sequence *sequence)
{
    const struct hearth_sampling *sampling = &sequence->running->sampling;
    size_t length = sequence->text.length, keep = 0;
    for (uint32_t i = 0; i < sampling->stop_count; i++) {
        const struct hearth_bytes *stop = &sampling->stops[i];
        /* Only a beginning of the stop string can be the end of the text: all of it has been looked
         * for already. */
        size_t most = stop->length - 1 < length ? stop->length - 1 : length;
        for (size_t some = most; some > keep; some--)
            if (memcmp(sequence->text.bytes + length - some, stop->bytes, some) == 0)
                keep = some;
    }
    return length > keep ? hearth_utf8_whole(sequence->text.bytes, length - keep) : 0;
}

/* All of the prompt at once, whatever of it was remembered. */
static void emit_prompt(struct hearth_engine *engine, uint32_t number,
                        struct hearth_event_sink *sink)
{
    struct fake_sequence *sequence = &engine->sequences[number];
    const struct hearth_prepared *head = &sequence->running->head;
    for (uint32_t i = 0; i < head->token_count; i++)
        add_token(engine, sequence, head->tokens[i]);
    struct hearth_alternative *alternatives = add_alternatives(engine, sequence);
    if (head->token_count) {
        sequence->tokens[0].logprob = NAN;
        sequence->tokens[0].alternative_count = 0;
    }
    const struct hearth_event event = {.kind = HEARTH_EVENT_PROMPT,
                                       .sequence = number,
                                       .tokens = sequence->tokens,
                                       .token_count = sequence->token_count,
                                       .has_tokens = true};
    sink->emit(sink, &event);
    hearth_free(alternatives);
    hearth_buf_clear(&sequence->text);
    sequence->token_count = sequence->completion = 0;
}

static void emit_part(uint32_t number, enum hearth_text_channel channel, const char *text,
                      size_t length, struct hearth_event_sink *sink)
{
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_TEXT, .sequence = number, .channel = channel, .bytes = {text, length}};
    sink->emit(sink, &event);
}

/* "NAME {…}": the arguments in two pieces, as models give many. */
static void emit_call(const char *call, uint32_t number, struct hearth_event_sink *sink)
{
    size_t name = strcspn(call, " ");
    const char *arguments = call + name + (call[name] == ' ');
    size_t length = strlen(arguments), half = length / 2;
    emit_part(number, HEARTH_CHANNEL_CALL, call, name, sink);
    emit_part(number, HEARTH_CHANNEL_ARGUMENTS, arguments, half, sink);
    emit_part(number, HEARTH_CHANNEL_ARGUMENTS, arguments + half, length - half, sink);
}

static void generate(struct hearth_engine *engine, uint32_t number, struct hearth_event_sink *sink)
{
    struct fake_sequence *sequence = &engine->sequences[number];
    const struct fake_prepared *prepared = sequence->running;
    const struct hearth_sampling *sampling = &prepared->sampling;
    /* Nothing was said and there is nothing to echo. */
    if (prepared->reply_count == 0) {
        emit_done(engine, number, HEARTH_FINISH_STOP, 0, sink);
        return;
    }
    if (sequence->completion == 0 && prepared->thinks)
        emit_part(number, HEARTH_CHANNEL_REASONING, engine->script.thought,
                  strlen(engine->script.thought), sink);
    /* With ignore_eos the reply begins anew where it would end. */
    add_token(engine, sequence, prepared->reply[sequence->completion % prepared->reply_count]);
    if (sequence->completion == engine->script.crash_at_token)
        fake_crash_now(&engine->script);
    if (sequence->completion == engine->script.error_at_token) {
        emit_error(engine, number, sink);
        return;
    }
    uint32_t number_of_stop;
    size_t stop = stop_offset(sequence, &number_of_stop);
    /* A stop string may end in the middle of a token: what stands before it is still said. */
    bool stopped = stop < sequence->text.length;
    bool ended = sequence->completion == prepared->reply_count && !sampling->ignore_eos;
    /* A max_tokens of 0 is never reached: then only the context is the limit. */
    bool full = sequence->completion == sampling->max_tokens ||
                prepared->head.token_count + sequence->completion >= engine->context;
    if (stopped || ended || full) {
        emit_text(engine, number, stop, sink);
        bool by_length = full && !stopped && !ended;
        if (prepared->calls && !by_length)
            emit_call(engine->script.call, number, sink);
        emit_done(engine, number,
                  by_length         ? HEARTH_FINISH_LENGTH
                  : prepared->calls ? HEARTH_FINISH_TOOLS
                                    : HEARTH_FINISH_STOP,
                  number_of_stop, sink);
        return;
    }
    size_t length = releasable(sequence);
    if (length)
        emit_text(engine, number, length, sink);
}

/* A unit vector that is a hash of the tokens. */
static void embed(struct hearth_engine *engine, uint32_t number, struct hearth_event_sink *sink)
{
    const struct fake_prepared *prepared = engine->sequences[number].running;
    uint32_t width =
        prepared->task == HEARTH_TASK_SCORE ? engine->script.labels : engine->script.vector_length;
    float *values = hearth_calloc(width, sizeof(*values));
    double sum = 0;
    for (uint32_t i = 0; i < width; i++) {
        uint32_t value = HEARTH_HASH32_START ^ i;
        for (uint32_t j = 0; j < prepared->head.token_count; j++) {
            struct hearth_bytes text = fake_words_text(engine->words, prepared->tokens[j]);
            value = hearth_hash32(value, text.bytes, text.length);
        }
        /* Mixes the high bits in: neighbouring numbers would differ in their low bits only. */
        value ^= value >> 15;
        /* From -1 to 1, by Knuth's multiplicative hash (The Art of Computer Programming, 6.4). */
        values[i] = (float)((double)(value * 2654435761u) / 2147483648.0 - 1.0);
        sum += (double)values[i] * values[i];
    }
    for (uint32_t i = 0; i < width && sum > 0; i++)
        values[i] = (float)(values[i] / sqrt(sum));
    if (prepared->task == HEARTH_TASK_SCORE)
        values[0] = prepared->score;
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_VECTOR, .sequence = number, .values = values, .value_count = width};
    sink->emit(sink, &event);
    hearth_free(values);
    emit_done(engine, number, HEARTH_FINISH_STOP, 0, sink);
}

/* Stepping
 * -------- */
/* Whether the item makes a token. */
static bool ends_prompt(struct hearth_engine *engine, const struct hearth_step_item *item)
{
    const struct fake_sequence *sequence = &engine->sequences[item->sequence];
    if (!item->begin)
        return sequence->running &&
               sequence->position + item->token_count >= sequence->running->head.token_count;
    uint32_t held =
        engine->script.cache ? fake_held_tokens(engine, item->sequence, item->begin) : 0;
    return held + item->token_count >= item->begin->token_count;
}

/* Before anything is changed, so that an aborted step may come again. */
static bool take_time(struct hearth_engine *engine, const struct hearth_step_item *items,
                      size_t count)
{
    /* Prompts add up; all answers of a step together cost the time of one token, as in a real
     * batch. */
    uint64_t us = 0;
    bool stalls = false, generates = false;
    for (size_t i = 0; i < count; i++) {
        const struct fake_sequence *sequence = &engine->sequences[items[i].sequence];
        bool goes_on = !items[i].begin && sequence->running;
        bool decodes = goes_on && sequence->position == sequence->running->head.token_count;
        if (decodes)
            generates = true;
        else
            us += (uint64_t)items[i].token_count * engine->script.prefill_us;
        uint32_t next = goes_on ? sequence->completion + 1 : 1;
        stalls |= ends_prompt(engine, &items[i]) && next == engine->script.stall_at;
        stalls |= items[i].begin && engine->script.stall_at == 0;
    }
    return wait_us(engine, us + (generates ? engine->script.token_us : 0), stalls);
}

static void emit_progress(const struct hearth_engine *engine, uint32_t number, uint32_t done,
                          struct hearth_event_sink *sink)
{
    const struct fake_prepared *input = engine->sequences[number].running;
    const struct hearth_event event = {.kind = HEARTH_EVENT_PROGRESS,
                                       .sequence = number,
                                       .prompt_tokens = input->head.token_count,
                                       .cached_tokens = engine->sequences[number].cached,
                                       .token_count = done};
    if (input->sampling.progress)
        sink->emit(sink, &event);
}

static int run_item(struct hearth_engine *engine, const struct hearth_step_item *item,
                    struct hearth_event_sink *sink, struct hearth_error *error)
{
    if (item->begin)
        begin(engine, item->sequence, item->begin);
    struct fake_sequence *sequence = &engine->sequences[item->sequence];
    if (!sequence->running)
        return hearth_error_set(error, HEARTH_EINTERNAL, "sequence %u was not begun",
                                item->sequence);
    /* The prompt may come in pieces; the step that takes its last token also makes the first of the
     * answer. */
    uint32_t left = sequence->running->head.token_count - sequence->position;
    if (left) {
        if (item->begin)
            emit_progress(engine, item->sequence, sequence->cached, sink);
        sequence->position += item->token_count < left ? item->token_count : left;
        emit_progress(engine, item->sequence, sequence->position, sink);
        if (item->token_count < left)
            return 0;
        if (sequence->running->sampling.prompt_logprobs)
            emit_prompt(engine, item->sequence, sink);
    }
    if (sequence->running->sampling.no_answer) {
        emit_done(engine, item->sequence, HEARTH_FINISH_LENGTH, 0, sink);
        return 0;
    }
    if (sequence->running->task == HEARTH_TASK_GENERATE)
        generate(engine, item->sequence, sink);
    else
        embed(engine, item->sequence, sink);
    return 0;
}

int fake_step(struct hearth_engine *engine, const struct hearth_step_item *items, size_t count,
              struct hearth_event_sink *sink, struct hearth_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].sequence >= engine->slots)
            return hearth_error_set(error, HEARTH_EINTERNAL, "there is no sequence %u",
                                    items[i].sequence);
    set_stepping(engine, true);
    int rc = 0;
    if (!take_time(engine, items, count))
        rc = hearth_error_set(error, HEARTH_ECANCELED, "the step was aborted");
    /* The time is spent; from here on nothing can be aborted any more. */
    set_stepping(engine, false);
    for (size_t i = 0; i < count && !rc; i++)
        rc = run_item(engine, &items[i], sink, error);
    return rc;
}
