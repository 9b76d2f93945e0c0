#include "serving/request.h"

#include "base/error.h"
#include "base/memory.h"
#include "serving/shared_input.h"
#include "wire/ipc.h"

#include <stddef.h>

enum {
    OUTPUT_GUESS = 256,      /* tokens of an answer whose length nobody bounded */
    BYTES_PER_TOKEN = 4,     /* of English prose, with the usual vocabularies */
    FRAME_MARGIN = 64 << 10, /* of a request's frame, beside the input */
};

struct hearth_caller *hearth_caller_create(const struct hearth_inference_request *request)
{
    struct hearth_caller *caller = hearth_calloc(1, sizeof(*caller));
    caller->uses = 1;
    caller->client = hearth_strdup(request->client ? request->client : "");
    caller->traceparent = hearth_strdup(request->traceparent);
    caller->request_id = hearth_strdup(request->request_id);
    return caller;
}

struct hearth_caller *hearth_caller_keep(struct hearth_caller *caller)
{
    caller->uses++;
    return caller;
}

void hearth_caller_release(struct hearth_caller *caller)
{
    if (--caller->uses)
        return;
    hearth_free(caller->client);
    hearth_free(caller->traceparent);
    hearth_free(caller->request_id);
    hearth_free(caller);
}

/* What the fair queue charges before anybody has counted tokens. A guess is enough: it has to tell
 * a book from a question, and every client's guesses are off by the same factor. */
static uint64_t cost_of(const struct hearth_input *input)
{
    uint64_t tokens = input->token_count + (input->length + input->pair_length) / BYTES_PER_TOKEN;
    if (input->task == HEARTH_TASK_GENERATE)
        tokens += input->sampling && input->sampling->max_tokens ? input->sampling->max_tokens
                                                                 : OUTPUT_GUESS;
    return tokens ? tokens : 1;
}

/* The shared input is not copied again: the request has a view of it, with a sampling of its own
 * only because the seeds of choices differ. */
struct hearth_inference *hearth_request_create(const struct hearth_request_terms *terms,
                                               const struct hearth_inference_part *part,
                                               const struct hearth_inference_events *events,
                                               void *argument)
{
    struct hearth_inference *inference = hearth_calloc(1, sizeof(*inference));
    struct hearth_request_asked *asked = &inference->asked;
    asked->events = *events;
    asked->argument = argument;
    asked->shared = hearth_shared_input_keep(part->input);
    asked->input = *hearth_shared_input_view(part->input);
    asked->seed_offset = part->seed_offset;
    if (asked->input.sampling) {
        asked->sampling = *asked->input.sampling;
        asked->sampling.seed += part->seed_offset;
        asked->input.sampling = &asked->sampling;
    }
    asked->caller = hearth_caller_keep(terms->caller);
    asked->deadline_ms = terms->deadline_ms;
    asked->credit = terms->credit;
    asked->is_probe = terms->is_probe;
    inference->queued.class_ = terms->class_;
    inference->queued.place = part->place;
    inference->queued.cost = cost_of(&asked->input);
    hearth_meter_submitted(&inference->meter);
    return inference;
}

void hearth_request_destroy(struct hearth_inference *inference)
{
    if (inference->gone)
        *inference->gone = true;
    hearth_shared_input_release(inference->asked.shared);
    hearth_caller_release(inference->asked.caller);
    hearth_free(inference);
}

int hearth_request_check_size(const struct hearth_input *input, struct hearth_error *error)
{
    uint64_t bytes = (uint64_t)input->length + input->pair_length;
    /* Each is bounded first, so that their sum cannot wrap around. */
    if (bytes > HEARTH_IPC_PAYLOAD_MAX || input->token_count > HEARTH_IPC_PAYLOAD_MAX / 4 ||
        bytes + 4 * (uint64_t)input->token_count > HEARTH_IPC_PAYLOAD_MAX - FRAME_MARGIN)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the input is too large for one request");
    return 0;
}

/* Saturates: more credit than a number holds is as good as no limit. */
void hearth_request_add_credit(struct hearth_inference *inference, uint32_t events)
{
    uint32_t *credit = &inference->asked.credit;
    *credit = events > UINT32_MAX - *credit ? UINT32_MAX : *credit + events;
}

bool hearth_request_generates(const struct hearth_inference *inference)
{
    return inference->asked.input.task == HEARTH_TASK_GENERATE;
}

/* Parts lie within their request, so that the way back is a subtraction. */
struct hearth_inference *hearth_request_of_share(struct hearth_vector_share *share)
{
    return (struct hearth_inference *)((char *)share - offsetof(struct hearth_inference, share));
}

struct hearth_inference *hearth_request_of_flight(struct hearth_request_flight *flight)
{
    return (struct hearth_inference *)((char *)flight - offsetof(struct hearth_inference, flight));
}
