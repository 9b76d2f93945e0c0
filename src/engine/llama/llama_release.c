/* Generated text on its way out. It waits while it could still become a stop string or is half a
 * character; tokens with logprobs wait with their text. */
#include "base/memory.h"
#include "base/text.h"
#include "engine/llama/llama_engine.h"

#include <string.h>

#define TEXT_MAX (4u << 20) /* held back at once; a stop string is far shorter */

void hearth_llama_release_init(struct hearth_llama_release *release)
{
    *release = (struct hearth_llama_release){0};
    hearth_buf_init(&release->text, TEXT_MAX);
    hearth_buf_init(&release->clean, 4 * TEXT_MAX);
    hearth_buf_init(&release->labels, 4 * TEXT_MAX);
}

void hearth_llama_release_finish(struct hearth_llama_release *release)
{
    hearth_buf_finish(&release->text);
    hearth_buf_finish(&release->clean);
    hearth_buf_finish(&release->labels);
    hearth_free(release->pending);
    release->pending = NULL;
}

void hearth_llama_release_clear(struct hearth_llama_release *release)
{
    hearth_buf_clear(&release->text);
    hearth_buf_clear(&release->clean);
    hearth_buf_clear(&release->labels);
    release->pending_count = 0;
    release->silent_count = 0;
    release->stop = 0;
}

/* Texts of tokens lie in one buffer and are named by offset, since the buffer moves while it
 * grows. */
static void add_label(struct hearth_engine *engine, struct hearth_buf *labels, int32_t token,
                      size_t *ret_at, size_t *ret_length)
{
    *ret_at = labels->length;
    hearth_llama_piece(engine->vocab, token, true, labels);
    *ret_length = labels->length - *ret_at;
}

static void add_pending(struct hearth_engine *engine, struct hearth_llama_release *release,
                        const struct hearth_llama_pending *pending, size_t start)
{
    if (release->pending_count == release->pending_capacity) {
        release->pending_capacity = release->pending_capacity * 2 + 8;
        release->pending =
            hearth_realloc(release->pending, release->pending_capacity * sizeof(*release->pending));
    }
    struct hearth_llama_pending *kept = &release->pending[release->pending_count++];
    *kept = *pending;
    kept->start = start;
    add_label(engine, &release->labels, kept->token, &kept->text_at, &kept->text_length);
    for (uint32_t i = 0; i < kept->alternative_count; i++)
        add_label(engine, &release->labels, kept->alternatives[i].token,
                  &kept->alternatives[i].text_at, &kept->alternatives[i].text_length);
}

void hearth_llama_release_add(struct hearth_engine *engine, struct hearth_llama_sequence *sequence,
                              const struct hearth_llama_pending *pending)
{
    add_pending(engine, &sequence->release, pending, sequence->release.text.length);
}

/* Which complete stop string begins first, counted from 1, and where; 0: none. Looks only at what
 * can be new. */
static uint32_t find_stop(const struct hearth_llama_input *input, const struct hearth_buf *text,
                          size_t fresh, size_t *ret_at)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < input->sampling.stop_count; i++) {
        const struct hearth_bytes *stop = &input->stops[i];
        if (stop->length == 0 || stop->length > text->length)
            continue;
        size_t from = text->length - fresh;
        from = from > stop->length - 1 ? from - (stop->length - 1) : 0;
        const char *at = memmem(text->bytes + from, text->length - from, stop->bytes, stop->length);
        if (at == NULL)
            continue;
        size_t offset = (size_t)(at - text->bytes);
        if (found && offset >= *ret_at)
            continue;
        *ret_at = offset;
        found = i + 1;
    }
    return found;
}

/* Control tokens have no text of their own, but for those that a reader of the answer needs. */
static bool is_shown(const struct hearth_llama_input *input, int32_t token)
{
    for (uint32_t i = 0; i < input->shown_count; i++)
        if (input->shown[i] == token)
            return true;
    return false;
}

/* Stop strings are searched in text, not in tokens: they may begin and end in the middle of one.
 * Tokens whose text begins behind the stop are gone too. */
bool hearth_llama_release_token(struct hearth_engine *engine,
                                struct hearth_llama_sequence *sequence, int32_t token,
                                const struct hearth_llama_pending *pending)
{
    struct hearth_llama_release *release = &sequence->release;
    size_t before = release->text.length;
    hearth_llama_piece(engine->vocab, token, is_shown(sequence->input, token), &release->text);
    release->silent_count++;
    if (pending != NULL)
        add_pending(engine, release, pending, before);
    size_t at = 0;
    release->stop = find_stop(sequence->input, &release->text, release->text.length - before, &at);
    if (release->stop == 0)
        return false;
    release->text.length = at;
    while (release->pending_count > 0 && release->pending[release->pending_count - 1].start >= at)
        release->pending_count--;
    return true;
}

/* Bytes at the end that could be the start of a stop string. */
static size_t undecided(const struct hearth_llama_input *input, const struct hearth_buf *text)
{
    size_t most = 0;
    for (uint32_t i = 0; i < input->sampling.stop_count; i++) {
        const struct hearth_bytes *stop = &input->stops[i];
        size_t length = stop->length > 0 ? stop->length - 1 : 0;
        if (length > text->length)
            length = text->length;
        for (; length > most; length--)
            if (memcmp(text->bytes + text->length - length, stop->bytes, length) == 0)
                most = length;
    }
    return most;
}

/* The first `length` bytes as UTF-8: what is not becomes U+FFFD. */
static struct hearth_bytes clean_text(struct hearth_llama_release *release, size_t length)
{
    const char *bytes = release->text.bytes;
    if (length == 0 || hearth_utf8_valid(bytes, length))
        return (struct hearth_bytes){bytes, length};
    hearth_buf_clear(&release->clean);
    for (size_t i = 0; i < length;) {
        size_t width = hearth_utf8_width(bytes + i, length - i);
        if (width == 0)
            hearth_buf_text(&release->clean, "\xef\xbf\xbd");
        else
            hearth_buf_append(&release->clean, bytes + i, width);
        i += width > 0 ? width : 1;
    }
    return (struct hearth_bytes){release->clean.bytes, release->clean.length};
}

static struct hearth_bytes label(const struct hearth_llama_release *release, size_t at,
                                 size_t length)
{
    return (struct hearth_bytes){release->labels.bytes != NULL ? release->labels.bytes + at : "",
                                 length};
}

/* Pending tokens in the form of the event; one block of memory for all. */
static struct hearth_token *event_tokens(const struct hearth_llama_release *release, uint32_t count)
{
    size_t alternatives = 0;
    for (uint32_t i = 0; i < count; i++)
        alternatives += release->pending[i].alternative_count;
    struct hearth_token *tokens = hearth_calloc(
        1, count * sizeof(*tokens) + alternatives * sizeof(struct hearth_alternative) + 1);
    struct hearth_alternative *next = (struct hearth_alternative *)(tokens + count);
    for (uint32_t i = 0; i < count; i++) {
        const struct hearth_llama_pending *pending = &release->pending[i];
        tokens[i] = (struct hearth_token){
            .token = pending->token,
            .logprob = pending->logprob,
            .text = label(release, pending->text_at, pending->text_length),
            .alternatives = next,
            .alternative_count = pending->alternative_count,
        };
        for (uint32_t j = 0; j < pending->alternative_count; j++)
            *next++ = (struct hearth_alternative){
                .token = pending->alternatives[j].token,
                .logprob = pending->alternatives[j].logprob,
                .text = label(release, pending->alternatives[j].text_at,
                              pending->alternatives[j].text_length),
            };
    }
    return tokens;
}

/* Takes out the first tokens, whose text is released, and moves the others' along. */
static void drop_pending(struct hearth_llama_release *release, uint32_t count, size_t length)
{
    release->pending_count -= count;
    for (uint32_t i = 0; i < release->pending_count; i++) {
        release->pending[i] = release->pending[i + count];
        release->pending[i].start -= length;
    }
    if (release->pending_count == 0)
        hearth_buf_clear(&release->labels);
}

void hearth_llama_release_emit_prompt(struct hearth_engine *engine, uint32_t index,
                                      struct hearth_event_sink *sink)
{
    struct hearth_llama_release *release = &engine->sequences[index].release;
    uint32_t count = release->pending_count;
    if (count == 0)
        return;
    struct hearth_token *tokens = event_tokens(release, count);
    struct hearth_event event = {.kind = HEARTH_EVENT_PROMPT,
                                 .sequence = index,
                                 .tokens = tokens,
                                 .token_count = count,
                                 .has_tokens = true};
    sink->emit(sink, &event);
    hearth_free(tokens);
    drop_pending(release, count, 0);
}

/* Bytes of the text that are decided. Also at the end what there is of a character that was cut is
 * left out: its tokens and their bytes are told with the logprobs. */
static size_t decided(const struct hearth_llama_sequence *sequence, bool at_end)
{
    const struct hearth_buf *text = &sequence->release.text;
    size_t length = text->length;
    if (!at_end)
        length -= undecided(sequence->input, text);
    return length > 0 ? hearth_utf8_whole(text->bytes, length) : 0;
}

/* Of a text that is read, the pieces become an event each. */
struct pieces {
    struct hearth_llama_reply_listener listener; /* first */
    struct hearth_event_sink *sink;
    struct hearth_event event; /* the tokens, for the first of them */
    bool told;
};

static void tell_piece(struct hearth_llama_reply_listener *listener,
                       const struct hearth_llama_reply_piece *piece)
{
    struct pieces *pieces = (struct pieces *)listener;
    struct hearth_event event = pieces->told
                                    ? (struct hearth_event){.kind = HEARTH_EVENT_TEXT,
                                                            .sequence = pieces->event.sequence,
                                                            .has_tokens = pieces->event.has_tokens}
                                    : pieces->event;
    event.channel = piece->channel;
    event.call = piece->call;
    event.call_id = piece->call_id;
    event.bytes = piece->text;
    pieces->told = true;
    pieces->sink->emit(pieces->sink, &event);
}

/* What the reader holds back leaves its tokens behind: they are told without a text where they
 * have logprobs, and else counted with the next. */
static bool emit_read(struct hearth_llama_reply *reply, const struct hearth_event *event,
                      bool at_end, struct hearth_event_sink *sink, bool *ret_told)
{
    struct pieces pieces = {.listener = {tell_piece}, .sink = sink, .event = *event};
    bool calls = false;
    hearth_llama_reply_add(reply, event->bytes.bytes, event->bytes.length, &pieces.listener);
    if (at_end)
        calls = hearth_llama_reply_end(reply, &pieces.listener);
    if (!pieces.told && event->token_count > 0 && (event->has_tokens || at_end)) {
        const struct hearth_llama_reply_piece nothing = {.text = {"", 0}};
        tell_piece(&pieces.listener, &nothing);
    }
    *ret_told = pieces.told;
    return calls;
}

bool hearth_llama_release_emit(struct hearth_engine *engine, uint32_t index, bool at_end,
                               struct hearth_event_sink *sink)
{
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    struct hearth_llama_release *release = &sequence->release;
    bool logprobs = sequence->input->sampling.logprobs;
    size_t length = decided(sequence, at_end);
    uint32_t count = 0;
    while (count < release->pending_count && (at_end || release->pending[count].start < length))
        count++;
    if (length == 0 && !(at_end && (count > 0 || sequence->reply != NULL)))
        return false;
    struct hearth_token *tokens = logprobs ? event_tokens(release, count) : NULL;
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_TEXT,
        .sequence = index,
        .bytes = clean_text(release, length),
        .tokens = tokens,
        .token_count = logprobs ? count : release->silent_count,
        .has_tokens = logprobs,
    };
    bool told = true, calls = false;
    if (sequence->reply != NULL)
        calls = emit_read(sequence->reply, &event, at_end, sink, &told);
    else
        sink->emit(sink, &event);
    hearth_free(tokens);
    hearth_buf_consume(&release->text, length);
    drop_pending(release, count, length);
    if (told)
        release->silent_count = 0;
    return calls;
}
