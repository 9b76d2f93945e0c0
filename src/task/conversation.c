#include "task/conversation.h"

#include <string.h>

static json_t *last_of(json_t *messages, const char *role)
{
    size_t count = json_array_size(messages);
    json_t *last = count ? json_array_get(messages, count - 1) : NULL;
    return strcmp(hearth_json_text(last, "role", ""), role) == 0 ? last : NULL;
}

static json_t *message_of(json_t *messages, const char *role)
{
    json_t *message = last_of(messages, role);
    if (message)
        return message;
    message = json_pack("{s:s}", "role", role);
    json_array_append_new(messages, message);
    return message;
}

static json_t *part_of(json_t *text)
{
    return json_pack("{s:s, s:O}", "type", "text", "text", text);
}

/* One text stays a text: templates that know no parts get what they expect. */
void hearth_conversation_add_text(json_t *messages, const char *role, json_t *text)
{
    json_t *message = message_of(messages, role);
    json_t *content = json_object_get(message, "content");
    if (!content) {
        json_object_set(message, "content", text);
        return;
    }
    if (json_is_string(content)) {
        json_t *parts = json_pack("[o]", part_of(content));
        json_object_set_new(message, "content", parts);
        content = parts;
    }
    json_array_append_new(content, part_of(text));
}

void hearth_conversation_add_reasoning(json_t *messages, const char *text)
{
    json_t *message = message_of(messages, "assistant");
    json_t *pieces = json_object_get(message, "reasoning_content");
    if (!pieces) {
        pieces = json_array();
        json_object_set_new(message, "reasoning_content", pieces);
    }
    json_array_append_new(pieces, json_string(text));
}

void hearth_conversation_add_call(json_t *messages, const char *id, const char *name,
                                  const char *arguments)
{
    json_t *message = message_of(messages, "assistant");
    json_t *calls = json_object_get(message, "tool_calls");
    if (!calls) {
        calls = json_array();
        json_object_set_new(message, "tool_calls", calls);
    }
    json_array_append_new(calls, json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", id, "type", "function",
                                           "function", "name", name, "arguments", arguments));
}

void hearth_conversation_add_result(json_t *messages, const char *id, const char *name,
                                    json_t *content)
{
    json_t *message =
        json_pack("{s:s, s:s, s:O}", "role", "tool", "tool_call_id", id, "content", content);
    if (name)
        json_object_set_new(message, "name", json_string(name));
    json_array_append_new(messages, message);
}

void hearth_conversation_add_tool(json_t *tools, const char *name, json_t *description,
                                  json_t *parameters, json_t *strict)
{
    json_t *function = json_pack("{s:s}", "name", name);
    if (json_is_string(description))
        json_object_set(function, "description", description);
    if (json_is_object(parameters))
        json_object_set(function, "parameters", parameters);
    if (json_is_boolean(strict))
        json_object_set(function, "strict", strict);
    json_array_append_new(tools, json_pack("{s:s, s:o}", "type", "function", "function", function));
}

static int join(json_t *pieces, struct hearth_buf *text)
{
    size_t i;
    json_t *piece;
    hearth_buf_clear(text);
    json_array_foreach(pieces, i, piece)
        hearth_buf_append(text, json_string_value(piece), json_string_length(piece));
    return text->failed;
}

/* What was thought is one text of each message. It was kept in pieces, because a text that grows by
 * each of many is copied as often. `text` is used and left empty. */
static int join_reasoning(json_t *conversation, struct hearth_buf *text)
{
    size_t i;
    json_t *message;
    int rc = 0;
    json_array_foreach(json_object_get(conversation, "messages"), i, message)
    {
        json_t *pieces = json_object_get(message, "reasoning_content");
        if (!json_is_array(pieces))
            continue;
        rc = join(pieces, text);
        if (rc)
            break;
        json_object_set_new(message, "reasoning_content",
                            json_stringn(text->length ? text->bytes : "", text->length));
    }
    hearth_buf_clear(text);
    return rc;
}

int hearth_conversation_input(json_t *conversation, enum hearth_task task, struct hearth_buf *text,
                              struct hearth_arena *arena, struct hearth_input **ret_input,
                              struct hearth_error *error)
{
    int rc = join_reasoning(conversation, text);
    if (!rc)
        rc = hearth_json_dump(text, conversation);
    if (rc)
        return hearth_error_set(error, rc, "the conversation is too large");
    struct hearth_input *input = hearth_arena_alloc(arena, sizeof(*input));
    if (!input)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    *input = (struct hearth_input){
        .task = task, .kind = HEARTH_INPUT_MESSAGES, .bytes = text->bytes, .length = text->length};
    *ret_input = input;
    return 0;
}
