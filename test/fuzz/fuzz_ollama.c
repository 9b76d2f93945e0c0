/* Any bytes as a body of Ollama's API or of llama-server's own: what passes the schema is refused
 * in words, or becomes inputs that a worker reads back as they were written. */
#include "gateway/schemas.gen.h"
#include "routes/native/native_read.h"
#include "routes/ollama/ollama_read.h"
#include "routes/ollama/ollama_source.h"
#include "task/keep_alive.h"

#include "base/error.h"
#include "wire/ipc_request.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { ARENA_MAX = 1 << 20, INPUT_MAX = 1 << 20 };

static int read_back(void *argument, const struct hearth_ipc_frame *frame)
{
    const struct hearth_input *sent = argument;
    struct hearth_ipc_request *request = NULL;
    struct hearth_error error = {0};
    int rc = hearth_ipc_request_create(frame, &request, &error);
    assert(rc == 0);
    assert(request->input.kind == sent->kind && request->input.length == sent->length);
    assert(!sent->length || memcmp(request->input.bytes, sent->bytes, sent->length) == 0);
    assert(request->input.token_count == sent->token_count);
    hearth_ipc_request_destroy(request);
    return 0;
}

static void send(const struct hearth_input *from, const struct hearth_sampling *sampling)
{
    struct hearth_input input = *from;
    struct hearth_buf buf;
    struct hearth_error error = {0};
    int descriptor = -1;
    input.sampling = sampling;
    hearth_buf_init(&buf, 4 * INPUT_MAX);
    int rc = hearth_ipc_put_request(&buf, 1, &input, 16, 0, NULL, &descriptor);
    assert(rc == 0 && descriptor < 0);
    struct hearth_ipc_reader *reader = hearth_ipc_reader_create(NULL, NULL);
    rc = hearth_ipc_read(reader, buf.bytes, buf.length, read_back, &input, &error);
    assert(rc == 0);
    hearth_ipc_reader_destroy(reader);
    hearth_buf_finish(&buf);
}

static void check(const struct hearth_generation_request *request)
{
    assert(request->model && request->shape && request->n == 1 && request->input_count >= 1);
    assert(request->sampling.temperature >= 0 && request->sampling.top_logprobs <= 20);
    for (uint32_t i = 0; i < request->input_count; i++) {
        const struct hearth_input *input = &request->inputs[i];
        if (input->kind == HEARTH_INPUT_MESSAGES || input->kind == HEARTH_INPUT_INFILL ||
            input->kind == HEARTH_INPUT_PIECES) {
            json_t *seen = hearth_json_parse(input->bytes, input->length, NULL);
            assert(seen);
            json_decref(seen);
        }
        send(input, &request->sampling);
    }
}

typedef int read_ollama(json_t *body, struct hearth_arena *arena, struct hearth_buf *conversation,
                        struct hearth_generation_request *ret_request, struct hearth_error *error);
typedef int read_native(json_t *body, struct hearth_arena *arena, struct hearth_buf *pieces,
                        struct hearth_generation_request *ret_request, const char **ret_param,
                        struct hearth_error *error);

/* Readers write defaults into the body: each gets a copy. */
static void try(const json_t *given, const struct hearth_schema *schema, read_ollama *ollama,
                read_native *native)
{
    json_t *body = json_deep_copy(given);
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_generation_request request;
    struct hearth_schema_faults faults;
    struct hearth_error error = {0};
    struct hearth_buf text;
    const char *param = NULL, *source;
    struct hearth_keep_alive keep;
    hearth_buf_init(&text, INPUT_MAX);
    if (hearth_schema_check(schema, body, arena, &faults) == 0) {
        int rc = ollama ? ollama(body, arena, &text, &request, &error)
                        : native(body, arena, &text, &request, &param, &error);
        assert(rc == 0 || *error.message);
        if (!rc)
            check(&request);
        error = (struct hearth_error){0};
        rc = hearth_keep_alive_read(body, &keep, &error);
        assert(rc == 0 || *error.message);
        error = (struct hearth_error){0};
        rc = hearth_ollama_source(hearth_json_text(body, "model", ""), arena, &source, &error);
        assert(rc == 0 || *error.message);
    }
    hearth_buf_finish(&text);
    hearth_arena_destroy(arena);
    json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_error error;
    json_t *body = hearth_json_parse((const char *)bytes, length, &error);
    if (!body)
        return 0;
    try(body, &hearth_schema_ollama_chat_request, hearth_ollama_chat_read, NULL);
    try(body, &hearth_schema_ollama_generate_request, hearth_ollama_generate_read, NULL);
    try(body, &hearth_schema_native_completion_request, NULL, hearth_native_completion_read);
    try(body, &hearth_schema_native_infill_request, NULL, hearth_native_infill_read);
    json_decref(body);
    return 0;
}
