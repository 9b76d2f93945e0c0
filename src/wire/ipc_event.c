/* Events of streams: a frame for each, and the way back. */
#include "wire/ipc_event.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/ipc_private.h"

#include <string.h>

/* A token inside a LOGPROB or ALTERNATIVE field: i32 token, f32 logprob, u32 length, bytes. */
#define TOKEN_HEAD_LENGTH 12u
/* Bounds for a peer that lies: an event of one step has a handful of tokens. */
#define TOKENS_MAX 65536u
#define ALTERNATIVES_MAX (TOKENS_MAX * 20)

/* The text of a token is cut at 256 bytes: it is for display, and no vocabulary has longer ones
 * worth showing. */
static void put_token(struct hearth_ipc_writer *writer, uint16_t tag, int32_t token, float logprob,
                      const struct hearth_bytes *text)
{
    char bytes[TOKEN_HEAD_LENGTH + 256];
    size_t most = sizeof(bytes) - TOKEN_HEAD_LENGTH;
    uint32_t length = (uint32_t)(text->length < most ? text->length : most);
    memcpy(bytes, &token, 4);
    memcpy(bytes + 4, &logprob, 4);
    memcpy(bytes + 8, &length, 4);
    if (length)
        memcpy(bytes + TOKEN_HEAD_LENGTH, text->bytes, length);
    hearth_ipc_put(writer, tag, bytes, TOKEN_HEAD_LENGTH + length);
}

/* Plain text, which most is, says nothing of it. */
static void put_channel(struct hearth_ipc_writer *writer, const struct hearth_event *event)
{
    if (event->channel == HEARTH_CHANNEL_CONTENT)
        return;
    hearth_ipc_put_u32(writer, HEARTH_TAG_CHANNEL, event->channel);
    hearth_ipc_put_u32(writer, HEARTH_TAG_CALL, event->call);
    if (event->call_id.length)
        hearth_ipc_put(writer, HEARTH_TAG_CALL_ID, event->call_id.bytes, event->call_id.length);
}

/* The order of the fields carries the structure: each token is followed by its own alternatives. */
static void put_text(struct hearth_ipc_writer *writer, const struct hearth_event *event)
{
    hearth_ipc_put(writer, HEARTH_TAG_TEXT, event->bytes.bytes, event->bytes.length);
    hearth_ipc_put_u32(writer, HEARTH_TAG_TOKEN_COUNT, event->token_count);
    put_channel(writer, event);
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        const struct hearth_token *token = &event->tokens[i];
        put_token(writer, HEARTH_TAG_LOGPROB, token->token, token->logprob, &token->text);
        for (uint32_t j = 0; j < token->alternative_count; j++) {
            const struct hearth_alternative *other = &token->alternatives[j];
            put_token(writer, HEARTH_TAG_ALTERNATIVE, other->token, other->logprob, &other->text);
        }
    }
}

static void put_progress(struct hearth_ipc_writer *writer, const struct hearth_event *event)
{
    hearth_ipc_put_u32(writer, HEARTH_TAG_PROMPT_TOKENS, event->prompt_tokens);
    hearth_ipc_put_u32(writer, HEARTH_TAG_CACHED_TOKENS, event->cached_tokens);
    hearth_ipc_put_u32(writer, HEARTH_TAG_TOKEN_COUNT, event->token_count);
}

static void put_done(struct hearth_ipc_writer *writer, const struct hearth_event *event,
                     const struct hearth_ipc_times *times)
{
    hearth_ipc_put_u32(writer, HEARTH_TAG_FINISH, event->finish);
    hearth_ipc_put_u32(writer, HEARTH_TAG_PROMPT_TOKENS, event->prompt_tokens);
    hearth_ipc_put_u32(writer, HEARTH_TAG_CACHED_TOKENS, event->cached_tokens);
    hearth_ipc_put_u32(writer, HEARTH_TAG_COMPLETION_TOKENS, event->completion_tokens);
    if (event->drafted_tokens) {
        hearth_ipc_put_u32(writer, HEARTH_TAG_DRAFTED, event->drafted_tokens);
        hearth_ipc_put_u32(writer, HEARTH_TAG_ACCEPTED, event->accepted_tokens);
    }
    if (event->stop)
        hearth_ipc_put_u32(writer, HEARTH_TAG_STOP_NUMBER, event->stop);
    if (times) {
        const uint64_t three[3] = {times->queued_us, times->prefill_us, times->decode_us};
        hearth_ipc_put(writer, HEARTH_TAG_TIMES, three, sizeof(three));
    }
}

/* Without a default, so that the compiler asks for each new kind of event. */
static uint8_t frame_type(enum hearth_event_kind kind)
{
    switch (kind) {
    case HEARTH_EVENT_TEXT:
        return HEARTH_IPC_TEXT;
    case HEARTH_EVENT_VECTOR:
        return HEARTH_IPC_VECTOR;
    case HEARTH_EVENT_TENSOR:
        return HEARTH_IPC_TENSOR;
    case HEARTH_EVENT_BYTES:
        return HEARTH_IPC_BYTES;
    case HEARTH_EVENT_PROMPT:
        return HEARTH_IPC_PROMPT;
    case HEARTH_EVENT_PROGRESS:
        return HEARTH_IPC_PROMPT_READ;
    case HEARTH_EVENT_DONE:
        return HEARTH_IPC_DONE;
    case HEARTH_EVENT_ERROR:
        break;
    }
    return HEARTH_IPC_ERROR;
}

int hearth_ipc_put_event(struct hearth_buf *buf, uint32_t stream, const struct hearth_event *event,
                         const struct hearth_ipc_times *times, int *ret_descriptor)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, frame_type(event->kind), stream);
    switch (event->kind) {
    case HEARTH_EVENT_TEXT:
    case HEARTH_EVENT_PROMPT:
        put_text(&writer, event);
        break;
    case HEARTH_EVENT_VECTOR:
        hearth_ipc_put(&writer, HEARTH_TAG_VALUES, event->values,
                       event->value_count * sizeof(float));
        break;
    case HEARTH_EVENT_TENSOR:
    case HEARTH_EVENT_BYTES:
        hearth_ipc_put(&writer, HEARTH_TAG_TEXT, event->bytes.bytes, event->bytes.length);
        break;
    case HEARTH_EVENT_PROGRESS:
        put_progress(&writer, event);
        break;
    case HEARTH_EVENT_DONE:
        put_done(&writer, event, times);
        break;
    case HEARTH_EVENT_ERROR:
        hearth_ipc_put_i32(&writer, HEARTH_TAG_CODE, event->error);
        hearth_ipc_put(&writer, HEARTH_TAG_MESSAGE, event->bytes.bytes, event->bytes.length);
        break;
    }
    return hearth_ipc_end(&writer, ret_descriptor);
}

/* Reading
 * ------- */
void hearth_ipc_event_init(struct hearth_ipc_event *event)
{
    *event = (struct hearth_ipc_event){0};
}

void hearth_ipc_event_finish(struct hearth_ipc_event *event)
{
    hearth_free(event->tokens);
    hearth_free(event->alternatives);
    hearth_ipc_event_init(event);
}

static int get_token(const struct hearth_ipc_field *field, int32_t *ret_token, float *ret_logprob,
                     struct hearth_bytes *ret_text)
{
    uint32_t length;
    if (field->length < TOKEN_HEAD_LENGTH)
        return HEARTH_EPARSE;
    memcpy(ret_token, field->bytes, 4);
    memcpy(ret_logprob, field->bytes + 4, 4);
    memcpy(&length, field->bytes + 8, 4);
    if (length != field->length - TOKEN_HEAD_LENGTH)
        return HEARTH_EPARSE;
    *ret_text = (struct hearth_bytes){.bytes = field->bytes + TOKEN_HEAD_LENGTH, .length = length};
    return 0;
}

/* Makes room for one more of `size` bytes. */
static int grow(void **items, size_t *capacity, size_t count, size_t size, size_t most)
{
    if (count < *capacity)
        return 0;
    if (count >= most)
        return HEARTH_EPARSE;
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *grown = hearth_try_realloc(*items, larger * size);
    if (!grown)
        return HEARTH_ENOMEM;
    *items = grown;
    *capacity = larger;
    return 0;
}

struct token_counts {
    size_t tokens, alternatives;
};

/* `token->alternatives` is set later, in link_tokens. */
static int add_token(struct hearth_ipc_event *event, const struct hearth_ipc_field *field,
                     struct token_counts *counts)
{
    void *items = event->tokens;
    int rc =
        grow(&items, &event->token_capacity, counts->tokens, sizeof(*event->tokens), TOKENS_MAX);
    event->tokens = items;
    if (rc)
        return rc;
    struct hearth_token *token = &event->tokens[counts->tokens];
    *token = (struct hearth_token){0};
    if ((rc = get_token(field, &token->token, &token->logprob, &token->text)))
        return rc;
    counts->tokens++;
    return 0;
}

/* Belongs to the token before it, so there must be one. */
static int add_alternative(struct hearth_ipc_event *event, const struct hearth_ipc_field *field,
                           struct token_counts *counts)
{
    if (counts->tokens == 0)
        return HEARTH_EPARSE;
    void *items = event->alternatives;
    int rc = grow(&items, &event->alternative_capacity, counts->alternatives,
                  sizeof(*event->alternatives), ALTERNATIVES_MAX);
    event->alternatives = items;
    if (rc)
        return rc;
    struct hearth_alternative *other = &event->alternatives[counts->alternatives];
    if ((rc = get_token(field, &other->token, &other->logprob, &other->text)))
        return rc;
    counts->alternatives++;
    event->tokens[counts->tokens - 1].alternative_count++;
    return 0;
}

static int get_values(const struct hearth_ipc_field *field, struct hearth_event *event)
{
    if (field->length % sizeof(float))
        return HEARTH_EPARSE;
    event->values = (const float *)(const void *)field->bytes;
    event->value_count = (uint32_t)(field->length / sizeof(float));
    return 0;
}

static int get_times(const struct hearth_ipc_field *field, struct hearth_ipc_times *times)
{
    uint64_t three[3];
    if (field->length != sizeof(three))
        return HEARTH_EPARSE;
    memcpy(three, field->bytes, sizeof(three));
    *times = (struct hearth_ipc_times){three[0], three[1], three[2]};
    return 0;
}

static int get_channel(const struct hearth_ipc_field *field, enum hearth_text_channel *ret_channel)
{
    uint32_t word;
    int rc = hearth_ipc_u32(field, &word);
    if (rc)
        return rc;
    *ret_channel = (enum hearth_text_channel)word;
    return word <= HEARTH_CHANNEL_UNREAD ? 0 : HEARTH_EPARSE;
}

/* What tells the parts of an answer from its text, and what its end says; fields that are not known
 * are passed over. */
static int get_part_field(const struct hearth_ipc_field *field, struct hearth_event *event)
{
    switch (field->tag) {
    case HEARTH_TAG_CHANNEL:
        return get_channel(field, &event->channel);
    case HEARTH_TAG_CALL:
        return hearth_ipc_u32(field, &event->call);
    case HEARTH_TAG_CALL_ID:
        event->call_id = (struct hearth_bytes){field->bytes, field->length};
        return 0;
    case HEARTH_TAG_DRAFTED:
        return hearth_ipc_u32(field, &event->drafted_tokens);
    case HEARTH_TAG_ACCEPTED:
        return hearth_ipc_u32(field, &event->accepted_tokens);
    case HEARTH_TAG_STOP_NUMBER:
        return hearth_ipc_u32(field, &event->stop);
    default:
        return 0;
    }
}

static int get_event_field(const struct hearth_ipc_field *field, struct hearth_ipc_event *event,
                           struct token_counts *counts)
{
    uint32_t word;
    int rc;
    switch (field->tag) {
    case HEARTH_TAG_TEXT:
        event->event.bytes = (struct hearth_bytes){field->bytes, field->length};
        return 0;
    case HEARTH_TAG_TOKEN_COUNT:
        return hearth_ipc_u32(field, &event->event.token_count);
    case HEARTH_TAG_LOGPROB:
        return add_token(event, field, counts);
    case HEARTH_TAG_ALTERNATIVE:
        return add_alternative(event, field, counts);
    case HEARTH_TAG_VALUES:
        return get_values(field, &event->event);
    case HEARTH_TAG_FINISH:
        if ((rc = hearth_ipc_u32(field, &word)))
            return rc;
        event->event.finish = (enum hearth_finish)word;
        return word >= HEARTH_FINISH_STOP && word <= HEARTH_FINISH_TOOLS ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_PROMPT_TOKENS:
        return hearth_ipc_u32(field, &event->event.prompt_tokens);
    case HEARTH_TAG_CACHED_TOKENS:
        return hearth_ipc_u32(field, &event->event.cached_tokens);
    case HEARTH_TAG_COMPLETION_TOKENS:
        return hearth_ipc_u32(field, &event->event.completion_tokens);
    case HEARTH_TAG_TIMES:
        return get_times(field, &event->times);
    default:
        return get_part_field(field, &event->event);
    }
}

/* The alternatives may have moved while they grew: pointers come last. */
static int link_tokens(struct hearth_ipc_event *event, const struct token_counts *counts)
{
    if (counts->tokens == 0)
        return 0;
    if (counts->tokens != event->event.token_count)
        return HEARTH_EPARSE;
    const struct hearth_alternative *next = event->alternatives;
    for (size_t i = 0; i < counts->tokens; i++) {
        event->tokens[i].alternatives = next;
        if (next)
            next += event->tokens[i].alternative_count;
    }
    event->event.tokens = event->tokens;
    event->event.has_tokens = true;
    return 0;
}

static bool event_kind(uint8_t type, enum hearth_event_kind *ret_kind)
{
    for (int kind = HEARTH_EVENT_TEXT; kind <= HEARTH_EVENT_ERROR; kind++) {
        if (frame_type((enum hearth_event_kind)kind) == type) {
            *ret_kind = (enum hearth_event_kind)kind;
            return true;
        }
    }
    return false;
}

static int get_error_event(const struct hearth_ipc_frame *frame, struct hearth_ipc_event *event)
{
    int rc = hearth_ipc_get_failure(frame, &event->failure);
    event->event.error = event->failure.code;
    event->event.bytes =
        (struct hearth_bytes){event->failure.message, strlen(event->failure.message)};
    return rc;
}

/* The arrays of the last event are used again, which saves two allocations for each token of an
 * answer. */
int hearth_ipc_get_event(const struct hearth_ipc_frame *frame, struct hearth_ipc_event *ret_event,
                         struct hearth_error *error)
{
    struct token_counts counts = {0};
    struct hearth_ipc_field field;
    size_t offset = 0;
    ret_event->event = (struct hearth_event){0};
    ret_event->times = (struct hearth_ipc_times){0};
    ret_event->failure.code = 0;
    int rc = event_kind(frame->type, &ret_event->event.kind) ? 1 : HEARTH_EPARSE;
    if (rc == 1 && ret_event->event.kind == HEARTH_EVENT_ERROR)
        rc = get_error_event(frame, ret_event);
    while (rc > 0 && (rc = hearth_ipc_next(frame, &offset, &field)) > 0) {
        int field_rc = get_event_field(&field, ret_event, &counts);
        rc = field_rc ? field_rc : 1;
    }
    if (!rc)
        rc = link_tokens(ret_event, &counts);
    if (!rc && ret_event->event.kind == HEARTH_EVENT_DONE && !ret_event->event.finish)
        rc = HEARTH_EPARSE;
    if (rc)
        return hearth_error_set(error, rc, "an event frame of type %u is malformed", frame->type);
    return 0;
}
