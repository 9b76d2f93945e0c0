#include "routes/hub/hub_input.h"

#include "base/error.h"

enum { INPUT_MAX = 64 << 20 };

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
