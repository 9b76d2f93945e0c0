/* Any bytes as the body of a chat or of a completion: what passes the schema is refused in words,
 * or becomes an input that a worker reads back as it was written. */
#include "gateway/schemas.gen.h"
#include "routes/openai/openai_read.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/ipc_request.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { ARENA_MAX = 1 << 20, INPUT_MAX = 1 << 20 };

static void check_sampling(const struct hearth_sampling *sampling)
{
    assert(sampling->temperature >= 0 && sampling->temperature <= 2);
    assert(sampling->top_p >= 0 && sampling->top_p <= 1);
    assert(sampling->typical_p >= 0 && sampling->typical_p <= 1);
    assert(sampling->top_n_sigma >= -1 && sampling->top_n_sigma <= 1000);
    assert(sampling->xtc_probability >= 0 && sampling->xtc_probability <= 1);
    assert(sampling->xtc_threshold >= 0 && sampling->xtc_threshold <= 1);
    assert(sampling->dynamic_range >= 0 && sampling->dynamic_exponent >= 0);
    assert(sampling->dry_multiplier >= 0 && sampling->dry_base >= 1);
    assert(sampling->dry_allowed_length >= 0 && sampling->dry_penalty_last_n >= -1);
    assert(sampling->dry_breaker_count <= HEARTH_IPC_BREAKERS_MAX);
    assert(sampling->top_k >= 0 && sampling->repeat_last_n >= -1);
    assert(sampling->max_tokens <= INT32_MAX && sampling->top_logprobs <= 20);
    assert(!sampling->top_logprobs || sampling->logprobs);
    assert(sampling->stop_count <= HEARTH_IPC_STOPS_MAX);
    assert(sampling->bias_count <= HEARTH_IPC_BIASES_MAX);
    for (uint32_t i = 0; i < sampling->stop_count; i++)
        assert(sampling->stops[i].length > 0);
    for (uint32_t i = 0; i < sampling->bias_count; i++)
        assert(sampling->biases[i].token >= 0 && sampling->biases[i].bias >= -100 &&
               sampling->biases[i].bias <= 100);
}

static int read_back(void *argument, const struct hearth_ipc_frame *frame)
{
    const struct hearth_input *sent = argument;
    struct hearth_ipc_request *request = NULL;
    struct hearth_error error = {0};
    int rc = hearth_ipc_request_create(frame, &request, &error);
    assert(rc == 0);
    const struct hearth_input *got = &request->input;
    assert(got->task == sent->task && got->kind == sent->kind && got->length == sent->length);
    assert(!got->length || memcmp(got->bytes, sent->bytes, got->length) == 0);
    assert(got->token_count == sent->token_count);
    assert(!got->token_count ||
           memcmp(got->tokens, sent->tokens, got->token_count * sizeof(*got->tokens)) == 0);
    assert(got->sampling && got->sampling->seed == sent->sampling->seed);
    assert(got->sampling->stop_count == sent->sampling->stop_count);
    check_sampling(got->sampling);
    hearth_ipc_request_destroy(request);
    return 0;
}

static void send(const struct hearth_input *from, const struct hearth_sampling *sampling)
{
    struct hearth_input input = *from;
    struct hearth_buf buf;
    int descriptor = -1;
    input.sampling = sampling;
    hearth_buf_init(&buf, 4 * INPUT_MAX);
    int rc = hearth_ipc_put_request(&buf, 1, &input, 16, 0, NULL, &descriptor);
    assert(rc == 0 && descriptor < 0); /* short enough for a frame of its own */
    struct hearth_ipc_reader *reader = hearth_ipc_reader_create(NULL, NULL);
    struct hearth_error error = {0};
    rc = hearth_ipc_read(reader, buf.bytes, buf.length, read_back, &input, &error);
    assert(rc == 0);
    hearth_ipc_reader_destroy(reader);
    hearth_buf_finish(&buf);
}

static void check_request(const struct hearth_generation_request *request)
{
    assert(request->model && request->shape && request->shape->input_param);
    assert(request->n >= 1 && request->n <= 128 && request->input_count >= 1);
    check_sampling(&request->sampling);
    for (uint32_t i = 0; i < request->input_count; i++)
        send(&request->inputs[i], &request->sampling);
}

static bool is_valid(const struct hearth_schema *schema, const json_t *body,
                     struct hearth_arena *arena)
{
    struct hearth_schema_faults faults;
    return hearth_schema_check(schema, body, arena, &faults) == 0;
}

static void read_chat(const json_t *body)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    struct hearth_buf conversation;
    const char *param = NULL;
    hearth_buf_init(&conversation, INPUT_MAX);
    if (is_valid(&hearth_schema_chat_request, body, arena)) {
        int rc = hearth_openai_chat_read(body, arena, &conversation, &request, &param, &error);
        assert(rc == 0 || *error.message);
        if (!rc) {
            json_t *seen = hearth_json_parse(conversation.bytes, conversation.length, NULL);
            assert(json_is_array(json_object_get(seen, "messages")));
            json_decref(seen);
            check_request(&request);
        }
    }
    hearth_buf_finish(&conversation);
    hearth_arena_destroy(arena);
}

static void read_completion(const json_t *body)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    const char *param = NULL;
    if (is_valid(&hearth_schema_completion_request, body, arena)) {
        int rc = hearth_openai_completion_read(body, arena, &request, &param, &error);
        assert(rc == 0 || *error.message);
        if (!rc)
            check_request(&request);
    }
    hearth_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_error error;
    json_t *body = hearth_json_parse((const char *)bytes, length, &error);
    if (!body)
        return 0;
    read_completion(body);
    read_chat(body); /* last: it renames roles in the body */
    json_decref(body);
    return 0;
}
