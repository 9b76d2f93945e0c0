/* Members of bodies as the engine and the store take them. */
#include "routes/hub/hub_input.h"

#include "base/error.h"

#include <string.h>

enum { INPUT_MAX = 64 << 20, OBJECT_MAX = 1 << 20 };

void hearth_hub_text(const json_t *text, struct hearth_input *input)
{
    input->kind = HEARTH_INPUT_TEXT;
    input->bytes = json_string_value(text);
    input->length = json_string_length(text);
}

/* The template reads an object, so the list is wrapped in one; the copy in the arena lives until
 * the input is submitted, which the temporary object does not. */
int hearth_hub_messages(struct hearth_call *call, json_t *messages, struct hearth_input *input)
{
    json_t *object = json_pack("{s:O}", "messages", messages);
    struct hearth_buf text;
    hearth_buf_init(&text, INPUT_MAX);
    int rc = hearth_json_dump(&text, object);
    json_decref(object);
    char *kept = rc ? NULL : hearth_arena_strndup(hearth_call_arena(call), text.bytes, text.length);
    input->kind = HEARTH_INPUT_MESSAGES;
    input->bytes = kept;
    input->length = text.length;
    hearth_buf_finish(&text);
    return kept ? 0 : HEARTH_ETOOLARGE;
}

const char *hearth_hub_object_text(const json_t *body, const char *key, struct hearth_arena *arena,
                                   const char *fallback)
{
    const json_t *value = json_object_get(body, key);
    if (!json_is_object(value))
        return fallback;
    struct hearth_buf buf;
    hearth_buf_init(&buf, OBJECT_MAX);
    const char *text = hearth_json_dump(&buf, value)
                           ? fallback
                           : hearth_arena_strndup(arena, buf.bytes, buf.length);
    hearth_buf_finish(&buf);
    return text ? text : fallback;
}

static bool is_true(struct hearth_call *call, const char *key)
{
    const char *value = hearth_exchange_query(call->exchange, key);
    return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

bool hearth_hub_is_forced(struct hearth_call *call)
{
    return is_true(call, "force");
}

bool hearth_hub_is_unfinished(struct hearth_call *call)
{
    return is_true(call, "unfinished");
}
