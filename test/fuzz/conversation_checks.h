/* What must hold of a body that became a conversation, whichever API it came by. */
#ifndef HEARTH_TEST_FUZZ_CONVERSATION_CHECKS_H
#define HEARTH_TEST_FUZZ_CONVERSATION_CHECKS_H

#include "gateway/schemas.gen.h"
#include "task/generation.h"

#include "wire/ipc_request.h"

#include <assert.h>
#include <string.h>

enum { ARENA_MAX = 1 << 20, INPUT_MAX = 1 << 20 };

static inline bool is_valid(const struct hearth_schema *schema, const json_t *body,
                            struct hearth_arena *arena)
{
    struct hearth_schema_faults faults;
    return hearth_schema_check(schema, body, arena, &faults) == 0;
}

/* Each turn has a role that templates know, and what its role must have. */
static inline void check_messages(const json_t *messages)
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

static inline void check_conversation(const struct hearth_buf *text)
{
    struct hearth_error error;
    json_t *seen = hearth_json_parse(text->bytes, text->length, &error);
    assert(json_is_array(json_object_get(seen, "messages")));
    check_messages(json_object_get(seen, "messages"));
    json_decref(seen);
}

static inline void check_request(const struct hearth_generation_request *request)
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

/* Reads a body with room for what becomes of it. */
typedef void read_body(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text);

static inline void read_with(read_body *read, const json_t *body)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_buf text;
    hearth_buf_init(&text, INPUT_MAX);
    read(body, arena, &text);
    hearth_buf_finish(&text);
    hearth_arena_destroy(arena);
}

#endif
