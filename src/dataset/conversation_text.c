#include "dataset/conversation_text.h"

#include <string.h>

enum { RENDERED_AS_ONE = 4096 }; /* bytes */

static bool is_systems(const json_t *message)
{
    const char *role = hearth_json_text(message, "role", "");
    return strcmp(role, "system") == 0 || strcmp(role, "developer") == 0;
}

void hearth_conversation_text_init(struct hearth_conversation_text *conversation,
                                   const struct hearth_words *words, const json_t *value)
{
    const json_t *messages = json_object_get(value, "messages");
    *conversation = (struct hearth_conversation_text){
        .words = words,
        .value = value,
        .messages = messages,
        .tools = json_object_get(value, "tools"),
        .count = json_array_size(messages),
    };
    if (conversation->tools)
        conversation->tools_bytes = json_dumpb(conversation->tools, NULL, 0, JSON_COMPACT);
    while (conversation->head < conversation->count &&
           is_systems(json_array_get(messages, conversation->head)))
        conversation->head++;
}

uint64_t hearth_conversation_cost(const struct hearth_conversation_text *conversation,
                                  uint64_t messages, uint64_t bytes)
{
    return messages + (bytes + conversation->tools_bytes) / RENDERED_AS_ONE;
}

int hearth_conversation_render(struct hearth_conversation_text *conversation, size_t from,
                               size_t to, bool answer_begins, struct hearth_buf *text,
                               struct hearth_error *error)
{
    json_t *part = json_object(), *messages = json_array();
    for (size_t i = 0; i < to; i++)
        if (i < conversation->head || i >= from)
            json_array_append(messages, json_array_get(conversation->messages, i));
    size_t count = json_array_size(messages);
    json_object_set_new(part, "messages", messages);
    json_object_set_new(part, "add_generation_prompt", json_boolean(answer_begins));
    if (conversation->tools)
        json_object_set(part, "tools", (json_t *)conversation->tools);
    hearth_buf_clear(text);
    int rc = conversation->words->render(conversation->words->argument, part, text, error);
    json_decref(part);
    conversation->rendered += hearth_conversation_cost(conversation, count, text->length);
    return rc;
}

size_t hearth_conversation_common(const struct hearth_buf *a, const struct hearth_buf *b)
{
    size_t same = 0;
    while (same < a->length && same < b->length && a->bytes[same] == b->bytes[same])
        same++;
    return same;
}
