/* Any bytes as the body of Anthropic's Messages, of its count of tokens, or of OpenAI's Responses:
 * what passes the schema is refused in words, or becomes a conversation that the worker reads. */
#include "gateway/schemas.gen.h"
#include "routes/anthropic/anthropic_read.h"
#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_read.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/ipc_request.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { ARENA_MAX = 1 << 20, INPUT_MAX = 1 << 20 };

static bool is_valid(const struct hearth_schema *schema, const json_t *body,
                     struct hearth_arena *arena)
{
    struct hearth_schema_faults faults;
    return hearth_schema_check(schema, body, arena, &faults) == 0;
}

/* Each turn has a role that templates know, and what its role must have. */
static void check_messages(const json_t *messages)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    size_t i;
    json_t *message;
    json_array_foreach((json_t *)messages, i, message)
    {
        const char *role = hearth_json_text(message, "role", "");
        bool known = false;
        for (size_t j = 0; j < sizeof(roles) / sizeof(roles[0]); j++)
            known |= strcmp(role, roles[j]) == 0;
        assert(known);
        if (strcmp(role, "tool") == 0)
            assert(json_is_string(json_object_get(message, "tool_call_id")) &&
                   json_is_string(json_object_get(message, "name")));
        else
            assert(json_object_get(message, "content") || json_object_get(message, "tool_calls") ||
                   json_object_get(message, "reasoning_content"));
    }
}

static void check_conversation(const struct hearth_buf *text)
{
    struct hearth_error error;
    json_t *seen = hearth_json_parse(text->bytes, text->length, &error);
    assert(json_is_array(json_object_get(seen, "messages")));
    check_messages(json_object_get(seen, "messages"));
    json_decref(seen);
}

static void check_request(const struct hearth_generation_request *request)
{
    const struct hearth_sampling *sampling = &request->sampling;
    assert(request->model && request->shape && request->n == 1 && request->input_count == 1);
    assert(request->inputs->kind == HEARTH_INPUT_MESSAGES);
    assert(sampling->temperature >= 0 && sampling->temperature <= 2);
    assert(sampling->top_p >= 0 && sampling->top_p <= 1 && sampling->top_k >= 0);
    assert(sampling->max_tokens <= INT32_MAX && sampling->stop_count <= HEARTH_IPC_STOPS_MAX);
    for (uint32_t i = 0; i < sampling->stop_count; i++)
        assert(sampling->stops[i].length > 0);
}

static void read_messages(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    if (!is_valid(&hearth_schema_messages_request, body, arena))
        return;
    int rc = hearth_anthropic_read(body, arena, text, &request, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    assert(request.sampling.max_tokens > 0);
    check_request(&request);
    check_conversation(text);
}

static void count_tokens(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_input *input;
    struct hearth_error error = {0};
    if (!is_valid(&hearth_schema_count_tokens_request, body, arena))
        return;
    int rc = hearth_anthropic_count_read(body, arena, text, &input, &error);
    assert(rc == 0 || *error.message);
    if (!rc)
        check_conversation(text);
}

/* What was kept of an answer is what this body would be kept as. */
static json_t *answers_of(const json_t *body)
{
    json_t *input = json_object_get(body, "input");
    json_t *items = json_is_array(input) ? json_deep_copy(input) : json_array();
    hearth_response_complete_items(items, "resp_0");
    return json_pack("{s:{s:{s:O}, s:o}}", "resp_0", "response", "output", items, "items", items);
}

static void respond(const json_t *body, const json_t *items, struct hearth_arena *arena,
                    struct hearth_buf *text)
{
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    const char *param = NULL;
    int rc = hearth_responses_read(body, items, arena, text, &request, &param, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    check_request(&request);
    check_conversation(text);
    json_decref(hearth_responses_about(body));
}

static void read_responses(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_error error = {0};
    const char *param = NULL;
    json_t *ids, *items;
    if (!is_valid(&hearth_schema_responses_request, body, arena))
        return;
    int rc = hearth_responses_needs(body, &ids, &param, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    assert(json_array_size(ids) <= HEARTH_RESPONSES_FOUND_MAX);
    json_decref(ids);
    json_t *found = answers_of(body), *answer;
    const char *id;
    json_object_foreach(found, id, answer) hearth_responses_index(answer);
    rc = hearth_responses_items(body, found, &items, &param, &error);
    assert(rc == 0 || (*error.message && param));
    if (!rc) {
        respond(body, items, arena, text);
        json_decref(items);
    }
    json_decref(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static void (*const readers[])(const json_t *, struct hearth_arena *, struct hearth_buf *) = {
        read_messages, count_tokens, read_responses};
    struct hearth_error error;
    json_t *body = hearth_json_parse((const char *)bytes, length, &error);
    for (size_t i = 0; body && i < sizeof(readers) / sizeof(readers[0]); i++) {
        struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
        struct hearth_buf text;
        hearth_buf_init(&text, INPUT_MAX);
        readers[i](body, arena, &text);
        hearth_buf_finish(&text);
        hearth_arena_destroy(arena);
    }
    json_decref(body);
    return 0;
}
