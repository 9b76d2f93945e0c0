/* Any bytes from the other side of the channel, whole and in small pieces, each frame given to
 * every reader of frames. */
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static volatile uint64_t sum;

static void touch(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum += (unsigned char)bytes[i];
}

static void touch_request(const struct hearth_ipc_frame *frame)
{
    struct hearth_ipc_request *request = NULL;
    if (hearth_ipc_request_create(frame, &request, NULL))
        return;
    const struct hearth_input *input = &request->input;
    touch(input->bytes, input->length);
    touch((const char *)input->tokens, input->token_count * sizeof(*input->tokens));
    touch(input->pair, input->pair_length);
    const struct hearth_sampling *sampling = input->sampling;
    for (uint32_t i = 0; sampling && i < sampling->stop_count; i++)
        touch(sampling->stops[i].bytes, sampling->stops[i].length);
    for (uint32_t i = 0; sampling && i < sampling->dry_breaker_count; i++)
        touch(sampling->dry_breakers[i].bytes, sampling->dry_breakers[i].length);
    if (sampling)
        touch(sampling->grammar.bytes, sampling->grammar.length);
    for (uint32_t i = 0; sampling && i < sampling->bias_count; i++)
        sum += (uint32_t)sampling->biases[i].token;
    hearth_ipc_request_destroy(request);
}

static void touch_event(const struct hearth_ipc_frame *frame, struct hearth_ipc_event *event)
{
    if (hearth_ipc_get_event(frame, event, NULL))
        return;
    touch(event->event.bytes.bytes, event->event.bytes.length);
    touch((const char *)event->event.values, event->event.value_count * sizeof(float));
    for (uint32_t i = 0; event->event.has_tokens && i < event->event.token_count; i++) {
        const struct hearth_token *token = &event->event.tokens[i];
        touch(token->text.bytes, token->text.length);
        for (uint32_t j = 0; j < token->alternative_count; j++)
            touch(token->alternatives[j].text.bytes, token->alternatives[j].text.length);
    }
}

static int touch_frame(void *argument, const struct hearth_ipc_frame *frame)
{
    static const uint8_t event_types[] = {
        HEARTH_IPC_TEXT, HEARTH_IPC_VECTOR, HEARTH_IPC_TENSOR,     HEARTH_IPC_BYTES,
        HEARTH_IPC_DONE, HEARTH_IPC_ERROR,  HEARTH_IPC_PROMPT_READ};
    /* Readers that check the type get it: the fields are what is fuzzed. */
    struct hearth_ipc_frame as = *frame;
    struct hearth_ipc_hello hello;
    as.type = HEARTH_IPC_HELLO;
    if (!hearth_ipc_get_hello(&as, &hello, NULL))
        hearth_ipc_hello_finish(&hello);
    as.type = HEARTH_IPC_REQUEST;
    touch_request(&as);
    for (size_t i = 0; i < sizeof(event_types); i++) {
        as.type = event_types[i];
        touch_event(&as, argument);
    }
    struct hearth_ipc_started started;
    as.type = HEARTH_IPC_STARTED;
    sum += (unsigned)hearth_ipc_get_started(&as, &started, NULL);
    float fraction;
    uint32_t credit;
    uint64_t counters[HEARTH_COUNTER_COUNT];
    struct hearth_ipc_prepared prepared;
    const int32_t *tokens;
    size_t count;
    sum += (unsigned)hearth_ipc_get_progress(frame, &fraction);
    sum += (unsigned)hearth_ipc_get_ready(frame, &started.facts, NULL);
    sum += (unsigned)hearth_ipc_get_credit(frame, &credit);
    sum += (unsigned)hearth_ipc_get_pong(frame, counters);
    sum += (unsigned)hearth_ipc_get_prepared(frame, &prepared);
    if (!hearth_ipc_get_tokens(frame, &tokens, &count))
        touch((const char *)tokens, count * sizeof(*tokens));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_ipc_event event;
    hearth_ipc_event_init(&event);
    for (size_t piece = length ? length : 1;; piece = 7) {
        struct hearth_ipc_reader *reader = hearth_ipc_reader_create(NULL, NULL);
        int rc = 0;
        for (size_t at = 0; at < length && !rc; at += piece) {
            size_t some = piece < length - at ? piece : length - at;
            rc = hearth_ipc_read(reader, (const char *)bytes + at, some, touch_frame, &event, NULL);
        }
        hearth_ipc_reader_destroy(reader);
        if (piece == 7)
            break;
    }
    hearth_ipc_event_finish(&event);
    return 0;
}
